"""Exactly once: what becomes of a create whose answer was lost, played with scripted replies."""

import json
import pickle
from contextlib import contextmanager
from enum import Enum

import pytest

from ocreg import (
    ApiError,
    CallError,
    Client,
    OperationUnavailable,
    OutcomeUnknown,
    PartlyRefused,
    RequestInvalid,
    SettingInvalid,
    StoreError,
    TransportError,
)
from ocreg.confirm.confirming import create_of, with_lookup
from ocreg.confirm.fulfilment import SENDS, fulfil
from ocreg.confirm.outcomes import answer_of
from ocreg.engine.exchange import Discard, Halted, NeedToken, Send, Sleep
from ocreg.engine.messages import Failure, Reply
from ocreg.registry.values import decode

LOST = Failure("reset", "as scripted")
REFUSED = Failure("connect", "as scripted")
CREATE, QUERY = "outbound.create", "outbound.query"


def order(number: str = "A-1", **fields) -> dict:
    return {
        "referenceNumber": number,
        "consigneeName": "Test Person",
        "consigneeAddress1": "1 Example Road",
        "consigneeCountryCode": "GB",
        **fields,
    }


def yes(*rows: dict, **more) -> Reply:
    return Reply(200, {}, json.dumps({"code": 0, "data": list(rows), **more}).encode())


def no(code: str = "300001", *rows: dict) -> Reply:
    body = {"code": 3, "errors": [{"code": code, "message": "no"}], "success": False}
    return Reply(200, {}, json.dumps({**body, "data": list(rows)} if rows else body).encode())


def row(number: str = "A-1", made: str = "OCO1") -> dict:
    return {"orderNumber": made, "referenceNumber": number}


NOT_THERE = [yes()] * 11
"""The answers to all the questions of one settling time of a minute."""


class Play:
    """A create against scripted outcomes; time passes only where the conversation sleeps."""

    def __init__(self, items: list | dict, *script, id: str = CREATE, ask_first: bool = False, **settings) -> None:
        self.now, self.sent, self.pauses, self.discarded = 0.0, [], [], []
        self.client = Client("local", monotonic=lambda: self.now, **settings)
        endpoint = self.client.registry[id]
        create = create_of(self.client.caller, endpoint, items if isinstance(items, list) else [items], "mid")
        self.create = with_lookup(self.client.caller, create)
        self.script = list(script)
        self.outcomes = self._run(fulfil(self.create, ask_first=ask_first))

    def _run(self, conversation) -> list:
        try:
            wish = next(conversation)
            while True:
                wish = self._answer(conversation, wish)
        except StopIteration as end:
            assert self.script == [], "the script was not played to its end"
            return end.value

    def _answer(self, conversation, wish):
        if isinstance(wish, Sleep):
            self.pauses.append(wish.seconds)
            self.now += wish.seconds
            return conversation.send(None)
        if isinstance(wish, NeedToken):
            return conversation.send("T")
        if isinstance(wish, Discard):
            self.discarded.append(wish.reply)
            return conversation.send(None)
        assert isinstance(wish, Send)
        body = decode(wish.request.body)
        self.sent.append((wish.request.operation, body["messageId"], body["data"]))
        outcome = self.script.pop(0)
        if isinstance(outcome, Exception):
            return conversation.throw(outcome)
        return conversation.send(outcome)

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _, _ in self.sent]

    @property
    def answer(self) -> dict:
        return answer_of(self.create, self.outcomes)


def test_what_goes_well_is_not_asked_for() -> None:
    play = Play([order()], yes(row()))
    assert play.answer == {"code": 0, "data": [row()], "messageId": "mid"}
    assert play.operations == [CREATE]


def test_a_lost_answer_is_replaced_by_what_is_found() -> None:
    play = Play([order()], LOST, yes({**row(), "orderStatus": "Submitted"}))
    assert play.answer["data"][0]["orderNumber"] == "OCO1"
    assert play.sent[1][0] == QUERY
    assert play.sent[1][2] == {"referenceNumberList": [{"referenceNumber": "A-1"}]}
    assert play.pauses == []


