"""From an address in a source to the path of an endpoint file, with placeholders named as in the dialect."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from ..registry.addresses import path_flaw
from .operation import Node, Operation, todo

_PATH = re.compile(r"/[A-Za-z0-9_/{}.-]*\Z")
_VALUE = re.compile(r"(?=.*[0-9]{4})[\w.%~+=-]+|[0-9]+|.*(@|%40).*|[0-9a-fA-F-]{24,}")
_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")


def flaw(path: str) -> str | None:
    """Why a path with {placeholders} may not be called, in words that follow "its path"."""
    why = path_flaw(re.sub(r"\{[^{}]*\}", "x", path))
    return why or ("must not contain colons" if ":" in path else None)


def templated(path: str, *, live: bool) -> str:
    """A path with {placeholders} for `:name` and `{{name}}`; in a `live` call also for what looks like a value."""
    made: list[str] = []
    for part in _VARIABLE.sub(r"{\1}", path).split("/"):
        named = re.fullmatch(r":(\w+)", part)
        if named:
            made.append("{" + named[1] + "}")
        elif live and part and not part.startswith("{") and _VALUE.fullmatch(unquote(part)):
            made.append(f"{{id{sum(each.startswith('{id') for each in made) + 1}}}")
        else:
            made.append(part)
    return "/".join(made)


def split(url: str) -> tuple[str, str, str]:
    """Scheme and host (empty if a variable or nothing is in their place), path, and query of a URL."""
    bare = re.sub(r"^\{\{[^{}]*\}\}(?!:)", "", url.strip())
    if bare != url.strip():
        bare = bare if bare.startswith("/") else "/" + bare
    url = bare if bare.startswith("/") or "://" in bare.partition("?")[0] else f"http://{bare}"
    if url.startswith("/"):
        path, _, query = url.partition("#")[0].partition("?")
        return "", path, query
    try:
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    except ValueError:
        return "?", "/", ""
    return ("" if "{" in parts.netloc else host), parts.path or "/", parts.query


def name_placeholders(operation: Operation) -> str | None:
    """Give the path's {placeholders} valid names, and schemas; returns why the path cannot be used."""
    names = re.findall(r"\{([^{}]*)\}", operation.path)
    fields = (operation.path_parameters or {}).get("properties", {})
    made: Node = {}
    for number, name in enumerate(names, 1):
        plain = name if re.fullmatch(r"[A-Za-z0-9_]+", name) else f"parameter{number}"
        if plain != name:
            operation.note(f"the {{placeholder}} number {number} of the path is called {plain} here")
            operation.shown[plain] = operation.shown.pop(name, "")
        operation.path = operation.path.replace("{" + name + "}", "{" + plain + "}")
        made[plain] = fields.get(name, {"description": todo(plain), "type": "string"})
    operation.path_parameters = {"type": "object", "required": list(made), "properties": made} if made else None
    return None if _PATH.match(operation.path) else "its path has characters that the registry does not allow"
