"""The house itself: what importing loads, who imports whom, how large the engine is, what is exported."""

import ast
import io
import subprocess
import sys
import tokenize
import zipfile
from pathlib import Path

import ocreg

ROOT = Path(ocreg.__file__).parent
ENGINE = [
    file
    for folder in (".", "registry", "account", "engine")
    for file in sorted((ROOT / folder).glob("*.py"))
    if file.name not in ("__main__.py", "__init__.py")
]
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


def at_run_time(file: Path) -> ast.AST:
    """A module without what only type checkers see."""
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    return tree


def imports(file: Path) -> set[str]:
    """The engine's modules that a module imports when it is loaded or while it runs, annotations aside."""
    found: set[str] = set()
    for node in ast.walk(at_run_time(file)):
        if isinstance(node, ast.ImportFrom) and node.level:
            found |= {node.module.rpartition(".")[2]} if node.module else set()
            found |= {alias.name for alias in node.names}
    return found & {f.stem for f in ENGINE}


def test_imports_run_downward_without_circles() -> None:
    graph = {file.stem: imports(file) for file in ENGINE}
    done: set[str] = set()
    while len(done) < len(graph):
        free = {name for name, needs in graph.items() if name not in done and needs <= done}
        assert free, f"a circle among {set(graph) - done}"
        done |= free


def test_the_engine_never_imports_what_is_outside_it() -> None:
    outside = {folder.name for folder in ROOT.iterdir() if folder.is_dir()} - {"registry", "account", "engine"}
    for file in ENGINE:
        for node in ast.walk(at_run_time(file)):
            if isinstance(node, ast.ImportFrom) and node.level and (file.parent == ROOT or node.level > 1):
                assert (node.module or "").partition(".")[0] not in outside, file


def code_lines(file: Path) -> int:
    """Lines that hold code: no blank lines, comments or docstrings."""
    text = file.read_text("utf-8")
    prose = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in skipped
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(lines - prose)


def test_the_engine_stays_small() -> None:
    sizes = {file.name: code_lines(file) for file in ENGINE}
    assert max(sizes.values()) <= 250, sizes
    assert sum(sizes.values()) <= 3100, sizes


def test_functions_stay_short() -> None:
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
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
