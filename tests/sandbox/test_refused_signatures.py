"""The sandbox says how a signature was made that does not match."""

from hashlib import md5

import pytest

from ocreg.engine.signing import signature
from ocreg.sandbox import Sandbox

PATH, BODY = "/openapi/3pp/outbound/v1/cancel", b'{"data":{}}'
KEYS = ("demo-client-key", "demo-secret-key")


def said(value, method="POST", path=PATH, body=BODY, **options):
    headers = {"clientKey": KEYS[0], "vAuthorization": value, "Host": "127.0.0.1:8025"}
    answer = Sandbox(**options).handle(method, path, "", headers, body).body.decode()
    assert KEYS[1] not in answer
    return answer.partition("Authentication Fail:")[2].partition('"')[0]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0" * 32, "vAuthorization does not match"),
        (
            signature("/3pp/outbound/v1/cancel", BODY, *KEYS),
            (
                "vAuthorization does not match (sandbox: it was made without /openapi before the path: it is part of what is "
                "signed)"
            ),
        ),
        (
            signature(PATH, BODY + b"\n", *KEYS).upper(),
            (
                "vAuthorization does not match (sandbox: it was made with a line break after the body: sign exactly the bytes that "
                "are sent; in upper case: the hexadecimal digits are written in lower case)"
            ),
        ),
    ],
)
def test_what_does_not_match_is_explained(value, words) -> None:
    assert said(value) == words


def test_the_other_form_is_recognised() -> None:
    assert "this is the form `path`" in said(signature(PATH, BODY, *KEYS, form="path"), sign="body")
    assert "this is the form `body`" in said(signature(PATH, BODY, *KEYS), sign="path")


def test_a_get_and_a_whole_url() -> None:
    path = "/openapi/3pp/base/v1/service"
    assert "with {} as the body" in said(signature(path, b"{}", *KEYS), "GET", path, b"")
    whole = md5(f"http://127.0.0.1:8025{PATH}|".encode() + BODY + b"|" + "|".join(KEYS).encode()).hexdigest()
    assert "with the whole URL" in said(whole)
