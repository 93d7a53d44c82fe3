"""How a server ends, other than by the end of its input."""

import signal

import pytest

from tests.agents.pipes import PATIENCE, Raw


@pytest.mark.parametrize("end", ["ctrl-c", "no reader"])
def test_it_ends_though_standard_input_stays_open(end):
    raw = Raw()
    if end == "ctrl-c":
        raw.process.send_signal(signal.SIGINT)
        expected = 3
    else:
        raw.process.stdout.close()
        raw.say(b'{"jsonrpc":"2.0","id":1,"method":"ping"}')
        expected = 1
    assert raw.process.wait(PATIENCE) == expected
    assert "Traceback" not in raw.end()[1]
