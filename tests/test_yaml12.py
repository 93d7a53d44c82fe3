"""YAML as endpoint files may use it: YAML 1.2's scalars, one document, no surprises."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from work import calls

from ocreg import EndpointInvalid
from ocreg.yaml12 import MAX_BYTES, locate, parse


def value(text):
    return parse(f"key: {text}".encode(), "f.yaml")["key"]


def refused(text):
    with pytest.raises(EndpointInvalid) as caught:
        parse(text if isinstance(text, bytes) else text.encode(), "f.yaml")
    error = caught.value
    assert error.file == "f.yaml"
    assert str(error).startswith(f"f.yaml:{error.line}: " if error.line else "f.yaml: ")
    return error


# Scalars


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("1.5", 1.5),
        ("-0.5", -0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
    ],
)
def test_what_is_no_string(text, expected):
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    "text",
    [
        *["NO", "no", "on", "Off", "yes", "y", "N"],
        *["22:22", "1:30:00", "2025-06-17", "2025-06-17T10:10:10+0800", "2001-12-14t21:59:43.10-05:00"],
        *["1_000", "0b11", "1e", "e3", "1.2.3", "--1", "+", ".", "٣", "nul", "tRue", "=", "<<", "NaN", "inf"],
    ],
)
def test_what_yaml_1_1_would_have_turned_into_something_else_is_a_string(text):
    assert value(text) == text


@pytest.mark.parametrize("text", ["0x1F", "0o17"])
def test_other_bases_are_not_read_as_numbers(text):
    assert value(text) == text


@pytest.mark.parametrize("text", ["5", "null", "true", "1e3", "~", "", ".inf"])
def test_quoted_and_block_scalars_stay_strings(text):
    assert value(f"'{text}'") == value(f'"{text}"') == text
    assert value(f"|-\n  {text}") == value(f">-\n  {text}") == text


@pytest.mark.parametrize("text", [".inf", "-.inf", "+.INF", ".NaN", "1e999", "-1e999"])
def test_what_json_cannot_write_is_refused(text):
    assert refused(f"a: 1\nkey: {text}").line == 2


def test_a_number_too_long_to_read_is_refused():
    assert refused("a: 1\nkey: " + "1" * 5000).line == 2


# Structure


def test_mappings_and_lists_nest():
    assert parse(b"a: {b: [1, {c: d}]}\ne:\n  - f\n  -\n", "f") == {"a": {"b": [1, {"c": "d"}]}, "e": ["f", None]}


def test_a_byte_order_mark_and_windows_line_ends_are_accepted():
    assert parse(b"\xef\xbb\xbfa: 1\r\nb: [x,\r\n  y]\r\n", "f") == {"a": 1, "b": ["x", "y"]}


def test_a_duplicate_key_names_both_lines():
    error = refused("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    assert error.line == 5
    assert "duplicate key 'c': first on line 3, again on line 5" in str(error)


def test_the_same_key_at_different_places_is_no_duplicate():
    assert parse(b"a: {k: 1}\nb: {k: 1}", "f") == {"a": {"k": 1}, "b": {"k": 1}}


@pytest.mark.parametrize("key", ["5", "true", "~", "1.5", "? [a, b]\n", "? {a: b}\n"])
def test_a_key_that_is_no_string_is_refused(key):
    assert "is not a string" in str(refused(f"a: 1\n{key}: x"))


def test_a_number_as_a_key_needs_quotes_and_is_told_so():
    error = refused("300001: x")
    assert (error.line, 'quote it: "300001"' in str(error)) == (1, True)
    assert parse(b"'300001': x", "f") == {"300001": "x"}


@pytest.mark.parametrize("text", ["!!str 5", "!!int '5'", "!!map {}", "!!seq []", "!mine x", "!!python/name:os.system"])
def test_tags_are_refused(text):
    error = refused(f"a: 1\nkey: {text}")
    assert (error.line, "tag" in str(error)) == (2, True)


def test_python_objects_are_never_made(tmp_path):
    victim = tmp_path / "victim"
    refused(f"key: !!python/object/apply:os.mkdir ['{victim}']")
    assert not victim.exists()


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x", "a: &x {c: 1}\nb: {<<: *x}", "a: &x [*x]"])
def test_aliases_are_refused(text):
    assert "aliases" in str(refused(text))


def test_an_alias_bomb_does_not_go_off():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert "aliases" in str(refused("\n".join(lines)))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", None, "empty"),
        ("# only a comment", None, "empty"),
        ("- a\n- b", 1, "mapping"),
        ("just words", 1, "mapping"),
        ("a: 1\n---\nb: 2", 2, "document"),
        ("a: 1\n\tb: 2", 2, "tab"),
        ("a:\n\t- b", 2, "tab"),
        ("a: [1, 2", None, "not YAML"),
        ("a: 'open", None, "not YAML"),
        ("a: b: c", 1, "not YAML"),
        ("a: 1\n b: 2", 2, "not YAML"),
        ("a: *nowhere", 1, "not YAML"),
        (b"a: \x00", None, "not YAML"),
        (b"a: 1\nb: \xff", 2, "not UTF-8"),
        ("a: 1".encode("utf-16"), 1, "not UTF-8"),
        (bytes(range(256)), 2, "not UTF-8"),
    ],
)
def test_what_is_no_single_document_with_a_mapping(text, line, words):
    error = refused(text)
    assert words in str(error)
    assert line is None or error.line == line


def test_a_huge_file_is_refused_before_it_is_read():
    error = refused(b"a: 1\n" + b"#" * MAX_BYTES)
    assert "1,000,005 bytes" in str(error)
    assert parse(b"a: 1\n" + b"#" * (MAX_BYTES - 5), "f") == {"a": 1}


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
@pytest.mark.parametrize("depth", [70, 2000, 100_000])
def test_deep_nesting_is_refused_however_deep(opening, depth):
    assert refused("a:\n" + opening * depth).file == "f.yaml"


def test_fifty_levels_are_no_problem():
    assert json.dumps(value("[" * 50 + "]" * 50)) == "[" * 50 + "]" * 50


# Anything

# What both JSON and YAML write the same way: no control characters, no line breaks of Unicode's.
texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn", "Co"]), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(texts, json_values, max_size=5), st.sampled_from([None, 2]))
@example({"NO": ["22:22", "2025-06-17", "1e3", "~", "a: b", "#", "'", '"', "\\", "- x", "é", "中", "😀"]}, None)
def test_json_is_yaml(document, indent):
    written = json.dumps(document, ensure_ascii=False, indent=indent)
    found = parse(written.encode(), "f")
    assert json.dumps(found) == json.dumps(document)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
@example(b"a: 1e400")
@example(b"? ")
def test_any_bytes_are_a_mapping_or_an_invalid_file(text):
    try:
        found = parse(text, "f")
    except EndpointInvalid:
        return
    assert isinstance(found, dict)
    assert json.dumps(found, allow_nan=False)


# Where things stand

DOCUMENT = b"""\
# a comment
a: 1
b:
  c: {d: 2}
  e:
    - f
    - g: |
        block
      h: 3
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ([], 2),
        (["a"], 2),
        (["b"], 3),
        (["b", "c"], 4),
        (["b", "c", "d"], 4),
        (["b", "e", 0], 6),
        (["b", "e", 1], 7),
        (["b", "e", 1, "h"], 9),
        (["b", "missing"], 3),
        (["b", "e", 7], 5),
        (["a", "deeper", 0], 2),
        (["b", "e", "f"], 5),
    ],
)
def test_the_line_of_a_value_or_of_the_nearest_thing_above_it(path, line):
    assert locate(DOCUMENT, "f", path)[0] == line


@pytest.mark.parametrize(
    ("path", "held"),
    [([], True), (["b", "e", 1, "h"], True), (["b", "x"], False), (["b", "e", 2], False), (["b", "e", 0, 0], False)],
)
def test_whether_a_file_holds_a_path(path, held):
    assert locate(DOCUMENT, "f", path)[1] is held


def test_a_document_that_goes_in_a_circle_has_lines_all_the_same():
    assert locate(b"a: &x\n  b: *x\nc: 1\n", "f", ["c"]) == (3, True)
    assert locate(b"a: &x\n  b: *x\n", "f", ["a", "b", "b"]) == (2, False)


def test_a_key_that_is_no_text_hides_no_other():
    assert locate(b"? [1, 2]\n: x\nb: 1\n", "f", ["b"]) == (3, True)


def test_a_file_is_read_once_for_all_its_lines():
    _, first = calls(lambda: locate(DOCUMENT + b"z: 1\n", "f", ["z"]))
    _, again = calls(lambda: [locate(DOCUMENT + b"z: 1\n", "f", ["b", "e", n]) for n in range(10)])
    assert again < first
