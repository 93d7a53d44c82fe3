"""Who calls: settings, named profiles of them, tokens and how they are kept alive, login.

Read `settings` first. Imports run profiles < settings < identity, and settings < tokens < oauth. What sends a token
call is handed in.
"""

__all__ = ["identity", "oauth", "profiles", "settings", "tokens"]
