"""The house itself: what importing loads, who imports whom, how large the engine is, what is exported."""

import ast
import importlib
import subprocess
import sys
import zipfile
from pathlib import Path

import ocreg

ROOT = Path(ocreg.__file__).parent
ROOMS = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").rstrip("."): file
    for file in sorted(ROOT.rglob("*.py"))
}
"""Every module below `ocreg` by its name within it; the package itself has none."""
WINGS = [
    "redact",
    "lazy",
    "forks",
    "violation",
    "errors",
    "notices",
    "yaml12",
    "names",
    "registry",
    "account",
    "engine",
    "wire",
    "store",
    "observe",
    "confirm",
    "bulk",
    "operations",
    "face",
    "client",
    "aio",
    "shared",
    "files",
    "lint",
    "diff",
    "interchange",
    "hints",
    "sandbox",
    "pytest_plugin",
    "agents",
    "cli",
    "__main__",
    "__pyinstaller",
]
"""A room imports only from those that stand before its own: also what only type checkers see, and inside functions."""
DOORS_UPWARD = {("face", "sandbox.local"): 'the sandbox that runs inside the process, for env="local"'}
"""What is loaded by name from further up, and why."""
THIRD_PARTY = {
    "requests",
    "urllib3",
    "jsonschema",
    "jsonschema_rs",
    "referencing",
    "yaml",
    "cachetools",
    "click",
    "rich",
    "orjson",
}


def loaded_by(code: str, **environment: str) -> set[str]:
    """The modules in a fresh interpreter after running `code`."""
    import os

    script = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return set(done.stdout.splitlines()[-1].split())


def test_importing_ocreg_loads_no_third_party_module() -> None:
    assert loaded_by("import ocreg") & THIRD_PARTY == set()
    assert {m for m in loaded_by("import ocreg") if m.startswith("ocreg")} == {"ocreg"}


CALL = "import ocreg; ocreg.Client('local').call('outbound.cancel', {'orderNumber': 'OCO2000023303105GB', 'cancelTime': '2025-06-17T10:10:10+0800'})"


def test_the_synchronous_client_loads_no_event_loop() -> None:
    assert "ocreg.aio" not in loaded_by("import ocreg; ocreg.Client")
    assert loaded_by(CALL) & {"asyncio", "aiohttp", "ocreg.aio"} == set()
    assert "aiohttp" not in loaded_by("import ocreg; ocreg.AsyncClient('local')")


def test_a_good_call_with_the_fast_extra_needs_no_jsonschema() -> None:
    assert loaded_by(CALL) & {"jsonschema", "referencing", "requests", "click", "rich"} == set()
    assert "jsonschema" in loaded_by(CALL, OCREG_FAST="0")


def test_a_call_reads_one_endpoint_file() -> None:
    code = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from ocreg.registry.files import Registry
