"""Other people's formats: `scaffold` begins an endpoint file from what little is known; `signatures` knows what other
clients hash in the place of what the vendor wants; `shapes` is the one inference from values to a schema.

Importing: read `operation` (the neutral record), then `proposals` (the way of one). `documents` makes values of a
file, `sources` asks the reader of its form: `openapi`; or `postman`, `har`, `curl` and `page_text`, which give `calls`.
Everything after the neutral record is the same for all. Imports run operation, scaffold, shapes, scrubbing, documents,
effects < tidying, wrapping, instances, matching, paths < dialect < calls < commented < readers < sources, drafts,
overlays < proposals.
"""

__all__ = ["documents", "proposals", "scaffold", "signatures"]
