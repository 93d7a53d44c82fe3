"""The client against a real server on loopback that fails in every way a server can."""

import gzip
import json
import os
import pickle
import socket
import threading

import aiohttp
import pytest
import requests
import responses
import vcr
from server import (
    Server,
    answer,
    body,
    by,
    gzipped,
    header,
    http,
    raw,
    reset_after_request,
    reset_at_once,
    silence,
    talk_first,
    truncated,
)

from ocreg import (
    ApiError,
    CallError,
    Client,
    HttpError,
    LoginNeeded,
    Registry,
    ResponseInvalid,
    SettingInvalid,
    TokenError,
    TransportError,
)
from ocreg.engine.exchange import Failure, Prepared, Reply, Request, converse
from ocreg.wire.transport import MAX_BYTES, RequestsTransport
from tests.driven import CLIENTS, Driven

SECRETS = {"client_key": "CK-1f4a", "secret_key": "SK-77b0", "access_token": "AT-0c9e", "refresh_token": "RT-d3d3"}
KEYS = {name: SECRETS[name] for name in ("client_key", "secret_key", "access_token")}
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}
ORDER = {"consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}
MESSAGE_ID = "6b0c9d3e"
OK = {"code": 0, "message": "Success"}
LARGE = 40_000_000


@pytest.fixture(autouse=True)
def _no_proxies_or_bundles_of_the_developer(monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith(("_proxy", "_ca_bundle"))]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True, params=CLIENTS)
def _driven_by(request, monkeypatch):
    """Each test for both clients: in the thread that calls, and in the tasks of an event loop."""
    monkeypatch.setitem(globals(), "Client", CLIENTS[request.param])


of_requests = pytest.mark.parametrize("_driven_by", ["threads"], indirect=True)


def cancel(origin, timeout=(20, 20), id="outbound.cancel", data=CANCEL, **changes):
    with Client(host=origin, timeout=timeout, **{**KEYS, **changes}) as client:
        return client.call(id, data, message_id=MESSAGE_ID)


def refused(origin, **changes):
    """The error of a call, after a look at what is true of every error."""
    with pytest.raises(CallError) as caught:
        cancel(origin, **changes)
    return checked(caught.value)


def checked(error):
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (type(error), str(error))
    assert {**copy.__dict__, "reply": None} == {**error.__dict__, "reply": None}  # a pickled reply is masked
    assert error.message_id == MESSAGE_ID
    assert MESSAGE_ID in str(error) or isinstance(error, TokenError)
    assert error.happened in ("no", "yes", "unknown")
    shown = f"{error} {error!r} {json.dumps(error.as_dict())} {error.__cause__} {error.__cause__!r}"
    assert [name for name, secret in SECRETS.items() if secret in shown] == []
    return error


def refused_by(*steps, **changes):
    with Server(*steps) as server:
        return refused(server.origin, **changes)


# What goes over the wire


def test_the_bytes_that_were_signed_are_the_bytes_that_arrive():
    with Server(answer(OK)) as server:
        assert cancel(server.origin) == OK
        (request,) = server.requests
    assert request.startswith(b"POST /openapi/3pp/outbound/v1/cancel HTTP/1.1\r\n")
    assert json.loads(body(request))["data"] == CANCEL
    assert json.loads(body(request))["messageId"] == MESSAGE_ID
    assert header(request, "Access-Token") == "Bearer AT-0c9e"
    assert header(request, "Content-Length") == str(len(body(request)))
    assert header(request, "User-Agent").startswith("ocreg/")
    assert SECRETS["secret_key"].encode() not in request


def test_a_compressed_answer_is_unpacked():
    with Server(gzipped(json.dumps(OK).encode())) as server:
        assert cancel(server.origin) == OK


def test_a_chunked_answer_is_put_together():
    chunks = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"cod\r\n5\r\ne": 0\r\n1\r\n}\r\n0\r\n\r\n'
    with Server(raw(chunks)) as server:
        assert cancel(server.origin) == {"code": 0}


def test_one_connection_serves_many_calls():
    def two_calls(connection):
        for _ in range(2):
            connection.read()
            connection.write(http(OK, Connection="keep-alive"))

    with Server(two_calls) as server, Client(host=server.origin, **KEYS) as client:
        assert [client.call("outbound.cancel", CANCEL) for _ in range(2)] == [OK, OK]
        assert (server.connections, len(server.requests)) == (1, 2)


