"""The registry: files -> Endpoint. This docstring specifies where files are found and how they combine.

Directories
    An operation `<group>.<name>` is the file `<group>/<name>.yaml` in a registry directory. Group and name are
    lower-case words (`[a-z][a-z0-9_]*`). `_shared/` holds schemas that files refer to; nothing in it is an operation.

Search path
    The directories given as `Registry(paths=[...])`, or else those in OCREG_ENDPOINTS (separated as in PATH), come
    first, in order; the shipped `endpoints/` comes last. The first directory that has the file wins. `_shared/` files
    are found in the same way.

Overlays
    A file may say `extends: <id>`. It is then a JSON Merge Patch (RFC 7396) on that operation: mappings merge, null
    removes, everything else replaces. `extends` with the file's own id means the same file further along the path.

Laziness
    `registry[id]` reads one file (and what it extends or refers to) once, and keeps it. Only listing the registry
    walks its directories. The shipped files of an installed ocreg are parsed already (`parsed`). The format of a file
    itself is `endpoint.schema.yaml`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from stat import S_ISREG
from threading import RLock
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from .. import yaml12
from ..errors import EndpointInvalid, SettingInvalid, UnknownOperation
from ..forks import ForkSafe, copied
from .addresses import flaw, path_flaw
from .endpoint import Endpoint
from .parsed import parsed
from .references import Bundler, File
from .schema import Place, Source

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ID = re.compile(r"[a-z][a-z0-9_]{0,99}\.[a-z][a-z0-9_]{0,99}\Z")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
_KEPT = 1024
_REQUIRED = {"summary": str, "effect": str, "evidence": dict}
_CHOICES = {
    "effect": ("read", "create", "update", "cancel"),
    "auth": ("token", "key", "oauth", "none"),
    "caller": ("client", "browser", "vendor"),
    "method": ("GET", "POST", "PUT", "PATCH", "DELETE"),
}
KEYS: dict[str, Any] = {
    **dict.fromkeys(["summary", "title", "description", "caller", "method", "path", "auth", "effect"], str),
    **dict.fromkeys(["api_version", "extends", "token"], str),
    **dict.fromkeys(["envelope", "errors_with_data"], bool),
    **dict.fromkeys(["host", "path_parameters", "query", "data", "response", "errors", "examples"], dict),
    **dict.fromkeys(["limits", "evidence", "sandbox", "confirm", "finds", "$defs"], dict),
}
"""The keys of an endpoint file and their YAML types; `endpoint.schema.yaml` specifies the rest."""


def shipped() -> Traversable:
    """The registry directory that comes with ocreg: beside the package in a source tree, inside it if installed."""
    here = Path(__file__).parent.parent
    for directory in (here / "endpoints", here.parent / "endpoints"):
        if directory.is_dir():
            return directory
    from importlib.resources import files  # in a zip file there are no directories

    return files("ocreg") / "endpoints"


class Registry(ForkSafe):
    """All operations, by id. Threads may share it.

    `unknown` is the policy for fields that endpoint files do not describe (`ocreg.names.unknown`).
    """

    def __init__(self, paths: Iterable[str | os.PathLike[str]] | None = None, unknown: str = "warn") -> None:
        if paths is None:
            paths = [p for p in os.environ.get("OCREG_ENDPOINTS", "").split(os.pathsep) if p]
        own = [Path(path) for path in paths]
        for directory in own:
            if not directory.is_dir():
                raise SettingInvalid(f"OCREG_ENDPOINTS: {directory} is not a directory", setting="endpoints")
        self._unknown_fields = unknown
        self.roots: list[Traversable] = [*own, shipped()]
        self._shipped_name = _from_here(str(self.roots[-1]))
        self._kept: LRUCache[str, Endpoint] = LRUCache(_KEPT)
        super().__init__()

    def _make_own(self) -> None:
        self._lock, self._kept = RLock(), copied(self._kept)

    @property
    def name(self) -> str:
        """The first directory, as messages name it."""
        return self._shipped_name if len(self.roots) == 1 else str(self.roots[0])

    def __repr__(self) -> str:
        return f"<Registry {' '.join(map(str, self.roots))}>"

    def __getitem__(self, id: str) -> Endpoint:
        """The operation. Raises UnknownOperation (with the closest names) or EndpointInvalid (with file and line)."""
        if not isinstance(id, str):  # perhaps not hashable
            raise self._unknown(id)
        with self._lock:
            endpoint = self._kept.get(id)
            if endpoint is None:
                endpoint = self._kept[id] = self._load(id)
            return endpoint

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and ID.match(id) is not None and self._read(*_file_of(id), 0) is not None

    def __iter__(self) -> Iterator[str]:
        """All ids, by group and name."""
        return iter(sorted({id for root in self.roots for id in ids_below(root)}))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _load(self, id: str) -> Endpoint:
        if not isinstance(id, str) or not ID.match(id):
            raise self._unknown(id)
        endpoint = self.unchecked(id)
        for _, mistake in flaws(endpoint):
            raise mistake
        return endpoint

    def unchecked(self, id: str, mistakes: list[EndpointInvalid] | None = None) -> Endpoint:
        """The operation, even if its file breaks the format. Raises as `registry[id]` does.

        With `mistakes`, YAML errors after which reading can continue are added there instead of being raised.
        """
        document, sources = self._merged(id, 0, (), mistakes)
        bundler = Bundler((document, sources), self.shared)
        return Endpoint(id, document, sources, bundler, partial(self._siblings, id), self._unknown_fields)

    def _siblings(self, id: str) -> Iterator[Endpoint]:
        """The operations of the same group, without those whose files cannot be used."""
        for other in self:
            if _file_of(other)[0] == _file_of(id)[0]:
                with suppress(EndpointInvalid):
                    yield self[other]

    def _merged(
        self, id: str, start: int, seen: tuple[tuple[str, int], ...], mistakes: list[EndpointInvalid] | None = None
    ) -> File:
        """The document of `id`, searched from directory number `start` on, and the files that it was made of."""
        found = self._read(*_file_of(id), start, mistakes)
        if found is None:
            raise self._unknown(id)
        number, document, source = found
        base_id = document.pop("extends", None)
        if base_id is None:
            return document, (source,)
        line = source.locate(["extends"])[0]
        if not isinstance(base_id, str) or not ID.match(base_id):
            raise _invalid(source, line, f"extends: {base_id!r} is not an operation id")
        step = (id, number)
        if step in seen:
            raise _invalid(source, line, f"extends: {' -> '.join([*(s[0] for s in seen), id])} is circular")
        try:
            base, sources = self._merged(base_id, number + 1 if base_id == id else 0, (*seen, step))
        except UnknownOperation as error:
            why = f"no {id} in a directory after this one" if base_id == id else f"no {base_id}; {error}"
            raise _invalid(source, line, f"extends: there is {why}") from None
        return merge_patch(base, document), (source, *sources)

    def base(self, id: str) -> str | None:
        """The id that an operation's file extends, if any."""
        found = self._read(*_file_of(id), 0)
        return found[1].get("extends") if found else None

    def shared(self, name: str) -> File:
        """The file `_shared/<name>.yaml`. Raises FileNotFoundError."""
        found = self._read("_shared", name, 0)
        if found is None:
            raise FileNotFoundError(name)
        return found[1], (found[2],)

    def _read(
        self, group: str, name: str, start: int, mistakes: list[EndpointInvalid] | None = None
    ) -> tuple[int, dict[str, Any], Source] | None:
        """The first file of this name from directory number `start` on."""
        for number, root in enumerate(self.roots[start:], start):
            file = root / group / f"{name}.yaml"
            ours = root is self.roots[-1]
            label = f"{self._shipped_name if ours else root}/{group}/{name}.yaml"
            try:
                if isinstance(root, Path) and (why := _unreadable(root, Path(str(file)))):
                    raise EndpointInvalid(f"{label}: {why}", file=label, line=None)
                text = file.read_bytes()
            except (FileNotFoundError, NotADirectoryError, KeyError):
                continue
            except (OSError, RuntimeError) as error:  # RuntimeError: a link to itself, before Python 3.13
                raise EndpointInvalid(f"{label}: cannot be read: {error}", file=label, line=None) from None
            values = parsed(root, group, name, text) if ours else None
            return number, values or yaml12.parse(text, label, mistakes), Source(label, text, ours)
        return None

    def _unknown(self, id: object) -> UnknownOperation:
        from difflib import get_close_matches

        name = id if isinstance(id, str) else repr(id)
        near = get_close_matches(name.lower(), list(self), n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "`ocreg list` shows all"
        return UnknownOperation(f"there is no operation {name[:80]!r}; {hint}", operation=name, closest=near)


def _unreadable(root: Path, file: Path) -> str | None:
    """Why a file is not even opened: opening a pipe waits for a writer, and a device never ends."""
    if not file.resolve().is_relative_to(root.resolve()):
        return "a link to a file outside its registry directory; copy the file instead"
    facts = file.stat()
    if not S_ISREG(facts.st_mode):
        return "cannot be read: it is not a regular file"
    if facts.st_size > yaml12.MAX_BYTES:
        return f"{facts.st_size:,} bytes; an endpoint file has at most {yaml12.MAX_BYTES:,}"
    return None


def shipped_ids() -> list[str]:
    """The ids of the operations that come with ocreg."""
    return sorted(ids_below(shipped()))


def _from_here(directory: str) -> str:
    """A directory for messages: short if it is below the current directory, and a path that one can open."""
    try:
        here = f"{Path.cwd()}{os.sep}"
    except OSError:  # the current directory is gone
        return directory
    return directory.removeprefix(here)


def inherited(endpoint: Endpoint) -> dict[str, Any] | None:
    """What an overlay extends: the document without the overlay's own file. None for a file that extends nothing."""
    document: dict[str, Any] | None = None
    for source in reversed(endpoint.sources[1:]):
        patch = yaml12.parse(source.text, source.name)
        document = patch if document is None else merge_patch(document, patch)
        document.pop("extends", None)
    return document


def _file_of(id: str) -> tuple[str, str]:
    group, _, name = id.partition(".")
    return group, name


def ids_below(root: Traversable) -> Iterator[str]:
    """The ids of the files in one registry directory."""
    for group in root.iterdir():
        if _WORD.match(group.name) and group.is_dir():
            for file in group.iterdir():
                stem, dot, suffix = file.name.partition(".")
                if dot and suffix == "yaml" and _WORD.match(stem):
                    yield f"{group.name}.{stem}"


def _invalid(source: Source, line: int | None, why: str) -> EndpointInvalid:
    where = source.name if line is None else f"{source.name}:{line}"
    return EndpointInvalid(f"{where}: {why}", file=source.name, line=line)


def merge_patch(base: Any, patch: Any) -> Any:
    """JSON Merge Patch, RFC 7396. Neither argument is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def flaws(endpoint: Endpoint) -> Iterator[tuple[tuple[str, ...], EndpointInvalid]]:
    """What breaks the part of the format that a call relies on, and where. `ocreg lint` checks the whole format."""
    document, sources = endpoint.document, endpoint.sources

    def flawed(key: str, why: str, *below: str) -> tuple[tuple[str, ...], EndpointInvalid]:
        file, line = Place(sources, ()).find([key, *below])
        return (key, *below), EndpointInvalid(f"{file}:{line}: {why}", file=file, line=line)

    for key, value in document.items():
        if key not in KEYS:
            from .explain import closest_name

            near = closest_name(key, list(KEYS))
            yield flawed(key, f"unknown key {key!r}" + (f"; did you mean {near!r}?" if near else ""))
        elif not isinstance(value, KEYS[key]):
            yield flawed(key, f"{key} must be a {KEYS[key].__name__}, not {value!r:.60}")
        elif key in _CHOICES and value not in _CHOICES[key]:
            yield flawed(key, f"{key} must be one of {', '.join(_CHOICES[key])}, not {value!r:.60}")
    for key in _REQUIRED:
        if key not in document:
            yield flawed(key, f"the key {key!r} is missing")
    hosts, path = document.get("host"), document.get("path")
    hosts = hosts if isinstance(hosts, dict) else {}
    if path is not None and not all(isinstance(hosts.get(e), str) for e in ("sandbox", "production")):
        yield flawed("host", "a file with a path needs a host: {sandbox: https://..., production: https://...}")
    for env, base in hosts.items():
        if isinstance(base, str) and (why := flaw(base)):
            yield flawed("host", f"host: {env} {why}", env)
    if isinstance(path, str) and (why := path_flaw(path)):
        yield flawed("path", f"path {why}")
    if document.get("method") == "GET" and "data" in document and document.get("caller") != "vendor":
        yield flawed("data", "a GET sends no payload: describe its parameters under `query`")
