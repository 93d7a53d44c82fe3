"""Sessions of one's own: what their adapters, hooks, certificates and proxies may do, and what is refused."""

import io
import threading

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth
from server import PATIENCE, Server, answer, echo, header, http, in_turn, reset_after_request, silence, stopping, tunnel
from tls import VENDOR
from urllib3.util.retry import Retry
from wires import Wire

from ocreg import Client, HttpError, SettingInvalid, TransportError
from tests.pace import paced

OK = {"code": 0, "message": "Success"}
KEYS = {"client_key": "CK-1", "secret_key": "SK-1", "access_token": "AT-1"}
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}


@pytest.fixture
def session():
    with requests.Session() as session:
        yield session


@pytest.fixture
def own(session):
    with Wire(session) as wire:
        yield wire


def mounted(session, adapter):
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)


# Adapters that repeat


@pytest.mark.parametrize(
    "retries",
    [
        3,
        Retry(3),
        Retry(total=3, status_forcelist=[503], allowed_methods=None),
        Retry(total=None, read=2, status=0, other=0),
        Retry(total=3, read=0, status=1, other=0),
        Retry(total=3, read=0, status=0, other=1),
        Retry(total=3, read=0, status=0, other=None),
    ],
    ids=repr,
)
def test_an_adapter_that_sends_again_is_refused_before_anything_is_sent(session, own, retries):
    mounted(session, HTTPAdapter(max_retries=retries))
    with Server(answer(b"busy", 503)) as server:
        with pytest.raises(SettingInvalid, match="could be sent twice") as caught:
            own.send(server.origin)
        assert server.connections == 0
    assert caught.value.setting == "session"


def test_also_one_that_is_mounted_after_the_first_call(session, own):
    with Server(echo) as server:
        assert own.echoed(server.origin)
        mounted(session, HTTPAdapter(max_retries=3))
        with pytest.raises(SettingInvalid, match="could be sent twice"):
            own.send(server.origin)


