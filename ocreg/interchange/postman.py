"""Postman collections (2.0 and 2.1) as calls. Scripts, auth and variables are used only to find secrets to mask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from . import calls, commented, scrubbing
from .calls import Call
from .documents import NotReadable, line, mappings, string
from .matching import Known
from .operation import Node, Source


def recognises(value: Any) -> bool:
    return isinstance(value, dict) and "item" in value and isinstance(value.get("info"), dict)


def operations(value: Node, known: Known) -> Source:
    """The operations of a collection; folders become tags. Raises NotReadable."""
    found: list[Call] = []
    secrets = scrubbing.telling(_kept(value))
    bodies: list[Any] = []
    for item, folders in _items(value, []):
        request = item["request"] if isinstance(item["request"], dict) else {"url": item["request"]}
        found.append(_call(item, request, folders))
        headers = _pairs(request.get("header"))
        for answer in mappings(item.get("response")):
            headers += _pairs(answer.get("header"))
        secrets += scrubbing.telling(calls.secrets_of(headers))
        bodies += [found[-1].request, *(body for _, body in found[-1].answers)]
    if not found:
        raise NotReadable("a Postman collection without requests")
    made = calls.operations(found, known, live=False, kind="postman")
    made.secrets = [*secrets, *scrubbing.known_secrets(bodies)]
    return made


def _kept(holder: Node) -> Iterator[str]:
    """The values of auth and variables, of the collection, its folders and its requests."""
    request = holder.get("request")
    for each in (holder, request if isinstance(request, dict) else {}):
        yield from _texts(each.get("auth"))
        yield from _variables(each.get("variable"))
    for item in mappings(holder.get("item")):
        yield from _kept(item)


def _items(holder: Node, folders: list[str]) -> Iterator[tuple[Node, list[str]]]:
    for item in mappings(holder.get("item")):
        if isinstance(item.get("request"), (dict, str)):
            yield item, folders
        else:
            yield from _items(item, [*folders, string(item.get("name"))])


def _call(item: Node, request: Node, folders: list[str]) -> Call:
    url, query, placed = _url(request.get("url"))
    call = Call(string(request.get("method")).upper() or "GET", url, line(item.get("name")))
    call.description = line(_said(request.get("description")), 1500)
    call.tags = [folder for folder in reversed(folders) if folder]
    call.headers = [name for name, _ in _pairs(request.get("header"))]
    call.query, call.schemas = query, placed
    _body(call, request.get("body"))
    for answer in mappings(item.get("response")):
        body = _json(answer.get("body"))
        status = answer.get("code")
        if body is not None:
            call.answers.append((status if isinstance(status, int) and 100 <= status < 600 else 200, body))
        asked = answer.get("originalRequest")
        if call.request is None and isinstance(asked, dict):
            _body(call, asked.get("body"))
    return call


def _body(call: Call, body: Any) -> None:
    if not isinstance(body, dict) or body.get("disabled") is True:
        return
    mode = body.get("mode")
    if mode == "raw" and string(body.get("raw")).strip():
        try:
            call.request, call.said = commented.read(body["raw"])
        except commented.NotJson:
            call.notes.append("a body that is not JSON, even with comments: dropped")
    elif mode in ("urlencoded", "formdata", "file", "graphql") and body.get(mode):
        call.form = {"urlencoded": "a form", "formdata": "multipart/form-data", "file": "a file"}.get(mode, "GraphQL")


def _url(url: Any) -> tuple[str, list[tuple[str, str]], Node]:
    """The URL without disabled parameters, its parameters, and the descriptions of them and of the placeholders."""
    if not isinstance(url, dict):
        return string(url), [], {}
    raw = string(url.get("raw")) or f"{_joined(url.get('host'), '.')}/{_joined(url.get('path'), '/')}"
    if not isinstance(url.get("query"), list):
        return raw, [], _described("path", url.get("variable"))
    schemas = {**_described("path", url.get("variable")), **_described("query", url["query"])}
    return raw.partition("?")[0], _pairs(url["query"]), schemas


def _described(place: str, listed: Any) -> Node:
    pairs = [(each.get("key"), _said(each.get("description"))) for each in mappings(listed)]
    fields = {
        name: {"type": "string", "description": words} for name, words in pairs if isinstance(name, str) and words
    }
    return {place: {"type": "object", "properties": fields}} if fields else {}


def _pairs(listed: Any) -> list[tuple[str, str]]:
    """Names and values of headers or parameters that are not disabled."""
    if isinstance(listed, str):
        return [(name, value.strip()) for line in listed.splitlines() for name, _, value in [line.partition(":")]]
    rows = [row for row in mappings(listed) if row.get("disabled") is not True and isinstance(row.get("key"), str)]
    return [(row["key"], string(row.get("value"))) for row in rows if row["key"]]


def _variables(listed: Any) -> list[str]:
    """Values of variables that may be secrets; a word without a digit is more likely a part of a path."""
    rows = [(string(row.get("key")), string(row.get("value"))) for row in mappings(listed)]
    return [value for key, value in rows if scrubbing.SECRET.search(key) or re.search("[0-9]", value)]


def _texts(value: Any) -> list[str]:
    if isinstance(value, (dict, list)):
        return [inner for item in (value.values() if isinstance(value, dict) else value) for inner in _texts(item)]
    return [value] if isinstance(value, str) else []


def _json(text: Any) -> Any:
    try:
        return commented.read(text)[0] if isinstance(text, str) and text.strip() else None
    except commented.NotJson:
        return None


def _said(description: Any) -> str:
    return string(description.get("content") if isinstance(description, dict) else description)


def _joined(value: Any, by: str) -> str:
    parts = [part.get("value") if isinstance(part, dict) else part for part in value] if isinstance(value, list) else []
    return by.join(map(string, parts)) if isinstance(value, list) else string(value)
