"""Tables as people have them: encodings, workbooks, what Excel breaks, columns of one's own, lines of one order."""

import csv
import datetime as dt
import gzip
import io
import json
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocreg import Registry, RequestInvalid
from ocreg.files.columns import Columns
from ocreg.files.reading import PLAIN, Reading
from ocreg.files.rejects import Rejects
from ocreg.files.rows import Rows
from ocreg.files.spool import checked
from ocreg.files.template import template
from ocreg.violation import Violation

ORDERS = Registry()["outbound.create"]
SKUS = Registry()["sku.create"]
INBOUND = Registry()["inbound.create"]
CANCEL = Registry()["outbound.cancel"]
HEADER = "referenceNumber,consigneeName,consigneeAddress1,consigneeCountryCode"
ROW = "A-1,Ann,Road 1,GB"
ORDER = dict(zip(HEADER.split(","), ROW.split(","), strict=True))


def items(content, reading=PLAIN, *, name="orders.csv", endpoint=ORDERS, **more) -> list[dict]:
    raw = content.encode() if isinstance(content, str) else content
    with checked(io.BytesIO(raw), name, endpoint, reading, **more) as spool:
        return [entry.item for entry in spool.entries()]


def refused(content, reading=PLAIN, **more) -> RequestInvalid:
    with pytest.raises(RequestInvalid) as caught:
        items(content, reading, **more)
    return caught.value


def first(error: RequestInvalid) -> str:
    violation = error.violations[0]
    return f"{violation.where}: {violation.message}; {violation.fix}"


def xlsx(*rows, sheet="Orders", more=(), formats=None) -> bytes:
    """A workbook; `formats` are number formats by cell."""
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    for cell, form in (formats or {}).items():
        book.active[cell].number_format = form
    for name, lines in more:
        other = book.create_sheet(name)
        for row in lines:
            other.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# Encodings

CHINESE = f"{HEADER}\nA-1,王小明,路 1 号,GB\n"
WESTERN = f"{HEADER}\nA-1,Zoë Müller,Straße 1 €,DE\n"


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (CHINESE, "gb18030", "gb18030"),
        (WESTERN, "cp1252", "cp1252"),
        (CHINESE, "utf-16", "utf-8"),  # its mark is enough
        (CHINESE, "utf-16-le", "utf-16-le"),
        (CHINESE, "utf-32", "utf-8"),
        (WESTERN, "utf-8-sig", "cp1252"),  # a mark wins over what was named
        ("\ufeff" + CHINESE, "gb18030", "gb18030"),
    ],
)
@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
def test_encodings(text, encoding, named, form) -> None:
    wanted = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    if form != "csv":
        lines = [json.dumps(item, ensure_ascii=False) for item in wanted]
        text = text[: text.startswith("\ufeff")] + (f"[{lines[0]}]" if form == "json" else "\n".join(lines))
    assert items(text.encode(encoding), Reading(named), name=f"a.{form}") == wanted


def test_utf16_lines_may_hold_the_byte_of_a_line_end() -> None:
    name = "ਊ\u0a0a\u2c0a"  # U+0A0A is twice the byte of a line's end
    found = items(f"{HEADER}\nA-1,{name},Road,GB\n\nA-2,{name},Road,GB\n".encode("utf-16"))
    assert [item["consigneeName"] for item in found] == [name, name]


def test_what_is_in_another_encoding_names_the_option_and_the_line() -> None:
    said = first(refused(WESTERN.encode("cp1252")))
    assert said.startswith("line 2: is not UTF-8: byte 0xeb")
    assert "--encoding gb18030 for Chinese Excel, cp1252" in said
    assert "is not GB18030" in first(refused(f"{HEADER}\n".encode() + b"\xff", Reading("gb18030")))
    assert "line 2: is not UTF-16: byte 0x0a" in first(refused(WESTERN.encode("utf-16")[:-1]))


# What is no text


