"""In an answer null counts as absent: for every field that is not required, whatever else its schema says."""

import time

import pytest
from jsonschema import Draft202012Validator

from ocreg.registry.answer import nullable


@pytest.mark.parametrize(
    "field",
    [
        {"type": "string"},
        {"type": ["string", "null"]},
        {"type": "string", "enum": ["a"]},
        {"type": ["string", "null"], "enum": ["a", None]},
        {"enum": ["a"]},
    ],
)
@pytest.mark.parametrize("name", ["field", "enum", "properties"])
def test_null_is_absent(field, name) -> None:
    schema = nullable({"type": "object", "properties": {name: field}})
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid({name: None})
    assert validator.is_valid({name: "a"})
    assert not validator.is_valid({name: 5})


def test_it_takes_time_in_proportion_to_the_schema() -> None:
    schema: dict = {"type": "string"}
    for _ in range(25):  # doubled with each level, this would take minutes
        schema = {"type": "object", "properties": {"a": schema}}
    begun = time.perf_counter()
    nullable(schema)
    assert time.perf_counter() - begun < 20
