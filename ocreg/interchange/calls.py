"""Calls from a collection, a recording or a command line, as operations.

Calls with the same method and path are one operation; its schemas are the shape of all their values. A field that is
always present is never taken as required, because it may well be optional. Only a statement of the source counts.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from . import documents, paths, scrubbing, shapes
from .dialect import Dialect
from .matching import Known
from .operation import Node, Operation, Source

Said = dict[tuple[str, ...], tuple[bool | None, str]]
"""What the source says of fields, by their names from the root (list items have none): whether required, and text."""
_MOST_EXAMPLES = 3
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_USUAL = re.compile(
    r"(?i)(accept|accept-.*|content-type|content-length|user-agent|connection|host|origin|referer|cache-control|pragma"
    r"|date|etag|if-.*|priority|te|vary|server|expires|age|via|upgrade.*|sec-(fetch|ch)-.*|access-control-.*)\Z"
)


@dataclass
class Call:
    """A call. `headers` are names only; `request` is the body as a value, `form` its media type if it is not JSON.

    `schemas` are JSON Schemas that a source contains itself, under `body`, `answer`, `query` and `path`.
    """

    method: str
    url: str
    title: str = ""
    description: str = ""
    tags: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    query: list[tuple[str, str]] = field(default_factory=list)
    request: Any = None
    form: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    said: Said = field(default_factory=dict)
    schemas: Node = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def operations(calls: list[Call], known: Known, *, live: bool, kind: str, strangers: bool = True) -> Source:
    """The operations of calls. `live`: their values are real data, of which only shapes may pass. `kind` is that of
    the source in `evidence`.

    With `strangers`, each call of an unknown, unnamed host is refused separately; otherwise such calls are counted.
    Raises NotReadable if there are too many.
    """
    found: dict[tuple[str, str], list[Call]] = {}
    refused: list[str] = []
    elsewhere = Counter[str]()
    for call in calls:
        host, path, query = paths.split(call.url)
        path = paths.templated(known.below(path), live=live)
        where = f"{call.method[:10]} {scrubbing.text(path)[:100]}"
        flaw = paths.flaw(path)
        if host and not known.named(call.url):
            elsewhere[host.partition("://")[2]] += 1
            if strangers:
                words = f"it goes to {scrubbing.text(host)[:80]}, not to the vendor; --host allows it"
                refused.append(f"{where}: {words}")
        elif call.method not in _METHODS:
            refused.append(f"{where}: ocreg does not send this method")
        elif flaw:
            refused.append(f"{where}: its path {flaw}")
        else:
            call.query = [*parse_qsl(query, keep_blank_values=True), *call.query]
            found.setdefault((call.method, re.sub(r"\{[^{}]*\}", "{}", path)), []).append(call)
            call.url = path
    made = Source(refused=refused)
    if elsewhere and not strangers:
        number = sum(elsewhere.values())
        words = "1 call of another host is" if number == 1 else f"{number:,} calls of other hosts are"
        made.said.append(f"{words} skipped; name a host with --host to read its calls")
        made.hosts = list(elsewhere)
    documents.few_enough(len(found))
    for group in found.values():
        operation, why = _operation(group, live, kind)
        if why:
            refused.append(f"{operation.method} {scrubbing.text(operation.path)[:100]}: {why}")
        else:
            made.operations.append(operation)
    return made


def secrets_of(headers: list[tuple[str, str]]) -> list[str]:
    """Possible secrets in headers: the values of all unusual headers, and their parts."""
    found = [value for name, value in headers if not _USUAL.match(name.strip())]
    return [word for value in found for word in (value, *re.split(r"[;,=\s]+", value))]


def _operation(group: list[Call], live: bool, kind: str) -> tuple[Operation, str | None]:
    first = max(group, key=lambda call: len(call.title) + len(call.description))
    found = Operation(first.method, first.url, live=live, kind=kind)
    found.title, found.description, found.tags = first.title, first.description, first.tags
    names = [name.lower() for call in group for name in call.headers if not _USUAL.match(name)]
    found.headers = list(dict.fromkeys(names))
    for call in group:
        for words in call.notes:
            found.note(words)
    forms = [call.form for call in group if call.form]
    if forms and all(call.request is None for call in group):
        return found, f"its body is {scrubbing.text(forms[0])[:60]}, and ocreg sends only JSON"
    dialect = Dialect({}, scrubbing.SECRET, scrubbing.PERSONAL)
    _request(found, group, dialect)
    _answers(found, group, dialect)
    _parameters(found, group, dialect)
    found.defs = dialect.defs
    for words in dialect.notes:
        found.note(words)
    return found, paths.name_placeholders(found)


def _request(found: Operation, group: list[Call], dialect: Dialect) -> None:
    values = [call.request for call in group if isinstance(call.request, (dict, list))]
    schema = next((call.schemas["body"] for call in group if "body" in call.schemas), None)
    if found.method == "GET" and (values or schema):
        found.note("a body on a GET: dropped, because a GET sends none")
    elif values or schema:
        said = {place: words for call in group for place, words in call.said.items()}
        if schema is None:
            schema = shapes.of(values, required=False, named=shapes.is_name if found.live else None)
            found.inferred.append(f"the fields of the request, from {_count(values, 'example')}")
        needed = _annotate(schema, said, ())
        if needed:
            found.inferred.append(f"the required request fields, from comments in the source: {', '.join(needed)}")
        found.body, found.requests = dialect.schema(schema), _distinct(values)


def _annotate(schema: Node, said: Said, place: tuple[str, ...]) -> list[str]:
    """Add what is said of fields to a schema; returns the names of fields that are said to be required."""
    names: list[str] = []
    while isinstance(schema.get("items"), dict):
        schema = schema["items"]
    for name, inner in schema.get("properties", {}).items():
        needed, words = said.get((*place, name), (None, ""))
        if words:
            inner["description"] = words
        if needed:
            schema.setdefault("required", []).append(name)
            names.append(".".join((*place, name)))
        names += _annotate(inner, said, (*place, name))
    return names


def _answers(found: Operation, group: list[Call], dialect: Dialect) -> None:
    every = [answer for call in group for answer in call.answers]
    good = [body for status, body in every if 200 <= status < 300 and isinstance(body, (dict, list))]
    schema = next((call.schemas["answer"] for call in group if "answer" in call.schemas), None)
    if schema is None and good:
        told = [body for body in good if isinstance(body, dict) and body.get("code") in (0, "0")] or good
        schema = shapes.of(told, required=False, named=shapes.is_name if found.live else None)
        found.inferred.append(f"the form of the answer, from {_count(told, 'example')}")
    if schema is not None:
        found.answer = dialect.answer(schema)
    answers = _distinct([list(pair) for pair in every if isinstance(pair[1], dict)])
    found.answers = [(status, body) for status, body in answers]


def _parameters(found: Operation, group: list[Call], dialect: Dialect) -> None:
    schemas = next((call.schemas for call in group if call.schemas), {})
    fields: Node = {name: {"type": "string"} for call in group for name, _ in call.query}
    spelled = schemas.get("query", {})
    fields |= {name: _text(node) for name, node in spelled.get("properties", {}).items()}
    if fields:
        required = {"required": spelled["required"]} if spelled.get("required") else {}
        found.query = dialect.schema({"type": "object", **required, "properties": fields})
        for call in group:
            for name, value in call.query:
                if value and not found.live:
                    found.shown.setdefault(name, value)
    placed = {name: _text(node) for name, node in schemas.get("path", {}).get("properties", {}).items()}
    found.path_parameters = dialect.schema({"type": "object", "properties": placed}) if placed else None


def _text(node: Node) -> Node:
    """A schema of a value in a URL, where every value is text."""
    return {**{key: node[key] for key in ("description", "title") if key in node}, "type": "string"}


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
        if len(found) == _MOST_EXAMPLES:
            break
    return found


def _count(values: list[Any], noun: str) -> str:
    return f"{len(values)} {noun}{'' if len(values) == 1 else 's'}"
