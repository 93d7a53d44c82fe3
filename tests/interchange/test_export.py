"""`ocreg export`: what the documents say, that nothing secret is in them, and that an import gives back the meaning."""

import json
import re
from datetime import datetime

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ocreg import Registry, UnknownOperation
from ocreg.cli.export import command
from ocreg.diff import compare, revisions
from ocreg.interchange import bundle, collection, marks, proposals, specification
from ocreg.registry import schema as formats
from ocreg.registry.files import shipped_ids

SHIPPED = [Registry([])[id] for id in shipped_ids()]
EXPORTED = [endpoint for endpoint in SHIPPED if endpoint.path or endpoint.caller == "vendor"]
HOST = "{sandbox: 'https://openapi-test.orangeconnex.com/v9', production: 'https://openapi-live.orangeconnex.com/v9'}"
HEAD = f"method: POST\nhost: {HOST}\neffect: update\nevidence: {{status: partial}}\n"


@pytest.fixture(scope="module")
def openapi():
    return specification.document(SHIPPED)


def own(folder, **files):
    """A registry with files of one's own: `group__name="path: ..."`."""
    for id, text in files.items():
        file = folder.joinpath(*id.split("__")).with_suffix(".yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"summary: An operation of one's own.\n{text}", "utf-8")
    return Registry([folder])


def of(registry, *ids):
    return specification.document([registry[id] for id in ids])


def read_back(document, folder, registry):
    """The proposals that an import makes of a document, by id; nothing is refused."""
    file = folder / "exported.json"
    file.write_text(json.dumps(document), "utf-8")
    proposer = proposals.Proposer(registry)
    source = proposer.read(file)
    made, more = proposals.all_of([(operation, source.secrets) for operation in source.operations], proposer)
    assert source.refused + more == []
    return {proposal.id: proposal for proposal in made}


def nothing(folder):
    (folder / "nothing").mkdir()
    return revisions.Alone(folder / "nothing")


def changes(folder, endpoint, text):
    """What `ocreg diff` says of a file in the place of an operation's."""
    file = folder.joinpath("back", *endpoint.id.split(".")).with_suffix(".yaml")
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")
    again = revisions.Alone(folder / "back")[endpoint.id]
    old, new = compare.meaning(endpoint), compare.meaning(again)
    assert (old == new) == (list(compare.compare(endpoint.id, old, new)) == [])
    return list(compare.compare(endpoint.id, old, new))


# The fixed point


@pytest.fixture(scope="module")
def back(openapi, tmp_path_factory):
    folder = tmp_path_factory.mktemp("back")
    return read_back(openapi, folder, nothing(folder))


@pytest.mark.parametrize("endpoint", EXPORTED, ids=lambda e: e.id)
def test_an_import_of_the_export_gives_back_the_meaning(endpoint, back, tmp_path) -> None:
    assert changes(tmp_path, endpoint, back[endpoint.id].text) == []


def test_over_the_registry_itself_an_import_has_nothing_to_say(openapi, tmp_path) -> None:
    found = read_back(openapi, tmp_path, Registry([]))
    assert found.keys() == {endpoint.id for endpoint in EXPORTED}
    assert [proposal.text for proposal in found.values() if proposal.text] == []


def test_what_was_changed_in_the_document_comes_back_as_a_change(openapi, tmp_path) -> None:
    changed = json.loads(json.dumps(openapi))
    fields = changed["components"]["schemas"]["OutboundCreateData"]["items"]["properties"]
    fields["remarks"] = {"description": "A remark.", "type": "string", "maxLength": 9}
    operation = changed["paths"]["/3pp/outbound/v1/creation"]["post"]
    operation["x-ocreg-limits"]["items"] = 49
    (tmp_path / "alone").mkdir()
    text = read_back(changed, tmp_path, nothing(tmp_path / "alone"))["outbound.create"].text
    said = [change.path for change in changes(tmp_path, Registry([])["outbound.create"], text)]
    assert said == ["limits.items", "data.[].remarks"]


ODD = (
    """\
path: /3pp/odd/v1/{name}
api_version: '3.0'
errors_with_data: true
token: returns_access_token
path_parameters: {required: [name], properties: {name: {description: A name., type: string, maxLength: 9}}}
query:
  additionalProperties: false
  anyOf: [{required: [a]}, {required: [b]}]
  properties:
    a: {description: One., type: string, format: decimal, pattern: '^[0-9]+$', x-encoded: twice}
    b: {description: Other., enum: [x, y]}
data:
  $ref: '#/$defs/node'
response:
  type: object
  required: [sure]
  properties:
    sure: {description: There always., type: [string, 'null']}
    kind: {description: Null counts., type: [string, 'null'], enum: [a, null]}
    other: {description: Null is absent., enum: [a, b]}
    any: {description: Anything.}
    tree: {description: A tree., $ref: '#/$defs/node'}
$defs:
  node:
    type: object
    properties:
      a-word: {description: A word., type: string, minLength: 1, x-instead-of: {aWord: so says the table}}
      day: {description: A day., type: string, format: oc-date, x-hint: with an offset}
      inner: {description: More of it., type: array, items: {$ref: '#/$defs/node'}}
      strict: {description: One more., $ref: '#/$defs/node', required: [day]}
    if: {required: [day]}
    then: {not: {required: [inner]}}
    x-unknown: allow
errors: {'7': something is odd, '8': {meaning: there is none of it, category: absent}}
limits: {items: 3, rate: {calls: 1, seconds: 2}}
examples: {request: [{path: {name: a-name}, query: {a: '1'}, data: {a-word: x}}]}
"""
    + HEAD
)


def test_what_no_shipped_file_has_comes_back_too(tmp_path) -> None:
    registry = own(tmp_path / "own", odd__thing=ODD)
    document = of(registry, "odd.thing")
    assert document["servers"][0] == {
        **{
            "url": "https://openapi-test.orangeconnex.com/v9",
            "description": "Sandbox",
            "x-ocreg-environment": "sandbox",
        }
    }
    parameters = document["paths"]["/3pp/odd/v1/{name}"]["post"]["parameters"]
    assert [parameter.get("example") for parameter in parameters] == ["a-name", "1", None]
    found = read_back(document, tmp_path, nothing(tmp_path))["odd.thing"]
    assert changes(tmp_path, registry["odd.thing"], found.text) == []
    assert found.request["path"] == {"name": "a-name"}
    assert [note for note in found.notes if not note.startswith("examples")] == []


def test_what_the_vendor_sends_comes_back_with_what_it_holds_and_never_as_a_call(tmp_path) -> None:
    fields = "{id: {description: A number., type: string, maxLength: 9}}"
    text = f"caller: vendor\ndata: {{type: object, required: [id], properties: {fields}}}\n" + HEAD.split("\n", 2)[2]
    registry = own(tmp_path / "own", odd__news=text)
    document = of(registry, "odd.news")
    found = read_back(document, tmp_path, nothing(tmp_path))["odd.news"]
    assert changes(tmp_path, registry["odd.news"], found.text) == []
    document["paths"] = {"/3pp/odd/v1/news": document.pop("webhooks")["odd_news"]}
    (tmp_path / "other").mkdir()
    [found] = read_back(document, tmp_path, nothing(tmp_path / "other")).values()
    assert "vendor" not in found.text
    assert "its x-ocreg-* keys break the format: it is read like any other document" in found.notes


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("x-ocreg-effect", "whatever"),
        ("x-ocreg-evidence", 7),
        ("x-ocreg-limits", {"items": "many"}),
        ("x-ocreg-query", {"enum": 5}),
        ("x-ocreg-confirm", ["x"]),
    ],
)
def test_keys_that_break_the_format_are_not_believed(key, value, openapi, tmp_path) -> None:
    changed = json.loads(json.dumps(openapi))
    del changed["webhooks"]
    changed["paths"] = {"/3pp/odd/v1": changed["paths"]["/3pp/base/v1/service"]}
    changed["paths"]["/3pp/odd/v1"]["get"] |= {"x-ocreg-id": "odd.thing", key: value}
    [found] = read_back(changed, tmp_path, Registry([])).values()
    assert found.id == "warehouse.odd", "an id that is not believed"
    assert "its x-ocreg-* keys break the format: it is read like any other document" in found.notes


