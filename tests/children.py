"""Processes that tests start, listen to, and kill."""

import functools
import json
import multiprocessing
import os
import select
import signal
import sys
import time
import traceback

import pytest

PATIENCE = 60.0
"""Seconds after which a forked child counts as hanging."""


def until(condition):
    """Wait for what another thread or process does; a test that waits in vain fails."""
    latest = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < latest, f"waited {PATIENCE} seconds in vain"
        time.sleep(0.002)


@functools.cache
def fresh():
    """A context of multiprocessing whose processes begin as forks of one that has imported much and done nothing.

    For the tests they are as good as interpreters that were just started, which takes some hundred times longer.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "psycopg", "sqlalchemy.dialects.postgresql.psycopg", "ocreg.store.sql"])
    return context


def _play(code, arguments, given, to):
    """What a Child does, in its process."""
    os.dup2(given.fileno(), 0)
    os.dup2(to.fileno(), 1)
    given.close()
    to.close()
    sys.argv, sys.stdin, sys.stdout = ["-c", *arguments], os.fdopen(0), os.fdopen(1, "w")
    exec(compile(code, "<child>", "exec"), {"__name__": "__main__"})
    sys.stdout.flush()


class Child:
    """A process that runs `code` with arguments: it says lines, and goes on when it is told to."""

    def __init__(self, code, *arguments):
        given, self._tells = fresh().Pipe(duplex=False)
        self._hears, to = fresh().Pipe(duplex=False)
        self.process = fresh().Process(target=_play, args=(code, arguments, given, to), daemon=True)
        self.process.start()
        given.close()
        to.close()
        self._said = os.fdopen(os.dup(self._hears.fileno()))

    def hear(self):
        return self._said.readline().strip()

    def go(self):
        os.write(self._tells.fileno(), b"\n")

    def rest(self):
        """The whole lines that it says before its end, however that comes."""
        return self._said.read().split("\n")[:-1]

    def end(self):
        """Let it run to its end; all that it still said."""
        self._tells.close()
        said = self.rest()
        self._closed()
        assert self.process.exitcode == 0
        return said

    def kill(self):
        self.process.kill()
        self._closed()

    def _closed(self):
        self.process.join(PATIENCE)
        for end in (self._tells, self._hears, self._said):
            end.close()


class Forked:
    """A child made with `os.fork`; `result` gives what `work` returned, as JSON has it."""

    def __init__(self, work):
        self._from, to = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.write(to, json.dumps(work()).encode())
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(1)
        os.close(to)

    def result(self):
        said, until = b"", time.monotonic() + PATIENCE
        try:
            while select.select([self._from], [], [], max(0, until - time.monotonic()))[0]:
                chunk = os.read(self._from, 1 << 16)
                if not chunk:
                    break
                said += chunk
            else:
                os.kill(self.pid, signal.SIGKILL)
                pytest.fail(f"the child hangs: it said nothing for {PATIENCE} seconds")
        finally:
            os.close(self._from)
            status = os.waitpid(self.pid, 0)[1]
        assert status == 0, "the child failed; its traceback is in the output"
        return json.loads(said)
