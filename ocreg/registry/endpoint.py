"""One operation: an immutable view of its file, with its schemas compiled at first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from ..errors import OperationUnavailable, RequestInvalid
from ..lazy import cached_property
from ..names.unknown import Fields, Operation, chosen
from ..violation import Violation
from . import explain, windows
from .answer import answer_schema, nullable
from .schema import Place, Schema
from .values import decode, plain, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from .references import Bundler
    from .schema import Source

LOCAL_ORIGIN = "http://localhost"
"""The URL of the local sandbox that runs inside this process."""
_UNKNOWN_PATH = """\
{id} cannot be called yet: {why}.
Once OrangeConnex has told you, save this file in a directory listed in OCREG_ENDPOINTS, as {group}/{name}.yaml:

    extends: {id}
    method: {method}
    path: /the/path/you/were/given
    host:
      sandbox: https://openapi-stage-hk.orangeconnex.com/openapi
      production: https://openapi-hk.orangeconnex.com/openapi
    evidence:
      status: partial"""


_DEFAULTS: dict[str, Any] = {
    **{"summary": "", "description": "", "caller": "client", "auth": "token", "effect": "read", "api_version": ""},
    **{"method": None, "path": None, "token": None, "envelope": True, "errors_with_data": False},
    **{"host": {}, "errors": {}, "limits": {}, "evidence": {}, "examples": {}, "sandbox": {}, "confirm": {}},
    "finds": {},
}


_KEPT = {*_DEFAULTS, "title"}


class Checked(NamedTuple):
    """The parts of a call in their JSON forms; `text` is the payload's JSON, if the check has already written it."""

    data: Any
    query: dict[str, Any]
    path: dict[str, Any]
    text: bytes | None = None


