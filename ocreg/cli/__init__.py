"""The `ocreg` command. Each subcommand is a module of this package, imported when it is used.

Exit codes: 0 done; 1 the API refused the request; 2 usage, settings or an invalid payload; 3 transport or an unusable
answer. `ending` adds those for failed output and for bugs. Read `app` first. Commands write to a `screen`, and `output`
formats what they write.
"""

from __future__ import annotations

import sys


def main() -> None:
    """The console script."""
    try:
        import click  # noqa: F401
    except ImportError:
        sys.stderr.write("the ocreg command needs the extra `cli`: pip install 'ocreg[cli]'\n")
        raise SystemExit(2) from None
    from .app import run

    raise SystemExit(run())
