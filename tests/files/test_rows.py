"""Items from files: what is read, with which lines, and what is said, all at once, of rows that cannot be sent."""

import csv
import io
import json
import string
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocreg import Registry, RequestInvalid
from ocreg.files.rows import Rows
from ocreg.files.spool import MOST_EXPLAINED, checked, digest_of
from ocreg.registry.values import encode

ORDERS = Registry()["outbound.create"]
SKUS = Registry()["sku.create"]
LABELS = Registry()["outbound.cancel"]
HEADER = "referenceNumber,consigneeName,consigneeAddress1,consigneeCountryCode"
ORDER = {"referenceNumber": "A-1", "consigneeName": "Ann", "consigneeAddress1": "Road 1", "consigneeCountryCode": "GB"}
ROW = "A-1,Ann,Road 1,GB"


def rows(content: str | bytes, name: str = "orders.csv", endpoint=ORDERS) -> list[tuple[int, object]]:
    """The lines and items of a file that is in order."""
    raw = content.encode() if isinstance(content, str) else content
    with checked(io.BytesIO(raw), name, endpoint) as spool:
        return [(entry.line, entry.item) for entry in spool.entries()]


def refusal(content: str | bytes, name: str = "orders.csv", endpoint=ORDERS) -> RequestInvalid:
    with pytest.raises(RequestInvalid) as caught:
        rows(content, name, endpoint)
    assert "nothing was sent" in str(caught.value)
    return caught.value


def told(content: str | bytes, name: str = "orders.csv", endpoint=ORDERS) -> list[str]:
    """What is wrong with a file, line by line, without the fixes."""
    return [f"{v.where}: {v.message}" for v in refusal(content, name, endpoint).violations]


# CSV that is in order


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("first", ["", "sep={}"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_whatever_the_mark_and_the_line_ends(mark, end, first, delimiter) -> None:
    lines = [*([first.format(delimiter)] if first else []), HEADER.replace(",", delimiter), ROW.replace(",", delimiter)]
    assert rows(mark + end.join(lines)) == [(len(lines), ORDER)]


def test_a_named_delimiter_may_be_any() -> None:
    assert rows(f"sep=|\n{HEADER}\n{ROW}".replace(",", "|")) == [(3, ORDER)]


def test_semicolons_are_found_although_cells_hold_commas() -> None:
    assert rows(f"{HEADER};remarks".replace(",", ";") + "\nA-1;Ann;Road 1;GB;one, two, three, four, five") == [
        (2, {**ORDER, "remarks": "one, two, three, four, five"})
    ]


def test_lines_are_those_on_which_rows_begin() -> None:
    text = f'{HEADER}\n\n"A-1","Ann","Road\n1\n",GB\n,,,\n\nA-2,Bob,Road 2,DE\n'
    assert [line for line, _ in rows(text)] == [3, 8]
    assert rows(text)[0][1]["consigneeAddress1"] == "Road\n1\n"


@pytest.mark.parametrize("style", ["productList.{}.{}", "productList[{}].{}"])
def test_columns_reach_into_lists(style) -> None:
    names = [style.format(n, field) for n in (0, 1) for field in ("mfSkuId", "skuQuantity", "declaredValue")]
    text = f"{HEADER},{','.join(names)}\n{ROW},S1,2,19.90,S2,1,3\n{ROW.replace('-1', '-2')},S1,2,,,,\n"
    (_, first), (_, second) = rows(text)
    assert first["productList"] == [
        {"mfSkuId": "S1", "skuQuantity": 2, "declaredValue": Decimal("19.90")},
        {"mfSkuId": "S2", "skuQuantity": 1, "declaredValue": 3},
    ]
    assert str(first["productList"][0]["declaredValue"]) == "19.90"
    assert second["productList"] == [{"mfSkuId": "S1", "skuQuantity": 2}]


def test_a_cell_may_hold_a_list_as_json() -> None:
    text = f'{HEADER},productList\n{ROW},"[{{""mfSkuId"": ""S1"", ""declaredValue"": 0.10}}]"'
    assert rows(text)[0][1]["productList"] == [{"mfSkuId": "S1", "declaredValue": Decimal("0.10")}]


@pytest.mark.parametrize(
    ("cell", "value"), [("true", True), ("YES", True), ("1", True), ("False", False), ("no", False)]
)
def test_booleans_are_what_spreadsheets_write(cell, value) -> None:
    assert rows(f"referenceSKUID,withBattery\nS,{cell}", endpoint=SKUS)[0][1] == {
        "referenceSKUID": "S",
        "withBattery": value,
    }


def test_text_stays_text_and_empty_cells_are_left_out() -> None:
    text = f"{HEADER},consigneePhone,houseNumber\n{ROW},007, 1 \n{ROW.replace('-1', '-2')},,"
    assert [item.get("consigneePhone") for _, item in rows(text)] == ["007", None]
    assert rows(text)[0][1]["houseNumber"] == " 1 "


def test_a_header_alone_and_an_empty_list_are_no_rows() -> None:
    assert rows(HEADER) == rows("", "a.jsonl") == rows(" [ ] ", "a.json") == []


# JSON


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "-", "standard input"])
def test_json_lines(name) -> None:
    text = f"\ufeff{json.dumps(ORDER)}\n\n  \n" + json.dumps({**ORDER, "referenceNumber": "é"})
    assert [line for line, _ in rows(text, name)] == [1, 4]


