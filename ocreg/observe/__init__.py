"""What live servers answer, kept as shapes: field names, types, formats, lengths, how often. Never what was in them.

Read `shapes` first (what is kept, and `discretion` for what is not), then `observer`: a call leaves its answer in a
short queue and goes on; a thread of its own looks at what lies there, within a small budget. `folder` is where the
shapes of processes and machines meet. Imports run

    discretion < shapes < sightings < folder < observer
"""

__all__ = ["discretion", "folder", "observer", "shapes", "sightings"]
