"""Reads an operation of `ocreg export openapi` back, with the meaning of the original endpoint file.

The schemas are used as they are, and the `x-ocreg-*` keys provide the rest; a rule that the dialect does not have is
dropped with a note. All of it is checked against the format first: if it fails, the document is read like any other.
Addresses are checked against the known hosts before, and the finished file is scrubbed after, as for any source.
"""

from __future__ import annotations

from typing import Any

from ..lint import checks
from ..registry.files import ID
from . import marks, scrubbing
from .dialect import Dialect
from .operation import Node, todo

_ID = marks.mark("id")
_NESTED = ("items", "not", "if", "then", "else", "additionalProperties")
_LISTS = ("allOf", "anyOf", "oneOf")
_KEPT = {
    *("description", "type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "required", "minProperties", "minItems", "maxItems", "uniqueItems"),
    "examples",
}
_ANNOTATIONS = {marks.mark(key): key for key in marks.SCHEMA}
_SILENT = {"title", "default", marks.mark("format"), marks.mark("null")}
_DEEPEST = 25
_MOST = 50
_COMPONENTS = "#/components/schemas/"


def operations(inner: Node) -> list[Node]:
    """The operations in one place of a document; in ocreg's exports there may be several."""
    several = inner.get(marks.mark("operations"))
    if not isinstance(several, list) or not 0 < len(several) <= _MOST:
        return [inner]
    return several if all(isinstance(one, dict) and is_one(one) for one in several) else [inner]


def is_one(inner: Node) -> bool:
    """Whether an operation comes from an export of ocreg."""
    id = inner.get(_ID)
    return isinstance(id, str) and ID.match(id) is not None


class Reading:
    """One operation read back; `notes` say what was dropped."""

    def __init__(self, dialect: Dialect) -> None:
        self._resolve, self._target = dialect.resolved, dialect.target
        self.notes: dict[str, None] = {}
        self._defs: dict[str, Node] = {}

    def document(self, inner: Node, fixed: Node) -> Node | None:
        """The endpoint file's keys, None if they break the format.

        `fixed` are the keys that were read and checked before: method, path, host; for a webhook its caller.
        """
        found: Node = {"summary": inner.get("summary", "")}
        found |= {key: inner[marks.mark(key)] for key in (*marks.FACTS, "description") if marks.mark(key) in inner}
        sent = found.get("caller") == "vendor"
        if sent is not ("path" not in fixed):
            return None
        found |= fixed
        for section in marks.SECTIONS:
            if marks.mark(section) in inner:
                found[section] = self._parameters(inner, section)
        wrapped = not sent and found.get("envelope", True)
        body = _schema(self._resolve(inner.get("requestBody")))
        if body is not None:
            data = self._inside(body, wrapped=wrapped)
            if data is not None and self._resolve(data).get("maxProperties") != 0:
                found["data"] = self._root(data, answers=False)
        answer = self._answer(inner, wrapped=wrapped)
        found |= {"response": self._root(answer, answers=True)} if answer is not None else {}
        found |= {"$defs": self._defs} if self._defs else {}
        return found if checks.law().ok(found) else None

    def _inside(self, schema: Any, *, wrapped: bool) -> Any:
        fields = self._resolve(schema).get("properties")
        return (fields.get("data") if isinstance(fields, dict) else None) if wrapped else schema

    def _answer(self, inner: Node, *, wrapped: bool) -> Any:
        responses = inner.get("responses")
        schema = _schema(self._resolve(responses.get("200"))) if isinstance(responses, dict) else None
        whole = self._resolve(schema)
        forms = whole.get("oneOf") or whole.get("anyOf")
        return self._inside(forms[0], wrapped=wrapped) if isinstance(forms, list) and forms else None

    def _root(self, node: Any, *, answers: bool) -> Any:
        """The schema of a section, which an export names."""
        named = isinstance(node, dict) and set(node) == {"$ref"} and isinstance(node["$ref"], str)
        made = self._written(self._target(node["$ref"]) if named else node, 0, answers=answers)
        return {"not": {}} if made is False else made if isinstance(made, dict) else {}

    def _parameters(self, inner: Node, section: str) -> Node:
        place, fields, required = "query" if section == "query" else "path", {}, []
        listed = inner.get("parameters")
        for raw in listed if isinstance(listed, list) else ():
            parameter = self._resolve(raw)
            name = parameter.get("name")
            if parameter.get("in") != place or not isinstance(name, str) or parameter.get("x-ocreg-any") is True:
                continue
            words = {"description": parameter["description"]} if "description" in parameter else {}
            made = self._fields({name: parameter.get("schema", {})}, None, 0, answers=False)[name]
            fields[name] = {**made, **words} if isinstance(made, dict) else made
            if parameter.get("required") is True:
                required.append(name)
        rest = self._written(inner[marks.mark(section)], 0, answers=False)
        found: Node = dict(rest) if isinstance(rest, dict) else {}
        found |= {"required": required} if required else {}
        return {**found, **({"properties": fields} if fields else {})}

    def _written(self, node: Any, depth: int, *, answers: bool) -> Any:
        """A schema of an export in the dialect."""
        if isinstance(node, dict) and depth > _DEEPEST:
            self.notes[f"deeper than {_DEEPEST} levels: not described"] = None
        if not isinstance(node, dict) or depth > _DEEPEST:
            return node if isinstance(node, bool) else {}
        made: Node = {}
        for key, value in node.items():
            if key in _NESTED:
                made[key] = self._written(value, depth + 1, answers=answers)
            elif key in _LISTS and isinstance(value, list):
                made[key] = [self._written(one, depth + 1, answers=answers) for one in value]
            elif key == "properties" and isinstance(value, dict):
                made[key] = self._fields(value, node.get("required"), depth, answers=answers)
            elif key == "$ref":
                made |= self._reference(value, depth, answers=answers)
            elif key in _KEPT:
                made[key] = value
            elif key in _ANNOTATIONS:
                made[_ANNOTATIONS[key]] = value
            elif key not in _SILENT:
                self.notes[f"{str(key)[:40]}: dropped, because the dialect has no such rule"] = None
        form = node.get(marks.mark("format"))
        if isinstance(form, str) and form in marks.PATTERNS and node.get("pattern") == marks.PATTERNS[form]:
            made = {key: value for key, value in made.items() if key != "pattern"} | {"format": form}
        return made

    def _fields(self, fields: Node, required: Any, depth: int, *, answers: bool) -> Node:
        needed, found = required if isinstance(required, list) else [], Node()
        for name, node in fields.items():
            sure = not answers or name in needed
            made = self._written(node if sure else _not_null(node), depth + 1, answers=answers)
            if isinstance(made, dict):
                made = {key: value for key, value in made.items() if key not in _may_hold(name)}
            if isinstance(made, dict) and not {"description", "$ref"} & made.keys() and made.get("not") != {}:
                made = {"description": todo(name), **made}
            found[name] = made
        return found

    def _reference(self, reference: Any, depth: int, *, answers: bool) -> Node:
        target = self._target(reference) if str(reference).startswith(_COMPONENTS) else None
        if target is None:
            self.notes["a $ref that does not lead to the document's components: not described"] = None
            return {}
        name = reference.removeprefix(_COMPONENTS) + ("_answer" if answers else "")
        if name not in self._defs:
            self._defs[name] = {}
            self._defs[name] = self._written(target, depth + 1, answers=answers)
        return {"$ref": f"#/$defs/{name}"}


def _may_hold(name: str) -> tuple[str, ...]:
    """The keywords under which a field of this name may hold a secret or personal data."""
    if scrubbing.SECRET.search(name):
        return ("examples", "enum", "const")
    return ("examples",) if scrubbing.PERSONAL.search(name) else ()


def _schema(holder: Node) -> Any:
    content = holder.get("content")
    media = content.get("application/json") if isinstance(content, dict) else None
    return media.get("schema") if isinstance(media, dict) else None


def _not_null(node: Any) -> Any:
    """The schema of a field that an answer may omit, without the null that means the same."""
    if not isinstance(node, dict) or node.get(marks.mark("null")):
        return node
    kinds, forms = node.get("type"), node.get("anyOf")
    if isinstance(kinds, list):
        left = [kind for kind in kinds if kind != "null"]
        values = node.get("enum")
        enum = {"enum": [value for value in values if value is not None]} if isinstance(values, list) else {}
        return {**node, **enum, "type": left[0] if len(left) == 1 else left}
    if isinstance(forms, list) and len(forms) == 2 and forms[0] == {"type": "null"} and len(node) == 1:
        return forms[1]
    return node
