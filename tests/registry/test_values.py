"""Python values on their way to JSON bytes and back."""

import importlib.util
import json
import signal
import sys
from collections import OrderedDict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from work import calls

from ocreg import Registry, RequestInvalid
from ocreg.registry import values
from ocreg.registry.exact import decode_exact
from ocreg.registry.schema import Place, Schema, Source
from ocreg.registry.values import MAX_DEPTH, encode, to_json

SOURCE = Source("test.yaml", b"a: 1")
SCHEMA = Schema(
    {
        "type": "object",
        "properties": {
            "moment": {"type": "string", "format": "oc-date-time"},
            "day": {"type": "string", "format": "oc-date"},
            "text": {"type": "string"},
            "number": {"type": "number"},
            "integer": {"type": "integer"},
            "either": {"type": ["number", "string"]},
            "maybe": {"type": ["string", "null"]},
            "list": {"type": "array", "items": {"type": "string", "format": "oc-date"}},
            "shared": {"$ref": "#/$defs/shared"},
            "choice": {"anyOf": [{"type": "null"}, {"type": "string", "format": "oc-date"}]},
        },
        "$defs": {"shared": {"type": "object", "properties": {"moment": {"type": "string", "format": "oc-date-time"}}}},
    },
    Place((SOURCE,), ()),
)
HONG_KONG = timezone(timedelta(hours=8))
NOON = datetime(2025, 6, 17, 12, 0, 5, tzinfo=HONG_KONG)
REGISTRY = Registry([], unknown="allow")  # these payloads are about values, under any name
ORDER = {"consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}


def _warm(module):
    """The module after so many uses that it has looked for orjson."""
    for _ in range(5):
        module.decode(module.encode([1]))
    return module


def _without_orjson():
    """Another copy of the module, loaded and warmed up as it is where orjson is not installed."""
    spec = importlib.util.spec_from_file_location("ocreg.registry.values_without_orjson", values.__file__)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "orjson", None)
        spec.loader.exec_module(module)
        return _warm(module)


BOTH = {"orjson": _warm(values), "json": _without_orjson()}


@pytest.fixture(params=BOTH)
def codec(request):
    return BOTH[request.param]


def written(value, schema=SCHEMA, codec=values):
    found, violations = codec.to_json(value, schema)
    assert violations == []
    return codec.encode(found).decode()


def refusals(value, schema=SCHEMA):
    return [(violation.where, violation.message) for violation in to_json(value, schema)[1]]


# Moments


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("moment", NOON, "2025-06-17T12:00:05+0800"),
        ("moment", NOON.astimezone(timezone.utc), "2025-06-17T04:00:05+0000"),
        ("moment", NOON.astimezone(timezone(-timedelta(hours=3, minutes=30))), "2025-06-17T00:30:05-0330"),
        ("day", NOON, "2025-06-17+0800"),
        ("day", date(2022, 10, 31), "2022-10-31+0000"),
        ("text", NOON, "2025-06-17T12:00:05+0800"),
        ("text", date(2022, 10, 31), "2022-10-31"),
        ("choice", NOON, "2025-06-17+0800"),
        ("unknown", NOON, "2025-06-17T12:00:05+0800"),
    ],
)
def test_moments_take_the_form_that_their_field_declares(field, value, expected):
    assert json.loads(written({field: value})) == {field: expected}


def test_moments_are_found_in_lists_and_behind_references():
    value = {"list": [NOON, date(2025, 1, 2)], "shared": {"moment": NOON}}
    assert json.loads(written(value)) == {
        "list": ["2025-06-17+0800", "2025-01-02+0000"],
        "shared": {"moment": "2025-06-17T12:00:05+0800"},
    }


@pytest.mark.parametrize("field", ["moment", "day", "text", "unknown"])
def test_a_naive_datetime_says_no_moment(field):
    ((where, message),) = refusals({field: datetime(2025, 6, 17)})
    assert (where, "naive" in message) == (field, True)


def test_a_date_is_no_moment():
    assert refusals({"moment": date(2025, 6, 17)}) == [("moment", "a date without a time of day")]


