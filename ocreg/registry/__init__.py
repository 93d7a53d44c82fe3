"""What an operation is: its file, read strictly, and everything that follows from the file.

Read `files` first: its docstring is the specification of where files are found and how they combine;
`endpoint.schema.yaml` is the format of a file. Imports run

    schema < explain < values < exact
    explain < windows, answer, circles < references < endpoint < files; addresses, parsed < files

The package knows nothing of accounts, sockets or calls.
"""

__all__ = ["addresses", "answer", "endpoint", "exact", "explain", "files", "references", "schema", "values", "windows"]
