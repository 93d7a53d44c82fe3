"""The observer beside real calls: threads, processes, forked children, and whatever goes wrong with it."""

import asyncio
import json
import logging
import multiprocessing
import pickle
import threading
import time
from types import SimpleNamespace

import pytest

import ocreg
from ocreg import ApiError, AsyncClient, Client, SettingInvalid
from ocreg.engine.messages import Failure, Reply, Request
from ocreg.observe import folder, observer
from ocreg.observe.observer import Observer
from tests.children import Child, Forked, until

ASKED = {"orderNumberList": [{"orderNumber": "OCO2000023303105GB"}]}
KEYS = {"client_key": "k", "secret_key": "s", "access_token": "t"}


@pytest.fixture(scope="module")
def box():
    with ocreg.sandbox() as running:
        yield running


def seen(directory, id="outbound.query", env="local"):
    found = folder.read([directory])
    assert found.refused == []
    return found.sightings.all[id, env]


def test_what_calls_answer_is_kept(box, tmp_path) -> None:
    with box.client(observe=tmp_path) as client:
        for _ in range(3):
            client.call("outbound.query", ASKED)
        with pytest.raises(ApiError):
            client.call("outbound.cancel", {"orderNumber": "NOBODYS", "cancelTime": "2025-06-17T10:10:10+0800"})
    query, cancel = seen(tmp_path), seen(tmp_path, "outbound.cancel")
    assert (query.answers, query.accepted, query.most) == (3, 3, {"rows": 1})
    assert query.answer.fields["data"].items.fields["orderNumber"].kinds == {"string": 3}
    assert query.request.fields["orderNumberList"].items.seen == 3
    assert (cancel.answers, cancel.accepted, cancel.statuses) == (1, 0, {"200": 1})
    assert "3" in cancel.codes


