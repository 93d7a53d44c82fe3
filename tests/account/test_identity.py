"""Which account it is: however its host is written, with whichever key pair; and what was kept under its old names."""

from contextlib import closing

import pytest

from ocreg import Client
from ocreg.account.identity import canonical, words
from ocreg.account.tokens import Grant, MemoryStore
from ocreg.cli.app import run
from ocreg.redact import Secret
from ocreg.store import open_store

OWN = "https://openapi-stage-hk.orangeconnex.com"
DIGEST = "8254c329a92850f6"  # of the key "k"


def name(host=None, key="k", **more):
    with Client("sandbox", host=host, client_key=key, **more) as client:
        return client.identity("outbound.create").name


@pytest.mark.parametrize(
    "host", [OWN, OWN + ":443", OWN.upper().replace("HTTPS", "https"), OWN + "/openapi", OWN.replace(".com", ".com.")]
)
def test_the_files_own_host_is_no_host_however_it_is_written(host) -> None:
    assert name(host) == name() == "sandbox|||default"


def test_the_key_pair_is_no_part_of_it() -> None:
    assert name(key="k") == name(key="another") == name(key=None)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("https://openapi-au.orangeconnex.com", "https://OpenAPI-AU.orangeconnex.com:443/"),
        ("http://127.0.0.1:8025", "http://localhost:8025"),
        ("http://[::1]:8025", "http://LOCALHOST:8025"),
        ("http://127.0.0.1", "http://127.1.2.3:80"),
        ("https://[2001:db8::1]", "https://[2001:DB8::1]:443"),
    ],
)
def test_two_ways_to_write_one_origin(one, two) -> None:
    assert name(one) == name(two) != name()


def test_what_makes_another_account() -> None:
    different = {
        name(),
        name(account="other"),
        name("https://openapi-au.orangeconnex.com"),
        name("https://openapi-au.orangeconnex.com:8443"),
        name("http://127.0.0.1:443"),
        name("http://127.0.0.1:8025"),
        name("https://openapi-hk.orangeconnex.com"),  # the other environment's
        Client("production").identity().name,
        Client("local").identity().name,
    }
    assert len(different) == 9
    assert canonical("https://[2001:db8::1]:8443") == "https://[2001:db8::1]:8443"


def test_the_file_of_the_operation_says_which_host_is_its_own(tmp_path) -> None:
    (tmp_path / "sku").mkdir()
    (tmp_path / "sku" / "create.yaml").write_text(
        "extends: sku.create\nhost: {sandbox: 'https://a.example/x', production: 'https://b.example/x'}\n"
    )
    with Client("sandbox", host="https://a.example", endpoints=[tmp_path]) as client:
        assert client.identity("sku.create").name == "sandbox|||default"
        assert client.identity("outbound.create").name == "sandbox|https://a.example||default"


NAMES = [
    f"sandbox||{DIGEST}|default",
    f"sandbox|{OWN}|{DIGEST}|default",
    f"sandbox|https://OPENAPI-stage-hk.orangeconnex.com:443|{DIGEST}|default",
    f"production||{DIGEST}|default",
    f"sandbox|https://openapi-au.orangeconnex.com|{DIGEST}|default",
    f"sandbox||{DIGEST}|other",
    "sandbox|||default",
    "sandbox|||other",
    "something else",
]


def test_the_old_names_of_an_account() -> None:
    with Client("sandbox", client_key="k") as client:
        whose = client.identity("outbound.create")
    assert whose.former(NAMES) == sorted(NAMES[:3])
    assert whose.others(NAMES) == sorted([NAMES[4], NAMES[5], NAMES[7]])
    rotated = [one.replace(DIGEST, "0" * 16) for one in NAMES]
    assert whose.former(rotated) == sorted(rotated[:3])
    assert whose.former([*NAMES, rotated[1]]) == sorted(NAMES[:3])  # two key pairs side by side: whose is the other?
    assert rotated[1] in whose.others([*NAMES, rotated[1]])
    assert Client("local", host="http://127.0.0.1:1").identity().others(["local|http://localhost:2||default"]) == []


def test_a_name_in_words() -> None:
    assert words("sandbox|||a|b") == "account a|b at the host of the endpoint file"
    assert words(NAMES[4]).endswith(
        f"at https://openapi-au.orangeconnex.com, with the client key whose digest is {DIGEST}"
    )
    assert words("something else") == "something else"


GRANT = Grant(Secret("A"), Secret("R"), 1.0, 2.0)


@pytest.mark.parametrize("host", [None, "http://127.0.0.1:1"])
def test_tokens_are_found_under_the_old_name_and_kept_under_the_new_one(tmp_path, host) -> None:
    url, old = f"sqlite:///{tmp_path}/store.db", f"sandbox|{host or ''}|{DIGEST}|default"
    with closing(open_store(url, None)) as store:
        with store.exclusive(old, wait=True) as slot:
            slot.save(GRANT)
        with Client("sandbox", client_key="k", host=host, store=url) as client:
            assert client.tokens.grant == GRANT
            new = client.identity().name
            assert store.load(new) is None  # a look changes nothing
            later = client.tokens.renew("A", lambda token: {"access_token": f"after {token}".replace(" ", "-")})
            assert later == "after-R"
        assert store.load(new).access_token == Secret("after-R")
        assert store.load(old) == GRANT
        with Client("sandbox", client_key="k", host=host, store=url) as client:
            assert client.tokens.grant.access_token == Secret("after-R")


def test_tokens_of_another_key_pair_are_not_taken() -> None:
    store = MemoryStore()
    with store.exclusive("sandbox||0000000000000000|default", wait=True) as slot:
        slot.save(GRANT)
    with Client("sandbox", client_key="k", store=store) as client:
        assert client.tokens.grant.access_token is None


def test_a_logout_forgets_the_old_name_too(tmp_path, monkeypatch) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    monkeypatch.setenv("OCREG_STORE", url)
    with closing(open_store(url, None)) as store:
        with store.exclusive(NAMES[0], wait=True) as slot:
            slot.save(GRANT)
        assert run(["logout", "--env", "sandbox", "--client-key", "k"]) == 0
        assert store.load(NAMES[0]) is None