# Numbers


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("number", Decimal("19.90"), "19.90"),
        ("number", Decimal("1E+3"), "1000"),
        ("number", Decimal("0.1") + Decimal("0.2"), "0.3"),
        ("number", Decimal("-0"), "-0"),
        ("number", Decimal("1E-7"), "0.0000001"),
        ("either", Decimal("19.90"), "19.90"),
        ("unknown", Decimal("19.90"), "19.90"),
        ("integer", Decimal("2.00"), "2"),
        ("integer", Decimal("2.50"), "2.50"),  # for the schema to refuse
        ("integer", 2.0, "2"),
        ("integer", 1e16, "10000000000000000"),
        ("integer", 2.5, "2.5"),
        ("number", 2.0, "2.0"),
        ("unknown", 2.0, "2.0"),
        ("text", Decimal("19.90"), '"19.90"'),
        ("maybe", Decimal("1E+3"), '"1000"'),
        ("number", 10**30, "1" + "0" * 30),
        ("number", 1.5, "1.5"),
    ],
)
def test_numbers_keep_their_digits(field, value, text, codec):
    assert written({field: value}, SCHEMA, codec) == f'{{"{field}":{text}}}'


@pytest.mark.parametrize("quantity", [2.0, 3e20, Decimal("2.0")])
@pytest.mark.parametrize("fast", [True, False])
def test_a_call_sends_no_float_where_an_integer_is_described(quantity, fast, monkeypatch):
    monkeypatch.setattr(values._Fast, "module", __import__("orjson") if fast else None)
    order = {"consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}
    order["productList"] = [{"skuQuantity": quantity, "declaredValue": 2.0}]
    sent = Registry()["outbound.create"].check([order]).data[0]["productList"][0]
    assert (sent["skuQuantity"], type(sent["skuQuantity"])) == (int(quantity), int)
    assert type(sent["declaredValue"]) is float


def test_a_field_that_is_there_twice_in_a_users_json_is_refused():
    with pytest.raises(ValueError, match='the field "é" occurs twice in one object'):
        decode_exact('{"a": [{"é": 1, "b": 2, "é": 3}]}')


def test_a_decimal_among_other_values_leaves_them_as_they_are(codec):
    value = {"number": Decimal("19.90"), "text": 'é"\\\n\x00中😀', "list": [], "z": [None, True, {"a": 1.5}]}
    assert json.loads(written(value, SCHEMA, codec), parse_float=Decimal) == {
        **value,
        "z": [None, True, {"a": Decimal("1.5")}],
    }


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_number_is_refused(number):
    assert [where for where, _ in refusals({"a": [number]})] == ["a[0]"]


@pytest.mark.parametrize("number", [Decimal("sNaN"), Decimal("1E+1000000000"), Decimal("1E-1000000000")])
def test_decimals_that_would_fill_the_memory_are_refused(number):
    assert [where for where, _ in refusals({"number": number})] == ["number"]


@pytest.mark.parametrize("field", ["skuQuantity", "mfSkuId", "declaredValue", "unknown"])
def test_an_integer_too_long_to_write_is_refused(field):
    with pytest.raises(RequestInvalid):
        REGISTRY["outbound.create"].check([{**ORDER, "productList": [{field: 10**5000}]}])


def test_a_fractional_decimal_is_no_integer():
    order = {**ORDER, "productList": [{"skuQuantity": Decimal("2.5"), "declaredValue": Decimal("19.90")}]}
    with pytest.raises(RequestInvalid) as caught:
        REGISTRY["outbound.create"].check([order])
    assert [violation.because for violation in caught.value.violations] == ["type at [0].productList[0].skuQuantity"]


# Types with methods of their own


class NoTime(datetime):
    """As pandas' NaT: a datetime that is none, whose methods raise or give itself."""

    def utcoffset(self):
        return self

    def strftime(self, format):
        raise ValueError("NaTType does not support strftime")


class Shy:
    """A class whose instances raise whatever is asked of them, and whose own type is not what it says."""

    def __init__(self, kind):
        self.kind = kind

    def __getattribute__(self, name):
        if name == "__class__":
            return object.__getattribute__(self, "kind")
        raise RuntimeError("ask somebody else")


def refusing(kind, *names):
    """A subclass of `kind` in which these methods raise."""

    def refuse(self, *_):
        raise ZeroDivisionError("no")

    return type(f"Odd{kind.__name__.capitalize()}", (kind,), dict.fromkeys(names, refuse))


ODD = [
    NoTime(2025, 1, 1),
    refusing(date, "isoformat")(2025, 1, 1),
    refusing(dict, "items")(a=1),
    refusing(list, "__iter__")([1]),
    refusing(tuple, "__iter__")([1]),
    *(Shy(kind) for kind in (dict, list, str, int, bool, float, Decimal, datetime, date, Enum)),
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_whatever_a_values_own_methods_raise_is_a_violation_that_names_the_field(value):
    assert [where for where, _ in refusals({"a": [1, value], "b": NOON})] == ["a[1]"]
    with pytest.raises(RequestInvalid) as caught:
        REGISTRY["outbound.create"].check([{**ORDER, "remarks": value}])
    assert "[0].remarks" in [violation.where for violation in caught.value.violations]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (refusing(str, "__str__", "encode", "__format__")("x"), '"x"'),
        (refusing(int, "__int__", "__lt__", "__gt__", "__str__")(5), "5"),
        (refusing(float, "__float__", "__str__", "__repr__")(2.5), "2.5"),
        (refusing(Decimal, "__format__", "__str__", "is_finite", "adjusted")("2.50"), "2.50"),
    ],
    ids=["str", "int", "float", "Decimal"],
)
def test_a_relative_of_a_plain_value_is_sent_as_that_value_whatever_its_methods_do(value, text, codec):
    assert written({"x": value}, SCHEMA, codec) == f'{{"x":{text}}}'


