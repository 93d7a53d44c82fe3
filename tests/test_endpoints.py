"""The data is tested like code: every endpoint file, every example, every rule."""

import json

import pytest

from ocreg.lint import checks, examples, prove
from ocreg.registry import KEYS, Registry

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