def test_a_foreign_host_in_an_export_gets_no_keys(openapi, tmp_path) -> None:
    changed = json.loads(json.dumps(openapi).replace("openapi-hk.orangeconnex.com", "keys.example.com"))
    found = read_back(changed, tmp_path, nothing(tmp_path))["warehouse.services"]
    assert "example.com" not in found.text
    assert "a server that is not a host of the registry or the vendor: replaced by the usual host" in found.notes


def test_an_id_does_not_make_another_operation_of_a_known_path(openapi, tmp_path) -> None:
    """A document from elsewhere may say any id: what it is, its method and path say."""
    changed = json.loads(json.dumps(openapi))
    del changed["webhooks"]
    changed["paths"] = {"/3pp/base/v1/service": changed["paths"]["/3pp/base/v1/service"]}
    changed["paths"]["/3pp/base/v1/service"]["get"]["x-ocreg-id"] = "outbound.create"
    assert list(read_back(changed, tmp_path, Registry([]))) == ["warehouse.services"]


def test_a_schema_nested_too_deep_is_left_open_with_a_note(openapi, tmp_path) -> None:
    changed = json.loads(json.dumps(openapi))
    node: dict = {"description": "Deep.", "type": "string"}
    for _ in range(60):
        node = {"description": "Deep.", "type": "object", "properties": {"a": node}}
    changed["components"]["schemas"]["SkuQueryData"]["properties"]["deep"] = node
    found = read_back(changed, tmp_path, nothing(tmp_path))["sku.query"]
    assert "deeper than 25 levels: not described" in found.notes


