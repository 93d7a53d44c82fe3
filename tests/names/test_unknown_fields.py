"""What is done about fields that a file does not describe: in calls, reads, batches and plans, and by overlays."""

import json
import threading
import warnings
from pathlib import Path

import pytest

from ocreg import (
    Client,
    OtherRowsWarning,
    RequestInvalid,
    RequestWarning,
    ResponseInvalid,
    SettingInvalid,
    UnfilteredWarning,
    UnknownFieldWarning,
)
from ocreg.engine.messages import Reply
from ocreg.registry.files import Registry

ORDER = {"consigneeName": "Test Person", "consigneeAddress1": "1 Example Road", "consigneeCountryCode": "GB"}


class Scripted:
    """Answers every request with the same rows, and keeps what was sent."""

    def __init__(self, rows: list) -> None:
        self.rows, self.sent = rows, []

    def send(self, request, timeout):
        self.sent.append(json.loads(request.body)["data"])
        return Reply(200, {}, json.dumps({"code": 0, "data": self.rows}).encode())

    def close(self) -> None:
        pass


def client(rows: list | None = None, **settings) -> Client:
    made = Client("sandbox", client_key="k", secret_key="s", access_token="t", **settings)
    made.transport = Scripted(rows or [])
    return made


def refused(call) -> list[str]:
    with pytest.raises(RequestInvalid) as raised:
        call()
    return [violation.because for violation in raised.value.violations]


def test_a_field_near_a_known_one_is_not_sent() -> None:
    ours = client()
    assert refused(lambda: ours.call("outbound.query", {"orderNumber": "OCO1"})) == ["unknown at orderNumber"]
    order = {**ORDER, "serviceRegoin": "UK", "productList": [{"mfSkuID": "x", "skuQty": 1}]}
    assert refused(lambda: ours.call("outbound.create", [order])) == [
        "unknown at [0].serviceRegoin",
        "unknown at [0].productList[0].mfSkuID",
        "unknown at [0].productList[0].skuQty",
    ]
    assert ours.transport.sent == []


def test_the_error_names_the_fix_the_way_out_and_the_place() -> None:
    with pytest.raises(RequestInvalid) as raised:
        client().call("outbound.query", {"orderNumberList": [{"orderNumbr": "OCO1"}]})
    assert str(raised.value).splitlines()[1:] == [
        '  orderNumberList[0].orderNumbr: unknown field "orderNumbr"',
        "      fix: did you mean `orderNumber`? (to send it on purpose: unknown={'orderNumbr'}, or --allow-unknown orderNumbr)",
        "      rule: unknown, endpoints/outbound/query.yaml:25",
    ]


def test_it_is_told_beside_the_other_broken_rules() -> None:
    broken = refused(lambda: client().call("outbound.create", [{"consigneeNam": "x", "remarks": 5}]))
    assert broken[0] == "unknown at [0].consigneeNam"
    assert {"required at [0].consigneeName", "type at [0].remarks"} <= set(broken)


@pytest.mark.parametrize("policy", ["refuse", "warn", "allow"])
def test_the_near_rule_holds_under_every_policy(policy: str) -> None:
    ours = client(unknown=policy)
    assert refused(lambda: ours.call("outbound.query", {"orderNumber": "OCO1"})) == ["unknown at orderNumber"]


def test_other_fields_are_sent_with_a_warning_once_each() -> None:
    ours = client()
    with pytest.warns(UnknownFieldWarning) as told:
        ours.call("outbound.create", [{**ORDER, "giftNote": "x", "orderNo": "5"}, {**ORDER, "giftNote": "y"}])
    assert [str(one.message) for one in told] == [
        "outbound.create: giftNote is not described; it is sent unchanged",
        "outbound.create: orderNo is not described; it is sent unchanged",
    ]
    assert (told[0].message.operation, told[0].message.field) == ("outbound.create", "giftNote")
    assert {Path(one.filename) for one in told} == {Path(__file__)}
    assert issubclass(UnknownFieldWarning, RequestWarning)
    ours.call("outbound.create", [{**ORDER, "giftNote": "x"}])  # told once: warnings are errors in these tests
    assert [order.get("giftNote") for payload in ours.transport.sent for order in payload] == ["x", "y", "x"]


def test_a_warning_that_is_an_error_stops_the_call_every_time() -> None:
    ours = client()
    for _ in range(2):
        with pytest.raises(UnknownFieldWarning):
            ours.call("outbound.create", [{**ORDER, "giftNote": "x"}])
    assert ours.transport.sent == []


def test_a_field_of_a_sibling_that_is_written_passes_with_a_word_on_where_it_is_known() -> None:
    with pytest.warns(UnknownFieldWarning, match=r"consigneeName is not described \(outbound.create has a field of"):
        client().call("outbound.create_third_party_label", [{"consigneeName": "Test Person"}])


