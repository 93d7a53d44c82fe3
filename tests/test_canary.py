"""No secret and no personal datum leaves the wire: every one is planted as a canary, and none may be found anywhere else.

Each operation is played through success and every kind of failure, in the sandbox and against a server that repeats
whatever it was sent; what is logged, raised, printed, pickled or warned of is searched (`canary.py`).
"""

import base64
import contextlib
import copy
import datetime as dt
import gzip
import html
import json
import logging
import os
import socket
import sys
import threading
import warnings
from collections import Counter, defaultdict
from decimal import Decimal
from functools import partial
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
import requests
from canary import Canaries, Captured, Scene, everything, perform
from requests.adapters import HTTPAdapter
from server import PATIENCE, Server, body, header, http
from urllib3.util.retry import Retry

from ocreg import Client, Registry
from ocreg.account import settings as settings_room
from ocreg.cli.app import run
from ocreg.sandbox import Sandbox
from ocreg.sandbox import server as sandbox_server
from ocreg.sandbox.tokens import Code
from ocreg.wire.transport import RequestsTransport

BIRDS = Canaries()
REGISTRY = Registry([])
CALLED = [id for id in REGISTRY if REGISTRY[id].path is not None]
ANNOUNCED = [id for id in REGISTRY if REGISTRY[id].path is None]
SENT = [id for id in CALLED if REGISTRY[id].caller == "client"]
BUSINESS = [id for id in SENT if REGISTRY[id].auth != "oauth"]
PERSONAL = [id for id in SENT if REGISTRY[id].sensitive and REGISTRY[id].data is not None]
NOW = 1768000000
REDIRECT = "https://erp.example.com/oc"
LARGE = 60_000
KEYS = (
    "client_key",
    "secret_key",
    "access_token",
    "refresh_token",
    "returns_access_token",
)  # store_key is a variable only
# The answer that was asked for may be shown where it was asked for, and nowhere else.
ANSWER = {("stdout", "answered"), ("stdout", "new access token"), ("stdout", "new refresh token")}
PAGE_URL = {("stdout", "client_key"), ("result", "client_key")}  # a login page's address names the client key


# What is planted


def keys(*without, **changes):
    return {**{name: BIRDS.secret(name) for name in KEYS if name not in without}, **changes}


def store_key():
    """A canary that is a Fernet key, too."""
    return BIRDS.word("secret", "store_key", suffix="A" * 36 + "=")


def resolved(schema, node):
    return {**resolved(schema, schema.target(node)), **node} if "$ref" in node else node


def places(schema, node, mark, path=()):
    """The paths of all properties that carry the mark, and the most characters that each takes."""
    node = resolved(schema, node)
    for part in [node, *(part for word in ("allOf", "anyOf", "oneOf") for part in node.get(word, ()))]:
        for name, inner in resolved(schema, part).get("properties", {}).items():
            if inner.get(mark):
                yield (*path, name), resolved(schema, inner).get("maxLength", 100)
            yield from places(schema, inner, mark, (*path, name))
    if "items" in node:
        yield from places(schema, node["items"], mark, (*path, 0))


def marked(id):
    schema = REGISTRY[id].data
    return [] if schema is None else list(dict.fromkeys(places(schema, schema.root, "x-sensitive")))


def put(value, path, item):
    """`value` with `item` at `path`; it comes first in its object, so that it is early in the body, too."""
    if not path:
        return item
    step, *below = path
    if step == 0:
        return [put(value[0] if value else {}, below, item), *(value or [])[1:]]
    held = value or {}
    return {step: put(held.get(step), below, item), **{name: v for name, v in held.items() if name != step}}


def payload(id):
    """The file's example with a canary in each personal field."""
    example = (REGISTRY[id].examples.get("request") or [{}])[0]
    data = copy.deepcopy(example.get("data"))
    for path, most in marked(id):
        data = put(data, path, BIRDS.personal(f"{id} {path[-1]}", most))
    return data


def parameters(id):
    if id == "oauth.authorize":
        return {"redirect_uri": REDIRECT, "state": "user-1"}
    if id == "oauth.token":
        return {"redirect_uri": REDIRECT, "code": BIRDS.secret("code")}
    return None


def a_person(id):
    """Fields as an answer might have them: personal data that the request did not hold."""
    return {name: BIRDS.answered(f"answered {name}") for name in sorted(REGISTRY[id].sensitive - REGISTRY[id].secret)}


def new_tokens(**changes):
    return {
        "access_token": BIRDS.word("secret", "new access token"),
        "token_type": "bearer",
        "refresh_token": BIRDS.word("secret", "new refresh token"),
        "expires_in": 3600,
        **changes,
    }


# The server that repeats everything


def once_more(request):
    """The request and what is in it, undone from the wire's encodings."""
    target = request.split(b" ")[1].decode()
    texts = [request.decode("utf-8", "replace"), unquote(target), unquote(unquote(target))]
    with contextlib.suppress(ValueError):
        texts += strings(json.loads(body(request)))
    return "\n".join(texts)


def strings(value):
    if isinstance(value, (dict, list)):
        return [s for item in (value.values() if isinstance(value, dict) else value) for s in strings(item)]
    return [value] if isinstance(value, str) else []


def page(text, status=200, kind="text/html"):
    return http(text if isinstance(text, bytes) else text.encode(), status, Content_Type=kind)


def envelope(request, **changes):
    return http({"code": 3, "message": "no", **changes})


def always(answer):
    return lambda request: answer


def cut(request):
    """A page of which the part that is kept ends inside a secret that was sent."""
    query = parse_qs(urlsplit(request.split(b" ")[1].decode()).query)
    words = [(header(request, "Access-Token") or "").removeprefix("Bearer ")]
    words += [unquote(query[name][0]) for name in ("refresh_token", "code") if name in query]
    return page("x" * (2_000 - 6) + max(words))


def cut_personal(request):
    words = [word for word in strings(json.loads(body(request) or b"{}")) if word.startswith("qzx")]
    return page("x" * (2_000 - 6) + (words or [""])[0])


