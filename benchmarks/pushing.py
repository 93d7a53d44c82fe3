"""`ocreg push` of 10,000 rows on a slow disk, to a slow server; and the cost of checking the rows.

A few lines of C slow fsync down. They are compiled at the start of the run and loaded before the C library. Without a
compiler or this mechanism, the disk is measured at its own speed, and the run reports that. Like `fresh`, this module
imports only the standard library.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import server
from .checkouts import Bench, Checkout
from .payloads import ACCOUNT, BATCHES, CREATE, CREATE_PATH, ORDERS, order
from .timing import Cases, Key, Measure

ROWS = BATCHES * ORDERS
FSYNC, REQUEST = 5, 20
"""Milliseconds for an fsync, and for a request to the server."""
SENDERS = 4
CHECK = 600.0
"""The most milliseconds of processor time for checking the rows."""
_SLOW = f"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static int slowly(const char *name, int file) {{
    struct timespec pause = {{0, {FSYNC} * 1000000L}};
    nanosleep(&pause, 0);
    return ((int (*)(int)) dlsym(RTLD_NEXT, name))(file);
}}
int fsync(int file) {{ return slowly("fsync", file); }}
int fdatasync(int file) {{ return slowly("fdatasync", file); }}
"""
_ALONE = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
import requests
url, threads, *files = sys.argv[1:]
bodies = open(files[0], "rb").read().splitlines()
own = threading.local()
def post(body):
    if not hasattr(own, "session"):
        own.session = requests.Session()
    own.session.post(url, data=body, headers={"Content-Type": "application/json"}).raise_for_status()
with ThreadPoolExecutor(int(threads)) as pool:
    begin = perf_counter()
    list(pool.map(post, bodies))
    print((perf_counter() - begin) * 1000)
"""
_COMMAND = """
import resource, sys
from ocreg.cli.app import run
code = run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_utime * 1000)
sys.exit(code)
"""


@contextmanager
def sending(bench: Bench) -> Iterator[Cases]:
    """Milliseconds of sending, from the command's summary, compared with the same requests without ocreg."""
    with TemporaryDirectory() as name, server.running("--slow") as host:
        folder = Path(name)
        file, slow = _table(folder / "orders.csv", ROWS), _slow_disk(folder)
        bodies = folder / "bodies"
        bodies.write_bytes(b"\n".join(_bodies()))
        command = ["-c", _ALONE, host + CREATE_PATH, str(SENDERS), str(bodies)]
        alone = lambda: float(_run(bench.now, command).splitlines()[-1])  # noqa: E731
        measures: dict[Key, Measure] = {("requests", ""): alone}
        for checkout in bench.checkouts:
            measures["ocreg", checkout.side] = _push(checkout, file, host, slow)
        yield {"sending": measures}


@contextmanager
def checking(bench: Bench) -> Iterator[Cases]:
    """Milliseconds of processor time for the rows of a dry run, minus those for a single row."""
    with TemporaryDirectory() as name:
        files = [_table(Path(name, f"{rows}.csv"), rows) for rows in (1, ROWS)]

        def measure(checkout: Checkout) -> Measure:
            def cost(file: Path) -> float:
                words = _words(file, bench.host, Path(name, f"{checkout.side}.db"))
                return float(_run(checkout, ["-c", _COMMAND, *words, "--dry-run"]).splitlines()[-1])

            return lambda: cost(files[1]) - cost(files[0])

        yield {"checking": {("ocreg", checkout.side): measure(checkout) for checkout in bench.checkouts}}


def _push(checkout: Checkout, file: Path, host: str, slow: dict[str, str]) -> Measure:
    journal = file.with_name(f"{checkout.side}.db")

    def measure() -> float:
        for left in file.parent.glob(f"{checkout.side}.db*"):
            left.unlink()
        said = json.loads(_run(checkout, ["-m", "ocreg", *_words(file, host, journal)], **slow))
        if said["done"] != ROWS or said["requests"] != BATCHES:
            raise SystemExit(f"not every row was sent once: {said}")
        return float(said["seconds"]) * 1000

    return measure


def _words(file: Path, host: str, journal: Path) -> list[str]:
    where = ["--env", "sandbox", "--host", host, "--journal", f"sqlite:///{journal}"]
    return ["push", CREATE.id, str(file), *where, "--threads", str(SENDERS), "--json"]


def _run(checkout: Checkout, words: list[str], **variables: str) -> str:
    account = {f"OCREG_{name.upper()}": value for name, value in ACCOUNT.items()}
    environment = checkout.environment(True, **account, **variables)
    command = [sys.executable, *words]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True, cwd=checkout.folder)
    return done.stdout


def _slow_disk(folder: Path) -> dict[str, str]:
    """The variable that slows fsync down; empty if that is not possible."""
    source, made = folder / "slow.c", folder / "slow.so"
    source.write_text(_SLOW)
    with suppress(OSError, subprocess.CalledProcessError):
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run([*compiler, "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True, capture_output=True)
        if sys.platform == "linux":
            return {"LD_PRELOAD": str(made)}
    print("  no C compiler (or not Linux): fsync has the speed of this disk", file=sys.stderr, flush=True)
    return {}


def _orders(count: int) -> Iterator[dict[str, Any]]:
    """Orders with one line each, as tables have them."""
    for number in range(1, count + 1):
        found = order(number)
        yield {**found, "productList": found["productList"][:1]}


def _bodies() -> Iterator[bytes]:
    orders = list(_orders(ROWS))
    for first in range(0, ROWS, ORDERS):
        yield json.dumps({**CREATE.envelope, "data": orders[first : first + ORDERS]}, separators=(",", ":")).encode()


def _table(file: Path, rows: int) -> Path:
    """The orders as a table; prices have cents."""
    with file.open("w", encoding="utf-8", newline="") as out:
        table = None
        for found in _orders(rows):
            (line,) = found.pop("productList")
            line["declaredValue"] = f"{line['declaredValue']:.2f}"
            cells = {**found, **{f"productList.0.{name}": value for name, value in line.items()}}
            if table is None:
                table = csv.DictWriter(out, list(cells))
                table.writeheader()
            table.writerow(cells)
    return file
