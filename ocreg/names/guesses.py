"""The known field that an unknown name most likely means: here, one level deeper or higher, or in another operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .levels import Level
from .spelling import unlikeness, within

ELSEWHERE = 3
"""The largest `unlikeness` to a name at another level or in another operation."""


class Guess(NamedTuple):
    """The field that an unknown name most likely means, and the text of the fix."""

    name: str
    fix: str


def guess(strange: str, level: Level, family: Mapping[str, str], *, closed: bool = False) -> Guess | None:
    """The known field that `strange` is close to. `family` holds the group's other fields, each with its operation.

    The exact name of such a field counts only if `closed`: in a read, where an ignored filter is dangerous.
    """
    found = [(score, 0, name, _own(level, name)) for name, score in _scores(strange, level)]
    for list_name, known in level.names.items():
        below = level.below(list_name) if known else None
        for name, score in _scores(strange, below, ELSEWHERE) if below else ():
            shown = f"[{{{name}: ...}}]" if below and below.lists else f"{{{name}: ...}}"
            found.append((score, 1, name, f"did you mean `{list_name}`: {shown}? It belongs one level deeper"))
    if level.above is not None:
        for name, score in _scores(strange, level.above, ELSEWHERE):
            fix = f"did you mean `{name}` one level higher, beside `{level.name}`?"
            found.append((score, 2, name, fix))
    if found:
        return Guess(*min(found)[2:])
    if strange in family:
        same = [f"`{name}`" for name in level.names if within(strange, name)]
        meant = f"did you mean {' or '.join(same)}?" if same else f"known here: {', '.join(level.names)}"
        return Guess(strange, f"this is a field of {family[strange]}; {meant}") if closed else None
    others = [(score, name) for name in family for score in [unlikeness(strange, name)] if score is not None]
    if others and min(others)[0] <= ELSEWHERE:
        name = min(others)[1]
        return Guess(name, f"did you mean `{name}`, a field of {family[name]}?")
    return None


def _own(level: Level, name: str) -> str:
    return f"did you mean `{name}`{', a list' if level.below(name).lists else ''}?"


def _scores(strange: str, level: Level, most: int = 9) -> Iterator[tuple[str, int]]:
    for name, known in level.names.items():
        score = unlikeness(strange, name) if known else None
        if score is not None and score <= most:
            yield name, score
