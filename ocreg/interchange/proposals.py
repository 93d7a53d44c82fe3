"""From documents to proposed files: matched, drafted, scrubbed, linted, compared with the registry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .. import yaml12
from ..diff import compare
from ..errors import EndpointInvalid
from ..lint import checks
from ..lint.findings import Finding
from ..registry.endpoint import Endpoint
from ..registry.files import Registry
from . import drafts, matching, rejections, scrubbing, sources, style, wrapping
from .operation import TODO, Node, Operation, Source
from .overlays import Overlay

_EXAMPLE = re.compile(r"\$\.examples\.(request|response)\[([0-9]+)\]")
_BOLDNESS = ({"fields": True, "rules": True}, {"fields": True, "rules": False}, {"fields": False, "rules": False})


@dataclass
class Proposal:
    """A proposed file for the operation `id`; it is an overlay if the registry has the operation.

    `text` is empty if the source says nothing new. `changes` describe what an overlay changes, `missing` what is still
    not known. `request` holds an example's parts (`data`, `query`, `path`), None if there is none.
    """

    id: str
    overlay: bool
    text: str
    effect: str
    guessed: bool
    contradictions: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    request: Node | None = None
    callable_locally: bool = True

    @property
    def an_effect(self) -> str:
        return f"{'an' if self.effect == 'update' else 'a'} {self.effect}"


Found = tuple[Operation, list[str]]
"""An operation, and the secrets of its document."""


class NoProposal(ValueError):
    """An operation for which no file can be proposed; the text says why."""


class Proposer:
    """Proposes files over a registry. `hosts` are other hosts than the vendor's whose calls are read."""

    def __init__(self, registry: Registry, hosts: Iterable[str] = ()) -> None:
        self.registry, self.known = registry, matching.Known(registry, hosts)
        self._taken: dict[str, str] = {}

    def read(self, file: Path) -> Source:
        """The content of a file. Raises NotReadable."""
        return sources.read(file, self.known)

    def propose(
        self, operation: Operation, secrets: list[str], id: str | None = None, effect: str | None = None
    ) -> Proposal:
        """The file for an operation of a source. Raises NoProposal."""
        try:
            base = self.registry[id] if id and id in self.registry else None if id else self.known.match(operation)
        except (matching.Ambiguous, EndpointInvalid) as error:
            raise NoProposal(str(error)) from None
        id = (
            base.id if base else id or matching.new_id(operation, {*(e.id for e in self.known.endpoints), *self._taken})
        )
        if not id:
            raise NoProposal("no id can be made from its path: import it separately, with --id")
        if id in self._taken:
            raise NoProposal(f"its id is {id}, as is that of {self._taken[id]}: import one of them separately")
        made = self._over(base, operation, secrets, effect) if base else self._new(id, operation, secrets, effect)
        self._taken[id] = f"{operation.method} {operation.path}"
        return made

    def _new(self, id: str, operation: Operation, secrets: list[str], effect: str | None) -> Proposal:
        plain = drafts.draft(operation, effect)
        if not plain.get("envelope", True) and not wrapping.may_be_object(plain.get("response"), operation.defs):
            raise NoProposal("its answer is not a JSON object, which ocreg requires")
        document = self._with_examples(id, operation, plain, secrets)
        document = self.defended(id, document)
        text = text_of(document, id)
        endpoint = self.endpoint(id, text)
        made = Proposal(id, False, text, document["effect"], effect is None and not operation.facts)
        _finish(made, endpoint, operation, document)
        return made

    def _with_examples(self, id: str, operation: Operation, plain: Node, secrets: list[str]) -> Node:
        """The document with the examples that its schemas accept, or with made ones if the source's are refused."""
        findings: list[Finding] = []
        for own in (True, False):
            examples = drafts.examples(operation, plain, own=own)
            for _ in range(2):
                document: Node = scrubbing.scrubbed({**plain, "examples": examples} if examples else plain, secrets)
                findings = self.findings(id, text_of(document, id))
                bad = {(m[1], int(m[2])) for f in findings if f.rule == "example" and (m := _EXAMPLE.match(f.path))}
                if not bad:
                    break
                examples = {
                    part: kept
                    for part, listed in examples.items()
                    if (kept := [item for n, item in enumerate(listed) if (part, n) not in bad])
                }
                operation.note("examples that break the source's own schema: dropped")
            if not findings and _complete(document):
                return document
        if findings:
            raise NoProposal(f"the result breaks a rule of the format: {first_of(findings)}")
        return document

    def _over(self, base: Endpoint, operation: Operation, secrets: list[str], effect: str | None) -> Proposal:
        """An overlay, with as many rules as the file's own examples allow."""
        draft = drafts.draft(operation, base.effect, base.envelope if _sent_alone(base, operation) else None)
        for how in _BOLDNESS:
            overlay = Overlay(base, draft, told=operation.kind == "documentation", **how)
            patch = self._patch(base, overlay, operation, effect)
            if set(patch) <= {"evidence"} and not _news(base, patch, overlay, operation):
                return Proposal(base.id, True, "", base.effect, False)
            document = scrubbing.scrubbed({"extends": base.id, **patch}, secrets)
            text = text_of(document, base.id)
            findings = self.findings(base.id, text)
            if not findings:
                document = self.defended(base.id, document)
                text = text_of(document, base.id)
                break
        else:
            raise NoProposal(f"{base.id}: the overlay breaks a rule of the format: {first_of(findings)}")
        endpoint = self.endpoint(base.id, text)
        made = Proposal(
            base.id, True, text, endpoint.effect, False, scrubbing.scrubbed(overlay.contradictions, secrets)
        )
        old, new = compare.meaning(base), compare.meaning(endpoint)
        made.changes = [
            f"{change.path}: {change.message}" + (" (breaks callers)" if change.breaking else "")
            for change in compare.compare(base.id, old, new)
        ]
        _finish(made, endpoint, operation, document)
        return made

    def defended(self, id: str, document: Node) -> Node:
        """A document with a rejected example for each of its rules, as far as its other examples allow."""
        rejected = rejections.added(self.endpoint(id, text_of(document, id)), self.registry)
        if not rejected:
            return document
        whole = {**document, "examples": {**document.get("examples", {}), "rejected": rejected}}
        findings = self.findings(id, text_of(whole, id))
        before = self.findings(id, text_of(document, id)) if findings else []
        return whole if {(f.path, f.rule) for f in findings} <= {(f.path, f.rule) for f in before} else document

    def _patch(self, base: Endpoint, overlay: Overlay, operation: Operation, effect: str | None) -> Node:
        patch = dict(overlay.patch)
        if effect and effect != base.effect:
            patch["effect"] = effect
        merged = {**base.document, **patch}
        whole = (
            {**merged, "data": patch["data"]} if base.document.get("data") in ({}, None) and "data" in patch else merged
        )
        if not base.examples and ("data" in patch or "response" in patch):
            examples = drafts.examples(operation, whole, own=True)
            patch |= {"examples": examples} if examples else {}
        evidence = overlay.evidence()
        return {**patch, **({"evidence": evidence} if evidence else {})}

    def findings(self, id: str, text: str) -> list[Finding]:
        if len(text.encode()) > yaml12.MAX_BYTES:
            raise NoProposal(f"the result is larger than {yaml12.MAX_BYTES:,} bytes")
        with TemporaryDirectory(prefix="ocreg-import-") as temporary:
            registry = self._registry(Path(temporary), id, text)
            try:
                return checks.lint(registry, [id])
            except EndpointInvalid as error:
                raise NoProposal(str(error)) from None

    def endpoint(self, id: str, text: str) -> Endpoint:
        with TemporaryDirectory(prefix="ocreg-import-") as temporary:
            endpoint = self._registry(Path(temporary), id, text)[id]
            endpoint.answer.ok(None)
            return endpoint

    def _registry(self, root: Path, id: str, text: str) -> Registry:
        file = root.joinpath(*id.split(".")).with_suffix(".yaml")
        file.parent.mkdir()
        file.write_text(text, "utf-8")
        return Registry([root, *(Path(str(known)) for known in self.registry.roots[:-1])])