def zipped(*names) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(b"a,b\n", mtime=0), "the file is a gzip archive; unpack it"),
        (zipped("orders.csv"), "the file is a zip archive; unpack it"),
        (zipped("mimetype", "content.xml"), "the file is an .ods or other OpenDocument file; save it as .xlsx"),
        (zipped("xl/workbook.bin"), "the file is an .xlsb workbook; save it as .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "an .xls workbook, or one with a password; save it"),
        (b"%PDF-1.7\n", "the file is a PDF"),
        (b"<html><table>", "the file is HTML or XML, despite its name"),
        (b"PAR1\x15\x04", "the file is a Parquet file"),
        (b"\x7fELF" + bytes(100), "the file is binary, not text"),
        (xlsx(["a"])[:-40], "a zip archive or workbook that is cut off"),
    ],
)
@pytest.mark.parametrize("name", ["orders.csv", "orders.xlsx", "standard input"])
def test_what_is_no_text_is_named(content, says, name) -> None:
    error = refused(content, name=name)
    assert says in first(error)
    assert len(error.violations) == 1


def test_a_workbook_without_the_extra_names_it(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    assert "pip install 'ocreg[excel]'" in first(refused(xlsx([1])))


# Workbooks


def test_cells_of_a_workbook_become_what_the_schema_wants() -> None:
    names = [*HEADER.split(","), "consigneeZipCode", "houseNumber", "remarks"]
    names += ["productList.0.mfSkuId", "productList.0.skuQuantity", "productList.0.declaredValue"]
    rows = [names, [1001, "王小明", "Road 1", "GB", 10115, 7.5, True, "S1", 2.0, 19.9], [], ["A-2", "Bob", "R", "GB"]]
    found = items(xlsx(*rows), name="orders.xlsx")
    assert found[0] == {
        **{"referenceNumber": "1001", "consigneeName": "王小明", "consigneeAddress1": "Road 1"},
        **{"consigneeCountryCode": "GB", "consigneeZipCode": "10115", "houseNumber": "7.5", "remarks": "TRUE"},
        "productList": [{"mfSkuId": "S1", "skuQuantity": 2, "declaredValue": Decimal("19.9")}],
    }
    assert type(found[0]["productList"][0]["skuQuantity"]) is int
    assert len(found) == 2
    assert items(xlsx(["referenceSKUID", "withBattery"], ["S", True], ["T", 0]), endpoint=SKUS) == [
        {"referenceSKUID": "S", "withBattery": True},
        {"referenceSKUID": "T", "withBattery": False},
    ]


def test_zeros_that_a_format_shows_are_there() -> None:
    content = xlsx([*HEADER.split(","), "consigneeZipCode"], [*ROW.split(","), 123], formats={"E2": "00000"})
    assert items(content)[0]["consigneeZipCode"] == "00123"


@pytest.mark.parametrize("place", ["A1", "C3"])
def test_lines_are_the_rows_of_the_sheet(place) -> None:
    book = openpyxl.Workbook()
    corner = book.active[place]
    for row, cells in enumerate([[*HEADER.split(","), "remarks"], [*ROW.split(","), "#N/A"]]):
        for column, value in enumerate(cells):
            book.active.cell(corner.row + row * 2, corner.column + column, value)
    book.save(out := io.BytesIO())
    (violation,) = refused(out.getvalue()).violations
    assert violation.where == f"line {corner.row + 2}: remarks"


@pytest.mark.parametrize(
    ("value", "says", "fix"),
    [
        ("#REF!", "is an error of the spreadsheet", "correct"),
        ("=1/0", "is a formula without a result", "save it"),
        (110557000000000123, "a number that a spreadsheet shortened", "format to text"),
        (dt.date(2026, 3, 1), "must be text, but is a date or time", "MAR1"),
        (dt.time(1, 2), "must be text, but is a date or time", "MAR1"),
        (dt.timedelta(hours=30), "must be text, but is a date or time", "MAR1"),
    ],
)
def test_what_excel_made_of_text_is_refused(value, says, fix) -> None:
    book = openpyxl.Workbook()
    book.active.append([*HEADER.split(","), "remarks"])
    book.active.append([*ROW.split(","), value])
    book.save(out := io.BytesIO())
    (violation,) = refused(out.getvalue()).violations
    assert violation.where == "line 2: remarks"
    assert says in violation.message
    assert fix in violation.fix


def test_what_is_not_told_of_cells_is_found_in_long_sheets_too() -> None:
    names = HEADER.split(",")
    rows = list(Rows(io.BytesIO(xlsx(names, *[["#N/A"] * 4] * 2000)), "a.xlsx", ORDERS))
    assert [row.line for row in rows] == list(range(2, 2002))
    assert {len(row.wrong) for row in rows} == {4}


def test_dates_take_the_form_of_their_field() -> None:
    day, moment = dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 8, 30)
    rows = [["orderNumber", "cancelTime"], ["OCO1", moment], ["OCO2", "2026-03-01 09:00"], ["OCO3", day]]
    found = items(xlsx(*rows), Reading(offset="+0800"), endpoint=CANCEL)
    assert [item["cancelTime"] for item in found] == [
        "2026-03-01T08:30:00+0800", "2026-03-01T09:00:00+0800", "2026-03-01T00:00:00+0800"
    ]  # fmt: skip
    error = refused(xlsx(*rows[:2]), endpoint=CANCEL)
    assert "needs a UTC offset" in first(error)
    assert "--offset +0800" in first(error)
    header, example = template(INBOUND)
    cells = [day if name == "ETA" else cell for name, cell in zip(header, example, strict=True)]
    assert items(xlsx(header, cells), endpoint=INBOUND)[0]["ETA"] == "2026-03-01+0000"


