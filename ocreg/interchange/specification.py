"""The registry as an OpenAPI 3.1.0 document.

An operation is a path item's method; what the vendor sends is a webhook; an operation without a known path is named in
the description. If several operations have the same method and path (they differ by a fixed parameter), OpenAPI allows
only one: it unites their parameters, and `x-ocreg-operations` holds each by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from .. import __version__
from ..registry.answer import answer_schema
from ..registry.endpoint import Endpoint
from . import marks
from .components import Components, Node, camel
from .samples import answers, in_url, made_up, requests
from .uniting import united

VERSION = "3.1.0"
SIGNATURE: Node = {
    **{"algorithm": "md5", "encoding": "utf-8", "digest": "lower-case hexadecimal", "joint": "|"},
    "parts": ["path", "body", "clientKey", "secretKey"],
    "path": "the URL's path from its first slash on, including the server's part, without the query",
    "body": "the bytes of the body exactly as they are sent; empty (both separators stay) if there is no body",
}
_JSON = "application/json"
_ABOUT = """\
An unofficial description of OrangeConnex's eBay fulfillment openAPI, exported from the endpoint files of ocreg. \
`x-ocreg-evidence` says for each operation what is documented, what is inferred and what is not known.

**Keys.** A request has the headers `clientKey`, `vAuthorization` and `Access-Token` (the word Bearer, a space, the \
token). `vAuthorization` is the MD5, in lower-case hexadecimal digits, of path, body, client key and secret key, \
joined by `|`. The path is the URL's, `/openapi` included and without the query. The body is the bytes exactly as they \
are sent. For a request without a body it is empty: `path||clientKey|secretKey`. Sources disagree about the body of a \
POST: some leave it empty, too. The vendor's collections also send the header `TimeStamp`, in epoch milliseconds; it \
is not signed.

