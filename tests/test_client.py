"""The client's surface: plan, masks, message ids, threads, Python values."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

import ocreg
from ocreg import Client, OperationUnavailable, RequestInvalid, SettingMissing

WHEN = "2025-06-17T10:10:10+0800"
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": WHEN}
ORDER = {
    "consigneeName": "Test Person",
    "consigneeAddress1": "1 Example Road",
    "consigneeCountryCode": "GB",
    "consigneeEmail": "person@example.com",
}


def test_call_and_plan_share_one_client_made_from_the_environment(monkeypatch) -> None:
    from ocreg import shared

    monkeypatch.setattr(shared._default, "client", None)
    monkeypatch.setenv("OCREG_ENV", "local")
    assert ocreg.call("outbound.cancel", CANCEL)["code"] == 0
    assert ocreg.plan("outbound.cancel", CANCEL)["environment"] == "local"
    with pytest.raises(ocreg.ApiError):  # the same sandbox: it was cancelled a moment ago
        ocreg.call("outbound.cancel", CANCEL)


def test_the_answer_is_whole_and_echoes_the_message_id() -> None:
    with Client("local") as client:
        answer = client.call("outbound.query", {}, message_id="mine")
    assert answer["messageId"] == "mine"
    assert set(answer) == {"code", "data", "message", "messageId"}


def test_a_plan_says_what_would_be_sent_with_nothing_to_steal() -> None:
    client = Client("production", client_key="the-key", secret_key="the-secret", access_token="the-token", sign="path")
    plan = client.plan("outbound.create", [ORDER], message_id="m")
    assert plan["method"] == "POST"
    assert plan["url"] == "https://openapi-hk.orangeconnex.com/openapi/3pp/outbound/v1/creation"
    assert (plan["environment"], plan["effect"], plan["valid"], plan["missing"]) == ("production", "create", True, [])
    assert set(plan["headers"]) == {"clientKey", "vAuthorization", "Access-Token", "TimeStamp", "Content-Type"}
    assert plan["body"]["data"][0]["consigneeCountryCode"] == "GB"
    assert plan["body"]["data"][0]["consigneeName"] == "***"
    for hidden in ("the-key", "the-secret", "the-token", "Test Person", "person@example.com"):
        assert hidden not in json.dumps(plan)
    shown = json.dumps(client.plan("outbound.create", [ORDER], show_sensitive=True))
    assert "Test Person" in shown
    assert "the-key" not in shown


def test_a_plan_needs_no_settings_and_names_those_a_call_would_need() -> None:
    plan = Client("sandbox").plan("outbound.cancel", CANCEL)
    assert plan["missing"] == [
        "client_key (OCREG_CLIENT_KEY)",
        "secret_key (OCREG_SECRET_KEY)",
        "access_token (OCREG_ACCESS_TOKEN)",
    ]
    with pytest.raises(SettingMissing, match="OCREG_CLIENT_KEY"):
        Client("sandbox").call("outbound.cancel", CANCEL)
    with pytest.raises(SettingMissing, match="OCREG_REFRESH_TOKEN"):
        Client("sandbox", client_key="k", secret_key="s").call("outbound.cancel", CANCEL)


def test_a_plan_of_a_broken_payload_lists_the_violations() -> None:
    plan = Client("local").plan("outbound.cancel", {"ordernumber": "x"})
    assert plan["valid"] is False
    assert [v["where"] for v in plan["violations"]] == ["ordernumber", "cancelTime", "orderNumber"]
    assert "curl" not in plan


def test_a_token_call_is_planned_without_its_token() -> None:
    plan = Client("sandbox", client_key="the-key", refresh_token="the-refresh").plan("oauth.refresh")
    assert plan["url"].startswith("https://openapi-stage-hk.orangeconnex.com/oauth/token?grant_type=refresh_token")
    assert "the-refresh" not in json.dumps(plan)
    assert "the-key" not in json.dumps(plan)


def test_python_values_are_written_in_the_declared_form() -> None:
    when = datetime(2025, 6, 17, 10, 10, 10, tzinfo=timezone(timedelta(hours=8)))
    order = {**ORDER, "productList": [{"mfSkuId": "OC1", "skuQuantity": Decimal(3), "declaredValue": Decimal("19.90")}]}
    client = Client("local")
    assert client.plan("outbound.cancel", {**CANCEL, "cancelTime": when})["body"]["data"]["cancelTime"] == WHEN
    sent = []
    real = client.transport

    class Spy:
        def send(self, request, timeout):
            sent.append(request)
            return real.send(request, timeout)

    client.transport = Spy()
    client.call("outbound.create", [order])
    assert b'"skuQuantity":3,"declaredValue":19.90' in sent[-1].body


def test_a_naive_datetime_and_everything_else_wrong_are_said_at_once() -> None:
    with pytest.raises(RequestInvalid) as raised:
        Client("local").call("outbound.cancel", {"ordernumber": "x", "cancelTime": datetime(2025, 6, 17)})
    text = str(raised.value)
    for words in ("naive datetime", "unknown field", "use `orderNumber`", "endpoints/outbound/cancel.yaml:"):
        assert words in text
    assert [v.rule for v in raised.value.violations] == ["json", "additionalProperties", "required"]


def test_a_date_where_a_moment_is_due_is_refused() -> None:
    with pytest.raises(RequestInvalid, match="without a time of day"):
        Client("local").call("outbound.cancel", {**CANCEL, "cancelTime": date(2025, 6, 17)})


def test_personal_data_stays_out_of_error_texts() -> None:
    with pytest.raises(RequestInvalid) as raised:
        Client("local").call(
            "outbound.create", [{**ORDER, "consigneeName": ["Secret Name"], "consigneeZipCode": "SECRETCODE-TOO-LONG"}]
        )
    text = str(raised.value) + repr(raised.value) + json.dumps(raised.value.as_dict())
    assert "Secret Name" not in text
    assert "SECRETCODE" not in text
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.violations) == (str(raised.value), raised.value.violations)


def test_a_client_shows_no_secret() -> None:
    client = Client(
        "sandbox", client_key="the-key", secret_key="the-secret", access_token="the-token", refresh_token="the-refresh"
    )
    for text in (
        repr(client),
        str(client),
        repr(client.settings),
        repr(client.tokens),
        f"{client.settings.secret_key}",
    ):
        assert "the-" not in text


def test_an_operation_without_a_payload_refuses_one() -> None:
    with pytest.raises(RequestInvalid, match="takes no payload"):
        Client("local").call("warehouse.services", {"region": "UK"})


def test_what_cannot_be_called_says_how_it_could(tmp_path) -> None:
    (tmp_path / "vas").mkdir()
    (tmp_path / "vas" / "dream.yaml").write_text(
        "summary: An operation that is only announced.\neffect: create\nevidence: {status: announced}\n"
    )
    with pytest.raises(OperationUnavailable) as raised:
        Client("local", endpoints=[tmp_path]).call("vas.dream", {})
    assert "OCREG_ENDPOINTS, as vas/dream.yaml" in str(raised.value)
    assert "extends: vas.dream" in str(raised.value)


def test_many_threads_share_a_client() -> None:
    with Client("local") as client, ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda n: client.call("outbound.create", [{**ORDER, "referenceNumber": str(n)}]), range(200))
        )
    assert len({answer["data"][0]["orderNumber"] for answer in answers}) == 200


def test_two_environments_live_side_by_side() -> None:
    one, two = Client("local"), Client("local")
    one.call("outbound.cancel", CANCEL)
    assert two.call("outbound.cancel", CANCEL)["code"] == 0


def test_a_region_host_replaces_the_documented_one() -> None:
    plan = Client("production", host="https://openapi-au.orangeconnex.com").plan("outbound.cancel", CANCEL)
    assert plan["url"] == "https://openapi-au.orangeconnex.com/openapi/3pp/outbound/v1/cancel"


@pytest.mark.parametrize("warm", [False, True])
def test_values_that_orjson_knows_mean_the_same_before_and_after_it_is_loaded(warm: bool, monkeypatch) -> None:
    import enum
    import uuid

    from ocreg.registry.values import _Fast, encode

    class Platform(enum.Enum):
        EBAY = "OTHERS"

    number = uuid.UUID(int=5)
    monkeypatch.setattr(_Fast, "module", None)
    monkeypatch.setattr(_Fast, "uses", 0)
    if warm:
        for _ in range(5):
            encode({})
    order = {**ORDER, "referenceNumber": number, "orderPlatform": Platform.EBAY, "more": number, "productList": ({},)}
    plan = Client("local", unknown="allow").plan("outbound.create", (order,))
    assert plan["valid"], plan["violations"]
    sent = plan["body"]["data"][0]
    assert (sent["referenceNumber"], sent["more"], sent["orderPlatform"]) == (str(number), str(number), "OTHERS")
    assert sent["productList"] == [{}]
