import os
import signal

import pytest

from tests import platforms


def pytest_addoption(parser):
    parser.addoption("--without-posix", action="store_true", default=os.name == "nt", help="as on Windows")


def pytest_ignore_collect(collection_path, config):
    if config.getoption("--without-posix") and collection_path in platforms.left_out():
        return True
    return None


def pytest_report_header(config):
    """What is not run is said, file by file."""
    if not config.getoption("--without-posix"):
        return []
    files = platforms.left_out().items()
    lines = [f"  {file.relative_to(platforms.ROOT).as_posix()}: {', '.join(sorted(words))}" for file, words in files]
    return [f"{len(lines)} test files are left out, for what they need:", *lines]


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_developer(tmp_path_factory):
    """Neither variables nor files of whoever runs the tests: an `ocreg.toml` here or at home, tokens of a login."""
    empty = tmp_path_factory.mktemp("nobody")
    (empty / "ocreg.toml").touch(0o600)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OCREG_")]:
            patch.delenv(name)
        patch.delenv("COLUMNS", raising=False)  # xdist's workers have it; it is how wide the output is
        patch.setenv("OCREG_CONFIG", str(empty / "ocreg.toml"))  # a test about configuration files takes it away
        patch.setenv("XDG_STATE_HOME", str(empty / "state"))
        patch.setenv("OCREG_RETRIES", "0")  # a test that wants retries says so
        yield


@pytest.fixture(scope="session", autouse=True)
def _signals_as_in_a_terminal():
    """Under `nohup`, or in the background of a script, an interrupt is ignored, by all children as well."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    ignored = [number for number, handler in before.items() if handler is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