ECHOES = {
    "page 200": lambda r: page(f"<html>{once_more(r)}</html>"),
    "page 200, decoded first": lambda r: page(f"<html>{'|'.join(reversed(once_more(r).splitlines()))}</html>"),
    "text 400": lambda r: page(once_more(r), 400, "text/plain"),
    "page 500, escaped": lambda r: page(f"<pre>{html.escape(once_more(r))}</pre>", 500),
    "page 500, percents": lambda r: page(quote(once_more(r)), 500),
    "page 502, body only": lambda r: page(body(r), 502),
    "page 502, ascii JSON": lambda r: page(json.dumps(once_more(r)), 502),
    "message": lambda r: envelope(r, message=once_more(r), error_description=once_more(r), error="x"),
    "errors": lambda r: envelope(r, errors=[{"code": "1", "message": once_more(r)}], error={"x": once_more(r)}),
    "error's code": lambda r: envelope(r, errors=[{"code": once_more(r)}], error=once_more(r)),
    "code": lambda r: envelope(r, code=once_more(r), error=once_more(r)),
    "message, escaped twice": lambda r: envelope(r, message=json.dumps(once_more(r)), error=json.dumps(once_more(r))),
    "odd success": lambda r: http({"code": 0, "message": {"x": once_more(r)}, "data": once_more(r), "access_token": 7}),
    "success in a string": lambda r: http({"code": "0", "data": [once_more(r)], "expires_in": once_more(r)}),
    "neither yes nor no": lambda r: http({"data": {once_more(r): once_more(r)}}),
    "a list": lambda r: http([once_more(r)]),
    "a string": lambda r: http(once_more(r)),
    "not UTF-8": lambda r: page(b'{"code": 0, "message": "\xff' + once_more(r).encode(), kind="application/json"),
    "cut in a secret": cut,
    "cut in a personal datum": cut_personal,
    "truncated": lambda r: http(once_more(r).encode(), length=LARGE),
    "gzip broken": lambda r: http(once_more(r).encode(), Content_Encoding="gzip"),
    "gzip cut": lambda r: http(gzip.compress(once_more(r).encode())[:-20], Content_Encoding="gzip"),
    "redirect": lambda r: http(
        once_more(r).encode(),
        302,
        Location="https://elsewhere.example.com/?" + urlsplit(r.split(b" ")[1].decode()).query + quote(once_more(r)),
    ),
    "too large": lambda r: page(once_more(r) * 2 + "x" * LARGE),
    "status line": lambda r: (
        b"HTTP/1.1 " + once_more(r).encode().replace(b"\n", b" ").replace(b"\r", b" ") + b"\r\n\r\n"
    ),
    "status line, cut": lambda r: b"HTTP/1.1 " + b"x" * 393 + once_more(r).encode().splitlines()[-1] + b"\r\n\r\n",
    "broken headers": lambda r: b"HTTP/1.1 200 OK\r\nX: y\r\nno colon " + r.split(b"\r\n\r\n")[0] + b"\r\n\r\n{}",
    "broken headers, bare": lambda r: (
        b"HTTP/1.1 200 OK\r\n" + once_more(r).encode().replace(b"\r\n", b"\n") + b"\r\n\r\n{}"
    ),
    "401": lambda r: page(once_more(r), 401),
    "401 in JSON": lambda r: http({"code": 1, "message": once_more(r)}, 401),
    "code 1": lambda r: envelope(r, code=1, message=f"Authentication Fail:{once_more(r)}"),
}
ANSWERS = {
    "person, odd": lambda op: http({"code": 0, "message": 7, "data": [a_person(op)]}),
    "person, odd values": lambda op: http({"code": 0, "message": 7, "data": {n: [v] for n, v in a_person(op).items()}}),
    "person, code as text": lambda op: http({"code": "0", "data": a_person(op)}),
    "person, no code": lambda op: http({"data": a_person(op)}),
    "person, a list": lambda op: http([a_person(op)]),
    "person in errors": lambda op: envelope(None, errors=[{"code": "1", "message": "no", **a_person(op)}]),
    "person beside errors": lambda op: envelope(None, data=a_person(op), errors=[{"code": "1", "message": "no"}]),
    "person in a 500": lambda op: http({"data": a_person(op)}, 500),
    "person in cut JSON": lambda op: page(
        json.dumps({"code": 0, "data": [a_person(op)]})[:-2], kind="application/json"
    ),
}
TOKENS = {
    "tokens, odd": lambda: http(new_tokens(expires_in="soon")),
    "tokens, nested": lambda: http({"data": new_tokens(), "code": 0}),
    "tokens beside an error": lambda: http(new_tokens(error="invalid", error_description="no")),
    "tokens, a list": lambda: http([new_tokens()]),
    "tokens in cut JSON": lambda: page(json.dumps(new_tokens())[:-1], kind="application/json"),
    "tokens in form": lambda: page("&".join(f"{k}={v}" for k, v in new_tokens().items())),
    "tokens in a 500": lambda: http(new_tokens(), 500),
    "token with a line break": lambda: http(new_tokens(access_token=BIRDS.word("secret", "broken token") + "\r\nX: y")),
}
CONNECTIONS = ("reset", "silence")


class Wire:
    """What the server does next: `business` and `tokens` make the answer to a request."""

    business = tokens = None

    def step(self, connection):
        request = connection.read()
        respond = self.tokens if self.tokens and request.startswith(b"POST /oauth/") else self.business
        if respond == "reset":
            connection.reset()
        elif respond == "silence":
            connection.sock.settimeout(PATIENCE)
            connection.sock.recv(1)  # until the client goes away
        else:
            connection.write(respond(request))
            connection.end()


