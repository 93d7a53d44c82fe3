"""Mutation-tested schemas: loosen each rule of a file in turn; some rejected example must notice.

A rule is *defended* when, without it, a rejected example is accepted, or refused without the reason it names. (The
condition of an `if` may also be defended by an accepted example that is then refused.) A schema in `_shared/` is
defended by the examples of any file that refers to it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..endpoint import Endpoint
from ..references import Bundler, File
from ..registry import Registry
from . import examples, schemas
from .findings import Finding, at

Path = tuple[str | int, ...]
_REMOVED = (
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
    """One rule to loosen: the path of its schema, the keyword, and the one of several names where there are several."""

    path: Path
    keyword: str
    name: str | None = None

    def __str__(self) -> str:
        return self.keyword if self.name is None else f"{self.keyword} {self.name}"

    def apply(self, document: dict[str, Any]) -> dict[str, Any]:
        """A copy of the document without the rule."""
        mutated = copy.deepcopy(document)
        node: Any = mutated
        for step in self.path:
            node = node[step]
        if self.name is None:
            del node[self.keyword]
        elif isinstance(node[self.keyword], list):
            node[self.keyword].remove(self.name)
        else:
            del node[self.keyword][self.name]
        return mutated


def mutations(document: dict[str, Any], sections: Iterable[Path]) -> Iterator[Mutation]:
    """Every rule in the schemas at `sections` of a document."""
    for section in sections:
        node: Any = document
        for step in section:
            node = node.get(step) if isinstance(node, dict) else None
        for path, schema in schemas.walk(node, section):
            for keyword in _REMOVED:
                if keyword in schema and not (keyword == "additionalProperties" and isinstance(schema[keyword], dict)):
                    yield Mutation(path, keyword)
            for keyword in ("required", "x-instead-of"):
                for name in schema.get(keyword, ()):
                    yield Mutation(path, keyword, name)


def prove(registry: Registry, ids: Iterable[str], shared_of: str | None = None) -> list[Proof]:
    """A Proof for each of the operations `ids`.

    `shared_of` is the name of a registry directory: its shared files are proved, too. That only makes sense when `ids`
    are all of its operations, since each may hold the example that defends a shared rule.
    """
    endpoints = [registry[id] for id in ids]
    proofs = [_prove_endpoint(registry, endpoint) for endpoint in endpoints]
    users = _users(endpoints)
    if shared_of is None:
        return proofs
    own = [name for name in sorted(users) if registry.shared(name)[1][0].name.startswith(f"{shared_of}/")]
    return proofs + [_prove_shared(registry, name, users[name]) for name in own]


def _prove_endpoint(registry: Registry, endpoint: Endpoint) -> Proof:
    proof = Proof(endpoint.sources[0].name)
    witnesses = _witnesses(endpoint)
    sections: list[Path] = [(section,) for section in schemas.SECTIONS]
    sections += [("$defs", name) for name in endpoint.document.get("$defs", {})]
    for mutation in mutations(endpoint.document, sections):
        document = mutation.apply(endpoint.document)
        bundler = Bundler((document, endpoint.sources), registry.shared)
        mutated = Endpoint(endpoint.id, document, endpoint.sources, bundler)
        _count(proof, mutation, endpoint.sources, _noticed(mutated, endpoint, witnesses, mutation))
    return proof


def _prove_shared(registry: Registry, name: str, users: list[Endpoint]) -> Proof:
    document, sources = registry.shared(name)
    proof = Proof(sources[0].name)
    refused = [(user, _witnesses(user)) for user in users]
    for mutation in mutations(document, [(key,) for key in document]):
        loosened: File = (mutation.apply(document), sources)

        def shared(wanted: str, loosened: File = loosened) -> File:
            return loosened if wanted == name else registry.shared(wanted)

        noticed = any(
            _noticed(
                Endpoint(user.id, user.document, user.sources, Bundler((user.document, user.sources), shared)),
                user,
                witnesses,
                mutation,
            )
            for user, witnesses in refused
        )
        _count(proof, mutation, sources, noticed)
    return proof


def _count(proof: Proof, mutation: Mutation, sources: Any, noticed: bool) -> None:
    if noticed:
        proof.defended += 1
        return
    words = f"undefended: no rejected example notices when `{mutation}` is gone"
    proof.undefended.append(at(sources, (*mutation.path, mutation.keyword), "undefended", words))


def _witnesses(endpoint: Endpoint) -> list[examples.Example]:
    """The rejected examples that do their work: refused for the reason they name."""
    return [example for example in examples.rejected(endpoint) if set(example.because) <= _reasons(endpoint, example)]


def _reasons(endpoint: Endpoint, example: examples.Example) -> set[str]:
    return {violation.because for violation in examples.violations(endpoint, example)}


def _noticed(mutated: Endpoint, original: Endpoint, witnesses: list[examples.Example], mutation: Mutation) -> bool:
    # Likely witnesses first: those that name the rule, or the field, that was loosened.
    hints = {mutation.keyword, mutation.name, *map(str, mutation.path[-2:])} - {None}
    for example in sorted(witnesses, key=lambda e: -sum(str(hint) in " ".join(e.because) for hint in hints)):
        if not set(example.because) <= _reasons(mutated, example):
            return True
    return "if" in mutation.path and any(examples.violations(mutated, e) for e in examples.accepted(original))


def _users(endpoints: list[Endpoint]) -> dict[str, list[Endpoint]]:
    """Which of the endpoints refer to each shared file."""
    users: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        parts = (endpoint.data, endpoint.query, endpoint.parameters, endpoint.answer)
        names = {key.partition(".")[0] for schema in parts if schema for key in schema.defs if "." in key}
        for name in names:
            users.setdefault(name, []).append(endpoint)
    return users
