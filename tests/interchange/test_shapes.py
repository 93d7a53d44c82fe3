"""The shape of values: every value meets it, and none of them is in it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ocreg.interchange import shapes

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize("named", [None, shapes.is_name], ids=["names", "maps"])
@settings(max_examples=60, deadline=None)
@given(values=st.lists(VALUES, min_size=1, max_size=4))
def test_every_value_meets_the_shape_of_all(named, values) -> None:
    schema = shapes.of(values, named=named)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert [value for value in values if not validator.is_valid(value)] == []


TABLE = {
    "one": ([{"a": 1}], {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}),
    "several": ([{"a": 1, "b": "x"}, {"a": 1.5}], {"type": "object", "required": ["a"], "properties": {"a": {"type": "number"}, "b": {"type": "string"}}}),
    "null": ([None, "x"], {"type": ["null", "string"]}),
    "lists": ([[1], [], ["a"]], {"type": "array", "items": {"type": ["integer", "string"]}}),
    "dates": (["2025-06-17T10:10:10+0800"], {"type": "string", "format": "oc-date-time"}),
    "not only dates": (["2025-06-17T10:10:10+0800", "x"], {"type": "string"}),
    "nothing": ([], {}),
    "unknown": ([object(), 1], {"type": "integer"}),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_shapes(case) -> None:
    values, expected = TABLE[case]
    assert shapes.of(values) == expected


def test_keys_that_are_values_make_a_map() -> None:
    for keys in (
        ["OC20001234"],
        ["a@b.example"],
        ["5"],
        ["two words"],
        [f"k{n % 7}x{chr(97 + n % 26)}{n:x}" for n in range(301)],
    ):
        schema = shapes.of([{key: {"n": 1} for key in keys}], named=shapes.is_name)
        assert schema["additionalProperties"]["properties"] == {"n": {"type": "integer"}}
        assert not any(key in json.dumps(schema) for key in keys if len(key) > 1)
    assert "properties" in shapes.of([{"orderNumber": 1, "$x-y.z_2": 2}], named=shapes.is_name)


def test_depth_is_bounded() -> None:
    deep: object = 1
    for _ in range(100):
        deep = [deep]
    assert len(json.dumps(shapes.of([deep]))) < 1_000
