"""Fixtures for tests of programs that use ocreg. pytest finds them; nothing is loaded until one is used.

    def test_an_order_is_placed(ocreg_client, ocreg_box):
        place_order(ocreg_client, number="A1")
        assert ocreg_box.records("outbound")[-1]["referenceNumber"] == "A1"

`ocreg_box` is a running sandbox. `@pytest.mark.ocreg(faults=[...], seed=1)` gives it the arguments of
`ocreg.sandbox()`, on a test, a class or a module; the nearest wins. `ocreg_client` is its client that does not wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..client import Client
    from ..sandbox.running import RunningSandbox


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "ocreg(**world): the arguments of ocreg.sandbox() for `ocreg_box`.")


@pytest.fixture
def ocreg_box(request: pytest.FixtureRequest) -> Iterator[RunningSandbox]:
    """A separate running sandbox for each test, over HTTP; see ocreg's docs/howto/testing.md."""
    from ..sandbox.running import RunningSandbox

    world: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("ocreg"))):
        world |= marker.kwargs
    with RunningSandbox(**world) as box:
        yield box


@pytest.fixture
def ocreg_client(ocreg_box: RunningSandbox) -> Client:
    """A client of `ocreg_box` whose pauses take no time: they advance the sandbox's clock."""
    return ocreg_box.client(waits=False)
