"""The endpoint files, their format, and the rooms that `ocreg.lazy.load` names: a program may need any of them."""

from importlib.resources import files

from PyInstaller.utils.hooks import collect_submodules

from ocreg.registry.files import shipped

_COMMAND = (
    "cli",
    "files",
    "lint",
    "diff",
    "interchange",
    "hints",
    "pytest_plugin",
    "agents",
    "__main__",
    "__pyinstaller",
)
"""Only the command, tests, and programs that import them use these: PyInstaller sees itself where they are needed."""

datas = [
    (str(shipped()), "ocreg/endpoints"),
    (str(files("ocreg.registry") / "endpoint.schema.yaml"), "ocreg/registry"),
    (str(files("ocreg.operations") / "__init__.pyi"), "ocreg/operations"),
    (str(files("ocreg.sandbox") / "page.html"), "ocreg/sandbox"),
]
hiddenimports = collect_submodules("ocreg", lambda name: [*name.split("."), ""][1] not in _COMMAND)
