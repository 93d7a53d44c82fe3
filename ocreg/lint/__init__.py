"""Is a file right? `checks` finds what is wrong with it, `prove` finds rules that no example defends.

Read `findings` (the one result), then `checks`. Imports run patterns < schemas; findings < names, schemas, examples <
checks, prove < targets; `targets` finds the files, `report` turns findings into text, JSON, GitHub annotations or
SARIF.
"""

__all__ = ["checks", "examples", "findings", "prove", "report", "schemas", "targets"]
