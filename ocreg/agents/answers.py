"""What a tool answers: JSON text on one line, in parts if it is long, with a note on how to read the next part."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from typing import Any

from .. import redact
from .refusals import Refusal

_KEPT = 8
"""How many shortened answers are kept for reading on."""
_CUTS = re.compile(r"[,}\]]")


class Answers:
    """`most` is the size of a part, in characters. The rest of the last eight shortened answers is kept in memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._number = 0

    def written(self, value: Any) -> list[str]:
        """The texts of a JSON value: one, or its first part and a note."""
        text = redact.steerless(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))
        if len(text) <= self._most:
            return [text]
        self._number += 1
        name = f"a{self._number}"
        self._kept[name] = text
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return self._part(name, 0)

    def more(self, token: str) -> list[str]:
        """The next part. Raises Refusal."""
        name, _, start = token.partition(":")
        if name not in self._kept or not re.fullmatch("[0-9]{1,12}", start) or int(start) >= len(self._kept[name]):
            words = f"there is no more={token[:40]!r}: only the last {_KEPT} shortened answers are kept. Read again"
            raise Refusal("ArgumentInvalid", words, argument="more")
        return self._part(name, int(start))

    def _part(self, name: str, start: int) -> list[str]:
        text, end = self._kept[name], start + self._most
        if end >= len(text):
            return [text[start:]]
        last = max((found.end() for found in _CUTS.finditer(text, start, end)), default=end)
        end = last if last > start + self._most // 2 else end  # half of a number would be another number
        go_on = {"tool": "list_operations", "arguments": {"more": f"{name}:{end}"}}
        note = {"cut": f"characters {start:,} to {end:,} of {len(text):,}", "go_on": go_on}
        return [text[start:end], json.dumps(note)]
