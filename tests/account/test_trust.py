"""An `ocreg.toml` that came with a directory: nothing in it counts, runs or receives before the user trusts it."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import platformdirs
import pytest

from ocreg import Client
from ocreg.account import places, profiles, trust
from ocreg.cli.app import run as command
from tests.account.test_login import Terminal
from tests.children import Forked
from tests.sandbox.test_sandbox_http import Served

HOSTILE = """
[profiles.default]
host = "http://127.0.0.1:{port}"
client_key = "cmd:touch {marker}"
store = "sqlite:///{marker}.db"

[profiles.bait]
host = "http://127.0.0.1:{port}"
account = "their account"
secret_key = "clear-text"

[profiles.more]
account = "cmd: no reference"
secretkey = "clear-text"
refresh_token = ["clear-text"]
store = "postgresql://me:hush@127.0.0.1/db?password=hush"

[profiles.kept]
store = "cmd:touch {marker}"
"""


class Trap:
    """A server that must hear nothing."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.heard = self.socket.getsockname()[1], 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.heard += 1
            connection.close()


@pytest.fixture
def trap():
    found = Trap()
    yield found
    found.socket.close()


@pytest.fixture(scope="module")
def served():
    running = Served("--client-key", "K", "--secret-key", "S")
    yield running
    running.stop()


class Place:
    """A user with a working profile of their own, in somebody else's directory."""

    def __init__(self, folder, trap, served):
        self.marker = folder / "it-ran"
        self.there = folder / "cloned"
        self.there.mkdir()
        self.file = self.there / "ocreg.toml"
        self.file.write_text(HOSTILE.format(port=trap.port, marker=self.marker))
        own = folder / "config" / "ocreg" / "ocreg.toml"
        own.parent.mkdir(parents=True)
        own.write_text(f'[profiles.default]\nhost = "{served.url}"\naccount = "mine"\n')
        keys = {"CLIENT_KEY": "K", "SECRET_KEY": "S", "REFRESH_TOKEN": "demo-refresh-token"}
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("OCREG_")},
            **{f"OCREG_{name}": value for name, value in keys.items()},
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
        }

    def enter(self, monkeypatch):
        """Let this process be there."""
        monkeypatch.delenv("OCREG_CONFIG")
        for name, value in self.environment.items():
            if name.startswith(("OCREG_", "XDG_")):
                monkeypatch.setenv(name, value)
        monkeypatch.chdir(self.there)

    def run(self, *words, code=0, text="", **more):
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ocreg")), *words],  # `python -m` would import what lies there
            cwd=self.there,
            env={**self.environment, **more},
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done


@pytest.fixture
def place(tmp_path, trap, served):
    return Place(tmp_path, trap, served)


IGNORED = "warning: ocreg.toml is ignored: it is not trusted: read it, then run `ocreg trust`\n"


@pytest.mark.parametrize(
    "words",
    [
        ("whoami", "-v"),
        ("plan", "outbound.query", 'referenceNumberList:=[{"referenceNumber":"A-1"}]'),
        ("call", "outbound.query", 'referenceNumberList:=[{"referenceNumber":"A-1"}]'),
        ("call", "warehouse.services"),
        ("logout",),
    ],
)
def test_in_a_hostile_directory_a_command_does_what_it_does_elsewhere(place, trap, words) -> None:
    done = place.run(*words)
    assert done.stderr == IGNORED  # one line, once
    assert "their account" not in done.stdout
    assert not place.marker.exists()
    assert trap.heard == 0


def test_a_login_there_goes_to_ones_own_host(place, trap, served) -> None:
    done = place.run("login", "--redirect-uri", "https://erp.example.com/oc", "--no-browser", text="\n", code=2)
    assert f"{served.url}/oauth/authorize" in done.stdout
    assert trap.heard == 0


def test_a_profile_that_only_such_a_file_has_is_not_there(place, trap) -> None:
    done = place.run("call", "outbound.query", "--profile", "bait", code=2)
    assert "there is no profile 'bait'" in done.stderr
    place.run("call", "outbound.query", OCREG_PROFILE="bait", code=2)
    assert not place.marker.exists()
    assert trap.heard == 0


def test_what_lacks_something_is_told_that_the_file_is_ignored(place) -> None:
    done = place.run("call", "outbound.query", "--json", code=2, OCREG_SECRET_KEY="", OCREG_REFRESH_TOKEN="")
    error = json.loads(done.stderr.splitlines()[-1])
    assert error["settings"] == ["secret_key", "access_token"]
    assert "ocreg.toml is ignored: it is not trusted: read it, then run `ocreg trust`" in error["text"]
    assert "`ocreg init`" in error["text"]
    assert "`ocreg login`" in error["text"]


