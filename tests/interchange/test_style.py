"""Endpoint files look as yamllint and prettier want them by default, and editors understand them.

The tools are the real ones: files that ship with the project, and those that `ocreg new` and `ocreg import` write.
"""

import json
import random
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import QUIRKS, saved
from test_import_overlays import CONTRADICTIONS
from test_import_secrets import KINDS
from yamllint import linter
from yamllint.config import YamlLintConfig

import ocreg
from ocreg import Registry, yaml12
from ocreg.cli import importing, learn, new
from ocreg.interchange import style
from ocreg.observe import folder
from ocreg.observe.sightings import Seen, Sightings
from tests import npm
from tests.languageserver import Editor

ROOT = Path(ocreg.__file__).parent.parent
SHIPPED = sorted([*(ROOT / "endpoints").rglob("*.yaml"), *(ROOT / "ocreg").rglob("*.yaml")])
PAYLOAD = {
    "orderNumber": "OCO2000023303105GB",
    "when": "2025-06-17T10:10:10+0800",
    "remarks": 'It is fragile: "handle with care", they said. ' * 3 + "Bye.",
    "address": "1 Example Road\nExample Town\n",
    "letter": "One paragraph. " * 9 + "It ends.\n\nAnother one. " + "It goes on. " * 9 + "So it ends.\n",
    "odd": "\x07 rosé\t'🎉' \\ " * 9,
    "country": "NO",
    "website": "https://example.com/" + "path/" * 30,
    "a field with blanks": {"inner": {"more": {"fields": [{"theNameOfTheFieldIsLong": "a", "n": None}]}}},
    "lines": [{"sku": "A", "pieces": 2, "price": 3}, {"sku": "B", "pieces": 1, "price": 2.5}],
    "none": [],
    "nothing": {},
    "matrix": [[1, [2]], [3]],
    "状态": ["已发货", "运输中"],
}


