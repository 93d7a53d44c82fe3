"""What is tried again, how often, after which pause, and what is never sent twice."""

import json

import pytest

from ocreg import ApiError, CallError, Client, HttpError, ResponseInvalid, SettingInvalid, TransportError
from ocreg.engine import policy
from ocreg.engine.exchange import Discard, NeedToken, Prepared, Send, Sleep, converse
from ocreg.engine.messages import Failure, Limits, Reply, Request
from ocreg.engine.policy import Patience, Quota
from ocreg.registry.files import Registry
from tests.server import Server, by

REGISTRY = Registry([])
OK = Reply(200, {}, b'{"code": 0}')
NOON = 1792567680.0
"""Wed, 21 Oct 2026 07:28:00 GMT"""
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
    lasting: float = 0,
    **changes,
):
    """Play a call against outcomes; gives its end, the pauses, and the requests. An attempt lasts so many seconds."""
    clock = Clock()
    patience = Patience(retries, deadline, clock, lambda: jitter, quota or Quota())
    request = Request(id, "POST", "https://example.com/x", {}, b'{"data": {}}')
    conversation = converse(Prepared(REGISTRY[id], request, "mid", token="T", patience=patience)._replace(**changes))
    waiting, pauses, sent, answer = list(outcomes), [], [], None
    try:
        wish = next(conversation)
        while True:
            if isinstance(wish, Sleep):
                pauses.append(wish.seconds)
                clock.now += wish.seconds
                answer = None
            elif isinstance(wish, Discard):
                answer = None
            elif isinstance(wish, NeedToken):
                answer, seconds = waiting.pop(0)
                clock.now += seconds
            else:
                assert isinstance(wish, Send)
                sent.append(wish)
                clock.now += lasting
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
    assert len({(wish.request.body, wish.request.url) for wish in sent}) == 1


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
    ("number", "reads", "effects"),
    [
        *[(number, 2, 2) for number in (425, 429)],
        *[(number, 2, 1) for number in (408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529)],
        *[(number, 1, 1) for number in (302, 303, 400, 404, 409, 499, 501, 505, 519, 525, 528, 530, 599)],
    ],
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
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:05 GMT"}, 5),
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:05 -0000"}, 5),
        ({"Retry_After": "Wednesday, 21-Oct-26 07:28:05 GMT"}, 5),
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:05 GMT", "Date": "today"}, 5),
        ({"Retry_After": "Wed, 21 Oct 2020 07:28:05 GMT"}, 0),
        ({"retry_after": "2.0"}, 2),
        ({"RETRY_AFTER": " 2 "}, 2),
        ({"Retry_After": b"2"}, 2),
        ({"Retry_After": 2}, 2),
        *[({"Retry_After": odd}, 0.5) for odd in ("soon", "-5", "NaN", "inf", "1e3", "٣", "", None, b"\xff", [3])],
        *[({"Retry_After": odd}, 0.5) for odd in ("86401", "9" * 400, "Thu, 22 Oct 2026 07:28:05 GMT", "Mon")],
        ({"Retry_After": f"Wed, 21 Oct 2026 07:28:05 +{'9' * 400}"}, 0.5),
        ({"Retry_After": f"Wed, 21 Oct {'9' * 20} 07:28:05 GMT"}, 0.5),
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:05 GMT", "Date": f"Wed, 21 Oct 2026 07:28:00 -{'9' * 40}"}, 5),
        ({}, 0.5),
    ],
)
def test_retry_after_is_obeyed_and_clamped(headers: dict, expected: float) -> None:
    assert play(READ, status(429, **headers), OK, epoch=NOON)[1] == [expected]


def test_a_date_is_compared_with_the_time_that_has_passed_since_the_call_began() -> None:
    at = {"Retry_After": "Wed, 21 Oct 2026 07:28:09 GMT"}
    end, pauses, _ = play(READ, status(503, **at), status(503, **at), retries=1, lasting=3, epoch=NOON)
    assert pauses == [6]
    assert end.retry_after == 0
    assert play(READ, status(503, **at), OK)[1] == [0.5]  # nobody knows what time it is


def test_no_pause_leads_beyond_the_deadline() -> None:
    end, pauses, _ = play(READ, *[status(503, Retry_After="7")] * 3, deadline=10)
    assert (pauses, end.attempts) == ([7], 2)


def test_every_attempt_is_told_what_is_left_of_the_deadline() -> None:
    _, pauses, sent = play(READ, status(503), status(503), OK, deadline=60, lasting=7)
    assert pauses == [0.5, 1.0]
    assert [wish.left for wish in sent] == [60, 60 - 7 - 0.5, 60 - 14 - 1.5]
    end, _, sent = play(READ, *[status(503)] * 3, deadline=14, lasting=7)
    assert (end.attempts, len(sent)) == (2, 2)


