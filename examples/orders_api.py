"""A web application that places orders: uvicorn --app-dir examples orders_api:app

It needs no account: it runs on the local sandbox. With OCREG_ENV, keys and a store in the environment it is the real
thing. One client serves all requests; it lives as long as the application does.
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
    """Place one order, exactly once: what is in doubt is looked for by its number before anything is sent again."""
    client: AsyncClient = request.app.state.client
    made = await client.call("outbound.create", [order], on_unknown="confirm")
    return made["data"][0]


@app.get("/orders/{number}")
async def find(number: str, request: Request) -> Any:
    """The order with a number of yours."""
    client: AsyncClient = request.app.state.client
    wanted = {"referenceNumberList": [{"referenceNumber": number}]}
    return [row async for row in client.iterate("outbound.query", wanted)]


@app.post("/webhooks/orangeconnex", status_code=204)
async def hear(request: Request) -> None:
    """News of the vendor's. Nobody knows who sent it: fetch what it is about, and believe that."""
    client: AsyncClient = request.app.state.client
    client.receive("webhook.outbound", await request.body(), request.headers)


@app.exception_handler(OcregError)
async def refuse(_: Request, error: OcregError) -> JSONResponse:
    """What became of it: 422 is for the sender to mend, 409 to be looked into, 502 and 503 may be sent again."""
    status = 422 if isinstance(error, RequestInvalid) else 503 if isinstance(error, LoginNeeded) else 502
    if isinstance(error, OutcomeUnknown) or (isinstance(error, CallError) and error.happened != "no"):
        status = 409
    return JSONResponse(error.as_dict(), status)
