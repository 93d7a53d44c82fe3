"""Several machines push the same orders into one PostgreSQL journal, and are killed and stopped while they do.

    python -m tests.machines                                     # minutes; says what happened, ends with 1 if it is wrong
    python -m tests.machines --rows 3000 --machines 4 --kills 24 --stops 24 --seed 7

Each machine is a real process with a host name of its own (`unshare --uts`, as root; else it is told its host) and a
file of its own; the files overlap. Machines are killed with rows on their way, and started anew when they end, until
each says that all its rows are done. Others are stopped with rows on their way; when their lease is over somebody
pushes their file on yet another host, and only when that has taken over they wake up. The sandbox takes a number as
often as it is sent, drops connections and answers badly. Then its orders are counted.

Rounds follow each other until there were as many kills and stops as asked for. The lease is seconds, not a quarter of
an hour. A machine that is stopped between its check and its request may send a row that others have sent: docs/reference/push.md
says so, and nobody can close that. Such a row is told with its story.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ocreg import Client
from ocreg.errors import OcregError
from ocreg.store import open_history
from tests.postgres import server
from tests.sandbox.test_sandbox_http import Served

HEADER = ["referenceNumber", "consigneeName", "consigneeAddress1", "consigneeCountryCode"]
FAULTS = (
    *("drop:outbound.create:chance=0.03", "reset:outbound.create:chance=0.03", "503:outbound.create:chance=0.03"),
    *("truncate:outbound.*:chance=0.03", "html:outbound.create:chance=0.02", "500:outbound.query:chance=0.05"),
    *("429:outbound.create:chance=0.01", "expired:outbound.create:chance=0.01", "refuse:outbound.create:chance=0.005"),
)
CODE = """
import sys
import ocreg.store.runs as runs
import ocreg.store.wal as wal
from ocreg.cli.app import run
runs.LEASE, runs.BEAT = {lease}, {lease} / 5
wal.Shared.idle = {lease}
if {told!r}:
    runs.host = lambda: {told!r}
