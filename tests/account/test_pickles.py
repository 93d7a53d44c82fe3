"""Clients that go into other processes by pickle: scripts as users write them, started with spawn and forkserver."""

import copy
import json
import multiprocessing
import os
import pickle
import re
import subprocess
import sys
import textwrap
import threading

import pytest
import requests

import ocreg
from ocreg import Client, SettingInvalid
from ocreg.account import pickles
from ocreg.account.settings import DEMO
from ocreg.account.tokens import MemoryStore

STARTS = [name for name in ("spawn", "forkserver") if name in multiprocessing.get_all_start_methods()]
VARIABLES = {f"OCREG_{name.upper()}": value for name, value in DEMO.items()}


@pytest.fixture
def box(monkeypatch):
    """A sandbox over HTTP, and the variables of an account there; its client is no demo: `env` is "sandbox"."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with ocreg.sandbox() as box:
        for name, value in {**VARIABLES, "OCREG_HOST": box.url}.items():
            monkeypatch.setenv(name, value)
        yield box


def run(folder, code, *arguments):
    """What a script prints, as JSON. It has a `__main__` that may be imported again, as spawn wants it."""
    (folder / "script.py").write_text(textwrap.dedent(code))
    command = [sys.executable, "-W", "error", "script.py", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


SCRIPT = """
    import json, multiprocessing, os, sys
    from concurrent.futures import ProcessPoolExecutor
    from functools import partial
    from ocreg import Client

    ADDRESS = {"consigneeName": "T", "consigneeAddress1": "1", "consigneeCountryCode": "GB"}

    def create(client, number):
        made = client.call("outbound.create", [{"referenceNumber": number, **ADDRESS}])
        return os.getpid(), made["data"][0]["referenceNumber"]

    def put(queue, client):
        queue.put(create(client, "process"))

    if __name__ == "__main__":
        start = multiprocessing.get_context(sys.argv[1])
        client = Client()
        client.call("warehouse.services")
        found = [create(client, "parent")]
        if sys.argv[2] == "all":
            queue = start.SimpleQueue()
            process = start.Process(target=put, args=(queue, client))
            process.start()
            found.append(queue.get())
            process.join()
            with start.Pool(1) as pool:
                found += pool.map(partial(create, client), [f"pool-{n}" for n in range(6)], chunksize=1)
        with ProcessPoolExecutor(2, mp_context=start) as pool:
            found += pool.map(create, [client] * 6, [f"executor-{n}" for n in range(6)])
        print(json.dumps(found))
