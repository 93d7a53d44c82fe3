"""`ocreg search WORD...`"""

from __future__ import annotations

import click

from ..files.search import search
from ..registry.files import Registry
from . import output

_SHOWN = 3
"""How many places of an operation are shown."""


@click.command("search")
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def command(words: tuple[str, ...], as_json: bool) -> int:
    """Search ids, titles, fields, descriptions and business codes for WORDs; the best operations first.

    An operation must match every WORD. Exit code 1: nothing was found.
    """
    registry = Registry()
    found = search(registry, words)
    if as_json:
        rows = [{"id": id, "places": [{"where": p.where, "text": p.said} for p in places]} for id, places in found]
        output.as_json(rows, compact=True)
        return 0 if found else 1
    for id, places in found:
        output.folded(id, registry[id].summary, len(id) + 2, output.EFFECT_COLOURS[registry[id].effect])
        for place in places[:_SHOWN]:
            output.folded(f"    {place.where}", place.said, min(len(place.where) + 6, 32))
        if places[_SHOWN:]:
            click.echo(f"    and in {output.counted(len(places) - _SHOWN, 'other place')}")
    if not found:
        click.echo(f"no operation has {' and '.join(words)}; `ocreg list` shows all operations", err=True)
    return 0 if found else 1
