"""A whole call with no network: the exchange is played with lists of outcomes."""

import json
import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from work import calls

from ocreg import ApiError, CallError, HttpError, Registry, ResponseInvalid, TransportError
from ocreg.engine import policy
from ocreg.engine.exchange import Discard, NeedToken, Prepared, Send, converse
from ocreg.engine.messages import Failure, Reply, Request
from ocreg.engine.words import TEXT_KEPT

REGISTRY = Registry([])
MESSAGE_ID = "11111111-2222-3333-4444-555555555555"
OK = {"code": 0, "message": "Success"}


def prepared(id="outbound.cancel", **changes):
    request = Request(id, "POST", "https://example.com/x", {"TimeStamp": "1"}, b"{}")
    return Prepared(REGISTRY[id], request, MESSAGE_ID, token="AT-1")._replace(**changes)


def reply(content, status=200, **headers):
    return Reply(status, headers, content if isinstance(content, bytes) else json.dumps(content).encode())


def play(call, *outcomes):
    """What the exchange wanted, step by step, and its answer or its error."""
    conversation, wishes = converse(call), []
    try:
        wishes.append(next(conversation))
        for outcome in outcomes:
            wishes.append(conversation.send(outcome))
            if isinstance(wishes[-1], Discard):
                wishes.append(conversation.send(None))
    except StopIteration as end:
        return wishes, end.value
    except CallError as error:
        return wishes, error
    raise AssertionError(f"the exchange wants more: {wishes[-1]}")


def ending(call, *outcomes):
    return play(call, *outcomes)[1]


# Success


def test_a_success_is_returned_as_the_vendor_sent_it():
    wishes, answer = play(prepared(), reply({**OK, "messageId": 7, "unheard": [1, None]}))
    assert answer == {**OK, "messageId": 7, "unheard": [1, None]}
    assert [type(wish) for wish in wishes] == [Send]


def test_success_true_is_enough_where_there_is_no_code():
    assert ending(prepared(), reply({"success": True})) == {"success": True}


def test_the_token_travels_in_a_header_of_its_own():
    wishes, _ = play(prepared(), reply(OK))
    assert wishes[0].request.headers == {"TimeStamp": "1", "Access-Token": "Bearer AT-1"}


# The transport broke off


@pytest.mark.parametrize("kind", policy.TRANSPORT)
def test_every_way_to_break_off_says_whether_it_happened(kind):
    error = ending(prepared(), Failure(kind, "the transport's words"))
    assert type(error) is TransportError
    assert (error.kind, error.happened) == (kind, policy.TRANSPORT[kind].happened)
    assert (error.reply, error.message_id, error.operation) == (None, MESSAGE_ID, "outbound.cancel")
    assert "the transport's words" in str(error)


def test_what_was_not_written_whole_did_not_happen_and_what_was_written_may_have():
    happened = {kind: ruling.happened for kind, ruling in policy.TRANSPORT.items()}
    no = {"connect", "connect-timeout", "proxy", "tls", "unusable", "write-timeout", "unsent", "deadline"}
    no |= {"cancelled-unsent"}
    assert {kind for kind, value in happened.items() if value == "no"} == no
    assert {value for kind, value in happened.items() if kind not in no} == {"unknown"}


# HTTP statuses


@pytest.mark.parametrize(
    ("status", "happened"),
    [
        (101, "unknown"),
        (103, "unknown"),
        (300, "unknown"),
        (301, "no"),
        (302, "unknown"),
        (303, "unknown"),
        (304, "unknown"),
        (305, "no"),
        (307, "no"),
        (308, "no"),
        (399, "unknown"),
        (400, "no"),
        (401, "no"),
        (403, "no"),
        (404, "no"),
        (405, "no"),
        (408, "unknown"),
        (409, "no"),
        (425, "no"),
        (429, "no"),
        (460, "unknown"),
        (499, "unknown"),
        (500, "unknown"),
        (502, "unknown"),
        (503, "unknown"),
        (501, "no"),
        (504, "unknown"),
        (520, "unknown"),
        (599, "unknown"),
        (600, "unknown"),
        (999, "unknown"),
    ],
)
def test_a_status_that_is_no_success_says_whether_it_happened(status, happened):
    error = ending(prepared(), reply(b"<html>no</html>", status))
    assert type(error) is HttpError
    assert (error.status, error.happened, error.reply) == (status, happened, "<html>no</html>")
    assert f"HTTP {status}" in str(error)


