"""The types of operations: what they say, and that they can be trusted whatever the files hold."""

import ast
import importlib.util
import json
import subprocess
import sys
import typing
from pathlib import Path

import pytest
import typing_extensions

import ocreg
from ocreg import Registry
from ocreg.cli.app import run
from ocreg.errors import EndpointInvalid
from ocreg.hints import module
from ocreg.hints.names import USED, Names, docstring
from tests.hints import odd

STUB = Path(ocreg.__file__).parent / "operations" / "__init__.pyi"


def loaded(text: str, folder: Path):
    """The text as a module, imported."""
    file = folder / "loaded_operations.py"
    file.write_text(text, "utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    found = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = found
    spec.loader.exec_module(found)
    vars(found).setdefault("NotRequired", typing_extensions.NotRequired)  # before 3.11 checkers alone need it
    return found


@pytest.fixture(scope="module")
def strange(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    return loaded(module.text(Registry([odd.written(folder)])), folder)


def test_the_stub_is_what_the_files_give() -> None:
    """If not: `ocreg types --out ocreg/operations/__init__.pyi`."""
    assert STUB.read_text("utf-8") == module.text(Registry([]), stub=True)


def test_every_operation_is_in_the_stub_for_both_kinds_of_clients() -> None:
    classes = {node.name: node for node in ast.parse(STUB.read_text("utf-8")).body if isinstance(node, ast.ClassDef)}

    def members(name: str) -> dict[str, str]:
        return {node.name: node.returns.id for node in classes[name].body if isinstance(node, ast.FunctionDef)}

    for ops in ("Ops", "AsyncOps"):
        found = {f"{group}.{name}" for group, kind in members(ops).items() for name in members(kind)}
        assert found == set(Registry([]))
    assert isinstance(classes["AsyncOutboundCancel"].body[0], ast.AsyncFunctionDef)


def test_the_text_does_not_depend_on_where_the_files_are(tmp_path, monkeypatch) -> None:
    one, other = odd.written(tmp_path / "one"), odd.written(tmp_path / "two" / "other")
    monkeypatch.chdir(tmp_path)
    text = module.text(Registry([one]))
    assert text == module.text(Registry([Path("two/other")]))
    assert str(tmp_path) not in text
    assert other.is_dir()


def test_names_stay_when_fields_and_operations_come(tmp_path) -> None:
    """What was imported by its name is there under it when a file says more."""
    (tmp_path / "plain").mkdir()
    file = tmp_path / "plain" / "one.yaml"
    text = """{{summary: One., method: POST, path: /x, host: {hosts}, effect: create, evidence: {{status: partial}},
      data: {{type: object, properties: {{{more} list: {{type: array, items: {{type: object, properties: {{x: {{}}}}}}}}}}}}}}"""
    hosts = "{sandbox: https://a.example.com, production: https://b.example.com}"
    file.write_text(text.format(hosts=hosts, more=""))
    before = set(vars(loaded(module.text(Registry([tmp_path])), tmp_path)))
    file.write_text(
        text.format(hosts=hosts, more="a: {type: object, properties: {list: {type: object, properties: {y: {}}}}},")
    )
    odd.written(tmp_path)
    assert before - set(vars(loaded(module.text(Registry([tmp_path])), tmp_path))) == set()


def test_no_text_of_a_file_becomes_code(strange) -> None:
    """Each text stands in the module as a string that reads as it was."""
    tree = ast.parse(Path(strange.__file__).read_text("utf-8"))
    said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    lines = [line.strip() for text in said for line in text.splitlines()]
    assert "import os; os.abort()" in lines
    assert any(line.startswith('\\""" and \\N{x} \u202e turned \x07 rung, in a "quote"') for line in lines)
    assert "\u202e" not in Path(strange.__file__).read_text("utf-8")
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert calls == {"TypedDict"}


@pytest.mark.parametrize(
    "text", ['"', '""', '"""', "\\", 'a"', 'a\\"', "a\n", "\n\na", "a\n  b", "\\N{DASH}", "\x00\x1b[0m", "\ud7ff\uffff"]
)
def test_a_docstring_says_what_it_was_given(text) -> None:
    code = "class A:\n" + "\n".join(docstring(text, "    ")) + "\n    x = 1"
    body = ast.parse(code).body[0].body
    assert len(body) == 2
    assert [line.strip() for line in body[0].value.value.strip().split("\n")] == [
        line.strip() for line in text.strip().split("\n")
    ]


def test_fields_that_cannot_stand_in_a_class(strange) -> None:
    hints = typing_extensions.get_type_hints(strange.ImportClassData)
    assert set(hints) == {*odd.FIELDS["properties"], "undescribed"} - {"gone", "Gone"}
    assert hints["class"] is str
    assert hints["undescribed"] is typing.Any
    assert hints["kind"] == typing.Literal["it's", 'a "b"', "\u202e", 3, True, None]  # noqa: PYI061  # as it is written there
    assert hints["weights"] is typing.Any


def test_a_field_is_called_as_in_the_file(strange) -> None:
    for number, name in enumerate(odd.NAMES):
        assert set(typing_extensions.get_type_hints(getattr(strange, f"OddNamesDataO{number}"))) == {name, "text"}


@pytest.mark.parametrize(
    ("field", "payload", "answer"),
    [
        ("day", "NotRequired[str | date | None]", "str | None"),
        ("either", "NotRequired[str | int]", "str | int"),
        ("prices", "NotRequired[Mapping[str, float | Decimal]]", "dict[str, float]"),
        ("free", "NotRequired[{}Free | Mapping[str, Any]]", "{}Free | dict[str, Any]"),
        ("items", "NotRequired[Sequence[Any]]", "list[Any]"),
        ("tree", "NotRequired[{op}Tree]", "{op}AnswerTree"),
        ("twice", "NotRequired[{op}Tree]", "{op}AnswerTree"),
        ("lists", "NotRequired[Sequence[Sequence[Any]]]", "list[list[Any]]"),
        ("only_then", "NotRequired[str]", "str"),
        ("one", "NotRequired[{}One]", "{}One"),
        ("sized", "NotRequired[{}Sized]", "{}Sized"),
    ],
)
def test_what_a_rule_becomes(strange, field, payload, answer) -> None:
    for name, wanted in (("BothWaysData", payload), ("BothWaysAnswerData", answer)):
        assert getattr(strange, name).__annotations__[field].__forward_arg__ == wanted.format(name, op="BothWays")


def test_a_file_that_cannot_be_used_is_named(tmp_path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "one.yaml").write_text(json.dumps({**odd.FILES["a/b_c"], "data": {"type": 5}}))
    with pytest.raises(EndpointInvalid, match=r"bad.one\.yaml:1: "):
        module.text(Registry([tmp_path]))


def test_no_class_hides_a_name_that_the_text_uses(strange) -> None:
    assert strange.TypedDict is typing.TypedDict
    assert strange.TypedDict_2 is not None  # typed.dict
    names = Names()
    assert [names.take("Any"), names.take("A"), names.take("A"), names.take("A")] == ["Any_2", "A", "A_2", "A_3"]
    imported = {name for places in (module._PLACES, module._OURS) for wanted in places.values() for name in wanted}
    own = {"NotRequired", "Reply", "OperationId", "Ops", "AsyncOps", "ops", "sys", "annotations"}
    assert imported | own <= USED


def test_the_command(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OCREG_ENDPOINTS", str(odd.written(tmp_path / "endpoints")))
    assert run(["types", "--out", "oc_operations.py", "--check"]) == 1
    assert "oc_operations.py does not exist: run `ocreg types --out oc_operations.py`" in capsys.readouterr().out
    assert run(["types", "--out", "oc_operations.py"]) == 0
    assert run(["types", "--out", "oc_operations.py", "--check"]) == 0
    capsys.readouterr()
    (tmp_path / "endpoints" / "a" / "d.yaml").write_text(json.dumps(odd.FILES["a/b_c"]))
    assert run(["types", "--out", "oc_operations.py", "--check"]) == 1
    assert "is not up to date with the endpoint files" in capsys.readouterr().out
    assert run(["types"]) == 0
    assert "class AD(" in capsys.readouterr().out
    Path("mine.py").write_text("print(1)\n")
    assert run(["types", "--out", "mine.py"]) == 2
    assert Path("mine.py").read_text() == "print(1)\n"
    assert run(["types", "--check"]) == 2
    assert run(["types", "--out", str(tmp_path / "no" / "where.py")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_threads_import_the_types_at_once() -> None:
    """Whoever asks while they are read gets them, too."""
    code = """
import sys, threading
sys.setswitchinterval(1e-6)
import ocreg.operations
known = vars(ocreg.operations)
reader = threading.Thread(target=getattr, args=(ocreg.operations, "VasQueryAnswer"))
reader.start()
while reader.is_alive() and "OperationId" not in known:
    pass
assert ocreg.operations.AsyncOps
reader.join()
assert ocreg.operations.OperationId
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_types_can_be_imported_extended_and_read() -> None:
    code = """
import sys, typing, ocreg
client = ocreg.Client("local")
client.ops.warehouse.services()
assert "OperationId" not in vars(sys.modules["ocreg.operations"]) and "ocreg.hints" not in sys.modules
from ocreg.operations import OutboundCreateData, OutboundCreateItem
class Order(OutboundCreateItem, total=False):
    giftWrap: str
order: Order = {"consigneeName": "Test Person", "consigneeAddress1": "1", "consigneeCountryCode": "GB", "giftWrap": "red"}
assert client.ops.outbound.create([order], unknown=["giftWrap"])["code"] == 0
assert OutboundCreateItem(consigneeName="x") == {"consigneeName": "x"}
assert issubclass(Order, dict)
try:
    from ocreg.operations import OutboundCreatItem
except ImportError as error:
    assert "OutboundCreatItem" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
