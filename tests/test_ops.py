"""`client.ops`: operations as attributes, at run time."""

import copy
import inspect
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import ocreg
from ocreg import Client, RequestInvalid
from ocreg.operations.named import Group, Operation
from tests.hints import odd

ORDER = {"consigneeName": "Test Person", "consigneeAddress1": "1 Example Road", "consigneeCountryCode": "GB"}


@pytest.fixture
def client():
    with Client("local") as client:
        yield client


def test_an_operation_is_called_as_by_its_id(client) -> None:
    made = client.ops.outbound.create([{**ORDER, "referenceNumber": "A-1"}], message_id="7", on_unknown="confirm")
    number = made["data"][0]["orderNumber"]
    assert made["data"][0]["referenceNumber"] == "A-1"
    assert made["messageId"] == "7"
    found = client.ops.outbound.query(data={"orderNumberList": [{"orderNumber": number}]})
    assert found["data"] == client.call("outbound.query", {"orderNumberList": [{"orderNumber": number}]})["data"]
    again = client.ops.outbound.create.confirm([{**ORDER, "referenceNumber": "A-1"}])
    assert again["data"][0]["orderNumber"] == number


def test_what_else_can_be_done_with_one(client) -> None:
    query = client.ops.outbound.query
    orders = [{**ORDER, "referenceNumber": f"B-{n}"} for n in range(3)]
    sent = list(client.ops.outbound.create.call_many(iter(orders), size=2, on_unknown="confirm"))
    assert [(one.item["referenceNumber"], one.happened) for one in sent] == [(f"B-{n}", "yes") for n in range(3)]
    numbers = {"referenceNumberList": [{"referenceNumber": f"B-{n}"} for n in range(3)]}
    with query.iterate(numbers, threads=2) as rows:
        assert [row["referenceNumber"] for row in rows] == ["B-0", "B-1", "B-2"]
        assert rows.items == 3
    plan = client.ops.outbound.create.plan([{**ORDER, "consigneeName": ""}])
    assert plan["violations"][0]["path"] == [0, "consigneeName"]
    assert client.ops.oauth.authorize(query={"redirect_uri": "https://erp.example.com/oc", "state": "1"})[
        "url"
    ].startswith("http")
    assert client.ops.webhook.outbound.receive('{"a": 1}', {"x-any": "1"}) == {"a": 1}


@pytest.mark.parametrize("kind", [Client, ocreg.AsyncClient])
def test_the_methods_take_what_the_clients_take(kind) -> None:
    """A typed call and one by id cannot drift apart: what the types allow is bound to the client's own parameters."""
    import ast
    from pathlib import Path

    stub = ast.parse((Path(ocreg.__file__).parent / "operations" / "__init__.pyi").read_text("utf-8"))
    classes = [n for n in stub.body if isinstance(n, ast.ClassDef)]
    mine = [n for n in classes if n.name.startswith("Async") is (kind is not Client)]
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    methods = [m for n in mine for m in n.body if isinstance(m, functions) and len(m.args.args) > 0]
    seen = set()
    for method in methods:
        name = "call" if method.name == "__call__" else method.name
        if any(isinstance(d, ast.Name) and d.id == "property" for d in method.decorator_list):
            continue
        options = {argument.arg for argument in method.args.kwonlyargs}
        assert options <= set(inspect.signature(getattr(kind, name)).parameters), name
        seen.add(name)
    assert seen == {"call", "plan", "confirm", "iterate", "call_many", "receive"}


def test_what_there_is_not_is_no_attribute(client) -> None:
    with pytest.raises(AttributeError, match=r"no operation 'outbound.cancl'; did you mean outbound.cancel"):
        _ = client.ops.outbound.cancl
    assert not hasattr(client.ops.outbound, "cancl")
    assert not hasattr(client.ops, "_ipython_display_")
    assert not hasattr(client.ops.outbound, "__wrapped__")
    assert getattr(client.ops.stickers, "order", None) is None
    with pytest.raises(RequestInvalid):
        client.ops.outbound.cancel({"ordernumber": "x"})


def test_the_names_complete_in_a_console(client) -> None:
    assert dir(client.ops) == sorted({id.partition(".")[0] for id in ocreg.Registry([])})
    assert dir(client.ops.stock) == ["age", "movement", "snapshot"]
    assert "cancel" in repr(client.ops.outbound.cancel)
    assert "outbound" in repr(client.ops.outbound)


def test_operations_of_ones_own_are_there_at_once(tmp_path) -> None:
    with Client("local", endpoints=[odd.written(tmp_path)]) as client:
        assert "import_" in dir(client.ops)
        assert dir(client.ops.import_) == ["class_"]
        assert client.ops.import_.class_.id == "import.class"
        assert client.ops.a.b_c({"n": 1})["code"] == 0
        assert isinstance(client.ops.a_b, Group)
        assert client.ops.typed.dict.id == "typed.dict"
    (tmp_path / "a" / "ins.yaml").write_text((tmp_path / "a" / "b_c.yaml").read_text())
    with Client("local", endpoints=[tmp_path]) as client:
        assert client.ops.a.ins.id == "a.ins"  # `in` is Python's, `ins` is not


def test_a_broken_file_is_named(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text("summary: [")
    with Client("local", endpoints=[tmp_path]) as client, pytest.raises(ocreg.EndpointInvalid, match=r"b\.yaml:\d"):
        _ = client.ops.a.b


def test_an_operation_goes_where_its_client_goes() -> None:
    client = Client("local")
    operation = client.ops.warehouse.services
    assert copy.deepcopy(operation).id == operation.id
    other = pickle.loads(pickle.dumps(operation))
    assert isinstance(other, Operation)
    assert other()["data"] == operation()["data"]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(operation).result()["data"] == operation()["data"]


def test_an_error_brings_no_payload_along(client) -> None:
    """As with every public function: a printer of local variables finds none of ours."""
    with pytest.raises(RequestInvalid) as caught:
        client.ops.outbound.create([{"consigneeName": 5, "consigneePhone": "555-0199"}])
    trace, frames = caught.value.__traceback__, []
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    ours = [
        frame for frame in frames if "ocreg" in frame.f_code.co_filename and "tests" not in frame.f_code.co_filename
    ]
    assert ours
    assert not any("555-0199" in repr(frame.f_locals) for frame in ours)


class Later:
    """A client whose methods give coroutines: what an asynchronous one is to `ops`."""

    def __init__(self) -> None:
        self.registry = ocreg.Registry([])

    async def call(self, id: str, data: object = None, **options: object) -> tuple:
        return id, data, options


def test_it_serves_a_client_whose_calls_are_awaited() -> None:
    import asyncio

    from ocreg.operations.named import Ops

    ops = Ops(Later())
    assert asyncio.run(ops.outbound.cancel({"a": 1}, timeout=2)) == ("outbound.cancel", {"a": 1}, {"timeout": 2})


def test_a_client_that_does_without_loads_none_of_it() -> None:
    code = """
import sys, ocreg
client = ocreg.Client("local")
client.call("warehouse.services")
assert not {"ocreg.operations", "ocreg.hints"} & set(sys.modules)
client.ops.warehouse.services()
assert "ocreg.hints" not in sys.modules
assert "OperationId" not in vars(sys.modules["ocreg.operations"])  # the stub was not read
"""
    subprocess.run([sys.executable, "-c", code], check=True)