# Answers that are none


@pytest.mark.parametrize(
    ("step", "kept"),
    [
        (answer(b"OK", Content_Type="text/plain"), "OK"),
        (answer(b""), ""),
        (answer(b"", 204), ""),
        (answer(b'{"code": "\xff"}'), '{"code": "\ufffd"}'),
        (answer(b"<html>Please log in</html>", Content_Type="text/html"), "<html>Please log in</html>"),
        (answer([OK]), [OK]),
        (answer({"data": None}), {"data": None}),
        (answer(b'{"code": 0'), '{"code": 0'),
    ],
)
def test_an_answer_that_is_none_leaves_unknown_what_happened(step, kept):
    error = refused_by(step)
    assert (type(error), error.happened, error.reply) == (ResponseInvalid, "unknown", kept)


def test_a_success_whose_code_is_a_string_happened_and_is_kept():
    error = refused_by(answer({"code": "0"}))
    assert (type(error), error.happened, error.reply) == (ResponseInvalid, "yes", {"code": "0"})


@pytest.mark.parametrize(
    ("content", "code", "happened"),
    [
        ({"code": 3, "message": "no"}, 3, "no"),
        ({"code": "3", "message": "no"}, "3", "no"),
        ({"code": 99}, 99, "unknown"),
        ({"code": 0, "success": False}, 0, "unknown"),
        ({"code": 0, "errors": [{"code": "1", "message": "x"}]}, 0, "unknown"),
    ],
)
def test_a_no_in_the_body_is_an_api_error(content, code, happened):
    error = refused_by(answer(content))
    assert (type(error), error.code, error.happened, error.reply) == (ApiError, code, happened, content)


@pytest.mark.parametrize(("orders", "happened"), [(1, "no"), (2, "unknown")])
def test_of_a_refused_batch_nobody_knows_what_became_of_its_items(orders, happened):
    error = refused_by(answer({"code": 3}), id="outbound.create", data=[ORDER] * orders)
    assert (type(error), error.code, error.happened) == (ApiError, 3, happened)


@pytest.mark.parametrize(
    ("status", "happened"),
    [(400, "no"), (401, "no"), (403, "no"), (404, "no"), (429, "no"), (500, "unknown"), (503, "unknown")],
)
def test_a_status_that_is_no_success_is_an_http_error(status, happened):
    error = refused_by(answer(b"<html>sorry</html>", status))
    assert (type(error), error.status, error.happened) == (HttpError, status, happened)
    assert error.reply == "<html>sorry</html>"


@pytest.mark.parametrize(
    ("status", "happened"), [(301, "no"), (302, "unknown"), (303, "unknown"), (307, "no"), (308, "no")]
)
def test_redirects_are_not_followed(status, happened):
    with Server(answer(b"moved", status, Location="/elsewhere"), answer(OK)) as server:
        error = refused(server.origin)
        assert len(server.requests) == server.connections == 1
    assert (type(error), error.status, error.happened, error.reply) == (HttpError, status, happened, "moved")


@pytest.mark.parametrize("location", ["http://[half", "http://", "gopher://x/", "http://h:99999999/", "\xff"])
def test_a_redirect_to_nowhere_is_a_redirect_like_any_other(location):
    error = refused_by(answer(b"", 301, Location=location))
    assert (type(error), error.status, error.happened) == (HttpError, 301, "no")


# Answers that break off or never end


def test_a_truncated_answer():
    error = refused_by(truncated(b'{"code": 0, '))
    assert (type(error), error.kind, error.happened, error.reply) == (TransportError, "truncated", "unknown", None)


