"""`iterate`: every row once, whatever the limits, the borders, the server and the interruptions are."""

import gc
import json
import threading
import time
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocreg import Client
from ocreg.bulk import pages, spans
from ocreg.bulk.answers import before, moment
from ocreg.bulk.parts import Parts
from ocreg.errors import ApiError, HttpError, OperationUnavailable, PagingError, RequestInvalid
from ocreg.sandbox import Sandbox
from ocreg.sandbox.local import WorldTransport
from tests.server import Server, answer, body, by, http, reset_after_request

UTC = timezone.utc
START = 1_767_225_600  # 2026-01-01T00:00:00Z
DAY = 86_400


iterate = Client.iterate


def stamp(seconds, offset=0):
    return datetime.fromtimestamp(int(seconds // 1), timezone(timedelta(hours=offset))).strftime("%Y-%m-%dT%H:%M:%S%z")


def world(now=START + 30 * DAY, **more):
    """A client of an empty world."""
    client = Client("local", clock=lambda: float(now), **more)
    client.transport = WorldTransport(Sandbox(client.registry, empty=True, clock=lambda: float(now)))
    return client


def overlay(tmp_path, **files):
    """A registry directory with files `group__name={...}`."""
    for name, document in files.items():
        file = tmp_path / (name.replace("__", "/") + ".yaml")
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(document))
    return [tmp_path]


def move(client, sku, seconds, order="O"):
    line = {"_lines": [(sku, "UK", 1)]}
    client.transport.sandbox.records.move(line, order, {"AVL": 1}, "PAC", seconds)


def leaves(rows):
    """Ids of the movements in rows."""
    return [
        entry["moventmentID"]
        for row in rows
        for region in row["serviceRegionList"]
        for status in region["inventoryList"]
        for entry in status["movementList"]
    ]


def skus(*names):
    return [{"mfSkuId": name} for name in names]


def against(server, **more):
    return Client("sandbox", host=server.origin, client_key="K", secret_key="S", access_token="T", **more)


# Windows

SERVERS = {
    "both ends": lambda at, since, until: since <= at <= until,
    "without its end": lambda at, since, until: since <= at < until,
    "whole seconds": lambda at, since, until: since <= at // 1 <= until,
}
# Eighths of seconds, so that borders and events between two seconds are common.
TIMES = st.lists(st.integers(-16, 8 * 5 * DAY) | st.integers(0, 5 * 24).map(lambda n: n * 8 * 3600), max_size=30)


def read(ask, parts, index):
    """The units of a part; `ask` answers for a part and a page."""
    units = pages.units(parts, index, None)
    wish = next(units, None)
    while wish is not None:
        found = None
        if isinstance(wish, pages.Ask):
            found = ask(*wish)
        else:
            yield wish
        try:
            wish = units.send(found)
        except StopIteration:
            return


def asked(parts, server, most=None):
    """The rows that a server gives for all parts, in order."""

    def ask(part, page):
        return list(server(part))[:most]

    return [e for i in range(len(parts)) for u in read(ask, parts, i) for e in u.entries]


@pytest.mark.parametrize("server", SERVERS)
@given(
    times=TIMES,
    since=st.integers(0, 2 * DAY),
    length=st.integers(0, 3 * DAY) | st.integers(0, 3),
    days=st.integers(1, 3),
)
def test_windows_give_what_one_window_would_and_each_once(server, times, since, length, days) -> None:
    endpoint = REGISTRY["outbound.query"]
    events = [(START + n / 8, n) for n in times]
    inside = SERVERS[server]
    first, last = START + since, START + since + length
    parts = Parts(endpoint, {"startTime": stamp(first), "endTime": stamp(last, 8)}, START)
    parts.window = parts.window._replace(width=days * DAY - 1)
    parts.spans = parts.window.spans

    def rows(part):
        span = part.span
        return [{"orderCreationTime": stamp(at, 8), "n": n} for at, n in events if inside(at, span.since, span.until)]

    found = Counter(entry.row["n"] for entry in asked(parts, rows))
    assert found == Counter(n for at, n in events if inside(at, first, last))


@given(times=TIMES, since=st.integers(0, 2 * DAY), length=st.integers(0, 3 * DAY), most=st.integers(2, 5))
def test_halves_of_cut_answers_give_every_row_once(times, since, length, most) -> None:
    events = [(START + n / 8, n) for n in times]
    fullest = Counter(int(at // 1) for at, _ in events)
    parts = Parts(
        REGISTRY["outbound.query"], {"startTime": stamp(START + since), "endTime": stamp(START + since + length)}, 0
    )
    first, last = START + since, START + since + length

    def rows(part):
        return [
            {"orderCreationTime": stamp(at), "n": n} for at, n in events if part.span.since <= at <= part.span.until
        ]

    crowded = any(fullest[second] + fullest[second + 1] >= most for second in fullest)
    try:
        found = [e for i in range(len(parts)) for u in _limited(parts, rows, most, i) for e in u.entries]
    except PagingError:
        assert crowded
        return
    assert Counter(e.row["n"] for e in found) == Counter(n for at, n in events if first <= at <= last)


def _limited(parts, rows, most, index):
    """As `read`, with another limit than the file's."""
    limits = parts.endpoint.limits
    kept = limits["results"]
    limits["results"] = most
    try:
        yield from read(lambda part, _: rows(part)[:most], parts, index)
    finally:
        limits["results"] = kept


REGISTRY = Client("local").registry


@given(first=st.integers(0, 3000), length=st.integers(0, 400), days=st.integers(1, 30), zone=st.integers(-12, 14))
def test_windows_of_days_have_every_day_once(first, length, days, zone) -> None:
    start = date(2023, 1, 1) + timedelta(days=first)
    text = f"{start}{zone:+03}00"
    found = spans.window(text, f"{start + timedelta(days=length)}{zone:+03}00", days, 0, daily=True)
    covered = [day for i in range(found.spans) for day in range(found.span(i).since, found.span(i).until + 1)]
    assert covered == [start.toordinal() + n for n in range(length + 1)]
    assert found.text(found.span(0).since) == text
    assert all(s.until - s.since < days for s in map(found.span, range(found.spans)))


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("month", [1, 2, 3, 4, 10, 11])
def test_daylight_saving_and_leap_days_are_no_gap(zone, month) -> None:
    since = datetime(2024, month, 1, tzinfo=ZoneInfo(zone))
    until = since + timedelta(days=31)
    whole = spans.window(since, until, 7, 0, daily=False)
    assert (whole.since, whole.until) == (since.timestamp(), until.timestamp())
    cut = [whole.span(i) for i in range(whole.spans)]
    assert cut[0].since == whole.since
    assert cut[-1].until == whole.until
    assert all(a.until == b.since and a.open for a, b in pairwise(cut))
    assert all(s.until - s.since <= 7 * DAY - 1 for s in cut)
    assert not cut[-1].open


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    once, again = (datetime(2025, 10, 26, 1, 30, tzinfo=ZoneInfo("Europe/London"), fold=fold) for fold in (0, 1))
    assert spans.instant(again) - spans.instant(once) == 3600


def test_a_window_of_no_length_is_one_request() -> None:
    found = spans.window(stamp(START), stamp(START), 7, 0, daily=False)
    assert [found.span(i) for i in range(found.spans)] == [(START, START, False)]
    assert spans.window(stamp(START), stamp(START + 7 * DAY), 7, 0, daily=False).spans == 2
    assert spans.window(stamp(START), stamp(START + 7 * DAY - 1), 7, 0, daily=False).spans == 1
    assert found.halves(spans.Span(5, 6, open=False)) is None
    assert found.halves(spans.Span(5, 7, open=False)) == ((5, 6, True), (6, 7, False))


def test_dates_that_have_no_second_in_utc_are_not_split() -> None:
    assert spans.window("0001-01-01T00:00:00+0800", stamp(START), 7, 0, daily=False) is None


@given(at=st.lists(st.floats(0, 20 * DAY, width=32), max_size=20), days=st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_the_sandbox_gives_every_movement_once(at, days) -> None:
    client = world()
    for seconds in at:
        move(client, "OC1", START + seconds)
    data = {"startTime": stamp(START), "endTime": stamp(START + days * DAY), "mfSkuList": skus("OC1")}
    found = leaves(iterate(client, "stock.movement", data))
    assert len(found) == len(set(found)) == sum(seconds <= days * DAY for seconds in at)


def test_a_year_of_movements_of_300_skus_is_complete() -> None:
    client = world(START + 366 * DAY)
    for n in range(6000):
        move(client, f"OC{n % 300}", START + 1.4 * DAY + n * 6061.7)
    data = {"startTime": datetime.fromtimestamp(START + DAY, UTC), "mfSkuList": skus(*(f"OC{n}" for n in range(300)))}
    seen = []
    found = leaves(iterate(client, "stock.movement", data, progress=seen.append, threads=2))
    now = START + 366 * DAY
    assert len(found) == len(set(found)) == sum(START + 1.4 * DAY + n * 6061.7 <= now for n in range(6000))
    assert seen[-1] == (318, 318, 318, seen[-1].items)


def test_rows_of_which_the_time_is_not_known_are_given_once_where_windows_touch() -> None:
    client = world()
    records = client.transport.sandbox.records
    for n, day in enumerate([1, 7, 7 - 1 / DAY, 8, 14, 14 - 2 / DAY, 20]):
        records.put("inbound", f"N{n}", {"inboundNumber": f"N{n}", "sandboxCreated": stamp(START + day * DAY)})
    data = {"startTime": stamp(START), "endTime": stamp(START + 21 * DAY)}
    found = [row["inboundNumber"] for row in iterate(client, "inbound.list", data)]
    assert sorted(found) == [f"N{n}" for n in range(7)]


def test_names_in_another_case_and_times_in_another_form_are_read() -> None:
    path = ["serviceRegionList", "inventoryList", "movementList", "updateTime"]

    def row(*times):
        return {"serviceRegionList": [{"inventorylist": [{"movementlist": [{"updatetime": t} for t in times]}]}]}

    end = START + DAY
    assert before(row(stamp(end - 1), stamp(end), stamp(end + 1)), path, end) == ([row(stamp(end - 1))], True)
    assert before(row(stamp(end)), path, end) == ([], True)
    assert before(row("soon", stamp(end)), path, end) == ([row("soon")], False)
    assert before(row(), path, end) == ([row()], False)
    assert before({"serviceRegionList": None}, path, end) == ([{"serviceRegionList": None}], False)
    for same in ("2026-01-01T00:00:00.500+00:00", "2026-01-01T00:00:00Z", START * 1000 + 5, START, START + 0.9):
        assert moment(same) == START
    assert [moment(v) for v in (None, True, "2026-01-01T00:00:00", "no", [], {})] == [None] * 6


def test_the_start_follows_what_the_vendor_looks_back_on() -> None:
    """Reading takes weeks, and the sandbox refuses a start of more than a year ago at each request."""
    now = [float(START + 400 * DAY)]

    def clock():
        now[0] += 0.01
        return now[0]

    client = Client("local", clock=clock)
    for n in range(400):
        move(client, "OC1", START + n * DAY + 70)
    data = {"startTime": datetime.fromtimestamp(START + 35 * DAY, UTC), "mfSkuList": skus("OC1")}
    found = []
    for row in iterate(client, "stock.movement", data):
        found.append(row)
        now[0] += DAY / 4
    assert len(leaves(found)) == len(set(leaves(found))) == 365
    data["mfSkuList"] = skus("OC2", "OC1", *(f"X{n}" for n in range(60)))
    data["startTime"] = datetime.fromtimestamp(now[0] - 365.5 * DAY, UTC)
    reading = iterate(
        client, "stock.movement", data, progress=lambda _: clock() and now.__setitem__(0, now[0] + DAY / 4)
    )
    assert len(leaves(reading)) >= 350
    late = {"startTime": stamp(START + 33 * DAY), "mfSkuList": skus("OC1")}
    with pytest.raises(RequestInvalid, match="looks back 365 days") as caught:
        iterate(client, "stock.movement", late)
    assert caught.value.violations[0].rule == "window"
    assert "or later" in caught.value.violations[0].fix
    past = {"startTime": stamp(now[0] - 365.9 * DAY), "endTime": stamp(now[0] - 365.5 * DAY)}
    assert list(iterate(client, "stock.movement", past)) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"startTime": datetime(2026, 1, 1)}, "naive"),
        ({"startTime": stamp(START), "endTime": datetime(2026, 1, 1)}, "naive"),
        ({"startTime": 5}, "must be a string"),
        ({"startTime": "2026-01-01"}, "format"),
        ({"startTime": stamp(START + 1), "endTime": stamp(START)}, "is before startTime"),
        ({"startTime": stamp(START + 31 * DAY)}, "is before startTime"),
        ({"startTime": date(2026, 1, 1)}, "a date without a time of day"),
        ([], "must be an object"),
        ({"mfSkuList": "OC1"}, "must be a list"),
        ({"mfSkuList": [{"mfSkuId": f"OC{n}"} for n in range(60)] + [{"mfSkuId": 5}]}, "mfSkuId"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(data, words) -> None:
    with Server(answer({"code": 0})) as server, against(server, clock=lambda: float(START + 30 * DAY)) as client:
        with pytest.raises(RequestInvalid, match=words):
            iterate(client, "stock.movement", data)
        assert server.connections == 0


@pytest.mark.parametrize(
    "id", ["outbound.cancel", "outbound.create", "oauth.authorize", "finance.fees", "webhook.outbound"]
)
def test_only_reads_are_read(id) -> None:
    with pytest.raises(OperationUnavailable, match=id):
        iterate(world(), id, {})


# Chunks


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (50, 1), (51, 2), (150, 3)])
def test_ids_are_sent_in_chunks(count, requests) -> None:
    client, seen = world(), []
    names = [f"OC{n}" for n in range(count)]
    for name in names or ["OC0"]:
        move(client, name, START + 5)
    data = {"startTime": stamp(START), "endTime": stamp(START + DAY), "mfSkuList": skus(*names, *names[::-1])}
    rows = list(iterate(client, "stock.movement", data, progress=seen.append))
    assert len(rows) == max(1, count)
    assert seen[-1] == (requests, requests, requests, len(rows))


def test_doubles_are_dropped_and_the_order_kept() -> None:
    parts = Parts(REGISTRY["stock.movement"], {"mfSkuList": skus("c", "a", "c", "b", "a")}, 0)
    assert parts.payload(parts.part(0))["mfSkuList"] == skus("c", "a", "b")


def test_two_lists_are_not_split_against_each_other() -> None:
    ids = [f"OCI{n}" for n in range(41)]
    with pytest.raises(RequestInvalid, match="narrows or widens"):
        iterate(world(), "inbound.detail", {"inboundNumberList": ids, "sellerinboundNumberList": ["A"]})
    iterate(world(), "inbound.detail", {"inboundNumberList": ids, "sellerinboundNumberList": []})
    iterate(world(), "inbound.detail", {"inboundNumberList": ids[:40], "sellerinboundNumberList": ["A"]})


# Pages


def paged(rows_of):
    """A server that answers stock.snapshot with the rows that a function gives for a page's number and size."""

    def step(request):
        data = json.loads(body(request))["data"]
        return http({"code": 0, "data": {"SKUList": rows_of(data["pageNumber"], data["pageSize"])}})

    return Server(by(step))


def row(n):
    return {"MFSKUID": f"OC{n}"}


def snapshot(client, **more):
    return iterate(client, "stock.snapshot", {"serviceRegionList": [{"serviceRegion": "UK"}], "pageSize": 2}, **more)


def ids(rows):
    return [int(r["MFSKUID"][2:]) for r in rows]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 40])
