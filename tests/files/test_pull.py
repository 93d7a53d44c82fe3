"""`ocreg pull`: every row once in the file, whatever stopped it on the way."""

import csv
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ocreg import Client, Registry, sandbox
from ocreg.bulk.flat import Flat
from ocreg.cli.app import run
from ocreg.files import flatten as flat
from ocreg.files import resumable as landing
from ocreg.files import table
from tests.children import until
from tests.server import Server, answer, body, by, http

UK = 'serviceRegionList:=[{"serviceRegion":"UK"}]'
CSV_ROWS = [
    {
        "sku": "A",
        "where": {"region": "UK", "tags": ["a", "b"]},
        "moves": [{"n": 1, "by": [{"x": 1}, {"x": 2}]}, {"n": 2}],
    },
    {"sku": "=B", "moves": [], "note": None, "ok": True, "weight": 0.1},
]


@pytest.fixture
def ocreg(capsys, monkeypatch):
    """Run the command in this process: exit code, standard output, standard error."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["ocreg", *words])
        code = run(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return command


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path.parent / f"{tmp_path.name}-state"))
    return tmp_path


def paged(count, size=2, before=lambda page: None):
    """A server with so many rows of stock."""
    rows = [{"MFSKUID": f"OC{n}", "available": n} for n in range(count)]

    def step(request):
        page = json.loads(body(request))["data"]["pageNumber"]
        bad = before(page)
        return bad or http({"code": 0, "data": {"SKUList": rows[(page - 1) * size : page * size]}})

    return Server(by(step)), [row["MFSKUID"] for row in rows]


@pytest.fixture
def keys(monkeypatch):
    """Settings for a scripted server."""
    for name, value in {"ENV": "sandbox", "CLIENT_KEY": "K", "SECRET_KEY": "S", "ACCESS_TOKEN": "T"}.items():
        monkeypatch.setenv(f"OCREG_{name}", value)


def files():
    """The files in the folder."""
    return sorted(file.name for file in Path().iterdir())


def lines(path):
    return [json.loads(line)["MFSKUID"] for line in path.read_text().splitlines()]


def test_rows_become_lines_of_json(ocreg, folder) -> None:
    code, out, err = ocreg("pull", "outbound.query", "--env", "local", "--out", "orders.jsonl")
    assert (code, out) == (0, "")
    rows = [json.loads(line) for line in (folder / "orders.jsonl").read_text().splitlines()]
    assert [row["orderNumber"] for row in rows] == [
        row["orderNumber"] for row in Client("local").call("outbound.query", {})["data"]
    ]
    assert re.fullmatch(rf"{len(rows)} rows in 1 request, [0-9]+ s -> orders\.jsonl\n", err)
    assert files() == ["orders.jsonl"]


def test_rows_can_go_to_standard_output(ocreg, folder) -> None:
    code, out, err = ocreg("pull", "outbound.query", "--env", "local", "--out", "-", "--json")
    assert code == 0
    assert len(out.splitlines()) == json.loads(err)["rows"] == len(Client("local").call("outbound.query", {})["data"])
    assert files() == []


def test_rows_become_columns(ocreg, folder) -> None:
    assert ocreg("pull", "outbound.query", "--env", "local", "--out", "orders.csv")[0] == 0
    with Path("orders.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    (row,) = (row for row in rows if row["orderNumber"] == "OCO0000011225074GB")
    assert row["trackingNumberList.SKUList.SN"] == "A01,A02"
    assert files() == ["orders.csv"]


def test_what_is_nested_becomes_lines_and_columns() -> None:
    out = io.StringIO()
    flat.write(lambda: CSV_ROWS, out)
    assert out.getvalue().splitlines() == [
        "sku,where.region,where.tags,moves.n,moves.by.x,note,ok,weight",
        'A,UK,"[""a"",""b""]",1,1,,,',
        'A,UK,"[""a"",""b""]",1,2,,,',
        'A,UK,"[""a"",""b""]",2,,,,',
        "=B,,,,,,true,0.1",
    ]


def test_two_lists_of_objects_stay_in_their_cells() -> None:
    out = io.StringIO()
    flat.write(lambda: [{"a": [{"x": 1}], "b": [{"y": 2}]}, {"a": [{"x": 3}]}, "text", {}], out)
    assert out.getvalue().splitlines() == [
        "a,b,value",
        '"[{""x"":1}]","[{""y"":2}]",',
        '"[{""x"":3}]",,',
        ",,text",
        ",,",
    ]
    flat.write(list, out := io.StringIO())
    assert out.getvalue() == ""


def test_half_a_character_does_not_stop_it(keys, ocreg, folder) -> None:
    with Server(answer(b'{"code":0,"data":[{"a":"\\ud83d","b":"\\u4e2d\\r\\n"}]}')) as server:
        assert ocreg("pull", "stock.age", "--host", server.origin, "--out", "a.csv")[0] == 0
        assert ocreg("pull", "stock.age", "--host", server.origin, "--out", "a.jsonl")[0] == 0
    assert json.loads((folder / "a.jsonl").read_text())["a"] == "\ud83d"
    assert (folder / "a.csv").read_bytes().decode() == 'a,b\n\\ud83d,"中\r\n"\n'


@pytest.mark.parametrize("out", ["rows.jsonl", "rows.csv"])
def test_after_a_failure_the_same_command_goes_on(keys, ocreg, folder, out) -> None:
    failing = [True]
    server, all_rows = paged(9, before=lambda page: http(b"", 502) if page == 4 and failing[0] else None)
    words = ("pull", "stock.snapshot", UK, "pageSize:=2", "--host", server.origin, "--out", out)
    with server:
        code, _, err = ocreg(*words)
        assert code == 3
        assert "6 rows are in rows.jsonl; run the same command to resume" in err.replace("csv.rows", "jsonl")
        assert (folder / (out + ".resume")).exists()
        code, _, err = ocreg(*words, "--env", "sandbox", "pageNumber:=1")
        assert code == 2
        assert "an interrupted pull of another query" in err
        failing[0] = False
        code, _, err = ocreg(*words)
        assert code == 0, err
        assert err.startswith(f"resuming {out} after 6 rows\n")
        assert "\n9 rows in " in err
        assert ocreg(*words)[0] == 2
        assert ocreg(*words, "--fresh")[0] == 0
    assert files() == [out]
    if out == "rows.jsonl":
        assert lines(folder / out) == all_rows
    else:
        assert [line.split(",")[0] for line in (folder / out).read_text().splitlines()[1:]] == all_rows


def test_what_was_not_written_down_is_cut_off(keys, ocreg, folder) -> None:
    failing = [True]
    server, all_rows = paged(9, before=lambda page: http(b"", 502) if page == 4 and failing[0] else None)
    words = ("pull", "stock.snapshot", UK, "pageSize:=2", "--host", server.origin, "--out", "rows.jsonl")
    with server:
        ocreg(*words)
        with Path("rows.jsonl").open("ab") as file:
            file.write(b'{"MFSKUID":"OC6"}\n{"MFSK')
        failing[0] = False
        assert ocreg(*words)[0] == 0
    assert lines(folder / "rows.jsonl") == all_rows


@pytest.mark.parametrize("damage", ["{", "[]", '{"query":1}', None])
def test_a_way_back_that_is_damaged_is_refused(ocreg, folder, damage) -> None:
    words = ("pull", "outbound.query", "--env", "local", "--out", "rows.jsonl")
    if damage is None:  # a file that lost bytes
        assert ocreg(*words)[0] == 0
        about = landing.ResumableFile(folder / "x.jsonl", "q", {}, fresh=True)
        about.add(1)
        about.keep("T", 1)
        about.close()
        (folder / "x.jsonl").write_bytes(b"")
        with pytest.raises(landing.Refused, match="0 bytes, but 2 were written"):
            landing.ResumableFile(folder / "x.jsonl", "q", {}, fresh=False)
        return
    (folder / "rows.jsonl.resume").write_text(damage)
    code, _, err = ocreg(*words)
    assert code == 2
    assert "--fresh" in err
    assert ocreg(*words, "--fresh")[0] == 0


def test_another_file_is_not_overwritten(ocreg, folder) -> None:
    (folder / "rows.jsonl").write_text("mine")
    code, _, err = ocreg("pull", "outbound.query", "--env", "local", "--out", "rows.jsonl")
    assert code == 2
    assert "exists, and is not an interrupted pull" in err
    assert (folder / "rows.jsonl").read_text() == "mine"


def test_two_pulls_do_not_write_to_one_file(folder) -> None:
    first = landing.ResumableFile(folder / "x.jsonl", "q", {}, fresh=False)
    with pytest.raises(landing.Refused, match="another pull is writing"):
        landing.ResumableFile(folder / "x.jsonl", "q", {}, fresh=True)
    first.close()
    landing.ResumableFile(folder / "x.jsonl", "q", {}, fresh=False).close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("outbound.query", "--out", "x.txt"), "must end in .jsonl or .csv"),
        (("outbound.query", "--out", "nowhere/x.csv"), "No such file or directory"),
        (("outbound.cancel", "--out", "x.csv"), "cannot be read row by row"),
        (("outbound.query", "--out", "x.csv", "--since", "2026-01-01T00:00:00"), "without its offset"),
        (("outbound.query", "--out", "x.csv", "--until", "soon"), "365d"),
        (("outbound.query", "--out", "x.csv", "--since", "3d", "startTime=x"), "give one of them"),
        (("warehouse.services", "--out", "x.csv", "--since", "3d"), "declares no time window"),
        (("outbound.query", "--out", "x.csv", "--data", "[]", "--since", "3d"), "needs an object"),
        (("stock.movement", "--out", "x.csv", "--since", "900d"), "looks back 365 days"),
        (("stock.movement", "--out", "x.csv", "--ids", "mfSkuList"), "FIELD=@FILE"),
        (("stock.movement", "--out", "x.csv", "--ids", "mfSkuList=@nowhere"), "nowhere"),
        (("stock.movement", "--out", "x.csv", "--ids", "skus=@ids"), "no list of ids"),
        (("stock.movement", "--out", "x.csv", "--ids", "mfSkuList=@ids", "mfSkuList:=[]"), "already"),
        (("stock.movement", "--out", "x.csv", "--ids", "mfSkuList=@ids", "--data", "[]"), "needs an object"),
        (("outbound.query", "--out", "x.csv", "--ids", "ebayOrderIdList=@ids"), "2 fields"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_touched(ocreg, folder, words, said) -> None:
    (folder / "ids").write_text("A\n")
    code, _, err = ocreg("pull", *words, "--env", "local")
    assert code == 2
    assert said in err
    assert files() == ["ids"]


def test_times_and_ids_are_filled_in(keys, ocreg, folder) -> None:
    asked = []

    def step(request):
        asked.append(json.loads(body(request))["data"])
        name = "inboundOrderList"
        return http({"code": 0, "data": {name: []} if name in str(asked[-1]) or b"inbound" in request else []})

    (folder / "ids").write_text("\ufeffA\n\n  B \nA\n", "utf-8")
    with Server(by(step)) as server:
        where = ("--host", server.origin, "--fresh", "--out", "x.jsonl")
        assert (
            ocreg("pull", "inbound.list", "--since", "2026-01-01", "--until", "2026-01-02T08:00:00+08:00", *where)[0]
            == 0
        )
        assert ocreg("pull", "inbound.list", "--since", "12h", *where)[0] == 0
        assert ocreg("pull", "stock.movement", "--ids", "mfSkuList=@ids", *where)[0] == 0
        assert ocreg("pull", "inbound.detail", "--ids", "inboundNumberList=@ids", *where)[0] == 0
    assert asked[0] == {"startTime": "2026-01-01T00:00:00+0000", "endTime": "2026-01-02T00:00:00+0000"}
    assert asked[2:] == [{"mfSkuList": [{"mfSkuId": "A"}, {"mfSkuId": "B"}]}, {"inboundNumberList": ["A", "B"]}]


def test_days_ago_mean_the_same_when_it_goes_on(keys, ocreg, folder) -> None:
    asked, failing = [], [True]

    def step(request):
        asked.append(json.loads(body(request))["data"])
        rows = [{"inboundNumber": "A", "at": asked[-1]["startTime"]}]
        return (
            http(b"", 502) if failing[0] and len(asked) == 3 else http({"code": 0, "data": {"inboundOrderList": rows}})
        )

    with Server(by(step)) as server:
        words = ("pull", "inbound.list", "--since", "30d", "--host", server.origin, "--out", "x.jsonl")
        assert ocreg(*words)[0] == 3
        time.sleep(1.1)
        failing[0] = False
        assert ocreg(*words)[0] == 0
        assert asked[2] in asked[3:]
    found = [json.loads(line)["at"] for line in (folder / "x.jsonl").read_text().splitlines()]
    assert len(found) == len(set(found)) == 5


# Processes


def shell(*words, env=None, before="", **more):
    """Start a pull, after some code."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OCREG_")}
    environment.update(
        OCREG_RETRIES="0", OCREG_ENV="sandbox", OCREG_CLIENT_KEY="K", OCREG_SECRET_KEY="S", **(env or {})
    )
    code = f"{before}\nimport sys; from ocreg.cli.app import run; sys.exit(run(['pull', *sys.argv[1:]]))"
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **more,
    )


