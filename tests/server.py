"""An HTTP server on loopback that misbehaves on request: raw sockets, one step of a script for each connection.

    with Server(answer({"code": 0}), reset_after_request) as server:
        ...                     # first connection: an answer; all further ones: a reset
        server.requests         # the raw bytes of every request that came in whole

A step is a function of a `Connection`. The last one serves all further connections.
"""

import contextlib
import gzip
import json
import socket
import struct
import threading
import time

PATIENCE = 30.0
"""Seconds after which a forgotten connection ends by itself."""


class Server:
    def __init__(self, *steps, tls=None):
        self.steps = list(steps)
        self.requests = []
        self.connections = 0
        self.sent = 0
        self.stopping = threading.Event()
        self.left = threading.Event()  # a client closed its connection between two requests
        self.ended = threading.Event()  # an answer was written, and the end of its connection with it
        self.holding = lambda: None  # what a connection calls before it falls silent
        self._lock = threading.Lock()
        self._workers, self._open = [], []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.settimeout(0.1)
        self.port = self._listener.getsockname()[1]
        self._tls = tls
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self):
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopping.set()
        with contextlib.suppress(OSError):  # where the system knows no such thing, the wait for a client ends by itself
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(PATIENCE)
        for sock in self._open:  # one that is kept for a next request would wait for it
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for worker in self._workers:
            worker.join(PATIENCE)
        self._listener.close()

    def came(self, count):
        """Whether so many requests came in whole; who gave up waiting may be ahead of a thread that still reads."""
        latest = time.monotonic() + PATIENCE
        while len(self.requests) < count and time.monotonic() < latest:
            time.sleep(0.001)
        return len(self.requests) == count

    def sent_to(self, path):
        """The requests whose target begins with `path`."""
        return [request for request in self.requests if request.split(b" ")[1].startswith(path.encode())]

    def _accept(self):
        while not self.stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self._open.append(sock)
            step = self.steps[min(self.connections, len(self.steps) - 1)]
            self.connections += 1
            worker = threading.Thread(target=self._serve, args=(sock, step), daemon=True)
            self._workers.append(worker)
            worker.start()

    def _serve(self, sock, step):
        sock.settimeout(PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or small writes wait for each other, 40 ms each
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(OSError))  # a client may go away, as some tests want it to
            stack.enter_context(sock)
            if self._tls is not None:
                sock = stack.enter_context(self._tls.wrap_socket(sock, server_side=True))
            self._open.append(sock)
            if self.stopping.is_set():
                return
            step(Connection(self, sock))


class Connection:
    def __init__(self, server, sock):
        self.server, self.sock = server, sock

    def read(self):
        """One whole request, which the server remembers."""
        data = self.sock.recv(1 << 16)
        if not data:
            self.server.left.set()
        while b"\r\n\r\n" not in data:
            data += self._some()
        head, _, _ = data.partition(b"\r\n\r\n")
        length = len(head) + 4 + int(header(data, "Content-Length") or 0)
        while len(data) < length:
            data += self._some()
        with self.server._lock:
            self.server.requests.append(data)
        return data

    def _some(self):
        data = self.sock.recv(1 << 16)
        if not data:
            raise ConnectionError("the client stopped in the middle of a request")
        return data

    def write(self, data):
        view = memoryview(data)
        while view:
            count = self.sock.send(view[: 1 << 16])
            self.server.sent += count
            view = view[count:]

    def end(self):
        """Close so that what was written arrives, whatever the client still sends."""
        self.sock.shutdown(socket.SHUT_WR)
        self.server.ended.set()
        while self.sock.recv(1 << 16):
            pass

    def hold(self):
        """Neither read nor write, until the test is over."""
        self.server.holding()
        self.server.stopping.wait(PATIENCE)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def header(request, name):
    """The value of a header in raw bytes, or None."""
    for line in request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name.lower().encode():
            return value.strip().decode("latin-1")
    return None


def body(request):
    return request.partition(b"\r\n\r\n")[2]


def http(content=b"", status=200, length=None, **headers):
    """The bytes of an answer; a `content` that is not bytes is sent as JSON."""
    if not isinstance(content, bytes):
        content, headers = json.dumps(content).encode(), {"Content-Type": "application/json", **headers}
    headers = {"Content-Length": len(content) if length is None else length, "Connection": "close", **headers}
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


# Steps


def raw(data):
    """Read the request, then write exactly this."""

    def step(connection):
        connection.read()
        connection.write(data)
        connection.end()

    return step


def answer(content=b"", status=200, **headers):
    return raw(http(content, status, **headers))


def in_turn(*answers):
    """Answer the requests of one connection with these bytes in turn, then go on as `echo`."""

    def step(connection):
        for data in answers:
            connection.read()
            connection.write(data)
        echo(connection)

    return step


def echo(connection):
    """Answer each request of a connection with its own target: no answer can be taken for another's."""
    while True:
        target = connection.read().split(b" ")[1].decode()
        connection.write(http({"target": target}, Connection="keep-alive"))


def dripping(prefix, unit, every=0.05):
    """Read the request, write `prefix`, then `unit` again and again, for as long as anybody listens."""

    def step(connection):
        connection.read()
        connection.write(prefix)
        connection.server.holding()
        while not connection.server.stopping.wait(every):
            connection.write(unit)

    return step


def stopping(data):
    """Read the request, write this much of an answer, and no more."""

    def step(connection):
        connection.read()
        connection.write(data)
        connection.hold()

    return step


def tunnel(to):
    """A proxy that lets every CONNECT through to one port of this machine."""

    def step(connection):
        connection.read()
        with socket.create_connection(("127.0.0.1", to)) as target:
            connection.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(target, connection.sock), daemon=True)
            back.start()
            _pump(connection.sock, target)
            back.join(PATIENCE)

    return step


def _pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def truncated(content, missing=100, **headers):
    """An answer that announces more bytes than it has."""
    return raw(http(content, length=len(content) + missing, **headers))


def gzipped(content):
    return answer(gzip.compress(content), Content_Encoding="gzip", Content_Type="application/json")


def by(function):
    """Answer each request with the bytes that `function` makes of it."""

    def step(connection):
        connection.write(function(connection.read()))
        connection.end()

    return step


def talk_first(data):
    """Write before anything was read, as a server that does not speak TLS does."""

    def step(connection):
        connection.write(data)
        connection.end()

    return step


def reset_at_once(connection):
    connection.reset()


def reset_after_request(connection):
    connection.read()
    connection.reset()


def silence(connection):
    """Read the request and never answer, until the test is over."""
    connection.read()
    connection.hold()
