"""Tools that stand in for a part of requests or urllib3: they see every call, and our own way is taken again after."""

import json
import subprocess
import sys
from pathlib import Path

import opentelemetry.instrumentation.requests
import opentelemetry.instrumentation.urllib3
import pytest
import requests
import requests_mock
import responses
import vcr
import wrapt
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from server import Server, echo, silence
from wires import Wire

from ocreg.wire.transport import RequestsTransport

MOCKED = b'{"mocked": true}'


@pytest.fixture
def ways(monkeypatch):
    """The ways that the calls of a test have taken."""
    taken = []
    for name in ("_by_pool", "_by_session"):
        method = getattr(RequestsTransport, name)

        def noted(self, *args, name=name, method=method):
            taken.append(name)
            return method(self, *args)

        monkeypatch.setattr(RequestsTransport, name, noted)
    return taken


def test_responses_and_the_real_world_in_turn(wire):
    with Server(echo) as server:
        for _ in range(2):
            with responses.RequestsMock() as mock:
                mock.post(f"{server.origin}/own", body=MOCKED)
                assert wire.send(f"{server.origin}/own").body == MOCKED
                assert len(mock.calls) == 1
            assert wire.echoed(server.origin)
        assert len(server.requests) == 2


def test_requests_mock_and_the_real_world_in_turn(wire):
    with Server(echo) as server:
        for _ in range(2):
            with requests_mock.Mocker() as mock:
                mock.post(f"{server.origin}/own", content=MOCKED)
                assert wire.send(f"{server.origin}/own").body == MOCKED
                assert mock.call_count == 1
            assert wire.echoed(server.origin)
        assert len(server.requests) == 2


@pytest.mark.parametrize("tool", [responses.RequestsMock, requests_mock.Mocker])
def test_a_first_call_to_a_tool_does_not_make_the_next_calls_blind(wire, tool):
    """It was the tool's adapter that was looked at: the real one must be looked at as well."""
    with Server(silence) as server:
        with tool() as mock:
            mock.post(server.origin)
            wire.send(server.origin).discard()
        assert wire.failed(server.origin, timeout=(20, 0.05))[:2] == ("read-timeout", "unknown")


def test_requests_mock_on_a_session_of_ones_own():
    session = requests.Session()
    session.mount("https://", (adapter := requests_mock.Adapter()))
    adapter.register_uri("POST", "https://openapi.example.com/x", content=MOCKED)
    with Wire(session) as wire:
        assert wire.send("https://openapi.example.com/x").body == MOCKED
    assert adapter.call_count == 1


def test_vcr_records_replays_and_lets_go(wire, tmp_path):
    recorder = vcr.VCR(cassette_library_dir=str(tmp_path), match_on=["method", "uri"])
    with Server(echo) as server:
        assert wire.echoed(server.origin)
        with recorder.use_cassette("call.yaml"):
            assert wire.echoed(server.origin)
        assert len(server.requests) == 2
        with recorder.use_cassette("call.yaml", record_mode="none") as cassette:
            assert wire.echoed(server.origin)
            assert cassette.play_count == 1
        assert len(server.requests) == 2
        assert wire.echoed(server.origin)
        assert len(server.requests) == 3
    with Server(silence) as server:
        assert wire.failed(server.origin, timeout=(20, 0.05))[:2] == ("read-timeout", "unknown")


@pytest.mark.parametrize("tool", ["vcr", "responses", "requests_mock"])
def test_a_tool_may_be_active_when_the_transport_is_first_imported(tool, tmp_path):
    code = f"""
import sys
sys.path[:0] = {[str(Path(__file__).parents[1]), str(Path(__file__).parent)]!r}
import requests_mock, responses, vcr
from server import Server, echo
tools = {{
    "vcr": lambda: vcr.use_cassette({str(tmp_path / "call.yaml")!r}),
    "responses": responses.RequestsMock, "requests_mock": requests_mock.Mocker,
}}
with Server(echo) as server:
    with tools[{tool!r}]() as mock:
        from wires import Wire
        from ocreg.wire import transport
        wire = Wire()
        if {tool!r} != "vcr":
            mock.post(server.origin + "/own")
        assert {tool!r} != "vcr" or wire.echoed(server.origin)
        assert wire.send(server.origin + "/own").status == 200
        assert transport._replaced()
    assert not transport._replaced()
    assert wire.echoed(server.origin)
    wire.transport.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def spans():
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    exporter.provider = provider
    return exporter


@pytest.mark.parametrize(
    "instrumentor",
    [
        opentelemetry.instrumentation.requests.RequestsInstrumentor,
        opentelemetry.instrumentation.urllib3.URLLib3Instrumentor,
    ],
)
def test_opentelemetry_sees_every_call(wire, spans, instrumentor, ways):
    with Server(echo) as server:
        for _ in range(2):
            assert wire.echoed(server.origin)
            instrumentor().instrument(tracer_provider=spans.provider)
            try:
                for _ in range(2):
                    assert wire.echoed(server.origin)
            finally:
                instrumentor().uninstrument()
            assert len(spans.get_finished_spans()) == 2
            spans.clear()
        assert wire.echoed(server.origin)
        assert server.connections == 1
    assert ways[-1] == ("_by_pool" if wire.session is None else "_by_session")
    assert spans.get_finished_spans() == ()


def test_sentry_sees_every_call():
    """In a process of its own: its integrations cannot be taken back."""
    code = f"""
import sys
sys.path[:0] = {[str(Path(__file__).parents[1]), str(Path(__file__).parent)]!r}
import json, requests, sentry_sdk
from server import Server, echo
from wires import Wire
from ocreg.wire import transport
seen = []
with Server(echo) as server, Wire() as ours, Wire(requests.Session()) as own:
    assert ours.echoed(server.origin) and own.echoed(server.origin)
    sentry_sdk.init(dsn="http://k@127.0.0.1:1/1", transport=lambda event: None, traces_sample_rate=1.0,
                    before_send_transaction=lambda event, hint: seen.append(event))
    for wire in (ours, own):
        with sentry_sdk.start_transaction(name="x"):
            assert wire.echoed(server.origin)
        assert len(sentry_sdk.get_isolation_scope()._breadcrumbs) == 1
        sentry_sdk.get_isolation_scope().clear_breadcrumbs()
print(json.dumps([[span["op"] for span in event["spans"]] for event in seen]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["http.client"], ["http.client"]]


def test_a_wrapper_that_looks_like_what_it_wraps_is_noticed(monkeypatch):
    """As those of Datadog and Elastic do, which use wrapt."""
    seen = []

    def look(wrapped, instance, args, kwargs):
        seen.append(args[0].url)
        return wrapped(*args, **kwargs)

    with Server(echo) as server, Wire() as wire:
        assert wire.echoed(server.origin)
        monkeypatch.setattr(requests.Session, "send", wrapt.FunctionWrapper(requests.Session.send, look))
        assert wire.echoed(server.origin)
        monkeypatch.undo()
        assert wire.echoed(server.origin)
    assert seen == [f"{server.origin}/own"]