@pytest.mark.parametrize(
    "retries",
    [
        0,
        Retry(0),
        Retry(False),
        Retry(total=3, read=0, status=0, other=0, allowed_methods=None),
        Retry(total=None, connect=2, read=False, status=False, other=False),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    ("step", "kinds"),
    [
        (answer(b"busy", 503, Retry_After="0"), {503, "other"}),
        (reset_after_request, {"reset"}),
        (silence, {"read-timeout"}),
        (stopping(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), {"read-timeout"}),
    ],
)
@paced
def test_an_adapter_that_only_connects_again_sends_once(session, own, retries, step, kinds, *, pace):
    mounted(session, HTTPAdapter(max_retries=retries))
    with Server(step) as server:
        assert own.send(server.origin, timeout=(20, 0.1 * pace))[0] in kinds
        assert server.came(1)


class Again(HTTPAdapter):
    """Sends again on its own, where nobody looks."""

    second = None

    def send(self, request, **options):
        try:
            return super().send(request, **options)
        except requests.ConnectionError:
            request.url = self.second
            return super().send(request, **options)


def test_a_request_that_may_have_arrived_is_never_a_no_whatever_an_adapter_tries_next(session, own):
    adapter = Again()
    mounted(session, adapter)
    with Server(echo) as closed:
        adapter.second = closed.origin
    with Server(reset_after_request) as server:
        assert own.failed(server.origin)[1] == "unknown"
        assert server.came(1)


# Hooks and authentication


def raises_for_status(response, **_):
    response.raise_for_status()


@pytest.mark.parametrize(("status", "happened"), [(400, "no"), (404, "no"), (500, "unknown"), (503, "unknown")])
def test_a_hook_that_raises_for_a_status_leaves_the_judgement_to_us(session, status, happened):
    session.hooks["response"].append(raises_for_status)
    with Server(answer(b"sorry", status)) as server, Client(host=server.origin, session=session, **KEYS) as client:  # noqa: SIM117
        with pytest.raises(HttpError) as caught:
            client.call("outbound.cancel", CANCEL)
    assert (caught.value.status, caught.value.happened, caught.value.reply) == (status, happened, "sorry")


def test_with_such_a_hook_a_refused_token_is_renewed(session):
    session.hooks["response"].append(raises_for_status)
    renewal = http({"access_token": "AT-2", "token_type": "bearer", "expires_in": 3600})
    with Server(
        answer(b"", 401), lambda connection: (connection.read(), connection.write(renewal)), answer(OK)
    ) as server:
        with Client(host=server.origin, session=session, refresh_token="RT-1", **KEYS) as client:
            assert client.call("outbound.cancel", CANCEL) == OK
        assert header(server.requests[-1], "Access-Token") == "Bearer AT-2"


@pytest.mark.parametrize(
    "error",
    [ValueError("mine"), KeyError("x"), requests.RequestException("mine"), OSError("mine"), TimeoutError("mine")],
)
def test_what_another_hook_raises_is_no_no(session, own, error):
    def hook(response, **_):
        raise error

    session.hooks["response"].append(hook)
    with Server(echo) as server:
        kind, happened, reason = own.failed(server.origin)
        assert (happened, "mine" in reason or kind == "other") == ("unknown", True)


@pytest.mark.parametrize("audit", [echo, answer(b"", 403), reset_after_request])
@pytest.mark.parametrize("same", [True, False])
def test_what_a_hook_sends_on_its_own_says_nothing_about_the_call(session, own, audit, same):
    """An order that was made, whose audit could not be written: no "no"."""

    def write_audit(response, **_):
        if "/audit" not in response.url:
            (session if same else requests).post(f"{origin}/audit", timeout=20).raise_for_status()

    session.hooks["response"].append(write_audit)
    with Server(audit) as auditor, Server(echo) as server:
        origin = auditor.origin
        outcome = own.send(server.origin)
        assert outcome[0] not in {403, "connect", "unsent"}
        auditor.stop()
        kind, happened, _ = own.failed(server.origin)
        assert (kind, happened) == ("truncated", "unknown")  # nobody listens there any more
        assert len(server.requests) == 2


@paced
def test_what_an_authentication_sends_before_the_call_says_nothing_about_it(session, own, *, pace):
    def ticket(request):
        session.get(f"{tickets.origin}/ticket", auth=lambda same: same, timeout=20)
        return request

    session.auth = ticket
    with Server(echo) as tickets, Server(stopping(b"HTTP/1.1 200 OK\r\n")) as server:
        assert own.failed(server.origin, timeout=(20, 0.1 * pace))[:2] == ("read-timeout", "unknown")
        assert (tickets.came(1), server.came(1)) == (True, True)
        server.stop()
        assert own.failed(server.origin)[:2] == ("connect", "no")


def test_digest_authentication_sends_again_what_was_refused(session, own):
    session.auth = HTTPDigestAuth("user", "password")
    challenge = http(b"", 401, Connection="keep-alive", WWW_Authenticate='Digest realm="x", nonce="1", qop="auth"')
    with Server(in_turn(challenge)) as server:
        assert own.echoed(server.origin)
        assert header(server.requests[1], "Authorization").startswith("Digest ")


def test_other_settings_of_a_session_are_kept(session, own):
    session.auth = ("user", "password")
    session.headers["X-Mine"] = "yes"
    with Server(in_turn(http(b"", 200, Connection="keep-alive", Set_Cookie="a=1"))) as server:
        own.send(server.origin)
        assert own.echoed(server.origin)
        assert header(server.requests[0], "Authorization").startswith("Basic ")
        assert [header(one, "Cookie") for one in server.requests] == [None, "a=1"]
        assert header(server.requests[1], "X-Mine") == "yes"


# Certificates


def test_a_sessions_bundle_wins_over_the_environments(session, own, authority, monkeypatch):
    with Server(echo, tls=authority.server()) as server:
        assert own.failed(server.origin)[:2] == ("tls", "no")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
        session.verify = authority.bundle
        own.transport.forget()
        assert own.echoed(server.origin)


@pytest.mark.parametrize("verify", [False, None, "", 0])
def test_a_session_that_does_not_verify_is_refused(session, own, verify):
    session.verify = verify
    with pytest.raises(SettingInvalid, match="verification is off"):
        own.send("https://127.0.0.1:1")


def test_an_unknown_certificate_is_a_no(wire, authority):
    with Server(echo, tls=authority.server()) as server:
        kind, happened, reason = wire.failed(server.origin)
        assert (kind, happened, server.requests) == ("tls", "no", [])
    assert "certificate" in reason


def test_a_client_certificate(session, own, authority):
    session.verify = authority.bundle
    with Server(echo, tls=authority.server(asks_for_certificate=True)) as server:
        assert own.failed(server.origin)[1] in ("no", "unknown")  # TLS 1.3 refuses only after the handshake
        session.cert = authority.certificate("client")
        own.transport.forget()
        assert own.echoed(server.origin)
        session.cert = "/no/such/certificate.pem"
        own.transport.forget()
        assert own.failed(server.origin)[:2] == ("tls", "no")


# Proxies


def test_a_tunnel_through_the_environments_proxy(wire, authority, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle)
    with Server(echo, tls=authority.server()) as server, Server(tunnel(server.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin.upper().replace("HTTP", "http"))
        for _ in range(2):
            assert wire.echoed(f"https://{VENDOR}")
        assert (server.connections, proxy.connections, len(server.requests)) == (1, 1, 2)


def test_a_sessions_proxy_wins_over_the_environments(session, own, authority, monkeypatch):
    session.verify = authority.bundle
    with Server(echo, tls=authority.server()) as server, Server(tunnel(server.port)) as proxy, Server(echo) as other:
        monkeypatch.setenv("HTTPS_PROXY", other.origin)
        for key in ("https", "all", f"https://{VENDOR}"):
            session.proxies = {key: proxy.origin}
            own.transport.forget()
            assert own.echoed(f"https://{VENDOR}")
        assert (proxy.connections, other.connections) == (1, 0)


@pytest.mark.parametrize("names", [VENDOR, ".example.com", "*"])
def test_no_proxy(wire, monkeypatch, names):
    with Server(echo) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        monkeypatch.setenv("NO_PROXY", names)
        wire.send(f"https://{VENDOR}", timeout=(0.5, 0.5))
        assert proxy.connections == 0


def test_a_session_that_does_not_trust_the_environment(session, own, authority, monkeypatch):
    session.trust_env = False
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle)
    with Server(echo, tls=authority.server()) as server, Server(echo) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        assert own.failed(server.origin)[:2] == ("tls", "no")
        own.send(f"https://{VENDOR}", timeout=(0.5, 0.5))
        assert proxy.connections == 0


def test_a_broken_proxy_for_something_else_is_nobodys_business(wire, monkeypatch):
    monkeypatch.setenv("FTP_PROXY", "http://u:p@h:port")
    with Server(tunnel(1)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        assert wire.failed(f"https://{VENDOR}")[0] in {"connect", "proxy", "tls"}
        assert len(proxy.requests) == 1


def test_a_socks_proxy_without_its_package_is_a_no(wire, monkeypatch):
    def without(*_, **__):  # what requests has in its place then
        raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")

    monkeypatch.setattr(requests.adapters, "SOCKSProxyManager", without)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    assert wire.failed(f"https://{VENDOR}")[:2] == ("proxy", "no")


def test_a_socks_proxy_that_is_not_there_is_a_no(wire, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    assert wire.failed(f"https://{VENDOR}")[1] == "no"


# Adapters of one's own


class Odd(HTTPAdapter):
    def __init__(self, error):
        super().__init__()
        self._error = error

    def send(self, *_, **__):
        raise self._error


@pytest.mark.parametrize("error", [ValueError("odd"), RecursionError("odd"), requests.RequestException("odd")])
def test_whatever_an_adapter_raises_leaves_the_outcome_open(session, error):
    mounted(session, Odd(error))
    with Client(host="http://127.0.0.1:1", session=session, **KEYS) as client, pytest.raises(TransportError) as caught:
        client.call("outbound.cancel", CANCEL)
    assert caught.value.happened == "unknown"


class Bare(requests.adapters.BaseAdapter):
    """Knows nothing of pools."""

    def send(self, request, **_):
        response = requests.Response()
        response.status_code, response.request = 200, request
        response.raw = urllib3.HTTPResponse(io.BytesIO(b'{"code": 0}'), status=200, preload_content=False)
        return response

    def close(self):
        pass


def test_an_adapter_without_pools(session, own):
    mounted(session, Bare())
    reply = own.send("https://openapi.example.com/x")
    assert reply.body == b'{"code": 0}'
    reply.discard()


class Small(HTTPAdapter):
    def init_poolmanager(self, *_, **__):
        super().init_poolmanager(1, 1, block=True)


def test_an_adapter_with_a_pool_manager_of_its_own(session, own):
    mounted(session, Small())
    with Server(echo) as server:
        assert own.echoed(server.origin)
        assert own.echoed(server.origin)
        assert server.connections == 1


# The user's own requests in the same session


def test_the_users_own_requests_are_as_before(session, own):
    def large(connection):
        connection.read()
        connection.write(http(b"x" * 5_000_000, Connection="keep-alive"))
        echo(connection)

    with Server(large, echo) as server:
        mine = session.get(server.origin, stream=True, timeout=20)
        parts = [next(mine.iter_content(1000))]
        assert own.echoed(server.origin)  # which adopts the session's pools
        parts += mine.iter_content(100_000)
        assert sum(map(len, parts)) == 5_000_000
        assert session.post(f"{server.origin}/mine", data=b"x" * 100_000, timeout=20).status_code == 200


def test_the_users_own_requests_in_other_threads_while_pools_are_adopted(session):
    failures, stop = [], threading.Event()
    with Server(echo) as server:

        def mine():
            while not stop.is_set():
                try:
                    assert session.get(f"{server.origin}/mine", timeout=20).json() == {"target": "/mine"}
                except Exception as error:
                    failures.append(error)

        threads = [threading.Thread(target=mine) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            mounted(session, HTTPAdapter())
            with Wire() as wire:
                wire.transport.session, wire.transport._own = session, False
                assert wire.echoed(server.origin)
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert failures == []
