"""`ocreg list`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..registry.files import Registry
from . import output

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--markdown", is_flag=True, help="A Markdown table, as in the README.")
def command(as_json: bool, markdown: bool) -> None:
    """List all operations, by group."""
    registry = Registry()
    endpoints = [registry[id] for id in registry]
    if as_json:
        rows = [
            {
                "id": e.id,
                "method": e.method,
                "path": e.path,
                "effect": e.effect,
                "evidence": e.evidence["status"],
                "title": e.title,
                "summary": e.summary,
            }
            for e in endpoints
        ]
        output.as_json(rows, compact=True)
        return
    if markdown:
        click.echo(_markdown(endpoints))
        return
    cells = [[e.id, e.effect, e.evidence["status"], e.summary] for e in endpoints]
    output.table(
        ["operation", "effect", "evidence", "summary"], cells, [output.EFFECT_COLOURS[e.effect] for e in endpoints]
    )


def _markdown(endpoints: list[Endpoint]) -> str:
    rows = [f"| `{e.id}` | {e.effect} | {e.evidence['status']} | {e.summary} |" for e in endpoints]
    return "\n".join(["| operation | effect | evidence | what it does |", "|---|---|---|---|", *rows])
