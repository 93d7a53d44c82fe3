"""What is tried again, how often, after which pause, and what is never sent twice."""

import json

import pytest

from ocreg import ApiError, CallError, Client, HttpError, SettingInvalid, TransportError
from ocreg.engine import policy
from ocreg.engine.exchange import Failure, Prepared, Reply, Request, Send, Sleep, converse
from ocreg.engine.policy import Patience, Quota
from ocreg.registry.files import Registry
from tests.server import Server, by

REGISTRY = Registry([])
OK = Reply(200, {}, b'{"code": 0}')
READ, EFFECT = "outbound.query", "outbound.cancel"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def play(
    id: str,
    *outcomes: Reply | Failure,
    retries: int = 2,
    deadline: float = 120,
    quota: Quota | None = None,
    jitter: float = 1,
):
    """Play a call against outcomes; gives its end, the pauses, and the requests."""
    clock = Clock()
    patience = Patience(retries, deadline, clock, lambda: jitter, quota or Quota())
    request = Request(id, "POST", "https://example.com/x", {}, b'{"data": {}}')
    conversation = converse(Prepared(REGISTRY[id], request, "mid", token="T", patience=patience))
    waiting, pauses, sent, answer = list(outcomes), [], [], None
    try:
        wish = next(conversation)
        while True:
            if isinstance(wish, Sleep):
                pauses.append(wish.seconds)
                clock.now += wish.seconds
                answer = None
            else:
                assert isinstance(wish, Send)
                sent.append(wish.request)
                answer = waiting.pop(0)
            wish = conversation.send(answer)
    except StopIteration as end:
        return end.value, pauses, sent
    except CallError as error:
        return error, pauses, sent


def failure(kind: str) -> Failure:
    return Failure(kind, "as scripted")


def status(number: int, **headers: str) -> Reply:
    return Reply(number, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


@pytest.mark.parametrize("kind", [kind for kind, ruling in policy.TRANSPORT.items() if ruling.passing])
def test_a_read_survives_a_passing_transport_failure(kind: str) -> None:
    end, pauses, sent = play(READ, failure(kind), failure(kind), OK)
    assert end == {"code": 0}
    assert pauses == [0.5, 1.0]
    assert len({(request.body, request.url) for request in sent}) == 1


def test_each_host_has_its_own_quota(tmp_path) -> None:
    (tmp_path / "own").mkdir()
    text = "extends: outbound.query\nhost: {sandbox: https://a.example.com/openapi, production: https://b.example.com/openapi}\n"
    (tmp_path / "own" / "query.yaml").write_text(text)
    with Client("sandbox", client_key="K", secret_key="S", access_token="T", endpoints=[tmp_path]) as client:
        patience = [
            client.caller.prepare(client.registry[id], ({}, None, None)).patience
            for id in ("own.query", "outbound.query", "own.query")
        ]
    assert patience[0] is patience[2]
    assert patience[0].quota is not patience[1].quota


@pytest.mark.parametrize("kind", [kind for kind, ruling in policy.TRANSPORT.items() if not ruling.passing])
def test_what_will_not_pass_is_not_tried_again(kind: str) -> None:
    end, pauses, _ = play(READ, failure(kind))
    assert (type(end), pauses, end.attempts) == (TransportError, [], 1)


@pytest.mark.parametrize("kind", list(policy.TRANSPORT))
def test_an_effect_is_tried_again_only_when_it_certainly_did_not_happen(kind: str) -> None:
    ruling = policy.TRANSPORT[kind]
    end, pauses, sent = play(EFFECT, failure(kind), OK)
    if ruling.passing and ruling.happened == "no":
        assert (end, len(sent)) == ({"code": 0}, 2)
    else:
        assert (end.happened, len(sent), pauses) == (ruling.happened, 1, [])


@pytest.mark.parametrize(
    ("number", "reads", "effects"), [(429, 2, 2), (500, 2, 1), (503, 2, 1), (501, 1, 1), (400, 1, 1), (404, 1, 1)]
)
def test_statuses(number: int, reads: int, effects: int) -> None:
    assert len(play(READ, status(number), OK)[2]) == reads
    assert len(play(EFFECT, status(number), OK)[2]) == effects


def test_a_no_in_the_body_is_final() -> None:
    end, _, sent = play(READ, Reply(200, {}, b'{"code": 3}'), OK)
    assert (type(end), len(sent)) == (ApiError, 1)


def test_it_gives_up_after_so_many_and_says_how_many() -> None:
    end, pauses, _ = play(READ, *[status(503)] * 4, retries=3)
    assert (type(end), end.attempts, pauses) == (HttpError, 4, [0.5, 1.0, 2.0])
    assert "tried 4 times" in str(end)
    assert play(READ, status(503), retries=0)[0].attempts == 1


def test_pauses_are_drawn_from_a_doubling_span_with_an_end() -> None:
    _, pauses, _ = play(READ, *[status(503)] * 9, OK, retries=20, deadline=1e9, jitter=0.5)
    assert pauses == [0.25, 0.5, 1, 2, 4, 8, 10, 10, 10]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry_After": "3"}, 3),
        ({"Retry_After": "0"}, 0),
        ({"Retry_After": "86400"}, 20),
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:05 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 5),
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:09 GMT"}, 0),
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:05 GMT"}, 0.5),
        ({"Retry_After": "soon"}, 0.5),
        ({"Retry_After": "-5"}, 0.5),
        ({}, 0.5),
    ],
)
def test_retry_after_is_obeyed_and_clamped(headers: dict, expected: float) -> None:
    assert play(READ, status(429, **headers), OK)[1] == [expected]


def test_no_pause_leads_beyond_the_deadline() -> None:
    end, pauses, _ = play(READ, *[status(503, Retry_After="7")] * 3, deadline=10)
    assert (pauses, end.attempts) == ([7], 2)


def test_a_broken_host_is_not_hammered() -> None:
    quota = Quota(3)
    sent = sum(len(play(READ, *[status(503)] * 3, quota=quota)[2]) for _ in range(10))
    assert sent == 10 + 3
    for _ in range(10):
        play(READ, OK, quota=quota)
    assert len(play(READ, *[status(503)] * 3, quota=quota)[2]) == 2


def test_a_client_survives_a_server_that_comes_back() -> None:
    good = b'{"code": 0, "data": []}'
    replies = iter(
        [
            b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(good), good),
        ]
    )
    slept: list[float] = []

    with (
        Server(by(lambda _: next(replies))) as server,
        Client(
            "sandbox",
            host=server.origin,
            client_key="k",
            secret_key="s",
            access_token="t",
            retries=2,
            sleep=slept.append,
        ) as client,
    ):
        assert client.call("outbound.query", {}, message_id="same")["data"] == []
        bodies = [request.partition(b"\r\n\r\n")[2] for request in server.sent_to("/openapi/")]
    assert slept[0] == 1.0
    assert len(bodies) >= 2
    assert set(bodies) == {bodies[0]}
    assert json.loads(bodies[0])["messageId"] == "same"


def test_retries_may_be_set_and_switched_off(monkeypatch) -> None:
    monkeypatch.setenv("OCREG_RETRIES", "5")
    assert Client("local").settings.retries == 5
    assert Client("local", retries=0).settings.retries == 0
    with pytest.raises(SettingInvalid, match="retries"):
        Client("local", retries=99)
    with pytest.raises(SettingInvalid, match="deadline"):
        Client("local", deadline=-1)
