"""HTTP byte by byte, for what no client would send."""

import json
import socket


class Raw:
    """A socket to a box, and what comes back from it."""

    def __init__(self, box) -> None:
        self.socket = socket.create_connection(("127.0.0.1", int(box.url.rpartition(":")[2])), timeout=30)
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
        self.socket.close()

    def send(self, text: str) -> None:
        self.socket.sendall(text.encode())

    def head(self) -> tuple[int, dict[str, str]]:
        status, fields = int(self.stream.readline().split()[1]), {}
        while (line := self.stream.readline().strip().decode()) != "":
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        return status, fields

    def answer(self) -> tuple[int, dict]:
        status, fields = self.head()
        return status, json.loads(self.stream.read(int(fields["content-length"])))

    def closed(self) -> bool:
        return self.stream.read(1) == b""
