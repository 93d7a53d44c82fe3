"""`ocreg show ID`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..files import tree
from ..registry.files import Registry
from . import list as listing
from . import output
from .arguments import OperationId, first_example

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint

_HEAD = 20
"""The width of the column with the facts' names."""


@click.command("show")
@click.argument("id", metavar="ID|GROUP", type=OperationId(groups=True))
@click.option("--example", "as_example", is_flag=True, help="Print only the first request example, as JSON for `call`.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the whole file as JSON: overlays merged, references resolved."
)
def command(id: str, as_example: bool, as_json: bool) -> None:
    """Show one operation: fields, limits, examples, evidence, unknowns. For a group, list its operations."""
    registry = Registry()
    if "." not in id and (ids := listing.of_group(registry, id)):
        listing.show(registry, ids, as_json=as_json)
        return
    endpoint = registry[id]
    if as_example:
        data, query = first_example(endpoint)
        output.as_json(query if data is None else data)
    elif as_json:
        output.as_json({"id": id, **tree.resolved(endpoint)}, compact=True)
    else:
        _whole(endpoint)


def _whole(endpoint: Endpoint) -> None:
    _head(endpoint)
    for title, _, schema, root in tree.sections(endpoint):
        output.heading(title)
        fields = tree.branches(schema, root)
        if not fields:
            click.echo("no field is known")
        indent = _indent(fields)
        for field in fields:
            for branch in field.walk():
                _field(branch, indent)
        for line in tree.remarks(schema, root):
            output.folded("", line, 0)
    _notes(endpoint)


def _indent(fields: list[tree.Branch]) -> int:
    """The column at which field descriptions start: after the longest name, but at most at half of the width."""
    longest = max((2 * b.depth + len(b.name) for field in fields for b in field.walk()), default=0)
    return min(longest + 2, max(output.width() // 2, 16))


def _field(branch: tree.Branch, indent: int) -> None:
    facts = [branch.kind, "required" if branch.required else "", *branch.rules]
    if branch.again:
        facts.append("nested in itself")
    words = ", ".join(fact for fact in facts if fact)
    text = f"{words}: {branch.description}" if words and branch.description else words or branch.description
    output.folded("  " * branch.depth + branch.name, text, indent)


def _head(endpoint: Endpoint) -> None:
    output.styled(endpoint.id, bold=True)
    output.folded("", endpoint.summary, 0)
    output.folded("", f"The vendor's name: {endpoint.title}", 0)
    for paragraph in endpoint.description.strip().split("\n\n") if endpoint.description else ():
        click.echo()
        listed = any(line.startswith((" ", "-", "*", "|")) for line in paragraph.splitlines())
        click.echo(paragraph) if listed else output.folded("", " ".join(paragraph.split()), 0)
    click.echo()
    for name, value in tree.facts(endpoint):
        output.folded(name, value, _HEAD)


def _notes(endpoint: Endpoint) -> None:
    if endpoint.errors:
        output.heading("Business codes")
        for code in endpoint.errors:
            category = endpoint.category(code)
            output.folded(code, f"{endpoint.meaning(code)}" + (f" [{category}]" if category else ""), _HEAD)
    for kind in ("request", "response"):
        for example in endpoint.examples.get(kind, ()):
            output.heading(f"Example, {kind}" + (f": {example['note']}" if example.get("note") else ""))
            output.as_json(example.get("data", example.get("query", example.get("path", example.get("body")))))
    evidence = endpoint.evidence
    output.heading(f"Evidence: {evidence['status']}")
    for source in evidence.get("sources", ()):
        words = ", ".join(str(source[key]) for key in ("kind", "page", "date", "note") if key in source)
        output.folded("", f"- {words}", 0)
    for title, key in (("Inferred", "inferred"), ("Not known", "unknown")):
        if evidence.get(key):
            output.heading(title)
            for line in evidence[key]:
                output.folded("", f"- {line}", 0)
