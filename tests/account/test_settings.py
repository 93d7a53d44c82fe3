"""Settings: from arguments, from OCREG_* variables, and what is refused."""

import copy
import pickle

import pytest

from ocreg import Client, SettingInvalid, SettingMissing
from ocreg.account.grants import Grant
from ocreg.account.settings import DEFAULT_TIMEOUT, load
from ocreg.redact import Secret

SECRETS = {"client_key": "CK-1f4a", "secret_key": "SK-77b0", "access_token": "AT-0c9e", "refresh_token": "RT-d3d3"}
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}


def refused(**given):
    with pytest.raises(SettingInvalid) as caught:
        load(**given)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    return caught.value


def revealed(settings):
    return {name: secret.reveal() for name in SECRETS if (secret := getattr(settings, name)) is not None}


# Where they come from


def test_nothing_given_means_the_sandbox_without_an_account():
    settings = load()
    assert (settings.env, settings.origin, settings.sign, settings.oauth_secret) == ("sandbox", None, "body", False)
    assert settings.timeout == DEFAULT_TIMEOUT
    assert revealed(settings) == {}


def test_variables_are_read(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(f"OCREG_{name.upper()}", value)
    monkeypatch.setenv("OCREG_ENV", "production")
    monkeypatch.setenv("OCREG_HOST", "https://openapi-au.orangeconnex.com")
    monkeypatch.setenv("OCREG_SIGN", "path")
    monkeypatch.setenv("OCREG_TIMEOUT", "5,60")
    monkeypatch.setenv("OCREG_OAUTH_SECRET", "1")
    settings = load()
    assert revealed(settings) == SECRETS
    assert (settings.env, settings.origin) == ("production", "https://openapi-au.orangeconnex.com")
    assert (settings.sign, settings.timeout, settings.oauth_secret) == ("path", (5.0, 60.0), True)


def test_arguments_win_over_variables(monkeypatch):
    for name in ("ENV", "HOST", "SIGN", "TIMEOUT", "OAUTH_SECRET", "CLIENT_KEY"):
        monkeypatch.setenv(f"OCREG_{name}", "of-no-use")
    monkeypatch.setenv("OCREG_OAUTH_SECRET", "1")
    settings = load(
        env="sandbox", host="https://h.example", sign="body", timeout=3, oauth_secret=False, client_key="mine"
    )
    assert (settings.env, settings.origin, settings.sign) == ("sandbox", "https://h.example", "body")
    assert (settings.timeout, settings.oauth_secret, revealed(settings)) == ((3.0, 3.0), False, {"client_key": "mine"})


def test_an_empty_variable_counts_as_none(monkeypatch):
    for name in ("ENV", "HOST", "SIGN", "TIMEOUT", "OAUTH_SECRET", "CLIENT_KEY"):
        monkeypatch.setenv(f"OCREG_{name}", "")
    assert load() == load(env="sandbox")


@pytest.mark.parametrize(
    ("name", "value"),
    [("ENV", "staging"), ("SIGN", "sha"), ("TIMEOUT", "soon"), ("OAUTH_SECRET", "maybe"), ("HOST", "example.com")],
)
def test_a_bad_variable_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"OCREG_{name}", value)
    error = refused()
    assert (error.setting, f"OCREG_{name}" in str(error)) == (name.lower(), True)


