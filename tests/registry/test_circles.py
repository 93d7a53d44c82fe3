"""References that never get on are refused before any validator follows them; those that go into a value are fine."""

import os
import time
from pathlib import Path

import pytest

from ocreg import Client, EndpointInvalid, Registry, RequestInvalid
from ocreg.cli.app import run
from ocreg.diff import compare
from ocreg.files.fields import fields
from ocreg.registry import circles

HEAD = """\
summary: An operation that refers to itself.
method: POST
path: /x
host: {sandbox: https://a.example.com, production: https://b.example.com}
effect: create
evidence: {status: partial}
data: {$ref: '#/$defs/a'}
"""
DOUBLED = "{%s: [{$ref: '#/$defs/%s'}, {$ref: '#/$defs/%s'}]}"
ENDLESS = {
    "itself": ("a: {$ref: '#/$defs/a'}", "a -> a", 9),
    "two": ("a: {$ref: '#/$defs/b'}\n  b: {$ref: '#/$defs/a'}", "a -> b -> a", 9),
    "allOf": ("a: {allOf: [{$ref: '#/$defs/a'}]}", "a -> a", 9),
    "anyOf": ("a: {anyOf: [{type: string}, {$ref: '#/$defs/a'}]}", "a -> a", 9),
    "oneOf": ("a: {oneOf: [{type: string}, {$ref: '#/$defs/a'}]}", "a -> a", 9),
    "not": ("a: {not: {$ref: '#/$defs/a'}}", "a -> a", 9),
    "if": ("a: {if: {$ref: '#/$defs/a'}}", "a -> a", 9),
    "then": ("a: {if: {type: string}, then: {$ref: '#/$defs/a'}}", "a -> a", 9),
    "else": ("a: {if: {type: string}, else: {$ref: '#/$defs/a'}}", "a -> a", 9),
    "inside": (
        "a: {properties: {x: {description: X., $ref: '#/$defs/b'}}}\n  b: {allOf: [{$ref: '#/$defs/b'}]}",
        "b -> b",
        10,
    ),
    "shared": ("a: {$ref: _shared/own.yaml#/c}", "own.c -> own.d -> own.c", 1),
    "doubled inside": (
        "a: {properties: {x: {description: X., " + DOUBLED[1:] % ("allOf", "a", "a") + "}}",
        "more than 1,000 schemas",
        None,
    ),
    "doubled by one name": (
        "a: {allOf: [{properties: {x: {$ref: '#/$defs/a'}}}, {properties: {x: {$ref: '#/$defs/a'}}}]}",
        "more than 1,000 schemas",
        9,
    ),
    "doubled lists": (
        "a: {allOf: [{items: {$ref: '#/$defs/a'}}, {items: {$ref: '#/$defs/a'}}]}",
        "more than 1,000 schemas",
        9,
    ),
    "doubled fields that nobody names": (
        "a: {anyOf: [{additionalProperties: {$ref: '#/$defs/a'}}, {additionalProperties: {$ref: '#/$defs/a'}}]}",
        "more than 1,000 schemas",
        9,
    ),
    "doubled thirty times": (
        "\n  ".join(f"{n}: {DOUBLED % ('anyOf', m, m)}" for n, m in zip("abcdefghijklmnopq", "bcdefghijklmnopqr", strict=True))
        + "\n  r: {type: string}",
        "more than 1,000 schemas",
        None,
    ),
    "written out": (
        "\n  ".join(f"{n}: {{properties: {{x: {{$ref: '#/$defs/{m}'}}, y: {{$ref: '#/$defs/{m}'}}}}}}" for n, m in zip("abcdefghijklmnopq", "bcdefghijklmnopqr", strict=True))
        + "\n  r: {type: string}",
        "written out, it has more than 5,000 schemas",
        7,
    ),
    "a long way": (
        "\n  ".join(f"{'a' if not n else f'a{n}'}: {{items: {{$ref: '#/$defs/a{n + 1}'}}}}" for n in range(99)) + "\n  a99: {type: string}",
        "more than 30 nested references",
        39,
    ),
}  # fmt: skip
DEEP: object = 5
for _ in range(90):
    DEEP = {"x": DEEP}


def registry(root: Path, defs: str) -> Path:
    (root / "g").mkdir()
    (root / "g" / "one.yaml").write_text(f"{HEAD}$defs:\n  {defs}\n")
    (root / "_shared").mkdir()
    (root / "_shared" / "own.yaml").write_text("c: {$ref: _shared/own.yaml#/d}\nd: {$ref: _shared/own.yaml#/c}\n")
    return root


