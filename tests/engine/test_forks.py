"""Clients that were used, and are then forked: real children, each bounded in time and killed if it hangs."""

import gc
import importlib
import ipaddress
import multiprocessing
import os
import signal
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FunctionType, ModuleType

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from requests.adapters import HTTPAdapter

import ocreg
from ocreg import Client, OcregError, StoreError, shared
from ocreg.account.settings import DEMO
from ocreg.account.tokens import MemoryStore
from ocreg.forks import Undivided
from ocreg.lazy import load
from ocreg.sandbox import Sandbox
from tests.children import PATIENCE, Forked, until
from tests.pace import paced

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    # Python 3.12 warns of what these tests are about: a fork of a process with several threads.
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]
CHILDREN, CREATES = 6, 40
ADDRESS = {"consigneeName": "T", "consigneeAddress1": "1", "consigneeCountryCode": "GB"}
READ = {"orderNumberList": [{"orderNumber": "OCO2000023303105GB"}]}
FORK = multiprocessing.get_context("fork") if hasattr(os, "fork") else None


def creates(client, name):
    """Make orders one after the other: those that were answered with another's."""
    wrong = []
    for number in range(CREATES):
        mine = f"{name}-{number}"
        try:
            got = client.call("outbound.create", [{"referenceNumber": mine, **ADDRESS}])["data"][0]["referenceNumber"]
        except OcregError as error:
            got = str(error)
        if got != mine:
            wrong.append((mine, got))
    return wrong


# A server, over http and over TLS


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = PATIENCE

    def setup(self):
        super().setup()
        self.server.met.append(self.client_address)

    def answer(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        path, _, query = self.path.partition("?")
        reply = self.server.sandbox.handle(self.command, path, query, self.headers, body)
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": len(reply.body), "Set-Cookie": "near=1"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = answer  # noqa: N815  # the standard library's names

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 64
    met: list

    def handle_error(self, *_):
        """A client that went away."""


@contextmanager
def serving(tls):
    server = Server(("127.0.0.1", 0), Handler)
    server.sandbox, server.met = Sandbox(), []
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.socket.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """The path of a CA's certificate, and of a key with a certificate of this CA for 127.0.0.1."""
    folder, now = tmp_path_factory.mktemp("tls"), datetime.now(timezone.utc)

    def made(name, issuer, signer, key, *extensions):
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca, host = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, word)]) for word in ("a CA", "127.0.0.1"))
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    (folder / "ca.pem").write_bytes(made(ca, ca, root, root, (x509.BasicConstraints(ca=True, path_length=0), True)))
    words = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "host.pem").write_bytes(own.private_bytes(*words) + made(host, ca, root, own, (here, False)))
    return folder / "ca.pem", folder / "host.pem"


class Pinned(HTTPAdapter):
    """An adapter of a user's, with an SSL context of its own."""

    def __init__(self, bundle):
        self.bundle = bundle
        super().__init__(pool_connections=2, pool_maxsize=3)

    def init_poolmanager(self, *args, **kwargs):
        context = ssl.create_default_context(cafile=self.bundle)
        super().init_poolmanager(*args, ssl_context=context, **kwargs)


@pytest.fixture(params=["http", "https"])
def server(request, certificates, monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    ca, host = certificates
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca))
    with serving(host if request.param == "https" else None) as server:
        server.ca = ca
        yield server


def new_client(server, kind="own", **settings):
    session = None
    if kind != "ours":
        session = requests.Session()
        session.verify, session.trust_env = str(server.ca), False
    if kind == "adapter":
        session.mount("https://", Pinned(server.ca))
    return Client(host=server.url, session=session, **{**DEMO, **settings})


# Each child its own connections


@pytest.mark.parametrize("kind", ["ours", "own", "adapter"])
def test_each_child_gets_the_answers_to_its_own_orders(server, kind) -> None:
    client = new_client(server, kind)
    assert creates(client, "before") == []
    before, gate = len(server.met), os.pipe()

    def work(name):
        os.read(gate[0], 1)
        return creates(client, name)

    children = [Forked(lambda n=n: work(f"child-{n}")) for n in range(CHILDREN)]
    # Only now: a fork while a thread of this server shakes hands would leave OpenSSL's own locks held in the child.
    os.write(gate[1], b"." * CHILDREN)
    assert [child.result() for child in children] == [[]] * CHILDREN
    for end in gate:
        os.close(end)
    assert creates(client, "after") == []
    assert len(server.met) - before == CHILDREN  # one each; and the parent's is as good as before
    assert before == 1


