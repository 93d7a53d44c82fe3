"""The text of a page as a browser copies it: a method, a path, and for each field lines of name, type and required.

The text loses the page's indentation. The counts in types (`object {3}`, `array [object {2}]`) say how many of the
following fields are inside. Without counts, all fields are put on one level, with a note.
"""

from __future__ import annotations

import json
import re
from typing import Any

from . import calls, scrubbing
from .calls import Call
from .documents import NotReadable
from .matching import Known
from .operation import Node, Source

_METHOD = re.compile(r"(GET|POST|PUT|PATCH|DELETE)\Z")
_PATH = re.compile(r"(?:https?://\S+|/[^\s{}]*(?:\{[^{}\s]*\}[^\s{}]*)*)\Z")
_FLAGS = {"必需": True, "必填": True, "required": True, "可选": False, "选填": False, "optional": False}
_NAME = re.compile(r"[A-Za-z_$][\w.$-]{0,80}\Z", re.ASCII)
_TYPE = re.compile(
    r"(?P<list>array ?(\[|<)\s?)?(?P<kind>string|integer|number|boolean|object|null|any|array|file|enum ?<\w+>)"
    r"( ?\([^()]*\))?( ?\{(?P<count>[0-9]{1,4})\})?\s?[\]>]?(<[^<>]*>)?(?P<null> ?(\||or|或) ?null)?\Z",
    re.IGNORECASE,
)
_PLACES = (
    (re.compile(r"(?i)path (params?|参数)|路径参数"), "path"),
    (re.compile(r"(?i)query (params?|参数)|查询参数"), "query"),
    (re.compile(r"(?i)headers?( (params?|参数))?\Z|请求头"), "header"),
    (re.compile(r"(?i)(body (params?|参数)|请求体)"), "body"),
    (re.compile(r"(?i)(responses?|返回响应|响应)\Z"), "answer"),
    (re.compile(r"(?i)(request (example|sample)|请求示例|(response|响应) ?(example|示例))"), ""),
)
_ENDS = re.compile(r"(?i)(修改于|更新于|modified at|last modified)")
_STATUS = re.compile(r"[^\w\s]?\s?([1-5][0-9]{2})\D{0,40}\Z")
_SKIP = re.compile(
    r"(?i)(示例值?|example|default|默认值|enum( values)?|枚举值?)\s*[:：]?|[<>=]+ ?[0-9]+ ?(characters|字符|items)?\Z"
)
_FORM = re.compile(r"(?i)(multipart/form-data|application/x-www-form-urlencoded)")
_MOST = 200_000
_MOST_WORDS = 3


def recognises(value: object) -> bool:
    """Whether a text has a method on one line, and the path on the next."""
    return isinstance(value, str) and len(value) < _MOST and _start(_lines(value)) is not None


def operations(value: str, known: Known) -> Source:
    """The operation of a page's text. Raises NotReadable."""
    lines = _lines(value)
    start = _start(lines)
    if start is None:
        raise NotReadable("not the text of a page: it has no line with a method and the path on the next line")
    title = "" if _METHOD.match(lines[0]) else lines[0][:200]
    call = Call(lines[start], lines[start + 1], title)
    call.notes.append("from a page's text, which holds less than its Markdown form (add .md to its URL)")
    places = _sections(lines[start + 2 :], call)
    for place, rows in places.items():
        if place == "header":
            call.headers = [row.name for row in rows]
        elif rows:
            call.schemas[place] = _nested(rows, call)
    made = calls.operations([call], known, live=False, kind="documentation")
    made.secrets = scrubbing.known_secrets([body for _, body in call.answers])
    return made


class _Row:
    """A field: its name, its type as a schema, how many of the next rows are inside, and its description."""

    def __init__(self, name: str, kind: re.Match[str]) -> None:
        self.name, self.words, self.required, self.closed = name, list[str](), False, False
        word = re.sub(r"enum ?<(\w+)>", r"\1", kind["kind"].lower())
        self.inner: Node = {} if word in ("any", "file") else {"type": word}
        self.many, self.nullable = bool(kind["list"]), bool(kind["null"])
        self.count = int(kind["count"]) if kind["count"] else None
        self.counted = kind["count"] is not None or word != "object"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _start(lines: list[str]) -> int | None:
    return next((n for n in range(len(lines) - 1) if _METHOD.match(lines[n]) and _PATH.match(lines[n + 1])), None)


def _sections(lines: list[str], call: Call) -> dict[str, list[_Row]]:
    """The rows of each section; its description, example answer and media type are added to the call."""
    found: dict[str, list[_Row]] = {}
    place: str | None = None
    status, at = 0, 0
    while at < len(lines):
        line = lines[at]
        if _ENDS.match(line):
            break
        heading = next((name for form, name in _PLACES if form.match(line)), None)
        if heading is not None and not (place and at + 1 < len(lines) and _TYPE.match(lines[at + 1])):
            place, status = heading, 0
        elif place == "answer" and (number := _STATUS.match(line)):
            status = status or int(number[1])
            place = "answer" if int(number[1]) == status and 200 <= status < 300 else "other answers"
        elif line[0] in "{[" and (example := _example(lines, at)) is not None:
            value, at = example
            call.answers += [(200, value)] if isinstance(value, dict) and place == "" else []
            continue
        elif place == "body" and _FORM.search(line):
            call.form = line[:60]
        elif place and (kind := _TYPE.match(lines[at + 1]) if at + 1 < len(lines) else None) and _NAME.match(line):
            found.setdefault(place, []).append(_Row(line, kind))
            at += 1
        elif place and found.get(place):
            _about(found[place][-1], line)
        elif place is None and len(call.description) < 1000:
            call.description = f"{call.description} {line}".strip()
        at += 1
    return found


def _about(row: _Row, line: str) -> None:
    if line.lower() in _FLAGS:
        row.required = _FLAGS[line.lower()]
    elif _SKIP.match(line):
        row.closed = row.closed or line[0] not in "<>="  # values follow, perhaps real data
    elif not row.closed and len(row.words) < _MOST_WORDS:
        row.words.append(line)


def _example(lines: list[str], at: int) -> tuple[Any, int] | None:
    """The JSON that begins on a line, and the number of the line after it."""
    depth = 0
    for end in range(at, min(len(lines), at + 2_000)):
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", lines[end])
        depth += bare.count("{") + bare.count("[") - bare.count("}") - bare.count("]")
        if depth <= 0:
            try:
                return json.loads("\n".join(lines[at : end + 1])), end + 1
            except (ValueError, RecursionError):
                return None
    return None


def _nested(rows: list[_Row], call: Call) -> Node:
    """Rows as one object, with inner rows in their places."""
    if any(not row.counted for row in rows):
        call.notes.append("objects whose text does not say how many fields are inside: all fields are on one level")
    left = list(reversed(rows))
    return _object(left, None, 0)


def _object(left: list[_Row], count: int | None, depth: int) -> Node:
    made: Node = {"type": "object", "properties": {}, "required": []}
    while left and (count is None or len(made["properties"]) < count):
        row = left.pop()
        inner = dict(row.inner)
        if row.count and depth < 50:
            inner = _object(left, row.count, depth + 1)
        if row.many:
            inner = {"type": "array", "items": inner}
        inner |= {"description": " ".join(row.words)} if row.words else {}
        inner |= {"nullable": True} if row.nullable else {}
        made["properties"][row.name] = inner
        made["required"] += [row.name] if row.required else []
    return made