@pytest.mark.parametrize(
    "lost",
    [
        LOST,
        Failure("read-timeout", ""),
        Failure("truncated", ""),
        Reply(500, {}, b""),
        Reply(200, {}, b"<html>"),
        Reply(200, {}, b'{"data": "x", "code": 0}'),
        Reply(200, {}, b'{"message": "?"}'),
        Reply(200, {}, b'{"code": 99}'),
        no("sandbox.repeated"),
        yes(),
        yes({"referenceNumber": "A-1"}),
        yes(row("B-9", "OCO9")),
    ],
    ids=repr,
)
def test_whatever_leaves_it_in_doubt_is_asked_for(lost) -> None:
    assert Play([order()], lost, yes(row())).answer["data"] == [row()]


@pytest.mark.parametrize("refusal", [REFUSED, no(), Reply(403, {}, b""), Reply(429, {}, b"")], ids=repr)
def test_a_certain_no_is_raised_and_asks_nothing(refusal) -> None:
    play = Play([order()], refusal, retries=0)
    with pytest.raises(CallError) as caught:
        _ = play.answer
    assert (caught.value.happened, play.operations) == ("no", [CREATE])


def test_what_is_certainly_absent_is_sent_again_with_the_same_message_id() -> None:
    play = Play([order()], LOST, *NOT_THERE, yes(row()))
    assert play.answer["data"] == [row()]
    assert play.sent[0] == play.sent[-1]  # the same bytes but for the time
    assert sum(play.pauses) == 60.0
    assert play.pauses[:5] == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert max(play.pauses) <= 10


def test_an_order_that_shows_late_is_not_sent_again() -> None:
    play = Play([order()], LOST, *NOT_THERE[1:], yes(row()))
    assert play.answer["data"] == [row()]
    assert play.operations.count(CREATE) == 1


def test_a_no_to_a_repeat_is_asked_for_too() -> None:
    """The vendor may refuse a repeat with a code that nobody knows, because there is one by now."""
    assert Play([order()], LOST, *NOT_THERE, no("X1"), yes(row())).answer["data"] == [row()]
    play = Play([order()], LOST, *NOT_THERE, no("X1"), *NOT_THERE)
    assert (play.outcomes[0].happened, play.operations.count(CREATE)) == ("no", 2)


def test_it_is_not_sent_for_ever() -> None:
    script = [outcome for _ in range(SENDS) for outcome in (LOST, *NOT_THERE)]
    play = Play([order()], *script)
    with pytest.raises(TransportError, match=r"happened: no \(looked up, and certainly absent\)") as caught:
        _ = play.answer
    assert (caught.value.happened, caught.value.message_id) == ("no", "mid")
    assert play.operations.count(CREATE) == SENDS


def test_questions_without_an_answer_prove_nothing() -> None:
    play = Play([order()], LOST, *[Reply(403, {}, b"")] * 17, retries=0)
    with pytest.raises(OutcomeUnknown) as caught:
        _ = play.answer
    error = caught.value
    assert (error.happened, error.keys, error.message_id) == ("unknown", ["A-1"], "mid")
    assert error.lookup == {"operation": QUERY, "data": {"referenceNumberList": [{"referenceNumber": "A-1"}]}}
    assert isinstance(error.__cause__, TransportError)
    assert play.operations.count(CREATE) == 1
    assert sum(play.pauses) >= 120


def test_a_question_that_fails_at_first_is_asked_again() -> None:
    play = Play([order()], LOST, Reply(403, {}, b""), LOST, StoreError("the store is gone"), yes(row()), retries=0)
    assert play.answer["data"] == [row()]


@pytest.mark.parametrize(
    "rows", [[{"orderNumber": "OCO1"}], [row("A-1 ")], [row("a-1")], [row("B-1"), row("B-2")]], ids=repr
)
def test_an_answer_about_something_else_proves_nothing(rows: list) -> None:
    """The vendor may spell, trim or filter otherwise than we think: then nobody knows what is not there."""
    play = Play([order()], LOST, *[yes(*rows)] * 17)
    assert (play.outcomes[0].happened, play.operations.count(CREATE)) == ("unknown", 1)
    assert isinstance(play.outcomes[0].error, OutcomeUnknown)


