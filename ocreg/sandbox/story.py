"""The story of the demo world, as calls: a seller of four products, three of which are stocked in every region.

Old orders and deliveries are finished. Two orders can be cancelled, one will leave in three hours; one delivery has
arrived, another arrives in half an hour; one SKU is a draft. No person in it is real.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from .collection import Record

_HOUR, _DAY = 3600.0, 24 * 3600.0
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # not fromtimestamp, which fails on Windows for earlier times
_MUG, _BAG, _LAMP, _PEN = "OC0000000194079", "OC0000000675549", "OC0000250260096", "OC0000001279158"
_NAMES = {
    _MUG: ("DEMO-MUG", "Enamel mug, blue"),
    _BAG: ("DEMO-BAG", "Canvas bag, large"),
    _LAMP: ("3PPtest003", "Reading lamp, rechargeable"),
    _PEN: ("DEMO-PEN", "Fountain pen"),
}
_DELIVERIES = {
    "DE": "OCI4DE06746410",
    "UK": "OCI4UK06746411",
    "AU": "OCI4AU05251270",
    "US-West": "OCI4US06746413",
    "US-East": "OCI4US06746414",
    "US-South": "OCI4US06746415",
    "AU-MEL": "OCI4AU06746416",
}
_PARCEL = {  # the documentation's example
    "feeAmount": 19,
    "orderNumber": "OCO0000011225074GB",
    "LMCarrierCode": "XDP",
    "chargeableWeight": "11000.0000",
    "feeAmountCurrency": "GBP",
    "LMCarrierName": "XDP",
    "chargeableWeightUnit": "g",
    "SKUList": [{"MFSKUID": _BAG, "SKUQuantity": 2, "SN": "A01,A02"}],
    "trackingNumber": "ZDBBXK03578",
}


class Told(NamedTuple):
    """A call a number of seconds ago. `number` is given to what it created; `waits`: nothing happens to it by itself;
    `known` is what happened to the record and no call can do.
    """

    ago: float
    id: str
    data: Any
    number: str | None = None
    waits: bool = False
    known: Record | None = None


def told(now: float) -> list[Told]:
    """The calls up to `now`, in seconds since the epoch; in order of time."""
    return sorted([*_skus(), *_deliveries(now), *_orders(), *_estimate()], key=lambda one: -one.ago)


def _skus() -> Iterator[Told]:
    for number, (reference, name) in _NAMES.items():
        sku: Record = {
            "referenceSKUID": reference,
            "SKUNameList": [{"SKUName": name, "languageCode": "en-US"}],
            "SKUPictureURLList": [{"SKUPictureURL": f"https://example.com/{reference}.jpg"}],
            "SKUdescription": name,
            "countryOfOrigin": "GB",
            "dimensionUnit": "cm",
            "serviceRegionList": [{"serviceRegion": region} for region in _DELIVERIES],
            "withBattery": number == _LAMP,
        }
        if number == _LAMP:
            sku |= {"batteryForm": "BCE", "batteryNumber": 1, "batteryType": "OLB"}
        yield Told(60 * _DAY if number != _PEN else _DAY, "sku.create", [sku], number)
    verified = [{"mfskuid": number} for number in (_MUG, _BAG, _LAMP)]
    yield Told(59 * _DAY, "sku.query", {"mfskulist": verified})


def _deliveries(now: float) -> Iterator[Told]:
    for place, (region, number) in enumerate(_DELIVERIES.items()):
        yield _delivery(now, (40 - 5 * place) * _DAY, region, number, {_MUG: 120, _BAG: 80, _LAMP: 40 + place})
    yield _delivery(now, 1.5 * _HOUR, "UK", "OCI4UK06746420", {_MUG: 60})
    yield _delivery(now, 0.5 * _HOUR, "DE", "OCI4DE06746421", {_BAG: 30})


def _delivery(now: float, ago: float, region: str, number: str, pieces: dict[str, int]) -> Told:
    arrival = (_EPOCH + timedelta(seconds=now - ago)).strftime("%Y-%m-%d+0000")
    cartons = [
        {"sellerCartonNumber": f"C{place:03d}", "productList": [{"MFSKUID": sku, "quantity": str(count)}]}
        for place, (sku, count) in enumerate(pieces.items(), 1)
    ]
    data: Record = {"sellerInboundNumber": f"DEMO-{number[-8:]}", "serviceRegion": region, "shippingFrom": "GB"}
    data |= {"shippingMethod": "EX", "ETA": arrival, "cartonList": cartons}
    return Told(ago, "inbound.create", data, number)


def _orders() -> Iterator[Told]:
    yield _order(30 * _DAY, "OCO2000020000001DE", "DE", {_MUG: 2})
    parcel: Record = {"trackingNumberList": [_PARCEL]}
    yield _order(12 * _DAY, "OCO0000011225074GB", "UK", {_BAG: 2})._replace(known=parcel)
    yield _order(6 * _DAY, "OCO2000020000002AU", "AU", {_LAMP: 1})
    when = {"orderNumber": "OCO2000020000002AU", "cancelTime": "2025-06-17T10:10:10+0800"}
    yield Told(6 * _DAY - _HOUR, "outbound.cancel", {**when, "cancelReason": "The buyer changed their mind."})
    yield _order(3 * _DAY, "OCO2000020000003US", "US-West", {_MUG: 1, _LAMP: 1})
    yield _order(3 * _HOUR, "OCO2000011384024GB", "UK", {_LAMP: 1})._replace(waits=True)
    yield _order(2 * _HOUR, "OCO2000023303105GB", "UK", {_MUG: 4})._replace(waits=True)
    yield _order(_HOUR, "OCO2000020000004DE", "DE", {_BAG: 1, _MUG: 1})


def _order(ago: float, number: str, region: str, pieces: dict[str, int]) -> Told:
    order = {
        "referenceNumber": f"DEMO-{number[-6:-2]}",
        "orderPlatform": "OTHERS",
        "serviceRegion": region,
        "consigneeName": "Test Person",
        "consigneeAddress1": "1 Example Road",
        "consigneeCity": "Exampletown",
        "consigneeZipCode": "00000",
        "consigneeCountryCode": number[-2:],
        "productList": [{"mfSkuId": sku, "skuQuantity": count} for sku, count in pieces.items()],
    }
    return Told(ago, "outbound.create", [order], number)


def _estimate() -> Iterator[Told]:
    where = {"serviceRegion": "AU", "consigneeCountryCode": "AU", "consigneePostCode": "4610"}
    lines = [{"skuId": _LAMP, "pieceQuantity": 1}]
    asked = {"referenceId": "16957823453791", **where, "skuType": True, "skuList": lines}
    yield Told(_DAY, "pricing.estimate", asked)
    yield Told(_DAY - 60, "pricing.result", {"referenceId": asked["referenceId"]})