@pytest.mark.parametrize("sheet", ["Orders", None])
def test_a_stray_cell_is_told_before_it_fills_the_memory(sheet) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Orders"
    book.active.append(HEADER.split(","))
    book.active["XFD1048576"] = "stray"
    book.save(out := io.BytesIO())
    error = refused(out.getvalue(), Reading(sheet=sheet))
    assert "line 1048576: sheet Orders: its cells span 1,048,576 rows and 16,384 columns" in first(error)
    assert "the last at XFD1048576; clear the cells" in first(error)


def test_sheets_are_named_where_there_are_several() -> None:
    rows = [HEADER.split(","), ROW.split(",")]
    assert items(xlsx(*rows, more=[("Empty", [])])) == [ORDER]
    two = xlsx(["what"], ["else"], more=[("Mine", rows)])
    assert items(two, Reading(sheet="Mine")) == [ORDER]
    assert "2 sheets have content: Orders, Mine; name one of them with --sheet" in first(refused(two))
    assert "no sheet 'mine'; the sheets are: Orders, Mine" in first(refused(two, Reading(sheet="mine")))
    assert "not a workbook; leave out --sheet" in first(refused(f"{HEADER}\n{ROW}", Reading(sheet="Mine")))
    assert "the header is missing" in first(refused(xlsx()))


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_damaged_workbook_is_read_or_refused(data) -> None:
    whole = zipfile.ZipFile(io.BytesIO(xlsx([*HEADER.split(","), "remarks"], [*ROW.split(","), "#N/A"])))
    parts = {name: whole.read(name) for name in whole.namelist()}
    name = data.draw(st.sampled_from(sorted(part for part in parts if part.startswith("xl/"))))
    place = data.draw(st.integers(0, len(parts[name]) - 1))
    length, put = data.draw(st.integers(0, 30)), data.draw(st.sampled_from([b"", b"<", b">", b'"', b"9", b"A"]))
    parts[name] = parts[name][:place] + put + parts[name][place + length :]
    damaged = io.BytesIO()
    with zipfile.ZipFile(damaged, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    raw = bytearray(damaged.getvalue())
    if data.draw(st.booleans()):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    for row in Rows(io.BytesIO(bytes(raw)), "a.xlsx", ORDERS):
        assert row.wrong or isinstance(row.item, dict)


# What Excel breaks in CSV


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("1.10557E+11", "a number that a spreadsheet shortened"),
        ('"1,10557E+11"', "a number that a spreadsheet shortened"),
        ("#REF!", "an error of the spreadsheet"),
        ("#N/A", "an error of the spreadsheet"),
        ("#BEZUG!", "an error of the spreadsheet"),
        ("#NAME?", "an error of the spreadsheet"),
        ("#####", "a column is too narrow"),
    ],
)
@pytest.mark.parametrize("column", ["remarks", "productList.0.mfSkuId", "productList.0.skuQuantity"])
def test_what_excel_left_of_a_cell_is_refused(cell, says, column) -> None:
    violation = refused(f"{HEADER},{column}\n{ROW},{cell}").violations[0]
    assert violation.where == f"line 2: {column.replace('.0', '[0]')}"
    assert says in violation.message or (column.endswith("Quantity") and "spreadsheet" in violation.fix)


