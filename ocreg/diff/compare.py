"""What changed between two registries, in words, and whether it breaks callers.

First each operation is reduced to its *meaning*: plain JSON without texts for people, examples and the sandbox, with
every schema as a tree into which `$ref` and `allOf` are merged. So it does not matter how a file is written, and a
change in `_shared/` appears in every operation that refers to it. Then two meanings are compared.

`meanings` and `trees` do the first; the facts and limits of two meanings are compared here, their trees in `walk`.

A change makes what is allowed narrower, wider, or different. Requests may become wider and answers narrower without
breaking a caller; everything else breaks. Two cases are judged more mildly: a new optional field of an object that
accepts unknown fields (no caller was told to send it), and whether an answer's unknown fields are mentioned (they are
always accepted). If the two sides cannot be ordered, such as two patterns, the change breaks.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..lint.schemas import SECTIONS
from ..registry.files import Registry
from .changes import Change
from .meanings import FACTS, meaning, meanings
from .trees import Tree
from .walk import Walk
from .words import show, was_is

__all__ = ["Change", "Tree", "between", "changes", "compare", "meaning", "meanings"]

_UNKNOWN_ONCE = ("method", "path", "host.sandbox", "host.production")
_TAKEN = {
    **{"data": "a payload", "query": "query parameters"},
    **{"path_parameters": "path parameters", "response": "an answer"},
}

_FACT_MEANS = {
    "auth": "a call needs other credentials",
    "effect": "other failures are retried",
    "envelope": "payloads and answers have another form",
    "errors_with_data": "`errors` beside code 0 are judged differently",
}
_CONFIRM_MEANS = {"key": ("objects sent before are not found by it, and may be sent twice", True)}
_CATEGORY_MEANS = {
    "refused": "certainly without effect",
    "passing": "without effect, and retried",
    "token": "without effect, and retried with another token",
    "exists": "the object already exists",
    "absent": "the object does not exist",
}


def changes(old: Registry, new: Registry) -> list[Change]:
    """Every change between two registries, by operation. Raises EndpointInvalid if a file cannot be read."""
    return between(meanings(old), meanings(new))


def between(old: dict[str, Tree], new: dict[str, Tree]) -> list[Change]:
    """Every change between two registries whose meanings are given."""
    found: list[Change] = []
    for id in sorted(old.keys() | new.keys()):
        if id not in new:
            found.append(Change(id, ".", "the operation is removed", breaking=True))
        elif id not in old:
            found.append(Change(id, ".", "a new operation", breaking=False))
        else:
            found.extend(compare(id, old[id], new[id]))
    return found


def compare(operation: str, old: Tree, new: Tree) -> Iterator[Change]:
    """Every change between two meanings of an operation."""
    yield from _facts(operation, old, new)
    yield from _limits(operation, old["limits"], new["limits"])
    yield from _confirm(operation, old.get("confirm", {}), new.get("confirm", {}))
    yield from _finds(operation, old.get("finds", {}), new.get("finds", {}))
    yield from _categories(operation, old.get("errors", {}), new.get("errors", {}))
    for section in SECTIONS:
        promised = (section == "response") != (new["caller"] == "vendor")  # a webhook's payload is sent to the caller
        if section in old and section in new:
            walk = Walk(operation, answers=promised)
            yield from dict.fromkeys(walk.node(section, old[section], new[section]))
        elif section in old:
            words = f"no longer takes {_TAKEN[section]}"
            yield Change(operation, section, "no longer described" if promised else words, breaking=True)
        elif section in new:
            needed = not promised and _needed(section, new[section])
            words = f"now {'requires' if needed else 'takes'} {_TAKEN[section]}"
            yield Change(operation, section, "now described" if promised else words, breaking=needed)
    if old.get("status") != new.get("status"):
        words = f"was {show(old.get('status'))}, is {show(new.get('status'))}"
        yield Change(operation, "evidence.status", words, breaking=False)


def _facts(operation: str, old: Tree, new: Tree) -> Iterator[Change]:
    before, after = ({**tree, **{f"host.{env}": url for env, url in tree["host"].items()}} for tree in (old, new))
    for key in (*FACTS, "host.sandbox", "host.production"):
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        if was is None and key in _UNKNOWN_ONCE:  # it could not be called before
            yield Change(operation, key, f"now known: {show(now)}", breaking=False)
        else:
            means = f": {_FACT_MEANS[key]}" if key in _FACT_MEANS else ""
            yield Change(operation, key, f"was {show(was)}, is {show(now)}{means}", breaking=True)


def _confirm(operation: str, old: Tree, new: Tree) -> Iterator[Change]:
    """How a create whose answer was lost is looked up."""
    if not old and new:
        yield Change(operation, "confirm", "the outcome of a create can now be looked up", breaking=False)
    elif old and not new:
        words = "the outcome of a create can no longer be looked up: one in doubt stays in doubt"
        yield Change(operation, "confirm", words, breaking=True)
    for key in dict.fromkeys((*old, *new)) if old and new else ():
        was, now = old.get(key), new.get(key)
        if key == "settles":
            was, now = (float("inf") if value is None else value for value in (was, now))
            sooner = "an object that is not found is sent again sooner" if now < was else "stays in doubt longer"
            means, breaks = (sooner if now < float("inf") else "stays in doubt"), True
        else:
            means, breaks = _CONFIRM_MEANS.get(key, ("it is looked up in another way", False))
        if was != now:
            words = was_is(old.get(key), new.get(key))
            yield Change(operation, f"confirm.{key}", f"{words}: {means}", breaking=breaks)


def _finds(operation: str, old: Tree, new: Tree) -> Iterator[Change]:
    """Which field reveals rows about ids that were not requested."""
    for path in dict.fromkeys((*old, *new)):
        was, now = old.get(path), new.get(path)
        if was == now:
            continue
        means = "now reported" if was is None else "no longer reported" if now is None else "reported by another field"
        words = f"{was_is(was, now)}: rows about other ids are {means}"
        yield Change(operation, f"finds.{path}", words, breaking=now is None)


def _categories(operation: str, old: Tree, new: Tree) -> Iterator[Change]:
    """What the business codes mean for a call: another error is raised, or the call is retried."""
    for code in sorted(old.keys() | new.keys()):
        was, now = old.get(code), new.get(code)
        if was is None and now is not None:
            yield Change(operation, f"errors.{code}", f"{now} is new: {_CATEGORY_MEANS[now]}", breaking=False)
        elif was != now:
            means = _CATEGORY_MEANS.get(now or "", "it no longer has a category")
            yield Change(operation, f"errors.{code}", f"{was_is(was, now)}: {means}", breaking=True)


def _limits(operation: str, old: Tree, new: Tree) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        if key.startswith("rate."):
            yield Change(operation, f"limits.{key}", f"{was_is(was, now)}: ocreg enforces it", breaking=False)
            continue
        counted = all(isinstance(value, int) for value in (was, now) if value is not None) and key != "page.first"
        lowered = now is not None and (was is None or now < was) if counted else was is not None
        yield Change(operation, f"limits.{key}", was_is(was, now), breaking=lowered)


def _needed(section: str, tree: Tree) -> bool:
    """Whether a call without this section may be refused."""
    fields = tree.get("fields", {})
    if any("filled" not in fields.get(name, {}) for name in tree.get("required", ())):
        return True
    if any(rule in tree for rule in ("minProperties", "anyOf", "oneOf", "not", "if", "refused")):
        return True
    return section == "data" and tree.get("type") != ["object"]
