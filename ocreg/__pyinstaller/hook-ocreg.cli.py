"""Adds the commands: each is imported when it runs."""

from PyInstaller.utils.hooks import collect_submodules

hiddenimports = collect_submodules("ocreg.cli")
