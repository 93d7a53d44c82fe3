"""From nothing to calls: `init` in a terminal and in scripts; then `whoami`, `accounts` and Python find the same."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ocreg import Client
from ocreg.cli.app import run as command
from tests.account.test_login import REDIRECT, Terminal, came_back
from tests.sandbox.test_sandbox_http import Served


@pytest.fixture(scope="module")
def served():
    running = Served("--client-key", "K", "--secret-key", "S")
    yield running
    running.stop()


@pytest.fixture
def home(tmp_path) -> dict[str, str]:
    """The environment of a user who has a key pair and nothing else."""
    (tmp_path / "secret").write_bytes(b"\xef\xbb\xbfS\r\n")  # as Windows' editor writes it
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("OCREG_")},
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "SHOP_KEY": "K",
        "TERM": "dumb",
    }


def run(home, *words, code=0):
    line = [sys.executable, "-m", "ocreg", *words]
    done = subprocess.run(line, env=home, cwd=home["HOME"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


KEYS = ("--client-key", "env:SHOP_KEY", "--secret-key", "file:secret")


def test_from_nothing_to_a_call_in_a_terminal(home, served) -> None:
    terminal = Terminal(home, "init")
    for asked, answer in {
        "Environment": "sandbox",
        "Region (hk, au, uk, cn) or host": f"{served.url}/nonsense path",
        "as a host it must": served.url,
        "Where is the client key?": "K",
        "must be a reference, not the key itself": "env:NOT_SET",
        "env:NOT_SET returned no value": "env:SHOP_KEY",
        "Where is the secret key?": f"file:{home['HOME']}/secret",
        "A name for the account": "shop-uk",
        "lists DE": None,
        "Log a seller in now?": "y",
        "Your redirect address": REDIRECT,
    }.items():
        terminal.wait_for(asked)
        if answer is not None:
            terminal.type(f"{answer}\n")
    page = re.search(r"http://\S+/oauth/authorize\S+", terminal.wait_for("press Enter"))[0]
    terminal.type(came_back(page) + "\n")
    terminal.wait_for("Logged in. Tokens are kept in")
    terminal.wait_for("Next: `ocreg whoami` shows what a call uses, `ocreg list` shows all operations.")
    assert terminal.end() == 0

    file = Path(home["XDG_CONFIG_HOME"], "ocreg", "ocreg.toml")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["ocreg.toml"]  # nothing is left of the writing
    assert file.read_text() == (
        f'[profiles.default]\nenv = "sandbox"\nhost = "{served.url}"\nclient_key = "env:SHOP_KEY"\n'
        f'secret_key = "file:{home["HOME"]}/secret"\naccount = "shop-uk"\n'
    )
    assert (
        run(home, "call", "outbound.query", 'referenceNumberList:=[{"referenceNumber":"A-1"}]', "--json").stderr == ""
    )
    who = run(home, "whoami").stdout
    assert "account               shop-uk" in who
    assert "0 minutes old" in who
    assert "missing" not in who
    rows = json.loads(run(home, "accounts", "--json").stdout)
    assert [(one["account"], one["host"].split(":")[-1], one["used"]) for one in rows] == [
        ("shop-uk", served.url.split(":")[-1], True)
    ]
    assert re.search(r"^\* +shop-uk +sandbox +http://localhost", run(home, "accounts").stdout, re.MULTILINE)


def test_python_finds_what_the_command_wrote(home, served, monkeypatch) -> None:
    run(home, "init", "--no-input", *KEYS, "--host", served.url, "--account", "mine")
    log_in(home)
    monkeypatch.delenv("OCREG_CONFIG")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "SHOP_KEY"):
        monkeypatch.setenv(name, home[name])
    monkeypatch.chdir(home["HOME"])
    with Client() as client:
        assert client.came_from["account"].startswith("profile default (")
        assert client.came_from["store"] == "your own, of `ocreg login`"
        assert client.call("warehouse.services")["code"] == 0
        assert client.plan("outbound.query", {"referenceNumberList": [{"referenceNumber": "A-1"}]})["missing"] == []
    monkeypatch.setenv("OCREG_ACCESS_TOKEN", "of-my-own")
    with Client() as client:  # a token that is given means: no store
        assert client.settings.store is None
    with Client("local") as client, Client("local", host=served.url) as over_http:
        assert client.settings.store is over_http.settings.store is None


def log_in(home) -> None:
    terminal = Terminal(home, "login", "--redirect-uri", REDIRECT, "--no-browser")
    page = re.search(r"http://\S+/oauth/authorize\S+", terminal.wait_for("press Enter"))[0]
    terminal.type(came_back(page) + "\n")
    terminal.wait_for("Logged in")
    assert terminal.end() == 0


def test_a_second_profile_stands_beside_the_first(home, served) -> None:
    file = Path(home["XDG_CONFIG_HOME"], "ocreg", "ocreg.toml")
    file.parent.mkdir(parents=True)
    file.write_bytes(b'\xef\xbb\xbf# mine\n[profiles.default]\nclient_key = "env:SHOP_KEY"  # a remark')
    options = ("--no-input", *KEYS, "--host", served.url, "--profile", "shop uk")
    done = run(home, "init", *options)
    assert "Next: `ocreg login --profile 'shop uk'`" in done.stdout
    assert file.read_text().startswith('# mine\n[profiles.default]\nclient_key = "env:SHOP_KEY"  # a remark\n\n')
    assert '[profiles."shop uk"]\nenv = "sandbox"\n' in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    assert "already has a profile 'shop uk'" in run(home, "init", *options, code=2).stderr
    assert file.read_bytes() == before
    named = str(Path(home["HOME"], "other", "of-a-project.toml"))
    run(home, "init", "--no-input", *KEYS, "--host", "au", "--no-check", "--config", named)
    assert 'host = "https://openapi-stage-au.orangeconnex.com"' in Path(named).read_text()
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "cannot prompt without a terminal: use --no-input"),
        (("--no-input",), "--no-input needs --client-key and --secret-key"),
        (("--no-input", "--client-key", "hush", "--secret-key", "file:secret"), "must be a reference, not the key"),
        (("--no-input", "--client-key", "env:NOWHERE", "--secret-key", "file:secret"), "env:NOWHERE returned no value"),
        (("--no-input", *KEYS, "--host", "mars"), "not one of the regions hk, au, uk, cn"),
        (("--no-input", *KEYS, "--host", "https://openapi-au.orangeconnex.com/v2"), "must be an origin only"),
        (("--no-input", *KEYS, "--env", "local"), "local"),
        (("--no-input", *KEYS, "--account", "a\nb"), "visible characters"),
        (("--no-input", *KEYS, "--profile", ""), "visible characters"),
    ],
)
def test_what_cannot_be_set_up_is_told_and_nothing_is_written(home, words, said, monkeypatch, capsys) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "SHOP_KEY"):
        monkeypatch.setenv(name, home[name])
    monkeypatch.delenv("OCREG_CONFIG")
    monkeypatch.chdir(home["HOME"])
    assert command(["init", *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "hush" not in err
    assert not Path(home["XDG_CONFIG_HOME"]).exists()


def test_a_failed_check_leaves_the_profile_to_be_corrected(home, served) -> None:
    Path(home["HOME"], "secret").write_text("wrong")
    home["OCREG_SIGN"] = home["OCREG_ACCOUNT"] = "path"
    done = run(home, "init", "--no-input", *KEYS, "--host", served.url, code=1)
    assert "OCREG_ACCOUNT is set and overrides the profile.\n" in done.stderr
    assert "OCREG_SIGN" not in done.stderr
    assert "Wrote profile default to" in done.stdout
    assert "The check (warehouse.services) failed. The profile was written" in done.stderr
    assert "code 1" in done.stderr


def test_whoami_says_all_that_is_missing_and_where_it_looked(home) -> None:
    out = run(home, "whoami").stdout
    assert "missing               client_key, secret_key, access_token\n" in out
    assert "`ocreg init` sets up a profile with the key pair, `ocreg login` obtains the tokens" in out
    assert re.search(rf"{home['XDG_CONFIG_HOME']}/ocreg/ocreg.toml +does not exist\n", out)
    assert re.search(rf"{home['XDG_STATE_HOME']}/ocreg/tokens.db +does not exist\n", out)
    assert "  variables set: none\n  variables not set: OCREG_PROFILE, OCREG_CONFIG, OCREG_ENV" in out
    found = json.loads(run({**home, "OCREG_HOST": "http://127.0.0.1:9"}, "whoami", "--json").stdout)
    assert found["missing"] == ["client_key", "secret_key", "access_token"]
    assert found["looked_at"]["OCREG_HOST"] == "set"
    wrong = run({**home, "OCREG_ENV": "mars"}, "whoami", code=2)
    assert "variables set: OCREG_ENV" in wrong.stdout
    assert "must be one of sandbox" in wrong.stderr
    assert "No account is logged in" in run(home, "accounts").stdout


def test_whoami_shows_the_rest_where_keys_cannot_be_fetched(home) -> None:
    run(home, "init", "--no-input", *KEYS, "--host", "au", "--no-check")
    Path(home["HOME"], "secret").write_text("two words\n")
    del home["SHOP_KEY"]
    out = run(home, "whoami").stdout
    assert "client_key            not usable: env:SHOP_KEY returned no value\n" in out
    assert "secret_key            not usable: secret_key (OCREG_SECRET_KEY) has a space" in out
    assert "host                  https://openapi-stage-au.orangeconnex.com\n" in out
    assert "missing               access_token, client_key, secret_key\n" in out
    assert "variables set: none" in out


def test_whoami_works_where_the_store_does_not(home) -> None:
    store = Path(home["HOME"], "broken.db")
    store.write_bytes(b"no database" * 1000)
    out = run({**home, "OCREG_STORE": f"sqlite:///{store}"}, "whoami").stdout
    assert "access_token          unknown: " in out
    assert "missing               client_key, secret_key\n" in out


def test_what_a_call_lacks_is_said_at_once(home) -> None:
    said = run(home, "call", "outbound.query", 'referenceNumberList:=[{"referenceNumber":"A-1"}]', code=2).stderr
    assert said == (
        "this call needs settings that are missing:\n"
        "  client_key (OCREG_CLIENT_KEY)\n"
        "  secret_key (OCREG_SECRET_KEY)\n"
        "  access_token (OCREG_ACCESS_TOKEN), or refresh_token (OCREG_REFRESH_TOKEN)\n"
        "  `ocreg init` sets up a profile with the key pair, `ocreg login` obtains the tokens; env='local' needs no account\n"
    )
    only = run({**home, "OCREG_CLIENT_KEY": "K"}, "call", "warehouse.services", "--json", code=2).stderr
    assert json.loads(only)["settings"] == ["secret_key"]


def test_a_warning_is_one_line(home) -> None:
    file = Path(home["HOME"], "open.toml")
    file.write_text('[profiles.default]\nclient_key = "K"\n')
    file.chmod(0o644)
    err = run(home, "whoami", "--config", str(file)).stderr
    assert err == (
        f"warning: {file}: others can read client_key of profile 'default': chmod 600, or use env:, file:, cmd:\n"
    )
