"""The benchmarks: how numbers become rows, and the command from end to end, as small as it gets."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

import ocreg
from benchmarks import checkouts, timing
from benchmarks.checkouts import Checkout, copied
from benchmarks.groups import GROUPS, Line
from benchmarks.pushers import Slow
from benchmarks.report import Row, missed, table
from benchmarks.slow import SECONDS

ROOT = Path(__file__).parent.parent
CONSTANT = Row("lint / 1 s", "ms", [400.0, 500.0, 600.0], [1_000.0], 1.0)
PAIRED = Row("a call / requests", "ms", [1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0], 0.4)
BESIDE = Row("a call / requests", "ms", [1.0, 1.0, 2.0], [2.0, 2.0, 2.0], None, [2.0, 2.0, 4.0])


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


def spread(ocreg: list[float], baseline: list[float]) -> tuple[float, float]:
    return Row("", "ms", ocreg, baseline).spread


def test_the_spread_is_that_of_the_ratios_round_by_round() -> None:
    assert PAIRED.spread == (0.5, 0.5)
    assert spread([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]) == (1.5, 2.5)


def test_a_constant_or_other_rounds_count_by_their_median() -> None:
    assert CONSTANT.spread == (0.45, 0.55)
    assert spread([1.0, 2.0, 3.0], [0.0, 2.0, 2.0, 2.0, 9.0]) == (0.75, 1.25)


def test_a_single_round_has_a_spread_too() -> None:
    assert spread([3.0], [2.0]) == (1.5, 1.5)
    assert spread([3.0], [2.0, 2.0]) == (1.5, 1.5)


def test_rows_have_one_form_for_machines_and_one_for_people() -> None:
    assert CONSTANT.as_json() == {
        **{"what": "lint / 1 s", "unit": "ms", "ocreg": 500.0, "baseline": 1000.0, "bar": 1.0},
        **{"ratio": 0.5, "spread": (0.45, 0.55), "verdict": "met"},
    }
    head, rule, *lines = table([CONSTANT, PAIRED]).splitlines()
    assert re.findall(r"\w+", head) == ["what", "ocreg", "baseline", "ratio", "bar", "verdict"]
    assert len({len(line) for line in (head, rule, *lines)}) == 1
    assert [cell.strip() for cell in lines[1].split("|")[2:-1]] == ["2.500 ms", "5.000 ms", "0.50", "0.40", "MISSED"]
    assert missed([CONSTANT, PAIRED]) == "Bars missed:\n  a call / requests: 0.50 > 0.40"
    assert missed([CONSTANT]) == "All bars are met."


def test_beside_another_checkout_the_table_shows_before_now_and_the_change() -> None:
    head, _, line = table([BESIDE]).splitlines()
    assert [cell.strip() for cell in head.split("|")[1:-1]] == [
        *("what", "before", "now", "baseline", "ratio before", "ratio now", "change")
    ]
    assert [cell.strip() for cell in line.split("|")[2:-1]] == [
        *("2.000 ms", "1.000 ms", "2.000 ms", "1.00", "0.50", "-50% ?")
    ]
    found = BESIDE.as_json()
    assert (found["before"], found["ratio_before"], found["change"]) == (2.0, 1.0, -0.5)
    assert found["change_spread"] == (-0.5, -0.5)


def test_a_change_that_rounds_do_not_agree_on_or_too_few_show_has_a_question_mark() -> None:
    def shown(now: list[float]) -> str:
        return Row("", "ms", now, now, before=[2.0] * len(now)).cells_beside()[-1]

    assert shown([1.0, 1.0, 3.0, 3.0, 3.0]) == "+50% ?"
    assert shown([2.8, 3.0, 3.0, 3.0, 3.2]) == "+50%"
    assert shown([2.0] * 5) == "+0%"
    assert shown([3.0] * 4) == "+50% ?"  # so few agree by chance


def test_a_checkout_is_compared_with_its_own_baseline_and_with_a_library_that_both_share() -> None:
    costs = {("many", "now"): [30.0], ("few", "now"): [2.0], ("many", "before"): [80.0], ("few", "before"): [4.0]}
    found = {"case": {**costs, ("library", ""): [10.0]}}
    own = Line("case", "", "many", "few", times=10).row(found)
    assert (own.ratio, own.ratio_before) == (1.5, 2.0)
    shared = Line("case", "", "many", "library").row(found)
    assert (shared.ratio, shared.ratio_before) == (3.0, 8.0)
    assert Line("case", "", "many", 60.0).row(found).ratio == 0.5


def test_contenders_take_turns_and_each_round_begins_with_another() -> None:
    order: list[str] = []

    def measure(name: str) -> timing.Measure:
        def run() -> float:
            order.append(name)
            return float(len(order))

        return run

    found = timing.interleaved({(name, ""): measure(name) for name in "abc"}, 2)
    assert "".join(order) == "abcbca"
    assert found["a", ""] == [1.0, 6.0]


def test_children_run_the_code_of_their_checkout(tmp_path: Path) -> None:
    for name in checkouts.PARTS:
        (tmp_path / name).mkdir()
    (tmp_path / "ocreg" / "__init__.py").write_text("__version__ = 'another'")
    code = "import ocreg, benchmarks.payloads; print(ocreg.__version__, benchmarks.payloads.PERSONAL[0])"

    def said(checkout: Checkout) -> str:
        command, env = [sys.executable, "-c", code], checkout.environment()
        return subprocess.run(command, capture_output=True, text=True, check=True, env=env, cwd=checkout.folder).stdout

    with copied("now", ROOT) as now, copied("before", tmp_path) as before:
        assert said(now) == f"{ocreg.__version__} consigneeName\n"
        assert said(before) == "another consigneeName\n"
    assert not now.folder.exists()


def test_the_command_loads_no_library_for_that_would_hide_the_memory_of_its_children() -> None:
    code = "import sys, benchmarks.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert not {"requests", "ocreg", "jsonschema", "yaml"} & set(done.stdout.split())


def test_the_server_that_pushers_push_to_counts_what_is_sent_twice() -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "benchmarks.slow"]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:
        slow = Slow(process)
        for numbers, counted in (("ab", (3, 0)), ("bb", (2, 1))):
            slow.begin(1)
            for orders in (numbers, "c"):
                body = {"data": [{"referenceNumber": number} for number in orders]}
                answer = requests.post(slow.host, json=body, headers={"clientKey": "one"}, timeout=30).json()
                assert [row["referenceNumber"] for row in answer["data"]] == list(orders)
            found = slow.report()
            assert (found["rows"], found["doubled"]) == counted
            assert found["seconds"] >= 2 * SECONDS
        process.stdin.close()


def test_a_run_for_machines_from_end_to_end() -> None:
    done = run("--json", "--rounds", "1", "--only", "decoding,lint")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    wanted = [line for name in ("decoding", "lint") for line in GROUPS[name].lines]
    assert [row["what"] for row in found["rows"]] == [line.what for line in wanted]
    for row, line in zip(found["rows"], wanted, strict=True):
        assert row["ratio"] == pytest.approx(row["ocreg"] / row["baseline"])
        assert row["spread"] == pytest.approx([row["ratio"]] * 2)
        assert row["bar"] == line.bar
        assert "before" not in row


def test_a_run_beside_another_checkout_from_end_to_end() -> None:
    done = run("--rounds", "1", "--only", "nulls", "--beside", str(ROOT))
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^\| 50 orders.*\|$", done.stdout, re.MULTILINE)
    assert len(rows) == len(GROUPS["nulls"].lines)
    assert all(re.search(r"\| +[+-][0-9]+%( \?)? \|$", row) for row in rows)


def test_what_cannot_be_measured_is_refused_before_anything_runs(tmp_path: Path) -> None:
    done = run("--only", "calls,speed")
    assert done.returncode == 2
    assert f"there is no group 'speed'; choose from {','.join(GROUPS)}" in " ".join(done.stderr.split())
    done = run("--beside", str(tmp_path))
    assert done.returncode == 2
    assert "is not a checkout: it has no folders ocreg/ and endpoints/" in " ".join(done.stderr.split())
    assert run("--rounds", "0").returncode == 2