def test_a_truncated_chunk():
    error = refused_by(raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"code'))
    assert (error.kind, error.happened) == ("truncated", "unknown")


@pytest.mark.parametrize(
    "broken", [b"this is no gzip", gzip.compress(json.dumps(OK).encode() * 99, mtime=0)[:20] + b"\0" * 40]
)
def test_broken_compression(broken):
    error = refused_by(answer(broken, Content_Encoding="gzip"))
    assert (type(error), error.kind, error.happened) == (TransportError, "garbled", "unknown")


@pytest.mark.parametrize("noise", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\x00\x01\x02\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_an_answer_that_is_not_http(noise):
    error = refused_by(raw(noise))
    assert (type(error), error.happened, error.reply) == (TransportError, "unknown", None)


def exchanged(origin, max_bytes):
    """A call of the exchange over a transport with a small limit."""
    request = Request("outbound.cancel", "POST", f"{origin}/x", {"Content-Type": "application/json"}, b"{}")
    transport = RequestsTransport(max_bytes=max_bytes)
    try:
        outcome = transport.send(request, (20, 20))
    finally:
        transport.close()
    conversation = converse(Prepared(Registry([])["outbound.cancel"], request, MESSAGE_ID, token="AT-1"))
    next(conversation)
    with pytest.raises(CallError) as caught:
        conversation.send(outcome)
    return checked(caught.value)


def test_an_answer_may_be_as_large_as_allowed_and_no_larger():
    with Server(answer(b"x" * 1000)) as server:
        assert exchanged(server.origin, 1000).reply == "x" * 1000
        error = exchanged(server.origin, 999)
    assert (type(error), error.kind, error.happened) == (TransportError, "too-large", "unknown")
    assert "more than 999 bytes" in str(error)


def test_the_limit_counts_unpacked_bytes():
    with Server(gzipped(b" " * 2_000_000)) as server:
        assert exchanged(server.origin, 100_000).kind == "too-large"


def test_fifty_megabytes_are_not_read_to_their_end():
    with Server(answer(b" " * 50_000_000)) as server:
        error = refused(server.origin)
        assert server.sent < 50_000_000
    assert (error.kind, error.happened) == ("too-large", "unknown")
    assert MAX_BYTES < 50_000_000


def test_a_small_bomb_of_fifty_megabytes_does_not_go_off():
    error = refused_by(gzipped(b" " * 50_000_000))
    assert (error.kind, error.happened) == ("too-large", "unknown")


def test_a_redirects_body_is_bounded_too():
    with Server(answer(b" " * LARGE, 301, Location="/elsewhere")) as server:
        assert exchanged(server.origin, 1000).happened in ("no", "unknown")
        assert server.sent < LARGE


# Connections that fail


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def own_session():
    """A session of one's own; for tasks, what makes it in their loop."""
    return (lambda: aiohttp.ClientSession(trust_env=True)) if Client is Driven else requests.Session()


@pytest.mark.parametrize("session", [lambda: None, own_session])
def test_a_refused_connection(session):
    error = refused(f"http://127.0.0.1:{closed_port()}", session=session())
    assert (type(error), error.kind, error.happened, error.reply) == (TransportError, "connect", "no", None)


def test_a_reset_before_the_request_was_written_whole():
    with Server(reset_at_once) as server:
        error = refused(server.origin, data={**CANCEL, "cancelReason": "x" * 20_000_000})
        assert server.requests == []
    assert type(error) is TransportError
    known = {("connect", "no"), ("unsent", "no")}  # a reset can come as early as that
    if Client is Driven:  # a loop that meets the reset in its first write forgets the bytes, and tells nobody
        known.add(("reset", "unknown"))
    assert (error.kind, error.happened) in known


def test_a_reset_in_the_middle_of_the_request():
    def read_a_bit(connection):
        connection.sock.recv(10)
        connection.reset()

    error = refused_by(read_a_bit, data={**CANCEL, "cancelReason": "x" * 20_000_000})
    assert (error.kind, error.happened) == ("unsent", "no")


def test_nobody_claims_to_know_of_a_small_request_whose_reset_came_at_once():
    error = refused_by(reset_at_once)
    assert (error.kind, error.happened) in {("connect", "no"), ("unsent", "no"), ("reset", "unknown")}


@pytest.mark.parametrize("session", [lambda: None, own_session])
def test_a_reset_after_the_request(session):
    with Server(reset_after_request) as server:
        error = refused(server.origin, session=session())
        assert server.came(1)
    assert (type(error), error.kind, error.happened) == (TransportError, "reset", "unknown")


@pytest.mark.parametrize("session", [lambda: None, own_session])
def test_an_answer_that_does_not_come_in_time(session):
    with Server(silence) as server:
        error = refused(server.origin, timeout=(20, 0.1), session=session())
        assert server.came(1)
    assert (type(error), error.kind, error.happened) == (TransportError, "read-timeout", "unknown")


def test_an_answer_that_stops_in_its_middle():
    def stop(connection):
        connection.read()
        connection.write(http(b'{"code"', length=100))
        connection.hold()

    error = refused_by(stop, timeout=(20, 0.1))
    assert (type(error), error.kind, error.happened) == (TransportError, "read-timeout", "unknown")


def test_tls_to_a_port_that_does_not_speak_it():
    with Server(talk_first(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        error = refused(server.origin.replace("http:", "https:"))
        assert server.requests == []
    assert (type(error), error.kind, error.happened) == (TransportError, "tls", "no")


def test_a_ca_bundle_that_is_not_there(monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    error = refused("https://127.0.0.1:1")
    assert (type(error), error.kind, error.happened) == (TransportError, "tls", "no")


VENDOR = "https://openapi.example.com"


@pytest.mark.parametrize("session", [lambda: None, own_session])
def test_a_proxy_that_is_not_there(monkeypatch, session):
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:p4ss@127.0.0.1:{closed_port()}")
    error = refused(VENDOR, session=session())
    assert (type(error), error.kind, error.happened) == (TransportError, "proxy", "no")
    assert "p4ss" not in str(error)


@pytest.mark.parametrize(
    "proxy", ["http://user:p4ss@", "http://u:p4ss@h:p4ss", "http://u:p4ss@[half", "nothing://u:p4ss@h:1"]
)
@pytest.mark.parametrize("session", [lambda: None, own_session])
def test_a_proxy_that_cannot_be_read_is_refused_and_its_password_not_shown(monkeypatch, session, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    error = refused(VENDOR, session=session())
    assert (type(error), error.happened) == (TransportError, "no")
    assert error.kind in ("proxy", "unusable", *(["connect"] if Client is Driven else []))  # aiohttp passes one over
    assert "p4ss" not in f"{error} {error!r} {error.__cause__} {error.__context__}"


@pytest.mark.parametrize("session", [lambda: None, own_session])
def test_a_proxy_from_the_environment_is_asked_for_a_tunnel(monkeypatch, session):
    with Server(answer(b"", 407)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.origin)
        error = refused(VENDOR, session=session())
        assert [request.startswith(b"CONNECT openapi.example.com:443 ") for request in proxy.requests] == [True]
    assert (error.kind, error.happened) == ("proxy", "no")
    assert "407" in str(error)


@pytest.mark.parametrize("session", [lambda: None, own_session])
def test_this_machine_is_never_reached_through_the_environments_proxy(monkeypatch, session):
    if Client is Driven and session is own_session:
        return  # which variables it trusts is up to an aiohttp session's owner
    with Server(answer(OK)) as proxy, Server(answer(OK)) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        assert cancel(server.origin, session=session()) == OK
        assert (len(server.requests), proxy.requests) == (1, [])


def test_a_token_call_that_cannot_connect_does_not_show_the_refresh_token():
    error = refused(f"http://127.0.0.1:{closed_port()}", id="oauth.refresh", data=None, **SECRETS)
    assert (type(error), error.kind, error.happened) == (TransportError, "connect", "no")


# Sessions, tools and what requests would do on its own


@of_requests
def test_a_session_of_ones_own_is_used_and_stays_open():
    with requests.Session() as session, Server(answer(OK)) as server:
        session.headers["X-Mine"] = "yes"
        session.cookies.set("flavour", "oat")
        for _ in range(2):
            assert cancel(server.origin, session=session) == OK
        for request in server.requests:
            assert header(request, "X-Mine") == "yes"
            assert header(request, "Cookie") == "flavour=oat"


@of_requests
def test_a_session_that_does_not_verify_is_refused():
    with requests.Session() as session:
        session.verify = False
        with pytest.raises(SettingInvalid, match="verify=False") as caught:
            cancel("https://127.0.0.1:1", session=session)
    assert caught.value.setting == "session"


def test_netrc_credentials_are_not_sent(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password s3cret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Server(answer(OK)) as server:
        assert requests.get(server.origin).ok
        assert cancel(server.origin) == OK
        theirs, ours = server.requests
    assert header(theirs, "Authorization") is not None  # requests alone would have sent them
    assert header(ours, "Authorization") is None


@of_requests
@responses.activate
def test_responses_stands_in_for_the_vendor():
    url = "https://openapi-stage-hk.orangeconnex.com/openapi/3pp/outbound/v1/cancel"
    responses.post(url, json=OK)
    with Client(**KEYS) as client:
        assert client.call("outbound.cancel", CANCEL) == OK
    assert json.loads(responses.calls[0].request.body)["data"] == CANCEL


@of_requests
def test_vcr_records_and_replays(tmp_path):
    recorder = vcr.VCR(cassette_library_dir=str(tmp_path), match_on=["method", "uri"])
    with Server(answer(OK)) as server:
        with recorder.use_cassette("call.yaml"):
            assert cancel(server.origin) == OK
        assert len(server.requests) == 1
    assert (tmp_path / "call.yaml").exists()
    with recorder.use_cassette("call.yaml", record_mode="none"):
        assert cancel(server.origin) == OK  # nobody listens there any more


@of_requests
def test_vcr_replays_to_a_client_that_has_called_before(tmp_path):
    recorder = vcr.VCR(cassette_library_dir=str(tmp_path), match_on=["method", "uri"])
    with Server(answer(OK)) as server, Client(host=server.origin, **KEYS) as client:
        client.call("outbound.cancel", CANCEL)
        with recorder.use_cassette("call.yaml"):
            client.call("outbound.cancel", CANCEL)
        assert len(server.requests) == 2
        with recorder.use_cassette("call.yaml", record_mode="none"):
            assert client.call("outbound.cancel", CANCEL) == OK
        assert len(server.requests) == 2


def test_the_transport_gives_raw_replies_and_never_raises():
    request = Request("x", "GET", "http://127.0.0.1:1/x", {}, None)
    transport = RequestsTransport()
    try:
        assert isinstance(transport.send(request, (20, 20)), Failure)
        with Server(answer(b"\xff\x00", 418, X_Odd="1")) as server:
            reply = transport.send(Request("x", "GET", server.origin, {}, None), (20, 20))
    finally:
        transport.close()
    assert isinstance(reply, Reply)
    assert (reply.status, reply.headers["X-Odd"], reply.body) == (418, "1", b"\xff\x00")


# Tokens


def account(good, *, refusal=None, renewal=None):
    """A vendor that takes one access token and sells it for the refresh token."""

    def respond(request):
        if request.startswith(b"POST /oauth/token?"):
            return renewal or http({"access_token": good, "token_type": "bearer", "expires_in": 3600})
        if header(request, "Access-Token") == f"Bearer {good}":
            return http(OK)
        return refusal or http(b"", 401)

    return by(respond)


REFUSALS = [http(b"", 401), http({"code": 1, "message": "token"}), http({"code": 1}, 401)]


def tokens_seen(server):
    return [header(request, "Access-Token") for request in server.sent_to("/openapi/")]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_token_is_refreshed_once_and_the_call_sent_again(refusal):
    with Server(account("AT-new", refusal=refusal)) as server:
        assert cancel(server.origin, **SECRETS) == OK
        assert tokens_seen(server) == ["Bearer AT-0c9e", "Bearer AT-new"]
        (refresh,) = server.sent_to("/oauth/token")
        first, second = server.sent_to("/openapi/")
    assert b"grant_type=refresh_token" in refresh
    assert b"refresh_token=RT-d3d3" in refresh
    assert body(first) == body(second)


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_token_that_is_refused_again_ends_the_call_after_one_refresh(refusal):
    renewal = http({"access_token": "AT-bad", "expires_in": 3600})
    with Server(account("AT-other", refusal=refusal, renewal=renewal)) as server:
        error = refused(server.origin, **SECRETS)
        assert tokens_seen(server) == ["Bearer AT-0c9e", "Bearer AT-bad"]
        assert len(server.sent_to("/oauth/token")) == 1
    assert isinstance(error, (HttpError, ApiError))
    assert error.happened == "no"


def test_without_a_refresh_token_a_refusal_ends_the_call_at_once():
    with Server(account("AT-other")) as server:
        error = refused(server.origin)
        assert len(server.requests) == 1
    assert (type(error), error.status, error.happened) == (HttpError, 401, "no")


def test_a_client_without_an_access_token_buys_one_first_and_keeps_it():
    with Server(account("AT-new")) as server, Client(host=server.origin, **{**SECRETS, "access_token": None}) as client:
        for _ in range(2):
            assert client.call("outbound.cancel", CANCEL) == OK
        assert [request.split(b"?")[0].split(b" ")[1] for request in server.requests] == [
            b"/oauth/token",
            b"/openapi/3pp/outbound/v1/cancel",
            b"/openapi/3pp/outbound/v1/cancel",
        ]


def test_a_new_refresh_token_replaces_the_old_one():
    renewals = iter(["AT-1", "AT-2"])

    def respond(request):
        if request.startswith(b"POST /oauth/token?"):
            return http({"access_token": next(renewals), "refresh_token": "RT-next", "expires_in": 3600})
        return http(b"", 401)

    with Server(by(respond)) as server, Client(host=server.origin, **SECRETS) as client:
        for _ in range(2):
            with pytest.raises(HttpError):
                client.call("outbound.cancel", CANCEL)
        first, second = server.sent_to("/oauth/token")
    assert (b"RT-d3d3" in first, b"RT-next" in second) == (True, True)


@pytest.mark.parametrize(
    ("renewal", "reply", "cause"),
    [
        (http({"error": "invalid_grant"}, 400), {"error": "invalid_grant"}, ApiError),
        (http({"error": "invalid_grant"}), {"error": "invalid_grant"}, ApiError),
        (http(b"down", 503), "down", HttpError),
        (http({"token_type": "bearer"}), {"token_type": "bearer"}, ResponseInvalid),
        (http(b"<html>", 200), "<html>", ResponseInvalid),
        (http(b"{", length=50), None, TransportError),
    ],
)
def test_a_refresh_that_fails_leaves_the_call_undone(renewal, reply, cause):
    with Server(account("AT-new", renewal=renewal)) as server:
        error = refused(server.origin, **SECRETS)
        assert len(server.sent_to("/oauth/token")) == len(server.sent_to("/openapi/")) == 1
    final = cause is ApiError  # the vendor refused the refresh token: only a login helps
    assert (type(error), error.happened, error.reply) == (LoginNeeded if final else TokenError, "no", reply)
    assert error.operation == "outbound.cancel"
    assert type(error.__cause__.__cause__ if final else error.__cause__) is cause
    assert ("ocreg login" in str(error)) == final


def test_a_new_token_inside_a_bad_answer_is_masked_when_the_error_is_shown():
    error = refused_by(account("AT-new", renewal=http({"refresh_token": "RT-new", "error": "odd"})), **SECRETS)
    assert type(error) is TokenError
    assert error.reply["refresh_token"] == "RT-new"
    assert "RT-new" not in f"{error} {error!r} {json.dumps(error.as_dict())}"


@pytest.mark.parametrize("token", ["AT-new\r\nInjected: yes", "AT new", "AT-\u4e2d", "AT-\x00"])
def test_a_token_that_cannot_travel_in_a_header_is_refused_and_not_shown(token):
    with Server(account("AT-new", renewal=http({"access_token": token}))) as server:
        error = refused(server.origin, **SECRETS)
        assert [header(request, "Injected") for request in server.requests] == [None, None]
    assert (type(error), error.happened) == (TokenError, "no")
    assert token not in str(error)


@of_requests
def test_many_threads_with_a_dead_token_refresh_it_once():
    crowd = 16
    start, outcomes = threading.Barrier(crowd), []
    with Server(account("AT-new")) as server, Client(host=server.origin, **SECRETS) as client:

        def work():
            start.wait()
            outcomes.append(client.call("outbound.cancel", CANCEL))

        threads = [threading.Thread(target=work) for _ in range(crowd)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.sent_to("/oauth/token")) == 1
        assert tokens_seen(server).count("Bearer AT-new") == crowd
    assert outcomes == [OK] * crowd


# Text of the vendor's in our errors


@pytest.mark.parametrize("echo", [SECRETS["access_token"], f"Bearer {SECRETS['access_token']}", SECRETS["client_key"]])
def test_a_secret_that_the_vendor_echoes_is_not_shown(echo):
    with Server(answer({"code": 3, "message": f"bad: {echo}"})) as server, pytest.raises(ApiError) as caught:
        cancel(server.origin)
    assert echo.removeprefix("Bearer ") not in str(caught.value.reply)
    assert echo not in str(caught.value)
