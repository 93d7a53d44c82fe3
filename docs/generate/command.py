"""Parts of `reference/command.md`: every command with its arguments and options, from click's own objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import click

from ocreg.cli.app import COMMANDS, cli
from ocreg.cli.arguments import settings

from . import table, within

_BARE = re.compile(
    r"(`[^`]*`)|(?<![\w/-])((?:-[a-z]|--[a-z][a-z-]*|OCREG_[A-Z_]+|[A-Z]+\.[a-z]+)(?:\.[a-z]+)*)(?![\w*-])"
)
"""What is code in a help text without being marked: options, variables, names of files."""


@settings
def _shared() -> None:
    """A function that has the options which choose where a call goes, and no others."""


SHARED: list[click.Option] = list(reversed(_shared.__click_params__))


def files() -> dict[PurePosixPath, str | bytes]:
    context = click.Context(cli, info_name="ocreg")
    found = [(name, command) for name in COMMANDS if (command := cli.get_command(context, name)) is not None]
    rows = [[f"[`ocreg {name}`](#ocreg-{name})", marked(text)] for name, text in COMMANDS.items()]
    return within(
        "reference/command.md",
        list=table(["command", "what it does"], rows),
        settings=options(SHARED),
        commands="\n\n".join(part for name, one in found for part in described(one, f"ocreg {name}", context, 2)),
    )


def described(command: click.Command, name: str, above: click.Context, level: int) -> Iterator[str]:
    context = click.Context(command, info_name=name.rpartition(" ")[2], parent=above)
    yield f"{'#' * level} {name}"
    words = [argument(one) for one in command.params if isinstance(one, click.Argument)]
    words += ["[COMMAND]"] if isinstance(command, click.Group) else []
    yield f"`{' '.join([name, '[OPTIONS]', *words])}`"
    for paragraph in (command.help or "").split("\n\n"):
        yield marked(" ".join(paragraph.split()))
    same = {option.opts[0]: option.help for option in SHARED}
    given = [one for one in command.params if isinstance(one, click.Option)]
    shared = [one for one in given if same.get(one.opts[0], "") == one.help]
    if len(shared) > 2:
        given = [one for one in given if one not in shared]
        yield "It also takes the [options that choose the account](#options-that-choose-the-account)."
    yield from [options(given).strip()] if given else []
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from described(found, f"{name} {inner}", context, level + 1)


def argument(one: click.Argument) -> str:
    if one.metavar:
        return one.metavar if one.required or one.metavar.startswith("[") else f"[{one.metavar}]"
    word = "|".join(one.type.choices) if isinstance(one.type, click.Choice) else str(one.name).upper()
    return (word if one.required else f"[{word}]") + "..." * (one.nargs != 1)


def options(given: list[click.Option]) -> str:
    return table(["option", "meaning"], [[spelled(one), marked(" ".join(meaning(one)))] for one in given])


def spelled(option: click.Option) -> str:
    """Its names, and what stands for its value."""
    value = option.metavar or (
        "" if isinstance(option.type, click.Choice) else option.type.name.partition(" ")[0].upper()
    )
    names = [*option.opts, *option.secondary_opts]
    last = names[-1] if option.is_flag or not value else f"{names[-1]} {value}"
    return ", ".join(f"`{name}`" for name in [*names[:-1], last])


def meaning(option: click.Option) -> Iterator[str]:
    yield option.help or ""
    if option.required:
        yield "Required."
    if option.multiple and not re.search("repeat|several times", option.help or "", re.IGNORECASE):
        yield "May be repeated."
    if isinstance(option.type, click.Choice):
        yield "One of " + ", ".join(f"`{choice}`" for choice in option.type.choices) + "."
    if isinstance(option.type, (click.IntRange, click.FloatRange)):
        low, high = option.type.min, option.type.max
        if high is not None:
            yield f"From {low:,} to {high:,}."
        elif low is not None:
            yield f"More than {low}." if option.type.min_open else f"At least {low}."
    if isinstance(option.default, (str, int, float)) and not isinstance(option.default, bool):
        yield f"Default: `{option.default}`." if "Default: " not in (option.help or "") else ""


def marked(text: str) -> str:
    """A help text with what is code in it marked as such."""
    return _BARE.sub(lambda found: found[1] or f"`{found[2]}`", text).replace("<", "\\<")
