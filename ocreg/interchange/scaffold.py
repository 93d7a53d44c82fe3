"""A new endpoint file to start from: written from a few facts, and from an example where there is one."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from ..registry.schema import is_date, is_date_time
from . import style

Instances = list[tuple[str, Any]]
"""JSON pointers, and the values of one and the same field that stand there."""

HOSTS = {
    "sandbox": "https://openapi-stage-hk.orangeconnex.com/openapi",
    "production": "https://openapi-hk.orangeconnex.com/openapi",
}
_DEEPEST = 12
_ENVELOPE = {"messageId", "timestamp", "apiVersion"}
_KINDS = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
_WRONG: tuple[tuple[str, Any], ...] = (
    ("string", "text"),
    ("number", 1.5),
    ("boolean", True),
    ("null", None),
    ("object", {}),
    ("array", []),
)
_LONG = 60  # characters of a pointer; only an empty object or list may then stand on a line of its own
_EFFECTS = {
    "read": ("query", "list", "get", "show", "find", "search", "detail", "result", "status"),
    "cancel": ("cancel", "delete", "remove", "stop"),
    "update": ("update", "upload", "set", "change", "edit", "link"),
}


@dataclass
class Sketch:
    """What is known of an operation. `example` is a payload (for GET: the query), `envelope` what stood around it."""

    id: str
    summary: str
    effect: str
    method: str | None = None
    path: str | None = None
    host: dict[str, str] = field(default_factory=lambda: dict(HOSTS))
    example: Any = None
    envelope: dict[str, Any] = field(default_factory=dict)

    @property
    def section(self) -> str:
        return "query" if self.method == "GET" else "data"


def likely_effect(id: str, method: str | None) -> str:
    """The effect that an operation's name suggests; `create`, which is never sent twice, where it suggests none."""
    words = id.partition(".")[2].split("_")
    found = (effect for effect, names in _EFFECTS.items() if any(word in names for word in words))
    return next(found, "read" if method == "GET" else "create")


def unwrapped(example: Any) -> tuple[Any, dict[str, Any]]:
    """The payload of an example, and the vendor's envelope around it where it has one."""
    if isinstance(example, dict) and "data" in example and _ENVELOPE & set(example):
        return example["data"], {key: value for key, value in example.items() if key != "data"}
    return example, {}


class Inference:
    """A first schema from one example, and the rejected examples that defend each of its rules."""

    def __init__(self, example: Any, section: str) -> None:
        self.section = section
        self._types: dict[int, dict[str, Any]] = defaultdict(dict)
        self._formats: dict[str, str] = {}
        self._drops: dict[int, list[str]] = defaultdict(list)
        self.schema = self._schema([("", example)], 0)

    def rejected(self) -> list[dict[str, Any]]:
        """One example for each rule and depth: edits at one depth do not get into each other's way."""
        types = [(depth, changes) for depth, changes in sorted(self._types.items()) if depth]
        found: list[dict[str, Any]] = [{"because": "type at .", "data": wrong} for wrong in self._types[0].values()]
        found += [{"because": "type", "change": changes} for _, changes in types]
        if self._formats:
            found.append({"because": "format", "change": self._formats})
        return found + [{"because": "required", "drop": drops} for _, drops in sorted(self._drops.items()) if drops]

    def _schema(self, instances: Instances, depth: int) -> dict[str, Any]:
        schema: dict[str, Any] = {}
        kinds = _kinds([value for _, value in instances])
        candidates = _WRONG if len(instances[0][0]) <= _LONG else _WRONG[-2:]
        wrong = next(((value,) for kind, value in candidates if kind not in kinds), None)
        if wrong and (depth or self.section == "data"):  # a query is always an object
            schema["type"] = kinds[0] if len(kinds) == 1 else kinds
            self._types[depth][instances[0][0]] = wrong[0]
        strings = [(pointer, value) for pointer, value in instances if isinstance(value, str)]
        form = _format([value for _, value in strings])
        if form:
            schema["format"] = form
            self._formats[strings[0][0]] = "no date"
        if depth < _DEEPEST:
            schema |= self._object([(p, value) for p, value in instances if isinstance(value, dict)], depth)
            lists = [(p, value) for p, value in instances if isinstance(value, list)]
            items = [(f"{pointer}/{n}", item) for pointer, value in lists for n, item in enumerate(value)]
            if items:
                schema["items"] = self._schema(items, depth + 1)
        return schema

    def _object(self, objects: Instances, depth: int) -> dict[str, Any]:
        names = list(dict.fromkeys(name for _, value in objects for name in value))
        if not names:
            return {}
        required = [name for name in names if all(name in value for _, value in objects)]
        self._drops[depth] += [f"{objects[0][0]}/{_escaped(name)}" for name in required]
        properties = {}
        for name in names:
            instances = [(f"{pointer}/{_escaped(name)}", value[name]) for pointer, value in objects if name in value]
            properties[name] = {"description": f"TODO say what {name} is.", **self._schema(instances, depth + 1)}
        return {**({"required": required} if required else {}), "properties": properties}


