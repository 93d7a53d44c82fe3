"""Other people's formats: `scaffold` begins an endpoint file from what little is known; `signatures` knows what other
clients hash in the place of what the vendor wants.

Importing: read `operation` (the neutral record), then `proposals` (the way of one). Imports run operation, scaffold,
scrubbing, documents, effects < tidying, wrapping, instances, matching < dialect < openapi, drafts, overlays <
proposals. A reader of another source turns it into operations, as `openapi` does; everything after that is there.

Learning: `comparison` holds what a file says beside what was seen, `learning` (which imports it and `proposals`) makes
the overlay.
"""

__all__ = ["comparison", "documents", "learning", "proposals", "scaffold", "signatures"]
