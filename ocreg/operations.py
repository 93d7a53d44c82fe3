"""The types of the shipped operations: `operations.pyi` has them, for type checkers, editors and whoever asks.

    from ocreg.operations import OutboundCreateItem

A client needs none of it, so the stub is read when the first of its names is asked for: these are real TypedDicts then,
which can be extended and handed to what reads annotations.
"""

from importlib.resources import files
from typing import Any


def __getattr__(name: str) -> Any:
    if not name.startswith("_") and "OperationId" not in globals():
        stub = files(__package__) / "operations.pyi"
        exec(compile(stub.read_text("utf-8"), str(stub), "exec"), globals())  # noqa: S102  # it is ours, made by us
        if name in globals():
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
