"""The throughput of `call_many`, in a worker process, beside bare requests from as many threads.

`requests` posts the same payload with `json=`, `encoded` the bytes of a body that somebody has made before.

The worker prints `{"<threads>": {"<contender>": [milliseconds for all batches, one number a round]}}`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import requests

from ocreg import Client

from .fresh import environment
from .payloads import ACCOUNT, CREATE
from .timing import interleaved

BATCHES = 200
THREADS = (1, 4, 16)
_HEADERS = {"Content-Type": "application/json"}

Post = Callable[[requests.Session, str], requests.Response]


def measured(host: str, rounds: int) -> dict[str, dict[str, list[float]]]:
    """The worker's results."""
    command = [sys.executable, "-m", "benchmarks.batches", "--host", host, "--rounds", str(rounds)]
    done = subprocess.run(command, env=environment(True), check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def _ocreg(host: str, threads: int) -> Callable[[], None]:
    client = Client(**ACCOUNT, host=host)
    items = list(CREATE.data) * BATCHES

    def run() -> None:
        good = sum(1 for sent in client.call_many(CREATE.id, items, threads=threads) if sent.error is None)
        if good != len(items):
            raise SystemExit(f"{len(items) - good} of {len(items)} items were not sent well")

    return run


def _bare(host: str, threads: int, post: Post) -> Callable[[], None]:
    url, own = host + CREATE.path, threading.local()

    def one(_: int) -> object:
        if not hasattr(own, "session"):
            own.session = requests.Session()
        return post(own.session, url).json()

    pool = ThreadPoolExecutor(threads)

    def run() -> None:
        list(map(one, range(BATCHES)) if threads == 1 else pool.map(one, range(BATCHES)))

    return run


def _contenders(host: str, threads: int) -> dict[str, Callable[[], None]]:
    envelope = CREATE.envelope
    body = json.dumps(envelope).encode()
    return {
        "ocreg": _ocreg(host, threads),
        "requests": _bare(host, threads, lambda session, url: session.post(url, json=envelope)),
        "encoded": _bare(host, threads, lambda session, url: session.post(url, data=body, headers=_HEADERS)),
    }


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    given = parser.parse_args()
    found = {}
    for threads in THREADS:
        found[str(threads)] = interleaved(_timed(_contenders(given.host, threads)), given.rounds)
    print(json.dumps(found))


def _timed(contenders: dict[str, Callable[[], None]]) -> dict[str, Callable[[], float]]:
    def timed(run: Callable[[], None]) -> Callable[[], float]:
        def measure() -> float:
            begin = perf_counter()
            run()
            return (perf_counter() - begin) * 1000

        return measure

    return {name: timed(run) for name, run in contenders.items()}


if __name__ == "__main__":
    main()
