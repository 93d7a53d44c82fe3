"""The checks of `ocreg lint`: first each file by itself, then what concerns several files.

Every check yields Findings and raises nothing: a file that is too broken for one check still gets the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from .. import yaml12
from ..errors import EndpointInvalid
from ..names.unknown import STRICT
from ..registry import explain
from ..registry.endpoint import Endpoint
from ..registry.files import ID, Registry, flaws
from ..registry.references import Bundler, File
from ..registry.schema import Place, Schema, Source, ascii_pattern, fast_module
from . import examples, names, schemas
from .findings import Finding, at, dollar

# Plain scalars that are strings here, but not for YAML 1.1 readers (most readers).
_TRAPS = re.compile(
    r"(?P<boolean>(?i:yes|no|on|off|y|n))\Z|(?P<base60>[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?)\Z"
    r"|(?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?)\Z|(?P<octal>[-+]?0[0-9]+)\Z|(?P<merge><<)\Z"
    r"|(?P<number>[-+]?(0x[0-9A-Fa-f_]+|0o[0-7]+|0b[01_]+|[0-9][0-9_]*_[0-9_]*))\Z"
)
_TRAP_WORDS = {
    **{"boolean": "a boolean", "base60": "a number to the base 60", "date": "a date", "octal": "an octal number"},
    **{"merge": "a merge key", "number": "a number"},
}


@cache
def law() -> Schema:
    """The format of endpoint files as a schema."""
    text = files("ocreg.registry").joinpath("endpoint.schema.yaml").read_bytes()
    source = Source("endpoint.schema.yaml", text)
    root = yaml12.parse(text, source.name)
    return Schema(root, Place((source,), ()), {name: Place((source,), ("$defs", name)) for name in root["$defs"]})


@cache
def _shared_law() -> Schema:
    """The format of a file in `_shared/`: schemas by name."""
    root = {"type": "object", "additionalProperties": {"$ref": "#/$defs/schema"}, "$defs": law().root["$defs"]}
    return Schema(root, law().place, law().defs)


def lint(registry: Registry, ids: Iterable[str], shared: Iterable[str] = ()) -> list[Finding]:
    """All findings in the operations `ids` and the shared files `shared` of a registry, sorted by file and line."""
    found: list[Finding] = []
    seen: dict[tuple[Any, ...], str] = {}
    read = cache(registry.shared)
    for name in shared:
        try:
            found.extend(_shared(name, read))
        except EndpointInvalid as error:
            found.append(_unreadable(error))
    for id in ids:
        try:
            endpoint = registry[id]
        except EndpointInvalid as error:
            found += _refused(registry, id, error, read)
            continue
        own = list(check(endpoint, read))
        found += own or _names(endpoint, registry)
        found.extend(_same_address(endpoint, seen))
    return sorted(set(found))


def _refused(registry: Registry, id: str, error: EndpointInvalid, read: Callable[[str], File]) -> Iterator[Finding]:
    """All mistakes of a file that the registry refuses because of the first one."""
    mistakes: list[EndpointInvalid] = []
    try:
        endpoint = registry.unchecked(id, mistakes)
    except EndpointInvalid:
        yield from map(_unreadable, (*mistakes, error))
        return
    own = [*map(_unreadable, mistakes), *check(endpoint, read)]
    said = {finding.path for finding in own}
    yield from own
    yield from (_unreadable(flaw, path) for path, flaw in flaws(endpoint) if dollar(path) not in said)


def _names(endpoint: Endpoint, registry: Registry) -> list[Finding]:
    """Checks names only in valid schemas; other checks report what is wrong with the schemas."""
    try:
        return list(names.problems(endpoint, registry))
    except EndpointInvalid as error:
        return [_unreadable(error, rule="reference")]


def _unreadable(error: EndpointInvalid, path: tuple[Any, ...] = (), rule: str = "format") -> Finding:
    words = str(error).partition(": ")[2] or str(error)
    return Finding(error.file, error.line or 1, dollar(path), rule, words)


def check(endpoint: Endpoint, shared: Callable[[str], File]) -> Iterator[Finding]:
    """Every mistake within one file; `shared` reads a file in `_shared/`."""
    yield from _traps(endpoint.sources[0])
    unlawful = list(_law(law(), endpoint.document, endpoint.sources))
    yield from (finding for _, finding in unlawful)
    usable = not unlawful
    for path, node in _roots(endpoint.document):
        if any(place[: len(path)] == path for place, _ in unlawful):
            continue
        if isinstance(node, bool):  # the format allows it, the registry does not: `flaws` reports it
            usable = False
            continue
        bundler = Bundler((endpoint.document, endpoint.sources), shared)
        for finding in _schema(node, path, endpoint.sources, partial(bundler.schema, path)):
            usable = usable and finding.rule not in ("reference", "meta-schema")
            yield finding
    if usable:  # examples can be checked only against a valid schema
        yield from _examples(endpoint, shared)


def _roots(document: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The file's own schemas, with their paths."""
    yield from (((section,), document[section]) for section in schemas.SECTIONS if section in document)
    named = document.get("$defs")
    for name, node in named.items() if isinstance(named, dict) else ():
        if isinstance(node, dict):
            yield ("$defs", name), node


