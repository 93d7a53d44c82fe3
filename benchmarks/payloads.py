"""What is sent and answered: the same for every contender. Standard library only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

ACCOUNT: dict[str, Any] = {"client_key": "demo-client-key", "secret_key": "demo-secret-key", "access_token": "t"}
CANCEL_PATH = "/openapi/3pp/outbound/v1/cancel"
CREATE_PATH = "/openapi/3pp/outbound/v1/creation"
ORDERS = 50


@dataclass(frozen=True)
class Operation:
    """One operation: its id, the path behind the host, a payload and the body of its answer."""

    id: str
    path: str
    data: Any
    answer: bytes

    @property
    def envelope(self) -> dict[str, Any]:
        """The payload as it goes out; what a baseline posts, as long as what ocreg makes of `data`."""
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


def _order(number: int) -> dict[str, Any]:
    """19 fields, one of them three product lines of 6 fields. Every fifth consignee is not written in ASCII."""
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


def _answer(data: Any = None) -> bytes:
    reply: dict[str, Any] = {"code": 0, "message": "Success", "messageId": "20200430040406976"}
    if data is not None:
        reply["data"] = data
    return json.dumps(reply, separators=(",", ":")).encode()


def _row(order: dict[str, Any], number: int) -> dict[str, str]:
    return {"orderNumber": f"OCO{number:013d}GB", "referenceNumber": order["referenceNumber"]}


def _create() -> Operation:
    orders = [_order(number) for number in range(1, ORDERS + 1)]
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