class Stage:
    """The scripted server, what was captured, what leaked; `act` plays one scene."""

    def __init__(self, server, wire):
        self.server, self.wire = server, wire
        self.scenes, self.failures, self.foreign = 0, 0, Counter()
        self.captured_bytes, self.operations = 0, set()
        self.shots = []
        self.closing = contextlib.ExitStack()

    def __repr__(self):
        return "<Stage>"

    def act(self, name, action, allowed=(), check=None, business=None, tokens=None):
        self.wire.business, self.wire.tokens = business or ECHOES["message"], tokens
        captured = Captured()
        with everything(captured):
            error = perform(Scene(name, action, allowed, check), captured)
        self.scenes += 1
        if error is not None:
            self.failures += 1
            if not type(error).__module__.startswith("ocreg"):
                self.foreign[f"{name.partition(':')[0]}: {type(error).__name__}"] += 1
        for channel, texts in captured.channels.items():
            self.captured_bytes += sum(len(text) for text in texts)
            self.shots.append((name, channel, set(allowed), "\n".join(texts)))
        return error

    def leaks(self):
        """(kind of scene, channel) -> names of canaries, for all that was found and is not allowed."""
        needles = BIRDS.needles()
        found = defaultdict(set)
        for name, channel, allowed, text in self.shots:
            for bird in BIRDS.found_in(text, needles):
                if (channel, bird) not in allowed and (channel, BIRDS.kind(bird)) not in allowed:
                    found[name.partition(":")[0], channel].add(bird)
        return found


@pytest.fixture(scope="module")
def stage():
    wire = Wire()
    with pytest.MonkeyPatch.context() as patch, Server(wire.step) as server:
        for name in [name for name in os.environ if name.lower().endswith(("_proxy", "_ca_bundle"))]:
            patch.delenv(name)
        patch.setenv("OCREG_STORE_KEY", store_key())
        patch.setattr(sys, "argv", ["ocreg"])
        yield Stage(server, wire)


def client_for(stage, **changes):
    """A client of the scripted server; its answers may be small, so that too large ones can be."""
    given = {"host": stage.server.origin, "timeout": (2, 2), **changes}
    client = Client(clock=lambda: NOW, sleep=lambda seconds: None, **given)
    client.registry = client.caller.registry = REGISTRY
    if "session" not in given:
        client.transport = RequestsTransport(max_bytes=LARGE)
    stage.closing.enter_context(client)
    return client


def shown(scene, captured):
    captured.put("result", f"{json.dumps(scene.result)} {scene.result!r}")


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# The scenes


def play_successes(stage):
    for id in SENT:
        example = next(
            (e["body"] for e in REGISTRY[id].examples.get("response", ()) if e["body"].get("code") == 0), None
        )
        good = new_tokens() if REGISTRY[id].auth == "oauth" else example or {"code": 0, "message": "Success"}
        client = client_for(stage, **keys())
        stage.act(
            f"success: {id}", partial(client.call, id, payload(id), query=parameters(id)), business=always(http(good))
        )
        stage.operations.add(id)
        look_at_objects(stage, client, id)


def look_at_objects(stage, client, id):
    objects = [client, client.settings, client.settings._asdict(), client.tokens, client.tokens.grant, client.registry]
    objects += [client.registry[id], client.oauth, client.transport, client.came_from, client.tokens.store]
    stage.act(f"objects: {id}", partial(map, repr, objects), check=objects_shown)


def objects_shown(scene, captured):
    captured.put("objects", "\n".join(scene.result))


def play_sandbox(stage):
    """In process and over HTTP: success, then refusals by the sandbox itself."""
    box = known_to(
        Sandbox(
            REGISTRY,
            client_key=BIRDS.secret("client_key"),
            secret_key=BIRDS.secret("secret_key"),
            seed=1,
            clock=lambda: NOW,
        )
    )
    server = sandbox_server.Server(box, 0)
    inside = sandbox_client(None).transport
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        for where, host in (("in process", None), ("over HTTP", server.url)):
            for id in CALLED:
                client = sandbox_client(host, inside)
                known_to(box)
                known_to(inside.sandbox)
                call = partial(client.call, id, payload(id), query=parameters(id))
                error = stage.act(f"sandbox {where}: {id}", call)
                assert error is None, (id, type(error))
                client.close()
                stage.operations.add(id)
                if id not in ("oauth.authorize", "oauth.refresh"):
                    for name, changes in REFUSED_BY_SANDBOX.items():
                        stranger = sandbox_client(host, inside, **changes())
                        stage.act(
                            f"sandbox {where}, {name}: {id}",
                            partial(stranger.call, id, payload(id), query=parameters(id)),
                        )
                        stranger.close()
            with sandbox_client(host, inside) as client:
                play_business_refusals(stage, where, client)
    finally:
        server.close()
        thread.join(PATIENCE)


REFUSED_BY_SANDBOX = {
    "wrong key": lambda: {"client_key": BIRDS.secret("wrong client key")},
    "wrong secret": lambda: {"secret_key": BIRDS.secret("wrong secret key")},
    "dead token": lambda: {
        "access_token": BIRDS.secret("dead access token"),
        "returns_access_token": BIRDS.secret("dead returns token"),
    },
    "dead tokens": lambda: {
        "access_token": BIRDS.secret("dead access token"),
        "refresh_token": BIRDS.secret("dead refresh token"),
        "returns_access_token": None,
    },
}


def sandbox_client(host, inside=None, **changes):
    """A client of the sandbox at `host`, or of the one behind the transport `inside`."""
    client = Client("local", host=host, clock=lambda: NOW, **keys(**changes))
    client.registry = client.caller.registry = REGISTRY
    client.transport = None if host else inside
    return client


def known_to(box):
    """Let the sandbox take the canaries."""
    for name in ("access_token", "returns_access_token"):
        box.tokens._access[BIRDS.secret(name)] = NOW * 2
    box.tokens._refresh[BIRDS.secret("refresh_token")] = NOW * 2
    box.tokens._codes[BIRDS.secret("code")] = Code(NOW * 2, REDIRECT)
    return box


def play_business_refusals(stage, where, client):
    """What the client lets pass and the sandbox refuses: unknown records, spent codes, pages that are too long."""
    for id in CALLED:
        schema = REGISTRY[id].data
        if schema is None:
            continue
        client.registry = Lenient(id)
        first = (0,) if schema.root.get("type") == "array" else ()
        broken = put(payload(id), (*first, "serviceRegion"), 7)
        for path, most in marked(id) or [((*first, "orderNumber"), 10)]:
            wrong = put(broken, path, {BIRDS.personal(f"{id} {path[-1]}", most): 7})
            stage.act(f"sandbox {where}, refuses: {id} {path[-1]}", partial(client.call, id, wrong))


