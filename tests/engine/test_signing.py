"""The signature against the check values that were computed from the vendor's rule."""

import json

import pytest

from ocreg import Client
from ocreg.engine.signing import signature

KEYS = ("demo-client-key", "demo-secret-key")
CREATE, CANCEL = "/openapi/3pp/outbound/v1/creation", "/openapi/3pp/outbound/v1/cancel"
B2 = '{"data":{"page":1}}'
B4 = '{"data":[{"consigneeName":"Test Person","consigneeCity":"München","remarks":"测试"}]}'
B5 = '{"data":[{"consigneeName":"Test Person","consigneeCity":"M\\u00fcnchen","remarks":"\\u6d4b\\u8bd5"}]}'
B6 = (
    '{"apiVersion":"string","data":{"cancelReason":"string","cancelTime":"2025-06-17T10:10:10+0800",'
    '"orderNumber":"OCO2000023303105GB"},"messageId":"string","timestamp":0}'
)
B7 = B6.replace('":', '": ').replace(",", ", ")
B9 = (
    '{"data":{"pageNumber":1,"pageSize":200,"serviceRegionList":[{"serviceRegion":"UK"}],'
    '"skuList":[{"mfSkuId":"OC0000250260096"}]},"timestamp":0}'
)


@pytest.mark.parametrize(
    ("path", "body", "form", "expected"),
    [
        ("/openapi/3pp/sku/v3/query", None, "body", "595184ad3e6091fb836ad3a6a3a430dc"),
        ("/openapi/3pp/sku/v3/query", B2, "body", "7216be0c37911ef260faf143b4d378f4"),
        ("/openapi/3pp/base/v1/service", None, "body", "9fdd8f80a6011d13881eccec83c44590"),
        (CREATE, B4, "body", "ae2925e28ac024494079dc6417354260"),
        (CREATE, B5, "body", "6c095f488fef4e275602bd236ec04917"),
        (CANCEL, B6, "body", "0ff2c4042da1096e2372e078954acb7c"),
        (CANCEL, B7, "body", "70cdcfc226b18c95f844ae0d6e96ca09"),
        (CANCEL, B6, "path", "90108d58e5563467023504bf0db7f327"),
        ("/openapi/3pp/inventory/v2/snapshot", B9, "body", "9d6d62251a8854dee042f3be67d953d8"),
    ],
)
def test_check_values(path: str, body: str | None, form: str, expected: str) -> None:
    assert signature(path, body.encode() if body is not None else None, *KEYS, form) == expected


def test_the_bytes_that_are_signed_are_the_bytes_that_are_sent() -> None:
    """A client whose clock and ids give the vendor's own values signs exactly check value 6's body, but for apiVersion."""
    sent = []

    class Spy:
        def send(self, request, timeout):
            sent.append(request)
            from ocreg.engine.exchange import Reply

            return Reply(200, {}, b'{"code": 0}')

    data = {"cancelReason": "测试", "cancelTime": "2025-06-17T10:10:10+0800", "orderNumber": "OCO2000023303105GB"}
    client = Client("sandbox", client_key=KEYS[0], secret_key=KEYS[1], access_token="token", clock=lambda: 0)
    client.transport = Spy()
    client.call("outbound.cancel", data, message_id="string")
    (request,) = sent
    assert json.loads(request.body) == {"apiVersion": "", "data": data, "messageId": "string", "timestamp": 0}
    assert request.headers["vAuthorization"] == signature(CANCEL, request.body, *KEYS)
    assert "测试".encode() in request.body
    assert b": " not in request.body
