"""The types of the shipped operations: `__init__.pyi` has them, for type checkers, editors and whoever asks.

    from ocreg.operations import OutboundCreateItem

A client needs none of it, so the stub is read when the first of its names is asked for: these are real TypedDicts then,
which can be extended and handed to what reads annotations. `named` is `client.ops` at run time.
"""

from importlib.resources import files
from typing import Any

__all__ = ["named"]


def __getattr__(name: str) -> Any:
    if not name.startswith("_") and "OperationId" not in globals():
        stub, space = files(__package__) / "__init__.pyi", {"__name__": __name__}
        exec(compile(stub.read_text("utf-8"), str(stub), "exec"), space)  # noqa: S102  # it is ours, made by us
        globals().update({each: value for each, value in space.items() if not each.startswith("_")})  # all at once
        if name in globals():
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
