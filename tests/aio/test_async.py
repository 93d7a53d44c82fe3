"""What only an asynchronous client has: cancellation, tasks that end, and a loop that nothing blocks."""

import asyncio
import gc
import json
import pickle
import ssl
import threading
import tracemalloc
from contextlib import asynccontextmanager

import aiohttp
import pytest

import ocreg
from ocreg import ApiError, AsyncClient, Client, OcregError, RequestInvalid, SettingInvalid, SettingMissing
from ocreg.account.grants import Grant, MemoryStore
from ocreg.aio.transport import AioTransport
from ocreg.engine.messages import Reply, Request
from ocreg.redact import Secret
from tests.children import until
from tests.confirm.test_confirm import CREATE, QUERY, order
from tests.server import Server, answer, by, echo, header, http, silence
from tests.tls import Authority

KEYS = {"client_key": "CK-1f4a", "secret_key": "SK-77b0", "access_token": "AT-0c9e"}
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}
OK = {"code": 0, "message": "Success"}


def keeps_alive(connection):
    while True:
        connection.read()
        connection.write(http(OK, Connection="keep-alive"))


async def reached(condition):
    """Wait in the loop for what a server sees."""
    for _ in range(30_000):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("waited in vain")


@asynccontextmanager
async def calling(server, *args, **options):
    """A call under way, as a task, when its request has arrived."""
    async with AsyncClient(host=server.origin, **KEYS) as client:
        task = asyncio.create_task(client.call(*args, **options))
        await reached(lambda: server.requests)
        yield client, task


