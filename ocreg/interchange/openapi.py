"""Reads OpenAPI 3.0 and 3.1, also in Apifox's variant, into operations.

Documents claim 3.0.1 and use 3.1, so nothing is validated: known parts are read; odd parts are noted and dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from . import documents, exported, instances, marks, paths, scaffold, scrubbing
from .dialect import Dialect
from .documents import NotReadable, line, listed, mapping, mappings
from .matching import Known
from .operation import Node, Operation, Source, todo

_METHODS = ("get", "post", "put", "patch", "delete")
_PAGE = re.compile(r"/apis/(api-[0-9]+)")
_JSON = re.compile(r"application/([\w.+-]+\+)?json\b|^\*/\*|^text/(plain|json)|^application/\*", re.IGNORECASE)
_STATUS = re.compile(r"(?:x-)?([1-5])([0-9][0-9]|XX)(?::|\Z)", re.IGNORECASE)
_MOST_EXAMPLES = 3


def recognises(value: Any) -> bool:
    if not isinstance(value, dict) or "openapi" not in value:
        return False
    return isinstance(value.get("paths"), dict) or isinstance(value.get("webhooks"), dict)


def read(document: Node, known: Known) -> Source:
    """The operations of a document, and the webhooks that the vendor sends. Raises NotReadable."""
    made = Source()
    items = [*_items(document, "paths"), *_items(document, "webhooks")]
    documents.few_enough(len(items))
    if not items:
        raise NotReadable("an OpenAPI document without operations")
    for place, path, item, method in items:
        sent, real, servers, why = place == "webhooks", f"webhook/{path}", list[str](), None
        if not sent:
            real, servers, why = _address(path, document, item, item[method], known.ours)
        whys = [why]
        for inner in () if why else exported.operations(item[method]):
            operation = Operation(method.upper(), real, servers=servers)
            if sent:
                operation = Operation("POST", real, caller="vendor")
            whys.append(_Reader(document, operation).read(item, inner))
            made.operations += [operation] if whys[-1] is None else []
        where = f"{method.upper()} {scrubbing.text(path)[:100]}"
        made.refused += [f"{where}: {why}" for why in whys if why]
    return made


def _items(document: Node, place: str) -> list[tuple[str, str, Node, str]]:
    return [
        (place, str(path), item, method)
        for path, item in mapping(document.get(place)).items()
        if isinstance(item, dict)
        for method in _METHODS
        if isinstance(item.get(method), dict)
    ]


def _address(
    path: str, document: Node, item: Node, inner: Node, ours: Callable[[str], bool]
) -> tuple[str, list[str], str | None]:
    """The path below the base, the servers that may be used, and why the operation may not be called."""
    servers = [
        str(server.get("url", "")) for holder in (inner, item, document) for server in mappings(holder.get("servers"))
    ]
    if not path.startswith("/") or path.startswith("//"):
        if not ours(path):
            return path, [], "the path is not below a host of the vendor: keys would be sent elsewhere"
        path = urlsplit(path).path
    path = path.partition("?")[0]
    why = paths.flaw(path)
    if why:
        return path, [], f"its path {why}"
    return path, [url for url in servers if ours(url)], None


class _Reader:
    def __init__(self, document: Node, operation: Operation) -> None:
        self.operation = operation
        self.dialect = Dialect(document, scrubbing.SECRET, scrubbing.PERSONAL)

    def read(self, item: Node, inner: Node) -> str | None:
        """Fill the operation from a path's item and its operation; returns why this client cannot call it."""
        found = self.operation
        found.title = line(inner.get("summary")) or line(inner.get("operationId"))
        found.description = line(inner.get("description"), 1500)
        page = _PAGE.search(str(inner.get("x-run-in-apifox", "")))
        found.page = page[1] if page else None
        tags = inner.get("tags")
        found.tags = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        if isinstance(inner.get("x-apifox-folder"), str):
            found.tags += inner["x-apifox-folder"].split("/")
        self._parameters([*listed(item.get("parameters")), *listed(inner.get("parameters"))])
        why = self._body(self.dialect.resolved(inner.get("requestBody")))
        self._answers(inner.get("responses"))
        found.defs = self.dialect.defs
        for words in self.dialect.notes:
            found.note(words)
        if found.caller == "vendor":
            found.title = found.title or found.path.partition("/")[2]
            found.query = found.path_parameters = None
        else:
            why = why or paths.name_placeholders(found)
        if not why and exported.is_one(inner):
            self._exported(item, inner)
        return why

    def _exported(self, item: Node, inner: Node) -> None:
        """Use ocreg's own export of an operation in place of what was gathered from the document."""
        found, reading = self.operation, exported.Reading(self.dialect)
        named = {
            server.get(marks.mark("environment")): server.get("url")
            for holder in (self.dialect.root, item, inner)
            for server in mappings(holder.get("servers"))
            if isinstance(server.get(marks.mark("environment")), str)
        }
        host = {env: named[env] for env in marks.ENVIRONMENTS if named.get(env) in found.servers}
        fixed: Node = {"method": found.method, "path": found.path, "host": {**scaffold.HOSTS, **host}}
        sent = found.caller == "vendor"
        document = reading.document(inner, {"caller": "vendor"} if sent else fixed)
        if document is None:
            found.note("its x-ocreg-* keys break the format: it is read like any other document")
            return
        found.id, found.facts = inner[marks.mark("id")], document
        found.defs, found.notes = document.get("$defs", {}), list(reading.notes)
        if host.keys() < named.keys() and not sent:
            found.note("a server that is not a host of the registry or the vendor: replaced by the usual host")

    def _parameters(self, every: list[Any]) -> None:
        found = self.operation
        places: dict[str, Node] = {"query": {}, "path": {}}
        needed: dict[str, list[str]] = {"query": [], "path": []}
        for raw in every:
            parameter = self.dialect.resolved(raw)
            name, place = parameter.get("name"), parameter.get("in")
            if not isinstance(name, str) or not name or parameter.get("disabled") is True:
                continue
            if place == "header":
                found.headers.append(name.lower())
            elif place in ("query", "path"):
                places[place][name] = self._parameter(parameter, name)
                if parameter.get("required") is True or place == "path":
                    needed[place].append(name)
            else:
                found.note(f"a parameter in {'a cookie' if place == 'cookie' else 'no known place'}: dropped")
        for place, fields in places.items():
            if fields:
                required = list(dict.fromkeys(needed[place]))
                schema = {"type": "object", **({"required": required} if required else {}), "properties": fields}
                setattr(found, "query" if place == "query" else "path_parameters", schema)

    def _parameter(self, parameter: Node, name: str) -> Node:
        """A parameter's schema. In a URL every value is text: rules for numbers and lists go into the description."""
        inner = parameter.get("schema")
        if isinstance(parameter.get("description"), str) and isinstance(inner, dict):
            inner = {"description": parameter["description"], **inner}
        made = self.dialect.schema(inner if isinstance(inner, dict) else {}, name, 1)
        made = made if "$ref" not in made else {}
        words = made.pop("description", None) or todo(name)
        if made.get("type") not in (None, "string"):
            kinds = made["type"] if isinstance(made["type"], list) else [made["type"]]
            words += f" Type: {' or '.join(kinds)}."
            enum = [value for value in made.get("enum", ()) if isinstance(value, str)]
            made = {**({"enum": enum} if enum else {}), **{k: True for k in ("x-sensitive", "x-secret") if k in made}}
        for holder in (parameter, inner if isinstance(inner, dict) else {}):
            value = holder.get("example")
            if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != "":
                self.operation.shown.setdefault(name, str(value))
        return {"description": words, **made}

    def _body(self, body: Node) -> str | None:
        content = body.get("content")
        if not isinstance(content, dict) or not content:
            return None
        media = next((value for kind, value in content.items() if _JSON.search(kind) and isinstance(value, dict)), None)
        if self.operation.method == "GET":
            self.operation.note("a body on a GET: dropped, because a GET sends none")
            return None
        if media is None:
            if any(isinstance(value, dict) and _is_body(value.get("schema")) for value in content.values()):
                return f"its body is {scrubbing.text(str(next(iter(content))))[:60]}, and ocreg sends only JSON"
            return None
        if isinstance(media.get("schema"), dict):
            self.operation.body = self.dialect.schema(media["schema"])
        self.operation.requests = [value for value in _examples(media, self.dialect) if isinstance(value, (dict, list))]
        return None

    def _answers(self, responses: Any) -> None:
        found, variants = self.operation, 0
        for key, raw in mapping(responses).items():
            status = _STATUS.match(str(key))
            number = int(status[1] + ("00" if status[2].upper() == "XX" else status[2])) if status else 200
            if not status and key != "default":
                continue
            answer = self.dialect.resolved(raw)
            content = mapping(answer.get("content"))
            media = next((v for kind, v in content.items() if _JSON.search(kind) and isinstance(v, dict)), None)
            if media is None:
                continue
            found.answers += [(number, value) for value in _examples(media, self.dialect) if isinstance(value, dict)]
            if number < 300 and isinstance(media.get("schema"), dict):
                says = _has_fields(self.dialect.resolved(media["schema"]))
                variants += bool(says and found.answer is not None)
                if says and found.answer is None:
                    found.answer = self.dialect.answer(media["schema"])
        if variants:
            found.note(f"{variants} more form{'' if variants == 1 else 's'} of the answer: only the first is described")


def _examples(media: Node, dialect: Dialect) -> list[Any]:
    """The examples of a body or an answer, wherever they are, as values."""
    named = [dialect.resolved(item).get("value") for item in mapping(media.get("examples")).values()]
    schema = dialect.resolved(media.get("schema"))
    every = [media.get("example"), *named, schema.get("example"), *listed(schema.get("examples"))]
    found: list[Any] = []
    for value in map(instances.read, every):
        if value not in (None, "", {}, []) and value not in found:
            found.append(value)
    return found[:_MOST_EXAMPLES]


def _has_fields(schema: Any) -> bool:
    """Whether a schema has rules: exports are full of `{type: object, properties: {}}`."""
    return isinstance(schema, dict) and any(
        schema.get(key) for key in ("properties", "items", "$ref", "allOf", "anyOf", "oneOf", "enum")
    )


def _is_body(schema: Any) -> bool:
    """Whether a schema is a body's: the same exports add forms without fields to requests without a body."""
    return _has_fields(schema) or (isinstance(schema, dict) and schema.get("type") in ("string", "array"))
