"""No secret and no personal value in any file that observing, learning and receiving write: the canaries of all tests.

Every operation is called; the server repeats what it was sent in each way that `test_canary` knows, and answers with
persons, tokens and sentences wherever an answer has room for a text: as a value, a name, a code, a message.
"""

import contextlib
import json
import warnings

import pytest
import requests
from server import Server, body, http

from ocreg import Client, OcregError
from ocreg.cli.app import run
from ocreg.observe import folder
from tests.cli.test_learn_command import receiving
from tests.test_canary import ANSWERS, BIRDS, BUSINESS, ECHOES, REGISTRY, a_person, keys, parameters, payload

HOW = {"retries": 0, "sleep": lambda seconds: None, **keys("refresh_token")}
LEFT_OUT = ("too large", "truncated", "gzip broken", "gzip cut")
"""These take long or hold nothing that could be kept."""


def sentence(name):
    return f"call {BIRDS.personal(name)} at noon"


def row(id):
    """What an answer may hold, in fields that no file knows and in those that one marks."""
    names = (
        "note",
        "remark",
        "description",
        "label",
        "name",
        "value",
        "status",
        "unitText",
        "event",
        "state",
        "carrier",
    )
    token = BIRDS.secret("access_token")
    return {
        **a_person(id),
        **{name: sentence(f"answered {name}") for name in names},
        **dict.fromkeys(("accessToken", "newKey", "reference", "sessionState"), token),
        "consigneeAddress": {"type": BIRDS.personal("typed", 7), "lines": [BIRDS.personal("line"), {"status": BIRDS.personal("s", 7)}]},
        "category": BIRDS.personal("category", 7),
        "weight": BIRDS.number("personal", "weight"),
        BIRDS.personal("as a name", 7): {BIRDS.personal("below"): 1},
        token: [BIRDS.personal("in a list")],
    }  # fmt: skip


def answers(id):
    """What the server does with each request of an operation, in turn."""
    data = row(id)
    enveloped = {"code": 0, "message": sentence("said"), "data": [data, data], **row(id)}
    plain = {**data, "rows": [data]}
    yield lambda _: http(enveloped if REGISTRY[id].envelope else plain)
    yield lambda _: http({**enveloped, "data": data} if REGISTRY[id].envelope else plain)
    yield lambda request: http({"code": 0, "data": json.loads(body(request) or b"{}"), "message": "Success"})
    errors = [{"code": BIRDS.personal("code", 7), "message": sentence("no")}, {"code": sentence("long code")}]
    yield lambda _: http({"code": 3, "errors": errors, "message": sentence("refused"), "data": data})
    others = [ECHOES[name] for name in ECHOES if name not in LEFT_OUT]
    others += [lambda _, make=make: make(id) for make in ANSWERS.values()]
    first = BUSINESS.index(id)
    yield from others[first % 12 :: 12]  # each operation meets some of them, and each of them an operation


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with all that was written."""
    root = tmp_path_factory.mktemp("written")
    turn = {}

    def step(connection):
        connection.write(turn["answer"](connection.read()))
        connection.end()

    with Server(step) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Client("production", host=server.origin, observe=root / "shapes", **HOW) as client:
            for id in BUSINESS:
                for turn["answer"] in answers(id):
                    with contextlib.suppress(OcregError):
                        client.call(id, payload(id), query=parameters(id))
                    client._observer._allowed = 1.0
                    while client._observer._waiting:
                        client._observer._look()
                client._observer.flush()
    return root


def leaks(root):
    needles = BIRDS.needles()
    files = [file for file in root.rglob("*") if file.is_file()]
    assert files
    return {(file.name, bird) for file in files for bird in BIRDS.found_in(file.read_text("utf-8"), needles)}


def test_no_canary_in_what_observing_writes(written) -> None:
    seen = folder.read([written / "shapes"])
    assert seen.refused == []
    assert {id for id, _ in seen.sightings.all} == set(BUSINESS)
    assert sum(sighting.accepted for sighting in seen.sightings.all.values()) >= 2 * len(BUSINESS)
    assert sum(sighting.answers for sighting in seen.sightings.all.values()) >= 5 * len(BUSINESS)
    assert leaks(written) == set()


def test_no_canary_in_what_learning_writes_and_says(written, capsys, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_OBSERVE", str(written / "shapes"))
    codes = [run(["learn", id, "--env", "local", "--into", str(written / "own"), "--yes"]) for id in BUSINESS[:5]]
    assert codes.count(0) == 5
    assert run(["drift", "--env", "local"]) == 1
    out, err = capsys.readouterr()
    assert "note" in out
    assert len(list((written / "own").rglob("*.yaml"))) == 5
    assert BIRDS.found_in(out + err, BIRDS.needles()) == set()
    assert leaks(written) == set()


def test_no_secret_in_what_receiving_writes_and_no_person_but_in_bodies(tmp_path) -> None:
    process, url = receiving(tmp_path, "--out", "d.jsonl", "--count", 1, "--observe", "kept", "--into", "own", "--yes")
    secret = BIRDS.secret("delivered")
    headers = dict.fromkeys(("Authorization", "X-Signature", "Access-Token", "X-Api-Key", "Cookie"), secret)
    requests.post(f"{url}?token={BIRDS.secret('token')[:7]}", json=row("outbound.create"), headers=headers, timeout=30)
    out, err = process.communicate(timeout=60)
    file = tmp_path / "d.jsonl"
    facts = json.loads(file.read_text("utf-8"))
    assert facts.pop("body")
    file.write_text(json.dumps(facts), "utf-8")
    assert leaks(tmp_path) == set()
    assert BIRDS.found_in(out + err, BIRDS.needles()) == set()
    assert (process.returncode, (tmp_path / "own" / "webhook" / "outbound.yaml").exists()) == (0, True)
