"""Documents with anything anywhere: each is imported or refused in words, and what comes out is clean."""

import copy
import json
import random

import pytest
from pages import QUIRKS

from ocreg import Registry
from ocreg.interchange import documents, proposals

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
]
BASE = json.loads(json.dumps(documents.parse(QUIRKS.encode())))


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


@pytest.mark.parametrize("seed", range(40))
def test_nothing_makes_it_fall_over(tmp_path, seed) -> None:
    draw = random.Random(seed)
    document = copy.deepcopy(BASE)
    for path in sorted(draw.sample(list(places(BASE)), draw.choice([1, 2, 4])), key=len, reverse=True):
        put(document, path, copy.deepcopy(draw.choice(ODD)))
    file = tmp_path / "odd"
    file.write_text(json.dumps(document))
    proposer = proposals.Proposer(Registry([]))
    try:
        source = proposer.read(file)
    except documents.NotReadable:
        return  # said in words: test_import_reading.py
    made, more = proposals.all_of(
        [(operation, source.secrets) for operation in source.operations], proposer, id=None, effect=None
    )
    assert len(made) + len(source.refused) + len(more) == 1  # clean, or refused: a proposal is linted before it is one
    assert not any("breaks a rule of the format" in words for words in more)