def test_a_misspelled_field_of_a_sibling_is_refused() -> None:
    data = [{"consigneeNmae": "Test Person"}]
    assert refused(lambda: client().call("outbound.create_third_party_label", data)) == ["unknown at [0].consigneeNmae"]


def test_refuse_and_allow() -> None:
    data = [{**ORDER, "giftNote": "x"}]
    assert refused(lambda: client(unknown="refuse").call("outbound.create", data)) == ["unknown at [0].giftNote"]
    quiet = client(unknown="allow")
    quiet.call("outbound.create", data)
    assert quiet.transport.sent == [data]


def test_the_policy_is_a_setting_as_others_are(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("OCREG_UNKNOWN", "refuse")
    assert client().settings.unknown == "refuse"
    assert client(unknown="allow").settings.unknown == "allow"
    monkeypatch.delenv("OCREG_UNKNOWN")
    (tmp_path / "ocreg.toml").write_text('[profiles.mine]\nunknown = "refuse"\n')
    monkeypatch.setenv("OCREG_CONFIG", str(tmp_path / "ocreg.toml"))
    assert client(profile="mine").settings.unknown == "refuse"
    with pytest.raises(SettingInvalid, match=r"unknown .OCREG_UNKNOWN. must be one of refuse, warn, allow"):
        client(unknown="ignore")


def test_a_field_that_is_named_is_sent_by_every_way() -> None:
    ours = client([{"orderNumber": "OCO1", "referenceNumber": "R"}])
    query, order = {"orderNumber": "OCO1"}, {**ORDER, "referenceNumber": "R", "serviceRegoin": "UK"}
    ours.call("outbound.query", query, unknown={"orderNumber"})
    list(ours.iterate("outbound.query", query, unknown=["orderNumber"]))
    sent = list(ours.call_many("outbound.create", [order], unknown={"serviceRegoin"}))
    ours.confirm("outbound.create", [order], unknown={"serviceRegoin"})
    assert [one.error for one in sent] == [None]
    assert ours.transport.sent[:3] == [query, query, [order]]
    assert ours.plan("outbound.query", query, unknown={"orderNumber"})["valid"]
    assert not ours.plan("outbound.query", query)["valid"]
    with pytest.raises(RequestInvalid):
        ours.call("outbound.query", query)  # it was for those calls only


@pytest.mark.parametrize("wrong", ["orderNumber", [5], {"a": 1, 2: 3}])
def test_what_names_no_fields_is_refused(wrong) -> None:
    with pytest.raises(SettingInvalid, match="unknown must hold the names of fields"):
        client().call("outbound.query", unknown=wrong)


def test_call_many_refuses_the_item_and_sends_the_others() -> None:
    ours = client([{"orderNumber": "OCO1", "referenceNumber": "1"}])
    items = [{**ORDER, "referenceNumber": "1"}, {**ORDER, "referenceNumber": "2", "serviceRegoin": "UK"}]
    good, bad = ours.call_many("outbound.create", items)
    assert good.row == {"orderNumber": "OCO1", "referenceNumber": "1"}
    assert isinstance(bad.error, RequestInvalid)
    assert bad.error.violations[0].where == "[1].serviceRegoin"


def overlay(tmp_path: Path, text: str) -> Registry:
    (tmp_path / "outbound").mkdir(exist_ok=True)
    (tmp_path / "outbound" / "query.yaml").write_text(f"extends: outbound.query\n{text}")
    return Registry([tmp_path])


def test_a_file_lets_fields_through(tmp_path) -> None:
    endpoint = overlay(tmp_path, "data: {x-unknown: allow}\n")["outbound.query"]
    endpoint.check({"orderNumber": "OCO1", "giftNote": "x"})
    assert refused(lambda: endpoint.check({"orderNumberList": [{"orderNumbr": "x"}]})) == [
        "unknown at orderNumberList[0].orderNumbr"  # that object does not say so
    ]


def test_an_object_of_which_nothing_is_described_takes_any_field(tmp_path) -> None:
    text = "data: {properties: {extra: {type: object}, map: {additionalProperties: {type: string}}}}\n"
    overlay(tmp_path, text)["outbound.query"].check({"extra": {"a": 1}, "map": {"b": "c"}, "startTime": MOMENT})


MOMENT = "2025-06-17T10:10:10+0800"


def test_a_schema_without_end_is_looked_through_all_the_same(tmp_path) -> None:
    text = "data: {properties: {node: {$ref: '#/$defs/node'}}}\n$defs: {node: {type: object, properties: {size: {}, node: {$ref: '#/$defs/node'}}}}\n"
    endpoint = overlay(tmp_path, text)["outbound.query"]
    endpoint.check({"node": {"node": {"node": {"size": 1}}}, "startTime": MOMENT})
    data = {"node": {"node": {"node": {"sizes": 1}}}, "startTime": MOMENT}
    assert refused(lambda: endpoint.check(data)) == ["unknown at node.node.node.sizes"]


@pytest.mark.parametrize("bad", ["{properties: 5}", "{properties: {a: {$ref: '#/$defs/none'}}}", "{type: 5}", "5"])
def test_a_sibling_that_cannot_be_used_keeps_nothing_from_being_sent(tmp_path, bad: str) -> None:
    (tmp_path / "outbound").mkdir()
    text = "summary: A bad one.\neffect: read\nevidence: {status: announced}\ndata: " + bad
    (tmp_path / "outbound" / "bad.yaml").write_text(text)
    with pytest.warns(UnknownFieldWarning):
        Registry([tmp_path])["outbound.query"].check({"giftNote": 1, "startTime": MOMENT})


def test_fields_that_only_a_branch_knows_are_known(tmp_path) -> None:
    text = "data: {anyOf: [{properties: {extra: {type: object, properties: {size: {}}}}}, {required: [none]}]}\n"
    endpoint = overlay(tmp_path, text)["outbound.query"]
    endpoint.check({"extra": {"size": 1}, "startTime": MOMENT})
    data = {"extra": {"sizes": 1}, "startTime": MOMENT}
    assert refused(lambda: endpoint.check(data)) == ["unknown at extra.sizes"]


def test_many_strange_fields_are_counted_and_few_are_told() -> None:
    data = [{**ORDER, "serviceRegoin": "UK"} for _ in range(50)]
    data[0].update({f"serviceRegio{letter}{other}": 1 for letter in "abcdefgh" for other in "abcdefgh"})
    with pytest.raises(RequestInvalid) as raised:
        client().call("outbound.create", data)
    assert len(raised.value.violations) == 100
    assert raised.value.more == 14
    ours = client()
    with pytest.warns(UnknownFieldWarning) as told:
        ours.call("outbound.create", [{**ORDER, **{f"{n}-{n}-{n}": 1 for n in range(1000)}}])
    assert len(told) == 100


def test_a_read_that_names_nothing_is_told() -> None:
    for data in ({}, None, {"orderNumberList": []}, {"orderNumberList": [{}]}, ids("")):
        endpoint = Registry([])["outbound.query"]
        with pytest.warns(UnfilteredWarning, match="the payload has no filter.*filter by orderNumberList, refer"):
            endpoint.check(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Registry([])["outbound.query"].check({"startTime": MOMENT})
        Registry([])["stock.age"].check({})  # nothing is known that would narrow it
        Registry([], unknown="allow")["outbound.query"].check({})
        with pytest.raises(UnfilteredWarning):
            client().call("outbound.query")


def ids(*numbers: str) -> dict:
    return {"orderNumberList": [{"orderNumber": number} for number in numbers]}


ROWS = [{"orderNumber": "OCO1"}, {"orderNumber": "OCO2"}]


def test_rows_about_other_ids_are_told() -> None:
    with pytest.warns(OtherRowsWarning, match="1 of 2 rows are about ids that were not requested") as told:
        answer = client(ROWS).call("outbound.query", ids(" oco1"))
    assert answer["data"] == ROWS
    assert told[0].filename == __file__
    with pytest.warns(OtherRowsWarning):
        assert len(list(client(ROWS).iterate("outbound.query", ids("OCO2")))) == 2


def test_they_are_an_error_where_the_unknown_is_refused() -> None:
    with pytest.raises(ResponseInvalid) as raised:
        client(ROWS, unknown="refuse").call("outbound.query", ids("OCO1"))
    assert raised.value.reply["data"] == ROWS
    assert raised.value.happened == "yes"


@pytest.mark.parametrize(
    "data",
    [
        ids("OCO1", "OCO2"),
        {**ids("OCO1"), "ebayOrderIdList": [{"ebayOrderId": "1"}]},  # which of the rows it found nobody can tell
        {"startTime": MOMENT},
        {"referenceNumberList": [{"referenceNumber": "R1"}]},  # the rows do not say theirs
    ],
)
def test_rows_that_may_be_meant_are_no_news(data: dict) -> None:
    assert client(ROWS, unknown="refuse").call("outbound.query", data)["data"] == ROWS


def test_threads_may_meet_the_same_field_at_once() -> None:
    ours, errors = client(unknown="refuse"), []

    def call() -> None:
        errors.append(refused(lambda: ours.call("outbound.create", [{**ORDER, "serviceRegoin": "UK"}])))

    threads = [threading.Thread(target=call) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert errors == [["unknown at [0].serviceRegoin"]] * 8
