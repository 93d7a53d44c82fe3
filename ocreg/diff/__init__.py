"""What changed between two registries, in words, and whether it breaks callers.

Read `compare` first. Imports run words < trees < changes, meanings, rules < walk < compare; `revisions` takes
a registry out of git.
"""

__all__ = ["compare", "revisions"]