def test_python_is_as_careful_as_the_command(place, trap, monkeypatch) -> None:
    place.enter(monkeypatch)
    with pytest.warns(UserWarning, match=r"ocreg\.toml is ignored: it is not trusted"):
        client = Client()
    with client:
        assert client.settings.account == "mine"
        client.call("outbound.query")
    assert not place.marker.exists()
    assert trap.heard == 0
    Client("local").close()  # needs no account: no file is looked for, so none is warned of


def test_trust_shows_what_counts_and_then_it_counts(place, trap) -> None:
    asked = place.run("trust", code=2)  # no terminal: nothing happens
    assert f'default.host = "http://127.0.0.1:{trap.port}"   <- keys and tokens are sent there' in asked.stdout
    assert f'default.client_key = "cmd:touch {place.marker}"   <- runs this command' in asked.stdout
    assert f'kept.store = "cmd:touch {place.marker}"   <- runs this command' in asked.stdout
    assert "bait.secret_key = ***" in asked.stdout
    assert "clear-text" not in asked.stdout
    assert 'more.store = "postgresql://***@127.0.0.1/db?***"   <- tokens are kept there' in asked.stdout
    assert "more.secretkey = ***" in asked.stdout
    assert 'more.account = "cmd: no reference"\n' in asked.stdout
    assert "--yes" in asked.stderr
    assert place.run("whoami").stderr == IGNORED
    place.run("trust", "--yes")
    assert not place.marker.exists()
    said = place.run("whoami", "--profile", "bait")
    assert "their account" in said.stdout
    assert "is ignored" not in said.stderr
    del place.environment["OCREG_CLIENT_KEY"]  # a variable wins over the profile
    assert "client_key: cmd: the command returned no value" in place.run("call", "outbound.query", code=2).stderr
    assert place.marker.exists()
    assert "already trusted" in place.run("trust").stdout


def test_on_a_terminal_it_asks(place) -> None:
    for answer, words in (("n", "aborted"), ("y", "is trusted, with its present content")):
        terminal = Terminal(place.environment, "trust", str(place.there))
        assert "<- runs this command" in terminal.wait_for("Trust it? [y/N]")
        terminal.type(f"{answer}\n")
        terminal.wait_for(words)
        assert terminal.end() == (0 if answer == "y" else 2)
        assert (place.run("whoami", OCREG_CLIENT_KEY="K").stderr == IGNORED) is (answer == "n")


def test_a_changed_file_is_trusted_anew_and_the_change_is_shown(place, trap) -> None:
    place.run("trust", "--yes")
    place.file.write_text(place.file.read_text().replace("their account", "another account"))
    assert "ocreg.toml is ignored: it has changed since it was trusted" in place.run("whoami").stderr
    shown = place.run("trust", code=2).stdout
    assert shown.splitlines()[1:] == ['  - bait.account = "their account"', '  + bait.account = "another account"']
    place.file.write_text(place.file.read_text() + "# a word\n")
    place.run("trust", "--yes")
    assert "another account" in place.run("whoami", "--profile", "bait").stdout
    place.run("trust", "--forget")
    assert place.run("whoami").stderr == IGNORED


def test_trust_is_of_a_file_at_its_place(place) -> None:
    place.run("trust", "--yes")
    text = place.file.read_text()
    elsewhere = place.there / "below" / "ocreg.toml"
    elsewhere.parent.mkdir()
    elsewhere.symlink_to(place.file)  # a relative `cmd:` would mean another program there
    assert trust.flaw(elsewhere, text.encode()) is not None
    place.there = elsewhere.parent
    assert place.run("whoami").stderr == IGNORED
    place.run("trust", str(elsewhere.parent), "--yes")
    assert "only files named ocreg.toml" in place.run("trust", "other.toml", code=2).stderr
    assert "there is no file" in place.run("trust", "/nowhere/ocreg.toml", code=2).stderr


def test_a_file_that_is_named_needs_no_trust(place, trap) -> None:
    for how in ({"OCREG_CONFIG": "ocreg.toml"}, {}):
        options = ("--profile", "bait", *(() if how else ("--config", "ocreg.toml")))
        assert "their account" in place.run("whoami", *options, **how).stdout
    assert "--config" not in place.run("whoami", "--config", str(place.file), "--profile", "bait").stderr
    assert "config: nowhere.toml does not exist" in place.run("whoami", "--config", "nowhere.toml", code=2).stderr


