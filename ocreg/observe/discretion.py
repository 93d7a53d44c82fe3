"""What may be recorded of an observed value. Everything that no rule here allows is dropped.

Of a value, its type, format and length are recorded; of a secret, only its type. The value itself is recorded only if
the field's name indicates a few program words (a status, a unit; not `state`, which addresses have), nothing in or
above it is personal or secret, and it looks like such a word. A field's name is recorded only if it looks like a
name: some objects have numbers or addresses as keys.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any, NamedTuple

from ..names.private import PERSONAL, SECRET

ANY = "*"
"""Stands for all names that are not recorded."""
_NAME = re.compile(r"(?=.{1,48}\Z)[A-Za-z_$]([A-Za-z_$-]*[0-9]?){2}([A-Za-z_$-]*|[0-9])\Z")
"""An identifier with up to two digits, or three at its end: more digits would make it the number of something."""
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,31}\Z|[A-Z][A-Z_-]{0,15}[0-9]{0,2}[A-Z_-]{0,15}\Z")
"""Letters; digits only among capitals, and few. A value with a space may be a sentence, or a person's name."""
_CODED = re.compile(
    r"(?i)(status|type|kind|mode|flag|unit|currency|category|grade|bucket|event|channel|platform"
    r"|(country|currency|language|status|type|unit|region|service)_?code|service_?region)\Z"
)
_CODE = re.compile(r"-?[0-9]{1,7}\Z|[A-Z][A-Z_]{1,39}[0-9]{0,4}\Z|(?=.{3,40}\Z)[a-z]+([._][A-Za-z]+)+\Z")


class Leave(NamedTuple):
    """What may be recorded below a field: its `words`; or, if `secret`, not even lengths and formats."""

    words: bool = False
    secret: bool = False
    personal: bool = False

    def below(self, name: str, sensitive: Container[str], secrets: Container[str]) -> Leave:
        """For the field `name` of an object; the two sets are the names that an endpoint file marks."""
        secret = self.secret or name in secrets or SECRET.search(name) is not None
        personal = secret or self.personal or name in sensitive or PERSONAL.search(name) is not None
        return Leave(not personal and _CODED.search(name) is not None, secret, personal)


NOTHING = Leave()
"""At the top level of an answer."""


def name(text: Any) -> str:
    """A field's name as it is recorded."""
    return text if isinstance(text, str) and _NAME.match(text) else ANY


def word(value: Any) -> str | None:
    """The value of a field with few words, as it is recorded; None if it is not."""
    if type(value) is int and abs(value) < 1_000:
        return str(value)
    return value if isinstance(value, str) and _WORD.match(value) else None


def code(value: Any) -> str | None:
    """A business code as it is recorded."""
    text = str(value) if type(value) in (int, str) else ""
    return text if _CODE.match(text) else None
