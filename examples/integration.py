"""The daily reads of an integration: python examples/integration.py

It needs no account: it runs on the local sandbox. With OCREG_ENV, keys and a store in the environment, it uses your
account. Tokens are then stored and refreshed for you, including the refresh token if the vendor sends a new one.
"""

import os
from datetime import datetime, timedelta, timezone
from typing import Any

from ocreg import Client, LoginNeeded, SettingMissing

REDIRECT = "https://erp.example.com/oc"
Rows = list[dict[str, Any]]


def log_in(client: Client) -> None:
    """Once for each seller. The address to which the browser returns is exchanged for tokens."""
    print("log in at", client.oauth.authorize_url(REDIRECT, state="seller-1"))
    client.oauth.exchange(os.environ.get("CAME_BACK_TO", "demo-authorization-code"), REDIRECT)


def everything(client: Client, now: datetime) -> dict[str, Any]:
    """Services, stock, the mapping of SKUs, a year of movements, inbound orders with their details and labels."""
    year = {"startTime": now - timedelta(days=365), "endTime": now}
    services = list(client.iterate("warehouse.services"))
    regions = [{"serviceRegion": service["serviceRegion"]} for service in services]
    stock = list(client.iterate("stock.snapshot", {"serviceRegionList": regions}))
    skus = sorted({row["MFSKUID"] for row in stock})
    wanted = {"mfskulist": [{"mfskuid": sku} for sku in skus]}
    mapping = {row["MFSKUID"]: row.get("referenceSKUID") for row in client.iterate("sku.query", wanted)} if skus else {}
    moved = {**year, "mfSkuList": [{"mfSkuId": sku} for sku in skus]}
    movements = list(client.iterate("stock.movement", moved, threads=4)) if skus else []
    inbound = [row["inboundNumber"] for row in client.iterate("inbound.list", year, threads=4)]
    details = list(client.iterate("inbound.detail", {"inboundNumberList": inbound})) if inbound else []
    asked = {"inboundOrderList": [{"inboundOrder": number} for number in inbound]}
    labels = list(client.iterate("inbound.label", asked)) if inbound else []
    return {
        "services": services, "stock": stock, "mapping": mapping, "movements": movements,
        "inbound": inbound, "details": details, "labels": labels,
    }  # fmt: skip


def main() -> None:
    with Client(os.environ.get("OCREG_ENV", "local")) as client:
        try:
            found = everything(client, datetime.now(timezone.utc))
        except (LoginNeeded, SettingMissing):  # not logged in yet, or the login has expired
            log_in(client)
            found = everything(client, datetime.now(timezone.utc))
        for name, rows in found.items():
            print(f"{len(rows):>6} {name}")


if __name__ == "__main__":
    main()
