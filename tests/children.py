"""Processes that tests start, listen to, and kill."""

import signal
import subprocess
import sys


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
