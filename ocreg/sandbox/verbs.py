"""The verbs that a file's `sandbox:` can name, and the demo records made from the files' examples.

create      make a record of each item of the payload, give it a number, show some of its fields
find        the records that the request's lists and window pick
change      set fields of one record, unless it is in a state that forbids it
answer      the file's first success example (the verb of a file that names none)
authorize   redirect with a code;   issue, refresh   tokens for a code or a refresh token
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..endpoint import Endpoint, fully_decoded
from ..exchange import Reply
from .records import Record, Records

if TYPE_CHECKING:
    from .core import Sandbox

_ZONE = timezone(timedelta(hours=8))  # the offset that all of the vendor's examples have
_FORMAT = "%Y-%m-%dT%H:%M:%S%z"


class Refusal(Exception):
    """A business refusal: its code and its words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Moment:
    """One checked request on its way through a verb."""

    sandbox: Sandbox
    endpoint: Endpoint
    data: Any
    query: dict[str, str]
    message_id: str
    now: float

    @property
    def rules(self) -> dict[str, Any]:
        return self.endpoint.sandbox

    @property
    def records(self) -> Records:
        return self.sandbox.records

    def success(self, data: Any = None) -> dict[str, Any]:
        answer = {"code": 0, "message": "Success", "messageId": self.message_id}
        return answer if data is None else {"code": 0, "data": data, **answer}


def _create(moment: Moment) -> dict[str, Any]:
    items = moment.data if isinstance(moment.data, list) else [moment.data]
    with moment.records.lock:
        made = [_new_record(moment.records, moment.rules, item, moment.now) for item in items]
    rows = [_shown(moment.rules, record) for record in made]
    return moment.success(rows if isinstance(moment.data, list) else rows[0])


def _new_record(records: Records, rules: dict[str, Any], item: Record, now: float) -> Record:
    record = {**copy.deepcopy(item), **_set(rules, now)}
    key = records.new_number(rules["collection"], rules["number"], record)
    record[rules["key"]] = key
    records.put(rules["collection"], key, record)
    return record


def _set(rules: dict[str, Any], now: float) -> Record:
    stamp = datetime.fromtimestamp(now, _ZONE).strftime(_FORMAT)
    return {name: stamp if value == "now" else copy.deepcopy(value) for name, value in rules.get("set", {}).items()}


def _shown(rules: dict[str, Any], record: Record) -> Record:
    return {name: copy.deepcopy(record[name]) for name in rules.get("shows", record) if name in record}


def _find(moment: Moment) -> dict[str, Any]:
    with moment.records.lock:
        found = [r for r in moment.records.all(moment.rules["collection"]) if _picked(moment, r)]
        rows = [_shown(moment.rules, record) for record in found[: moment.endpoint.limits.get("results")]]
    return moment.success(rows)


def _picked(moment: Moment, record: Record) -> bool:
    """Inside the window, and on one of the request's lists if any of them names something."""
    window = moment.rules.get("window")
    if window and not _inside(moment.data, window, record):
        return False
    wanted = [want for name, fields in moment.rules.get("by", {}).items() for want in _wants(moment.data, name, fields)]
    return not wanted or any(all(record.get(f) == v for f, v in want.items()) for want in wanted)


def _wants(data: Record, name: str, fields: str | dict[str, str]) -> Iterable[Record]:
    for item in data.get(name) or ():
        if isinstance(fields, str):
            yield {fields: item}
        elif want := {field: item[key] for key, field in fields.items() if key in item}:
            yield want


def _inside(data: Record, window: dict[str, str], record: Record) -> bool:
    at = _time(record[window["field"]])
    since, until = data.get(window["from"]), data.get(window["to"])
    return (since is None or _time(since) <= at) and (until is None or at <= _time(until))


def _time(text: str) -> datetime:
    return datetime.strptime(text, _FORMAT)  # noqa: DTZ007  # the format ends in %z


