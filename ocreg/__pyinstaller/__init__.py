"""What PyInstaller must know to freeze a program that uses ocreg; it finds this by the entry point `pyinstaller40`.

A file for each package that PyInstaller may meet: `hook-ocreg.py` brings the endpoint files and the rooms that are
loaded by name, `hook-ocreg.cli.py` the commands.
"""

from pathlib import Path


def hook_dirs() -> list[str]:
    return [str(Path(__file__).parent)]
