"""Where endpoint files are found, how they combine, and what is said of bad ones."""

import os
import pickle

import pytest
from work import calls

from ocreg import Client, EndpointInvalid, Registry, RequestInvalid, SettingInvalid, UnknownOperation
from ocreg.registry import explain
from ocreg.registry.files import merge_patch, shipped_ids

PLAIN = """\
summary: A test operation.
method: POST
path: /x
host: {sandbox: https://a.example.com/openapi, production: https://b.example.com/openapi}
effect: read
evidence: {status: documented}
"""
LINES = PLAIN.count("\n")


class Roots:
    """Registry directories for a test, the first before the second before the shipped one."""

    def __init__(self, path):
        self.path = path

    def write(self, root, name, text):
        file = self.path / root / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def registry(self, *names):
        names = names or sorted(p.name for p in self.path.iterdir() if p.name != "outside")
        return Registry([self.path / name for name in names])


@pytest.fixture
def roots(tmp_path):
    return Roots(tmp_path)


def invalid(registry, id="test.one"):
    """The error of an operation whose file, or a file behind it, is bad."""
    with pytest.raises(EndpointInvalid) as caught:
        registry[id].check({})
    error = caught.value
    assert str(error).startswith(f"{error.file}:{error.line}: " if error.line else f"{error.file}: ")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    return error


def rules(registry, data, id="test.one"):
    """What a payload breaks, and the file and line of each rule."""
    with pytest.raises(RequestInvalid) as caught:
        registry[id].check(data)
    return [(v.because, os.path.relpath(v.file, registry.roots[0].parent), v.line) for v in caught.value.violations]


# Ids


@pytest.mark.parametrize(
    ("id", "closest"),
    [
        ("outbound.cancle", "outbound.cancel"),
        ("outbound.cancel ", "outbound.cancel"),
        ("Outbound.Cancel", "outbound.cancel"),
        ("outbound/cancel", "outbound.cancel"),
        ("outboundcancel", "outbound.cancel"),
        ("oauth.refresh_token", "oauth.refresh"),
    ],
)
def test_an_unknown_id_comes_with_the_closest_names(id, closest):
    with pytest.raises(UnknownOperation) as caught:
        Registry([])[id]
    assert (caught.value.operation, caught.value.closest[0]) == (id, closest)
    assert closest in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).closest == caught.value.closest


@pytest.mark.parametrize(
    "id",
    [
        *["", ".", "..", "a", "a.", ".b", "a.b.c", "a..b", "outbound.cancel.yaml", "outbound.cancel\n", "1.2"],
        *["../secret.file", "..secret.file", "outside/secret.file", "/etc/passwd", "a.b/../../c", "c:\\x.y", "a.\x00b"],
        *["_shared.fields", "OUTBOUND.CANCEL", "outbound.Cancel", "é.b", "\ud800.a", "outbound." + "x" * 300],
        *[5, None, True, 1.5, b"outbound.cancel", ("outbound", "cancel"), ["outbound.cancel"], {}, object()],
    ],
)
def test_what_is_no_id_is_unknown(id):
    registry = Registry([])
    with pytest.raises(UnknownOperation):
        registry[id]
    assert id not in registry


def test_no_id_leads_to_a_file_outside(roots):
    roots.write("outside", "secret/file", PLAIN)
    roots.write("outside", "file", PLAIN)
    roots.write("root", "test/one", PLAIN)
    registry = roots.registry("root")
    for id in ("../outside/secret.file", "..outside.file", "../outside.file", "test/../../outside.file"):
        with pytest.raises(UnknownOperation):
            registry[id]
    assert list(registry) == sorted([*shipped_ids(), "test.one"])


def test_listing_names_what_is_an_operation_and_nothing_else(roots):
    for name in ("test/one", "test/Two", "Test/three", "_shared/four", "test/five.six", "test/seven-eight"):
        roots.write("root", name, PLAIN)
    roots.write("root", "test/one", PLAIN).with_suffix(".yml").write_text(PLAIN)
    registry = roots.registry()
    assert [id for id in registry if id not in shipped_ids()] == ["test.one"]
    assert (len(registry), "test.one" in registry, "test.two" in registry) == (len(shipped_ids()) + 1, True, False)


# The search path


