"""Parts of `reference/settings.md`: the settings, from the table in the docstring of `ocreg.account.settings`."""

from __future__ import annotations

from pathlib import PurePosixPath

from ocreg.account import settings

from . import table, within


def files() -> dict[PurePosixPath, str | bytes]:
    of_profiles, others = (
        shown([row for row in rows() if (row[0] in settings.NAMES) is inside]) for inside in (True, False)
    )
    return within("reference/settings.md", settings=of_profiles, others=others)


def shown(found: list[list[str]]) -> str:
    cells = [
        [f"`{name}`", f"`{variable}`", f"`{usual}`" if usual else "", words] for name, variable, usual, words in found
    ]
    return table(["setting", "variable", "default", "meaning"], cells)


def rows() -> list[list[str]]:
    """Argument, variable, default and meaning of each setting."""
    head, *lines = [line for line in (settings.__doc__ or "").splitlines() if line.startswith("    ")]
    starts = [head.index(word) for word in ("argument", "variable", "default", "meaning")]
    found: list[list[str]] = []
    for line in lines:
        cells = [line[at:end].strip() for at, end in zip(starts, [*starts[1:], None], strict=True)]
        if cells[0]:
            found.append(cells)
        else:
            found[-1][-1] += f" {cells[-1]}"
    return found
