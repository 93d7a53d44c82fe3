import os
import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_developer():
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OCREG_")]:
            patch.delenv(name)
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
