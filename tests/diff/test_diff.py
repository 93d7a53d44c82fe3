"""What `ocreg diff` says of two registries, and where it gets them from."""

import copy
import json
import os
import subprocess

import click
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ocreg import EndpointInvalid, Registry
from ocreg.cli.diff import command
from ocreg.diff import compare
from ocreg.diff.revisions import Alone
from ocreg.lint import prove, schemas
from ocreg.registry.endpoint import Endpoint
from ocreg.registry.references import Bundler
from ocreg.registry.schema import Place, Schema, Source

BASE = """\
summary: A test operation.
method: POST
path: /x
host: {sandbox: https://a.example.com, production: https://b.example.com}
effect: read
evidence: {status: partial}
"""


def lines(text: str) -> dict:
    """The top-level keys of a YAML text that has one per line."""
    return {line.partition(":")[0]: line for line in text.splitlines() if line}


def write(root, name: str, keys: str) -> None:
    """An endpoint file: the plain one, with `keys` (one a line) added or in place of its own; `key: -` removes."""
    file = root / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    merged = {**lines(BASE), **lines(keys)}
    file.write_text("\n".join(line for key, line in merged.items() if line != f"{key}: -") + "\n")


def compared(tmp_path, old: str, new: str) -> list[tuple[str, str, bool]]:
    """What is said when the operation changes from one text to the other."""
    for name, keys in (("old", old), ("new", new)):
        write(tmp_path / name, "test/one", keys)
    found = compare.changes(Alone(tmp_path / "old"), Alone(tmp_path / "new"))
    assert {change.operation for change in found} <= {"test.one"}
    return [(change.path, change.message, change.breaking) for change in found]


def data(*, a: str = "{type: string}", more: str = "") -> str:
    return f"data: {{type: object, properties: {{a: {a}, b: {{}}}}{more}}}"


def answer(*, a: str = "{type: string}", more: str = "") -> str:
    return data(a=a, more=more).replace("data:", "response:")


# One rule of the field `a`, added or changed: before, after, what is said, and whether it is narrower, wider, different.
RULES = {
    "type new": ("{}", "{type: string}", "was anything, is string", "narrower"),
    "type gone": ("{type: string}", "{}", "was string, is anything", "wider"),
    "type narrower": ("{type: [string, integer]}", "{type: string}", "was integer or string, is string", "narrower"),
    "type wider": ("{type: integer}", "{type: number}", "was integer, is number", "wider"),
    "type different": ("{type: integer}", "{type: string}", "was integer, is string", "different"),
    "enum new": ("{type: string}", "{type: string, enum: [A, B]}", "now only A or B", "narrower"),
    "enum gone": ("{enum: [A, B]}", "{type: string}", "no longer only A or B", "wider"),
    "enum less": ("{enum: [A, B]}", "{enum: [A]}", "no longer B", "narrower"),
    "enum more": ("{enum: [A]}", "{enum: [A, B, '']}", 'may now be "" or B', "wider"),
    "enum other": ("{enum: [A, B]}", "{enum: [A, C]}", "no longer B; may now be C", "different"),
    "const new": ("{type: string}", "{const: A}", "now only A", "narrower"),
    "const other": ("{const: A}", "{const: 1}", "no longer A; may now be 1", "different"),
    "format new": ("{type: string}", "{type: string, format: decimal}", "format decimal is new", "narrower"),
    "format gone": ("{type: string, format: url}", "{type: string}", "format url was removed", "wider"),
    "format other": ("{format: oc-date}", "{format: url}", "format was oc-date, is url", "different"),
    "pattern new": ("{type: string}", "{type: string, pattern: '^x'}", "pattern ^x is new", "narrower"),
    "pattern other": ("{pattern: '^x'}", "{pattern: '^y'}", "pattern was ^x, is ^y", "different"),
    "minLength new": ("{type: string}", "{type: string, minLength: 1}", "minLength 1 is new", "narrower"),
    "minLength up": ("{minLength: 1}", "{minLength: 2}", "minLength was 1, is 2", "narrower"),
    "minLength down": ("{minLength: 2}", "{minLength: 1}", "minLength was 2, is 1", "wider"),
    "minLength gone": ("{minLength: 2}", "{}", "minLength 2 was removed", "wider"),
    "maxLength up": ("{maxLength: 1}", "{maxLength: 2}", "maxLength was 1, is 2", "wider"),
    "maxLength down": ("{maxLength: 2}", "{maxLength: 1}", "maxLength was 2, is 1", "narrower"),
    "minimum up": ("{minimum: 0}", "{minimum: 0.5}", "minimum was 0, is 0.5", "narrower"),
    "maximum new": ("{}", "{maximum: 9}", "maximum 9 is new", "narrower"),
    "exclusiveMinimum gone": ("{exclusiveMinimum: 0}", "{}", "exclusiveMinimum 0 was removed", "wider"),
    "exclusiveMaximum down": ("{exclusiveMaximum: 9}", "{exclusiveMaximum: 8}", "exclusiveMaximum was 9, is 8", "narrower"),
    "minItems new": ("{type: array}", "{type: array, minItems: 1}", "minItems 1 is new", "narrower"),
    "maxItems up": ("{maxItems: 1}", "{maxItems: 2}", "maxItems was 1, is 2", "wider"),
    "uniqueItems new": ("{type: array}", "{type: array, uniqueItems: true}", "equal items are now refused", "narrower"),
    "uniqueItems gone": ("{uniqueItems: true}", "{}", "equal items are now allowed", "wider"),
    "minProperties new": ("{type: object}", "{type: object, minProperties: 1}", "minProperties 1 is new", "narrower"),
    "not new": ("{}", "{not: {const: A}}", "new rule `not`", "narrower"),
    "not gone": ("{not: {const: A}}", "{}", "rule `not` removed", "wider"),
    "not other": ("{not: {const: A}}", "{not: {const: B}}", "the rule `not` changed", "different"),
    "refused": ("{}", "false", "now refused", "narrower"),
    "allowed": ("{not: {}}", "true", "no longer refused", "wider"),
    "anyOf new": ("{}", "{anyOf: [{required: [x]}, {required: [y]}]}", "new rule `anyOf` about x, y", "narrower"),
    "anyOf gone": ("{anyOf: [{minimum: 1}, {maximum: 0}]}", "{}", "rule `anyOf` removed", "wider"),
    "anyOf more": (
        "{anyOf: [{required: [x]}]}", "{anyOf: [{required: [x]}, {required: [y]}]}", "one more alternative about y", "wider",
    ),
    "anyOf less": (
        "{anyOf: [{required: [x]}, {required: [y]}]}", "{anyOf: [{required: [x]}]}", "one fewer alternative about y",
        "narrower",
    ),
    "anyOf inside": (
        "{anyOf: [{minimum: 1}, {type: 'null'}]}", "{anyOf: [{minimum: 2}, {type: 'null'}]}",
        "minimum was 1, is 2 (in one of the alternatives)", "narrower",
    ),
    "anyOf other": (
        "{anyOf: [{minimum: 1}, {maximum: 1}]}", "{anyOf: [{minLength: 1}]}", "the alternatives (`anyOf`) changed", "different",
    ),
    "minimum beyond": ("{minimum: 1}", "{exclusiveMinimum: 1}", "minimum 1 is exclusiveMinimum 1 now", "narrower"),
    "minimum reached": ("{exclusiveMinimum: 1}", "{minimum: 1}", "exclusiveMinimum 1 is minimum 1 now", "wider"),
    "minimum further out": ("{minimum: 1}", "{exclusiveMinimum: 0}", "minimum 1 is exclusiveMinimum 0 now", "wider"),
    "maximum beyond": ("{maximum: 1}", "{exclusiveMaximum: 1}", "maximum 1 is exclusiveMaximum 1 now", "narrower"),
    "maximum further out": ("{exclusiveMaximum: 2}", "{maximum: 3}", "exclusiveMaximum 2 is maximum 3 now", "wider"),
    "minimum of an integer": (
        "{type: integer, exclusiveMinimum: 0}", "{type: integer, exclusiveMinimum: 1}", "minimum was 1, is 2", "narrower",
    ),
    "one type more": (
        "{type: string}", "{anyOf: [{type: string}, {type: integer}]}", "was string, is integer or string", "wider",
    ),
    "one value more": ("{const: A}", "{oneOf: [{const: A}, {const: B}]}", "may now be B", "wider"),
    "oneOf new": ("{}", "{oneOf: [{minimum: 1}, {maximum: 1}]}", "new rule `oneOf`", "narrower"),
    "oneOf gone": ("{oneOf: [{minimum: 1}, {maximum: 1}]}", "{}", "rule `oneOf` removed", "wider"),
    "oneOf other": ("{oneOf: [{minimum: 1}]}", "{oneOf: [{minimum: 2}]}", "the rule `oneOf` changed", "different"),
    "condition new": (
        "{}", "{if: {required: [x]}, then: {minProperties: 2}}",
        "minProperties 2 is new (on a condition about x that is new)", "narrower",
    ),
    "condition gone": (
        "{if: {required: [x]}, else: {minProperties: 2}}", "{}",
        "minProperties 2 was removed (on a condition about x that was removed)", "wider",
    ),
    "condition's consequence": (
        "{if: {required: [x]}, then: {minProperties: 2}}", "{if: {required: [x]}, then: {minProperties: 3}}",
        "minProperties was 2, is 3 (on a condition about x)", "narrower",
    ),
}  # fmt: skip


