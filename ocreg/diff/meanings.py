"""The meaning of an operation: what its endpoint file promises to callers, as plain JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..lint.checks import meta_problem
from ..lint.schemas import SECTIONS
from ..registry.endpoint import Endpoint
from ..registry.files import Registry
from .trees import Reader, Tree

FACTS = ("method", "path", "caller", "auth", "effect", "envelope", "errors_with_data", "token", "api_version")


def meanings(registry: Registry) -> dict[str, Tree]:
    """The meaning of every operation, by id. Raises EndpointInvalid."""
    return {id: meaning(registry[id]) for id in registry}


def meaning(endpoint: Endpoint) -> Tree:
    """What an endpoint file means to callers, as JSON values. Raises EndpointInvalid."""
    facts = {key: getattr(endpoint, key) for key in FACTS}
    found: Tree = {key: value for key, value in facts.items() if value not in (None, "")}
    found["host"] = dict(endpoint.host)
    found["limits"] = dict(_flat(endpoint.limits))
    confirm = {key: value for key, value in endpoint.confirm.items() if key != "note"}
    errors = {code: category for code in endpoint.errors if (category := endpoint.category(code))}
    found |= {
        key: value for key, value in (("confirm", confirm), ("finds", endpoint.finds), ("errors", errors)) if value
    }
    found["status"] = endpoint.evidence.get("status")
    for section in SECTIONS:
        if section in endpoint.document:
            schema = endpoint.bundler.schema((section,))
            problem = meta_problem(schema.root)
            if problem:
                raise schema.broken(problem)
            found[section] = Reader(schema.root, answers=section == "response").tree([schema.root])
    if endpoint.query is not None:
        for name, node in endpoint.query.root.get("properties", {}).items():
            if "const" in node and name in found["query"].get("fields", {}):
                found["query"]["fields"][name]["filled"] = True  # callers need not send it
    return found


def _flat(limits: Tree, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """`{window: {days: 7}}` as `window.days`, without the notes."""
    for key, value in limits.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif prefix or key != "note":
            yield prefix + key, value