def test_what_a_question_for_many_leaves_out_is_asked_for_alone_before_it_is_absent() -> None:
    """The vendor may show fewer than it was asked for: here one at a time."""
    numbers = [f"A-{number}" for number in range(1, 16)]
    shown = [yes(row(number)) for number in numbers]
    play = Play([order(number) for number in numbers], LOST, *shown)
    assert [outcome.happened for outcome in play.outcomes] == ["yes"] * 15
    asked = [len(data["referenceNumberList"]) for operation, _, data in play.sent if operation == QUERY]
    assert asked == [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 1, 1, 1, 1]
    play = Play([order(number) for number in numbers], LOST, *shown[:11], yes(), *shown[12:], yes(row("A-12")))
    assert play.sent[-1][2] == [order("A-12")]  # only what is certainly not there
    assert [outcome.happened for outcome in play.outcomes] == ["yes"] * 15


def test_what_was_proved_alone_is_not_asked_for_again_where_another_question_fails() -> None:
    script = [LOST, *NOT_THERE, yes(), Reply(403, {}, b""), yes(), yes(row("A-1"), row("A-2"))]
    play = Play([order("A-1"), order("A-2")], *script, retries=0)
    assert [outcome.happened for outcome in play.outcomes] == ["yes", "yes"]
    asked = [[one["referenceNumber"] for one in d["referenceNumberList"]] for o, _, d in play.sent if o == QUERY]
    assert asked[-3:] == [["A-1"], ["A-2"], ["A-2"]]


@pytest.mark.parametrize("body", [{"code": 0}, {"code": 0, "success": True, "message": "ok"}], ids=repr)
def test_an_answer_without_data_proves_nothing(body) -> None:
    play = Play([order()], LOST, *[Reply(200, {}, json.dumps(body).encode())] * 17)
    assert (play.outcomes[0].happened, play.operations.count(CREATE)) == ("unknown", 1)


@pytest.mark.parametrize("data", [{}, {"inboundOrderList": None}, {"total": 0}], ids=repr)
def test_an_answer_without_the_list_of_rows_proves_nothing(data) -> None:
    play = Play(
        INBOUND, LOST, *[Reply(200, {}, json.dumps({"code": 0, "data": data}).encode())] * 17, id="inbound.create"
    )
    assert (play.outcomes[0].happened, play.operations.count("inbound.create")) == ("unknown", 1)


def test_an_empty_list_below_its_name_is_an_answer() -> None:
    none = Reply(200, {}, b'{"code": 0, "data": {"inboundOrderList": []}}')
    made = Reply(200, {}, b'{"code": 0, "data": {"inboundNumber": "OCI1"}}')
    assert Play(INBOUND, LOST, *[none] * 11, made, id="inbound.create").outcomes[0].happened == "yes"


def test_names_are_read_in_whatever_case() -> None:
    play = Play([order()], LOST, yes({"OrderNumber": "OCO1", "ReferenceNumber": "A-1"}))
    assert play.answer["data"] == [{"OrderNumber": "OCO1", "ReferenceNumber": "A-1"}]


def test_where_a_question_for_many_is_answered_oddly_each_is_asked_alone() -> None:
    asked = [yes(row("A-1"), row("X")), yes(row("A-2", "OCO2"))]
    play = Play([order("A-1"), order("A-2")], LOST, *asked)
    assert [r["orderNumber"] for r in play.answer["data"]] == ["OCO1", "OCO2"]
    assert [len(data["referenceNumberList"]) for operation, _, data in play.sent if operation == QUERY] == [2, 1]


def test_a_number_that_is_a_member_of_an_enumeration_is_asked_for_by_its_value() -> None:
    class Number(str, Enum):
        FIRST = "A-1"

    play = Play([order(Number.FIRST)], LOST, yes(row("A-1")))
    assert play.answer["data"] == [row("A-1")]


