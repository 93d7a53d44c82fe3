"""What a token server may answer, and what the calls after it do: tokens are kept, and a login is asked for in need only."""

import json

import pytest
from server import Server, http

from ocreg import Client, LoginNeeded, TokenError
from ocreg.account import answers
from ocreg.account.grants import MemoryStore
from ocreg.account.tokens import UNANSWERED
from ocreg.redact import Secret
from tests.account.test_token_life import Clock

REDIRECT = "https://erp.example.com/oc"
KEYS = {"client_key": "key-1", "secret_key": "secret-1"}


class Rotating:
    """A server whose refresh tokens are good once; `odd` replaces fields of the first answer with tokens."""

    def __init__(self, odd=None, instead=()):
        self.good, self.odd, self.instead, self.presented = "refresh-0", odd, list(instead), []

    def step(self, connection):
        while True:
            path = connection.read().split(b" ")[1].decode()
            connection.sock.sendall(self._token(path) if "/oauth/" in path else http({"code": 0, "data": []}))

    def _token(self, path):
        self.presented.append(path.rpartition("=")[2])
        if self.instead:
            return self.instead.pop(0)
        if f"refresh_token={self.good}" not in path and "code=" not in path:
            return http({"error": "invalid_grant"}, 400)
        self.good = f"refresh-{len(self.presented)}"
        answer = {"access_token": f"access-{len(self.presented)}", "token_type": "bearer", "refresh_token": self.good}
        odd, self.odd = self.odd, None
        if isinstance(odd, bytes):
            return http(json.dumps(answer).encode()[:-1] + b", " + odd + b"}")
        return http({**answer, "expires_in": 3600, **(odd or {})})


def client(server, clock, **settings):
    return Client(host=server.origin, clock=clock, sleep=clock.sleep, monotonic=clock, retries=2, **KEYS, **settings)


ODD = [
    {},
    *({"expires_in": value} for value in ("3600", " 3599.5 ", "soon", "", 3599.5, -1, 0, None, True, [3600], 2**70)),
    *({"token_type": value} for value in (None, 7, "mac", ["bearer"])),
    {"error_description": 7, "scope": {}},
    {"error": ""},
    {"error": "none"},
    b'"expires_in": ' + b"9" * 400,
    b'"expires_in": ' + b"9" * 5000,
    b'"expires_in": 1e999',
    b'"expires_in": NaN',
    b'"error_description": "\xe9"',
]


@pytest.mark.parametrize("odd", ODD)
def test_the_calls_go_on_whatever_stands_beside_the_tokens_of_a_refresh(odd) -> None:
    clock, vendor = Clock(), Rotating(odd)
    with Server(vendor.step) as server, client(server, clock, refresh_token="refresh-0") as mine:
        for _ in range(3):
            assert mine.call("outbound.query", {})["code"] == 0
            clock.now += 300
        assert vendor.presented[0] == "refresh-0"
        assert len(set(vendor.presented)) == len(vendor.presented) <= 2
        assert mine.tokens.store.load(mine.identity().name).refresh_token == Secret(vendor.good)


@pytest.mark.parametrize("odd", ODD)
def test_the_calls_go_on_whatever_stands_beside_the_tokens_of_a_login(odd) -> None:
    clock, vendor, store = Clock(), Rotating(odd), MemoryStore()
    with Server(vendor.step) as server, client(server, clock, store=store) as mine:
        mine.oauth.exchange("a-code", REDIRECT)
        for _ in range(3):
            assert mine.call("outbound.query", {})["code"] == 0
            clock.now += 3600
        assert vendor.presented[:2] == ["a-code", "refresh-1"]
        assert len(set(vendor.presented)) == len(vendor.presented)


@pytest.mark.parametrize("odd", [{"access_token": None}, {"access_token": ""}, {"access_token": "two words"}])
def test_a_refresh_token_is_kept_where_the_access_token_beside_it_is_of_no_use(odd) -> None:
    clock, vendor = Clock(), Rotating(odd)
    with Server(vendor.step) as server, client(server, clock, refresh_token="refresh-0") as mine:
        with pytest.raises(TokenError, match="missing, or not valid"):
            mine.call("outbound.query", {})
        assert mine.call("outbound.query", {})["code"] == 0
        assert vendor.presented == ["refresh-0", "refresh-1"]


@pytest.mark.parametrize("lacks", ["access_token", "refresh_token"])
def test_a_login_keeps_what_it_brought_and_says_what_is_missing(lacks) -> None:
    clock, vendor, store = Clock(), Rotating({lacks: None}), MemoryStore()
    with Server(vendor.step) as server, client(server, clock, store=store) as mine:
        with pytest.raises(TokenError, match=f"no usable {lacks}") as caught:
            mine.oauth.exchange("a-code", REDIRECT)
        assert (caught.value.happened, caught.value.operation) == ("yes", "oauth.token")
        assert mine.call("outbound.query", {})["code"] == 0