@pytest.mark.parametrize("name", ["a.json", "-"])
def test_a_list_has_lines_too(name) -> None:
    text = "\ufeff[\n" + json.dumps(ORDER, indent=1) + ",\n\n" + json.dumps({**ORDER, "referenceNumber": "B"}) + "\n]\n"
    assert [line for line, _ in rows(text, name)] == [2, 9]


def test_numbers_keep_their_digits() -> None:
    text = json.dumps({**ORDER, "productList": [{"declaredValue": 0}]}).replace(": 0}", ": 12345678901234567890.10}")
    for name, whole in (("a.jsonl", text), ("a.json", f"[{text}]")):
        assert str(rows(whole, name)[0][1]["productList"][0]["declaredValue"]) == "12345678901234567890.10"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.jsonl", "{\n}", ["line 1: is not JSON", "line 2: is not JSON"]),
        ("a.jsonl", "[1]\n3", ["line 1: must be an object", "line 2: must be an object"]),
        ("a.jsonl", '{"consigneeName": NaN}', ["line 1: is not JSON: NaN is not a JSON value"]),
        ("a.json", '{"a": 1}', ["line 1: is not a list"]),
        ("a.json", "", ["line 1: is not a list"]),
        ("a.json", "[1,\n2]", ["line 1: must be an object", "line 2: must be an object"]),
        ("a.json", "[1\n\n2]", ["line 1: must be an object", "line 3: is not JSON: a comma or the end"]),
        ("a.json", "[1\n] x", ["line 1: must be an object", "line 2: is not JSON"]),
        ("a.json", "[\n{,", ["line 2: is not JSON"]),
        ("a.json", "[" * 100_000, ["line 1: is not JSON: nested too deep"]),
        ("a.json", "[NaN]", ["line 1: is not JSON: NaN"]),
    ],
)
def test_broken_json_is_told_with_its_line(name, text, says) -> None:
    found = told(text, name)
    assert len(found) == len(says)
    assert [line for line, start in zip(found, says, strict=True) if not line.startswith(start)] == []


# What is wrong


def test_all_bad_rows_are_told_at_once_with_their_lines() -> None:
    text = f"{HEADER},productList.0.skuQuantity\n{ROW},1\nA-2,,Road 2,GB,x\nA-1,Bob,Road 3,GBR,1\n,Eve,Road 4,GB,1\nA-5,Tom\n"
    assert told(text) == [
        'line 3: productList[0].skuQuantity: must be an integer, not "x"',
        "line 3: consigneeName: required, but missing",
        "line 4: consigneeCountryCode: must have at most 2 characters, has 3",
        "line 4: referenceNumber: is also on line 2: the two rows could not be told apart",
        "line 5: referenceNumber: is needed to send the row exactly once",
        "line 6: consigneeAddress1: required, but missing",
        "line 6: consigneeCountryCode: required, but missing",
    ]
    error = refusal(text)
    assert str(error).startswith("outbound.create: 4 rows of orders.csv cannot be sent; nothing was sent\n  line 3: ")
    assert error.rows == 4


def test_what_is_personal_is_not_repeated() -> None:
    text = "\n".join([HEADER + ",consigneeZipCode", ROW + ",a secret place"])
    assert "secret" not in str(refusal(text))


def test_many_bad_rows_are_counted() -> None:
    count = MOST_EXPLAINED + 500
    text = HEADER + "".join(f"\nA-{n},Ann,Road 1,GBR" for n in range(count))
    error = refusal(text)
    assert error.rows == count
    assert len(error.violations) == MOST_EXPLAINED
    assert f"... and {MOST_EXPLAINED - 20:,} more violations in {count - 20:,} more rows" in str(error)
    assert len(str(error).splitlines()) < 50


