"""Every create that can be confirmed, against the sandbox: the answer is lost, or the request never got there."""

from itertools import count

import pytest

import ocreg
from ocreg.registry.files import Registry

REGISTRY = Registry([])
CREATES = [id for id in REGISTRY if REGISTRY[id].confirm]


def payload(id: str, number: str):
    """The file's first example, with this number of the caller's."""
    data = REGISTRY[id].examples["request"][0]["data"]
    key = REGISTRY[id].confirm["key"]
    return [{**data[0], key: number}] if isinstance(data, list) else {**data, key: number}


@pytest.fixture
def now():
    return [1_790_000_000.0]


def test_these_creates_name_their_numbers() -> None:
    assert CREATES == ["inbound.create", "outbound.create", "pricing.estimate", "sku.create"]


@pytest.mark.parametrize("fault", ["drop", "truncate", "html", "json", "500:acts=yes", "reset", "503", "html:acts=no"])
@pytest.mark.parametrize("repeats", ["accept", "refuse"])
@pytest.mark.parametrize("id", CREATES)
def test_it_exists_once(id: str, repeats: str, fault: str, now) -> None:
    def sleep(seconds: float) -> None:
        now[0] += seconds

    kind, _, rest = fault.partition(":")
    spec = f"{kind}:{id}" + (f":{rest}" if rest else "")
    collection, key = REGISTRY[id].sandbox["collection"], REGISTRY[id].confirm["key"]
    box = ocreg.sandbox(faults=[spec], repeats=repeats, clock=lambda: now[0], empty=True)
    client = box.local_client(clock=lambda: now[0], monotonic=lambda: now[0], sleep=sleep)
    acted = kind in ("drop", "truncate", "json") or fault in ("html", "500:acts=yes")
    if id == "pricing.estimate" and not acted:  # its absence proves nothing
        with pytest.raises(ocreg.OutcomeUnknown):
            client.call(id, payload(id, "N-1"), on_unknown="confirm")
    else:
        answer = client.call(id, payload(id, "N-1"), on_unknown="confirm")
        assert answer["code"] == 0
    assert box.faults.fired == {spec: 1}
    made = [record[key] for record in box.sandbox.records.all(collection)]
    assert made == (["N-1"] if acted or id != "pricing.estimate" else [])


@pytest.mark.parametrize("id", CREATES)
def test_a_doubled_delivery_is_one_thing_where_repeats_are_refused(id: str, now) -> None:
    def sleep(seconds: float) -> None:
        now[0] += seconds

    box = ocreg.sandbox(faults=[f"duplicate:{id}:count=3"], repeats="refuse", clock=lambda: now[0], empty=True)
    client = box.local_client(clock=lambda: now[0], monotonic=lambda: now[0], sleep=sleep)
    numbers = (f"N-{number}" for number in count())
    for _ in range(3):
        assert client.call(id, payload(id, next(numbers)), on_unknown="confirm")["code"] == 0
    key = REGISTRY[id].confirm["key"]
    made = [record[key] for record in box.sandbox.records.all(REGISTRY[id].sandbox["collection"])]
    assert made == ["N-0", "N-1", "N-2"]