@pytest.mark.parametrize("cell", ["#1003", "#", "##", "#A1", "1E5", "E+11", "12E+34", "A#REF!", "#ref"])
def test_what_only_looks_like_it_stays(cell) -> None:
    assert items(f"{HEADER},remarks\n{ROW},{cell}")[0]["remarks"] == cell


@pytest.mark.parametrize(("cell", "text"), [('="00123"', "00123"), ('"=""a""""b"""', 'a"b'), ('"=""1,5"""', "1,5")])
def test_a_formula_around_a_text_is_the_text(cell, text) -> None:
    assert items(f"{HEADER},remarks\n{ROW},{cell}")[0]["remarks"] == text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_quote_after_a_blank_is_refused_and_a_quoted_one_is_not(delimiter) -> None:
    header, row = HEADER.replace(",", delimiter), ROW.replace(",", delimiter)
    error = refused(f'{header}{delimiter}remarks\n{row}{delimiter} "Ann{delimiter} Mr."\n')
    assert first(error).startswith("line 2: has a quote after a space")
    text = f'{header}{delimiter}remarks\n{row}{delimiter}" ""quoted"" "\n'
    assert items(text)[0]["remarks"] == ' "quoted" '
    assert items(f'{header}{delimiter}remarks\n{row}{delimiter}5 "inches\n')[0]["remarks"] == '5 "inches'


@pytest.mark.parametrize(
    ("decimal", "cell", "value"),
    [
        (",", "1.234,50", "1234.50"), (",", "19,90", "19.90"), (",", "1.234", "1234"), (",", "1 234,5", "1234.5"),
        (",", "-1.234.567", "-1234567"), (".", "1,234.50", "1234.50"), (".", "1'234.5", "1234.5"), (".", "7", "7"),
        (",", "1.5", None), (",", "1.2345", None), (".", "1,5", None), (".", "12,34,567", None), (",", "1,2,3", None),
    ],
)  # fmt: skip
def test_numbers_of_a_place_that_was_named(decimal, cell, value) -> None:
    text = f'{HEADER},productList.0.declaredValue\n{ROW},"{cell}"'
    if value is None:
        assert f"with --decimal {decimal} the decimal mark is {decimal}" in first(
            refused(text, Reading(decimal=decimal))
        )
    else:
        assert str(items(text, Reading(decimal=decimal))[0]["productList"][0]["declaredValue"]) == value


@pytest.mark.parametrize(("cell", "value"), [("2.0", 2), ("2", 2), ("-3.00", -3), ("2.5", None)])
def test_whole_numbers_may_have_a_fraction_of_zeros(cell, value) -> None:
    text = f"{HEADER},productList.0.skuQuantity\n{ROW},{cell}"
    if value is None:
        assert "write it without a fraction" in first(refused(text))
    else:
        found = items(text)[0]["productList"][0]["skuQuantity"]
        assert (found, type(found)) == (value, int)


def test_short_rows_are_filled_up_and_empty_columns_ignored() -> None:
    text = f"{HEADER},remarks,,\n{ROW}\n{ROW.replace('-1', '-2')},x,,,,\n"
    assert items(text) == [ORDER, {**ORDER, "referenceNumber": "A-2", "remarks": "x"}]
    assert "column 6 has no name, but has a value here" in first(refused(f"{HEADER},remarks,\n{ROW},x,y\n"))
    assert "has 5 cells, the header has 4" in first(refused(f"{HEADER}\n{ROW},x\n"))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_field_that_is_there_twice_is_refused(name) -> None:
    text = json.dumps(ORDER)[:-1] + ', "productList": [{"mfSkuId": "A", "mfSkuId": "B"}]}'
    error = refused(f"[{text}]" if name.endswith("json") else text, name=name)
    assert 'the field "mfSkuId" occurs twice in one object' in first(error)
    cell = '"[{""mfSkuId"":1,""mfSkuId"":2}]"'
    assert "occurs twice" in first(refused(f"{HEADER},productList\n{ROW},{cell}"))


# Columns of one's own

