"""Fresh interpreters, one for every number: cold start, first call among many endpoint files, peak memory.

This module and the command import only the standard library. On Linux a child's `ru_maxrss` starts at the memory of
its parent, so a parent full of libraries would hide the measured value.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .checkouts import Bench, Checkout
from .payloads import ACCOUNT, CANCEL
from .timing import Cases, Key, Measure, once

FEW, MANY = 37, 10_000
CALLS = 1_000
_NO_ORJSON = "import sys; sys.modules['orjson'] = None\n"
_BARE = "import requests\nrequests.post({url!r}, json={envelope!r}).json()"
_CLIENT = "from ocreg import Client\nClient(**{account!r}, host={host!r}).call({id!r}, {data!r})"
_SHARED = "import ocreg\nocreg.call({id!r}, {data!r})"
_FIRST = """\
from time import perf_counter
begin = perf_counter()
{code}
print((perf_counter() - begin) * 1000)"""
_BARE_LOOP = """\
import requests
session = requests.Session()
for _ in range({calls}):
    session.post({url!r}, json={envelope!r}).json()"""
_OCREG_LOOP = """\
from ocreg import Client
client = Client(**{account!r}, host={host!r})
for _ in range({calls}):
    client.call({id!r}, {data!r})"""
_PEAK = """
import resource, sys
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak / (1 << 20 if sys.platform == 'darwin' else 1 << 10))"""


@contextmanager
def cold_start(bench: Bench) -> Iterator[Cases]:
    """Milliseconds from the start of Python to the end of a program that makes one call."""
    variables = {f"OCREG_{name.upper()}": value for name, value in {**ACCOUNT, "host": bench.host}.items()}
    bare, client, shared = (_filled(code, bench.host) for code in (_BARE, _CLIENT, _SHARED))
    measures: dict[Key, Measure] = {("requests", ""): _wall(bare, bench.now)}
    for checkout in bench.checkouts:
        ways = {
            "Client": _wall(client, checkout),
            "call": _wall(shared, checkout, **variables),
            "Client without": _wall(_NO_ORJSON + client, checkout, fast=False),
            "call without": _wall(_NO_ORJSON + shared, checkout, fast=False, **variables),
        }
        measures.update({(name, checkout.side): measure for name, measure in ways.items()})
    yield _warm({"cold": measures})


@contextmanager
def many_files(bench: Bench) -> Iterator[Cases]:
    """Milliseconds from `import ocreg` to the first answer, in a registry of few and of many files."""
    measures: dict[Key, Measure] = {}
    for checkout in bench.checkouts:
        for name, count in (("few", FEW), ("many", MANY)):
            code = _FIRST.format(code=_filled(_CLIENT, bench.host, id=_id(count - 1)))
            measures[name, checkout.side] = _printed(code, checkout, OCREG_ENDPOINTS=_registry(checkout, count))
    yield _warm({"files": measures})


@contextmanager
def peak_memory(bench: Bench) -> Iterator[Cases]:
    """Megabytes at the peak of a process that makes 1,000 calls."""
    bare, client = (_filled(code, bench.host) + _PEAK for code in (_BARE_LOOP, _OCREG_LOOP))
    measures: dict[Key, Measure] = {("requests", ""): _printed(bare, bench.now)}
    for checkout in bench.checkouts:
        measures["ocreg", checkout.side] = _printed(client, checkout)
        measures["without", checkout.side] = _printed(_NO_ORJSON + client, checkout, fast=False)
    yield _warm({"memory": measures})


def _filled(code: str, host: str, **other: object) -> str:
    values = {"id": CANCEL.id, "data": CANCEL.data, "envelope": CANCEL.envelope, "account": ACCOUNT, "calls": CALLS}
    return code.format(**{**values, "host": host, "url": host + CANCEL.path, **other})


def _warm(cases: Cases) -> Cases:
    """The cases, after one uncounted round that compiles modules and fills the disk cache."""
    for measures in cases.values():
        for measure in measures.values():
            measure()
    return cases


def _run(code: str, checkout: Checkout, environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", code]
    pipe = subprocess.PIPE
    return subprocess.run(command, env=environment, check=True, stdout=pipe, text=True, cwd=checkout.folder).stdout


def _wall(code: str, checkout: Checkout, *, fast: bool = True, **variables: str) -> Measure:
    environment = checkout.environment(fast, **variables)
    return once(lambda: _run(code, checkout, environment))


def _printed(code: str, checkout: Checkout, *, fast: bool = True, **variables: str) -> Measure:
    environment = checkout.environment(fast, **variables)
    return lambda: float(_run(code, checkout, environment))


def _id(number: int) -> str:
    return f"g{number // 100}.op{number}"


def _registry(checkout: Checkout, count: int) -> str:
    """A directory of `count` copies of one endpoint file under different ids, a hundred in each group."""
    directory = checkout.folder / f"files-{count}"
    text = (checkout.folder / "endpoints" / "outbound" / "cancel.yaml").read_bytes()
    for number in range(count):
        group, _, name = _id(number).partition(".")
        folder = directory / group
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").write_bytes(text)
    return str(directory)
