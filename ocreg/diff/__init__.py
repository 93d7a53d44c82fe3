"""What changed between two registries, in words, and whether it breaks callers.

Read `compare` first. Imports run words < trees < changes, meanings, rules < walk < compare; `revisions` reads a
registry from git.
"""

__all__ = ["compare", "revisions"]
