"""`ocreg list`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..files import tree
from ..registry.explain import closest_name
from ..registry.files import Registry
from . import output
from .arguments import OperationId

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint


@click.command("list")
@click.argument("group", required=False, type=OperationId(groups=True))
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--markdown", is_flag=True, help="A Markdown table, as in the README.")
def command(group: str | None, as_json: bool, markdown: bool) -> None:
    """List all operations by group, or those of one GROUP."""
    registry = Registry()
    ids = list(registry) if group is None else of_group(registry, group)
    if not ids:
        assert group is not None
        near = closest_name(group, sorted({id.partition(".")[0] for id in registry}))
        raise click.UsageError(f"there is no group {group!r}" + (f"; did you mean {near}?" if near else ""))
    if markdown:
        click.echo(_markdown([registry[id] for id in ids]))
    else:
        show(registry, ids, as_json=as_json)


def of_group(registry: Registry, group: str) -> list[str]:
    """The operations of a group, or the one with that id."""
    return [id for id in registry if id == group or id.partition(".")[0] == group]


def show(registry: Registry, ids: list[str], *, as_json: bool) -> None:
    endpoints = [registry[id] for id in ids]
    if as_json:
        rows = [tree.brief(e) for e in endpoints]
        output.as_json(rows, compact=True)
        return
    cells = [[e.id, e.effect, e.evidence["status"], e.summary] for e in endpoints]
    output.table(
        ["operation", "effect", "evidence", "summary"], cells, [output.EFFECT_COLOURS[e.effect] for e in endpoints]
    )


def _markdown(endpoints: list[Endpoint]) -> str:
    rows = [f"| `{e.id}` | {e.effect} | {e.evidence['status']} | {e.summary} |" for e in endpoints]
    return "\n".join(["| operation | effect | evidence | what it does |", "|---|---|---|---|", *rows])
