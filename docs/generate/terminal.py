"""`images/terminal.svg`: the picture of a terminal in the README, from a real run against the local sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path, PurePosixPath

from rich.console import Console
from rich.text import Text

import ocreg

ROOT = Path(__file__).parent.parent.parent
WIDTH = 96
ORDERS = """\
referenceNumber,consigneeName,consigneeAddress1,consigneeCountryCode
A-1001,Test Person,1 Example Road,GB
A-1002,Test Person,2 Example Road,GB
"""
CANCEL = "ocreg call outbound.cancel ordernumber=OCO2000023303105GB cancelTime=2025-06-17T10:10:10+0800"
PUSH = "ocreg push outbound.create orders.csv"
STEPS = (
    ("A payload that breaks a rule is not sent.", CANCEL),
    ("Send a file of orders.", PUSH),
    ("Send the same file again: no order is created twice.", PUSH),
)
# rich's own format without its web fonts: the picture loads nothing, on GitHub or elsewhere
FORMAT = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<title>ocreg in a terminal</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def files() -> dict[PurePosixPath, str | bytes]:
    return {PurePosixPath("images/terminal.svg"): picture(run())}


def picture(steps: list[tuple[str, str, str]]) -> str:
    console = Console(record=True, width=WIDTH, file=StringIO(), highlight=False, force_terminal=True)
    for note, command, printed in steps:
        head, more, rest = printed.partition("\n")
        console.print(Text(f"# {note}", "bright_black"))
        console.print(Text.assemble(("$ ", "green"), (command, "bold")))
        console.print(Text(head, "bold red" if more else ""))  # an error, as the command prints it on a terminal
        console.print(Text(f"{rest}\n" if more else ""))
    svg = console.export_svg(title="", code_format=FORMAT, unique_id="terminal")
    return "\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n"


def run() -> list[tuple[str, str, str]]:
    """Each step with what it prints."""
    with tempfile.TemporaryDirectory() as folder, ocreg.sandbox(seed=1) as box:
        Path(folder, "orders.csv").write_text(ORDERS, "utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OCREG_", "XDG_"))}
        environment = {**kept, **box.environment, "HOME": folder, "COLUMNS": str(WIDTH), "PYTHONPATH": str(ROOT)}
        return [(note, command, _printed(command, folder, environment)) for note, command in STEPS]


def _printed(command: str, folder: str, environment: dict[str, str]) -> str:
    """Without what differs from run to run: where the checkout is, and how many seconds it took."""
    words = [sys.executable, "-m", *command.split()]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    done = subprocess.run(words, cwd=folder, env=environment, check=False, **pipes)  # noqa: S603
    shown = done.stdout.replace(f"{ROOT}{os.sep}", "").replace(os.sep, "/").rstrip()
    return re.sub(r"\d+ s$", "0 s", shown)