ERP = "Order ID;Customer;Street;Land;Internal\n4711;Ann;Road 1;GB;x\n"
NAMES = {
    "Order ID": "referenceNumber",
    "Customer": "consigneeName",
    "Street": "consigneeAddress1",
    "Land": "consigneeCountryCode",
}


def test_columns_are_mapped_ignored_and_added() -> None:
    constants = {"serviceRegion": "UK", "productList.0.skuQuantity": "3"}
    reading = Reading(names=NAMES, ignored=frozenset({"Internal"}), constants=constants)
    assert items(ERP, reading) == [{**ORDER, "referenceNumber": "4711", "serviceRegion": "UK"}]  # no line: no quantity
    text = ERP.replace("Internal", "productList.0.mfSkuId")
    found = items(text, reading._replace(ignored=frozenset()))
    assert found[0]["productList"] == [{"mfSkuId": "x", "skuQuantity": 3}]


@pytest.mark.parametrize(
    ("change", "says", "fix"),
    [
        ({"names": {**NAMES, "Ordr": "remarks"}}, "column Ordr: is named by --map, but does not exist", 'use "Order ID"'),
        ({"names": {**NAMES, "remarks": "Internal"}}, "column remarks: is named by --map, but does not exist", "COLUMN=FIELD"),
        ({"ignored": frozenset({"Internal", "Other"})}, "column Other: is named by --ignore", "the columns are: Order ID"),
        ({"constants": {"consigneeName": "Bob"}}, "column --const consigneeName: is given twice", "--ignore"),
        ({"constants": {"productList.0.skuQuantity": "x"}}, "--const: productList[0].skuQuantity: must be an integer", ""),
        ({"constants": {"colour": "red"}}, 'column colour: unknown field "colour"', "jsonl"),
        ({"names": {**NAMES, "Internal": "remark"}, "ignored": frozenset()}, 'unknown field "remark"', "use `remarks`"),
    ],
)  # fmt: skip
def test_what_was_said_wrongly_of_columns_is_told(change, says, fix) -> None:
    reading = Reading(**{"names": NAMES, "ignored": frozenset({"Internal"}), **change})
    error = refused(ERP, reading)
    assert says in first(error)
    assert fix in first(error)


def places(error: RequestInvalid) -> list[str]:
    return [violation.where for violation in error.violations]


def test_a_mapped_column_is_told_by_the_name_in_the_file(tmp_path) -> None:
    text = ERP.replace("GB", "GBR").replace("Ann", "").replace("Internal", "Pieces").replace(";x", ";2.5")
    reading = Reading(names={**NAMES, "Pieces": "productList.0.skuQuantity"})
    assert set(places(refused(text, reading))) == {
        "line 2: column Pieces: productList[0].skuQuantity",
        "line 2: column Land: consigneeCountryCode",
        "line 2: column Customer: consigneeName",
    }
    _, left = rejected(tmp_path, text, reading)
    assert b"column Land: consigneeCountryCode: must have" in left
    two = text.replace("Pieces", "Pieces;productList.1.skuQuantity").replace("2.5", "2;2.5")
    assert "line 2: productList[1].skuQuantity" in places(
        refused(two, reading)
    )  # and its own name is that of the field


def test_a_mapped_column_of_entries_is_told_by_its_name() -> None:
    names = {"Pieces": "productList.skuQuantity", "SKU": "productList.mfSkuId", "Customer": "consigneeName"}
    text = LINES
    for name, field in names.items():
        text = text.replace(field, name)
    reading = Reading(names=names, group="referenceNumber")
    said = places(refused(text.replace("S2,2", "S2,x"), reading))
    assert said == ["line 3: column Pieces: productList[0].skuQuantity"]
    other = text.replace("A-1,Ann,Road 1,GB,,", "A-1,Bob,Road 1,GB,,")
    assert places(refused(other, reading)) == ["line 3: column Customer: consigneeName"]
    columns = Columns([*text.partition("\n")[0].split(",")], ORDERS, reading)
    second = columns.named(Violation(("productList", 1, "mfSkuId"), "type", "must be a string"))
    assert second.where == "column SKU: productList[1].mfSkuId"


