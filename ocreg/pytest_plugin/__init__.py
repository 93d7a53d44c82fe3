"""Fixtures for the tests of programs that use ocreg; pytest finds them by itself. Nothing is loaded until one is used.

    def test_an_order_is_placed(ocreg_client, ocreg_box):
        place_order(ocreg_client, number="A1")
        assert ocreg_box.records("outbound")[-1]["referenceNumber"] == "A1"

`ocreg_box` is a running sandbox; `@pytest.mark.ocreg(faults=[...], seed=1)` says what `ocreg.sandbox()` is given, at a
test, a class or a module, the nearest last. `ocreg_client` is a client of it that does not wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..client import Client
    from ..sandbox.running import RunningSandbox


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "ocreg(**world): what the sandbox of `ocreg_box` is given, as ocreg.sandbox().")


@pytest.fixture
def ocreg_box(request: pytest.FixtureRequest) -> Iterator[RunningSandbox]:
    """A running sandbox of its own for each test, over HTTP; see ocreg's docs/howto/testing.md."""
    from ..sandbox.running import RunningSandbox

    world: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("ocreg"))):
        world |= marker.kwargs
    with RunningSandbox(**world) as box:
        yield box


@pytest.fixture
def ocreg_client(ocreg_box: RunningSandbox) -> Client:
    """A client of `ocreg_box` whose pauses take no time: they let the sandbox's time pass."""
    return ocreg_box.client(waits=False)