sys.exit(run(sys.argv[1:]))
"""


class Found(NamedTuple):
    """What happened; `doubled` and `lost` are the numbers that are in the sandbox more than once, or not."""

    rows: int
    kills: int
    stops: int
    overtaken: int
    fenced: int
    starts: int
    taken_over: int
    faults: int
    doubled: list[str]
    lost: list[str]
    in_doubt: int
    seconds: float

    def __str__(self) -> str:
        facts = [f"{self.rows:,} rows", f"{self.kills} kills", f"{self.stops} stops past the lease"]
        facts += [f"{self.overtaken} of them overtaken by others", f"{self.fenced} woke up and were told so"]
        facts += [
            f"{self.starts} processes",
            f"{self.taken_over:,} rows that several runs had in hand",
            f"{self.faults} faults of the network",
        ]
        counted = f"{len(self.doubled)} doubled, {len(self.lost)} lost, {self.in_doubt} in doubt"
        return f"{', '.join(facts)}; counted at the sandbox: {counted}; {self.seconds:.0f} s"


class Machine:
    """One host and its file; `process` is its latest push."""

    def __init__(self, world: World, name: str, numbers: list[str]) -> None:
        self.world, self.name, self.file = world, name, world.directory / f"{name}.csv"
        with self.file.open("w", newline="") as file:
            csv.writer(file).writerows([HEADER, *([number, "Ann", "Road 1", "GB"] for number in numbers)])
        self.stopped: tuple[float, str] | None = None  # since when, and its run
        self.done = False
        self.process, self.rescue = self.start(name), None

    def start(self, name: str) -> subprocess.Popen:
        """A push of its file, on a host of this name."""
        real = os.getuid() == 0 and shutil.which("unshare") is not None
        code = CODE.format(lease=self.world.lease, told="" if real else name)
        where = ["--env", "local", "--host", self.world.url, "--journal", "env:JOURNAL"]
        words = ["push", "outbound.create", str(self.file), *where, "--size", "5", "--threads", "2"]
        command = [sys.executable, "-c", code, *words]
        if real:
            command = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', name, *command]
        self.world.starts += 1
        with (self.world.directory / f"{name}.err").open("w") as err:
            return subprocess.Popen(command, env=self.world.environment, stderr=err)

    def sending(self) -> str | None:
        """Its run, if it has rows on their way."""
        found = self.world.sql(
            "SELECT run FROM ocreg_journal JOIN ocreg_runs USING (run) "
            f"WHERE state = 'sending' AND pid = {self.process.pid} LIMIT 1"
        )
        return found[0][0] if found else None

    def stop(self, run: str) -> bool:
        """Stop it, unless it has no rows left that another one would have to take over."""
        self.process.send_signal(signal.SIGSTOP)
        if not self.world.sql(f"SELECT 1 FROM ocreg_journal WHERE state = 'claimed' AND run = '{run}' LIMIT 1"):
            self.process.send_signal(signal.SIGCONT)
            return False
        self.stopped = (time.monotonic(), run)
        return True

    def look(self) -> None:
        """Somebody pushes the file of a machine that stopped elsewhere; it wakes up when its rows are taken over."""
        if self.stopped is not None:
            slept = (time.monotonic() - self.stopped[0]) / self.world.lease
            if slept > 1.2 and self.rescue is None:
                self.rescue = self.start(f"{self.name}-rescue")
            taken = not self.world.sql(f"SELECT 1 FROM ocreg_runs WHERE run = '{self.stopped[1]}'")
            if taken or slept > 30:
                self.world.overtaken += taken
                self.process.send_signal(signal.SIGCONT)
                self.stopped = None
            return
        if self.rescue is not None and self.rescue.poll() is not None:
            self.rescue = None
        code = self.process.poll()
        if code is None or self.done:
            return
        said = (self.world.directory / f"{self.name}.err").read_text()
        assert code in (0, 3, -signal.SIGKILL), f"{self.name} ended with {code}: {said}"
        self.world.fenced += "took this one for dead" in said
        self.done = code == 0
        if not self.done:
            self.process = self.start(self.name)

    def end(self) -> None:
        for process in (self.process, self.rescue):
            if process is not None:
                process.kill()
                process.wait()


class World:
    """The sandbox, the journal and the machines."""

    def __init__(self, directory: Path, rows: int, machines: int, lease: float, seed: int, delay: float) -> None:
        self.directory, self.lease, self.chance = directory, lease, random.Random(seed)
        self.starts = self.fenced = self.overtaken = self.kills = self.stops = 0
        slow = f"delay:outbound.create:seconds={delay}:chance=1"
        words = [word for fault in (*FAULTS, slow) for word in ("--fault", fault)]
        self.sandbox = Served("--seed", str(seed), "--repeats", "accept", *words)
        self.url = self.sandbox.url
        self.journal = server().database()
        overlay = directory / "endpoints" / "outbound" / "create.yaml"
        overlay.parent.mkdir(parents=True)
        overlay.write_text("extends: outbound.create\nconfirm: {settles: 0.2}\n")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("OCREG_")},
            **{"OCREG_ENDPOINTS": str(directory / "endpoints"), "OCREG_RETRIES": "1", "JOURNAL": self.journal},
        }
        self.numbers = [f"M{seed}-{number:06d}" for number in range(rows)]
        for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):  # nobody pulls the plug
            server().sql(statement)
        self.machines: list[Machine] = []
        for place in range(machines):
            own = [n for at, n in enumerate(self.numbers) if (at // 7) % (machines + 1) != place]
            self.machines.append(Machine(self, f"machine-{place}", own[::-1] if place % 2 else own))

    def sql(self, statement: str) -> list:
        try:
            return server().sql(statement, self.journal.rpartition("/")[2])
        except Exception as error:  # before the first claim there are no tables
            if "does not exist" in str(error):
                return []
            raise

    def disturb(self, kills: int, stops: int) -> bool:
        """Kill or stop a machine that has rows on their way; whether there was one."""
        able = [m for m in self.machines if not m.done and m.stopped is None and m.process.poll() is None]
        alone = len(able) < 2  # somebody has to take over
        if (self.kills, self.stops) == (kills, stops) or (alone and len(self.machines) > 1):
            return False
        machine = self.chance.choice(able) if able else None
        run = machine.sending() if machine is not None else None
        if machine is None or run is None:
            return False
        if self.kills < kills and (self.kills <= self.stops or self.stops == stops):  # in turns
            machine.process.kill()
            machine.process.wait()
            self.kills += 1
        else:
            stopped = machine.stop(run)
            self.stops += stopped
            return stopped
        return True

    def play(self, kills: int, stops: int, pause: float, patience: float) -> None:
        deadline = time.monotonic() + patience
        due = time.monotonic() + self.chance.uniform(0, pause)
        while not all(machine.done for machine in self.machines):
            assert time.monotonic() < deadline, "it does not come to an end"
            for machine in self.machines:
                machine.look()
            if time.monotonic() > due and self.disturb(kills, stops):
                due = time.monotonic() + self.chance.uniform(0, 2 * pause)
            time.sleep(0.01)

    def there(self, *numbers: str) -> Counter[str]:
        """How often numbers, or all, are in the sandbox, by the API."""
        found: Counter[str] = Counter()
        with Client("local", host=self.url, retries=20) as client:
            wanted = numbers or self.numbers
            for start in range(0, len(wanted), 100):
                asked = [{"referenceNumber": number} for number in wanted[start : start + 100]]
                rows = client.call("outbound.query", {"referenceNumberList": asked}).get("data") or []
                found.update(row["referenceNumber"] for row in rows)
        return found

    def close(self) -> int:
        """End everything; how many faults there were."""
        for machine in self.machines:
            machine.end()
        said = self.sandbox.stop()[2]
        for statement in ("ALTER SYSTEM RESET fsync", "SELECT pg_reload_conf()"):
            server().sql(statement)
        fired = [line for line in said.splitlines() if line.startswith("fault ") and "delay" not in line]
        return sum(int(line.rpartition("fired ")[2].split()[0]) for line in fired)


def prove(
    directory: Path,
    *,
    rows: int,
    machines: int,
    kills: int,
    stops: int,
    seed: int = 1,
    lease: float = 2.0,
    delay: float = 0.1,
    pause: float = 0.05,
    patience: float = 3600.0,
) -> Found:
    """Play it through and count. A number of our own, sent twice beside it, shows that a double would be seen."""
    began = time.monotonic()
    world = World(directory, rows, machines, lease, seed, delay)
    faults = 0
    try:
        world.play(kills, stops, pause, patience)
        there = world.there()
        with open_history(world.journal) as history:
            in_doubt = sum(group.counts["in doubt"] + group.counts["open"] for group in history.overview()[0])
            stories = {row.key: row.events for row in history.rows()}
        doubled, lost = ([n for n in world.numbers if there[n] > 1], [n for n in world.numbers if not there[n]])
        for number in doubled:
            print(f"{number} is there {there[number]} times:", *stories[number], sep="\n    ")
        control_is_seen(world)
    finally:
        faults = world.close()
    taken = sum(len({event.run for event in events}) > 1 for events in stories.values())
    facts = (rows, world.kills, world.stops, world.overtaken, world.fenced, world.starts, taken, faults)
    return Found(*facts, doubled, lost, in_doubt, time.monotonic() - began)


def control_is_seen(world: World) -> None:
    order = {"referenceNumber": "CONTROL", **dict.fromkeys(HEADER[1:3], "x"), HEADER[3]: "GB"}
    with Client("local", host=world.url, retries=0) as client:
        for times in range(2):
            while world.there("CONTROL")["CONTROL"] <= times:  # faults may keep it away
                with suppress(OcregError):
                    client.call("outbound.create", [order])
    assert world.there("CONTROL")["CONTROL"] == 2, "a double would not be seen"


def main() -> int:
    parser = argparse.ArgumentParser(description="Several machines, one journal; each row once.")
    for name, default in (("rows", 3000), ("machines", 4), ("kills", 24), ("stops", 24), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--delay", type=float, default=0.5, help="seconds that the sandbox takes for a request")
    given = vars(parser.parse_args())
    rounds: list[Found] = []
    while given["kills"] > 0 or given["stops"] > 0 or not rounds:  # a round may be over before there were so many
        with tempfile.TemporaryDirectory() as directory:
            found = prove(Path(directory), **given)
        print(found, flush=True)
        rounds.append(found)
        given |= {"kills": given["kills"] - found.kills, "stops": given["stops"] - found.stops}
        given["seed"] += 1
    return 1 if any(found.doubled or found.lost or found.in_doubt for found in rounds) else 0


if __name__ == "__main__":
    sys.exit(main())
