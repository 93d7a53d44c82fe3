"""Arguments that several subcommands share: an operation's id, its payload as words, the client's settings."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..redact import MASK
from ..registry.exact import decode_exact
from .effect import Effect

if TYPE_CHECKING:
    from ..account.settings import Settings
    from ..client import Client
    from ..registry.endpoint import Endpoint


_WHOLE = ""
"""The step that stands for the payload itself."""
_ITEMS = re.compile(r"([^\[\]]*)((?:\[[0-9]+\])+)")


class OperationId(click.ParamType):  # type: ignore[type-arg]  # generic in newer click only
    """An operation's id, completed by the shell from the registry. With `groups`, group names are completed too."""

    name = "id"

    def __init__(self, *, groups: bool = False) -> None:
        self._groups = groups

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from . import completing

        return completing.ids(incomplete, groups=self._groups)


class Completed(click.ParamType):  # type: ignore[type-arg]
    """A text that the shell completes with a function of the module `completing`."""

    name = "text"

    def __init__(self, function: str) -> None:
        self._function = function

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from . import completing

        found: list[Any] = getattr(completing, self._function)(ctx, incomplete)
        return found


_SETTINGS: dict[str, dict[str, Any]] = {
    "--profile": {
        "type": Completed("profiles"),
        "help": "A profile of ocreg.toml. Default: OCREG_PROFILE, then the profile named default.",
    },
    "--config": {
        "type": click.Path(),
        "metavar": "FILE",
        "help": "The file with the profiles. Default: OCREG_CONFIG, then ./ocreg.toml if trusted, then your own.",
    },
    "--env": {
        "type": click.Choice(["sandbox", "production", "local"]),
        "help": "The environment. Default: OCREG_ENV, then sandbox.",
    },
    "--host": {"help": "Send to another origin, such as http://127.0.0.1:8025."},
    "--account": {
        "type": Completed("accounts"),
        "help": "The seller whose tokens to use, in a store with several. Default: OCREG_ACCOUNT.",
    },
    "--client-key": {"help": "Default: OCREG_CLIENT_KEY. (Secrets have no option, since process lists show options.)"},
    "--observe": {
        "type": click.Path(file_okay=False),
        "metavar": "DIR",
        "help": "Record the shapes of answers in DIR, for `ocreg learn`; never their values.",
    },
    "--sign": {"type": click.Choice(["body", "path"]), "help": "The form of the signature. Default: body."},
}


def settings(function: Callable[..., Any], env: str | None = None) -> Callable[..., Any]:
    """The options that choose where a call goes. `env` replaces the help text of `--env`."""
    for name, how in reversed(_SETTINGS.items()):
        function = click.option(name, **({**how, "help": env} if env and name == "--env" else how))(function)
    return function