def test_a_success_body_succeeds_with_every_2xx_and_with_no_other_status():
    outcomes = {status: ending(prepared(), reply(OK, status)) for status in range(100, 600)}
    assert [status for status, outcome in outcomes.items() if outcome == OK] == list(range(200, 300))
    assert {type(outcome) for outcome in outcomes.values()} == {dict, HttpError}


def test_a_body_in_the_vendors_language_makes_an_api_error_of_any_status():
    error = ending(prepared(), reply({"code": 3, "message": "no"}, 500))
    assert type(error) is ApiError
    assert (error.code, error.status, error.happened) == (3, 500, "unknown")


# Whose answer it is

OTHERS = "99999999-8888-7777-6666-555555555555"
FOREIGN = policy.FOREIGN.words


@pytest.mark.parametrize("status", [200, 201, 302, 400, 401, 404, 429, 500, 503])
@pytest.mark.parametrize("said", [{"code": 0}, {"code": 3}, {"code": 1}, {"success": True}, {}])
def test_an_answer_with_another_message_id_says_nothing_of_this_call(said, status):
    wishes, error = play(prepared(renewable=True), theirs := reply({**said, "messageId": OTHERS}, status))
    assert (type(error), error.happened) == (ResponseInvalid, "unknown")
    assert all(words in str(error) for words in (FOREIGN, OTHERS, MESSAGE_ID))
    assert [type(wish) for wish in wishes] == [Send, Discard]
    assert wishes[1].reply is theirs
    assert error.as_dict()["foreign"] is True


@pytest.mark.parametrize("said", [MESSAGE_ID, None, 1718883960167, 17.5, True, "", "  ", [OTHERS], {"id": OTHERS}])
def test_an_answer_with_our_message_id_or_with_none_that_is_text_is_ours(said):
    outcome = ending(prepared(), reply({"code": 3, "messageId": said}))
    assert (type(outcome), outcome.happened) == (ApiError, "no")


def test_an_answer_to_a_request_without_a_message_id_may_have_one_of_the_servers():
    answer = {"code": 0, "data": [], "messageId": "1718883960167"}
    get = Request("warehouse.services", "GET", "https://example.com/x", {}, None)
    assert ending(prepared("warehouse.services", request=get), reply(answer)) == answer
    assert ending(prepared(message_id=""), reply({"code": 0, "messageId": "7"}))["messageId"] == "7"
    token = {"access_token": "AT-2", "messageId": "7"}
    assert ending(prepared("oauth.refresh", token=None), reply(token)) == token


def create(*numbers):
    return prepared("outbound.create", items=len(numbers), numbers=numbers)


def rows(*numbers, key="referenceNumber"):
    return [{"orderNumber": f"OCO{place}", key: number} for place, number in enumerate(numbers)]


@pytest.mark.parametrize("key", ["referenceNumber", "referencenumber", "REFERENCENUMBER"])
@pytest.mark.parametrize("more", [{}, {"message": 5}])
def test_rows_about_other_numbers_belong_to_another_create(key, more):
    wishes, error = play(create("A-1", "A-2"), reply({"code": 0, "data": rows("B-1", "B-2", key=key), **more}))
    assert (type(error), error.happened) == (ResponseInvalid, "unknown")
    assert FOREIGN in str(error)
    assert [type(wish) for wish in wishes] == [Send, Discard]


@pytest.mark.parametrize(
    "data",
    [
        rows("A-1", "B-2"),
        rows(" a-1 "),
        rows("B-1", None),
        rows("B-1", 7),
        [*rows("B-1"), {"orderNumber": "OCO7"}],
        [],
        None,
    ],
)
def test_rows_that_may_be_about_ours_are_ours(data):
    outcome = ending(create("A-1", "A-2"), reply({"code": 0, "data": data}))
    assert FOREIGN not in str(outcome)
    assert getattr(outcome, "happened", "yes") == "yes"


def test_where_an_item_has_no_number_the_vendor_may_give_it_one():
    assert ending(create(), reply({"code": 0, "data": rows("B-1")}))["data"] == rows("B-1")


