"""Token calls under the standard integrations of OpenTelemetry and Sentry: neither sees them, both see the others.

Each tool is switched on in a process of its own, as it changes libraries for good; its children run the calls.
"""

import functools
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
SETUP = """
import json, sys
import requests, urllib3
import ocreg
from ocreg.wire.unobserved import unobserved
from server import Server, http

now = [1_750_000_000.0]
keys = {"client_key": "SESAME", "secret_key": "s", "refresh_token": "SESAME-first", "clock": lambda: now[0]}

def opentelemetry(*names):
    from importlib import import_module
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    spans, numbers, tracers = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    meters = MeterProvider([numbers])
    for name in names:
        room = import_module(f"opentelemetry.instrumentation.{name}")
        kind = {"requests": "RequestsInstrumentor", "urllib3": "URLLib3Instrumentor"}[name]
        getattr(room, kind)().instrument(tracer_provider=tracers, meter_provider=meters)
    def end():
        measured = numbers.get_metrics_data()
        return [one.to_json() for one in (*spans.get_finished_spans(), *([measured] if measured else []))]
    return end

def sentry():
    import sentry_sdk
    events = []
    keep = lambda event, hint: events.append(event)
    sentry_sdk.init("http://key@127.0.0.1:9/1", traces_sample_rate=1.0, send_default_pii=True, before_send=keep,
                    before_send_transaction=keep, max_value_length=10_000)
    transaction = sentry_sdk.start_transaction(name="work")
    transaction.__enter__()
    def end():
        transaction.__exit__(None, None, None)
        sentry_sdk.capture_message("the crumbs so far")
        return [json.dumps(event, default=str) for event in events]
    return end

def step(connection):
    while True:
        path = connection.read().split(b" ")[1]
        body = {"access_token": "AT", "refresh_token": "SESAME-next", "expires_in": 1}
        connection.sock.sendall(http(body if b"/oauth/" in path else {"code": 0, "data": []}))
"""
TOOLS = {
    "requests": "end = opentelemetry('requests')",
    "urllib3": "end = opentelemetry('urllib3')",
    "both": "end = opentelemetry('requests', 'urllib3')",
    "sentry": "end = sentry()",
    "all": "one, two = opentelemetry('requests', 'urllib3'), sentry(); end = lambda: one() + two()",
}
CALLS = {
    "a session of ours": """
with ocreg.Client(host=server.origin, **keys) as client:
    for _ in range(3):
        client.call("outbound.query", {})
        now[0] += 10  # the token has ended
    client.oauth.exchange("SESAME-code", "https://erp.example.com/oc")
""",
    "a session of one's own": """
with requests.Session() as session:
    client = ocreg.Client(host=server.origin, session=session, **keys)
    for _ in range(3):
        client.call("outbound.query", {})
        now[0] += 10  # the token has ended
""",
    "urllib3": """
with urllib3.PoolManager() as pool:
    for _ in range(3):
        pool.request("POST", f"{server.origin}/openapi/3pp/outbound/v2/query")
        with unobserved():
            pool.request("POST", f"{server.origin}/oauth/token?refresh_token=SESAME-first")
""",
}
PLAYS = """
import os
for code in json.load(sys.stdin):
    child = os.fork()
    if child == 0:  # what a tool remembers of one piece of code is not there for the next
        with Server(step) as server:
            exec(code)
            print(json.dumps([end(), [request.split(b" ")[1].decode() for request in server.requests]]), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


@functools.cache
def seen_by(tool):
    """What the tool saw of each of these pieces of code, and what arrived at the server."""
    command = [sys.executable, "-W", "ignore", "-c", SETUP + tool + PLAYS]
    codes = {**CALLS, "observed": CALLS["urllib3"].replace("with unobserved():", "if True:")}
    done = subprocess.run(
        command,
        input=json.dumps([*codes.values()]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=TESTS,
    )
    assert done.returncode == 0, done.stderr
    told = map(json.loads, done.stdout.splitlines())
    return {name: ("\n".join(seen), arrived) for name, (seen, arrived) in zip(codes, told, strict=True)}


@pytest.mark.parametrize(("tool", "calls"), [pair for pair in product(TOOLS, CALLS) if pair != ("requests", "urllib3")])
def test_a_tracer_sees_the_calls_and_no_token(tool, calls) -> None:
    seen, arrived = seen_by(TOOLS[tool])[calls]
    assert sum("SESAME" in path for path in arrived) >= 3
    assert "SESAME" not in seen
    assert "/oauth/token" not in seen
    assert seen.count("/openapi/3pp/outbound/v2/query") >= 3


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool != "requests"])
def test_without_it_a_tracer_does_see_the_token(tool) -> None:
    assert "/oauth/token" in seen_by(TOOLS[tool])["observed"][0]


def test_a_crumb_of_an_earlier_call_is_not_left_twice() -> None:
    seen, _ = seen_by(TOOLS["sentry"])["urllib3"]
    crumbs = json.loads(seen.split("\n")[-1])["breadcrumbs"]["values"]
    assert len(crumbs) == 3


def test_what_is_not_loaded_is_not_loaded_for_it() -> None:
    code = 'end = lambda: [name for name in sys.modules if name.startswith(("opentelemetry", "sentry"))]'
    seen, arrived = seen_by(code)["a session of ours"]
    assert seen == ""
    assert len(arrived) == 7