class Lenient:
    """A registry one of whose operations lets every payload pass, so that the server has to refuse it."""

    def __init__(self, id):
        self.id = id

    def __repr__(self):
        return "<Lenient>"

    def __getitem__(self, id):
        endpoint = REGISTRY[id]
        if id != self.id:
            return endpoint
        lenient = copy.copy(endpoint)
        lenient.__dict__["check"] = lambda data, query=None, path=None: (data, query or {}, path or {})
        return lenient


def play_echoes(stage):
    """Every operation against a server that repeats the request, in every shape an answer can have."""
    for id in SENT:
        business = id in BUSINESS
        for mode, respond in ECHOES.items():
            client = client_for(stage, **keys(*(["refresh_token"] if business else [])))
            call = partial(client.call, id, payload(id), query=parameters(id))
            stage.act(f"echo, {mode}: {id}", call, business=respond)
            client.close()
        for mode in CONNECTIONS:
            client = client_for(stage, **keys("refresh_token" if business else ""), timeout=(2, 0.03))
            stage.act(f"{mode}: {id}", partial(client.call, id, payload(id), query=parameters(id)), business=mode)
        refusing = client_for(
            stage, **keys("refresh_token" if business else ""), host=f"http://127.0.0.1:{closed_port()}"
        )
        stage.act(f"refused: {id}", partial(refusing.call, id, payload(id), query=parameters(id)))
        stage.operations.add(id)
    for id in PERSONAL:
        for mode, respond in ANSWERS.items():
            client = client_for(stage, **keys("refresh_token"))
            stage.act(f"{mode}: {id}", partial(client.call, id, payload(id)), business=always(respond(id)))
    for id in ("oauth.token", "oauth.refresh"):
        for mode, respond in TOKENS.items():
            if mode == "token with a line break":
                continue  # a success of this operation: only who uses the token refuses it
            client = client_for(stage, **keys())
            stage.act(f"{mode}: {id}", partial(client.call, id, query=parameters(id)), business=always(respond()))


def play_renewals(stage):
    """A refused token and what may come of the refresh; and a session without an access token."""
    refusals = {"401": ECHOES["401"], "code 1": ECHOES["code 1"]}
    renewals = {
        "refused": lambda r: http({"error": "invalid_grant", "error_description": once_more(r)}),
        "failing": ECHOES["page 500, escaped"],
        "page": ECHOES["page 200"],
        "truncated": ECHOES["truncated"],
        "reset": "reset",
        "good, refused again": lambda r: http(new_tokens()),
        **{mode: always(respond()) for mode, respond in TOKENS.items()},
    }
    for number, id in enumerate(BUSINESS):
        for mode, renewal in renewals.items():
            refusal = list(refusals.values())[number % 2]
            client = client_for(stage, **keys("returns_access_token"))
            stage.act(f"renewal, {mode}: {id}", partial(client.call, id, payload(id)), business=refusal, tokens=renewal)
            look_at_objects(stage, client, id)
            if id in PERSONAL and REGISTRY[id].auth == "token":
                client = client_for(stage, **keys("returns_access_token", "access_token"))
                stage.act(
                    f"first token, {mode}: {id}",
                    partial(client.call, id, payload(id)),
                    business=refusal,
                    tokens=renewal,
                )