Registry()["outbound.cancel"].check({"orderNumber": "x", "cancelTime": "2025-06-17T10:10:10+0800"})
print(sorted({p.rpartition("endpoints/")[2] for p in opened if p.endswith(".yaml")}), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "['_shared/fields.yaml', 'outbound/cancel.yaml']"


def imports(name: str) -> set[str]:
    """The rooms that a room imports or loads by name, wherever in it and for whomever."""
    file, found = ROOMS[name], set[str]()
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = package[: len(package) - node.level + 1] if package != [""] else []
            module = ".".join([*above, *((node.module or "").split("."))]).strip(".")
            found |= {inner if (inner := f"{module}.{a.name}".strip(".")) in ROOMS else module for a in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "load":
            named = [n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)]
            found |= {text.removeprefix("ocreg.") for text in named if str(text).startswith("ocreg.")}
    return found - {"", name}  # the package itself: its version, and nothing that imports


def wing(room: str) -> str:
    return room.partition(".")[0]


def test_every_room_stands_in_a_wing() -> None:
    assert {wing(room) for room in ROOMS if room} == set(WINGS)
    assert imports("client") | imports("face") >= {
        "engine.caller",
        "bulk.reading",
        "registry.files",
    }  # nothing is overlooked
    assert imports("registry.endpoint") >= {"registry.explain", "violation"}


def test_imports_run_one_way() -> None:
    upward = {
        (room, other)
        for room in ROOMS
        if room
        for other in imports(room)
        if WINGS.index(wing(other)) >= WINGS.index(wing(room)) and wing(other) != wing(room)
    }
    assert upward == set(DOORS_UPWARD)


def test_there_are_no_circles() -> None:
    graph = {room: imports(room) - {other for r, other in DOORS_UPWARD if r == room} for room in ROOMS if room}
    done: set[str] = set()
    while len(done) < len(graph):
        free = {room for room, needs in graph.items() if room not in done and needs <= done}
        assert free, f"a circle among {sorted(set(graph) - done)}"
        done |= free


def test_a_wing_says_which_of_its_rooms_others_use() -> None:
    """`__all__` of a wing are its doors: what other wings take of it, no more and no less."""
    used: dict[str, set[str]] = {}
    for room in ROOMS:
        for other in imports(room) if room else ():
            if wing(other) != wing(room) and "." in other:
                used.setdefault(wing(other), set()).add(other.split(".")[1])
    used["registry"] |= {"files", "endpoint"}
    used["aio"] = {"client"}  # of the package itself
    for name in {wing(room) for room in ROOMS if "." in room} - {"sandbox", "cli", "__pyinstaller"}:
        listed = importlib.import_module(f"ocreg.{name}").__all__
        doors = {door for door in listed if f"{name}.{door}" in ROOMS}
        assert doors == used[name], name


def written_lines(*rooms: str) -> int:
    """Lines that are neither blank nor of a docstring: the reference is made of docstrings, and they may be long."""
    total = 0
    for room in rooms:
        text = ROOMS[room].read_text("utf-8")
        words = {
            line
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            for line in range(node.lineno, (node.end_lineno or 0) + 1)
        }
        total += sum(1 for number, line in enumerate(text.splitlines(), 1) if line.strip() and number not in words)
    return total


def rooms_of(*wings: str) -> list[str]:
    return [room for room in ROOMS if wing(room) in wings]


def test_the_house_stays_small() -> None:
    assert written_lines(*rooms_of("engine", "face", "client")) < 1300
    assert written_lines(*rooms_of("registry")) < 1450
    assert len(list(ROOT.glob("*.py"))) <= 12
    sizes = {room: len(file.read_text("utf-8").splitlines()) for room, file in ROOMS.items()}
    assert max(sizes.values()) <= 350, max(sizes, key=sizes.__getitem__)


def test_the_top_of_the_house_holds_what_a_stranger_looks_for() -> None:
    """And nothing that a test or a helper left there."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT.parent, capture_output=True, text=True, check=True).stdout
    folders = {name.split("/")[0] for name in listed.splitlines() if "/" in name}
    assert folders == {".ci", ".github", "benchmarks", "docs", "endpoints", "examples", "ocreg", "tests"}


def test_functions_stay_short() -> None:
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert node.end_lineno - node.lineno < 50, f"{file.name}: {node.name}"


def test_all_is_what_is_exported() -> None:
    assert ocreg.__all__ == sorted(ocreg.__all__)
    for name in ocreg.__all__:
        assert getattr(ocreg, name).__name__ == ("ocreg.sandbox" if name == "sandbox" else name)  # a room to be called
    stub = ast.parse((ROOT / "__init__.pyi").read_text())
    passed_on = {a.name for node in stub.body if isinstance(node, ast.ImportFrom) for a in node.names if a.asname}
    assert passed_on | {node.name for node in stub.body if isinstance(node, ast.FunctionDef)} == set(ocreg.__all__)
    assert set(ocreg.__all__) <= set(dir(ocreg))


def test_it_runs_from_a_zip(tmp_path) -> None:
    archive = tmp_path / "ocreg.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in ROOT.rglob("*"):
            if file.suffix in (".py", ".yaml"):
                zipped.write(file, Path("ocreg") / file.relative_to(ROOT))
        for file in (ROOT.parent / "endpoints").rglob("*.yaml"):
            zipped.write(file, Path("ocreg/endpoints") / file.relative_to(ROOT.parent / "endpoints"))
    code = f"import sys; sys.path[:0] = [{str(archive)!r}]; import ocreg; print(ocreg.__file__, len(ocreg.Registry())); {CALL.removeprefix('import ocreg; ')}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    where, count = done.stdout.split()
    assert "ocreg.zip" in where
    assert int(count) == len(ocreg.Registry())
