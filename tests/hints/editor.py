"""An editor, as far as pyright's language server can tell: it opens a file, and asks for completions and hovers."""

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

CURSOR = "|"
PATIENCE = 100
"""Seconds for one answer, on the slowest of machines."""


class Editor:
    def __init__(self, folder: Path) -> None:
        self._folder, self._number, self._files = folder, 0, 0
        start = "from basedpyright.langserver import main; main()"
        command = [sys.executable, "-c", start, "--stdio"]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        self._messages: queue.Queue[Any] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        can = {"textDocument": {"hover": {"contentFormat": ["plaintext"]}}, "workspace": {"configuration": True}}
        where = {"rootUri": folder.as_uri(), "workspaceFolders": [{"uri": folder.as_uri(), "name": "here"}]}
        self.ask("initialize", {"processId": None, "capabilities": can, **where})
        self._send("initialized", {})

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.ask("shutdown", None)
            self._send("exit", None)
            self._server.stdin.close()
            self._server.wait(PATIENCE)
        finally:
            self._server.kill()
            self._server.wait()
        self._server.stdout.close()

    def _read(self) -> None:
        stream = self._server.stdout
        try:
            while head := stream.readline():
                while (line := stream.readline()).strip():
                    head += line
                length = next(int(line.partition(b":")[2]) for line in head.splitlines() if b"Content-Length" in line)
                self._messages.put(json.loads(stream.read(length)))
        except ValueError:  # it was closed
            pass
        self._messages.put({"method": "exit", "params": None})

    def _send(self, method: str | None, content: Any, id: Any = None) -> None:
        message = {"jsonrpc": "2.0", **({"id": id} if id is not None else {})}
        message |= {"method": method, "params": content} if method else {"result": content}
        body = json.dumps(message).encode()
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._server.stdin.flush()

    def ask(self, method: str, params: Any) -> Any:
        self._number += 1
        self._send(method, params, self._number)
        while True:
            message = self._messages.get(timeout=PATIENCE)
            assert message.get("method") != "exit", "the language server is gone"
            if (
                "method" in message and "id" in message
            ):  # it asks, too: for settings, and whether it may register things
                settings = [{"pythonPath": sys.executable} for _ in message["params"].get("items", ())]
                self._send(None, settings or None, message["id"])
            elif message.get("id") == self._number:
                return message.get("result")

    def _at(self, code: str) -> dict[str, Any]:
        """Open a file with this code; where its cursor is."""
        self._files += 1
        before, _, after = code.partition(CURSOR)
        uri = (self._folder / f"edited_{self._files}.py").as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": before + after}
        self._send("textDocument/didOpen", {"textDocument": document})
        *lines, last = before.split("\n")
        return {"textDocument": {"uri": uri}, "position": {"line": len(lines), "character": len(last)}}

    def completions(self, code: str) -> list[str]:
        """What is offered at the cursor, Python's own names left out."""
        found = self.ask("textDocument/completion", self._at(code))
        items = found["items"] if isinstance(found, dict) else found or []
        return [label for item in items if not (label := item["label"].strip("\"'")).startswith("_")]

    def hover(self, code: str) -> str:
        found = self.ask("textDocument/hover", self._at(code))
        return found["contents"]["value"] if found else ""