def test_the_first_directory_that_has_the_file_wins(roots):
    roots.write("1", "outbound/cancel", PLAIN)
    roots.write("2", "outbound/cancel", PLAIN.replace("A test", "Another"))
    assert roots.registry("1", "2")["outbound.cancel"].summary == "A test operation."
    assert roots.registry("2", "1")["outbound.cancel"].summary == "Another operation."
    assert roots.registry("1")["outbound.create"].document == Registry([])["outbound.create"].document


def test_directories_may_come_from_the_environment(roots, monkeypatch):
    roots.write("1", "test/one", PLAIN)
    roots.write("2", "test/two", PLAIN)
    monkeypatch.setenv("OCREG_ENDPOINTS", os.pathsep.join([str(roots.path / "1"), "", str(roots.path / "2")]))
    assert {"test.one", "test.two"} < set(Registry())
    assert "test.one" not in Registry([])
    assert "test.one" in Client("local").registry


def test_a_directory_that_is_not_there_is_a_wrong_setting(roots, monkeypatch):
    file = roots.write("root", "test/one", PLAIN)
    for path in (roots.path / "missing", file):
        monkeypatch.setenv("OCREG_ENDPOINTS", str(path))
        with pytest.raises(SettingInvalid, match="is not a directory") as caught:
            Registry()
        assert (caught.value.setting, str(path) in str(caught.value)) == ("endpoints", True)


def test_a_file_is_read_once(roots):
    file = roots.write("root", "test/one", PLAIN)
    registry = roots.registry()
    first = registry["test.one"]
    file.unlink()
    assert registry["test.one"] is first


def test_one_bad_file_spoils_no_other(roots):
    roots.write("root", "test/one", PLAIN)
    roots.write("root", "test/bad", "a: [")
    registry = roots.registry()
    assert registry["test.one"].summary == "A test operation."
    assert "test.bad" in list(registry)
    assert invalid(registry, "test.bad").line is not None


# Files that cannot be read


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (PLAIN + "effect: read\n", LINES + 1, "duplicate key 'effect': first on line 5, again on line 7"),
        (PLAIN + "data:\n\ttype: object\n", LINES + 2, "tab"),
        (PLAIN + "limts: {}\n", LINES + 1, "unknown key 'limts'; did you mean 'limits'?"),
        (PLAIN + "zzzzzz: 1\n", LINES + 1, "unknown key 'zzzzzz'"),
        (PLAIN + "envelope: 1\n", LINES + 1, "envelope must be a bool"),
        (PLAIN + "errors: [a]\n", LINES + 1, "errors must be a dict"),
        (PLAIN.replace("effect: read", "effect: raed"), 5, "effect must be one of read, create, update, cancel"),
        (PLAIN.replace("method: POST", "method: post"), 2, "method must be one of GET"),
        (PLAIN.replace("summary: A test operation.\n", ""), 1, "the key 'summary' is missing"),
        (PLAIN.replace("summary: A test operation.", "summary: 5"), 1, "summary must be a str"),
        (PLAIN.replace("sandbox:", "sandpit:"), 4, "needs a host"),
        (PLAIN + "data: {type: string}\nbomb: &a [x]\nb: [*a, *a]\n", None, "aliases"),
        (PLAIN + "---\n" + PLAIN, LINES + 1, "document"),
        ("", None, "empty"),
        ("- a\n", 1, "mapping"),
        (b"\x7fELF\x02\x01\x01\x00\x00", None, "not YAML"),
        (b"\x89PNG\r\n\x1a\n\x00", 1, "not UTF-8"),
        (PLAIN.encode() + "title: é\n".encode("latin-1"), LINES + 1, "not UTF-8"),
        (PLAIN.encode("utf-16"), 1, "not UTF-8"),
        (PLAIN.encode() + b"#" * 2_000_000, None, "bytes; an endpoint file has at most"),
    ],
)
def test_a_bad_file_is_named_with_the_line(roots, text, line, words):
    roots.write("root", "test/one", text)
    error = invalid(roots.registry())
    assert words in str(error)
    assert error.file.endswith("root/test/one.yaml")
    assert line is None or error.line == line