def test_the_local_sandbox_neither_needs_nor_sees_the_keys_of_an_account(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(f"OCREG_{name.upper()}", value)
    found = revealed(load(env="local"))
    assert set(found) == {"client_key", "secret_key", "refresh_token"}
    assert not set(found.values()) & set(SECRETS.values())
    with Client("local") as client:
        order = {"consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}
        assert client.call("outbound.create", [order])["code"] == 0
    assert revealed(load(env="local", client_key="mine"))["client_key"] == "mine"


def test_what_is_missing_names_its_variable():
    with Client() as client, pytest.raises(SettingMissing) as caught:
        client.call("outbound.cancel", CANCEL)
    error = caught.value
    assert (error.setting, error.variable) == ("client_key", "OCREG_CLIENT_KEY")
    assert pickle.loads(pickle.dumps(error)).variable == "OCREG_CLIENT_KEY"


def test_of_the_two_tokens_one_is_enough():
    with Client(client_key="a", secret_key="b") as client, pytest.raises(SettingMissing) as caught:
        client.call("outbound.cancel", CANCEL)
    assert "OCREG_ACCESS_TOKEN" in str(caught.value)
    assert "OCREG_REFRESH_TOKEN" in str(caught.value)


# Secrets


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize(
    "bad", ["{}\r\nX: y", "{}\n", "\r{}", "{} x", " {}", "{}\t", "{}\x00", "{}\x7f", "{}é", "{}中"]
)
def test_a_secret_that_would_break_out_of_its_header_is_refused_and_not_echoed(monkeypatch, name, bad):
    value = bad.format("hush")
    error = refused(**{name: value})
    assert (error.setting, "hush" in f"{error}{error!r}{error.as_dict()}") == (name, False)
    if "\x00" not in value:
        monkeypatch.setenv(f"OCREG_{name.upper()}", value)
        assert refused().setting == name


@pytest.mark.parametrize("value", ["", b"hush", 12345, ["hush"], True])
def test_a_secret_is_a_text_that_is_not_empty(value):
    error = refused(client_key=value)
    assert (error.setting, "hush" in str(error), "12345" in str(error)) == ("client_key", False, False)


def test_secrets_are_masked_wherever_they_are_shown():
    with Client(**SECRETS) as client:
        shown = f"{client!r} {client} {client.settings!r} {client.settings} {client.tokens!r} {client.tokens}"
        shown += (
            repr([getattr(client.settings, name) for name in SECRETS])
            + str(vars(client.tokens))
            + f"{client.settings.secret_key}"
        )
    assert [secret for secret in SECRETS.values() if secret in shown] == []
    assert "***" in shown


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secrets_are_not_pickled_and_never_as_a_mask(protocol):
    for holder in (load(**SECRETS), Grant(Secret("AT"), Secret("RT"), 1.0, 2.0), Secret("AT")):
        with pytest.raises(TypeError, match=r"reveal\(\)"):
            pickle.dumps(holder, protocol)


def test_a_copy_of_a_secret_is_the_secret():
    settings = load(**SECRETS)
    for copied in (copy.copy(settings), copy.deepcopy(settings), copy.deepcopy([settings])[0]):
        assert {name: getattr(copied, name).reveal() for name in SECRETS} == SECRETS
    assert copy.copy(settings.client_key) is settings.client_key


# Hosts


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("https://openapi-au.orangeconnex.com", "https://openapi-au.orangeconnex.com"),
        ("https://openapi-au.orangeconnex.com/", "https://openapi-au.orangeconnex.com"),
        ("https://openapi-au.orangeconnex.com/openapi", "https://openapi-au.orangeconnex.com"),
        ("https://openapi-au.orangeconnex.com/openapi/", "https://openapi-au.orangeconnex.com"),
        ("https://h.example:8443", "https://h.example:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_a_host_is_an_origin(host, origin):
    assert load(host=host).origin == origin


@pytest.mark.parametrize(
    "host",
    [
        *["http://openapi-au.orangeconnex.com", "http://127.0.0.1.evil.example", "http://localhost.evil.example"],
        *["http://10.0.0.1", "http://0.0.0.0", "http://[::2]", "http://localhost@evil.example"],
        *["https://h.example/3pp", "https://h.example/openapi/3pp", "https://h.example/?a=b", "https://h.example#x"],
        *["h.example", "ftp://h.example", "file:///etc/passwd", "https://", "https:h.example", "//h.example", "https"],
        *["https://h.example\r\nX: y", "https://h exam.ple", "https://h.example\n", "https://hé.example"],
        *["http://[::1", "https://[half", "https://h.example:99999", "https://h.example:port", "https://h.example:-1"],
        *[5, b"https://h.example", ["https://h.example"]],
    ],
)
def test_what_is_no_safe_origin_is_refused(host):
    assert refused(host=host).setting == "host"


@pytest.mark.parametrize("user", ["user:hush", "hush", ":hush"])
@pytest.mark.parametrize("scheme", ["https", "ftp"])
def test_a_host_with_a_password_is_refused_and_not_echoed(user, scheme):
    assert "hush" not in str(refused(host=f"{scheme}://{user}@h.example"))


def test_the_local_sandbox_is_on_this_machine():
    assert load(env="local", host="http://127.0.0.1:8080").origin == "http://127.0.0.1:8080"
    assert load(env="local").in_process
    assert not load(env="local", host="http://localhost:1").in_process
    assert refused(env="local", host="https://openapi-au.orangeconnex.com").setting == "host"


# Time-outs and flags


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (20, (20.0, 20.0)),
        (0.5, (0.5, 0.5)),
        ("20", (20.0, 20.0)),
        ("5,60", (5.0, 60.0)),
        ("5, 60", (5.0, 60.0)),
        ((5, 60), (5.0, 60.0)),
        ([5, 60], (5.0, 60.0)),
        (None, DEFAULT_TIMEOUT),
    ],
)
def test_the_forms_of_a_timeout(given, seconds):
    assert load(timeout=given).timeout == seconds


@pytest.mark.parametrize(
    "given",
    [
        0,
        -1,
        "",
        "soon",
        "5,",
        "1,2,3",
        (),
        (1, 2, 3),
        (5, None),
        {},
        float("nan"),
        float("inf"),
        1e6,
        pytest.param(10**400, id="huge"),
        "1e999",
    ],
)
def test_what_is_no_timeout(given):
    assert refused(timeout=given).setting == "timeout"


def test_the_timeout_of_one_call_is_checked_like_the_clients():
    with Client("local") as client, pytest.raises(SettingInvalid):
        client.call("outbound.query", {}, timeout="soon")


@pytest.mark.parametrize(
    ("given", "flag"), [(True, True), (False, False), ("1", True), ("0", False), ("Yes", True), ("false", False)]
)
def test_the_forms_of_a_flag(given, flag):
    assert load(oauth_secret=given).oauth_secret is flag


@pytest.mark.parametrize(("name", "value"), [("env", "prod"), ("env", ["local"]), ("sign", "md5"), ("oauth_secret", 2)])
def test_a_value_that_is_no_choice(name, value):
    assert refused(**{name: value}).setting == name