def test_the_token_that_comes_first_costs_time_too() -> None:
    end, _, sent = play(READ, ("T", 9.0), OK, deadline=10, token=None)
    assert (end, [wish.left for wish in sent]) == ({"code": 0}, [1])
    end, _, sent = play(EFFECT, ("T", 10.0), deadline=10, token=None)
    assert (type(end), end.kind, end.happened, end.attempts, sent) == (TransportError, "deadline", "no", 0, [])
    assert "the call's deadline passed before it was sent" in str(end)


def test_when_a_new_token_took_all_the_time_the_refusal_is_what_is_raised() -> None:
    end, _, sent = play(EFFECT, status(401), ("T2", 10.0), deadline=10, renewable=True)
    assert (type(end), end.status, end.happened, len(sent)) == (HttpError, 401, "no", 1)


def test_the_turn_in_the_queue_of_a_rate_limit_is_not_the_calls_time() -> None:
    turns = iter([500.0, 0.0, 300.0])
    end, pauses, sent = play(READ, status(503), status(503), OK, deadline=10, lasting=1, pace=lambda: next(turns))
    assert (end, pauses) == ({"code": 0}, [500, 0.5, 1.0, 300])
    assert [wish.left for wish in sent] == [10, 8.5, 6.5]


def test_somebody_elses_answer_to_a_read_is_left_and_the_question_put_again() -> None:
    foreign = Reply(200, {}, b'{"code": 0, "messageId": "another"}')
    assert play(READ, foreign, OK)[0] == {"code": 0}
    end, _, sent = play(EFFECT, foreign)
    assert (type(end), end.happened, len(sent)) == (ResponseInvalid, "unknown", 1)


class Connections:
    """A transport whose first answers are somebody else's."""

    def __init__(self, *foreign: bool) -> None:
        self.foreign, self.discarded, self.limits = list(foreign), [], []

    def send(self, request: Request, timeout: Limits) -> Reply:
        self.limits.append(timeout)
        own, number = json.loads(request.body)["messageId"], len(self.limits)
        body = {"code": 0, "data": [], "messageId": "another" if self.foreign.pop(0) else own}
        return Reply(200, {}, json.dumps(body).encode(), lambda: self.discarded.append(number))


def test_the_connection_of_somebody_elses_answer_is_not_used_again() -> None:
    with Client("local", access_token="T", timeout=(3, 4), deadline=50, retries=2, sleep=lambda _: None) as client:
        client.transport = transport = Connections(True, True, False)
        transport.close = lambda: None
        assert client.call("outbound.query", {})["data"] == []
    assert transport.discarded == [1, 2]
    assert [limits[:2] for limits in transport.limits] == [(3, 4)] * 3
    assert 50 >= transport.limits[0].deadline > transport.limits[2].deadline > 40


@pytest.mark.parametrize(("theirs", "connections"), [("another", 2), (None, 1)])
def test_on_the_wire_somebody_elses_answer_ends_its_connection(theirs, connections) -> None:
    said = iter([theirs])

    def many(connection) -> None:
        connection.sock.settimeout(0.5)
        while request := connection.read():
            number = next(said, None) or json.loads(request.partition(b"\r\n\r\n")[2])["messageId"]
            body = json.dumps({"code": 0, "data": [], "messageId": number}).encode()
            connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    keys = {"client_key": "k", "secret_key": "s", "access_token": "t"}
    with Server(many) as server, Client("sandbox", host=server.origin, retries=1, jitter=lambda: 0, **keys) as client:
        assert [client.call("outbound.query", {})["data"] for _ in range(2)] == [[], []]
        assert server.connections == connections


def test_a_transport_may_give_answers_that_cannot_be_discarded() -> None:
    with Client("local", access_token="T", retries=0) as client:
        client.transport = transport = Connections(True)
        transport.close = lambda: None
        send = transport.send
        transport.send = lambda request, timeout: send(request, timeout)._replace(discard=None)
        with pytest.raises(ResponseInvalid, match="another request"):
            client.call("outbound.query", {})


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
    for deadline in (-1, 0, "0", "0.0", "nan", 86_401, "soon"):
        with pytest.raises(SettingInvalid, match="deadline"):
            Client("local", deadline=deadline)
    with pytest.raises(SettingInvalid, match="no time would be left"):
        Client("local", deadline=0)
    assert Client("local", deadline=0.5).settings.deadline == 0.5