def test_a_byte_order_mark_and_windows_line_ends_are_fine(roots):
    text = PLAIN + "data: {type: object, required: [a]}\n"
    roots.write("root", "test/one", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert rules(roots.registry(), {}) == [("required at a", "root/test/one.yaml", LINES + 1)]


def test_a_directory_in_the_place_of_a_file_is_no_operation(roots):
    (roots.path / "root/test/one.yaml").mkdir(parents=True)
    with pytest.raises((EndpointInvalid, UnknownOperation)):
        roots.registry()["test.one"]


def test_a_link_that_leads_outside_is_refused(roots):
    target = roots.write("outside", "secret/file", PLAIN)
    shared = roots.write("outside", "shared", "it: {type: string}\n")
    (roots.path / "root/test").mkdir(parents=True)
    (roots.path / "root/_shared").mkdir()
    (roots.path / "root/test/one.yaml").symlink_to(target)
    (roots.path / "root/_shared/x.yaml").symlink_to(shared)
    roots.write("root", "test/two", PLAIN + "data: {$ref: _shared/x.yaml#/it}\n")
    for id in ("test.one", "test.two"):
        assert "outside its registry" in str(invalid(roots.registry("root"), id))


def test_a_linked_directory_that_leads_outside_is_refused(roots):
    roots.write("outside", "secret/one", PLAIN)
    (roots.path / "root").mkdir()
    (roots.path / "root/test").symlink_to(roots.path / "outside/secret")
    assert "outside its registry" in str(invalid(roots.registry("root")))


def test_a_link_that_leads_outside_is_not_even_read(roots):
    (roots.path / "root/test").mkdir(parents=True)
    (roots.path / "outside").mkdir()
    (roots.path / "root/test/one.yaml").symlink_to(roots.path / "outside")  # reading a directory would fail
    assert "outside its registry" in str(invalid(roots.registry("root")))


def test_a_link_inside_the_registry_is_fine(roots):
    roots.write("root", "test/two", PLAIN)
    (roots.path / "root/test/one.yaml").symlink_to("two.yaml")
    (roots.path / "link").symlink_to(roots.path / "root")
    assert roots.registry("root")["test.one"].summary == roots.registry("link")["test.one"].summary


def test_a_link_to_itself_is_an_invalid_file(roots):
    (roots.path / "root/test").mkdir(parents=True)
    (roots.path / "root/test/one.yaml").symlink_to("one.yaml")
    with pytest.raises((EndpointInvalid, UnknownOperation)):
        roots.registry()["test.one"]


# References


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("_shared/missing.yaml#/it", "there is no _shared/missing.yaml"),
        ("_shared/fields.yaml#/missing", "there is no schema 'missing' there"),
        ("#/$defs/missing", "there is no schema 'missing' there"),
        ("http://127.0.0.1:1/schema.json", "no other form is read"),
        ("https://json-schema.org/draft/2020-12/schema", "no other form is read"),
        ("file:///etc/passwd", "no other form is read"),
        ("../outside/x.yaml#/it", "no other form is read"),
        ("_shared/../outside/x.yaml#/it", "no other form is read"),
        ("/etc/passwd", "no other form is read"),
        ("#", "no other form is read"),
        ("#/properties/a", "no other form is read"),
        ("_shared/fields.yaml", "no other form is read"),
        ("", "no other form is read"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named_with_its_line(roots, reference, words):
    roots.write("outside", "x", "it: {type: string}\n")
    data = f"data:\n  type: object\n  properties:\n    a:\n      $ref: '{reference}'\n"
    roots.write("root", "test/one", PLAIN + data)
    error = invalid(roots.registry("root"))
    assert words in str(error)
    assert (error.file.endswith("root/test/one.yaml"), error.line) == (True, LINES + 5)


def test_a_bad_reference_is_found_where_it_stands_and_not_where_a_longer_one_does(roots):
    defs = "$defs:\n  ab: {type: string}\n"
    data = "data:\n  properties:\n    x: {$ref: '#/$defs/ab'}\n    y: {$ref: '#/$defs/a'}\n"
    roots.write("root", "test/one", PLAIN + defs + data)
    assert invalid(roots.registry()).line == LINES + 6


def test_a_bad_reference_of_a_base_is_looked_for_in_the_base(roots):
    roots.write("2", "test/one", PLAIN + "data:\n  properties:\n    x: {$ref: '#/$defs/a'}\n")
    roots.write("1", "test/one", "extends: test.one\nsummary: Mine.\n")
    error = invalid(roots.registry())
    assert (error.file.endswith("2/test/one.yaml"), error.line) == (True, LINES + 3)


def test_a_bad_reference_inside_a_shared_file_is_looked_for_there(roots):
    roots.write("root", "_shared/x", "it:\n  type: object\n  properties:\n    a: {$ref: _shared/x.yaml#/that}\n")
    roots.write("root", "test/one", PLAIN + "data: {$ref: _shared/x.yaml#/it}\n")
    error = invalid(roots.registry())
    assert (error.file.endswith("root/_shared/x.yaml"), error.line) == (True, 4)


def test_schemas_may_refer_to_themselves(roots):
    defs = "$defs: {tree: {type: object, required: [v], properties: {v: {}, next: {$ref: '#/$defs/tree'}}}}\n"
    roots.write("root", "test/one", PLAIN + "data: {$ref: '#/$defs/tree'}\n" + defs)
    registry = roots.registry()
    assert registry["test.one"].check({"v": 1, "next": {"v": 2}}).data == {"v": 1, "next": {"v": 2}}
    assert [because for because, _, _ in rules(registry, {"v": 1, "next": {}})] == ["required at next.v"]


@pytest.mark.parametrize("fast", ["1", "0"])
@pytest.mark.parametrize(
    "data",
    [
        "{type: strin}",
        "{type: 5}",
        "{properties: 5}",
        "{properties: {a: 5}}",
        "{required: a}",
        "{pattern: '('}",
        "{$ref: 5}",
        "{minLength: x}",
        "{allOf: {}}",
        "{properties: {a: {x-instead-of: b}}}",
    ],
)
def test_a_schema_that_is_none_is_an_invalid_file_with_every_validator(roots, monkeypatch, data, fast):
    monkeypatch.setenv("OCREG_FAST", fast)
    roots.write("root", "test/one", PLAIN + f"data: {data}\n")
    registry = roots.registry()
    with pytest.raises(EndpointInvalid) as caught:
        registry["test.one"].check({"a": "x"})
    assert (caught.value.file.endswith("test/one.yaml"), caught.value.line) == (True, LINES + 1)


# Overlays


def test_an_overlay_is_a_merge_patch_on_the_same_operation_further_down(roots):
    roots.write("1", "test/one", "extends: test.one\nsummary: Mine.\ntitle: null\nlimits: {items: 5, results: null}\n")
    roots.write("2", "test/one", PLAIN + "title: Theirs\nlimits: {items: 50, results: 9, other: 1}\n")
    endpoint = roots.registry()["test.one"]
    assert (endpoint.summary, endpoint.path) == ("Mine.", "/x")
    assert endpoint.limits == {"items": 5, "other": 1}
    assert "title" not in endpoint.document
    assert "extends" not in endpoint.document


def test_an_overlay_may_extend_the_shipped_operation(roots):
    roots.write("root", "outbound/cancel", "extends: outbound.cancel\npath: /new\n")
    endpoint, shipped = roots.registry()["outbound.cancel"], Registry([])["outbound.cancel"]
    assert endpoint.document == {**shipped.document, "path": "/new"}


def test_an_overlay_may_extend_another_operation_wherever_it_is(roots):
    roots.write("2", "test/one", "extends: test.two\nsummary: One.\n")
    roots.write("1", "test/two", PLAIN)
    endpoint = roots.registry()["test.one"]
    assert (endpoint.summary, endpoint.method, endpoint.id) == ("One.", "POST", "test.one")


def test_overlays_pile_up(roots):
    roots.write("1", "test/one", "extends: test.one\nlimits: {a: 1}\n")
    roots.write("2", "test/one", "extends: test.one\nlimits: {a: 2, b: 2}\n")
    roots.write("3", "test/one", PLAIN + "limits: {a: 3, b: 3, c: 3}\n")
    assert roots.registry()["test.one"].limits == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"1/test/one": "extends: test.one\n"}, "there is no test.one"),
        ({"1/test/one": "summary: x\nextends: test.missing\n"}, "there is no test.missing"),
        ({"1/test/one": "extends: ../outside.x\n"}, "is not an operation id"),
        ({"1/test/one": "extends: 5\n"}, "is not an operation id"),
        ({"1/test/one": "extends: test.two\n", "1/test/two": "extends: test.one\n"}, "is circular"),
        (
            {
                "1/test/one": "extends: test.two\n",
                "1/test/two": "extends: test.two\n",
                "2/test/two": "extends: test.one\n",
            },
            "is circular",
        ),
    ],
)
def test_an_overlay_on_nothing_is_refused(roots, files, words):
    for name, text in files.items():
        roots.write(name.partition("/")[0], name.partition("/")[2], text)
    error = invalid(roots.registry())
    assert words in str(error)
    assert error.line == 1 + ("summary" in files["1/test/one"])


