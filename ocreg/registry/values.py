"""Python values and JSON bytes: what may be sent, in which form, and what came back.

A payload of plain JSON values is sent unchanged. One with `datetime`, `date` or `Decimal` values is rewritten to the
forms that its schema declares. A value without a JSON form (NaN, bytes, a cycle, a lone surrogate) is refused here,
before two validators could disagree about it.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from json.encoder import encode_basestring
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn

from ..violation import Violation
from .explain import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from .schema import Schema

MAX_DEPTH = 100
MAX_DIGITS = 60
_LARGE = 10**MAX_DIGITS
_DEEPEST = MAX_DEPTH + 10
"""How many levels are read: the deepest payload in its envelope, far below the limit of Python's stack."""
_WHOLE_FLOAT = re.compile(rb"\.0[],}]")  # except those from 1e16 on, which no quantity reaches
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b'[]{}"')
_SIMPLE = frozenset((str, int, float, bool, type(None)))
_STRING = rb'"(?:[^"\\]|\\.)*"'


def is_utf8(text: str) -> bool:
    """Whether UTF-8 can encode `text`: it has no lone surrogate."""
    try:
        str.encode(text)
    except UnicodeEncodeError:
        return False
    return True


def plain(value: Any, schema: Schema | None = None) -> bytes | None:
    """The JSON of `value`, if one pass of orjson proves that it is plain. None means: a full walk is needed.

    orjson refuses what is not JSON, with two exceptions. It writes NaN as null, which reads back as None. It writes a
    tuple as a list, which no schema with a list accepts, so the value is walked in the end. A Decimal is plain where
    the schema requires a number, since it stays as it is; its digits are not written here, so the JSON is left empty. A
    Decimal with a fraction needs no walk: no schema that requires an integer or text accepts it, which leads to a walk
    anyway. One without a fraction may have to be sent as an integer.
    """
    fast = _Fast.module
    if fast is None:
        return None
    decimals: list[Any] = []
    strict = fast.OPT_PASSTHROUGH_DATETIME | fast.OPT_PASSTHROUGH_DATACLASS | fast.OPT_PASSTHROUGH_SUBCLASS
    try:
        written: bytes = fast.dumps(value, _everyday(decimals.append), strict)
        if _WHOLE_FLOAT.search(written):  # 2.0 may have to be sent as 2
            return None
        # CPython finds it from the right in half the time
        if written.rfind(b"null") >= 0 and fast.loads(written) != value:
            return None
        if not decimals:
            return written
        stay = schema is not None and (not any(map(_is_whole, decimals)) or _numbers_only(value, [schema.root], schema))
    except (TypeError, RecursionError):
        return None
    return b"" if stay else None


def written(text: bytes) -> Any:
    """The JSON that `plain` returned, as a value that `encode` inserts unchanged."""
    return _Fast.module.Fragment(text)


def _everyday(found: Callable[[Any], None]) -> Callable[[Any], int]:
    """orjson's callback for a value that it does not know: a sendable Decimal is passed to `found` and written as 0."""
    decimal = _Fast.decimal

    def look(value: Any) -> int:
        if type(value) is not decimal or not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS:
            raise TypeError
        found(value)
        return 0

    return look


def _numbers_only(value: Any, nodes: list[dict[str, Any]], schema: Schema) -> bool:
    """Whether all Decimals are where a number is required. All other values are known to be plain."""
    if isinstance(value, dict):
        deep = [key for key, inner in value.items() if type(inner) not in _SIMPLE]
        return all(_numbers_only(value[key], schema.at(nodes, key), schema) for key in deep)
    if isinstance(value, (list, tuple)):
        below = schema.at(nodes, 0)
        return all(_numbers_only(inner, below, schema) for inner in value)
    return type(value) in _SIMPLE or _stays(nodes)


def _is_whole(value: Decimal) -> bool:
    return value == value.to_integral_value()


def _stays(nodes: list[dict[str, Any]]) -> bool:
    """Whether a Decimal is sent as a number."""
    kinds = _declared(nodes, "type")
    return "number" in kinds or not kinds & {"integer", "string"}


