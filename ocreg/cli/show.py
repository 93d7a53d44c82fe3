"""`ocreg show ID`"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from ..registry.files import Registry
from . import output
from .arguments import OperationId

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint
    from ..registry.schema import Schema

_RULES = ("const", "enum", "format", "minLength", "maxLength", "pattern", "minItems", "maxItems", "minimum", "maximum")


@click.command("show")
@click.argument("id", type=OperationId())
@click.option("--json", "as_json", is_flag=True, help="The whole file as JSON, overlays merged.")
def command(id: str, as_json: bool) -> None:
    """Show one operation: fields, limits, examples, evidence, what is unknown."""
    endpoint = Registry()[id]
    if as_json:
        output.as_json({"id": id, **endpoint.document}, compact=True)
        return
    _head(endpoint)
    for name, schema in (("Query", endpoint.query), ("Path", endpoint.parameters), ("Request data", endpoint.data)):
        if schema is not None:
            _fields(name, schema, schema.root)
    if "response" in endpoint.document:
        inside = endpoint.answer.root
        for step in endpoint.answer.inner:
            inside = inside[step]
        _fields("Answer data" if endpoint.envelope else "Answer", endpoint.answer, inside)
    _notes(endpoint)


def _head(endpoint: Endpoint) -> None:
    output.styled(endpoint.id, bold=True)
    click.echo(f"{endpoint.summary}\nThe vendor's name: {endpoint.title}")
    if endpoint.description:
        click.echo(f"\n{endpoint.description.strip()}")
    rows = [
        ["method", f"{endpoint.method or 'not known'} {endpoint.path or '(path not known)'}"],
        ["effect", endpoint.effect],
        ["auth", endpoint.auth],
        *([f"host, {name}", url] for name, url in endpoint.document.get("host", {}).items()),
        *([f"limit, {name}", _limit(value)] for name, value in endpoint.limits.items()),
        *([f"confirm, {name}", str(value)] for name, value in endpoint.confirm.items()),
    ]
    click.echo()
    for name, value in rows:
        click.echo(f"{name:<20}{value}")


def _limit(value: Any) -> str:
    return ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, dict) else str(value)


def _fields(name: str, schema: Schema, root: dict[str, Any]) -> None:
    output.heading(name)
    rows = list(_rows(schema, root, "", False, ()))
    if rows:
        output.table(["field", "type", "required", "rules", "meaning"], rows)
    else:
        click.echo("no field is known")
    for line in _alternatives(schema, root):
        click.echo(line)


def _rows(schema: Schema, node: Any, path: str, required: bool, above: tuple[int, ...]) -> Iterator[list[str]]:
    if not isinstance(node, dict) or node.get("not") == {} or id(node) in above:
        return
    parts = list(_chain(schema, node))
    merged = {key: value for part in reversed(parts) for key, value in part.items()}
    if path:
        rules = ", ".join(f"{rule} {json.dumps(merged[rule], ensure_ascii=False)}" for rule in _RULES if rule in merged)
        yield [path, _kinds(merged), "yes" if required else "", rules, str(merged.get("description", "")).strip()]
    for part in parts:
        for name, inner in part.get("properties", {}).items():
            below = f"{path}.{name}" if path else name
            yield from _rows(schema, inner, below, name in merged.get("required", ()), (*above, id(node)))
        if "items" in part:
            yield from _rows(schema, part["items"], f"{path}[]", False, (*above, id(node)))


def _chain(schema: Schema, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and what it refers to; alternatives are said in words below the table."""
    yield node
    for inner in ([schema.target(node)] if "$ref" in node else []) + node.get("allOf", []):
        yield from _chain(schema, inner)


def _alternatives(schema: Schema, root: dict[str, Any]) -> Iterator[str]:
    for part in _chain(schema, root):
        names = [name for branch in part.get("anyOf", ()) for name in branch.get("required", ())]
        if names:
            yield f"At least one of {', '.join(names)} is needed."


def _kinds(node: dict[str, Any]) -> str:
    kinds = node.get("type", "")
    return kinds if isinstance(kinds, str) else " or ".join(kind for kind in kinds if kind != "null")


def _notes(endpoint: Endpoint) -> None:
    if endpoint.errors:
        output.heading("Business codes")
        for code in endpoint.errors:
            category = endpoint.category(code)
            click.echo(f"{code:<18}{endpoint.meaning(code)}" + (f" [{category}]" if category else ""))
    for kind in ("request", "response"):
        for example in endpoint.examples.get(kind, ()):
            output.heading(f"Example, {kind}" + (f": {example['note']}" if example.get("note") else ""))
            output.as_json(example.get("data", example.get("query", example.get("body"))))
    evidence = endpoint.evidence
    output.heading(f"Evidence: {evidence['status']}")
    for source in evidence.get("sources", ()):
        click.echo("- " + ", ".join(str(source[key]) for key in ("kind", "page", "date", "note") if key in source))
    for title, key in (("Inferred", "inferred"), ("Not known", "unknown")):
        if evidence.get(key):
            output.heading(title)
            for line in evidence[key]:
                click.echo(f"- {line}")
