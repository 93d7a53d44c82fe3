"""`python -m docs.generate [--check]`: see the package."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from . import DOCS, HEADER, __path__


def kinds() -> Iterator[str]:
    """The modules that generate something."""
    for found in iter_modules(__path__):
        if not found.name.startswith("_") and hasattr(import_module(f"{__package__}.{found.name}"), "files"):
            yield found.name


def stale(*, write: bool) -> list[str]:
    """What is not as it should be, as paths below docs/; with `write` it is put right."""
    made, old = set(), []
    for kind in kinds():
        for name, content in import_module(f"{__package__}.{kind}").files().items():
            path, wanted = DOCS / name, content.encode() if isinstance(content, str) else content
            made.add(path)
            if not path.is_file() or path.read_bytes() != wanted:
                old.append(str(name))
                if write:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(wanted)
    for path in sorted(DOCS.rglob("*.md")):
        if path not in made and path.read_text("utf-8").startswith(HEADER):
            old.append(f"{path.relative_to(DOCS).as_posix()} (nothing generates it any more)")
            if write:
                path.unlink()
    return old


def main(arguments: list[str]) -> int:
    check = arguments == ["--check"]
    if arguments and not check:
        sys.stderr.write("usage: python -m docs.generate [--check]\n")
        return 2
    old = stale(write=not check)
    for name in old:
        sys.stdout.write(f"docs/{name} is stale: run python -m docs.generate\n" if check else f"wrote docs/{name}\n")
    return 1 if check and old else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