@pytest.mark.parametrize("status", [200, 400, 429])
@pytest.mark.parametrize("code", [{"code": 3}, {"code": 3, "errors": [{"code": "300001"}]}, {"code": 1}])
def test_a_refusal_beside_its_own_row_is_not_a_no(code, status):
    wishes, error = play(create("A-1")._replace(renewable=True), reply({**code, "data": rows("a-1 ")}, status))
    assert (type(error), error.happened, len(wishes)) == (ApiError, "unknown", 1)
    assert policy.NO_WITH_ROW.words in str(error)


@pytest.mark.parametrize("data", [None, [], rows("B-1"), [{"orderNumber": "OCO1"}], "A-1", [["A-1"]]])
def test_a_refusal_beside_anything_else_is_a_no(data):
    assert ending(create("A-1"), reply({"code": 3, "data": data})).happened == "no"


# The answer's headers


def test_an_error_keeps_the_headers_of_its_answer_without_what_nobody_may_see():
    odd = {
        "X-Request-Id": "r-1",
        "Set-Cookie": "s=1",
        "X-Auth-Token": "t",
        "WWW-Authenticate": "Bearer",
        "X-Echo": "AT-1",
    }
    odd |= {
        "Location": "https://a.example.com/?code=secret&x=1",
        "X-Name": "Test Person",
        b"X-Bytes": b"\xff",
        "X-No": None,
    }
    body = json.dumps({"data": {"consigneeName": "Test Person"}}).encode()
    call = prepared("outbound.create", request=Request("outbound.create", "POST", "https://example.com/", {}, body))
    error = ending(call, Reply(503, {**odd, "X-Long": "x" * 9_000, "Retry-After": "7"}, b""))
    assert error.headers == {
        "X-Request-Id": "r-1",
        "WWW-Authenticate": "Bearer",
        "X-Echo": "***",
        "Location": "https://a.example.com/?code=***&x=1",
        "X-Name": "***",
        "X-Bytes": "\xff",
        "X-No": "None",
        "X-Long": "x" * 500,
        "Retry-After": "7",
    }
    assert (error.retry_after, error.as_dict()["retry_after"]) == (7.0, 7.0)
    assert error.as_dict()["headers"] == pickle.loads(pickle.dumps(error)).headers == error.headers
    assert len(ending(prepared(), Reply(503, {f"X-{n}": "1" for n in range(200)}, b"")).headers) == 50


@pytest.mark.parametrize(
    "outcome", [reply({"code": 3}), reply(b"<html>"), reply({"code": "0"}), reply({"messageId": OTHERS})]
)
def test_every_error_with_an_answer_has_its_headers(outcome):
    error = ending(prepared(), outcome._replace(headers={"X-Request-Id": "r-1"}))
    assert (error.headers, error.retry_after) == ({"X-Request-Id": "r-1"}, None)


def test_an_error_without_an_answer_has_no_headers():
    assert ending(prepared(), Failure("reset", "")).headers is None


# The answer's own code


@pytest.mark.parametrize(
    ("answer", "items", "code", "happened"),
    [
        ({"code": 3}, 1, 3, "no"),
        ({"code": "3"}, 1, "3", "no"),
        ({"code": 3}, 2, 3, "unknown"),
        ({"code": "3"}, 2, "3", "unknown"),
        ({"code": 1}, 1, 1, "no"),
        ({"code": 1}, 2, 1, "no"),
        ({"code": 99}, 1, 99, "unknown"),
        ({"code": "E-7"}, 1, "E-7", "unknown"),
        ({"code": "--3"}, 1, "--3", "unknown"),
        ({"code": "9" * 5000}, 1, "9" * 5000, "unknown"),
        ({"code": "³"}, 1, "³", "unknown"),
        ({"code": None}, 1, None, "unknown"),
        ({"code": []}, 1, [], "unknown"),
        ({"code": 3.5}, 1, 3.5, "unknown"),
        ({"code": True}, 1, True, "unknown"),
        ({"code": False}, 1, False, "unknown"),
        ({"code": 0, "success": False}, 1, 0, "unknown"),
        ({"success": False}, 1, None, "unknown"),
        ({"code": 0, "errors": [{"code": "1", "message": "x"}]}, 1, 0, "unknown"),
    ],
)
def test_an_answer_that_says_no_is_an_api_error(answer, items, code, happened):
    error = ending(prepared("outbound.create", items=items), reply(answer))
    assert type(error) is ApiError
    assert (error.code, error.happened, error.reply, error.status) == (code, happened, answer, 200)


