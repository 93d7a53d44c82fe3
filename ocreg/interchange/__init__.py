"""Other people's formats: `scaffold` begins an endpoint file from what little is known; `signatures` knows what other
clients hash in the place of what the vendor wants; `shapes` is the one inference from values to a schema.

Importing: read `operation` (the neutral record), then `proposals` (the way of one). `documents` makes values of a
file, `sources` asks the reader of its form: `openapi`; or `postman`, `har`, `curl` and `page_text`, which give `calls`.
Everything after the neutral record is the same for all. Imports run operation, style, shapes, instances, rejections <
scaffold, scrubbing, documents, effects < tidying, wrapping, matching, paths < dialect < exported, calls < commented <
readers < sources, drafts, overlays < proposals.

Exporting: `specification` (OpenAPI), `collection` (Postman) and `bundle` (JSON Schema) are written with `components`,
the dialect in plain JSON Schema, and `samples`. `marks` are the `x-ocreg-*` keys, and `exported` reads them back.

Learning: `comparison` holds what a file says beside what was seen, `learning` (which imports it and `proposals`) makes
the overlay.
"""

__all__ = [
    "bundle",
    "collection",
    "comparison",
    "documents",
    "learning",
    "proposals",
    "scaffold",
    "signatures",
    "specification",
    "style",
]
