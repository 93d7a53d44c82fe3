"""What was observed of an operation, compared with its file: a finding for each difference.

A finding `leaves` the file if it contradicts the file. Where the file says nothing (a schema without properties, an
operation without `response`), the observation is new and leaves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ..engine import policy
from ..observe.discretion import ANY
from ..observe.shapes import Shape
from ..observe.sightings import Sighting
from ..registry.endpoint import Endpoint
from ..registry.schema import Schema
from .operation import Node

ITEM = "[]"
"""A list's items, in a path."""
_DEEPEST = 10
ENOUGH = 20
"""A rarer observation may be accidental."""


class Finding(NamedTuple):
    """`path` begins with a key of the file (`data`, `response`) or with `answer`, the vendor's envelope.

    An overlay can mend the kinds undescribed, open, type, format, missing and enum. The kinds always, words, code,
    limit, sent and names are only reported.
    """

    path: tuple[str, ...]
    kind: str
    message: str
    leaves: bool = False
    shape: Shape | None = None

    @property
    def where(self) -> str:
        return ".".join(self.path).replace(f".{ITEM}", ITEM)


def findings(endpoint: Endpoint, sighting: Sighting, env: str) -> list[Finding]:
    """All differences, first those that leave the file."""
    found: list[Finding] = []
    if env == "received":
        found += _section(endpoint.data, ("data",), sighting.request)
    else:
        found += _answer(endpoint, sighting.answer)
        if endpoint.data is not None and sighting.request.seen:
            found += _sent(_section(endpoint.data, ("data",), sighting.request))
        found += _codes(endpoint, sighting)
        found += _limits(endpoint.limits, sighting.most)
    return sorted(found, key=lambda finding: not finding.leaves)


def _answer(endpoint: Endpoint, shape: Shape) -> Iterator[Finding]:
    if not endpoint.envelope:
        yield from _section(endpoint.answer if "response" in endpoint.document else None, ("response",), shape)
        return
    for finding in _section(endpoint.answer, ("answer",), shape):
        inside = finding.path[1:2] == ("data",)
        kept = finding._replace(path=("response", *finding.path[2:])) if inside else finding
        if kept.path == ("response",) and kept.kind == "undescribed":
            kept = kept._replace(kind="open", leaves=False)
        # no file describes the envelope: additional fields are only reported
        yield kept if inside or kept.kind != "undescribed" else kept._replace(kind="names", leaves=False)


def _section(schema: Schema | None, path: tuple[str, ...], shape: Shape) -> Iterator[Finding]:
    if not shape.seen:
        return
    if schema is None or not schema.root:
        yield Finding(path, "open", f"the file says nothing about it; seen: {described(shape)}", shape=shape)
        return
    yield from _node(schema, list(schema.spread([schema.root])), path, shape)


def _node(schema: Schema, nodes: list[Node], path: tuple[str, ...], shape: Shape) -> Iterator[Finding]:
    """Differences at a place that `nodes` describe, and below it."""
    yield from _kinds(schema, nodes, path, shape)
    if shape.kinds.get("object"):
        yield from _fields(schema, nodes, path, shape)
    if shape.items is not None:
        below = schema.at(nodes, 0)
        if below:
            yield from _node(schema, below, (*path, ITEM), shape.items)
        elif not _says(nodes, "properties"):
            yield Finding(
                (*path, ITEM),
                "open",
                f"the file says nothing about the items; seen: {described(shape.items)}",
                shape=shape.items,
            )


def _kinds(schema: Schema, nodes: list[Node], path: tuple[str, ...], shape: Shape) -> Iterator[Finding]:
    kinds = _allowed(schema, nodes)
    odd = {kind: n for kind, n in shape.kinds.items() if kinds is not None and kind not in kinds}
    if "number" in (kinds or ()):
        odd.pop("integer", None)
    for kind, times in odd.items():
        words = f"{kind}, {times:,} of {shape.seen:,} times; the file says {' or '.join(sorted(kinds or ()))}"
        yield Finding(path, "type", words, leaves=True, shape=shape)
    for name in sorted({node["format"] for node in nodes if "format" in node}):
        others = {form: n for form, n in shape.formats.items() if form != name}
        if others:
            total = sum(shape.formats.values())
            words = f"not in the format {name}, {sum(others.values()):,} of {total:,} times (but {_listed(others)})"
            yield Finding(path, "format", words, leaves=True, shape=shape)
    if shape.words and sum(shape.words.values()) >= max(ENOUGH, 3 * len(shape.words)):
        yield from _words(nodes, path, shape)


def _words(nodes: list[Node], path: tuple[str, ...], shape: Shape) -> Iterator[Finding]:
    """The few values that a field has, if the file does not list them."""
    assert shape.words is not None
    told = " ".join(str(node.get("description", "")) for node in nodes)
    named = {str(value) for node in nodes for value in node.get("enum", ())}
    new = {word: n for word, n in shape.words.items() if word not in named and word not in told}
    if new:
        yield Finding(path, "enum" if named else "words", f"its values: {_listed(new)}", bool(named), shape)


