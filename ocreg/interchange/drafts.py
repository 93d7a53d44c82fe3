"""A whole endpoint file, as values, from what a source says about an operation."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from . import effects, scaffold, wrapping
from .instances import Instances
from .operation import TODO, Node, Operation

_TEST = re.compile(r"stag|sandbox|test|uat|dev", re.IGNORECASE)
_SIGNED = {"clientkey", "vauthorization"}
_USUAL = {*_SIGNED, "access-token", "content-type", "accept", "user-agent", "authorization"}


def draft(operation: Operation, effect: str | None = None, envelope: bool | None = None) -> Node:
    """The document of a new file. `effect` and `envelope` are given if they are already known."""
    if operation.facts:
        return {**operation.facts, **({"effect": effect} if effect else {})}
    sent = operation.caller == "vendor"  # a webhook: only a payload arrives, without an effect
    wrapped = not sent and (wrapping.enveloped(operation) if envelope is None else envelope)
    effect = "read" if sent else effect
    inferred = list(operation.inferred)
    if effect is None:
        effect = effects.likely(operation.method, operation.path, operation.title)
        inferred.append(f"the effect ({effect}), from the verbs in path and title")
    document: Node = {"summary": _summary(operation)}
    document |= {"title": operation.title} if operation.title else {}
    document |= {"description": operation.description} if operation.description else {}
    if operation.caller == "vendor":
        document |= {"caller": "vendor", "effect": effect}
    else:
        document |= {"method": operation.method, "path": operation.path, "host": _host(operation), "effect": effect}
        document |= {"auth": "key"} if _auth(operation, inferred) == "key" else {}
        document |= {} if wrapped else {"envelope": False}
    for key in ("path_parameters", "query"):
        if getattr(operation, key) is not None:  # always an object, so this need not be said
            document[key] = {rule: value for rule, value in getattr(operation, key).items() if rule != "type"}
    data, response = _parts(operation, wrapped)
    document |= {"data": data} if data is not None else {}
    document |= {"response": response} if response is not None else {}
    defs = _used(document, operation.defs)
    document |= {"$defs": defs} if defs else {}
    document["evidence"] = _evidence(operation, document, inferred)
    return document


def examples(operation: Operation, document: Node, *, own: bool) -> Node:
    """Request and answer examples for a document: the source's `own`, cleaned, or some made from the schemas."""
    instances = Instances(operation.defs)
    wrapped, found = document.get("envelope", True) and operation.caller != "vendor", Node()
    own = own and not operation.live
    if "data" in document:
        values = [wrapping.payload(value) if wrapped else value for value in operation.requests if own]
        values = [instances.cleaned(value, document["data"]) for value in values] or [instances.made(document["data"])]
        found["request"] = [{"data": value} for value in values if value is not None]
    in_url: Node = {}
    if document.get("query", {}).get("properties"):
        in_url["query"] = _query(operation, document["query"], instances, own=own)
    if document.get("path_parameters", {}).get("properties"):
        in_url["path"] = _path(operation, document["path_parameters"], instances, own=own)
    if in_url:
        found["request"] = [{**example, **in_url} for example in found.get("request", [{}])]
    if "response" in document:
        whole = {"properties": {"data": document["response"]}} if wrapped else document["response"]
        bodies = [(status, instances.cleaned(body, whole)) for status, body in operation.answers if own]
        bodies = [(status, body) for status, body in bodies if isinstance(body, dict)]
        if not any(_succeeds(status, body, wrapped) for status, body in bodies):
            made = instances.made(document["response"])
            bodies.insert(0, (200, {"code": 0, "data": made, "message": "Success"} if wrapped else made))
        bodies.sort(key=lambda pair: not _succeeds(pair[0], pair[1], wrapped))
        found["response"] = [
            {**({} if status == 200 else {"status": status}), "body": body}
            for status, body in bodies
            if isinstance(body, dict)
        ]
    if instances.changed:
        operation.note("examples: templates, personal data and secrets are replaced by placeholders")
    return {key: value for key, value in found.items() if value}