@pytest.mark.parametrize(
    ("header", "says", "fix"),
    [
        ("consigneename", 'column consigneename: unknown field "consigneename"', "use `consigneeName`"),
        ("eBayOrderId", 'column eBayOrderId: unknown field "eBayOrderId"', "use `ebayOrderId`"),
        ("colour", 'column colour: unknown field "colour"', ".jsonl"),
        ("productList.0.sku", 'column productList.0.sku: unknown field "sku"', "use `productList[0].mfSkuId`"),
        ("productList.mfSkuId", "column productList.mfSkuId: productList is a list", "productList.0.mfSkuId"),
        ("productList.1.mfSkuId", "column productList[1]: exists, but productList[0] does not", "from 0"),
        ("productList.99999.mfSkuId", "column productList.99999.mfSkuId: has an index above 1000", ".jsonl"),
        ("remarks.0", 'column remarks.0: unknown field "0"', ".jsonl"),
        ("consigneeName", "column consigneeName: is given twice (also as consigneeName)", "delete one"),
        ("productList.0.mfSkuId,productList[0].mfSkuId", "is given twice (also as productList.0.mfSkuId)", "one"),
        ("productList,productList.0.mfSkuId", "is part of the value in column productList", "one of the two"),
    ],
)  # fmt: skip
def test_a_header_is_told_once(header, says, fix) -> None:
    error = refusal(f"{HEADER},{header}\n{ROW}\n{ROW}\n")
    (violation,) = error.violations
    assert says in f"{violation.where}: {violation.message}"
    assert violation.where.startswith("line 1: column ")
    assert fix in violation.fix
    assert str(error).startswith("outbound.create: orders.csv cannot be sent; nothing was sent\n")  # no row of it


def test_a_missing_column_is_told_once() -> None:
    assert told("referenceNumber,consigneeName\nA,B\nC,D") == [
        "line 1: column consigneeAddress1: required, but missing",
        "line 1: column consigneeCountryCode: required, but missing",
    ]


@pytest.mark.parametrize(
    "cell", ["1,5", "1.5", "1,234", "1 234", "1.234,5", "1e5", "1,5E+05", "x", "1" * 70, "٣", "--1"]
)
@pytest.mark.parametrize("field", ["skuQuantity", "declaredValue"])
def test_bad_numbers_are_refused_with_what_to_write(cell, field) -> None:
    text = f'{HEADER},productList.0.{field}\n{ROW},"{cell}"'
    if field == "declaredValue" and cell == "1.5":
        assert rows(text)[0][1]["productList"][0][field] == Decimal("1.5")
        return
    (violation,) = refusal(text).violations
    assert violation.where == f"line 2: productList[0].{field}"
    expected = {
        "1,5": "a point, not a comma: 1.5",
        "1,234": "without thousands separators",
        "1 234": "without thousands separators",
    }
    expected |= {
        "1.234,5": "without thousands separators",
        "1e5": "spreadsheet",
        "1,5E+05": "spreadsheet",
        "x": "digits only",
    }
    assert expected.get(cell, "") in violation.fix


def test_a_gap_in_a_list_is_refused() -> None:
    text = f"{HEADER},productList.0.mfSkuId,productList.1.mfSkuId\n{ROW},,S2"
    assert told(text) == ["line 2: productList[0]: is empty, but a later entry of the list is not"]


@pytest.mark.parametrize("cell", ["[1", "7", "text"])
def test_a_cell_that_is_no_list_is_refused(cell) -> None:
    assert "must be JSON" in told(f"{HEADER},productList\n{ROW},{cell}")[0]


def test_what_is_not_utf8_is_told_with_its_line_and_what_helps() -> None:
    for name, start in (("a.csv", f"{HEADER}\n{ROW}\n"), ("a.jsonl", json.dumps(ORDER) + "\n\n"), ("a.json", "[\n\n")):
        error = refusal(start.encode() + "Zoë".encode("cp1252"), name)
        assert "line 3: is not UTF-8: byte 0xeb" in str(error)
        assert "save the file as UTF-8" in str(error)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f'{HEADER}\n{ROW}\nA-2,"Ann,Road 1,GB\nA-3,Ann,Road,GB\n', "line 3: is not CSV: unexpected end of data"),
        (f'{HEADER}\nA-2,"Ann"x,Road 1,GB\n', "line 2: is not CSV"),
        (f"{HEADER}\r{ROW}\r", "line 1: is not CSV"),
        ("", "line 1: the header is missing"),
        ("sep=;\n", "line 1: the header is missing"),
    ],
)
def test_broken_csv_is_told_with_its_line(text, says) -> None:
    assert told(text)[-1].startswith(says)


