"""Which names count as near: measured over all fields of all shipped files, so that neither side is a matter of taste."""

import pytest

from ocreg.names.guesses import guess
from ocreg.names.levels import top
from ocreg.names.spelling import unlikeness
from ocreg.registry.files import Registry

REGISTRY = Registry([])


def levels(level, seen=()):
    """A level and all below it."""
    if level.key not in seen:
        yield level
        for name in level.names:
            yield from levels(level.below(name), (*seen, level.key))


def objects(*, answers):
    """Every object that a payload, a query or (on demand) an answer of a shipped file describes."""
    for id in REGISTRY:
        endpoint = REGISTRY[id]
        described = [part.top for part in endpoint.fields.of.names.values()]
        described += [top(endpoint.answer)] if answers else []
        for one in described:
            yield from ((id, level) for level in levels(one) if level.names)


def usable(level):
    return [name for name, known in level.names.items() if known]


def test_no_field_would_be_taken_for_its_neighbour_if_the_file_did_not_know_it() -> None:
    """A partial file lacks real fields: as often as one of those is refused, the rule is wrong.

    So each known field of an object, of answers too, is held against each other one. What is left are fields of answers
    that the vendor spells in two ways, which are the same field.
    """
    pairs, alarms = 0, []
    for id, level in objects(answers=True):
        for one in usable(level):
            for other in usable(level):
                if one != other:
                    pairs += 1
                    score = unlikeness(one, other)
                    alarms += [(id, one, other)] if score is not None else []
    assert pairs > 3000
    assert {(one.lower(), other.lower()) for _, one, other in alarms} == {
        (name, name) for name in ("skulist", "ocskuid", "skuquantity", "sellerinboundnumber")
    }
    assert {id for id, _, _ in alarms} == {"inbound.detail", "inbound.list"}  # answers only: a request has one spelling


def slips(name):
    """One slip at every place of a name: a letter missing, doubled, wrong (by the next in the alphabet), or swapped."""
    found = set()
    for place, letter in enumerate(name):
        rest, next_one = name[place + 1 :], chr(ord("a") + (ord(letter.lower()) - ord("a") + 1) % 26)
        found |= {name[:place] + rest, name[:place] + letter + letter + rest, name[:place] + next_one + rest}
        if rest:
            found.add(name[:place] + rest[0] + letter + rest[1:])
    return found - {name}


def test_single_slips_are_found() -> None:
    """Missed are only wrong first letters of short names, and wrong digits: those make another name."""
    slipped, missed = 0, []
    for id, level in objects(answers=False):
        for name in usable(level):
            for slip in slips(name) - set(level.names) if len(name) >= 4 else ():
                slipped += 1
                missed += [(id, name, slip)] if guess(slip, level, {}) is None else []
    assert slipped > 7000
    assert len(missed) / slipped < 0.012, len(missed) / slipped
    for _, name, slip in missed:
        digit = name[-1].isdigit() and slip[:-1] in (name, name[:-1])
        assert digit or (len(name) < 8 and slip[1:] == name[1:]), (name, slip)


@pytest.mark.parametrize("id", list(REGISTRY))
def test_no_example_holds_a_field_that_counts_as_strange(id: str) -> None:
    """Every request example of every file passes, without a warning, also under the strictest policy."""
    endpoint = REGISTRY[id].with_unknown("refuse")
    for example in endpoint.examples.get("request", ()):
        endpoint.check(example.get("data"), example.get("query"))


@pytest.mark.parametrize("id", [id for id in REGISTRY if REGISTRY[id].data is not None])
def test_a_payload_of_known_fields_meets_no_rule_about_names(id: str) -> None:
    """Any pair of fields of a payload, also where a field of the same name is known one level deeper or higher."""
    for level in levels(REGISTRY[id].fields.of.names[""].top):
        for one in level.names:
            for other in level.names:
                assert list(level.strangers({one: None, other: None})) == []


NEAR = {
    "orderNumbers": "orderNumberList",
    "ordernumberlist": "orderNumberList",
    "order_number_list": "orderNumberList",
    "OrderNumberLst": "orderNumberList",
    "orderNumber": "orderNumberList: [{orderNumber: ...}]",
    "ebayOrderId": "ebayOrderIdList: [{ebayOrderId: ...}]",
    "starTime": "startTime",
    "statrTime": "startTime",
    "start-time": "startTime",
    "serviceRegion": "a field of outbound.create",
    "consigneeNme": "`consigneeName`, a field of outbound.create",
}


@pytest.mark.parametrize("strange", NEAR)
def test_the_fix_names_what_was_meant(strange: str) -> None:
    of = REGISTRY["outbound.query"].fields.of
    found = guess(strange, of.names[""].top, of.family, closed=True)
    assert found is not None
    assert NEAR[strange] in found.fix.replace("`: ", ": ")


@pytest.mark.parametrize("strange", ["orderNo", "pageNumber", "warehouse", "x", "", "_", "日期", "status", "a" * 500])
def test_what_is_far_from_all_is_left_alone(strange: str) -> None:
    of = REGISTRY["outbound.query"].fields.of
    assert guess(strange, of.names[""].top, of.family, closed=True) is None


@pytest.mark.parametrize(
    ("strange", "known"),
    [
        ("skuQty", "skuQuantity"),
        ("consigneeAddr1", "consigneeAddress1"),
        ("qty", "quantity"),
        ("mfSkuID", "mfSkuId"),
        ("serviceRegoin", "serviceRegion"),
        ("consigneeAddress", "consigneeAddress1"),
        ("SN", "sn"),
    ],
)
def test_names_that_are_near(strange: str, known: str) -> None:
    assert unlikeness(strange, known) is not None


@pytest.mark.parametrize(
    ("strange", "known"),
    [
        ("consigneeAddress2", "consigneeAddress1"),
        ("messageId", "message"),
        ("noEbayFee", "ebayFee"),
        ("height", "weight"),
        ("endTime", "startTime"),
        ("page", "package"),
        ("ETA", "VAT"),
        ("fileType", "fileName"),
    ],
)
def test_names_that_are_two(strange: str, known: str) -> None:
    assert unlikeness(strange, known) is None


def test_a_name_in_a_line_may_belong_to_the_order() -> None:
    lines = REGISTRY["outbound.create"].fields.of.names[""].top.below("productList")
    found = guess("serviceRegoin", lines, {})
    assert found is not None
    assert found.fix == "did you mean `serviceRegion` one level higher, beside `productList`?"
