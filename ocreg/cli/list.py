"""`ocreg list`"""

from __future__ import annotations

import click

from ..registry import Registry
from . import output


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def command(as_json: bool) -> None:
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
    cells = [[e.id, e.effect, e.evidence["status"], e.summary] for e in endpoints]
    output.table(
        ["operation", "effect", "evidence", "summary"], cells, [output.EFFECT_COLOURS[e.effect] for e in endpoints]
    )