# The OpenAPI document


def test_names_are_without_dots_and_unique(openapi) -> None:
    operations = [
        operation for item in openapi["paths"].values() for key, operation in item.items() if key != "servers"
    ]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids) == 25
    assert all(re.fullmatch("[a-z0-9_]+", id) for id in ids)
    schemas = openapi["components"]["schemas"]
    assert all(re.fullmatch("[A-Za-z0-9]+", name) and node["title"] == name for name, node in schemas.items())


def test_ids_that_differ_by_a_dot_get_names_of_their_own(tmp_path) -> None:
    registry = own(tmp_path, a__b_c=f"path: /one\ndata: {{}}\n{HEAD}", a_b__c=f"path: /two\ndata: {{}}\n{HEAD}")
    document = of(registry, "a.b_c", "a_b.c")
    assert [item["post"]["operationId"] for item in document["paths"].values()] == ["a_b_c", "a_b_c_2"]
    assert {"ABCData", "ABCData2", "ABCRequest", "ABCRequest2"} < document["components"]["schemas"].keys()
    assert document["paths"]["/two"]["post"]["x-ocreg-id"] == "a_b.c"


def test_every_example_obeys_the_schema_it_stands_beside(openapi) -> None:
    def media(node):
        if isinstance(node, dict):
            if "schema" in node and "examples" in node:
                yield node
            for inner in node.values():
                yield from media(inner)

    checked = 0
    for found in media(openapi["paths"]):
        validator = Draft202012Validator({**found["schema"], "components": openapi["components"]})
        for name, example in found["examples"].items():
            assert list(validator.iter_errors(example["value"])) == [], name
            checked += 1
    assert checked > 60


def test_successes_come_first_and_there_is_always_one(openapi) -> None:
    for item in openapi["paths"].values():
        for operation in (inner for key, inner in item.items() if key != "servers"):
            examples = operation["responses"]["200"]["content"].get("application/json", {}).get("examples", {})
            first = next(iter(examples.values()), {"value": {"code": 0}})["value"]
            assert first.get("code") == 0 or "access_token" in first


