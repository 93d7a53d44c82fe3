"""Answers that no sane server gives, by the thousand: each ends as a dict or as an error that tells the truth."""

import json
import pickle
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocreg import CallError, Client, EndpointInvalid, OcregError, Registry, ResponseInvalid
from ocreg.account import answers
from ocreg.engine import policy
from ocreg.engine.exchange import Discard, NeedToken, Prepared, Send, Sleep, converse
from ocreg.engine.logs import report
from ocreg.engine.messages import Reply, Request
from ocreg.engine.policy import Patience, Quota
from ocreg.registry.values import decode

REGISTRY = Registry([])
OURS = "11111111-2222-3333-4444-555555555555"
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}
OPERATIONS = {
    "outbound.query": b'{"data": {}}',
    "outbound.create": b'{"data": [{"referenceNumber": "A-1", "consigneeName": "Test Person"}]}',
    "outbound.cancel": b'{"data": {"orderNumber": "OCO1"}}',
    "inbound.create": b'{"data": {"sellerInboundNumber": "A-1"}}',
    "warehouse.services": None,
    "oauth.refresh": None,
}
STATUSES = [*range(200, 209), *range(300, 309), *range(400, 432), 460, 499, *range(500, 531), 599, 0, 100, 600, 999, -1]


def deep(levels: int, *, lists: bool = True) -> str:
    return "[" * levels + "1" + "]" * levels if lists else '{"a":' * levels + "1" + "}" * levels


DEEP = [deep(n, lists=lists) for n in (90, 105, 120, 300, 600, 970, 5_000) for lists in (True, False)]
ATOMS = [
    *["null", "true", "false", "0", "1", "3", "-3", "0.0", "3.0", "1e400", "-1e400", "1e30", "9" * 30, "9" * 5_000],
    *['""', '" "', '"0"', '"3"', '"x"', '"\\ud800"', '"300001"', '"Test Person"', f'"{OURS}"', '"\\u0000"'],
    *["[]", "{}", "[[]]", "[null]", "[[[1]]]", '[{"code": "300001"}]', '[{"code": [3]}]', '[{"code": {"a": 1}}]'],
    *['{"code": 3}', '[{"message": [1], "code": true}]', '[{"channelCode": {}, "errorMessage": []}]', '[3, "x", {}]'],
    *['[{"referenceNumber": "A-1"}]', '[{"referenceNumber": "B-2", "orderNumber": 5}]', '[{"REFERENCENUMBER": null}]'],
    *['{"sellerInboundNumber": "a-1 "}', '[{"referenceNumber": {"a": 1}}]', '[{"code": 1e400}]', '[{"code": -0.0}]'],
]
NAMES = ["code", "data", "errors", "success", "message", "messageId", "error", "error_description", "access_token", ""]
BODIES = [b"", b"\xff\xfe", b"\xef\xbb\xbf{}", b"<html>", b"{", b"nul", b'{"code":0}{"code":0}', b"\x00" * 9]
HEADERS = [
    {},
    {"Content-Type": "application/json; charset"},
    {"Content-Type": b"text/html; charset=\xff", b"Date": b"\xff"},
    {"Content-Type": None, "Retry-After": None, "Date": None},
    {"content-type": ["a", {}], "retry-after": {"a": []}, "date": 7, "Set-Cookie": object},
    {"Retry-After": "9" * 400, "Date": "-" * 400},
    {"Retry-After": f"Wed, 21 Oct 2026 07:28:05 +{'9' * 30}", "Date": "Wed, 21 Oct 2026 07:28:05 GMT"},
    {"Retry-After": f"Wed, 21 Oct {'9' * 30} 07:28:05 GMT"},
    {"Retry-After": "Wed, 99 Foo 2026 99:99:99", "\ud800": "\ud800"},
    {"RETRY-AFTER": "\x00 2 \n", "X": "Test Person" * 999},
    {5: 6, None: None, (): [], b"\xff": b"\xff"},
    {f"X-{n}": "1" for n in range(300)},
]


