"""Concurrent calls of `AsyncClient`, compared with bare aiohttp that posts the same bytes; the server takes 20 ms.

The server has its own process (`python -m benchmarks.evented serve`): an event loop with a protocol that delays each
answer by 20 milliseconds. It prints its port, and stops when its standard input closes.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE
from time import perf_counter

from .checkouts import HERE, Bench, Checkout
from .payloads import ACCOUNT, CANCEL
from .server import http
from .timing import Cases, Key, Measure

SECONDS = 0.020
CALLS = {100: 3_000, 1_000: 6_000}
"""How many calls are made, by concurrency."""
ITEMS = 100_000


class Slow(asyncio.Protocol):
    """Answers each request after 20 ms. It only finds the end of a request."""

    def __init__(self, answer: bytes) -> None:
        self._answer, self._kept = answer, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._kept += data
        head, mark, body = self._kept.partition(b"\r\n\r\n")
        if not mark:
            return
        fields = head.lower().partition(b"content-length:")[2]
        if len(body) >= int(fields.partition(b"\r")[0]):
            self._kept = b""
            asyncio.get_running_loop().call_later(SECONDS, self._transport.write, self._answer)


async def _serve() -> None:
    answer = http(CANCEL.answer)
    server = await asyncio.get_running_loop().create_server(lambda: Slow(answer), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def _together(calls: int, concurrency: int, one) -> float:
    """Seconds for a number of calls with a given concurrency."""
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            await one()

    began = perf_counter()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    return perf_counter() - began


def ocreg(host: str, concurrency: int, calls: int) -> float:
    """Milliseconds per call."""
    from ocreg import AsyncClient

    async def run() -> float:
        async with AsyncClient(**ACCOUNT, host=host) as client:

            async def one() -> None:
                await client.call(CANCEL.id, CANCEL.data)

            await _together(concurrency, concurrency, one)  # warm-up: opens the connections
            return await _together(calls, concurrency, one)

    return asyncio.run(run()) / calls * 1000


def bare(host: str, concurrency: int, calls: int) -> float:
    """The same with bare aiohttp: the same bytes, each answer decoded."""
    import aiohttp

    body = json.dumps(CANCEL.envelope, separators=(",", ":")).encode()
    headers = {"clientKey": "demo-client-key", "vAuthorization": "0" * 32, "TimeStamp": "1750126210000"}
    headers |= {"Access-Token": "Bearer t", "Content-Type": "application/json"}

    async def run() -> float:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one() -> None:
                async with session.post(host + CANCEL.path, data=body, headers=headers) as response:
                    json.loads(await response.read())

            await _together(concurrency, concurrency, one)
            return await _together(calls, concurrency, one)

    return asyncio.run(run()) / calls * 1000


def items(count: int) -> float:
    """The peak growth of the heap in megabytes while `call_many` sends items, with a prepared answer."""
    from ocreg import AsyncClient

    from .contenders import Canned, with_transport

    async def run() -> float:
        client = with_transport(AsyncClient(**ACCOUNT, host="http://127.0.0.1:9", retries=0), Canned(CANCEL.answer))
        gc.collect()
        tracemalloc.start()
        async for sent in client.call_many(CANCEL.id, (dict(CANCEL.data) for _ in range(count)), concurrency=100):
            assert sent.error is None, sent.error
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak / 1e6

    return asyncio.run(run())


@contextmanager
def together(bench: Bench) -> Iterator[Cases]:
    """Milliseconds per call, by concurrency."""
    command = [sys.executable, "-m", __name__, "serve"]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=HERE) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        host = f"http://127.0.0.1:{int(server.stdout.readline())}"
        cases: Cases = {}
        for count in CALLS:
            cases[str(count)] = {("aiohttp", ""): _measure(bench.now, "bare", host, str(count))}
            for checkout in bench.checkouts:
                cases[str(count)]["ocreg", checkout.side] = _measure(checkout, "ocreg", host, str(count))
        yield cases
        server.stdin.close()


@contextmanager
def streamed(bench: Bench) -> Iterator[Cases]:
    """Peak megabytes while `call_many` sends many items, and a tenth of them."""
    measures: dict[Key, Measure] = {}
    for checkout in bench.checkouts:
        measures["many", checkout.side] = _measure(checkout, "items", str(ITEMS))
        measures["few", checkout.side] = _measure(checkout, "items", str(ITEMS // 10))
    yield {"items": measures}


def _measure(checkout: Checkout, *words: str) -> Measure:
    def measure() -> float:
        command = [sys.executable, "-m", __name__, *words]
        environment, folder = checkout.environment(), checkout.folder
        done = subprocess.run(command, env=environment, check=True, stdout=PIPE, text=True, cwd=folder)
        return float(done.stdout)

    return measure


def main() -> None:
    what, *rest = sys.argv[1:]
    if what == "serve":
        asyncio.run(_serve())
    elif what == "items":
        print(items(int(rest[0])))
    else:
        host, concurrency = rest[0], int(rest[1])
        print({"ocreg": ocreg, "bare": bare}[what](host, concurrency, CALLS[concurrency]))


if __name__ == "__main__":
    main()
