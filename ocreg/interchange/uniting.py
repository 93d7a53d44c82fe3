"""Operations with one method and path as one: OpenAPI has room for no more than that."""

from __future__ import annotations

from .components import Node
from .marks import mark

_JSON = "application/json"


def united(operations: list[Node]) -> Node:
    """Operations with one method and path as one: what any of them takes, and what all of them need."""
    first = operations[0]
    names = dict.fromkeys(parameter["name"] for one in operations for parameter in one.get("parameters", ()))
    return {
        "operationId": "_or_".join(one["operationId"] for one in operations),
        "summary": " Or: ".join(one["summary"] for one in operations),
        "description": "\n\n".join(f"**{one[mark('id')]}.** {one['description']}" for one in operations),
        "tags": list(dict.fromkeys(tag for one in operations for tag in one["tags"])),
        "parameters": [_one_parameter(name, operations) for name in names],
        "responses": _one_answer([one["responses"] for one in operations]),
        "security": first["security"],
        mark("operations"): operations,
    }


def _one_parameter(name: str, operations: list[Node]) -> Node:
    given = [p for one in operations for p in one.get("parameters", ()) if p["name"] == name]
    found, schemas = dict(given[0]), [parameter["schema"] for parameter in given]
    if any(schema != schemas[0] for schema in schemas):
        fixed = all(schema.keys() == {"const"} for schema in schemas)
        found["schema"] = {"enum": [schema["const"] for schema in schemas]} if fixed else {"anyOf": schemas}
    needed = len(given) == len(operations) and all(parameter["required"] for parameter in given)
    return {**found, "required": needed or found["in"] == "path"}


def _one_answer(every: list[Node]) -> Node:
    found: Node = {}
    for responses in every:
        for status, response in responses.items():
            if status not in found:
                found[status] = {**response, "content": {k: dict(v) for k, v in response.get("content", {}).items()}}
                continue
            mine, other = found[status]["content"].get(_JSON), response.get("content", {}).get(_JSON)
            if mine is not None and other is not None and mine != other:
                mine["schema"] = {"anyOf": [mine["schema"], other["schema"]]}
                shown = [*mine.get("examples", {}).values(), *other.get("examples", {}).values()]
                mine["examples"] = {f"answer{number}": value for number, value in enumerate(shown, 1)}
    return found
