"""A connection that is cut at any byte of request or reply, over real sockets: the order exists once all the same."""

import socket
import struct
import threading
from contextlib import suppress

import pytest

import ocreg
from tests.confirm.test_confirm import CREATE, order
from tests.driven import CLIENTS, Driven

OVERLAY = "extends: outbound.create\nconfirm: {settles: 1}\n"
MARK = b"POST /openapi/3pp/outbound/v1/creation "


class Cutter:
    """A proxy in front of a server. The next create is cut: after so many bytes of its request, or of its reply."""

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self.upstream = host, int(port)
        self.cut: tuple[str, int, bool] | None = None
        self.lengths: dict[str, int] = {}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.upstream) as server, suppress(OSError):
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := message(client):
                cut = None
                if request.startswith(MARK):
                    cut, self.cut = self.cut, None
                if cut is not None and cut[0] == "request":
                    self.lengths["request"] = len(request)
                    server.sendall(request[: cut[1]])
                    return end(client, server, cut[2])
                server.sendall(request)
                reply = message(server)
                if cut is not None:
                    self.lengths["reply"] = len(reply)
                    client.sendall(reply[: cut[1]])
                    return end(client, server, cut[2])
                client.sendall(reply)
        return None


def message(side: socket.socket) -> bytes:
    """One whole HTTP message with a Content-Length, or nothing at the end."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (chunk := side.recv(65536)):
            return b""
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    lines = [line.partition(b":") for line in head.split(b"\r\n")]
    length = next((int(value) for name, _, value in lines if name.lower() == b"content-length"), 0)
    while len(body) < length:
        chunk = side.recv(65536)
        received, body = received + chunk, body + chunk
    return received


def end(client: socket.socket, server: socket.socket, hard: bool) -> None:
    """Close both sides, with a reset if `hard`."""
    for side in (client, server):
        if hard:
            side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        side.close()


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    root = tmp_path_factory.mktemp("endpoints")
    (root / "outbound").mkdir()
    (root / "outbound" / "create.yaml").write_text(OVERLAY)
    return [root]


class World:
    """A served sandbox behind a cutter, and a client that does not wait."""

    def __init__(self, overlay, client) -> None:
        self.box = ocreg.sandbox(empty=True)
        self.box.__enter__()
        self.cutter = Cutter(self.box.url)
        self.now = 0.0
        self.client = client(
            "local",
            host=self.cutter.url,
            endpoints=overlay,
            monotonic=lambda: self.now,
            sleep=self._sleep,
            refresh_token="demo-refresh-token",
            retries=2,
            jitter=lambda: 0.0,
        )

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def close(self) -> None:
        self.client.close()
        self.cutter.close()
        self.box.__exit__(None, None, None)

    def numbers(self) -> list[str]:
        return [record["referenceNumber"] for record in self.box.sandbox.records.all("outbound")]


@pytest.fixture(params=CLIENTS)
def world(overlay, request):
    world = World(overlay, CLIENTS[request.param])
    yield world
    world.close()


@pytest.mark.parametrize("hard", [True, False], ids=["reset", "closed"])
@pytest.mark.parametrize("part", ["request", "reply"])
def test_cut_at_every_byte_and_confirmed(world: World, part: str, hard: bool) -> None:
    cuts, place = 0, 0
    stride = 5 if hard and part == "request" and isinstance(world.client, Driven) else 1  # its sibling has every byte
    while place <= world.cutter.lengths.get(part, 1):
        world.cutter.cut = (part, place, hard)
        (row,) = world.client.call(CREATE, [order(f"A-{place:05}")], on_unknown="confirm")["data"]
        assert row["referenceNumber"] == f"A-{place:05}"
        assert world.cutter.cut is None
        cuts, place = cuts + 1, place + stride
    assert world.numbers() == [f"A-{number:05}" for number in range(0, place, stride)]  # each once, none lost
    assert cuts == world.cutter.lengths[part] // stride + 1 > 60
    print(f"{cuts} cuts of a {part}, {'reset' if hard else 'closed'}")


@pytest.mark.parametrize("hard", [True, False], ids=["reset", "closed"])
@pytest.mark.parametrize("part", ["request", "reply"])
def test_cut_at_every_byte_and_raised(world: World, part: str, hard: bool) -> None:
    told: dict[str, str] = {}
    place = 0
    while place <= world.cutter.lengths.get(part, 1):
        number = f"A-{place:05}"
        world.cutter.cut = (part, place, hard)
        try:
            world.client.call(CREATE, [order(number)])
            told[number] = "yes"
        except ocreg.CallError as error:
            told[number] = error.happened
        place += 7
    there = world.numbers()
    assert len(there) == len(set(there))
    for number, happened in told.items():
        assert happened == "unknown" or (happened == "yes") == (number in there), (number, happened)
    acted = [number for number in told if number in there]
    assert part == "reply" or acted in ([], [max(told)])  # half a request is never carried out
