"""Every error that ocreg raises, as one tree:

    OcregError
    ├── UnknownOperation          no endpoint file has this id; `closest` has the nearest ones
    ├── OperationUnavailable      the vendor's path is not known, or this client cannot send the operation
    ├── EndpointInvalid           an endpoint file breaks the format's schema; `file`, `line`
    ├── SettingsError
    │   ├── SettingMissing        `settings` has all that are missing, `variable` the environment variable of the first
    │   └── SettingInvalid        `setting` has a value that cannot be used
    ├── StoreError                the token store or a journal cannot be read or written; the call was not sent
    ├── LoginInvalid              what a login returned cannot be used
    ├── RequestInvalid            the payload breaks its schema; nothing was sent; `violations`
    ├── PagingError               pages do not add up; `resume` continues where reading stopped
    └── CallError                 the call used the network: `happened`, `message_id`, `reply`
        ├── TokenError            no access token could be obtained; the call itself was not sent
        │   └── LoginNeeded       ... and there will be none until somebody logs in
        ├── TransportError        no complete answer came; `kind` says where the connection failed
        ├── HttpError             an HTTP status other than 2xx; `status`
        ├── ApiError              the API refused the request; `code`, `errors`, `explanation`
        ├── ResponseInvalid       an answer that its file does not describe (`violations`), or to another request
        ├── OutcomeUnknown        a create is in doubt, also after it was looked up; `keys`, `found`, `lookup`
        └── PartlyRefused         some items of a batch took effect, the others were refused; `outcomes`

Attributes are for programs and `str()` is for people. `as_dict()` is what the command prints with `--json`, with
personal data masked. All errors can be pickled.

`happened` says whether a failed call took effect:

- "no"      it did not: it may be sent again
- "yes"     the API reported success; `reply` holds its answer
- "unknown" the outcome is unknown: look it up before you send it again
"""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, ParamSpec, TypeVar

from . import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from .violation import Violation

Happened = Literal["no", "yes", "unknown"]


def _restore(kind: type[OcregError], message: str, facts: dict[str, Any]) -> OcregError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(facts)
    return error


class OcregError(Exception):
    """The root of the tree: `except OcregError` catches every error that ocreg raises on purpose."""

    exit_code = 2

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(redact.steerless(message))  # a terminal may show it
        self.__dict__.update(facts)

    def __reduce__(self) -> tuple[Any, ...]:
        facts = dict(self.__dict__)
        facts.update(self._shown())  # a pickle may be stored, so it holds no secrets
        return _restore, (type(self), str(self), facts)

    def _shown(self) -> dict[str, Any]:
        """The parts of the vendor's answer, without the values of fields that hold secrets or personal data."""
        masked = self.__dict__.get("_masked", frozenset())
        shown: dict[str, Any] = {
            k: redact.data(self.__dict__[k], masked) for k in ("reply", "errors", "found") if k in self.__dict__
        }
        if "outcomes" in self.__dict__:
            shown["outcomes"] = [one._replace(row=redact.data(one.row, masked)) for one in self.__dict__["outcomes"]]
        return shown

    def as_dict(self) -> dict[str, Any]:
        """The error as JSON values: its class, its text and its attributes."""
        facts = {name: value for name, value in self.__dict__.items() if not name.startswith("_")}
        if "violations" in facts:
            facts["violations"] = [violation.as_dict() for violation in facts["violations"]]
        facts.update(self._shown())
        if "outcomes" in facts:
            facts["outcomes"] = [outcome.as_dict() for outcome in facts["outcomes"]]
        return {"error": type(self).__name__, "text": str(self), **facts}


class UnknownOperation(OcregError, LookupError):
    """No endpoint file has this id."""

    operation: str
    closest: list[str]


class OperationUnavailable(OcregError):
    """The operation is known, but this client cannot send it; the text says what is missing."""

    operation: str


class EndpointInvalid(OcregError):
    """An endpoint file breaks the format's schema (`endpoint.schema.yaml`)."""

    file: str
    line: int | None


class SettingsError(OcregError):
    """A setting is missing or cannot be used; nothing was sent."""

    setting: str


class SettingMissing(SettingsError):
    """The call needs `settings` that have no value. `setting` and `variable` name the first of them."""

    variable: str
    settings: list[str]


class SettingInvalid(SettingsError):
    """A setting has a value that cannot be used."""


class StoreError(OcregError):
    """The token store, or the journal of a push, cannot be used; the text says which one and why.

    No token was lost. A call was not sent. A push looks up the rows that were on their way when it resumes.
    """

    exit_code = 3


class LoginInvalid(OcregError, ValueError):
    """What a login returned cannot be used; no token was requested."""


class RequestInvalid(OcregError, ValueError):
    """The payload breaks the operation's schema; nothing was sent.

    `violations` lists the broken rules, the most helpful ones first, at most a hundred; `more` counts the rest.
    """

    operation: str
    violations: list[Violation]
    more: int = 0


