"""Profiles: the order of sources, secrets by reference, and what a bad file is told."""

import sys
import warnings

import pytest

from ocreg import Client, SettingInvalid
from ocreg.account.settings import load, load_with_sources

CONFIG = """
[profiles.shop-uk]
env = "production"
host = "https://openapi-uk.orangeconnex.com"
client_key = "env:SHOP_KEY"
secret_key = "file:{folder}/secret"
refresh_token = "cmd:{python} -c 'print(\\"token-from-a-command\\")'"
account = "shop-uk"
sign = "path"

[profiles.test]
env = "sandbox"
client_key = "plain-key"
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A configuration file that counts, for it is named; its folder is the current one."""
    monkeypatch.setenv("OCREG_CONFIG", "ocreg.toml")
    file = tmp_path / "ocreg.toml"
    file.write_text(CONFIG.format(folder=tmp_path, python=sys.executable))
    file.chmod(0o600)
    (tmp_path / "secret").write_text("secret-from-a-file\nand more\n")
    monkeypatch.setenv("SHOP_KEY", "key-from-a-variable")
    monkeypatch.chdir(tmp_path)
    return file


def test_a_profile_brings_settings_and_secrets_by_reference(config) -> None:
    settings = load("shop-uk")
    assert (settings.env, settings.account, settings.sign) == ("production", "shop-uk", "path")
    assert settings.origin == "https://openapi-uk.orangeconnex.com"
    assert settings.client_key.reveal() == "key-from-a-variable"
    assert settings.secret_key.reveal() == "secret-from-a-file"
    assert settings.refresh_token.reveal() == "token-from-a-command"


def test_an_argument_wins_over_a_variable_over_the_profile(config, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_SIGN", "body")
    settings, source = load_with_sources("shop-uk", account="other", sign=None, host=None)
    assert (settings.account, settings.sign) == ("other", "body")
    assert (source["account"], source["sign"]) == ("argument", "OCREG_SIGN")
    assert source["host"] == "profile shop-uk (ocreg.toml)"
    assert source["timeout"] == "default"


def test_the_variable_ocreg_profile_names_one(config, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_PROFILE", "test")
    assert load().client_key.reveal() == "plain-key"
    assert load("shop-uk").env == "production"


def test_several_accounts_live_in_one_process(config) -> None:
    one, two = Client(profile="shop-uk"), Client(profile="test")
    assert (one.settings.env, two.settings.env) == ("production", "sandbox")
    assert one.identity() != two.identity()


def test_the_local_sandbox_sees_no_profile_of_a_real_account(config) -> None:
    settings = load("shop-uk", env="local")
    assert settings.client_key.reveal() == "demo-client-key"
    assert settings.origin is None


def test_ocreg_config_names_the_file(config, monkeypatch, tmp_path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('[profiles.x]\nenv = "sandbox"\n')
    monkeypatch.setenv("OCREG_CONFIG", str(other))
    assert load("x").env == "sandbox"
    monkeypatch.setenv("OCREG_CONFIG", str(tmp_path / "nowhere.toml"))
    with pytest.raises(SettingInvalid, match="does not exist"):
        load("x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profiles = [", "ocreg.toml"),
        ('[profiles.shop]\nclient_kye = "x"\n', "unknown key 'client_kye'; did you mean 'client_key'"),
        ("[profiles.shop]\nretries = " + "1" * 5000, "ocreg.toml"),
        ('[profile.shop]\nenv = "sandbox"\n', "unknown key 'profile'; put settings under [profiles.<name>]"),
        ("[profiles]\nshop = 5\n", "must be a table"),
        ('[profiles.shopp]\nenv = "sandbox"\n', "there is no profile 'shop'; did you mean 'shopp'"),
        ('[profiles.shop]\nenv = "mars"\n', "must be one of"),
        ('[profiles.shop]\nclient_key = "env:NOT_THERE_AT_ALL"\n', "returned no value"),
        ('[profiles.shop]\nclient_key = "file:/nowhere/at/all"\n', "FileNotFoundError"),
        ('[profiles.shop]\nclient_key = "cmd:false"\n', "the command ended with exit code 1"),
        ("[profiles.shop]\nclient_key = \"cmd:sh -c 'echo hush >&2; exit 3'\"\n", "ended with exit code 3"),
        ('[profiles.shop]\nclient_key = "cmd:true hush"\n', "client_key: cmd: the command returned no value"),
        ('[profiles.shop]\nclient_key = "cmd:no-such-command hush"\n', "FileNotFoundError (No such file"),
        ('[profiles.shop]\nclient_key = "two words"\n', "must be one visible word"),
    ],
)
def test_a_bad_file_is_told_what_is_wrong_and_no_secret(config, text: str, said: str) -> None:
    config.write_text(text)
    with pytest.raises(SettingInvalid) as raised:
        load("shop", client_key=None, env=None)
    assert said in str(raised.value)
    assert "hush" not in str(raised.value)


def test_a_bad_encoding_is_said_so(config) -> None:
    config.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingInvalid, match=r"ocreg\.toml"):
        load("shop")


