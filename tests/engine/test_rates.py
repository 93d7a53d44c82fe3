"""Rate limits that a file declares, and the rows that it adds to the failure policy."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocreg import ApiError, Client, Registry
from ocreg.engine.exchange import Reply
from ocreg.engine.policy import CATEGORY, category, on_code
from ocreg.engine.rates import Rates

OVERLAY = """\
extends: outbound.query
limits: {rate: {calls: 3, seconds: 2}}
errors:
  B1: {meaning: the service is busy, category: passing}
  T1: {meaning: the token is no longer good, category: token}
  R1: {meaning: never to be had, category: refused}
"""


@pytest.fixture
def overlay(tmp_path):
    (tmp_path / "outbound").mkdir()
    (tmp_path / "outbound" / "query.yaml").write_text(OVERLAY)
    return [tmp_path]


@given(st.integers(1, 5), st.floats(0.1, 10), st.lists(st.floats(0, 3), max_size=40))
def test_never_more_calls_than_allowed_in_any_span(calls: int, seconds: float, gaps: list[float]) -> None:
    now = [0.0]
    rates = Rates(lambda: now[0])
    due = []
    for gap in gaps:
        now[0] += gap
        wait = rates.take("host", "id", calls, seconds)
        assert wait >= 0
        due.append(now[0] + wait)
    for first, later in zip(due, due[calls:], strict=False):
        assert later - first >= seconds - 1e-6


def test_each_host_and_operation_has_its_own_queue() -> None:
    rates = Rates(lambda: 0.0)
    assert [rates.take(host, id, 1, 5) for host in "ab" for id in "xy"] == [0.0] * 4
    assert rates.take("a", "x", 1, 5) == 5.0


def test_threads_share_the_limit(overlay) -> None:
    slept = []
    with Client("local", endpoints=overlay, monotonic=lambda: 0.0, sleep=slept.append) as client:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: client.call("outbound.query", {}), range(9)))
        client.call("warehouse.services")
    assert sorted(slept) == [2.0, 2.0, 2.0, 4.0, 4.0, 4.0]


class Saying:
    """Says no with a code until it has done so as often as told."""

    def __init__(self, code: str, times: int) -> None:
        self.code, self.times, self.asked = code, times, 0

    def send(self, request, timeout):
        if request.operation.startswith("oauth"):
            return Reply(200, {}, b'{"access_token": "T%d", "expires_in": 3600}' % self.asked)
        self.asked += 1
        if self.asked > self.times:
            return Reply(200, {}, b'{"code": 0, "data": []}')
        return Reply(200, {}, b'{"code": 7, "errors": [{"code": "%s", "message": "no"}]}' % self.code.encode())

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("code", "asked"), [("B1", 3), ("T1", 2), ("R1", 1), ("X1", 1)])
def test_a_file_adds_rows_to_the_policy(overlay, code: str, asked: int) -> None:
    with Client("local", endpoints=overlay, retries=2, sleep=lambda _: None) as client:
        wire = client.transport = Saying(code, asked - 1 if code in ("B1", "T1") else 99)
        if code in ("B1", "T1"):
            assert client.call("outbound.query", {})["code"] == 0
        else:
            with pytest.raises(ApiError) as caught:
                client.call("outbound.query", {})
            assert caught.value.category == ("refused" if code == "R1" else None)
            assert caught.value.happened == ("no" if code == "R1" else "unknown")
        assert wire.asked == asked


def test_the_most_cautious_category_counts() -> None:
    assert category(["passing", "exists", "refused"]) == "exists"
    assert category(["passing", None]) is None
    assert category([]) is None
    assert on_code(3, 50, "refused").happened == "unknown"
    assert on_code(3, 50, "passing").happened == "no"
    assert {on_code(9, 1, name) for name in CATEGORY} == set(CATEGORY.values())


def test_shipped_categories_are_known() -> None:
    registry = Registry([])
    given = {(id, registry[id].category(code)) for id in registry for code in registry[id].errors}
    assert ("inbound.detail", "absent") in given
    assert {name for _, name in given} <= {None, *CATEGORY}
