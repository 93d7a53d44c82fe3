"""What the reference says by hand is true: the format's tour is a good file, and every option exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from ocreg import yaml12
from ocreg.cli.app import COMMANDS, cli
from ocreg.lint import checks
from ocreg.registry import explain
from ocreg.registry.files import Registry
from tests.docs.test_markdown import DOCUMENTS, inner
from tests.documents import ROOT, blocks

OTHERS = {"--help", "--version", "--preload", "--beside"}  # the last two are of gunicorn and of the benchmarks


def options(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from options(command.get_command(context, name))


def test_the_formats_tour_is_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "tour").mkdir()
    block, *pieces = blocks((ROOT / "docs" / "reference" / "format.md").read_text("utf-8"), "yaml")
    (tmp_path / "tour" / "cancel.yaml").write_text(block.replace("v1/cancel", "v9/cancel"), "utf-8")
    assert checks.lint(Registry([tmp_path]), ["tour.cancel"]) == []
    for piece in pieces:
        document = {**yaml12.parse(block.encode(), "tour"), **yaml12.parse(piece.encode(), "piece")}
        assert checks.law().ok(document), explain.violations(checks.law(), document)[0]


def test_every_option_in_the_documents_exists() -> None:
    """Those of a command in the command, and those that stand alone in one of the commands."""
    known = {"": {*options(cli)}, **{name: {*options(cli.get_command(click.Context(cli), name))} for name in COMMANDS}}
    for path in DOCUMENTS:
        for code in (token.content for token in inner(path) if token.type == "code_inline"):
            found = re.match(rf"(?:ocreg +({'|'.join(COMMANDS)})\b.*?)?(?=--[a-z])", code)
            if found and path.name != "CHANGELOG.md":  # which also names what was taken away
                unknown = {*re.findall(r"(?<!\S)--[a-z][a-z-]*", code)} - known[found[1] or ""] - OTHERS
                assert not unknown, f"{path.relative_to(ROOT)}: `{code}`"


def test_the_list_as_markdown_has_every_operation() -> None:
    head, rule, *rows = CliRunner().invoke(cli, ["list", "--markdown"]).output.splitlines()
    assert (head.count("|"), rule) == (5, "|---|---|---|---|")
    assert [row.split("`")[1] for row in rows] == list(Registry([]))
