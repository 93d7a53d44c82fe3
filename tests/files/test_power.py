"""A power cut: whenever a request leaves, what must be known after it is on the disk, and not only written.

A few lines of C stand before the C library and keep, of each file that is synced, what was in it then: what a disk has
that loses all the rest. The server looks into that when a request arrives.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SYNCED = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void keep(int file) {
    char link[64], path[4096], part[4200], whole[4200], block[65536];
    sprintf(link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    const char *name = strrchr(path, '/');
    if (!name || strncmp(name, "/journal.db", 11)) return;
    sprintf(part, "%s%s.part%d", getenv("SYNCED"), name, file);
    sprintf(whole, "%s%s", getenv("SYNCED"), name);
    int from = open(path, O_RDONLY), to = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while ((length = read(from, block, sizeof block)) > 0) if (write(to, block, length) != length) abort();
    close(from); close(to); rename(part, whole);
}
int fsync(int file) { int done = ((int (*)(int)) dlsym(RTLD_NEXT, "fsync"))(file); keep(file); return done; }
int fdatasync(int file) { int done = ((int (*)(int)) dlsym(RTLD_NEXT, "fdatasync"))(file); keep(file); return done; }
"""
HEADER = "referenceNumber,consigneeName,consigneeAddress1,consigneeCountryCode\n"
ROWS = 120


class Vendor(ThreadingHTTPServer):
    """Takes every order; before it does, looks at what the disk would have after a power cut."""

    def __init__(self, synced, folder) -> None:
        self.synced, self.folder = synced, folder
        self.seen: list[dict[str, str]] = []
        self.asked: list[list[str]] = []
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Taking)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def look(self, numbers: list[str]) -> None:
        with self.lock:
            self.asked.append(numbers)
            copy = self.folder / f"cut-{len(self.seen)}"
            copy.mkdir()
            for file in ("journal.db", "journal.db-wal"):
                with suppress(FileNotFoundError):  # nothing of it was synced so far
                    shutil.copy(self.synced / file, copy)
            with closing(sqlite3.connect(copy / "journal.db")) as connection:
                self.seen.append(dict(connection.execute("SELECT key, state FROM ocreg_journal")))


class Taking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        numbers = re.findall(r'"referenceNumber":"([^"]+)"', body.decode())
        try:
            self.server.look(numbers)
        except sqlite3.Error as error:  # told at the end
            self.server.seen.append({"error": str(error)})
        rows = [{"orderNumber": f"O{number}", "referenceNumber": number} for number in numbers]
        answer = json.dumps({"code": 0, "data": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_) -> None:
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="stands before the C library of Linux")
@pytest.mark.parametrize("threads", [1, 3])
def test_what_a_request_needs_to_be_known_of_it_is_on_the_disk_when_it_leaves(tmp_path, threads) -> None:
    assert shutil.which("cc"), "a C compiler is needed for this test: apt-get install gcc libc6-dev"
    source, made, synced = tmp_path / "synced.c", tmp_path / "synced.so", tmp_path / "synced"
    source.write_text(SYNCED)
    synced.mkdir()
    subprocess.run(["cc", "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True)
    file = tmp_path / "orders.csv"
    file.write_text(HEADER + "".join(f"N{number:03d},Ann,Road 1,GB\n" for number in range(ROWS)))
    with Vendor(synced, tmp_path) as vendor:
        where = ["--env", "sandbox", "--host", f"http://127.0.0.1:{vendor.server_port}"]
        journal = ["--journal", f"sqlite:///{tmp_path}/journal.db"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OCREG_")}
        account = {"OCREG_CLIENT_KEY": "k", "OCREG_SECRET_KEY": "s", "OCREG_ACCESS_TOKEN": "t"}
        command = [sys.executable, "-m", "ocreg", "push", "outbound.create", str(file), *where, *journal, "--json"]
        done = subprocess.run(
            [*command, "--size", "5", "--threads", str(threads)],
            env={**kept, **account, "LD_PRELOAD": str(made), "SYNCED": str(synced)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        vendor.shutdown()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["done"] == ROWS
    assert len(vendor.asked) == ROWS / 5
    for numbers, states in zip(vendor.asked, vendor.seen, strict=True):
        assert [states.get(number) for number in numbers] == ["sending"] * 5
    for place, states in enumerate(vendor.seen):
        before = Counter(states[number] for numbers in vendor.asked[:place] for number in numbers)
        # what else is on its way by now, or waits for its turn; all else is known to be done
        assert before["sending"] <= 5 * (threads * 2 - 1 if threads > 1 else 0)
        assert before["sending"] + before["done"] == 5 * place
