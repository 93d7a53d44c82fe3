"""How close two names are.

Two names are close if they differ only in case and separators; in number (`orderNumbers` and `orderNumberList`); in a
shortened word (`skuQty`); or by a typing slip, from eight letters on by two. Different digits or an additional word
make another name: `consigneeAddress2` is not meant as `consigneeAddress1`, nor `messageId` as `message`.
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
    """0 if two names differ only in case and separators, up to 4 for two slips; None if they are not close."""
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
    """Whether the words are the same, except that one of them is shortened."""
    if len(first) != len(second):
        return False
    other = [sorted(pair, key=len) for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
    return len(other) == 1 and _short_for(*other[0])


def _one_word_more(long: tuple[str, ...], short: tuple[str, ...]) -> bool:
    """Whether one name has one more word at its start or end: `messageId` is not meant as `message`."""
    word = long[-1:] if long[:-1] == short else long[:1] if long[1:] == short else ()
    return word != () and len(word[0]) > 1 and word[0].isalpha()


def _short_for(short: str, long: str) -> bool:
    if len(short) < 3 or short[0] != long[0]:
        return False
    letters = iter(long)
    return long.startswith(short) or (2 * len(short) <= len(long) and all(letter in letters for letter in short))


def _slips(first: str, second: str) -> int:
    """The number of wrong, missing, doubled or swapped letters; 0 if it is too large for names of this length."""
    most = 0 if len(second) < 4 else 1 if len(second) < 8 else 2
    if abs(len(first) - len(second)) > most or len(set(first) - set(second)) > most:  # quick, and true of nearly all
        return 0
    if most == 1 and len(first) == len(second) and first[1:] == second[1:]:
        return 0  # `height` is not `weight`
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
    """Whether one name is a part of another, as `skuList` is of `mfSkuList`."""
    return _parts(short).letters in _parts(long).letters
