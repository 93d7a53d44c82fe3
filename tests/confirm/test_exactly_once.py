"""Exactly once, by machine: creates, questions, cancels and restarts against the sandbox, with any schedule of faults.

The process may die before or after anything that the exchange does. At every step holds: an order that the caller was
told of exists once; one that was told to have failed does not exist; what is not known is told to be unknown; and no
order exists twice.
"""

import json
import os

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ocreg import CallError, Client, LoginNeeded, OcregError, Outcome, OutcomeUnknown, PartlyRefused
from ocreg.registry.files import Registry
from ocreg.sandbox import Sandbox
from ocreg.sandbox.faults import Faults
from ocreg.sandbox.local import WorldTransport
from tests.confirm.test_confirm import CREATE, QUERY, order
from tests.driven import Driven

REGISTRY = Registry([])
SETTLES = REGISTRY[CREATE].confirm["settles"]
HARMLESS = ["refuse", "reset", "401", "429:after=30", "503", "500:acts=no", "html:acts=no", "expired"]
ACTING = ["drop", "truncate:at=0", "truncate:at=40", "truncate", "delay:seconds=90", "500:acts=yes", "html", "json"]
LATE = [f"late:seconds={seconds}" for seconds in (1, 30, 59)]
WHERE = st.sampled_from(
    [":outbound.create", ":outbound.create", "", ":outbound.query", ":outbound.*", ":oauth.refresh"]
)
SOME_IDS = [CREATE, QUERY, "outbound.cancel", "oauth.refresh"]
RUNS = int(os.environ.get("RUNS", "300"))
STEPS = 30


class Killed(BaseException):
    """The process dies here."""


class Mortal:
    """A transport, and a sleep, of a process that may die before or after any of its deeds."""

    def __init__(self, world: Sandbox, clock: "Clock") -> None:
        self.inner, self.clock, self.left = WorldTransport(world, clock.sleep), clock, None

    def deed(self, act):
        if self.left == 0:
            raise Killed
        done = act()
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise Killed
            self.left -= 1
        return done

    def send(self, request, timeout):
        return self.deed(lambda: self.inner.send(request, timeout))

    def sleep(self, seconds: float) -> None:
        self.deed(lambda: self.clock.sleep(seconds))

    def close(self) -> None:
        pass


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@st.composite
def schedules(draw, duplicates: bool) -> list[str]:
    """Some faults, each at some operation, some requests ahead."""
    kinds = st.sampled_from(ACTING) | st.sampled_from(HARMLESS) | st.sampled_from(LATE)
    kinds = kinds | st.just("duplicate") if duplicates else kinds
    found = []
    for kind in draw(st.lists(kinds, max_size=5)):
        name, _, rest = kind.partition(":")
        count, skip = draw(st.sampled_from([1, 1, 2, 3, 30])), draw(st.sampled_from([0, 0, 0, 1, 2, 4]))
        hides = draw(st.sampled_from([0, 0, 1, 30, 59]))
        found.append(f"{name}{draw(WHERE)}:{rest + ':' if rest else ''}count={count}:skip={skip}:hides={hides}")
    return found