def _succeeds(status: int, body: Any, wrapped: bool) -> bool:
    good = isinstance(body, dict) and (body.get("code") == 0 if wrapped else not body.get("error"))
    return status == 200 and good


def _path(operation: Operation, schema: Node, instances: Instances, *, own: bool) -> Node:
    """A value for each placeholder. A value that would change the path is not used."""
    made = _query(operation, schema, instances, own=own)
    return {name: value if isinstance(value, str) and value.strip("./ ") else "1" for name, value in made.items()}


def _query(operation: Operation, schema: Node, instances: Instances, *, own: bool) -> Node:
    """The required parameters, and those for which the source has examples."""
    fields, required = schema.get("properties", {}), schema.get("required", ())
    known = [(name, value) for name, value in operation.shown.items() if name in fields and own]
    shown = {name: instances.cleaned(value, fields[name], name) for name, value in known}
    return {
        name: shown[name] if name in shown else instances.made(fields[name], name)
        for name in fields
        if name in shown or name in required
    }


def _summary(operation: Operation) -> str:
    title = " ".join(operation.title.split())[:100]
    if not title:
        return f"{TODO} {operation.method} {operation.path} does."[:120]
    return title if len(title) >= 8 else f"Imported: {title}"


def _host(operation: Operation) -> dict[str, str]:
    host = dict(scaffold.HOSTS)
    for url in reversed(operation.servers):
        parts = urlsplit(url)
        path = parts.path.rstrip("/")
        if re.fullmatch(r"(/[a-z0-9/_-]*[a-z0-9_-])?", path) and parts.netloc == parts.hostname:
            host["sandbox" if _TEST.search(str(parts.hostname)) else "production"] = f"https://{parts.hostname}{path}"
    return host


def _auth(operation: Operation, inferred: list[str]) -> str:
    """The authentication, from the usual headers; other headers cannot be sent."""
    names = set(operation.headers)
    for name in sorted(names - _USUAL):
        operation.note(f"the header {name}: dropped, because ocreg sends no headers of single operations")
    if names >= _SIGNED and not names & {"access-token", "authorization"}:
        inferred.append("no access token is needed: the source names only the other two headers")
        return "key"
    if not names & _SIGNED:
        inferred.append("the usual three headers; the source names none")
    return "token"


def _parts(operation: Operation, wrapped: bool) -> tuple[Node | None, Node | None]:
    """The schemas of payload and answer."""
    data = operation.body
    if data is not None and wrapped and wrapping.request(operation):
        data = _root(wrapping.fields(data, operation.defs)["data"])
    elif data is None and operation.requests:
        data = {}
        operation.inferred.append("that it takes a payload; the source has examples but no schema")
    answer = operation.answer
    if wrapped and wrapping.answer(operation):
        answer = _root(wrapping.fields(answer, operation.defs).get("data"))
    elif wrapped and answer is not None:
        operation.note("the answer does not have the vendor's envelope: not imported")
        answer = None
    return data, answer


def _root(schema: Node | None) -> Node | None:
    """A field's schema as a root, where a missing description no longer matters."""
    todo = schema is not None and str(schema.get("description", "")).startswith("TODO")
    return {key: value for key, value in (schema or {}).items() if key != "description"} if todo else schema


def _used(document: Node, defs: dict[str, Node]) -> dict[str, Node]:
    """The schemas under `$defs` that a document refers to, directly or not."""
    found: dict[str, Node] = {}
    waiting: list[Any] = list(document.values())
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name in defs and name not in found:
                found[name] = defs[name]
                waiting.append(defs[name])
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return found


def _evidence(operation: Operation, document: Node, inferred: list[str]) -> Node:
    unknown = []
    if operation.answer is None:
        unknown.append("the answer")
    if operation.method != "GET" and "data" not in document:
        unknown.append("whether it takes a payload; the source describes none")
    source = {"kind": operation.kind, **({"page": operation.page} if operation.page else {}), "note": "imported"}
    told = operation.answer is not None and operation.kind == "documentation"  # calls do not show all that exists
    evidence: Node = {"status": "documented" if told else "partial", "sources": [source]}
    return {**evidence, "inferred": inferred, **({"unknown": unknown} if unknown else {})}
