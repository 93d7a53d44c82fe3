"""Rows in files: `push` sends those of a file, each exactly once; `pull` writes those of a read into one.

Read `pushing` first for push (columns < rows < spool < results < pushing) and `resumable` for pull
(flatten < resumable).
"""

__all__ = ["pushing", "results", "resumable", "spool"]
