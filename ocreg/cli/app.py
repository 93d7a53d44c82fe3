"""The command's frame: its group of lazily imported subcommands, and how errors become text and exit codes."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from .. import __version__
from ..errors import OcregError
from . import ending, output
from .effect import Effect
from .screen import Unwritable, screens

COMMANDS = {
    "list": "list all operations, by group",
    "search": "search operations, fields and business codes",
    "show": "show one operation: fields, limits, examples, evidence",
    "plan": "show what a call would send, without sending it",
    "call": "call an operation",
    "pull": "read all pages, time windows and chunks into a file",
    "push": "send the rows of a file, each exactly once",
    "journal": "show what was pushed, what is in doubt and what to run next",
    "lint": "check endpoint files",
    "init": "set up: write a profile, check the keys, offer the login",
    "login": "log a seller in and keep the tokens",
    "whoami": "show which profile, host and tokens a call would use, and what is missing",
    "accounts": "list the accounts that are logged in",
    "logout": "delete an account's tokens",
    "trust": "trust the ocreg.toml of a directory",
    "sign": "show how a call is signed, and why a signature does not match",
    "new": "start an endpoint file",
    "import": "make endpoint files from an OpenAPI document or a saved page",
    "export": "write the registry as OpenAPI, a Postman collection or JSON Schema",
    "learn": "compare live answers with an endpoint file, and make an overlay",
    "drift": "report where live answers differ from the endpoint files",
    "receive": "receive what the vendor sends to you, and draft its endpoint file",
    "types": "write the types of all operations, for editors and type checkers",
    "diff": "show what changed between two registries, and whether it breaks callers",
    "sandbox": "serve the local sandbox over HTTP, with a page to explore it",
    "docs": "write the operations as a static site",
    "mcp": "serve the operations to an agent, as MCP tools",
    "completion": "print the shell's completion script",
}


MODULES = {"import": "importing"}
"""Commands whose modules have another name, because theirs is a keyword of Python."""


class LazyGroup(click.Group):
    """Subcommands by name. A subcommand's module is imported when it runs, never for the `--help` of the group."""

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


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "color": True})
@click.version_option(__version__, prog_name="ocreg")
def cli() -> None:
    """Call OrangeConnex's eBay fulfillment openAPI, one YAML file per operation.

    Set up keys with `ocreg init` and tokens with `ocreg login`, or use OCREG_* variables. `--env local` needs neither.
    """


def run(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code. Errors go to standard error, with `--json` as JSON."""
    effect, as_json = Effect(), output.wants_json(arguments)
    with screens(effect) as (out, err):
        try:
            code = _run(arguments, effect, as_json=as_json)
            out.flush()
        except Unwritable:
            code = 0  # the command succeeded; its output failed
        err.flush()
        return ending.code_of(code, out, err, effect, as_json=as_json)


def _run(arguments: list[str] | None, effect: Effect, *, as_json: bool) -> int:
    try:
        with output.warnings_in_a_line():
            code = cli.main(args=arguments, prog_name="ocreg", standalone_mode=False, obj=effect)
    except Unwritable:
        raise
    except OcregError as error:
        output.error(error, as_json=as_json)
        return error.exit_code
    except click.ClickException as error:
        output.usage(error)
        return 2
    except click.exceptions.Abort as abort:
        click.echo(_interrupted(effect) if isinstance(abort.__cause__, KeyboardInterrupt) else _ABORTED, err=True)
        return 3 if isinstance(abort.__cause__, KeyboardInterrupt) else 2
    except SystemExit as end:  # click exits so after it printed completions for a shell
        if not isinstance(end.__context__, OSError):
            return end.code if isinstance(end.code, int) else 0
        error_of_ours: BaseException = end.__context__
    except Exception as error:  # noqa: BLE001  # any bug ends with its own exit code
        error_of_ours = error
    else:
        return code if isinstance(code, int) else 0
    sys.stderr.write(ending.mistake(error_of_ours, effect, as_json=as_json))
    return ending.MISTAKE


_ABORTED = "aborted; nothing was sent"


def _interrupted(effect: Effect) -> str:
    if effect.begun:
        return "interrupted: the outcome of a request that was under way is unknown"
    return "interrupted; nothing with an effect was sent"
