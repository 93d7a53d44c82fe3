"""Settings. An argument wins over its variable, a variable over the profile, and a profile over the default.

`docs/reference/settings.md` is generated from this table (Markdown, columns as its first line sets them).

    argument              variable                    default    meaning
    env                   OCREG_ENV                   sandbox    `sandbox`, `production` or `local`, the sandbox inside
                                                                 your process, which needs no other setting
    client_key            OCREG_CLIENT_KEY                       the ClientKey from OrangeConnex; each environment has
                                                                 its own key pair
    secret_key            OCREG_SECRET_KEY                       its SecretKey, which signs requests; it is sent only
                                                                 with `oauth_secret`
    access_token          OCREG_ACCESS_TOKEN                     an access token; it is valid for an hour
    refresh_token         OCREG_REFRESH_TOKEN                    obtains access tokens; it is valid for a year
    returns_access_token  OCREG_RETURNS_ACCESS_TOKEN             another access token for `returns.*` and `finance.*`,
                                                                 if they need one
    host                  OCREG_HOST                             an origin in place of the endpoint file's, such as
                                                                 `https://openapi-au.orangeconnex.com`
    sign                  OCREG_SIGN                  body       `body` or `path`: whether the signature covers the
                                                                 body; the vendor's sources disagree
    timeout               OCREG_TIMEOUT               10,60      seconds to connect, and to wait for data; one number
                                                                 sets both
    retries               OCREG_RETRIES               2          how often a failure that may pass is retried, at
                                                                 most 20
    deadline              OCREG_DEADLINE              120        seconds that a whole call may take, with all retries
    unknown               OCREG_UNKNOWN               warn       fields that an endpoint file does not describe: `warn`,
                                                                 `refuse` or `allow`
    store                 OCREG_STORE                            where tokens are kept: an SQLAlchemy URL, such as
                                                                 `sqlite:////home/me/tokens.db`, or a reference to one
    store_key             OCREG_STORE_KEY                        a Fernet key that encrypts the tokens in the store
    account               OCREG_ACCOUNT               default    the seller whose tokens are used, if a store keeps
                                                                 those of several
    observe               OCREG_OBSERVE                          a directory that keeps the shapes of answers for
                                                                 `ocreg learn`, never their values
    oauth_secret          OCREG_OAUTH_SECRET          0          `1` sends the keys in the Authorization header of token
                                                                 calls, as old clients did

    profile               OCREG_PROFILE               default    the profile of `ocreg.toml` that is used
    config                OCREG_CONFIG                           the file with the profiles
    endpoints             OCREG_ENDPOINTS                        registry directories that come before the shipped one,
                                                                 separated as in `PATH`
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..errors import SettingInvalid, SettingMissing, guarded
from ..names.unknown import POLICIES
from ..redact import MASK, Secret
from ..registry.addresses import flaw, is_loopback, is_word

ENVIRONMENTS = ("sandbox", "production", "local")
SIGNATURES = ("body", "path")
"""The forms of the signature: the values of `sign` (`ocreg.engine.signing`)."""
DEMO = {"client_key": "demo-client-key", "secret_key": "demo-secret-key", "refresh_token": "demo-refresh-token"}
DEMO_CODE = {"demo-authorization-code": "https://erp.example.com/oc"}
"""An authorization code that the local sandbox accepts, and its redirect address."""
SECRETS = ("client_key", "secret_key", "access_token", "refresh_token", "returns_access_token", "store_key")
NAMES = (
    "env",
    *SECRETS,
    "host",
    "sign",
    "timeout",
    "oauth_secret",
    "store",
    "account",
    "retries",
    "deadline",
    "unknown",
    "observe",
)
DEFAULT_TIMEOUT = (10.0, 60.0)
_TRUE = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}

Timeout = float | tuple[float, float]
Config = str | os.PathLike[str] | None
_OR = {"access_token": ", or refresh_token (OCREG_REFRESH_TOKEN)"}
"""Alternatives to a setting."""


class Settings(NamedTuple):
    """The settings of one client, checked. Secrets are masked in its repr."""

    env: str
    client_key: Secret | None
    secret_key: Secret | None
    access_token: Secret | None
    refresh_token: Secret | None
    returns_access_token: Secret | None
    store_key: Secret | None
    origin: str | None
    sign: str
    timeout: tuple[float, float]
    oauth_secret: bool
    store: str | None = None
    account: str = "default"
    retries: int = 2
    deadline: float = 120.0
    unknown: str = "warn"
    observe: str | None = None

    def __repr__(self) -> str:
        shown = {**self._asdict(), "store": MASK if self.store else None}  # its URL may have a password
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def in_process(self) -> bool:
        """Whether the local sandbox runs inside this process, because no host was given."""
        return self.env == "local" and self.origin is None

    def need(self, name: str) -> Secret:
        """The secret `name`. Raises SettingMissing."""
        value: Secret | None = getattr(self, name)
        if value is None:
            raise missing(name)
        return value


def missing(*names: str) -> SettingMissing:
    """The error for all missing settings of a call, with the steps that supply them."""
    lines = [f"  {name} (OCREG_{name.upper()}){_OR.get(name, '')}" for name in names]
    lines.append(f"  {next_steps(names)}; env='local' needs no account")
    text = "\n".join(["this call needs settings that are missing:", *lines, *_ignored()])
    return SettingMissing(text, setting=names[0], variable=f"OCREG_{names[0].upper()}", settings=list(names))


def next_steps(names: Iterable[str]) -> str:
    """The steps that supply missing settings."""
    steps = "`ocreg init` sets up a profile with the key pair" if {"client_key", "secret_key"} & set(names) else ""
    login = "`ocreg login` obtains the tokens" if {"access_token", "refresh_token"} & set(names) else ""
    return ", ".join(filter(None, (steps, login))) or "set them by argument, variable or profile"


def _ignored() -> list[str]:
    """Ignored files, which may have the missing settings."""
    from .profiles import look

    try:
        return [f"  {place.label} is ignored: it {place.why}" for place in look() if place.ignored]
    except SettingInvalid:  # OCREG_CONFIG names a bad file, but another one was given
        return []


@guarded
def load(profile: str | None = None, config: Config = None, **given: Any) -> Settings:
    """Settings from arguments, `OCREG_*`, the profile, defaults, in this order. Raises SettingInvalid."""
    return load_with_sources(profile, config, **given)[0]


@guarded
def load_with_sources(
    profile: str | None = None, config: Config = None, **given: Any
) -> tuple[Settings, dict[str, str]]:
    """As `load`, and the source of each value, as text."""
    sources = _Sources(given, profile or os.environ.get("OCREG_PROFILE"), config)
    env = _choice(sources, "env", ENVIRONMENTS, "sandbox")
    if env == "local":
        sources.keep_to_local()
    sign = _choice(sources, "sign", SIGNATURES, "body")
    host = sources.get("host")
    where = origin(host) if host else None
    if env == "local" and where and not is_loopback(urlsplit(where).hostname):
        raise _invalid("host", f"must be on this machine with env='local', not {where}")
    secrets: dict[str, Any] = {name: _secret(name, sources.secret(name)) for name in SECRETS}
    rest = {
        "timeout": timeout(sources.get("timeout")),
        "oauth_secret": _flag("oauth_secret", sources.get("oauth_secret")),
        "store": sources.store(),
        "account": sources.get("account") or "default",
        "retries": _number("retries", sources.get("retries"), 2, 20, int),
        "deadline": _deadline(sources.get("deadline")),
        "unknown": _choice(sources, "unknown", POLICIES, "warn"),
        "observe": sources.directory("observe"),
    }
    return Settings(env, **secrets, origin=where, sign=sign, **rest), sources.came_from


def own_store(settings: Settings) -> str | None:
    """The user's own token store, where `ocreg login` keeps tokens. It is used if no setting has a store or a token.

    Tokens of a local sandbox are not stored: they are void when it ends, and the next sandbox would get them.
    """
    given = settings.access_token is not None or settings.refresh_token is not None
    if settings.store is not None or settings.env == "local" or given:
        return None
    from .places import tokens

    return tokens(needed=False)


class _Sources:
    """The sources of settings: the first of arguments, variables, profile and local demo that has a value."""

    def __init__(self, given: dict[str, Any], profile: str | None, config: Config) -> None:
        self.given = given
        self.came_from: dict[str, str] = {}
        self._closed: tuple[str, ...] = ()
        self._demo: dict[str, Any] = {}
        self._profile: dict[str, Any] = {}
        self._label, self._folder = "", Path()
        if profile is None and (given.get("env") or os.environ.get("OCREG_ENV")) == "local":
            return  # it needs no account, so no file is read
        from .profiles import read

        found = read(profile or None, NAMES, SECRETS, config)
        if found is not None:
            self._profile, self._folder = found.values, found.folder
            self._label = f"profile {found.name} ({found.file})"

    def keep_to_local(self) -> None:
        """Ignore variables with the keys of a real account: the local sandbox must neither need nor see them."""
        self._closed, self._demo = (*SECRETS, "store"), DEMO
        if self._profile.get("env") != "local":
            self._profile = {}

    def get(self, name: str) -> Any:
        variable = f"OCREG_{name.upper()}"
        candidates = (
            ("argument", self.given.get(name)),
            (variable, None if name in self._closed else os.environ.get(variable) or None),
            (self._label, self._profile.get(name)),
            ("demo value", self._demo.get(name)),
        )
        source, value = next(((s, v) for s, v in candidates if v is not None), ("default", None))
        self.came_from[name] = source
        return value

    def secret(self, name: str) -> Any:
        value = self.get(name)
        if self.came_from[name] != self._label or not isinstance(value, str):
            return value
        from .references import resolve

        if value.startswith("env:"):
            self.came_from[name] += f", {value}"
        return resolve(name, value, self._folder)

    def store(self) -> Any:
        """The URL of the store. From any source it may be a reference, because it may have a password."""
        value = self.get("store")
        if not isinstance(value, str) or value.startswith(("sqlite", "postgresql")):
            return value
        from .references import resolve

        return resolve("store", value, self._folder if self.came_from["store"] == self._label else Path())

    def directory(self, name: str) -> str | None:
        """An absolute path. A relative one in a profile is relative to its file's folder."""
        value = self.get(name)
        if value is None:
            return None
        folder = self._folder if self.came_from[name] == self._label else Path()
        try:
            path = Path(os.path.abspath(folder / Path(value).expanduser()))  # noqa: PTH100  # it need not exist
            usable = str(value).strip() and "\0" not in str(path) and (path.is_dir() or not os.path.lexists(path))
        except (TypeError, ValueError, RuntimeError, OSError):
            usable = False
        if not usable:
            raise _invalid(name, f"must be a directory, or a path that does not exist yet, not {value!r:.100}")
        return str(path)