def first_of(findings: list[Finding]) -> str:
    return f"{findings[0].path}: {findings[0].message.partition(chr(10))[0]}"


def _sent_alone(base: Endpoint, operation: Operation) -> bool:
    """Whether a source shows an enveloped operation's payload by itself, as collections do."""
    fields = set((operation.body or {}).get("properties", {}))
    known = set((base.data.root if base.data else {}).get("properties", {}))
    return operation.body is None or (bool(fields & known) and "data" not in fields)


def _news(base: Endpoint, patch: Node, overlay: Overlay, operation: Operation) -> bool:
    """Whether evidence alone justifies a file: contradictions, a higher status, another page."""
    pages = {source.get("page") for source in base.evidence.get("sources", ())}
    raised = "status" in patch.get("evidence", {})
    return bool(overlay.contradictions) or raised or (operation.page is not None and operation.page not in pages)


def _complete(document: Node) -> bool:
    examples = document.get("examples", {})
    asks, answers = "data" in document or "query" in document, "response" in document
    return ("request" in examples or not asks) and ("response" in examples or not answers)


def _finish(made: Proposal, endpoint: Endpoint, operation: Operation, document: Node) -> None:
    """Fills in what is still missing to call it, and an example call."""
    made.notes = [scrubbing.text(note) for note in operation.notes]
    if made.guessed:
        made.missing.append(f"whether it is {made.an_effect} (guessed from its name; set it with --effect)")
    todo = made.text.count(TODO)
    if todo:
        made.missing.append(f"{todo} description{'' if todo == 1 else 's'} (marked TODO)")
    if "response" not in endpoint.document:
        made.missing.append("the form of the answer's data")
    first = next(iter(endpoint.examples.get("request", ())), {})
    made.request = {key: first[key] for key in ("data", "query", "path") if key in first} or None
    if made.request is None and endpoint.data is not None and not endpoint.data.ok({}):
        made.missing.append("an example of a request that its schema accepts")
    made.callable_locally = endpoint.path is not None and endpoint.caller == "client"


def text_of(document: Node, id: str, command: str = "import") -> str:
    """The text of a document's file."""
    group, _, name = id.partition(".")
    return style.document(document, style.head(f"{group}/{name}.yaml, by `ocreg {command}`"))


def all_of(found: Iterable[Found], proposer: Proposer, **given: Any) -> tuple[list[Proposal], list[str]]:
    """A proposal for each operation, and for the others the reasons why there is none."""
    proposals: list[Proposal] = []
    refused: list[str] = []
    for operation, secrets in found:
        try:
            proposals.append(proposer.propose(operation, secrets, **given))
        except NoProposal as error:
            where, why = (scrubbing.scrubbed(words, secrets) for words in (operation.path, str(error)))
            refused.append(f"{operation.method} {where}: {why}")
    return proposals, refused
