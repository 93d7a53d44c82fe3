"""How near two names are.

Near are names that differ in case and separators only; in number (`orderNumbers` and `orderNumberList`); in a word that
is cut short (`skuQty`); or by a slip of the keyboard, from eight letters on by two. Different digits, or a word more,
make another name: `consigneeAddress2` is no slip for `consigneeAddress1`, nor `messageId` for `message`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class _Parts(NamedTuple):
    letters: str
    stem: str
    words: tuple[str, ...]
    digits: list[str]


@lru_cache(1024)
def _parts(name: str) -> _Parts:
    letters = re.sub(r"[\W_]", "", name).lower()
    stem = re.sub(r"(?<=.)s$", "", re.sub(r"(?<=.)lists?$", "", letters))
    words = tuple(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name))
    return _Parts(letters, stem, words, re.findall("[0-9]+", letters))


def unlikeness(strange: str, known: str) -> int | None:
    """0 where two names differ in case and separators only, up to 4 for two slips; None where they are not near."""
    first, second = _parts(strange), _parts(known)
    if first.letters == second.letters:
        return 0
    if first.stem == second.stem:
        return 1
    if _cut_short(first.words, second.words):
        return 2
    if first.digits and second.digits and first.digits != second.digits:
        return None
    if _one_word_more(first.words, second.words) or _one_word_more(second.words, first.words):
        return None
    forms = {(first.letters, second.letters), (first.stem, second.stem)}
    slips = [n for form in forms if (n := _slips(*form))]
    return 2 + min(slips) if slips else None


def _cut_short(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether these are the same words, one of them cut short in one of the two."""
    if len(first) != len(second):
        return False
    other = [sorted(pair, key=len) for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
    return len(other) == 1 and _short_for(*other[0])


def _one_word_more(long: tuple[str, ...], short: tuple[str, ...]) -> bool:
    """Whether a name has a word more than another at one of its ends: `messageId` is no slip for `message`."""
    word = long[-1:] if long[:-1] == short else long[:1] if long[1:] == short else ()
    return word != () and len(word[0]) > 1 and word[0].isalpha()


def _short_for(short: str, long: str) -> bool:
    if len(short) < 3 or short[0] != long[0]:
        return False
    letters = iter(long)
    return long.startswith(short) or (2 * len(short) <= len(long) and all(letter in letters for letter in short))


def _slips(first: str, second: str) -> int:
    """How many letters are wrong, missing, doubled or swapped; 0 for more than names of this length may have."""
    most = 0 if len(second) < 4 else 1 if len(second) < 8 else 2
    if abs(len(first) - len(second)) > most or len(set(first) - set(second)) > most:  # soon told, of nearly all
        return 0
    if most == 1 and len(first) == len(second) and first[1:] == second[1:]:
        return 0  # `height` is no `weight`
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(second, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
        if min(row) > most:
            return 0
    return row[-1] if row[-1] <= most else 0


def within(short: str, long: str) -> bool:
    """Whether a name is a part of another, as `skuList` is of `mfSkuList`."""
    return _parts(short).letters in _parts(long).letters