def _choice(sources: _Sources, name: str, choices: tuple[str, ...], default: str) -> str:
    value: str = sources.get(name) or default
    if value not in choices:
        raise _invalid(name, f"must be one of {', '.join(choices)}, not {value!r:.60}")
    return value


def _invalid(name: str, why: str) -> SettingInvalid:
    return SettingInvalid(f"{name} (OCREG_{name.upper()}) {why}", setting=name)


def _secret(name: str, value: Any) -> Secret | None:
    if value is None:
        return None
    raw = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(raw, str):
        raise _invalid(name, f"must be a string, not {type(raw).__name__}")
    if not is_word(raw):
        why = "is empty" if not raw else "has a space, a line break or a character outside ASCII"
        raise _invalid(name, f"{why}: it is sent in a header and must be one visible word")
    return Secret(raw)


def origin(host: Any) -> str:
    """The origin of the setting `host`. Raises SettingInvalid."""
    if not isinstance(host, str):
        raise _invalid("host", f"must be a string, not {type(host).__name__}")
    why = flaw(host)
    if why is not None:
        raise _invalid("host", why)
    parts = urlsplit(host)
    if parts.path.rstrip("/") not in ("", "/openapi"):
        raise _invalid("host", "must be an origin only: scheme, host and port; the endpoint file has the path")
    return f"{parts.scheme}://{parts.netloc}"