async def cancelled(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    return caught.value


def run(main):
    """`main` in a loop in which no task is left at its end."""

    async def whole():
        await main()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(whole())


# Cancellation


def test_a_create_that_is_cancelled_after_its_request_was_written_is_unknown_and_says_so():
    async def main():
        with Server(silence) as server:
            async with calling(server, CREATE, [order("A-1")], message_id="m-1") as (_, task):
                error = await cancelled(task)
                assert (error.happened, error.operation, error.message_id) == ("unknown", CREATE, "m-1")
                assert "happened: unknown" in str(error.error)
                assert error.error.kind == "cancelled"
                await asyncio.to_thread(until, lambda: server.connections == 1)

    run(main)


def test_one_that_is_cancelled_before_it_was_written_whole_did_not_happen():
    def stops(connection):
        connection.sock.recv(10)
        connection.server.requests.append(b"begun")
        connection.hold()

    async def main():
        with Server(stops) as server:
            large = {**CANCEL, "cancelReason": "x" * 20_000_000}
            async with calling(server, "outbound.cancel", large) as (_, task):
                error = await cancelled(task)
                assert (error.happened, error.error.kind) == ("no", "cancelled-unsent")

    run(main)


def test_time_outs_of_asyncio_are_cancellations():
    async def main():
        with Server(silence) as server:
            async with AsyncClient(host=server.origin, **KEYS) as client:
                with pytest.raises(asyncio.TimeoutError) as caught:
                    await asyncio.wait_for(client.call(CREATE, [order("A-1")], message_id="m-1"), 0.2)
                await reached(lambda: server.requests)
        told = caught.value.__cause__
        assert isinstance(told, asyncio.CancelledError)
        assert (told.happened, told.message_id) == ("unknown", "m-1")

    run(main)


def test_a_cancelled_read_leaves_no_connection_behind():
    def waits(connection):
        connection.read()
        while connection.sock.recv(100):
            pass
        connection.server.left.set()

    async def main():
        with Server(waits) as server:
            async with calling(server, QUERY, {"referenceNumberList": [{"referenceNumber": "A-1"}]}) as (client, task):
                await cancelled(task)
                await reached(server.left.is_set)
                session = client.transport._session()
                assert not session.connector._conns
                assert not session.connector._acquired

    run(main)


def test_a_confirmed_batch_that_is_cancelled_says_what_is_known_of_each_item():
    def loses_then_waits(connection):
        request = connection.read()
        if b"/outbound/v1/creation" in request:
            row = {"orderNumber": "O-1", "referenceNumber": "A-1"}
            connection.write(http({"code": 0, "data": [row]}))
            connection.end()
        else:
            connection.hold()

    async def main():
        with Server(loses_then_waits) as server:
            async with AsyncClient(host=server.origin, **KEYS) as client:
                call = client.call(CREATE, [order("A-1"), order("A-2")], on_unknown="confirm")
                task = asyncio.create_task(call)
                await reached(lambda: len(server.requests) == 2)  # the second asks for A-2
                error = await cancelled(task)
                assert error.happened == "unknown"
                assert [outcome.happened for outcome in error.outcomes] == ["yes", "unknown"]

    run(main)


def test_a_call_that_is_cancelled_while_it_waits_to_try_again_tells_what_its_last_attempt_came_to():
    async def main():
        waiting = asyncio.Event()

        async def sleep(_):
            waiting.set()
            await asyncio.Event().wait()

        with Server(answer(b"busy", 429)) as server:
            async with AsyncClient(host=server.origin, retries=2, sleep=sleep, **KEYS) as client:
                task = asyncio.create_task(client.call("outbound.cancel", CANCEL, message_id="m-1"))
                await waiting.wait()
                error = await cancelled(task)
                assert (error.happened, error.error.status, error.message_id) == ("no", 429, "m-1")

    run(main)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_call_many_that_is_cancelled_gives_the_outcomes_it_had_not_given(concurrency):
    def answers_two(connection):
        while True:
            sent = json.loads(connection.read().partition(b"\r\n\r\n")[2])["data"][0]["referenceNumber"]
            if sent not in ("A-0", "A-1"):
                connection.hold()
                return
            row = {"orderNumber": f"O-{sent}", "referenceNumber": sent}
            connection.write(http({"code": 0, "data": [row]}, Connection="keep-alive"))

    async def main():
        with Server(answers_two) as server:
            async with AsyncClient(host=server.origin, **KEYS) as client:
                taken = []

                async def work():
                    items = (order(f"A-{n}") for n in range(50))
                    async for sent in client.call_many(CREATE, items, size=1, concurrency=concurrency):
                        taken.append(sent)

                task = asyncio.create_task(work())
                stuck = concurrency
                await reached(lambda: len(taken) == 2 and len(server.requests) == 2 + stuck)
                error = await cancelled(task)
        assert [sent.place for sent in taken] == [0, 1]
        told = [(sent.place, sent.happened) for sent in error.sent]
        assert told[:stuck] == [(2 + n, "unknown") for n in range(stuck)]
        assert {happened for _, happened in told[stuck:]} <= {"no"}  # begun, and not written yet

    run(main)


# Structure


def test_no_task_outlives_the_client():
    async def main():
        with ocreg.sandbox(empty=True) as box:
            keys = {"client_key": box.sandbox.client_key, "secret_key": box.sandbox.secret_key}
            async with AsyncClient("local", host=box.url, refresh_token="demo-refresh-token", **keys) as client:
                sending = client.call_many(CREATE, (order(f"A-{n}") for n in range(100)), size=1, concurrency=8)
                async for sent in sending:
                    if sent.place == 20:
                        break  # the tasks go on until somebody ends them
            assert asyncio.all_tasks() == {asyncio.current_task()}
            made = len(box.sandbox.records.all("outbound"))
            assert 21 <= made <= 21 + 16
            with pytest.raises(StopAsyncIteration):
                await sending.__anext__()
            await asyncio.sleep(0.01)
            assert len(box.sandbox.records.all("outbound")) == made

    run(main)


def test_a_stream_is_closed_by_its_own_with_and_waits_for_what_is_on_its_way():
    async def main():
        async with AsyncClient("local") as client:
            items = (order(f"A-{n}") for n in range(30))
            async with client.call_many(CREATE, items, size=1, concurrency=4) as sending:
                first = await sending.__anext__()
            assert first.error is None
            assert client.caller.driver.streams == set()

    run(main)


def test_one_stream_is_for_one_task():
    async def main():
        with Server(silence) as server:
            async with AsyncClient(host=server.origin, **KEYS) as client:
                sending = client.call_many(CREATE, [order("A-1")])
                task = asyncio.create_task(sending.__anext__())
                await reached(lambda: server.requests)
                with pytest.raises(RuntimeError, match="its own stream"):
                    await sending.__anext__()
                await cancelled(task)

    run(main)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_items_may_come_from_an_asynchronous_generator_and_its_error_comes_last(concurrency):
    async def items():
        for number in range(25):
            await asyncio.sleep(0)
            yield order(f"A-{number}")
        raise LookupError("the source is gone")

    async def main():
        async with AsyncClient("local") as client:
            places = []
            with pytest.raises(LookupError, match="gone"):  # noqa: PT012
                async for sent in client.call_many(CREATE, items(), size=10, concurrency=concurrency):
                    places.append(sent.place)
            assert places == list(range(20))

    run(main)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_rows_are_those_that_the_synchronous_client_reads(concurrency):
    with ocreg.sandbox(empty=True) as box, box.client() as client:
        list(client.call_many(CREATE, [order(f"A-{n}") for n in range(250)]))
        wanted = {"referenceNumberList": [{"referenceNumber": f"A-{n}"} for n in range(250)]}
        whole = list(client.iterate(QUERY, wanted))
        keys = {"client_key": box.sandbox.client_key, "secret_key": box.sandbox.secret_key}

        async def main():
            async with AsyncClient("local", host=box.url, refresh_token="demo-refresh-token", **keys) as tasks:
                reading = tasks.iterate(QUERY, wanted, concurrency=concurrency)
                rows = [await reading.__anext__() for _ in range(120)]
                await reading.aclose()
                assert reading.items == 120
                rows += [row async for row in tasks.iterate(QUERY, wanted, resume=reading.resume)]
                assert rows == whole
                flat = [line async for line in tasks.iterate(QUERY, wanted).flat()]
                assert flat == list(client.iterate(QUERY, wanted).flat())

        run(main)


# Errors


def test_errors_are_those_of_the_synchronous_client_and_bring_no_locals_along():
    async def main():
        async with AsyncClient("local") as client:
            with pytest.raises(RequestInvalid):
                await client.call(CREATE, [{}])
            with Server(answer({"code": 3, "message": "no"})) as server:
                async with AsyncClient(host=server.origin, **KEYS) as other:
                    with pytest.raises(ApiError) as caught:
                        await other.call("outbound.cancel", CANCEL)
        frames = [frame.name for frame in caught.traceback]
        assert frames[-1] == "_drive"

    run(main)


def test_a_client_without_tokens_says_so_and_looks_for_them_in_a_thread():
    looked = set()

    class Watched(MemoryStore):
        def load(self, account):
            looked.add(threading.current_thread())
            return super().load(account)

    async def main():
        keys = {name: KEYS[name] for name in ("client_key", "secret_key")}
        async with AsyncClient(store=Watched(), **keys) as client:
            for _ in range(2):
                with pytest.raises(SettingMissing, match="access_token"):
                    await client.call("outbound.cancel", CANCEL)
            assert (await client.plan("outbound.cancel", CANCEL))["missing"]

    run(main)
    assert looked
    assert threading.current_thread() not in looked


# Tokens


def account(good="AT-new", sold=None):
    def respond(request):
        if request.startswith(b"POST /oauth/token?"):
            if sold is not None:
                sold.wait(30)
            return http({"access_token": good, "refresh_token": "RT-2", "expires_in": 3600})
        return http(OK) if header(request, "Access-Token") == f"Bearer {good}" else http(b"", 401)

    return by(respond)


def test_a_hundred_tasks_with_a_dead_token_buy_one_and_the_loop_goes_on_meanwhile():
    async def main():
        sold = threading.Event()
        with Server(account(sold=sold)) as server:
            async with AsyncClient(host=server.origin, refresh_token="RT-1", **KEYS) as client:
                calls = [asyncio.create_task(client.call("outbound.cancel", CANCEL)) for _ in range(100)]
                await reached(lambda: server.sent_to("/oauth/token"))
                await reached(lambda: len(server.sent_to("/openapi/")) == 100)
                ticks = 0
                for _ in range(20):
                    await asyncio.sleep(0.001)
                    ticks += 1
                assert ticks == 20
                error = await cancelled(calls.pop())  # who waits may leave; the token is still kept
                assert error.happened == "no"
                sold.set()
                assert await asyncio.gather(*calls) == [OK] * 99
                assert len(server.sent_to("/oauth/token")) == 1

    run(main)


def test_tasks_and_threads_that_share_a_store_spend_one_refresh_token():
    store = MemoryStore()

    async def main():
        with Server(account()) as server:
            settings = {"host": server.origin, "store": store, **{**KEYS, "access_token": None}}
            with Client(refresh_token="RT-1", **settings) as sync:
                async with AsyncClient(refresh_token="RT-1", **settings) as client:
                    threads = [asyncio.to_thread(sync.call, "outbound.cancel", CANCEL) for _ in range(8)]
                    tasks = [client.call("outbound.cancel", CANCEL) for _ in range(50)]
                    assert await asyncio.gather(*threads, *tasks) == [OK] * 58
            assert len(server.sent_to("/oauth/token")) == 1

    run(main)


def test_what_a_cancelled_client_asked_for_is_kept_before_it_ends():
    store = MemoryStore()

    async def main():
        sold = threading.Event()
        with Server(account(sold=sold)) as server:
            settings = {"host": server.origin, "store": store, **{**KEYS, "access_token": None}}
            async with AsyncClient(refresh_token="RT-1", **settings) as client:
                task = asyncio.create_task(client.call("outbound.cancel", CANCEL))
                await reached(lambda: server.sent_to("/oauth/token"))
                await cancelled(task)
                asyncio.get_running_loop().call_later(0.02, sold.set)
                name = client.identity().name
            assert store.load(name).refresh_token == Secret("RT-2")

    run(main)


def test_the_token_of_a_store_is_used():
    store = MemoryStore()

    async def main():
        with Server(account("AT-kept")) as server:
            async with AsyncClient(host=server.origin, store=store, **{**KEYS, "access_token": None}) as client:
                grant = Grant(Secret("AT-kept"), Secret("RT-1"), client.caller.world.clock(), 3600.0)
                with store.exclusive(client.identity().name, wait=True) as slot:
                    slot.save(grant)
                assert await client.call("outbound.cancel", CANCEL) == OK
                assert server.sent_to("/oauth/token") == []

    run(main)


def test_a_login():
    async def main():
        with ocreg.sandbox() as box:
            keys = {"client_key": box.sandbox.client_key, "secret_key": box.sandbox.secret_key}
            async with AsyncClient("local", host=box.url, **keys) as client:
                page = client.oauth.authorize_url("https://erp.example.com/oc", "s-1")
                assert page.startswith(box.url)
                await client.oauth.exchange("demo-authorization-code", "https://erp.example.com/oc")
                assert client.tokens.grant.refresh_token is not None

    run(main)


# Sessions, loops, processes


def test_a_session_of_ones_own_has_what_it_has_and_stays_open():
    async def main():
        with Server(answer(OK)) as server:
            cookies = {"flavour": "oat"}
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(headers={"X-Mine": "yes"}, cookies=cookies, cookie_jar=jar) as session:
                async with AsyncClient(host=server.origin, session=session, **KEYS) as client:
                    assert await client.call("outbound.cancel", CANCEL) == OK
                assert not session.closed
                async with session.get(server.origin) as response:  # the owner's own requests are as before
                    assert await response.json() == OK
            (ours, _) = server.requests
            assert header(ours, "X-Mine") == "yes"
            assert "flavour" in header(ours, "Cookie")

    run(main)


def test_a_client_certificate_comes_with_a_session(tmp_path):
    authority = Authority(tmp_path)

    async def main():
        context = ssl.create_default_context(cafile=authority.bundle)
        context.load_cert_chain(authority.certificate("client"))
        with Server(answer(OK), tls=authority.server(asks_for_certificate=True)) as server:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
                async with AsyncClient(host=server.origin, session=session, **KEYS) as client:
                    assert await client.call("outbound.cancel", CANCEL) == OK

    run(main)


def test_sessions_that_cannot_be_used_are_refused_before_anything_is_sent():
    async def main():
        connector = aiohttp.TCPConnector(ssl=False)
        async with aiohttp.ClientSession(connector=connector) as session:
            async with AsyncClient(host="https://127.0.0.1:1", session=session, **KEYS) as client:
                with pytest.raises(SettingInvalid, match="TLS verification is off"):
                    await client.call("outbound.cancel", CANCEL)
        async with AsyncClient(host="https://127.0.0.1:1", session=session, **KEYS) as client:
            with pytest.raises(SettingInvalid, match="is closed"):
                await client.call("outbound.cancel", CANCEL)

    run(main)


def test_a_put_is_not_sent_again_by_a_session():
    def dies(connection):
        connection.read()

    async def main():
        with Server(dies) as server:
            async with aiohttp.ClientSession() as session:
                for method in ("PUT", "DELETE", "GET"):
                    failure = await AioTransport(session).send(Request("x", method, server.origin, {}, b"{}"), (20, 20))
                    assert failure.kind == "reset"
            assert len(server.requests) == 3

    run(main)


def test_a_tool_that_traces_sessions_sees_every_call():
    seen = []

    async def began(_session, _context, params):
        seen.append(params.url.path)

    async def main():
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(began)
        with Server(keeps_alive) as server:
            async with AsyncClient(host=server.origin, **KEYS) as client:
                await client.call("outbound.cancel", CANCEL)
                trace.freeze()
                client.transport._session()._trace_configs.append(trace)
                await client.call("outbound.cancel", CANCEL)
        assert len(server.requests) == 2

    run(main)
    assert seen == ["/openapi/3pp/outbound/v1/cancel"]


def test_one_client_serves_one_loop_after_another():
    with Server(keeps_alive) as server:
        client = AsyncClient(host=server.origin, **KEYS)

        async def main():
            async with client:
                assert await client.call("outbound.cancel", CANCEL) == OK

        for _ in range(2):
            run(main)
        assert server.connections == 2


def test_uvloop():
    uvloop = pytest.importorskip("uvloop")
    from tests.driven import Driven

    with Server(keeps_alive, echo) as server, Driven(host=server.origin, new=uvloop.new_event_loop, **KEYS) as client:
        assert [client.call("outbound.cancel", CANCEL) for _ in range(3)] == [OK] * 3
        assert server.connections == 1
    with (
        Server(silence) as server,
        Driven(host=server.origin, new=uvloop.new_event_loop, timeout=0.1, **KEYS) as client,
    ):
        with pytest.raises(ocreg.TransportError) as caught:
            client.call("outbound.cancel", CANCEL)
        assert (caught.value.kind, caught.value.happened) == ("read-timeout", "unknown")


def test_a_client_is_pickled_without_a_secret(monkeypatch):
    for name in ("client_key", "secret_key"):
        monkeypatch.setenv(f"OCREG_{name.upper()}", KEYS[name])

    async def main():
        async with AsyncClient() as client:
            text = pickle.dumps(client)
            assert KEYS["secret_key"].encode() not in text
            assert pickle.loads(text) is client

    run(main)


def test_rates_are_shared_by_tasks(tmp_path):
    (tmp_path / "outbound").mkdir()
    (tmp_path / "outbound" / "cancel.yaml").write_text(
        "extends: outbound.cancel\nlimits: {rate: {calls: 2, seconds: 10}}\n"
    )
    now, slept = [0.0], []

    async def sleep(seconds):
        slept.append(seconds)
        await asyncio.sleep(0)
        now[0] += seconds

    async def main():
        settings = {"endpoints": [tmp_path], "monotonic": lambda: now[0], "sleep": sleep}
        with Server(keeps_alive) as server:
            async with AsyncClient(host=server.origin, **settings, **KEYS) as client:
                await asyncio.gather(*(client.call("outbound.cancel", CANCEL) for _ in range(4)))
        assert slept == [10.0, 10.0]

    run(main)


def test_a_call_that_is_cancelled_while_it_waits_for_its_turn_did_not_happen(tmp_path):
    (tmp_path / "outbound").mkdir()
    (tmp_path / "outbound" / "cancel.yaml").write_text(
        "extends: outbound.cancel\nlimits: {rate: {calls: 1, seconds: 3600}}\n"
    )

    async def main():
        with Server(keeps_alive) as server:
            async with AsyncClient(host=server.origin, endpoints=[tmp_path], **KEYS) as client:
                await client.call("outbound.cancel", CANCEL)
                task = asyncio.create_task(client.call("outbound.cancel", CANCEL, message_id="m-2"))
                await asyncio.sleep(0)
                error = await cancelled(task)
                assert (error.happened, error.operation, error.message_id) == ("no", "outbound.cancel", "m-2")

    run(main)


def test_the_memory_of_call_many_does_not_grow_with_its_items():
    class Canned:
        async def send(self, *_):
            await asyncio.sleep(0)
            return Reply(200, {}, json.dumps(OK).encode())

        async def close(self):
            pass

    async def peak(count):
        async with AsyncClient(host="https://127.0.0.1:1", **KEYS) as client:
            client.transport = Canned()
            gc.collect()
            tracemalloc.start()
            async for sent in client.call_many("outbound.cancel", (dict(CANCEL) for _ in range(count)), concurrency=20):
                assert sent.error is None
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return found

    async def main():
        await peak(100)
        few, many = await peak(100), await peak(1500)
        assert many < few + 700_000  # items that are kept, with their outcomes, are some two million bytes

    run(main)


def test_it_is_told_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "ocreg.aio.transport", raising=False)

    async def main():
        async with AsyncClient(host="https://127.0.0.1:1", **KEYS) as client:
            with pytest.raises(SettingInvalid, match=r"pip install 'ocreg\[aio\]'"):
                await client.call("outbound.cancel", CANCEL)

    run(main)


def test_an_unknown_operation_is_said_when_it_is_awaited():
    async def main():
        async with AsyncClient("local") as client:
            made = client.confirm("no.such", [])
            with pytest.raises(OcregError):
                await made

    run(main)