@pytest.mark.parametrize("out", ["rows.jsonl", "rows.csv"])
def test_a_pull_that_was_killed_goes_on(folder, out) -> None:
    killed = threading.Event()
    server, all_rows = paged(400, size=1, before=lambda page: page == 390 and not killed.wait(60))
    with server:
        words = ("stock.snapshot", UK, "pageSize:=1", "--host", server.origin, "--out", out)
        token, before = {"OCREG_ACCESS_TOKEN": "T"}, ""
        for _ in range(2):
            process = shell(*words, env=token, before="import ocreg.files.resumable as r; r.SECONDS = 0.05")
            until(lambda: _rows(folder / f"{out}.resume", before) > 0)  # noqa: B023
            process.kill()
            process.communicate()
            before = (folder / f"{out}.resume").read_text()
        assert not (folder / out).exists() or out == "rows.jsonl"
        killed.set()
        process = shell(*words, env=token)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert "resuming" in err
    rows = (folder / out).read_text().splitlines()
    found = [json.loads(r)["MFSKUID"] for r in rows] if out == "rows.jsonl" else [r.split(",")[0] for r in rows[1:]]
    assert found == all_rows
    assert files() == [out]


def _rows(file, before):
    """The rows that a way back speaks of, if it changed."""
    try:
        text = file.read_text()
    except FileNotFoundError:
        return 0
    return json.loads(text)["rows"] if text != before else 0


