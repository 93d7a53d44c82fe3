"""`ocreg types`"""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..files.replacing import replacing
from ..hints import module
from ..registry.files import Registry


@click.command("types")
@click.option(
    "--out", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write FILE. Default: print the module."
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if the file of --out is not up to date.")
def command(file: Path | None, *, check: bool) -> int:
    """Write the types of all operations as a Python module, for editors and type checkers.

    Your own operations (OCREG_ENDPOINTS) are included. Use it as `from oc_operations import ops`, then
    `ops(client).stickers.order({...})`. A FILE ending in .pyi becomes a stub.
    """
    if check and file is None:
        raise click.UsageError("--check needs --out FILE, the file to check")
    text = module.text(Registry(), stub=file is not None and file.suffix == ".pyi")
    if file is None:
        click.echo(text, nl=False)
        return 0
    found = _read(file)
    if check:
        click.echo(f"{file} is up to date" if found == text else _old(file, found))
        return 0 if found == text else 1
    if found is not None and not found.startswith(module.HEADER):
        raise click.UsageError(f"{file} was not made by `ocreg types`, so it is not replaced; choose another name")
    try:
        with replacing(file, f"{os.getpid()}.new") as out:
            out.write(text.encode())
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error}") from None
    click.echo(f"wrote {file}")
    return 0


def _read(file: Path) -> str | None:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} cannot be read: {error}") from None


def _old(file: Path, found: str | None) -> str:
    why = "does not exist" if found is None else "is not up to date with the endpoint files"
    return f"{file} {why}: run `ocreg types --out {file}`"
