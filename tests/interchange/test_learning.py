"""What learn finds: exactly what was taken out of the files, and what a scripted server answers beside them."""

import contextlib
import json
import warnings

import pytest

from ocreg import Client, OcregError, Registry
from ocreg.cli.app import run
from ocreg.interchange import comparison, learning, proposals
from ocreg.lint import checks, prove
from ocreg.observe import folder
from ocreg.observe.sightings import Seen, Sightings
from ocreg.sandbox.core import Sandbox
from ocreg.sandbox.local import WorldTransport

REGISTRY = Registry([])
CALLED = [
    id for id in REGISTRY if REGISTRY[id].path and REGISTRY[id].auth != "oauth" and REGISTRY[id].caller == "client"
]


def described(node, value, path=()):
    """The paths in a file's own schema of fields that stand in an answer: (path in the schema, path as learn has it)."""
    if isinstance(value, list):
        for item in value:
            if isinstance(node.get("items"), dict):
                yield from described(node["items"], item, (*path, "[]"))
    elif isinstance(value, dict):
        for name, inner in value.items():
            below = node.get("properties", {}).get(name)
            if isinstance(below, dict):
                yield (*path, name)
                yield from described(below, inner, (*path, name))


def without(paths):
    """The overlay's `response` that takes fields out."""
    patch = {}
    for path in paths:
        node = patch
        for step in path[:-1]:
            node = (
                node.setdefault("items", {}) if step == "[]" else node.setdefault("properties", {}).setdefault(step, {})
            )
        node.setdefault("properties", {})[path[-1]] = None
    return patch


def calls(id):
    endpoint = REGISTRY[id]
    found = [(example.get("data"), example.get("query")) for example in endpoint.examples.get("request", [{}])[:3]]
    if "window" in endpoint.limits or id.endswith((".query", ".list")):
        found += [({}, None)]
    return found


def play(client, id):
    """Answers of one operation, whatever becomes of each call."""
    for data, query in calls(id):
        with contextlib.suppress(OcregError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield client.call(id, data, query=query)


def some_of(fields):
    """Of each object, all fields that hold no others, but for the last one where there are several."""
    leaves = {path for path in fields if not any(other[: len(path)] == path != other for other in fields)}
    chosen = []
    for parent in sorted({path[:-1] for path in leaves}):
        names = sorted(path for path in leaves if path[:-1] == parent)
        chosen += names[: max(1, len(names) - 1)]
    return chosen


@pytest.fixture(scope="module")
def pruned(tmp_path_factory):
    """By operation, the fields that were taken out of its file; the files; what was observed with them."""
    root = tmp_path_factory.mktemp("pruned")
    world = Sandbox(REGISTRY, client_key="demo-client-key", secret_key="demo-secret-key")
    taken, order = {}, [id for id in CALLED if "create" in id] + [id for id in CALLED if "create" not in id]
    with Client("local") as client:
        client.transport = WorldTransport(world)
        for id in order:
            node = REGISTRY[id].document.get("response", {})
            fields = {path for answer in play(client, id) for path in described(node, answer.get("data"))}
            chosen = some_of(fields)
            if chosen:
                taken[id] = chosen
                file = root / "files" / f"{id.replace('.', '/')}.yaml"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps({"extends": id, "response": without(chosen)}))
    with Client("local", endpoints=[root / "files"], observe=root / "shapes") as client:
        client.transport = WorldTransport(world)
        for id in order:
            list(play(client, id))
            client._observer.flush()
    return taken, root


def news(registry, seen) -> set:
    """All that these files do not describe, by operation and path."""
    found = set()
    for (id, env), sighting in seen.all.items():
        for finding in comparison.findings(registry[id], sighting, env):
            if finding.kind == "open":
                found |= {(id, *finding.path, name) for name in finding.shape.fields}
            elif finding.kind == "undescribed":
                found.add((id, *finding.path))
            assert finding.kind in ("open", "undescribed", "always", "limit", "words", "code"), finding
    return found


def test_learn_finds_exactly_what_was_taken_out_of_the_files(pruned) -> None:
    taken, root = pruned
    seen = folder.read([root / "shapes"]).sightings
    found = news(Registry([root / "files"]), seen) - news(REGISTRY, seen)
    assert found == {(id, "response", *path) for id, paths in taken.items() for path in paths}
    assert len(taken) >= 9
    assert len(found) >= 40


