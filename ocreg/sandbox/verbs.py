"""The verbs that a file's `sandbox:` can name.

    create      make a record of each item of the payload, give it a number, show some of its fields
    find        the records that the request's lists and time window select, page by page
    change      set fields of one record, or add to its lists, unless its state forbids it
    balance, movements, ages      three views of the stock ledger (`stock`)
    authorize, issue, refresh     the OAuth side (`oauth`)
    answer      the file's first success example: the default verb

Time does the rest: what a `create` declares under `later` happens to its records when it is due (`progress`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Any

from . import oauth, refusals, stock
from .collection import Collection, Record, seconds_of
from .records import Records, copied
from .request import Refusal, Request, lines, shown, span, successes, values, wants


def _create(request: Request) -> dict[str, Any]:
    many = isinstance(request.data, list)
    rows, refused = [], []
    for place, item in enumerate(request.data if many else [request.data]):
        why = refusals.of_item(request, place, item)
        if why is None:
            rows.append(shown(request.rules, _new_record(request, item)))
        elif many:
            refused.append({"code": why.code, "message": why.message})
        else:
            raise why
    if refused:
        others = "the others took effect" if rows else "nothing took effect"
        words = f"sandbox: {len(refused)} of {len(request.data)} were refused, {others}"
        answer = {"code": 3, "data": rows, "errors": refused, "message": words, "messageId": request.message_id}
        return {**answer, "success": False}
    return request.success(rows if many else rows[0] or None)


def _new_record(request: Request, item: Record) -> Record:
    rules, records, now = request.rules, request.records, request.now
    record = {name: value for name, value in item.items() if name[:1] != "_"}
    if "number" in rules:
        record[rules["key"]] = request.number or _free_number(records, rules, record)
    key = record[rules["key"]]
    record.update(values(records, rules.get("set", {}), record, now))
    if "lines" in rules:
        record["_lines"] = list(lines(record, rules["lines"]))
    if request.visible > now:
        record["_visible"] = request.visible
    record["_on_shown"] = [step for step in rules.get("later", ()) if "shown" in step]
    records.put(rules["collection"], key, record)
    _move(records, record, rules, now)
    for step in rules.get("later", ()):
        if "after" in step:
            records.schedule(now + step["after"], record, step)
    return record


def _free_number(records: Records, rules: dict[str, Any], record: Record) -> str:
    while True:
        number = records.number(rules["number"], record)
        if records.get(rules["collection"], number) is None:
            return number


def _move(records: Records, record: Record, rules: dict[str, Any], at: float) -> None:
    if "moves" in rules:
        records.move(record, record["_key"], rules["moves"]["buckets"], rules["moves"]["reason"], at)


def progress(records: Records, now: float) -> None:
    """Do everything that is due by now."""
    for at, record, step in records.due(now):
        _step(records, record, step, at)


def _step(records: Records, record: Record, step: dict[str, Any], at: float) -> None:
    if any(record.get(name) not in allowed for name, allowed in step.get("only", {}).items()):
        return
    records.update(record, values(records, step.get("set", {}), record, at))
    _move(records, record, step, at)


def _find(request: Request) -> dict[str, Any]:
    rules = request.rules
    collection = request.records[rules["collection"]]
    wanted = [want for found in wants(request.data, rules.get("by", {})) for want in found]
    for want in wanted if "unknown" in rules else ():
        _refuse_unknown(rules["unknown"], request, collection.find([want]), want)
    page = request.page(_visible(request, _picked(request, collection, wanted)))
    answer = request.success(list(_rows(rules, page)))
    for record in page:
        _was_shown(request.records, record, request.now)
    return answer


def _picked(request: Request, collection: Collection, wanted: list[Record]) -> list[Record]:
    """The records that the request's lists and time window select; without a list or a time window, all."""
    window = request.rules.get("window")
    since, until = span(request.data, window)
    if window is None or (since, until) == (-inf, inf):
        return collection.find(wanted) if wanted else collection.all()
    if not wanted:
        return collection.between(window["field"], since, until)
    found = ((record, seconds_of(record.get(window["field"]))) for record in collection.find(wanted))
    return [record for record, at in found if at is None or since <= at <= until]


def _visible(request: Request, records: list[Record]) -> list[Record]:
    """Without records that can be found only later."""
    return [record for record in records if record.get("_visible", -inf) <= request.now]


def _refuse_unknown(rule: dict[str, str], request: Request, found: list[Record], want: Record) -> None:
    if not _visible(request, found):
        name = " ".join(map(str, want.values()))
        raise Refusal(rule["code"], rule["message"].replace("{}", name))


def _rows(rules: dict[str, Any], records: list[Record]) -> Iterator[Record]:
    for record in records:
        if any(record.get(name) != value for name, value in rules.get("hidden_until", {}).items()):
            continue
        for value in record.get(rules["each"]["list"]) or [None] if "each" in rules else [None]:
            row = shown(rules, record)
            if value is not None:
                row[rules["each"]["as"]] = value
            yield row


def _was_shown(records: Records, record: Record, now: float) -> None:
    record["_shown"] = record.get("_shown", 0) + 1
    for step in record.get("_on_shown", ()):
        if step["shown"] == record["_shown"]:
            _step(records, record, step, now)


def _change(request: Request) -> dict[str, Any]:
    rules, records = request.rules, request.records
    number = request.data.get(rules["key"])
    if number is None:  # the vendor's field name is not known, so a payload may lack it
        return request.success()
    record = records.get(rules["collection"], number)
    if record is None:
        raise Refusal("sandbox.unknown", f"sandbox: there is no {rules['key']} {number}")
    for name, forbidding in rules.get("unless", {}).items():
        if record.get(name) in forbidding:
            raise Refusal("sandbox.state", f"sandbox: {number} has {name} {record[name]}")
    changes = values(records, rules.get("set", {}), record, request.now)
    taken = {name: [*(record.get(name) or ()), *(request.data.get(name) or ())] for name in rules.get("takes", ())}
    records.update(record, {**changes, **taken})
    _move(records, record, rules, request.now)
    return request.success(shown(rules, record) if "shows" in rules else None)


def _answer(request: Request) -> dict[str, Any]:
    body = next(successes(request.endpoint), None)
    if body is None:
        return request.success()
    return {**copied(body), "messageId": request.message_id} if request.endpoint.envelope else copied(body)


VERBS: dict[str, Callable[[Request], Any]] = {
    "create": _create,
    "find": _find,
    "change": _change,
    "balance": stock.balance,
    "movements": stock.movements,
    "ages": stock.ages,
    "answer": _answer,
    "authorize": oauth.authorize,
    "issue": oauth.issue,
    "refresh": oauth.refresh,
}
