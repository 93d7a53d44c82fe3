"""The commands: each is imported when it is run."""

from PyInstaller.utils.hooks import collect_submodules

hiddenimports = collect_submodules("ocreg.cli")
