"""Hooks with which PyInstaller freezes a program that uses ocreg. It finds them by the entry point `pyinstaller40`.

There is a file for each package: `hook-ocreg.py` adds the endpoint files and the modules that are loaded by name,
`hook-ocreg.cli.py` adds the commands.
"""

from pathlib import Path


def hook_dirs() -> list[str]:
    return [str(Path(__file__).parent)]
