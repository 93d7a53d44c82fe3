"""What a client may do on the pipes that the SDK's own client never does."""

import json

from tests.agents.pipes import Raw
from tests.agents.sessions import CREATE

HOSTILE = {
    "half of an emoji": (b'{"id":"outbound.cancel","data":"\\ud83d"}', "cannot be read"),
    "nested deep": (b'{"id":"outbound.cancel","data":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "recursion"),
    "a number of many digits": (b'{"id":"outbound.cancel","data":' + b"9" * 5_000 + b"}", "out of range"),
    "a long line": (b'{"id":"outbound.cancel","data":"' + b"x" * 4_000_000 + b'"}', "4,000,000 bytes"),
    "a large payload": (b'{"id":"outbound.cancel","data":"' + b"x" * 1_000_000 + b'"}', "more than 1,000,000"),
    "no JSON": (b'{"id": oops}', "cannot be read"),
    "a list": (b"[1]", "invalid"),
    "no arguments": (b"null", "id is missing"),
    "an id of another type": (b'{"id":{"a":1}}', "id must be a text"),
    "a path": (b'{"id":"../../etc/passwd"}', "no operation"),
    "another argument": (b'{"id":"outbound.cancel","yes":true}', "takes no argument"),
    "a query of another type": (b'{"id":"outbound.cancel","query":[1]}', "query must be an object"),
    "fields of another type": (b'{"id":"outbound.cancel","allow_unknown":[1]}', "a list of texts"),
}


def test_hostile_input_gets_an_error_that_says_that_nothing_happened():
    raw = Raw()
    for name, (arguments, words) in HOSTILE.items():
        happened, text = raw.call(arguments)
        assert happened == "no", name
        assert words in text, (name, text)
        assert len(text) < 500, name
    assert raw.call(b'{"id":"outbound.cancel"}', tool="no_such_tool")[0] == "no"
    raw.say(b"not a message\n\n\xff\xfe\n[]")
    assert raw.call(b'{"id":"outbound.cancel","data":NaN}')[0] is None  # a plan says what is wrong with it
    assert raw.end() == (0, "")


def test_a_capability_that_the_version_does_not_know_counts_for_nothing():
    raw = Raw("2025-03-26", {"elicitation": {}})
    happened, text = raw.call(json.dumps(CREATE).encode(), tool="call_operation")
    assert happened == "no"
    assert "cannot ask" in text
    assert raw.end() == (0, "")
