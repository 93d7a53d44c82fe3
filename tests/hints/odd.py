"""Endpoint files as nobody would write them, and all the dialect can say: for types that hold whatever comes."""

import json
from pathlib import Path

HOSTS = {"sandbox": "https://stage.example.com/openapi", "production": "https://api.example.com/openapi"}
ESCAPES = 'ends """\nimport os; os.abort()\n\\""" and \\N{x} \u202e turned \x07 rung, in a "quote"'
"""A description that wants to be code."""


def _file(**keys) -> dict:
    common = {"summary": "Do it.", "method": "POST", "path": "/x", "host": HOSTS, "effect": "create"}
    return {**common, "evidence": {"status": "partial"}, **keys}


FIELDS = {
    "type": "object",
    "description": ESCAPES,
    "required": ["class", "undescribed", "kind"],
    "properties": {
        "class": {"type": "string", "description": ESCAPES},
        "a-b": {"type": "integer"},
        "str": {"type": "string"},
        "__mangled": {"type": "boolean"},
        'quo"te\\\n': {"type": "number"},
        "größe": {"type": "string", "format": "decimal"},
        "kind": {"enum": ["it's", 'a "b"', "\u202e", 3, True, None]},
        "weights": {"enum": [1.5, 2]},
        "nothing": {},
        "gone": False,
        "Gone": {"not": {}},
        "nested": {
            "type": "array",
            "items": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}},
        },
    },
}
PLAIN = {
    "type": "object",
    "properties": {
        "tree": {"$ref": "#/$defs/tree"},
        "twice": {"$ref": "#/$defs/tree"},
        "lists": {"$ref": "#/$defs/lists"},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "both": {
            "allOf": [{"$ref": "#/$defs/named"}, {"properties": {"more": {"type": "string"}}, "required": ["more"]}]
        },
        "none": {"type": ["string", "null"]},
        "day": {"type": ["string", "null"], "format": "oc-date"},
        "prices": {"type": "object", "additionalProperties": {"type": "number"}},
        "free": {"type": "object", "x-unknown": "allow", "properties": {"known": {"type": "string"}}},
        "items": {"type": "array"},
        "sized": {"$ref": "#/$defs/named", "minProperties": 1},
        "one": {
            "anyOf": [
                {"required": ["a"], "properties": {"a": {"type": "string"}}},
                {"properties": {"b": {"type": "integer"}}},
            ]
        },
    },
    "if": {"required": ["items"]},
    "then": {"properties": {"only_then": {"type": "string"}, "either": {"type": "string"}}, "required": ["only_then"]},
}
DEFS = {
    "tree": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
    },
    "lists": {"type": "array", "items": {"$ref": "#/$defs/lists"}},
    "named": {"type": "object", "properties": {"name": {"type": "string", "description": "What it is called."}}},
}
FILES = {
    "import/class": _file(data=FIELDS, response=FIELDS, description=ESCAPES, summary="Import a class, of all things."),
    "plain/all": _file(data=PLAIN, response={"type": "object", "properties": {"rows": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}, effect="read", **{"$defs": DEFS}),
    "both/ways": _file(data=PLAIN, response=PLAIN, **{"$defs": DEFS}),
    "a/b_c": _file(data={"type": "object", "properties": {"n": {"type": "integer"}}}),
    "a_b/c": _file(data={"type": "object", "properties": {"m": {"type": "integer"}}}),
    "typed/dict": _file(data={"type": "array", "items": {"type": "string"}}, response={"type": "array", "items": {"type": "string"}}),
    "parts/get": _file(method="GET", path="/x/{number}", effect="read", envelope=False, query={"required": ["kind", "page"], "properties": {"kind": {"const": "all"}, "page": {"type": "integer"}, "key": {"type": "string", "x-setting": "client_key"}}}, path_parameters={"type": "object", "required": ["number"], "properties": {"number": {"type": "string"}}}),
    "hook/news": _file(caller="vendor", effect="read", data={"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}}),
    "page/open": _file(caller="browser", effect="read", method="GET", query={"properties": {"to": {"type": "string"}}}),
}  # fmt: skip
NAMES = ["str", "__mangled", "\ufb01eld", "class", "a-b", "Any", "größe", "items", "_one"]
"""Fields, each alone in an object: some cannot stand in a class."""
FILES["odd/names"] = _file(
    data={
        "type": "object",
        "properties": {
            f"o{number}": {"type": "object", "properties": {name: {"type": "integer"}, "text": {"type": "string"}}}
            for number, name in enumerate(NAMES)
        },
    }
)
ALL_NAMES = {f"o{number}": {name: 1, "text": ""} for number, name in enumerate(NAMES)}
RIGHT = """\
from datetime import date, datetime, timezone
from decimal import Decimal
from ocreg import Client
from oc_operations import AsyncOps, PlainAllTree, OperationId, PlainAllData, ops
client = Client("local")
mine = ops(client)
print(mine.import_.class_({"class": "", "a-b": 1, "str": "", "__mangled": True, 'quo"te\\\\\\n': Decimal(1), "gr\u00f6\u00dfe": Decimal(1), "kind": "it's", "undescribed": object(), "weights": [1], "nothing": ..., "nested": [[{"x": 1}]]})["data"]["a-b"] + 1)
tree: PlainAllTree = {"name": "root", "children": [{"name": "leaf"}]}
data: PlainAllData = {"tree": tree, "twice": tree, "lists": [[[]]], "either": 1, "both": {"more": "", "name": ""}, "none": None, "day": date.today(), "prices": {"a": 1.5, "b": Decimal(2)}, "free": {"known": "", "other": 1}, "items": [1, ""], "sized": {}, "one": {"a": "", "b": 1}, "only_then": ""}
for row in mine.plain.all(data)["data"]["rows"]: print(row["children"][0]["children"][0]["name"])
with mine.plain.all.iterate(data, threads=2) as rows: print(rows.resume, [row["name"] for row in rows])
print(mine.plain.all(), mine.a.b_c({"n": 1}), mine.a_b.c({"m": 1}), mine.typed.dict(["x"])["data"][0].upper())
for sent in mine.typed.dict.call_many(str(n) for n in range(3)): print(sent.place, sent.item.upper(), sent.row and sent.row.upper(), sent.happened)
print(mine.parts.get(query={"page": 1}, path={"number": "1"})["anything"], mine.page.open()["url"])
print(mine.hook.news.receive(b"{}", {"a": "b"})["tags"][0].upper())
print(mine.outbound.cancel({"orderNumber": "", "cancelTime": datetime.now(timezone.utc)}))
print(mine.odd.names(NAMES_HERE))
id: OperationId = "import.class"
print(client.call(id), client.call("anything.else"), client.plan("plain.all"))
async def later(ops: AsyncOps) -> None:
    made = await ops.outbound.create([], on_unknown="confirm")
    print(made["data"][0]["orderNumber"], (await ops.plain.all.plan())["valid"], await ops.outbound.create.confirm([]))
    async with ops.stock.movement.iterate(concurrency=2) as rows:
        async for row in rows: print(row["MFSKUID"], rows.resume, rows.items)
    async for sent in ops.typed.dict.call_many(["a"], concurrency=9): print(sent.item.upper(), sent.row, sent.happened)
    print(ops.hook.news.receive(b"")["id"])
""".replace("NAMES_HERE", repr(ALL_NAMES))
WRONG = {
    'mine.import_.class_({"class": "", "kind": "it\'s"})': "undescribed",
    'mine.import_.class_({"class": "", "kind": 4, "undescribed": 1})': "4",
    'mine.import_.class_({"class": "", "kind": 3, "undescribed": 1, "a-c": 1})': "a-c",
    'mine.plain.all({"tree": {"name": "", "children": [{"nam": ""}]}})': "nam",
    'mine.plain.all({"both": {"name": ""}})': "more",
    'mine.plain.all({"prices": {"a": ""}})': "",
    'mine.a.b_c({"m": 1})': "m",
    "mine.a.c": "c",
    'mine.parts.get(query={"page": 1})': "path",
    'mine.parts.get(query={}, path={"number": "1"})': "page",
    'mine.hook.news({"id": "1"})': "",
    "mine.plain.all.confirm({})": "confirm",
    "mine.typed.dict.call_many([1])": "",
    'later().a.b_c({"m": 1})': "m",
    'later().a.b_c({"n": 1})["code"]': "",
    "later().plain.all.iterate(threads=2)": "threads",
}  # fmt: skip


def written(folder: Path) -> Path:
    """The files, as JSON, which is YAML."""
    for name, document in FILES.items():
        file = folder / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document), "utf-8")
    return folder
