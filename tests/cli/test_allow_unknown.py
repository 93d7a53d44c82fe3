"""Unknown fields on the command line: one line on standard error, and `--allow-unknown`."""

import json
import sys

import pytest

from ocreg.cli.app import run

ORDER = {"consigneeName": "Test Person", "consigneeAddress1": "1 Example Road", "consigneeCountryCode": "GB"}


@pytest.fixture
def ocreg(capsys, monkeypatch):
    """Run the command in this process: exit code, standard output, lines of standard error."""

    def command(*words: str) -> tuple[int, str, list[str]]:
        monkeypatch.setattr(sys, "argv", ["ocreg", *words])
        code = run(list(words))
        out, err = capsys.readouterr()
        return code, out, err.splitlines()

    return command


TOLD = "warning: outbound.query: orderNo is not described; it is sent unchanged"


def test_a_warning_is_one_line(ocreg) -> None:
    words = (
        "outbound.query",
        "orderNo=5",
        'orderNumberList:=[{"orderNumber": "OCO2000023303105GB"}]',
        "--env",
        "local",
    )
    assert ocreg("call", *words)[2] == [TOLD]
    assert ocreg("plan", *words)[2] == [TOLD]
    assert ocreg("pull", *words, "--out", "-", "--json")[2][0] == TOLD
    code, out, err = ocreg("call", *words, "--allow-unknown", "orderNo")
    assert (code, json.loads(out)["code"], err) == (0, 0, [])


@pytest.mark.parametrize("command", ["call", "plan", "pull"])
def test_a_misspelled_field_ends_it_with_the_way_out(ocreg, command: str) -> None:
    words = (
        command,
        "outbound.query",
        "orderNumber=OCO1",
        "--env",
        "local",
        *(["--out", "-"] if command == "pull" else []),
    )
    code, _, err = ocreg(*words)
    assert code == 2
    assert "did you mean `orderNumberList`: [{orderNumber: ...}]?" in err[2]
    assert "--allow-unknown orderNumber" in err[2]
    assert ocreg(*words, "--allow-unknown", "orderNumber")[0] == 0


def test_the_policy_comes_from_the_environment(ocreg, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_UNKNOWN", "refuse")
    code, _, err = ocreg("call", "outbound.query", "orderNo=5", "--env", "local")
    assert (code, err[1]) == (2, '  orderNo: unknown field "orderNo"')


def push(ocreg, tmp_path, file, *words: str) -> tuple[int, str, list[str]]:
    journal = f"sqlite:///{tmp_path / 'journal.db'}"
    return ocreg("push", "outbound.create", str(file), "--env", "local", "--dry-run", "--journal", journal, *words)


def test_push_of_lines(ocreg, tmp_path) -> None:
    rows = [{**ORDER, "referenceNumber": str(n), "giftNote": "x"} for n in range(3)]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    code, _, err = push(ocreg, tmp_path, file)
    assert (code, err) == (0, ["warning: outbound.create: giftNote is not described; it is sent unchanged"])
    file.write_text(json.dumps({**rows[0], "serviceRegoin": "UK"}))
    code, _, err = push(ocreg, tmp_path, file)
    assert code == 2
    assert "did you mean `serviceRegion`?" in "\n".join(err)
    assert push(ocreg, tmp_path, file, "--allow-unknown", "serviceRegoin", "--allow-unknown", "giftNote")[::2] == (
        0,
        [],
    )


def test_push_of_columns(ocreg, tmp_path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f"referenceNumber,giftNote,{','.join(ORDER)}\n1,x,{','.join(ORDER.values())}\n")
    code, _, err = push(ocreg, tmp_path, file)
    assert code == 2
    assert "--allow-unknown COLUMN" in "\n".join(err)
    code, _, err = push(ocreg, tmp_path, file, "--allow-unknown", "giftNote")
    assert (code, err) == (0, [])
