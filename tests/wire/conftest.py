"""What the tests of the wire share: both ways of the transport, over http and TLS."""

import os

import pytest
import requests
from server import Server
from tls import Authority

from ocreg.engine.messages import Request
from ocreg.engine.policy import TRANSPORT
from ocreg.wire.transport import RequestsTransport


@pytest.fixture(autouse=True)
def _no_proxies_or_bundles_of_the_developer(monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith(("_proxy", "_ca_bundle"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


class Wire:
    """A transport, and what one request over it came to."""

    def __init__(self, session=None, **options):
        self.session = session
        self.transport = RequestsTransport(session, **options)

    def send(self, url, timeout=(2, 2), body=b"{}", headers=None, method="POST"):
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


@pytest.fixture(params=["ours", "session"])
def wire(request):
    """Both ways: the default transport, and a session of one's own."""
    with Wire(None if request.param == "ours" else requests.Session(), max_bytes=1_000_000) as wire:
        yield wire


@pytest.fixture(params=["http", "https"])
def serve(request, authority, monkeypatch):
    """A server, over http and TLS."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle)
    tls = authority.server() if request.param == "https" else None
    return lambda *steps: Server(*steps, tls=tls)
