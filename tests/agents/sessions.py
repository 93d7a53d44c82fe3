"""Sessions of the SDK's own client with `ocreg mcp`, over the pipes of a real process."""

import json
import os
import sys
from contextlib import asynccontextmanager
from functools import wraps

import anyio
from mcp import Client, StdioServerParameters, types
from mcp.client.stdio import stdio_client

PATIENCE = 60.0
ORDER = {
    "referenceNumber": "A-1",
    "consigneeName": "Jane Example",
    "consigneeAddress1": "1 Example Road",
    "consigneeCountryCode": "GB",
}
CREATE = {"id": "outbound.create", "data": [ORDER]}


class Person:
    """Who is asked: gives `answers` in turn, the last one for ever, and remembers the questions."""

    def __init__(self, *answers):
        self.answers, self.questions = list(answers), []

    async def __call__(self, context, params):
        self.questions.append(params.message)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer() if callable(answer) else answer


YES = types.ElicitResult(action="accept", content={"confirm": True})
NO = types.ElicitResult(action="decline")
MODERN, HANDSHAKE = "auto", "legacy"


class Session:
    def __init__(self, client):
        self.client = client

    async def raw(self, tool, **arguments):
        return await self.client.call_tool(tool, arguments)

    async def __call__(self, tool, **arguments):
        """The JSON that a tool answers, and nothing but that one."""
        result = await self.raw(tool, **arguments)
        (content,) = result.content
        value = json.loads(content.text)
        assert result.is_error == ("error" in value)
        return value


def environment(**more):
    return {**{name: value for name, value in os.environ.items() if name.startswith(("OCREG_", "XDG_"))}, **more}


@asynccontextmanager
async def session(*options, person=None, mode=HANDSHAKE, env=None, errlog=None):
    started = StdioServerParameters(
        command=sys.executable, args=["-m", "ocreg", "mcp", *options], env=environment(**(env or {}))
    )
    how = {"mode": mode, "elicitation_callback": person, "read_timeout_seconds": PATIENCE}
    async with Client(stdio_client(started, *([errlog] if errlog else [])), **how) as client:
        yield Session(client)


def run(test):
    """A test as a coroutine."""

    @wraps(test)
    def ran(*args, **kwargs):
        anyio.run(lambda: test(*args, **kwargs))

    return ran
