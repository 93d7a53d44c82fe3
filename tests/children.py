"""Processes that tests start, listen to, and kill."""

import json
import os
import select
import signal
import subprocess
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


class Child:
    """A process that runs `code` with arguments: it says lines, and goes on when it is told to."""

    def __init__(self, code, *arguments):
        command = [sys.executable, "-c", code, *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def hear(self):
        return self.process.stdout.readline().strip()

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        """Let it run to its end; all that it still said."""
        said = self.process.communicate(timeout=60)[0].split("\n")[:-1]
        assert self.process.returncode == 0
        return said

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


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
