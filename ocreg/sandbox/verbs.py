"""The verbs that a file's `sandbox:` can name, and the demo records made from the files' examples.

    create      make a record of each item of the payload, give it a number, show some of its fields
    find        the records that the request's lists and window pick, page by page
    change      set fields of one record, or add to its lists, unless it is in a state that forbids it
    balance, movements, ages      three views of the stock ledger (`stock`)
    authorize, issue, refresh     the OAuth side (`oauth`)
    answer      the file's first success example: the verb of a file that names none

Time does the rest: what a `create` declares under `later` happens to its records when it is due (`progress`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..endpoint import Endpoint
from ..windows import moment_of
from . import oauth, stock
from .moment import Moment, Refusal, fits, inside, shown, values, wants
from .records import Record, Records


def _create(moment: Moment) -> dict[str, Any]:
    rules, records = moment.rules, moment.records
    items = moment.data if isinstance(moment.data, list) else [moment.data]
    made = [_new_record(records, rules, item, moment.now) for item in items]
    rows = [shown(rules, record) for record in made]
    return moment.success(rows if isinstance(moment.data, list) else rows[0] or None)


def _new_record(records: Records, rules: dict[str, Any], item: Record, now: float) -> Record:
    record = copy.deepcopy(item)
    if "number" in rules:
        record[rules["key"]] = _free_number(records, rules, record)
    key = record[rules["key"]]
    record.update(values(records, rules.get("set", {}), record, now))
    if "lines" in rules:
        record["_lines"] = list(_lines(record, rules["lines"]))
    records.put(rules["collection"], key, record)
    if "moves" in rules:
        records.move(record, key, rules["moves"]["buckets"], rules["moves"]["reason"], now)
    for step in rules.get("later", ()):
        if "after" in step:
            records.schedule(now + step["after"], record, {**step, "_key": key})
    record["_on_shown"] = [step for step in rules.get("later", ()) if "shown" in step]
    return record


def _free_number(records: Records, rules: dict[str, Any], record: Record) -> str:
    while True:
        number = records.number(rules["number"], record)
        if records.get(rules["collection"], number) is None:
            return number


def _lines(record: Record, rule: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    """SKU, region and pieces of each line of an order; lines below several lists are reached through them."""
    level = [record]
    for name in rule["each"].split("."):
        level = [line for holder in level for line in holder.get(name) or ()]
    for line in level:
        sku, region = line.get(rule["sku"]), record.get(rule["region"])
        if sku and region:
            yield sku, region, _pieces(line.get(rule["quantity"]))


def _pieces(quantity: Any) -> int:
    try:
        return int(quantity or 0)
    except ValueError:
        raise Refusal("sandbox.quantity", f"sandbox: {quantity!r} is no number of pieces") from None


def progress(records: Records, now: float) -> None:
    """Let everything happen that is due by now."""
    for at, record, step in records.due(now):
        _step(records, record, step, at)


def _step(records: Records, record: Record, step: dict[str, Any], at: float) -> None:
    if any(record.get(name) not in allowed for name, allowed in step.get("only", {}).items()):
        return
    record.update(values(records, step.get("set", {}), record, at))
    if "moves" in step:
        records.move(record, step["_key"], step["moves"]["buckets"], step["moves"]["reason"], at)


def _find(moment: Moment) -> dict[str, Any]:
    rules = moment.rules
    candidates = moment.records.all(rules["collection"])
    wanted = [want for found in wants(moment.data, rules.get("by", {})) for want in found]
    if "unknown" in rules:
        _refuse_unknown(rules["unknown"], candidates, wanted)
    window = rules.get("window")
    found = [
        record
        for record in candidates
        if (not wanted or fits(record, wanted)) and inside(moment.data, window, _time_of(record, window))
    ]
    answer = moment.success(list(_rows(rules, moment.page(found))))
    for record in found:
        _was_shown(moment.records, record, moment.now)
    return answer


def _time_of(record: Record, window: dict[str, str] | None) -> Any:
    return moment_of(record.get(window["field"])) if window else None


def _refuse_unknown(rule: dict[str, str], candidates: list[Record], wanted: list[Record]) -> None:
    for want in wanted:
        if not any(fits(record, [want]) for record in candidates):
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


def _change(moment: Moment) -> dict[str, Any]:
    rules, records = moment.rules, moment.records
    number = moment.data.get(rules["key"])
    if number is None:  # the vendor's name for it is not known, so a payload may come without
        return moment.success()
    record = records.get(rules["collection"], number)
    if record is None:
        raise Refusal("sandbox.unknown", f"sandbox: there is no {rules['key']} {number}")
    for name, forbidding in rules.get("unless", {}).items():
        if record.get(name) in forbidding:
            raise Refusal("sandbox.state", f"sandbox: {number} has {name} {record[name]}")
    record.update(values(records, rules.get("set", {}), record, moment.now))
    for name in rules.get("takes", ()):
        record[name] = [*record.get(name, ()), *copy.deepcopy(moment.data.get(name, []))]
    if "moves" in rules:
        records.move(record, number, rules["moves"]["buckets"], rules["moves"]["reason"], moment.now)
    return moment.success(shown(rules, record) if "shows" in rules else None)


def _answer(moment: Moment) -> dict[str, Any]:
    for body in successes(moment.endpoint):
        return {**copy.deepcopy(body), "messageId": moment.message_id}
    return moment.success()


def successes(endpoint: Endpoint) -> Iterable[dict[str, Any]]:
    """The bodies of the file's success examples."""
    for example in endpoint.examples.get("response", ()):
        if example["body"].get("code") == 0:
            yield example["body"]


VERBS: dict[str, Callable[[Moment], Any]] = {
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


def demo_records(records: Records, endpoints: list[Endpoint], now: float) -> None:
    """A few records to start with, from the files' examples: what finds show, and what changes name."""
    makers = {e.sandbox["collection"]: e.sandbox for e in endpoints if e.sandbox.get("does") == "create"}
    for endpoint in endpoints:
        maker = makers.get(endpoint.sandbox.get("collection", ""))
        if maker is None or endpoint.sandbox["does"] not in ("find", "change"):
            continue
        for row in _demo_rows(endpoint):
            key = row.get(maker["key"])
            if key is not None and records.get(maker["collection"], key) is None:
                start = values(records, maker.get("set", {}), row, now)
                records.put(maker["collection"], key, {**start, **copy.deepcopy(row)})


def _demo_rows(endpoint: Endpoint) -> Iterator[Record]:
    """Records under the names that they have in the sandbox."""
    rules = endpoint.sandbox
    if rules["does"] == "change":
        for example in endpoint.examples.get("request", ()):
            if rules["key"] in example["data"]:
                yield {rules["key"]: example["data"][rules["key"]]}
        return
    if "unknown" in rules:  # it refuses what is not there, and its own example should be there
        for example in endpoint.examples.get("request", ()):
            yield from (want for wanted in wants(example["data"], rules["by"]) for want in wanted)
    names = rules.get("shows", [])
    fields = names if isinstance(names, dict) else {name: name for name in names}
    for body in successes(endpoint):
        data = body.get("data", [])
        for row in data.get(rules["under"], []) if isinstance(data, dict) and "under" in rules else data:
            yield {fields.get(name, name): value for name, value in row.items()}
