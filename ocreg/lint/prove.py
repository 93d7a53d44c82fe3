"""Mutation tests of schemas: loosen each rule of a file in turn; a rejected example must notice it.

A rule is *defended* if, without it, a rejected example is accepted, or refused for another reason than it names. (The
condition of an `if` may also be defended by an accepted example that is then refused.) A schema in `_shared/` is
defended by the examples of any file that refers to it.

For an overlay, only the rules count that it adds or changes. They may be defended by its own examples and by those of
the file that it extends: a list of its own replaces these (RFC 7396), but what they show is still true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ..errors import EndpointInvalid
from ..registry.endpoint import Endpoint
from ..registry.files import Registry, inherited
from ..registry.references import File
from ..registry.schema import Schema
from . import examples, schemas
from .findings import Finding, at

Path = tuple[str | int, ...]
REMOVED = (
    *("type", "const", "enum", "format", "pattern", "minLength", "maxLength", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "uniqueItems", "minProperties"),
    *("additionalProperties", "not", "anyOf", "oneOf"),
)


@dataclass
class Proof:
    """The rules of one file: how many are defended, and findings for those that are not."""

    file: str
    defended: int = 0
    undefended: list[Finding] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.defended + len(self.undefended)


@dataclass(frozen=True)
class Mutation:
    """One rule to loosen: the path of its schema, the keyword, and one of the names if the keyword has several."""

    path: Path
    keyword: str
    name: str | None = None

    def __str__(self) -> str:
        return self.keyword if self.name is None else f"{self.keyword} {self.name}"

    def is_new(self, document: dict[str, Any], base: dict[str, Any]) -> bool:
        """Whether `base`, which the document extends, lacks this rule at this place."""
        own, other = document, base
        for step in self.path:
            own = own[step]  # type: ignore[index]
            inside = step in other if isinstance(other, dict) else isinstance(other, list) and step in range(len(other))
            if not inside:
                return True
            other = other[step]  # type: ignore[index]
        if self.name is not None:
            return self.name not in (other.get(self.keyword) or ())
        return self.keyword not in other or own[self.keyword] != other[self.keyword]

    def apply(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document without the rule; only the path to it is copied."""
        return self._without(document, self.path)  # type: ignore[no-any-return]

    def _without(self, node: Any, path: Path) -> Any:
        copy = node.copy()
        if path:
            copy[path[0]] = self._without(node[path[0]], path[1:])
        elif self.name is None:
            del copy[self.keyword]
        elif isinstance(node[self.keyword], list):
            copy[self.keyword] = [name for name in node[self.keyword] if name != self.name]
        else:
            copy[self.keyword] = {name: why for name, why in node[self.keyword].items() if name != self.name}
        return copy


def mutations(document: dict[str, Any], sections: Iterable[Path]) -> Iterator[Mutation]:
    """Every rule in the schemas at `sections` of a document."""
    for section in sections:
        node: Any = document
        for step in section:
            node = node.get(step) if isinstance(node, dict) else None
        for path, schema in schemas.walk(node, section):
            for keyword in REMOVED:
                if keyword in schema and not (keyword == "additionalProperties" and isinstance(schema[keyword], dict)):
                    yield Mutation(path, keyword)
            for keyword in ("required", "x-instead-of"):
                for name in schema.get(keyword, ()):
                    yield Mutation(path, keyword, name)


def prove(registry: Registry, ids: Iterable[str], shared_of: str | None = None) -> list[Proof]:
    """A Proof for each of the operations `ids`.

    `shared_of` is the name of a registry directory whose shared files are proved, too. That makes sense only if `ids`
    are all of its operations, since any of them may hold the example that defends a shared rule.
    """
    endpoints = [registry[id] for id in ids]
    read = cache(registry.shared)
    proofs = [_prove_endpoint(endpoint, read) for endpoint in endpoints]
    if shared_of is None:
        return proofs
    users = _users(endpoints)
    own = [name for name in sorted(users) if read(name)[1][0].name.startswith(f"{shared_of}/")]
    return proofs + [_prove_shared(name, users[name], read) for name in own]


