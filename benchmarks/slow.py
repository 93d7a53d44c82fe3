"""A loopback server that takes 20 ms per request, and counts how often each order was sent. It has its own process.

It answers only after all expected pushers have sent a request, so that reading and checking the file is not measured.
Pushers are distinguished by their client keys. A line on standard input with their number resets it, and is answered
with `begun`; an empty line is answered with the counts, as JSON.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
from collections import Counter
from threading import Condition, Thread
from time import perf_counter, sleep

from .server import http, requests

SECONDS = 0.020
_KEY = re.compile(rb"(?i)clientkey: *([^\r\n]+)")
_NUMBER = re.compile(rb'"referenceNumber": ?"([^"]+)"')


class Count:
    """The requests since the last reset."""

    def __init__(self) -> None:
        self._changed = Condition()
        self.begin(0)

    def begin(self, expected: int) -> None:
        with self._changed:
            self._expected, self._keys, self.sent = expected, set[bytes](), Counter[bytes]()
            self._first = self._last = 0.0

    def add(self, key: bytes, numbers: list[bytes]) -> None:
        """Count a request, after all expected pushers have come."""
        with self._changed:
            self._keys.add(key)
            if len(self._keys) == self._expected and not self._first:
                self._first = perf_counter()
                self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._first, timeout=120):
                os._exit(1)
            self.sent.update(numbers)

    def end(self) -> None:
        with self._changed:
            self._last = perf_counter()

    def report(self) -> dict[str, float]:
        doubled = sum(times > 1 for times in self.sent.values())
        return {"rows": len(self.sent), "doubled": doubled, "seconds": self._last - self._first}


COUNT = Count()


def _serve(connection: socket.socket) -> None:
    with connection:
        for head, body in requests(connection):
            found, numbers = _KEY.search(head), _NUMBER.findall(body)
            COUNT.add(found[1] if found else b"", numbers)
            sleep(SECONDS)
            names = [number.decode() for number in numbers]
            rows = [{"orderNumber": f"OCO{name}GB", "referenceNumber": name} for name in names]
            answer = {"code": 0, "message": "Success", "messageId": 1, "data": rows}
            COUNT.end()  # before the answer: whoever has it may ask for the report
            connection.sendall(http(json.dumps(answer).encode()))


def _accept(listener: socket.socket) -> None:
    while True:
        Thread(target=_serve, args=(listener.accept()[0],), daemon=True).start()


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    Thread(target=_accept, args=(listener,), daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    for line in sys.stdin:  # ends with the parent
        if line.strip():
            COUNT.begin(int(line))
            print("begun", flush=True)  # a request that came before would wait for pushers that never come
        else:
            print(json.dumps(COUNT.report()), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