def test_a_store_that_fails_in_the_middle_hides_nothing() -> None:
    script = [LOST, yes(row("A-1")), *NOT_THERE[1:], StoreError("the token store is gone")]
    play = Play([order("A-1"), order("A-2")], *script)
    assert [outcome.happened for outcome in play.outcomes] == ["yes", "no"]
    with pytest.raises(PartlyRefused, match="no access token, so it was not sent"):
        _ = play.answer


class Halting(Play):
    """A play in which, once the script is at its end, nothing more may be sent."""

    def _run(self, conversation) -> list:
        try:
            return super()._run(conversation)
        except Halted as halted:
            with pytest.raises(StopIteration) as end:
                conversation.throw(halted)
            return end.value.value

    def _answer(self, conversation, wish):
        if isinstance(wish, Send) and not self.script:
            raise Halted("taken over")
        return super()._answer(conversation, wish)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ([], ["no", "no"]),
        ([Reply(429, {"Retry-After": "1"}, b"")], ["no", "no"]),
        ([LOST], ["unknown", "unknown"]),
        ([LOST, yes()], ["unknown", "unknown"]),
        ([LOST, yes(row("A-1")), *NOT_THERE[1:]], ["yes", "no"]),
        ([no(), *NOT_THERE, yes()], ["unknown", "unknown"]),  # of the second it was not yet asked alone
        ([no(), *NOT_THERE, yes(), yes()], ["no", "no"]),
        ([no(), *NOT_THERE, yes(), yes(), yes(row("A-1"))], ["yes", "no"]),
        ([no(), *NOT_THERE, yes(), yes(), LOST], ["unknown", "no"]),
        (
            [LOST, *NOT_THERE, yes(), yes(), no("X1")],
            ["unknown", "unknown"],
        ),  # a "no" to a repeat may mean that there is one
    ],
)
def test_a_conversation_that_is_halted_tells_what_is_known(script, told) -> None:
    play = Halting([order("A-1"), order("A-2")], *script, retries=2)
    assert [outcome.happened for outcome in play.outcomes] == told
    assert all(isinstance(o.error, OutcomeUnknown) for o in play.outcomes if o.happened == "unknown")
    assert all("taken over" in str(o.error) for o in play.outcomes if o.happened == "no")


def test_who_was_to_ask_first_and_is_halted_knows_nothing() -> None:
    assert [outcome.happened for outcome in Halting([order("A-1")], ask_first=True).outcomes] == ["unknown"]


def test_two_with_one_number_are_a_doubt() -> None:
    play = Play([order()], LOST, yes(row(), row(made="OCO2")))
    with pytest.raises(OutcomeUnknown, match="finds 2 with referenceNumber A-1") as caught:
        _ = play.answer
    assert [found["orderNumber"] for found in caught.value.found] == ["OCO1", "OCO2"]


@pytest.mark.parametrize(
    "said", [yes(), no("sandbox.repeated"), Reply(200, {}, b'{"data": [{"orderNumber": 5}], "code": 0}')]
)
def test_what_the_vendor_calls_done_is_never_sent_again(said) -> None:
    play = Play([order()], said, *NOT_THERE)
    with pytest.raises(OutcomeUnknown):
        _ = play.answer
    assert play.operations.count(CREATE) == 1


def test_of_a_batch_only_what_is_missing_is_sent_again() -> None:
    found = [row("A-1", "OCO1"), row("A-3", "OCO3")]
    play = Play([order(f"A-{n}") for n in (1, 2, 3)], LOST, yes(*found), *NOT_THERE[1:], yes(row("A-2", "OCO2")))
    assert [r["orderNumber"] for r in play.answer["data"]] == ["OCO1", "OCO2", "OCO3"]
    assert [o["referenceNumber"] for o in play.sent[-1][2]] == ["A-2"]
    assert len(play.sent[2][2]["referenceNumberList"]) == 1  # only what is still in doubt is asked for


