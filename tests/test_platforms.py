"""What the tests leave out on Windows, and that the others can be collected without POSIX."""

import subprocess
import sys

from tests import platforms

WITHOUT_POSIX = """
import os, signal, sys
import asyncio, multiprocessing.util, subprocess, tempfile, webbrowser  # the standard library may know where it is
import mcp.server.stdio  # whose way on Windows hangs on the name of the system
sys.modules.update(dict.fromkeys(["pwd", "grp", "pty", "resource", "fcntl", "termios"]))
for place, names in {os: ["fork", "getuid", "register_at_fork"], signal: ["SIGKILL", "SIGALRM", "setitimer"]}.items():
    for name in names:
        delattr(place, name)
import pytest
sys.exit(pytest.main(["--without-posix", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning", *sys.argv[1:]]))
"""


def pytest_without_posix(*words):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX, *words],
        cwd=platforms.ROOT.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_left_out_needs_posix() -> None:
    left = {file.relative_to(platforms.ROOT).as_posix() for file in platforms.left_out()}
    assert {"engine/test_forks.py", "store/test_store.py", "files/test_push.py", "test_readme.py"} <= left
    assert {
        "test_client.py",
        "engine/test_exchange.py",
        "sandbox/test_sandbox.py",
        "account/test_pickles.py",
    }.isdisjoint(left)


def test_all_else_can_be_collected_without_posix_and_the_rest_is_named() -> None:
    """What Windows does not have is taken away here; that the tests pass there, only a run there can tell."""
    said = pytest_without_posix("--collect-only")
    assert "engine/test_forks.py: fork, signals of POSIX" in said
    assert "<Module test_exchange.py>" in said
    assert "<Module test_forks.py>" not in said
