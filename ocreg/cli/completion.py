"""`ocreg completion SHELL`"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script; put it where your shell reads it.

    bash: ocreg completion bash >> ~/.bashrc
    """
    from .app import cli

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "ocreg", "_OCREG_COMPLETE").source())