def provable(registry: Registry, ids: Iterable[str], findings: Iterable[Finding]) -> list[str]:
    """The operations whose files can be read and obey the format."""
    broken = {finding.file for finding in findings if finding.rule in ("format", "reference", "meta-schema")}
    sound = []
    for id in ids:
        try:
            files = {source.name for source in registry[id].sources}
            for schema in _schemas(registry[id]):
                files |= {source.name for place in schema.defs.values() for source in place.sources}
        except EndpointInvalid:
            continue
        if not files & broken:
            sound.append(id)
    return sound


def _prove_endpoint(endpoint: Endpoint, read: Callable[[str], File]) -> Proof:
    proof = Proof(endpoint.sources[0].name)
    document, base = endpoint.document, inherited(endpoint)
    original = examples.judge(endpoint.id, document, read)
    witnesses = _witnesses(original)
    if base is not None and base.get("examples") != document.get("examples"):
        before = {**document, "examples": base.get("examples", {})}
        witnesses += _witnesses(examples.judge(endpoint.id, before, read))
    sections: list[Path] = [("query",), ("data",), ("response",)]  # nothing edits an example's path parameters
    sections += [("$defs", name) for name in document.get("$defs", {})]
    for mutation in mutations(document, sections):
        if base is None or mutation.is_new(document, base):
            mutated = examples.judge(endpoint.id, mutation.apply(document), read)
            _count(proof, mutation, endpoint.sources, _noticed(mutated, original, witnesses, mutation))
    return proof


def _prove_shared(name: str, users: list[Endpoint], read: Callable[[str], File]) -> Proof:
    document, sources = read(name)
    proof = Proof(sources[0].name)
    originals = [examples.judge(user.id, user.document, read) for user in users]
    witnesses = [_witnesses(original) for original in originals]
    for mutation in mutations(document, [(key,) for key in document]):
        loosened: File = (mutation.apply(document), sources)

        def shared(wanted: str, loosened: File = loosened) -> File:
            return loosened if wanted == name else read(wanted)

        noticed = any(
            _noticed(examples.judge(user.id, user.document, shared), user, its, mutation)
            for user, its in zip(originals, witnesses, strict=True)
        )
        _count(proof, mutation, sources, noticed)
    return proof


def _count(proof: Proof, mutation: Mutation, sources: Any, noticed: bool) -> None:
    if noticed:
        proof.defended += 1
        return
    words = f"undefended: no rejected example tests `{mutation}`"
    proof.undefended.append(at(sources, (*mutation.path, mutation.keyword), "undefended", words))


def _witnesses(endpoint: Endpoint) -> list[examples.Example]:
    """The rejected examples that are refused for the reason that they name."""
    made = [example for example in examples.rejected(endpoint) if not example.problem]
    return [example for example in made if set(example.because) <= _reasons(endpoint, example)]


def _reasons(endpoint: Endpoint, example: examples.Example) -> set[str]:
    return {violation.because for violation in examples.violations(endpoint, example)}


def _noticed(mutated: Endpoint, original: Endpoint, witnesses: list[examples.Example], mutation: Mutation) -> bool:
    # Likely witnesses come first: those that name the loosened rule or field.
    hints = {mutation.keyword, mutation.name, *map(str, mutation.path[-2:])} - {None}
    section = str(mutation.path[0])
    for example in sorted(witnesses, key=lambda e: -sum(str(hint) in " ".join(e.because) for hint in hints)):
        elsewhere = section in schemas.SECTIONS and section != example.part
        if not elsewhere and not set(example.because) <= _reasons(mutated, example):
            return True
    return "if" in mutation.path and any(examples.violations(mutated, e) for e in examples.accepted(original))


def _schemas(endpoint: Endpoint) -> list[Schema]:
    parts = (endpoint.data, endpoint.query, endpoint.parameters, endpoint.answer)
    return [schema for schema in parts if schema]


def _users(endpoints: list[Endpoint]) -> dict[str, list[Endpoint]]:
    """Which of the endpoints refer to each shared file."""
    users: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        names = {key.partition(".")[0] for schema in _schemas(endpoint) for key in schema.defs if "." in key}
        for name in names:
            users.setdefault(name, []).append(endpoint)
    return users