def timeout(value: Any) -> tuple[float, float]:
    """Seconds to connect and seconds to wait for data, from a number, a pair, or either as text."""
    if value is None:
        return DEFAULT_TIMEOUT
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, (tuple, list)) else [value]
    try:
        numbers = [float(part) for part in parts]
    except (TypeError, ValueError, OverflowError):
        numbers = []
    if len(numbers) not in (1, 2) or not all(0 < number < 86_400 for number in numbers):
        raise _invalid("timeout", f"must be seconds, such as 20, or a pair to connect and to read, not {value!r}")
    return numbers[0], numbers[-1]


def _number(name: str, value: Any, default: float, most: float, kind: type[Any]) -> Any:
    if value is None:
        return default
    try:
        number = kind(value)
    except (TypeError, ValueError, OverflowError):
        number = -1
    if not 0 <= number <= most:
        raise _invalid(name, f"must be a number from 0 to {most:,}, not {value!r}")
    return number


def _deadline(value: Any) -> float:
    seconds: float = _number("deadline", value, 120.0, 86_400, float)
    if seconds == 0:
        raise _invalid("deadline", "must be more than 0 seconds: no time would be left to send anything")
    return seconds


def _flag(name: str, value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    if str(value).lower() not in _TRUE:
        raise _invalid(name, f"must be 1 or 0, not {value!r}")
    return _TRUE[str(value).lower()]
