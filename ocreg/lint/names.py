"""Checks that the fields named by `limits`, `finds` and `confirm` exist: a wrong name would fail only when needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import OcregError
from ..registry.endpoint import Endpoint
from ..registry.files import Registry
from .findings import Finding, at

Node = dict[str, Any]


def problems(endpoint: Endpoint, registry: Registry) -> Iterator[Finding]:
    """The names in a file's limits and lookup that do not exist. The file must obey the format."""
    for path, name, schema, what in _named(endpoint):
        if not _has(schema, name.split(".")):
            yield at(endpoint.sources, path, "name", f"{what} has no field {name!r}")
    if endpoint.confirm:
        yield from _confirm(endpoint, registry)


def _named(endpoint: Endpoint) -> Iterator[tuple[tuple[str, ...], str, Node, str]]:
    limits, payload = endpoint.limits, _root(endpoint, "data")
    for section, keys in (("page", ("number", "size")), ("window", ("from", "to"))):
        for key in keys if section in limits else ():
            yield ("limits", section, key), limits[section][key], payload, "the payload"
    for name in limits.get("ids", {}):
        yield ("limits", "ids", name), name, payload, "the payload"
    if "at" in limits.get("window", {}):
        yield ("limits", "window", "at"), limits["window"]["at"], _root(endpoint, "response"), "the answer's data"
    for sent, found in endpoint.finds.items():
        yield ("finds", sent), sent, payload, "the payload"
        yield ("finds", sent), found, _root(endpoint, "response"), "the answer's data"


def _confirm(endpoint: Endpoint, registry: Registry) -> Iterator[Finding]:
    rule = endpoint.confirm
    if not _has(_root(endpoint, "data"), [rule["key"]]):
        yield at(endpoint.sources, ("confirm", "key"), "name", f"the payload's items have no field {rule['key']!r}")
    try:
        lookup = registry[rule["operation"]]
    except OcregError as error:
        yield at(endpoint.sources, ("confirm", "operation"), "name", str(error).partition("\n")[0])
        return
    if lookup.effect != "read":
        yield at(endpoint.sources, ("confirm", "operation"), "name", f"{lookup.id} is not a read")
    for key, section, what in (("into", "data", "payload"), ("found", "response", "answer's data")):
        if key in rule and not _has(_root(lookup, section), rule[key].split(".")):
            words = f"the {what} of {lookup.id} has no field {rule[key]!r}"
            yield at(endpoint.sources, ("confirm", key), "name", words)


def _root(endpoint: Endpoint, section: str) -> Node:
    return endpoint.bundler.schema((section,)).root if section in endpoint.document else {}


def _has(root: Node, path: list[str]) -> bool:
    """Whether a self-contained schema describes the field at a path, through lists."""
    node: Any = root
    for name in path:
        node = _below(root, node).get(name)
        if node is None:
            return False
    return True


def _below(root: Node, node: Any) -> Node:
    seen: set[int] = set()  # a list may contain itself
    while isinstance(node, dict) and ("$ref" in node or "items" in node) and id(node) not in seen:
        seen.add(id(node))
        node = root.get("$defs", {}).get(node["$ref"].rpartition("/")[2]) if "$ref" in node else node["items"]
    return node.get("properties", {}) if isinstance(node, dict) else {}
