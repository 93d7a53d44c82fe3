"""Rows in files: `push` sends those of a file, each exactly once; `pull` writes those of a read into one.

Read `pushing` first for push (cells < columns < rows < grouping < spool < results < pushing; source and sheets are
what rows are read from) and `resumable` for pull (flatten < resumable; bookmark is where the last one ended). `tree`
and `search` go through the fields of operations, for whoever shows them.
"""

__all__ = [
    "bookmark",
    "pushing",
    "reading",
    "rejects",
    "replacing",
    "results",
    "resumable",
    "search",
    "spool",
    "table",
    "template",
    "tree",
]