def test_the_number_must_be_a_usable_text() -> None:
    for number in (5, "", "a\0b", None):
        text = json.dumps({**ORDER, "referenceNumber": number})
        assert any("referenceNumber" in line for line in told(text, "a.jsonl"))


def test_without_a_natural_key_the_same_row_may_come_twice() -> None:
    item = {"orderNumber": "OCO1", "cancelTime": "2025-06-17T10:10:10+0800"}
    with checked(io.BytesIO((json.dumps(item) + "\n").encode() * 3), "a.jsonl", LABELS) as spool:
        keys = [entry.key for entry in spool.heads()]
    assert keys == [f"#{digest_of(item)}:{time}" for time in range(3)]


def test_the_digest_is_of_the_content_not_of_its_form() -> None:
    one = {"a": Decimal("1.50"), "b": [2, {"c": "é"}]}
    assert digest_of(one) == digest_of({"b": [Decimal("2.0"), {"c": "é"}], "a": Decimal("1.5")})
    assert len({digest_of(item) for item in (one, {**one, "a": "1.5"}, {**one, "a": 1}, {**one, "b": []})}) == 4
    assert (
        digest_of({"b": '\x7f\u2028é"\\\n\x01', "a": [None, True, 10**30, Decimal("2.50")]})
        == (
            "4f003450438a1c8bcf8a07d6f77686f096fbc78f546f5cecc474bf0edacd274e"  # as journals of before have it: a row with another digest has changed
        )
    )


# Any items, as CSV and back

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=8).filter(
    lambda word: not word.startswith("#")  # ### and #N/A are what spreadsheets leave of a cell: refused
)
NUMBERS = st.decimals(-(10**9), 10**9, allow_nan=False, places=2)
LINES = st.fixed_dictionaries(
    {"mfSkuId": WORDS}, optional={"skuQuantity": st.integers(-(10**12), 10**12), "declaredValue": NUMBERS}
)
ITEMS = st.fixed_dictionaries(
    {"consigneeName": WORDS, "consigneeAddress1": WORDS, "consigneeCountryCode": st.text(string.ascii_uppercase, min_size=2, max_size=2)},
    optional={"remarks": WORDS, "houseNumber": WORDS, "productList": st.lists(LINES, min_size=1, max_size=3)},
)  # fmt: skip


@settings(deadline=None)
@given(items=st.lists(ITEMS, min_size=1, max_size=4), delimiter=st.sampled_from(",;\t"), mark=st.booleans())
def test_any_items_come_back_from_csv(items, delimiter, mark) -> None:
    items = [{"referenceNumber": f"N{place}", **item} for place, item in enumerate(items)]
    flat = [_flat(item) for item in items]
    names = list(dict.fromkeys(name for row in flat for name in row))
    out = io.StringIO()
    table = csv.DictWriter(out, sorted(names), restval="", delimiter=delimiter)
    table.writeheader()
    table.writerows(flat)
    assert [item for _, item in rows(("\ufeff" if mark else "") + out.getvalue())] == items


@settings(deadline=None)
@given(items=st.lists(ITEMS, max_size=4), whole=st.booleans())
def test_any_items_come_back_from_json(items, whole) -> None:
    items = [{"referenceNumber": f"N{place}", **item} for place, item in enumerate(items)]
    texts = [encode(item).decode() for item in items]
    text, name = (f"[{','.join(texts)}]", "a.json") if whole else ("\n".join(texts), "a.jsonl")
    assert [item for _, item in rows(text, name)] == items


def _flat(item: dict) -> dict:
    lines = item.get("productList", [])
    inner = {f"productList.{place}.{name}": value for place, line in enumerate(lines) for name, value in line.items()}
    return {**{name: value for name, value in item.items() if name != "productList"}, **inner}


@settings(deadline=None)
@given(raw=st.binary(max_size=200), name=st.sampled_from(["a.csv", "a.json", "a.jsonl", "-"]))
def test_any_bytes_are_read_or_refused(raw, name) -> None:
    for row in Rows(io.BytesIO(raw), name, ORDERS):
        assert row.line >= 1
        assert row.wrong or isinstance(row.item, dict)
