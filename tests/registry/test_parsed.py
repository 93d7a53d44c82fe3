"""The endpoint files of an installed ocreg, parsed by its build."""

import shutil

import pytest

from ocreg import Registry, yaml12
from ocreg.registry import files
from ocreg.registry.files import shipped
from ocreg.registry.parsed import FOLDER, parsed, write

CANCEL = ("outbound", "cancel")


@pytest.fixture
def built(tmp_path):
    """The shipped registry directory as the build leaves it."""
    root = tmp_path / "endpoints"
    shutil.copytree(shipped(), root)
    write(root, root / FOLDER)
    return root


@pytest.fixture
def unparsed(monkeypatch):
    """The names of files that need a YAML parser from now on."""
    names, parse = [], yaml12.parse
    monkeypatch.setattr(yaml12, "parse", lambda text, name, *rest: names.append(name) or parse(text, name, *rest))
    return names


def registry_in(root, monkeypatch):
    monkeypatch.setattr(files, "shipped", lambda: root)
    return Registry([])


def test_every_file_has_the_values_that_its_yaml_has(built):
    found = sorted(built.glob("*/*.yaml"))
    for file in found:
        text = file.read_bytes()
        assert parsed(built, file.parent.name, file.stem, text) == yaml12.parse(text, file.name)
    assert len(found) == len(list(built.glob(f"{FOLDER}/*/*.json"))) == 40


def test_a_registry_that_the_build_parsed_needs_no_yaml(built, unparsed, monkeypatch):
    registry = registry_in(built, monkeypatch)
    documents = {id: registry[id].document for id in registry}
    for id in documents:
        _ = registry[id].data, registry[id].answer
    assert (len(documents), unparsed) == (37, [])
    shutil.rmtree(built / FOLDER)
    assert {id: one.document for id in registry if (one := registry_in(built, monkeypatch)[id])} == documents
    assert len(set(unparsed)) == 37


def test_an_edited_file_is_parsed_anew(built, unparsed, monkeypatch):
    file = built.joinpath(*CANCEL).with_suffix(".yaml")
    file.write_text(file.read_text("utf-8").replace("\neffect: cancel", "\neffect: update"), "utf-8")
    assert registry_in(built, monkeypatch)["outbound.cancel"].effect == "update"
    assert [name.rpartition("/")[2] for name in unparsed] == ["cancel.yaml"]


@pytest.mark.parametrize("rest", ["", "{", "[1", "\0\0", "{}", "no digest"])
def test_a_damaged_result_of_the_build_is_not_used(built, unparsed, monkeypatch, rest):
    file = built.joinpath(FOLDER, *CANCEL).with_suffix(".json")
    digest, _, values = file.read_text("utf-8").partition("\n")
    file.write_text(values if rest == "no digest" else f"{digest}\n{rest}", "utf-8")
    assert registry_in(built, monkeypatch)["outbound.cancel"].path
    assert len(unparsed) == 1


def test_other_registry_directories_are_always_parsed(built, unparsed, monkeypatch):
    assert Registry([built])["outbound.cancel"].path
    assert len(unparsed) >= 1
