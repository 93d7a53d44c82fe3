import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_developer(tmp_path_factory):
    """Neither variables nor files of whoever runs the tests: an `ocreg.toml` here or at home, tokens of a login."""
    empty = tmp_path_factory.mktemp("nobody")
    (empty / "ocreg.toml").touch(0o600)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OCREG_")]:
            patch.delenv(name)
        patch.setenv("OCREG_CONFIG", str(empty / "ocreg.toml"))  # a test about configuration files takes it away
        patch.setenv("XDG_STATE_HOME", str(empty / "state"))
        patch.setenv("OCREG_RETRIES", "0")  # a test that wants retries says so
        yield