def to_json(value: Any, schema: Schema | None) -> tuple[Any, list[Violation]]:
    """`value` in the form that the schema declares, and the violations of what has no form at all.

    The result holds JSON values, and Decimal where the schema requires a number: those are written digit for digit.
    """
    writer = _Writer(schema)
    return writer.write(value, [schema.root] if schema else [], ()), writer.violations


class _Writer:
    def __init__(self, schema: Schema | None) -> None:
        self.schema = schema
        self.violations: list[Violation] = []
        self.inside: set[int] = set()

    def refuse(self, path: tuple[Any, ...], message: str, fix: str) -> None:
        self.violations.append(Violation(path, "json", message, fix))

    def write(self, value: Any, nodes: list[dict[str, Any]], path: tuple[Any, ...]) -> Any:
        try:
            if isinstance(value, (dict, list, tuple)):
                return self.container(value, nodes, path)
            if isinstance(value, str):
                if not is_utf8(value):
                    self.refuse(path, "contains a lone surrogate, which UTF-8 cannot encode", "repair the text")
                return str.__str__(value)  # not str(value): an Enum member's str() is its name
            if value is None or value is True or value is False:
                return value
            if isinstance(value, int):
                return self.integer(int.__int__(value), path)
            return self.special(value, nodes, path)
        except Exception as error:  # noqa: BLE001  # a foreign type may raise anything: pandas' NaT
            words = f"a value of type {type(value).__name__} cannot be written ({type(error).__name__})"
            self.refuse(path, words, "send a plain JSON value, or leave the field out")
            return None

    def integer(self, value: int, path: tuple[Any, ...]) -> int | None:
        if -_LARGE < value < _LARGE:
            return value
        self.refuse(path, f"an integer of more than {MAX_DIGITS} digits", "send it as text")
        return None

    def container(self, value: Any, nodes: list[dict[str, Any]], path: tuple[Any, ...]) -> Any:
        if len(path) > MAX_DEPTH or id(value) in self.inside:
            self.refuse(path[:3], f"nested deeper than {MAX_DEPTH} levels, or inside itself", "break the cycle")
            return None
        self.inside.add(id(value))
        try:
            if isinstance(value, (list, tuple)):
                inner = self.schema.at(nodes, 0) if self.schema else []
                return [self.write(item, inner, (*path, index)) for index, item in enumerate(value)]
            usable = {str.__str__(key): item for key, item in value.items() if self.usable(key, path)}
            below = {key: self.schema.at(nodes, key) if self.schema else [] for key in usable}
            return {key: self.write(item, below[key], (*path, key)) for key, item in usable.items()}
        finally:
            self.inside.discard(id(value))

    def usable(self, key: Any, path: tuple[Any, ...]) -> bool:
        if isinstance(key, str) and is_utf8(key):
            return True
        self.refuse(path, f"the field name {key!r:.60} is not a usable string", "use text for field names")
        return False

    def special(self, value: Any, nodes: list[dict[str, Any]], path: tuple[Any, ...]) -> Any:
        from decimal import Decimal  # imported here, because few payloads need it and it slows every start
        from enum import Enum
        from uuid import UUID

        if isinstance(value, Enum):
            return self.write(value.value, nodes, path)
        if isinstance(value, UUID):
            return str(value)
        if isinstance(value, float):
            if not isfinite(value):
                self.refuse(path, f"{value} is not a JSON number", "send a finite number, or leave the field out")
            if value.is_integer() and {"integer", "number"} & _declared(nodes, "type") == {"integer"}:
                return self.integer(int(value), path)
            return float.__float__(value)
        if isinstance(value, Decimal):
            return self.decimal(Decimal(value), nodes, path)
        if isinstance(value, date):  # a datetime is also a date
            return self.moment(value, nodes, path)
        fix = (
            "decode it to text, or base64"
            if isinstance(value, bytes)
            else "send JSON values, datetime, Decimal or UUID"
        )
        self.refuse(path, f"a value of type {type(value).__name__} has no JSON form", fix)
        return None

    def decimal(self, value: Decimal, nodes: list[dict[str, Any]], path: tuple[Any, ...]) -> Any:
        if not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS:
            self.refuse(path, f"{value} is not a number that can be sent", "send a finite number of everyday size")
            return None
        if _stays(nodes):
            return value
        kinds = _declared(nodes, "type")
        if "integer" in kinds and value == value.to_integral_value():
            return int(value)
        return f"{value:f}" if "string" in kinds else value

    def moment(self, value: date, nodes: list[dict[str, Any]], path: tuple[Any, ...]) -> str:
        formats = _declared(nodes, "format")
        if isinstance(value, datetime):
            if value.utcoffset() is None:
                fix = "attach a time zone: value.replace(tzinfo=...) or datetime.now(timezone.utc)"
                self.refuse(path, "a naive datetime, without a time zone", fix)
            return value.strftime("%Y-%m-%d%z" if "oc-date" in formats else "%Y-%m-%dT%H:%M:%S%z")
        if "oc-date-time" in formats:
            self.refuse(path, "a date without a time of day", f"give a time: {EXAMPLES['oc-date-time']}")
        # A date has no offset and the format requires one: UTC, which the API has been seen to accept.
        return f"{value.isoformat()}+0000" if "oc-date" in formats else value.isoformat()