def unknown(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--allow-unknown`: fields to send although the endpoint file lacks them."""
    words = "Send this field although the endpoint file does not describe it. Repeatable."
    return click.option("--allow-unknown", "unknown", metavar="FIELD", multiple=True, help=words)(function)


def payload(function: Callable[..., Any]) -> Callable[..., Any]:
    """ID, then `field=text` (also `a.b=text`, `a[0].b=text`), `field:=json`, `name==text` for the URL; or `--data`."""
    words = "The payload: JSON, a file, or standard input."
    source: dict[str, Any] = {"type": Completed("files"), "metavar": "JSON|@FILE|-", "help": words}
    function = click.option("--data", "source", **source)(function)
    how: dict[str, Any] = {"nargs": -1, "type": Completed("words")}
    function = click.argument("words", **how, metavar="[FIELD=TEXT | FIELD:=JSON | NAME==TEXT]...")(function)
    return click.argument("id", type=OperationId())(function)


def read(words: tuple[str, ...], source: str | None) -> tuple[Any, dict[str, Any]]:
    """The payload (None if there is none) and the query parameters. Numbers keep their digits."""
    data = _source(source) if source is not None else None
    given: dict[str, Any] = {}
    query: dict[str, Any] = {}
    for word in words:
        name, separator, value = _split(word)
        if separator == "==":
            query[name] = value
        else:
            _put(given, name, _json(value, word) if separator == ":=" else value)
    fields = given.get(_WHOLE)
    if fields is not None and data is not None:
        if not isinstance(data, dict) or not isinstance(fields, dict):
            raise click.UsageError("field=value words need an object; --data holds something else")
        data.update(fields)
    return fields if data is None else data, query


def first_example(endpoint: Endpoint) -> tuple[Any, dict[str, Any]]:
    """The payload (None if there is none) of an operation's first example, and its URL parameters by name.

    Raises UsageError.
    """
    first = next(iter(endpoint.examples.get("request", ())), None)
    if first is None:
        raise click.UsageError(f"{endpoint.id} has no request example")
    return first.get("data"), {**first.get("path", {}), **first.get("query", {})}


def placed(endpoint: Endpoint, named: dict[str, Any]) -> dict[str, Any]:
    """Split values for the URL into query and path parameters, as `Client.call` takes them."""
    places = endpoint.parameters.root.get("properties", {}) if endpoint.parameters is not None else {}
    query, path = ({n: v for n, v in named.items() if (n in places) is inside} for inside in (False, True))
    return {"query": query or None, "path": path or None}


def _split(word: str) -> tuple[str, str, str]:
    for position, character in enumerate(word):
        if character == "=":
            separator = "==" if word[position : position + 2] == "==" else "="
            return word[:position], separator, word[position + len(separator) :]
        if word[position : position + 2] == ":=":
            return word[:position], ":=", word[position + 2 :]
    raise click.UsageError("an argument must be field=text, field:=json or name==text (quote values with spaces)")


def _put(root: dict[str, Any], name: str, value: Any) -> None:
    """Put a value at a path, written as in error texts: `a.b` is in an object, `a[0].b` in a list's first item."""
    if not name:
        raise click.UsageError("a field needs a name before the =")
    steps: list[Any] = [_WHOLE]
    for part in name.split("."):
        found = _ITEMS.fullmatch(part)
        steps += [part] if found is None else [found[1]] if found[1] else []
        steps += map(int, re.findall("[0-9]+", found[2])) if found else []
    *parents, last = steps
    inside: Any = root
    for step, below in zip(parents, (*parents[1:], last), strict=True):
        kind = list if isinstance(below, int) else dict
        if isinstance(inside, list) and step == len(inside):
            inside.append(kind())
        inside = inside.setdefault(step, kind()) if isinstance(inside, dict) else inside[step]
        if not isinstance(inside, kind):
            raise click.UsageError(
                f"{name}: {'the payload' if step == _WHOLE else step} already has a value of another type"
            )
        if kind is list and below > len(inside):
            raise click.UsageError(f"{name}: list items must be in order; [{len(inside)}] is next")
    if isinstance(inside, list) and last == len(inside):
        inside.append(value)
    else:
        inside[last] = value


def _json(text: str, word: str) -> Any:
    try:
        return decode_exact(text)
    except ValueError as error:
        raise click.UsageError(f"{_split(word)[0]!r}: the text after := is not JSON: {error}") from None


def _source(source: str) -> Any:
    if source == "-" or source.startswith("@"):
        name = source[1:] or "standard input"
        try:  # JSON is UTF-8, whatever encoding the locale sets for standard input
            raw = sys.stdin.buffer.read() if source == "-" else Path(name).read_bytes()
            text = raw.decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise click.UsageError(f"--data {source}: {error}") from None
    else:
        text, name = source, "--data"
    try:
        return decode_exact(text)
    except ValueError as error:
        raise click.UsageError(f"{name} is not JSON: {error}") from None


def client(keep: bool = False, **where: Any) -> Client:
    """A client with the command's options. `keep` requires a store; the default is the user's own."""
    context = click.get_current_context(silent=True)
    effect = context.find_object(Effect) if context is not None else None
    made = _client(keep, where)
    return made if context is None or effect is None else effect.watch(made, context.params.get("id"))


def _client(keep: bool, where: dict[str, Any]) -> Client:
    from ..client import Client

    found = Client(**where)
    if not keep or found.settings.store is not None or found.settings.env == "local":
        return found
    return Client(**where, store=default_store(needed=True))


def default_store(needed: bool) -> str | None:
    """A database in the user's state directory; None if it does not exist yet and is not `needed`."""
    from ..account.places import tokens

    found = tokens(needed=needed)
    if needed and found is None:
        words = "storing tokens needs the extra `store` (pip install 'ocreg[cli,store]') and a home directory"
        raise click.UsageError(words)
    return found


def store_name(client: Client) -> str:
    """Where a client keeps its tokens, as text for people, without a database's password."""
    name = getattr(client.tokens.store, "name", None)
    return str(name) if name else "memory, until this process ends"


JOURNAL = "--journal"
_STORE = "store (OCREG_STORE)"


def journal_url(settings: Settings, given: str | None) -> tuple[str, str]:
    """The journal's URL (as given, beside the tokens, or in the user's state directory), and which setting gave it.

    Raises SettingInvalid for a reference that cannot be followed.
    """
    from ..store import holds_password, journal_beside

    store = settings.store or default_store(needed=given is None)
    if given is None:
        return journal_beside(str(store)), _STORE
    from ..account.references import resolve

    url = resolve(JOURNAL, given, Path())
    if url == given and holds_password(url):
        words = "process lists and the shell's history show this password: use --journal env:NAME"
        click.echo(f"warning: {words}, or file:PATH", err=True)
    return (journal_beside(url, JOURNAL) if url == store else url), JOURNAL


def typed() -> str:
    """The running command, in a form that can be typed again to resume or to reconcile rows in doubt.

    It has no keys, no passwords and no values that go into rows.
    """
    context = click.get_current_context()
    words = context.command_path.split()
    for parameter in context.command.params:
        name, value = str(parameter.name), context.params.get(str(parameter.name))
        source = context.get_parameter_source(name)
        if source is not click.core.ParameterSource.COMMANDLINE or value is None or name == "on_unknown":
            continue
        many = value if isinstance(value, (list, tuple)) else [value]
        shown = [_shown(name, str(one)) for one in many]
        if isinstance(parameter, click.Option):
            options = parameter.opts if value else parameter.secondary_opts
            shown = options[:1] if parameter.is_flag else [word for one in shown for word in (parameter.opts[0], one)]
        words += shown
    return shlex.join(words)


def _shown(name: str, value: str) -> str:
    from ..store import holds_password

    if name == "reading_const":  # perhaps personal data
        return f"{value.partition('=')[0]}={MASK}"
    return MASK if name == "client_key" or (name == "url" and holds_password(value)) else value