def test_an_overlay_that_removes_what_is_needed_is_refused(roots):
    roots.write("1", "test/one", "extends: test.one\nsummary: null\n")
    roots.write("2", "test/one", PLAIN)
    assert "the key 'summary' is missing" in str(invalid(roots.registry()))


def test_an_unknown_key_of_a_base_is_looked_for_in_the_base(roots):
    roots.write("1", "test/one", "extends: test.one\nsummary: Mine.\n")
    roots.write("2", "test/one", PLAIN + "limts: {}\n")
    error = invalid(roots.registry())
    assert (error.file.endswith("2/test/one.yaml"), error.line) == (True, LINES + 1)


@pytest.mark.parametrize(
    ("base", "patch", "merged"),
    [  # the examples of RFC 7396
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches_are_those_of_the_rfc(base, patch, merged):
    assert merge_patch(base, patch) == merged


# The lines of rules

DATA = """\
data:
  type: object
  additionalProperties: false
  required: [name]
  properties:
    name:
      type: string
      maxLength: 3
    shared: {$ref: _shared/x.yaml#/it}
    rows:
      type: array
      items: {$ref: '#/$defs/row'}
$defs:
  row:
    type: object
    required:
      - id
    properties:
      id: {type: integer}
"""
SHARED = """\
other: {type: string}
it:
  type: object
  properties:
    n:
      description: A number.
      type: integer
    again: {$ref: _shared/x.yaml#/it}
    deep: {$ref: _shared/x.yaml#/other}
"""


def test_a_broken_rule_names_the_line_on_which_it_stands(roots):
    roots.write("root", "_shared/x", SHARED)
    roots.write("root", "test/one", PLAIN + DATA)
    registry, one, x = roots.registry(), "root/test/one.yaml", "root/_shared/x.yaml"
    assert rules(registry, {"name": "long", "rows": [{"id": "1"}, {}]}) == [
        ("required at rows[1].id", one, LINES + 16),
        ("type at rows[0].id", one, LINES + 19),
        ("maxLength at name", one, LINES + 8),
    ]
    assert rules(registry, {"nam": "x"}) == [
        ("additionalProperties at nam", one, LINES + 3),
        ("required at name", one, LINES + 4),
    ]
    assert rules(registry, {"name": 1, "shared": {"n": "1", "again": {"n": "1"}, "deep": 1}}) == [
        ("type at name", one, LINES + 7),
        ("type at shared.again.n", x, 7),
        ("type at shared.deep", x, 1),
        ("type at shared.n", x, 7),
    ]


def test_a_rule_of_an_overlay_is_found_in_the_overlay_and_the_rest_in_the_base(roots):
    roots.write("2", "_shared/x", SHARED)
    roots.write("2", "test/one", PLAIN + DATA)
    overlay = "extends: test.one\ndata:\n  properties:\n    name: {maxLength: 1}\n    rows:\n      minItems: 1\n"
    roots.write("1", "test/one", overlay)
    assert rules(roots.registry(), {"name": "ab", "rows": [], "x": 1}) == [
        ("additionalProperties at x", "2/test/one.yaml", LINES + 3),
        ("maxLength at name", "1/test/one.yaml", 4),
        ("minItems at rows", "1/test/one.yaml", 6),
    ]
    assert rules(roots.registry(), {"name": 5, "rows": [{}]}) == [
        ("required at rows[0].id", "2/test/one.yaml", LINES + 16),
        ("type at name", "2/test/one.yaml", LINES + 7),
    ]


def test_a_shared_file_of_an_earlier_directory_replaces_the_later_one(roots):
    roots.write("2", "test/one", PLAIN + DATA)
    roots.write("2", "_shared/x", SHARED)
    roots.write("1", "_shared/x", "it: {type: string}\nother: {}\n")
    assert rules(roots.registry(), {"name": "a", "shared": {}}) == [("type at shared", "1/_shared/x.yaml", 1)]


def test_a_missing_payload_names_the_line_of_its_schema(roots):
    roots.write("root", "test/one", PLAIN + "data:\n  type: array\n")
    assert rules(roots.registry(), None) == [("required at .", "root/test/one.yaml", LINES + 1)]


def test_a_rule_broken_a_thousand_times_leaves_room_for_the_others(roots):
    data = "data:\n  type: array\n  maxItems: 900\n  items: {type: object, required: [id, name]}\n"
    roots.write("root", "test/one", PLAIN + data)
    with pytest.raises(RequestInvalid) as caught:
        roots.registry()["test.one"].check([{}] * 1_000)
    error = caught.value
    assert (len(error.violations), error.more) == (100, 1_901)
    assert str(error).startswith("test.one: the payload breaks 2,001 rules; nothing was sent\n")
    assert {violation.rule for violation in error.violations} == {"required", "maxItems"}


def test_thousands_of_unknown_names_are_counted_and_not_all_compared(roots):
    roots.write("root", "test/one", PLAIN + DATA)
    roots.write("root", "_shared/x", SHARED)
    endpoint = roots.registry()["test.one"]
    with pytest.raises(RequestInvalid) as caught:
        endpoint.check({f"unknown{n}": 1 for n in range(4_000)})
    assert (len(caught.value.violations), caught.value.more) == (26, 3_975)
    assert {violation.rule for violation in caught.value.violations} == {"additionalProperties", "required"}


def test_an_alternative_that_is_broken_a_thousand_times_is_explained(roots):
    data = "data:\n  anyOf:\n    - {type: array, items: {type: string}}\n    - {items: {minimum: 9000}}\n"
    roots.write("root", "test/one", PLAIN + data)
    with pytest.raises(RequestInvalid) as caught:
        roots.registry()["test.one"].check(list(range(2_000)))
    assert caught.value.violations[0].because == "type at [0]"
    assert (len(caught.value.violations), caught.value.more) == (100, 1_900)
    schema = roots.registry()["test.one"].data
    some, most = (calls(lambda n=n: explain.violations(schema, [1] * n))[1] for n in (5_000, 50_000))
    assert most < 1.1 * some


def test_all_can_be_asked_for(roots):
    roots.write("root", "test/one", PLAIN + "data: {type: array, items: {type: string}}\n")
    with pytest.raises(RequestInvalid) as caught:
        roots.registry()["test.one"].check(list(range(7_000)), most=7_000)
    assert (len(caught.value.violations), caught.value.more) == (7_000, 0)


def test_values_without_a_json_form_are_bounded_like_all_others(roots):
    roots.write("root", "test/one", PLAIN + "data: {type: array, items: {type: string}}\n")
    with pytest.raises(RequestInvalid) as caught:
        roots.registry()["test.one"].check([object()] * 5_000)
    assert (len(caught.value.violations), caught.value.more) == (100, 4_900)


def test_a_schema_that_refers_to_itself_is_explained_as_deep_as_a_payload_may_be(roots):
    roots.write("root", "_shared/x", SHARED)
    roots.write("root", "test/one", PLAIN + DATA)
    value = {"n": "1"}
    for _ in range(90):
        value = {"again": value}
    ((reason, _, line),) = rules(roots.registry(), {"name": "x", "shared": value})
    assert (reason.count("again"), line) == (90, 7)


# What a call relies on


def with_line(key, line):
    """A file with one of its lines replaced, and the number of that line."""
    lines = PLAIN.splitlines()
    number = next(n for n, old in enumerate(lines) if old.startswith(f"{key}:"))
    return "\n".join([*lines[:number], line, *lines[number + 1 :], ""]), number + 1


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://a.example.com/openapi", "must be https"),
        ("http://127.0.0.1.example.com/openapi", "must be https"),
        ("http://[::2]/openapi", "must be https"),
        *[
            (f"https://{word}@a.example.com/x", "must not contain a user or a password")
            for word in ("u", "u:pw-0c9e", "", "a\\\\")
        ],
        *[(f"https://{word}", "not a URL: check") for word in ("[half", "a.example.com:seven", "h:99999999", "[x]")],
        *[
            (f"{word}a.example.com", "must begin with https://")
            for word in ("", "//", "ftp://", "https:/", "https:", "file:///")
        ],
        *[
            (f"https://{word}/x", "must begin with https://")
            for word in ("", ":8080", "a b", "a\\\\b", "a%2eb", "bücher.example.com")
        ],
        *[
            (f"https://a.example.com{word}", "must not contain a query")
            for word in ("?", "?a=b", "#", "/x#y", "/openapi?")
        ],
        *[
            (f"https://a.example.com/{word}", "must not contain . or ..")
            for word in (".", "..", "x/../y", "x/./y", "x/..")
        ],
        *[(f"https://a.example.com{word}", "must begin with one /") for word in ("//x", "/%2e%2e/x")],
        ("https://a.example.com/a b", "without spaces"),
        ("https://a.example.com/a\\tb", "without spaces"),
    ],
)
@pytest.mark.parametrize("env", ["sandbox", "production"])
def test_an_address_that_no_keys_may_travel_to_is_refused(roots, address, words, env):
    hosts = {"sandbox": "https://a.example.com/openapi", "production": "https://a.example.com/openapi", env: address}
    text, line = with_line("host", "host: {" + ", ".join(f'{name}: "{url}"' for name, url in hosts.items()) + "}")
    roots.write("root", "test/one", text)
    error = invalid(roots.registry())
    assert (error.file, error.line) == (str(roots.path / "root/test/one.yaml"), line)
    assert f"host: {env} " in str(error)
    assert words in str(error)
    assert "pw-0c9e" not in str(error)


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example.com",
        "https://a.example.com:8443/a/b-c",
        "http://localhost:80/x",
        "http://127.0.0.1/x",
        "http://[::1]:99/x",
    ],
)
def test_other_addresses_are_taken(roots, address):
    roots.write("root", "test/one", with_line("host", f'host: {{sandbox: "{address}", production: "{address}"}}')[0])
    assert roots.registry()["test.one"].base("production", None) == address


