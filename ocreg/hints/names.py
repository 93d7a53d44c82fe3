"""Names and texts that are valid in Python code, whatever the endpoint files contain."""

from __future__ import annotations

import re
import unicodedata
from keyword import iskeyword

_WORDS = """
    Any AsyncClient AsyncIterable AsyncIteration AsyncOps AsyncSending Callable Client Decimal Iterable Iteration
    Literal Mapping NotRequired OperationId Ops Progress Protocol Reply Sending Sequence TYPE_CHECKING Timeout TypeAlias
    TypedDict annotations bool bytes date datetime dict float int list object ops overload property str sys
"""
USED = frozenset(_WORDS.split())
"""Names that the generated text uses itself: no class may have them."""


def camel(text: str) -> str:
    """`service_region` -> `ServiceRegion`; capitals stay, and characters that no name may have are dropped."""
    words = re.split(r"[^A-Za-z0-9]+", text)
    return "".join(word[:1].upper() + word[1:] for word in words)


class Names:
    """Gives each class a unique name: the requested one, or that with a number."""

    def __init__(self) -> None:
        self._taken = set(USED)

    def take(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        return name


def is_attribute(name: str) -> bool:
    """Whether a field can be a class attribute exactly as it is written, without name mangling or normalization."""
    plain = name.isidentifier() and not iskeyword(name) and unicodedata.normalize("NFKC", name) == name
    return plain and not name.startswith("__")


def docstring(text: str, indent: str) -> list[str]:
    """The lines of a docstring with `text` in it. No text can end the docstring early."""
    escaped = "".join(c if c.isprintable() or c == "\n" else _escape(c) for c in text.strip().replace("\\", "\\\\"))
    if escaped.endswith('"'):
        escaped = f'{escaped[:-1]}\\"'
    escaped = escaped.replace('"""', '\\"\\"\\"')
    first, *rest = escaped.split("\n")
    lines = [f'{indent}"""{first}', *(f"{indent}{line}".rstrip() for line in rest)]
    return [*lines, f'{indent}"""'] if rest else [f'{lines[0]}"""']


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
