"""What an answer looks like: the schema around its `data`, and names that come in several spellings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

ERROR_ITEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": ["string", "integer", "null"]},
        "id": {"type": ["string", "null"]},
        "message": {"type": ["string", "null"]},
    },
}


def answer_schema(data: dict[str, Any] | None, errors: dict[str, Any] | None = None) -> dict[str, Any]:
    """The schema of a whole success answer whose `data` obeys `data`. Everything but the code may be absent."""
    properties: dict[str, Any] = {
        "code": {"type": "integer"},
        "message": {"type": ["string", "null"]},
        "messageId": {"type": ["string", "integer", "null"]},
        "errors": {"type": ["array", "null"], "items": errors or ERROR_ITEM},
        "success": {"type": ["boolean", "null"]},
    }
    if data is not None:
        properties["data"] = data
    return {"type": "object", "properties": properties}


def nullable(node: Any) -> Any:
    """`node` with null allowed for every property that is not required: in an answer, null means absent."""
    if isinstance(node, list):
        return [nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: value if key in ("enum", "const", "examples") else nullable(value) for key, value in node.items()}
    properties = node.get("properties")
    if isinstance(properties, dict):
        required = node.get("required", ())
        result["properties"] = {
            name: nullable(inner) if name in required else _or_null(nullable(inner))
            for name, inner in properties.items()
        }
    return result


def _or_null(node: Any) -> Any:
    kind = node.get("type") if isinstance(node, dict) else None
    if kind is None:
        return {"anyOf": [{"type": "null"}, node]} if isinstance(node, dict) and node else node
    return {**node, "type": [*([kind] if isinstance(kind, str) else kind), "null"]}


def key_in(node: dict[str, Any], name: str) -> str | None:
    """The key that is this name, in whatever case."""
    if name in node:
        return name
    return next((key for key in node if key.lower() == name.lower()), None)


def values_at(node: Any, path: str) -> list[Any]:
    """The values at a path of names with dots, through lists; names are read in whatever case."""
    level = [node]
    for name in path.split("."):
        inner = [one for item in level for one in (item if isinstance(item, list) else [item])]
        keys = [(item, key_in(item, name)) for item in inner if isinstance(item, dict)]
        level = [item[key] for item, key in keys if key is not None]
    return [one for item in level for one in (item if isinstance(item, list) else [item])]


def other_rows(finds: dict[str, str], sent: Any, data: Any) -> tuple[int, int]:
    """How many rows of an answer's `data` are about none of the ids that were `sent`, and of how many.

    By a file's `finds`. A row that does not say what it is about is not counted, and nothing is if ids were sent of
    which the file does not say where they come out.
    """
    lists = {path.partition(".")[0] for path in finds}
    if not isinstance(sent, dict) or any(isinstance(v, list) and v and name not in lists for name, v in sent.items()):
        return 0, 0
    wanted = {field: ids for path, field in finds.items() if (ids := _texts(values_at(sent, path)))}
    above = next((field.rpartition(".")[0] for field in wanted), "")
    rows = values_at(data, above) if above else data if isinstance(data, list) else [data]
    others = 0
    for row in rows if wanted else ():
        about = [(ids, _texts(values_at(row, field.rpartition(".")[2]))) for field, ids in wanted.items()]
        others += all(found and not found & ids for ids, found in about)
    return others, len(rows)


def _texts(values: list[Any]) -> set[str]:
    return {text for value in values if isinstance(value, str) and (text := value.strip().casefold())}


def rows_about(rows: Any, key: str, sent: Iterable[str]) -> bool | None:
    """Whether one of the rows (or the single one) has a number that was `sent` under the name `key`.

    None where nobody can tell: there is no row, or one without such a text. Case and blanks around it do not count.
    """
    wanted, silent = {number.strip().casefold() for number in sent}, not rows
    for row in rows if isinstance(rows, list) else [rows]:
        name = key_in(row, key) if isinstance(row, dict) else None
        if name is None or not isinstance(row[name], str):
            silent = True
        elif row[name].strip().casefold() in wanted:
            return True
    return None if silent else False