def _kinds(values: list[Any]) -> list[str]:
    kinds = list(dict.fromkeys(_KINDS.get(type(value), "null") for value in values))
    if "number" in kinds and "integer" in kinds:
        kinds.remove("integer")
    return kinds


def _format(strings: list[str]) -> str | None:
    for name, check in (("oc-date-time", is_date_time), ("oc-date", is_date)):
        if strings and all(map(check, strings)):
            return name
    return None


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def text(sketch: Sketch) -> str:
    """The file: YAML with a comment wherever something is left to do."""
    group, _, name = sketch.id.partition(".")
    parts = [
        *style.head(f"{group}/{name}.yaml, begun by `ocreg new`"),
        style.written({"summary": sketch.summary}),
        *_address(sketch),
        style.written({"effect": sketch.effect}),
        *_payload(sketch),
        *style.commented("response: the JSON Schema of the answer's data, once you know it"),
        style.written({"evidence": _evidence(sketch)}),
    ]
    return "\n".join(parts) + "\n"


def _address(sketch: Sketch) -> list[str]:
    method = [style.written({"method": sketch.method})] if sketch.method else []
    if not sketch.path:
        words = "path: below the host's base, once you know it; then also host, with sandbox and production"
        return [*method, *style.commented(words)]
    lines = [*method, style.written({"path": sketch.path, "host": sketch.host})]
    names = list(dict.fromkeys(re.findall(r"\{([A-Za-z0-9_]+)\}", sketch.path)))
    if names:
        properties = {name: {"description": f"TODO say what {name} is.", "type": "string"} for name in names}
        parameters = {"type": "object", "required": names, "properties": properties}
        lines.append(style.written({"path_parameters": parameters}))
    return lines


def _payload(sketch: Sketch) -> list[str]:
    section = sketch.section
    if sketch.example is None:
        return style.commented(f"{section}: the JSON Schema of the {'query' if section == 'query' else 'payload'}")
    inference = Inference(sketch.example, section)
    request = {section: sketch.example, **({"envelope": sketch.envelope} if sketch.envelope else {})}
    rejected = inference.rejected()
    examples = {"request": [request], **({"rejected": rejected} if rejected else {})}
    return [
        *style.commented(
            "Inferred from the one example below: its types, and all its fields as required. Unknown fields pass until "
            "`additionalProperties: false` refuses them. Correct it by what the vendor says."
        ),
        style.written({section: inference.schema}),
        *style.commented(
            "A rejected example edits the first request example. Each rule above needs one that only this rule refuses."
        ),
        style.written({"examples": examples}),
    ]


def _evidence(sketch: Sketch) -> dict[str, Any]:
    evidence: dict[str, Any] = {"status": "partial" if sketch.path else "announced"}
    if sketch.example is not None:
        evidence["inferred"] = [f"the schema of {sketch.section}, from one example"]
    unknown = [] if sketch.path else ["the path"]
    return {**evidence, "unknown": [*unknown, *([] if sketch.example is not None else ["the payload"]), "the answer"]}
