"""What a source adds to an operation that the registry has, and where the two contradict each other."""

import pytest
from pages import answered, body, document, saved, wrapped
from test_import_files import imported, run

from ocreg import Client, Registry
from ocreg.interchange.overlays import Overlay

CANCEL = "/3pp/outbound/v1/cancel"


def cancel(fields: dict, required: list[str], path: str = CANCEL, method: str = "post", **more) -> dict:
    data = {"type": "object", "required": required, "properties": fields}
    return document((method, path, {"requestBody": body(wrapped(data)), "responses": {}, **more}))


SAME = {name: {"type": "string"} for name in ("orderNumber", "cancelTime", "cancelReason")}
BOTH = ["orderNumber", "cancelTime"]


def test_the_same_again_writes_nothing(tmp_path) -> None:
    out = run(tmp_path, saved(tmp_path, cancel(SAME, BOTH)), "--yes")
    assert out == "outbound.cancel: the registry has all of it already\n"


def test_only_what_differs_is_written(tmp_path) -> None:
    fields = {
        **SAME,
        "orderNumber": {"type": "string", "maxLength": 30},
        "operator": {"type": "string", "title": "Who"},
    }
    file = imported(tmp_path, cancel(fields, BOTH))["outbound.cancel"]
    assert set(file) == {"extends", "data", "evidence", "examples"}
    assert file["examples"]["rejected"] == [
        {"because": "maxLength", "change": {"/orderNumber": "x" * 31}},
        {"because": "type", "change": {"/operator": 1.5}},
    ]
    assert file["extends"] == "outbound.cancel"
    assert file["data"] == {
        "properties": {"orderNumber": {"maxLength": 30}, "operator": {"description": "Who.", "type": "string"}}
    }
    with Client("local", endpoints=[tmp_path / "own"]) as client:
        endpoint = client.registry["outbound.cancel"]
        assert not endpoint.data.ok({**endpoint.examples["request"][0]["data"], "orderNumber": "x" * 31})
        data = {**endpoint.examples["request"][1]["data"], "operator": "me"}
        assert endpoint.check(data).data == data