def _shared(name: str, read: Callable[[str], File]) -> Iterator[Finding]:
    document, sources = read(name)
    yield from _traps(sources[0])
    unlawful = list(_law(_shared_law(), document, sources))
    yield from (finding for _, finding in unlawful)
    if unlawful:
        return
    for key, node in document.items():
        user = {"data": {"$ref": f"_shared/{name}.yaml#/{key}"}}
        bundler = Bundler((user, sources), read)
        yield from _schema(node, (key,), sources, partial(bundler.schema, ("data",)))


def _traps(source: Source) -> Iterator[Finding]:
    for line, text, path in _plain_scalars(source):
        trap = _TRAPS.match(text)
        if trap:
            kind = _TRAP_WORDS[str(trap.lastgroup)]
            here = f"the number {int(text)}" if trap["octal"] else "a string"
            words = f"{text} is {here} here, but {kind} to YAML 1.1 readers: quote it"
            yield Finding(source.name, line, dollar(path), "yaml-trap", words)


def _plain_scalars(source: Source) -> Iterator[tuple[int, str, tuple[str | int, ...]]]:
    """Line, text and path of every scalar that is written without quotes, including keys."""
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


def _law(
    law: Schema, document: dict[str, Any], sources: tuple[Source, ...]
) -> Iterator[tuple[tuple[str | int, ...], Finding]]:
    """What breaks the format, each with its path."""
    if law.ok(document):
        return
    for violation in explain.violations(law, document, most=explain.ALL)[0]:
        words = violation.message + (f" ({violation.fix})" if violation.fix else "")
        yield violation.path, at(sources, violation.path, "format", words)


def _schema(
    node: Any, path: tuple[str, ...], sources: tuple[Source, ...], bundled: Callable[[], Schema]
) -> Iterator[Finding]:
    """What is wrong with `node` at `path` of a file, which obeys the format; `bundled` adds what it refers to."""
    try:
        schema = bundled()
    except EndpointInvalid as error:
        yield _unreadable(error, path, "reference")
        return
    problem = meta_problem(schema.root) or _uncompiled(schema)
    if problem:
        yield at(sources, path, "meta-schema", problem)
        return
    for place, rule, words in schemas.problems(node, path):
        yield at(sources, place, rule, words)


def _uncompiled(schema: Schema) -> str | None:
    """The error of the installed validator for a schema that the meta-schema allows."""
    try:
        schema.ok(None)
    except EndpointInvalid as error:
        return str(error).partition(": ")[2]
    return None


