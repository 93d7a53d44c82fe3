"""Python types of operations, made from endpoint files, for editors and type checkers.

Read `module` first: it makes the whole text. Imports run names < shapes < module. The types say exactly what the files
say: a field that a file does not describe does not exist, and if a file leaves an object open, so does its type.
"""

__all__ = ["module"]
