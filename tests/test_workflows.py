"""The workflows for GitHub: what can be said of them without running them."""

import re
from pathlib import Path

import pytest

from ocreg import yaml12

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS = {file.stem: yaml12.parse(file.read_bytes(), file.name) for file in FILES}
JOBS = {f"{stem}.{name}": job for stem, workflow in WORKFLOWS.items() for name, job in workflow["jobs"].items()}


def test_they_are_found() -> None:
    assert set(WORKFLOWS) == {"checks", "release"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_actions_are_pinned_by_commit_with_the_version_beside_it(file) -> None:
    used = re.findall(r"uses: (.*)", file.read_text("utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/workflows/\w+\.yml", action), (
            action
        )


@pytest.mark.parametrize("name", JOBS)
def test_a_job_has_the_rights_it_needs_and_no_more(name) -> None:
    assert WORKFLOWS[name.partition(".")[0]]["permissions"] == {}
    expected = {"id-token": "write"} if name == "release.publish" else {"contents": "read"}
    assert JOBS[name]["permissions"] == expected


def test_no_secret_is_used_and_no_input_of_a_stranger_reaches_a_shell() -> None:
    for job in JOBS.values():
        assert not [step["run"] for step in job.get("steps", []) if "${{" in step.get("run", "")]
        assert "secrets" not in str(job)


def test_the_pythons_are_those_that_the_package_names() -> None:
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    for name in ("checks.everything", "checks.windows"):
        assert JOBS[name]["strategy"]["matrix"]["python"] == named


def test_what_is_published_is_what_was_checked_and_built() -> None:
    """The job that may publish has no source: it takes the files that another built."""
    publish = JOBS["release.publish"]
    assert publish["needs"] == ["checks", "build"]
    assert [step["uses"].partition("@")[0] for step in publish["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]
    assert JOBS["release.checks"]["uses"] == "./.github/workflows/checks.yml"
    assert "bash .ci/run" in [step.get("run") for step in JOBS["checks.everything"]["steps"]]