def _in_a_process(client, name, wrong, gate):
    gate.wait(PATIENCE)
    wrong.put(creates(client, name))


def test_children_of_multiprocessing(server) -> None:
    client = new_client(server, "ours")
    assert creates(client, "before") == []
    wrong, gate = FORK.SimpleQueue(), FORK.Event()
    children = [FORK.Process(target=_in_a_process, args=(client, f"p{n}", wrong, gate)) for n in range(3)]
    for child in children:
        child.start()
    gate.set()  # as above
    for child in children:
        child.join(PATIENCE)
        child.kill()
    assert [child.exitcode for child in children] == [0] * 3
    assert [wrong.get() for _ in children] == [[]] * 3


def _shared(name):
    return creates(ocreg, name)


def test_the_shared_client_in_a_pool_of_processes(server, monkeypatch) -> None:
    monkeypatch.setattr(shared._default, "client", None)
    for name, value in {**DEMO, "host": server.url}.items():
        monkeypatch.setenv(f"OCREG_{name.upper()}", value)
    assert creates(ocreg, "before") == []
    with ProcessPoolExecutor(3, mp_context=FORK) as pool:
        assert list(pool.map(_shared, ["a", "b", "c", "d"], timeout=PATIENCE)) == [[]] * 4
    shared._default.client.close()


def test_what_was_set_on_a_session_stays(server) -> None:
    client = new_client(server, "adapter")
    client.call("warehouse.services")
    session = client.transport.session
    session.headers["X-Mine"] = "1"

    def seen():
        adapter = session.get_adapter("https://")
        return [session.headers["X-Mine"], dict(session.cookies), adapter._pool_connections, type(adapter).__name__]

    assert Forked(seen).result() == seen() == ["1", {"near": "1"}, 2, "Pinned"]


# Locks that are held for ever in the child


def test_a_fork_while_a_thread_renews_the_token() -> None:
    slow = "delay:oauth.refresh:seconds=120:count=1"

    def renews():
        with suppress(OcregError):  # the box is closed before its answer comes
            client.call("outbound.query", READ)

    with ocreg.sandbox(faults=[slow]) as box:
        client, thread = box.client(), threading.Thread(target=renews)
        thread.start()
        until(lambda: box.faults.fired[slow])
        assert Forked(lambda: client.call("outbound.query", READ)["code"]).result() == 0
        assert thread.is_alive()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_forks_while_other_threads_are_in_the_middle_of_calls(server) -> None:
    client, ended = new_client(server, "own"), threading.Event()
    failed = []

    def busy():
        while not ended.is_set():
            try:
                client.call("outbound.query", READ)
            except OcregError as error:
                failed.append(error)

    threads = [threading.Thread(target=busy) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(15):
            assert Forked(lambda: client.call("outbound.query", READ)["code"]).result() == 0
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert failed == []


LOCKS = (type(threading.Lock()), type(threading.RLock()))
OURS = {
    "ocreg",
    "requests",
    "urllib3",
    "queue",
    "threading",
    "cachetools",
    "http",
    "collections",
    "builtins",
    "functools",
}


def locks_within(*things):
    """Every lock that can be reached from objects through others of these packages, and what our classes hold."""
    found, seen, waiting = [], set(), list(things)
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, (type, ModuleType, FunctionType, threading.Thread)):
            continue
        seen.add(id(thing))
        if isinstance(thing, LOCKS):
            found.append(thing)
        elif type(thing).__module__.partition(".")[0] in OURS:
            waiting += gc.get_referents(thing)
            waiting += vars(type(thing)).values() if type(thing).__module__.startswith("ocreg") else []
    return found


