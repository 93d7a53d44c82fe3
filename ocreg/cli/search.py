"""`ocreg search WORD...`"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ..files import tree
from ..registry.files import Registry
from . import output

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint

_SHOWN = 3
"""Places of an operation that are shown."""


class Text(NamedTuple):
    """Something an operation says: where it stands, what it says, and how much it counts to be found there."""

    where: str
    said: str
    weight: int


@click.command("search")
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def command(words: tuple[str, ...], as_json: bool) -> int:
    """Look for WORDs in ids, titles, fields, descriptions and business codes; the best operations first.

    An operation is found where it has every WORD. Exit code 1: there is none.
    """
    asked = [word.casefold() for word in words]
    registry = Registry()
    found = [(score, id, places) for id in registry for score, places in [_found(registry[id], asked)] if score]
    found.sort(key=lambda one: (-one[0], one[1]))
    if as_json:
        rows = [{"id": id, "places": [{"where": p.where, "text": p.said} for p in places]} for _, id, places in found]
        output.as_json(rows, compact=True)
        return 0 if found else 1
    for _, id, places in found:
        output.folded(id, registry[id].summary, len(id) + 2, output.EFFECT_COLOURS[registry[id].effect])
        for place in places[:_SHOWN]:
            output.folded(f"    {place.where}", place.said, min(len(place.where) + 6, 32))
        if places[_SHOWN:]:
            click.echo(f"    and in {output.counted(len(places) - _SHOWN, 'other place')}")
    if not found:
        click.echo(f"nothing says {' and '.join(words)}; `ocreg list` shows all operations", err=True)
    return 0 if found else 1


def _found(endpoint: Endpoint, words: list[str]) -> tuple[int, list[Text]]:
    """How well an operation fits (0: not at all), and the places that make it fit, the best first."""
    scored = [(sum(_score(text, word) for word in words), text) for text in _texts(endpoint)]
    places = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
    best = [max((_score(text, word) for _, text in places), default=0) for word in words]
    head = {"id", "summary"}  # which are shown anyway
    return (sum(best) if all(best) else 0), [text for _, text in places if text.where not in head]


def _score(text: Text, word: str) -> int:
    """A whole text counts three times as much as a part, the beginning of one twice; a field is also its last name."""
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
