"""The command's frame: its group of lazily imported subcommands, and how errors become text and exit codes."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from .. import __version__
from ..errors import OcregError
from . import output

COMMANDS = {
    "list": "list all operations, by group",
    "show": "show one operation: fields, limits, examples, evidence",
    "plan": "show what a call would send, without sending it",
    "call": "call an operation",
    "pull": "read an operation past its limits into a file",
    "push": "send the rows of a file, each exactly once",
    "lint": "check endpoint files",
    "login": "log a seller in and keep the tokens",
    "whoami": "show which profile, host and tokens a call would use",
    "logout": "forget an account's tokens",
    "new": "begin an endpoint file",
    "import": "make endpoint files of an OpenAPI document or a saved page",
    "diff": "say what changed between two registries, and whether it breaks callers",
    "sandbox": "serve the local sandbox over HTTP",
    "completion": "print the shell's completion script",
}


MODULES = {"import": "importing"}
"""Commands whose modules have another name: Python keeps some words for itself."""


class LazyGroup(click.Group):
    """Subcommands by name; the module of one is imported when it is run, never for `--help`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f".{MODULES.get(cmd_name, cmd_name)}", __package__).command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from ..registry.explain import closest_name

            near = closest_name(args[0], list(COMMANDS))
            hint = f" Did you mean {near!r}?" if near else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ocreg")
def cli() -> None:
    """Call OrangeConnex's eBay fulfillment openAPI, one YAML file per operation.

    Keys and tokens come from OCREG_* variables; `--env local` needs none.
    """


def run(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code. Errors go to standard error, with `--json` as JSON."""
    try:
        code = cli.main(args=arguments, prog_name="ocreg", standalone_mode=False)
    except OcregError as error:
        output.error(error)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except click.exceptions.Abort as abort:
        if isinstance(abort.__cause__, KeyboardInterrupt):
            sys.stderr.write("interrupted: if a request was on its way, it is unknown whether it was carried out\n")
            return 3
        sys.stderr.write("aborted; nothing was sent\n")
        return 2
    except BrokenPipeError:  # `ocreg list | head`
        sys.stderr.close()
        return 0
    return code if isinstance(code, int) else 0
