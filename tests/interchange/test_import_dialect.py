"""The table from OpenAPI's schemas to the dialect: what is kept, said in words, dropped."""

import pytest

from ocreg.interchange.dialect import Dialect
from ocreg.interchange.scrubbing import PERSONAL, SECRET

ROOT = {
    "components": {
        "schemas": {
            "Plain": {"type": "object", "properties": {"a": {"type": "string", "description": "A."}}},
            "Tree": {"type": "object", "properties": {"below": {"$ref": "#/components/schemas/Tree"}}},
            "A/B~C": {"type": "integer"},
            "Ping": {"type": "object", "properties": {"pong": {"$ref": "#/components/schemas/Pong"}}},
            "Pong": {"type": "object", "properties": {"ping": {"$ref": "#/components/schemas/Ping"}}},
            "Grow": {"allOf": [{"$ref": "#/components/schemas/Grow"}, {"type": "object"}]},
        }
    }
}


def made(node, name="", answer=False) -> tuple[dict, list[str]]:
    dialect = Dialect(ROOT, SECRET, PERSONAL)
    schema = dialect.answer(node) if answer else dialect.schema(node, name, 1 if name else 0)
    return schema, list(dialect.notes)


TABLE = {
    "kept": ({"type": "string", "minLength": 1, "maxLength": 3}, {"type": "string", "minLength": 1, "maxLength": 3}),
    "said": (
        {"type": "integer", "format": "int64", "default": 5, "multipleOf": 5, "title": "T", "description": "D"},
        {"description": "T. D. Default: 5. Format: int64. A multiple of 5.", "type": "integer"},
    ),
    "default 0": ({"type": "integer", "default": 0}, {"description": "Default: 0.", "type": "integer"}),
    "default false": ({"type": "boolean", "default": False}, {"type": "boolean"}),
    "dropped": ({"type": "string", "xml": {}, "externalDocs": {}, "x-apifox-mock": "@id"}, {"type": "string"}),
    "nullable": ({"type": "string", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
    "type list": ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
    "null": ({"type": "null"}, {"type": "null"}),
    "3.0 bounds": ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 0}),
    "3.1 bounds": ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "exclusiveMinimum": 0}),
    "unsatisfiable": ({"type": "string", "minLength": 5, "maxLength": 2}, {"type": "string"}),
    "unbreakable": ({"type": "string", "minItems": 2, "minLength": 0, "properties": {}}, {"type": "string"}),
    "wrong values": ({"type": "string", "maxLength": "3", "required": True, "enum": []}, {"type": "string"}),
    "enum twice": ({"enum": ["a", "a", {"b": 1}]}, {"enum": ["a"]}),
    "apifox": (
        {"type": "integer", "x-apifox-enum": [{"value": 1, "name": "red", "description": "a rose"}, {"value": 2}]},
        {"description": "1: red a rose", "type": "integer", "enum": [1, 2]},
    ),
    "pointer": ({"$ref": "#/components/schemas/A~1B~0C"}, {"type": "integer"}),
    "boolean": (False, {"not": {}}),
    "one of one": ({"oneOf": [{"type": "string"}]}, {"type": "string"}),
    "closed": ({"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": False}),
    "open": ({"type": "object", "additionalProperties": True}, {"type": "object"}),
    "allOf": (
        {"allOf": [{"$ref": "#/components/schemas/Plain"}, {"properties": {"b": {"type": "null", "title": "B"}}, "required": ["b"]}]},
        {"type": "object", "properties": {"a": {"description": "A.", "type": "string"}, "b": {"description": "B.", "type": "null"}}, "required": ["b"]},
    ),
    "required without a field": (
        {"type": "object", "properties": {"a": {"title": "A"}}, "required": ["b"]},
        {"type": "object", "properties": {"a": {"description": "A."}, "b": {"description": "TODO say what b is: the source only requires it."}}, "required": ["b"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_the_table(case) -> None:
    node, expected = TABLE[case]
    assert made(node)[0] == expected
    assert made(node)[1] == []


TOLD = {
    "a wrong enum": ({"type": "integer", "enum": ["a"]}, {"type": "integer"}, "without any value"),
    "no JSON type": ({"type": "file"}, {}, "a type that JSON does not have"),
    "a URL": ({"$ref": "https://example.com/x.json"}, {}, "not fetched"),
    "a file": ({"$ref": "other.yaml#/X"}, {}, "not fetched"),
    "nowhere": ({"$ref": "#/components/schemas/None"}, {}, "not in the document"),
    "itself": ({"$ref": "#/components/schemas/Grow"}, {}, "only refers to itself"),
    "patternProperties": ({"patternProperties": {"a": {}}}, {}, "patternProperties"),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_what_is_lost_is_said(case) -> None:
    node, expected, words = TOLD[case]
    schema, notes = made(node)
    assert words in "; ".join(notes)
    if case != "itself":
        assert schema == expected


@pytest.mark.parametrize(
    "pattern",
    [r"^\d+$", "^a.c$", "^(?=a)b$", "^[贴]$", "(a+)+$", "(a*)*", "[", r"^\p{L}$", "a" * 300, r"(a)\1", "{{x}}"],
)
def test_a_pattern_that_validators_read_differently_is_dropped(pattern) -> None:
    schema, notes = made({"type": "string", "pattern": pattern})
    assert schema == {"type": "string"}
    assert "pattern" in notes[0]


def test_a_plain_pattern_stays() -> None:
    assert made({"type": "string", "pattern": r"^[A-Z]{3}-[0-9]+\.x$"}) == (
        {"type": "string", "pattern": r"^[A-Z]{3}-[0-9]+\.x$"},
        [],
    )


def test_circles_become_named_schemas() -> None:
    dialect = Dialect(ROOT, SECRET, PERSONAL)
    assert dialect.schema({"$ref": "#/components/schemas/Tree"}) == {"$ref": "#/$defs/Tree"}
    assert dialect.defs["Tree"]["properties"]["below"] == {"$ref": "#/$defs/Tree"}
    assert dialect.schema({"$ref": "#/components/schemas/Ping"}) == {"$ref": "#/$defs/Ping"}
    assert dialect.defs["Ping"]["properties"]["pong"]["properties"]["ping"] == {"$ref": "#/$defs/Ping"}


def test_answers_are_not_refused_for_lengths_and_words() -> None:
    node = {"type": "object", "required": ["s"], "additionalProperties": False,
            "properties": {"s": {"type": "string", "maxLength": 2, "enum": ["a", "b"]}}}  # fmt: skip
    expected = {
        "type": "object",
        "required": ["s"],
        "properties": {"s": {"description": "Known values: a, b.", "type": "string"}},
    }
    assert made(node, answer=True)[0] == expected


def test_secret_and_personal_fields_are_marked() -> None:
    fields = {
        "accessToken": {"type": "string", "enum": ["x"]},
        "consigneePhone": {"type": "string"},
        "note": {"type": "string"},
    }
    found = made({"type": "object", "properties": fields})[0]["properties"]
    assert found["accessToken"].get("x-secret") is True
    assert "enum" not in found["accessToken"]
    assert found["consigneePhone"].get("x-sensitive") is True
    assert not {"x-secret", "x-sensitive"} & set(found["note"])


def test_depth_and_size_are_bounded() -> None:
    deep: dict = {"type": "string"}
    for _ in range(60):
        deep = {"type": "object", "properties": {"a": deep}}
    assert "deeper than 20 levels" in made(deep)[1][0]
    wide: dict = {"type": "string"}
    for _ in range(12):  # aliases of aliases: 10 ** 12 schemas, were they copied
        wide = {"type": "object", "properties": {f"f{n}": wide for n in range(10)}}
    assert "larger than 3,000 schemas" in made(wide)[1][0]
