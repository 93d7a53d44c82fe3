"""The README's commands and code, and the examples in docs/, executed as written."""

import os
import re
import shutil
import site
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from ocreg import yaml12
from ocreg.lint import checks
from ocreg.registry import explain
from ocreg.registry.files import Registry
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
        ".venv", ".git", "__pycache__", ".*_cache", ".hypothesis", "build-ci", "*.egg-info"
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


def test_the_shell_blocks(tmp_path: Path) -> None:
    out = shell(blocks(README, "sh")[2], tmp_path)
    assert "outbound.cancel" in out
    assert "DEDomesticStandard" in out


def test_the_blocks_on_a_machine_with_settings_of_its_own(tmp_path: Path, monkeypatch) -> None:
    """An `ocreg.toml` in the directory and one at home: neither gets in the way of `env="local"`."""
    for folder in (tmp_path, tmp_path / "config" / "ocreg"):
        folder.mkdir(parents=True, exist_ok=True)
        text = '[profiles.default]\nenv = "production"\nclient_key = "cmd:false"\naccount = "mine"\n'
        (folder / "ocreg.toml").write_text(text)
    monkeypatch.delenv("OCREG_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    first = blocks(README, "sh")[0].rpartition("&& .venv/bin/")[2]
    assert '"code": 0' in shell(first, tmp_path)
    assert "DEDomesticStandard" in shell(
        blocks(README, "sh")[2].replace("ocreg plan", "ocreg plan --env local"), tmp_path
    )
    monkeypatch.chdir(tmp_path)
    space: dict = {}
    for block in blocks(README, "python")[:3]:
        exec(compile(block, "README.md", "exec"), space)
    assert space["found"]["data"][0]["referenceNumber"] == "A-1001"


def test_the_python_blocks(capsys) -> None:
    space: dict = {}
    for block in blocks(README, "python"):
        exec(compile(block, "README.md", "exec"), space)
    out = capsys.readouterr().out
    assert space["found"]["data"][0]["referenceNumber"] == "A-1001"
    assert space["fields"] == ["ordernumber", "orderNumber", "cancelTime"]
    assert "fix: use `orderNumber`" in out
    assert any(line.startswith("3 [") for line in out.splitlines())
    assert len([line for line in out.splitlines() if line.startswith("B-") and " yes {" in line]) == 120


def test_your_own_operation(tmp_path: Path) -> None:
    (tmp_path / "stickers").mkdir()
    (tmp_path / "stickers" / "order.yaml").write_text(blocks(README, "yaml")[0], "utf-8")
    assert '"code": 0' in shell(blocks(README, "sh")[3], tmp_path)
    assert checks.lint(Registry([tmp_path]), ["stickers.order"]) == []


def test_the_ci_block(tmp_path: Path) -> None:
    out = shell(blocks(README, "sh")[4], tmp_path)
    assert "wrote stickers/cancel.yaml" in out
    assert "of all rules are defended" in out


def test_the_formats_tour_is_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "tour").mkdir()
    block, *pieces = blocks((ROOT / "docs" / "reference" / "format.md").read_text("utf-8"), "yaml")
    (tmp_path / "tour" / "cancel.yaml").write_text(block.replace("v1/cancel", "v9/cancel"), "utf-8")
    assert checks.lint(Registry([tmp_path]), ["tour.cancel"]) == []
    for piece in pieces:
        document = {**yaml12.parse(block.encode(), "tour"), **yaml12.parse(piece.encode(), "piece")}
        assert checks.law().ok(document), explain.violations(checks.law(), document)[0]


def test_the_table_of_operations_is_the_registrys() -> None:
    out = subprocess.run(
        [sys.executable, "-m", "ocreg", "list", "--markdown"], capture_output=True, text=True, check=True
    )
    inside = README.partition("<!-- made by `ocreg list --markdown` -->\n")[2].partition("<!-- end -->")[0]
    assert inside == out.stdout
    assert inside.count("\n| `") == len(Registry([])) == 37


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


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text("utf-8")):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_settings_table_names_every_variable() -> None:
    from ocreg.account import settings

    names = re.findall(r"OCREG_[A-Z_]+", settings.__doc__)
    assert names
    assert all(f"`{name}`" in README for name in names)


def test_the_documented_sandbox_options_exist() -> None:
    text = (ROOT / "docs" / "reference" / "sandbox.md").read_text("utf-8")
    out = subprocess.run(
        [sys.executable, "-m", "ocreg", "sandbox", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for option in set(re.findall(r"`(--[a-z-]+)", text)):
        assert option in out