def test_known_codes_are_explained_from_the_file():
    answer = {"code": 3, "message": "参数错误", "errors": [{"code": "300001", "message": "orderNumber 不能为空。"}]}
    error = ending(prepared(), reply(answer))
    assert error.errors == answer["errors"]
    assert error.explanation == ["300001: a required field is missing or empty; the message names it"]
    for words in ("参数错误", "orderNumber 不能为空。", "meaning: a required field", MESSAGE_ID, "happened: no"):
        assert words in str(error)


def test_errors_of_odd_shapes_are_kept_in_the_reply_and_listed_where_they_are_objects():
    answer = {"code": 3, "errors": [5, None, {"code": [1]}, {}, "x"], "message": {"a": 1}}
    error = ending(prepared(), reply(answer))
    assert (error.reply, error.errors) == (answer, [{"code": [1]}, {}])


def test_an_answer_with_half_a_surrogate_pair_makes_an_error_that_can_be_printed():
    error = ending(prepared(), reply(b'{"code": 3, "message": "\\ud800"}'))
    assert str(error).encode()
    assert error.happened in ("no", "unknown")


def test_a_reading_call_says_that_it_may_be_sent_again():
    assert "safe to send again" in str(ending(prepared("outbound.query"), Failure("reset", "")))
    assert "look it up before you send it again" in str(ending(prepared(), Failure("reset", "")))


# Answers that cannot be judged


@pytest.mark.parametrize(
    ("body", "kept", "words"),
    [
        (b"", "", "empty body"),
        (b"OK", "OK", "2 bytes of text/plain"),
        (b'{"code": 0', '{"code": 0', "10 bytes"),
        (b"<html>hello</html>", "<html>hello</html>", "18 bytes"),
        (b'{"code": "\xff"}', '{"code": "\ufffd"}', "not UTF-8"),
        (b"[]", [], "a JSON list instead of an object"),
        (b"null", None, "a JSON NoneType"),
        (b'"0"', "0", "a JSON str"),
        (b'{"code": NaN}', '{"code": NaN}', "NaN is not a JSON value"),
        (b"[" * 50_000, "[" * TEXT_KEPT, "nested too deep"),
        (b"{}", {}, "neither `code` nor `success`"),
        (b'{"data": []}', {"data": []}, "neither `code` nor `success`"),
    ],
)
def test_what_is_no_answer_leaves_unknown_what_happened(body, kept, words):
    error = ending(prepared(), reply(body, **{"Content-Type": "text/plain"}))
    assert type(error) is ResponseInvalid
    assert (error.happened, error.reply, error.violations) == ("unknown", kept, [])
    assert words in str(error)


def test_a_success_in_another_form_happened_and_names_the_rule_it_breaks():
    error = ending(prepared(), reply({"code": "0"}))
    assert type(error) is ResponseInvalid
    assert (error.happened, error.reply) == ("yes", {"code": "0"})
    assert [violation.because for violation in error.violations] == ["type at code"]
    assert "do not send it again" in str(error)


def test_the_answers_data_must_be_what_the_file_describes():
    error = ending(prepared("outbound.create"), reply({"code": 0, "data": [{"orderNumber": 5}]}))
    assert (type(error), error.happened) == (ResponseInvalid, "yes")
    assert [violation.because for violation in error.violations] == ["type at data[0].orderNumber"]


# Token operations have no envelope


def test_a_token_answer_is_taken_as_it_is():
    call = prepared("oauth.refresh", token=None)
    wishes, answer = play(call, reply({"access_token": "AT-2"}))
    assert answer == {"access_token": "AT-2"}
    assert "Access-Token" not in wishes[0].request.headers


