"""JSON Schemas as Python types: expressions, and the TypedDicts that they name.

A payload's types accept what the client converts: `str | datetime` for a time, any `Sequence`. An answer's types are
what JSON gives, with all fields present: a reader may rely on the description. If the dialect is more precise than
types can be, the wider type is used: what the endpoint file accepts is never a type error, except for fields that it
does not describe.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..names.levels import refuses
from ..registry.schema import Schema
from .names import Names, camel, docstring, is_attribute

Node = dict[str, Any]
_ANNOTATIONS = {"$ref", "description", "examples"}
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_WRITTEN = {"oc-date-time": "str | datetime", "oc-date": "str | date", "decimal": "str | Decimal"}


class Shapes:
    """The types of one schema. `declared` holds the lines of the TypedDicts that its expressions name, in order.

    In a query, the client fills in the values that the file fixes: such a field is `filled`, and is not required.
    """

    def __init__(self, schema: Schema, names: Names, prefix: str, *, answers: bool, filled: str = "x-setting") -> None:
        self._schema, self._names, self._prefix, self._answers = schema, names, prefix, answers
        self._list, self._map = ("list", "dict[str, {}]") if answers else ("Sequence", "Mapping[str, {}]")
        self._known: dict[int, str] = {}
        self._open: dict[frozenset[int], str] = {}
        self._filled = ("x-setting", filled)
        schema.ok(None)  # compile it before walking through it: an invalid schema is found here
        self.declared: list[str] = []
        self.needs: set[str] = set()
        """The TypedDicts with a required field."""

    def of(self, node: Any, name: str) -> str:
        """The type of what `node` describes; `name` is for a TypedDict, if one is needed."""
        if not isinstance(node, dict):
            return "Any"
        if id(node) not in self._known:
            self._known[id(node)] = "Any"  # a schema that only refers to itself accepts anything
            target = self._target(node)
            if target is not node:  # all references to it share one type, named after it
                name = f"{self._prefix}{camel(node['$ref'].rpartition('/')[2])}"
            self._known[id(node)] = self._expression(target, name)
        return self._known[id(node)]

    def item(self, node: Any, name: str) -> str | None:
        """The type of an item of the list that `node` describes; None if it is not a list."""
        lists = [each for each in self._rules(node) if isinstance(each.get("items"), dict)]
        return self.of(lists[0]["items"], name) if lists else None

    def property(self, node: Any, name: str) -> Node | None:
        """The schema of a field of the object that `node` describes."""
        return next((found for each in self._rules(node) if (found := each.get("properties", {}).get(name))), None)

    def _target(self, node: Node) -> Node:
        """The target of a schema that is only a reference."""
        seen: set[int] = set()
        while "$ref" in node and id(node) not in seen and all(k in _ANNOTATIONS or k[:2] == "x-" for k in node):
            seen.add(id(node))
            node = self._schema.target(node)
        return node

    def _rules(self, node: Any, seen: frozenset[int] = frozenset()) -> list[Node]:
        """The schemas that a value must satisfy in any case."""
        if not isinstance(node, dict) or id(node) in seen:
            return []
        seen |= {id(node)}
        further = [self._schema.target(node)] if "$ref" in node else []
        return [node, *(rule for each in [*further, *node.get("allOf", ())] for rule in self._rules(each, seen))]

    def _expression(self, node: Node, name: str) -> str:
        rules = self._rules(node)
        for rule in rules:
            values = [rule["const"]] if "const" in rule else rule.get("enum", [])
            if values and all(value is None or isinstance(value, (str, bool, int)) for value in values):
                return self._literal(values, name)
        kinds = self._kinds(rules)
        if kinds:
            return " | ".join(dict.fromkeys(self._of_kind(kind, node, rules, name) for kind in kinds))
        choices = [choice for rule in rules for key in ("anyOf", "oneOf") for choice in rule.get(key, ())]
        if not choices:
            return "Any"
        if all(self._kinds(self._rules(choice)) == ["object"] for choice in choices):  # may match several
            return self._object(node, rules, name)
        found = list(dict.fromkeys(self.of(choice, name) for choice in choices))
        return "Any" if "Any" in found else " | ".join(found)

    def _literal(self, values: list[Any], name: str) -> str:
        """The values themselves; under a name if a type in quotation marks could not hold them."""
        written = f"Literal[{', '.join(map(repr, values))}]"
        if not any(isinstance(value, str) and set("\\\"'") & set(repr(value)[1:-1]) for value in values):
            return written
        name = self._names.take(name)
        self.declared += [f"{name}: TypeAlias = {written}", "", ""]
        return name

    def _kinds(self, rules: list[Node]) -> list[str]:
        """The types that a value may have, `[]` for any. A schema with fields means objects, one with items lists."""
        said = [[rule["type"]] if isinstance(rule["type"], str) else rule["type"] for rule in rules if "type" in rule]
        if said:
            return [kind for kind in said[0] if all(kind in others for others in said)]
        kinds = [("object", "properties"), ("array", "items")]
        return [kind for kind, keyword in kinds if any(keyword in rule for rule in rules)]

    def _of_kind(self, kind: str, node: Node, rules: list[Node], name: str) -> str:
        if kind == "object":
            return self._object(node, rules, name)
        if kind == "array":
            entries = [rule["items"] for rule in rules if "items" in rule]
            return f"{self._list}[{self.of(entries[0], f'{name}Item') if entries else 'Any'}]"
        if self._answers:
            return _PLAIN[kind]
        if kind == "number":
            return "float | Decimal"
        formats = [_WRITTEN[rule["format"]] for rule in rules if rule.get("format") in _WRITTEN]
        return formats[0] if kind == "string" and formats else _PLAIN[kind]

    def _object(self, node: Node, rules: list[Node], name: str) -> str:
        sure = self._fields(rules)
        fields = {**self._fields(list(self._schema.spread([node]))), **sure}
        others = [rule["additionalProperties"] for rule in rules if "additionalProperties" in rule]
        if not fields:
            return self._map.format(self.of(others[0], f"{name}Value") if others else "Any")
        key = frozenset(map(id, rules))
        if key not in self._open:
            self._open[key] = self._names.take(name)
            self._declare(self._open[key], rules, fields)
        free = any(isinstance(other, dict) for other in others) or any(
            rule.get("x-unknown") == "allow" for rule in rules
        )
        return f"{self._open[key]} | {self._map.format('Any')}" if free else self._open[key]

    def _fields(self, nodes: list[Node]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for node in nodes:
            for name, field in node.get("properties", {}).items():
                if not refuses(field):
                    found.setdefault(name, []).append(field)
        return found

    def _declare(self, name: str, rules: list[Node], fields: dict[str, list[Any]]) -> None:
        """Append a TypedDict, after those that it names."""
        required = dict.fromkeys(field for rule in rules for field in rule.get("required", ()))
        fields = {**fields, **{field: [True] for field in required if field not in fields}}
        types = {}
        for field, nodes in fields.items():
            found = dict.fromkeys(self.of(node, f"{name}{camel(field)}") for node in nodes)
            written = "Any" if "Any" in found else " | ".join(found)
            given = any(mark in rule for node in nodes for rule in self._rules(node) for mark in self._filled)
            sure = self._answers or (field in required and not given)
            types[field] = written if sure else f"NotRequired[{written}]"
            self.needs |= {name} if sure else set()
        if all(map(is_attribute, types)):
            body = [line for field, kind in types.items() for line in _field(field, kind, self._said(fields[field]))]
            about = [*docstring(said, "    "), ""] if (said := self._said(rules)) else []
            self.declared += [f"class {name}(TypedDict):", *about, *body, "", ""]
        else:
            pairs = [f"    {field!r}: {kind!r}," for field, kind in types.items()]
            self.declared += [f'{name} = TypedDict("{name}", {{', *pairs, "})", "", ""]

    def _said(self, nodes: list[Any]) -> str:
        """The description of the first node that has one."""
        rules: Iterator[Node] = (rule for node in nodes for rule in self._rules(node))
        return next((text for rule in rules if isinstance(text := rule.get("description"), str)), "")


def _field(name: str, kind: str, about: str) -> list[str]:
    return [f"    {name}: {kind}", *(docstring(about, "    ") if about else [])]
