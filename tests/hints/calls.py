"""Right and wrong calls of every operation, made of the examples in its file."""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

from ocreg import Registry
from ocreg.names.levels import Level, refuses, top
from ocreg.operations.named import attribute
from ocreg.registry.endpoint import Endpoint
from ocreg.registry.schema import Schema

HEAD = """\
from datetime import date, datetime, timezone
from decimal import Decimal
from ocreg import Client
client = Client("local")
now, today, amount = datetime.now(timezone.utc), date.today(), Decimal(1)
"""
MOMENTS = {"oc-date-time": "now", "oc-date": "today", "decimal": "amount"}


class Code(str):
    """An expression of Python that stands for a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Call(NamedTuple):
    """A line of code; `names` is what a message about it has to name, and `fault` what was done to it."""

    id: str
    code: str
    fault: str = ""
    names: str = ""


def _operation(endpoint: Endpoint) -> str:
    group, _, name = endpoint.id.partition(".")
    return f"client.ops.{attribute(group)}.{attribute(name)}"


def _arguments(example: dict) -> str:
    data = [repr(example["data"])] if "data" in example else []
    return ", ".join([*data, *([f"query={example['query']!r}"] if "query" in example else [])])


def rights(registry: Registry) -> Iterator[Call]:
    for id in registry:
        endpoint = registry[id]
        does, examples = _operation(endpoint), endpoint.examples.get("request", [])
        for example in examples:
            given = _arguments(example)
            yield Call(
                id, f"print({does}({given}, unknown=['other'], message_id='1', timeout=3.0))".replace("(, ", "(")
            )
            yield Call(id, f"print({does}.plan({given}, show_sensitive=True)['valid'])".replace("(, ", "("))
            if endpoint.effect == "read" and endpoint.caller == "client":
                yield Call(id, f"print([row for row in {does}.iterate({given})])")
            if endpoint.effect != "read" and "data" in example:
                items = example["data"] if endpoint.takes_many else [example["data"]]
                yield Call(id, f"print([(sent.item, sent.row) for sent in {does}.call_many({items!r}, size=1)])")
            if endpoint.confirm:
                yield Call(id, f"print({does}.confirm({given})['data'])")
                yield Call(id, f"print({does}({given}, on_unknown='confirm')['messageId'])")
            if "data" in example and (written := _as_written(endpoint.data, example["data"])) != example["data"]:
                yield Call(id, f"print({does}({written!r}))")
        if examples:
            yield from _answers(endpoint, f"{does}({_arguments(examples[0])})")


def _as_written(schema: Schema, value: Any, nodes: list | None = None) -> Any:
    """The payload with Python's values where the schema has a format for them."""
    nodes = list(schema.spread([schema.root])) if nodes is None else nodes
    if isinstance(value, dict):
        return {name: _as_written(schema, inner, schema.at(nodes, name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_written(schema, inner, schema.at(nodes, 0)) for inner in value]
    kinds = [MOMENTS[node["format"]] for node in nodes if node.get("format") in MOMENTS]
    return Code(kinds[0]) if kinds else value


def _answers(endpoint: Endpoint, call: str) -> Iterator[Call]:
    """Every described field of an answer, read without asking whether it is there; and one that is misspelled."""
    schema = endpoint.answer
    for steps in _leaves(schema, list(schema.spread([schema.root]))):
        if steps[0] in ("data", "code", "access_token"):
            yield Call(endpoint.id, f"print({call}{''.join(f'[{step!r}]' for step in steps)})")


def _leaves(schema: Schema, nodes: list, steps: tuple = ()) -> Iterator[tuple]:
    if len(steps) > 12:
        return
    names = {name for node in nodes for name, inner in node.get("properties", {}).items() if not refuses(inner)}
    for name in sorted(names):
        yield from _leaves(schema, schema.at(nodes, name), (*steps, name))
    below = schema.at(nodes, 0)
    if below:
        yield from _leaves(schema, below, (*steps, 0))
    if steps and not names and not below:
        yield steps


def wrongs(registry: Registry) -> Iterator[Call]:
    for id in registry:
        endpoint = registry[id]
        does, examples = _operation(endpoint), endpoint.examples.get("request", [])
        yield Call(id, f"print({does}x)", "operation", f"{attribute(id.partition('.')[2])}x")
        if endpoint.data is None and endpoint.path is not None:
            yield Call(id, f"print({does}({{'a': 1}}))", "payload")
        if not examples:
            continue
        call = f"{does}({_arguments(examples[0])})"
        yield Call(id, f"print({call[:-1]}, unknwn=[]))".replace("(, ", "("), "option", "unknwn")
        for part, schema in (("data", endpoint.data), ("query", endpoint.query)):
            if part in examples[0] and schema is not None:
                for payload, fault, names in _spoiled(schema, examples[0][part]):
                    yield Call(id, f"print({does}({_arguments({**examples[0], part: payload})}))", fault, names)
        leaves = _leaves(endpoint.answer, list(endpoint.answer.spread([endpoint.answer.root])))
        fields = [steps for steps in leaves if isinstance(steps[-1], str) and steps[0] in ("data", "access_token")]
        fields = [steps for steps in fields if len(steps) > 1 or steps[0] != "data"]
        if fields:
            *above, name = fields[0]
            path = "".join(f"[{step!r}]" for step in above)
            yield Call(id, f"print({call}{path}['{name}x'])", "answer", f"{name}x")


def _spoiled(schema: Schema, value: Any) -> Iterator[tuple[Any, str, str]]:
    """A field of each level: misspelled, left out where it is needed, and with a value of another type."""
    seen: set[frozenset[int]] = set()
    for path, level, found in _objects(top(schema), value, ()):
        if level.key in seen or _open(level):
            continue
        seen.add(level.key)
        name = next((name for name in found if level.names.get(name)), None)
        required = {n for node in level.nodes if "type" in node for n in node.get("required", ())}
        fixed = [n for n in found if any("const" in node for node in schema.at(level.nodes, n))]
        if name is not None:
            yield (
                _changed(value, path, {**{n: v for n, v in found.items() if n != name}, f"{name}x": found[name]}),
                "misspelled",
                f"{name}x",
            )
            if any("type" in node for node in schema.at(level.nodes, name)):
                yield _changed(value, path, {**found, name: Code("object()")}), "type", name
        for gone in [n for n in found if n in required and n not in fixed and not _settings(schema, level, n)][:1]:
            yield _changed(value, path, {n: v for n, v in found.items() if n != gone}), "missing", gone
        for name in found:
            if any("enum" in node for node in schema.at(level.nodes, name)):
                yield _changed(value, path, {**found, name: "none of them"}), "choice", name


def _open(level: Level) -> bool:
    """Whether its file lets any other field in, or describes none."""
    rules = [node.get("additionalProperties") for node in level.nodes]
    said = any(node.get("x-unknown") == "allow" for node in level.nodes)
    return said or not level.names or any(isinstance(rule, dict) for rule in rules)


def _settings(schema: Schema, level: Level, name: str) -> bool:
    return any("x-setting" in node for node in schema.at(level.nodes, name))


def _objects(level: Level, value: Any, path: tuple) -> Iterator[tuple[tuple, Level, dict]]:
    """The objects in a payload, each with its level."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _objects(level, item, (*path, index))
    elif isinstance(value, dict):
        yield path, level, value
        for name, inner in value.items():
            yield from _objects(level.below(name), inner, (*path, name))


def _changed(value: Any, path: tuple, new: Any) -> Any:
    if not path:
        return new
    changed = copy.deepcopy(value)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return changed
