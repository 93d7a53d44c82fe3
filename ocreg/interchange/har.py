"""HAR recordings of a browser as calls: those of known hosts that use JSON. Only the shapes of values pass."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

from . import calls, scrubbing
from .calls import Call
from .documents import NotReadable, mapping, mappings
from .matching import Known
from .operation import Node, Source


def recognises(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("log"), dict) and "entries" in value["log"]


def operations(value: Node, known: Known) -> Source:
    """The operations of a recording. Raises NotReadable if it has no call of a known host."""
    found, headers, odd = list[Call](), list[tuple[str, str]](), 0
    for entry in mappings(value["log"]["entries"]):
        request, response = mapping(entry.get("request")), mapping(entry.get("response"))
        for each in (request, response):
            headers += [*_pairs(each.get("headers")), *(("cookie", v) for _, v in _pairs(each.get("cookies")))]
        call = _call(request, response)
        if call is None:
            odd += 1
        else:
            found.append(call)
    made = calls.operations(found, known, live=True, kind="client", strangers=False)
    if odd:
        words = "1 entry is" if odd == 1 else f"{odd:,} entries are"
        made.said.append(f"{words} skipped: no URL, or no JSON in request and answer")
    if not made.operations and not made.refused:
        names = scrubbing.text(", ".join(made.hosts[:5]))
        why = f"of other hosts ({names}; --host names one to read)" if names else "without JSON"
        raise NotReadable(f"a HAR file without a call that can be imported: all are {why}")
    values = [value for call in found for value in (call.request, dict(call.query), *(a for _, a in call.answers))]
    made.secrets = [*scrubbing.telling(calls.secrets_of(headers)), *scrubbing.known_secrets(values)]
    return made


def _call(request: Node, response: Node) -> Call | None:
    """The call of an entry; None if it has no URL, or is for a page, script or picture."""
    url, method, posted = request.get("url"), request.get("method"), mapping(request.get("postData"))
    if not isinstance(url, str) or not isinstance(method, str) or not url.startswith(("http://", "https://")):
        return None
    call = Call(method.upper(), url.partition("?")[0], headers=[name for name, _ in _pairs(request.get("headers"))])
    call.query = _pairs(request.get("queryString")) or []
    call.url = call.url if call.query else url
    call.request = _json(posted.get("text"))
    body = _json(_content(mapping(response.get("content"))))
    status = response.get("status")
    if body is not None:
        call.answers.append((status if isinstance(status, int) and 100 <= status < 600 else 200, body))
    if call.request is None and posted.get("text" if posted.get("text") else "params"):
        call.form = str(posted.get("mimeType") or "no JSON")
    return call if isinstance(call.request, (dict, list)) or isinstance(body, (dict, list)) else None


def _content(content: Node) -> Any:
    text = content.get("text")
    if content.get("encoding") != "base64" or not isinstance(text, str):
        return text
    try:
        return b64decode(text).decode("utf-8")
    except ValueError:
        return None


def _json(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) and text.strip() else None
    except (ValueError, RecursionError):
        return None


def _pairs(listed: Any) -> list[tuple[str, str]]:
    pairs = [(row.get("name"), row.get("value")) for row in mappings(listed)]
    return [(name, value) for name, value in pairs if isinstance(name, str) and isinstance(value, str) and name]