def ending(id: str, items: int, answer: Reply, retries: int = 1):
    """A call that gets this answer every time: the dict, or the error."""
    body, endpoint = OPERATIONS[id], REGISTRY[id]
    now = [0.0]
    patience = Patience(retries, 60, lambda: now[0], lambda: 0.5, Quota())
    request = Request(id, endpoint.method, "https://a.example.com/x?refresh_token=RT-0c9e", {}, body)
    numbers = ("A-1",) if endpoint.confirm else ()
    call = Prepared(endpoint, request, OURS, items, "AT-0c9e", True, patience=patience, epoch=1.7e9, numbers=numbers)
    conversation = converse(call)
    try:
        wish = next(conversation)
        for _ in range(20):
            if isinstance(wish, Send):
                report("sandbox", wish, 1, answer, 0.1)
                now[0] += 0.1
                wish = conversation.send(answer)
            elif isinstance(wish, NeedToken):
                wish = conversation.send("AT-2b7d")
            else:
                assert isinstance(wish, (Sleep, Discard))
                now[0] += wish.seconds if isinstance(wish, Sleep) else 0
                wish = conversation.send(None)
    except StopIteration as end:
        return end.value
    except OcregError as error:
        return error
    raise AssertionError("it never ends")


def may_say_no(id: str, items: int, answer: Reply) -> bool:
    """Whether a row of the policy's tables says that this answer means "not carried out"."""
    try:
        value = decode(answer.body)
    except ValueError:
        value = None
    value = value if isinstance(value, dict) else {}
    enveloped, sent = REGISTRY[id].envelope, OPERATIONS[id]
    theirs = value.get("messageId")
    if enveloped and sent is not None and isinstance(theirs, str) and theirs.strip() and theirs != OURS:
        return False
    data = value.get("data") if isinstance(value.get("data"), list) else [value.get("data")]
    rows = [row for row in data if isinstance(row, dict)]
    key = REGISTRY[id].confirm.get("key", "").lower()
    if any(name.lower() == key and str(row[name]).strip().lower() == "a-1" for row in rows for name in row):
        return False
    if id == "oauth.refresh":
        later = any(str(name).lower() == "retry-after" for name in answer.headers)
        return policy.on_oauth(answer.status, answers.code_of(value), later=later).happened == "no"
    if not 200 <= answer.status < 300:
        return any(answer.status in statuses and row.happened == "no" for statuses, row in policy.STATUS)
    code = value.get("code")
    number = int(code) if code in ("1", "3", "-3") else code
    errors = value.get("errors") if isinstance(value.get("errors"), list) else []
    codes = [item.get("code") for item in errors if isinstance(item, dict)]
    known = REGISTRY[id].errors
    said = [known.get(str(one)) for one in codes or [code] if isinstance(one, (str, int))]
    if said and all(isinstance(row, dict) and policy.CATEGORY[row["category"]].happened == "no" for row in said):
        return True
    return type(number) is int and (number == 1 or (number == 3 and items == 1))


def check(id: str, items: int, answer: Reply) -> str:
    outcome = ending(id, items, answer)
    if isinstance(outcome, dict):
        assert 200 <= answer.status < 300 or (id == "oauth.refresh" and outcome["access_token"])
        return "dict"
    assert isinstance(outcome, CallError)
    assert outcome.happened in ("yes", "no", "unknown")
    if outcome.happened == "no":
        assert may_say_no(id, items, answer), answer.body[:200]
    shown = json.dumps(outcome.as_dict()) + str(outcome) + repr(outcome)
    assert str(outcome).encode()
    assert not any(secret in shown for secret in ("AT-0c9e", "AT-2b7d", "RT-0c9e"))
    assert pickle.loads(pickle.dumps(outcome)).happened == outcome.happened
    assert len(outcome.headers) <= 50
    return f"{type(outcome).__name__} {outcome.happened}"


def an_answer(chance: random.Random) -> Reply:
    status = 200 if chance.random() < 0.6 else chance.choice(STATUSES)
    kind = chance.random()
    if kind < 0.1:
        body = chance.choice(BODIES)
    elif kind < 0.2:
        body = chance.choice([*ATOMS, *DEEP]).encode()
    else:
        values = DEEP if chance.random() < 0.1 else ATOMS
        pairs = {name: chance.choice(values) for name in chance.sample(NAMES, chance.randint(1, 6))}
        if chance.random() < 0.4:
            pairs["code"] = chance.choice(["0", "1", "3", '"3"', "99"])
        body = ("{" + ", ".join(f'"{name}": {value}' for name, value in pairs.items()) + "}").encode()
    return Reply(status, chance.choice(HEADERS), body)


