"""`ocreg docs`: the operations as a static site."""

import os
import subprocess
import sys


def run(*arguments, **environment):
    command = [sys.executable, "-m", "ocreg", "docs", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **environment}
    )


def test_it_writes_one_file_with_the_teams_overlays_and_writes_it_anew(tmp_path) -> None:
    own = tmp_path / "ours" / "outbound"
    own.mkdir(parents=True)
    (own / "cancel.yaml").write_text("extends: outbound.cancel\nsummary: The team's own words.\n", "utf-8")
    out = tmp_path / "new" / "site"
    for _ in range(2):
        done = run("--out", str(out), OCREG_ENDPOINTS=str(own.parent))
        assert (done.returncode, done.stderr) == (0, "")
        assert "37 operations" in done.stdout
        assert [file.name for file in out.iterdir()] == ["index.html"]
    text = (out / "index.html").read_text("utf-8")
    assert "The team's own words." in text
    assert "ours/outbound/cancel.yaml" in text
    assert str(tmp_path) not in text


def test_what_cannot_be_written_or_used_is_said(tmp_path) -> None:
    (tmp_path / "file").touch()
    done = run("--out", str(tmp_path / "file" / "site"))
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)
    (tmp_path / "outbound").mkdir()
    (tmp_path / "outbound" / "cancel.yaml").write_text("extends: outbound.cancel\nsummery: Ours.\n", "utf-8")
    done = run("--out", str(tmp_path / "site"), OCREG_ENDPOINTS=str(tmp_path))
    assert (done.returncode, "summery" in done.stderr) == (2, True)
    assert not (tmp_path / "site").exists()
