"""Rows in files: `push` sends the rows of a file, each exactly once; `pull` writes the rows of a read into one.

For push, read `pushing` first (cells < columns < rows < grouping < spool < results < pushing; `source` and `sheets`
read the file). For pull, read `resumable` first (flatten < resumable; `bookmark` records where the last pull ended).
`tree` and `search` go through the fields of operations, for everything that shows them.
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
