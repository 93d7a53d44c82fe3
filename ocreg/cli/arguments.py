"""Arguments that several subcommands share: an operation's id, its payload as words, the client's settings."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..redact import MASK
from ..registry.values import decode_exact

if TYPE_CHECKING:
    from ..account.settings import Settings
    from ..client import Client


class OperationId(click.ParamType):  # type: ignore[type-arg]  # generic in newer click only
    """An operation's id, completed by the shell from the registry."""

    name = "id"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        from ..registry.files import Registry

        return [CompletionItem(id) for id in Registry() if id.startswith(incomplete)]


_SETTINGS: dict[str, dict[str, Any]] = {
    "--profile": {"help": "A profile of ocreg.toml. Default: OCREG_PROFILE, then the one called default."},
    "--env": {"type": click.Choice(["sandbox", "production", "local"]), "help": "Default: OCREG_ENV, then sandbox."},
    "--host": {"help": "Another origin, such as http://127.0.0.1:8025."},
    "--account": {"help": "Whose tokens, where one store keeps several sellers'. Default: OCREG_ACCOUNT."},
    "--client-key": {"help": "Default: OCREG_CLIENT_KEY. (Secrets have no option: it would show in process lists.)"},
    "--sign": {"type": click.Choice(["body", "path"]), "help": "The form of the signature. Default: body."},
}


def settings(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose where a call goes."""
    for name, how in reversed(_SETTINGS.items()):
        function = click.option(name, **how)(function)
    return function


def payload(function: Callable[..., Any]) -> Callable[..., Any]:
    """ID, then `field=text`, `field:=json`, `name==query`; or `--data`."""
    function = click.option(
        "--data", "source", metavar="JSON|@FILE|-", help="The payload: JSON, a file, or standard input."
    )(function)
    function = click.argument("words", nargs=-1, metavar="[FIELD=TEXT | FIELD:=JSON | NAME==QUERY]...")(function)
    return click.argument("id", type=OperationId())(function)


def read(words: tuple[str, ...], source: str | None) -> tuple[Any, dict[str, Any]]:
    """The payload (None where there is none) and the query parameters. Numbers keep their digits."""
    data = _source(source) if source is not None else None
    fields: dict[str, Any] = {}
    query: dict[str, Any] = {}
    for word in words:
        name, separator, value = _split(word)
        if separator == "==":
            query[name] = value
        else:
            _put(fields, name, _json(value, word) if separator == ":=" else value)
    if fields:
        if data is None:
            data = {}
        if not isinstance(data, dict):
            raise click.UsageError("field=value words need an object; --data holds something else")
        data.update(fields)
    return data, query


def _split(word: str) -> tuple[str, str, str]:
    for position, character in enumerate(word):
        if character == "=":
            separator = "==" if word[position : position + 2] == "==" else "="
            return word[:position], separator, word[position + len(separator) :]
        if word[position : position + 2] == ":=":
            return word[:position], ":=", word[position + 2 :]
    raise click.UsageError("a word is none of field=text, field:=json, name==query (quote what holds blanks)")


def _put(fields: dict[str, Any], name: str, value: Any) -> None:
    if not name:
        raise click.UsageError("a field needs a name before its =")
    *parents, last = name.split(".")
    for parent in parents:
        fields = fields.setdefault(parent, {})
        if not isinstance(fields, dict):
            raise click.UsageError(f"{name}: {parent} has a value already, so it has no fields")
    fields[last] = value


def _json(text: str, word: str) -> Any:
    try:
        return decode_exact(text)
    except ValueError as error:
        raise click.UsageError(f"{_split(word)[0]!r}: what follows := is not JSON: {error}") from None


def _source(source: str) -> Any:
    if source == "-" or source.startswith("@"):
        name = source[1:] or "standard input"
        try:  # JSON is UTF-8, whatever the locale says of standard input
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
    """A client by the command's options, with the user's own token store where the settings name none.

    With `keep` there has to be a store; without, it is only looked at when the settings bring no token themselves.
    """
    from ..client import Client

    plain = Client(**with_default_profile(where))
    settings = plain.settings
    own = settings.access_token is not None or (settings.refresh_token is not None and settings.env != "local")
    if settings.store is not None or settings.in_process or (own and not keep):
        return plain
    url = default_store(keep)
    return Client(**with_default_profile(where), store=url) if url is not None else plain


def with_default_profile(where: dict[str, Any]) -> dict[str, Any]:
    """The profile called `default` counts when none is named; only the command looks for it."""
    if where.get("profile") or os.environ.get("OCREG_PROFILE") or where.get("env") == "local":
        return where
    from ..account.profiles import config_file, profiles

    file = config_file()
    return {**where, "profile": "default"} if file is not None and "default" in profiles(file) else where


def default_store(needed: bool) -> str | None:
    """A database in the user's state directory; None where nothing was kept so far and nothing has to be."""
    try:
        import platformdirs
        import sqlalchemy  # noqa: F401
    except ImportError:
        if needed:
            raise click.UsageError("keeping tokens needs the extra `store`: pip install 'ocreg[cli,store]'") from None
        return None
    file = Path(platformdirs.user_state_dir("ocreg")) / "tokens.db"
    return f"sqlite:///{file}" if needed or file.exists() else None


def store_name(client: Client) -> str:
    """Where a client keeps its tokens, for people; a database's password is not part of it."""
    name = getattr(client.tokens.store, "name", None)
    return str(name) if name else "memory, until this process ends"


JOURNAL = "--journal"
_STORE = "store (OCREG_STORE)"


def journal_url(settings: Settings, given: str | None) -> tuple[str, str]:
    """Where the journal is (as told, beside the tokens, or in the user's state directory), and what says so.

    Raises SettingInvalid for a reference that gives nothing.
    """
    from ..store import holds_password, journal_beside

    store = settings.store or default_store(needed=given is None)
    if given is None:
        return journal_beside(str(store)), _STORE
    from ..account.profiles import resolve

    url = resolve(JOURNAL, given)
    if url == given and holds_password(url):
        words = "others may see the password in process lists and in the shell's history: write --journal env:NAME"
        click.echo(f"warning: {words}, or file:PATH", err=True)
    return (journal_beside(url, JOURNAL) if url == store else url), JOURNAL


def typed() -> str:
    """The command that runs, to be typed again, and to ask for what is in doubt.

    Without keys and passwords, and without values that go into rows.
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
