"""The content of a file in any format: the format is recognized by content, and its reader is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import curl, documents, har, openapi, page_text, postman, scrubbing
from .documents import NotReadable
from .matching import Known
from .operation import Source

_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Known], Source]], ...] = (
    (openapi.recognises, openapi.read),
    (postman.recognises, postman.operations),
    (har.recognises, har.operations),
    (page_text.recognises, page_text.operations),  # a page may also show a curl line
    (curl.recognises, curl.operations),
)
_OTHERS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "Swagger 2.0": lambda value: "swagger" in value,
    "Apifox's own format": lambda value: "apifoxProject" in value or "apiCollection" in value,
    "a Postman collection of version 1": lambda value: isinstance(value.get("requests"), list) and "order" in value,
    "a Postman environment": lambda value: "_postman_variable_scope" in value,
}


def read(file: Path, known: Known) -> Source:
    """The operations in a file. Raises NotReadable, which repeats nothing of the file."""
    value = documents.load(file)
    for recognises, reader in _READERS:
        if recognises(value):
            return _finished(reader(value, known), value, known)
    for name, is_it in _OTHERS.items():
        if isinstance(value, dict) and is_it(value):
            raise NotReadable(f"this is {name}, which is not supported: export OpenAPI 3.0 or 3.1, or Postman v2.1")
    raise NotReadable(
        "none of these: OpenAPI with `paths` or `webhooks`, a page's Markdown form or its text, a Postman collection, "
        "HAR, curl lines"
    )


def _finished(source: Source, value: Any, known: Known) -> Source:
    source.secrets = list(dict.fromkeys([*source.secrets, *scrubbing.known_secrets(value)]))
    source.refused = scrubbing.scrubbed(source.refused, source.secrets)
    source.said = scrubbing.scrubbed(source.said, source.secrets)
    for operation in source.operations:
        operation.path = known.below(operation.path)
    return source
