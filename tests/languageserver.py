"""An editor as far as a language server can tell: it opens documents, hears what is wrong in them, asks what fits."""

import json
import subprocess

from tests import npm

SETTINGS = {"yaml": {"schemaStore": {"enable": False}}}  # its defaults, except that it fetches nothing from the net


class Editor:
    """Speaks the Language Server Protocol with the real yaml-language-server over pipes, as editors do."""

    def __init__(self):
        words = [*npm.command("yaml-language-server"), "--stdio"]
        self._server = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._told, self._asked = {}, 0
        self._ask(
            "initialize", {"processId": None, "rootUri": None, "capabilities": {"workspace": {"configuration": True}}}
        )
        self._say({"method": "initialized", "params": {}})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.kill()
        self._server.communicate()

    def diagnostics(self, *files):
        """What an editor underlines in each of some files, which it has not opened before: line from 1, text, words."""
        for file in files:
            document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": file.read_text("utf-8")}
            self._say({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while not self._told.keys() >= {file.as_uri() for file in files}:
            self._hear()
        return {file: [_underlined(file, one) for one in self._told[file.as_uri()]] for file in files}

    def offered(self, file, line, column=0):
        """The words that fit at a place of an opened file: line from 1, characters before it."""
        place = {"textDocument": {"uri": file.as_uri()}, "position": {"line": line - 1, "character": column}}
        return {item["label"] for item in self._ask("textDocument/completion", place)["items"]}

    def _ask(self, method, params):
        self._asked += 1
        self._say({"id": self._asked, "method": method, "params": params})
        while True:
            message = self._hear()
            if message.get("id") == self._asked and "method" not in message:
                return message["result"]

    def _say(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._server.stdin.flush()

    def _hear(self):
        """The next message. What the server asks for are settings; other questions are answered with nothing."""
        size = 0
        while (header := self._server.stdout.readline()) != b"\r\n":
            assert header, "the language server ended"
            if header.lower().startswith(b"content-length:"):
                size = int(header.partition(b":")[2])
        message = json.loads(self._server.stdout.read(size))
        if message.get("method") == "textDocument/publishDiagnostics":
            self._told[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and "method" in message:
            items = message["params"].get("items") if message["method"] == "workspace/configuration" else None
            result = None if items is None else [SETTINGS.get(item["section"]) for item in items]
            self._say({"id": message["id"], "result": result})
        return message


def _underlined(file, diagnostic):
    start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
    line = file.read_text("utf-8").splitlines()[start["line"]]
    return start["line"] + 1, line[start["character"] : end["character"]], diagnostic["message"]
