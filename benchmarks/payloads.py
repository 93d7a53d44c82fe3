"""Requests and answers, and their sizes: the same for every contender. It imports only the standard library."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, replace
from random import Random
from typing import Any

ACCOUNT: dict[str, Any] = {"client_key": "demo-client-key", "secret_key": "demo-secret-key", "access_token": "t"}
CANCEL_PATH = "/openapi/3pp/outbound/v1/cancel"
CREATE_PATH = "/openapi/3pp/outbound/v1/creation"
ORDERS = 50
PERSONAL = (
    *("consigneeName", "consigneeAddress1", "consigneeAddress2", "houseNumber", "consigneeCity"),
    *("consigneeProvinceOrState", "consigneeZipCode", "consigneePhone", "consigneeEmail", "companyName"),
)
"""The fields that outbound.create marks as personal data."""
BATCHES = 200
"""How many requests of 50 orders call_many makes."""
THREADS = (1, 4, 16)
FILES = 1_000
"""How many endpoint files are linted."""
BROKEN = 4_000
"""How many rules an answer breaks."""
FEWER = 10
"""How many times less work the small case of a cliff has: a linear cost is then a tenth."""


@dataclass(frozen=True)
class Operation:
    """One operation: its id, the path behind the host, a payload and the body of its answer."""

    id: str
    path: str
    data: Any
    answer: bytes

    @property
    def envelope(self) -> dict[str, Any]:
        """The payload in its envelope, as a baseline posts it: as long as ocreg's body for `data`."""
        message_id = "3f2b8c1e-5a47-4d0c-9b6e-0a1d2c3e4f50"
        return {"apiVersion": "", "data": self.data, "messageId": message_id, "timestamp": 1750126210000}


def _line(order: int, line: int) -> dict[str, Any]:
    return {
        "mfSkuId": f"OC{1279158 + order * 3 + line:013d}",
        "skuQuantity": 1 + line,
        "currency": "GBP",
        "declaredValue": 19.9 + line,
        "eBayItemId": f"1100{order:04d}{line:04d}",
        "eBayTransactionId": f"2200{order:04d}{line:04d}",
    }


def order(number: int) -> dict[str, Any]:
    """19 fields, one of them three product lines of 6 fields. Every fifth consignee has non-ASCII letters."""
    return {
        "referenceNumber": f"TEST-{number:09d}",
        "orderPlatform": "eBay",
        "ebayId": "example-seller",
        "ebayOrderId": f"02-05696-{number:05d}",
        "serviceRegion": "UK",
        "shippingServiceCode": "GBDomesticStandard",
        "consigneeName": "Tést Pérson" if number % 5 == 0 else "Test Person",
        "consigneeAddress1": f"{number} Example Avenue",
        "consigneeAddress2": "Flat 4",
        "houseNumber": str(number),
        "consigneeCity": "Coventry",
        "consigneeProvinceOrState": "West Midlands",
        "consigneeZipCode": "AB1 2CD",
        "consigneeCountryCode": "GB",
        "consigneePhone": "000-0000000",
        "consigneeEmail": f"person{number}@example.com",
        "companyName": "Example Ltd",
        "remarks": "leave it with a neighbour",
        "productList": [_line(number, line) for line in range(3)],
    }


def _answer(data: Any = None, **other: Any) -> bytes:
    # a number: another text than the request's id would make it an answer to another request
    reply: dict[str, Any] = {"code": 0, "message": "Success", "messageId": 20200430040406976, **other}
    if data is not None:
        reply["data"] = data
    return json.dumps(reply, separators=(",", ":"), ensure_ascii=False).encode()


def _row(order: dict[str, Any], number: int) -> dict[str, str]:
    return {"orderNumber": f"OCO{number:013d}GB", "referenceNumber": order["referenceNumber"]}


def _create() -> Operation:
    orders = [order(number) for number in range(1, ORDERS + 1)]
    rows = [_row(order, number) for number, order in enumerate(orders, 1)]
    return Operation("outbound.create", CREATE_PATH, orders, _answer(rows))


CANCEL = Operation(
    "outbound.cancel",
    CANCEL_PATH,
    {
        "orderNumber": "OCO2000023303105GB",
        "cancelTime": "2025-06-17T10:10:10+0800",
        "cancelReason": "the buyer changed his mind",
    },
    _answer(),
)
CREATE = _create()

_MEGABYTE = {
    "rows": CREATE.data * 21,
    "text": b64encode(Random(1).randbytes(786_000)).decode(),  # like a label
}
LARGE = {name: replace(CANCEL, answer=_answer(data)) for name, data in _MEGABYTE.items()}
"""Answers of 1 MB that the file does not describe, so that their cost is that of reading."""


def with_remark(remark: str | None) -> list[dict[str, Any]]:
    """The 50 orders, one of them with another remark."""
    first, *others = CREATE.data
    return [{**first, "remarks": remark}, *others]


def broken(rules: int) -> Operation:
    """A read whose answer breaks a rule many times, in four bytes each: a number instead of an object."""
    numbers = {"referenceNumberList": [{"referenceNumber": "TEST-000000001"}]}
    rows = [100 + number % 900 for number in range(rules)]
    return Operation("outbound.query", "/openapi/3pp/outbound/v2/query", numbers, _answer(rows))


def refused(count: int) -> Operation:
    """`count` orders without common personal values, and an answer that refuses and repeats all of them."""
    orders = [
        {**order(number), **{name: f"{name[-6:]}{number:04d}" for name in PERSONAL}} for number in range(1, count + 1)
    ]
    errors = [
        {"code": "300001", "id": order["referenceNumber"], "message": f"{name} is not accepted: {order[name]}"}
        for order in orders
        for name in PERSONAL
    ]
    return Operation("outbound.create", CREATE_PATH, orders, _answer(code=300001, message="refused", errors=errors))