class Odd:
    """Something that has no JSON form and shows what it holds."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return f"Odd({self.text})"


def broken(id, path, most):
    """A personal field, broken in turn in every way."""
    word = BIRDS.personal(f"{id} {path[-1]}", most)
    naive = dt.datetime(2025, 6, 17)
    values = {
        "an object": {word: word},
        "a list": [word],
        "a number": BIRDS.number("personal", f"{id} {path[-1]} number"),
        "too long": word + "x" * 300,
        "blank": "",
        "bytes": word.encode(),
        "half a surrogate": f"\ud800{word}",
        "a set": {word},
        "odd": Odd(word),
        "not finite": Decimal("NaN"),
        "naive": naive,
        "naive, below": [word, {"x": naive}],
    }
    for name, value in values.items():
        yield name, put(payload(id), path, value)
    *above, last = path
    misspelled = put(payload(id), [*above, last[:-1] + "q"], word)
    yield "misspelled", put_out(misspelled, path)
    yield "in capitals", put_out(put(payload(id), [*above, last.upper()], word), path)
    yield "as the item", put(payload(id), above, word)


def put_out(value, path):
    """`value` without what is at `path`."""
    step, *below = path
    if below:
        inner = value[step]
        return put(value, (step,), put_out(inner, below)) if step != 0 else [put_out(inner, below), *value[1:]]
    return {name: item for name, item in value.items() if name != step}


def play_invalid(stage):
    """Payloads that are refused before anything is sent."""
    client = client_for(stage, **keys())
    client.registry = REGISTRY
    refuse = partial(http, {"code": 3, "message": "no"})
    for id in PERSONAL:
        for path, most in marked(id):
            for how, wrong in broken(id, path, most):
                name = f"invalid, {how}: {id} {path[-1]}"
                if REGISTRY[id].data.ok(wrong):
                    continue  # an open schema: not invalid, and nobody knows what the unknown field is
                stage.act(name, partial(client.call, id, wrong), business=lambda r: refuse())
                stage.act(f"plan of {name}", partial(client.plan, id, wrong), check=shown)
    for id in PERSONAL:
        for how, wrong in {
            "JSON text": json.dumps(payload(id)),
            "JSON text of an item": [json.dumps(payload(id), ensure_ascii=False)],
            "bytes": json.dumps(payload(id)).encode(),
            "a string": BIRDS.personal(f"{id} whole"),
            "a tuple": (payload(id), BIRDS.personal(f"{id} whole")),
            "wrong kind of container": {"x": payload(id)} if isinstance(payload(id), list) else [payload(id)],
            "inside itself": endless(payload(id)),
        }.items():
            stage.act(f"invalid payload, {how}: {id}", partial(client.call, id, wrong))
            stage.act(f"plan of invalid payload, {how}: {id}", partial(client.plan, id, wrong), check=shown)
        stage.act(
            f"invalid query: {id}", partial(client.call, id, payload(id), query={"x": BIRDS.personal(f"{id} whole")})
        )
        stage.act(f"invalid message id: {id}", partial(client.call, id, payload(id), message_id="\ud800"))
        stage.act(f"invalid time-out: {id}", partial(client.call, id, payload(id), timeout="soon"))
    for id, names in {"oauth.token": ("code", "client_id"), "oauth.refresh": ("refresh_token", "client_id")}.items():
        for name in names:
            secret = BIRDS.secret("client_key" if name == "client_id" else name)
            for how, value in {
                "a list": [secret],
                "an object": {secret: secret},
                "bytes": secret.encode(),
                "a number": BIRDS.number("secret", f"{name} number"),
                "odd": Odd(secret),
            }.items():
                query = {**(parameters(id) or {}), name: value}
                stage.act(f"invalid {name}, {how}: {id}", partial(client.call, id, query=query))
        for how, query in {
            "text": f"code={BIRDS.secret('code')}",
            "a list": [BIRDS.secret("code")],
            "misspelled": {"code ": BIRDS.secret("code"), "refresh_tokens": BIRDS.secret("refresh_token")},
            "secret": {**(parameters(id) or {}), "client_secret": BIRDS.secret("secret_key")},
        }.items():
            stage.act(f"invalid query, {how}: {id}", partial(client.call, id, query=query))
            stage.act(f"plan of invalid query, {how}: {id}", partial(client.plan, id, query=query), check=shown)
    for id in ANNOUNCED:
        for data in ({"consigneeName": BIRDS.personal("announced")}, BIRDS.personal("announced")):
            stage.act(f"announced: {id}", partial(client.call, id, data))
            stage.act(f"announced, plan: {id}", partial(client.plan, id, data))
    stage.act("received, not JSON:", partial(client.receive, "webhook.outbound", f"<{BIRDS.personal('announced')}>"))
    stage.act(
        "received, not sent by the vendor:",
        partial(client.receive, "outbound.create", json.dumps(payload("outbound.create"))),
    )


def endless(value):
    value = copy.deepcopy(value)
    (value[0] if isinstance(value, list) else value)["self"] = value
    return value


def play_plans(stage):
    for id in CALLED:
        client = client_for(stage, **keys())
        plan = partial(client.plan, id, payload(id), query=parameters(id))
        allowed = PAGE_URL if id == "oauth.authorize" else ()
        assert stage.act(f"plan: {id}", plan, check=shown) is None
        sensitive = partial(plan, show_sensitive=True)
        stage.act(f"plan, sensitive: {id}", sensitive, check=shown, allowed={("result", "personal")})
        bare = Client(host=stage.server.origin, clock=lambda: NOW)
        stage.act(f"plan without keys: {id}", partial(bare.plan, id, payload(id), query=parameters(id)), check=shown)
        stage.act(
            f"call without keys: {id}", partial(bare.call, id, payload(id), query=parameters(id)), allowed=allowed
        )
        stage.operations.add(id)


def play_settings(stage):
    """Settings that cannot be used, by argument and by variable."""
    for name in (*KEYS, "store_key"):
        secret = store_key() if name == "store_key" else BIRDS.secret(name)
        for how, value in {
            "line break": secret + "\r\nX: y",
            "line end": secret + "\n",
            "blank": f"a {secret}",
            "not ASCII": secret + "\u00e9",
            "bytes": secret.encode(),
            "a list": [secret],
        }.items():
            if name in KEYS:
                stage.act(f"setting, {how}: {name}", partial(Client, "sandbox", **keys(**{name: value})))
            stage.act(f"setting in load, {how}: {name}", partial(settings_room.load, **keys(**{name: value})))
            if isinstance(value, str):
                with pytest.MonkeyPatch.context() as patch:
                    patch.setenv(f"OCREG_{name.upper()}", value)
                    stage.act(f"variable, {how}: {name}", Client)
                    stage.act(f"variable and command, {how}: {name}", partial(run, ["whoami", "-v"]))
    password = BIRDS.word("secret", "host password")
    for host in (
        f"https://user:{password}@openapi.example.com",
        f"https://user:{password}",
        f"https://user:{password}@openapi.example.com:port",
        f"user:{password}@openapi.example.com",
        f"https://user:{password}@[openapi",
        f"https://user:{password}@ex\u2100mple.com",
        f"http://user:{password}@127.0.0.1:1/x?y=z",
        f"https://user:{password}@h\r\nX: y",
        f"https://openapi.example.com/?access_token={password}",
        f"ftp://openapi.example.com/?access_token={password}",
        f"https://openapi.example.com\n/?access_token={password}",
    ):
        stage.act("setting, host:", partial(Client, "sandbox", **keys(host=host)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OCREG_HOST", host)
            stage.act("variable, host:", Client)
            stage.act("variable and command, host:", partial(run, ["whoami", "-v", "--json"]))
    for name in ("env", "sign", "timeout", "oauth_secret", "account"):
        stage.act(f"setting, another: {name}", partial(Client, **keys(**{name: "\r\n"})))
    play_store_settings(stage)


def play_store_settings(stage):
    password = BIRDS.word("secret", "store password")
    urls = (
        f"postgresql+psycopg://user:{password}@127.0.0.1:{closed_port()}/db",
        f"postgresql://user:p@{password}@127.0.0.1/db",
        f"mysql://user:{password}@127.0.0.1/db",
        f"postgresql://user:{password}@127.0.0.1:port/db",
        f"user:{password}@127.0.0.1",
        f"postgresql://127.0.0.1:{closed_port()}/db?password={password}",
    )
    for number, url in enumerate(urls):
        settings = settings_room.load(**keys("access_token", store=url))
        stage.act("store, settings:", partial(map, repr, [settings]), check=objects_shown)
        made = []
        stage.act("store, client:", partial(Client, **keys("access_token", store=url)), check=partial(kept, made))
        for client in made:
            stage.act("store, call:", partial(client.call, "outbound.create", payload("outbound.create")))
            stage.act("store, grant:", partial(getattr, client.tokens, "grant"))
            stage.act(
                "store, objects:",
                partial(map, repr, [client, client.tokens.store, client.settings]),
                check=objects_shown,
            )
        with pytest.MonkeyPatch.context() as patch:
            environment(patch, stage, store=url, access_token=None)
            for words in (["whoami", "-v"], ["whoami", "-v", "--json"], ["logout"], ["call", "warehouse.services"]):
                stage.act(f"store, command {number}:", partial(run, words))


def kept(made, scene, captured):
    made.append(scene.result)


def play_store(stage, folder):
    """Tokens in an SQLite file, plain and encrypted, found again, renewed, lost."""
    other = BIRDS.word("secret", "another store key", suffix="A" * 36 + "=")
    for how, key in (
        ("plain", ""),
        ("encrypted", store_key()),
        ("another key", other),
        ("bad key", BIRDS.secret("bad store key")),
    ):
        stage.patch.setenv("OCREG_STORE_KEY", key)
        url = f"sqlite:///{folder}/{'encrypted' if how == 'another key' else how.replace(' ', '-')}.db"
        given = keys("access_token", "refresh_token", "returns_access_token", store=url)
        made = []
        stage.act(
            f"store {how}, client:",
            partial(Client, host=stage.server.origin, clock=lambda: NOW, **given),
            check=partial(kept, made),
        )
        for client in made:
            login = partial(
                client.oauth.exchange,
                f"{REDIRECT}?code={quote(quote(BIRDS.secret('code')))}&state=s",
                REDIRECT,
                state="s",
            )
            if how != "another key":
                stage.act(f"store {how}, login:", login, business=lambda r: http(new_tokens()))
            again = client_for(stage, **given)
            for _ in range(2):
                stage.act(
                    f"store {how}, call:",
                    partial(again.call, "outbound.create", payload("outbound.create")),
                    business=ECHOES["code 1"],
                    tokens=lambda r: http(new_tokens()),
                )
            look_at_objects(stage, again, "outbound.create")
            stage.act(f"store {how}, delete:", partial(client.tokens.store.delete, client.identity().name))
    stage.patch.setenv("OCREG_STORE_KEY", store_key())
    for directory in (folder / "a directory", folder / "no such" / "directory"):
        if directory.parent == folder:
            directory.mkdir()
        url = f"sqlite:///{directory}"
        client = client_for(stage, **keys("access_token", store=url))
        stage.act(
            "store unusable, call:",
            partial(client.call, "outbound.create", payload("outbound.create")),
            business=ECHOES["code 1"],
            tokens=lambda r: http(new_tokens()),
        )


def play_logins(stage):
    client = client_for(stage, **keys())
    code, other = BIRDS.secret("code"), BIRDS.secret("other code")
    for how, pasted, state in (
        ("wrong state", f"{REDIRECT}?code={quote(other)}&state=x", "s"),
        ("no code", f"{REDIRECT}?cod={other}&state=s", "s"),
        ("refused", f"{REDIRECT}?error=access_denied&state=s&code={other}", "s"),
        ("refused by the vendor", f"{REDIRECT}?code={quote(quote(code))}&state=s", "s"),
        ("the bare code", code, None),
        ("nothing", " ", None),
    ):
        for mode in ("message", "page 200", "code", "truncated"):
            stage.act(
                f"login, {how}, {mode}:",
                partial(client.oauth.exchange, pasted, REDIRECT, state=state),
                business=ECHOES[mode],
            )
    stage.act("login, address:", partial(client.oauth.authorize_url, REDIRECT, "user-1"))
    stage.act("login, bad address:", partial(client.oauth.authorize_url, "not-an-address", "user-1"))
    old = client_for(stage, **keys(oauth_secret=True))
    for mode in ("message", "page 200", "text 400", "page 500, escaped", "status line", "refused in clear"):
        respond = ECHOES.get(mode, in_clear)
        stage.act(
            f"old login, {mode}:", partial(old.call, "oauth.token", query=parameters("oauth.token")), business=respond
        )
        stage.act("old login, plan:", partial(old.plan, "oauth.token", query=parameters("oauth.token")), check=shown)


def in_clear(request):
    """The keys as the server understood them."""
    return http(
        {"error": "invalid_client", "error_description": f"{BIRDS.secret('client_key')}:{BIRDS.secret('secret_key')}"}
    )


def play_proxies(stage):
    """A proxy with a password: not there, malformed, and one that repeats what it was sent."""
    word = BIRDS.word("secret", "proxy password")
    for how, proxy in {
        "not there": f"http://user:{word}@127.0.0.1:{closed_port()}",
        "repeats": f"http://user:{word}@127.0.0.1:{stage.server.port}",
        "no port": f"http://user:{word}@127.0.0.1:port",
        "no host": f"http://user:{word}@",
        "unknown scheme": f"ftp://user:{word}@127.0.0.1:1",
        "no scheme": f"user:{word}@127.0.0.1:{closed_port()}",
        "two @": f"http://user:p@{word}@127.0.0.1:port",
        "two @, not there": f"http://user:p@{word}@127.0.0.1:{closed_port()}",
    }.items():
        for target in ("http://127.0.0.1:1", "https://vendor.example.com"):
            for session in (None, stage.closing.enter_context(requests.Session())):
                if session is not None:
                    session.proxies = {"http": proxy}  # the environment's are for other machines than this one
                with pytest.MonkeyPatch.context() as patch:
                    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
                        patch.setenv(name, proxy)
                    given = {"host": target, "timeout": (1, 1), **({"session": session} if session else {})}
                    for id in ("outbound.create", "oauth.refresh"):
                        for mode in ("text 400", "message", "status line"):
                            client = client_for(stage, **keys(), **given)
                            kind = f"proxy, {how}, {mode}, {target[:5]}{', own session' if session else ''}: {id}"
                            stage.act(
                                kind,
                                partial(client.call, id, payload(id), query=parameters(id)),
                                business=ECHOES[mode],
                                tokens=ECHOES[mode],
                            )
                            if how != "repeats":
                                break


def play_sessions(stage):
    """Sessions of one's own: with retries (which urllib3 logs), and with redirects in their adapters."""
    for id in SENT:
        session = stage.closing.enter_context(requests.Session())
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=Retry(2, backoff_factor=0, read=0, status=0, other=0)))
        for host, mode in (
            (f"http://127.0.0.1:{closed_port()}", "page 200"),
            (stage.server.origin, "page 500, escaped"),
            (stage.server.origin, "broken headers"),
        ):
            client = client_for(stage, **keys(), session=session, host=host)
            stage.act(
                f"own session, {mode}: {id}",
                partial(client.call, id, payload(id), query=parameters(id)),
                business=ECHOES[mode],
            )


