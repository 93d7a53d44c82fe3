"""What a token operation answers: tokens before anything else, and whose fault it is where there are none."""

import pytest

from ocreg import ApiError, CallError, HttpError
from ocreg.engine.policy import Patience, Quota
from tests.engine.test_exchange import ending, play, prepared, reply


@pytest.mark.parametrize("status", [200, 201, 400, 500])
@pytest.mark.parametrize(
    "body",
    [
        b'{"access_token": "AT-NEW", "expires_in": "soon"}',
        b'{"access_token": "AT-NEW", "token_type": 7, "error": "odd"}',
        b'{"access_token": "AT-NEW", "expires_in": 1' + b"0" * 5000 + b"}",
        b'{"access_token": "AT-NEW", "expires_in": 1e999, "error_description": NaN}',
        b'{"access_token": "AT-NEW", "error_description": "\xff"}',
        b'\xef\xbb\xbf{"access_token": "AT-NEW"}',
    ],
)
def test_an_answer_with_a_token_is_a_yes_whatever_else_it_says(body, status):
    assert ending(prepared("oauth.refresh", token=None), reply(body, status))["access_token"] == "AT-NEW"


def test_a_refresh_token_alone_is_a_yes_unless_it_may_be_the_requests_own():
    alone = {"refresh_token": "RT-NEW"}
    assert ending(prepared("oauth.refresh", token=None), reply(alone)) == alone
    for body, status in ((alone, 400), (alone, 500), ({**alone, "error": "invalid_grant"}, 200)):
        assert isinstance(ending(prepared("oauth.refresh", token=None), reply(body, status)), CallError)


PAGE = {"timestamp": "2026-01-01T00:00:00Z", "path": "/oauth/token"}
LATER = {"Retry-After": "1"}


@pytest.mark.parametrize(
    ("body", "status", "headers", "kind", "happened", "passing"),
    [
        ({**PAGE, "status": 500, "error": "Internal Server Error"}, 500, {}, HttpError, "unknown", True),
        ({**PAGE, "status": 503, "error": "Service Unavailable"}, 503, {}, HttpError, "unknown", True),
        ({**PAGE, "status": 503, "error": "Service Unavailable"}, 503, LATER, HttpError, "no", True),
        ({**PAGE, "status": 404, "error": "Not Found"}, 404, {}, HttpError, "no", True),
        ({**PAGE, "status": 401, "error": "Unauthorized"}, 401, {}, HttpError, "no", False),
        ({**PAGE, "status": 400, "error": "invalid_grant"}, 400, {}, ApiError, "no", False),
        ({**PAGE, "status": 500, "error": "Internal Server Error"}, 200, {}, ApiError, "unknown", False),
        ({"error": {"code": 7}}, 200, {}, ApiError, "unknown", False),
        ({"error": "temporarily_unavailable"}, 200, {}, ApiError, "no", True),
        ({"error": "temporarily_unavailable"}, 503, {}, ApiError, "no", True),
        ({"error": "server_error"}, 400, {}, ApiError, "unknown", True),
        (b"busy", 429, {}, HttpError, "no", True),
    ],
)
def test_what_a_token_operation_says_instead_of_a_token(body, status, headers, kind, happened, passing):
    retries = Patience(1, 100, lambda: 0.0, lambda: 0.0, Quota())
    again = [None, reply(body, status, **headers)] if passing and happened == "no" else []
    call = prepared("oauth.refresh", token=None)._replace(patience=retries)
    error = play(call, reply(body, status, **headers), *again)[1]
    assert (type(error), error.happened) == (kind, happened)
    assert error.attempts == (2 if again else 1)


@pytest.mark.parametrize("code", ["invalid_client", "unauthorized_client"])
@pytest.mark.parametrize("status", [200, 400, 401])
def test_refused_keys_name_their_settings(code, status):
    error = ending(prepared("oauth.refresh", token=None), reply({"error": code}, status))
    assert (type(error), error.happened) == (ApiError, "no")
    assert "OCREG_CLIENT_KEY" in str(error)