def test_a_refused_batch_is_sent_one_by_one_with_new_message_ids() -> None:
    play = Play([order("A-1"), order("A-2")], no(), *NOT_THERE, yes(), yes(), yes(row("A-1")), no())
    with pytest.raises(PartlyRefused, match="of 2 items 1 took effect, 1 did not") as caught:
        _ = play.answer
    first, second = caught.value.outcomes
    assert (first.happened, first.row, second.happened) == ("yes", row("A-1"), "no")
    assert isinstance(second.error, ApiError)
    creates = [(message, len(data)) for operation, message, data in play.sent if operation == CREATE]
    assert [count for _, count in creates] == [2, 1, 1]
    assert len({message for message, _ in creates}) == 3
    shown = json.loads(json.dumps(caught.value.as_dict()))["outcomes"]
    assert [outcome["happened"] for outcome in shown] == ["yes", "no"]
    assert pickle.loads(pickle.dumps(caught.value)).outcomes[0] == first


def test_rows_beside_a_refusal_count() -> None:
    play = Play([order("A-1"), order("A-2")], no("sandbox.repeated", row("A-1")), yes(row("A-2", "OCO2")))
    assert [r["orderNumber"] for r in play.answer["data"]] == ["OCO1", "OCO2"]


def test_a_row_without_a_number_beside_a_refusal_does_not_count() -> None:
    told = no("1234", {"referenceNumber": "A-1", "orderNumber": None})
    play = Play([order("A-1")], told, *NOT_THERE, retries=0)  # nor does it prove a no: it is asked for
    assert play.outcomes[0].happened == "no"
    assert play.operations == [CREATE] + [QUERY] * len(NOT_THERE)


def test_a_refusal_beside_a_whole_row_was_carried_out() -> None:
    assert Play([order("A-1")], no("1234", row())).answer["data"] == [row()]


def test_an_answer_to_somebody_else_is_not_taken_for_ours() -> None:
    # another account may use the same number: a row proves nothing where the messageId is not ours
    play = Play([order()], yes(row("A-1", "OCO9"), messageId="another"), yes(row()))
    assert (play.answer["data"], len(play.discarded)) == ([row()], 1)


def test_a_batch_with_one_in_doubt_says_which() -> None:
    play = Play([order("A-1"), order("A-2")], LOST, yes(row("A-1"), row("A-1"), row("A-2")))
    with pytest.raises(OutcomeUnknown, match=r"\[0\]") as caught:
        _ = play.answer
    assert caught.value.keys == ["A-1"]
    assert [outcome.happened for outcome in caught.value.outcomes] == ["unknown", "yes"]


def test_a_process_that_does_not_know_asks_first() -> None:
    play = Play([order()], yes(row()), ask_first=True)
    assert (play.answer["data"], play.operations) == ([row()], [QUERY])
    play = Play([order()], *NOT_THERE, yes(row()), ask_first=True)
    assert play.operations == [QUERY] * 11 + [CREATE]


INBOUND = {
    "sellerInboundNumber": "IN-1",
    "serviceRegion": "UK",
    "shippingFrom": "GB",
    "shippingMethod": "EX",
    "ETA": "2026-01-01+0000",
    "cartonList": [{"sellerCartonNumber": "C1", "productList": [{"MFSKUID": "OC1", "quantity": "1"}]}],
}


def test_a_code_that_says_absent_is_an_answer() -> None:
    made = Reply(200, {}, b'{"code": 0, "data": {"inboundNumber": "OCI1"}}')
    play = Play(INBOUND, LOST, *[no("3A0529")] * 11, made, id="inbound.create")
    assert play.answer["data"] == {"inboundNumber": "OCI1"}
    assert play.sent[1] == ("inbound.detail", play.sent[1][1], {"sellerinboundNumberList": ["IN-1"]})


def test_a_single_thing_is_found_below_its_list() -> None:
    there = {"inboundOrderList": [{"inboundNumber": "OCI1", "sellerinboundNumber": "IN-1"}]}
    play = Play(INBOUND, LOST, Reply(200, {}, json.dumps({"code": 0, "data": there}).encode()), id="inbound.create")
    assert play.answer["data"]["inboundNumber"] == "OCI1"


