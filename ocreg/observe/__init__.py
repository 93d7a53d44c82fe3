"""Records the shapes of what live servers answer: field names, types, formats, lengths, counts. Never values.

Read `shapes` first (what is recorded; `discretion` says what is not), then `observer`: a call puts its answer into a
short queue and continues, and a separate thread reads the queue within a small time budget. In `folder`, the shapes
of several processes and machines are merged. Imports run

    discretion < shapes < sightings < folder < observer
"""

__all__ = ["discretion", "folder", "observer", "shapes", "sightings"]
