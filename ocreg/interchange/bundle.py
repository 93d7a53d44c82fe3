"""The registry's schemas by themselves: what each operation accepts and answers, as one JSON Schema document."""

from __future__ import annotations

from collections.abc import Iterable

from ..registry.endpoint import Endpoint
from .components import Components, Node, camel

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PARTS = {"data": "data", "query": "query", "path_parameters": "path", "response": "result"}
_ABOUT = (
    "`...Data` is the payload (the envelope's `data`), `...Query` and `...Path` are parameters, `...Result` is the "
    "result of a success (the answer's `data`, or the whole body if there is no envelope)."
)


def document(endpoints: Iterable[Endpoint]) -> Node:
    """The schemas of these operations under `$defs`, each with the id of its operation."""
    components = Components("#/$defs/")
    for endpoint in endpoints:
        for section, name in _PARTS.items():
            if section in endpoint.document:
                words = {"title": camel(endpoint.id, name), "x-ocreg-id": endpoint.id}
                components.add(words["title"], {**words, **components.written(endpoint, section)})
    found: Node = {"$schema": DIALECT, "title": "OrangeConnex eBay fulfillment openAPI", "description": _ABOUT}
    return {**found, "$defs": dict(sorted(components.schemas.items()))}
