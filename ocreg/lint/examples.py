"""A file's examples, made ready: what each would send or answer, and the violations it meets."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..endpoint import Endpoint
from ..errors import RequestInvalid
from ..explain import Violation, path_text
from ..references import Bundler, File
from ..schema import Source

Path = tuple[str | int, ...]
_PREFIXES = {"data": "", "query": "?"}


class BadPointer(ValueError):
    """A `change` or `drop` that leads nowhere in the example it edits."""


@dataclass(frozen=True)
class Example:
    """`part` is data, query or response; `because` are the reasons a rejected one names, each `rule at path`.

    `path` is the example's place in the file, `problem` why a rejected one could not be made.
    """

    path: Path
    part: str
    value: Any
    because: tuple[str, ...] = ()
    problem: str = ""


class _Nowhere(Source):
    """A source in which nobody looks for a line: looking takes most of the time of a refusal."""

    def line(self, path: list[str | int]) -> int:
        return 1

    def holds(self, path: list[str | int]) -> bool:
        return True


def judge(id: str, document: dict[str, Any], shared: Callable[[str], File]) -> Endpoint:
    """The operation of a document, for asking which rules a value breaks; not on which line they stand."""
    nowhere = (_Nowhere("", b"", shipped=True),)

    def unplaced(name: str) -> File:
        return shared(name)[0], nowhere

    return Endpoint(id, document, nowhere, Bundler((document, nowhere), unplaced))


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
    """Rejected examples, their edits done; one that could not be made has a `problem`."""
    starts = {example.part: example.value for example in reversed(list(accepted(endpoint)))}
    own = "data" if endpoint.data is not None else "query"
    for number, example in enumerate(endpoint.examples.get("rejected", ())):
        path = ("examples", "rejected", number)
        part = example.get("in") or next((name for name in (*_PREFIXES, "response") if name in example), own)
        value, problem = None, ""
        try:
            if part in example:
                value = example[part]
            elif part in starts:
                value = _edited(starts[part], example)
            else:
                problem = f"it edits a {part} example, but there is none"
        except BadPointer as error:
            problem = str(error)
        yield Example(path, part, value, _reasons(example, part), problem)


def _reasons(example: dict[str, Any], part: str) -> tuple[str, ...]:
    """The reasons written out: a rule alone stands for that rule at every place which the example edits."""
    because: str = example["because"]
    if " at " in because:
        return (because,)
    pointers = [*example.get("change", {}), *example.get("drop", ())]
    prefix = "?" if part == "query" else ""
    return tuple(f"{because} at {prefix}{_path_text(pointer)}" for pointer in pointers)


def _path_text(pointer: str) -> str:
    steps = [int(step) if step.isdecimal() else step for step in _steps(pointer)]
    return path_text(tuple(steps)) or "."


def violations(endpoint: Endpoint, example: Example) -> list[Violation]:
    """What the endpoint objects to in the example, which shows one part of a call; empty where it is accepted."""
    if example.part == "response":
        schema = endpoint.answer
        return [] if schema.ok(example.value) else schema.violations(example.value)
    try:
        if example.part == "query":
            endpoint.check(None, example.value)
        else:
            endpoint.check(example.value)
    except RequestInvalid as error:
        return [violation for violation in error.violations if violation.prefix == _PREFIXES[example.part]]
    return []


def _edited(start: Any, example: dict[str, Any]) -> Any:
    value = copy.deepcopy(start)
    for pointer, new in example.get("change", {}).items():
        value = _put(value, pointer, new)
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
    """The object or list in which the last step of a JSON pointer (RFC 6901) stands, and that step."""
    *steps, last = _steps(pointer)
    for step in steps:
        try:
            value = value[int(step) if isinstance(value, list) else step]
        except (KeyError, IndexError, ValueError, TypeError):
            raise BadPointer(f"{pointer} is not in the example (there is no {step})") from None
    if not isinstance(value, (dict, list)):
        raise BadPointer(f"{pointer} is not in the example")
    return value, last
