"""`ocreg mcp` on pipes, without a client: any line can be said."""

import json
import os
import subprocess
import sys

from tests.agents.sessions import environment

PATIENCE = 60.0


class Raw:
    """A server, and lines for it."""

    def __init__(self, version="2025-06-18", capabilities=None):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ocreg", "mcp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment()},
        )
        client = {"protocolVersion": version, "capabilities": capabilities or {}}
        client["clientInfo"] = {"name": "raw", "version": "1"}
        self.say(json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": client}).encode())
        assert self.hear()["id"] == 0
        self.say(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')

    def say(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def hear(self):
        return json.loads(self.process.stdout.readline())

    def call(self, arguments, tool="plan_call"):
        """What comes back for arguments as they stand in the message."""
        params = b'{"name":"%s","arguments":%s}' % (tool.encode(), arguments)
        self.say(b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":%s}' % params)
        answer = self.hear()
        assert answer["id"] == 7
        if "error" in answer:
            return answer["error"]["data"]["happened"], answer["error"]["message"]
        value = json.loads(answer["result"]["content"][0]["text"])
        return value.get("happened"), value.get("text", "")

    def end(self):
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        said = self.process.stderr.read().decode()
        self.process.stdout.close()
        self.process.stderr.close()
        return code, said
