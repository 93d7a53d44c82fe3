"""Adds the endpoint files, their format, and the modules that `ocreg.lazy.load` names: programs may need any."""

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
"""Used only by the command, tests, and programs that import them: PyInstaller finds these uses by itself."""

datas = [
    (str(shipped()), "ocreg/endpoints"),
    (str(files("ocreg.registry") / "endpoint.schema.yaml"), "ocreg/registry"),
    (str(files("ocreg.operations") / "__init__.pyi"), "ocreg/operations"),
    (str(files("ocreg.sandbox") / "page.html"), "ocreg/sandbox"),
]
hiddenimports = collect_submodules("ocreg", lambda name: [*name.split("."), ""][1] not in _COMMAND)
