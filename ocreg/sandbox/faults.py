"""Faults: failures between a client and the sandbox, each as one line of text, `KIND[:OPERATION][:key=value]...`

    drop:outbound.create:count=1        truncate:at=40        delay:seconds=0.5:chance=0.01        503:oauth.refresh

OPERATION is an id or a pattern such as `outbound.*`; without it, the fault is for every operation except the token
operations. Keys of all kinds: `skip` that many matching requests, then fire at most `count` times, each time with the
probability `chance`; what the request creates is hidden from finds for `hides` seconds, as with `late`. The kinds are
described in `docs/reference/sandbox.md` and executed in `gateway`. `refuse` with a code is a business refusal, of one
`item` or of all:

    refuse:outbound.create:code=305002:item=3
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import isfinite
from threading import Lock
from typing import Any

from ..errors import SettingInvalid
from ..forks import ForkSafe
from ..registry.endpoint import Endpoint
from ..registry.explain import closest_name
from ..registry.files import Registry

NOTIFY = "sandbox.notify"
"""Stands for an operation in faults of the sandbox's own notifications (`notifier`)."""
_OF_NEWS = ("drop", "duplicate", "late")
_COMMON: dict[str, Any] = {"count": None, "chance": None, "skip": 0, "hides": 0.0}
_STATUS = re.compile(r"5[0-9][0-9]")
_MOST = 100
"""The maximum number of faults in one world."""

# The kinds, their own keys, and the defaults of these.
KINDS: dict[str, dict[str, Any]] = {
    "refuse": {"seconds": 0.3},
    "reset": {},
    "drop": {},
    "truncate": {"at": None},
    "delay": {"seconds": 1.0},
    "late": {"seconds": 5.0},
    "401": {},
    "expired": {},
    "429": {"after": 1},
    **{status: {"acts": False} for status in ("500", "502", "503", "504")},
    "html": {"acts": True},
    "json": {},
    "duplicate": {},
}
_BUSINESS: dict[str, Any] = {"code": "sandbox.refused", "item": None}
"""The keys of `refuse` when it is a business refusal."""


@dataclass
class Fault:
    """One fault; `count` and `skip` run down while it is active."""

    text: str
    kind: str
    operation: str | None = None
    count: int | None = None
    chance: float | None = None
    skip: int = 0
    hides: float = 0.0
    seconds: float = 0.0
    at: int | None = None
    after: int = 0
    acts: bool = True
    code: str | None = None
    item: int | None = None

    def matches(self, id: str, *, token_operation: bool, items: Callable[[], int]) -> bool:
        if NOTIFY in (id, self.operation):  # no pattern matches notifications
            return id == self.operation
        known = not token_operation if self.operation is None else fnmatchcase(id, self.operation)
        return known and (self.item is None or self.item <= items())

    def fires(self, random: Callable[[], float]) -> bool:
        """Whether it fires for a request that it matches."""
        if self.count == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.chance is not None and random() >= self.chance:
            return False
        if self.count is not None:
            self.count -= 1
        return True


class Faults(ForkSafe):
    """Decides for each request which fault applies: the first that matches and fires. Threads may share it.

    A request that one fault has taken is not seen by later ones. `fired` counts, by the text of a fault.
    """

    def __init__(self, specs: Iterable[str] = (), seed: int | None = None, registry: Registry | None = None) -> None:
        texts = [specs] if isinstance(specs, str) else list(specs)
        self._registry = Registry() if registry is None else registry
        ids = list(self._registry) if texts else []
        self._faults = [parsed(text, ids, self._registry) for text in texts]
        self._random = random.Random(seed).random  # noqa: S311  # repeatable on purpose
        self.fired: dict[str, int] = dict.fromkeys(texts, 0)
        super().__init__()

    def _make_own(self) -> None:
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._faults)

    @property
    def count_items(self) -> bool:
        """Whether any fault is for a single item."""
        return any(fault.item is not None for fault in self._faults)

    def at(self, id: str, *, token_operation: bool = False, items: Callable[[], int] = lambda: 0) -> Fault | None:
        """The fault that applies to a request for this operation; `items` counts those of its payload."""
        with self._lock:
            for fault in self._faults:
                known = fault.matches(id, token_operation=token_operation, items=items)
                if known and fault.fires(self._random):
                    self.fired[fault.text] += 1
                    return fault
        return None

    def add(self, text: str) -> None:
        """Activate a fault; one that exists starts again. Raises SettingInvalid."""
        fault = parsed(text, list(self._registry), self._registry)
        with self._lock:
            places = [place for place, one in enumerate(self._faults) if one.text == text] or [len(self._faults)]
            if len(self.fired) >= _MOST and text not in self.fired:
                raise _invalid(text, f"at most {_MOST} faults are allowed")
            self._faults[places[0] : places[0] + 1] = [fault]
            self.fired.setdefault(text, 0)

    def remove(self, text: str) -> None:
        """Deactivate a fault; it stays in `fired`."""
        with self._lock:
            self._faults = [one for one in self._faults if one.text != text]

    def listed(self) -> list[dict[str, Any]]:
        """Every fault, present or past: its `text`, whether it is `on`, how often it `fired`, and the count `left`.

        `left` is None for a fault without a limit.
        """
        with self._lock:
            left = {one.text: one.count for one in self._faults if one.count != 0}
            return [{"text": t, "on": t in left, "fired": n, "left": left.get(t)} for t, n in self.fired.items()]


