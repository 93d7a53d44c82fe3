"""The overlay with which observations correct an operation's file.

A live server's answers outweigh a page: a type is widened, a format or a `required` that was not kept is removed, and
an undescribed field is added with the observed types. What the file describes is never made narrower: what was not
observed may come tomorrow.
"""

from __future__ import annotations

from typing import Any

from ..diff import compare
from ..lint import checks
from ..names.private import PERSONAL, SECRET
from ..observe.discretion import ANY
from ..observe.shapes import Shape
from ..observe.sightings import Sighting
from ..registry.endpoint import Endpoint
from ..registry.files import merge_patch
from . import comparison, drafts, proposals, scrubbing
from .comparison import ITEM, Finding
from .operation import Node, Operation, todo
from .proposals import NoProposal, Proposal, Proposer

_MENDED = ("undescribed", "open", "type", "format", "missing", "words", "enum")
_ELSEWHERE = "it is in another file (`$ref`), which this overlay cannot change"


def proposal(proposer: Proposer, endpoint: Endpoint, seen: dict[str, Sighting]) -> tuple[Proposal, list[Finding]]:
    """The overlay, with an empty `text` if there is nothing to write, and all findings. `seen` is by environment.

    Raises NoProposal.
    """
    found: dict[tuple[Any, ...], Finding] = {}
    for env, sighting in seen.items():
        for finding in comparison.findings(endpoint, sighting, env):
            found.setdefault((finding.path, finding.kind, finding.message), finding)
    made = Proposal(endpoint.id, True, "", endpoint.effect, False)
    patch: Node = {}
    for finding in found.values():
        why = _mend(endpoint, patch, finding) if finding.kind in _MENDED else None
        if why is not None:
            made.contradictions.append(f"{finding.where}: {finding.message}; {why}")
    evidence = _evidence(endpoint, seen, list(found.values()), made.contradictions)
    worth = patch or made.contradictions or any(finding.kind == "code" for finding in found.values())
    if worth:
        document: Node = {"extends": endpoint.id, **patch, **_examples(endpoint, patch), "evidence": evidence}
        document = proposer.defended(endpoint.id, scrubbing.scrubbed(document, []))
        made.text = proposals.text_of(document, endpoint.id, "learn")
        before = {(finding.path, finding.rule) for finding in checks.lint(proposer.registry, [endpoint.id])}
        findings = proposer.findings(endpoint.id, made.text)
        findings = [finding for finding in findings if (finding.path, finding.rule) not in before]
        if findings:
            raise NoProposal(f"{endpoint.id}: the overlay breaks a rule of the format: {proposals.first_of(findings)}")
        after = proposer.endpoint(endpoint.id, made.text)
        changes = compare.compare(endpoint.id, compare.meaning(endpoint), compare.meaning(after))
        made.changes = [f"{change.path}: {change.message}" for change in changes]
    return made, list(found.values())


def _examples(endpoint: Endpoint, patch: Node) -> Node:
    """Examples for a file that has none, made from the schemas, because observed values are not recorded."""
    if endpoint.examples or not {"data", "response"} & patch.keys():
        return {}
    operation = Operation(endpoint.method or "", endpoint.path or "", caller=endpoint.caller)
    made = drafts.examples(operation, merge_patch(endpoint.document, patch), own=False)
    return {"examples": made} if made else {}


def _mend(endpoint: Endpoint, patch: Node, finding: Finding) -> str | None:
    """Add what mends a finding to the patch; returns the reason if it cannot be mended."""
    section, *steps = finding.path
    if section == "answer":
        return "the envelope is not part of the file"
    # the file's present content, with this run's patch
    own = merge_patch(endpoint.document.get(section), patch.get(section) or {})
    name = steps.pop() if finding.kind in ("undescribed", "missing") else ""
    change: Node | None
    node: Any = own if section in endpoint.document or patch.get(section) else {}
    for step in steps:
        node = node.get("items") if step == ITEM else node.get("properties", {}).get(step)
        if not isinstance(node, dict):
            if step == ITEM and finding.kind == "open" and step is steps[-1]:
                node = {}  # a list that the file does not describe further
                continue
            return _ELSEWHERE
    change = _change(node, finding, name)
    if change is None:
        return _ELSEWHERE
    for step in reversed(steps):
        change = {"items": change} if step == ITEM else {"properties": {step: change}}
    patch[section] = merge_keeping(patch.get(section, {}), change)
    return None


