"""The registry as a Postman collection, v2.1: a folder for each group, a request for each operation that can be called.

One script for the whole collection fetches the access token and signs the requests. One test tells refusals, which are
HTTP 200, from successes. Keys and tokens are empty variables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from ..registry.endpoint import Endpoint
from .instances import Instances
from .samples import answers, in_url, requests

Node = dict[str, Any]
_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_VARIABLES = {
    "clientKey": ("", "The client key that the vendor issued."),
    "secretKey": ("", "The secret key. It signs and is never sent."),
    "refreshToken": ("", "Obtains access tokens; oauth.token returns one."),
    "accessToken": ("", "Fetched with the refresh token when it is empty or has expired."),
    "returnsAccessToken": ("{{accessToken}}", "Sent by the return operations; by default the usual token."),
    "sign": ("body", "What the signature covers: `body`, or only `path`."),
}
_ABOUT = """\
OrangeConnex's eBay fulfillment openAPI, unofficial, exported from the endpoint files of ocreg.

Fill in the variables clientKey, secretKey and refreshToken, preferably in an environment of your own. A script of the \
collection fetches the access token and signs each request. A test fails if the answer is a refusal, which is HTTP \
200, too. The requests hold example values. If `host` is not a sandbox, a create makes a real object.\
"""
_BEFORE = """\
const hashing = require('crypto-js');