**Answers.** A refusal is HTTP 200, too. Its `code` is not 0, or `success` is false, or there are `errors`."""
_KEYS: Node = {
    "clientKey": {"description": "The client key that the vendor issued.", "name": "clientKey"},
    "vAuthorization": {
        "description": "md5(path|body|clientKey|secretKey): 32 lower-case hexadecimal digits, as described above.",
        "name": "vAuthorization",
        "x-ocreg-signature": SIGNATURE,
    },
    "accessToken": {"description": "The word Bearer, a space, the access token.", "name": "Access-Token"},
}
_CREATES = "It creates something: do not send it again until you know that nothing was created."


def document(endpoints: Iterable[Endpoint]) -> Node:
    """The OpenAPI document of these operations."""
    return _Specification(list(endpoints)).document()


class _Specification:
    def __init__(self, endpoints: list[Endpoint]) -> None:
        self._all = endpoints
        self._callable = [e for e in endpoints if e.path and e.method and e.caller != "vendor"]
        self._components = Components("#/components/schemas/")
        self._ids: set[str] = set()

    def document(self) -> Node:
        usual = self._usual_host()
        paths: Node = {}
        for (path, method), same in self._by_address().items():
            item = paths.setdefault(path, {})
            hosts = [endpoint.host for endpoint in self._callable if endpoint.path == path]
            alike = all(host == hosts[0] for host in hosts)
            if alike and hosts[0] != usual:
                item["servers"] = _servers(hosts)
            made = [self._operation(e) | ({} if alike else {"servers": _servers([e.host])}) for e in same]
            operation = made[0] if len(made) == 1 else united(made)
            operation["operationId"] = self._free_id(operation["operationId"])
            item[method.lower()] = operation
        found: Node = {"openapi": VERSION, "info": self._info()}
        found |= {"servers": _servers([usual])} if usual else {}
        groups = sorted({endpoint.id.partition(".")[0] for endpoint in self._all})
        found |= {"tags": [{"name": group} for group in groups], "paths": paths}
        hooks = {e.id.replace(".", "_"): {"post": self._webhook(e)} for e in self._all if e.caller == "vendor"}
        found |= {"webhooks": hooks} if hooks else {}
        schemes = {name: {"type": "apiKey", "in": "header", **scheme} for name, scheme in _KEYS.items()}
        schemas = dict(sorted(self._components.schemas.items()))
        return {**found, "components": {"securitySchemes": schemes, **({"schemas": schemas} if schemas else {})}}

    def _by_address(self) -> dict[tuple[str, str], list[Endpoint]]:
        found: dict[tuple[str, str], list[Endpoint]] = {}
        for endpoint in self._callable:
            found.setdefault((endpoint.path or "", endpoint.method or ""), []).append(endpoint)
        return found

    def _usual_host(self) -> dict[str, str]:
        """The hosts of most operations, which then need no servers of their own."""
        hosts = [endpoint.host for endpoint in self._callable]
        return max(hosts, key=hosts.count, default={})

    def _free_id(self, wanted: str) -> str:
        choices = (wanted, *(f"{wanted}_{number}" for number in range(2, len(self._all) + 2)))
        found = next(choice for choice in choices if choice not in self._ids)
        self._ids.add(found)
        return found

    def _info(self) -> Node:
        announced = [e for e in self._all if not (e.path and e.method) and e.caller != "vendor"]
        words = _ABOUT
        if announced:
            rows = "\n".join(f"- `{e.id}` ({e.title}): {e.summary}" for e in announced)
            words += f"\n\n**Announced.** These operations exist, but their paths are not known:\n\n{rows}"
        return {"title": "OrangeConnex eBay fulfillment openAPI", "version": __version__, "description": words}

    def _operation(self, endpoint: Endpoint) -> Node:
        found = self._head(endpoint)
        parameters = [*self._parameters(endpoint, "path_parameters"), *self._parameters(endpoint, "query")]
        found |= {"parameters": parameters} if parameters else {}
        for section in marks.SECTIONS:
            if section in endpoint.document:
                rest = {k: v for k, v in self._components.written(endpoint, section).items() if k not in _FIELDS}
                found[marks.mark(section)] = rest
        if endpoint.method != "GET" and (endpoint.envelope or endpoint.data is not None):
            found["requestBody"] = self._body(endpoint)
        found["responses"] = self._responses(endpoint)
        return {**found, "security": _security(endpoint.auth)}

    def _head(self, endpoint: Endpoint) -> Node:
        group = endpoint.id.partition(".")[0]
        found: Node = {"operationId": endpoint.id.replace(".", "_"), "summary": endpoint.summary}
        words = [endpoint.description.strip(), _CREATES if endpoint.effect == "create" else ""]
        found |= {"description": "\n\n".join(filter(None, words)), "tags": [group]}
        found["x-ocreg-id"] = endpoint.id
        if endpoint.description:
            found["x-ocreg-description"] = endpoint.description
        return {**found, **marks.facts(endpoint.document)}

    def _webhook(self, endpoint: Endpoint) -> Node:
        found = self._head(endpoint)
        found["description"] += "\n\nOpenAPI requires a method here; POST is a guess."
        if endpoint.data is not None:
            schema = self._components.section(endpoint, "data", camel(endpoint.id, "delivery"))
            found["requestBody"] = {"content": {_JSON: {"schema": schema}}}
        return {**found, "responses": {"200": {"description": "Accepted. What the vendor expects is not known."}}}

    def _parameters(self, endpoint: Endpoint, section: str) -> list[Node]:
        if section not in endpoint.document:
            return []
        schema, place = self._components.written(endpoint, section), "query" if section == "query" else "path"
        shown = in_url(endpoint, place)
        found: list[Node] = []
        for name, node in schema.get("properties", {}).items():
            words = {"description": node["description"]} if isinstance(node, dict) and "description" in node else {}
            inner = {key: value for key, value in node.items() if key != "description"} if words else node
            required = place == "path" or name in schema.get("required", ())
            parameter: Node = {"name": name, "in": place, "required": required, **words, "schema": inner}
            found.append({**parameter, **({"example": shown[name]} if name in shown else {})})
        if not found and schema.get("additionalProperties") is not False:  # they exist, but their names are not known
            words = {"description": "Parameters whose names are not known; they are sent as given."}
            found.append(
                {"name": "parameters", "in": place, **words, "schema": {"type": "object"}, "x-ocreg-any": True}
            )
        return found

    def _body(self, endpoint: Endpoint) -> Node:
        if endpoint.data is None:
            data: Node = {"type": ["object", "null"], "maxProperties": 0, "description": "There is no payload."}
        else:
            data = self._components.section(endpoint, "data", camel(endpoint.id, "data"))
        if endpoint.envelope:
            data = self._components.add(camel(endpoint.id, "request"), _request(endpoint, data))
        shown = {
            f"request{number or ''}".replace("request1", "request"): {**words, "value": value}
            for number, (words, value) in enumerate(requests(endpoint), 1)
        }
        return {"required": True, "content": {_JSON: {"schema": data, **({"examples": shown} if shown else {})}}}

    def _responses(self, endpoint: Endpoint) -> Node:
        if endpoint.caller == "browser":
            page = {"description": "A page for a browser; the form of a failure is not known.", "content": {"*/*": {}}}
            refusal = {"description": "The request for it was refused."}
            return {"200": page, "302": {"description": "Back to the given redirect URI."}, "400": refusal}
        shown: dict[str, Node] = {}
        if example := made_up(endpoint):
            shown["200"] = {"success1": example}
        for status, name, words, body in answers(endpoint):
            shown.setdefault(str(status), {})[name] = {**words, "value": body}
        either = "A success, or a refusal." + _codes(endpoint)
        found = {"200": _answered(either, self._answer(endpoint), shown.pop("200", {}))}
        if endpoint.auth == "oauth":
            why = "A refusal as in RFC 6749; the vendor's HTTP status is not known."
            found |= {code: _answered(why, self._token_refusal(), {}) for code in ("400", "401")}
        if endpoint.sends_token:
            shown.setdefault("401", {})
        for code, examples in sorted(shown.items()):
            why = "The access token is missing, unknown or expired." if code == "401" else "A refusal."
            found[code] = _answered(why, self._refusal(), examples)
        return found

    def _answer(self, endpoint: Endpoint) -> Node:
        data = None
        if "response" in endpoint.document:
            data = self._components.section(endpoint, "response", camel(endpoint.id, "result"))
        if not endpoint.envelope:
            refused = self._token_refusal() if endpoint.auth == "oauth" else {"type": "object"}
            return {"anyOf": [data, refused]} if data else {}
        schema = answer_schema(data)
        fields = schema["properties"]
        fields |= {"code": {"type": "integer", "const": 0}, "success": {"enum": [True, None]}}
        if not endpoint.errors_with_data:
            fields["errors"] = {**fields["errors"], "maxItems": 0}
        success = self._components.add(camel(endpoint.id, "success"), {**schema, "required": ["code"]})
        return self._components.add(camel(endpoint.id, "answer"), {"anyOf": [success, self._refusal()]})

    def _token_refusal(self) -> Node:
        return self._named("TokenRefusal", _TOKEN_REFUSAL)

    def _refusal(self) -> Node:
        schema = answer_schema(None)
        schema["properties"]["code"]["description"] = "Not 0, or `success` is false, or there are `errors`."
        return self._named("Refusal", schema)

    def _named(self, name: str, schema: Node) -> Node:
        known = self._components.schemas.get(name)
        return self._components.reference(name) if known else self._components.add(name, schema)


_FIELDS = {"properties", "required"}
_TOKEN_REFUSAL: Node = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}


def _request(endpoint: Endpoint, data: Node) -> Node:
    """The vendor's envelope around a payload."""
    version: Node = {"type": "string", "description": "No meaning is stated."}
    version |= {"examples": [endpoint.api_version]} if endpoint.api_version else {}
    moment = "Epoch milliseconds. Send an integer; one of the vendor's examples has text."
    properties = {
        "apiVersion": version,
        "data": data,
        "messageId": {"type": "string", "description": "Your own id for this message; the answer repeats it."},
        "timestamp": {"type": ["integer", "string"], "description": moment},
    }
    needed = {"required": ["data"]} if endpoint.data is not None else {}
    return {"type": "object", **needed, "properties": properties}


def _answered(words: str, schema: Node, examples: Node) -> Node:
    return {
        "description": words,
        "content": {_JSON: {"schema": schema, **({"examples": examples} if examples else {})}},
    }


def _codes(endpoint: Endpoint) -> str:
    rows = [f"- `{code}`: {endpoint.meaning(code)}" for code in endpoint.errors]
    return "\n\nCodes in `errors`:\n\n" + "\n".join(rows) if rows else ""


def _security(auth: str) -> list[Node]:
    signed: Node = {"clientKey": [], "vAuthorization": []}
    whole: Node = {**signed, "accessToken": []}
    return {"token": [whole], "key": [whole, signed]}.get(auth, [])


def _servers(hosts: list[dict[str, str]]) -> list[Node]:
    """The servers of hosts, the sandbox first, because tools use the first by default."""
    return [
        {"url": url, "description": env.capitalize(), marks.mark("environment"): env}
        for env in marks.ENVIRONMENTS
        for url in dict.fromkeys(host[env] for host in hosts)
    ]