def test_options_for_columns_are_refused_for_json() -> None:
    assert "no columns for --map, --decimal; leave that out" in first(
        refused(json.dumps(ORDER), Reading(names=NAMES, decimal=","), name="a.jsonl")
    )


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("Service", "shippingServiceCode"),
        ("Qty", "productList.0.skuQuantity"),
        ("product list mf sku id", "productList.0.mfSkuId"),
        ("Postcode", "consigneeZipCode"),
        ("Country", "consigneeCountryCode"),
        ("E-Mail", "consigneeEmail"),
    ],
)
def test_a_strange_column_is_told_which_field_it_may_be(column, field) -> None:
    (violation,) = refused(f"{HEADER},{column}\n{ROW},x\n").violations
    assert f"use `{field}`" in violation.fix
    assert f'--map "{column}={field}"' in violation.fix


@pytest.mark.parametrize("column", ["Price", "Customer", "Land", "xyz"])
def test_a_guess_that_would_be_wrong_is_not_made(column) -> None:
    (violation,) = refused(f"{HEADER},{column}\n{ROW},x\n").violations
    assert violation.fix.startswith("known: referenceNumber, ")


def test_a_guess_has_no_index_where_lines_are_grouped() -> None:
    error = refused(f"{HEADER},Qty\n{ROW},1\n", Reading(group="referenceNumber"))
    assert '--map "Qty=productList.skuQuantity"' in first(error)


def test_what_helps_is_said_once() -> None:
    said = str(refused(",".join(f"x{n}" for n in range(11)) + "\n"))
    assert said.count("known: referenceNumber, consigneeName") == 1
    assert said.count("unknown field") == 11


# Several lines of one order

LINES = f"""{HEADER},serviceRegion,productList.mfSkuId,productList.skuQuantity
A-1,Ann,Road 1,GB,UK,S1,1
A-1,Ann,Road 1,GB,,S2,2
A-2,Bob,Road 2,GB,UK,S1,3
A-3,Eve,Road 3,GB,UK,,
"""


def test_lines_of_one_order_become_its_list() -> None:
    group = Reading(group="referenceNumber", constants={"productList.currency": "GBP"})
    found = items(LINES, group)
    assert [item.get("productList") for item in found] == [
        [
            {"mfSkuId": "S1", "skuQuantity": 1, "currency": "GBP"},
            {"mfSkuId": "S2", "skuQuantity": 2, "currency": "GBP"},
        ],
        [{"mfSkuId": "S1", "skuQuantity": 3, "currency": "GBP"}],
        None,
    ]
    assert [item["serviceRegion"] for item in found] == ["UK"] * 3


@pytest.mark.parametrize(
    ("text", "says", "fix"),
    [
        (LINES.replace("A-1,Ann,Road 1,GB,,S2", "A-1,Bob,Road 1,GB,,S2"), "line 3: consigneeName: is ***, but *** on line 2", "one value"),
        (LINES.replace("A-1,Ann,Road 1,GB,,S2", "A-1,Ann,Road 1,GB,DE,S2"), 'line 3: serviceRegion: is "DE", but "UK" on line 2', "one value"),
        (LINES + "A-1,Ann,Road 1,GB,UK,S9,1\n", "line 6: referenceNumber: is also on line 2", "sort the file by referenceNumber"),
        (LINES.replace("S2,2", "S2,x"), "line 3: productList[0].skuQuantity: must be an integer", "digits"),
        (LINES.replace("referenceNumber", "remarks"), "column referenceNumber: groups the lines", "--map a column"),
        (LINES.replace("productList.skuQuantity", "productList.1.skuQuantity"), "productList[1]: has an index, although", "leave the index"),
    ],
)  # fmt: skip
def test_lines_that_do_not_fit_together_are_told(text, says, fix) -> None:
    error = refused(text, Reading(group="referenceNumber"))
    assert says in first(error)
    assert fix in first(error)


def test_two_lists_on_one_line_are_refused() -> None:
    text = "sellerInboundNumber,cartonList.cartonNumber,cartonList.productList.quantity\nA,C,1\n"
    said = first(refused(text, Reading(group="sellerInboundNumber"), endpoint=INBOUND))
    assert "put entries of two lists on one line" in said
    assert "is a list; give the entry's index" in first(refused(text, endpoint=INBOUND))