class ExactlyOnce(RuleBasedStateMachine):
    unsent, made, doubtful = Bundle("unsent"), Bundle("made"), Bundle("doubtful")
    runs = steps = 0
    made = Client

    @initialize(refuses=st.booleans())
    def begin(self, refuses: bool) -> None:
        type(self).runs += 1
        self.clock, self.count = Clock(), 0
        self.world = Sandbox(REGISTRY, clock=self.clock, repeats="refuse" if refuses else "accept", empty=True)
        self.told: dict[str, str] = {}
        self.rows: dict[str, str] = {}
        self.cancelled: dict[str, str] = {}
        self.start()

    def start(self) -> None:
        """A new process: it remembers the numbers and message ids that it wrote down, and nothing else."""
        self.wire = Mortal(self.world, self.clock)
        self.client = self.made(
            "local",
            clock=self.clock,
            monotonic=self.clock,
            sleep=self.wire.sleep,
            jitter=lambda: 1.0,
            retries=2,
            endpoints=[],
        )
        self.client.transport = self.wire

    def during(self, faults: list[str], dies_after: int | None, act):
        """Do something while things go wrong; None if the process died of it."""
        self.world.faults = Faults(faults, registry=SOME_IDS)
        self.wire.left = dies_after
        try:
            return act()
        except Killed:
            event("died")
            self.start()
            return None
        finally:
            for text, fired in self.world.faults.fired.items():
                if fired:
                    event(f"fault: {text.partition(':')[0]}")
            self.world.faults = Faults()
            self.wire.left = None

    @property
    def duplicates(self) -> bool:
        return "repeat" in self.world.refuses  # where repeats are accepted a doubled request is a doubled order

    @rule(target=unsent, number=st.integers(1, 4))
    def want(self, number: int):
        self.count += number
        return multiple(*(f"A-{self.count - place}" for place in range(number)))

    def settle(self, numbers: list[str], outcomes: list[Outcome] | None):
        """Write down what was told; gives the numbers, each for its bundle."""
        for place, number in enumerate(numbers):
            if outcomes is None:
                self.told[number] = "unknown"
                continue
            outcome = outcomes[place]
            self.told[number] = outcome.happened
            if outcome.row is not None:
                assert outcome.row["referenceNumber"] == number
                self.rows[number] = outcome.row["orderNumber"]

    @rule(
        data=st.data(),
        chosen=st.lists(unsent, min_size=1, max_size=4, unique=True),
        confirm=st.booleans(),
        dies=st.none() | st.integers(0, 30),
    )
    def create(self, data, chosen, confirm: bool, dies: int | None) -> None:
        numbers = [number for number in chosen if self.told.get(number, "no") == "no"]
        if not numbers:
            return
        faults = data.draw(schedules(self.duplicates))
        items = [order(number) for number in numbers]
        many = data.draw(st.booleans(), label="call_many")
        act = self.many if many else self.one
        found = self.during(faults, dies, lambda: act(items, "confirm" if confirm else "raise"))
        self.settle(numbers, found)
        event(f"create: {sorted({self.told[number] for number in numbers})}")

    def one(self, items: list, on_unknown: str) -> list[Outcome]:
        try:
            answer = self.client.call(CREATE, items, on_unknown=on_unknown)
        except (OutcomeUnknown, PartlyRefused) as error:
            return error.outcomes or [Outcome(None, error)] * len(items)
        except CallError as error:
            return [Outcome(None, error)] * len(items)
        rows = {row["referenceNumber"]: row for row in answer["data"]}
        return [Outcome(rows[item["referenceNumber"]]) for item in items]

    def many(self, items: list, on_unknown: str) -> list[Outcome]:
        sent = self.client.call_many(CREATE, items, size=2, on_unknown=on_unknown)
        found = [Outcome(one.row, one.error) for one in sent]
        # without a login it stops, and gives nothing for items that it did not send
        assert len(found) == len(items) or isinstance(found[-1].error, LoginNeeded)
        return found + [Outcome(None, OcregError("not sent"))] * (len(items) - len(found))

    @precondition(lambda self: "unknown" in self.told.values())
    @rule(data=st.data(), dies=st.none() | st.integers(0, 30))
    def look(self, data, dies: int | None) -> None:
        """A process that does not know what became of its orders asks first."""
        unknown = sorted(number for number, happened in self.told.items() if happened == "unknown")
        numbers = data.draw(st.lists(st.sampled_from(unknown), min_size=1, max_size=4, unique=True))
        faults = data.draw(schedules(self.duplicates))

        def act() -> list[Outcome]:
            items = [order(number) for number in numbers]
            try:
                rows = self.client.confirm(CREATE, items)["data"]
            except (OutcomeUnknown, PartlyRefused) as error:
                return error.outcomes or [Outcome(None, error)] * len(items)
            except CallError as error:
                return [Outcome(None, error)] * len(items)
            return [Outcome(row) for row in rows]

        self.settle(numbers, self.during(faults, dies, act))
        event(f"look: {sorted({self.told[number] for number in numbers})}")

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), dies=st.none() | st.integers(0, 6))
    def cancel(self, data, dies: int | None) -> None:
        number = data.draw(st.sampled_from(sorted(self.rows)))
        if self.cancelled.get(number, "no") != "no":
            return

        def act() -> str:
            payload = {"orderNumber": self.rows[number], "cancelTime": "2026-06-17T10:10:10+0800"}
            try:
                self.client.call("outbound.cancel", payload)
            except CallError as error:
                return error.happened
            return "yes"

        faults = data.draw(schedules(duplicates=False))
        self.cancelled[number] = self.during(faults, dies, act) or "unknown"

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def query(self, data) -> None:
        """What the client finds is what is there and visible."""
        numbers = data.draw(st.lists(st.sampled_from(sorted(self.told)), min_size=1, unique=True))
        self.clock.sleep(SETTLES)
        payload = {"referenceNumberList": [{"referenceNumber": number} for number in numbers]}
        found = [row["referenceNumber"] for row in self.client.call(QUERY, payload)["data"]]
        assert sorted(found) == sorted(number for number in self.there() if number in numbers)

    @rule(seconds=st.sampled_from([1.0, 60.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    @rule()
    def restart(self) -> None:
        self.start()

    def there(self) -> list[str]:
        return [record["referenceNumber"] for record in self.world.records.all("outbound")]

    @invariant()
    def orders_are_as_told(self) -> None:
        type(self).steps += 1
        if not hasattr(self, "world"):
            return
        there = self.there()
        assert len(there) == len(set(there)), "an order exists twice"
        for number, happened in self.told.items():
            if happened != "unknown":
                assert (happened == "yes") == (number in there), f"{number} was told to be {happened}"
        assert set(there) <= set(self.told)
        status = {record["orderNumber"]: record["orderStatus"] for record in self.world.records.all("outbound")}
        for number, happened in self.cancelled.items():
            if happened != "unknown":
                assert (status[self.rows[number]] == "Cancelled") == (happened == "yes")


class ExactlyOnceByTasks(ExactlyOnce):
    """The same over the asynchronous driver: the same conversations, so a fraction of the runs is enough."""

    runs = steps = 0
    made = Driven

    def start(self) -> None:
        if hasattr(self, "client"):
            self.client.close()
        super().start()

    def teardown(self) -> None:
        self.client.close()


@pytest.mark.parametrize(("machine", "runs"), [(ExactlyOnce, RUNS), (ExactlyOnceByTasks, RUNS // 10)])
def test_every_order_is_what_the_caller_was_told(machine, runs) -> None:
    machine.runs = machine.steps = 0
    many = settings(
        max_examples=runs, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=many)
    assert machine.runs >= runs
    print(json.dumps({"machine": machine.__name__, "runs": machine.runs, "steps": machine.steps}))