@pytest.mark.parametrize(
    ("path", "words"),
    [
        *[
            (word, "must begin with one /")
            for word in ("", "x", "//x", "//evil.example.com/x", "x/", "https://a.example.com/x")
        ],
        *[
            (f"/x{word}", "must not contain a query, spaces")
            for word in ("?a=b", "#a", " ", " y", "\\t", "\\r\\nX: y", "\\0", "%2e", "é", "\\\\")
        ],
        *[(f"/{word}", "must not contain . or ..") for word in ("..", ".", "../x", "x/../y", "x/./y", "x/..")],
    ],
)
def test_a_path_that_would_lead_elsewhere_is_refused(roots, path, words):
    text, line = with_line("path", f'path: "{path}"')
    roots.write("root", "test/one", text)
    error = invalid(roots.registry())
    assert (error.line, words in str(error)) == (line, True)


@pytest.mark.parametrize("path", ["/", "/x", "/3pp/outbound/v1/cancel", "/x/{id}/y.z", "/x/", "/..x/y..", "/a:b"])
def test_other_paths_are_taken(roots, path):
    roots.write("root", "test/one", with_line("path", f'path: "{path}"')[0])
    assert roots.registry()["test.one"].path == path


def test_an_overlay_is_checked_as_it_is_merged_and_the_line_is_its_own(roots):
    roots.write(
        "root", "outbound/cancel", "extends: outbound.cancel\nhost:\n  production: http://a.example.com/openapi\n"
    )
    error = invalid(roots.registry(), "outbound.cancel")
    assert (error.file, error.line) == (str(roots.path / "root/outbound/cancel.yaml"), 3)