def test_keys_signature_servers_limits_and_evidence_are_said(openapi) -> None:
    schemes = openapi["components"]["securitySchemes"]
    assert {scheme["name"] for scheme in schemes.values()} == {"clientKey", "vAuthorization", "Access-Token"}
    assert schemes["vAuthorization"]["x-ocreg-signature"]["parts"] == ["path", "body", "clientKey", "secretKey"]
    paths = openapi["paths"]
    assert [s["url"] for s in openapi["servers"]] == [
        f"https://openapi{stage}-hk.orangeconnex.com/openapi" for stage in ("-stage", "")
    ]
    assert [path for path, item in paths.items() if "servers" in item] == ["/oauth/authorize", "/oauth/token"]
    assert paths["/oauth/token"]["servers"][0]["url"] == "https://openapi-stage-hk.orangeconnex.com"
    services, create = paths["/3pp/base/v1/service"]["get"], paths["/3pp/outbound/v1/creation"]["post"]
    assert services["security"][1] == {"clientKey": [], "vAuthorization": []}
    assert create["x-ocreg-limits"] == {"items": 50}
    assert create["x-ocreg-evidence"]["status"] == "partial"
    assert "300001" in create["responses"]["200"]["description"]


def test_announced_operations_are_listed_and_what_the_vendor_sends_is_a_webhook(openapi) -> None:
    announced = {e.id for e in SHIPPED if not e.path and e.caller != "vendor"}
    assert set(re.findall(r"^- `([a-z_.]+)`", openapi["info"]["description"], re.MULTILINE)) == announced
    assert list(openapi["webhooks"]) == ["webhook_outbound"]
    assert openapi["webhooks"]["webhook_outbound"]["post"]["x-ocreg-caller"] == "vendor"


def test_operations_on_one_path_are_united_and_each_is_there(openapi) -> None:
    token = openapi["paths"]["/oauth/token"]["post"]
    assert [one["x-ocreg-id"] for one in token["x-ocreg-operations"]] == ["oauth.refresh", "oauth.token"]
    by_name = {parameter["name"]: parameter for parameter in token["parameters"]}
    assert by_name["grant_type"]["schema"] == {"enum": ["refresh_token", "authorization_code"]}
    assert {name for name, parameter in by_name.items() if parameter["required"]} == {"grant_type", "client_id"}
    alone = specification.document([Registry([])["oauth.token"]])["paths"]["/oauth/token"]["post"]
    assert (alone["operationId"], "x-ocreg-operations" in alone) == ("oauth_token", False)


def test_a_copy_of_an_operation_under_an_id_of_ones_own_is_united_with_it(tmp_path) -> None:
    text = "extends: outbound.create\ndata: {maxItems: 9}\nauth: key\nevidence: {status: partial}\n"
    registry = own(tmp_path / "own", own__order=text)
    document = of(registry, "outbound.create", "own.order")
    operation = document["paths"]["/3pp/outbound/v1/creation"]["post"]
    schemas = operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    names = ["OutboundCreate", "OwnOrder"]
    assert schemas == [{"$ref": f"#/components/schemas/{name}Request"} for name in names]
    assert [len(way) for way in operation["security"]] == [3, 2]
    found = read_back(document, tmp_path, nothing(tmp_path))
    assert changes(tmp_path / "a", registry["own.order"], found["own.order"].text) == []
    assert changes(tmp_path / "b", registry["outbound.create"], found["outbound.create"].text) == []


