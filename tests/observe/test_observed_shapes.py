"""What is kept of values, and what is not."""

import json

import pytest

from ocreg import Registry
from ocreg.observe import discretion, shapes, sightings
from ocreg.observe.discretion import ANY
from ocreg.observe.shapes import Room, Shape
from ocreg.observe.sightings import MOST_SHAPES, Seen, Sightings


def shape_of(*values, room=None, **marks) -> Shape:
    shape, room = Shape(), room or Room(10_000, **marks)
    for value in values:
        shape.add(value, room)
    return shape


def test_types_sizes_formats_and_how_often() -> None:
    shape = shape_of(
        {"a": "xyz", "n": 1}, {"a": "", "n": 1.5}, {"a": None, "n": 2, "l": [{"d": "2022-10-31+0800"}, {}]}
    )
    assert shape.kinds == {"object": 3}
    a, n, rows = (shape.fields[name] for name in ("a", "n", "l"))
    assert (a.kinds, a.sizes, a.formats) == ({"string": 2, "null": 1}, {"string": (0, 3)}, {"text": 1, "empty": 1})
    assert n.kinds == {"integer": 2, "number": 1}
    assert (rows.seen, rows.sizes) == (1, {"array": (2, 2)})
    assert rows.items.fields["d"].formats == {"oc-date": 1}
    assert (rows.items.seen, rows.items.fields["d"].seen) == (2, 1)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2025-06-17T10:10:10+0800", "oc-date-time"),
        ("2025-06-17T10:10:10+08:00", "text"),
        ("12.50", "decimal"),
        ("https://example.com/x", "url"),
        ("hello", "text"),
    ],
)
def test_the_format_of_a_text(text, name) -> None:
    assert shape_of(text).formats == {name: 1}


def test_no_value_but_the_words_of_programs_is_kept() -> None:
    row = {"status": "SHIPPED", "note": "leave it", "price": 12345, "city": "Springfield", "state": "Ohio"}
    written = json.dumps(shape_of(row, row).as_json())
    assert '"words": {"SHIPPED": 2}' in written
    for value in ("leave it", "12345", "Springfield", "Ohio"):
        assert value not in written


@pytest.mark.parametrize(
    "value",
    [
        "Jane Doe",
        "+447700900123",
        "a@example.com",
        "12345678",
        "OCO2000023303105GB",
        "x" * 40,
        123_456,
        "café",
        "a1b2",
        "Put away",
    ],
)
def test_what_is_no_word_makes_all_words_of_its_field_doubtful(value) -> None:
    assert shape_of({"status": "OPEN"}, {"status": value}, {"status": "OPEN"}).fields["status"].words is None


def test_more_than_a_few_words_are_free_text() -> None:
    words = [{"status": "W" + chr(65 + n)} for n in range(shapes.MOST_WORDS + 1)]
    assert len(shape_of(*words[:-1]).fields["status"].words) == shapes.MOST_WORDS
    assert shape_of(*words).fields["status"].words is None


def test_nothing_at_or_below_a_personal_or_secret_field_is_kept_as_a_word() -> None:
    value = {"consigneeAddress": {"type": "HOME"}, "buyer": {"type": "HOME"}, "phoneType": "HOME", "type": "HOME"}
    assert "HOME" not in json.dumps(shape_of(value, sensitive={"buyer", "type"}).as_json())
    assert (
        json.dumps(shape_of(value).as_json()).count("HOME") == 2
    )  # below `buyer`, which nothing marks, and at the top


def test_of_a_secret_the_type_is_kept_and_no_length() -> None:
    shape = shape_of({"access_token": "x" * 17, "pin": "1234"}, secrets={"pin"})
    assert [shape.fields[name].as_json() for name in ("access_token", "pin")] == [{"kinds": {"string": 1}}] * 2


@pytest.mark.parametrize(
    "name",
    [
        "OCO2000023303105GB",
        "a@example.com",
        "+44 7700",
        "Jane Doe",
        "x" * 49,
        "",
        "25-11158-23993",
        "姓名",
        "abc123d",
        "a1234",
    ],
)
def test_names_that_may_be_values_are_not_kept(name) -> None:
    assert list(shape_of({name: 1}).fields) == [ANY]


