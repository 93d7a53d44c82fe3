"""Fresh interpreters, one for every number: cold start, first call among many endpoint files, peak memory.

This module and the command import nothing but the standard library. That is not tidiness: on Linux a child's
`ru_maxrss` starts at what its parent held, so a parent full of libraries would hide what is measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from .payloads import ACCOUNT, CANCEL
from .timing import Measure, interleaved

FEW, MANY = 37, 10_000
CALLS = 1_000
_ROOT = Path(__file__).resolve().parent.parent
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


def environment(fast: bool = True, /, **extra: str) -> dict[str, str]:
    """This process's environment without proxies and without the settings of somebody's real account."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OCREG_") and not k.lower().endswith("_proxy")}
    return {**kept, **({} if fast else {"OCREG_FAST": "0"}), **extra}


@contextmanager
def bytecode_kept() -> Iterator[None]:
    """Let children keep compiled modules, in a directory of this run, whatever PYTHONDONTWRITEBYTECODE says.

    An installed package has its bytecode; a source tree may not, and compiling it at every start would be measured.
    """
    with TemporaryDirectory() as directory:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = directory
        yield


def cold_start(host: str, rounds: int) -> dict[str, list[float]]:
    """Milliseconds from starting Python to the end of a program that makes one call."""
    variables = {f"OCREG_{name.upper()}": value for name, value in {**ACCOUNT, "host": host}.items()}
    bare, client, shared = (_filled(code, host) for code in (_BARE, _CLIENT, _SHARED))
    measures = {
        "requests": _wall(bare, environment()),
        "Client": _wall(client, environment()),
        "call": _wall(shared, environment(**variables)),
        "Client without": _wall(_NO_ORJSON + client, environment(False)),
        "call without": _wall(_NO_ORJSON + shared, environment(False, **variables)),
    }
    return _warm(measures, rounds)


def many_files(host: str, rounds: int) -> dict[str, list[float]]:
    """Milliseconds from `import ocreg` to the first answer, in a registry of few and of many files."""
    with _registry(FEW) as few, _registry(MANY) as many:
        measures = {
            str(count): _printed(
                _FIRST.format(code=_filled(_CLIENT, host, id=_id(count - 1))), environment(OCREG_ENDPOINTS=directory)
            )
            for count, directory in ((FEW, few), (MANY, many))
        }
        return _warm(measures, rounds)


def peak_memory(host: str, rounds: int) -> dict[str, list[float]]:
    """Megabytes at the peak of a process that makes 1,000 calls."""
    bare, client = (_filled(code, host) + _PEAK for code in (_BARE_LOOP, _OCREG_LOOP))
    measures = {
        "requests": _printed(bare, environment()),
        "ocreg": _printed(client, environment()),
        "ocreg without": _printed(_NO_ORJSON + client, environment(False)),
    }
    return _warm(measures, rounds)


def _filled(code: str, host: str, **other: object) -> str:
    values = {"id": CANCEL.id, "data": CANCEL.data, "envelope": CANCEL.envelope, "account": ACCOUNT, "calls": CALLS}
    return code.format(**{**values, "host": host, "url": host + CANCEL.path, **other})


def _warm(measures: dict[str, Measure], rounds: int) -> dict[str, list[float]]:
    """Measure after one round that does not count: it compiles modules and fills the disk cache."""
    interleaved(measures, 1)
    return interleaved(measures, rounds)


def _run(code: str, env: dict[str, str]) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True, cwd=_ROOT).stdout


def _wall(code: str, env: dict[str, str]) -> Measure:
    def measure() -> float:
        begin = perf_counter()
        _run(code, env)
        return (perf_counter() - begin) * 1000

    return measure


def _printed(code: str, env: dict[str, str]) -> Measure:
    return lambda: float(_run(code, env))


def _id(number: int) -> str:
    return f"g{number // 100}.op{number}"


@contextmanager
def _registry(count: int) -> Iterator[str]:
    """A directory of `count` copies of one endpoint file under different ids, a hundred in each group."""
    text = (_ROOT / "endpoints" / "outbound" / "cancel.yaml").read_bytes()
    with TemporaryDirectory() as directory:
        for number in range(count):
            group, _, name = _id(number).partition(".")
            folder = Path(directory, group)
            folder.mkdir(exist_ok=True)
            Path(folder, f"{name}.yaml").write_bytes(text)
        yield directory