def test_null_means_absent_in_every_answer_behind_references_too():
    token = {"access_token": "AT-2", "refresh_token": None, "expires_in": None, "error": None}
    assert ending(prepared("oauth.refresh", token=None), reply(token)) == token
    orders = {"code": 0, "data": [{"orderNumber": None, "orderCreationTime": None, "trackingNumberList": None}]}
    assert ending(prepared("outbound.query"), reply({**orders, "message": None})) == {**orders, "message": None}


def test_a_token_answer_with_error_is_a_no_whatever_the_status():
    body = {"error": "invalid_grant", "error_description": "used up"}
    for status in (200, 400):
        error = ending(prepared("oauth.refresh", token=None), reply(body, status))
        assert (type(error), error.code, error.happened) == (ApiError, "invalid_grant", "no")
        assert "used up" in str(error)


def test_a_token_answer_without_a_token_is_invalid():
    error = ending(prepared("oauth.refresh", token=None), reply({"token_type": "bearer"}))
    assert (type(error), error.happened) == (ResponseInvalid, "yes")
    assert [violation.because for violation in error.violations] == ["required at access_token"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b'{"error": "odd", "refresh_token": "RT-NEW"}', ApiError), (b'{"refresh_token": "RT-NEW", ', ResponseInvalid)],
)
def test_a_token_inside_a_bad_answer_is_masked_when_the_error_is_shown(body, kind):
    error = ending(prepared("oauth.refresh", token=None), reply(body))
    assert type(error) is kind
    assert "RT-NEW" in str(error.reply)
    assert "RT-NEW" not in str(error) + repr(error) + json.dumps(error.as_dict())


def test_an_error_in_the_answer_of_a_business_operation_without_an_envelope_is_not_a_no(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "bare.yaml").write_text("extends: outbound.create\nenvelope: false\n")
    bare = prepared()._replace(endpoint=Registry([tmp_path])["own.bare"])
    error = ending(bare, reply({"error": "somewhere", "messageId": "another"}))
    assert (type(error), error.happened) == (ApiError, "unknown")


# The token flow

REFUSALS = [reply(b"", 401), reply({"code": 1}), reply({"code": 1}, 401), reply({"code": "1"})]


def test_without_a_token_one_is_asked_for_first():
    wishes, answer = play(prepared(token=None, renewable=True), "AT-1", reply(OK))
    assert (type(wishes[0]), wishes[0].stale) == (NeedToken, None)
    assert wishes[1].request.headers["Access-Token"] == "Bearer AT-1"
    assert answer == OK


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_token_is_renewed_and_the_call_sent_again(refusal):
    wishes, answer = play(prepared(renewable=True), refusal, "AT-2", reply(OK))
    assert (type(wishes[1]), wishes[1].stale) == (NeedToken, "AT-1")
    assert [w.request.headers["Access-Token"] for w in (wishes[0], wishes[2])] == ["Bearer AT-1", "Bearer AT-2"]
    assert wishes[0].request.body is wishes[2].request.body
    assert answer == OK


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_second_refusal_is_final(refusal):
    wishes, error = play(prepared(renewable=True), refusal, "AT-2", refusal)
    assert [type(wish) for wish in wishes] == [Send, NeedToken, Send]
    assert isinstance(error, (HttpError, ApiError))
    assert error.happened == "no"


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_cannot_be_renewed_is_final_at_once(refusal):
    wishes, error = play(prepared(renewable=False), refusal)
    assert [type(wish) for wish in wishes] == [Send]
    assert (isinstance(error, CallError), error.happened) == (True, "no")


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_no_other_refusal_costs_a_token_or_a_second_try(status):
    wishes, error = play(prepared(renewable=True), reply(b"", status))
    assert ([type(wish) for wish in wishes], error.status) == ([Send], status)


def test_the_transport_breaking_off_after_a_renewal_is_judged_as_ever():
    error = ending(prepared(renewable=True), reply(b"", 401), "AT-2", Failure("reset", ""))
    assert (type(error), error.happened) == (TransportError, "unknown")


# Answers that would cost much, or make much text

MANY = json.dumps({**OK, "data": [{"orderNumber": n} for n in range(4_000)]}).encode()


