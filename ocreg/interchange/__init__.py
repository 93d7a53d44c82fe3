"""Other people's formats, in and out of endpoint files. `scaffold` begins a file from what little is known.

Importing: read `operation` (the neutral record), then `proposals` (the way of one). Imports run operation, scaffold,
scrubbing, documents, effects < tidying, wrapping, instances, matching < dialect < openapi, drafts, overlays <
proposals. A reader of another source turns it into operations, as `openapi` does; everything after that is there.
"""

__all__ = ["documents", "proposals", "scaffold"]
