"""The operations as JSON, for the page: the content of `ocreg show`, as values.

    {"operations": [OPERATION, ...], "broken": [{"id": ..., "text": ...}]}

OPERATION has `id`, `group`, `title`, `summary`, `description`, `method`, `path`, `effect`, `caller`; `status` of its
evidence with `sources`, `inferred` and `unknown`; `facts` (pairs of name and value), `sections` of fields, `errors`,
`examples`; `yours`: the files of an overlay, or of an operation that does not come with ocreg; `tryable`: whether a
client can send it.

A FIELD has `name`, `path`, `kind` and `rules`, and if they apply, `required`, `sensitive`, `again` (it is one of the
fields that contain it), `description`, `examples` and `inside`.
"""

from __future__ import annotations

from typing import Any

from ..errors import EndpointInvalid, OperationUnavailable
from ..files import tree
from ..registry.endpoint import Endpoint
from ..registry.files import Registry


def catalogue(registry: Registry) -> dict[str, Any]:
    """All operations; those whose files cannot be used are under `broken`, with the reason."""
    operations, broken = [], []
    for id in registry:
        try:
            operations.append(_operation(registry[id]))
        except EndpointInvalid as error:  # one broken file must not hide the others
            broken.append({"id": id, "text": str(error)})
    return {"operations": operations, "broken": broken}


def tryable(endpoint: Endpoint) -> bool:
    """Whether a client can send it: its path is known, and it is sent neither by a browser nor by the vendor."""
    try:
        endpoint.callable_by_us()
    except OperationUnavailable:
        return False
    return endpoint.caller == "client"


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    evidence = endpoint.evidence
    plain = ("id", "title", "summary", "description", "method", "path", "effect", "caller")
    codes = [{"code": c, "meaning": endpoint.meaning(c), "category": endpoint.category(c)} for c in endpoint.errors]
    return {
        **{name: getattr(endpoint, name) for name in plain},
        "group": endpoint.id.partition(".")[0],
        "yours": [_short(source.name) for source in endpoint.sources if not source.shipped],
        "tryable": tryable(endpoint),
        "facts": list(tree.facts(endpoint)),
        "sections": [_section(endpoint, *section) for section in tree.sections(endpoint)],
        "errors": codes,
        "examples": {kind: list(endpoint.examples.get(kind, ())) for kind in ("request", "response")},
        "status": evidence["status"],
        "sources": [_source(source) for source in evidence.get("sources", ())],
        **{key: list(evidence.get(key, ())) for key in ("inferred", "unknown")},
    }


def _section(endpoint: Endpoint, title: str, key: str, schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    fields = [_field(branch) for branch in tree.branches(schema, root)]
    return {"title": title, "key": key, "fields": fields, "needs": list(tree.remarks(schema, root))}


def _field(branch: tree.Branch) -> dict[str, Any]:
    node = branch.node
    found = {
        "required": branch.required,
        "sensitive": bool(node.get("x-sensitive")),
        "again": branch.again,
        "description": branch.description,
        "examples": node.get("examples"),
        "inside": [_field(inner) for inner in branch.inside],
    }
    rules = {rule: node[rule] for rule in tree.RULES if rule in node}
    named = {"name": branch.name.rpartition(".")[2], "path": branch.path, "kind": branch.kind, "rules": rules}
    return {**named, **{name: value for name, value in found.items() if value}}


def _source(source: dict[str, Any]) -> str:
    return ", ".join(str(source[key]) for key in ("kind", "page", "date", "note") if key in source)


def _short(name: str) -> str:
    """A file without the directories above its registry: a site is read on other machines."""
    return "/".join(name.replace("\\", "/").split("/")[-3:])
