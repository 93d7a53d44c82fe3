"""The throughput of `call_many`, compared with bare requests from as many threads.

`requests` posts the same payload with `json=`; `encoded` posts the bytes of a prepared body. Each measure is the
milliseconds for all batches.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from ocreg import Client

from .contenders import assert_fast
from .payloads import ACCOUNT, BATCHES, CREATE, THREADS
from .timing import Measures, per_call

_HEADERS = {"Content-Type": "application/json"}

Post = Callable[[requests.Session, str], requests.Response]


def ocreg(host: str, fast: bool) -> Measures:
    found = {str(threads): {"ocreg": per_call(_call_many(host, threads))} for threads in THREADS}
    assert_fast(fast)
    return found


def libraries(host: str, _: bool) -> Measures:
    envelope = CREATE.envelope
    body = json.dumps(envelope).encode()
    posts: dict[str, Post] = {
        "requests": lambda session, url: session.post(url, json=envelope),
        "encoded": lambda session, url: session.post(url, data=body, headers=_HEADERS),
    }
    return {
        str(threads): {name: per_call(_bare(host, threads, post)) for name, post in posts.items()}
        for threads in THREADS
    }


def _call_many(host: str, threads: int) -> Callable[[], None]:
    client = Client(**ACCOUNT, host=host)
    items = list(CREATE.data) * BATCHES

    def run() -> None:
        good = sum(1 for sent in client.call_many(CREATE.id, items, threads=threads) if sent.error is None)
        if good != len(items):
            raise SystemExit(f"{len(items) - good} of {len(items)} items were not sent successfully")

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