def _declared(nodes: list[dict[str, Any]], keyword: str) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        value = node.get(keyword, ())
        found.update([value] if isinstance(value, str) else value)
    return found


class _Fast:
    """orjson, if it is installed, from the third use on: importing it costs a single call more than it saves."""

    uses = 0
    module: Any = None
    decimal: Any = None
    """The class Decimal, cached here: importing it would slow every start, and checking for it every call."""

    @classmethod
    def get(cls) -> Any:
        cls.uses += 1
        if cls.uses >= 3:  # one call encodes once and decodes once
            from decimal import Decimal

            try:
                import orjson
            except ImportError:
                return None
            cls.decimal, cls.module = Decimal, orjson
        return cls.module


def canonical(value: Any, default: Callable[[Any], Any]) -> bytes:
    """The same bytes for the same content, whatever the order of its fields; `default` converts other values."""
    fast = _Fast.module
    if fast is not None:
        try:
            return fast.dumps(value, default=default, option=fast.OPT_SORT_KEYS)  # type: ignore[no-any-return]
        except TypeError:  # an integer beyond 64 bits
            pass
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=default).encode()


def encode(value: Any) -> bytes:
    """Compact UTF-8 JSON of a result of `to_json`; every Decimal keeps its digits."""
    fast = _Fast.module or _Fast.get()
    if fast is not None:
        try:
            return fast.dumps(value, default=_fragment)  # type: ignore[no-any-return]
        except TypeError:  # an integer beyond 64 bits
            pass
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except TypeError:
        return _exact(value).encode()


def _fragment(value: Decimal) -> Any:
    """A Decimal for orjson, digit for digit. A result of `to_json` has no other foreign type."""
    return _Fast.module.Fragment(f"{value:f}")


def _exact(value: Any) -> str:
    """JSON text in plain Python: json.dumps cannot write a Decimal without a binary float."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode_basestring(key)}:{_exact(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_exact, value)) + "]"
    if not isinstance(value, (str, int, float, type(None))):  # a Decimal
        return f"{value:f}"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def decode(body: bytes) -> Any:
    """The JSON value in `body`. Raises ValueError with the reason; NaN, infinities and deep nesting are refused."""
    value = _decoded(body)
    if body.count(b"[") + body.count(b"{") > _DEEPEST and _too_deep(body):
        raise ValueError(f"nested too deep: more than {_DEEPEST} levels")
    return value


def _decoded(body: bytes) -> Any:
    fast = _Fast.module or _Fast.get()
    if fast is not None and b"0" * 19 not in body.translate(_ZEROS):  # orjson turns integers beyond 64 bits into floats
        try:
            return fast.loads(body)
        except ValueError:
            pass  # the standard library reads larger numbers, and its errors name a position
    text = body.decode("utf-8-sig")
    try:
        return json.loads(text, parse_float=_finite, parse_constant=no_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _too_deep(body: bytes) -> bool:
    """Whether JSON is nested too deep: its brackets are removed from the inside, one level at a time."""
    brackets = body.translate(None, _NO_BRACKETS).replace(b'""', b"")
    if b'"' in brackets or b'\\"' in body:  # a string contains a bracket or a quotation mark
        brackets = re.sub(_STRING, b"", body).translate(None, _NO_BRACKETS)
    for _ in range(_DEEPEST):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not brackets:
            return False
    return True


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else no_constant(text)


def no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
