"""What `ocreg export` writes, given to the real tools: they read it, serve it, and run it against the sandbox."""

import json
import socket
import subprocess
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

import ocreg
from ocreg import Client, Registry
from ocreg.cli.export import command
from ocreg.interchange import specification
from ocreg.registry.files import shipped_ids
from tests import npm, pypi
from tests.children import until

KEYS = {"client_key": "demo-client-key", "secret_key": "demo-secret-key", "access_token": "any"}


@pytest.fixture(scope="module", autouse=True)
def shipped_only():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OCREG_ENDPOINTS", raising=False)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exported")


@pytest.fixture(scope="module")
def openapi(folder):
    return exported(folder, "openapi")


@pytest.fixture
def box():
    """Each test has a world of its own: in another's its orders may be cancelled already."""
    with ocreg.sandbox(seed=1) as running:
        yield running


def exported(folder, form):
    file = folder / f"{form}.json"
    result = CliRunner().invoke(command, [form, "--out", str(file)], standalone_mode=False)
    assert result.return_value == 0, result.output
    return file


def run(*words, code=0):
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=False, timeout=200)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def fuzzed(document, folder, box, count=4):
    """What schemathesis says of a document and the sandbox, with so many examples a side and operation."""
    program, file = Path(__file__).with_name("fuzzing.py"), folder / "fuzzed.json"
    file.write_text(json.dumps(document), "utf-8")
    return json.loads(run(*pypi.command("python"), str(program), str(file), box.url, str(count)))


def test_the_openapi_document_is_valid(openapi) -> None:
    assert "OK" in run(*pypi.command("openapi-spec-validator"), "--schema", "3.1", str(openapi))


def test_the_validator_would_object(openapi, folder) -> None:
    broken = folder / "broken.json"
    broken.write_text(openapi.read_text("utf-8").replace('"responses"', '"answers"', 1), "utf-8")
    run(*pypi.command("openapi-spec-validator"), "--schema", "3.1", str(broken), code=1)


def test_typescript_compiles_the_types_that_are_made_of_it(openapi, folder) -> None:
    types, use = folder / "types.ts", folder / "use.ts"
    run(*npm.command("openapi-typescript"), str(openapi), "--output", str(types))
    use.write_text(
        'import type { components, operations } from "./types";\n'
        'type Order = components["schemas"]["OutboundCreateData"][number];\n'
        'type Answer = operations["outbound_create"]["responses"][200]["content"]["application/json"];\n'
        'export const order: Order = { consigneeName: "A", consigneeAddress1: "B", consigneeCountryCode: "GB" };\n'
        "// @ts-expect-error: the name is missing\n"
        'export const nobody: Order = { consigneeAddress1: "B", consigneeCountryCode: "GB" };\n'
        "export const number = (a: Answer) => 'data' in a ? a.data?.[0]?.orderNumber : a.message;\n",
        "utf-8",
    )
    run(*npm.command("typescript", "tsc"), "--noEmit", "--strict", "--skipLibCheck", str(use))


def test_pydantic_reads_and_refuses_by_the_models_that_are_made_of_it(openapi, folder) -> None:
    words = ["--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel", "--formatters", "builtin"]
    run(*pypi.command("datamodel-codegen"), "--input", str(openapi), "--output", str(folder / "models.py"), *words)
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r})\n"
        "import models, pydantic\n"
        "order = {'consigneeName': 'A', 'consigneeAddress1': 'B', 'consigneeCountryCode': 'GB'}\n"
        "models.OutboundCreateData.model_validate([order])\n"
        "try:\n    models.OutboundCreateData.model_validate([{**order, 'consigneeCountryCode': 'GBR'}])\n"
        "except pydantic.ValidationError as error:\n    print(error.errors()[0]['type'])\n"
    )
    assert run(*pypi.command("python"), "-c", code).strip() == "string_too_long"


def test_schemathesis_finds_nothing_in_the_sandbox(openapi, folder, box) -> None:
    found = fuzzed(json.loads(openapi.read_text("utf-8")), folder, box)
    assert found["findings"] == []
    sides = {key.partition(" ")[0] for key in found["counts"]}
    assert len(sides) == 25, "an operation was left out"
    assert sum(found["counts"].values()) > 170


