"""The endpoint files, their format, and the rooms that `ocreg.lazy.load` names: a program may need any of them."""

from importlib.resources import files

from PyInstaller.utils.hooks import collect_submodules

from ocreg.registry.files import shipped

_COMMAND = ("cli", "files", "lint", "diff", "interchange", "agents", "__main__", "__pyinstaller")
"""Only the command and programs that import them use these, so PyInstaller sees it by itself where they are needed."""

datas = [(str(shipped()), "ocreg/endpoints"), (str(files("ocreg.registry") / "endpoint.schema.yaml"), "ocreg/registry")]
hiddenimports = collect_submodules("ocreg", lambda name: [*name.split("."), ""][1] not in _COMMAND)
