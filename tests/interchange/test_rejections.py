"""Rejected examples that defend what a file says: of made files all rules, and nearly all of the shipped ones."""

import copy

import pytest

from ocreg import Registry
from ocreg.interchange import rejections, style
from ocreg.lint import checks, prove

RULES = {
    "type": "object",
    "required": ["id", "many"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[A-Z0-9]+$"},
        "kind": {"enum": ["a", "b"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "fixed": {"const": 3},
        "when": {"type": "string", "format": "oc-date-time"},
        "price": {"format": "decimal"},
        "link": {"format": "url"},
        "many": {"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": True, "items": {"type": "string"}},
        "some": {"type": "object", "minProperties": 1, "properties": {"deep": {"type": "array", "items": {"$ref": "#/$defs/node"}}}},
        "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "gone": {"not": {}},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "both": {"allOf": [{"type": "string"}, {"maxLength": 3}]},
        "a/b~c": {"type": "boolean"},
    },
}  # fmt: skip
DEFS = {"node": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}, "below": {"$ref": "#/$defs/node"}}}}  # fmt: skip


def described(node):
    if isinstance(node, dict):
        made = {key: described(value) for key, value in node.items()}
        for inner in made.get("properties", {}).values():
            if inner.get("not") != {}:
                inner.setdefault("description", "A field.")
        return made
    return [described(item) for item in node] if isinstance(node, list) else node


def document(example: dict, **parts) -> dict:
    host = {"sandbox": "https://a.example.com", "production": "https://b.example.com"}
    return {
        **{"summary": "Everything at once.", "method": "POST", "path": "/a", "host": host, "effect": "read"},
        **{"data": described(RULES), "$defs": described(DEFS), "evidence": {"status": "partial"}, **parts},
        "examples": {"request": [{"data": example, "query": {"q": "1"}}], "response": [{"body": {"code": 0, "data": {"ok": True}}}]},
    }  # fmt: skip


WHOLE = {
    **{"id": "AB", "kind": "a", "count": 2, "share": 0.5, "fixed": 3, "when": "2025-06-17T10:10:10+0800", "price": "1.00"},
    **{"link": "https://example.com/", "many": ["x"], "some": {"deep": [{"n": 1, "below": {"n": 2}}]}, "either": None},
    **{"map": {"x": 1}, "both": "abc", "a/b~c": True},
}  # fmt: skip
PARTS = {
    "query": {"required": ["q"], "properties": {"q": {"description": "Q.", "maxLength": 2}}},
    "response": {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean", "description": "Ok."}}},
}


@pytest.mark.parametrize("example", [WHOLE, {"id": "AB", "many": ["x"]}], ids=["a whole example", "the least example"])
def test_every_rule_is_defended_whatever_the_example_holds(tmp_path, example) -> None:
    whole = document(example, **PARTS)
    whole["examples"]["rejected"] = rejections.of("a.b", whole)
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.yaml").write_text(style.document(whole, []), "utf-8")
    registry = Registry([tmp_path])
    assert [str(finding) for finding in checks.lint(registry, ["a.b"])] == []
    (proof,) = prove.prove(registry, ["a.b"])
    assert [finding.path + finding.message for finding in proof.undefended] == []
    assert proof.defended > 30


def test_what_cannot_be_shown_shortly_is_left_out() -> None:
    wide = {"type": "object", "properties": {"s": {"maxLength": 5_000}, "l": {"maxItems": 500}}}
    made = rejections.of("a.b", {"data": wide, "examples": {"request": [{"data": {"s": "x", "l": [1]}}]}})
    assert [each["because"] for each in made] == ["type at ."]
    assert rejections.of("a.b", {"data": RULES, "$defs": DEFS}) == []  # there is nothing to edit


def test_of_thousands_of_rules_a_few_hundred_are_tried(monkeypatch) -> None:
    real, tried = rejections.judging.violations, []
    monkeypatch.setattr(rejections.judging, "violations", lambda *given: tried.append(given) or real(*given))
    field = {"type": "object", "properties": {"x": {"type": "string"}}}
    schema = {"type": "object", "properties": {f"field{n}": field for n in range(1_000)}}
    made = rejections.of("a.b", {"data": schema, "examples": {"request": [{"data": {}}]}})
    assert len(made) == 80
    assert len(tried) < 700


def test_the_shipped_files_could_have_got_nearly_all_of_theirs_so() -> None:
    registry = Registry([])
    counts = {}
    for id in ("outbound.cancel", "outbound.query", "oauth.token", "inbound.create"):
        endpoint = registry[id]
        whole = copy.deepcopy(endpoint.document)
        whole["examples"]["rejected"] = rejections.added(endpoint, registry)
        other = copy.copy(endpoint)
        other.__dict__.update(document=whole, examples=whole["examples"])
        (before,), (after,) = ([prove._prove_endpoint(each, registry.shared)] for each in (endpoint, other))
        counts[id] = before.defended - after.defended
    assert counts == {"outbound.cancel": 0, "outbound.query": 0, "oauth.token": 0, "inbound.create": 3}
