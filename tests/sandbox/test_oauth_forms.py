"""Token requests in the forms that OAuth clients send them in, as real HTTP requests."""

from base64 import b64encode
from urllib.parse import quote_plus

import pytest
import requests

import ocreg
from ocreg import ApiError, Client

REFRESH = {"grant_type": "refresh_token", "refresh_token": "demo-refresh-token"}
PAIR = ("demo-client-key", "demo-secret-key")
CODE = {
    "grant_type": "authorization_code",
    "code": "demo-authorization-code",
    "redirect_uri": "https://erp.example.com/oc",
}


@pytest.fixture(scope="module")
def box():
    with ocreg.sandbox() as running:
        yield running


def integrator(url: str, grant: dict[str, str], id: str = PAIR[0], secret: str = PAIR[1]):
    """A client that tries one form after the other and goes on only at a status of 400 or more."""
    tried = []
    for form in ("form with Basic", "form", "query"):
        if form == "form with Basic":
            answer = requests.post(url, data=grant, auth=(id, secret), timeout=30)
        elif form == "form":
            answer = requests.post(url, data={**grant, "client_id": id, "client_secret": secret}, timeout=30)
        else:
            answer = requests.post(url, params={**grant, "client_id": id}, timeout=30)
        tried.append((form, answer.status_code))
        if answer.status_code < 400:
            return answer.json(), tried
    return answer.json(), tried


@pytest.mark.parametrize("grant", [REFRESH, CODE])
def test_an_integrators_client_gets_its_tokens(grant) -> None:
    with ocreg.sandbox() as box:
        tokens, tried = integrator(f"{box.url}/oauth/token", grant)
        assert tried == [("form with Basic", 200)]
        assert tokens["token_type"] == "bearer"
        assert ("refresh_token" in tokens) == (grant is CODE)
        with Client("local", host=box.url, access_token=tokens["access_token"]) as client:
            assert client.call("warehouse.services")["code"] == 0


def test_it_goes_on_where_the_keys_do_not_do(box) -> None:
    tokens, tried = integrator(f"{box.url}/oauth/token", REFRESH, secret="wrong")
    assert tried == [("form with Basic", 401), ("form", 400), ("query", 200)]
    assert tokens["access_token"]


def test_with_statuses_of_200_it_stops_at_the_first_no() -> None:
    with ocreg.sandbox(oauth_errors=200) as box:
        answer, tried = integrator(f"{box.url}/oauth/token", REFRESH, secret="wrong")
    assert tried == [("form with Basic", 200)]
    assert answer["error"] == "invalid_client"


def encoded(id: str, secret: str) -> str:
    return b64encode(f"{id}:{secret}".encode()).decode()


