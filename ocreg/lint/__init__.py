"""Checks of endpoint files: `checks` finds what is wrong with a file, `prove` finds rules that no example tests.

Read `findings` (the common result) first, then `checks`. Imports run patterns < schemas; findings < names, schemas,
examples < checks, prove < targets. `targets` finds the files; `report` turns findings into text, JSON, GitHub
annotations or SARIF.
"""

__all__ = ["checks", "examples", "findings", "prove", "report", "schemas", "targets"]