def test_a_child_waits_for_no_lock_of_the_parents(server) -> None:
    """Another thread holds all of them: what a fork may meet one by one, at once."""
    client = new_client(server, "ours")
    creates(client, "before")
    with Client("local") as other:
        other.call("warehouse.services")
        everything = (client, other, shared._default)
        locks = locks_within(*everything)
        assert len(locks) > 20
        held, done = threading.Event(), threading.Event()

        def hold():
            for lock in locks:
                assert lock.acquire(timeout=PATIENCE)
            held.set()
            done.wait()
            for lock in locks:
                lock.release()

        def work():
            gc.collect()  # what is collected waits for nothing, either
            orders = [{"referenceNumber": f"L-{n}", **ADDRESS} for n in range(120)]
            found = [sent.row["referenceNumber"] for sent in client.call_many("outbound.create", orders, threads=2)]
            rows = list(client.iterate("outbound.query", {"referenceNumberList": [{"referenceNumber": "L-7"}]}))
            other.call("warehouse.services")
            assert not {*map(id, locks_within(*everything))} & {*map(id, locks)}, "a lock of the parent's is left"
            client.close()
            return found == [order["referenceNumber"] for order in orders] and len(rows)

        thread = threading.Thread(target=hold)
        thread.start()
        assert held.wait(PATIENCE)
        try:
            assert Forked(work).result() == 1
        finally:
            done.set()
            thread.join()


def test_a_child_that_ends_as_programs_do_waits_for_no_lock_either() -> None:
    """What urllib3 empties at a program's end are the parent's pools, too."""
    code = """
        import os, sys, threading, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        import requests, ocreg
        from test_forks import READ, locks_within

        with ocreg.sandbox() as box:
            client = box.client(session=requests.Session())
            client.call("outbound.query", READ)
            locks, held = locks_within(client), threading.Event()
            thread = threading.Thread(target=lambda: ([lock.acquire() for lock in locks], held.set()))
            thread.start()
            held.wait()
            child = os.fork()
            if child == 0:
                client.call("outbound.query", READ)
                sys.exit(7)  # out of the sandbox's block, and through everything that a program's end does
            ended = os.waitpid(child, 0)[1]
            with box.client() as another:
                assert another.call("outbound.query", READ)["code"] == 0
            print(os.waitstatus_to_exitcode(ended), flush=True)
            os._exit(0)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.communicate(timeout=PATIENCE)[0] == "7\n"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("how", [load, importlib.import_module])
def test_a_fork_waits_for_an_import_under_way(tmp_path, monkeypatch, how) -> None:
    """A module that a thread was importing can never be imported in a child; and the collector would stay switched off."""
    (tmp_path / "slow_room.py").write_text("import time\nbegun = True\ntime.sleep(0.3)\nvalue = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    thread = threading.Thread(target=how, args=("slow_room",))
    thread.start()
    until(lambda: hasattr(sys.modules.get("slow_room"), "begun"))
    try:
        assert Forked(lambda: [gc.isenabled(), load("slow_room").value]).result() == [True, 1]
    finally:
        thread.join()
        sys.modules.pop("slow_room", None)


@paced
def test_a_fork_waits_no_longer_than_it_is_told(pace) -> None:
    slow, begun, ended = Undivided(0.3 * pace), threading.Event(), threading.Event()

    def hold():
        with slow.under_way():
            begun.set()
            ended.wait(PATIENCE)

    def forks_again():
        began = time.monotonic()
        assert Forked(lambda: 1).result() == 1
        with slow.under_way():
            return time.monotonic() - began

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait()
    began = time.monotonic()
    child = Forked(forks_again)
    waited = time.monotonic() - began
    childs = child.result()
    ended.set()
    thread.join()
    assert childs < 0.2 * pace  # a child has no other thread to wait for
    assert 0.3 * pace <= waited < 0.3 * pace + 5


# Tokens


class Refusing(MemoryStore):
    """A store that cannot save for now."""

    full = True

    def _save(self, account, grant):
        if self.full:
            raise StoreError("no space")
        super()._save(account, grant)


def test_what_the_parent_could_not_save_a_child_saves() -> None:
    """The old refresh token is spent, so a child that forgot the new one could never log in again."""
    with ocreg.sandbox() as box:
        store = Refusing()
        client = box.client(store=store)
        with pytest.raises(StoreError):
            client.call("outbound.query", READ)
        spent = len(box.sandbox.tokens._access)
        store.full = False
        found = Forked(lambda: [client.call("outbound.query", READ)["code"], store.load("") is not None]).result()
        assert found[0] == 0
        assert len(box.sandbox.tokens._access) == spent == 1  # nothing was bought again
        assert client.call("outbound.query", READ)["code"] == 0
        assert len(box.sandbox.tokens._access) == 1
