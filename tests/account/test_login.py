"""Login: from nothing to a call that works, in a real terminal and in code; what is pasted in any form."""

import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
import requests

from ocreg import ApiError, Client, LoginInvalid
from ocreg.account.oauth import code_in, is_private
from tests.children import until
from tests.sandbox.test_sandbox_http import Served

REDIRECT = "https://erp.example.com/oc"


@pytest.fixture
def served():
    running = Served("--client-key", "K", "--secret-key", "S")
    yield running
    running.stop()


@pytest.fixture
def home(tmp_path, served) -> dict[str, str]:
    """The environment of a user who has keys and has never logged in."""
    own = {
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    keys = {"OCREG_HOST": served.url, "OCREG_CLIENT_KEY": "K", "OCREG_SECRET_KEY": "S", "TERM": "dumb"}
    return {**{k: v for k, v in os.environ.items() if not k.startswith("OCREG_")}, **own, **keys}


class Terminal:
    """A command in a terminal of its own: type into it, wait for what it prints."""

    def __init__(self, environment: dict[str, str], *words: str) -> None:
        self.parent, child = pty.openpty()
        command = [sys.executable, "-m", "ocreg", *words]
        self.process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment)
        os.close(child)
        os.set_blocking(self.parent, False)
        self.seen = ""

    def wait_for(self, words: str, seconds: float = 60) -> str:
        end = time.monotonic() + seconds
        while words not in self.seen and time.monotonic() < end:
            try:
                self.seen += os.read(self.parent, 65536).decode()
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:  # the other end is closed
                break
        assert words in self.seen, self.seen
        return self.seen

    def type(self, text: str) -> None:
        os.set_blocking(self.parent, True)
        os.write(self.parent, text.encode())
        os.set_blocking(self.parent, False)

    def end(self) -> int:
        code = self.process.wait(timeout=60)
        os.close(self.parent)
        return code


def run(environment: dict[str, str], *words: str, text: str | None = None) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "ocreg", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, input=text, check=False)


def came_back(page: str) -> str:
    """What the browser's address bar shows after the login on the page."""
    return requests.get(page, allow_redirects=False, timeout=30).headers["Location"]


def test_from_nothing_to_a_call_that_works_in_a_terminal(home) -> None:
    before = run(home, "call", "outbound.query")
    assert before.returncode == 2
    assert "OCREG_ACCESS_TOKEN" in before.stderr

    terminal = Terminal(home, "login", "--redirect-uri", REDIRECT, "--no-browser")
    page = re.search(r"http://\S+/oauth/authorize\S+", terminal.wait_for("press Enter"))[0]
    terminal.type(came_back(page) + "\n")
    assert "Logged in. Tokens are kept in" in terminal.wait_for("Logged in")
    assert terminal.end() == 0

    assert run(home, "call", "outbound.query", "--json").returncode == 0
    who = run(home, "whoami", "-v").stdout
    assert "0 minutes old, valid for 5" in who
    assert "client_key            set   (OCREG_CLIENT_KEY)" in who
    assert "refresh_token         set   (the store)" in who
    (store,) = re.findall(r"sqlite://(/\S*tokens\.db)", who)
    assert Path(store).stat().st_mode & 0o777 == 0o600

    assert run(home, "logout").returncode == 0
    assert run(home, "call", "outbound.query").returncode == 2


