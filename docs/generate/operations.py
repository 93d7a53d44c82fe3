"""`reference/operations/`: a page for each operation, and their list, from the shipped endpoint files."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePosixPath
from textwrap import dedent, indent
from typing import Any
from urllib.parse import urlsplit

from ocreg.cli.arguments import first_example, placed
from ocreg.errors import OperationUnavailable
from ocreg.interchange import samples
from ocreg.registry.endpoint import Endpoint
from ocreg.registry.files import Registry
from ocreg.sandbox.catalogue import catalogue

from . import HEADER, table, within

FOLDER = "reference/operations"
REGISTRY = Registry([])
Node = dict[str, Any]
INDENT = "&nbsp;" * 4
"""Before the name of a field, for each field that it is inside of."""
_CLIENT = 'from ocreg import Client\n\nclient = Client(env="local")\n'
_AUTH = {
    "token": "the headers `clientKey`, `vAuthorization` (the signature), `TimeStamp` and `Access-Token: Bearer TOKEN`",
    "key": "the headers `clientKey`, `vAuthorization` (the signature) and `TimeStamp`; `Access-Token` is optional",
    "oauth": "none in headers: this is a token operation",
    "none": "none",
}
_RANGES = (
    ("minLength", "maxLength", "character", "Not empty."),
    ("minItems", "maxItems", "item", "At least 1 item."),
    ("minimum", "maximum", "", "At least 1."),
)
_BEYOND = {
    "read": "`client.iterate` and [`ocreg pull`](../command.md#ocreg-pull) split a longer read into such requests.",
    "": "`client.call_many` and [`ocreg push`](../command.md#ocreg-push) split more items into such requests.",
}


def files() -> dict[PurePosixPath, str | bytes]:
    listed = catalogue(REGISTRY)["operations"]
    pages = {PurePosixPath(FOLDER, f"{one['id']}.md"): HEADER + page(one, REGISTRY[one["id"]]) for one in listed}
    return {**within(f"{FOLDER}/index.md", operations=index(listed)), **pages}


def index(listed: list[Node]) -> str:
    text = ""
    for group, members in groupby(listed, lambda one: one["group"]):
        rows = [
            [f"[`{o['id']}`]({o['id']}.md)", o["effect"], o["status"], linked(o["summary"], o["id"])] for o in members
        ]
        text += f"## {group}\n\n" + table(["operation", "effect", "evidence", "what it does"], rows)
    return text


def page(one: Node, endpoint: Endpoint) -> str:
    parts = [f"# {one['id']}", linked(one["summary"], one["id"]), linked(one["description"].strip(), one["id"])]
    parts += [facts(one, endpoint), *example(one, endpoint)]
    for section in one["sections"]:
        parts += fields(section, endpoint)
    parts += [*answers(endpoint), *limits(endpoint), *codes(one), *confirmed(endpoint), *evidence(endpoint)]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def facts(one: Node, endpoint: Endpoint) -> str:
    auth = _AUTH[endpoint.auth]
    if endpoint.token:
        auth += f"; the setting `{endpoint.token}` takes the place of the usual token"
    signed = endpoint.sends_token and one["path"] and endpoint.host
    rows = [
        ["the vendor's name", one["title"]],
        ["request", f"`{one['method'] or ''} {one['path']}`" if one["path"] else "not known"],
        *([f"{name} host", f"`{url}`"] for name, url in endpoint.host.items()),
        *([["signed path", f"`{urlsplit(endpoint.url('production', None, {}, {})).path}`"]] if signed else []),
        ["authentication", "not known" if endpoint.caller == "vendor" else auth],
        ["effect", f"[{one['effect']}](index.md#effects)"],
        ["evidence", f"[{one['status']}](index.md#evidence)"],
        ["file", f"`endpoints/{one['id'].replace('.', '/')}.yaml`"],
    ]
    return table(["", ""], rows)


def example(one: Node, endpoint: Endpoint) -> Iterator[str]:
    try:
        endpoint.callable_by_us()
    except OperationUnavailable as error:
        yield from _no_example(one, endpoint, str(error))
        return
    shown = endpoint.examples.get("request")
    data, named = first_example(endpoint) if shown else (None, {})
    named = {name: value for name, value in named.items() if name not in _filled_in(endpoint)}
    yield "## Example"
    if one["caller"] == "browser":
        yield "ocreg does not open this page. Its answer holds the URL for the seller's browser."
    yield f"```sh\n{command(one['id'], data, named)}\n```"
    yield f"```python\n{code(one['id'], data, placed(endpoint, named))}\n```"


def _no_example(one: Node, endpoint: Endpoint, error: str) -> Iterator[str]:
    if endpoint.caller == "vendor":
        yield "## Example"
        yield "OrangeConnex sends this request to you. `receive` decodes and checks what arrived."
        yield f'```python\n{_CLIENT}payload = client.receive("{one["id"]}", b"{{}}")\n```'
        return
    yield "## Not callable yet"
    where = f"`{one['id'].replace('.', '/')}.yaml`"
    yield f"Once you know the path from OrangeConnex, write {where} into a directory that `OCREG_ENDPOINTS` names:"
    yield f"```yaml\n{dedent(error.partition(chr(10) * 2)[2])}\n```"
    yield "How such a file works: [add your own operation](../../howto/overlay.md)."


def command(id: str, data: Any, named: Node) -> str:
    """The example as a command; short payloads as words, others as JSON."""
    words = [f"{name}=={value}" for name, value in named.items()]
    flat = isinstance(data, dict) and not any(isinstance(value, (dict, list)) for value in data.values())
    if flat:
        words += [f"{k}={v}" if isinstance(v, str) else f"{k}:={json.dumps(v)}" for k, v in data.items()]
    lines = [f"ocreg call {id} --env local", *map(shlex.quote, words)]
    if data is not None and not flat:
        lines.append(f"--data {shlex.quote(laid_out(data))}")
    whole = " ".join(lines)
    return whole if len(whole) < 100 else " \\\n  ".join(lines)


def code(id: str, data: Any, where: Node) -> str:
    """The example in Python."""
    given = [f'"{id}"', *([laid_out(data, python=True)] if data is not None else [])]
    given += [f"{name}={laid_out(values, python=True)}" for name, values in where.items() if values]
    whole = ", ".join(given)
    if len(whole) > 80 or "\n" in whole:
        whole = "\n" + "".join(indent(one, "    ") + ",\n" for one in given)
    return f"{_CLIENT}answer = client.call({whole})"


def laid_out(value: Any, *, python: bool = False) -> str:
    """A JSON value over as many lines as it needs, as JSON or as Python."""
    if isinstance(value, dict):
        inside, ends = [f"{laid_out(k)}: {laid_out(v, python=python)}" for k, v in value.items()], "{}"
    elif isinstance(value, list):
        inside, ends = [laid_out(item, python=python) for item in value], "[]"
    else:
        return repr(value) if python and not isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    short = ends[0] + ", ".join(inside) + ends[1]
    if len(short) <= 72 and "\n" not in short:
        return short
    lines = indent(",\n".join(inside), "    " if python else "  ")
    return f"{ends[0]}\n{lines}{',' if python else ''}\n{ends[1]}"


def fields(section: Node, endpoint: Endpoint) -> Iterator[str]:
    yield f"## {section['title']}"
    found = section["fields"]
    if not found:
        sent = section["key"] != "response" and endpoint.caller != "vendor"
        yield "No fields are known." + " What you send is not checked." * sent
    elif found[0]["path"] == "[]" and found[0].get("inside"):
        yield "A list. The table describes one item of it."
        found = found[0]["inside"]
    listed = [inner for outer in found for inner in walked(outer)]
    must = any(field.get("required") for field in listed) and section["key"] != "response"
    rows = []
    for field in listed:
        depth = field["path"].removeprefix("[].").count(".")
        cells = [INDENT * depth + f"`{field['name']}`", kind(field)]
        cells += ["yes" if field.get("required") else ""] if must else []
        filled = section["key"] == "query" and field["name"] in _filled_in(endpoint)
        rows.append([*cells, linked(words(field) + " The client fills it in." * filled, endpoint.id)])
    yield table(["field", "type", *(["required"] if must else []), "description"], rows)
    yield " ".join(section["needs"])


def _filled_in(endpoint: Endpoint) -> set[str]:
    """The query parameters that are constant or come from a setting."""
    known = endpoint.query.root.get("properties", {}) if endpoint.query is not None else {}
    return {name for name, rules in known.items() if {"const", "x-setting"} & rules.keys()}


def walked(field: Node) -> Iterator[Node]:
    """A field and those inside it; the entries of a list only where there is something to say of them."""
    if not field["name"].endswith("[]") or field["rules"] or words(field):
        yield field
    for inner in field.get("inside", ()):
        yield from walked(inner)


def kind(field: Node) -> str:
    """Its type, and the format of a text."""
    rules, type = field["rules"], field["kind"]
    if type == "array" and (inside := field.get("inside")):
        entry = inside[0]["kind"] if inside[0]["name"].endswith("[]") else "object"
        type += f" of {entry}s" if entry else ""
    if not type:
        values = [*rules.get("enum", ()), *([rules["const"]] if "const" in rules else [])]
        type = "string" if values and all(isinstance(value, str) for value in values) else "any"
    return f"{type}, `{rules['format']}`" if "format" in rules else type


def limited(rules: Node, said: str) -> Iterator[str]:
    """What limits its values, in sentences; not the choices that the description `said` already."""
    for low, high, unit, one in _RANGES:
        least, most = rules.get(low), rules.get(high)
        many = f" {unit}{'s' * ((most or least) != 1)}" if unit else ""
        if least is not None and most is not None:
            yield f"From {least:,} to {most:,}{many}." if least != most else f"Exactly {most:,}{many}."
        elif most is not None:
            yield f"At most {most:,}{many}."
        elif least is not None:
            yield one if least == 1 else f"At least {least:,}{many}."
    if "pattern" in rules:
        yield f"Matches `{rules['pattern']}`."
    if "const" in rules:
        yield f"Always `{_text(rules['const'])}`."
    choices = [f"`{_text(value)}`" for value in rules.get("enum", ())]
    if not all(choice in said for choice in choices):
        yield f"One of {', '.join(choices)}." if len(choices) > 1 else f"Only {choices[0]}."


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def words(field: Node) -> str:
    said = [field.get("description", ""), *limited(field["rules"], field.get("description", ""))]
    shown = [f"`{_text(value)}`" for value in field.get("examples", ()) if not isinstance(value, (dict, list))]
    if shown:
        said.append(f"For example {', '.join(shown)}.")
    if field.get("sensitive"):
        said.append("Personal data.")
    if field.get("again"):
        said.append("It holds the same fields as the object around it.")
    return " ".join(filter(None, said))


def answers(endpoint: Endpoint) -> Iterator[str]:
    shown = samples.answers(endpoint)
    if shown:
        yield "## Example answers"
    for status, name, said, body in shown:
        what = f"A {name.rstrip('0123456789')}" + (f", HTTP {status}" if status != 200 else "")
        yield f"{what}: {linked(said['summary'], endpoint.id)}." if said else f"{what}:"
        yield f"```json\n{laid_out(body)}\n```"


def limits(endpoint: Endpoint) -> Iterator[str]:
    known = endpoint.limits
    said = []
    if "items" in known:
        said.append(f"At most {known['items']:,} items in one request.")
    if "results" in known:
        said.append(f"At most {known['results']:,} results of one query.")
    if rule := known.get("page"):
        said.append(
            f"Pages: `{rule['number']}` counts from {rule.get('first', 1)}, `{rule['size']}` is at most {rule['most']}."
        )
    if rule := known.get("window"):
        spans = [f"at most {rule['days']:,} days long" if "days" in rule else ""]
        spans += [f"at most {rule['lookback_days']:,} days back" if "lookback_days" in rule else ""]
        said.append(", ".join([f"A time window from `{rule['from']}` to `{rule['to']}`", *filter(None, spans)]) + ".")
    said += [f"At most {most:,} ids in `{name}`." for name, most in known.get("ids", {}).items()]
    if rule := known.get("rate"):
        said.append(
            f"At most {rule['calls']:,} requests in {rule['seconds']:g} seconds; the client waits for its turn."
        )
    if said:
        said.append(_BEYOND["read" if endpoint.effect == "read" else ""])
    if known:
        yield "## Limits"
        yield "\n".join(f"- {line}" for line in [*said, *([known["note"]] if "note" in known else [])])


def codes(one: Node) -> Iterator[str]:
    if one["errors"]:
        yield "## Business codes"
        rows = [[f"`{row['code']}`", row["meaning"], row["category"] or ""] for row in one["errors"]]
        some = any(cells[2] for cells in rows)
        yield table(["code", "meaning", *(["category"] if some else [])], [cells[: 2 + some] for cells in rows])
        yield "A category decides [what follows](../errors.md)." if some else ""


def confirmed(endpoint: Endpoint) -> Iterator[str]:
    rule = endpoint.confirm
    if rule:
        yield "## When an answer is lost"
        yield (
            f'With `on_unknown="confirm"` ocreg looks the request up by its natural key `{rule["key"]}`, with '
            f"{linked(rule['operation'], endpoint.id)}. Give every item a `{rule['key']}` of its own."
        )
        if "settles" in rule:
            yield f"What cannot be found after {rule['settles']:g} seconds is certainly absent, and is sent again."
        else:
            yield "What cannot be found stays in doubt: that it is not found proves nothing."
        yield rule.get("note", "")
    if endpoint.finds:
        yield "## Rows about other ids"
        yield "The client compares the ids that you ask for with the answer, and reports rows about other ids."
        yield table(["id in the request", "field of a row"], [[f"`{a}`", f"`{b}`"] for a, b in endpoint.finds.items()])


def evidence(endpoint: Endpoint) -> Iterator[str]:
    known = endpoint.evidence
    yield "## Evidence"
    yield f"This operation is [{known['status']}](index.md#evidence)."
    for title, key in (("Sources", "sources"), ("Inferred", "inferred"), ("Unknown", "unknown")):
        if known.get(key):
            yield f"### {title}"
            lines = [line if isinstance(line, str) else source(line) for line in known[key]]
            yield "\n".join(f"- {linked(' '.join(line.split()), endpoint.id)}" for line in lines)


def source(one: Node) -> str:
    named = ", ".join([f"`{one['kind']}`", *(one[key] for key in ("page", "date") if key in one)])
    return f"{named}: {one['note']}" if "note" in one else named


def linked(text: str, own: str) -> str:
    """A text with the ids of other operations in it as links to their pages."""
    return _IDS.sub(lambda found: found[0] if found[1] == own else f"[`{found[1]}`]({found[1]}.md)", text)


_IDS = re.compile(rf"(?<![\w./`])`?({'|'.join(map(re.escape, REGISTRY))})\b(?![\w./]*[`\w])`?")