def merge_keeping(base: Node, patch: Node) -> Node:
    """Two merge patches as one. Unlike in RFC 7396, a null of the second one stays: it removes something later."""
    merged = dict(base)
    for key, value in patch.items():
        below = merged.get(key)
        merged[key] = merge_keeping(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _change(node: Node, finding: Finding, name: str) -> Node | None:
    """The merge patch for the node of a finding; None if the node is in another file."""
    shape = finding.shape
    if finding.kind == "undescribed" and shape is not None:
        return None if node.get("additionalProperties") is False else {"properties": {name: schema(shape, name)}}
    if finding.kind == "open" and shape is not None:
        return schema(shape, finding.path[-1] if finding.path[1:] else "", described="description" not in node)
    if "$ref" in node:
        return None
    if finding.kind == "type" and shape is not None:
        own = node.get("type", [])
        kinds = [own] if isinstance(own, str) else list(own)
        return {"type": list(dict.fromkeys([*kinds, *(kind for kind in _kinds(shape) if kind not in kinds)]))}
    if finding.kind == "format" and "format" in node:
        return {"format": None, "description": _with(node, f"Not always a {node['format']}.")}
    if finding.kind == "missing" and name in node.get("required", ()):
        return {"required": [other for other in node["required"] if other != name] or None}
    if finding.kind == "enum" and shape is not None and "enum" in node:
        return {"enum": [*node["enum"], *(word for word in shape.words or () if word not in node["enum"])]}
    if finding.kind == "words" and shape is not None and shape.words:
        return {"description": _with(node, f"Known values: {', '.join(sorted(shape.words))}.")}
    return None


def _with(node: Node, words: str) -> str:
    return f"{node.get('description', '')} {words}".strip()


def schema(shape: Shape, name: str = "", *, described: bool = True) -> Node:
    """A schema that accepts what was observed, and is not narrower than a type."""
    kinds = _kinds(shape)
    made: Node = {}
    if kinds and kinds != ["null"]:
        made["type"] = kinds[0] if len(kinds) == 1 else kinds
    if described and name not in ("", ITEM):
        made["description"] = _description(shape, name)
    if SECRET.search(name):
        made["x-secret"] = True
    elif PERSONAL.search(name):
        made["x-sensitive"] = True
    fields = {inner: schema(below, inner) for inner, below in shape.fields.items() if inner != ANY}
    if fields:
        made["properties"] = fields
    if shape.items is not None:
        made["items"] = schema(shape.items)
    return made


def _description(shape: Shape, name: str) -> str:
    words = f"{todo(name)} Seen as {comparison.described(shape).partition(' with ')[0]}."
    if shape.words and sum(shape.words.values()) >= comparison.ENOUGH:
        words += f" Known values: {', '.join(sorted(shape.words))}."
    return words


def _kinds(shape: Shape) -> list[str]:
    """The observed types: `null` last, and no `integer` beside `number`."""
    found = [kind for kind in shape.kinds if kind != "null" and not (kind == "integer" and "number" in shape.kinds)]
    return [*found, *(["null"] if "null" in shape.kinds else [])]


def _evidence(endpoint: Endpoint, seen: dict[str, Sighting], found: list[Finding], contradictions: list[str]) -> Node:
    now = endpoint.evidence
    sources = [
        {"kind": "observed", "date": sighting.last, "note": summary(env, sighting)} for env, sighting in seen.items()
    ]
    earlier = [source for source in now.get("sources", ()) if source not in sources]
    always = [f"{finding.where or 'it'}: {finding.message}" for finding in found if finding.kind == "always"]
    codes = [f"what it means: {finding.message}" for finding in found if finding.kind == "code"]
    unknown = list(dict.fromkeys([*contradictions, *codes, *now.get("unknown", ())]))
    inferred = list(dict.fromkeys([*now.get("inferred", ()), *always]))
    return {
        "sources": [*sources, *earlier],
        **({"inferred": inferred} if always else {}),
        **({"unknown": unknown} if contradictions or codes else {}),
    }


def summary(env: str, sighting: Sighting) -> str:
    """`120 answers of production, 118 accepted, 2026-11-20 to 2026-11-27`"""
    days = sighting.first if sighting.first == sighting.last else f"{sighting.first} to {sighting.last}"
    if env == "received":
        return f"{_many(sighting.answers, 'delivery', 'deliveries')}, {sighting.accepted:,} of them JSON, {days}"
    odd = f", {sighting.unreadable:,} no JSON object" if sighting.unreadable else ""
    where = "the local sandbox" if env == "local" else env
    return f"{_many(sighting.answers, 'answer', 'answers')} of {where}, {sighting.accepted:,} accepted{odd}, {days}"


def _many(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