def test_where_absence_proves_nothing_nothing_is_sent_again() -> None:
    estimate = {
        "referenceId": "1",
        "serviceRegion": "UK",
        "consigneeCountryCode": "GB",
        "consigneePostCode": "AB1",
        "skuType": True,
    }
    play = Play(estimate, LOST, *[yes()] * 8, id="pricing.estimate")
    with pytest.raises(OutcomeUnknown, match="did not show whether"):
        _ = play.answer
    assert play.operations.count("pricing.estimate") == 1
    assert sum(play.pauses) == 30


def test_personal_data_that_rows_repeat_is_masked_in_what_is_kept() -> None:
    told = {**row("A-1"), "consigneeName": "Ann Example"}
    play = Play([order("A-1"), order("A-2")], LOST, yes(told), *[Reply(403, {}, b"")] * 16, retries=0)
    with pytest.raises(OutcomeUnknown) as caught:
        _ = play.answer
    error = caught.value
    assert error.outcomes[0].row["consigneeName"] == "Ann Example"
    kept = json.dumps(error.as_dict()) + repr([tuple(one) for one in pickle.loads(pickle.dumps(error)).outcomes])
    assert "Ann Example" not in kept
    assert kept.count("OCO1") == 2


# Through the client


def test_the_default_is_to_raise() -> None:
    with Client("local") as client, pytest.raises(SettingInvalid, match="on_unknown must be 'raise' or 'confirm'"):
        client.call(CREATE, [order()], on_unknown="guess")


def test_call_and_confirm_on_the_local_sandbox() -> None:
    with Client("local") as client:
        made = client.call(CREATE, [order()], on_unknown="confirm")["data"][0]["orderNumber"]
        assert client.confirm(CREATE, [order()])["data"][0]["orderNumber"] == made
        assert len(client.call(QUERY, {"referenceNumberList": [{"referenceNumber": "A-1"}]})["data"]) == 1


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([order(), {k: v for k, v in order().items() if k != "referenceNumber"}], r"\[1\].referenceNumber: is needed"),
        ([order(""), order()], r"\[0\].referenceNumber: is needed"),
        ([order(), order("A-2"), order()], r"\[2\].referenceNumber: is also in item 0"),
        ([order("A-1 ")], r"(?s)\[0\].referenceNumber: begins or ends with a space: .*fix: remove the spaces"),
        ([order("\u3000A-1")], r"\[0\].referenceNumber: begins or ends with a space"),
        ([order("\ufeffA-1")], r"\[0\].referenceNumber: begins or ends with a space"),
        ([order("Mu\u0308ller-1")], r"(?s)\[0\].referenceNumber: has decomposed letters .*fix: write it in NFC"),
        ([order("A\0")], r"\[0\].referenceNumber: holds a NUL character"),
    ],
)
def test_what_cannot_be_told_apart_is_refused_before_anything_is_sent(items, words) -> None:
    with Client("local") as client:
        with pytest.raises(RequestInvalid, match=words):
            client.call(CREATE, items, on_unknown="confirm")
        assert client.transport.sandbox.records.all("outbound")[0]["orderNumber"]
        found = client.call(QUERY, {"referenceNumberList": [{"referenceNumber": "A-2"}]})["data"]
        assert found == []


def test_an_operation_without_a_question_says_so() -> None:
    payload = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}
    with Client("local") as client, pytest.raises(OperationUnavailable, match="its file has no `confirm`"):
        client.call("outbound.cancel", payload, on_unknown="confirm")


class Waiting(Play):
    """After each pause it waits two minutes for its turn."""

    def _run(self, _) -> list:
        return super()._run(fulfil(self.create._replace(aside=self._turn), ask_first=True))

    @contextmanager
    def _turn(self):
        yield
        self.now += 120


def test_waiting_for_a_turn_leaves_no_less_time_for_lookups_that_fail() -> None:
    play = Waiting([order()], LOST, LOST, LOST, yes(row()), retries=0)
    assert [outcome.happened for outcome in play.outcomes] == ["yes"]
    assert play.operations == [QUERY] * 4