class Endpoint:
    """What one endpoint file says. Its keys are attributes; `endpoint.schema.yaml` describes each.

    `document` is the whole file, after overlays, and `sources` are the files that it was made of. Read-only.

    `fields` decides about undescribed fields; `siblings` returns the operations of the group.
    """

    id: str
    document: dict[str, Any]
    sources: tuple[Source, ...]
    bundler: Bundler
    summary: str
    title: str
    description: str
    caller: str
    method: str | None
    path: str | None
    host: dict[str, str]
    auth: str
    effect: str
    token: str | None
    envelope: bool
    errors_with_data: bool
    api_version: str
    errors: dict[str, str | dict[str, str]]
    confirm: dict[str, Any]
    finds: dict[str, str]
    limits: dict[str, Any]
    evidence: dict[str, Any]
    examples: dict[str, list[dict[str, Any]]]
    sandbox: dict[str, Any]
    sends_token: bool
    fields: Fields

    def __init__(
        self,
        id: str,
        document: dict[str, Any],
        sources: tuple[Source, ...],
        bundler: Bundler,
        siblings: Callable[[], Iterable[Endpoint]] = tuple,
        unknown: str = "warn",
    ) -> None:
        facts = {**_DEFAULTS, "title": id, **{key: document[key] for key in document if key in _KEPT}}
        facts["sends_token"] = facts["auth"] in ("token", "key")
        self.__dict__.update(facts, id=id, document=document, sources=sources, bundler=bundler)
        others = lambda: (one.fields.of for one in siblings())  # noqa: E731
        parts = lambda: {"": self.data, "?": self.query, "path.": self.parameters}  # noqa: E731
        operation = Operation(id, facts["effect"] == "read", parts, others)
        self.__dict__["fields"] = Fields(operation, unknown)

    def with_unknown(self, policy: str | None = None, allowed: Container[str] = frozenset()) -> Endpoint:
        """The same operation with another policy for unknown fields, or with some that are sent on purpose."""
        _ = self.data, self.query, self.parameters, self.answer  # made once, for both objects
        other = object.__new__(Endpoint)
        other.__dict__.update(self.__dict__, fields=Fields(self.fields.of, policy or self.fields.policy, allowed))
        return other

    def allowing(self, names: Iterable[str]) -> Endpoint:
        """The same operation with these fields sent on purpose. Raises SettingInvalid."""
        return self.with_unknown(allowed=chosen(names)) if names else self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{self!r} is read-only; change its file, or overlay it")

    def __repr__(self) -> str:
        return f"<Endpoint {self.id}: {self.method or '?'} {self.path or '(path not known)'}>"

    @cached_property
    def data(self) -> Schema | None:
        """The schema of the payload; None for an operation without a payload."""
        return self.bundler.schema(("data",)) if "data" in self.document else None

    @cached_property
    def query(self) -> Schema | None:
        return self.bundler.schema(("query",)) if "query" in self.document else None

    @cached_property
    def parameters(self) -> Schema | None:
        """The schema of the path's {placeholders}."""
        return self.bundler.schema(("path_parameters",)) if "path_parameters" in self.document else None

    @cached_property
    def answer(self) -> Schema:
        """The schema of a whole success answer."""
        if "response" not in self.document:
            return Schema(answer_schema(None) if self.envelope else {}, Place(self.sources, ()))
        if not self.envelope:
            return self.bundler.schema(("response",), nullable)
        return self.bundler.schema(("response",), lambda node: answer_schema(nullable(node)), ("properties", "data"))

    @property
    def takes_many(self) -> bool:
        """Whether the payload is a list of items."""
        return isinstance(self.document.get("data", {}).get("items"), dict)

    def meaning(self, code: Any) -> str | None:
        """The meaning of a business code, if the file has one."""
        row = self._row(code)
        return row["meaning"] if isinstance(row, dict) else row

    def category(self, code: Any) -> str | None:
        """The category of a business code, if the file has one."""
        row = self._row(code)
        return row["category"] if isinstance(row, dict) else None

    def _row(self, code: Any) -> str | dict[str, str] | None:
        return self.errors.get(str(code)) if isinstance(code, (str, int)) else None

    @cached_property
    def secret(self) -> frozenset[str]:
        """Names of fields that hold secrets. They are never shown."""
        return self._marked("x-secret") | self._marked("x-setting")

    @cached_property
    def sensitive(self) -> frozenset[str]:
        """Names of fields that hold personal data or secrets. They are masked in every text."""
        return self._marked("x-sensitive") | self.secret

    def _marked(self, mark: str) -> frozenset[str]:
        schemas = [s for s in (self.data, self.query, self.parameters, self.answer) if s is not None]
        return frozenset(name for schema in schemas for name in marked(schema.root, mark))

    def check(
        self,
        data: Any,
        query: dict[str, Any] | None = None,
        path: dict[str, Any] | None = None,
        *,
        most: int = explain.MOST,
    ) -> Checked:
        """Payload, query and path parameters as JSON values. Raises RequestInvalid, with up to `most` violations."""
        schema = self.data
        if schema is not None and not query and not path:  # the fast path of the common call
            simple = self.query is None and self.parameters is None and "window" not in self.limits
            known = simple and data is not None and (text := plain(data, schema)) is not None
            if known and self.fields.of.names[""].surely_known(data):
                self.fields.look_for_filter(data)
                return Checked(data, {}, {}, text)
        found: list[Violation] = []
        passed: dict[str, None] = {}
        parts = [
            self._part(schema, given, prefix, found, passed, most)
            for schema, given, prefix in (
                (self.data, data, ""),
                (self.query, query or {}, "?"),
                (self.parameters, path or {}, "path."),
            )
        ]
        if found:
            raise self.invalid(found[:most], more=sum(more for _, more in parts) + len(found[most:]))
        self.fields.tell(passed)
        self.fields.look_for_filter(parts[0][0])
        return Checked(*(value for value, _ in parts))

    def received(self, body: bytes | str | Any) -> Any:
        """The JSON value of a body that the vendor sent, checked. Raises RequestInvalid."""
        found: list[Violation] = []
        value, more = body, 0
        if isinstance(body, (bytes, str)):
            try:
                value = decode(body.encode() if isinstance(body, str) else body)
            except ValueError as error:
                found.append(Violation((), "json", f"not JSON: {error}", "pass the body as it arrived"))
        if not found and self.data is not None and not self.data.ok(value):
            found, more = explain.violations(self.data, value, masked=self.sensitive)
        if found:
            raise self.invalid(found, "what arrived", more)
        return value

    def _part(
        self, schema: Schema | None, given: Any, prefix: str, found: list[Violation], passed: dict[str, None], most: int
    ) -> tuple[Any, int]:
        """The JSON form of a part of the call, and how many more rules it breaks than are added to `found`.

        The names of unknown fields that are no reason to refuse it are added to `passed`.
        """
        more = 0
        if schema is None:
            if given is not None and given != {}:
                words = "this operation takes no payload" if not prefix else "this operation takes no such parameter"
                found.append(Violation((), "false", words, "leave it out", prefix=prefix))
            return given, 0
        if given is None and schema.root.get("type") == "object":
            given = {}  # so that the message names the missing fields, if any are required
        if given is None:
            file, line = schema.place.find([])
            found.append(Violation((), "required", "the payload is missing", "give `data`", file, line))
            return None, 0
        schema.ok(None)  # compile it before walking through it: an invalid schema is found here
        value, violations = to_json(given, schema)
        known = self.fields.of.names[prefix].surely_known(value)
        if not known:
            strange, uncounted = self.fields.violations(value, prefix, most, passed)
            violations, more = violations + strange, uncounted
        if prefix and not isinstance(value, dict):
            violations.append(Violation((), "type", "must be an object of names and values", "give a dict"))
        elif not known and not schema.ok(value):
            unwritable = {violation.path for violation in violations if violation.rule == "json"}
            broken, uncounted = explain.violations(schema, value, masked=self.sensitive, most=most)
            violations += [v for v in broken if not any(v.path[:n] in unwritable for n in range(len(v.path) + 1))]
            more += 0 if unwritable else uncounted  # they may be the same rules
        elif not prefix and (broken := windows.violations(value, self.limits.get("window"))):
            file, line = Place(self.sources, ("limits", "window")).find([])
            violations += [violation._replace(file=file, line=line) for violation in broken]
        found.extend(_prefixed(violations, prefix))
        return value, more

    def invalid(self, violations: list[Violation], what: str = "the payload", more: int = 0) -> RequestInvalid:
        """The error for violations, and for `more` others; `what` broke the rules."""
        count = f"{len(violations) + more:,} rule" + ("s" if len(violations) + more > 1 else "")
        end = "; nothing was sent" if self.caller == "client" else ""
        words = f"{self.id}: {what} breaks {count}{end}\n{explain.listed(violations, more)}"
        return RequestInvalid(words, operation=self.id, violations=violations, more=more)

    def callable_by_us(self) -> None:
        """Raises OperationUnavailable if this client cannot send the operation."""
        if self.caller == "vendor":
            raise OperationUnavailable(f"{self.id} is sent by OrangeConnex to you, not by you", operation=self.id)
        if self.path is None or self.method is None:
            why = "its path is not known" if self.method else "neither its method nor its path is known"
            group, _, name = self.id.partition(".")
            words = _UNKNOWN_PATH.format(id=self.id, why=why, group=group, name=name, method=self.method or "POST")
            raise OperationUnavailable(words, operation=self.id)

    def base(self, env: str, origin: str | None) -> str:
        """The base URL in an environment; `origin` replaces scheme, host and port of the documented URL."""
        documented = self.host["production" if env == "production" else "sandbox"]
        if env == "local":
            origin = origin or LOCAL_ORIGIN
        return origin + urlsplit(documented).path if origin else documented

    def url(self, env: str, origin: str | None, query: dict[str, Any], path: dict[str, Any]) -> str:
        """The complete URL. Every value is percent-encoded once, those marked `x-encoded: twice` twice."""
        url = self.base(env, origin) + (self.path or "")
        for name, value in path.items():
            if str(value) in ("", ".", ".."):  # the path would differ from the signed one
                why = "would change the path"
                raise self.invalid([Violation((name,), "path", why, "give the value itself", prefix="path.")])
            url = url.replace("{" + name + "}", quote(str(value), safe=""))
        if not query or self.query is None:
            return url
        properties = self.query.root.get("properties", {})
        names = [name for name in properties if name in query] + [name for name in query if name not in properties]
        return url + "?" + "&".join(f"{quote(n)}={_encoded(query[n], properties.get(n, {}))}" for n in names)


