"""The whole text: the types of all operations of a registry, as one Python module or stub.

Each operation becomes a callable class with the signature of its file; `Ops` and `AsyncOps` hold these by group and
name, as `client.ops` does. One template writes both. The text depends on the files alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from ..bulk.answers import Place
from ..operations.named import attribute
from ..registry.endpoint import Endpoint
from ..registry.files import Registry
from ..registry.schema import Schema
from .names import Names, camel, docstring
from .shapes import Shapes

HEADER = "# Made by `ocreg types` of endpoint files. Changes are lost."
_PLACES = {
    "collections.abc": ["AsyncIterable", "Callable", "Iterable", "Mapping", "Sequence"],
    "datetime": ["date", "datetime"],
    "decimal": ["Decimal"],
    "typing": ["TYPE_CHECKING", "Any", "Literal", "Protocol", "TypeAlias", "TypedDict", "overload"],
}
_OURS = {
    "ocreg": ["AsyncClient", "Client"],
    "ocreg.account.settings": ["Timeout"],
    "ocreg.bulk.reading": ["Iteration", "Progress"],
    "ocreg.operations.named": ["AsyncIteration", "AsyncSending", "Sending"],
}
_REPLY = '''
class Reply(TypedDict):
    """The fields of every answer; the vendor omits some of them at times."""

    code: int
    """0 for a success."""
    message: str | None
    messageId: str | int | None
    errors: list[dict[str, Any]] | None
    success: bool | None


'''
_OPS = '''
@overload
def ops(client: Client) -> Ops: ...
@overload
def ops(client: AsyncClient) -> AsyncOps: ...
def ops(client: Any) -> Any:
    """The operations of a client, with the types of this module."""
    return client.ops
'''


class Operation(NamedTuple):
    """An operation in Python's terms; `data`, `query` and `path` are parameters, or empty."""

    endpoint: Endpoint
    name: str
    data: str
    query: str
    path: str
    answer: str
    item: str
    row: str
    sent: str


class Way(NamedTuple):
    """How one kind of client (synchronous, asynchronous) is written."""

    prefix: str
    begins: str
    items: str
    at_a_time: str


WAYS = (
    Way("", "def", "Iterable[{0}]", "threads"),
    Way("Async", "async def", "Iterable[{0}] | AsyncIterable[{0}]", "concurrency"),
)


def text(registry: Registry, *, stub: bool = False) -> str:
    """The module; as a stub, without code to run. Raises EndpointInvalid for a file that cannot be used."""
    names, declared, operations = Names(), list[str](), list[Operation]()
    for id in registry:
        operations.append(_operation(registry[id], names, declared))
    ids = [f'    "{operation.endpoint.id}",' for operation in operations]
    body = ["", "OperationId: TypeAlias = Literal[", *ids, "]", '"""The operations."""', "", _REPLY.rstrip(), "", ""]
    body += declared
    for way in WAYS:
        body += _classes(operations, way, names)
    whole = "\n".join(body).rstrip() + "\n" + ("" if stub else f"\n{_OPS}")
    return _head(whole) + whole


def _operation(endpoint: Endpoint, names: Names, declared: list[str]) -> Operation:
    """The operation; its TypedDicts are appended to `declared`."""
    name = camel(endpoint.id.replace(".", "_"))
    whole = names.take(name)
    ours = endpoint.caller != "vendor"
    data, query, path, item = "", "", "", "Any"
    if endpoint.data is not None:
        shapes = Shapes(endpoint.data, names, name, answers=not ours)
        root = endpoint.data.root
        item = shapes.item(root, f"{name}Item") or ""
        kind = shapes.of(root, f"{name}Data")
        data = _aliased(kind, f"{name}Data", names, declared, shapes)
        item = item or data
        optional = root.get("type") == "object" and not root.get("required")
        data = f"data: {data} = {{}}" if optional and ours else f"data: {data}"  # `| None` would obscure messages
    elif endpoint.path is None:
        data = "data: Any = None"
    if endpoint.query is not None:
        query = _parameters("query", endpoint.query, f"{name}Query", names, declared)
    if endpoint.parameters is not None:
        path = _parameters("path", endpoint.parameters, f"{name}Path", names, declared)
    answer, row, sent = _answer(endpoint, name, names, declared)
    return Operation(endpoint, whole, data, query, path, answer, item, row, sent)


