"""Parts of `reference/format.md`: the keys of an endpoint file, from the schema of the format."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from ocreg.files import tree
from ocreg.lint.checks import law

from . import table, within
from .operations import INDENT, Node, kind, walked, words

SECTIONS = ("host", "limits", "confirm", "evidence", "examples", "sandbox")
"""The keys with keys of their own, each with a section in the page."""


def files() -> dict[PurePosixPath, str | bytes]:
    schema = law()
    keys = {one.name: field(one) for one in tree.branches(schema, schema.root)}
    whole = schema.root["else"]  # of a file that extends no other
    inside = {name: whole["properties"].get(name, {}).get("required", ()) for name in SECTIONS}
    return within(
        "reference/format.md",
        keys=shown([{**one, "inside": []} for one in keys.values()], whole["required"]),
        schemas=keywords(keys["data"]["inside"], schema.root["$defs"]["schema"]["description"]),
        **{name: shown(keys[name]["inside"], inside[name]) for name in SECTIONS},
    )


def field(branch: tree.Branch) -> Node:
    """A key as the pages of operations show a field; where its pattern matters, its description says so."""
    rules = {rule: branch.node[rule] for rule in tree.RULES if rule in branch.node and rule != "pattern"}
    facts = {"name": branch.name, "path": branch.path, "kind": branch.kind, "required": branch.required}
    words = {"description": branch.description, "examples": branch.node.get("examples", [])}
    return {**facts, **words, "rules": rules, "inside": [field(one) for one in branch.inside]}


def shown(fields: list[Node], required: Iterable[str]) -> str:
    """A table of keys; `required` are those that only a file which extends no other must have."""
    found = [inner for outer in fields for inner in walked(outer)]
    top = min(one["path"].count(".") for one in found)
    rows = []
    for one in found:
        depth = one["path"].count(".") - top
        must = one["required"] or (depth == 0 and one["name"] in required)
        rows.append([INDENT * depth + f"`{one['name']}`", kind(one), "yes" if must else "", words(one)])
    if not any(cells[2] for cells in rows):
        return table(["key", "type", "meaning"], [[name, type, meaning] for name, type, _, meaning in rows])
    return table(["key", "type", "required", "meaning"], rows)


def keywords(fields: list[Node], common: str) -> str:
    """The keywords of a schema: JSON Schema's own by name, the others in a table."""
    own = [one for one in fields if one["description"] not in ("", " ".join(common.split()))]
    standard = [f"`{one['name']}`" for one in fields if one not in own and not one["name"].endswith("]")]
    return f"{', '.join(standard)}.\n\nThese have a meaning of their own:\n\n{shown(own, ())}"
