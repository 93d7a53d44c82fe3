"""`ocreg new ID`"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from .. import yaml12
from ..errors import EndpointInvalid
from ..interchange import scaffold
from ..lint import checks
from ..registry import explain
from ..registry.files import ID, shipped_ids
from ..registry.values import to_json

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_EFFECTS = ["read", "create", "update", "cancel"]


@click.command("new")
@click.argument("id")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="The directory to write to. Default: the first of OCREG_ENDPOINTS, or the current one.",
)
@click.option("--summary", help="What the operation does, in one line.")
@click.option("--method", type=click.Choice(_METHODS, case_sensitive=False))
@click.option("--path", help="Below the host's base, such as /3pp/stickers/v1/order. Leave it out if unknown.")
@click.option("--host-sandbox", metavar="URL")
@click.option("--host-production", metavar="URL")
@click.option("--effect", type=click.Choice(_EFFECTS))
@click.option(
    "--from-example", "example", metavar="FILE|-", help="The JSON of a request, from which a first schema is inferred."
)
def command(id: str, into: Path | None, example: str | None, **given: str | None) -> int:
    """Start an endpoint file: <group>/<name>.yaml for the operation ID.

    On a terminal, it prompts for what is not given. Elsewhere it writes placeholders.
    """
    if not ID.match(id):
        words = "use <group>.<name>, each in lower-case letters, digits and underscores, such as stickers.order"
        raise click.UsageError(f"{id!r} is not an id: {words}")
    group, _, name = id.partition(".")
    root = into or _default_root()
    file = root / group / f"{name}.yaml"
    if os.path.lexists(file):
        raise click.UsageError(f"{file} exists; ocreg new never overwrites")
    value, envelope = _example(example) if example is not None else (None, {})
    sketch = _sketch(id, given, ask=example != "-" and sys.stdin.isatty())
    sketch.example, sketch.envelope = value, envelope
    if sketch.section == "query" and value is not None:
        sketch.example = _query(value)
    write(file, _checked(scaffold.text(sketch), file))
    _say_what_is_next(file, root, sketch)
    return 0


def _default_root() -> Path:
    return Path(next((p for p in os.environ.get("OCREG_ENDPOINTS", "").split(os.pathsep) if p), "."))


def _sketch(id: str, given: dict[str, str | None], *, ask: bool) -> scaffold.Sketch:
    """The facts: given, prompted for, or placeholders."""

    def fact(name: str, words: str, default: str, choices: list[str] | None = None) -> str:
        value = given[name]
        if value is None and ask:
            value = str(click.prompt(words, default, type=click.Choice(choices) if choices else str, err=True))
        return default if value is None else " ".join(value.split())

    summary = fact("summary", "What it does, in one line", f"TODO say what {id} does in one line."[:120])
    path = fact("path", "Path below the host's base (empty if unknown)", "") or None
    method = fact("method", "Method", "POST", _METHODS) if path or ask or given["method"] else None
    effect = fact("effect", "Effect", scaffold.likely_effect(id, method), _EFFECTS)
    sketch = scaffold.Sketch(id, summary, effect, method, path)
    for env in ("sandbox", "production") if path else ():
        sketch.host[env] = fact(f"host_{env}", f"Base URL, {env}", scaffold.HOSTS[env])
        base = urlsplit(sketch.host[env]).path.rstrip("/")
        if base and path and path.startswith(f"{base}/"):  # a path as logs and vendor pages have it
            sketch.path = path.removeprefix(base)
    return sketch


def _example(name: str) -> tuple[Any, dict[str, Any]]:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        value = json.loads(raw.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise click.UsageError(f"--from-example {name}: {error or type(error).__name__}") from None
    if to_json(value, None)[1]:
        raise click.UsageError(
            f"--from-example {name}: nested too deep, or not valid JSON (NaN, half a surrogate pair)"
        )
    data, envelope = scaffold.unwrapped(value)
    if data is None:
        raise click.UsageError(f"--from-example {name}: it has no payload (null)")
    return data, envelope


def _query(value: Any) -> dict[str, str]:
    """The query of an example. In a URL every value is a string."""
    if not isinstance(value, dict) or any(isinstance(item, (dict, list, type(None))) for item in value.values()):
        raise click.UsageError("the example of a GET operation must be its query: an object of names and plain values")
    return {name: item if isinstance(item, str) else json.dumps(item) for name, item in value.items()}


def _checked(text: str, file: Path) -> str:
    """`text`, if it satisfies the format's schema: options may hold anything."""
    try:
        document = yaml12.parse(text.encode(), str(file))
    except EndpointInvalid as error:
        raise click.UsageError(f"this example cannot be kept in an endpoint file: {error}") from None
    for violation in explain.violations(checks.law(), document)[0] if not checks.law().ok(document) else ():
        option = "--" + violation.where.replace(".", "-")
        raise click.UsageError(f"{option}: {violation.message}; nothing was written")
    return text


def write(file: Path, text: str) -> None:
    """Write a file that must not exist yet."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error}") from None


def setting(root: Path) -> str:
    """What to put before a command so that it finds the files below `root`."""
    known = [Path(p).resolve() for p in os.environ.get("OCREG_ENDPOINTS", "").split(os.pathsep) if p]
    return "" if root.resolve() in known else f"OCREG_ENDPOINTS={shlex.quote(str(root))} "


def _say_what_is_next(file: Path, root: Path, sketch: scaffold.Sketch) -> None:
    click.echo(f"wrote {file}")
    if sketch.id in shipped_ids():
        click.echo(
            f"note: it replaces the shipped {sketch.id}; `extends: {sketch.id}` would change parts of it", err=True
        )
    click.echo(f"next: edit it, then\n  ocreg lint {shlex.quote(str(file))} --prove")
    if sketch.path:
        click.echo(f"  {setting(root)}ocreg call {sketch.id}{_words(sketch)} --env local")
    else:
        click.echo(f"  {setting(root)}ocreg show {sketch.id}   (it can be called once its path is known)")


def _words(sketch: scaffold.Sketch) -> str:
    named = "".join(f" {name}==1" for name in dict.fromkeys(re.findall(r"\{(\w+)\}", sketch.path or "")))
    if sketch.example is None:
        return named
    if sketch.section == "query":
        pairs = [f"{name}=={value}" for name, value in sketch.example.items()]
        return named + "".join(f" {shlex.quote(pair)}" for pair in pairs)
    payload = json.dumps(sketch.example, ensure_ascii=False)
    return named + (f" --data {shlex.quote(payload)}" if len(payload) <= 200 else " --data @payload.json")