@pytest.mark.parametrize("seed", range(5))
def test_any_odd_answer_ends_as_a_dict_or_as_an_error_that_tells_the_truth(seed):
    chance, seen = random.Random(seed), Counter()
    for _ in range(500):
        seen[check(chance.choice([*OPERATIONS]), chance.choice([1, 1, 2]), an_answer(chance))] += 1
    assert {"dict", "ApiError no", "ApiError unknown", "HttpError no", "HttpError unknown"} < set(seen), seen
    assert {"ResponseInvalid yes", "ResponseInvalid unknown"} < set(seen), seen


@pytest.mark.parametrize("id", OPERATIONS)
@pytest.mark.parametrize("place", [None, *NAMES])
def test_nothing_is_nested_too_deep(id, place):
    for nested in DEEP:
        for beside in ('"code": 0', '"code": 3', '"code": 1, "errors": [{}]'):
            body = nested if place is None else f'{{{beside}, "{place}": {nested}}}'
            check(id, 1, Reply(200, {}, body.encode()))
        check(id, 1, Reply(400, {}, (nested if place is None else f'{{"{place}": {nested}}}').encode()))


TREE = """
extends: outbound.cancel
response: {$ref: '#/$defs/tree'}
$defs:
  tree: {type: object, properties: {child: {$ref: '#/$defs/tree'}, name: {type: string}}}
"""


@pytest.mark.parametrize("fast", ["0", "1"])
@pytest.mark.parametrize(("depth", "happened"), [(100, "yes"), (400, "unknown")])
def test_an_answer_is_checked_as_deep_as_it_is_read(fast, depth, happened, tmp_path, monkeypatch):
    monkeypatch.setenv("OCREG_FAST", fast)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "tree.yaml").write_text(TREE)
    endpoint = Registry([tmp_path])["own.tree"]
    call = Prepared(endpoint, Request("own.tree", "POST", "https://a.example.com/x", {}, b"{}"), OURS, token="T")
    for name in ("null", "5"):
        data = '{"child":' * depth + f'{{"name": {name}}}' + "}" * depth
        conversation = converse(call)
        next(conversation)
        with pytest.raises((StopIteration, CallError)) as end:
            conversation.send(Reply(200, {}, f'{{"code": 0, "data": {data}}}'.encode()))
        assert getattr(end.value, "happened", "yes") == happened
        assert pickle.loads(pickle.dumps(end.value))


BROKEN = """
extends: outbound.cancel
response: {type: object, properties: {a: {type: noise}}}
"""


def test_a_file_with_a_broken_answer_is_refused_before_anything_is_sent(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "broken.yaml").write_text(BROKEN)
    with Client("local", endpoints=[tmp_path]) as client, pytest.raises(EndpointInvalid, match=r"broken\.yaml:3"):
        client.caller.prepare(client.registry["own.broken"], (CANCEL, None, None))


@pytest.mark.parametrize("fast", ["0", "1"])
def test_a_broken_schema_that_shows_only_when_an_answer_is_checked_hides_no_success(fast, tmp_path, monkeypatch):
    monkeypatch.setenv("OCREG_FAST", fast)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "broken.yaml").write_text(BROKEN)
    endpoint = Registry([tmp_path])["own.broken"]
    call = Prepared(endpoint, Request("own.broken", "POST", "https://a.example.com/x", {}, b"{}"), OURS, token="T")
    conversation = converse(call)
    next(conversation)
    with pytest.raises(ResponseInvalid, match="not a usable schema") as caught:
        conversation.send(Reply(200, {}, b'{"code": 0, "data": {"a": 1}}'))
    assert (caught.value.happened, caught.value.reply["data"]) == ("yes", {"a": 1})


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([0, 1, 3, "3", OURS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*NAMES, "referenceNumber"]), inner),
    max_leaves=8,
)
headers = st.dictionaries(
    st.sampled_from(["Retry-After", "Date", "Content-Type", b"X", 7]) | st.text(max_size=9),
    st.text(max_size=40)
    | st.binary(max_size=40)
    | st.none()
    | st.floats()
    | st.datetimes().map(lambda when: f"{when:%c}"),
)


@given(st.sampled_from([*OPERATIONS]), st.integers(1, 3), st.sampled_from([200, *STATUSES]), headers, values)
def test_any_json_with_any_headers(id, items, status, headers, value):
    check(id, items, Reply(status, headers, json.dumps(value).encode()))