def test_bounds() -> None:
    many = shape_of({f"f{chr(97 + n % 26) * (n // 26 + 1)}": n for n in range(shapes.MOST_FIELDS + 50)})
    assert len(many.fields) == shapes.MOST_FIELDS + 1
    assert many.fields[ANY].seen == 50
    deep = value = []
    for _ in range(60):
        value.append([])
        value = value[0]
    shape, depth = shape_of(deep), 0
    while shape is not None:
        shape, depth = shape.items, depth + 1
    assert depth == shapes.DEEPEST + 1
    room = Room(5)
    few = shape_of(*({f"n{chr(97 + n)}": {"x": 1}} for n in range(20)), room=room)
    assert sum(1 + len(inner.fields) for inner in few.fields.values()) == 5


def test_a_long_list_is_looked_at_from_end_to_end() -> None:
    rows = [{"a": 1}] * 500 + [{"b": 1}] * 500
    shape = shape_of(rows).items
    assert set(shape.fields) == {"a", "b"}
    assert shape.seen <= 50


def test_merging_is_as_if_one_had_seen_all() -> None:
    first = [{"status": "A", "x": None, "l": [1, 2]}, {"status": "B", "y": {"z": "t"}}]
    second = [{"status": "A", "y": {"w": 1.5}, "l": []}, {"x": "abc", "l": ["s"]}]
    together, other = shape_of(*first), shape_of(*second)
    together.merge(other, Room(100))
    assert together.as_json() == shape_of(*first, *second).as_json()


def test_what_was_written_is_read_again() -> None:
    shape = shape_of({"status": "A", "code": 3, "type": 2, "l": [{"x": "2022-10-31+0800"}], "n": None, "no good": 1})
    document = json.loads(json.dumps(shape.as_json()))
    assert shapes.read(document, Room(100)).as_json() == document


FLAWS = [
    [],
    {"kinds": {"string": -1}},
    {"kinds": {"string": True}},
    {"kinds": {}, "fields": {"a": 3}},
    {"kinds": {}, "sizes": {"string": ["a", 1]}},
    {"kinds": {"string": 1e400}},
]


@pytest.mark.parametrize("flaw", FLAWS, ids=str)
def test_what_is_no_shape_is_refused(flaw) -> None:
    with pytest.raises(ValueError, match=r"has a count|is not a shape"):
        shapes.read(flaw, Room(100))


def test_a_file_from_elsewhere_brings_no_values() -> None:
    document = {
        "kinds": {"object": 2, "secret words": 1},
        "fields": {
            "a@example.com": {"kinds": {"string": 1}},
            "status": {"kinds": {"string": 1}, "words": {"Jane Doe": 3}},
            "note": {"kinds": {"string": 1}, "words": {"Jane": 3}, "formats": {"Jane": 1}},
        },
    }
    written = json.dumps(shapes.read(document, Room(100)).as_json())
    assert not any(word in written for word in ("Jane", "secret words", "example.com"))


@pytest.mark.parametrize(("code", "kept"), [(3, "3"), ("300001", "300001"), ("ORDER_EXISTS", "ORDER_EXISTS"), (True, None),
    ("sandbox.repeated", "sandbox.repeated"), ("Smith", None), ("12345678", None), (None, None), ("no: Jane", None), (1.5, None)])  # fmt: skip
def test_codes(code, kept) -> None:
    assert discretion.code(code) == kept


@pytest.mark.parametrize("name", ["orderNumber", "line1", "b2bFlag", "address123", "_id", "$ref", "x-y_z"])
def test_names_that_are_kept(name) -> None:
    assert list(shape_of({name: 1}).fields) == [name]


@pytest.mark.parametrize("word", ["AVL", "B2C", "Submitted", "in_transit", "US-West", "TYPE_2", 3])
def test_words_that_are_kept(word) -> None:
    assert shape_of({"status": word}).fields["status"].words == {str(word): 1}


def test_what_is_merged_keeps_to_the_bound_and_can_be_read_again() -> None:
    known = Registry([]).__getitem__
    together = Sightings()
    for n in range(4):
        one = Sightings(known)
        for part in range(60):
            letters = chr(97 + n) + chr(97 + part % 26) + chr(97 + part // 26)
            rows = {f"{letters}{chr(97 + k % 26) * (k // 26 + 1)}": {"x": 1} for k in range(100)}
            one.add(
                Seen("outbound.query", "sandbox", None, 200, json.dumps({"code": 0, "data": {letters: rows}}).encode())
            )
        together.merge(one)
    sizes = [s.answer.size + s.request.size for s in together.all.values()]
    assert MOST_SHAPES * 0.9 < sum(sizes) <= MOST_SHAPES + 2
    assert sightings.read(json.loads(json.dumps(together.as_json()))).as_json() == together.as_json()
