import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_developer():
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OCREG_")]:
            patch.delenv(name)
        patch.setenv("OCREG_RETRIES", "0")  # a test that wants retries says so
        yield
