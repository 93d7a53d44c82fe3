"""Who calls: settings, named profiles of them, tokens and how they are kept alive, login.

Read `settings` first. Imports run

    places < trust, references < profiles < settings < answers, grants, pickles < identity, tokens < oauth

What sends a token call is handed in.
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