def _parameters(word: str, schema: Schema, name: str, names: Names, declared: list[str]) -> str:
    shapes = Shapes(schema, names, name, answers=False, filled="const")
    kind = shapes.of(schema.root, name)
    needed = kind in shapes.needs
    kind = _aliased(kind, name, names, declared, shapes)
    return f"{word}: {kind}" if needed else f"{word}: {kind} = {{}}"


def _aliased(kind: str, name: str, names: Names, declared: list[str], shapes: Shapes) -> str:
    """A type under a name by which it can be imported, whatever kind of type it is."""
    declared += shapes.declared
    if kind == name:
        return kind
    name = names.take(name)
    declared += [f"{name}: TypeAlias = {kind}", "", ""]
    return name


def _answer(endpoint: Endpoint, name: str, names: Names, declared: list[str]) -> tuple[str, str, str]:
    """The types of the answer, of its rows, and of the outcome of an item of `call_many`."""
    if endpoint.caller == "browser":
        declared += [f"class {name}Answer(TypedDict):", *docstring("A browser URL.", "    "), "", "    url: str"]
        declared += ["", ""]
        return names.take(f"{name}Answer"), "Any", "Any"
    data, row, sent = "Any", "Any", "Any"
    if "response" in endpoint.document:
        schema = endpoint.bundler.schema(("response",))
        shapes = Shapes(schema, names, f"{name}Answer", answers=True)
        if not endpoint.envelope:
            return (
                _aliased(shapes.of(schema.root, f"{name}Answer"), f"{name}Answer", names, declared, shapes),
                row,
                sent,
            )
        entry = shapes.item(schema.root, f"{name}Row")
        inner = shapes.property(schema.root, known) if (known := Place(endpoint).known) else None
        row = entry or shapes.item(inner, f"{name}Row") or "Any"
        data = shapes.of(schema.root, f"{name}AnswerData")
        sent = (entry or "Any") if endpoint.takes_many else data
        declared += shapes.declared
    elif not endpoint.envelope:
        return "dict[str, Any]", row, sent
    taken = names.take(f"{name}Answer")
    declared += [f"class {taken}(Reply):", *docstring(f"The answer of {endpoint.id}.", "    "), "", f"    data: {data}"]
    declared += ["", ""]
    return taken, row, sent


def _classes(operations: Iterable[Operation], way: Way, names: Names) -> list[str]:
    lines, groups = list[str](), list[str]()
    for group, members in groupby(operations, lambda operation: operation.endpoint.id.partition(".")[0]):
        title, found = names.take(f"{way.prefix}{camel(group)}Operations"), list[str]()
        for one in members:
            called = names.take(f"{way.prefix}{one.name}") if way.prefix else one.name
            about = _about(one.endpoint)
            lines += [f"class {called}(Protocol):", *_methods(one, way, about), ""]
            found += _property(attribute(one.endpoint.id.partition(".")[2]), called, about)
        lines += [f"class {title}(Protocol):", *docstring(f"The operations {group}.*", "    "), "", *found, ""]
        groups += _property(attribute(group), title, f"The operations {group}.*")
    return [
        *lines,
        f"class {way.prefix}Ops(Protocol):",
        *docstring("All operations, by group.", "    "),
        "",
        *groups,
        "",
    ]


def _property(name: str, kind: str, about: str) -> list[str]:
    return ["    @property", f"    def {name}(self) -> {kind}:", *docstring(about, " " * 8), "        ...", ""]