# What is plain


class Words(str):
    __slots__ = ()


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(["null", "a null b", "", "\ud800", Words("null"), -0.0, NOON, date(2025, 1, 1), Decimal("1.50")])
    | st.sampled_from([refusing(int)(3), refusing(float)("nan"), (), b"x", IntEnum("I", "A").A, Enum("E", "A").A]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from(["null", "a", Words("b"), 1, None]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(anything)
@example([float("nan"), None])
@example(float("nan"))
@example({"null": float("-inf")})
@example([None, (1,)])
def test_what_one_look_calls_plain_is_what_the_slow_writer_writes(value):
    if values.plain(value) is not None:
        assert encode({"data": values.written(values.plain(value))}) == encode({"data": value})
        found, violations = to_json(value, None)
        assert violations == []
        assert encode(value) == encode(found)
        assert json.loads(encode(value)) == json.loads(encode(found)) == found


# Text and keys


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\ud83d\ud83d"])
def test_half_a_surrogate_pair_is_refused_in_values_and_in_keys(text):
    assert [where for where, _ in refusals({"a": text})] == ["a"]
    assert len(refusals({"a": {text: 1}})) == 1


def test_a_payload_with_half_a_surrogate_pair_is_invalid_like_any_other():
    for order in ({**ORDER, "remarks": "\ud800"}, {**ORDER, "\ud800": 1}, {**ORDER, "extra": {"\ud800": 1}}):
        with pytest.raises(RequestInvalid) as caught:
            REGISTRY["outbound.create"].check([order])
        assert str(caught.value).encode()


@pytest.mark.parametrize("key", [1, None, True, 1.5, ("a",), b"a", date(2025, 1, 1)])
def test_a_key_that_is_no_text_is_refused(key):
    ((where, message),) = refusals({"a": {key: 1}})
    assert (where, "field name" in message) == ("a", True)
    with pytest.raises(RequestInvalid):
        REGISTRY["outbound.create"].check([{**ORDER, key: 1}])


def test_other_alphabets_pass_in_values_and_keys(codec):
    assert written({"ключ": "中文 😀"}, SCHEMA, codec) == '{"ключ":"中文 😀"}'


def test_ten_megabytes_of_text_pass(codec):
    text = "é" * 5_000_000
    assert len(written({"text": text}, SCHEMA, codec)) == len(text) + len('{"text":""}')


# Other types


@pytest.mark.parametrize("value", [b"x", bytearray(b"x"), {1, 2}, frozenset(), object(), 1j, iter([]), timedelta(1)])
def test_what_has_no_form_in_json_is_refused(value):
    ((where, message),) = refusals({"a": [value]})
    assert (where, type(value).__name__ in message) == ("a[0]", True)


def test_relatives_of_jsons_types_are_taken_for_what_they_are():
    class Colour(str, Enum):
        RED = "red"

    class Size(IntEnum):
        BIG = 3

    value = OrderedDict(a=Colour.RED, b=(Size.BIG, 2), c=True)
    assert written(value) == '{"a":"red","b":[3,2],"c":true}'


def test_nothing_is_changed_in_place():
    inner = [NOON, Decimal(1)]
    value = {"list": inner}
    written(value, None)
    assert value == {"list": [NOON, Decimal(1)]}
    assert value["list"] is inner


def nested(depth, core):
    value = core
    for _ in range(depth):
        value = [value]
    return value


def test_nesting_has_a_limit():
    assert refusals(nested(MAX_DEPTH - 1, 1)) == refusals(nested(MAX_DEPTH - 1, Decimal(1))) == []
    for core in (1, Decimal(1), []):
        assert len(refusals(nested(MAX_DEPTH + 2, core))) == 1


def test_plain_and_special_values_may_be_nested_equally_deep():
    for depth in range(MAX_DEPTH - 2, MAX_DEPTH + 3):
        plain, special = ({"a": nested(depth, 1), "b": last} for last in (1, Decimal(1)))
        assert len(refusals(plain)) == len(refusals(special))


def cycles():
    one, two, both, mixed = [], {}, [], {"x": []}
    one.append(one)
    two["again"] = two
    both += [both, both]
    mixed["x"] += [mixed, mixed, Decimal(1)]
    return [one, two, both, mixed]


@pytest.mark.parametrize("value", cycles(), ids=["list", "dict", "wide list", "mixed"])
def test_a_cycle_is_refused_at_once(value):
    def give_up(*_):
        raise TimeoutError("still writing")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        found = refusals(value)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert 0 < len(found) < 1000
    assert "inside itself" in found[0][1]


def test_the_same_list_twice_is_no_cycle():
    shared = [Decimal(1)]
    assert written({"a": shared, "b": shared}) == '{"a":[1],"b":[1]}'


# Bytes and back

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=5)
    ),
    max_leaves=20,
)