@pytest.mark.parametrize("screen", [True, False])
def test_a_browser_is_opened_where_there_is_a_screen(home, tmp_path, screen) -> None:
    """What opens one complains on servers, in the middle of the question."""
    for name in ("xdg-open", "open"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/opened\n')
        (tmp_path / name).chmod(0o755)
    screens = {name: value for name, value in home.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")}
    where = {**screens, "PATH": f"{tmp_path}{os.pathsep}{home['PATH']}", **({"DISPLAY": ":9"} if screen else {})}
    terminal = Terminal(where, "login", "--redirect-uri", REDIRECT)
    terminal.wait_for("press Enter")
    terminal.type("\n")
    assert terminal.end() == 2
    if screen:
        until((tmp_path / "opened").exists)
    else:
        assert (tmp_path / "opened").exists() == (sys.platform == "darwin")


def test_an_address_longer_than_a_terminals_line_can_be_pasted(home) -> None:
    terminal = Terminal(home, "login", "--redirect-uri", REDIRECT, "--no-browser")
    page = re.search(r"http://\S+/oauth/authorize\S+", terminal.wait_for("press Enter"))[0]
    terminal.type(came_back(page) + "&padding=" + "x" * 6000 + "\n")
    terminal.wait_for("Logged in")
    assert terminal.end() == 0


def test_an_address_of_another_login_is_refused(home) -> None:
    done = run(home, "login", "--redirect-uri", REDIRECT, text=f"{REDIRECT}?act=x&code=abc&state=another\n")
    assert done.returncode == 2
    assert "belongs to another login" in done.stderr
    assert run(home, "call", "outbound.query").returncode == 2


def test_a_private_redirect_address_is_warned_of(home) -> None:
    done = run(home, "login", "--redirect-uri", "http://10.0.0.5/cb", text="\n")
    assert "refuses intranet and IP addresses" in done.stderr
    assert "nothing was pasted" in done.stderr


def test_two_accounts_are_kept_apart(home) -> None:
    terminal = Terminal(home, "login", "--redirect-uri", REDIRECT, "--no-browser", "--account", "a")
    page = re.search(r"http://\S+/oauth/authorize\S+", terminal.wait_for("press Enter"))[0]
    terminal.type(came_back(page) + "\n")
    terminal.wait_for("Logged in")
    assert terminal.end() == 0
    assert run(home, "call", "outbound.query", "--account", "a").returncode == 0
    assert run(home, "call", "outbound.query", "--account", "b").returncode == 2


def test_login_in_code_keeps_the_tokens_and_refuses_a_spent_code() -> None:
    with Client("local") as client:
        url = client.oauth.authorize_url(REDIRECT, "user-1")
        query = url.partition("?")[2]
        back = client.transport.sandbox.handle("GET", "/oauth/authorize", query).headers["Location"]
        client.oauth.exchange(back, REDIRECT, state="user-1")
        assert client.tokens.grant.refresh_token is not None
        with pytest.raises(ApiError, match="already used"):
            client.oauth.exchange(back, REDIRECT, state="user-1")


CODE = "aB+/9=="
TWICE = quote(quote(CODE, safe=""), safe="")


@pytest.mark.parametrize(
    "pasted",
    [
        TWICE,
        unquote(TWICE),
        CODE,
        f"{TWICE[:6]}\r\n{TWICE[6:]}",
        f"  {REDIRECT}?act=getAuthorizationCode&code={TWICE}&state=user-1\n",
        f"{REDIRECT}?state=user-1&code={TWICE}#top",
        f"act=getAuthorizationCode&code={TWICE}&state=user-1",
        f"{REDIRECT}?act=getAuthorizationCode&co\nde={TWICE}&state=user-1",
    ],
)
def test_a_code_is_found_in_whatever_was_pasted(pasted: str) -> None:
    from ocreg.registry.endpoint import fully_decoded

    assert fully_decoded(code_in(pasted, "user-1")) == CODE


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "nothing was pasted"),
        (" \r\n", "nothing was pasted"),
        (f"{REDIRECT}?code={TWICE}&state=user-2", "another login"),
        (f"{REDIRECT}?code={TWICE}", "another login"),
        (f"{REDIRECT}?state=user-1", "no code"),
        (f"{REDIRECT}?error=access%5Fdenied&state=user-1", "access_denied"),
    ],
)
def test_what_is_no_answer_to_this_login_is_refused(pasted: str, said: str) -> None:
    with pytest.raises(LoginInvalid, match=said):
        code_in(pasted, "user-1")


@pytest.mark.parametrize(
    ("address", "private"),
    [
        (REDIRECT, False),
        ("http://localhost:8000/cb", True),
        ("http://127.0.0.1/cb", True),
        ("https://[::1]/cb", True),
        ("https://intranet/cb", True),
        ("https://erp.local/cb", True),
        ("https://[::1/cb", False),
    ],
)
def test_private_addresses(address: str, private: bool) -> None:
    assert is_private(address) is private
