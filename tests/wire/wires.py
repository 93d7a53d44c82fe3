"""One request over a transport, and what it came to."""

import asyncio
import threading

from ocreg.aio.transport import AioTransport
from ocreg.engine.messages import Request
from ocreg.engine.policy import TRANSPORT
from ocreg.wire.transport import RequestsTransport
from tests.driven import settled


class Loop:
    """An event loop in a thread of its own, for tests that are no coroutines."""

    def __init__(self, new=asyncio.new_event_loop):
        self.loop = new()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def call(self, function, *args):
        async def called():
            return function(*args)

        return self.run(called())

    def stop(self):
        self.run(settled())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Wire:
    """A transport, and what one request over it came to."""

    aio = False

    def __init__(self, session=None, **options):
        self.session = session
        self.transport = RequestsTransport(session, **options)

    def send(self, url, timeout=(20, 20), body=b"{}", headers=None, method="POST"):
        return self.transport.send(Request("x", method, url, headers or {}, body), timeout)

    def echoed(self, origin, target="/own"):
        """Whether a request gets its own answer from a server's `echo`."""
        reply = self.send(origin + target)
        return getattr(reply, "body", reply) == b'{"target": "%s"}' % target.encode()

    def failed(self, *args, **kwargs):
        """The kind of failure, what it means, and the transport's words."""
        kind, reason = self.send(*args, **kwargs)
        return kind, TRANSPORT[kind].happened, reason

    def pause(self):
        """Close what is open; it may go on."""
        self.transport.close()
        self.transport.session.close()

    def close(self):
        self.transport.close()
        if self.session is not None:
            self.session.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class AioWire(Wire):
    """The same over aiohttp; `session` makes a session of one's own, in the loop."""

    aio = True

    def __init__(self, session=None, **options):
        self.loop = Loop()
        self.session = None if session is None else self.loop.call(session)
        self.transport = AioTransport(self.session, **options)

    def send(self, url, timeout=(20, 20), body=b"{}", headers=None, method="POST"):
        request = Request("x", method, url, headers or {}, body)
        return self.loop.run(self.transport.send(request, timeout))

    def pause(self):
        self.loop.run(self.transport.close())

    def close(self):
        self.loop.run(self.transport.close())
        if self.session is not None:
            self.loop.run(self.session.close())

    def __exit__(self, *_):
        self.close()
        self.loop.stop()
