"""Two machines, one PostgreSQL journal, a bad network: kills, a stop past the lease, and every order there once.

The full version is a script: `python -m tests.machines`.
"""

from tests.machines import prove


def test_of_several_machines_that_are_killed_and_stopped_every_row_is_sent_once(tmp_path) -> None:
    found = prove(tmp_path, rows=150, machines=2, kills=1, stops=1, lease=1.0, delay=0.1, pause=0.05, patience=120)
    assert (found.doubled, found.lost, found.in_doubt) == ([], [], 0), found
    assert (found.kills, found.stops) == (1, 1), found
    assert found.overtaken == 1, found
    assert found.faults, found
