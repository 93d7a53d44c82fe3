"""`ocreg docs --out DIR`"""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..files.replacing import replacing
from ..registry.files import Registry
from . import output


@click.command("docs")
@click.option("--out", type=click.Path(file_okay=False), required=True, metavar="DIR", help="Created if absent.")
def command(out: str) -> None:
    """Write the operations as a static site: one index.html that needs no server. It includes your overlays.

    It is the page of `ocreg sandbox`, without the parts that need a sandbox. An unusable endpoint file is an error.
    """
    from ..sandbox.page import site

    registry, file = Registry(), Path(out) / "index.html"
    text = site(registry).encode()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file, f"{os.getpid()}.new") as written:
            written.write(text)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error}") from None
    click.echo(f"wrote {file}: {output.counted(len(registry), 'operation')}, {len(text) // 1024:,} KB")