SAME = {
    "alternatives in another order": (
        "{anyOf: [{minimum: 1}, {minLength: 2}]}", "{anyOf: [{minLength: 2}, {minimum: 1}]}",
    ),
    "oneOf in another order": ("{oneOf: [{minimum: 1}, {minLength: 2}]}", "{oneOf: [{minLength: 2}, {minimum: 1}]}"),
    "alternatives inside alternatives": (
        "{not: {anyOf: [{oneOf: [{minimum: 1}, {maximum: 0}]}, {minLength: 2}]}}",
        "{not: {anyOf: [{minLength: 2}, {oneOf: [{maximum: 0}, {minimum: 1}]}]}}",
    ),
    "a condition in another order": (
        "{if: {anyOf: [{minimum: 1}, {minLength: 2}]}, then: {maximum: 9}}",
        "{if: {anyOf: [{minLength: 2}, {minimum: 1}]}, then: {maximum: 9}}",
    ),
    "types": ("{anyOf: [{type: string}, {type: integer}]}", "{type: [integer, string]}"),
    "types, one of them": ("{oneOf: [{type: string}, {type: 'null'}]}", "{type: [string, 'null']}"),
    "types with their rules": (
        "{anyOf: [{type: string, maxLength: 5}, {type: integer, minimum: 1}]}",
        "{type: [integer, string], maxLength: 5, minimum: 1}",
    ),
    "types elsewhere": ("{anyOf: [{$ref: '#/$defs/x'}, {type: integer}]}", "{type: [integer, string]}"),
    "values": ("{anyOf: [{const: A}, {enum: [B, C]}]}", "{enum: [C, A, B]}"),
    "integers above 0": ("{type: integer, minimum: 1}", "{type: integer, exclusiveMinimum: 0}"),
    "integers below 9.5": ("{type: integer, maximum: 9}", "{type: integer, exclusiveMaximum: 9.5}"),
    "the weaker of two bounds": ("{type: number, minimum: 1, exclusiveMinimum: 0}", "{type: number, minimum: 1}"),
    "a bound that is reached and not": ("{exclusiveMaximum: 2, maximum: 2}", "{exclusiveMaximum: 2}"),
    "no length at all": ("{type: string, minLength: 0}", "{type: string}"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME)
def test_two_ways_to_write_one_rule(tmp_path, old: str, new: str) -> None:
    more = "\n$defs: {x: {type: string}}"
    for side in (data, answer):
        for before, after in ((old, new), (new, old)):
            assert compared(tmp_path / side.__name__, side(a=before) + more, side(a=after) + more) == []


@pytest.mark.parametrize(("old", "new", "message", "move"), RULES.values(), ids=RULES)
def test_a_rule_of_a_field(tmp_path, old: str, new: str, message: str, move: str) -> None:
    assert compared(tmp_path / "sent", data(a=old), data(a=new)) == [
        ("data.a", message, move in ("narrower", "different"))
    ]
    assert compared(tmp_path / "got", answer(a=old), answer(a=new)) == [
        ("response.a", message, move in ("wider", "different"))
    ]


CLOSED = ", additionalProperties: false"
QUERY = "query: {properties: {q: {type: string}, w: %s}, required: [q%s]}"
ALLOW = ", x-unknown: allow"
FINDS = "finds: {l.n: m}"
CONFIRM = "confirm: {key: n, operation: test.other, into: a}"
CODE = "errors: {'1': {meaning: words enough, category: %s}}"
IF = "data: {if: {required: [x], properties: {x: {const: %s}}}, then: {required: [y]}}"
# Everything else: the file before and after, and all that is said.
CHANGES = {
    "new required field": (
        data(), data(more=", required: [c]").replace("b: {}", "b: {}, c: {}"),
        [("data.c", "new required field", True)],
    ),
    "new optional field": (data(), data().replace("b: {}", "b: {}, c: {type: string}"), [("data.c", "new optional field", False)]),
    "new optional field of a closed object": (
        data(more=CLOSED), data(more=CLOSED).replace("b: {}", "b: {}, c: {}"), [("data.c", "new optional field", False)],
    ),
    "required": (data(), data(more=", required: [a]"), [("data.a", "now required", True)]),
    "no longer required": (data(more=", required: [a]"), data(), [("data.a", "no longer required", False)]),
    "removed from a closed object": (
        data(more=CLOSED), data(more=CLOSED).replace(", b: {}", ""), [("data.b", "removed; unknown fields are refused", True)],
    ),
    "removed": (data(), data().replace(", b: {}", ""), [("data.b", "removed; unknown fields are accepted", False)]),
    "removed together with a rule for the rest": (
        data(), data(more=", additionalProperties: {type: string}").replace("a: {type: string}, ", ""),
        [("data.a", "removed; unknown fields are accepted", False), ("data.*", "was anything, is string", True)],
    ),
    "a rule for the rest, then a field": (
        data(more=", additionalProperties: {type: string}"),
        data(more=", additionalProperties: {type: string}").replace("b: {}", "b: {}, c: {type: integer}"),
        [("data.c", "new optional field", False), ("data.c", "was string, is integer", True)],
    ),
    "closed": (data(), data(more=CLOSED), [("data", "unknown fields are now refused", True)]),
    "opened": (data(more=CLOSED), data(), [("data", "unknown fields now pass", False)]),
    "a spelling refused": (data(), data(a="{type: string, x-instead-of: {A: that is another}}"), [("data.A", "now refused", True)]),
    "a spelling allowed": (data(a="{type: string, x-instead-of: {A: no}}"), data(), [("data.A", "no longer refused", False)]),
    "a spelling refused that never passed": (data(more=CLOSED), data(more=CLOSED, a="{type: string, x-instead-of: {A: no}}"), []),
    "a spelling refused where all are": (data(a="{type: string, x-instead-of: {A: no}}"), data(more=CLOSED), [
        ("data", "unknown fields are now refused", True),
    ]),
    "another condition": (IF % 1, IF % 2, [
        ("data.y", "no longer required (on a condition about x that was removed)", False),
        ("data.y", "now required (on a condition about x that is new)", True),
    ]),
    "a condition's field": (
        "data: {if: {required: [x]}}", "data: {if: {required: [x]}, then: {properties: {y: {minLength: 1}}}}",
        [("data.y", "minLength 1 is new (on a condition about x that is new)", True)],
    ),
    "items": ("data: {type: array}", "data: {type: array, items: {type: string}}", [("data.[]", "was anything, is string", True)]),
    "deep": (
        "data: {items: {properties: {a: {items: {properties: {b: {type: string}}}}}}}",
        "data: {items: {properties: {a: {items: {properties: {b: {type: string}}, required: [b]}}}}}",
        [("data.[].a.[].b", "now required", True)],
    ),
    "answer field removed": (answer(), answer().replace(", b: {}", ""), [("response.b", "removed", True)]),
    "answer field new": (answer(), answer().replace("b: {}", "b: {}, c: {type: string}"), [("response.c", "new field", False)]),
    "answer field new and required": (
        answer(), answer(more=", required: [c]").replace("b: {}", "b: {}, c: {}"), [("response.c", "new field", False)],
    ),
    "answer field promised": (answer(), answer(more=", required: [a]"), [("response.a", "now required", False)]),
    "answer field not promised": (answer(more=", required: [a]"), answer(), [("response.a", "no longer required", True)]),
    "answer closed": (answer(), answer(more=CLOSED), [("response", "unknown fields are now refused", False)]),
    "answer opened": (answer(more=CLOSED), answer(), [("response", "unknown fields now pass", False)]),
    "null in answers is absence": (answer(), answer(a="{type: [string, 'null']}"), []),
    "null in place of a promised field": (
        answer(more=", required: [a]"), answer(a="{type: [string, 'null']}", more=", required: [a]"),
        [("response.a", "was string, is null or string", True)],
    ),
    "a webhook's payload widened": (
        "caller: vendor\n" + data(more=", required: [a]"), "caller: vendor\n" + data(), [("data.a", "no longer required", True)],
    ),
    "a webhook's new field": (
        "caller: vendor\n" + data(), "caller: vendor\n" + data().replace("b: {}", "b: {}, c: {}"), [("data.c", "new field", False)],
    ),
    "answer described": ("", answer(), [("response", "now described", False)]),
    "answer no longer described": (answer(), "", [("response", "no longer described", True)]),
    "a payload that is needed": ("", data(more=", required: [a]"), [("data", "now requires a payload", True)]),
    "a list that is needed": ("", "data: {type: array}", [("data", "now requires a payload", True)]),
    "a payload that may be empty": ("", data(), [("data", "now takes a payload", False)]),
    "no payload any more": (data(), "", [("data", "no longer takes a payload", True)]),
    "query": ("", QUERY % ("{}", ""), [("query", "now requires query parameters", True)]),
    "query of a constant": ("", "query: {properties: {q: {const: x}}, required: [q]}", [("query", "now takes query parameters", False)]),
    "no query": (QUERY % ("{}", ""), "", [("query", "no longer takes query parameters", True)]),
    "query parameter required": (QUERY % ("{}", ""), QUERY % ("{}", ", w"), [("query.w", "now required", True)]),
    "query parameter with a constant": (
        "query: {properties: {q: {type: string}}, required: [q]}", QUERY % ("{const: x}", ", w"),
        [("query.w", "new field; ocreg fills it in", False)],
    ),
    "query constant required": (QUERY % ("{const: x}", ""), QUERY % ("{const: x}", ", w"), [("query.w", "now required", False)]),
    "a setting for it": (
        QUERY % ("{}", ""), QUERY % ("{x-setting: client_key}", ""), [("query.w", "the source of its value: client_key is new", False)],
    ),
    "no setting for it": (
        QUERY % ("{x-setting: client_key}", ""), QUERY % ("{}", ""), [("query.w", "the source of its value: client_key was removed", True)],
    ),
    "encoded": (QUERY % ("{}", ""), QUERY % ("{x-encoded: twice}", ""), [("query.w", "percent-encoded twice is new", True)]),
    "masked": (data(), data(a="{type: string, x-sensitive: true}"), [("data.a", "masked in texts", False)]),
    "path parameter": (
        "path_parameters: {properties: {id: {type: string}}}", "path_parameters: {properties: {id: {type: integer}}}",
        [("path_parameters.id", "was string, is integer", True)],
    ),
    "method": ("", "method: PUT", [("method", "was POST, is PUT", True)]),
    "path": ("", "path: /y", [("path", "was /x, is /y", True)]),
    "path known": ("path: -", "", [("path", "now known: /x", False)]),
    "path lost": ("", "path: -", [("path", "was /x, is none", True)]),
    "sandbox": (
        "", "host: {sandbox: https://c.example.com, production: https://b.example.com}",
        [("host.sandbox", "was https://a.example.com, is https://c.example.com", True)],
    ),
    "production": (
        "", "host: {sandbox: https://a.example.com, production: https://c.example.com}",
        [("host.production", "was https://b.example.com, is https://c.example.com", True)],
    ),
    "auth": ("", "auth: none", [("auth", "was token, is none: a call needs other credentials", True)]),
    "envelope": ("", "envelope: false", [("envelope", "was true, is false: payloads and answers have another form", True)]),
    "errors_with_data": ("", "errors_with_data: true", [
        ("errors_with_data", "was false, is true: `errors` beside code 0 are judged differently", True),
    ]),
    "api_version": ("", "api_version: '2.0'", [("api_version", "was none, is 2.0", True)]),
    "token": ("", "token: returns_access_token", [("token", "was none, is returns_access_token", True)]),
    "effect": ("", "effect: create", [("effect", "was read, is create: other failures are retried", True)]),
    "caller": ("", "caller: vendor", [("caller", "was client, is vendor", True)]),
    "items lowered": ("limits: {items: 50}", "limits: {items: 40}", [("limits.items", "was 50, is 40", True)]),
    "items raised": ("limits: {items: 50}", "limits: {items: 60}", [("limits.items", "was 50, is 60", False)]),
    "results limited": ("", "limits: {results: 50}", [("limits.results", "50 is new", True)]),
    "results not limited": ("limits: {results: 50}", "", [("limits.results", "50 was removed", False)]),
    "window": (
        "limits: {window: {from: a, to: b, days: 30}}", "limits: {window: {from: a, to: b, days: 7}}",
        [("limits.window.days", "was 30, is 7", True)],
    ),
    "look back": (
        "limits: {window: {from: a, to: b, lookback_days: 30}}", "limits: {window: {from: a, to: b, lookback_days: 90}}",
        [("limits.window.lookback_days", "was 30, is 90", False)],
    ),
    "page": (
        "limits: {page: {number: n, size: s, most: 200}}", "limits: {page: {number: n, size: z, most: 100}}",
        [("limits.page.size", "was s, is z", True), ("limits.page.most", "was 200, is 100", True)],
    ),
    "first page": (
        "limits: {page: {number: n, size: s, most: 200, first: 0}}", "limits: {page: {number: n, size: s, most: 200, first: 1}}",
        [("limits.page.first", "was 0, is 1", True)],
    ),
    "ids": ("limits: {ids: {list: 40}}", "limits: {ids: {list: 20}}", [("limits.ids.list", "was 40, is 20", True)]),
    "rate": (
        "limits: {rate: {calls: 5, seconds: 1}}", "limits: {rate: {calls: 4, seconds: 1.5}}",
        [("limits.rate.calls", "was 5, is 4: ocreg enforces it", False), ("limits.rate.seconds", "was 1, is 1.5: ocreg enforces it", False)],
    ),
    "confirm": ("", CONFIRM, [("confirm", "the outcome of a create can now be looked up", False)]),
    "confirm gone": (
        CONFIRM, "", [("confirm", "the outcome of a create can no longer be looked up: one in doubt stays in doubt", True)],
    ),
    "confirm by another number": (
        CONFIRM, CONFIRM.replace("key: n", "key: m"),
        [("confirm.key", "was n, is m: objects sent before are not found by it, and may be sent twice", True)],
    ),
    "confirm elsewhere": (
        CONFIRM, CONFIRM.replace("into: a", "into: b, found: c"),
        [
            ("confirm.into", "was a, is b: it is looked up in another way", False),
            ("confirm.found", "c is new: it is looked up in another way", False),
        ],
    ),
    "settles sooner": (
        CONFIRM.replace("}", ", settles: 60}"), CONFIRM.replace("}", ", settles: 5}"),
        [("confirm.settles", "was 60, is 5: an object that is not found is sent again sooner", True)],
    ),
    "settles now": (
        CONFIRM, CONFIRM.replace("}", ", settles: 60}"),
        [("confirm.settles", "60 is new: an object that is not found is sent again sooner", True)],
    ),
    "settles later": (
        CONFIRM.replace("}", ", settles: 0}"), CONFIRM.replace("}", ", settles: 5}"),
        [("confirm.settles", "was 0, is 5: stays in doubt longer", True)],
    ),
    "settles never": (
        CONFIRM.replace("}", ", settles: 60}"), CONFIRM, [("confirm.settles", "60 was removed: stays in doubt", True)],
    ),
    "category": ("errors: {'1': words enough}", CODE % "refused", [("errors.1", "refused is new: certainly without effect", False)]),
    "another category": (
        CODE % "refused", CODE % "passing", [("errors.1", "was refused, is passing: without effect, and retried", True)],
    ),
    "no category": (
        CODE % "exists", "errors: {'1': words enough}", [("errors.1", "exists was removed: it no longer has a category", True)],
    ),
    "finds": ("", FINDS, [("finds.l.n", "m is new: rows about other ids are now reported", False)]),
    "finds gone": (FINDS, "", [("finds.l.n", "m was removed: rows about other ids are no longer reported", True)]),
    "finds by another field": (
        FINDS, "finds: {l.n: k}", [("finds.l.n", "was m, is k: rows about other ids are reported by another field", False)],
    ),
    "what is like a known field is sent": (
        data(), data(more=ALLOW), [("data", "unknown fields with names close to known ones are now sent", False)],
    ),
    "what is like a known field is refused": (
        data(more=ALLOW), data(), [("data", "unknown fields with names close to known ones are now refused", True)],
    ),
    "what is like a known field, and all others, too": (
        data(more=ALLOW), data(more=CLOSED), [("data", "unknown fields are now refused", True)],
    ),
    "allowed where all are refused": (data(more=CLOSED), data(more=CLOSED + ALLOW), []),
    "allowed where none is known": ("data: {type: object}", "data: {type: object, x-unknown: allow}", []),
    "allowed in an answer": (answer(), answer(more=ALLOW), []),
    "allowed in what the vendor sends": ("caller: vendor\n" + data(), "caller: vendor\n" + data(more=ALLOW), []),
    "allowed by a shared schema": (
        "data: {$ref: '#/$defs/x'}\n$defs: {x: {properties: {n: {}}}}",
        "data: {$ref: '#/$defs/x', x-unknown: allow}\n$defs: {x: {properties: {n: {}}}}",
        [("data", "unknown fields with names close to known ones are now sent", False)],
    ),
    "status": ("", "evidence: {status: documented}", [("evidence.status", "was partial, is documented", False)]),
    "no meaning": (
        data(),
        data(a="{type: string, description: New words., examples: [x], x-hint: y}") + "\nsummary: Other words.\ntitle: A title\n"
        "description: More.\nexamples: {request: [{data: {a: x}}]}\nsandbox: {does: answer}\nerrors: {'1': a long explanation}\n"
        "limits: {note: words}\nevidence: {status: partial, unknown: [all]}",
        [],
    ),
    "another way to write it": (
        data(a="{type: string, minLength: 2}"),
        data(a="{$ref: '#/$defs/x', minLength: 1}") + "\n$defs: {x: {allOf: [{type: string}, {minLength: 2}]}}",
        [],
    ),
    "a type beside a constant": (data(a="{const: x}"), data(a="{type: string, const: x}"), []),
    "recursive": (
        "data: {$ref: '#/$defs/x'}\n$defs: {x: {type: object, properties: {x: {$ref: '#/$defs/x'}, n: {type: string}}}}",
        "data: {$ref: '#/$defs/x'}\n$defs: {x: {type: object, properties: {x: {$ref: '#/$defs/x'}, n: {type: integer}}}}",
        [("data.n", "was string, is integer", True)],
    ),
    "no longer recursive": (
        "data: {$ref: '#/$defs/x'}\n$defs: {x: {properties: {x: {$ref: '#/$defs/x'}}}}",
        "data: {properties: {x: {}}}",
        [("data.x", "its recursion changed", True)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_change(tmp_path, old: str, new: str, expected: list) -> None:
    assert compared(tmp_path, old, new) == expected


def test_operations_come_and_go(tmp_path) -> None:
    write(tmp_path / "old", "test/one", "")
    write(tmp_path / "old", "test/two", "")
    write(tmp_path / "new", "test/two", "")
    write(tmp_path / "new", "test/three", "")
    assert compare.changes(Alone(tmp_path / "old"), Alone(tmp_path / "new")) == [
        compare.Change("test.one", ".", "the operation is removed", breaking=True),
        compare.Change("test.three", ".", "a new operation", breaking=False),
    ]


def test_a_shared_schema_shows_in_every_operation_that_refers_to_it(tmp_path) -> None:
    for side, most in (("old", 9), ("new", 8)):
        shared = tmp_path / side / "_shared" / "fields.yaml"
        shared.parent.mkdir(parents=True)
        shared.write_text(f"number: {{type: string, maxLength: {most}}}\n")
        for name in ("one", "two"):
            write(tmp_path / side, f"test/{name}", data(a="{$ref: _shared/fields.yaml#/number}"))
        write(tmp_path / side, "test/three", data())
    found = compare.changes(Alone(tmp_path / "old"), Alone(tmp_path / "new"))
    assert [(change.operation, change.path, change.breaking) for change in found] == [
        ("test.one", "data.a", True),
        ("test.two", "data.a", True),
    ]


def test_a_directory_counts_alone(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_ENDPOINTS", str(tmp_path / "elsewhere"))
    write(tmp_path / "elsewhere", "test/other", "")
    write(tmp_path / "mine", "test/one", "")
    assert list(Alone(tmp_path / "mine")) == ["test.one"]


# Properties

RELAXED = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
NAMES = ("a", "b", "c")
SMALL = st.integers(0, 3)
STRINGS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": SMALL,
        "maxLength": SMALL,
        "pattern": st.sampled_from(["a", "^b"]),
        "format": st.just("decimal"),
    },
)
NUMBERS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number", ["integer", "string"], "boolean"])},
    optional={"minimum": SMALL, "maximum": SMALL, "exclusiveMinimum": SMALL, "exclusiveMaximum": SMALL},
)
VALUES = st.fixed_dictionaries(
    {"enum": st.lists(st.sampled_from(["a", "b", "1", 1, 2, 1.5, False]), min_size=1, max_size=3, unique_by=repr)}
)
LEAVES = st.one_of(STRINGS, NUMBERS, VALUES, st.builds(dict))
REFERENCES = st.fixed_dictionaries({"$ref": st.sampled_from(["#/$defs/x", "#/$defs/y"])}, optional={"minLength": SMALL})


def _larger(inner: st.SearchStrategy) -> st.SearchStrategy:
    some = st.lists(inner, min_size=1, max_size=3)
    objects = st.fixed_dictionaries(
        {"properties": st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)},
        optional={
            "type": st.just("object"),
            "required": st.lists(st.sampled_from(NAMES), unique=True, max_size=2),
            "additionalProperties": st.booleans() | inner,
            "minProperties": SMALL,
        },
    )
    lists = st.fixed_dictionaries(
        {"type": st.just("array")},
        optional={"items": inner, "minItems": SMALL, "maxItems": SMALL, "uniqueItems": st.booleans()},
    )
    rules = st.fixed_dictionaries(
        {},
        optional={"anyOf": some, "allOf": some, "oneOf": some, "not": inner, "if": inner, "then": inner, "else": inner},
    )
    return st.one_of(objects, objects, lists, rules, st.builds(lambda one, other: {**one, **other}, objects, rules))


FLAT = st.recursive(LEAVES, _larger, max_leaves=6)
ALL = st.recursive(LEAVES | REFERENCES, _larger, max_leaves=8)
DOCUMENTS = st.fixed_dictionaries(
    {"data": ALL, "response": ALL, "$defs": st.fixed_dictionaries({"x": ALL, "y": ALL})}, optional={"query": FLAT}
)
PAYLOADS = st.recursive(
    st.sampled_from(["", "a", "b1", "1", "abab", True, False, 0, 1, 2, 1.5, 7]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=5,
)


def meant(document: dict, shared=None) -> dict:
    sources = (Source("test", b"{}"),)
    whole = {"summary": "x", "effect": "read", "evidence": {}, **document}
    return compare.meaning(Endpoint("test.one", whole, sources, Bundler((whole, sources), shared)))


@settings(deadline=None)
@given(DOCUMENTS)
def test_a_registry_compared_with_itself_has_no_changes(document: dict) -> None:
    try:
        meant(document)
    except EndpointInvalid:  # its references go in a circle
        assume(False)
    assert list(compare.compare("test.one", meant(document), meant(copy.deepcopy(document)))) == []
    assert json.loads(json.dumps(meant(document))) == meant(document)


def test_the_shipped_registry_compared_with_itself_has_no_changes() -> None:
    assert compare.changes(Registry([]), Registry([])) == []


@given(FLAT)
def test_where_a_schema_is_written_means_nothing(schema: dict) -> None:
    moved = {"data": {"$ref": "#/$defs/x"}, "$defs": {"x": {"allOf": [schema]}}}
    assert list(compare.compare("test.one", meant({"data": schema}), meant(moved))) == []


@st.composite
def edits(draw: st.DrawFn) -> tuple[dict, dict]:
    """A schema, and another that differs from it in one place."""
    old = draw(FLAT)
    new = copy.deepcopy(old)
    node = draw(st.sampled_from([node for _, node in schemas.walk(new, ())]))
    if node and draw(st.booleans()):
        del node[draw(st.sampled_from(sorted(node)))]
    else:
        node.update(draw(LEAVES | FLAT))
    return old, new


def judged(old: dict, new: dict, section: str) -> tuple[bool, set[str]]:
    """Whether the change breaks, and all that is said of it."""
    found = list(compare.compare("test.one", meant({section: old}), meant({section: new})))
    return any(change.breaking for change in found), {change.message for change in found}


def schema_of(root: dict) -> Schema:
    return Schema(root, Place((), ()))


@RELAXED
@given(edits(), st.lists(PAYLOADS, min_size=10, max_size=30))
def test_what_breaks_nothing_refuses_no_payload_that_passed(pair: tuple, payloads: list) -> None:
    old, new = pair
    breaks, words = judged(old, new, "data")
    assume(not breaks and "new optional field" not in words)  # the one documented mildness
    before, after = schema_of(old), schema_of(new)
    for payload in payloads:
        assert not before.ok(payload) or after.ok(payload), words


@RELAXED
@given(edits(), st.lists(PAYLOADS, min_size=10, max_size=30))
def test_what_breaks_nothing_allows_no_answer_that_was_refused(pair: tuple, answers: list) -> None:
    old, new = pair
    assume('"additionalProperties": false' not in json.dumps(old))  # in answers unknown fields always pass
    breaks, words = judged(old, new, "response")
    assume(not breaks)
    before, after = schema_of(old), schema_of(new)
    for value in answers:
        assert not after.ok(value) or before.ok(value), words


REGISTRY = Registry([])
WITH_DATA = [id for id in REGISTRY if REGISTRY[id].data is not None]


def loosenings(document: dict) -> list:
    """The rules of the payload whose loss can only let more pass: none inside a condition or a refusal."""
    found = prove.mutations(document, [("data",)])
    return [mutation for mutation in found if not {"if", "not", "oneOf"} & set(mutation.path)]


@settings(RELAXED, max_examples=100)
@given(st.data())
def test_a_request_that_is_only_loosened_breaks_nothing(draw: st.DataObject) -> None:
    endpoint = REGISTRY[draw.draw(st.sampled_from(WITH_DATA))]
    document = endpoint.document
    for _ in range(draw.draw(st.integers(1, 4))):
        options = loosenings(document)
        if options:
            document = draw.draw(st.sampled_from(options)).apply(document)
    before, after = meant(endpoint.document, REGISTRY.shared), meant(document, REGISTRY.shared)
    assert [change for change in compare.compare("test.one", before, after) if change.breaking] == []


@pytest.mark.parametrize("id", WITH_DATA)
def test_every_rule_of_a_request_breaks_callers_when_it_is_new(id: str) -> None:
    endpoint = REGISTRY[id]
    for mutation in loosenings(endpoint.document):
        before, after = (
            meant(mutation.apply(endpoint.document), REGISTRY.shared),
            meant(endpoint.document, REGISTRY.shared),
        )
        found = list(compare.compare(id, before, after))
        needless = mutation.keyword == "x-instead-of" and found == []  # a closed object refuses it anyway
        assert needless or any(change.breaking for change in found), mutation


# The command


@pytest.fixture
def diff(capsys):
    """Run the command in this process: exit code, standard output, standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            code = command.main([str(word) for word in words], "ocreg diff", standalone_mode=False)
        except click.UsageError as error:
            error.show()
            code = error.exit_code
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current directory that no git repository contains, with no git settings but these."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for name in [name for name in os.environ if name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")]:
        monkeypatch.delenv(name)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Test Person")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "test@example.com")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def git(*words: str) -> None:
    subprocess.run(["git", *words], check=True, capture_output=True)


def commit() -> None:
    git("add", "-A")
    git("commit", "-q", "-m", "x")


@pytest.fixture
def repository(here):
    """A repository with two commits, the second of which breaks something; tags `first` and `second`."""
    git("init", "-q")
    write(here / "endpoints", "test/one", data())
    write(here / "endpoints", "test/two", data())
    commit()
    git("tag", "first")
    write(here / "endpoints", "test/one", data(more=", required: [a]"))
    write(here / "endpoints", "test/two", data().replace("b: {}", "b: {}, c: {}"))
    commit()
    git("tag", "second")
    return here


SAID = "breaking  test.one  data.a: now required\nok        test.two  data.c: new optional field\n"


def test_revisions(repository, diff) -> None:
    assert diff("first", "second") == (1, SAID, "2 changes, 1 breaking\n")
    assert diff("HEAD~1", "HEAD")[:2] == (1, SAID)
    assert diff("HEAD", "HEAD") == (0, "", "0 changes, 0 breaking\n")
    code, out, err = diff("second", "first")
    assert (code, out) == (
        0,
        SAID.replace("breaking", "ok      ")
        .replace("now", "no longer")
        .replace("new optional field", "removed; unknown fields are accepted"),
    )
    assert err == "2 changes, 0 breaking\n"


def test_a_revision_and_a_directory(repository, diff) -> None:
    write(repository / "endpoints", "test/two", "effect: create")
    assert "effect: was read, is create" in diff("HEAD", "endpoints")[1]
    assert diff("HEAD", repository / "endpoints")[0] == 1


def test_a_revision_from_a_folder_of_the_repository(repository, diff, monkeypatch) -> None:
    monkeypatch.chdir(repository / "endpoints" / "test")
    assert diff("first", "second")[:2] == (1, SAID)


def test_another_folder(repository, diff) -> None:
    git("mv", "endpoints", "deep")
    commit()
    assert diff("HEAD", "HEAD", "--path", "./deep/") == (0, "", "0 changes, 0 breaking\n")
    code, _, err = diff("first", "HEAD")
    assert code == 2
    assert "HEAD: this revision has no folder endpoints (name another one with --path)" in err


def test_shared_files_of_a_revision(repository, diff) -> None:
    write(repository / "endpoints", "test/two", data(a="{$ref: _shared/f.yaml#/x}"))
    (repository / "endpoints" / "_shared").mkdir()
    (repository / "endpoints" / "_shared" / "f.yaml").write_text("x: {type: integer}\n")
    (repository / "endpoints" / "notes.txt").write_text("no endpoint file\n")
    commit()
    assert "test.two  data.a: was string, is integer" in diff("first", "HEAD")[1]


MINE = "extends: outbound.cancel\ndata: {required: [orderNumber, cancelTime, cancelReason]}\n"


def overlay(root, text: str = MINE, name: str = "outbound/cancel"):
    file = root / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return root


REQUIRED = "breaking  outbound.cancel  data.cancelReason: now required\n"


def test_what_an_overlay_changes(here, diff, monkeypatch) -> None:
    overlay(here / "mine")
    write(here / "mine", "test/one", "")
    assert diff("--overlay", "mine") == (
        1,
        REQUIRED + "ok        test.one  .: a new operation\n",
        "2 changes, 1 breaking\n",
    )
    overlay(here / "more", "extends: outbound.cancel\nlimits: {rate: {calls: 5, seconds: 1}}\n")
    monkeypatch.setenv("OCREG_ENDPOINTS", "nowhere")  # what else is in use does not count
    assert "limits.rate.calls: 5 is new" in diff("--overlay", "more", "--overlay", "mine")[1]
    code, out, _ = diff("--overlay", "mine", "--format", "json")
    assert (code, len(json.loads(out))) == (1, 2)


def test_overlays_are_compared_as_they_are_used(here, diff) -> None:
    overlay(here / "old", "extends: outbound.cancel\nsummary: Cancel an order of mine.\n")
    overlay(here / "new")
    assert diff("old", "new") == (1, REQUIRED, "1 change, 1 breaking\n")
    (here / "new/outbound/cancel.yaml").unlink()
    overlay(here / "new", "extends: outbound.query\nsummary: Look for orders of mine.\n", "mine/query")
    assert diff("old", "new")[:2] == (0, "ok        mine.query  .: a new operation\n")  # and nothing is removed


def test_an_overlay_of_a_revision_and_one_of_its_own(here, diff) -> None:
    git("init", "-q")
    overlay(here / "overlays", "extends: outbound.cancel\neffect: cancel\n")
    commit()
    overlay(here / "overlays")
    assert diff("HEAD", "overlays", "--path", "overlays")[:2] == (1, REQUIRED)


def test_files_that_extend_each_other_are_a_registry_of_their_own(here, diff) -> None:
    for side in ("old", "new"):
        write(here / side, "test/one", data())
        overlay(here / side, "extends: test.one\nsummary: Another test operation.\n", "test/two")
    write(here / "new", "test/one", data(more=", required: [a]"))
    assert diff("old", "new")[1].splitlines() == [
        "breaking  test.one  data.a: now required",
        "breaking  test.two  data.a: now required",
    ]


@pytest.mark.parametrize("words", [["mine"], ["mine", "mine", "--overlay", "mine"], ["mine", "--overlay", "mine"], []])
def test_two_registries_or_an_overlay(here, diff, words: list[str]) -> None:
    overlay(here / "mine")
    code, out, err = diff(*words)
    assert (code, out) == (2, "")
    assert "give OLD and NEW, or --overlay DIR" in err


def test_an_overlay_of_nothing(here, diff) -> None:
    overlay(here / "mine", "extends: test.gone\n", "test/gone")
    code, _, err = diff("mine", "mine")
    assert code == 2
    assert "test/gone.yaml:1: extends: there is no test.gone in a directory after this one" in " ".join(err.split())


def test_json(repository, diff) -> None:
    code, out, err = diff("first", "second", "--format", "json")
    assert (code, err) == (1, "")
    assert json.loads(out) == [
        {"operation": "test.one", "path": "data.a", "message": "now required", "breaking": True},
        {"operation": "test.two", "path": "data.c", "message": "new optional field", "breaking": False},
    ]


def test_nothing_in_a_file_steers_the_terminal(here, diff) -> None:
    write(here / "old", "test/one", "")
    write(here / "new", "test/one", r'data: {type: object, required: ["\e[31m"]}')
    write(here / "old", "test/one", "data: {type: object}")
    assert diff("old", "new")[1] == "breaking  test.one  data.\\u001b[31m: now required\n"


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("nowhere", "nowhere: no such directory, and no such revision"),
        ("HEAD~9", "HEAD~9: no such directory, and no such revision"),
        ("first:endpoints", "first:endpoints: no such directory"),
        ("", "'' is neither a directory nor a git revision"),
    ],
)
def test_what_is_no_revision(repository, diff, old: str, words: str) -> None:
    code, out, err = diff(old, "HEAD")
    assert (code, out) == (2, "")
    assert words in err


def test_an_option_is_no_revision(repository, diff) -> None:
    assert diff("--output=stolen", "HEAD")[0] == 2
    code, _, err = diff("--", "--output=stolen", "HEAD")
    assert (code, "'--output=stolen' is neither" in err) == (2, True)
    assert not (repository / "stolen").exists()


def test_no_repository(here, diff) -> None:
    write(here / "old", "test/one", "")
    code, _, err = diff("old", "HEAD")
    assert code == 2
    assert f"HEAD: no such directory, and {here} is not in a git repository" in err


def test_no_git(here, diff, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(here))
    assert "git is required" in diff("HEAD", "HEAD")[2]


def test_an_empty_directory(here, diff) -> None:
    (here / "empty").mkdir()
    code, _, err = diff("empty", "empty")
    assert code == 2
    assert "empty: no endpoint file (<group>/<name>.yaml) in this directory" in err


def test_a_bad_file_is_named_with_its_side(repository, diff) -> None:
    write(repository / "endpoints", "test/one", "colour: red")
    code, _, err = diff("HEAD", "endpoints")
    assert code == 2
    assert "endpoints: endpoints/test/one.yaml:7: unknown key 'colour'" in err
    write(repository / "endpoints", "test/one", "data: {type: objekt}")
    commit()
    code, _, err = diff("first", "HEAD")
    assert code == 2
    assert "HEAD: endpoints/test/one.yaml:7: " in err
    assert "not JSON Schema" in err


def test_a_link_in_a_revision_is_not_followed(repository, diff) -> None:
    (repository / "secret.yaml").write_text(BASE)
    (repository / "endpoints" / "test" / "link.yaml").symlink_to(repository / "secret.yaml")
    commit()
    code, out, err = diff("first", "HEAD")
    assert (code, out) == (2, "")
    assert "HEAD: test/link.yaml is a link" in err
