"""The data is tested like code: every endpoint file, every example, every rule."""

import json
import textwrap
from pathlib import Path

import pytest

from ocreg import Client, OperationUnavailable, RequestInvalid, yaml12
from ocreg.engine.exchange import Reply
from ocreg.lint import checks, examples, prove
from ocreg.registry import files
from ocreg.registry.files import KEYS, Registry

REGISTRY = Registry([])
IDS = list(REGISTRY)


def test_every_file_is_lint_clean() -> None:
    assert [str(finding) for finding in checks.lint(REGISTRY, IDS)] == []


def test_every_rule_is_defended_by_a_rejected_example() -> None:
    undefended = [str(finding) for proof in prove.prove(REGISTRY, IDS, "endpoints") for finding in proof.undefended]
    assert undefended == []


def test_the_law_and_the_loader_know_the_same_keys() -> None:
    law = checks.law().root
    assert set(law["properties"]) == set(KEYS)
    assert all("description" in node for node in law["properties"].values())


def test_the_law_is_valid_json_schema() -> None:
    assert checks.meta_problem(checks.law().root) is None


@pytest.mark.parametrize("id", IDS)
def test_accepted_examples_are_accepted(id: str) -> None:
    endpoint = REGISTRY[id]
    for example in examples.accepted(endpoint):
        assert examples.violations(endpoint, example) == [], example.path


@pytest.mark.parametrize("id", IDS)
def test_rejected_examples_are_rejected_for_the_reasons_they_name(id: str) -> None:
    endpoint = REGISTRY[id]
    for example in examples.rejected(endpoint):
        reasons = {violation.because for violation in examples.violations(endpoint, example)}
        assert set(example.because) <= reasons, example.path


@pytest.mark.parametrize("id", IDS)
def test_violations_name_file_and_line_of_the_rule(id: str) -> None:
    endpoint = REGISTRY[id]
    for example in examples.rejected(endpoint):
        for violation in examples.violations(endpoint, example):
            name = violation.file.removeprefix("endpoints/")
            lines = next(root / name for root in REGISTRY.roots).read_text("utf-8").splitlines()
            assert 1 <= violation.line <= len(lines)


def test_the_vendors_own_request_and_answer_are_among_the_examples() -> None:
    cancel = REGISTRY["outbound.cancel"].examples
    request, answer = cancel["request"][0], cancel["response"][0]
    assert {**request["envelope"], "data": request["data"]} == {
        "apiVersion": "string",
        "data": {
            "cancelReason": "string",
            "cancelTime": "2025-06-17T10:10:10+0800",
            "orderNumber": "OCO2000023303105GB",
        },
        "messageId": "string",
        "timestamp": 0,
    }
    assert json.dumps(answer["body"], ensure_ascii=False, separators=(",", ":")) == (
        '{"code":3,"errors":[{"code":"300001","message":"orderNumber 不能为空。"}],'
        '"message":"参数错误","messageId":"20200430040406976"}'
    )


def test_no_file_holds_a_real_looking_secret_or_address() -> None:
    text = "\n".join(file.read_text("utf-8") for root in REGISTRY.roots for file in root.rglob("*.yaml"))
    assert "@" not in text.replace("@example.com", "")


def test_all_37_operations_are_there() -> None:
    assert len(IDS) == 37


def own_example(id: str) -> tuple[object, object]:
    example = (REGISTRY[id].examples.get("request") or [{}])[0]
    return example.get("data"), example.get("query")


@pytest.mark.parametrize("id", [id for id in IDS if REGISTRY[id].path])
def test_every_operation_with_a_path_answers_its_own_example_in_the_sandbox(id: str) -> None:
    data, query = own_example(id)
    with Client("local", clock=lambda: 1768000000) as client:
        answer = client.call(id, data, query=query)
        assert client.plan(id, data, query=query)["valid"]
    assert answer.get("code", 0) == 0
    assert REGISTRY[id].caller == "browser" or REGISTRY[id].answer.ok(answer)


