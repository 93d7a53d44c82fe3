"""Several `ocreg push` processes with one file and one PostgreSQL journal: rows per second of all, each row once.

PostgreSQL is started as for the tests. Like `fresh`, this module imports only the standard library before it runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from .checkouts import Bench, Checkout
from .payloads import ACCOUNT, ORDERS
from .slow import SECONDS
from .timing import Cases

ROWS = 10_000
COUNTS = (1, 2, 4)
_THREADS = 4
LIMIT = _THREADS * ORDERS / SECONDS
"""The most rows per second that the server allows one pusher."""
_HEADER = "referenceNumber,consigneeName,consigneeAddress1,consigneeCity,consigneeCountryCode"


def lacks() -> str:
    from tests.postgres import _binaries

    try:
        _binaries()
    except AssertionError as error:
        return str(error).partition("\n")[0]
    return ""


class Slow:
    """The parent's side of the server."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.host = f"http://127.0.0.1:{int(self._line())}"

    def begin(self, pushers: int) -> None:
        self._say(str(pushers))
        self._line()

    def report(self) -> dict[str, float]:
        self._say("")
        return json.loads(self._line())

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        print(line, file=self._process.stdin, flush=True)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def started(bench: Bench) -> Iterator[Cases]:
    """Rows per second, by the number of pushers."""
    command, pipe = [sys.executable, "-m", "benchmarks.slow"], subprocess.PIPE
    with TemporaryDirectory() as name, subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        slow, file = Slow(process), Path(name) / "orders.csv"
        orders = (f"P{number:012d},Test Person,{number} Example Avenue,Coventry,GB" for number in range(ROWS))
        file.write_text("\n".join([_HEADER, *orders]) + "\n")
        yield {
            str(count): {("ocreg", one.side): partial(_rate, slow, one, file, count) for one in bench.checkouts}
            for count in COUNTS
        }
        process.stdin.close()


def _rate(slow: Slow, checkout: Checkout, file: Path, count: int) -> float:
    from tests.postgres import server

    slow.begin(count)
    url = server().database()
    command = [sys.executable, "-m", "ocreg", "push", "outbound.create", str(file)]
    command += ["--threads", str(_THREADS), "--host", slow.host, "--journal", url]
    pushers = []
    for number in range(count):
        keys = {**ACCOUNT, "client_key": f"pusher-{number}"}
        environment = checkout.environment(**{f"OCREG_{name.upper()}": value for name, value in keys.items()})
        pushers.append(
            subprocess.Popen(command, env=environment, cwd=checkout.folder, stderr=subprocess.PIPE, text=True)
        )
    for pusher in pushers:
        said = pusher.communicate()[1]
        if pusher.returncode not in (0, 3):  # 3: the last rows were claimed by another pusher
            raise SystemExit(f"a pusher ended with {pusher.returncode}: {said}")
    found = slow.report()
    if found["rows"] != ROWS or found["doubled"]:
        raise SystemExit(f"{found['rows']:,.0f} of {ROWS:,} rows were sent, {found['doubled']:,.0f} of them twice")
    return ROWS / found["seconds"]
