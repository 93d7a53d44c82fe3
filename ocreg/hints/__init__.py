"""What editors and type checkers are told of operations: Python's types, made of endpoint files.

Read `module` first: it makes the whole text. Imports run names < shapes < module. What is told is the files' word and
no more: a field that a file does not describe is none, and where a file leaves an object open, so does its type.
"""

__all__ = ["module"]
