"""A web application that places orders: uvicorn --app-dir examples orders_api:app

It needs no account: it runs on the local sandbox. With OCREG_ENV, keys and a store in the environment, it uses your
account. One client serves all requests, for the lifetime of the application.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from ocreg import AsyncClient, CallError, LoginNeeded, OcregError, OutcomeUnknown, RequestInvalid


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    async with AsyncClient(os.environ.get("OCREG_ENV", "local")) as app.state.client:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/orders", status_code=201)
async def place(order: dict[str, Any], request: Request) -> Any:
    """Place one order, exactly once: an order in doubt is looked up by its natural key before it is sent again."""
    client: AsyncClient = request.app.state.client
    made = await client.call("outbound.create", [order], on_unknown="confirm")
    return made["data"][0]


@app.get("/orders/{number}")
async def find(number: str, request: Request) -> Any:
    """The order with this reference number."""
    client: AsyncClient = request.app.state.client
    wanted = {"referenceNumberList": [{"referenceNumber": number}]}
    return [row async for row in client.iterate("outbound.query", wanted)]


@app.post("/webhooks/orangeconnex", status_code=204)
async def hear(request: Request) -> None:
    """A notification. Its sender is not authenticated: fetch the object that it names, and trust only that."""
    client: AsyncClient = request.app.state.client
    client.receive("webhook.outbound", await request.body(), request.headers)


@app.exception_handler(OcregError)
async def refuse(_: Request, error: OcregError) -> JSONResponse:
    """Errors as statuses: 422 must be corrected, 409 must be looked up, 502 and 503 may be sent again."""
    status = 422 if isinstance(error, RequestInvalid) else 503 if isinstance(error, LoginNeeded) else 502
    if isinstance(error, OutcomeUnknown) or (isinstance(error, CallError) and error.happened != "no"):
        status = 409
    return JSONResponse(error.as_dict(), status)
