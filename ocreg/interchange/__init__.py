"""Other formats, in and out. `scaffold` starts an endpoint file from a few facts; `signatures` knows what other
clients hash in place of what the vendor requires; `shapes` infers a schema from values.

Importing: read `operation` (the neutral record) first, then `proposals` (the steps). `documents` parses a file and
`sources` selects the reader of its format: `openapi`; or `postman`, `har`, `curl` and `page_text`, which produce
`calls`. Everything after the neutral record is the same for all. Imports run operation, style, shapes, instances,
rejections < scaffold, scrubbing, documents, effects < tidying, wrapping, matching, paths < dialect < exported, calls <
commented < readers < sources, drafts, overlays < proposals.

Exporting: `specification` (OpenAPI), `collection` (Postman) and `bundle` (JSON Schema) use `components` (the dialect
in plain JSON Schema) and `samples`. `marks` are the `x-ocreg-*` keys, and `exported` reads them back.

Learning: `comparison` compares a file with what was observed; `learning` (which imports it and `proposals`) makes the
overlay.
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
