"""`ocreg completion SHELL`"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_BASH_END = "    return 0\n}\n"
_BASH_OPEN_END = """\
    [[ ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace 2>/dev/null

"""
"""No space follows a field, whose value is still missing, or a folder, whose file is still missing."""


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for a shell. Save it where your shell reads it.

    bash: ocreg completion bash >> ~/.bashrc
    """
    from .app import cli

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(cli, {}, "ocreg", "_OCREG_COMPLETE").source()
    click.echo(script.replace(_BASH_END, _BASH_OPEN_END + _BASH_END, 1))