def test_pages_are_read_until_one_is_empty(count) -> None:
    with paged(lambda page, size: [row(n) for n in range(count)][(page - 1) * size : page * size]) as server:
        assert ids(snapshot(against(server))) == list(range(count))
        assert server.connections == (count + 1) // 2 + 1


@pytest.mark.parametrize("count", [1, 3, 4, 5])
def test_a_server_that_repeats_its_last_page_ends_there(count) -> None:
    def clamped(page, size):
        page = min(page, -(-count // size))
        return [row(n) for n in range(count)][(page - 1) * size : page * size]

    with paged(clamped) as server:
        assert ids(snapshot(against(server))) == list(range(count))


def test_a_server_that_ignores_page_numbers_is_an_error() -> None:
    with paged(lambda page, size: [row(0), row(1)]) as server:
        reading, found = snapshot(against(server)), []
        with pytest.raises(PagingError, match="seems to ignore pageNumber") as caught:
            found.extend(reading)
    assert ids(found) == [0, 1]
    assert (caught.value.operation, caught.value.page, caught.value.exit_code) == ("stock.snapshot", 2, 3)
    assert caught.value.resume == reading.resume


def test_pages_in_a_circle_are_an_error() -> None:
    with paged(lambda page, size: [row(page % 3 * 2), row(page % 3 * 2 + 1)]) as server:
        with pytest.raises(PagingError, match="circle"):
            list(snapshot(against(server)))
        assert server.connections == 4


def test_pages_that_never_end_are_an_error(monkeypatch) -> None:
    monkeypatch.setattr(pages, "MOST_PAGES", 7)
    endless = paged(lambda page, size: [row(page * 2), row(page * 2 + 1)])
    with endless as server, pytest.raises(PagingError, match="would exceed 7 pages"):
        list(snapshot(against(server)))


def test_a_page_that_shrank_does_not_end_it_and_pushed_rows_are_not_doubled() -> None:
    table = {1: [0, 1], 2: [2], 3: [4, 2], 4: [5, 6], 5: []}
    with paged(lambda page, size: [row(n) for n in table[page]]) as server:
        reading = snapshot(against(server))
        tokens = [reading.resume] + [reading.resume for _ in reading]
        for taken, token in enumerate(tokens):
            assert ids(snapshot(against(server), resume=token)) == [0, 1, 2, 4, 5, 6][taken:]


def test_the_first_page_and_the_size_may_be_the_callers() -> None:
    with paged(lambda page, size: [row(n) for n in range(9)][(page - 1) * size : page * size]) as server:
        data = {"serviceRegionList": [{"serviceRegion": "UK"}], "pageNumber": 2, "pageSize": 3}
        assert ids(iterate(against(server), "stock.snapshot", data)) == list(range(3, 9))
        data.update(pageNumber=None)
        with pytest.raises(RequestInvalid):
            iterate(against(server), "stock.snapshot", data)
        iterate(against(server), "stock.snapshot", {"skuList": skus("A")}).close()


# Rows


@pytest.mark.parametrize(
    ("id", "data", "count"),
    [
        ("stock.age", [{}, {}], 2),
        ("stock.age", {"anything": [{}], "total": 1}, 1),
        ("stock.age", None, 0),
        ("stock.snapshot", {"skulist": []}, 0),
        ("stock.snapshot", {}, 0),
        ("inbound.label", {"inboundOrders": [{}]}, 1),
        ("inbound.label", {"INBOUNDORDERLIST": [{}, {}], "other": [1]}, 2),
    ],
)
def test_rows_are_found_where_the_schema_or_the_answer_has_them(id, data, count) -> None:
    payload = {"serviceRegionList": [{"serviceRegion": "UK"}], "inboundOrderList": [{"inboundOrder": "A"}]}
    payload = {k: payload[k] for k in payload if k in REGISTRY[id].document["data"]["properties"]}
    with Server(answer({"code": 0, "data": data})) as server:
        assert len(list(iterate(against(server), id, payload))) == count


@pytest.mark.parametrize("data", [{}, {"a": [], "b": []}, "text", 5])
def test_an_answer_whose_rows_are_not_known_is_a_clear_error(data) -> None:
    with Server(answer({"code": 0, "data": data})) as server, pytest.raises(PagingError, match="is unknown") as caught:
        list(iterate(against(server), "stock.age", {}))
    assert "call()" in str(caught.value)


def test_an_operation_without_limits_is_one_request() -> None:
    client, seen = world(), []
    rows = list(iterate(client, "warehouse.services", progress=seen.append))
    assert rows == client.call("warehouse.services")["data"]
    assert seen[-1] == (1, 1, 1, len(rows))


# Answers that are cut


def orders(client, times):
    records = client.transport.sandbox.records
    for n, seconds in enumerate(times):
        number = f"N{n}"
        records.put("outbound", number, {"orderNumber": number, "orderCreationTime": stamp(seconds)})


def cutting(tmp_path, results):
    return world(
        endpoints=overlay(tmp_path, outbound__query={"extends": "outbound.query", "limits": {"results": results}})
    )


def numbers(rows):
    return [r["orderNumber"] for r in rows]


def test_a_cut_answer_is_asked_for_in_halves(tmp_path) -> None:
    client = cutting(tmp_path, 10)
    orders(client, [START + n * 977 for n in range(200)])
    data = {"startTime": stamp(START), "endTime": stamp(START + 5 * DAY)}
    assert sorted(numbers(iterate(client, "outbound.query", data))) == sorted(f"N{n}" for n in range(200))


def test_a_cut_answer_without_a_window_is_halved_by_its_ids(tmp_path) -> None:
    client = cutting(tmp_path, 10)
    orders(client, range(START, START + 60))
    names = [f"N{n}" for n in range(60)]
    found = numbers(iterate(client, "outbound.query", {"orderNumberList": [{"orderNumber": n} for n in names]}))
    assert sorted(found) == sorted(names)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {
            "orderNumberList": [{"orderNumber": f"N{n}"} for n in range(20)],
            "referenceNumberList": [{"referenceNumber": "R"}],
        },
        {"startTime": stamp(START), "endTime": stamp(START + 1)},
    ],
)
def test_a_cut_answer_that_cannot_be_halved_is_an_error(tmp_path, data) -> None:
    rows = [{"orderNumber": f"N{n}"} for n in range(1000)]
    with Server(answer({"code": 0, "data": rows})) as server, pytest.raises(PagingError, match="may be cut") as caught:
        list(iterate(against(server), "outbound.query", data))
    assert "fix: " in str(caught.value)


