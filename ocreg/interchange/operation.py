"""What a source says about one operation, in the dialect, whatever the source's format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Node = dict[str, Any]
TODO = "TODO say what"


def todo(name: str) -> str:
    """The description of a field about which a source says nothing."""
    return f"{TODO} {name} is."


@dataclass
class Operation:
    """One operation of a source.

    `query`, `path_parameters`, `body` and `answer` are schemas of the dialect, None if the source has none; `body` and
    `answer` are whole, with the envelope if there is one. `answers` are pairs of an HTTP status and an example, `shown`
    examples of parameters by name.
    `id` and `facts` come from an export of ocreg: the operation's id, and its endpoint file without the examples.
    `live`: its examples are real data, of which only the shape may pass. `caller` is `vendor` for a webhook, whose path
    is then its name. `kind` is the source's kind in `evidence.sources`.
    `notes` say what was dropped or changed, `inferred` are conclusions. `headers` are lower-case names.
    """

    method: str
    path: str
    title: str = ""
    description: str = ""
    page: str | None = None
    tags: list[str] = field(default_factory=list)
    servers: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    query: Node | None = None
    path_parameters: Node | None = None
    body: Node | None = None
    answer: Node | None = None
    defs: dict[str, Node] = field(default_factory=dict)
    requests: list[Any] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    inferred: list[str] = field(default_factory=list)
    id: str | None = None
    facts: Node = field(default_factory=dict)
    live: bool = False
    caller: str = "client"
    kind: str = "documentation"

    def note(self, words: str) -> None:
        if words not in self.notes:
            self.notes.append(words)


@dataclass
class Source:
    """What was found in a file: operations, what cannot be one and why (`refused`), and other remarks (`said`).

    `secrets` are texts to mask everywhere, `hosts` those whose calls were skipped.
    """

    operations: list[Operation] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
