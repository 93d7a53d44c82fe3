"""A file's examples, prepared: what each would send or answer, and which violations it causes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import RequestInvalid
from ..names.unknown import EVERY
from ..registry import explain
from ..registry.endpoint import Endpoint
from ..registry.references import Bundler, File
from ..registry.schema import Source
from ..violation import Violation, path_text

Path = tuple[str | int, ...]
_PREFIXES = {"data": "", "query": "?", "path": "path."}


class BadPointer(ValueError):
    """A `change` or `drop` whose pointer does not exist in the example that it edits."""


@dataclass(frozen=True)
class Example:
    """`part` is data, query, path or response; `because` holds the reasons of a rejected example, as `rule at path`.

    `path` is the example's place in the file, `problem` why a rejected example could not be made.
    """

    path: Path
    part: str
    value: Any
    because: tuple[str, ...] = ()
    problem: str = ""


class _Nowhere(Source):
    """A source without line numbers: finding the line takes most of the time of a refusal."""

    def locate(self, path: list[str | int]) -> tuple[int, bool]:
        return 1, True


def judge(id: str, document: dict[str, Any], shared: Callable[[str], File]) -> Endpoint:
    """The operation of a document, for finding which rules a value breaks, but not on which line they are."""
    nowhere = (_Nowhere("", b"", shipped=True),)

    def unplaced(name: str) -> File:
        return shared(name)[0], nowhere

    endpoint = Endpoint(id, document, nowhere, Bundler((document, nowhere), unplaced))
    return endpoint.with_unknown(allowed=EVERY)


def accepted(endpoint: Endpoint) -> Iterator[Example]:
    """Request examples, and the answers among the response examples that are successes."""
    for number, example in enumerate(endpoint.examples.get("request", ())):
        for part in _PREFIXES:
            if part in example:
                yield Example(("examples", "request", number), part, example[part])
    for number, example in enumerate(endpoint.examples.get("response", ())):
        if _is_success(endpoint, example["body"]):
            yield Example(("examples", "response", number), "response", example["body"])


def _is_success(endpoint: Endpoint, body: dict[str, Any]) -> bool:
    return body.get("code") == 0 if endpoint.envelope else not body.get("error")


def rejected(endpoint: Endpoint) -> Iterator[Example]:
    """Rejected examples, with their edits applied; one that could not be made has a `problem`."""
    starts = {example.part: example.value for example in reversed(list(accepted(endpoint)))}
    own = "data" if endpoint.data is not None else "query"
    for number, example in enumerate(endpoint.examples.get("rejected", ())):
        part = example.get("in") or next((name for name in (*_PREFIXES, "response") if name in example), own)
        path = ("examples", "rejected", number)
        try:
            because = _reasons(example, part, starts.get(part))
            yield Example(path, part, _made(example, part, starts), because)
        except BadPointer as error:
            yield Example(path, part, None, problem=str(error))


def _reasons(example: dict[str, Any], part: str, start: Any) -> tuple[str, ...]:
    """The reasons in full: a rule without a path applies to every place that the example edits."""
    because: str = example["because"]
    if " at " in because:
        return (because,)
    pointers = [*example.get("change", {}), *example.get("drop", ())]
    if not pointers:
        raise BadPointer(f"write `because: {because} at <path>` where neither `change` nor `drop` names the place")
    return tuple(f"{because} at {_PREFIXES.get(part, '')}{_path_text(start, pointer)}" for pointer in pointers)


def _path_text(value: Any, pointer: str) -> str:
    path: list[str | int] = []
    for step in _steps(pointer):
        if isinstance(value, list):
            path.append(int(step) if step.isdecimal() else len(value) if step == "-" else step)
        else:
            path.append(step)
        inside = isinstance(value, list) and step.isdecimal() and int(step) < len(value)
        value = value[int(step)] if inside else value.get(step) if isinstance(value, dict) else None
    return path_text(tuple(path)) or "."


def _made(example: dict[str, Any], part: str, starts: dict[str, Any]) -> Any:
    if part in example:
        return example[part]
    if part not in starts:
        raise BadPointer(f"it edits a {part} example, but there is none")
    return _edited(starts[part], example)


def violations(endpoint: Endpoint, example: Example) -> list[Violation]:
    """The violations in the example, which shows one part of a call; none if it is accepted."""
    if example.part == "response":
        schema = endpoint.answer
        return [] if schema.ok(example.value) else explain.violations(schema, example.value, most=explain.ALL)[0]
    parts = {"data": None, "query": None, "path": None, example.part: example.value}
    try:
        endpoint.check(parts["data"], parts["query"], parts["path"], most=explain.ALL)
    except RequestInvalid as error:
        return [violation for violation in error.violations if violation.prefix == _PREFIXES[example.part]]
    return []


def _edited(start: Any, example: dict[str, Any]) -> Any:
    value = copy.deepcopy(start)
    for pointer, new in example.get("change", {}).items():
        value = _put(value, pointer, copy.deepcopy(new))  # later edits must not change the file's own value
    for pointer in example.get("drop", ()):
        _drop(value, pointer)
    return value


def _put(value: Any, pointer: str, new: Any) -> Any:
    if not pointer:
        return new
    holder, last = _holder(value, pointer)
    if isinstance(holder, dict):
        holder[last] = new
    elif last == "-" or last == str(len(holder)):
        holder.append(new)
    elif last.isdecimal() and int(last) < len(holder):
        holder[int(last)] = new
    else:
        raise BadPointer(f"change: {pointer} is not in the example (the list has {len(holder)} items)")
    return value


def _drop(value: Any, pointer: str) -> None:
    holder, last = _holder(value, pointer)
    try:
        del holder[int(last) if isinstance(holder, list) else last]
    except (KeyError, IndexError, ValueError):
        raise BadPointer(f"drop: {pointer} is not in the example") from None


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")] if pointer else []


def _holder(value: Any, pointer: str) -> tuple[Any, str]:
    """The object or list that contains the last step of a JSON pointer (RFC 6901), and that step."""
    *steps, last = _steps(pointer)
    for step in steps:
        try:
            value = value[int(step) if isinstance(value, list) else step]
        except (KeyError, IndexError, ValueError, TypeError):
            raise BadPointer(f"{pointer} is not in the example (there is no {step})") from None
    if not isinstance(value, (dict, list)):
        raise BadPointer(f"{pointer} is not in the example")
    return value, last