# Going on


def cases(tmp_path):
    """Iterations of every kind: client, id, data."""
    client = world()
    for n in range(12):
        move(client, f"OC{n % 4}", START + n * 1.7 * DAY + n / 8)
    client.transport.sandbox.records.move({"_lines": [("OC1", "DE", 4)]}, "O", {"AVL": 1}, "PAC", START + 7 * DAY - 1)
    window = {"startTime": stamp(START), "endTime": stamp(START + 29 * DAY)}
    yield client, "stock.movement", {**window, "mfSkuList": skus(*(f"OC{n}" for n in range(60)))}
    yield client, "stock.movement", {"startTime": stamp(START)}
    yield (
        client,
        "stock.snapshot",
        {"serviceRegionList": [{"serviceRegion": "UK"}, {"serviceRegion": "DE"}], "pageSize": 2},
    )
    records = client.transport.sandbox.records
    for n in reversed(range(12)):  # so that what a span shares with the one before comes last in it
        moment = stamp(START + n // 2 * (7 * DAY - 1))
        records.put("inbound", f"I{n}", {"inboundNumber": f"I{n}", "sandboxCreated": moment})
    yield client, "inbound.list", window
    cut = cutting(tmp_path, 3)
    orders(cut, [START + n * 40_000 for n in range(20)])
    yield cut, "outbound.query", window
    plain = {"extends": "outbound.query", "limits": {"results": 3, "window": {"at": None}}}
    doubtful = world(endpoints=overlay(tmp_path / "plain", outbound__query=plain))
    orders(doubtful, [START + n * 40_000 for n in range(20)])
    yield doubtful, "outbound.query", {"startTime": stamp(START), "endTime": stamp(START + 800_000)}


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("threads", [1, 3])
def test_going_on_after_every_row_gives_the_same_rows(tmp_path, number, threads) -> None:
    (tmp_path / "plain").mkdir()
    client, id, data = list(cases(tmp_path))[number]
    whole = list(iterate(client, id, data))
    assert len(whole) >= 5
    assert list(iterate(client, id, data, threads=threads)) == whole
    reading = iterate(client, id, data, threads=threads)
    tokens = [reading.resume] + [reading.resume for _ in reading] + [reading.resume]
    for taken, token in enumerate(tokens[:-1]):
        assert list(iterate(client, id, data, resume=token, threads=threads)) == whole[taken:], taken
    assert list(iterate(client, id, data, resume=tokens[-1])) == []
    assert all(token.isascii() and token.replace("-", "").replace("_", "").isalnum() for token in tokens)
    one_by_one, token = [], None
    while (row := next(step := iterate(client, id, data, resume=token), None)) is not None:
        one_by_one.append(row)
        token = step.resume
        step.close()
    assert one_by_one == whole


def test_the_end_of_an_open_window_is_kept(tmp_path) -> None:
    now = [START + 20 * DAY]
    client = Client("local", clock=lambda: float(now[0]))
    for n in range(40):
        move(client, "OC1", START + n * DAY)
    data = {"startTime": stamp(START), "endTime": None, "mfSkuList": skus("OC1")}
    first = iterate(client, "stock.movement", data)
    found = [next(first)]
    now[0] += 10 * DAY
    found += iterate(client, "stock.movement", data, resume=first.resume)
    assert len(leaves(found)) == 21


@pytest.mark.parametrize(
    "change",
    [
        lambda t: "",
        lambda t: "x" + t,
        lambda t: t[:-4],
        lambda t: "é" + t,
        lambda t: "bnVsbA",
        lambda t: "WzFd",
        lambda t: __import__("base64").urlsafe_b64encode(b'{"v":2,"q":"","t":null,"p":[0,null,0]}').decode(),
    ],
)
def test_a_token_that_is_none_is_refused(change) -> None:
    token = change(iterate(world(), "stock.movement", {"startTime": stamp(START)}).resume)
    with pytest.raises(RequestInvalid, match="resume") as caught:
        iterate(world(), "stock.movement", {"startTime": stamp(START)}, resume=token)
    assert "to start over" in str(caught.value)


def test_a_token_of_another_query_is_refused() -> None:
    token = iterate(world(), "stock.movement", {"startTime": stamp(START)}).resume
    for id, data in (
        ("stock.movement", {"startTime": stamp(START + 1)}),
        ("inbound.list", {"startTime": stamp(START)}),
    ):
        with pytest.raises(RequestInvalid, match="belongs to another query"):
            iterate(world(), id, data, resume=token)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_failure_comes_in_its_place_and_says_how_to_go_on(threads) -> None:
    failing = [True]

    def step(request):
        data = json.loads(body(request))["data"]
        if failing[0] and data["startTime"].startswith("2026-01-14"):
            return http({"code": 3, "message": "no"})
        return http({"code": 0, "data": {"inboundOrderList": [{"inboundNumber": data["startTime"]}]}})

    data = {"startTime": stamp(START), "endTime": stamp(START + 30 * DAY)}
    with Server(by(step)) as server, against(server) as client:
        reading, found = iterate(client, "inbound.list", data, threads=threads), []
        with pytest.raises(ApiError) as caught:
            found.extend(reading)
        assert len(found) == 2
        assert caught.value.resume == reading.resume
        assert caught.value.as_dict()["resume"] == reading.resume
        assert list(reading) == []
        failing[0] = False
        found += iterate(client, "inbound.list", data, resume=caught.value.resume, threads=threads)
        assert found == list(iterate(client, "inbound.list", data))


def test_an_error_of_a_status_or_a_connection_goes_up_as_it_is() -> None:
    for step, kind in ((answer(b"", 502), HttpError), (reset_after_request, OSError)):
        with Server(step) as server, against(server) as client:
            with pytest.raises(Exception) as caught:
                next(iterate(client, "inbound.list", {"startTime": stamp(START), "endTime": stamp(START)}))
            assert isinstance(caught.value, kind) or caught.value.happened == "unknown"
            assert caught.value.resume


# Threads


def ours():
    return [thread for thread in threading.enumerate() if thread.name.startswith("ocreg-iterate")]


@pytest.mark.parametrize("how", ["close", "with", "forget", "end", "error"])
def test_nothing_is_left_behind(how) -> None:
    running, most = [0], [0]
    lock = threading.Lock()

    def step(request):
        with lock:
            running[0] += 1
            most[0] = max(most)
        time.sleep(0.01)
        with lock:
            running[0] -= 1
        late = json.loads(body(request))["data"]["startTime"] > "2026-01-20"
        if how == "error" and late:
            return http({"code": 3, "message": "no"})
        return http({"code": 0, "data": {"inboundOrderList": [{"inboundNumber": "A"}]}})

    data = {"startTime": stamp(START), "endTime": stamp(START + 200 * DAY)}
    with Server(by(step)) as server, against(server) as client:
        reading = iterate(client, "inbound.list", data, threads=4)
        next(reading)
        assert 0 < len(ours()) <= 4
        if how == "close":
            reading.close()
        elif how == "with":
            with reading:
                pass
        elif how == "end":
            list(reading)
        elif how == "error":
            with pytest.raises(ApiError):
                list(reading)
        del reading
        gc.collect()
        assert ours() == []
        assert running[0] == 0
        count = server.connections
        assert how == "end" or count < 15  # of 29 parts
        time.sleep(0.05)
        assert server.connections == count


def test_threads_do_not_run_far_ahead() -> None:
    rows = {"inboundOrderList": [{"inboundNumber": "A"}]}
    with Server(answer({"code": 0, "data": rows})) as server, against(server) as client:
        data = {"startTime": stamp(START), "endTime": stamp(START + 365 * DAY)}
        with iterate(client, "inbound.list", data, threads=3) as reading:
            next(reading)
            time.sleep(0.2)
            assert server.connections <= 3 * 2 + 1


def test_a_part_of_many_pages_is_left_in_the_middle(tmp_path) -> None:
    """Each of the four parts would take three hundred pages."""
    limits = {"extends": "stock.snapshot", "limits": {"ids": {"skuList": 1}}}

    def step(request):
        time.sleep(0.01)
        data = json.loads(body(request))["data"]
        page, short = data["pageNumber"], data["skuList"] == skus("A")
        rows = [] if page > (1 if short else 300) else [{"MFSKUID": data["skuList"][0]["mfSkuId"], "page": page}]
        return http({"code": 0, "data": {"SKUList": rows}})

    endpoints = overlay(tmp_path, stock__snapshot=limits)
    with Server(by(step)) as server, against(server, endpoints=endpoints) as client:
        with iterate(
            client, "stock.snapshot", {"skuList": skus("A", "B", "C", "D"), "pageSize": 1}, threads=2
        ) as reading:
            next(reading)
        assert server.connections < 500  # close waits for no part to come to its end
        assert ours() == []


def test_an_iteration_that_was_never_begun_sends_nothing() -> None:
    with Server(answer({"code": 0, "data": []})) as server, against(server) as client:
        iterate(client, "inbound.list", {"startTime": stamp(START), "endTime": stamp(START + DAY)}).close()
        assert server.connections == 0
