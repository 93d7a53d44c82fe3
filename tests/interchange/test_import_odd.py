"""Sources with anything anywhere: each is imported or refused in words, and what comes out is clean."""

import contextlib
import copy
import json
import random
import socket

import pytest
from pages import QUIRKS, body, document, saved
from test_import_calls import CMD, TEXT, UNIX, collection, entry
from test_import_files import run

from ocreg import Registry
from ocreg.interchange import commented, curl, documents, proposals

NODE = {"$ref": "#/components/schemas/Node"}
ODD = [
    *(
        None,
        5,
        -1,
        1.5,
        "",
        "x",
        True,
        False,
        [],
        {},
        [None],
        [[]],
        {"": None},
        10**30,
        "{{x}}",
        ["a", "a"],
        {"a b": NODE},
    ),
    *({"$ref": "#"}, {"$ref": "#/paths"}, {"$ref": 5}, {"type": ["string", 5]}, {"type": [["string"]]}, {"type": {}}),
    *(
        {"allOf": [NODE, {"type": "object"}]},
        {"items": {"oneOf": [{"type": "string"}, {"type": "null"}]}, "type": "array"},
    ),
    *(
        {"pattern": "{{x}}", "type": "string"},
        {"enum": [[], {}, None, 1, True]},
        {"const": {}},
        {"required": ["a", 1, None]},
    ),
    *("https://[bad", "//x", "/../x", "\ud83d", "{", "%zz", "{{a}}:{{b}}/c", ":", "?", "#"),
]
QUIRKY = json.loads(json.dumps(documents.parse(QUIRKS.encode())))
URL = {
    "raw": "{{b}}/3pp/a/:x?q=1",
    "query": [{"key": "q", "value": "1", "description": "Q."}],
    "variable": [{"key": "x"}],
}
REQUEST = {
    "method": "POST",
    "header": [{"key": "a", "value": "b"}],
    "url": URL,
    "body": {"mode": "raw", "raw": '{"a": [1], "b": {"c": null}}'},
}
COLLECTED = collection(
    {"name": "f", "item": [{"name": "x", "request": REQUEST, "response": [{"code": 200, "body": '{"code": 0, "data": {}}', "originalRequest": REQUEST}]}]},
    auth={"type": "x", "x": [{"key": "a", "value": "b"}]},
    variable=[{"key": "a", "value": "b"}],
)  # fmt: skip
RECORDED = {"log": {"entries": [entry("POST", "https://openapi-hk.orangeconnex.com/openapi/3pp/a/b?x=1", {"data": {"a": [1]}, "messageId": "m"}, {"code": 0, "data": [{"b": None}]})]}}  # fmt: skip
BASES = {"openapi": (QUIRKY, 14), "postman": (COLLECTED, 7), "har": (RECORDED, 5)}
REGISTRY = Registry([])


def places(node, path=()):
    if path:
        yield path
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        yield from places(value, (*path, key))


def put(document, path, value) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


def survives(file) -> int:
    """How many proposals are made of a file; each of its operations becomes one, or is refused in words."""
    proposer = proposals.Proposer(REGISTRY)
    try:
        source = proposer.read(file)
    except documents.NotReadable:
        return 0  # in words: test_import_reading.py
    found = [(operation, source.secrets) for operation in source.operations]
    made, more = proposals.all_of(found, proposer, id=None, effect=None)
    assert len(made) + len(more) == len(found)
    assert [words for words in more if "breaks a rule of the format" in words] == []
    return len(made) + len(source.refused) + len(more) + len(source.said)


@pytest.mark.parametrize(("kind", "seed"), [(kind, seed) for kind, (_, most) in BASES.items() for seed in range(most)])
def test_nothing_makes_it_fall_over(tmp_path, kind, seed) -> None:
    draw, base = random.Random(seed), BASES[kind][0]
    document = copy.deepcopy(base)
    for path in sorted(draw.sample(list(places(base)), draw.choice([1, 2, 4])), key=len, reverse=True):
        put(document, path, copy.deepcopy(draw.choice(ODD)))
    survives(saved(tmp_path, document))


@pytest.mark.parametrize("seed", range(10))
def test_no_text_makes_it_fall_over(tmp_path, seed) -> None:
    draw = random.Random(seed)
    text = list(draw.choice([TEXT, UNIX, CMD, QUIRKS]))
    for _ in range(draw.choice([1, 3, 12])):
        at = draw.randrange(len(text))
        text[at : at + draw.choice([0, 1, 5, 200])] = draw.choice(
            [*"\"'\\^$\n {}[]:;", "", "string\n", "\x1b", "\u2028", "必需\n"]
        )
    file = tmp_path / "text"
    file.write_bytes("".join(text).encode())
    survives(file)


def test_as_they_are_the_bases_are_imported(tmp_path) -> None:
    for kind, (base, _) in BASES.items():
        assert survives(saved(tmp_path, base)) == 1, kind


@pytest.mark.parametrize("kind", ["openapi", "postman", "har", "curl"])
def test_thousands_of_operations_are_refused_at_once(tmp_path, kind) -> None:
    paths = ["/a/list" + "".join("abcdefghij"[int(digit)] for digit in str(n)) for n in range(2_001)]
    base = "https://openapi-hk.orangeconnex.com"
    sources = {
        "openapi": document(*(("get", path, {}) for path in paths)),
        "postman": collection(*({"name": "x", "request": f"{{{{b}}}}{path}"} for path in paths)),
        "har": {"log": {"entries": [entry("GET", base + path, None, {}) for path in paths]}},
        "curl": "\n".join(f"curl {base}{path}" for path in paths),
    }
    assert "2,001 operations, at most 2,000" in run(tmp_path, saved(tmp_path, sources[kind]), code=2)


def test_nothing_that_a_reference_names_is_fetched_or_opened(tmp_path) -> None:
    (tmp_path / "other.yaml").write_text("Thing: {type: string, description: qzx-opened}\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json#/Thing"
        names = (
            url,
            "other.yaml#/Thing",
            (tmp_path / "other.yaml").as_uri() + "#/Thing",
            "./other.yaml",
            "//127.0.0.1/x",
        )
        fields = {f"f{n}": {"$ref": name} for n, name in enumerate(names)}
        operation = {"requestBody": body({"type": "object", "properties": fields}), "responses": {"200": {"$ref": url}}}
        source = document(("post", "/3pp/stickers/v1/x", operation), servers=[{"url": url}])
        out = run(tmp_path, saved(tmp_path, source), saved(tmp_path, f"curl -d @{tmp_path}/other.yaml -K {tmp_path}/other.yaml {url}", "c"), code=2)  # fmt: skip
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "leads out of the document: not fetched" in out
    assert "qzx-opened" not in out


LONG = 100_000


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (curl.commands, "curl " + "a" * LONG),
        (curl.commands, "curl " + "\\'" * LONG),
        (curl.commands, 'curl ^"' + "^{" * LONG + '^"'),
        (curl.commands, "# x\n" * LONG),
        (curl.commands, "curl;" * LONG),
        (commented.read, "[" + "1, // x\n" * (LONG // 4) + "]"),
        (commented.read, '{"a": 1, ' + "/* " * LONG),
        (commented.read, '"' + '\\"' * LONG),
    ],
    ids=range(8),
)
def test_no_text_takes_time_out_of_proportion(read, text) -> None:
    """One that took time by the square of the text would meet the limit that every test has."""
    with contextlib.suppress(commented.NotJson, documents.NotReadable):
        read(text)
