"""A part of `reference/python.md`: the public names, from their signatures and docstrings."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import ocreg
from ocreg.account.oauth import OAuth
from ocreg.sandbox.core import Sandbox

from . import table, within

MEMBERS: dict[type, list[str]] = {
    ocreg.Client: [
        *("call", "iterate", "call_many", "confirm", "plan", "receive"),
        *("identity", "ops", "oauth", "transport", "close"),
    ],
    ocreg.AsyncClient: ["iterate", "call_many", "ops", "oauth", "aclose"],
    OAuth: ["authorize_url", "exchange"],
}
"""The classes with methods of their own, in the order of the page."""
_WORDS = {
    r"\b(Called|Answer)\b": "dict[str, Any]",
    r"\bParameters\b": "dict[str, Any] | None",
    r"\bOperationId \| str\b": "str",
    r"\bTimeout\b": "float | tuple[float, float]",
    r"\bSession\b": "Session",
    r"\bstr \| os\.PathLike\[str\]": "str | Path",
    r"\bsending\.Sent\b": "Sent",
}
"""Names of types that only the code has, and what they are."""


def files() -> dict[PurePosixPath, str | bytes]:
    public = [getattr(ocreg, name) for name in ocreg.__all__]
    classes = [one for one in public if isinstance(one, type)]
    return within(
        "reference/python.md",
        functions="\n\n".join(part for name in ("call", "plan") for part in member(getattr(ocreg, name), name)),
        classes="\n\n".join(part for kind, names in MEMBERS.items() for part in described(kind, names)),
        sandbox=signature(Sandbox.__init__, "sandbox", "RunningSandbox"),
        errors=kinds([one for one in classes if issubclass(one, ocreg.OcregError)]),
        warnings=kinds([one for one in classes if issubclass(one, Warning)]),
    )


def described(kind: type, names: list[str]) -> Iterator[str]:
    yield f"## {kind.__name__}"
    if kind is ocreg.Client:
        yield signature(kind.__init__, "__init__", "None", before="self")
    yield words(kind)
    for name in names:
        yield from member(inspect.getattr_static(kind, name), f"{kind.__name__}.{name}")


def member(what: Any, name: str) -> Iterator[str]:
    yield f"### {name}"
    if not isinstance(what, property):
        yield signature(what, name.rpartition(".")[2])
    yield words(what.fget if isinstance(what, property) else what)


def kinds(found: list[type]) -> str:
    """A table of exceptions or warnings, in the order of their definition."""
    found.sort(key=lambda one: inspect.getsourcelines(one)[1])
    rows = [[f"`{one.__name__}`", f"`{one.__base__.__name__}`", words(one).partition("\n\n")[0]] for one in found]
    return table(["name", "kind of", "when"], rows)


def words(what: Any) -> str:
    """Its docstring, as Markdown; that of an attribute's type does not count."""
    return inspect.cleandoc(what.__doc__ or "")


def signature(function: Any, name: str, gives: str = "", before: str = "") -> str:
    """How a function is called; `gives` in place of what it returns, `before` in front of its arguments."""
    given = inspect.signature(function)
    shown = [before] if before else []
    for one in given.parameters.values():
        if one.kind is one.KEYWORD_ONLY and "*" not in shown:
            shown.append("*")
        if one.name != "self":
            shown.append(one.name + typed(": ", one.annotation) + default(one))
    ends = f" -> {gives}" if gives else typed(" -> ", given.return_annotation)
    head = "async def" if inspect.iscoroutinefunction(inspect.unwrap(function)) else "def"
    whole = f"{head} {name}({', '.join(shown)}){ends}: ..."
    if len(whole) > 88:
        whole = f"{head} {name}(\n" + "".join(f"    {one},\n" for one in shown) + f"){ends}: ..."
    return f"```py\n{whole}\n```"


def typed(before: str, annotation: Any) -> str:
    if annotation is inspect.Parameter.empty:
        return ""
    text = annotation if isinstance(annotation, str) else annotation.__name__
    for form, meaning in _WORDS.items():
        text = re.sub(form, meaning, text)
    return before + text


def default(one: inspect.Parameter) -> str:
    if one.default is one.empty:
        return ""
    if isinstance(one.default, str):
        return f" = {json.dumps(one.default)}"
    return f" = {one.default!r}" if isinstance(one.default, (int, float, tuple, type(None))) else " = ..."
