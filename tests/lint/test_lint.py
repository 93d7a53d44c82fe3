"""`ocreg lint`: every rule with a bad file that breaks it and a good twin, the four formats, bad input, `--prove`.

A file below tests/lint/cases/bad is a test: its first lines are `# expect: <line>: <rule>: <path>`, and these findings,
no others, must be made. A file below tests/lint/cases/good must have none, and all of its rules must be defended.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocreg import EndpointInvalid, Registry
from ocreg.cli.app import run
from ocreg.lint import checks, examples, prove, report
from ocreg.lint.findings import Finding
from ocreg.registry.files import ids_below

ROOT = Path(__file__).parent / "cases"
BAD = sorted(file.relative_to(ROOT / "bad").as_posix() for file in (ROOT / "bad").rglob("*.y*ml"))
GOOD = sorted(file.relative_to(ROOT / "good").as_posix() for file in (ROOT / "good").rglob("*.yaml"))
HEAD = "summary: An operation for the tests of ocreg lint.\neffect: read\nevidence: {status: announced}\n"


@pytest.fixture
def ocreg(capsys):
    """Run the command in this process: exit code, standard output, standard error."""

    def command(*words) -> tuple[int, str, str]:
        code = run([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return command


def write(root: Path, name: str, text: str | bytes = HEAD) -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def found(result: tuple[int, str, str]) -> list[tuple[str, int, str, str]]:
    """What a run with `--format json` says, without the words."""
    code, out, _ = result
    findings = json.loads(out)
    assert code == (1 if findings else 0)
    return [(f["file"], f["line"], f["rule"], f["path"]) for f in findings]


@pytest.fixture(scope="module")
def bad() -> dict[str, list[Finding]]:
    """The findings in tests/lint/cases/bad, by file. Undefended rules are looked for in the folder of that name only."""
    out = ""
    for words in ([ROOT / "bad"], ["--prove", *sorted((ROOT / "bad" / "undefended").iterdir())]):
        command = [sys.executable, "-m", "ocreg", "lint", *map(str, words), "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        out += done.stdout
    by_file: dict[str, list[Finding]] = {}
    for finding in (Finding(**f) for part in out.split("\n]\n") if part for f in json.loads(part + "]")):
        by_file.setdefault(Path(finding.file).relative_to(ROOT / "bad").as_posix(), []).append(finding)
    return by_file


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_has_the_findings_it_expects_and_no_others(bad, name: str) -> None:
    expected = re.findall(r"^# expect: (.+)$", (ROOT / "bad" / name).read_text("utf-8"), re.MULTILINE)
    assert [f"{f.line}: {f.rule}: {f.path}" for f in bad.get(name, [])] == expected
    assert all(f.message and len(f.message) < 300 for f in bad.get(name, []))


def test_every_rule_has_a_bad_file_and_every_bad_file_a_good_twin(bad) -> None:
    assert {finding.rule for findings in bad.values() for finding in findings} == set(report.RULES)
    twinless = {name for name in BAD if name not in GOOD and "# expect" in (ROOT / "bad" / name).read_text("utf-8")}
    assert all(name.partition("/")[0] in ("file_name", "File", "_shared", "top.yaml") for name in twinless)


def test_good_files_are_clean_and_proven(ocreg) -> None:
    code, out, err = ocreg("lint", ROOT / "good", "--prove")
    assert (code, err) == (0, "0 findings\n")
    shares = [line.split() for line in out.splitlines()]
    assert len(shares) == len(GOOD) + 1  # and the sum
    assert all(share == "100.0" for share, *_ in shares)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_alone_is_clean(ocreg, name: str) -> None:
    code, out, err = ocreg("lint", ROOT / "good" / name)
    assert (code, out, err) == (0, "", "0 findings\n")


# The formats


def test_text_is_one_line_for_each_finding(ocreg) -> None:
    code, out, err = ocreg("lint", ROOT / "bad" / "description" / "missing.yaml")
    assert code == 1
    assert out == f"{ROOT}/bad/description/missing.yaml:7: $.data.properties.a: the field a has no description\n"
    assert err == "1 finding\n"


def test_json_is_a_list_of_findings(ocreg) -> None:
    code, out, err = ocreg("lint", ROOT / "bad" / "description" / "missing.yaml", "--format", "json")
    assert (code, err) == (1, "")
    assert json.loads(out) == [
        {
            "file": f"{ROOT}/bad/description/missing.yaml",
            "line": 7,
            "path": "$.data.properties.a",
            "rule": "description",
            "message": "the field a has no description",
        }
    ]
    assert json.loads(ocreg("lint", ROOT / "good", "--format", "json")[1]) == []


def test_github_annotations_are_escaped(ocreg) -> None:
    finding = Finding("a,b:c%.yaml", 3, "$.x", "format", "100 %\r\nand: more, yes")
    assert report.github([finding]) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=3,title=format::$.x: 100 %25%0D%0Aand: more, yes"
    )
    code, out, err = ocreg("lint", ROOT / "bad" / "description" / "missing.yaml", "--format", "github")
    assert (code, err) == (1, "")
    assert re.fullmatch(
        r"::error file=[^,:]+missing\.yaml,line=7,title=description::\$\.data\.properties\.a: .+\n", out
    )
    assert ocreg("lint", ROOT / "good", "--format", "github")[:2] == (0, "")


def test_sarif_has_what_sarif_2_1_0_requires(ocreg) -> None:
    log = json.loads(ocreg("lint", ROOT / "bad", "--format", "sarif")[1])
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (a_run,) = log["runs"]
    driver = a_run["tool"]["driver"]
    assert driver["name"] == "ocreg"
    rules = [rule["id"] for rule in driver["rules"]]
    assert rules == list(report.RULES)
    assert all(rule["shortDescription"]["text"] for rule in driver["rules"])
    assert a_run["results"]
    for result in a_run["results"]:
        assert result["ruleId"] in rules
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert re.fullmatch(r"[A-Za-z0-9/_.~%-]+", place["artifactLocation"]["uri"])  # a URI reference
        assert place["region"]["startLine"] >= 1
    assert json.loads(ocreg("lint", ROOT / "good", "--format", "sarif")[1])["runs"][0]["results"] == []


def test_sarif_has_what_github_asks_for(ocreg, tmp_path, monkeypatch) -> None:
    """docs.github.com, "SARIF support for code scanning": what it calls required, and its limits."""
    write(tmp_path, "repo/group/one.yaml", HEAD + "colour: red\n")
    write(tmp_path, "elsewhere/group/two.yaml", HEAD + "colour: red\n")
    monkeypatch.chdir(tmp_path / "repo")
    places = [tmp_path / "repo", tmp_path / "elsewhere"]
    (a_run,) = json.loads(ocreg("lint", *places, "--format", "sarif")[1])["runs"]
    rules = a_run["tool"]["driver"]["rules"]
    assert all(
        len(rule[key]["text"]) <= 1024 for rule in rules for key in ("shortDescription", "fullDescription", "help")
    )
    results = a_run["results"]
    assert [rules[result["ruleIndex"]]["id"] for result in results] == [result["ruleId"] for result in results]
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results]
    assert uris == ["group/one.yaml", (tmp_path / "elsewhere/group/two.yaml").as_uri()]
    before = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert len(set(before)) == 2
    write(tmp_path, "repo/group/one.yaml", "# a line above\n" + HEAD + "colour: red\n")
    (a_run,) = json.loads(ocreg("lint", *places, "--format", "sarif")[1])["runs"]
    assert [result["partialFingerprints"]["primaryLocationLineHash"] for result in a_run["results"]] == before
    many = [Finding("a.yaml", 1, f"$.x{number}", "format", "x") for number in range(25_001)]
    assert len(json.loads(report.sarif(many))["runs"][0]["results"]) == 25_000


def test_a_sarif_uri_is_percent_encoded() -> None:
    log = json.loads(report.sarif([Finding("my end\\ö.yaml", 1, "$", "format", "x")]))
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "my%20end/%C3%B6.yaml"


# Exit codes and targets


def test_exit_codes(ocreg, tmp_path) -> None:
    assert ocreg("lint")[0] == 0
    assert ocreg("lint", ROOT / "bad")[0] == 1
    for path, why in ((tmp_path / "nowhere", "no such file or directory"), (tmp_path, "no endpoint file")):
        code, out, err = ocreg("lint", path)
        assert (code, out) == (2, "")
        assert why in err
        assert str(path) in err
    assert ocreg("lint", "--format", "xml")[0] == 2


def test_exit_codes_of_the_process(tmp_path) -> None:
    for path, code in ((ROOT / "good", 0), (ROOT / "bad" / "format", 1), (tmp_path / "nowhere", 2)):
        done = subprocess.run([sys.executable, "-m", "ocreg", "lint", str(path)], capture_output=True, check=False)
        assert done.returncode == code
        assert b"Traceback" not in done.stderr


def test_a_file_may_be_named_from_its_own_directory(ocreg, tmp_path, monkeypatch) -> None:
    write(tmp_path, "group/one.yaml", HEAD + "colour: red\n")
    monkeypatch.chdir(tmp_path)
    assert found(ocreg("lint", "group/one.yaml", "--format", "json"))[0][1:] == (4, "format", "$.colour")
    monkeypatch.chdir(tmp_path / "group")
    for name in ("one.yaml", "./one.yaml", "../group/one.yaml"):
        ((file, *rest),) = found(ocreg("lint", name, "--format", "json"))
        assert Path(file).samefile("one.yaml")
        assert rest == [4, "format", "$.colour"]


def test_a_directory_called_endpoints_is_not_taken_for_the_shipped_one(ocreg, tmp_path) -> None:
    file = write(tmp_path, "endpoints/group/one.yaml", HEAD + "data: {$ref: _shared/own.yaml#/a}\n")
    write(tmp_path, "endpoints/_shared/own.yaml", "a: {type: string}\n")
    assert found(ocreg("lint", tmp_path / "endpoints", "--prove", "--format", "json")) == [
        (str(tmp_path / "endpoints/_shared/own.yaml"), 1, "undefended", "$.a.type")
    ]
    file.write_text(HEAD + "colour: red\n")
    assert found(ocreg("lint", file, "--format", "json")) == [(str(file), 4, "format", "$.colour")]


def test_a_changed_shared_file_concerns_all_operations_of_its_registry(ocreg, tmp_path) -> None:
    write(tmp_path, "group/one.yaml", HEAD + "data: {$ref: _shared/own.yaml#/a}\nexamples: {request: [{data: 5}]}\n")
    shared = write(tmp_path, "_shared/own.yaml", "a: {type: string}\n")
    findings = found(ocreg("lint", shared, "--format", "json"))
    assert findings == [(str(tmp_path / "group/one.yaml"), 5, "example", "$.examples.request[0]")]


def test_hidden_files_are_nobody_s_operations(ocreg, tmp_path) -> None:
    write(tmp_path, "group/one.yaml")
    write(tmp_path, ".pre-commit-config.yaml", "repos: []\n")
    write(tmp_path, ".github/workflows/ci.yaml", "on: push\n")
    assert ocreg("lint", tmp_path)[0] == 0


def test_all_mistakes_of_a_file_at_once(ocreg, tmp_path) -> None:
    text = """\