# The command


def environment(patch, stage, **changes):
    values = {**keys(), "host": stage.server.origin, "timeout": "2", "retries": "0", **changes}
    for name, value in values.items():
        if value is None:
            patch.delenv(f"OCREG_{name.upper()}", raising=False)
        else:
            patch.setenv(f"OCREG_{name.upper()}", value)


def words_of(id):
    words = [id]
    data = payload(id)
    if data is not None:
        words += ["--data", json.dumps(data)]
    return words + [f"{name}=={value}" for name, value in (parameters(id) or {}).items()]


def play_command(stage, folder):
    patch = stage.patch
    patch.setenv("XDG_STATE_HOME", str(folder))
    patch.setenv("XDG_CONFIG_HOME", str(folder))
    environment(patch, stage)
    for id in CALLED:
        allowed = ANSWER | (PAGE_URL if id == "oauth.authorize" else set())
        good = {"code": 0, "message": "Success"} if id in BUSINESS else new_tokens()
        for mode, respond in {"success": always(http(good)), **{m: ECHOES[m] for m in COMMAND_MODES}}.items():
            for options in ([], ["--json"], ["-v"]) if mode == "success" else ([], ["--json"]):
                stage.act(
                    f"command call {' '.join(options)}, {mode}: {id}",
                    partial(run, ["call", *words_of(id), *options]),
                    allowed=allowed if mode == "success" else PAGE_URL if id == "oauth.authorize" else (),
                    business=respond,
                    tokens=respond if id not in BUSINESS else lambda r: http(new_tokens()),
                )
        stage.act(f"command call local: {id}", partial(run, ["call", *words_of(id), "--env", "local"]), allowed=allowed)
        for options in ([], ["--json"]):
            stage.act(f"command plan {' '.join(options)}: {id}", partial(run, ["plan", *words_of(id), *options]))
            stage.act(
                f"command plan --show-sensitive {' '.join(options)}: {id}",
                partial(run, ["plan", *words_of(id), *options, "--show-sensitive"]),
                allowed={("stdout", "personal")},
            )
    for id in sorted(BUSINESS):
        for options in (["--explain"], ["--against", "0" * 32])[: 2 if id == "outbound.create" else 1]:
            words = ["sign", *words_of(id), *options]
            stage.act(f"command sign {options[0]}: {id}", partial(run, words), allowed={("stdout", "signature")})
    for id in ANNOUNCED:
        stage.act(
            f"command call announced: {id}", partial(run, ["call", id, f"consigneeName={BIRDS.personal('announced')}"])
        )
    for id in PERSONAL:
        for path, most in marked(id):
            for how, wrong in broken(id, path, most):
                with contextlib.suppress(TypeError, ValueError):
                    if not REGISTRY[id].data.ok(wrong):
                        words = [id, "--data", json.dumps(wrong)]
                        stage.act(f"command invalid, {how}: {id}", partial(run, ["call", *words, "--json"]))
                        stage.act(f"command plan invalid, {how}: {id}", partial(run, ["plan", *words]))
    person = BIRDS.personal("typed")
    for words in (
        [f"consigneeName:={person}"],
        [f"consigneeName {person}"],
        [f"={person}"],
        ["--data", f"{{consigneeName: {person}}}"],
        ["--data", f"[{json.dumps(person)}]", f"consigneeName={person}"],
        ["--data", json.dumps(json.dumps(payload("outbound.create")))],
        ["--data", f"@/no/such/file/{person[:3]}"],
        [f"consigneeName={person}", "x.y=1", "x=1", "x.y=2"],
        [f"consigneeName={person}", "x=1", "x.y=2"],
    ):
        for options in ([], ["--json"]):
            stage.act(
                f"command usage, {words[0].partition('=')[0].partition(' ')[0]}:",
                partial(run, ["call", "outbound.create", *words, *options]),
            )
    for options in ([], ["-v"], ["--json"], ["-v", "--json"]):
        stage.act("command whoami:", partial(run, ["whoami", *options]))
        stage.act("command whoami local:", partial(run, ["whoami", *options, "--env", "local"]))
        stage.act("command accounts:", partial(run, ["accounts", *options[-1:]]))
    stage.act("command logout:", partial(run, ["logout"]))
    given = ["--client-key", BIRDS.secret("client_key"), "--secret-key", BIRDS.secret("secret_key")]
    stage.act("command init:", partial(run, ["init", "--no-input", *given]))
    for pasted, mode in (
        (f"{REDIRECT}?code={quote(quote(BIRDS.secret('code')))}", "message"),
        (BIRDS.secret("code"), "page 200"),
        (f"{REDIRECT}?state=x&code={BIRDS.secret('code')}", "code"),
        (BIRDS.secret("code"), "success"),
    ):
        respond = ECHOES.get(mode, lambda r: http(new_tokens()))
        patch.setattr(sys, "stdin", Typed(pasted))
        stage.act(
            f"command login, {mode}:",
            partial(run, ["login", "--redirect-uri", REDIRECT, "--no-browser"]),
            allowed=PAGE_URL,
            business=respond,
        )
    for name in ("client_key", "secret_key", "access_token"):
        with pytest.MonkeyPatch.context() as inner:
            environment(inner, stage, **{name: None, "refresh_token": None})
            stage.act(
                f"command without {name}:",
                partial(run, ["call", *words_of("outbound.create"), "-v"]),
                business=ECHOES["message"],
            )
    play_profiles(stage, folder)


