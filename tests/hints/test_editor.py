"""What an editor completes and shows, over pyright's language server."""

import pytest

from ocreg import Registry
from ocreg.hints import module
from ocreg.names.levels import refuses
from tests.hints import odd
from tests.hints.editor import Editor

HEAD = "from ocreg import Client\nclient = Client('local')\nmade = client.ops.outbound.create([])\n"
OURS = Registry([])


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edited")
    text = module.text(Registry([odd.written(folder / "endpoints")]))
    (folder / "oc_operations.py").write_text(text, "utf-8")
    with Editor(folder) as editor:
        yield editor


def fields(id: str, *steps: str | int) -> list[str]:
    schema = OURS[id].data
    nodes = list(schema.spread([schema.root]))
    for step in steps:
        nodes = schema.at(nodes, step)
    return [name for node in nodes for name, inner in node.get("properties", {}).items() if not refuses(inner)]


@pytest.mark.parametrize(
    ("code", "offered"),
    [
        ("client.ops.|", sorted({id.partition(".")[0] for id in OURS})),
        ("client.ops.stock.|", ["age", "movement", "snapshot"]),
        ("client.ops.stock.movement.|", ["iterate", "plan"]),
        ("client.ops.outbound.create.|", ["call_many", "confirm", "plan"]),
        ('client.ops.outbound.cancel({"|"})', fields("outbound.cancel")),
        ('client.ops.outbound.create([{"|"}])', fields("outbound.create", 0)),
        ('client.ops.outbound.create([{"productList": [{"|"}]}])', fields("outbound.create", 0, "productList", 0)),
        ('client.ops.outbound.create.call_many([{"|"}])', fields("outbound.create", 0)),
        ('client.ops.stock.movement.iterate({"|"})', fields("stock.movement")),
        ('client.ops.oauth.token(query={"|"})', ["client_id", "code", "grant_type", "redirect_uri"]),
        ('client.ops.inbound.create({"shippingMethod": "|"})', ["EX", "TK"]),
        ('client.ops.outbound.create([], on_unknown="|")', ["confirm", "raise"]),
        ('made["|"]', ["code", "data", "errors", "message", "messageId", "success"]),
        ('made["data"][0]["|"]', ["orderNumber", "referenceNumber"]),
        (
            'for row in client.ops.stock.movement.iterate():\n    row["|"]',
            ["MFSKUID", "sellerSkuId", "serviceRegionList"],
        ),
        ('client.call("|")', list(OURS)),
        ('client.iterate("|")', list(OURS)),
        ("from oc_operations import ops\nops(client).import_.|", ["class_"]),
        ('from oc_operations import ops\nops(client).a.b_c({"|"})', ["n"]),
    ],
)
def test_what_is_completed(editor, code, offered) -> None:
    assert sorted(editor.completions(HEAD + code)) == sorted(offered)


@pytest.mark.parametrize(
    ("code", "option"),
    [
        ("client.ops.outbound.create([], on|)", "on_unknown="),
        ("client.ops.outbound.create.call_many([], s|)", "size="),
        ("client.ops.stock.movement.iterate({}, th|)", "threads="),
    ],
)
def test_options_complete(editor, code, option) -> None:
    assert option in editor.completions(HEAD + code)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("client.ops.outbound.can|cel", OURS["outbound.cancel"].summary),
        ("client.ops.outbound.can|cel", "effect: cancel; evidence: documented"),
        ("client.ops.vas.que|ry", "It cannot be called yet, because its path is not known."),
        ('client.ops.outbound.cancel({"order|Number": ""})', "OrangeConnex's number of an outbound order."),
        ('made["data"][0]["order|Number"]', "OrangeConnex's number of the new order."),
        ("client.o|ps", "The operations as typed attributes"),
    ],
)
def test_what_is_shown_beside_the_cursor(editor, code, shown) -> None:
    assert shown in editor.hover(HEAD + code)
