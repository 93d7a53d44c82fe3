"""What the sandbox forgets in time, so that one that runs for weeks stays as large as it is."""

import pytest

from ocreg.sandbox import Sandbox, tokens
from ocreg.sandbox.collection import Collection

HOME = "https://erp.example.com/oc"


@pytest.fixture
def clock():
    return [1000.0]


@pytest.fixture
def issued(clock):
    return Sandbox(clock=lambda: clock[0], token_lifetime=60).tokens


def test_access_tokens_are_known_for_a_day_after_their_end(issued, clock) -> None:
    token = issued.new_access()
    assert issued.problem(token) is None
    clock[0] += 61
    issued.new_access()
    assert issued.problem(token) == "Access-Token expired"
    clock[0] += 24 * 3600
    issued.new_access()
    assert issued.problem(token) == "Access-Token invalid"
    assert token not in issued._access


def test_codes_are_good_for_ten_minutes(issued, clock) -> None:
    old = issued.new_code(HOME)
    clock[0] += 599
    young = issued.new_code(HOME)
    assert issued.spend_code(young, HOME) is None
    clock[0] += 2
    assert "too old" in issued.spend_code(old, HOME)
    issued.new_code(HOME)
    assert len(issued._codes) == 1
    assert issued.spend_code("demo-authorization-code", HOME) is None
    assert issued.spend_code("demo-authorization-code", HOME) is not None


def test_refresh_tokens_end_after_a_year_also_the_demo_one(issued, clock) -> None:
    token = issued.new_refresh()
    assert issued.may_refresh(token)
    assert issued.may_refresh("demo-refresh-token")
    clock[0] += 366 * 24 * 3600
    assert not issued.may_refresh(token)
    assert not issued.may_refresh("demo-refresh-token")
    issued.new_refresh()
    assert len(issued._refresh) == 1


def test_of_each_kind_the_oldest_go_where_there_are_too_many(issued, monkeypatch) -> None:
    monkeypatch.setattr(tokens, "MOST", 3)
    access, refresh, codes = (
        [make() for _ in range(5)] for make in (issued.new_access, issued.new_refresh, lambda: issued.new_code(HOME))
    )
    assert [issued.problem(token) for token in access] == ["Access-Token invalid"] * 2 + [None] * 3
    assert [issued.may_refresh(token) for token in refresh] == [False] * 2 + [True] * 3
    assert [issued.spend_code(code, HOME) is None for code in codes] == [False] * 2 + [True] * 3
    assert issued.may_refresh("demo-refresh-token")


def test_an_index_forgets_values_that_no_record_has_any_more() -> None:
    collection = Collection()
    record = {"state": "0"}
    collection.put("a", record)
    assert collection.find([{"state": "0"}]) == [record]
    for number in range(100):
        collection.update(record, {"state": str(number)})
    assert len(collection._values("state")._at) == 1
    assert collection.find([{"state": "99"}]) == [record]
