"""The `ocreg` command. Each subcommand is a module of this package, imported when it is used.

Exit codes: 0 done, 1 the API said no, 2 usage, settings or an invalid payload, 3 transport or an unusable answer; of
the output and of bugs: `ending`. `screen` is what commands write to, `output` how it looks.
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