def complaints(*files):
    """What yamllint and prettier would have otherwise, warnings included."""
    config = YamlLintConfig("extends: default")
    found = [f"{f}: {problem}" for f in files for problem in linter.run(f.read_text("utf-8"), config, str(f))]
    words = [*npm.command("prettier"), "--no-config", "--no-editorconfig", "--ignore-path", "", "--list-different"]
    done = subprocess.run([*words, *map(str, files)], capture_output=True, text=True, encoding="utf-8", check=False)
    assert not done.stderr, done.stderr
    return found + [f"{name}: prettier writes it otherwise" for name in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Files as the commands write them: from nothing, from options, from examples, from pages, over what is there."""
    own = tmp_path_factory.mktemp("own")
    example = own / "example.json"
    example.write_text(json.dumps(PAYLOAD), "utf-8")
    path = ["--path", "/3pp/stickers/v1/{stickerId}/order"]
    for words in (
        ["a.nothing"],
        ["a.known", *path, "--method", "put", "--summary", "Change an order: its 'colour' # and size."],
        ["a.example", *path, "--from-example", str(example)],
        ["a.read", "--path", "/a", "--method", "get", "--effect", "read"],
    ):
        result = CliRunner().invoke(new.command, [*words, "--into", str(own)])
        assert result.exit_code == 0, result.output
    for source in (QUIRKS, CONTRADICTIONS["rule"][0]):
        page = saved(tmp_path_factory.mktemp("page"), source)
        words = [str(page), "--into", str(own), "--yes"]
        result = CliRunner().invoke(importing.command, words, standalone_mode=False)
        assert result.return_value == 0, result.output
    for kind, (source, _, code) in KINDS.items():
        page = saved(tmp_path_factory.mktemp("source"), source())
        words = [str(page), "--into", str(own / kind), "--yes"]
        result = CliRunner().invoke(importing.command, words, standalone_mode=False)
        assert result.return_value == code, result.output
    seen = Sightings(Registry([]).__getitem__)
    answer = {"code": 0, "data": [{"orderNumber": 7, "aNewFieldOfTheirs": {"listOfParts": [PAYLOAD]}}]}
    seen.add(Seen("outbound.query", "production", b'{"data": {}}', 200, json.dumps(answer).encode()))
    folder.write(own / "seen", seen, None)
    words = ["outbound.query", "--from", str(own / "seen"), "--into", str(own / "learnt"), "--yes"]
    result = CliRunner().invoke(learn.command, words, standalone_mode=False)
    assert result.return_value == 0, result.output
    return sorted(own.rglob("*.yaml"))


def test_shipped_files_pass_the_defaults_of_yamllint_and_prettier():
    assert len(SHIPPED) > 40
    assert complaints(*SHIPPED, ROOT / ".pre-commit-hooks.yaml") == []


def test_written_files_pass_them_too(written):
    names = {f"{file.parent.name}.{file.stem}" for file in written}
    made = {"a.nothing", "a.known", "a.example", "a.read", "stickers.place_sticker_order"}
    assert names >= {*made, "outbound.query", *(id for _, ids, _ in KINDS.values() for id in ids)}
    assert complaints(*written) == []


def test_texts_stay_readable(written):
    (file,) = (file for file in written if file.stem == "example")
    text = file.read_text("utf-8")
    assert "letter: >\n" in text
    assert "address: |\n" in text
    assert "remarks: >" in text


def test_what_they_refuse_is_told(tmp_path):
    """Neither tool is asked in vain: a mapping in braces passes one of them at most."""
    for name, text in {"spaces": "---\na: { b: 1 }\n", "none": "---\na: {b: 1}\n", "good": "---\na:\n  b: 1\n"}.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    assert len(complaints(*sorted(tmp_path.iterdir()))) == 3  # yamllint: both spaces; prettier: that there are none


WORDS = [
    *("a", "the", "no", "#", "-", "yes", "'", '"', "\\", "{", "}", ",", "~", "null", "|", ">", "?", "=", "<<", ".5"),
    *("1e3", "0x1", "10", "2018-01-01", "...", "---", "%d"),
    *("- x", "x:", "[a]", "a #b", "&a", "*b", "!c", "@e", "`f`", "\\n", "orderNumber", "prettier-ignore"),
    *("ö", "注意", "😀", "\u3000", "\x07", "\t", "\u2028", "\ufeff", "https://example.com/" + "p" * 90),
]


def any_text(chance):
    joined = chance.choice([" ", " ", " ", "", "  ", "\n"])
    words = joined.join(chance.choice(WORDS) for _ in range(chance.choice([0, 1, 1, 2, 3, 5, 20, 40])))
    if chance.random() < 0.1:  # lines longer than those of a file
        words = "\n".join(words[at : at + chance.choice([3, 40, 200])] for at in range(0, len(words), 200))
    return chance.choice(["", "", "", " ", "\n"]) + words + chance.choice(["", "", "", " ", "\n"])


def any_value(chance, depth=0):
    kind = chance.random()
    if depth < 5 and kind < 0.3:
        return {any_text(chance)[:20]: any_value(chance, depth + 1) for _ in range(chance.randint(0, 4))}
    if depth < 5 and kind < 0.5:
        return [any_value(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    return any_text(chance) if kind < 0.9 else chance.choice([None, True, False, 1, -2.5, 10**20, {}, []])


def test_anything_that_is_written_passes_them_and_says_the_same(tmp_path):
    """Also to a reader of YAML 1.1, who takes more for numbers, dates and truths. Keys are shorter than lines."""
    for seed in range(60):
        chance = random.Random(seed)
        document = {f"key{n}": any_value(chance) for n in range(12)}
        text = style.document(document, ["---", *style.commented("words of a comment " * chance.randint(1, 12))])
        assert exactly(yaml12.parse(text.encode(), "x")) == exactly(document)
        assert yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) == document
        (tmp_path / f"{seed}.yaml").write_text(text, "utf-8", newline="\n")
    assert complaints(*sorted(tmp_path.iterdir())) == []


def exactly(value):
    """So that 1, 1.0 and True differ, and orders of keys."""
    return json.dumps(value)


SCALARS = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=90)


FLAT = SCALARS | TEXTS
VALUES = FLAT | st.lists(FLAT | st.lists(FLAT, max_size=3), max_size=3) | st.dictionaries(TEXTS, FLAT, max_size=3)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=5))
def test_what_is_written_is_read_back_as_it_was(value):
    assert exactly(yaml12.parse(style.written(value).encode(), "x")) == exactly(value)


@pytest.fixture(scope="module")
def editor():
    with Editor() as started:
        yield started


def test_editors_find_nothing_wrong_in_shipped_and_in_written_files(editor, written):
    files = [*(ROOT / "endpoints").rglob("*.yaml"), *written]
    assert {file: found for file, found in editor.diagnostics(*files).items() if found} == {}


def test_editors_underline_a_misspelled_key_and_offer_those_that_fit(editor, written, tmp_path):
    (good,) = (file for file in written if file.stem == "known")
    lines = good.read_text("utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("effect:"))
    files = {}
    for name, line in {"misspelled": "efect: update", "wrong": "effect: destroy", "begun": lines[at] + "\nen"}.items():
        files[name] = tmp_path / f"{name}.yaml"
        files[name].write_text("\n".join([*lines[:at], line, *lines[at + 1 :]]) + "\n", "utf-8")
    told = editor.diagnostics(*files.values())
    assert (at + 1, "efect", "Property efect is not allowed.") in told[files["misspelled"]]
    assert [(line, marked) for line, marked, _ in told[files["wrong"]]] == [(at + 1, "destroy")]
    offered = editor.offered(files["begun"], at + 2, len("en"))
    assert {"envelope", "data", "response", "finds", "errors"} <= offered
    assert not offered & {"summary", "effect"}  # they are there
