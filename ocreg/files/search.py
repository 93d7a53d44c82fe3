"""Search for operations by words, for `ocreg search` and for agents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from . import tree

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint
    from ..registry.files import Registry


class Text(NamedTuple):
    """A text of an operation: its place, its words, and its weight in a search."""

    where: str
    said: str
    weight: int


def search(registry: Registry, words: Sequence[str]) -> list[tuple[str, list[Text]]]:
    """The operations that have every word, best first, each with the places that match."""
    asked = [(urlsplit(word).path if "://" in word else word).casefold() for word in words]
    found = [(score, id, places) for id in registry for score, places in [_fit(registry[id], asked)] if score]
    return [(id, places) for _, id, places in sorted(found, key=lambda one: (-one[0], one[1]))]


def _fit(endpoint: Endpoint, words: list[str]) -> tuple[int, list[Text]]:
    """How well an operation matches (0: not at all), and the places that match, best first."""
    scored = [(sum(_score(text, word) for word in words), text) for text in _texts(endpoint)]
    places = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
    best = [max((_score(text, word) for _, text in places), default=0) for word in words]
    head = {"id", "summary"}  # these are always shown
    return (sum(best) if all(best) else 0), [text for _, text in places if text.where not in head]


def _score(text: Text, word: str) -> int:
    """A whole text weighs three times as much as a part, its beginning twice. A field also matches by its last name."""
    name = text.where if text.weight in (_FIELD, _CODE) else text.said
    names = {name.casefold(), name.rpartition(".")[2].casefold()}
    if word in names:
        return 3 * text.weight
    if any(known.startswith(word) for known in names):
        return 2 * text.weight
    if any(word in known for known in names):
        return text.weight
    return text.weight // 4 if word in text.said.casefold() else 0


_CODE, _ID, _FIELD, _TITLE, _WORDS = 80, 60, 40, 30, 10


def _texts(endpoint: Endpoint) -> Iterator[Text]:
    yield Text("id", endpoint.id, _ID)
    yield Text("title", endpoint.title, _TITLE)
    yield Text("summary", endpoint.summary, _TITLE)
    yield Text("path", endpoint.path or "", _TITLE)
    for base in dict.fromkeys(urlsplit(host).path for host in endpoint.host.values()) if endpoint.path else ():
        yield Text("URL path", f"{base}{endpoint.path}", _WORDS)  # as logs and other programs have it
    yield Text("description", " ".join(endpoint.description.split()), _WORDS)
    for code in endpoint.errors:
        yield Text(f"errors.{code}", endpoint.meaning(code) or "", _CODE)
    for _, key, schema, root in tree.sections(endpoint):
        for field in tree.branches(schema, root):
            for branch in field.walk():
                yield Text(f"{key}.{branch.path}", _said(branch), _FIELD)
    for key in ("inferred", "unknown"):
        for line in endpoint.evidence.get(key, ()):
            yield Text(f"evidence.{key}", line, _WORDS)


def _said(branch: tree.Branch) -> str:
    values: list[Any] = branch.node.get("enum", [])
    return branch.description + (f" ({', '.join(map(str, values))})" if values else "")
