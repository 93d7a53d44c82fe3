"""From a schema of OpenAPI (3.0 or 3.1, read alike) to one of the dialect.

The table: `_KEPT` keywords mean the same in both. `_SPOKEN` ones do not exist in the dialect and become part of the
description. All others are dropped; one that changes what is allowed (`_TOLD`) is dropped with a note. `$ref` is
followed only inside the document, and replaced by its target; a circle becomes a schema under `$defs`.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from . import tidying
from .operation import TODO, Node, todo

_KINDS = ("object", "array", "string", "integer", "number", "boolean", "null")
_SPOKEN = {
    **{"default": "Default: {}.", "format": "Format: {}.", "multipleOf": "A multiple of {}."},
    **{"maxProperties": "At most {} fields.", "deprecated": "Deprecated.", "readOnly": "Only in answers."},
    **{"writeOnly": "Only in requests."},
}
_TOLD = ("patternProperties", "propertyNames", "prefixItems", "contains", "dependentRequired", "dependentSchemas")
_OWN = {*tidying.COUNTS, *tidying.BOUNDS, "enum", "const", "anyOf", "oneOf", "not", "if", "allOf", "$ref"}
_ALIKE = re.compile(r"([^\\.]|\\[^dDwWsSbBpPkKAzZ0-9])*\Z", re.ASCII)
_DEEPEST = 20
_MOST_NODES = 3_000


class Dialect:
    """Schemas of one operation in the dialect. `notes` and `defs` fill up as schemas are made."""

    def __init__(self, root: Node, secret: re.Pattern[str], personal: re.Pattern[str]) -> None:
        self.root, self.notes = root, dict[str, None]()
        self.defs: dict[str, Node] = {}
        self._secret, self._personal = secret, personal
        self._left = _MOST_NODES
        self._open: list[tuple[str, int]] = []
        self._circles: set[str] = set()
        self._places: dict[tuple[str, bool], str] = {}
        self._answers = False
        self._steps = 0  # levels into values: a circle without them would never end

    def schema(self, node: Any, name: str = "", depth: int = 0) -> Node:
        """`node` in the dialect; `name` is the name of the field that it describes."""
        self._left -= 1
        if node is False:
            return {"not": {}}
        if not isinstance(node, dict) or depth > _DEEPEST or self._left < 0:
            if isinstance(node, dict):
                self._note(f"deeper than {_DEEPEST} levels or larger than {_MOST_NODES:,} schemas: not described")
            return {}
        if isinstance(node.get("$ref"), str):
            return self._reference(node, name, depth)
        if isinstance(node.get("allOf"), list) and node["allOf"]:
            merged = self._merged(node)
            if merged is not None:
                return self.schema(merged, name, depth)
        made = self._rules(node, name)
        self._below(node, made, depth)
        if self._answers:
            tidying.only_said(made)
        tidying.sort_out(made)
        if self._secret.search(name) and depth and "string" in tidying.kinds(made):
            made = {key: value for key, value in made.items() if key not in ("enum", "const")} | {"x-secret": True}
        elif self._personal.search(name) and depth and made.get("type") not in ("object", "array"):
            made["x-sensitive"] = True
        return made

    def answer(self, node: Any) -> Node:
        """The schema of an answer. A page's lengths and enums must not make a live server's answer look wrong.

        An order that was placed would look like a failure. So types and required fields stay; the rest is described.
        """
        self._answers = True
        try:
            return self.schema(node)
        finally:
            self._answers = False

    def target(self, reference: str) -> Any:
        """The target of a reference inside the document; None if it has none or leads out of the document."""
        if not reference.startswith("#"):
            self._note("a $ref that leads out of the document: not fetched, not described")
            return None
        found: Any = self.root
        for step in reference[1:].strip("/").split("/"):
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                found = found.get(key, found.get(step)) if isinstance(found, dict) else None
        if not isinstance(found, (dict, bool)):
            self._note("a $ref to a schema that is not in the document: not described")
            return None
        return found

    def resolved(self, node: Any) -> Node:
        """A parameter, body or answer, with its references followed."""
        for _ in range(10):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                break
            node = self.target(node["$ref"])
        return node if isinstance(node, dict) else {}

    def _note(self, words: str) -> None:
        self.notes[words] = None

    def _reference(self, node: Node, name: str, depth: int) -> Node:
        reference = node["$ref"]
        words = {"description": tidying.short(node["description"])} if isinstance(node.get("description"), str) else {}
        if self._places.get((reference, self._answers)) in self.defs:
            return {"$ref": "#/$defs/" + self._place(reference)}
        at = next((level for known, level in self._open if known == reference), None)
        if at is not None:
            if at == self._steps:
                self._note("a schema that only refers to itself: not described")
                return words
            self._circles.add(reference)
            return {"$ref": "#/$defs/" + self._place(reference)}
        self._open.append((reference, self._steps))
        made = self.schema(self.target(reference), name, depth)
        self._open.pop()
        if reference not in self._circles:
            return {**made, **words}
        self._circles.discard(reference)
        self.defs[self._place(reference)] = made
        return {"$ref": "#/$defs/" + self._place(reference)}

    def _place(self, reference: str) -> str:
        key = (reference, self._answers)
        if key not in self._places:
            word = re.sub(r"[^A-Za-z0-9_-]+", "_", unquote(reference).rpartition("/")[2]).strip("_") or "schema"
            taken = set(self._places.values())
            self._places[key] = next(n for n in (word, *(f"{word}_{i}" for i in range(2, 10_000))) if n not in taken)
        return self._places[key]

    def _merged(self, node: Node) -> Node | None:
        """The objects of `allOf` as one, if only their fields have to be combined."""
        parts = [self.resolved(part) for part in node["allOf"]] + [{k: v for k, v in node.items() if k != "allOf"}]
        if {part.get("$ref") for part in node["allOf"] if isinstance(part, dict)} & {known for known, _ in self._open}:
            return None  # a circle through allOf
        merged: Node = {"type": "object", "properties": {}, "required": []}
        for part in parts:
            extra = set(part) & _OWN
            if extra or part.get("type", "object") != "object" or part.get("additionalProperties") is False:
                return None
            for key, inner in _mapping(part.get("properties")).items():
                if key in merged["properties"] and merged["properties"][key] != inner:
                    return None
                merged["properties"][key] = inner
            merged["required"] += part["required"] if isinstance(part.get("required"), list) else []
            merged |= {k: part[k] for k in ("title", "description", "nullable") if k in part}
        return merged

    def _rules(self, node: Node, name: str) -> Node:
        """The rules of `node` about the value itself."""
        kinds = node.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
        known = [kind for kind in _KINDS if kind in kinds]
        if len(known) < len(set(map(str, kinds))):
            self._note("a type that JSON does not have (any, file, ...): not described")
            known = []
        if node.get("nullable") is True and known and "null" not in known:
            known.append("null")
        made: Node = {"description": self._words(node, name)}
        if known:
            made["type"] = known[0] if len(known) == 1 else known
        for key in (*tidying.COUNTS, *tidying.BOUNDS):
            value = node.get(key)
            whole = isinstance(value, int) and value >= 0 if key in tidying.COUNTS else isinstance(value, (int, float))
            if whole and not isinstance(value, bool):
                made[key] = value
        for strict, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if node.get(strict) is True and plain in made:  # as 3.0 writes it
                made[strict] = made.pop(plain)
        if node.get("uniqueItems") is True:
            made["uniqueItems"] = True
        self._values(node, made, known)
        if isinstance(node.get("pattern"), str):
            self._pattern(node["pattern"], made)
        for key in _TOLD:
            if key in node:
                self._note(f"{key}: dropped, because the dialect has no such rule")
        return made

    def _values(self, node: Node, made: Node, known: list[str]) -> None:
        values = node.get("enum")
        if not isinstance(values, list):
            listed = node.get("x-apifox-enum")
            values = (
                [v["value"] for v in listed if isinstance(v, dict) and "value" in v] if isinstance(listed, list) else []
            )
        values = [
            value for n, value in enumerate(values) if not isinstance(value, (dict, list)) and value not in values[:n]
        ]
        if values and known and not any(tidying.fits(value, known) for value in values):
            self._note("an enum without any value of the field's type: dropped")
            values = []
        if values:
            made["enum"] = [*values, None] if "null" in known and None not in values else values
        if "const" in node and (not known or tidying.fits(node["const"], known)):
            made["const"] = node["const"]

    def _pattern(self, pattern: str, made: Node) -> None:
        """Keep a pattern if both validators read it alike and its time is proportional to the text."""
        risky = re.search(r"[+*}]\)?[+*{]|\)[+*{]|\(\?", pattern)
        braces = re.search(r"(?<!\\)[{}]", re.sub(r"\{[0-9]{1,4}(,[0-9]{0,4})?\}", "", pattern))
        try:
            re.compile(pattern, re.ASCII)
            alike = pattern.isascii() and len(pattern) <= 200 and _ALIKE.match(pattern) and not (risky or braces)
        except (re.error, OverflowError, RecursionError):
            alike = False
        if alike and pattern not in ("", "^", "$", "^$"):
            made["pattern"] = pattern
        elif pattern not in ("", "^", "$", "^.*$", ".*"):
            self._note("a pattern that the two validators may read differently: dropped")

    def _words(self, node: Node, name: str) -> str:
        """The description: the source's, its title, and what the dialect cannot express."""
        parts = [tidying.short(node[key]) for key in ("title", "description") if isinstance(node.get(key), str)]
        parts = [part if part[-1] in ".!?。：:" else part + "." for part in dict.fromkeys(parts) if part]
        for key, form in _SPOKEN.items():
            value = node.get(key)
            if value is None or value is False or value == "" or isinstance(value, (dict, list)):
                continue
            if key == "default" and self._secret.search(name):
                continue
            parts.append(form.format(tidying.short(str(value))))
        listed = node.get("x-apifox-enum")
        for item in listed if isinstance(listed, list) else ():
            meaning = (
                tidying.short(" ".join(str(item.get(k) or "") for k in ("name", "description")))
                if isinstance(item, dict)
                else ""
            )
            if meaning:
                parts.append(f"{item.get('value')}: {meaning.rstrip('.;')};")
        return " ".join(parts).rstrip(";")[: tidying.TEXT]

    def _below(self, node: Node, made: Node, depth: int) -> None:
        """The rules of `node` about values inside the value."""
        properties = _mapping(node.get("properties"))
        if properties:
            made["properties"] = {key: self._field(inner, key, depth) for key, inner in properties.items()}
        required = (
            [name for name in node["required"] if isinstance(name, str)]
            if isinstance(node.get("required"), list)
            else []
        )
        if required:
            made["required"] = list(dict.fromkeys(required))
            for name in required if properties else ():
                made["properties"].setdefault(name, {"description": f"{TODO} {name} is: the source only requires it."})
        if isinstance(node.get("additionalProperties"), (dict, bool)) and node["additionalProperties"] is not True:
            inner = node["additionalProperties"]
            made["additionalProperties"] = False if inner is False else self._inside(inner, "", depth)
        if isinstance(node.get("items"), dict):
            made["items"] = self._inside(node["items"], "", depth)
        for key in ("allOf", "anyOf", "oneOf"):
            branches = (
                [self.schema(part, "", depth + 1) for part in node[key]] if isinstance(node.get(key), list) else []
            )
            if len(branches) == 1:
                made.update({k: v for k, v in branches[0].items() if k not in made or not made[k]})
            elif branches:
                made[key] = branches
        if isinstance(node.get("not"), dict):
            made["not"] = self.schema(node["not"], "", depth + 1)

    def _inside(self, node: Any, name: str, depth: int) -> Node:
        self._steps += 1
        made = self.schema(node, name, depth + 1)
        self._steps -= 1
        return made

    def _field(self, node: Any, name: str, depth: int) -> Node:
        made = self._inside(node, name, depth)
        if made and not made.get("description") and "$ref" not in made and made.get("not") != {}:
            made = {"description": todo(name), **{k: v for k, v in made.items() if k != "description"}}
        return made or {"description": todo(name)}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
