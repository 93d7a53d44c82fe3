"""Going on from a token when the world has changed meanwhile."""

import csv
import io
import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from ocreg import Client, RequestInvalid
from ocreg.engine.exchange import Reply
from ocreg.files import flatten as flat
from ocreg.registry.windows import moment_of
from tests.bulk.test_iterate import DAY, START, UTC, move, overlay, skus, stamp


class Answering:
    """A vendor made of one function from the payload to the answer's data."""

    def __init__(self, answer) -> None:
        self.answer = answer

    def send(self, request, timeout):
        if request.operation == "oauth.refresh":
            return Reply(200, {}, b'{"access_token": "T", "expires_in": 3600}')
        data = self.answer(json.loads(request.body)["data"])
        return Reply(200, {}, json.dumps({"code": 0, "data": data}).encode())

    def close(self) -> None:
        pass


def client_of(answer, **more) -> Client:
    client = Client("local", clock=lambda: float(START + 30 * DAY), **more)
    client.transport = Answering(answer)
    return client


def second(text: str) -> float:
    return moment_of(text).timestamp()


def inside(rows: list[dict], data: dict) -> list[dict]:
    since, until = second(data["startTime"]), second(data["endTime"])
    return [row for row in rows if since <= second(row["orderCreationTime"]) <= until]


def test_a_token_of_yesterday_is_good_where_the_rest_can_still_be_looked_back_on() -> None:
    now = [float(START + 400 * DAY)]
    client = Client("local", clock=lambda: now[0])
    for days in range(0, 365, 20):
        move(client, "OC1", now[0] - days * DAY - 5)
    year = {"startTime": datetime.fromtimestamp(now[0], UTC) - timedelta(days=365), "mfSkuList": skus("OC1")}
    rows = client.iterate("stock.movement", year)
    for _ in range(5):
        next(rows)
    now[0] += 1.5 * DAY
    assert len(list(client.iterate("stock.movement", year, resume=rows.resume))) == 14
    now[0] += 200 * DAY
    with pytest.raises(RequestInvalid, match="this token is too old to resume from"):
        client.iterate("stock.movement", year, resume=rows.resume)


def test_an_answer_that_is_cut_by_now_gives_no_row_twice() -> None:
    orders = [{"orderNumber": f"O{n}", "orderCreationTime": stamp(START + n * 60)} for n in range(999)]
    day = {"startTime": stamp(START), "endTime": stamp(START + DAY)}
    client = client_of(lambda data: inside(orders, data)[:1000])
    rows = client.iterate("outbound.query", day)
    found = [next(rows)["orderNumber"] for _ in range(500)]
    late = [{"orderNumber": f"L{n}", "orderCreationTime": stamp(START + 60_000 + n)} for n in range(3)]
    orders += late
    found += [row["orderNumber"] for row in client.iterate("outbound.query", day, resume=rows.resume)]
    assert Counter(found) == Counter(order["orderNumber"] for order in orders)


@pytest.mark.parametrize("taken", [150, 200, 500])
@pytest.mark.parametrize("change", ["inserted", "deleted"])
def test_rows_that_came_or_went_before_the_last_one_do_not_shift_the_rest(change: str, taken: int) -> None:
    stock = [{"MFSKUID": f"S{n:04}", "serviceRegion": "UK"} for n in range(1000)]

    def page(data: dict) -> dict:
        start = (data["pageNumber"] - 1) * data["pageSize"]
        return {"SKUList": stock[start : start + data["pageSize"]]}

    client = client_of(page)
    query = {"serviceRegionList": [{"serviceRegion": "UK"}]}
    rows = client.iterate("stock.snapshot", query)
    found = [next(rows)["MFSKUID"] for _ in range(taken)]
    if change == "inserted":
        stock[:0] = [{"MFSKUID": f"N{n}", "serviceRegion": "UK"} for n in range(7)]
    elif taken % 200:  # at the very end of a page the rows that moved up are on a page that was done
        del stock[:7]
    found += [row["MFSKUID"] for row in client.iterate("stock.snapshot", query, resume=rows.resume)]
    counts = Counter(found)
    assert [name for name, count in counts.items() if count > 1] == []
    assert [f"S{n:04}" for n in range(7, 1000) if f"S{n:04}" not in counts] == []


@pytest.mark.parametrize("every", [10_000, 100])
def test_a_row_without_a_time_comes_once_however_often_it_is_interrupted(tmp_path, every: int) -> None:
    limits = {"window": {"from": "startTime", "to": "endTime", "days": 7, "at": "orderCreationTime"}}
    files = overlay(tmp_path, outbound__query={"extends": "outbound.query", "limits": {"results": None, **limits}})
    orders = [{"orderNumber": f"O{n}", "orderCreationTime": stamp(START + n * 3600)} for n in range(24 * 28)]
    timeless = {"orderNumber": "timeless", "orderCreationTime": None}
    client = client_of(lambda data: [*inside(orders, data), timeless], endpoints=files)
    weeks = {"startTime": stamp(START), "endTime": stamp(START + 28 * DAY)}
    found: Counter[str] = Counter()
    token, going = None, True
    while going:
        rows = client.iterate("outbound.query", weeks, resume=token)
        going = False
        for number, row in enumerate(rows, 1):
            found[row["orderNumber"]] += 1
            if number == every:
                going = True
                break
        token = rows.resume
    assert set(found.values()) == {1}
    assert len(found) == len(orders) + 1


@pytest.mark.parametrize("cell", ["x\ry", "\r", "x\r\ny", 'a"b\r', "a,b\r"])
def test_a_return_alone_in_a_cell_survives_the_csv(cell: str) -> None:
    rows = [{"a": cell, "b": "c", "d": 1}]
    file = io.StringIO(newline="")
    flat.write(lambda: rows, file)
    file.seek(0)
    assert list(csv.reader(file)) == [["a", "b", "d"], [cell, "c", "1"]]
