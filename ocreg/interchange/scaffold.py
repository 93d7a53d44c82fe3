"""A new endpoint file to start from: written from a few facts, and from an example where there is one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import rejections, shapes

HOSTS = {
    "sandbox": "https://openapi-stage-hk.orangeconnex.com/openapi",
    "production": "https://openapi-hk.orangeconnex.com/openapi",
}
_WIDTH = 110
_ENVELOPE = {"messageId", "timestamp", "apiVersion"}
_PLAIN = re.compile(r"(https?://)?[A-Za-z/_][A-Za-z0-9/_.-]*( [A-Za-z0-9/_.-]+)*\Z")
_NOT_PLAIN = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
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


def _schema(example: Any, section: str) -> dict[str, Any]:
    """A first schema from one example. A query is always an object, so that is not said."""
    schema = _described(shapes.of([example]))
    return {key: value for key, value in schema.items() if section == "data" or key != "type"}


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    if "properties" in schema:
        fields = schema["properties"].items()
        told = {name: {"description": f"TODO say what {name} is.", **_described(inner)} for name, inner in fields}
        schema = {**schema, "properties": told}
    return {**schema, "items": _described(schema["items"])} if "items" in schema else schema


def text(sketch: Sketch) -> str:
    """The file: YAML with a comment wherever something is left to do."""
    group, _, name = sketch.id.partition(".")
    parts = [
        *_for_editors(),
        f"# {group}/{name}.yaml, begun by `ocreg new`; `ocreg lint --prove` checks it, docs/format.md explains it.",
        written({"summary": sketch.summary}),
        *_address(sketch),
        written({"effect": sketch.effect}),
        *_payload(sketch),
        "# response: {type: object, ...}  # JSON Schema of the answer's data, once you know it",
        written({"evidence": _evidence(sketch)}),
    ]
    return "\n".join(parts) + "\n"


def _for_editors() -> list[str]:
    """The line by which editors know the format. Its path is this machine's, as its schema is this version's."""
    law = Path(__file__).parent.parent / "registry" / "endpoint.schema.yaml"
    return [f"# yaml-language-server: $schema={law.as_uri()}"] if law.is_file() else []  # inside a zip there is none


def _address(sketch: Sketch) -> list[str]:
    method = [written({"method": sketch.method})] if sketch.method else []
    if not sketch.path:
        return [
            *method,
            "# path: /3pp/...  # once you know it; then also host: {sandbox: https://..., production: https://...}",
        ]
    lines = [*method, written({"path": sketch.path, "host": sketch.host})]
    names = list(dict.fromkeys(re.findall(r"\{([A-Za-z0-9_]+)\}", sketch.path)))
    if names:
        properties = {name: {"description": f"TODO say what {name} is.", "type": "string"} for name in names}
        lines.append(written({"path_parameters": {"type": "object", "required": names, "properties": properties}}))
    return lines


def _payload(sketch: Sketch) -> list[str]:
    section = sketch.section
    if sketch.example is None:
        return [
            f"# {section}: {{type: object, ...}}  # JSON Schema of the {'query' if section == 'query' else 'payload'}"
        ]
    schema = _schema(sketch.example, section)
    request = {section: sketch.example, **({"envelope": sketch.envelope} if sketch.envelope else {})}
    known = {"effect": sketch.effect, section: schema, "examples": {"request": [request]}}
    rejected = rejections.of(sketch.id, known)
    examples = {"request": [request], **({"rejected": rejected} if rejected else {})}
    return [
        "# Inferred from the one example below: its types, and all its fields as required. Unknown fields pass until",
        "# `additionalProperties: false` refuses them. Correct it by what the vendor says.",
        written({section: schema}, expand=True),
        "# A rejected example edits the first request example. Each rule above needs one that only this rule refuses.",
        written({"examples": examples}, expand=True),
    ]


def _evidence(sketch: Sketch) -> dict[str, Any]:
    evidence: dict[str, Any] = {"status": "partial" if sketch.path else "announced"}
    if sketch.example is not None:
        evidence["inferred"] = [f"the schema of {sketch.section}, from one example"]
    unknown = [] if sketch.path else ["the path"]
    return {**evidence, "unknown": [*unknown, *([] if sketch.example is not None else ["the payload"]), "the answer"]}


def written(mapping: dict[str, Any], *, expand: bool = False) -> str:
    """A mapping as YAML. What fits on a line stands on one; with `expand` the first level never does."""
    lines: list[str] = []
    for key, value in mapping.items():
        lines += [f"{flow(key)}:", *_block(value, "  ")] if expand else _block({key: value}, "")
    return "\n".join(lines)


def _block(value: dict[str, Any] | list[Any], pad: str) -> list[str]:
    pairs = [(f"{flow(k)}:", v) for k, v in value.items()] if isinstance(value, dict) else [("-", v) for v in value]
    lines: list[str] = []
    for head, item in pairs:
        line = f"{pad}{head} {flow(item)}"
        if not isinstance(item, (dict, list)) or not item or len(line) <= _WIDTH:
            lines.append(line)
        elif head == "-":
            first, *rest = _block(item, pad + "  ")
            lines += [f"{pad}- {first.lstrip()}", *rest]
        else:
            lines += [pad + head, *_block(item, pad + "  ")]
    return lines


def flow(value: Any) -> str:
    """A value on one line of YAML, so that readers of YAML 1.1 and of 1.2 understand the same."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.match(value) and value.lower() not in _NOT_PLAIN:
        return value
    if value.isprintable() and "'" not in value:
        return f"'{value}'"
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else _escape(ord(c)) for c in value) + '"'


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