def test_operations_on_one_path_may_have_different_hosts(tmp_path) -> None:
    other = HEAD.replace("/v9", "/v8").replace("POST", "PUT")
    files = {"a__one": f"path: /x\n{HEAD}", "a__two": f"path: /x\n{other}"}
    registry = own(tmp_path / "own", **files, a__three=f"path: /x\n{HEAD.replace('/v9', '/v7')}")
    document = of(registry, "a.one", "a.two", "a.three")
    found = read_back(document, tmp_path, nothing(tmp_path))
    for id, proposal in found.items():
        assert changes(tmp_path / id, registry[id], proposal.text) == []
    assert len(found) == 3
    assert [server["url"][-3:] for server in document["paths"]["/x"]["put"]["servers"]] == ["/v8", "/v8"]


def test_an_export_says_the_same_every_time() -> None:
    assert specification.document(SHIPPED) == specification.document([Registry([])[id] for id in shipped_ids()])


# The formats as patterns

_MOMENT = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))  # only their texts count
_ZONES = st.sampled_from(["+0800", "-0000", "+2359", "+2400", "-0060", "Z", "+08:00", "+080"])
_TEXTS = st.one_of(
    st.builds(lambda moment, zone: f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + zone, _MOMENT, _ZONES),
    st.builds(lambda moment, zone: f"{moment:%Y-%m-%d}".rjust(10, "0") + zone, _MOMENT, _ZONES),
    st.builds(
        "{:04}-{:02}-{:02}{}{}".format, st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32),
        st.sampled_from(["", "T00:00:00", "T23:59:59", "T24:00:00", "T12:60:00"]), _ZONES,
    ),
    st.builds("{:04}-02-29{}".format, st.integers(0, 9999), st.sampled_from(["+0800", "T10:10:10+0800"])),
    st.from_regex(r"-?[0-9]{0,3}(\.[0-9]{0,3})?\n?", fullmatch=True),
    st.text(st.sampled_from("https:/ \n~é."), max_size=14),
)  # fmt: skip


@given(_TEXTS)
def test_a_format_and_its_pattern_say_the_same(text) -> None:
    for name, check in formats.FORMATS.items():
        assert bool(formats.ascii_pattern(marks.PATTERNS[name]).search(text)) == check(text), name


# JSON Schema


def test_the_bundle_judges_every_example_as_the_registry_does() -> None:
    document, judged = bundle.document(SHIPPED), 0
    for endpoint in SHIPPED:
        if endpoint.data is None:
            continue
        [name] = [
            name for name, node in document["$defs"].items()
            if node.get("x-ocreg-id") == endpoint.id and name.endswith("Data")
        ]  # fmt: skip
        validator = Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": document["$defs"]})
        rejected = [example["data"] for example in endpoint.examples.get("rejected", ()) if "data" in example]
        accepted = [example["data"] for example in endpoint.examples.get("request", ())]
        for data in rejected + accepted:
            assert validator.is_valid(data) == endpoint.data.ok(data), (endpoint.id, data)
            judged += 1
    assert judged > 50
    Draft202012Validator.check_schema(document)


# The Postman collection


def test_a_collection_holds_no_key_and_names_every_variable_it_uses() -> None:
    made = collection.document(SHIPPED, Registry([])["oauth.refresh"])
    values = {variable["key"]: variable["value"] for variable in made["variable"]}
    filled = {
        "host": "https://openapi-stage-hk.orangeconnex.com",
        "returnsAccessToken": "{{accessToken}}",
        "sign": "body",
    }
    assert {key: value for key, value in values.items() if value} == filled
    set_by_the_script = {"messageId", "timestamp", "vAuthorization"}
    used = set(re.findall(r"\{\{([A-Za-z]+)\}\}", json.dumps(made["item"])))
    assert used <= values.keys() | set_by_the_script
    assert [folder["name"] for folder in made["item"]] == sorted(
        {endpoint.id.partition(".")[0] for endpoint in EXPORTED if endpoint.path}
    )