def test_the_overlays_bring_the_fields_back_and_drift_is_silent(pruned, monkeypatch, capsys) -> None:
    taken, root = pruned
    monkeypatch.setenv("OCREG_ENDPOINTS", str(root / "files"))
    monkeypatch.setenv("OCREG_OBSERVE", str(root / "shapes"))
    assert run(["drift", "--env", "local"]) == 1
    ids = [id for id in sorted(taken) if not checks.lint(Registry(), [id])]
    assert ids
    for id in ids:
        assert run(["learn", id, "--env", "local", "--into", str(root / "learned"), "--yes"]) == 0
    monkeypatch.setenv("OCREG_ENDPOINTS", f"{root / 'learned'}:{root / 'files'}")
    capsys.readouterr()
    assert run(["drift", *ids, "--env", "local"]) == 0
    assert run(["lint", *(str(root / "learned" / f"{id.replace('.', '/')}.yaml") for id in ids)]) == 0


# What scripted answers make of a small file

FILE = """\
summary: Something to be learned about.
method: POST
path: /3pp/things/v1/list
host: {sandbox: https://openapi-stage-hk.orangeconnex.com/openapi, production: https://openapi-hk.orangeconnex.com/openapi}
effect: read
data: {type: object, properties: {pageSize: {type: integer, description: Rows.}, from: {type: string, description: B.}, to: {type: string, description: E.}}}
response:
  type: object
  description: Rows.
  required: [total]
  properties:
    total: {type: integer, description: How many.}
    at: {$ref: _shared/fields.yaml#/moment}
    day: {type: string, format: oc-date, description: A day.}
    unit: {type: string, enum: [KG], description: A unit.}
    anything: {description: Of any type.}
    list: {type: array, description: Rows., items: {type: object, properties: {name: {type: string, description: N.}}}}
errors: {'300001': it is missing}
limits: {page: {number: page, size: pageSize, most: 100}, window: {from: from, to: to, days: 7}}
evidence: {status: documented, unknown: [much]}
examples: {request: [{data: {}}], response: [{body: {code: 0, data: {total: 1}}}]}
"""
ANSWER = {"total": 3, "day": "2022-10-31+0800", "unit": "KG", "list": [{"name": "x"}]}


def learned(tmp_path, *answers, sent=None, env="production", times=1):
    """The findings, the proposal, and the endpoint as it is with the overlay."""
    own = tmp_path / "own" / "things"
    own.mkdir(parents=True, exist_ok=True)
    (own / "list.yaml").write_text(FILE)
    registry = Registry([own.parent])
    seen = Sightings(registry.__getitem__)
    for answer in answers * times:
        body = json.dumps({"data": sent if sent is not None else {}}).encode()
        whole = answer if "code" in answer else {"code": 0, "data": answer}
        seen.add(Seen("things.list", env, body, 200, json.dumps(whole).encode()))
    made, found = learning.proposal(proposals.Proposer(registry), registry["things.list"], dict(seen.of("things.list")))
    if made.text:
        over = tmp_path / "over" / "things"
        over.mkdir(parents=True)
        (over / "list.yaml").write_text(made.text)
        registry = Registry([over.parent, own.parent])
        (proof,) = prove.prove(registry, ["things.list"])
        assert [finding.path + finding.message for finding in proof.undefended] == []
    again = comparison.findings(registry["things.list"], dict(seen.of("things.list"))[env], env)
    return {(f.where, f.kind): f for f in found}, made, registry["things.list"], again


