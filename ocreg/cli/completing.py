"""What the shell completes: operations, an operation's fields and values, files, profiles, accounts.

Nothing here raises: a broken file or configuration offers no completions.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..errors import OcregError
from ..files import tree
from ..registry.files import Registry


def ids(incomplete: str, *, groups: bool) -> list[CompletionItem]:
    try:
        known = list(Registry())
    except OcregError:
        return []
    above = sorted({id.partition(".")[0] for id in known}) if groups else []
    return _items([*above, *known], incomplete)


def words(context: click.Context, incomplete: str) -> list[CompletionItem]:
    """`field=`, and a field's known values. bash splits words at `=` and `:`; other shells do not."""
    before = [str(word) for word in context.params.get("words") or ()]
    marks = ("=", ":=", "==", ":")
    bare = bool(before) and before[-1] not in marks and not _split(before[-1])[1]
    if incomplete in ("", *marks) and bare:  # bash, with the cursor right after the sign; click removes a =
        return [CompletionItem(value) for value in _values(context, before[-1])]
    if len(before) > 1 and before[-1] in marks:
        return _items(_values(context, before[-2]), incomplete)
    name, sign, value = _split(incomplete)
    if sign:
        return [CompletionItem(f"{name}{sign}{known}") for known in _values(context, name) if known.startswith(value)]
    return _items([word for word in _fields(context) if word.partition("=")[0].rstrip(":") not in before], incomplete)


def _split(word: str) -> tuple[str, str, str]:
    name, equals, value = word.partition("=")
    if name.endswith(":"):
        return name[:-1], ":=", value
    return (name, "==", value[1:]) if value.startswith("=") else (name, equals, value)


def _fields(context: click.Context) -> Iterator[str]:
    """The words that fill a field. Dots lead into objects; lists are given as JSON."""
    for key, branch in _branches(context):
        if key == "query":
            yield f"{branch.name}=="
        elif "[]" not in branch.path and not (branch.inside and branch.kind == "object"):
            yield branch.path + ("=" if branch.kind in ("string", "") else ":=")


def _values(context: click.Context, name: str) -> list[str]:
    for _, branch in _branches(context):
        if branch.path == name:
            node = branch.node
            known = node.get("enum", [node["const"]] if "const" in node else [])
            known = [True, False] if not known and branch.kind == "boolean" else known
            return [value if isinstance(value, str) else str(value).lower() for value in known]
    return []


def _branches(context: click.Context) -> Iterator[tuple[str, tree.Branch]]:
    try:
        endpoint = Registry()[context.params["id"]]
        for _, key, schema, root in tree.sections(endpoint):
            for field in tree.branches(schema, root) if key in ("data", "query") else ():
                yield from ((key, branch) for branch in field.walk())
    except (OcregError, KeyError):
        return


def files(context: click.Context, incomplete: str) -> list[CompletionItem]:
    """`@` and the name of a file."""
    if not incomplete.startswith("@"):
        return []
    folder, _, start = incomplete[1:].rpartition("/")
    above = f"{folder}/" if folder or incomplete.startswith("@/") else ""
    try:
        entries = sorted(os.scandir(above or "."), key=lambda entry: entry.name)
    except OSError:
        return []
    names = [entry.name + "/" * entry.is_dir() for entry in entries]
    return [CompletionItem(f"@{above}{name}") for name in names if name.startswith(start) and " " not in name]


def profiles(context: click.Context, incomplete: str) -> list[CompletionItem]:
    return _items(list(_profiles(context)), incomplete)


def accounts(context: click.Context, incomplete: str) -> list[CompletionItem]:
    """The account names in profiles. The store is not opened: completion must be fast."""
    named = [values.get("account") for values in _profiles(context).values() if isinstance(values, dict)]
    return _items(sorted({name for name in named if isinstance(name, str)}), incomplete)


def _profiles(context: click.Context) -> dict[str, Any]:
    """The profiles of the file in use. Completion shows no warnings."""
    from ..account.profiles import look, profiles

    try:
        place = next((place for place in look(context.params.get("config")) if place.content is not None), None)
        return profiles(place.label, place.content.data) if place is not None and place.content is not None else {}
    except (OcregError, OSError):
        return {}


def _items(names: Any, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
