"""`ocreg export FORMAT [IDS]`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..interchange import bundle, collection, specification
from ..registry.files import Registry
from .arguments import OperationId
from .list import of_group

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint

_FORMATS = ["openapi", "postman", "jsonschema"]


@click.command("export")
@click.argument("form", type=click.Choice(_FORMATS), metavar="|".join(_FORMATS))
@click.argument("ids", nargs=-1, type=OperationId(groups=True))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: standard output.")
def command(form: str, ids: tuple[str, ...], out: Path | None) -> int:
    """Write the registry as an OpenAPI document, a Postman collection or JSON Schemas. IDS select operations or groups.

    Your overlays and operations (OCREG_ENDPOINTS) are included. The output contains no secrets.
    """
    registry = Registry()
    chosen = _chosen(registry, ids)
    made: dict[str, Any] = {}
    if form == "openapi":
        made = specification.document(chosen)
    elif form == "postman":
        made = collection.document(chosen, registry["oauth.refresh"])
    else:
        made = bundle.document(chosen)
    left_out = [endpoint.id for endpoint in chosen if not endpoint.path]
    if form == "postman" and left_out:
        click.echo(f"left out, because their paths are unknown: {', '.join(left_out)}", err=True)
    text = json.dumps(made, ensure_ascii=False, indent=2) + "\n"
    if out is None:
        click.echo(text, nl=False)
        return 0
    try:
        out.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}") from None
    click.echo(f"wrote {out}", err=True)
    return 0


def _chosen(registry: Registry, ids: tuple[str, ...]) -> list[Endpoint]:
    """The operations, in the registry's order. Raises UnknownOperation, with the closest names."""
    if not ids:
        return [registry[id] for id in registry]
    found = {id for named in ids for id in of_group(registry, named) or [registry[named].id]}
    return [registry[id] for id in registry if id in found]
