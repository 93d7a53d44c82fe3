"""A real PostgreSQL on a free loopback port, in a temporary directory, for as long as the tests run.

    url = server().database()       # a new, empty database

It takes the binaries of the system. PostgreSQL refuses to run as root, so under root it runs as `postgres` or `nobody`.
"""

import atexit
import contextlib
import functools
import itertools
import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

PASSWORD = "the-password"
_numbers = itertools.count(1)


@functools.cache
def server():
    """The one server of this test session; it starts at the first call and stops at the end."""
    started = Postgres()
    atexit.register(started.remove)
    return started


class Postgres:
    def __init__(self):
        self._bin = _binaries()
        self._directory = Path(tempfile.mkdtemp(prefix="ocreg-postgres-"))
        self._as = _unprivileged()
        if self._as:
            shutil.chown(self._directory, self._as["user"])
        password = self._directory / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._data = self._directory / "data"
        how = ["-A", "scram-sha-256", "-U", "ocreg", f"--pwfile={password}", "-E", "UTF8", "--no-locale", "--no-sync"]
        self._run("initdb", "-D", self._data, *how)
        for _ in range(4):
            self.port = _free_port()
            with contextlib.suppress(AssertionError):  # somebody else has taken the port meanwhile
                self.start()
                return
        self.start()

    def start(self):
        # Nobody pulls the plug here: commits need not reach the disk.
        where = f"-p {self.port} -h 127.0.0.1 -k {self._directory} -c fsync=off -c full_page_writes=off"
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-l", self._directory / "log", "-o", where, "start")

    def stop(self):
        """As an administrator does: connections are cut."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "fast", "stop")

    def remove(self):
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop", check=False)
        shutil.rmtree(self._directory, ignore_errors=True)

    def url(self, database="postgres", password=PASSWORD):
        return f"postgresql+psycopg://ocreg:{password}@127.0.0.1:{self.port}/{database}"

    def database(self):
        """The URL of a new database."""
        name = f"test_{next(_numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def sql(self, statement, database="postgres"):
        """Run a statement as the administrator; the rows it gives."""
        import psycopg

        where = {"host": "127.0.0.1", "port": self.port, "user": "ocreg", "password": PASSWORD, "dbname": database}
        with psycopg.connect(**where, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _run(self, name, *arguments, check=True):
        # Not into a pipe: the server would inherit it and hold it open.
        with tempfile.TemporaryFile() as out:
            command = [str(self._bin / name), *map(str, arguments)]
            done = subprocess.run(command, stdout=out, stderr=out, cwd="/", check=False, **self._as)
            out.seek(0)
            assert not check or done.returncode == 0, out.read().decode()


def _binaries():
    """The directory of the newest installed server."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    found.sort(key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(os.path.realpath(on_path)).parent)
    assert found, "PostgreSQL is not installed: apt-get install postgresql"
    return found[-1]


def _unprivileged():
    """For `subprocess`: whom to be instead of root."""
    if os.getuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    someone = names.get("postgres") or names["nobody"]
    return {"user": someone.pw_uid, "group": someone.pw_gid, "extra_groups": []}


def _free_port():
    """One below those that systems give out by themselves, so that it is still free after a stop."""
    for port in random.SystemRandom().sample(range(20_000, 30_000), 100):
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")