class PagingError(OcregError):
    """Pages repeat, form a circle or never end, or an answer is cut off: reading on would lose or duplicate rows.

    `resume` is the token with which `iterate` resumes where it stopped.
    """

    exit_code = 3
    operation: str
    page: int | None
    resume: str | None


class CallError(OcregError):
    """A call failed when it used the network, or afterwards."""

    operation: str
    happened: Happened
    message_id: str
    attempts: int = 1
    reply: Any
    """The vendor's answer: decoded JSON, or the beginning of a text that is not JSON; None if there was no answer."""
    headers: dict[str, str] | None = None
    """The answer's headers, without cookies and credentials; None if there was no answer."""
    retry_after: float | None = None
    """The seconds that the server asks the client to wait."""


class TokenError(CallError):
    """No access token could be obtained, so the call was not sent (`happened` is "no"). The cause is chained.

    `reply` is the answer of the token operation, if there was one.
    """

    exit_code = 3


class LoginNeeded(TokenError):
    """There is no refresh token, or the vendor refused it. Log in with `ocreg login` or, in code, `client.oauth`."""


class TransportError(CallError):
    """No complete answer came: the connection was refused, reset or timed out, or the answer was cut off or too large.

    `kind` is a key of `ocreg.engine.policy.TRANSPORT`.
    """

    exit_code = 3
    kind: str


class HttpError(CallError):
    """An HTTP status other than 2xx."""

    exit_code = 3
    status: int


class ApiError(CallError):
    """The API refused the request in the body of its answer, whatever the HTTP status."""

    exit_code = 1
    status: int
    code: int | str | None
    errors: list[dict[str, Any]]
    explanation: list[str]
    """What the endpoint file says about the codes in the answer."""
    category: str | None
    """The category that the endpoint file gives the codes: a key of `ocreg.engine.policy.CATEGORY`."""


class ResponseInvalid(CallError):
    """The answer is not what the endpoint file describes; `reply` holds it. `violations` as in RequestInvalid."""

    exit_code = 3
    violations: list[Violation]
    more: int = 0
    foreign: bool = False
    """Whether the answer belongs to another request. It then says nothing about this one."""


class OutcomeUnknown(CallError):
    """A create is in doubt, and looking it up did not settle it. Decide before you send it again.

    `keys` are the natural keys that are in doubt. `found` are the rows found for them; two rows with one key leave it
    in doubt, too. `lookup` is the operation and the payload that look them up again. `outcomes` has what is known of
    each item, in order. The cause is chained.
    """

    exit_code = 3
    keys: list[str]
    found: list[Any]
    lookup: dict[str, Any]
    outcomes: list[Outcome]


class PartlyRefused(CallError):
    """Some items of a batch took effect and the others certainly did not. `outcomes` has one for each, in order."""

    exit_code = 1
    outcomes: list[Outcome]


class Outcome(NamedTuple):
    """What became of one item: the vendor's row for it (None if the answer has none), or the error."""

    row: Any = None
    error: OcregError | None = None

    def __repr__(self) -> str:
        return f"<Outcome {self.happened}{_kind(self.error)}>"  # the row holds personal data

    @property
    def happened(self) -> Happened:
        """Whether the item took effect."""
        if self.error is None:
            return "yes"
        return getattr(self.error, "happened", "no")  # an error without it was raised before anything was sent

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        if self.error is None:
            return {"happened": "yes", "row": self.row}
        return {"happened": self.happened, "error": type(self.error).__name__, "text": str(self.error)}


def _kind(error: OcregError | None) -> str:
    return "" if error is None else f": {type(error).__name__}"


Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def guarded(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Wrap a public function so that its errors carry no local variables of the frames inside.

    Traceback printers that show locals (rich, Sentry) would show payloads and tokens. The message, the attributes and
    the chain of causes stay.
    """

    @wraps(function)
    def guard(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001  # raised again below
            del args, kwargs
            raise bare(error)  # noqa: B904  # the same error, with its own cause

    return guard


def bare(error: BaseException) -> BaseException:
    """An error without the local variables of the frames inside. Other exceptions keep their lines, for debugging."""
    if isinstance(error, OcregError):
        return _without_frames(error)
    _without_locals(error)
    return error


def _without_locals(error: BaseException) -> None:
    for one in _chain(error):
        trace = one.__traceback__
        while trace is not None:
            with suppress(RuntimeError):  # a frame that is still running
                trace.tb_frame.clear()
            trace = trace.tb_next


def _without_frames(error: OcregError) -> OcregError:
    for one in _chain(error):
        one.__traceback__ = None
    return error


def _chain(error: BaseException) -> list[BaseException]:
    """The error and its causes, each once: the chains of other libraries may form a circle."""
    found, waiting = {}, [error]
    while waiting:
        current = waiting.pop()
        if id(current) not in found:
            found[id(current)] = current
            waiting += [one for one in (current.__cause__, current.__context__) if one is not None]
    return list(found.values())