def test_what_pull_writes_can_be_pushed() -> None:
    from ocreg.files import flatten

    orders = [{**ORDER, "productList": [{"mfSkuId": "S1", "skuQuantity": 1}, {"mfSkuId": "S2", "skuQuantity": 2}]}]
    flatten.write(lambda: orders, out := io.StringIO())
    assert items(out.getvalue(), Reading(group="referenceNumber")) == orders


# Rejects


def rejected(tmp_path: Path, content, reading=PLAIN, name="orders.csv", **more) -> tuple[list[dict], bytes]:
    rejects = Rejects(tmp_path / "rejects", reading)
    with rejects:
        found = items(content, reading, name=name, rejects=rejects, skip=True, **more)
    return found, rejects.file.read_bytes() if rejects.file.exists() else b""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_rejects_hold_the_rows_and_are_read_again(tmp_path, encoding) -> None:
    text = f"{HEADER};n;productList.0.declaredValue\n{ROW};x;1,5\nA-2;王;Road;GBR;y;1,5\nA-1;Bob;R;GB;;\n".replace(
        ",", ";"
    ).replace("1;5", "1,5")
    reading = Reading(encoding, decimal=",", ignored=frozenset({"n"}))
    found, left = rejected(tmp_path, text.encode(encoding), reading)
    assert [item["referenceNumber"] for item in found] == ["A-1"]
    lines = list(csv.reader(io.StringIO(left.decode(encoding)), delimiter=";"))
    assert lines[0] == [*HEADER.split(","), "n", "productList.0.declaredValue", "_line", "_reasons"]
    assert lines[1][:7] == ["A-2", "王", "Road", "GBR", "y", "1,5", "3"]
    assert lines[1][7] == "consigneeCountryCode: must have at most 2 characters, has 3"
    assert "is also on line 2" in lines[2][7]
    repaired = left.decode(encoding).replace("GBR", "GB").replace("A-1", "A-3").encode(encoding)
    again = items(repaired, reading)
    assert [item["referenceNumber"] for item in again] == ["A-2", "A-3"]
    assert again[0]["productList"] == [{"declaredValue": Decimal("1.5")}]


def test_rejects_of_a_workbook_and_of_groups(tmp_path) -> None:
    rows = list(csv.reader(io.StringIO(LINES.replace("A-1,Ann,Road 1,GB,,", "A-1,Ann,Road 1,GB,DE,"))))
    rows[1][6], rows[3][6] = 1.5, 3
    found, left = rejected(tmp_path, xlsx(*rows), Reading(group="referenceNumber", decimal=","))
    assert [item["referenceNumber"] for item in found] == ["A-2", "A-3"]
    lines = list(csv.reader(io.StringIO(left.decode("utf-8-sig"))))
    assert [line[:7] for line in lines[1:]] == [
        ["A-1", "Ann", "Road 1", "GB", "UK", "S1", "1,5"], ["A-1", "Ann", "Road 1", "GB", "DE", "S2", "2"]
    ]  # fmt: skip


def test_rejects_of_json_keep_what_was_not_understood(tmp_path) -> None:
    bad = {**ORDER, "referenceNumber": "A-2", "consigneeCountryCode": "GBR"}
    found, left = rejected(tmp_path, "\n".join([json.dumps(bad), "{,", json.dumps(ORDER)]), name="a.jsonl")
    assert found == [ORDER]
    first_line, second = map(json.loads, left.decode().splitlines())
    assert {**bad, "_line": 1}.items() <= first_line.items()
    assert (second["_text"], second["_line"]) == ("{,", 2)
    repaired = left.decode().replace("GBR", "GB")
    error = refused(repaired, name="a.jsonl")
    assert "was not a JSON object before" in first(error)
    assert items(repaired.splitlines()[0], name="a.jsonl") == [{**bad, "consigneeCountryCode": "GB"}]


def test_what_is_no_fault_of_a_row_stops_everything(tmp_path) -> None:
    for text in (f"{HEADER},colour\n{ROW},red\n", f'{HEADER}\n{ROW}\nA-2,"Ann'):
        with pytest.raises(RequestInvalid, match="nothing was sent"):
            rejected(tmp_path, text)
    with pytest.raises(RequestInvalid, match="is not UTF-8"):
        rejected(tmp_path, f"{HEADER}\n{ROW}\n".encode() + b"\xff")
    assert rejected(tmp_path, f"{HEADER}\n{ROW}\n")[1] == b""
