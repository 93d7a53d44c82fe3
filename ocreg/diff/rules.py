"""Rules about a value itself, old compared with new: its type, values, bounds, formats and patterns."""

from __future__ import annotations

from collections.abc import Iterator

from .changes import Direction
from .trees import ALL_OF, LOWER, UPPER, Tree, kinds_of
from .words import either, show, text, was_is


def type_and_values(old: Tree, new: Tree) -> Iterator[tuple[str, Direction]]:
    kinds, values = _move(kinds_of(old), kinds_of(new)), _move(_texts(old), _texts(new))
    if kinds and kinds != values:  # otherwise the values say it better
        yield f"was {either(old.get('type'))}, is {either(new.get('type'))}", kinds
    if values:
        before, after = _texts(old), _texts(new)
        if before is None or after is None:
            words = f"now only {either(new['enum'])}" if after is not None else f"no longer only {either(old['enum'])}"
        else:
            lost = [value for value in old["enum"] if text(value) not in after]
            won = [value for value in new["enum"] if text(value) not in before]
            words = f"no longer {either(lost)}" if lost else ""
            words += "; " if lost and won else ""
            words += f"may now be {either(won)}" if won else ""
        yield words, values


def bounds(old: Tree, new: Tree) -> Iterator[tuple[str, Direction]]:
    for bound, beyond in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        was, now = _end(old, bound, beyond), _end(new, bound, beyond)
        if was is not None and now is not None and was[0] != now[0]:  # one replaces the other
            (before, value), (after, other) = was, now
            sign = 1 if bound == "minimum" else -1
            narrower = (other * sign, after == beyond) > (value * sign, before == beyond)
            yield f"{before} {show(value)} is {after} {show(other)} now", "narrower" if narrower else "wider"
            old = {key: value for key, value in old.items() if key != before}
            new = {key: value for key, value in new.items() if key != after}
    for keyword in (*LOWER, *UPPER):
        was, now = old.get(keyword), new.get(keyword)
        if was == now:
            continue
        narrower = was is None or (now is not None and (now > was) == (keyword in LOWER))
        yield f"{keyword} {was_is(was, now)}", "narrower" if narrower else "wider"


def _end(tree: Tree, *keywords: str) -> tuple[str, float] | None:
    return next(((keyword, tree[keyword]) for keyword in keywords if keyword in tree), None)


def sets(old: Tree, new: Tree) -> Iterator[tuple[str, Direction]]:
    for keyword in ALL_OF:
        was, now = old.get(keyword, []), new.get(keyword, [])
        move = _move(set(now), set(was))  # more rules allow less
        if move:
            yield f"{keyword} {was_is(' and '.join(was) or None, ' and '.join(now) or None)}", move


def _move(before: set[str] | None, after: set[str] | None) -> Direction | None:
    """The direction from the old set of allowed things to the new one; None means everything."""
    if before == after:
        return None
    if before is None or (after is not None and after < before):
        return "narrower"
    return "wider" if after is None or after > before else "different"


def _texts(tree: Tree) -> set[str] | None:
    return {text(value) for value in tree["enum"]} if "enum" in tree else None