def test_ctrl_c_says_how_to_go_on(folder) -> None:
    there, go = threading.Event(), threading.Event()

    def before(page):
        if page == 4:
            there.set()
            go.wait(30)

    server, all_rows = paged(9, before=before)
    with server:
        words = ("stock.snapshot", UK, "pageSize:=2", "--host", server.origin, "--out", "rows.jsonl")
        process = shell(*words, env={"OCREG_ACCESS_TOKEN": "T"})
        assert there.wait(60)
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        go.set()
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "6 rows are in rows.jsonl; run the same command to resume" in err
        assert "Traceback" not in err
        process = shell(*words, env={"OCREG_ACCESS_TOKEN": "T"})
        assert "resuming" in process.communicate(timeout=60)[1]
    assert lines(folder / "rows.jsonl") == all_rows


def test_a_full_disk_is_said_and_can_be_gone_on_from(folder) -> None:
    server, all_rows = paged(4000, size=200)
    words = ("stock.snapshot", UK, "--host", server.origin, "--out", "rows.jsonl")

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, 70_000))

    with server:
        process = shell(*words, env={"OCREG_ACCESS_TOKEN": "T"}, preexec_fn=small)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "rows.jsonl cannot be written: File too large; earlier rows are kept" in err
        assert "Traceback" not in err
        process = shell(*words, env={"OCREG_ACCESS_TOKEN": "T"})
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert lines(folder / "rows.jsonl") == all_rows
    assert files() == ["rows.jsonl"]