def test_of_thousands_of_broken_rules_the_first_hundred_are_explained_and_the_others_counted():
    error = ending(prepared("outbound.query"), reply(MANY))
    assert (type(error), len(error.violations), error.more) == (ResponseInvalid, 100, 3_900)
    assert "... and 3,980 more in `violations` (which holds 100)\n  happened: " in str(error)
    assert len(str(error)) < 5_000
    assert error.reply == json.loads(MANY)
    assert error.as_dict()["more"] == 3_900


def test_explaining_thousands_of_broken_rules_is_little_more_work_than_finding_them():
    few = json.dumps({**OK, "data": [{"orderNumber": n} for n in range(100)]}).encode()
    ending(prepared("outbound.query"), reply(few))  # lines are looked up once
    some, most = (calls(lambda b=body: ending(prepared("outbound.query"), reply(b)))[1] for body in (few, MANY))
    assert most < 40 * some


def test_counting_ends_somewhere():
    answer = {**OK, "data": [{"orderNumber": n} for n in range(20_000)]}
    error = ending(prepared("outbound.query"), reply(answer))
    assert len(error.violations) + error.more == 5_000


def test_a_long_message_is_cut_in_the_text_and_whole_in_the_reply():
    message = "x" * 1_000_000 + "\n" + "y\n" * 100_000
    error = ending(
        prepared(), reply({"code": 3, "message": message, "errors": [{"code": "E", "message": message}] * 90})
    )
    assert len(str(error)) < 50_000
    assert "characters more in `reply`" in str(error)
    assert "lines more in `reply`" in str(error)
    assert str(error).splitlines()[-1].startswith("  happened: no")
    assert error.reply["message"] == error.errors[0]["message"] == message


def test_what_is_cut_was_masked_before():
    for start in range(440, 520):
        error = ending(prepared(token="AT-SECRET-1"), reply({"code": 3, "message": "x" * start + "AT-SECRET-1"}))
        assert "AT-" not in str(error)


DEPTHS = (90, 120, 400, 600, 900, 1_000, 1_020, 100_000)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("field", [b"data", b"message", b"code", b"errors", b"x"])
@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_nested_too_deep_is_no_json_and_never_a_recursion(depth, opening, closing, field, status):
    body = b'{"code":3,"' + field + b'":' + opening * depth + b"1" + closing * depth + b"}"
    error = ending(prepared(), Reply(status, {}, body))
    assert isinstance(error, CallError)
    assert json.dumps(error.as_dict())
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    if depth > 110 and status == 200:
        assert "nested too deep" in str(error)
        assert isinstance(error.reply, str)
    elif depth < 110:
        assert isinstance(error.reply, dict)


def test_a_payload_that_was_nested_deeper_than_what_is_read_gets_its_error_all_the_same():
    request = prepared().request._replace(body=b'{"data":' + b"[" * 250 + b"]" * 250 + b"}")
    assert ending(prepared(request=request), reply({"code": 3})).code == 3


# Any answer at all

bodies = st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "data", "errors", "success", "message", "messageId", "error", "access_token"]),
            inner,
        )
    ),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode())


@given(
    st.sampled_from(["outbound.cancel", "outbound.create", "outbound.query", "warehouse.services", "oauth.refresh"]),
    bodies,
    st.just(200) | st.integers(100, 599),
    st.integers(1, 50),
)
@example("outbound.query", b'{"code":0,"data":' + b"[" * 600 + b"]" * 600 + b"}", 200, 1)
@example("outbound.cancel", b'{"code":0,"message":"\\ud800"}', 200, 1)
@example("outbound.cancel", b'{"code":' + b"9" * 5000 + b"}", 200, 1)
@example("outbound.cancel", b"\xef\xbb\xbf" + b'{"code":0}', 200, 1)
def test_any_bytes_with_any_status_end_as_an_answer_or_as_an_error_that_knows_what_happened(id, body, status, items):
    outcome = ending(prepared(id, items=items), Reply(status, {}, body))
    if isinstance(outcome, CallError):
        assert outcome.happened in ("no", "yes", "unknown")
        assert outcome.message_id == MESSAGE_ID
        assert json.dumps(outcome.as_dict())
        copy = pickle.loads(pickle.dumps(outcome))
        assert (type(copy), str(copy), copy.happened) == (type(outcome), str(outcome), outcome.happened)
    else:
        assert isinstance(outcome, dict)
        assert 200 <= status < 300
