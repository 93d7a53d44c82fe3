"""What the tests of the wire share: both ways of the transport, over http and TLS."""

import os

import pytest
import requests
from server import Server
from tls import Authority
from wires import Wire


@pytest.fixture(autouse=True)
def _no_proxies_or_bundles_of_the_developer(monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith(("_proxy", "_ca_bundle"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


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