def test_a_refresh_token_that_is_a_number_is_kept_as_its_digits() -> None:
    clock, vendor = Clock(), Rotating({"refresh_token": 1234567890123456789012})
    with Server(vendor.step) as server, client(server, clock, refresh_token="refresh-0") as mine:
        mine.call("outbound.query", {})
        assert mine.tokens.grant.refresh_token == Secret("1234567890123456789012")


def page(status, words):
    return http({"timestamp": "2026-01-01T00:00:00Z", "status": status, "error": words, "path": "/oauth/token"}, status)


PASSING = {
    "404": page(404, "Not Found"),
    "429": http(b"slow down", 429),
    "500": page(500, "Internal Server Error"),
    "502": http(b"<html>", 502),
    "503": page(503, "Service Unavailable"),
    "later, 200": http({"error": "temporarily_unavailable"}),
    "later, 503": http({"error": "temporarily_unavailable"}, 503),
    "server_error": http({"error": "server_error"}, 400),
    "a page": http(b"<html>busy</html>"),
}


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize("name", PASSING)
def test_call_many_goes_on_after_a_failure_that_passes(name, times) -> None:
    clock, vendor = Clock(), Rotating(instead=[PASSING[name]] * times)
    payloads = [{"orderNumber": f"OCO{number}", "cancelTime": "2025-06-17T10:10:10+0800"} for number in range(5)]
    with Server(vendor.step) as server, client(server, clock, refresh_token="refresh-0") as mine:
        sent = list(mine.call_many("outbound.cancel", payloads))
    assert len(sent) == 5
    assert sent[-1].error is None
    assert {type(one.error) for one in sent} <= {type(None), TokenError}
    certain = name in ("404", "429", "later, 200", "later, 503")
    assert (sent[0].error is None) == (certain and times == 1)
    assert (clock.now - 1_750_000_000.0 < UNANSWERED) == certain  # in doubt nobody asks again at once


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize(
    "said",
    [
        {"error": "invalid_grant"},
        {"error": "INVALID_GRANT", "status": 400},
        {"error": "invalid_token"},
        {"error": "expired_token"},
        {"error": "refresh_token_expired"},
        {"error": "unauthorized", "error_description": "Invalid refresh token: ..."},
        {"error": "Bad Request", "message": "The refresh token has been revoked"},
        {"error": "invalid_request", "error_description": "the refresh token is no longer valid"},
    ],
)
def test_a_login_is_asked_for_where_the_answer_says_so(said, status) -> None:
    clock, vendor = Clock(), Rotating(instead=[http(said, status)])
    payloads = [{"orderNumber": "OCO1", "cancelTime": "2025-06-17T10:10:10+0800"}] * 3
    with Server(vendor.step) as server, client(server, clock, refresh_token="refresh-0") as mine:
        sent = list(mine.call_many("outbound.cancel", payloads))
    assert [type(one.error) for one in sent] == [LoginNeeded]
    assert sent[0].error.reply == said


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"error": "invalid_client"}, 401),
        ({"error": "invalid_client", "error_description": "invalid token"}, 400),
        ({"error": "unauthorized_client"}, 400),
        ({"error": "invalid_request", "error_description": "invalid grant_type"}, 400),
        ({"error": "unsupported_grant_type"}, 400),
        ({"error": "invalid_grant"}, 503),
        ({"error": "Unauthorized", "status": 401}, 401),
        ({"code": 1, "message": "Authentication Fail:clientKey missing"}, 200),
    ],
)
def test_it_is_not_asked_for_where_another_thing_is_wrong(said, status) -> None:
    clock, vendor = Clock(), Rotating(instead=[http(said, status)])
    with Server(vendor.step) as server, client(server, clock, refresh_token="refresh-0") as mine:
        with pytest.raises(TokenError) as caught:
            mine.call("outbound.query", {})
        assert type(caught.value) is TokenError
        assert ("OCREG_CLIENT_KEY" in str(caught.value)) == (said.get("error") in answers.KEYS_REFUSED)
        assert mine.call("outbound.query", {})["code"] == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (3600, 3600.0),
        ("3600", 3600.0),
        (" 3599.5 ", 3599.5),
        (0.5, 0.5),
        (None, answers.LIFETIME),
        *((odd, answers.DOUBTFUL) for odd in (0, -1, "", "soon", "nan", "inf", True, [], {}, 10**400, "9" * 400, 1e12)),
    ],
)
def test_a_lifetime_is_read_from_whatever_is_one(value, seconds) -> None:
    assert answers.lifetime(value) == seconds
