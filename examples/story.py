"""From a new SKU to a shipped parcel, in the local sandbox: python examples/story.py

Every step is one call. Only `advance` is specific to the sandbox: it moves its clock, so that goods arrive and leave.
"""

from datetime import datetime, timedelta, timezone

from ocreg import Client
from ocreg.operations import OutboundCreateItem

REGION = "UK"


def main() -> None:
    with Client(env="local") as client:
        world = client.transport.sandbox

        # A new SKU is a draft until OrangeConnex has approved it.
        made = client.call(
            "sku.create", [{"referenceSKUID": "CUP-1", "serviceRegionList": [{"serviceRegion": REGION}]}]
        )
        sku = made["data"][0]["MFSKUID"]
        ids = {"mfskulist": [{"mfskuid": sku}]}
        for _ in range(2):
            print("SKU", sku, client.call("sku.query", ids)["data"][0]["sandboxStatus"])

        # Ten pieces are announced, arrive, and are put away.
        eta = datetime.now(timezone.utc) + timedelta(days=1)
        announced = client.call("inbound.create", {
            "sellerInboundNumber": "IN-1", "serviceRegion": REGION, "shippingFrom": "GB", "shippingMethod": "EX",
            "ETA": eta,
            "cartonList": [{"sellerCartonNumber": "C1", "productList": [{"MFSKUID": sku, "quantity": "10"}]}],
        })  # fmt: skip
        inbound = announced["data"]["inboundNumber"]
        parcel = {"cartonNumber": "C1", "carrier": "EXAMPLE", "trackingNumber": "T1"}
        client.call(
            "inbound.upload_tracking", {"inboundNumber": inbound, "referenceNumber": "IN-1", "trackingList": [parcel]}
        )
        print("announced ", stock(client, sku))
        world.advance(24 * 3600)
        detail = client.call("inbound.detail", {"inboundNumberList": [inbound]})["data"]["inboundOrderList"][0]
        print("received  ", stock(client, sku), detail["status"], detail["trackingList"])

        # Two orders take three pieces; one of them is cancelled before it leaves.
        first, second = (place(client, sku, number, pieces) for number, pieces in (("A-1", 2), ("A-2", 1)))
        print("ordered   ", stock(client, sku))
        client.call("outbound.cancel", {"orderNumber": second, "cancelTime": datetime.now(timezone.utc)})
        world.advance(24 * 3600)
        numbers = {"orderNumberList": [{"orderNumber": number} for number in (first, second)]}
        for order in client.call("outbound.query", numbers)["data"]:
            parcels = [row["trackingNumber"][:3] for row in order["trackingNumberList"]]
            print("order     ", order["referenceNumber"], order["orderStatus"], parcels)
        print("shipped   ", stock(client, sku))

        # The ledger shows the same movements.
        for region in client.call("stock.movement", {"mfSkuList": [{"mfSkuId": sku}]})["data"][0]["serviceRegionList"]:
            for bucket in region["inventoryList"]:
                for line in bucket["movementList"]:
                    row = (bucket["inventoryStatus"], line["quantity"], line["actualCount"], line["reason"])
                    print("movement  ", *row)
        print("age       ", client.call("stock.age", {"pageNumber": 1, "pageSize": 10})["data"])


def place(client: Client, sku: str, reference: str, pieces: int) -> str:
    """Order some pieces. Returns OrangeConnex's order number."""
    order: OutboundCreateItem = {
        "referenceNumber": reference, "serviceRegion": REGION, "shippingServiceCode": "GBDomesticStandard",
        "consigneeName": "Test Person", "consigneeAddress1": "1 Example Road", "consigneeCountryCode": "GB",
        "productList": [{"mfSkuId": sku, "skuQuantity": pieces}],
    }  # fmt: skip
    return client.ops.outbound.create([order])["data"][0]["orderNumber"]


def stock(client: Client, sku: str) -> dict[str, int]:
    """Pieces by stock status."""
    (row,) = client.call("stock.snapshot", {"skuList": [{"mfSkuId": sku}]})["data"]["SKUList"]
    return {name: row[name] for name in ("inTransit", "available", "reservedAllocated")}


if __name__ == "__main__":
    main()