"""


@pytest.mark.parametrize("start", STARTS)
def test_a_client_works_in_other_processes(box, tmp_path, start) -> None:
    found, said = run(tmp_path, SCRIPT, start, "all")
    numbers = [number for _, number in found]
    assert numbers == ["parent", "process", *(f"pool-{n}" for n in range(6)), *(f"executor-{n}" for n in range(6))]
    assert said == ""
    processes = {process for process, _ in found}
    assert 4 <= len(processes) <= 5  # one of two workers may do all
    assert len(box.sandbox.tokens._access) == len(processes)  # however many tasks a worker had, it bought one token


def test_processes_that_share_a_store_buy_one_token(box, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_STORE", f"sqlite:///{tmp_path}/tokens.db")
    found, _ = run(tmp_path, SCRIPT, STARTS[-1], "executor")
    assert len(found) == 7
    assert len(box.sandbox.tokens._access) == 1


def test_another_account_in_the_worker_is_an_error_that_reaches_who_waits(box, tmp_path) -> None:
    """The fork server was started before the variables were: its children would send orders for somebody else."""
    code = """
        import json, multiprocessing, os, sys
        from ocreg import Client, OcregError

        def call(client):
            return client.call("warehouse.services")["code"]

        if __name__ == "__main__":
            found = []
            for wrong in ("another-seller", None):
                if wrong is None:
                    del os.environ["OCREG_REFRESH_TOKEN"]
                else:
                    os.environ["OCREG_REFRESH_TOKEN"] = wrong
                with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
                    pool.apply(os.getpid)
                    os.environ["OCREG_REFRESH_TOKEN"] = "demo-refresh-token"
                    try:
                        found.append(pool.apply_async(call, (Client(),)).get(30))
                    except OcregError as error:
                        found.append([type(error).__name__, str(error)])
            print(json.dumps(found))
    """
    (other, there), (gone, lost) = run(tmp_path, code, "spawn")[0]
    assert (other, gone) == ("SettingInvalid", "SettingInvalid")
    assert "refresh_token: OCREG_REFRESH_TOKEN has another value here" in there
    assert "refresh_token: it comes from OCREG_REFRESH_TOKEN in the process that pickled the client" in lost
    assert "here it is not set" in lost
    assert "file:, keyring: or cmd:" in there
    assert box.sandbox.tokens._access == {}
    assert not any(value in there + lost for value in ("another-seller", "demo-"))


def moved(client, monkeypatch, folder=".", **variables):
    """The client as a process in another directory and with other variables gets it."""
    stored = pickle.dumps(client)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(pickles, "_here", pickles._Here())
    for name, value in variables.items():
        monkeypatch.setenv(name, value) if value is not None else monkeypatch.delenv(name)
    return pickle.loads(stored)


def test_what_is_no_secret_goes_along_as_it_is(box, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    settings = {
        "account": "shop",
        "sign": "path",
        "timeout": (3, 4),
        "retries": 1,
        "deadline": 9,
        "endpoints": ["mine"],
    }
    client = Client(store="sqlite:///tokens.db", sleep=print, **settings)
    (tmp_path / "elsewhere").mkdir()
    other = moved(
        client, monkeypatch, tmp_path / "elsewhere", OCREG_ACCOUNT="other", OCREG_ENV="production", OCREG_HOST=None
    )
    expected = client.settings._replace(store=f"sqlite:///{tmp_path / 'tokens.db'}")
    assert other.settings == expected
    assert other is not client
    assert other.registry.roots[0] == tmp_path / "mine"


def test_no_secret_is_in_a_pickle(box, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_STORE", "postgresql://me:hunter2@localhost/db")
    monkeypatch.setenv("OCREG_ACCESS_TOKEN", "a-token")
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        stored = pickle.dumps(Client(), protocol)
        for secret in (*DEMO.values(), "hunter2", "a-token"):
            assert secret.encode() not in stored
    other = moved(Client(), monkeypatch)
    assert other.settings.store == "postgresql://me:hunter2@localhost/db"
    changed = moved(Client(), monkeypatch, OCREG_STORE="postgresql://me:hunter3@localhost/db")
    with pytest.raises(SettingInvalid, match="store: OCREG_STORE has another value here"):
        changed.call("warehouse.services")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"client_key": "k", "secret_key": "s"}, ["client_key", "secret_key"]),
        ({"refresh_token": "demo-refresh-token"}, ["refresh_token"]),
        ({"store": "postgresql://me:hunter2@localhost/db"}, ["store"]),
        ({"store": "postgresql://localhost/db?password=hunter2"}, ["store"]),
        ({"store": MemoryStore()}, ["store"]),
        ({"session": requests.Session()}, ["session"]),
    ],
)
def test_a_client_that_cannot_go_says_what_to_do(box, given, names) -> None:
    with pytest.raises(SettingInvalid) as caught:
        pickle.dumps(Client(**given))
    text = str(caught.value)
    assert [line.split(":")[0].strip() for line in text.splitlines()[1:]] == names
    assert "set it by a variable or in a profile" in text or "make a client in each process" in text
    assert "hunter2" not in text
    assert caught.value.setting == names[0]


def test_a_transport_of_your_own_stays_here(box) -> None:
    client = Client()
    client.transport = client.transport
    with pytest.raises(SettingInvalid, match="transport: an object that belongs to this process"):
        pickle.dumps(client)


def test_a_refresh_token_that_only_this_process_has(box, monkeypatch) -> None:
    client = Client()
    client.oauth.exchange("demo-authorization-code", "https://erp.example.com/oc")
    with pytest.raises(SettingInvalid, match="refresh_token: only the memory of this process has the newest"):
        pickle.dumps(client)


def test_a_profile_travels_by_its_name(box, tmp_path, monkeypatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    for name, value in DEMO.items():
        (tmp_path / name).write_text(value)
    lines = [f'{name} = "file:{tmp_path.as_posix()}/{name}"' for name in DEMO]
    (tmp_path / "own.toml").write_text("\n".join(["[profiles.shop]", 'account = "shop"', *lines]))
    monkeypatch.setenv("OCREG_CONFIG", str(tmp_path / "own.toml"))
    client = Client(profile="shop")
    other = moved(client, monkeypatch)
    assert other.call("warehouse.services")["code"] == 0
    assert (other.settings, other.came_from) == (client.settings, client.came_from)
    (tmp_path / "elsewhere").mkdir()
    lost = moved(client, monkeypatch, tmp_path / "elsewhere", OCREG_CONFIG=None)
    with pytest.raises(SettingInvalid, match="there is no"):
        lost.call("warehouse.services")
    (tmp_path / "client_key").write_text("another")
    with pytest.raises(SettingInvalid, match=r"client_key: profile shop .* has another value here"):
        moved(client, monkeypatch, OCREG_CONFIG=str(tmp_path / "own.toml")).call("warehouse.services")


def test_a_secret_that_only_the_other_process_has(box, monkeypatch) -> None:
    monkeypatch.delenv("OCREG_REFRESH_TOKEN")
    other = moved(Client(), monkeypatch, OCREG_REFRESH_TOKEN="of-another-seller", OCREG_STORE="sqlite:///other.db")
    with pytest.raises(SettingInvalid) as caught:
        other.call("warehouse.services")
    assert "refresh_token: it is not set in the process that pickled" in str(caught.value)
    assert "store: it is not set in the process that pickled the client; here it comes from OCREG_STORE" in str(
        caught.value
    )


def test_a_variable_that_a_profile_names_is_compared_too(box, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("OCREG_REFRESH_TOKEN")
    (tmp_path / "own.toml").write_text('[profiles.shop]\nrefresh_token = "env:SHOP"\n')
    monkeypatch.setenv("OCREG_CONFIG", str(tmp_path / "own.toml"))
    monkeypatch.setenv("SHOP", "demo-refresh-token")
    client = Client(profile="shop")
    assert client.came_from["refresh_token"] == f"profile shop ({tmp_path / 'own.toml'}), env:SHOP"
    assert moved(client, monkeypatch).call("warehouse.services")["code"] == 0
    with pytest.raises(SettingInvalid, match="env:SHOP has another value here"):
        moved(client, monkeypatch, SHOP="another").call("warehouse.services")


def test_the_ocreg_toml_of_another_directory_is_another_one(box, tmp_path, monkeypatch) -> None:
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        (folder / "ocreg.toml").write_text('[profiles.shop]\naccount = "shop"\n')
    monkeypatch.setenv("OCREG_CONFIG", "ocreg.toml")
    monkeypatch.chdir(tmp_path / "one")
    client = Client(profile="shop")
    assert moved(client, monkeypatch).call("warehouse.services")["code"] == 0
    with pytest.raises(SettingInvalid, match=re.escape(f"profile: came from ocreg.toml in {tmp_path / 'one'},")):
        moved(client, monkeypatch, tmp_path / "two").call("warehouse.services")


def test_in_one_process_it_is_the_same_client(box, monkeypatch) -> None:
    client = Client()
    assert pickle.loads(pickle.dumps(client)) is copy.copy(client) is copy.deepcopy(client) is client
    keys = Client(client_key="k")  # it cannot be pickled, and is copied all the same
    assert copy.copy(keys) is copy.deepcopy([keys])[0] is keys
    stored = pickle.dumps(client)
    other = moved(client, monkeypatch)
    assert repr(other) == "<Client that came by pickle and was not used yet>"
    assert pickle.loads(stored) is pickle.loads(pickle.dumps(other)) is other  # passed on before it was used
    assert repr(other) == "<Client that came by pickle and was not used yet>"
    assert other.call("warehouse.services")["code"] == 0
    assert pickle.loads(pickle.dumps(other)) is other
    assert "client_key=***" in repr(other)
    with pytest.raises(AttributeError, match="'Client' object has no attribute 'cal'"):
        other.cal  # noqa: B018
    assert not hasattr(client, "cal")


def test_threads_that_use_it_first_make_it_once(box, monkeypatch) -> None:
    other = moved(Client(), monkeypatch)
    barrier, callers = threading.Barrier(8), []

    def use():
        barrier.wait()
        callers.append(other.caller)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(callers) == 8
    assert set(map(id, callers)) == {id(other.caller)}


def test_a_process_keeps_no_more_than_some(box, monkeypatch) -> None:
    stored = [pickle.dumps(Client()) for _ in range(pickles._KEPT + 5)]
    monkeypatch.setattr(pickles, "_here", pickles._Here())
    for each in stored:
        pickle.loads(each)
    assert len(pickles._here._kept) == len(pickles._here._known) == pickles._KEPT


def test_demo_values_are_no_secrets(monkeypatch) -> None:
    with ocreg.sandbox() as box, moved(box.client(), monkeypatch) as other:
        assert other.call("warehouse.services")["code"] == 0
    with moved(Client("local"), monkeypatch) as other:
        assert other.call("warehouse.services")["code"] == 0