def _methods(one: Operation, way: Way, about: str) -> Iterator[str]:
    endpoint = one.endpoint
    sent = ["message_id: str | None = None", "timeout: Timeout | None = None"]
    unknown, confirms = "unknown: Iterable[str] = ()", 'on_unknown: Literal["raise", "confirm"] = "raise"'
    if endpoint.caller == "vendor":
        kind = one.data.removeprefix("data: ") or "Any"
        told = f"body: bytes | str | {kind}" if kind != "Any" else "body: Any"
        yield from _method("def receive", [told, "headers: Mapping[str, str] | None = None"], [], kind, about)
        return
    given, parameters = [one.data] if one.data else [], [text for text in (one.query, one.path) if text]
    known = endpoint.path is not None and endpoint.caller == "client"
    options = [*parameters, *sent, *([confirms] if endpoint.confirm else []), unknown]
    yield from _method(f"{way.begins} __call__", given, options, one.answer, about)
    shown = [*parameters, sent[0], "show_sensitive: bool = False", unknown]
    yield from _method(f"{way.begins} plan", given, shown, "dict[str, Any]", "What would be sent, without sending it.")
    if endpoint.confirm:
        words = "Send a create that a crashed process may have sent: it is looked up first."
        yield from _method(f"{way.begins} confirm", given, [*sent, unknown], one.answer, words)
    if known and endpoint.effect == "read":
        asked = [one.query] if one.query else []
        asked += ["resume: str | None = None", f"{way.at_a_time}: int = 1"]
        asked += ["progress: Callable[[Progress], None] | None = None", unknown]
        words = "All rows, one by one, beyond the limits of one request."
        yield from _method("def iterate", given, asked, f"{way.prefix}Iteration[{one.row}]", words)
    if known and endpoint.effect != "read" and one.data:
        asked = ["size: int | None = None", *([confirms] if endpoint.confirm else [])]
        asked += ['on_failure: Literal["go_on", "stop"] = "go_on"', f"{way.at_a_time}: int = 1", unknown]
        words = "Send any number of items; returns the outcome of each, in order."
        result = f"{way.prefix}Sending[{one.item}, {one.sent}]"
        yield from _method("def call_many", [f"items: {way.items.format(one.item)}"], asked, result, words)


def _method(begins: str, given: list[str], options: list[str], result: str, about: str) -> list[str]:
    arguments = ", ".join(["self", *given, *(["*", *options] if options else [])])
    return [f"    {begins}({arguments}) -> {result}:", *docstring(about, " " * 8), "        ...", ""]


def _about(endpoint: Endpoint) -> str:
    """What an editor shows beside the cursor."""
    parts = [endpoint.summary, endpoint.description.strip()]
    if endpoint.caller == "client" and endpoint.path is None:
        parts.append("It cannot be called yet, because its path is not known.")
    parts.append(f"effect: {endpoint.effect}; evidence: {endpoint.evidence.get('status', 'partial')}")
    return "\n\n".join(part for part in parts if part)


def _head(body: str) -> str:
    """What comes first: a header, and the needed imports."""
    nodes = list(ast.walk(ast.parse(body)))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    names |= set(
        re.findall(r"\w+", " ".join(text for text in texts if "NotRequired[" in text))
    )  # TypedDict("X", {...})
    lines = [HEADER, "# ruff: noqa", "# fmt: off", '"""The types of operations, for type checkers and editors."""', ""]
    lines += ["from __future__ import annotations", "", "import sys"]
    lines += _imports(_PLACES, names | {"TYPE_CHECKING"}, "")
    lines += ["", "if sys.version_info >= (3, 11):", "    from typing import NotRequired"]
    lines += ["elif TYPE_CHECKING:", "    from typing_extensions import NotRequired", "", "if TYPE_CHECKING:"]
    return "\n".join([*lines, *_imports(_OURS, names, "    "), ""])


def _imports(places: dict[str, list[str]], names: set[str], indent: str) -> list[str]:
    found = {place: [name for name in wanted if name in names] for place, wanted in places.items()}
    return [f"{indent}from {place} import {', '.join(wanted)}" for place, wanted in found.items() if wanted]
