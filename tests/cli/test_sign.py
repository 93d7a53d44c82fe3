"""`ocreg sign`: what is hashed, and why another signature does not match."""

import json
import subprocess
import sys
from hashlib import md5

import pytest

import ocreg as package
from ocreg.cli.app import run

CANCEL = ("outbound.cancel", "orderNumber=OCO2000023303105GB", "cancelTime=2025-06-17T10:10:10+0800")
LOCAL = ("--env", "local")
PATH = "/openapi/3pp/outbound/v1/cancel"


@pytest.fixture
def ocreg(capsys, monkeypatch):
    def command(*words):
        monkeypatch.setattr(sys, "argv", ["ocreg", *words])
        code = run(list(words))
        return code, *capsys.readouterr()

    return command


def signed(body, path=PATH):
    return md5(f"{path}|{body}|demo-client-key|demo-secret-key".encode()).hexdigest()


def test_the_signature_of_a_body_that_was_sent(ocreg, tmp_path) -> None:
    assert ocreg("sign", "outbound.cancel", *LOCAL, "--body", "{}") == (0, f"vAuthorization: {signed('{}')}\n", "")
    file = tmp_path / "body.json"
    file.write_bytes(b"{}\n")
    found = json.loads(ocreg("sign", "outbound.cancel", *LOCAL, "--body", f"@{file}", "--json")[1])
    assert found["forms"] == {"body": signed("{}\n"), "path": signed("")}
    assert (found["bytes"], found["sign"], found["path"]) == (3, "body", PATH)
    assert "No such file" in ocreg("sign", "outbound.cancel", *LOCAL, "--body", "@/nowhere")[2]


def test_explain_shows_every_part_both_forms_and_no_secret(ocreg) -> None:
    code, out, _ = ocreg("sign", *CANCEL, *LOCAL, "--explain", "--sign", "path")
    assert code == 0
    body = next(line for line in out.splitlines() if '{"apiVersion"' in line).strip()
    assert f"path          {PATH}\n" in out
    assert f"body          {len(body.encode())} bytes\n" in out
    assert f"--sign body   {signed(body)}   (not used)\n" in out
    assert f"--sign path   {signed('')}   (used, the body left out)\n" in out
    assert "secret_key    *** (15 characters; demo value)" in out
    assert "demo-secret-key" not in out
    assert "demo-client-key" not in out
    assert "(none: both forms are the same)" in ocreg("sign", "warehouse.services", *LOCAL, "--explain")[1]
    ends = ocreg("sign", "outbound.cancel", *LOCAL, "--explain", "--body", "{}\r\n")[1]
    assert "4 bytes; the last of them '\\r\\n'" in ends


def test_personal_data_is_hidden_unless_it_is_asked_for(ocreg) -> None:
    body = '{"data":[{"consigneeName":"Ann Onymous"}]}'
    words = ("sign", "outbound.create", *LOCAL, "--body", body, "--explain")
    out = ocreg(*words)[1]
    assert "Ann" not in out
    assert "the hidden values are hashed unmasked" in out
    assert body in ocreg(*words, "--show-sensitive")[1]
    assert "not JSON, so it is not shown" in ocreg(*words[:-2], "Ann Onymous", "--explain")[1]


def test_against_names_the_difference(ocreg) -> None:
    words = ("sign", "outbound.cancel", *LOCAL, "--body", '{"a":1}', "--against")
    assert ocreg(*words, signed('{"a":1}'))[:2] == (0, "It matches: the signature is correct.\n")
    code, out, _ = ocreg(*words, signed('{"a": 1}\n', "/3pp/outbound/v1/cancel").upper())
    assert code == 1
    assert "no known difference" in out  # two changes of one part
    code, out, _ = ocreg(*words, signed('{"a": 1}', "/3pp/outbound/v1/cancel").upper())
    assert code == 1
    assert out.splitlines() == [
        "It does not match: it was made",
        "  without /openapi before the path: it is part of what is signed",
        "  with a space after each comma and colon of the JSON: sign exactly the bytes that are sent",
        "  in upper case: the hexadecimal digits are written in lower case",
    ]
    found = json.loads(ocreg(*words, signed(""), "--json")[1])["against"]
    assert found == {"known": True, "changes": ["without the body: this is the form `path` (--sign path)"]}
    out = ocreg("sign", *CANCEL, *LOCAL, "--against", "0" * 64)[1]
    assert "SHA-256" in out
    assert "give the body that was sent, --body @FILE" in out


def test_what_is_not_signed_and_what_is_missing(ocreg, monkeypatch) -> None:
    assert "oauth.refresh is not signed" in ocreg("sign", "oauth.refresh", *LOCAL)[2]
    code, _, err = ocreg("sign", *CANCEL)
    assert code == 2
    assert "client_key (OCREG_CLIENT_KEY)" in err
    assert "secret_key (OCREG_SECRET_KEY)" in err
    assert "access_token" not in err
    monkeypatch.setenv("OCREG_CLIENT_KEY", "K")
    monkeypatch.setenv("OCREG_SECRET_KEY", "S")
    assert ocreg("sign", *CANCEL)[0] == 0  # no token is needed


def test_the_body_comes_from_standard_input_byte_by_byte() -> None:
    command = [sys.executable, "-m", "ocreg", "sign", "outbound.cancel", *LOCAL, "--body", "-"]
    out = subprocess.run(command, input=b"\xff\n", capture_output=True, timeout=30, check=True).stdout.decode()
    expected = md5(PATH.encode() + b"|\xff\n|demo-client-key|demo-secret-key").hexdigest()
    assert out == f"vAuthorization: {expected}\n"


def test_a_refused_signature_names_causes_and_this_command() -> None:
    with package.sandbox() as box, box.client(secret_key="wrong") as client:
        with pytest.raises(package.ApiError) as raised:
            client.call("warehouse.services")
        for words in ("--sign path", "key pair", "clock", "`ocreg sign ID ... --explain`", "--against VALUE"):
            assert words in str(raised.value)