def same(one, other):
    """Equal, and of equal types: 1, 1.0 and True are three things."""
    return one == other and repr(one) == repr(other)


@pytest.mark.parametrize("name", BOTH)
@given(value=plain)
@example(value={"a": [2**63, 2**64, -(2**63) - 1, 10**30, 1e308, 5e-324, -0.0, "\x7f\u2028"]})
def test_what_is_encoded_is_decoded_to_the_same(name, value):
    codec = BOTH[name]
    assert same(codec.decode(codec.encode(value)), value)
    assert same(json.loads(codec.encode(value)), value)
    assert codec.to_json(value, None) == (value, [])


@given(plain.filter(lambda value: "null" in json.dumps(value)))
@example([None, "null", -0.5, 1.5e-300])
def test_null_does_not_make_a_plain_value_special(value):
    found = numbers(value)
    special = any(abs(n) >= 2**63 or (isinstance(n, float) and n.is_integer()) for n in found)  # 2.0 may go out as 2
    assert values.plain(value) is not None or special


NAMES = st.sampled_from(["number", "integer", "text", "either", "maybe", "list", "unknown", "day"])
FRACTIONS = st.decimals(allow_nan=False, allow_infinity=False, places=2)


@given(st.dictionaries(NAMES, plain | FRACTIONS | st.lists(FRACTIONS)))
@example({"text": Decimal("1.5")})
@example({"integer": Decimal(2)})
@example({"number": Decimal("1E+100")})
@example({"number": Decimal("NaN")})
@example({"integer": 1e16})
def test_a_decimal_that_passes_at_a_glance_stays_what_it_is(value):
    huge = any(isinstance(n, float) and abs(n) >= 1e16 for n in numbers(value))  # 1e16 may go out as 1e16
    if not huge and values.plain(value, SCHEMA) is not None and SCHEMA.ok(value):
        assert same(to_json(value, SCHEMA), (value, []))


def test_a_decimal_where_a_number_is_wanted_passes_at_a_glance():
    assert values.plain({"number": Decimal("19.90"), "either": Decimal("2.0"), "text": "a"}, SCHEMA) is not None
    assert values.plain({"number": Decimal("19.90")}) is None
    assert values.plain({"integer": Decimal("2.0")}, SCHEMA) is None
    orders = [{"productList": [{"declaredValue": Decimal("19.90")}]}]
    assert values.plain(orders, REGISTRY["outbound.create"].data) is not None


def numbers(value):
    if isinstance(value, (list, dict)):
        return [number for inner in (value.values() if isinstance(value, dict) else value) for number in numbers(inner)]
    return [value] if isinstance(value, (int, float)) else []


@given(st.lists(plain | st.decimals(allow_nan=False, allow_infinity=False, places=2), min_size=1))
def test_decimals_survive_among_other_values(value):
    found, violations = to_json([*value, Decimal("0.10")], None)
    assert violations == [] or any(isinstance(v, Decimal) for v in value)
    assert encode(found).endswith((b",0.10]", b"[0.10]"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nope",
        b"\xff",
        b"[1, NaN]",
        b"[Infinity]",
        b"-Infinity",
        b"1e999",
        b"1 2",
        b"'a'",
        b"[" * 100_000,
        b"{}x",
    ],
)
def test_what_is_no_json_is_a_value_error(body, codec):
    with pytest.raises(ValueError):
        codec.decode(body)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'{"[{":', b"}")])
