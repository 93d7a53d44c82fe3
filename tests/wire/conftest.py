"""What the tests of the wire share: both ways of both transports, over http and TLS."""

import os
import ssl

import aiohttp
import pytest
import requests
from server import Server
from tls import Authority
from wires import AioWire, Wire


@pytest.fixture(autouse=True)
def _no_proxies_or_bundles_of_the_developer(monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith(("_proxy", "_ca_bundle"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def own_aiohttp_session(authority):
    """A session of one's own has its CA from its connector, as aiohttp reads no variable."""
    context = ssl.create_default_context(cafile=authority.bundle)
    connector, jar = aiohttp.TCPConnector(ssl=context), aiohttp.DummyCookieJar()
    return aiohttp.ClientSession(connector=connector, cookie_jar=jar, trust_env=True)


WAYS = ["ours", "session", "aio", "aio-session"]
FEWER = {"test_tools": 2, "test_interruptions": 2, "test_unobserved": 2, "test_sessions": 3}
"""Test modules about what only requests has, and one about an environment that aiohttp's own sessions do not read."""


def pytest_generate_tests(metafunc):
    if "wire" in metafunc.fixturenames:
        ways = WAYS[: FEWER.get(metafunc.module.__name__.rpartition(".")[2])]
        metafunc.parametrize("wire", ways, indirect=True)


@pytest.fixture
def wire(request, authority):
    """Both ways of both: the default transport, and a session of one's own."""
    if request.param.startswith("aio"):
        own = (lambda: own_aiohttp_session(authority)) if request.param == "aio-session" else None
        with AioWire(own, max_bytes=1_000_000) as wire:
            yield wire
        return
    with Wire(None if request.param == "ours" else requests.Session(), max_bytes=1_000_000) as wire:
        yield wire


@pytest.fixture(params=["http", "https"])
def serve(request, authority, monkeypatch):
    """A server, over http and TLS."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle)
    tls = authority.server() if request.param == "https" else None
    return lambda *steps: Server(*steps, tls=tls)
