"""The session that docs/howto/agents.md shows: `python -m tests.agents.transcript` plays it and prints it."""

import json
import re
import textwrap

import anyio

from tests.agents.sessions import CREATE, NO, ORDER, YES, Person, session

_MADE_UP = {
    r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}": "00000000-0000-4000-8000-000000000000",
    r"OCO\d+GB": "OCO0000000000000GB",
    r'"timestamp": \d+': '"timestamp": 1700000000000',
}
"""What is another in every run."""


class Transcript:
    def __init__(self):
        self.lines = []

    def say(self, who, text):
        for pattern, stand_in in _MADE_UP.items():
            text = re.sub(pattern, stand_in, text)
        folded = [part for line in text.split("\n") for part in textwrap.wrap(line, 110, drop_whitespace=False) or [""]]
        self.lines += [f"{who:<8}{folded[0]}", *(f"{'':<8}{part}".rstrip() for part in folded[1:])]

    async def call(self, calling, tool, **arguments):
        self.say("agent", f"{tool} {json.dumps(arguments, ensure_ascii=False)}")
        before = len(calling.person.questions) if calling.person else 0
        result = await calling.raw(tool, **arguments)
        for question in calling.person.questions[before:] if calling.person else ():
            self.say("ocreg", question)
            self.say("person", calling.said[len(calling.person.questions) - 1])
        self.say("ocreg", result.content[0].text)
        self.lines.append("")


async def play():
    told = Transcript()
    person = Person(YES, NO)
    async with session(person=person) as calling:
        calling.person, calling.said = person, ["yes", "no"]
        await told.call(calling, "list_operations", search="place order")
        await told.call(calling, "call_operation", **CREATE)
        await told.call(calling, "call_operation", id="outbound.create", data=[{**ORDER, "referenceNumber": "A-2"}])
    async with session() as calling:  # whose client has nobody to ask
        calling.person = None
        await told.call(calling, "call_operation", **CREATE)
    return "\n".join(told.lines).rstrip() + "\n"


if __name__ == "__main__":
    print(anyio.run(play), end="")
