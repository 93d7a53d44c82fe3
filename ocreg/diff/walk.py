"""The walk through two trees of one section: what differs where, and whether that breaks callers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from .changes import Change, Direction, turn
from .rules import bounds, sets, type_and_values
from .trees import REFUSED, Tree
from .words import about, text, was_is


@dataclass(frozen=True)
class Walk:
    """Compares two trees of one section, from the top down.

    `note` ends every message. In a `rule` (an alternative, a condition's consequence), naming a field does not add the
    field: it only adds a rule to a field that is described elsewhere.
    """

    operation: str
    answers: bool
    note: str = ""
    rule: bool = False

    def say(self, path: str, words: str, direction: Direction) -> Change:
        breaks = ("wider", "different") if self.answers else ("narrower", "different")
        return Change(self.operation, path, words + self.note, breaking=direction in breaks)

    def node(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        if old == new:
            return
        if "refused" in old or "refused" in new:
            narrower = "refused" in new
            yield self.say(path, *turn(narrower, "now refused", "no longer refused"))
            return
        yield from self._own(path, old, new)
        yield from self._required(path, old, new)
        yield from self._alternatives(path, old, new)
        yield from self._conditions(path, old, new)
        for name in dict.fromkeys((*old.get("fields", ()), *new.get("fields", ()))):
            yield from self._field(f"{path}.{name}", name, old, new)
        yield from self._unknown(path, old, new)
        yield from self.node(f"{path}.[]", old.get("items", {}), new.get("items", {}))

    def _own(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        for words, direction in (*type_and_values(old, new), *bounds(old, new), *sets(old, new)):
            yield self.say(path, words, direction)
        if ("uniqueItems" in old) != ("uniqueItems" in new):
            yield self.say(
                path, *turn("uniqueItems" in new, "equal items are now refused", "equal items are now allowed")
            )
        if old.get("again") != new.get("again"):
            yield self.say(path, "its recursion changed", "different")
        if old.get("encoded") != new.get("encoded"):
            yield self.say(path, f"percent-encoded {was_is(old.get('encoded'), new.get('encoded'))}", "different")
        if ("masked" in old) != ("masked" in new):
            yield self.say(path, f"{'' if 'masked' in new else 'no longer '}masked in texts", "harmless")
        was, now = _filler(old), _filler(new)
        if was != now:
            gained_or_lost: Direction = "wider" if was is None else "narrower" if now is None else "different"
            yield self.say(path, f"the source of its value: {was_is(was, now)}", gained_or_lost)

    def _unknown(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        """The rules for fields that are not named."""
        was, now = _others(old), _others(new)
        if ("refused" in was) == ("refused" in now):
            yield from self.node(f"{path}.*", was, now)
        else:
            words, direction = turn("refused" in now, "unknown fields are now refused", "unknown fields now pass")
            yield self.say(path, words, "harmless" if self.answers else direction)
        if ("free" in old) != ("free" in new) and not ("refused" in was or "refused" in now or self.answers):
            words = "unknown fields with names close to known ones"
            yield self.say(path, *turn("free" in old, f"{words} are now refused", f"{words} are now sent"))

    def _required(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        """Known fields that are now required, or no longer. For new and removed fields, see `_field`."""
        before, after = old.get("required", ()), new.get("required", ())
        old_fields, new_fields = old.get("fields", {}), new.get("fields", {})
        for name in sorted(set(before) ^ set(after)):
            came_or_went = (name in old_fields) != (name in new_fields) and not self.rule
            if not came_or_went:
                filled = "filled" in new_fields.get(name, ())
                words, direction = turn(name in after, "now required", "no longer required")
                yield self.say(f"{path}.{name}", words, "harmless" if filled else direction)

    def _field(self, path: str, name: str, old: Tree, new: Tree) -> Iterator[Change]:
        was, now = old.get("fields", {}).get(name), new.get("fields", {}).get(name)
        if self.rule or (was is not None and now is not None):
            yield from self.node(path, _others(old) if was is None else was, _others(new) if now is None else now)
        elif now is None:
            yield from self._gone(path, was or {}, new)
        else:
            yield from self._come(path, name, now, old, new)

    def _gone(self, path: str, was: Tree, new: Tree) -> Iterator[Change]:
        """A field that is no longer named; `new` is the object that had it."""
        if "refused" in was:
            if "closed" not in new:
                yield self.say(path, "no longer refused", "wider")
        elif self.answers:
            yield self.say(path, "removed", "wider")
        elif "closed" in new:
            yield self.say(path, "removed; unknown fields are refused", "narrower")
        else:
            yield self.say(path, "removed; unknown fields are accepted", "wider")
            yield from self.node(path, was, new.get("others", was))

    def _come(self, path: str, name: str, now: Tree, old: Tree, new: Tree) -> Iterator[Change]:
        """A field that was not named before; `old` is the object without it."""
        if "refused" in now:
            if "closed" not in old:
                yield self.say(path, "now refused", "narrower")
            return
        if self.answers:
            yield self.say(path, "new field", "narrower")
        elif name not in new.get("required", ()) or name in old.get("required", ()):
            yield self.say(path, "new optional field", "wider")
        elif "filled" in now:
            yield self.say(path, "new field; ocreg fills it in", "wider")
        else:
            yield self.say(path, "new required field", "narrower")
        yield from self.node(path, old.get("others", now), now)

    def _alternatives(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        """`anyOf`, `oneOf` and `not`: what both sides have is ignored, the rest is compared in order."""
        for key in ("anyOf", "oneOf", "not"):
            before, after = _unshared(old.get(key, []), new.get(key, []))
            if key == "anyOf" and len(before) == len(after):
                for was, now in zip(before, after, strict=True):
                    yield from self._any_of(path, was, now)
            elif before and after:
                yield self.say(path, f"the rule `{key}` changed", "different")
            elif before or after:
                words = f"rule `{key}`{about((before or after)[0])}"
                yield self.say(path, *turn(bool(after), f"new {words}", f"{words} removed"))

    def _any_of(self, path: str, old: list[Tree], new: list[Tree]) -> Iterator[Change]:
        before, after = _unshared(old, new)
        if len(before) == len(after):
            inside = replace(self, note=" (in one of the alternatives)", rule=True)
            for was, now in zip(before, after, strict=True):
                yield from inside.node(path, was, now)
        elif before and after:
            yield self.say(path, "the alternatives (`anyOf`) changed", "different")
        else:
            words = f"alternative{about(before or after)}"
            yield self.say(path, *turn(bool(before), f"one fewer {words}", f"one more {words}"))

    def _conditions(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        """`if`, `then`, `else`: rules with the same condition are compared; another condition is another rule."""
        before, after = ({text(rule["if"]): rule for rule in tree.get("if", ())} for tree in (old, new))
        for condition in dict.fromkeys((*before, *after)):
            was, now = before.get(condition, {}), after.get(condition, {})
            news = "" if was and now else " that is new" if now else " that was removed"
            inside = replace(self, note=f" (on a condition{about((now or was)['if'])}{news})", rule=True)
            for branch in ("then", "else"):
                yield from inside.node(path, was.get(branch, {}), now.get(branch, {}))


def _others(tree: Tree) -> Tree:
    """The rules for the fields that an object does not name."""
    return REFUSED if "closed" in tree else tree.get("others", {})


def _filler(tree: Tree) -> str | None:
    """What sets a query parameter that is not given."""
    setting: str | None = tree.get("setting")
    return "its constant" if "filled" in tree else setting


def _unshared(old: list[Any], new: list[Any]) -> tuple[list[Any], list[Any]]:
    """Both lists without the items that the other one has, too."""
    return [item for item in old if item not in new], [item for item in new if item not in old]
