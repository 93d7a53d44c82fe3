"""The command, run as its users run it."""

import json
import os
import signal
import subprocess
import sys

import pytest

import ocreg as package
from ocreg.cli import arguments
from ocreg.cli.app import run
from tests.children import until

WHEN = "cancelTime=2025-06-17T10:10:10+0800"
NUMBER = "orderNumber=OCO2000023303105GB"


@pytest.fixture
def ocreg(capsys, monkeypatch):
    """Run the command in this process: exit code, standard output, standard error."""

    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ocreg", *words])
        code = run(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return command


def shell(*words: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "ocreg", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=90, env={**os.environ, **environment}, check=False
    )


def test_list_names_every_operation(ocreg) -> None:
    code, out, _ = ocreg("list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == [
        row["id"] for row in json.loads(ocreg("list", "--json")[1])
    ]
    assert "outbound.cancel" in out


def test_show_says_what_is_known_and_what_is_not(ocreg) -> None:
    code, out, _ = ocreg("show", "outbound.cancel")
    assert code == 0
    for words in (
        "POST /3pp/outbound/v1/cancel",
        "orderNumber",
        "oc-date-time",
        "参数错误",
        "Evidence: documented",
        "Not known",
    ):
        assert words in out
    assert json.loads(ocreg("show", "outbound.cancel", "--json")[1])["effect"] == "cancel"


def test_show_gives_nested_fields_their_path(ocreg) -> None:
    out = ocreg("show", "outbound.create")[1]
    assert "  productList" in out
    assert "    skuQuantity" in out
    assert "maxLength 200" in out


def test_plan_shows_the_request_and_sends_nothing(ocreg) -> None:
    code, out, _ = ocreg("plan", "outbound.cancel", NUMBER, WHEN)
    assert code == 0
    assert "POST https://openapi-stage-hk.orangeconnex.com/openapi/3pp/outbound/v1/cancel" in out
    assert "missing setting: client_key (OCREG_CLIENT_KEY)" in out
    assert "curl -X POST" in out


def test_plan_of_an_invalid_payload_is_exit_2(ocreg) -> None:
    code, _, err = ocreg("plan", "outbound.cancel", NUMBER)
    assert code == 2
    assert "cancelTime: required, but missing" in err
    code, out, _ = ocreg("plan", "outbound.cancel", NUMBER, "--json")
    assert code == 2
    assert json.loads(out)["violations"][0]["where"] == "cancelTime"


def test_call_prints_the_whole_answer(ocreg) -> None:
    code, out, _ = ocreg("call", "outbound.cancel", NUMBER, WHEN, "--env", "local", "--json", "--message-id", "m-1")
    assert (code, json.loads(out)) == (0, {"code": 0, "message": "Success", "messageId": "m-1"})


def test_verbose_shows_the_request_with_secrets_masked(ocreg) -> None:
    code, out, _ = ocreg("call", "outbound.cancel", NUMBER, WHEN, "--env", "local", "-v")
    assert code == 0
    assert "> POST http://localhost/openapi/3pp/outbound/v1/cancel" in out
    assert "> vAuthorization: ***" in out
    assert "demo-client-key" not in out
    assert "demo-secret-key" not in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("call", "outbound.cancel", "orderNumber=OCO0000000000000GB", WHEN, "--env", "local"), 1, "sandbox.unknown"),
        (("call", "outbound.cancel", NUMBER, "--env", "local"), 2, "cancelTime: required"),
        (("call", "outbound.cancle", NUMBER), 2, "did you mean outbound.cancel"),
        (("call", "outbound.cancel", NUMBER, WHEN), 2, "OCREG_CLIENT_KEY"),
        (("call", "outbound.query", "--env", "local", "--host", "http://127.0.0.1:9"), 3, "no connection"),
        (("call", "outbound.cancel", "orderNumber"), 2, "must be field=text"),
        (("call", "outbound.cancel", "a:=b"), 2, "is not JSON"),
        (("call", "outbound.cancel", "--data", "@/nowhere.json"), 2, "No such file"),
        (("call", "outbound.cancel", "--data", "{"), 2, "--data is not JSON"),
        (("cal",), 2, "Did you mean 'call'?"),
        (("call", "outbound.query", "--env", "mars"), 2, "mars"),
    ],
)
def test_exit_codes(ocreg, words: tuple, code: int, said: str) -> None:
    result = ocreg(*words)
    assert result[0] == code, result
    assert said in result[2]
    assert "Traceback" not in result[2]