@pytest.mark.parametrize(("change", "side"), [("required", "positive"), ("maxLength", "negative")])
def test_schemathesis_would_find_a_document_that_is_wider_or_narrower(change, side, folder, box) -> None:
    document = specification.document([Registry([])["outbound.cancel"]])
    data = document["components"]["schemas"]["OutboundCancelData"]
    if change == "required":
        del data["required"]
    else:
        data["properties"]["cancelReason"] = {"type": "string", "maxLength": 1}
        data["required"].append("cancelReason")
    found = fuzzed(document, folder, box, 12)["findings"]
    assert {finding[1] for finding in found} == {side}


def test_newman_runs_the_whole_collection(folder, box) -> None:
    file, report = exported(folder, "postman"), folder / "newman.json"
    given = {"host": box.url, "clientKey": KEYS["client_key"], "secretKey": KEYS["secret_key"]}
    given |= {"refreshToken": "demo-refresh-token", "code": "demo-authorization-code"}
    variables = [word for pair in given.items() for word in ("--env-var", "=".join(pair))]
    run(*npm.command("newman"), "run", str(file), *variables, "-r", "json", "--reporter-json-export", str(report))
    stats = json.loads(report.read_text("utf-8"))["run"]["stats"]
    ready = [e for e in map(Registry([]).__getitem__, shipped_ids()) if e.path and e.caller != "vendor"]
    assert stats["assertions"] == {"total": len(ready), "pending": 0, "failed": 0}
    assert stats["requests"]["total"] == len(ready) + 1, "the token is fetched once"


def test_newman_tells_a_refusal_from_a_success(folder, box) -> None:
    file, report = exported(folder, "postman"), folder / "refused.json"
    given = {"host": box.url, "clientKey": KEYS["client_key"], "secretKey": "another", "accessToken": "unknown"}
    variables = [word for pair in given.items() for word in ("--env-var", "=".join(pair))]
    words = ["--folder", "warehouse", "-r", "json", "--reporter-json-export", str(report)]
    run(*npm.command("newman"), "run", str(file), *variables, *words, code=1)
    failures = json.loads(report.read_text("utf-8"))["run"]["failures"]
    assert "expected 1 to equal +0" in failures[0]["error"]["message"]


@pytest.fixture(scope="module")
def prism(openapi, folder):
    """Prism's URL; it serves paths without their servers' bases, so they are put in front."""
    document = json.loads(openapi.read_text("utf-8"))
    document["paths"] = {
        (path if "servers" in item else f"/openapi{path}"): item for path, item in document["paths"].items()
    }
    file = folder / "for-prism.json"
    file.write_text(json.dumps(document), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [*npm.command("@stoplight/prism-cli", "prism"), "mock", "-p", str(port), "-h", "127.0.0.1", str(file)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until(lambda: process.poll() is not None or listening(port))
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def listening(port):
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.filterwarnings("ignore::ocreg.notices.OtherRowsWarning")  # an example is not about what was asked for
def test_our_client_passes_against_prism(prism) -> None:
    """Prism checks each request against the document, and answers with its first example."""
    called = 0
    with Client("local", host=prism, **KEYS) as client:
        for endpoint in map(Registry([]).__getitem__, shipped_ids()):
            if not endpoint.path or endpoint.caller != "client":
                continue
            shown = [example["body"] for example in endpoint.examples.get("response", ())]
            good = [body for body in shown if body.get("code") == 0]
            echoed = good[0].get("messageId") if good else "example-message"
            for example in endpoint.examples.get("request") or [{}]:
                data = without_own_numbers(endpoint, example.get("data"))
                client.call(endpoint.id, data, query=example.get("query"), message_id=echoed)
                called += 1
    assert called > 30, "examples are missing"


def without_own_numbers(endpoint, data):
    """Orders that the client cannot miss in an answer that is about others."""
    key = endpoint.confirm.get("key")
    return [{k: v for k, v in item.items() if k != key} for item in data] if isinstance(data, list) else data


def test_prism_refuses_by_the_document_what_ocreg_refuses(prism) -> None:
    url, headers = f"{prism}/openapi/3pp/outbound/v1/creation", {"clientKey": "a", "vAuthorization": "b"}
    order = {"consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}
    for change, status in ({}, 200), ({"consigneeCountryCode": "GBR"}, 422), ({"orderPlatform": "ebay"}, 422):
        sent = {"data": [{**order, **change}]}
        reply = requests.post(url, json=sent, headers={**headers, "Access-Token": "Bearer c"}, timeout=20)
        assert reply.status_code == status, reply.text
    assert requests.post(url, json=sent, headers=headers, timeout=20).status_code == 401