def test_a_clear_secret_that_others_can_read_is_warned_of(config) -> None:
    config.chmod(0o644)
    with pytest.warns(UserWarning, match=r"others can read client_key.*chmod 600"):
        load("test")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load("shop-uk")  # only references: nothing to read


def test_without_a_file_a_profile_cannot_be_found(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OCREG_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    said = rf"no profile 'shop': ocreg.toml: does not exist, {tmp_path}/ocreg/ocreg.toml: does not exist; create one with `ocreg init`"
    with pytest.raises(SettingInvalid, match=said):
        load("shop")


def test_the_users_configuration_directory_is_looked_into(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OCREG_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config" / "ocreg").mkdir(parents=True)
    (tmp_path / "config" / "ocreg" / "ocreg.toml").write_text('[profiles.mine]\nenv = "production"\n')
    assert load("mine").env == "production"


def test_a_keyring_is_asked(config) -> None:
    import keyring
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return {("ocreg", "shop"): "from-the-keyring", ("my", "key"): "from-mine"}.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            raise AssertionError

        def delete_password(self, service: str, username: str) -> None:
            raise AssertionError

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        config.write_text('[profiles.a]\nclient_key = "keyring:shop"\nsecret_key = "keyring:my/key"\n')
        settings = load("a")
        assert (settings.client_key.reveal(), settings.secret_key.reveal()) == ("from-the-keyring", "from-mine")
    finally:
        keyring.set_keyring(before)


def test_a_keyring_that_cannot_be_asked_is_named_with_its_true_error(config) -> None:
    import keyring
    from keyring.backends.fail import Keyring

    class Locked(Keyring):
        def get_password(self, service: str, username: str) -> str | None:
            raise PermissionError("hush")

    before = keyring.get_keyring()
    config.write_text('[profiles.a]\nclient_key = "keyring:shop"\n')
    try:
        keyring.set_keyring(Keyring())
        with pytest.raises(
            SettingInvalid, match=r"^client_key: keyring:shop: NoKeyringError \(this machine has no keyring\)$"
        ):
            load("a")
        keyring.set_keyring(Locked())
        with pytest.raises(SettingInvalid, match=r"^client_key: keyring:shop: PermissionError$"):
            load("a")
    finally:
        keyring.set_keyring(before)


def test_a_byte_order_mark_is_read_over(config, tmp_path) -> None:
    config.write_bytes(b"\xef\xbb\xbf" + b'[profiles.a]\nclient_key = "file:key"\n')
    (tmp_path / "key").write_bytes(b"\xef\xbb\xbfthe-key\r\n")
    assert load("a").client_key.reveal() == "the-key"


def test_paths_and_commands_belong_to_the_files_folder(config, tmp_path, monkeypatch) -> None:
    """In a directory of somebody else, a relative path would be theirs."""
    script = tmp_path / "give"
    script.write_text("#!/bin/sh\necho mine\n")
    script.chmod(0o700)
    config.write_text(
        '[profiles.a]\nclient_key = "file:secret"\nsecret_key = "cmd:./give"\nstore = "sqlite:///tokens.db"\n'
    )
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "secret").write_text("theirs")
    monkeypatch.chdir(theirs)
    settings = load("a", str(config))
    assert settings.client_key.reveal() == "secret-from-a-file"
    assert settings.secret_key.reveal() == "mine"
    assert settings.store == f"sqlite:///{tmp_path}/tokens.db"


def test_the_command_takes_a_profile_and_finds_the_one_called_default(config, monkeypatch, capsys) -> None:
    from ocreg.cli.app import run

    config.write_text('[profiles.default]\nenv = "production"\n[profiles.other]\naccount = "elsewhere"\n')
    monkeypatch.setattr(sys, "argv", ["ocreg"])
    assert run(["whoami", "-v"]) == 0
    assert "env                   production   (profile default (ocreg.toml))" in capsys.readouterr().out
    assert run(["whoami", "--profile", "other"]) == 0
    assert "account               elsewhere" in capsys.readouterr().out
    assert run(["whoami", "--profile", "othr"]) == 2
    assert "did you mean 'other'" in capsys.readouterr().err