COMMAND_MODES = ("page 200", "message", "errors", "odd success", "code 1", "page 500, escaped")


class Typed:
    """Standard input with a line that somebody pasted."""

    def __init__(self, line):
        self.line = line

    def __repr__(self):
        return "<Typed>"

    def isatty(self):
        return False

    def readline(self):
        return self.line + "\n"

    def read(self):
        return self.line


def play_profiles(stage, folder):
    """Secrets in clear in a file that others can read: used, broken, and in the wrong place."""
    secret = BIRDS.secret("secret in a profile")
    texts = {
        "good": f'[profiles.p]\nclient_key = "{secret}"\nsecret_key = "{secret}"\n',
        "line break": f'[profiles.p]\nclient_key = "k"\nsecret_key = """{secret}\n\nx"""\n',
        "not TOML": f"[profiles.p]\nsecret_key = {secret}\n",
        "not closed": f'[profiles.p]\nsecret_key = "{secret}\n',
        "twice": f'[profiles.p]\nsecret_key = "{secret}"\nsecret_key = "{secret}"\n',
        "unknown key": f'[profiles.p]\nsecretkey = "{secret}"\n',
        "outside": f'secret_key = "{secret}"\n',
        "a list": f'[profiles.p]\nsecret_key = ["{secret}"]\n',
        "no table": f'[profiles]\np = "{secret}"\n',
    }
    for how, text in texts.items():
        file = folder / f"{how.replace(' ', '-')}.toml"
        file.write_text(text)
        file.chmod(0o644)
        with pytest.MonkeyPatch.context() as patch:
            environment(patch, stage, client_key=None, secret_key=None, config=str(file), profile="p")
            stage.act(f"profile, {how}:", Client)
            folder.joinpath("ocreg.toml").write_text(text)
            stage.act(f"trust, {how}:", partial(run, ["trust", str(folder), "--yes"]))
            for options in ([], ["-v", "--json"]):
                stage.act(f"profile and command, {how}:", partial(run, ["whoami", *options]))


