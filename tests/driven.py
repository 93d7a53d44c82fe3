"""An `AsyncClient` with the methods of `Client`, so that tests of what calls mean run over both drivers."""

import asyncio
import contextlib
import time

from ocreg import AsyncClient, Client


async def settled():
    """Wait until the loop watches no socket any more: a connection that is closed needs some of its rounds to end."""
    selector = getattr(asyncio.get_running_loop(), "_selector", None)  # uvloop has none
    latest = time.monotonic() + 10
    while selector is not None and len(selector.get_map()) > 1 and time.monotonic() < latest:  # noqa: ASYNC110 — no event tells
        await asyncio.sleep(0.002)  # one of what is left wakes the loop itself
    for _ in range(3):
        await asyncio.sleep(0)


class Driven:
    """Each method runs an event loop until it is done; `new` makes the loop, `session` a session of one's own in it."""

    def __init__(self, *args, new=asyncio.new_event_loop, session=None, **settings):
        self.loop = new()

        async def made():
            self.session = session() if session else None
            return AsyncClient(*args, session=self.session, **settings)

        self.client = self.run(made())

    def run(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    def __getattr__(self, name):
        if name == "client":  # not made yet
            raise AttributeError(name)
        return getattr(self.client, name)

    @property
    def transport(self):
        return self.client.transport

    @transport.setter
    def transport(self, transport):
        self.client.transport = transport

    def call(self, *args, **options):
        return self.run(self.client.call(*args, **options))

    def confirm(self, *args, **options):
        return self.run(self.client.confirm(*args, **options))

    def plan(self, *args, **options):
        return self.run(self.client.plan(*args, **options))

    def call_many(self, *args, threads=1, **options):
        return self._stream(self.client.call_many(*args, concurrency=threads, **options))

    def iterate(self, *args, threads=1, **options):
        return self._stream(self.client.iterate(*args, concurrency=threads, **options))

    def _stream(self, stream):
        return DrivenStream(self, stream)

    def close(self):
        if not self.loop.is_closed():
            self.run(self.client.aclose())
            if self.session is not None:
                self.run(self.session.close())
            self.run(self.loop.shutdown_default_executor())
            self.run(settled())
            self.loop.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        with contextlib.suppress(Exception):
            self.close()


class DrivenStream:
    def __init__(self, driven, stream):
        self._driven, self._stream = driven, stream

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return self._driven.run(self._stream.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def close(self):
        self._driven.run(self._stream.aclose())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


CLIENTS = {"threads": Client, "tasks": Driven}
"""By what drives a client: the thread that calls, or the tasks of a loop."""
