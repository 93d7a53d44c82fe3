"""Names of fields: which ones a schema knows, and which of them a strange one most likely means.

Most files know only a part of a payload, so their schemas let unknown fields pass. A strange name that is near a known
one is a slip all the same: the vendor ignores it, and a read without its filter is answered with everything.

Near means: the same but for case and separators; singular for plural (`List` is one); one word cut short (`qty`); a slip
of the keyboard or two, by length; the name of a field one level deeper or higher; or nearly a field of another operation
of the group. Names that differ in their digits are two names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ..lazy import cached_property
from .explain import refuses
from .schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEEPEST_LIST = 5
ELSEWHERE = 3
"""How unlike a name may be, at most, to one at another level or in another operation."""


class Level:
    """What is known of the fields of an object, or of the objects in a list: `names`, and the levels around it.

    `free`: other names are no concern of ours, because the file says so or says nothing at all.
    """

    def __init__(
        self, schema: Schema, nodes: list[dict[str, Any]], above: Level | None = None, *steps: str | int
    ) -> None:
        self._schema, self.above, self._steps = schema, above, steps
        self.nodes, self.lists = nodes, 0
        inner = nodes
        while self.lists < _DEEPEST_LIST and (inner := schema.at(inner, 0)):
            self.nodes, self.lists = self.nodes + inner, self.lists + 1
        self._below: dict[str, Level] = {}

    @cached_property
    def names(self) -> dict[str, bool]:
        """The known names; False for those that are there only to refuse a spelling."""
        pairs = [pair for node in self.nodes for pair in node.get("properties", {}).items()]
        return {name: not refuses(node) for name, node in pairs}

    @cached_property
    def free(self) -> bool:
        said = any(node.get("x-unknown") == "allow" for node in self.nodes)
        return said or not self.names or any(node.get("additionalProperties", True) is not True for node in self.nodes)

    def below(self, name: str) -> Level:
        found = self._below.get(name)
        if found is None:
            steps = *self._steps, *["items"] * self.lists, "properties", name
            found = self._below[name] = Level(self._schema, self._schema.at(self.nodes, name), self, *steps)
        return found

    @property
    def name(self) -> str:
        return str(self._steps[-1]) if self._steps else ""

    @property
    def place(self) -> tuple[str, int]:
        """File and line on which its fields stand."""
        return self._schema.origin([*self._steps, *["items"] * self.lists, "properties"])

    def strangers(self, value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Level]]:
        """The paths of fields in `value` that are not known, each with the level it stands on."""
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.strangers(item, (*path, index))
        elif isinstance(value, dict):
            for name, inner in value.items():
                if name not in self.names:
                    if not self.free:
                        yield (*path, name), self
                elif isinstance(inner, (dict, list)):
                    yield from self.below(name).strangers(inner, (*path, name))

    def all(self) -> Iterator[str]:
        """The names here and below, as far as levels do not repeat themselves."""
        waiting, seen = [self], set[frozenset[int]]()
        while waiting:
            level = waiting.pop()
            if level.key not in seen:
                seen.add(level.key)
                yield from level.names
                waiting += [level.below(name) for name in level.names]

    @property
    def key(self) -> frozenset[int]:
        return frozenset(map(id, self.nodes))


class Names:
    """The names that a schema knows. It costs nothing until a strange one is met, but for `strict`."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    @cached_property
    def top(self) -> Level:
        return Level(self._schema, list(self._schema.spread([self._schema.root])))

    @cached_property
    def strict(self) -> Schema:
        """The schema, and no unknown names: what obeys it needs no second look."""
        defs: dict[frozenset[int], tuple[str, Any]] = {}
        closed = _closed(self.top, defs)
        if not any(isinstance(node, dict) and "additionalProperties" in node for _, node in defs.values()):
            return self._schema
        root = self._schema.root
        named = {**root.get("$defs", {}), **dict(defs.values())}
        whole = {**root, "allOf": [*root.get("allOf", ()), closed], "$defs": named}
        return Schema(whole, self._schema.place, self._schema.defs)


def _closed(level: Level, defs: dict[frozenset[int], tuple[str, Any]]) -> Any:
    """A schema that only knows names; levels that come again are referred to."""
    if not level.names:
        return True
    if level.key in defs:
        return {"$ref": f"#/$defs/{defs[level.key][0]}"}
    node: dict[str, Any] = {}
    defs[level.key] = f"names-{len(defs)}", node
    node["properties"] = {name: _closed(level.below(name), defs) for name in level.names}
    if not level.free:
        node["additionalProperties"] = False
    items = dict(node)
    for _ in range(level.lists):
        node["items"] = items
        items = dict(node)
    return node


class Guess(NamedTuple):
    """The field that a strange name most likely means, and how to say so."""

    name: str
    fix: str


def guess(strange: str, level: Level, family: Mapping[str, str], *, closed: bool = False) -> Guess | None:
    """The known field that `strange` is near. `family` are the group's other fields, each with its operation.

    The exact name of such a field is near only where `closed`: in a read, where an ignored filter is dangerous.
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
        same = [f"`{name}`" for name in level.names if _parts(strange).letters in _parts(name).letters]
        meant = f"did you mean {' or '.join(same)}?" if same else f"known here: {', '.join(level.names)}"
        return Guess(strange, f"that is a field of {family[strange]}; {meant}") if closed else None
    others = [(score, name) for name in family if (score := unlikeness(strange, name)) is not None]
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
    slips = [n for n in (_slips(first.letters, second.letters), _slips(first.stem, second.stem)) if n]
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
    if abs(len(first) - len(second)) > most:
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

