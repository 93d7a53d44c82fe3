"""The account of calls: settings and their profiles, tokens and their refresh, login.

Read `settings` first. Imports run

    places < trust, references < profiles < settings < answers, grants, pickles < identity, tokens < oauth

The function that sends a token call is passed in.
"""

__all__ = [
    "answers",
    "grants",
    "identity",
    "oauth",
    "pickles",
    "places",
    "profiles",
    "references",
    "settings",
    "tokens",
    "trust",
]
