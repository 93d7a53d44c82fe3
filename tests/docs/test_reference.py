"""What the reference says by hand is true: the format's tour is a good file, and every option exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from ocreg import yaml12
from ocreg.cli.app import cli
from ocreg.lint import checks
from ocreg.registry import explain
from ocreg.registry.files import Registry
from tests.docs.test_markdown import DOCUMENTS, inner
from tests.documents import ROOT, blocks

OTHERS = {"--quick", "--only", "--beside", "--without-posix", "--preload", "--upgrade"}
"""Options of other programs, which documents name: of the benchmarks, pytest, gunicorn and pip."""


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
    known = {*options(cli), "--help", "--version", *OTHERS}
    for path in DOCUMENTS:
        if path.name == "CHANGELOG.md":
            continue  # it also names what was taken away
        code = " ".join(token.content for token in inner(path) if token.type == "code_inline")
        unknown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", code)) - known
        assert unknown == set(), path.relative_to(ROOT)


def test_the_list_as_markdown_has_every_operation() -> None:
    head, rule, *rows = CliRunner().invoke(cli, ["list", "--markdown"]).output.splitlines()
    assert (head.count("|"), rule) == (5, "|---|---|---|---|")
    assert [row.split("`")[1] for row in rows] == list(Registry([]))