// Signs exactly the body that is sent: vAuthorization = md5(path|body|clientKey|secretKey).
const get = (name) => pm.variables.replaceIn('{{' + name + '}}').replace(/^[{]{2}.*/, '');
pm.variables.set('messageId', pm.variables.replaceIn('{{$guid}}'));
pm.variables.set('timestamp', String(Date.now()));
const raw = pm.request.body && pm.request.body.mode === 'raw' ? pm.request.body.raw : '';
const path = '/' + pm.request.url.path.map((part) => pm.variables.replaceIn(part)).join('/');
const signed = [path, get('sign') === 'path' ? '' : pm.variables.replaceIn(raw), get('clientKey'), get('secretKey')];
pm.variables.set('vAuthorization', hashing.MD5(signed.join('|')).toString());

// Fetches the access token if there is none, and a minute before one that was fetched here expires.
const ends = Number(get('accessTokenEnds'));
const due = !get('accessToken') || (ends && Date.now() > ends);
if (pm.request.headers.has('Access-Token') && due && get('refreshToken')) {
  const query = ['grant_type=refresh_token', 'client_id=' + encodeURIComponent(get('clientKey')),
    'refresh_token=' + encodeURIComponent(get('refreshToken'))].join('&');
  pm.sendRequest({url: pm.variables.replaceIn('TOKEN_URL') + '?' + query, method: 'POST'}, (error, answer) => {
    const tokens = error ? {} : answer.json();
    if (!tokens.access_token) throw new Error('no access token: ' + (error || answer.text()));
    pm.collectionVariables.set('accessToken', tokens.access_token);
    pm.collectionVariables.set('accessTokenEnds', String(Date.now() + ((tokens.expires_in || 3600) - 60) * 1000));
    if (tokens.refresh_token) pm.collectionVariables.set('refreshToken', tokens.refresh_token);
  });
}"""
_AFTER = """\
pm.test('is a success', () => {
  pm.expect(pm.response.code).to.be.below(400);
  if (!String(pm.response.headers.get('Content-Type')).includes('json')) return;  // a page for a browser
  const answer = pm.response.json();
  pm.expect(answer.error, answer.error_description).to.equal(undefined);
  if ('code' in answer) pm.expect(answer.code, JSON.stringify(answer.errors || answer.message)).to.equal(0);
});"""


def document(endpoints: Iterable[Endpoint], refresh: Endpoint) -> Node:
    """The collection of all operations that can be called; `refresh` is the one that obtains access tokens."""
    return _Collection([e for e in endpoints if e.path and e.method and e.caller != "vendor"], refresh).document()


class _Collection:
    def __init__(self, endpoints: list[Endpoint], refresh: Endpoint) -> None:
        self._endpoints, self._refresh = endpoints, refresh
        origins = [_origin(endpoint) for endpoint in [*endpoints, refresh]]
        usual = max(origins, key=origins.count)
        others = [origin for origin in dict.fromkeys(origins) if origin != usual]
        self._hosts = {usual: "host", **{origin: f"host{number}" for number, origin in enumerate(others, 2)}}
        self._more: dict[str, tuple[str, str]] = {}

    def document(self) -> Node:
        groups: dict[str, list[Node]] = {}
        for endpoint in self._endpoints:
            groups.setdefault(endpoint.id.partition(".")[0], []).append(self._item(endpoint))
        before = _BEFORE.replace(
            "TOKEN_URL", "{{host}}".replace("host", self._host(self._refresh)) + _path(self._refresh)
        )
        found: Node = {
            "info": {"name": "OrangeConnex eBay fulfillment openAPI", "description": _ABOUT, "schema": _SCHEMA}
        }
        found["item"] = [{"name": group, "item": items} for group, items in groups.items()]
        found["event"] = [_script("prerequest", before), _script("test", _AFTER)]
        return {**found, "variable": self._variables()}

    def _host(self, endpoint: Endpoint) -> str:
        return self._hosts[_origin(endpoint)]

    def _variables(self) -> list[Node]:
        production = {_origin(e): _origin(e, "production") for e in [*self._endpoints, self._refresh]}
        hosts = {name: (url, f"The sandbox. Production: {production[url]}") for url, name in self._hosts.items()}
        return [
            {"key": name, "value": value, "description": words}
            for name, (value, words) in {**hosts, **_VARIABLES, **self._more}.items()
        ]

    def _item(self, endpoint: Endpoint) -> Node:
        request = self._request(endpoint)
        item: Node = {"name": endpoint.id, "request": request, "response": list(_saved(endpoint, request))}
        if endpoint.caller == "browser":  # its answer is a redirect
            item["protocolProfileBehavior"] = {"followRedirects": False}
        return item

    def _request(self, endpoint: Endpoint) -> Node:
        request: Node = {"method": endpoint.method, "header": _headers(endpoint)}
        text = _body(endpoint)
        if text is not None:
            request["header"].append({"key": "Content-Type", "value": "application/json"})
            request["body"] = {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}
        request["url"] = self._url(endpoint)
        words = [f"**{endpoint.title}.** {endpoint.summary}", endpoint.description.strip()]
        words += ["\n".join(f"- `{code}`: {endpoint.meaning(code)}" for code in endpoint.errors)]
        return {**request, "description": "\n\n".join(filter(None, words)), "auth": {"type": "noauth"}}

    def _url(self, endpoint: Endpoint) -> Node:
        host, path = f"{{{{{self._host(endpoint)}}}}}", _path(endpoint)
        for name in re.findall(r"\{(\w+)\}", path):
            value = in_url(endpoint, "path").get(name, "")
            self._more.setdefault(name, (str(value), f"Part of the path of {endpoint.id}."))
        path = re.sub(r"\{(\w+)\}", r"{{\1}}", path)
        query = list(self._query(endpoint))
        sent = "&".join(f"{row['key']}={row['value']}" for row in query if not row.get("disabled"))
        url: Node = {"raw": host + path + (f"?{sent}" if sent else ""), "host": [host], "path": path[1:].split("/")}
        return {**url, **({"query": query} if query else {})}

    def _query(self, endpoint: Endpoint) -> Iterable[Node]:
        schema = endpoint.query.root if endpoint.query is not None else {}
        shown = in_url(endpoint, "query")
        for name, node in schema.get("properties", {}).items():
            row: Node = {"key": name}
            if "const" in node:
                row["value"] = node["const"]
            elif "x-setting" in node:
                first, *rest = node["x-setting"].split("_")
                row["value"] = "{{" + first + "".join(word.capitalize() for word in rest) + "}}"
            elif node.get("x-secret"):
                row["value"] = "{{" + name + "}}"
                self._more.setdefault(name, ("", node.get("description", "")))
            else:
                row["value"] = str(shown.get(name, ""))
                row |= {} if name in shown or name in schema.get("required", ()) else {"disabled": True}
            yield {**row, **({"description": node["description"]} if "description" in node else {})}


def _origin(endpoint: Endpoint, env: str = "sandbox") -> str:
    parts = urlsplit(endpoint.host[env])
    return f"{parts.scheme}://{parts.netloc}"


def _path(endpoint: Endpoint) -> str:
    return urlsplit(endpoint.host["sandbox"]).path + (endpoint.path or "")


def _headers(endpoint: Endpoint) -> list[Node]:
    if not endpoint.sends_token:
        return []
    headers = {"clientKey": "{{clientKey}}", "vAuthorization": "{{vAuthorization}}", "TimeStamp": "{{timestamp}}"}
    if endpoint.auth == "token":
        headers["Access-Token"] = "Bearer {{returnsAccessToken}}" if endpoint.token else "Bearer {{accessToken}}"
    return [{"key": key, "value": value} for key, value in headers.items()]


def _body(endpoint: Endpoint) -> str | None:
    """The text of a body: the first example, or one made from the schema."""
    if endpoint.method == "GET" or not (endpoint.envelope or endpoint.data is not None):
        return None
    body = next((body for _, body in requests(endpoint)), None)
    if body is None:
        root: Node = endpoint.data.root if endpoint.data is not None else {"type": "null"}
        data = Instances(root.get("$defs", {})).made(root) if root.keys() - {"description"} else {}
        body = {"apiVersion": endpoint.api_version, "data": data} if endpoint.envelope else data
    if not endpoint.envelope:
        return json.dumps(body, ensure_ascii=False, indent=2)
    inner = json.dumps({"apiVersion": body["apiVersion"], "data": body["data"]}, ensure_ascii=False, indent=2)
    return inner.removesuffix("\n}") + ',\n  "messageId": "{{messageId}}",\n  "timestamp": {{timestamp}}\n}'


def _saved(endpoint: Endpoint, request: Node) -> Iterable[Node]:
    for status, name, words, body in answers(endpoint):
        saved: Node = {"name": words.get("summary", name), "originalRequest": request, "code": status}
        header = [{"key": "Content-Type", "value": "application/json"}]
        yield {**saved, "header": header, "body": json.dumps(body, ensure_ascii=False, indent=2)}


def _script(when: str, text: str) -> Node:
    return {"listen": when, "script": {"type": "text/javascript", "exec": text.split("\n")}}