def meta_problem(root: dict[str, Any]) -> str | None:
    """Why `root` is not JSON Schema 2020-12, or None."""
    fast = fast_module()
    if fast is not None and fast.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **root}):
        return _bad_pattern(root)
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(root)
    except SchemaError as error:
        return f"not JSON Schema 2020-12 at {dollar(tuple(error.absolute_path))}: {error.message[:200]}"
    return None


def _bad_pattern(root: dict[str, Any]) -> str | None:
    """Checks patterns, because the meta-schema accepts any string as a pattern."""
    named = root.get("$defs", {}).items()
    for path, node in [*schemas.walk(root, ()), *(pair for n, d in named for pair in schemas.walk(d, ("$defs", n)))]:
        try:
            ascii_pattern(node.get("pattern", ""))
        except re.error as error:
            return f"not JSON Schema 2020-12 at {dollar((*path, 'pattern'))}: {node['pattern']!r}: {error}"
    return None


def _examples(endpoint: Endpoint, shared: Callable[[str], File]) -> Iterator[Finding]:
    judge = examples.judge(endpoint.id, endpoint.document, shared).with_unknown(STRICT)
    own = endpoint.sources[0]
    for example in examples.accepted(judge):
        for violation in examples.violations(judge, example):
            words = f"the example breaks its own schema: {violation.because}: {violation.message}"
            if violation.rule == "unknown":
                words = f"the example has a field that the file does not describe: {violation.where}"
            finding = at(endpoint.sources, example.path, "example", words)
            if finding.file != own.name:  # that file should not be changed, or cannot be
                words = (
                    f"the example in {finding.file}:{finding.line} is now refused ({violation.because}): give others"
                )
                finding = at((own,), ("extends",), "example", words)
            yield finding
    for example in examples.rejected(judge):
        if not own.locate(list(example.path))[1]:
            continue  # an overlay may accept what the file that it extends refuses
        if example.problem:
            yield at(endpoint.sources, example.path, "rejected", example.problem)
            continue
        reasons = [violation.because for violation in examples.violations(judge, example)]
        for because in example.because:
            if because not in reasons:
                instead = f"it is refused for: {'; '.join(reasons)}" if reasons else "nothing refuses it"
                yield at(endpoint.sources, example.path, "rejected", f"not refused for {because}; {instead}")


def _same_address(endpoint: Endpoint, seen: dict[tuple[Any, ...], str]) -> Iterator[Finding]:
    if endpoint.path is None or endpoint.method is None:
        return
    query = endpoint.document.get("query", {}).get("properties", {})
    nodes = query.items() if isinstance(query, dict) else ()
    fixed = sorted((name, repr(node["const"])) for name, node in nodes if isinstance(node, dict) and "const" in node)
    address = (endpoint.method, endpoint.path, *fixed)
    other = seen.setdefault(address, endpoint.id)
    if other != endpoint.id:
        words = f"{endpoint.method} {endpoint.path} is {other} already"
        yield at(endpoint.sources, ("path",), "same-address", words)


def stray_files(root: Path) -> Iterator[Finding]:
    """Files in a registry directory that do not match any id, and ids that differ only in case."""
    lower: dict[str, Path] = {}
    for file in sorted(root.rglob("*")):
        if file.suffix.lower() not in (".yaml", ".yml") or not file.is_file():
            continue
        inside = file.relative_to(root)
        if inside.parts[0] == "_shared" or any(part.startswith(".") for part in inside.parts):
            continue
        id = ".".join(inside.with_suffix("").parts)
        name = f"{root}/{inside.as_posix()}"
        twin = lower.setdefault(id.lower(), inside)
        if twin != inside:
            yield Finding(name, 1, "$", "file-name", f"the same id as {twin}, except for case or suffix")
        elif len(inside.parts) != 2 or not ID.match(id) or file.suffix != ".yaml":
            words = "no operation: the name must be <group>/<name>.yaml, in lower-case letters, digits and underscores"
            yield Finding(name, 1, "$", "file-name", words)