def parsed(text: str, ids: list[str], registry: Registry | None = None) -> Fault:
    """The fault that a text describes, for operations with these ids. Raises SettingInvalid."""
    if not isinstance(text, str):
        raise _invalid(text, f"a fault is a text such as 'drop:outbound.create', not a {type(text).__name__}")
    kind, *rest = (part.strip() for part in text.split(":"))
    if kind not in KINDS and not _STATUS.fullmatch(kind):
        raise _invalid(
            text, f"there is no fault {kind!r}{_hint(kind, list(KINDS))}", f"faults: {', '.join(KINDS)}, any 5xx"
        )
    business = kind == "refuse" and any(re.match(r"(code|item)\s*=", part) for part in rest)
    own = _BUSINESS if business else KINDS.get(kind, KINDS["500"])
    facts = {**_COMMON, **own}
    given: dict[str, Any] = {}
    operation = rest.pop(0) if rest and "=" not in rest[0] else None
    if operation is not None:
        _check_operation(text, operation, ids)
    for part in rest:
        name, equals, value = part.partition("=")
        if not equals:
            raise _invalid(text, f"{part!r} is not key=value", "the operation comes right after the kind")
        if name not in facts:
            names = [*own, *(_BUSINESS if kind == "refuse" and not business else ()), *_COMMON]
            raise _invalid(text, f"{kind} has no key {name!r}{_hint(name, names)}", f"{kind} has {', '.join(names)}")
        if name in given:
            raise _invalid(text, f"{name} is given twice", "leave one out")
        given[name] = _read(text, name, value)
    if "count" not in given and "chance" not in given:
        given["count"] = 1
    fault = Fault(text, kind, operation, **{**facts, **given})
    if business and registry is not None:
        _check_business(fault, [registry[id] for id in ids if operation is None or fnmatchcase(id, operation)])
    return fault


def _check_business(fault: Fault, operations: list[Endpoint]) -> None:
    """A code that no file knows is probably misspelled; codes of token operations are the standard's."""
    code = str(fault.code)
    known = sorted({str(name) for one in operations for name in one.errors})
    free = code.startswith("sandbox.") or any(not one.envelope for one in operations)
    if code not in known and not free:
        words = f"no file of {fault.operation or 'any operation'} has the code {code!r:.60}{_hint(code, known)}"
        more = "add it to `errors` in an overlay, or begin it with sandbox."
        raise _invalid(fault.text, words, f"known: {', '.join(known) or 'none'}; {more}")
    if fault.item is not None and not any(one.takes_many for one in operations):
        raise _invalid(fault.text, f"{fault.operation} takes one object, not a list of items", "leave item out")


def _check_operation(text: str, operation: str, ids: list[str]) -> None:
    if operation == NOTIFY:
        if text.partition(":")[0].strip() not in _OF_NEWS:
            raise _invalid(text, "they can be lost, duplicated or late", f"faults of {NOTIFY}: {', '.join(_OF_NEWS)}")
        return
    if any(fnmatchcase(id, operation) for id in ids):
        return
    groups = sorted({f"{id.partition('.')[0]}.*" for id in ids})
    what = f"no operation matches {operation!r}" if "*" in operation else f"there is no operation {operation!r}"
    hint = _hint(operation, groups if "*" in operation else [*ids, *groups])
    raise _invalid(text, what + hint, "give an id, or a pattern such as outbound.*; keys are written key=value")


def _whole(least: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", value) or int(value) < least:
            raise ValueError
        return int(value)

    return read


def _number(most: float) -> Callable[[str], float]:
    def read(value: str) -> float:
        number = float(value)
        if not (isfinite(number) and 0 <= number <= most):
            raise ValueError
        return number

    return read


def _word(value: str) -> str:
    if not re.fullmatch(r"[\w.-]{1,60}", value):
        raise ValueError
    return value


_YEAR = 365 * 24 * 3600
_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "count": (_whole(1), "a whole number from 1 on, such as 3"),
    "skip": (_whole(0), "a whole number, such as 2"),
    "chance": (_number(1), "a probability from 0 to 1, such as 0.01"),
    "seconds": (_number(_YEAR), "a number of seconds, such as 0.5"),
    "hides": (_number(_YEAR), "a number of seconds, such as 30"),
    "at": (_whole(0), "a whole number of bytes, such as 40"),
    "after": (_whole(0), "whole seconds, such as 2"),
    "item": (_whole(1), "the number of an item, from 1 on"),
    "code": (_word, "a code without spaces, such as 305002"),
    "acts": (lambda value: {"yes": True, "no": False}[value], "yes or no"),
}


def _read(text: str, name: str, value: str) -> Any:
    reader, wanted = _READERS[name]
    try:
        return reader(value)
    except (ValueError, KeyError):
        raise _invalid(text, f"{name} must be {wanted}, not {value!r:.60}") from None


def _hint(name: str, known: list[str]) -> str:
    near = closest_name(name, known, 0.5)
    return f"; did you mean {near!r}?" if near else ""


def _invalid(text: object, why: str, more: str = "") -> SettingInvalid:
    words = f"fault {text!r:.80}: {why}" + (f" ({more})" if more else "")
    return SettingInvalid(words, setting="fault")