def _fields(schema: Schema, nodes: list[Node], path: tuple[str, ...], shape: Shape) -> Iterator[Finding]:
    objects = shape.kinds["object"]
    known = {name: None for node in nodes for name in node.get("properties", ())}
    if not known:
        if shape.fields:
            yield Finding(path, "open", f"the file describes none of its fields; seen: {described(shape)}", shape=shape)
        return
    for name, inner in shape.fields.items():
        here = (*path, name)
        if name == ANY:
            yield Finding(path, "names", "it has fields whose names may be values; they were not recorded")
        elif name in known:
            yield from _node(schema, schema.at(nodes, name), here, inner)
        else:
            near = next((other for other in known if other.lower() == name.lower()), None)
            spelled = f"; the file has {near}" if near else ""
            words = f"not described; {described(inner)}, in {inner.seen:,} of {objects:,}{spelled}"
            yield Finding(here, "undescribed", words, leaves=True, shape=inner)
    required = {name for node in nodes for name in node.get("required", ())}
    for name in sorted(required):
        lacking = objects - (shape.fields[name].seen if name in shape.fields else 0)
        if lacking > 0:
            words = f"missing, {lacking:,} of {objects:,} times; the file says that it is required"
            yield Finding((*path, name), "missing", words, leaves=True)
    there = [name for name in known if name in shape.fields and shape.fields[name].seen == objects]
    there = [name for name in there if name not in required]
    if there and objects >= ENOUGH and path != ("answer",):
        words = f"always present, in {objects:,} of {objects:,}: {', '.join(sorted(there))}"
        yield Finding(path, "always", words, shape=shape)


def _sent(found: Iterator[Finding]) -> Iterator[Finding]:
    """What was sent on purpose and not refused. That proves little: the vendor ignores unknown fields."""
    for finding in found:
        if finding.kind in ("undescribed", "open"):
            yield Finding(finding.path, "sent", f"was sent and accepted, perhaps ignored; {finding.message}")


def _codes(endpoint: Endpoint, sighting: Sighting) -> Iterator[Finding]:
    for code, times in sorted(sighting.codes.items()):
        general = code.lstrip("-").isdecimal() and int(code) in policy.CODE
        if not general and endpoint.meaning(code) is None:
            words = f"the code {code}, {times:,} time{'' if times == 1 else 's'}: the file gives no meaning"
            yield Finding(("errors", code), "code", words)


def _limits(limits: Node, most: dict[str, float]) -> Iterator[Finding]:
    """Limits that were reached or exceeded: whether the vendor enforces them is known only from values beyond."""
    rows = (
        ("items", limits.get("items"), ("limits", "items"), "items in a request were accepted"),
        ("page", limits.get("page", {}).get("most"), ("limits", "page", "most"), "a page of this size was accepted"),
        ("rows", limits.get("results"), ("limits", "results"), "rows came in one answer"),
        (
            "days",
            limits.get("window", {}).get("days"),
            ("limits", "window", "days"),
            "days of a time window were accepted",
        ),
    )
    for name, limit, path, words in rows:
        number = most.get(name)
        if limit is not None and number is not None and number >= limit - (0.01 if name == "days" else 0):
            beyond = number > limit
            yield Finding(path, "limit", f"{number:,g}: {words}; the file says {limit:,}", leaves=beyond)


def _allowed(schema: Schema, nodes: list[Node]) -> set[str] | None:
    """The types that all of `nodes` allow; None: any. All of them, and their references, describe one place."""
    inside = {id(part) for node in nodes for part in _parts(schema, node)}
    return _both(_types(schema, node, 0) for node in nodes if id(node) not in inside)


def _types(schema: Schema, node: Node, depth: int) -> set[str] | None:
    kinds = node.get("type")
    found: set[str] | None = None if kinds is None else {kinds} if isinstance(kinds, str) else set(kinds)
    if depth > _DEEPEST:
        return found
    below = [_types(schema, part, depth + 1) for part in _parts(schema, node, ("allOf",))]
    for key in ("anyOf", "oneOf"):
        ways = [_types(schema, part, depth + 1) for part in node.get(key, ())]
        below.append(None if None in ways or not ways else set().union(*(way for way in ways if way)))
    return _both([found, *below])


def _both(allowed: Iterable[set[str] | None]) -> set[str] | None:
    found: set[str] | None = None
    for kinds in allowed:
        found = kinds if found is None else found if kinds is None else found & kinds
    return found


def _parts(schema: Schema, node: Node, keys: tuple[str, ...] = ("allOf", "anyOf", "oneOf")) -> list[Node]:
    """The schemas that a schema refers to and combines."""
    found = [schema.target(node)] if "$ref" in node else []
    found += [part for key in keys for part in node.get(key, ())]
    return [*found, *(node[key] for key in ("then", "else") if key in node and len(keys) > 1)]


def described(shape: Shape) -> str:
    """A shape in words: `string of 3 to 20 characters`."""
    kinds = [kind for kind in shape.kinds if kind != "null"] or ["null"]
    words = " or ".join(kinds)
    forms = [form for form in shape.formats if form not in ("text", "empty")]
    if len(forms) == 1 and set(shape.formats) <= {forms[0], "empty"}:
        words += f" ({forms[0]})"
    elif "string" in shape.sizes:
        low, high = shape.sizes["string"]
        words += f" of {low:,} to {high:,} characters" if low < high else f" of {low:,} character{'s' * (low != 1)}"
    if "object" in kinds and shape.fields:
        words += f" with {', '.join(sorted(shape.fields))}"
    nulls = shape.kinds.get("null", 0)
    return words + (f" ({nulls:,} of {shape.seen:,} null)" if nulls and kinds != ["null"] else "")


def _says(nodes: list[Node], key: str) -> bool:
    return any(key in node for node in nodes)


def _listed(counts: dict[str, Any]) -> str:
    return ", ".join(f"{name} ({n:,})" for name, n in sorted(counts.items(), key=lambda pair: -pair[1]))
