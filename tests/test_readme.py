"""The README's commands and code, executed as written; and the longest of the examples."""

import os
import re
import shutil
import site
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.docs import pages
from tests.documents import README, ROOT, blocks


def shell(command: str, folder: Path, **environment: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", command],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """The files of the repository in another place; its virtual environment finds the packages that are installed here.

    So the commands install ocreg and nothing else. In an empty environment `.ci/run` runs them.
    """
    target = tmp_path_factory.mktemp("clone") / "ocreg"
    ignored = shutil.ignore_patterns(
        ".venv",
        ".venv-tools",
        "node_modules",
        ".git",
        "__pycache__",
        ".*_cache",
        ".hypothesis",
        "build-ci",
        "*.egg-info",
    )
    shutil.copytree(ROOT, target, ignore=ignored)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(target / ".venv")}))
    subprocess.run([sys.executable, "-m", "venv", str(target / ".venv")], check=True)
    (packages / "those_of_the_tests.pth").write_text("\n".join(site.getsitepackages()))
    return target


def test_the_first_two_blocks_are_one_line_each() -> None:
    assert [len(block.splitlines()) for block in blocks(README, "sh")[:2]] == [1, 1]


def test_the_first_command_cancels_an_order(clone: Path) -> None:
    out = shell(blocks(README, "sh")[0], clone)
    assert "POST http://localhost/openapi/3pp/outbound/v1/cancel" in out
    assert '"orderNumber": "OCO2000023303105GB"' in out
    assert '"code": 0' in out


def test_the_tutorial_installs_the_command(clone: Path) -> None:
    """Its first block, which needs a clone; `tests/docs/test_pages.py` executes the others."""
    out = shell(blocks((ROOT / "docs" / "tutorial.md").read_text("utf-8"), "sh")[0], clone)
    assert "outbound.create" in out


def test_the_second_command_finds_and_runs_the_tests(clone: Path) -> None:
    """As written; the environment narrows it to a few tests, or this test would run itself for ever."""
    out = shell(blocks(README, "sh")[1], clone, PYTEST_ADDOPTS="-k check_values")
    assert re.search(r"\b9 passed\b", out), out


def test_every_other_block_works_as_written(tmp_path: Path) -> None:
    """The first two are marked as examples: they need a clone, which the page runner's empty directory is not."""
    marked = [block.language for block in pages.blocks(README) if "example" in block.marks]
    assert marked == ["sh", "sh"]
    pages.Page(ROOT / "README.md", tmp_path).run()


def test_the_blocks_on_a_machine_with_settings_of_its_own(tmp_path: Path, monkeypatch) -> None:
    """An `ocreg.toml` in the directory and one at home: neither gets in the way of `env="local"`."""
    for folder in (tmp_path, tmp_path / ".config" / "ocreg"):
        folder.mkdir(parents=True, exist_ok=True)
        text = '[profiles.default]\nenv = "production"\nclient_key = "cmd:false"\naccount = "mine"\n'
        (folder / "ocreg.toml").write_text(text)
    monkeypatch.delenv("OCREG_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    first = blocks(README, "sh")[0].rpartition("&& .venv/bin/")[2]
    assert '"code": 0' in shell(first, tmp_path)
    pages.Page(ROOT / "README.md", tmp_path).run()


def test_it_takes_a_screen_and_a_half() -> None:
    assert len(README.splitlines()) <= 90
    assert len(README.split()) <= 700


def test_the_story_of_a_sku(capsys) -> None:
    space: dict = {"__name__": "__main__"}
    exec(compile((ROOT / "examples" / "story.py").read_text("utf-8"), "story.py", "exec"), space)
    lines = capsys.readouterr().out.splitlines()
    for line in (
        "announced  {'inTransit': 10, 'available': 0, 'reservedAllocated': 0}",
        "ordered    {'inTransit': 0, 'available': 7, 'reservedAllocated': 3}",
        "order      A-1 Outbound ['SBX']",
        "order      A-2 Cancelled []",
        "shipped    {'inTransit': 0, 'available': 8, 'reservedAllocated': 0}",
        "movement   RSVALOC -2 0 OOF",
    ):
        assert line in lines
