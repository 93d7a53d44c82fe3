"""What errors.md says of failures is what the code does: its tables, and the picture of a call."""

import xml.etree.ElementTree as ET

import pytest

from docs.generate import failures
from ocreg.engine import policy
from ocreg.engine.policy import Ruling
from tests.documents import ROOT


def test_tables_and_picture_are_fresh() -> None:
    for name, content in failures.files().items():
        assert (ROOT / "docs" / name).read_text("utf-8") == content, f"{name} is stale: python -m docs.generate"


def test_every_ruling_is_in_a_table() -> None:
    page = "".join(part() for part in failures.PARTS.values())
    rulings = [value for value in vars(policy).values() if isinstance(value, Ruling)]
    for table in (policy.TRANSPORT, policy.CODE, policy.CATEGORY, policy.OAUTH_CODE, policy.OAUTH_STATUS):
        rulings += table.values()
    for ruling in [*rulings, *(ruling for _, ruling in policy.STATUS)]:
        assert f"| {ruling.words.partition(chr(10))[0]} | {ruling.happened} |" in page


@pytest.mark.parametrize(
    ("ruling", "said"),
    [
        (Ruling("no", "", passing=True), "yes"),
        (Ruling("unknown", "", passing=True), "reads only"),
        (Ruling("no", ""), "no"),
        (Ruling("no", "", renew=True), "once, with a new token"),
    ],
)
def test_who_retries_is_asked_of_the_policy(ruling, said) -> None:
    assert failures.retried(ruling) == said


def test_a_status_of_its_own_gets_a_row(monkeypatch) -> None:
    monkeypatch.setattr(policy, "STATUS", ((range(418, 420), Ruling("no", "a teapot")), *policy.STATUS))
    assert "| 418, 419 | a teapot | no | no |" in failures.statuses()


def test_a_step_that_is_not_drawn_is_an_error(monkeypatch) -> None:
    monkeypatch.setattr(failures, "STEPS", {step: "" for step in failures.STEPS if step != ("send", "wait")})
    with pytest.raises(ValueError, match=r"not drawn \{\('send', 'wait'\)\}"):
        failures.picture()


def test_a_step_that_no_call_takes_is_an_error(monkeypatch) -> None:
    kept = {kind: ruling._replace(passing=False) for kind, ruling in policy.TRANSPORT.items()}
    monkeypatch.setattr(policy, "TRANSPORT", kept)
    monkeypatch.setattr(
        policy, "STATUS", tuple((span, ruling._replace(passing=False)) for span, ruling in policy.STATUS)
    )
    monkeypatch.setattr(policy, "FOREIGN", policy.FOREIGN._replace(passing=False))
    with pytest.raises(ValueError, match=r"gone .*\('send', 'wait'\)"):
        failures.picture()


def test_every_step_has_its_label_in_the_picture() -> None:
    drawn = ET.fromstring(failures.picture())
    texts = [node.text for node in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {label for label in failures.STEPS.values() if label} <= set(texts)
    assert {box.title for box in failures.BOXES.values()} <= set(texts)
