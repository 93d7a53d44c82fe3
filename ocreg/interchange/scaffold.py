"""A new endpoint file to start from: written from a few facts, and from an example if there is one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from . import effects, rejections, shapes, style
from .operation import todo

HOSTS = {
    "sandbox": "https://openapi-stage-hk.orangeconnex.com/openapi",
    "production": "https://openapi-hk.orangeconnex.com/openapi",
}
_ENVELOPE = {"messageId", "timestamp", "apiVersion"}


@dataclass
class Sketch:
    """What is known of an operation. `example` is a payload (for GET: the query), `envelope` the object around it."""

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
    """The effect that an operation's name suggests; otherwise `create`, which is never sent twice."""
    return effects.likely(method or "POST", id.partition(".")[2].replace("_", "/"), "")


def unwrapped(example: Any) -> tuple[Any, dict[str, Any]]:
    """The payload of an example, and the vendor's envelope around it if there is one."""
    if isinstance(example, dict) and "data" in example and _ENVELOPE & set(example):
        return example["data"], {key: value for key, value in example.items() if key != "data"}
    return example, {}


def _schema(example: Any, section: str) -> dict[str, Any]:
    """A first schema from one example. A query is always an object, so that is not written."""
    schema = _described(shapes.of([example]))
    return {key: value for key, value in schema.items() if section == "data" or key != "type"}


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    if "properties" in schema:
        fields = schema["properties"].items()
        told = {name: {"description": todo(name), **_described(inner)} for name, inner in fields}
        schema = {**schema, "properties": told}
    return {**schema, "items": _described(schema["items"])} if "items" in schema else schema


def text(sketch: Sketch) -> str:
    """The file: YAML, with a comment at everything that is left to do."""
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
        properties = {name: {"description": todo(name), "type": "string"} for name in names}
        parameters = {"type": "object", "required": names, "properties": properties}
        lines.append(style.written({"path_parameters": parameters}))
    return lines


def _payload(sketch: Sketch) -> list[str]:
    section = sketch.section
    if sketch.example is None:
        return style.commented(f"{section}: the JSON Schema of the {'query' if section == 'query' else 'payload'}")
    schema = _schema(sketch.example, section)
    request = {section: sketch.example, **({"envelope": sketch.envelope} if sketch.envelope else {})}
    known = {"effect": sketch.effect, section: schema, "examples": {"request": [request]}}
    rejected = rejections.of(sketch.id, known)
    examples = {"request": [request], **({"rejected": rejected} if rejected else {})}
    return [
        *style.commented(
            "Inferred from the example below: its types, and all its fields as required. Unknown fields are accepted "
            "until `additionalProperties: false` refuses them. Correct the schema by what the vendor says."
        ),
        style.written({section: schema}),
        *style.commented(
            "A rejected example edits the first request example. Each rule above needs a rejected example that only "
            "this rule refuses."
        ),
        style.written({"examples": examples}),
    ]


def _evidence(sketch: Sketch) -> dict[str, Any]:
    evidence: dict[str, Any] = {"status": "partial" if sketch.path else "announced"}
    if sketch.example is not None:
        evidence["inferred"] = [f"the schema of {sketch.section}, from one example"]
    unknown = [] if sketch.path else ["the path"]
    return {**evidence, "unknown": [*unknown, *([] if sketch.example is not None else ["the payload"]), "the answer"]}