def test_a_terminal_shows_a_bar(folder) -> None:
    pty = pytest.importorskip("pty")
    main, other = pty.openpty()
    server, _ = paged(9)
    with server:
        words = ("stock.snapshot", UK, "pageSize:=2", "--host", server.origin, "--out", "rows.jsonl")
        environment = {**os.environ, "OCREG_ENV": "sandbox", "OCREG_ACCESS_TOKEN": "T", "TERM": "xterm"}
        environment.update(OCREG_CLIENT_KEY="K", OCREG_SECRET_KEY="S")
        process = subprocess.Popen(
            [sys.executable, "-m", "ocreg", "pull", *words], stdout=subprocess.DEVNULL, stderr=other, env=environment
        )
        assert process.wait(60) == 0
    os.close(other)
    said = os.read(main, 1 << 16).decode()
    os.close(main)
    assert "stock.snapshot" in said
    assert "9 rows" in said


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+0800", "9999-12-31T23:59:59-0800"])
def test_moments_outside_the_calendar_are_refused(ocreg, folder, moment: str) -> None:
    words = ("--ids", "mfSkuList=@ids.txt")
    (folder / "ids.txt").write_text("OC1")
    code, _, err = ocreg("pull", "stock.movement", "--env", "local", "--out", "x.jsonl", "--since", moment, *words)
    assert code == 2
    assert f"--since {moment}: not a moment" in err


