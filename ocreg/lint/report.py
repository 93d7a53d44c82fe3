"""Findings as text, JSON, GitHub annotations or SARIF."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from .. import __version__
from .findings import Finding

_MOST_RESULTS = 25_000  # GitHub refuses a run with more
RULES = {
    "format": "the file breaks the format (endpoint.schema.yaml), or cannot be read",
    "reference": "a $ref leads nowhere, or to a forbidden place",
    "meta-schema": "a schema is not JSON Schema 2020-12",
    "unsatisfiable": "no value can satisfy this rule",
    "unbreakable": "no value can break this rule",
    "required-unknown": "a required field is not among the properties",
    "slow-pattern": "a validator may hang on this pattern",
    "description": "a field has no description",
    "yaml-trap": "other YAML readers do not read a string here",
    "name": "limits, finds or confirm names a field or an operation that does not exist",
    "example": "an example breaks its own schema",
    "rejected": "a rejected example is not refused for the reason it names",
    "same-address": "two operations have the same method and path",
    "file-name": "the file's name is not an operation's, or two names differ only in case",
    "undefended": "no rejected example tests this rule",
}


def text(findings: Sequence[Finding]) -> str:
    """`file:line: path: message`, one line each."""
    return "\n".join(map(str, findings))


def as_json(findings: Sequence[Finding]) -> str:
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2)


def github(findings: Sequence[Finding]) -> str:
    """Workflow commands that GitHub Actions shows beside the lines of a pull request."""
    return "\n".join(
        f"::error file={_escaped(f.file, ',:')},line={f.line},title={f.rule}::{_escaped(f'{f.path}: {f.message}')}"
        for f in findings
    )


def _escaped(words: str, also: str = "") -> str:
    for character in "%\r\n" + also:
        words = words.replace(character, f"%{ord(character):02X}")
    return words


def sarif(findings: Sequence[Finding]) -> str:
    """SARIF 2.1.0 for GitHub's code scanning: descriptions of each rule, URIs relative to the current directory."""
    driver = {"name": "ocreg", "version": __version__, "rules": [_rule(id, words) for id, words in RULES.items()]}
    numbers = {id: number for number, id in enumerate(RULES)}
    results = [
        {
            "ruleId": finding.rule,
            "ruleIndex": numbers[finding.rule],
            "level": "error",
            "message": {"text": f"{finding.path}: {finding.message}"},
            "locations": [{"physicalLocation": _location(finding)}],
            "partialFingerprints": {"primaryLocationLineHash": _fingerprint(finding)},
        }
        for finding in findings[:_MOST_RESULTS]
    ]
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    log = {"$schema": schema, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, ensure_ascii=False, indent=2)


def _rule(id: str, words: str) -> dict[str, object]:
    about = {"text": f"{words[0].upper()}{words[1:]}."}
    more = {
        "fullDescription": about,
        "help": {"text": f"{about['text']} docs/reference/format.md explains the format."},
    }
    return {"id": id, "name": id, "shortDescription": about, **more, "defaultConfiguration": {"level": "error"}}


def _location(finding: Finding) -> dict[str, object]:
    return {"artifactLocation": {"uri": _uri(finding.file)}, "region": {"startLine": finding.line}}


def _uri(file: str) -> str:
    """Relative to the current directory, which is the repository's in a workflow; a path outside it gets a scheme."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_uri() if path.is_absolute() else quote(path.as_posix().replace("\\", "/"))


def _fingerprint(finding: Finding) -> str:
    """What stays the same when lines are added above: so a finding remains one alert."""
    return hashlib.sha256("\0".join((finding.rule, _uri(finding.file), finding.path)).encode()).hexdigest()[:16] + ":1"


FORMATS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "sarif": sarif,
}