def test_errors_are_json_with_json(ocreg) -> None:
    _, _, err = ocreg("call", "outbound.cancel", "orderNumber=x", WHEN, "--env", "local", "--json")
    error = json.loads(err)
    assert (error["error"], error["happened"], error["code"]) == ("ApiError", "no", 3)


def test_an_effect_on_production_needs_yes(ocreg, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_CLIENT_KEY", "k")
    monkeypatch.setenv("OCREG_SECRET_KEY", "s")
    monkeypatch.setenv("OCREG_ACCESS_TOKEN", "t")
    words = ("call", "outbound.cancel", NUMBER, WHEN, "--env", "production", "--host", "http://127.0.0.1:9")
    code, _, err = ocreg(*words)
    assert code == 2
    assert "add --yes" in err
    assert ocreg(*words, "--yes")[0] == 3  # it was tried: nobody listens there
    read = ("call", "outbound.query", "--env", "production", "--host", "http://127.0.0.1:9")
    assert ocreg(*read)[0] == 3


def test_data_comes_from_a_file_or_standard_input_and_keeps_its_digits(ocreg, tmp_path, monkeypatch) -> None:
    order = '[{"consigneeName":"A","consigneeAddress1":"B","consigneeCountryCode":"GB","productList":[{"declaredValue":19.90}]}]'
    file = tmp_path / "order.json"
    file.write_text(order)
    code, out, _ = ocreg("call", "outbound.create", "--data", f"@{file}", "--env", "local", "--json")
    assert (code, json.loads(out)["code"]) == (0, 0)
    assert piped(order.encode()).returncode == 0


def piped(data: bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """An order on standard input of a process of its own."""
    words = ["plan", "outbound.create", "--data", "-", "--env", "local", "--json"]
    return subprocess.run(
        [sys.executable, "-m", "ocreg", *words],
        input=data,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize("encoding", ["gbk", "latin-1"])
def test_data_on_standard_input_is_utf8_whatever_the_locale(encoding) -> None:
    order = {"serviceRegion": "中国", "consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}
    data = json.dumps([order], ensure_ascii=False).encode()
    done = piped(data, PYTHONIOENCODING=f"{encoding}:backslashreplace", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.decode(encoding))
    assert "中国" in json.dumps(said, ensure_ascii=False)
    bad = piped("中".encode("gbk"))
    assert bad.returncode == 2
    assert b"--data -: 'utf-8' codec can't decode" in bad.stderr


def test_query_words_and_nested_words(ocreg) -> None:
    code, out, _ = ocreg(
        "call", "oauth.authorize", "redirect_uri==https://erp.example.com/oc", "state==u", "--env", "local", "--json"
    )
    assert code == 0
    assert "state=u" in json.loads(out)["url"]
    window = ('orderNumberList:=[{"orderNumber":"OCO2000023303105GB"}]',)
    assert len(json.loads(ocreg("call", "outbound.query", *window, "--env", "local", "--json")[1])["data"]) == 1


def test_no_colour_in_a_pipe() -> None:
    for words in (("list",), ("show", "outbound.cancel"), ("call", "outbound.cancel", NUMBER, "--env", "local")):
        done = shell(*words)
        assert "\x1b" not in done.stdout + done.stderr


def test_colour_on_a_terminal_unless_no_color() -> None:
    import pty

    def on_a_terminal(**environment: str) -> bytes:
        parent, child = pty.openpty()
        command = [sys.executable, "-m", "ocreg", "list"]
        env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", **environment}
        process = subprocess.Popen(command, stdout=child, stderr=child, env=env)
        os.close(child)
        text = b""
        while True:
            try:
                part = os.read(parent, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not part:
                break
            text += part
        process.wait(timeout=60)
        os.close(parent)
        return text

    assert b"\x1b[32m" in on_a_terminal()
    assert b"\x1b[32m" not in on_a_terminal(NO_COLOR="1")


def test_help_loads_neither_requests_nor_jsonschema() -> None:
    code = "import sys; from ocreg.cli.app import run; run(['--help']); print(sorted(m for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for module in ("requests", "jsonschema", "jsonschema_rs", "yaml", "rich", "urllib3"):
        assert f"'{module}'" not in done.stdout


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion(name: str) -> None:
    assert "_OCREG_COMPLETE" in shell("completion", name).stdout


def test_the_shell_completes_operation_ids() -> None:
    done = shell(_OCREG_COMPLETE="bash_complete", COMP_WORDS="ocreg call outbound.c", COMP_CWORD="2")
    assert {"plain,outbound.cancel", "plain,outbound.create"} <= set(done.stdout.split())


def test_without_click_the_command_says_what_to_install() -> None:
    code = "import sys; sys.modules['click'] = None; from ocreg.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'ocreg[cli]'" in done.stderr


def test_the_whole_story_from_the_shell_against_one_sandbox() -> None:
    from tests.sandbox.test_sandbox_http import Served

    served = Served()
    try:
        settings = {"OCREG_ENV": "local", "OCREG_HOST": served.url}

        def ocreg(*words: str) -> dict:
            done = shell("call", *words, "--json", **settings)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

        order = '[{"referenceNumber":"S1","consigneeName":"Test Person","consigneeAddress1":"1 Example Road","consigneeCountryCode":"GB"}]'
        number = ocreg("outbound.create", "--data", order)["data"][0]["orderNumber"]
        query = f'orderNumberList:=[{{"orderNumber":"{number}"}}]'
        assert ocreg("outbound.query", query)["data"][0]["orderStatus"] == "Submitted"
        assert ocreg("outbound.cancel", f"orderNumber={number}", WHEN)["code"] == 0
        assert ocreg("outbound.query", query)["data"][0]["orderStatus"] == "Cancelled"
        assert shell("call", "outbound.cancel", f"orderNumber={number}", WHEN, **settings).returncode == 1
    finally:
        served.stop()


def test_ctrl_c_during_a_call_does_not_claim_that_nothing_was_sent() -> None:
    with package.sandbox(faults=["delay:outbound.create:seconds=60"], empty=True) as box:
        order = {"referenceNumber": "A", "consigneeName": "B", "consigneeAddress1": "C", "consigneeCountryCode": "GB"}
        words = ["call", "outbound.create", "--data", json.dumps([order]), "--env", "local", "--host", box.url]
        command = [sys.executable, "-m", "ocreg", *words]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until(lambda: box.sandbox.records.all("outbound"))
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
        assert len(box.sandbox.records.all("outbound")) == 1
    assert running.returncode == 3
    assert "the outcome of a request that was under way is unknown" in said
    assert "nothing was sent" not in said


WORDS_INSIDE = {
    "a field of a field": (["a.b=1", "a.c:=2"], {"a": {"b": "1", "c": 2}}),
    "a list's item": (["l[0]=x", "l[1]:=null"], {"l": ["x", None]}),
    "fields of items": (["l[0].x=1", "l[0].y=2", "l[1].x=3"], {"l": [{"x": "1", "y": "2"}, {"x": "3"}]}),
    "a payload that is a list": (["[0].x=1", "[1].x=2"], [{"x": "1"}, {"x": "2"}]),
    "a list in a list": (["l[0][0]=1", "l[0][1]=2"], {"l": [["1", "2"]]}),
    "again": (["l[0]=1", "l[0]=2"], {"l": ["2"]}),
    "brackets that hold no number": (["a[x]=1", "b[]=2"], {"a[x]": "1", "b[]": "2"}),
}


@pytest.mark.parametrize(("words", "payload"), WORDS_INSIDE.values(), ids=WORDS_INSIDE)
def test_words_reach_inside_objects_and_lists(words: list[str], payload: object) -> None:
    assert arguments.read(tuple(words), None) == (payload, {})


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["l[1]=x"], "l[1]: list items must be in order; [0] is next"),
        (["l[0]=x", f"l[{10**20}].y=x"], f"l[{10**20}].y: list items must be in order; [1] is next"),
        (["l=x", "l[0]=y"], "l[0]: l already has a value of another type"),
        (["l[0]=x", "l[0].y=z"], "l[0].y: 0 already has a value of another type"),
        (["[0]=x", "a=y"], "a: the payload already has a value of another type"),
    ],
)
def test_words_that_contradict_each_other_are_refused(ocreg, words: list[str], why: str) -> None:
    code, _, err = ocreg("call", "outbound.query", *words, "--env", "local")
    assert code == 2
    assert why in err


def test_an_answers_number_can_be_typed_where_errors_say_that_it_goes(ocreg) -> None:
    code, out, _ = ocreg(
        "call", "outbound.query", "orderNumberList[0].orderNumber=OCO2000023303105GB", "--env", "local", "--json"
    )
    assert code == 0
    assert [row["orderNumber"] for row in json.loads(out)["data"]] == ["OCO2000023303105GB"]