def test_depth_is_bounded_in_what_is_read(opening, closing, codec):
    def body(depth):
        core = opening * depth + b"1" + closing * depth
        return b'["\\"[[[", "[", {"x": "' + b"[" * 500 + b'"}, ' + core + b"]"

    assert codec.decode(body(100))
    for depth in (112, 200, 600, 1_000, 50_000):
        with pytest.raises(ValueError, match="nested too deep"):
            codec.decode(body(depth))


def test_brackets_in_strings_hide_no_depth(codec):
    with pytest.raises(ValueError, match="nested too deep"):
        codec.decode(b'["]",' * 120 + b"1" + b',"["]' * 120)


@given(plain)
def test_a_shallow_value_is_read_whatever_its_strings_hold(value):
    body = json.dumps([value] * 200).encode()
    assert same(values.decode(body), json.loads(body))


def test_a_decimal_costs_one_call_and_not_one_for_each_value_beside_it():
    rows = [{"price": Decimal("19.90"), **dict.fromkeys("abcdefgh", "text")} for _ in range(1_000)]
    written, work = calls(lambda: encode(rows))
    assert written.count(b'"price":19.90') == 1_000
    assert work < 5_000


@pytest.mark.parametrize("body", [b"18446744073709551616", b"1180591620717411303424", b"-9223372036854775809"])
def test_large_integers_come_back_as_integers(body, codec):
    assert same(codec.decode(body), int(body))


def test_a_byte_order_mark_is_no_part_of_the_value(codec):
    assert codec.decode(b"\xef\xbb\xbf[1]") == [1]


@given(st.binary(max_size=60))
@example(b'"\\ud800"')
@example(b"1e999")
def test_with_and_without_orjson_the_same_bytes_mean_the_same(body):
    def outcome(codec):
        try:
            return repr(codec.decode(body))
        except ValueError:
            return "refused"

    assert outcome(BOTH["orjson"]) == outcome(BOTH["json"])


def test_decode_exact_keeps_fractions():
    assert decode_exact('{"a": 19.90, "b": 1}') == {"a": Decimal("19.90"), "b": 1}
    for text in ("", "[NaN]", "[" * 100_000):
        with pytest.raises(ValueError):
            decode_exact(text)


# The way through an operation


def test_a_payload_reaches_the_wire_in_its_schemas_forms():
    data = REGISTRY["outbound.cancel"].check({"orderNumber": "X", "cancelTime": NOON, "cancelReason": Decimal(5)}).data
    assert data == {"orderNumber": "X", "cancelTime": "2025-06-17T12:00:05+0800", "cancelReason": "5"}


@given(plain | st.just([Decimal("1.5")]), st.sampled_from(["outbound.cancel", "outbound.create", "outbound.query"]))
def test_any_value_is_accepted_as_it_is_or_refused_with_reasons(value, id):
    try:
        data = REGISTRY[id].check(value).data
    except RequestInvalid as error:
        reasons = error.violations
    else:
        reasons = [same(data, {} if value is None else value)]  # no payload is an empty one
    assert all(reasons)
    assert reasons


@pytest.mark.parametrize(
    ("order", "words", "fix"),
    [
        ({"consigneePhone": None}, "must be a string, not null", "null: leave the field out"),
        ({"remarks": None}, "must be a string, not null", "null: leave the field out"),
        (
            {"consigneeName": None},
            "must be a string, not null",
            "null does not count as a value, and one is required: give it",
        ),
        ({"productList": [None]}, "must be an object, not null", "null: leave the item out"),
        ({"consigneePhone": 1234567}, "must be a string, not *** (hidden: an integer)", "put it in quotes"),
        ({"consigneePhone": 1.5}, "must be a string, not *** (hidden: a number)", "put it in quotes"),
        ({"consigneePhone": True}, "must be a string, not *** (hidden: a boolean)", "put it in quotes"),
        ({"consigneePhone": ["+44"]}, "must be a string, not a list of 1 item", None),
    ],
)
def test_what_may_be_said_of_null_and_of_a_hidden_value(order, words, fix):
    with pytest.raises(RequestInvalid) as caught:
        REGISTRY["outbound.create"].check([{**ORDER, **order}])
    (violation,) = caught.value.violations
    assert violation.message.removesuffix("s") == words
    assert violation.fix == fix
    assert "1234567" not in str(caught.value)


def test_of_a_hidden_text_the_length_is_told():
    from ocreg.registry.explain import hidden_value

    assert [hidden_value(text) for text in ("", "x", "x" * 1500)] == [
        "*** (hidden: a string of 0 characters)",
        "*** (hidden: a string of 1 character)",
        "*** (hidden: a string of 1,500 characters)",
    ]
