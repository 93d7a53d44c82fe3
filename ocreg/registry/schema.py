"""JSON Schemas of endpoint files: compiled once, fast to check, slow to explain.

`Schema.ok` checks every payload and every answer. It uses `jsonschema-rs` if that is installed (the extra `fast`), or
else `jsonschema`. `Schema.errors` runs only after a failed check and always uses `jsonschema`; `explain` puts its
findings into words.

The dialect is a subset of JSON Schema 2020-12 on which both validators agree (`endpoint.schema.yaml` lists it):
patterns are ASCII and anchored at the true end of the string, and `format` means only the checkers in FORMATS.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import yaml12
from ..errors import EndpointInvalid
from ..lazy import cached_property, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNTED = 5_000
"""How many broken rules are counted. A larger number is not determined."""
_DATE_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})[-+]([0-9]{2})([0-9]{2})\Z")
_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})[-+]([0-9]{2})([0-9]{2})\Z"  # compiled at first use
_DECIMAL = r"-?[0-9]+(\.[0-9]+)?\Z"
_URL = r"https?://[!-~]+\Z"


def is_date_time(value: object) -> bool:
    """`2025-06-17T10:10:10+0800`: seconds, and an offset without a colon."""
    return not isinstance(value, str) or _is_moment(_DATE_TIME.match(value))


def is_date(value: object) -> bool:
    """`2022-10-31+0800`: a day with an offset."""
    return not isinstance(value, str) or _is_moment(re.match(_DATE, value))


def _is_moment(match: re.Match[str] | None) -> bool:
    if match is None:
        return False
    *moment, hours, minutes = map(int, match.groups())
    try:
        datetime(*moment)  # type: ignore[arg-type]  # noqa: DTZ001  # only to find out whether this date exists
    except ValueError:
        return False
    return hours < 24 and minutes < 60


def is_decimal(value: object) -> bool:
    """`11000.0000`: a decimal number in a string."""
    return not isinstance(value, str) or re.match(_DECIMAL, value) is not None


def is_url(value: object) -> bool:
    """An absolute http or https URL, in ASCII."""
    return not isinstance(value, str) or re.match(_URL, value) is not None


FORMATS: dict[str, Callable[[object], bool]] = {
    "oc-date-time": is_date_time,
    "oc-date": is_date,
    "decimal": is_decimal,
    "url": is_url,
}


class Source(NamedTuple):
    """One YAML file as it was read: its name for messages, and its bytes, from which lines are found later."""

    name: str
    text: bytes
    shipped: bool = False

    def __repr__(self) -> str:
        return f"<Source {self.name}>"

    def locate(self, path: list[str | int]) -> tuple[int, bool]:
        return yaml12.locate(self.text, self.name, path)


class Place(NamedTuple):
    """Where a schema is written: in one of `sources` (an overlay before its base), below `path`."""

    sources: tuple[Source, ...]
    path: tuple[str | int, ...]

    def at(self, step: str | int) -> Place:
        return Place(self.sources, (*self.path, step))

    def find(self, below: list[str | int]) -> tuple[str, int]:
        whole = [*self.path, *below]
        source = next((s for s in self.sources if s.locate(whole)[1]), self.sources[0])
        return source.name, source.locate(whole)[0]


class Schema:
    """One compiled JSON Schema.

    `root` is the schema with its `$defs` inside, `place` the place of the schema, `defs` the places of its `$defs`, and
    `inner` the path in `root` at which the file's own schema begins (an answer's schema is wrapped).
    """

    def __init__(
        self, root: dict[str, Any], place: Place, defs: dict[str, Place] | None = None, inner: tuple[str, ...] = ()
    ) -> None:
        self.root = root
        self.place = place
        self.defs = defs or {}
        self.inner = inner
        self._at: dict[Any, list[dict[str, Any]]] = {}

    def instead(self, root: dict[str, Any]) -> Schema:
        """A stricter schema in place of this one."""
        return self if root == self.root else Schema(root, self.place, self.defs)

    def ok(self, value: Any) -> bool:
        """Whether `value` (JSON values, and Decimal) satisfies the schema."""
        try:
            return self._is_valid(value)
        except ValueError:  # jsonschema-rs found a value that has no JSON form
            return False

    @cached_property
    def _is_valid(self) -> Callable[[Any], bool]:
        fast = fast_module()
        if fast is None:
            if not all(source.shipped for place in (self.place, *self.defs.values()) for source in place.sources):
                self._check()
            return self._plain.is_valid  # type: ignore[no-any-return]
        try:
            compiled = fast.Draft202012Validator(self.root, formats=FORMATS, validate_formats=True)
        except Exception as error:  # noqa: BLE001  # validators raise anything for a bad schema
            raise self.broken(str(error)) from None
        return compiled.is_valid  # type: ignore[no-any-return]

    def _check(self) -> None:
        """jsonschema compiles nothing: it finds a bad schema late or never. The tests check the shipped schemas."""
        try:
            _plain_class().check_schema(self.root)
        except Exception as error:  # noqa: BLE001  # validators raise anything for a bad schema
            raise self.broken(getattr(error, "message", str(error))) from None

    @cached_property
    def _plain(self) -> Any:
        return _plain_class()(self.root, format_checker=_format_checker())

    def broken(self, why: str) -> EndpointInvalid:
        file, line = self.place.find([])
        return EndpointInvalid(f"{file}:{line}: this is not a usable schema: {why}", file=file, line=line)

    def errors(self, value: Any) -> Iterator[Any]:
        """The ValidationErrors of `jsonschema` for `value`; `explain` puts them into words."""
        return self._plain.iter_errors(value)  # type: ignore[no-any-return]

    def origin(self, schema_path: list[str | int]) -> tuple[str, int]:
        """File and line of the rule at `schema_path`, followed through every `$ref`."""
        place, node = self.place, self.root
        below: list[str | int] = []
        steps = list(schema_path)
        if tuple(steps[: len(self.inner)]) != self.inner:
            return place.find([])
        for name in self.inner:
            node = node[name]
        for step in steps[len(self.inner) :]:
            while isinstance(node, dict) and step not in node and "$ref" in node:  # jsonschema leaves $ref out
                name = node["$ref"].removeprefix("#/$defs/")
                place, below, node = self.defs[name], [], self.root["$defs"][name]
            below.append(step)
            node = node[step] if not isinstance(node, dict) or step in node else {}
        return place.find(below)

    def at(self, nodes: list[dict[str, Any]], step: str | int) -> list[dict[str, Any]]:
        """The schemas for the value at `step` inside what `nodes` describe. Do not change them."""
        at = (step if isinstance(step, str) else 0, *map(id, nodes))  # the nodes live as long as the schema
        known = self._at.get(at)
        if known is not None:
            return known
        found: list[dict[str, Any]] = []
        for node in self.spread(nodes):
            inner = node.get("properties", {}).get(step) if isinstance(step, str) else node.get("items")
            if isinstance(inner, dict):
                found.append(inner)
        below = list(self.spread(found))
        if below:  # not for unknown names: there may be any number of them
            self._at[at] = below
        return below

    def target(self, node: dict[str, Any]) -> dict[str, Any]:
        """The schema that a schema with `$ref` refers to."""
        found: dict[str, Any] = self.root["$defs"][node["$ref"].removeprefix("#/$defs/")]
        return found

    def spread(self, nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """`nodes` and all that they refer to or combine, each once."""
        waiting = list(nodes)
        seen: set[int] = set()
        while waiting:
            node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            if "$ref" in node:
                waiting.append(self.target(node))
            for keyword in ("allOf", "anyOf", "oneOf"):
                waiting.extend(node.get(keyword, ()))
            waiting.extend(node[k] for k in ("then", "else") if k in node)


def fast_module() -> Any:
    """jsonschema-rs, or None if it is not installed or OCREG_FAST=0 switches it off."""
    if os.environ.get("OCREG_FAST") == "0":
        return None
    try:
        return load("jsonschema_rs")
    except ImportError:
        return None


def _format_checker() -> Any:
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checks(name)(check)
    return checker


_plain: Any = None


def _plain_class() -> Any:
    """`jsonschema`'s 2020-12 validator with the dialect's `pattern`, and an `anyOf` that does not collect millions."""
    global _plain
    if _plain is None:
        load("jsonschema")
        from jsonschema import Draft202012Validator, ValidationError
        from jsonschema.validators import extend

        def pattern(_: Any, rule: str, value: Any, __: Any) -> Iterator[Any]:
            if isinstance(value, str) and not ascii_pattern(rule).search(value):
                yield ValidationError(f"{value!r} does not match {rule!r}")

        def any_of(validator: Any, branches: list[Any], value: Any, __: Any) -> Iterator[Any]:
            context: list[Any] = []
            for index, branch in enumerate(branches):
                errors = list(islice(validator.descend(value, branch, schema_path=index), COUNTED))
                if not errors:
                    return
                context += errors
            yield ValidationError("fits none of the allowed forms", context=context)

        _plain = extend(Draft202012Validator, {"pattern": pattern, "anyOf": any_of})  # type: ignore[no-untyped-call]
    return _plain


def ascii_pattern(rule: str) -> re.Pattern[str]:
    r"""`rule` as the dialect means it: a final `$` is the very end (Python's would allow a newline after it)."""
    if rule.endswith("$") and not rule.endswith(r"\$"):
        rule = rule[:-1] + r"\Z"
    return re.compile(rule, re.ASCII)
