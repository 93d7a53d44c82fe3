"""Why a signature does not match: every known way to make another one is recognised, alone and with others."""

import json
import time
from base64 import b64encode
from hashlib import md5, sha256

import pytest

from ocreg.engine.signing import signature
from ocreg.interchange.signatures import Parts, explain, oddity

PATH, KEY, SECRET = "/openapi/3pp/outbound/v1/cancel", "a-client-key", "a-secret-key"
VALUE = {"apiVersion": "", "data": {"orderNumber": "OCO1", "note": "Öre"}, "messageId": "m-1", "timestamp": 1}
BODY = json.dumps(VALUE, ensure_ascii=False, separators=(",", ":")).encode()
PARTS = Parts(PATH, BODY, KEY, SECRET, "body", "https://openapi.example.com", "a=b")


def hashed(*parts, joint="|"):
    return md5(joint.encode().join(p if isinstance(p, bytes) else p.encode() for p in parts)).hexdigest()


def spelled(**how):
    return json.dumps(VALUE, **how)


RIGHT = hashed(PATH, BODY, KEY, SECRET)
CASES = {
    "without the body: this is the form `path` (--sign path)": hashed(PATH, "", KEY, SECRET),
    "without /openapi before the path": hashed("/3pp/outbound/v1/cancel", BODY, KEY, SECRET),
    "with a slash at the end of the path": hashed(f"{PATH}/", BODY, KEY, SECRET),
    "with the whole URL in place of the path": hashed(f"https://openapi.example.com{PATH}", BODY, KEY, SECRET),
    "with the query behind the path": hashed(f"{PATH}?a=b", BODY, KEY, SECRET),
    "with a line break after the body": hashed(PATH, BODY + b"\n", KEY, SECRET),
    "with a Windows line break after the body": hashed(PATH, BODY + b"\r\n", KEY, SECRET),
    "with a byte order mark before the body": hashed(PATH, b"\xef\xbb\xbf" + BODY, KEY, SECRET),
    "with a space after each comma and colon of the JSON": hashed(PATH, spelled(ensure_ascii=False), KEY, SECRET),
    "with spaces, and letters outside ASCII written as \\u": hashed(PATH, spelled(), KEY, SECRET),
    "with letters outside ASCII written as \\u": hashed(PATH, spelled(separators=(",", ":")), KEY, SECRET),
    "with the JSON on lines, indented by 2": hashed(PATH, spelled(ensure_ascii=False, indent=2), KEY, SECRET),
    "and only its `data`": hashed(PATH, '{"orderNumber":"OCO1","note":"Öre"}', KEY, SECRET),
    "its fields in alphabetical order": hashed(
        PATH, json.dumps(VALUE, ensure_ascii=False, separators=(",", ":"), sort_keys=True), KEY, SECRET
    ),
    "with a line break after the secret key": hashed(PATH, BODY, KEY, f"{SECRET}\n"),
    "with a Windows line break after the client key": hashed(PATH, BODY, f"{KEY}\r\n", SECRET),
    "with nothing between the parts": hashed(PATH, BODY, KEY, SECRET, joint=""),
    "without the secret key at the end": hashed(PATH, BODY, KEY, ""),
    "in upper case": RIGHT.upper(),
    "in Base64": b64encode(bytes.fromhex(RIGHT)).decode(),
}


def test_the_right_one_is_right_however_it_is_quoted() -> None:
    assert signature(PATH, BODY, KEY, SECRET) == RIGHT
    assert explain(RIGHT, PARTS) == explain(f' "{RIGHT}"\n', PARTS) == []
    assert explain(hashed(PATH, "", KEY, SECRET), PARTS._replace(form="path")) == []
    assert explain(RIGHT, PARTS._replace(form="path")) == ["with the body: this is the form `body` (--sign body)"]


@pytest.mark.parametrize("words", CASES)
def test_one_difference_is_named(words) -> None:
    (said,) = explain(CASES[words], PARTS)
    assert words in said


def test_keys_in_each_others_place_are_two_differences() -> None:
    said = explain(hashed(PATH, BODY, SECRET, KEY), PARTS)
    assert [words.partition(":")[0] for words in said] == [
        "with the secret key in place of the client key",
        "with the client key in place of the secret key",
    ]


def test_several_differences_are_named_together() -> None:
    value = hashed("/3pp/outbound/v1/cancel", spelled(ensure_ascii=False), KEY, f"{SECRET}\n").upper()
    assert len(explain(value, PARTS)) == 4


def test_a_request_without_a_body() -> None:
    parts = PARTS._replace(body=None)
    assert explain(hashed(PATH, "", KEY, SECRET), parts) == []
    (said,) = explain(hashed(PATH, "{}", KEY, SECRET), parts)
    assert said.startswith("with {} as the body")


def test_what_nothing_explains_ends_soon_and_shows_no_secret() -> None:
    body = json.dumps({"data": ["x" * 100] * 5000}).encode()
    for one in (b"", b"no json \xff", b"[" * 100_000, b'"\\ud800"', BODY, body[: 1 << 16], body, body * 10):
        began = time.process_time()
        assert explain("0" * 32, PARTS._replace(body=one)) is None
        assert time.process_time() - began < 5
    assert SECRET not in repr(PARTS)
    assert KEY not in repr(PARTS)
    assert not any(SECRET in words or KEY in words for value in CASES.values() for words in explain(value, PARTS))


def test_what_is_no_md5_is_told() -> None:
    assert oddity(RIGHT) is oddity(RIGHT.upper()) is None
    assert "SHA-256" in oddity(sha256(b"").hexdigest())
    assert "it has 3 characters" in oddity("abc")
