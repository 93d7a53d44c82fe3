"""A request as a shell command that runs: secrets are variables, and the shell computes the signature."""

from __future__ import annotations

import json
from shlex import quote
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from .. import redact

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint
    from .exchange import Prepared

_BODY = "OCREG_BODY"
_TO_MD5 = "{ openssl md5 || md5sum; } 2>/dev/null | grep -o '[0-9a-f]\\{32\\}'"


def curl(endpoint: Endpoint, call: Prepared, hidden: frozenset[str], sign: str) -> str:
    """The command, for sh. It fails at once if a variable that it needs is not set.

    A body with fields in `hidden` is not shown: with masks in it, it would be signed and sent like a real one.
    """
    request = call.request
    words, names = ["curl", "-X", request.method], list[str]()
    if endpoint.query is not None:
        location, arguments, names = _query(endpoint, request.url, hidden)
        words += [*arguments, quote(location)]
    else:
        words.append(quote(request.url))
    before = []
    if endpoint.sends_token:
        before.append(_signature(urlsplit(request.url).path, request.body is not None and sign == "body"))
        names += ["OCREG_CLIENT_KEY", "OCREG_SECRET_KEY"]
        words += _header("clientKey: $OCREG_CLIENT_KEY"), _header("vAuthorization: $sign")
        words.append(_header("TimeStamp: $(date +%s)000"))
    if endpoint.auth == "token" or call.token:
        names.append("OCREG_ACCESS_TOKEN")
        words.append(_header("Access-Token: Bearer $OCREG_ACCESS_TOKEN"))
    if "Authorization" in request.headers:
        names += ["OCREG_CLIENT_KEY", "OCREG_SECRET_KEY"]
        pair = """$(printf %s "$OCREG_CLIENT_KEY:$OCREG_SECRET_KEY" | base64 | tr -d '\\n')"""
        words.append(_header(f"Authorization: Bearer {pair}"))
    if request.body is not None:
        words += ["-H 'Content-Type: application/json'", '--data-raw "$body"']
        sent = json.loads(request.body)
        masked = redact.data(sent, hidden) != sent
        names += [_BODY] if masked else []
        before.insert(0, f'body="${_BODY}"' if masked else f"body={quote(request.body.decode())}")
    why = {_BODY: "is not set: the body has personal data, which plan --show-sensitive shows"}
    checks = " ".join(f'"${{{name}:?{why.get(name, "is not set")}}}"' for name in dict.fromkeys(names))
    return " && ".join([*([f": {checks}"] if checks else []), *before, " ".join(words)])


def _header(text: str) -> str:
    return f'-H "{text}"'


def _signature(path: str, with_body: bool) -> str:
    body = "$body" if with_body else ""
    signed = f"""{quote(f"{path}|")}"{body}|$OCREG_CLIENT_KEY|$OCREG_SECRET_KEY\""""
    return f"sign=$(printf %s {signed} | {_TO_MD5})"


def _query(endpoint: Endpoint, url: str, hidden: frozenset[str]) -> tuple[str, list[str], list[str]]:
    """The URL without its query, the options that add the query, and the variables in it."""
    assert endpoint.query is not None
    nodes: dict[str, Any] = endpoint.query.root.get("properties", {})
    words, names = ["-G"], []
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        node = nodes.get(name, {})
        if "x-setting" in node or name in hidden:
            names.append(f"OCREG_{node.get('x-setting', name).upper()}")
            encoded = "" if node.get("x-encoded") else "-urlencode"  # a code is used as the address bar shows it
            words.append(f'--data{encoded} "{name}=${names[-1]}"')
        else:
            words.append(f"--data-urlencode {quote(f'{name}={value}')}")
    return url.partition("?")[0], words, names
