"""Operations with the same method and path as one, because OpenAPI allows only one."""

from __future__ import annotations

from .components import Node
from .marks import mark

_JSON = "application/json"


def united(operations: list[Node]) -> Node:
    """What any of the operations accepts, and what all require; `x-ocreg-operations` holds each by itself."""
    every = [parameter for one in operations for parameter in one.get("parameters", ())]
    places = dict.fromkeys((parameter["in"], parameter["name"]) for parameter in every)
    bodies = [one["requestBody"] for one in operations if "requestBody" in one]
    found: Node = {
        "operationId": "_or_".join(one["operationId"] for one in operations),
        "summary": " Or: ".join(one["summary"] for one in operations),
        "description": "\n\n".join(f"**{one[mark('id')]}.** {one['description']}" for one in operations),
        "tags": list(dict.fromkeys(tag for one in operations for tag in one["tags"])),
    }
    if places:
        found["parameters"] = [_parameter(place, operations) for place in places]
    if bodies:
        found["requestBody"] = {**_content(bodies), "required": len(bodies) == len(operations)}
    found["responses"] = {
        status: _content([one["responses"][status] for one in operations if status in one["responses"]])
        for status in dict.fromkeys(status for one in operations for status in one["responses"])
    }
    servers = _different([server for one in operations for server in one.get("servers", ())])
    found |= {"servers": servers} if servers else {}
    security = [way for one in operations for way in one["security"]]
    return {**found, "security": _different(security), mark("operations"): operations}


def _parameter(place: tuple[str, str], operations: list[Node]) -> Node:
    given = [p for one in operations for p in one.get("parameters", ()) if (p["in"], p["name"]) == place]
    found, schemas = dict(given[0]), _different([parameter.get("schema", {}) for parameter in given])
    fixed = len(schemas) > 1 and all(schema.keys() == {"const"} for schema in schemas)
    found["schema"] = {"enum": [schema["const"] for schema in schemas]} if fixed else _any_of(schemas)
    needed = len(given) == len(operations) and all(parameter.get("required") for parameter in given)
    return {**found, "required": needed or place[0] == "path"}


def _content(holders: list[Node]) -> Node:
    """Bodies or answers as one: any of their schemas, all of their examples."""
    media = [holder["content"][_JSON] for holder in holders if _JSON in holder.get("content", {})]
    if len(media) < 2 or all(other == media[0] for other in media):
        return holders[0]
    shown = _different([example for one in media for example in one.get("examples", {}).values()])
    examples = {f"example{number}": example for number, example in enumerate(shown, 1)}
    schema = _any_of(_different([one["schema"] for one in media]))
    return {**holders[0], "content": {_JSON: {"schema": schema, **({"examples": examples} if examples else {})}}}


def _any_of(schemas: list[Node]) -> Node:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _different(found: list[Node]) -> list[Node]:
    return [node for number, node in enumerate(found) if node not in found[:number]]