@pytest.mark.parametrize(
    ("query", "form", "authorization"),
    [
        ({**REFRESH, "client_id": PAIR[0]}, {}, None),
        ({}, {**REFRESH, "client_id": PAIR[0]}, None),
        ({}, {**REFRESH, "client_id": PAIR[0], "client_secret": PAIR[1]}, None),
        ({"grant_type": "refresh_token"}, {"refresh_token": "demo-refresh-token", "client_id": PAIR[0]}, None),
        (REFRESH, {}, f"Basic {encoded(*PAIR)}"),
        (REFRESH, {}, f"bearer {encoded(*PAIR)}"),  # the vendor's collections
        ({}, {**REFRESH, "client_id": PAIR[0], "scope": "all"}, f"Basic {encoded(*PAIR)}"),
    ],
)
def test_parameters_and_keys_are_found_wherever_they_are(box, query, form, authorization) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = requests.post(f"{box.url}/oauth/token", params=query, data=form, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["access_token"]
    assert box.requests[-1].operation == "oauth.refresh"
    assert box.requests[-1].payload["refresh_token"] == "demo-refresh-token"


def test_keys_with_signs_are_taken_as_they_are_and_as_the_standard_encodes_them() -> None:
    pair = ("key with sign+", "s%e/cret:")
    with ocreg.sandbox(client_key=pair[0], secret_key=pair[1]) as box:
        for id, secret in (pair, map(quote_plus, pair)):
            header = {"Authorization": f"Basic {encoded(id, secret)}"}
            assert requests.post(f"{box.url}/oauth/token", REFRESH, headers=header, timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("form", "authorization", "status", "error", "words"),
    [
        ({"grant_type": "password", "client_id": PAIR[0]}, None, 400, "unsupported_grant_type", "grant_type"),
        ({"client_id": PAIR[0]}, None, 400, "invalid_request", "grant_type"),
        ({"grant_type": "refresh_token", "client_id": PAIR[0]}, None, 400, "invalid_request", "refresh_token"),
        (REFRESH, None, 400, "invalid_request", "client_id"),
        ({**REFRESH, "client_id": "other"}, None, 400, "invalid_client", "client_id"),
        ({**REFRESH, "client_id": PAIR[0], "client_secret": "x"}, None, 400, "invalid_client", "client_secret"),
        ({**REFRESH, "client_id": PAIR[0], "refresh_token": "x"}, None, 400, "invalid_grant", "refresh token"),
        ({**CODE, "client_id": PAIR[0], "code": "x"}, None, 400, "invalid_grant", "code"),
        ({**REFRESH, "client_id": "other"}, f"Basic {encoded(*PAIR)}", 401, "invalid_client", "client_id"),
        (REFRESH, f"Basic {encoded('demo-client-key', 'wrong')}", 401, "invalid_client", "pair of keys"),
        (REFRESH, "Basic not-base64!", 401, "invalid_client", "must be Basic"),
        (REFRESH, f"Digest {encoded(*PAIR)}", 401, "invalid_client", "must be Basic"),
        ([*REFRESH.items(), ("client_id", "a"), ("client_id", "b")], None, 400, "invalid_request", "more than once"),
        (b"grant_type=refresh_token&client_id=%ff", None, 400, "invalid_request", "not UTF-8"),
        (b"grant_type=\xff", None, 400, "invalid_request", "not UTF-8"),
    ],
)
def test_refusals_are_those_of_the_standard(box, form, authorization, status, error, words) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    headers |= {"Authorization": authorization} if authorization else {}
    answer = requests.post(f"{box.url}/oauth/token", data=form, headers=headers, timeout=30)
    told = answer.json()
    assert (answer.status_code, told["error"]) == (status, error), told
    assert words in told["error_description"]
    assert told["error_description"].startswith("sandbox: ")
    assert answer.headers.get("WWW-Authenticate") == ('Basic realm="sandbox"' if status == 401 else None)
    assert PAIR[1] not in answer.text


def test_a_name_in_the_query_and_in_the_form_is_refused(box) -> None:
    query = {**REFRESH, "client_id": PAIR[0]}
    answer = requests.post(f"{box.url}/oauth/token", params=query, data={"client_id": PAIR[0]}, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_body_that_is_no_form_takes_no_part(box) -> None:
    query = {**REFRESH, "client_id": PAIR[0]}
    assert requests.post(f"{box.url}/oauth/token", params=query, json=CODE, timeout=30).status_code == 200
    answer = requests.post(f"{box.url}/oauth/token", json=query, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_strict_world_refuses_parameters_that_no_file_has() -> None:
    form = {**REFRESH, "client_id": PAIR[0], "scope": "all"}
    with ocreg.sandbox(strict=True) as box:
        answer = requests.post(f"{box.url}/oauth/token", data=form, timeout=30)
    assert (answer.status_code, "scope" in answer.json()["error_description"]) == (400, True)


def test_a_wrong_authorize_address_is_refused_where_the_browser_is(box) -> None:
    query = {"response_type": "token", "client_id": PAIR[0], "redirect_uri": CODE["redirect_uri"], "state": "s"}
    answer = requests.get(f"{box.url}/oauth/authorize", query, allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_response_type")


@pytest.mark.parametrize("kind", ["503", "reset"])
def test_a_fault_finds_the_operation_that_only_the_form_names(kind) -> None:
    with ocreg.sandbox(faults=[f"{kind}:oauth.refresh"]) as box:
        form = {**CODE, "client_id": PAIR[0]}
        assert requests.post(f"{box.url}/oauth/token", data=form, timeout=30).status_code == 200
        form = {**REFRESH, "client_id": PAIR[0]}
        if kind == "reset":
            with pytest.raises(requests.ConnectionError):
                requests.post(f"{box.url}/oauth/token", data=form, timeout=30)
        else:
            assert requests.post(f"{box.url}/oauth/token", data=form, timeout=30).status_code == 503
        assert box.requests[-1].fault == f"{kind}:oauth.refresh"


@pytest.mark.parametrize("status", [400, 200])
@pytest.mark.parametrize("door", ["client", "local_client"])
def test_our_own_client_understands_both_statuses(status, door) -> None:
    with ocreg.sandbox(oauth_errors=status) as box:
        client = getattr(box, door)()
        with pytest.raises(ApiError) as caught:
            client.call("oauth.token", query={"code": "x", "redirect_uri": "https://erp.example.com/oc"})
        assert (caught.value.code, caught.value.happened) == ("invalid_grant", "no")
        secret = getattr(box, door)(oauth_secret=True)
        assert secret.call("warehouse.services")["code"] == 0


def test_other_statuses_are_not_to_be_had() -> None:
    with pytest.raises(ocreg.SettingInvalid, match="oauth_errors must be 400 or 200"):
        ocreg.sandbox(oauth_errors=500)
