"""Other people's formats: `scaffold` begins an endpoint file from what little is known; `signatures` knows what other
clients hash in the place of what the vendor wants.

Importing: read `operation` (the neutral record), then `proposals` (the way of one). Imports run operation, scaffold,
scrubbing, documents, effects < tidying, wrapping, instances, matching < dialect < exported < openapi, drafts, overlays
< proposals. A reader of another source turns it into operations, as `openapi` does; everything after that is there.

Exporting: `specification` (OpenAPI), `collection` (Postman) and `bundle` (JSON Schema) are written with `components`,
the dialect in plain JSON Schema, and `samples`. `marks` are the `x-ocreg-*` keys, and `exported` reads them back.
"""

__all__ = ["bundle", "collection", "documents", "proposals", "scaffold", "signatures", "specification", "style"]
