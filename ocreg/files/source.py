"""What the bytes of a file are: text in some encoding, a workbook, or another format, which an error names.

Every encoding but UTF-16 and UTF-32 is decoded line by line, so that errors have a line. A byte-order mark overrides
the given encoding.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from itertools import chain

from ..violation import Violation

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark begins with the same bytes
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ZIP = b"PK\x03\x04"
_TEXT_INSIDE = "unpack it first"
_KINDS: list[tuple[bytes, str, str]] = [
    (b"\xd0\xcf\x11\xe0", "an .xls workbook, or one with a password", "save it as .xlsx, without a password"),
    (b"\x1f\x8b", "a gzip archive", "unpack it: gunzip -c FILE | ocreg push ID -"),
    (b"BZh9", "a bzip2 archive", _TEXT_INSIDE),
    (b"\xfd7zXZ", "an xz archive", _TEXT_INSIDE),
    (b"7z\xbc\xaf", "a 7z archive", _TEXT_INSIDE),
    (b"Rar!", "a rar archive", _TEXT_INSIDE),
    (b"(\xb5/\xfd", "a zstd archive", _TEXT_INSIDE),
    (b"%PDF", "a PDF", "export the rows as .xlsx or .csv"),
    (b"PAR1\x15", "a Parquet file", "write its rows as .jsonl or .csv"),
    (b"SQLite format 3", "an SQLite database", "write its rows as .jsonl or .csv"),
    (b"<", "HTML or XML, despite its name", "open it in the spreadsheet and save it as .xlsx"),
]
_PARTS = {
    "xl/workbook.bin": ("an .xlsb workbook", "save it as .xlsx"),
    "content.xml": ("an .ods or other OpenDocument file", "save it as .xlsx"),
    "word/document.xml": ("a .docx document", "put its rows into a .xlsx or .csv file"),
}


class Broken(ValueError):
    """An error that ends the reading of a file: the line, and what is wrong there."""

    def __init__(self, line: int, message: str, fix: str) -> None:
        super().__init__(message)
        self.line, self.violations = line, [Violation((), "file", message, fix)]


def workbook(first: bytes, rest: Iterator[bytes], encoding: str) -> io.BytesIO | None:
    """The bytes of an .xlsx workbook; None for text. Raises Broken for anything else."""
    start = first.lstrip()
    for mark, what, fix in _KINDS:
        if start.startswith(mark):
            raise Broken(1, f"the file is {what}", fix)
    if not first.startswith(_ZIP):
        if marked(first) is None and not _is_wide(encoding) and first.count(0) * 8 > len(first):
            fix = "give a .csv, .jsonl, .json or .xlsx file (for UTF-16 without a mark: --encoding utf-16-le)"
            raise Broken(1, "the file is binary, not text", fix)
        return None
    import zipfile

    whole = io.BytesIO(first + b"".join(rest))
    try:
        names = set(zipfile.ZipFile(whole).namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):  # zipfile raises any for damage
        raise Broken(1, "the file is a zip archive or workbook that is cut off", "copy or save it again") from None
    if "xl/workbook.xml" in names:
        return whole
    kind = next((words for part, words in _PARTS.items() if part in names), ("a zip archive", _TEXT_INSIDE))
    raise Broken(1, f"the file is {kind[0]}", kind[1])


def marked(first: bytes) -> str | None:
    """The encoding of a byte-order mark."""
    return next((encoding for mark, encoding in _MARKS.items() if first.startswith(mark)), None)


def decoded(lines: Iterator[bytes], encoding: str) -> Iterator[str]:
    """The lines as text, with their ends. Raises Broken, with the line, if bytes cannot be decoded."""
    texts = _wide(lines, encoding) if _is_wide(encoding) else _narrow(lines, encoding.removesuffix("-sig"))
    for number, text in enumerate(texts):
        yield text if number else text.removeprefix("\ufeff")  # GB18030 has a mark of its own


def _is_wide(encoding: str) -> bool:
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def _narrow(lines: Iterator[bytes], encoding: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode(encoding)
        except UnicodeDecodeError as error:
            raise _not_text(number, error, encoding) from None


def _wide(lines: Iterator[bytes], encoding: str) -> Iterator[str]:
    """In these encodings a newline byte may be half of a character, so decoded text is split into lines again."""
    decoder, rest, number = codecs.getincrementaldecoder(encoding)(), "", 1
    for line in chain(lines, [b""]):
        try:
            rest += decoder.decode(line, final=not line)
        except UnicodeDecodeError as error:
            raise _not_text(number, error, encoding) from None
        *whole, rest = rest.split("\n")
        number += len(whole)
        yield from (text + "\n" for text in whole)
    if rest:
        yield rest


def _not_text(line: int, error: UnicodeDecodeError, encoding: str) -> Broken:
    words = f"is not {encoding.upper()}: byte {error.object[error.start]:#04x} cannot begin a character"
    fix = (
        "name its encoding (--encoding gb18030 for Chinese Excel, cp1252 for western Excel), or save the file as UTF-8"
    )
    return Broken(line, words, f"{fix} (in Excel: CSV UTF-8)")