def test_a_refused_address_is_never_called(roots):
    roots.write("root", "outbound/cancel", "extends: outbound.cancel\npath: //a.example.com/x\n")
    with Client("local", endpoints=[roots.path / "root"]) as client:
        client.transport = None  # nothing is sent, so none is asked
        for act in (client.call, client.plan):
            with pytest.raises(EndpointInvalid, match="must begin with one /"):
                act("outbound.cancel", {"orderNumber": "OCO2000023303105GB"})


@pytest.mark.parametrize("envelope", ["true", "false"])
def test_a_get_with_a_payload_is_refused_since_it_would_not_be_sent(roots, envelope):
    text = PLAIN.replace("POST", "GET") + f"envelope: {envelope}\ndata: {{type: object}}\n"
    roots.write("root", "test/one", text)
    error = invalid(roots.registry())
    assert (error.line, "under `query`" in str(error)) == (LINES + 2, True)


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_path_parameter_makes_no_other_path(roots, value):
    text = PLAIN.replace("/x", "/x/{id}") + "path_parameters: {type: object, properties: {id: {type: string}}}\n"
    roots.write("root", "test/one", text)
    endpoint = roots.registry()["test.one"]
    with pytest.raises(RequestInvalid, match=r"path\.id: would change the path"):
        endpoint.url("sandbox", None, {}, {"id": value})
    assert endpoint.url("sandbox", None, {}, {"id": "a/..b"}).endswith("/x/a%2F..b")
