"""Every error ocreg raises, one tree:

    OcregError
    ├── UnknownOperation          no file has this id; `closest` names the nearest ones
    ├── OperationUnavailable      the file is there, but the vendor's path (or our part in it) is not known
    ├── EndpointInvalid           an endpoint file breaks the format's law; `file`, `line`
    ├── SettingsError
    │   ├── SettingMissing        `settings`: all that are missing, and the environment `variable` of the first
    │   └── SettingInvalid        `setting` and what is wrong with it
    ├── StoreError                the store of tokens cannot be read or written; the call was not sent
    ├── LoginInvalid              what came back from a login cannot be used
    ├── RequestInvalid            the payload was refused here; nothing was sent; `violations`
    ├── PagingError               what is read in pages does not add up; `resume` goes on where it stopped
    └── CallError                 the call reached for the network: `happened`, `message_id`, `reply`
        ├── TokenError            no access token could be had; the call itself was not sent
        │   └── LoginNeeded       ... and none will be had until somebody logs in
        ├── TransportError        no complete answer came; `kind` says where it stopped
        ├── HttpError             an HTTP status that is no success; `status`
        ├── ApiError              the vendor answered no; `code`, `errors`, `explanation`
        ├── ResponseInvalid       an answer that its file does not describe (`violations`), or to another request
        ├── OutcomeUnknown        asking did not tell either; `keys`, `found`, `lookup`
        └── PartlyRefused         of a batch some items were carried out and some refused; `outcomes`

Errors are values first and text second: the attributes are for programs, `str()` is for people, and
`as_dict()` is what the command prints with `--json`, personal data masked. All of them can be pickled.

`happened` answers the one question that matters after a failed call, "did the server carry it out?":

- "no"      certainly not: it may be sent again
- "yes"     the server said so, and what it said is in `reply`
- "unknown" nobody here can tell: look before you send it again
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
    """The root: `except OcregError` catches whatever ocreg raises on purpose."""

    exit_code = 2

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(redact.steerless(message))  # it may be shown on a terminal
        self.__dict__.update(facts)

    def __reduce__(self) -> tuple[Any, ...]:
        facts = dict(self.__dict__)
        facts.update(self._shown())  # a pickle is a file that somebody keeps
        return _restore, (type(self), str(self), facts)

    def _shown(self) -> dict[str, Any]:
        """What the vendor said, without the values of fields that hold secrets or personal data."""
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
    """The operation is registered, but this client cannot send it; the text says what is missing."""

    operation: str


class EndpointInvalid(OcregError):
    """An endpoint file is not what the format's law (`endpoint.schema.yaml`) asks for."""

    file: str
    line: int | None


class SettingsError(OcregError):
    """A setting is missing or wrong; nothing was sent."""

    setting: str


class SettingMissing(SettingsError):
    """Settings that this call needs have no value: `settings` are all; `setting` and its `variable` are the first."""

    variable: str
    settings: list[str]


class SettingInvalid(SettingsError):
    """A setting has a value that cannot be used."""


class StoreError(OcregError):
    """The store of tokens (or of a push's journal) cannot be used; the text says which one and why.

    No token was lost. A call was not sent; of a push, what was on its way is asked for when it goes on.
    """

    exit_code = 3


class LoginInvalid(OcregError, ValueError):
    """What came back from a login cannot be used; no token was asked for."""


class RequestInvalid(OcregError, ValueError):
    """The payload breaks the operation's schema; nothing was sent.

    `violations` lists what is broken, the most telling first, a hundred at most; `more` says how many more there are.
    """

    operation: str
    violations: list[Violation]
    more: int = 0


class PagingError(OcregError):
    """Pages that repeat, go in a circle or never end, or an answer that is cut: reading on would lose or double rows.

    `resume` is the token with which `iterate` goes on where it stopped.
    """

    exit_code = 3
    operation: str
    page: int | None
    resume: str | None


class CallError(OcregError):
    """Something went wrong at or after the moment the request left this process."""

    operation: str
    happened: Happened
    message_id: str
    attempts: int = 1
    reply: Any
    """The vendor's answer: decoded JSON where it was JSON, the beginning of its text where not, else None."""
    headers: dict[str, str] | None = None
    """The answer's headers, without cookies and credentials; None where there was no answer."""
    retry_after: float | None = None
    """The seconds that the server asks to wait."""


