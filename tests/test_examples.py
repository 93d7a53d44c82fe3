"""The examples: run as they are, and looked at for what they found."""

import asyncio
import os
import socket
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import httpx
import pytest

import ocreg
from ocreg.registry.files import Registry

EXAMPLES = Path(__file__).parent.parent / "examples"
DAY = 24 * 3600
REGIONS = ("DE", "UK", "AU")
SERVICES = """\
extends: warehouse.services
examples: {response: [{body: {code: 0, data: [{serviceRegion: DE}, {serviceRegion: UK}, {serviceRegion: AU}]}}]}
"""


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """A seller's year: 300 SKUs, a shipment to each of three regions every week, orders every other day."""
    root = tmp_path_factory.mktemp("endpoints")
    (root / "warehouse").mkdir()
    (root / "warehouse" / "services.yaml").write_text(SERVICES)
    now = [datetime.now(timezone.utc).timestamp() - 364 * DAY]
    with ocreg.sandbox(registry=Registry([root]), empty=True, token_lifetime=2, clock=lambda: now[0]) as box:
        client = box.local_client(clock=lambda: now[0])
        made = client.call_many("sku.create", ({"referenceSKUID": f"CUP-{n}"} for n in range(300)))
        skus = [sent.row["MFSKUID"] for sent in made]
        for day in range(364):
            if day % 7 == 0:
                for place, region in enumerate(REGIONS):
                    ship(client, f"IN-{day}-{region}", region, skus[(day // 7 * 50 + place * 100) % 300 :][:50], now[0])
            if day % 2 == 0:
                lines = [{"mfSkuId": sku, "skuQuantity": 1} for sku in skus[day % 290 :][:10]]
                place_order(client, f"A-{day}", REGIONS[day % 3], lines)
            now[0] += DAY
        yield box, root


def ship(client: ocreg.Client, number: str, region: str, skus: list[str], now: float) -> None:
    products = [{"MFSKUID": sku, "quantity": "20"} for sku in skus]
    client.call(
        "inbound.create",
        {
            "sellerInboundNumber": number,
            "serviceRegion": region,
            "shippingFrom": "GB",
            "shippingMethod": "EX",
            "ETA": datetime.fromtimestamp(now, timezone.utc),
            "cartonList": [{"sellerCartonNumber": "C1", "productList": products}],
        },
    )


def place_order(client: ocreg.Client, number: str, region: str, lines: list[dict]) -> None:
    address = {"consigneeName": "Test Person", "consigneeAddress1": "1 Example Road", "consigneeCountryCode": "GB"}
    order = {"referenceNumber": number, "serviceRegion": region, "productList": lines, **address}
    client.call("outbound.create", [order])


def ledger(box) -> list:
    """Every entry of the sandbox's own ledger."""
    return [entry for series in box.sandbox.records.ledger.series(None, lambda _: True) for entry in series.entries]


def leaves(movements: list[dict]) -> list[tuple]:
    """Region, bucket and id of every movement."""
    return [
        (sku["MFSKUID"], region["serviceRegion"], bucket["inventoryStatus"], entry["moventmentID"])
        for sku in movements
        for region in sku["serviceRegionList"]
        for bucket in region["inventoryList"]
        for entry in bucket["movementList"]
    ]


def test_what_an_integration_reads_every_day(year, tmp_path: Path) -> None:
    box, root = year
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OCREG_")}
    environment |= {
        "OCREG_ENV": "sandbox",
        "OCREG_HOST": box.url,
        "OCREG_CLIENT_KEY": box.sandbox.client_key,
        "OCREG_SECRET_KEY": box.sandbox.secret_key,
        "OCREG_STORE": f"sqlite:///{tmp_path}/tokens.db",
        "OCREG_ENDPOINTS": str(root),
    }
    for run in ("logs in", "has tokens", "renews them"):
        done = subprocess.run(
            [sys.executable, EXAMPLES / "integration.py"], env=environment, capture_output=True, text=True, check=True
        )
        lines = done.stdout.splitlines()
        assert (lines[0].startswith("log in at http")) == (run == "logs in")
        found = {name: int(count) for count, name in (line.split() for line in lines[-7:])}
        assert found["services"] == 3
        assert found["mapping"] == len({entry.sku for entry in ledger(box)}) == 300
        assert found["inbound"] == found["details"] == found["labels"] == 52 * 3
        assert found["stock"] == len({(entry.sku, entry.region) for entry in ledger(box)})
    space: dict = {"__name__": "example"}
    exec(compile((EXAMPLES / "integration.py").read_text("utf-8"), "integration.py", "exec"), space)
    with box.client(endpoints=[root]) as client:
        everything = space["everything"](client, datetime.now(timezone.utc))
    moved = leaves(everything["movements"])
    assert len(moved) == len(set(moved)) == len(ledger(box)) > 10_000
    assert set(everything["mapping"].values()) == {f"CUP-{n}" for n in range(300)}


def test_it_is_short() -> None:
    assert len((EXAMPLES / "integration.py").read_text("utf-8").splitlines()) < 60


# A web application


def served(port, environment):
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(EXAMPLES), "orders_api:app", "--port", str(port)]
    return subprocess.Popen([*command, "--log-level", "warning"], env=environment)


def test_the_web_application_places_each_order_once_under_load_and_faults(tmp_path: Path) -> None:
    faults = [
        "drop:outbound.create:count=9",
        "500:outbound.create:acts=yes:count=5",
        "truncate:outbound.create:count=5",
    ]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with ocreg.sandbox(empty=True, faults=faults) as box:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OCREG_")}
        environment |= {
            "OCREG_ENV": "sandbox",
            "OCREG_HOST": box.url,
            "OCREG_CLIENT_KEY": box.sandbox.client_key,
            "OCREG_SECRET_KEY": box.sandbox.secret_key,
            "OCREG_REFRESH_TOKEN": "demo-refresh-token",
            "OCREG_CONFIG": str(tmp_path / "ocreg.toml"),
        }
        (tmp_path / "ocreg.toml").touch(0o600)
        process = served(port, environment)
        try:
            told = asyncio.run(_placed(f"http://127.0.0.1:{port}"))
        finally:
            process.terminate()
            process.wait(60)
        there = [record["referenceNumber"] for record in box.sandbox.records.all("outbound")]
    assert len(there) == len(set(there))
    assert sorted(there) == sorted(number for number, status in told.items() if status == 201)
    assert len(there) == 100


async def _placed(origin: str) -> dict[str, int]:
    """The status of each of a hundred orders that were placed at a time; and a look at the other routes."""
    address = {"consigneeName": "Test Person", "consigneeAddress1": "1 Example Road", "consigneeCountryCode": "GB"}
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=origin, timeout=60, limits=limits) as web:
        for _ in range(3000):  # until it listens
            try:
                assert (await web.post("/webhooks/orangeconnex", content=b'{"any": "news"}')).status_code == 204
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.01)

        async def place(number: str) -> tuple[str, int]:
            return number, (await web.post("/orders", json={"referenceNumber": number, **address})).status_code

        told = dict(await asyncio.gather(*(place(f"A-{n}") for n in range(100))))
        (found,) = (await web.get("/orders/A-7")).json()
        assert found["referenceNumber"] == "A-7"
        refused = await web.post("/orders", json={"referenceNumber": "A-x"})
        assert (refused.status_code, refused.json()["error"]) == (422, "RequestInvalid")
        assert (await web.post("/webhooks/orangeconnex", content=b"no JSON")).status_code == 422
    return told


def test_it_is_short_too() -> None:
    assert len((EXAMPLES / "orders_api.py").read_text("utf-8").splitlines()) < 60
