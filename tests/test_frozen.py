"""A program that PyInstaller froze: really built, and run where there is no ocreg to import."""

import json
import os
import re
import runpy
import subprocess
import sys
import textwrap
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import ocreg
from ocreg.cli.app import COMMANDS, MODULES

HOOKS = Path(ocreg.__file__).parent / "__pyinstaller"
PROGRAM = """
    import json, multiprocessing
    import ocreg, requests
    from ocreg.operations import OutboundQueryData

    ORDER = {"referenceNumber": "A-1", "consigneeName": "T", "consigneeAddress1": "1", "consigneeCountryCode": "GB"}

    def operations(client):
        return client.call("warehouse.services")["code"], len(client.registry)

    if __name__ == "__main__":
        multiprocessing.freeze_support()
        client = ocreg.Client("local")
        found = {"operations": list(client.registry)}
        found["sent"] = [sent.happened for sent in client.call_many("outbound.create", [ORDER], on_unknown="confirm")]
        found["rows"] = len(list(client.iterate("outbound.query", {"referenceNumberList": [{"referenceNumber": "A-1"}]})))
        asked = OutboundQueryData(referenceNumberList=[{"referenceNumber": "A-1"}])
        found["typed"] = len(client.ops.outbound.query(asked)["data"])
        try:
            client.call("outbound.cancel", {"orderNumber": 1})
        except ocreg.RequestInvalid as error:
            found["refused"] = str(error)
        with ocreg.sandbox() as box:
            found["over http"] = box.client().call("warehouse.services")["code"]
            found["page"] = requests.get(box.url, timeout=60).text[:15]
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found["elsewhere"] = pool.apply(operations, (client,))
        print(json.dumps(found))
"""


def hook(name):
    """What PyInstaller takes from a hook."""
    return runpy.run_path(str(HOOKS / name))


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    """The program's folder. Nothing says where ocreg's files are. What is heavy and not used here is left out."""
    folder = tmp_path_factory.mktemp("frozen")
    (folder / "program.py").write_text(textwrap.dedent(PROGRAM))
    command = [sys.executable, "-W", "ignore", "-m", "PyInstaller", "--onedir", "--log-level", "WARN", "program.py"]
    for heavy in (
        "tkinter",
        "numpy",
        "pytest",
        "pip",
        "setuptools",
        "rich",
        "keyring",
        "psycopg",
        "sqlalchemy",
        "cryptography",
    ):
        command += ["--exclude-module", heavy]
    home = {**os.environ, "PYINSTALLER_CONFIG_DIR": str(folder / "config")}
    done = subprocess.run(command, cwd=folder, env=home, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "dist" / "program"


def test_pyinstaller_finds_the_hooks() -> None:
    """By the installed package's metadata: an older editable installation must be made again."""
    (found,) = (entry for entry in entry_points(group="pyinstaller40") if entry.value.startswith("ocreg."))
    assert found.load()() == [str(HOOKS)]


def test_the_command_brings_its_commands() -> None:
    assert set(hook("hook-ocreg.cli.py")["hiddenimports"]) >= {
        f"ocreg.cli.{MODULES.get(command, command)}" for command in COMMANDS
    }


def test_a_program_brings_what_is_loaded_by_name_and_not_the_command() -> None:
    rooms = hook("hook-ocreg.py")["hiddenimports"]
    sources = "".join(file.read_text("utf-8") for file in HOOKS.parent.rglob("*.py"))
    loaded = set(re.findall(r'\bload\("(ocreg\.[\w.]+)"\)', sources)) | {f"ocreg.{room}" for room in ocreg._ROOMS}
    assert len(loaded) > 12
    assert loaded <= set(rooms)
    assert not [room for room in rooms if room.startswith(("ocreg.cli.", "ocreg.lint", "ocreg.__"))]


def test_a_frozen_program_works(frozen, tmp_path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    program = next(file for file in frozen.iterdir() if file.stem == "program")
    done = subprocess.run(
        [program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["operations"] == list(ocreg.Registry())
    assert found["sent"] == ["yes"]
    assert found["typed"] == 1  # and so the stub came along
    assert (found["rows"], found["over http"], found["elsewhere"]) == (1, 0, [0, len(ocreg.Registry())])
    assert found["page"] == "<!DOCTYPE html>"
    assert "endpoints/outbound/cancel.yaml" in found["refused"]