@pytest.mark.parametrize("id", [id for id in IDS if not REGISTRY[id].path])
def test_an_announced_operation_says_what_is_missing(id: str) -> None:
    assert REGISTRY[id].evidence["status"] == "announced"
    assert REGISTRY[id].evidence["unknown"]
    with Client("local") as client, pytest.raises(OperationUnavailable) as raised:
        client.call(id, {})
    assert ("extends: " + id in str(raised.value)) == (id != "webhook.outbound")


def test_an_overlay_makes_an_announced_operation_callable(tmp_path) -> None:
    with Client("local") as client, pytest.raises(OperationUnavailable) as raised:
        client.call("vas.create", {})
    overlay = str(raised.value).partition("vas/create.yaml:\n\n")[2]
    (tmp_path / "vas").mkdir()
    (tmp_path / "vas" / "create.yaml").write_text(textwrap.dedent(overlay))
    with Client("local", endpoints=[tmp_path]) as client:
        assert client.registry["vas.create"].effect == "create"
        assert client.call("vas.create")["code"] == 0


def test_a_webhook_is_received_with_the_same_registry(tmp_path) -> None:
    client = Client("local")
    assert client.receive("webhook.outbound", b'{"orderNumber": "OCO1"}', {"Content-Type": "x"}) == {
        "orderNumber": "OCO1"
    }
    assert client.receive("webhook.outbound", {"a": 1}) == {"a": 1}
    with pytest.raises(RequestInvalid, match="not JSON"):
        client.receive("webhook.outbound", b"<html>")
    with pytest.raises(OperationUnavailable, match="use call"):
        client.receive("outbound.cancel", b"{}")
    (tmp_path / "webhook").mkdir()
    (tmp_path / "webhook" / "outbound.yaml").write_text(
        "extends: webhook.outbound\ndata: {type: object, required: [event], properties: {event: {type: string}}}\n"
    )
    with pytest.raises(RequestInvalid, match="event: required"):
        Client("local", endpoints=[tmp_path]).receive("webhook.outbound", b"{}")


def test_returns_may_have_a_token_of_their_own() -> None:
    sent = []

    class Spy:
        def send(self, request, timeout):
            sent.append(request.headers["Access-Token"])
            return Reply(200, {}, b'{"code": 0}')

    keys = {"client_key": "k", "secret_key": "s", "access_token": "usual"}
    for settings, expected in (({}, "usual"), ({"returns_access_token": "own"}, "own")):
        client = Client("sandbox", **keys, **settings)
        client.transport = Spy()
        client.call("returns.stock", {"serviceType": "SKU"})
        assert sent[-1] == f"Bearer {expected}"
        client.call("outbound.query")
        assert sent[-1] == "Bearer usual"


def test_the_other_spelling_is_refused_with_the_reason() -> None:
    data, _ = own_example("inbound.create")
    with pytest.raises(RequestInvalid) as raised:
        Client("local").call("inbound.create", {**{k: v for k, v in data.items() if k != "ETA"}, "eta": data["ETA"]})
    assert "use `ETA`: the field table writes eta" in str(raised.value)


def test_editors_find_the_format_of_every_file() -> None:
    """Its first comment is what yaml-language-server looks for; the schema is beside the files in a source tree."""
    root = REGISTRY.roots[-1]
    for file in sorted(Path(str(root)).rglob("*.yaml")):
        kind = "shared" if file.parent.name == "_shared" else "endpoint"
        first = file.read_text("utf-8").splitlines()[1]
        assert first == f"# yaml-language-server: $schema=../../ocreg/registry/{kind}.schema.yaml"
        assert (file.parent / first.partition("=")[2]).resolve().is_file()
    shared = yaml12.parse((Path(files.__file__).parent / "shared.schema.yaml").read_bytes(), "shared.schema.yaml")
    assert shared["additionalProperties"] == {"$ref": "endpoint.schema.yaml#/$defs/schema"}  # as lint checks them