def _encoded(value: Any, schema: dict[str, Any]) -> str:
    text = value if isinstance(value, str) else "true" if value is True else "false" if value is False else str(value)
    if schema.get("x-encoded") == "twice":
        return quote(quote(fully_decoded(text), safe=""), safe="")
    return quote(text, safe="")


def fully_decoded(text: str) -> str:
    """`text` with percent-encoding undone as often as it was applied.

    It is for values whose own alphabet has no percent sign, such as the base64-like authorization code. People receive
    that code encoded twice, once or not at all. A space in it is a plus sign that was decoded once too often.
    """
    while "%" in text and (less := unquote(text)) != text:
        text = less
    return text.replace(" ", "+")


def _prefixed(violations: list[Violation], prefix: str) -> list[Violation]:
    if not prefix:
        return violations
    return [violation._replace(prefix=prefix) for violation in violations]


def marked(node: Any, mark: str) -> set[str]:
    """Names of all properties in a schema, at any depth, that have the annotation `mark: true`."""
    found: set[str] = set()
    if isinstance(node, list):
        for item in node:
            found |= marked(item, mark)
    elif isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            found |= {name for name, inner in properties.items() if isinstance(inner, dict) and inner.get(mark)}
        for item in node.values():
            found |= marked(item, mark)
    return found