def test_the_setting_by_variable_and_profile(box, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_OBSERVE", str(tmp_path / "shapes"))
    with box.client() as client:
        client.call("outbound.query", ASKED)
    assert seen(tmp_path / "shapes").answers == 1
    monkeypatch.delenv("OCREG_OBSERVE")
    config = tmp_path / "ocreg.toml"
    config.write_text('[profiles.default]\nenv = "sandbox"\nobserve = "kept"\n')
    assert Client(config=config).settings.observe == str(tmp_path / "kept")
    assert Client("local").settings.observe is None


def test_a_setting_that_cannot_be_a_directory_is_refused(tmp_path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for value in (file, "", "  ", "a\0b", 7):
        with pytest.raises(SettingInvalid, match="observe"):
            Client("local", observe=value)


def test_token_calls_are_not_looked_at(box, tmp_path) -> None:
    with box.client(observe=tmp_path) as client:
        client.call("outbound.query", ASKED)
        client.call("oauth.refresh", query={"refresh_token": "demo-refresh-token"})
    assert {id for id, _ in folder.read([tmp_path]).sightings.all} == {"outbound.query"}


def test_a_client_that_is_not_closed_writes_by_itself(box, tmp_path) -> None:
    client = box.client(observe=tmp_path)
    client.call("outbound.query", ASKED)
    until(lambda: list(tmp_path.glob("*.json")))
    assert seen(tmp_path).answers == 1


def test_many_threads(box, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(observer, "MOST_WAITING", 1_000)
    monkeypatch.setattr(observer, "AT_ONCE", 60.0)
    before = set(threading.enumerate())
    with box.client(observe=tmp_path) as client:

        def work() -> None:
            for _ in range(10):
                client.call("outbound.query", ASKED)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: not client._observer._waiting)
        assert sum(t.name == "ocreg observer" for t in set(threading.enumerate()) - before) <= 1
    assert seen(tmp_path).answers == 80


def test_a_forked_child_writes_what_it_saw_and_nothing_twice(box, tmp_path) -> None:
    with box.client(observe=tmp_path) as client:
        for _ in range(2):
            client.call("outbound.query", ASKED)

        def work() -> int:
            for _ in range(3):
                client.call("outbound.query", ASKED)
            client.close()
            return 0

        children = [Forked(work) for _ in range(2)]
        for child in children:
            child.result()
        client.call("outbound.query", ASKED)
    assert seen(tmp_path).answers == 2 + 2 * 3 + 1


def test_a_fork_in_the_middle_of_looking(box, tmp_path) -> None:
    """Whatever the parent's thread holds at that moment, a child neither waits for it nor has half of it."""
    with box.client(observe=tmp_path) as client:
        client.call("outbound.query", ASKED)
        with client._observer._looking:
            child = Forked(lambda: (client.call("outbound.query", ASKED), client.close(), 0)[-1])
            assert child.result() == 0
    assert seen(tmp_path).answers == 2


def _in_a_worker(client) -> None:
    client.call("outbound.query", ASKED)


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_processes_of_multiprocessing_write_at_their_end(box, tmp_path, way, monkeypatch) -> None:
    for name, value in (("CLIENT_KEY", "demo-client-key"), ("SECRET_KEY", "demo-secret-key")):
        monkeypatch.setenv(f"OCREG_{name}", value)
    client = Client("local", host=box.url, observe=tmp_path)
    assert pickle.loads(pickle.dumps(client)).settings.observe == str(tmp_path)
    process = multiprocessing.get_context(way).Process(target=_in_a_worker, args=(client,))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert seen(tmp_path).answers == 1


PROGRAM = """
import sys, ocreg
client = ocreg.Client("local", host=sys.argv[1], observe=sys.argv[2])
for _ in range(3):
    client.call("outbound.query", {"orderNumberList": [{"orderNumber": "OCO2000023303105GB"}]})
print("called", flush=True)
sys.stdin.readline()
"""


def test_processes_that_end_and_one_that_is_killed(box, tmp_path) -> None:
    children = [Child(PROGRAM, box.url, str(tmp_path)) for _ in range(3)]
    for child in children:
        assert child.hear() == "called"
    until(lambda: len(list(tmp_path.glob("*.json"))) == 3)  # after a second
    children[0].kill()
    for child in children[1:]:
        child.end()
    assert 7 <= seen(tmp_path).answers <= 9  # the one that was killed had looked at one, at least


class Endpointless:
    """A registry that fails."""

    def __getitem__(self, id):
        raise MemoryError(id)


REQUEST = Request("outbound.query", "POST", "https://example.com/", {}, b"{}")
ODD = [
    (REQUEST, Reply(200, {}, None)),
    (REQUEST, Reply(200, {}, 7)),
    (REQUEST, Reply("200", {}, b"[")),
    (None, Reply(200, {}, b"")),
    (REQUEST, None),
    (REQUEST, Failure("connect", "no")),
    (REQUEST, Reply(200, {}, b"[" * 200_000)),
    (REQUEST, Reply(200, {}, b"\xff\x00")),
    (REQUEST._replace(body="text"), Reply(200, {}, b'{"code": 0}')),
    (REQUEST._replace(operation=["no", "id"]), Reply(200, {}, b'{"code": 0}')),
    (REQUEST, Reply(200, {}, b'{"code": 0, "errors": 7, "data": {"a": 1e999}}')),
]


@pytest.mark.parametrize("n", range(len(ODD)))
def test_whatever_comes_nothing_is_raised(tmp_path, n) -> None:
    for registry in (Client("local").registry, Endpointless()):
        watcher = Observer(str(tmp_path / "a"), "sandbox", None, registry)
        watcher(*ODD[n])
        watcher(REQUEST, Reply(200, {}, b'{"code": 0, "data": [{"x": 1}]}'))
        watcher.flush()
    assert seen(tmp_path / "a", env="sandbox").answer.fields["data"].items.fields["x"].seen == 1


def test_a_folder_that_cannot_be_written_fails_no_call_and_is_told_once(box, tmp_path, caplog) -> None:
    with box.client(observe=tmp_path / "x") as client:
        (tmp_path / "x").write_text("now there is a file")
        for _ in range(3):
            assert client.call("outbound.query", ASKED)["code"] == 0
            client._observer.flush()
    told = [record for record in caplog.records if "observe=" in record.message]
    assert [record.levelno for record in told] == [logging.WARNING]
    assert "calls are not affected" in told[0].message
    (tmp_path / "x").unlink()
    client._observer.flush()
    assert seen(tmp_path / "x").answers == 3  # what could not be written is written later


def test_no_thread_can_be_started(box, tmp_path, monkeypatch) -> None:
    class Refused(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    with box.client(observe=tmp_path) as client:
        monkeypatch.setattr(observer, "Thread", Refused)
        assert client.call("outbound.query", ASKED)["code"] == 0
        monkeypatch.undo()
    assert seen(tmp_path).answers == 1


def test_what_waits_is_bounded_and_a_call_waits_for_nobody(tmp_path) -> None:
    watcher = Observer(str(tmp_path), "sandbox", None, Client("local").registry)
    watcher._working.acquire()  # a thread is at work, and stuck
    watcher._looking.acquire()
    large = Reply(200, {}, b" " * (observer.MOST_BYTES + 1))
    watcher(REQUEST, large)
    assert not watcher._waiting
    for _ in range(1_000):
        watcher(REQUEST, Reply(200, {}, b'{"code": 0}'))
    assert len(watcher._waiting) == observer.MOST_WAITING


def test_looking_keeps_to_its_share_of_the_time(tmp_path, monkeypatch) -> None:
    """Answers come as fast as they can: the thread spends what it may, measured in its own processor time."""
    spent = []
    add = observer.Sightings.add

    def timed(self, one) -> None:
        began = time.thread_time()
        add(self, one)
        spent.append(time.thread_time() - began)

    monkeypatch.setattr(observer.Sightings, "add", timed)
    watcher = Observer(str(tmp_path), "sandbox", None, Client("local").registry)
    rows = [{f"f{chr(97 + n)}": "text" for n in range(20)}] * 400
    reply = Reply(200, {}, json.dumps({"code": 0, "data": rows}).encode())
    began = time.monotonic()
    while time.monotonic() < began + 0.6:
        watcher(REQUEST, reply)
        time.sleep(0.0005)
    passed, longest = time.monotonic() - began, max(spent)
    assert spent
    assert sum(spent) <= observer.AT_ONCE + observer.SHARE * passed + longest


def test_an_idle_thread_ends_and_another_begins(box, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(observer, "_IDLE", 0.02)
    with box.client(observe=tmp_path) as client:
        for n in range(3):
            client.call("outbound.query", ASKED)
            until(lambda: not client._observer._working.locked())
            assert seen(tmp_path).answers == n + 1


class Canned:
    """A transport of one's own, as a user may have one."""

    def __init__(self, *bodies) -> None:
        self.bodies = list(bodies)

    def send(self, request, timeout):
        return SimpleNamespace(status=200, headers={}, body=self.bodies.pop(0))

    def close(self) -> None:
        pass


def test_answers_are_told_by_their_environment_and_a_host_on_this_machine_is_local(box, tmp_path) -> None:
    with Client("production", observe=tmp_path, retries=0, **KEYS) as client:
        client.transport = Canned(b'{"code": 0, "data": []}', b"<html>")
        client.call("outbound.query", ASKED)
        with pytest.raises(ocreg.ResponseInvalid):
            client.call("outbound.query", ASKED)
    found = seen(tmp_path, env="production")
    assert (found.answers, found.accepted, found.unreadable) == (2, 1, 1)
    demo = {"client_key": "demo-client-key", "secret_key": "demo-secret-key", "refresh_token": "demo-refresh-token"}
    with Client("sandbox", host=box.url, observe=tmp_path, **demo) as client:
        client.call("outbound.query", ASKED)
    assert seen(tmp_path, env="local").answers == 1


def test_without_the_setting_nothing_is_loaded() -> None:
    child = Child(
        "import sys, ocreg\n"
        "ocreg.Client('local').call('outbound.query', {'orderNumberList': [{'orderNumber': 'x'}]})\n"
        "print(any('observe' in name for name in sys.modules if name.startswith('ocreg')))"
    )
    assert child.end() == ["False"]


def test_an_asynchronous_client_is_watched_too(tmp_path) -> None:
    async def called() -> None:
        async with AsyncClient("local", observe=tmp_path) as client:
            await client.call("warehouse.services")

    asyncio.run(called())
    assert [id for id, _ in folder.read([tmp_path]).sightings.all] == ["warehouse.services"]
