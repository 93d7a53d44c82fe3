"""The checks of `ocreg lint`: one file after the other, then what concerns several files.

Every check yields Findings and raises nothing: a file too broken for one check still meets the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path as File
from typing import Any

import yaml

from .. import yaml12
from ..endpoint import Endpoint
from ..errors import EndpointInvalid
from ..registry import ID, Registry
from ..schema import Place, Schema, Source, fast_module
from . import examples, schemas
from .findings import Finding, at, dollar

# What YAML 1.1 readers (most of them) make of a plain scalar that is a string here.
_TRAPS = re.compile(
    r"(?P<boolean>(?i:yes|no|on|off|y|n))\Z|(?P<base60>[-+]?[0-9]+(:[0-5]?[0-9])+)\Z"
    r"|(?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?)\Z|(?P<octal>0[0-9]+)\Z|(?P<merge><<)\Z"
)
_SECTIONS = (*schemas.SECTIONS, "$defs")


@cache
def law() -> Schema:
    """The format's law as a schema."""
    text = files("ocreg").joinpath("endpoint.schema.yaml").read_bytes()
    source = Source("endpoint.schema.yaml", text)
    return Schema(yaml12.parse(text, source.name), Place((source,), ()))


def lint(registry: Registry, ids: Iterable[str]) -> list[Finding]:
    """All findings in the operations `ids` of a registry, sorted by file and line."""
    found: list[Finding] = []
    seen: dict[tuple[Any, ...], str] = {}
    for id in ids:
        try:
            endpoint = registry[id]
        except EndpointInvalid as error:
            words = str(error).partition(": ")[2] or str(error)
            found.append(Finding(error.file, error.line or 1, "$", "format", words))
            continue
        found.extend(check(endpoint))
        found.extend(_same_address(endpoint, seen))
    return sorted(set(found))


def check(endpoint: Endpoint) -> Iterator[Finding]:
    """Everything that one file by itself can get wrong."""
    yield from _traps(endpoint.sources[0])
    unlawful = list(_law(endpoint))
    yield from unlawful
    usable = True
    for section in _SECTIONS:
        for finding in _section(endpoint, section):
            usable = usable and finding.rule not in ("reference", "meta-schema")
            yield finding
    if usable and not unlawful:  # an example can only be judged by a schema that stands
        yield from _examples(endpoint)


def _traps(source: Source) -> Iterator[Finding]:
    for line, text, path in _plain_scalars(source):
        trap = _TRAPS.match(text)
        if trap:
            kind = trap.lastgroup
            words = f"{text} is a string here, but a {kind} to YAML 1.1 readers: quote it"
            yield Finding(source.name, line, dollar(path), "yaml-trap", words)


def _plain_scalars(source: Source) -> Iterator[tuple[int, str, tuple[str | int, ...]]]:
    """Line, text and path of every scalar that is written without quotes, keys included."""
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(yaml12.compose(source.text, source.name), ())]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                waiting += [(value, (*path, key.value)), (key, (*path, key.value))]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(item, (*path, number)) for number, item in enumerate(node.value)]
        elif not node.style:
            yield node.start_mark.line + 1, node.value, path


def _law(endpoint: Endpoint) -> Iterator[Finding]:
    if law().ok(endpoint.document):
        return
    for violation in law().violations(endpoint.document):
        words = violation.message + (f" ({violation.fix})" if violation.fix else "")
        yield at(endpoint.sources, violation.path, "format", words)


def _section(endpoint: Endpoint, section: str) -> Iterator[Finding]:
    node = endpoint.document.get(section)
    if node is None:
        return
    roots = {(section, name): inner for name, inner in node.items()} if section == "$defs" else {(section,): node}
    for path, root in roots.items():
        try:
            schema = endpoint.bundler.schema(path)
        except EndpointInvalid as error:
            yield Finding(error.file, error.line or 1, dollar(path), "reference", str(error).partition(": ")[2])
            continue
        problem = meta_problem(schema.root)
        if problem:
            yield at(endpoint.sources, path, "meta-schema", problem)
            continue
        for place, rule, words in schemas.problems(root, path):
            yield at(endpoint.sources, place, rule, words)


def meta_problem(root: dict[str, Any]) -> str | None:
    """Why `root` is no JSON Schema 2020-12, or None."""
    fast = fast_module()
    if fast is not None and fast.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **root}):
        return None
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(root)
    except SchemaError as error:
        return f"not JSON Schema 2020-12 at {dollar(tuple(error.absolute_path))}: {error.message[:200]}"
    return None


def _examples(endpoint: Endpoint) -> Iterator[Finding]:
    for example in examples.accepted(endpoint):
        for violation in examples.violations(endpoint, example):
            words = f"the example breaks its own schema: {violation.because}: {violation.message}"
            yield at(endpoint.sources, example.path, "example", words)
    try:
        refused = list(examples.rejected(endpoint))
    except examples.BadPointer as error:
        yield at(endpoint.sources, ("examples", "rejected"), "rejected", str(error))
        return
    for example in refused:
        reasons = [violation.because for violation in examples.violations(endpoint, example)]
        for because in example.because:
            if because not in reasons:
                instead = f"what refuses it: {'; '.join(reasons)}" if reasons else "nothing refuses it"
                yield at(endpoint.sources, example.path, "rejected", f"not refused for {because}; {instead}")


def _same_address(endpoint: Endpoint, seen: dict[tuple[Any, ...], str]) -> Iterator[Finding]:
    if endpoint.path is None or endpoint.method is None:
        return
    properties = endpoint.query.root.get("properties", {}) if endpoint.query is not None else {}
    fixed = tuple((name, node["const"]) for name, node in properties.items() if "const" in node)
    address = (endpoint.method, endpoint.path, fixed)
    other = seen.setdefault(address, endpoint.id)
    if other != endpoint.id:
        words = f"{endpoint.method} {endpoint.path} is {other} already"
        yield at(endpoint.sources, ("path",), "same-address", words)


def stray_files(root: File) -> Iterator[Finding]:
    """Files below a registry directory that no id leads to, and ids that differ in case only."""
    lower: dict[str, File] = {}
    for file in sorted(root.rglob("*")):
        if file.suffix.lower() not in (".yaml", ".yml") or not file.is_file():
            continue
        inside = file.relative_to(root)
        if inside.parts[0] == "_shared":
            continue
        id = ".".join(inside.with_suffix("").parts)
        name = f"{root}/{inside.as_posix()}"
        twin = lower.setdefault(id.lower(), inside)
        if twin != inside:
            yield Finding(name, 1, "$", "file-name", f"the same id as {twin}, but for upper and lower case or suffix")
        elif len(inside.parts) != 2 or not ID.match(id) or file.suffix != ".yaml":
            words = "no operation: the name must be <group>/<name>.yaml, in lower-case letters, digits and underscores"
            yield Finding(name, 1, "$", "file-name", words)
