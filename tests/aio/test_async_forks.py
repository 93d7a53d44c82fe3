"""An asynchronous client in forked processes."""

import asyncio

import pytest

from ocreg import AsyncClient
from tests.children import Forked
from tests.server import Server, http

KEYS = {"client_key": "CK-1", "secret_key": "SK-1", "access_token": "AT-1"}
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}
OK = {"code": 0}


def keeps_alive(connection):
    while True:
        connection.read()
        connection.write(http(OK, Connection="keep-alive"))


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_has_connections_of_its_own_and_leaves_those_of_its_parent_alone():
    with Server(keeps_alive) as server:
        client = AsyncClient(host=server.origin, **KEYS)

        async def one():
            return await client.call("outbound.cancel", CANCEL)

        async def child():
            try:
                return await one()
            finally:
                await client.aclose()

        async def main():
            assert await one() == OK
            loop = asyncio.get_running_loop()
            forked = await loop.run_in_executor(None, lambda: Forked(lambda: asyncio.run(child())))
            assert await asyncio.to_thread(forked.result) == OK
            assert await one() == OK  # on the connection that it had
            assert server.connections == 2
            await client.aclose()

        asyncio.run(main())


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_stream_belongs_to_the_process_that_began_it():
    async def taken(stream):
        try:
            await stream.__anext__()
        except Exception as error:
            return type(error).__name__, str(error)
        return None

    async def main():
        async with AsyncClient("local") as client:
            reading = client.iterate("outbound.query", {"referenceNumberList": [{"referenceNumber": "A-1"}]})
            forked = await asyncio.to_thread(lambda: Forked(lambda: asyncio.run(taken(reading))))
            kind, words = await asyncio.to_thread(forked.result)
            assert kind == "OcregError"
            assert f"resume={reading.resume!r}" in words
            assert [row async for row in reading] == []

    asyncio.run(main())
