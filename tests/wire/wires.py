"""One request over a transport, and what it came to."""

from ocreg.engine.messages import Request
from ocreg.engine.policy import TRANSPORT
from ocreg.wire.transport import RequestsTransport


class Wire:
    """A transport, and what one request over it came to."""

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

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.transport.close()
        if self.session is not None:
            self.session.close()
