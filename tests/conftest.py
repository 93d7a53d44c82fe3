import os

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
def _no_settings_of_the_developer():
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OCREG_")]:
            patch.delenv(name)
        patch.setenv("OCREG_RETRIES", "0")  # a test that wants retries says so
        yield