CONTRADICTIONS = {
    "required": (cancel(SAME, [*BOTH, "cancelReason"]), "data.cancelReason: the source says required, the file optional"),
    "optional": (cancel(SAME, ["orderNumber"]), "data.cancelTime: the source says optional, the file required"),
    "type": (cancel({**SAME, "cancelTime": {"type": "integer"}}, BOTH), "data.cancelTime: the source says integer, the file string"),
    "rule": (cancel({**SAME, "orderNumber": {"type": "string", "minLength": 4}}, BOTH), "data.orderNumber minLength: the source says 4, the file 1"),
    "spelling": (cancel({**SAME, "OrderNumber": {"type": "string"}}, BOTH), "data.OrderNumber: the source says the spelling OrderNumber, the file orderNumber"),
    "missing": (cancel({k: SAME[k] for k in BOTH}, BOTH), "data.cancelReason: the file has this field, the source does not"),
    "method": (cancel(SAME, BOTH, method="put"), "method: the source says PUT, the file POST"),
    "path": (
        cancel(SAME, BOTH, "/3pp/outbound/v2/cancel", **{"x-run-in-apifox": "https://app.apifox.com/web/project/1/apis/api-116942658-run"}),
        "path: the source says /3pp/outbound/v2/cancel, the file /3pp/outbound/v1/cancel",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_contradiction_is_shown_first_and_the_file_stands(tmp_path, case) -> None:
    source, words = CONTRADICTIONS[case]
    out = run(tmp_path, saved(tmp_path, source))
    assert out.splitlines()[2] == f"! {words}"
    file = imported(tmp_path, source)["outbound.cancel"]
    assert set(file) == {"extends", "evidence"}
    assert file["evidence"]["unknown"][0] == words
    assert "a success example" in file["evidence"]["unknown"]


def test_a_rule_that_breaks_the_files_own_examples_is_left_out(tmp_path) -> None:
    fields = {**SAME, "orderNumber": {"type": "string", "maxLength": 5}, "operator": {"type": "string"}}
    file = imported(tmp_path, cancel(fields, BOTH))["outbound.cancel"]
    assert file["data"] == {"properties": {"operator": {"description": "TODO say what operator is.", "type": "string"}}}


def test_an_announced_operation_becomes_callable(tmp_path) -> None:
    row = {"type": "object", "properties": {"state": {"type": "string", "title": "State"}}}
    data = {"type": "object", "required": ["vasNumber"], "properties": {"vasNumber": {"type": "string", "title": "N"}}}
    operation = {"summary": "queryVasOrderDetail", "requestBody": body(wrapped(data)), "responses": answered(row)}
    file = imported(tmp_path, document(("post", "/openapi/3pp/vas/v1/detail", operation)))["vas.query"]
    assert file["path"] == "/3pp/vas/v1/detail"  # the host's base is not part of it
    assert file["evidence"]["status"] == "documented"
    assert "method, path and headers" not in file["evidence"]["unknown"]
    assert "limits" in file["evidence"]["unknown"]
    assert "effect" not in file
    assert "summary" not in file
    with Client("local", endpoints=[tmp_path / "own"]) as client:
        assert client.call("vas.query", {"vasNumber": "V1"})["data"] == {"state": "string"}


def test_a_payload_shown_alone_is_the_envelopes(tmp_path) -> None:
    data = {"type": "object", "required": BOTH, "properties": {**SAME, "operator": {"type": "string"}}}
    file = imported(tmp_path, document(("post", CANCEL, {"requestBody": body(data)})))["outbound.cancel"]
    assert "envelope" not in file
    assert list(file["data"]["properties"]) == ["operator"]


def test_the_id_that_is_given_counts(tmp_path) -> None:
    file = imported(tmp_path, cancel(SAME, BOTH, "/3pp/vas/v1/cancel"), "--id", "vas.cancel")["vas.cancel"]
    assert file["extends"] == "vas.cancel"
    assert file["path"] == "/3pp/vas/v1/cancel"


def test_several_that_fit_are_named(tmp_path) -> None:
    path = Registry([])["oauth.token"].path
    out = run(tmp_path, saved(tmp_path, document(("post", path, {"responses": {}}))), code=2)
    assert "oauth.refresh, oauth.token match it equally: import it separately, with --id" in out


def test_of_two_sources_for_one_operation_the_first_counts(tmp_path) -> None:
    fields = {**SAME, "operator": {"type": "string"}}
    files = [saved(tmp_path, cancel(fields, BOTH), name) for name in ("one", "two")]
    out = run(tmp_path, *files, "--yes", code=2)
    assert "its id is outbound.cancel, as is that of POST /3pp/outbound/v1/cancel: import one of them separately" in out


def test_what_others_share_is_tightened_here_and_reported_inside(tmp_path) -> None:
    """A rule may stand beside a `$ref`; a field inside of what is shared, and closed, can only be reported."""
    (tmp_path / "_shared").mkdir()
    (tmp_path / "_shared/things.yaml").write_text(
        "size: {type: object, additionalProperties: false, properties: {w: {type: integer, description: W.}}}\n"
    )
    (tmp_path / "stickers").mkdir()
    (tmp_path / "stickers/order.yaml").write_text(
        "summary: Order stickers.\nmethod: POST\npath: /3pp/stickers/v1/order\neffect: create\n"
        "host: {sandbox: https://a.example.com, production: https://b.example.com}\nevidence: {status: partial}\n"
        "data: {type: object, properties: {size: {$ref: _shared/things.yaml#/size}}}\n"
    )
    size = {"type": "object", "minProperties": 1, "properties": {"w": {"type": "integer", "minimum": 1}, "h": {}}}
    draft = {
        **{"method": "POST", "path": "/3pp/stickers/v1/order", "evidence": {"status": "documented", "sources": []}},
        "data": {"type": "object", "properties": {"size": size, "note": {"type": "string"}}},
    }
    overlay = Overlay(Registry([tmp_path])["stickers.order"], draft)
    assert overlay.patch == {"data": {"properties": {"size": {"minProperties": 1}, "note": {"type": "string"}}}}
    assert overlay.contradictions == [
        "data.size.w: the source says minimum 1, the file nothing",
        "data.size.h: the source has this field, the file does not",
    ]