MENDED = {
    "undescribed": ({**ANSWER, "extra": 1.5}, ("response.extra", "undescribed")),
    "deep": ({**ANSWER, "list": [{"name": "x", "more": [{"a": None}, {"a": 1}]}]}, ("response.list[].more", "undescribed")),
    "spelling": ({**ANSWER, "Total": 3}, ("response.Total", "undescribed")),
    "type": ({**ANSWER, "total": "3"}, ("response.total", "type")),
    "null": ({**ANSWER, "total": None}, ("response.total", "type")),
    "item": ({**ANSWER, "list": ["x", {"name": "x"}]}, ("response.list[]", "type")),
    "format": ({**ANSWER, "day": "31.10.2022"}, ("response.day", "format")),
    "empty": ({**ANSWER, "day": ""}, ("response.day", "format")),
    "missing": ({k: v for k, v in ANSWER.items() if k != "total"}, ("response.total", "missing")),
    "whole": ({"code": 0, "data": [ANSWER]}, ("response", "type")),
}  # fmt: skip


@pytest.mark.parametrize("case", MENDED)
def test_an_overlay_mends_where_answers_left_the_file(tmp_path, case) -> None:
    answer, key = MENDED[case]
    body = answer if "code" in answer else {"code": 0, "data": answer}
    found, made, endpoint, again = learned(tmp_path, answer)
    assert found[key].leaves
    assert made.contradictions == []
    assert [finding for finding in again if finding.leaves] == []
    assert endpoint.answer.ok(body)
    assert endpoint.answer.ok({"code": 0, "data": ANSWER}), "nothing became narrower"
    first = endpoint.evidence["sources"][0]
    assert (first["kind"], endpoint.evidence["status"]) == ("observed", "documented")
    assert first["note"].startswith("1 answer of production, 1 accepted")


def test_words_join_an_enum_and_are_named_where_there_is_none(tmp_path) -> None:
    rows = [
        {**ANSWER, "unit": word, "list": [{"name": "x", "currency": coin}]}
        for word, coin in (("KG", "USD"), ("LB", "EUR"))
    ]
    found, _, endpoint, again = learned(tmp_path, *rows, times=12)
    assert found["response.unit", "enum"].leaves
    assert endpoint.document["response"]["properties"]["unit"]["enum"] == ["KG", "LB"]
    currency = endpoint.document["response"]["properties"]["list"]["items"]["properties"]["currency"]
    assert currency["description"].endswith("Known values: EUR, USD.")
    assert not [finding for finding in again if finding.leaves]
    assert any("always present" in words and "total" not in words for words in endpoint.evidence["inferred"])


def test_what_stands_in_a_shared_file_is_told(tmp_path) -> None:
    _, made, endpoint, again = learned(tmp_path, {**ANSWER, "at": "2022-10-31 10:00"})
    assert ["response.at: not in the format oc-date-time" in made.contradictions[0], len(made.contradictions)] == [
        True,
        1,
    ]
    assert "another file" in endpoint.evidence["unknown"][0]
    assert endpoint.evidence["unknown"][-1] == "much"
    assert [finding.where for finding in again if finding.leaves] == ["response.at"]


def test_codes_and_limits_and_what_was_sent(tmp_path) -> None:
    no = {"code": 3, "message": "no", "errors": [{"code": "300007", "message": "Jane"}, {"code": "300001"}]}
    sent = {"pageSize": 100, "from": "2026-01-01T00:00:00+0000", "to": "2026-01-08T00:00:00+0000", "strange": "x"}
    found, made, endpoint, _ = learned(tmp_path, ANSWER, no, sent=sent)
    assert set(found) == {
        ("errors.300007", "code"),
        ("limits.page.most", "limit"),
        ("limits.window.days", "limit"),
        ("data.strange", "sent"),
    }
    assert not any(finding.leaves for finding in found.values())
    assert "300007" in endpoint.evidence["unknown"][0]
    assert "Jane" not in made.text
    over = learned(tmp_path / "more", ANSWER, sent={**sent, "pageSize": 101})[0]
    assert over["limits.page.most", "limit"].leaves


def test_nothing_new_makes_no_overlay(tmp_path) -> None:
    found, made, _, _ = learned(
        tmp_path, {**ANSWER, "anything": 1}, {**ANSWER, "anything": None}, {**ANSWER, "unit": None}
    )
    assert (found, made.text) == ({}, "")


def test_objects_that_are_keyed_by_values_bring_no_names(tmp_path) -> None:
    found, made, _, _ = learned(tmp_path, {**ANSWER, "OCO2000023303105GB": {"x": 1}, "a@example.com": 2})
    assert set(found) == {("response", "names")}
    assert made.text == ""