def test_what_cannot_be_written_is_said_before_anything_is_read(ocreg, folder) -> None:
    (folder / "there.csv").mkdir()
    for out, said in (("there.csv", "is a directory"), ("missing/x.csv", "cannot be written")):
        code, _, err = ocreg("pull", "warehouse.services", "--env", "local", "--out", out)
        assert code != 0
        assert said in err
        assert "to resume" not in err


# What the table looks like

COLUMNS = Flat(Registry()["stock.snapshot"]).names


def answering(*answers):
    """A server that gives these rows of stock, one answer after another, and what it was asked."""
    asked, waiting = [], list(answers)

    def step(request):
        asked.append(json.loads(body(request))["data"])
        return http({"code": 0, "data": {"SKUList": waiting.pop(0) if asked[-1]["pageNumber"] == 1 else []}})

    return Server(by(step)), asked


def pulled(ocreg, server, *words, out="rows.csv", code=0):
    found = ocreg("pull", "stock.snapshot", UK, "--host", server.origin, "--out", out, *words)
    assert found[0] == code, found[2]
    return Path(out).read_bytes().decode("utf-8") if Path(out).exists() else ""


@pytest.mark.parametrize("id", [id for id in Registry() if Registry()[id].effect == "read"])
def test_the_columns_are_those_of_the_file_whatever_comes(id) -> None:
    flat.write(list, out := io.StringIO(), Flat(Registry()[id]))
    names = next(csv.reader([out.getvalue()]), [])
    assert names == Flat(Registry()[id]).names
    assert len(set(names)) == len(names)
    flat.write(lambda: [{"extra": 1}], more := io.StringIO(), Flat(Registry()[id]))
    assert next(csv.reader(more.getvalue().splitlines())) == [*names, "extra"]


def test_the_header_is_there_without_rows_and_extras_come_behind(keys, ocreg, folder) -> None:
    server, _ = answering([], [{"zeta": "z", "mfskuid": "OC1", "available": 3}])
    with server:
        assert pulled(ocreg, server).splitlines() == [",".join(COLUMNS)]
        (row,) = csv.DictReader(io.StringIO(pulled(ocreg, server, "--fresh")))
    assert list(row) == [*COLUMNS, "zeta"]
    assert (row["MFSKUID"], row["available"], row["zeta"]) == ("OC1", "3", "z")


def test_a_described_list_is_lines_and_null_is_no_column() -> None:
    shape = Flat(Registry()["outbound.query"])
    rows = [
        {"orderNumber": "A", "trackingNumberList": [{"trackingNumber": "T1"}, {"trackingNumber": "T2"}]},
        {"orderNumber": "B", "trackingNumberList": None},
        {"orderNumber": "C", "trackingNumberList": [], "other": [{"a": 1}, {"a": 2}]},
    ]
    flat.write(lambda: rows, out := io.StringIO(), shape)
    found = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert list(found[0]) == [*shape.names, "other"]
    assert [(row["orderNumber"], row["trackingNumberList.trackingNumber"]) for row in found] == [
        ("A", "T1"), ("A", "T2"), ("B", ""), ("C", "")
    ]  # fmt: skip
    assert found[3]["other"] == '[{"a":1},{"a":2}]'