def test_words_of_a_hostile_file_do_not_move_the_terminal(place) -> None:
    place.file.write_text('[profiles."a\\u001b[2Jb"]\naccount = "\\u001b]0;x\\u0007\\u202e"\n')
    out = place.run("trust", code=2).stdout
    assert out.isascii()
    assert "\x1b" not in out
    assert "\\u001b" in out


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda file: file.chmod(0o666), "can be changed by everyone: chmod o-w"),
        (lambda file: (file.unlink(), file.mkdir()), "is not a file"),
        (lambda file: (file.unlink(), os.mkfifo(file)), "is not a file"),
        (lambda file: (file.unlink(), file.symlink_to(file)), "cannot be read: Too many levels of symbolic links"),
        (lambda file: file.write_bytes(b"#" * (1 << 21)), "is larger than"),
    ],
    ids=["everyone's", "a directory", "a FIFO", "a circle", "huge"],
)
def test_a_file_that_cannot_be_trusted_is_refused_in_words(place, make, said, monkeypatch, capsys) -> None:
    make(place.file)
    place.enter(monkeypatch)
    assert (command(["whoami"]), said in capsys.readouterr().err) == (0, True)
    assert (command(["trust", "--yes"]), said in capsys.readouterr().err) == (2, True)
    monkeypatch.setenv("OCREG_CONFIG", "ocreg.toml")
    assert (command(["whoami"]), said in capsys.readouterr().err) == (2, True)


def test_a_file_of_another_user_is_refused(place) -> None:
    facts = list(place.file.stat())
    for owner, allowed in ((0, True), (os.geteuid(), True), (os.geteuid() + 12345, False)):
        facts[4] = owner
        why = places._flaw(os.stat_result(facts))
        assert (why is None) is allowed, owner
    assert f"belongs to another user (uid {os.geteuid() + 12345})" in why
    if os.geteuid() == 0:  # nobody else can give files away
        os.chown(place.file, 12345, -1)
        assert "ocreg.toml is ignored: it belongs to another user (uid 12345)" in place.run("whoami").stderr
        assert "belongs to another user" in place.run("trust", "--yes", code=2).stderr


def test_the_file_of_ones_own_directory_needs_no_trust_inside_it(place, monkeypatch) -> None:
    own = Path(place.environment["XDG_CONFIG_HOME"], "ocreg")
    monkeypatch.delenv("OCREG_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", place.environment["XDG_CONFIG_HOME"])
    monkeypatch.chdir(own)
    assert [one.label for one in profiles.look()] == [str(own / "ocreg.toml")]
    assert profiles.counts() is not None


def nobody():
    """Become a user who may not read what others keep to themselves."""
    if os.geteuid() == 0:
        os.seteuid(65534)


def test_an_unreadable_home_is_not_there_and_no_traceback(tmp_path, monkeypatch, capfd) -> None:
    hidden = tmp_path / "home"
    hidden.mkdir()
    monkeypatch.delenv("OCREG_CONFIG")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(hidden))
    monkeypatch.chdir("/")
    hidden.chmod(0)

    def work():
        nobody()
        codes = [command(["whoami"]), command(["call", "outbound.query"])]
        sys.stdout.flush()
        return codes

    try:
        assert Forked(work).result() == [0, 2]
    finally:
        hidden.chmod(0o700)
    out, err = capfd.readouterr()
    assert f"warning: {hidden}/ocreg/ocreg.toml is ignored: it cannot be read: Permission denied\n" in err
    assert "this call needs settings that are missing" in err
    assert "Traceback" not in err
    assert "not set" in out


@pytest.mark.parametrize("value", [".", "relative/path", ""])
def test_a_relative_configuration_directory_is_none(tmp_path, monkeypatch, value) -> None:
    """It would be somebody else's in each current directory, `~` without a HOME as well."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OCREG_CONFIG")
    for folder in ("ocreg", "relative/path/ocreg", "~/.config/ocreg"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "ocreg.toml").write_text('[profiles.default]\naccount = "theirs"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", value)
    monkeypatch.setenv("HOME", "~")
    assert [one.path for one in profiles.look() if one.content is not None] == []
    with Client() as client:
        assert client.settings.account == "default"


@pytest.mark.parametrize("home", ["/home/somebody", "relative", None])
@pytest.mark.parametrize("base", [None, "", "  ", "/elsewhere", "/with space/", "~/x"])
def test_the_users_directories_are_those_of_platformdirs(monkeypatch, base, home) -> None:
    for name, value in (("XDG_CONFIG_HOME", base), ("XDG_STATE_HOME", base), ("HOME", home)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    for ours, theirs in (
        (places.config_file(), Path(platformdirs.user_config_dir("ocreg"), "ocreg.toml")),
        (places.state_file("tokens.db"), Path(platformdirs.user_state_dir("ocreg"), "tokens.db")),
    ):
        assert ours == (theirs if theirs.is_absolute() else None)


def test_a_directory_that_nobody_can_tell_is_none() -> None:
    """What older releases of platformdirs say without a HOME: a path below the current directory, or an error."""

    def unknown():
        raise KeyError("getpwuid(): uid not found: 54321")

    assert places._below(lambda: "~/.config/ocreg", "ocreg.toml") is None
    assert places._below(unknown, "ocreg.toml") is None
    assert places._below(lambda: "/etc", "ocreg.toml") == Path("/etc/ocreg.toml")


def test_a_deleted_current_directory_is_no_reason_to_fail(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("OCREG_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert [one.why for one in profiles.look()] == ["does not exist"]
    monkeypatch.chdir(tmp_path)