class TokenError(CallError):
    """No access token could be had, so the call was not sent (`happened` is "no"); the cause is chained.

    `reply` is what the token operation answered, if it did.
    """

    exit_code = 3


class LoginNeeded(TokenError):
    """There is no refresh token, or the vendor refused it: log in with `ocreg login`, or `client.oauth` in code."""


class TransportError(CallError):
    """No complete answer came: refused, reset, timed out, cut off, or larger than allowed.

    `kind` is one of the rows of `ocreg.policy.TRANSPORT`.
    """

    exit_code = 3
    kind: str


class HttpError(CallError):
    """An HTTP status other than 2xx."""

    exit_code = 3
    status: int


class ApiError(CallError):
    """The vendor answered no, in the body of its answer, whatever the HTTP status."""

    exit_code = 1
    status: int
    code: int | str | None
    errors: list[dict[str, Any]]
    explanation: list[str]
    """What the endpoint file knows of the codes in the answer."""
    category: str | None
    """The category that the endpoint file gives the codes: a key of `ocreg.policy.CATEGORY`."""


class ResponseInvalid(CallError):
    """An answer that is not what the endpoint file describes; it is kept in `reply`. `violations`, `more`: as above."""

    exit_code = 3
    violations: list[Violation]
    more: int = 0
    foreign: bool = False
    """Whether it belongs to another request: nothing in it is about this one."""


class OutcomeUnknown(CallError):
    """Whether a create was carried out is not known, and asking for it did not tell. Decide before you send it again.

    `keys` are your numbers of what is in doubt, `found` the rows that were found for them (more than one for a number
    is a reason for doubt, too), `lookup` the operation and payload that ask again. `outcomes`, in the order of the
    items, say of each what is known. The cause is chained.
    """

    exit_code = 3
    keys: list[str]
    found: list[Any]
    lookup: dict[str, Any]
    outcomes: list[Outcome]


class PartlyRefused(CallError):
    """Some items of a batch were carried out and some certainly not: `outcomes`, in the order of the items."""

    exit_code = 1
    outcomes: list[Outcome]


class Outcome(NamedTuple):
    """What became of one item: the vendor's row for it (None where the answer has none), or the error."""

    row: Any = None
    error: OcregError | None = None

    def __repr__(self) -> str:
        return f"<Outcome {self.happened}{_kind(self.error)}>"  # the row holds personal data

    @property
    def happened(self) -> Happened:
        if self.error is None:
            return "yes"
        return getattr(self.error, "happened", "no")  # what was refused here was not sent

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
    """A public function whose errors bring no local variables along.

    Traceback printers that show locals (rich, Sentry) would show payloads and tokens of the frames inside; those frames
    end here. The message, the attributes and the chain of causes stay.
    """

    @wraps(function)
    def guard(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001  # it is raised again
            del args, kwargs
            raise bare(error)  # noqa: B904  # it is the same error

    return guard


def bare(error: BaseException) -> BaseException:
    """An error without what the frames inside hold. Of a mistake, or Ctrl-C, the lines stay, for who looks for it."""
    if isinstance(error, OcregError):
        return _without_frames(error)
    _without_locals(error)
    return error


def _without_locals(error: BaseException) -> None:
    for one in _chain(error):
        trace = one.__traceback__
        while trace is not None:
            with suppress(RuntimeError):  # this very frame runs
                trace.tb_frame.clear()
            trace = trace.tb_next


def _without_frames(error: OcregError) -> OcregError:
    for one in _chain(error):
        one.__traceback__ = None
    return error


def _chain(error: BaseException) -> list[BaseException]:
    """The error and all that led to it, each once: other libraries' chains may go in a circle."""
    found, waiting = {}, [error]
    while waiting:
        current = waiting.pop()
        if id(current) not in found:
            found[id(current)] = current
            waiting += [one for one in (current.__cause__, current.__context__) if one is not None]
    return list(found.values())