def test_flat_rows_in_python_are_what_pull_writes(ocreg, folder) -> None:
    box = sandbox()  # one for both: the moments of its orders are those of its start
    with box, Client("local", host=box.url) as client, client.iterate("outbound.query", {}) as rows:
        lines = list(rows.flat())
        assert ocreg("pull", "outbound.query", "--env", "local", "--host", box.url, "--out", "orders.csv")[0] == 0
    names = [*Flat(Registry()["outbound.query"]).names]
    assert all(list(line)[: len(names)] == names for line in lines)
    with Path("orders.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert len(lines) == len(written) > 2
    cells = [{name: table.Writer(io.StringIO()).cell(value) for name, value in line.items()} for line in lines]
    assert [{name: row[name] for name in names} for row in written] == [
        {name: row[name] for name in names} for row in cells
    ]


def test_a_mark_for_excel_and_formulas_without_harm(keys, ocreg, folder) -> None:
    row = {"MFSKUID": '=HYPERLINK("http://x")', "available": -5, "@extra": "-5", "a": "+1", "b": "\tx", "c": "5-1"}
    server, _ = answering([row], [row], [row])
    with server:
        plain = pulled(ocreg, server)
        marked = pulled(ocreg, server, "--fresh", "--bom")
        safe = pulled(ocreg, server, "--fresh", "--excel")
        assert "for --out FILE.csv" in ocreg("pull", "stock.snapshot", UK, "--out", "x.jsonl", "--bom")[2]
    assert marked == "\ufeff" + plain
    (found,) = csv.DictReader(io.StringIO(safe.removeprefix("\ufeff")))
    assert {name: found[name] for name in ("MFSKUID", "available", "'@extra", "a", "b", "c")} == {
        **{"MFSKUID": "'" + row["MFSKUID"], "available": "-5", "'@extra": "'-5", "a": "'+1", "b": "'\tx", "c": "5-1"}
    }


@pytest.mark.parametrize("out", ["rows.jsonl", "rows.csv"])
def test_rows_are_added_behind_those_that_are_there(keys, ocreg, folder, out) -> None:
    batches = [[{"MFSKUID": f"OC{n}", **({"new": "x" * 200_000} if n == 2 else {})}] for n in range(4)]
    server, _ = answering(*batches)
    with server:
        for count in range(1, 5):
            text = pulled(ocreg, server, "--append", *(["--fresh"] if count == 4 else []), out=out)
            if out == "rows.csv":
                found = [row[0] for row in table.kept(io.StringIO(text))][1:]
                assert text.splitlines()[0] == ",".join([*COLUMNS, *(["new"] if count > 2 else [])])
            else:
                found = [json.loads(line)["MFSKUID"] for line in text.splitlines()]
            assert found == [f"OC{n}" for n in range(count)]
    assert files() == [out]


@pytest.mark.parametrize("out", ["rows.jsonl", "rows.csv"])
@pytest.mark.parametrize("fresh", [False, True])
def test_what_was_half_added_is_gone_on_with_or_begun_anew(keys, ocreg, folder, out, fresh) -> None:
    failing = [True]
    server, all_rows = paged(9, before=lambda page: http(b"", 502) if page == 4 and failing[0] else None)
    words = ("pull", "stock.snapshot", UK, "pageSize:=2", "--host", server.origin, "--out", out, "--append")
    old = {"rows.jsonl": '{"MFSKUID":"old"}\n', "rows.csv": "mine,MFSKUID\n1,old\n"}[out]
    Path(out).write_text(old)
    with server:
        assert ocreg(*words)[0] == 3
        failing[0] = False
        code, _, err = ocreg(*words, *(["--fresh"] if fresh else []))
        assert code == 0, err
    text = Path(out).read_text()
    found = lines(Path(out)) if out == "rows.jsonl" else [row["MFSKUID"] for row in csv.DictReader(io.StringIO(text))]
    assert found == ["old", *all_rows]
    assert out == "rows.jsonl" or text.startswith("mine,MFSKUID,")
    assert files() == [out]


@pytest.mark.parametrize("out", ["x.jsonl", "x.csv"])
def test_an_end_that_was_cut_short_adds_nothing_twice(folder, out) -> None:
    Path(out).write_text('{"a":0}\n' if out == "x.jsonl" else "a\n0\n")
    begun = landing.ResumableFile(folder / out, "q", {}, fresh=False, append=True)
    begun.add({"a": 1})
    begun.keep("T", 1)

    def killed():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begun.finish(complete=killed)
    begun.close()
    again = landing.ResumableFile(folder / out, "q", {}, fresh=False, append=True)
    assert again.state.rows == 1
    again.finish()
    assert Path(out).read_text().split() == (['{"a":0}', '{"a":1}'] if out == "x.jsonl" else ["a", "0", "1"])
    assert files() == [out]


def test_what_cannot_be_added_to_is_left_alone(folder) -> None:
    Path("x.jsonl").write_text('{"a":0}')
    Path("x.csv").write_text('a\n"b')
    for out, said in (("x.jsonl", "does not end with a complete line"), ("x.csv", "because pull did not write it")):
        before = Path(out).read_text()
        with pytest.raises(landing.Refused, match=said):
            landing.ResumableFile(folder / out, "q", {}, fresh=False, append=True)
        assert Path(out).read_text() == before


@pytest.mark.parametrize("out", ["rows.jsonl", "rows.csv"])
def test_links_and_modes_are_kept_and_planted_links_not_followed(keys, ocreg, folder, out) -> None:
    (folder / "there").mkdir()
    real, precious = folder / "there" / "real", folder / "precious"
    real.write_text("old\n")
    real.chmod(0o600)
    precious.write_text("mine")
    Path(out).symlink_to(real)
    for name in (f"{out}.resume.tmp", "there/real.tmp"):
        (folder / name).symlink_to(precious)
    server, _ = answering([{"MFSKUID": "OC1"}])
    with server:
        text = pulled(ocreg, server, "--fresh", out=out)
    assert "OC1" in text
    assert Path(out).is_symlink()
    assert real.read_text() == text
    assert real.stat().st_mode & 0o777 == 0o600
    assert precious.read_text() == "mine"


@pytest.mark.parametrize("name", ["rows.csv.rows", "rows.csv.resume"])
def test_a_link_in_the_place_of_our_own_files_is_refused(keys, ocreg, folder, name) -> None:
    Path("precious").write_text("mine")
    Path(name).symlink_to("precious")
    code, _, err = ocreg("pull", "outbound.query", "--env", "local", "--out", "rows.csv", "--fresh")
    assert code == 2
    assert "symbolic link" in err
    assert Path("precious").read_text() == "mine"


def test_since_last_goes_on_where_the_last_complete_one_ended(keys, ocreg, folder, monkeypatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    asked, failing = [], [False]

    def step(request):
        asked.append(json.loads(body(request))["data"])
        return http(b"", 502) if failing[0] else http({"code": 0, "data": []})

    monkeypatch.setenv("OCREG_RETRIES", "0")
    with Server(by(step)) as server:

        def pull(*words, code=0):
            found = ocreg("pull", "outbound.query", "--host", server.origin, "--out", "x.jsonl", "--append", *words)
            assert found[0] == code, found[2]
            return found[2]

        assert "start with a day, as in --since 2025-01-01" in pull("--since", "last", code=2)
        pull("--since", "2026-01-01", "--until", "2026-01-05")
        failing[0] = True
        pull("--since", "last", "--until", "2026-01-07", code=3)
        meant = json.loads(Path("x.jsonl.resume").read_text())["meant"]
        assert meant == {"startTime": 1767571200, "endTime": 1767744000}
        failing[0] = False
        pull("--since", "last", "--until", "2026-01-07")
        pull("--since", "last")
        failing[0] = True
        pull("--since", "last", code=3)
        assert set(json.loads(Path("x.jsonl.resume").read_text())["meant"]) == {"startTime", "endTime"}
        failing[0] = False
        pull("--since", "last")
        assert "no record of a complete pull" in pull("--since", "last", "orderStatus=Other", code=2)  # another query
    starts = [data["startTime"] for data in asked]
    assert starts[:4] == [f"2026-01-0{day}T00:00:00+0000" for day in (1, 5, 5, 7)]
    assert starts[4] == asked[3]["endTime"]


def test_a_place_that_cannot_be_noted_loses_nothing(ocreg, folder, monkeypatch) -> None:
    (folder / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "file"))
    code, _, err = ocreg("pull", "outbound.query", "--env", "local", "--out", "x.jsonl", "--since", "30d")
    assert code == 0
    assert "not recorded for --since last" in err
    assert Path("x.jsonl").exists()