@pytest.mark.parametrize("fast", ["0", "1"])
@pytest.mark.parametrize(("defs", "said", "line"), ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_is_refused_by_every_command(
    tmp_path, monkeypatch, capsys, defs: str, said: str, line: int | None, fast: str
) -> None:
    monkeypatch.setenv("OCREG_FAST", fast)
    root = registry(tmp_path, defs)
    for payload in (5, {"x": 5}, DEEP):
        with pytest.raises(EndpointInvalid, match=said) as caught:
            Client("local", endpoints=[root]).call("g.one", payload)
        assert line in (None, caught.value.line)
    monkeypatch.setenv("OCREG_ENDPOINTS", str(root))
    before = time.process_time()
    for words in (["show", "g.one"], ["lint", str(root), "--prove"], ["diff", str(root), str(root)]):
        assert run(words) in (1, 2)
        assert said in "".join(capsys.readouterr())
    assert run(["push", "g.one", "--template"]) == 2
    assert time.process_time() - before < 20  # all of them together; each is a matter of milliseconds


FINE = {
    "fields": "a: {type: object, properties: {x: {description: X., $ref: '#/$defs/a'}, n: {description: N., type: string}}}",
    "lists": "a: {anyOf: [{type: integer}, {type: array, items: {$ref: '#/$defs/a'}}, {type: object}]}",
    "the rest": "a: {type: [object, integer], additionalProperties: {$ref: '#/$defs/a'}}",
    "in turns": "a: {type: [object, integer], properties: {x: {$ref: '#/$defs/b'}}}\n  b: {anyOf: [{$ref: '#/$defs/a'}, {type: string}]}",
}


@pytest.mark.parametrize("fast", ["0", "1"])
@pytest.mark.parametrize("defs", FINE.values(), ids=FINE)
def test_what_goes_into_the_value_ends_with_it(tmp_path, monkeypatch, capsys, defs: str, fast: str) -> None:
    monkeypatch.setenv("OCREG_FAST", fast)
    root = registry(tmp_path, defs)
    endpoint = Registry([root])["g.one"]
    assert endpoint.check({"x": {"x": {}}})[0] == {"x": {"x": {}}}
    with pytest.raises(RequestInvalid):
        endpoint.check("text")
    assert len(fields(endpoint)) < 5
    assert compare.changes(Registry([root]), Registry([root])) == []
    monkeypatch.setenv("OCREG_ENDPOINTS", str(root))
    assert run(["show", "g.one"]) == 0
    capsys.readouterr()


def test_a_limit_that_leads_into_a_list_of_itself(tmp_path, capsys) -> None:
    root = registry(tmp_path, "a: {type: array, items: {$ref: '#/$defs/a'}}\nlimits: {ids: {list: 5}}")
    assert run(["lint", str(root / "g" / "one.yaml")]) == 1  # it once looked for ever for an object in it
    assert "the payload has no field 'list'" in capsys.readouterr().out


def test_no_shipped_schema_comes_near_the_limits(monkeypatch) -> None:
    monkeypatch.setattr(circles, "MOST", 100)
    monkeypatch.setattr(circles, "MOST_WRITTEN_OUT", 500)
    for endpoint in map(Registry([]).__getitem__, Registry([])):
        for schema in (endpoint.data, endpoint.query, endpoint.parameters, endpoint.answer):
            if schema is not None:
                circles.check(schema.root)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["g/one.yaml", "_shared/own.yaml"])
def test_a_pipe_is_not_even_opened(tmp_path, name: str) -> None:
    root = registry(tmp_path, "a: {$ref: _shared/own.yaml#/c}")
    (root / name).unlink()
    os.mkfifo(root / name)  # whoever opens it waits for a writer
    with pytest.raises(EndpointInvalid, match="it is not a regular file"):
        Client("local", endpoints=[root]).call("g.one", 5)
    assert run(["lint", str(root)]) == 1


def test_a_huge_file_is_not_read(tmp_path) -> None:
    root = registry(tmp_path, "a: {}")
    with (root / "g" / "one.yaml").open("r+b") as file:
        file.truncate(1 << 40)  # a terabyte of nothing, which no memory could take
    with pytest.raises(EndpointInvalid, match=r"1,099,511,627,776 bytes; an endpoint file has at most 1,000,000"):
        Registry([root])["g.one"]