summary: short
colour: red
colour: blue
method: GET
path: nowhere?x
host: {sandbox: http://a.example.com, production: https://user@b.example.com}
effect: nothing
data: {properties: {a: !!str {}}}
5: five
"""
    file = write(tmp_path, "group/one.yaml", text)
    findings = json.loads(ocreg("lint", file, "--format", "json")[1])
    assert [f["line"] for f in findings] == [1, 1, 2, 3, 5, 6, 6, 7, 8, 8, 8, 9, 9]
    said = "\n".join(f["message"] for f in findings)
    for words in (
        "at least 8 characters",
        "evidence",
        "duplicate key",
        "a GET sends no payload",
        "the tag",
        "not a string",
    ):
        assert words in said
    write(
        tmp_path,
        "group/one.yaml",
        "path: /a b\nhost: 5\n$defs: []\nquery: x\nexamples: {request: 5}\ndata: {$ref: x}\n",
    )
    assert {f["line"] for f in json.loads(ocreg("lint", file, "--format", "json")[1])} == {1, 2, 3, 4, 5, 6}


# Bad input


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (b"\x00\x01\x02\xff\xfe" * 50, 1, "not UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00", 1, "not YAML"),
        (b"", 1, "empty"),
        (HEAD.encode() + b"description: |\n" + b"  all work and no play\n" * 250_000, 1, "bytes"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n", 1, "anchors and aliases"),
        (b"- a\n- b\n", 1, "mapping"),
        (b"[" * 500, 2, "not YAML"),
        (HEAD.encode() + b"data: " + b"{items: " * 80 + b"{}" + b"}" * 80, 4, "deeper"),
        (b"---\na: 1\n---\nb: 2\n", 3, "not YAML"),
    ],
    ids=["binary", "elf", "empty", "5 MB", "YAML bomb", "list", "unclosed", "deep", "two documents"],
)
def test_what_is_no_endpoint_file_is_one_finding(ocreg, tmp_path, text: bytes, line: int, said: str) -> None:
    file = write(tmp_path, "group/one.yaml", text)
    write(tmp_path, "group/two.yaml")
    code, out, err = ocreg("lint", tmp_path, "--prove", "--format", "json")
    assert code == 1
    (finding,) = json.loads(out)
    assert (finding["file"], finding["rule"]) == (str(file), "format")
    assert finding["line"] == line
    assert said in finding["message"]
    assert "Traceback" not in err


def test_the_exact_line_of_a_byte_that_is_not_utf8(ocreg, tmp_path) -> None:
    write(tmp_path, "group/one.yaml", HEAD.encode() + b"title: caf\xe9\n")
    assert found(ocreg("lint", tmp_path, "--format", "json"))[0][1:] == (4, "format", "$")


def test_windows_line_ends_and_a_byte_order_mark_are_fine(ocreg, tmp_path) -> None:
    good = (ROOT / "good" / "example" / "query.yaml").read_bytes()
    write(tmp_path, "group/ends.yaml", good.replace(b"\n", b"\r\n"))
    write(tmp_path, "group/mark.yaml", b"\xef\xbb\xbf" + good)
    assert ocreg("lint", tmp_path, "--prove")[0] == 0
    write(tmp_path, "group/ends.yaml", HEAD.replace("\n", "\r\n") + "data: {properties: {a: {}}}\r\n")
    assert found(ocreg("lint", tmp_path, "--format", "json"))[0][1:3] == (4, "description")


def test_a_link_out_of_the_registry_is_refused_one_inside_is_fine(ocreg, tmp_path) -> None:
    outside = write(tmp_path, "outside.yaml")
    inside = write(tmp_path, "registry/group/one.yaml")
    (tmp_path / "registry/group/two.yaml").symlink_to(outside)
    (tmp_path / "registry/group/three.yaml").symlink_to(inside)
    (tmp_path / "registry/group/four.yaml").symlink_to(tmp_path / "registry/group/four.yaml")
    (tmp_path / "registry/group/five.yaml").mkdir()
    findings = json.loads(ocreg("lint", tmp_path / "registry", "--format", "json")[1])
    said = {Path(f["file"]).stem: f["message"] for f in findings}
    assert set(said) == {"two", "four", "five"}
    assert "outside its registry" in said["two"]


def test_ids_that_differ_in_case_only(ocreg, tmp_path) -> None:
    for name in ("group/one.yaml", "group/One.yaml", "Group/one.yaml"):
        write(tmp_path, name)
    findings = found(ocreg("lint", tmp_path, "--format", "json"))
    assert {rule for _, _, rule, _ in findings} == {"file-name"}
    assert len(findings) == 3


def test_extends_itself_or_in_a_circle_or_nothing(ocreg, tmp_path) -> None:
    write(tmp_path, "group/itself.yaml", "summary: It extends itself.\nextends: group.itself\n")
    write(tmp_path, "group/one.yaml", "extends: group.two\n")
    write(tmp_path, "group/two.yaml", "# a circle\nextends: group.one\n")
    write(tmp_path, "group/lost.yaml", "extends: group.nothing\n")
    write(tmp_path, "outbound/cancel.yaml", "extends: outbound.cancel\ndata: {properties: {more: {}}}\n")
    findings = [(Path(file).stem, *rest) for file, *rest in found(ocreg("lint", tmp_path, "--format", "json"))]
    assert [(name, rule) for name, _, rule, _ in findings if name != "cancel"] == [
        (name, "format") for name in ("itself", "lost", "one", "two")
    ]
    assert {name: line for name, line, _, _ in findings}["itself"] == 2
    assert ("cancel", 2, "description", "$.data.properties.more") in findings


def test_ten_thousand_files_some_of_them_asked_for(ocreg, tmp_path) -> None:
    for group in range(100):
        (tmp_path / f"g{group}").mkdir()
        for number in range(100):
            (tmp_path / f"g{group}" / f"o{number}.yaml").write_text(HEAD)
    asked = [tmp_path / f"g{group}" / "o7.yaml" for group in range(50)]
    write(tmp_path, "g7/o7.yaml", HEAD + "colour: red\n")
    assert found(ocreg("lint", *asked, "--format", "json")) == [(str(tmp_path / "g7/o7.yaml"), 4, "format", "$.colour")]
    assert len(Registry([tmp_path])) > 10_000


def test_a_registry_keeps_what_it_read_and_a_new_one_sees_the_change(tmp_path) -> None:
    file = write(tmp_path, "group/one.yaml")
    old = Registry([tmp_path])
    assert checks.lint(old, ["group.one"]) == []
    file.write_text(HEAD + "colour: red\n")
    assert checks.lint(old, ["group.one"]) == []
    assert [finding.rule for finding in checks.lint(Registry([tmp_path]), ["group.one"])] == ["format"]
    with pytest.raises(EndpointInvalid, match="colour"):
        Registry([tmp_path])["group.one"]


# --prove


@pytest.fixture
def copy(tmp_path) -> Path:
    """A copy of the shipped registry."""
    shutil.copytree(Registry([]).roots[-1], tmp_path / "copy")
    return tmp_path / "copy"


def test_the_shipped_registry_is_proven(ocreg) -> None:
    code, out, _ = ocreg("lint", "--prove")
    assert code == 0
    assert re.search(r"^100\.0 %  (\d+)/\1  of all rules are defended$", out, re.MULTILINE)
    assert re.search(r"^100\.0 %  (\d+)/\1  endpoints/_shared/fields\.yaml$", out, re.MULTILINE)


def test_without_one_rejected_example_its_rule_is_undefended(ocreg, copy) -> None:
    file = copy / "outbound" / "cancel.yaml"
    assert ocreg("lint", copy, "--prove")[0] == 0
    text = file.read_text("utf-8")
    example = '    - because: format\n      change:\n        /cancelTime: "2025-06-17T10:10:10+08:00"\n'
    assert example in text
    file.write_text(text.replace(example, ""), "utf-8")
    place = text[: text.index("format: oc-date-time")].count("\n") + 1
    assert found(ocreg("lint", copy, "--prove", "--format", "json")) == [
        (str(file), place, "undefended", "$.data.properties.cancelTime.format")
    ]
    code, out, _ = ocreg("lint", copy, "--prove")
    assert code == 1
    defended, total = map(int, re.search(r"(\d+)/(\d+)  of all rules", out).groups())
    assert defended == total - 1


def test_a_shared_rule_is_defended_by_whoever_refers_to_it(ocreg, tmp_path) -> None:
    write(tmp_path, "_shared/own.yaml", "a: {type: string}\n")
    uses = HEAD + "data: {$ref: _shared/own.yaml#/a}\n"
    write(tmp_path, "group/one.yaml", uses)
    assert [rule for _, _, rule, _ in found(ocreg("lint", tmp_path, "--prove", "--format", "json"))] == ["undefended"]
    write(tmp_path, "group/two.yaml", uses + "examples: {rejected: [{because: type at ., data: 5}]}\n")
    assert ocreg("lint", tmp_path, "--prove")[0] == 0


def test_a_broken_file_does_not_keep_the_others_from_being_proved(ocreg, tmp_path) -> None:
    write(tmp_path, "group/broken.yaml", HEAD + "colour: red\n")
    write(tmp_path, "group/other.yaml", HEAD + "data: {type: string}\n")
    code, out, err = ocreg("lint", tmp_path, "--prove")
    assert code == 1
    assert re.search(r"^  0\.0 %  0/1  .*other\.yaml$", out, re.MULTILINE)
    assert "not proved" in err


MINE = """\
extends: outbound.cancel
data:
  required: [orderNumber, cancelTime, cancelReason]
  properties:
    cancelReason: {maxLength: 40}
    ticket: {description: The number of our ticket., type: integer}
"""


def test_of_an_overlay_only_its_own_rules_count(ocreg, tmp_path) -> None:
    file = write(tmp_path, "outbound/cancel.yaml", MINE)
    assert found(ocreg("lint", file, "--prove", "--format", "json")) == [
        (str(file), 3, "undefended", "$.data.required"),
        (str(file), 5, "undefended", "$.data.properties.cancelReason.maxLength"),
        (str(file), 6, "undefended", "$.data.properties.ticket.type"),
    ]
    examples = (
        "  rejected:\n    - {because: type, change: {/ticket: x}}\n    - {because: required, drop: [/cancelReason]}\n"
    )
    longer = f"    - {{because: maxLength, change: {{/cancelReason: {'x' * 41}}}}}\n"
    write(tmp_path, "outbound/cancel.yaml", MINE + "examples:\n" + examples + longer)
    code, out, _ = ocreg("lint", file, "--prove")
    assert code == 0
    assert "100.0 %  3/3  of all rules are defended" in out


def test_an_overlay_s_rule_may_be_defended_by_a_shipped_example(ocreg, tmp_path) -> None:
    text = "extends: outbound.cancel\ndata: {properties: {cancelTime: {minLength: 24}}}\n"
    file = write(tmp_path, "outbound/cancel.yaml", text + "examples: {rejected: []}\n")
    assert [line for _, line, _, _ in found(ocreg("lint", file, "--prove", "--format", "json"))] == [2]
    text = "extends: outbound.cancel\ndata: {properties: {cancelTime: {type: [string]}}}\nexamples: {rejected: []}\n"
    write(tmp_path, "outbound/cancel.yaml", text)
    assert "100.0 %  1/1" in ocreg("lint", file, "--prove")[1]


def test_an_overlay_may_take_what_was_refused_and_is_told_what_it_refuses(ocreg, tmp_path) -> None:
    file = write(
        tmp_path, "outbound/cancel.yaml", "extends: outbound.cancel\ndata: {properties: {cancelReason: null}}\n"
    )
    findings = json.loads(ocreg("lint", file, "--format", "json")[1])
    assert {(f["file"], f["line"], f["rule"]) for f in findings} == {(str(file), 1, "example")}
    assert "endpoints/outbound/cancel.yaml:" in findings[0]["message"]
    write(tmp_path, "outbound/cancel.yaml", "extends: outbound.cancel\ndata: {additionalProperties: true}\n")
    assert [f["rule"] for f in json.loads(ocreg("lint", file, "--format", "json")[1])] == ["unbreakable"]
    write(tmp_path, "outbound/cancel.yaml", "extends: outbound.cancel\ndata: {additionalProperties: null}\n")
    assert ocreg("lint", file)[0] == 0


def test_an_overlay_of_an_overlay(ocreg, tmp_path) -> None:
    write(
        tmp_path,
        "mine/cancel.yaml",
        MINE + "method: POST\nexamples: {rejected: [{because: type, change: {/ticket: x}}]}\n",
    )
    file = write(tmp_path, "mine/again.yaml", "extends: mine.cancel\ndata: {properties: {ticket: {minimum: 1}}}\n")
    assert [path for _, _, _, path in found(ocreg("lint", file, "--prove", "--format", "json"))] == [
        "$.data.properties.ticket.minimum"
    ]


def test_every_kind_of_rule_is_loosened_one_at_a_time(tmp_path) -> None:
    text = """\
data:
  type: object
  required: [a, b]
  minProperties: 1
  properties:
    a: {type: string, minLength: 1, x-instead-of: {aa: no}, description: A.}
    b: {enum: [1], description: B.}
  if: {required: [c]}
  then: {properties: {c: {const: 1}}}
"""
    write(tmp_path, "group/one.yaml", HEAD + text)
    endpoint = Registry([tmp_path])["group.one"]
    before = json.dumps(endpoint.document)
    made = {f"{'.'.join(map(str, m.path))} {m}": m for m in prove.mutations(endpoint.document, [("data",)])}
    assert set(made) == {
        "data type",
        "data minProperties",
        "data required a",
        "data required b",
        "data.properties.a type",
        "data.properties.a minLength",
        "data.properties.a x-instead-of aa",
        "data.properties.b enum",
        "data.if required c",
        "data.then.properties.c const",
    }
    assert made["data required a"].apply(endpoint.document)["data"]["required"] == ["b"]
    assert made["data.properties.a x-instead-of aa"].apply(endpoint.document)["data"]["properties"]["a"] == {
        "type": "string",
        "minLength": 1,
        "x-instead-of": {},
        "description": "A.",
    }
    assert json.dumps(endpoint.document) == before


def test_a_judge_says_the_same_as_the_endpoint_but_for_lines() -> None:
    registry = Registry([])
    for id in registry:
        judge = examples.judge(id, registry[id].document, registry.shared)
        for example in examples.rejected(registry[id]):
            lines = [(v.because, v.message, v.fix) for v in examples.violations(registry[id], example)]
            assert lines == [(v.because, v.message, v.fix) for v in examples.violations(judge, example)]


def test_without_the_fast_extra_lint_finds_the_same() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-m", "ocreg", "lint", str(ROOT / "bad"), "--format", "json"],
            capture_output=True,
            check=False,
            text=True,
            env={**os.environ, "OCREG_FAST": fast},
        ).stdout
        for fast in ("0", "1")
    ]
    places = [[(f["file"], f["line"], f["rule"], f["path"]) for f in json.loads(out)] for out in runs]
    assert places[0] == places[1]


# Whatever a file holds


DOCUMENTS = {id: Registry([])[id].document for id in Registry([])}
SHARED = {name: Registry([]).shared(name)[0] for name in ("fields", "inbound", "oauth")}
ODD = st.sampled_from([None, True, False, 0, -1, 1.5, "", "x", "(", [], [1], ["x", "x"], {}, {"x": 1}, {"type": "x"}])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_one_odd_value_anywhere_never_ends_in_a_traceback(tmp_path_factory, data: st.DataObject) -> None:
    root = tmp_path_factory.mktemp("odd")
    kind, name = data.draw(st.sampled_from([("", id) for id in DOCUMENTS] + [("_shared", name) for name in SHARED]))
    document = copy_of(SHARED[name] if kind else DOCUMENTS[name])
    *steps, last = data.draw(st.sampled_from(list(places(document, ()))[1:]))
    holder = document
    for step in steps:
        holder = holder[step]
    holder[last] = data.draw(ODD)
    file = f"_shared/{name}.yaml" if kind else f"{name.replace('.', '/')}.yaml"
    write(root, file, json.dumps(document, ensure_ascii=False))
    if kind:
        for id, user in DOCUMENTS.items():
            if f"_shared/{name}.yaml" in json.dumps(user):
                write(root, f"{id.replace('.', '/')}.yaml", json.dumps(user, ensure_ascii=False))
    registry = Registry([root])
    ids = list(ids_below(root))
    findings = checks.lint(registry, ids, [name] if kind else [])
    prove.prove(registry, prove.provable(registry, ids, findings), str(root))


@pytest.mark.parametrize("section", ["data", "query", "response"])
def test_a_schema_that_is_true_or_false_is_a_finding_and_no_traceback(tmp_path, section) -> None:
    write(tmp_path, "odd/thing.yaml", f"{HEAD}{section}: true\n")
    (finding,) = checks.lint(Registry([tmp_path]), ["odd.thing"])
    assert finding.message == f"{section} must be a dict, not True"


def copy_of(document):
    return json.loads(json.dumps(document))


def places(value, path):
    """The path of every value inside a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        yield from places(inner, (*path, step))