def _change(moment: Moment) -> dict[str, Any]:
    rules = moment.rules
    number = moment.data[rules["key"]]
    with moment.records.lock:
        record = moment.records.get(rules["collection"], number)
        if record is None:
            raise Refusal("sandbox.unknown", f"sandbox: there is no {rules['key']} {number}")
        for name, values in rules.get("unless", {}).items():
            if record.get(name) in values:
                raise Refusal("sandbox.state", f"sandbox: {number} has {name} {record[name]}")
        record.update(_set(rules, moment.now))
    return moment.success(_shown(rules, record) if "shows" in rules else None)


def _answer(moment: Moment) -> dict[str, Any]:
    for body in successes(moment.endpoint):
        return {**copy.deepcopy(body), "messageId": moment.message_id}
    return moment.success()


def successes(endpoint: Endpoint) -> Iterable[dict[str, Any]]:
    """The bodies of the file's success examples."""
    for example in endpoint.examples.get("response", ()):
        if example["body"].get("code") == 0:
            yield example["body"]


def _authorize(moment: Moment) -> Reply:
    _know(moment)
    target = moment.query["redirect_uri"]
    code = moment.sandbox.accounts.new_code(target)
    twice = quote(quote(code, safe=""), safe="")
    join = "&" if "?" in target else "?"
    state = quote(moment.query["state"], safe="")
    location = f"{target}{join}act=getAuthorizationCode&code={twice}&state={state}"
    return Reply(302, {"Location": location, "Content-Type": "text/plain"}, b"")


def _issue(moment: Moment) -> Reply:
    _know(moment)
    accounts = moment.sandbox.accounts
    problem = accounts.spend_code(fully_decoded(moment.query["code"]), moment.query["redirect_uri"])
    if problem is not None:
        raise Refusal("invalid_grant", problem)
    return _tokens(accounts.new_access(), accounts.lifetime, accounts.new_refresh())


def _refresh(moment: Moment) -> Reply:
    _know(moment)
    accounts = moment.sandbox.accounts
    if not accounts.may_refresh(moment.query["refresh_token"]):
        raise Refusal("invalid_grant", "the refresh token is unknown or expired")
    return _tokens(accounts.new_access(), accounts.lifetime, None)


def _know(moment: Moment) -> None:
    if moment.query["client_id"] != moment.sandbox.client_key:
        raise Refusal("invalid_client", "client_id is not the configured client key")


def _tokens(access: str, lifetime: int, refresh: str | None) -> Reply:
    body: dict[str, Any] = {"access_token": access, "token_type": "bearer", "expires_in": lifetime}
    if refresh is not None:
        body["refresh_token"] = refresh
    return Reply(200, {"Content-Type": "application/json;charset=UTF-8"}, json.dumps(body).encode())


VERBS: dict[str, Callable[[Moment], Any]] = {
    "create": _create,
    "find": _find,
    "change": _change,
    "answer": _answer,
    "authorize": _authorize,
    "issue": _issue,
    "refresh": _refresh,
}


def demo_records(records: Records, endpoints: list[Endpoint], now: float) -> None:
    """A few records to start with, from the files' examples: what finds show, and what changes name."""
    rules = [(endpoint, endpoint.sandbox) for endpoint in endpoints]
    makers = {rule["collection"]: rule for _, rule in rules if rule.get("does") == "create"}
    for endpoint, rule in rules:
        maker = makers.get(rule.get("collection", ""))
        if maker is None or rule["does"] not in ("find", "change"):
            continue
        if rule["does"] == "find":
            rows = [row for body in successes(endpoint) for row in body.get("data", ())]
        else:
            rows = [{rule["key"]: example["data"][rule["key"]]} for example in endpoint.examples["request"]]
        for row in rows:
            key = row[maker["key"]]
            if records.get(rule["collection"], key) is None:
                records.put(rule["collection"], key, {**_set(maker, now), **copy.deepcopy(row)})