# The tests


def test_the_search_finds_a_canary_in_every_spelling_and_the_capture_what_is_let_out(stage):
    """The positive control, with canaries of its own."""
    birds = Canaries()
    secret, person, number = birds.secret("s"), birds.personal("p"), birds.number("personal", "n")
    needles = birds.needles()
    assert birds.found_in("nothing here", needles) == set()
    birds.signatures = {"0123456789abcdef" * 2}
    assert birds.found_in("vAuthorization: 0123456789abcdef0123456789abcdef", needles) == {"signature"}
    for text in (
        f"a {secret}",
        f"a{quote(secret)}",
        quote(quote(secret, safe=""), safe=""),
        "".join(f"%{byte:02x}" for byte in secret.encode()),
        json.dumps(secret),
        *(base64.b64encode(b"x" * shift + secret.encode() + b"yz").decode() for shift in range(4)),
    ):
        assert birds.found_in(text, needles) == {"s"}, text
    assert birds.found_in(f"{person} {number}", needles) == {"p", "n"}
    assert birds.found_in(secret[:5], needles) == {"part qzx00"}

    captured = Captured()
    with everything(captured):
        error = perform(Scene("control", partial(let_everything_out, secret)), captured)
    assert isinstance(error, RuntimeError)
    for channel in ("log", "warning", "error", "rich", "pickle", "stdout", "stderr"):
        assert "s" in birds.found_in("\n".join(captured.channels[channel]), needles), channel
    assert len(captured.channels["log"]) == 3


def let_everything_out(word):
    logging.getLogger("urllib3.connectionpool").debug("sent %s", word)
    logging.getLogger("ocreg").info("sent", extra={"fact": word})
    print(word)
    print(word, file=sys.stderr)
    warnings.warn(word, stacklevel=1)
    try:
        int(word)
    except ValueError as error:
        logging.getLogger("requests").exception("failed")
        raise RuntimeError(word) from error


@pytest.mark.timeout(1200)  # thousands of scenes
def test_no_canary_leaves_the_wire(stage, tmp_path, record_property):
    for play in (
        play_successes,
        play_sandbox,
        play_echoes,
        play_renewals,
        play_invalid,
        play_plans,
        play_settings,
        play_logins,
        play_proxies,
        play_sessions,
        partial(play_store, folder=tmp_path),
        partial(play_command, folder=tmp_path),
    ):
        with stage.closing, pytest.MonkeyPatch.context() as stage.patch:
            play(stage)

    wire = b"\n".join(stage.server.requests)
    BIRDS.signatures = {header(r, "vAuthorization") for r in stage.server.requests} - {None}
    numbers = {
        "operations": len(stage.operations),
        "announced": len(ANNOUNCED),
        "canaries": len(BIRDS),
        "scenes": stage.scenes,
        "failures": stage.failures,
        "captured bytes": stage.captured_bytes,
        "requests on the wire": len(stage.server.requests),
    }
    for name, value in numbers.items():
        record_property(name, value)
    print(numbers, dict(stage.foreign))

    assert stage.operations == set(CALLED)
    assert len(CALLED) + len(ANNOUNCED) == 37
    least = {"canaries": 100, "scenes": 3_700, "failures": 2_000, "requests on the wire": 2_000}
    assert {
        name: numbers[name] for name, count in {**least, "captured bytes": 25_000_000}.items() if numbers[name] < count
    } == {}
    seen_on_the_wire = BIRDS.found_in(wire.decode("utf-8", "replace"), BIRDS.needles())
    meant_for_it = {"client_key", "access_token", "refresh_token", "returns_access_token", "code", "proxy password"}
    meant_for_it |= {"signature"}
    meant_for_it |= {f"{id} {path[-1]}" for id in PERSONAL for path, _ in marked(id)}
    assert meant_for_it <= seen_on_the_wire

    leaks = stage.leaks()
    lines = [f"{kind} -> {channel}: {', '.join(sorted(names))}" for (kind, channel), names in sorted(leaks.items())]
    assert not lines, "\n".join([f"{len(lines)} leaks", *lines])
