"""One process at a time: what tests install is shared by all that run them."""

import contextlib

try:
    import fcntl
except ImportError:  # Windows, where one process runs all tests
    fcntl = None


@contextlib.contextmanager
def alone(lock):
    """Hold the file `lock` until the `with` ends; it is given back also by a process that is killed."""
    with lock.open("a") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