def test_hosts_and_path_parameters_of_ones_own_become_variables(tmp_path) -> None:
    registry = own(tmp_path, odd__thing=ODD)
    made = collection.document([registry["odd.thing"], registry["sku.query"]], registry["oauth.refresh"])
    values = {variable["key"]: variable["value"] for variable in made["variable"]}
    assert (values["host2"], values["name"]) == ("https://openapi-test.orangeconnex.com", "a-name")
    assert made["item"][0]["item"][0]["request"]["url"]["raw"].startswith("{{host2}}/v9/3pp/odd/v1/{{name}}")


# The command


def run(*words, code=0):
    result = CliRunner().invoke(command, list(words), standalone_mode=False)
    assert (result.return_value, result.exception) == (code, None), result.output
    return result


@pytest.mark.parametrize("form", ["openapi", "postman", "jsonschema"])
def test_it_writes_to_a_file_what_it_prints(form, tmp_path) -> None:
    printed = run(form, "sku", "stock.age").stdout
    said = run(form, "sku", "stock.age", "--out", str(tmp_path / "made.json"))
    assert json.loads((tmp_path / "made.json").read_text("utf-8")) == json.loads(printed)
    assert "wrote" in said.stderr


def test_an_import_of_the_collection_contradicts_no_file_and_breaks_no_caller(tmp_path) -> None:
    """It shows calls: what they lack, and what else would have been accepted, it does not say."""
    registry = Registry([])
    file = tmp_path / "collection.json"
    file.write_text(json.dumps(collection.document(SHIPPED, registry["oauth.refresh"])), "utf-8")
    proposer = proposals.Proposer(registry)
    source = proposer.read(file)
    made, refused = proposals.all_of([(operation, source.secrets) for operation in source.operations], proposer)
    assert len(made) > 15
    assert source.refused == []
    assert all("oauth.refresh, oauth.token match it equally" in words for words in refused)
    assert [words for proposal in made for words in proposal.contradictions] == []
    assert [words for proposal in made for words in proposal.changes if "breaks" in words or "evidence" in words] == []
    assert sum(bool(proposal.text) for proposal in made) < 6


def test_ids_and_groups_choose() -> None:
    found = json.loads(run("openapi", "stock", "sku.query", "vas.query").stdout)
    assert list(found["paths"]) == [
        *("/3pp/sku/v3/query", "/3pp/inventory/v1/snapshotAge", "/3pp/inventory/v1/movement"),
        "/3pp/inventory/v2/snapshot",
    ]
    assert "vas.query" in found["info"]["description"]


def test_what_a_collection_leaves_out_is_said() -> None:
    assert run("postman", "vas.query", "sku.query").stderr == "left out, because their paths are unknown: vas.query\n"


def test_operations_of_ones_own_come_along(tmp_path, monkeypatch) -> None:
    own(tmp_path, odd__thing=ODD)
    monkeypatch.setenv("OCREG_ENDPOINTS", str(tmp_path))
    assert "/3pp/odd/v1/{name}" in json.loads(run("openapi").stdout)["paths"]


def test_an_unknown_id_is_answered_with_near_ones() -> None:
    result = CliRunner().invoke(command, ["openapi", "sku.qury"], standalone_mode=False)
    assert isinstance(result.exception, UnknownOperation)
    assert "sku.query" in str(result.exception)


def test_a_file_that_cannot_be_written_is_said(tmp_path) -> None:
    result = CliRunner().invoke(
        command, ["openapi", "--out", str(tmp_path / "no" / "made.json")], standalone_mode=False
    )
    assert "cannot be written" in str(result.exception)


def test_the_command_reads_back_what_it_writes(tmp_path, monkeypatch) -> None:
    """As a user does it: an export into a file, an import over the same registry."""
    from ocreg.cli.importing import command as importing

    run("openapi", "--out", str(tmp_path / "made.json"))
    words = [str(tmp_path / "made.json"), "--into", str(tmp_path / "own"), "--yes"]
    result = CliRunner().invoke(importing, words, standalone_mode=False)
    assert result.return_value == 0, result.output
    assert result.output.count("the registry has all of it already") == len(EXPORTED)
    assert not (tmp_path / "own").exists()
