"""curl command lines as calls, quoted as Unix shells do (also `$'...'`) or as cmd does. Nothing is executed."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from . import calls, commented, scrubbing
from .calls import Call
from .documents import NotReadable
from .matching import Known
from .operation import Source

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "0": ""}
_CODE = re.compile(r"x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})")
_PLAIN = re.compile(r"[^\s'\"\\$;|&]+")
_DATA = {"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--json"}
_VALUE = {
    *_DATA,
    *("-X", "--request", "-H", "--header", "-F", "--form", "--form-string", "-u", "--user", "-b", "--cookie", "-A"),
    *("--user-agent", "-e", "--referer", "-o", "--output", "-x", "--proxy", "-m", "--max-time", "--connect-timeout"),
    *("--url", "-w", "--write-out", "-c", "--cookie-jar", "-T", "--upload-file", "-E", "--cert", "--key", "--cacert"),
    *("--resolve", "--retry", "-K", "--config", "--oauth2-bearer", "--interface", "-D", "--dump-header", "-U"),
    *("--proxy-user", "-r", "--range", "-y", "-Y", "-z", "-C", "-P", "-Q", "-t", "--aws-sigv4", "--url-query"),
}


def recognises(value: object) -> bool:
    return isinstance(value, str) and re.search(r"^(\$ |> )?curl(\.exe)?\s", value, re.MULTILINE) is not None


def operations(value: str, known: Known) -> Source:
    """The operations of command lines. Raises NotReadable."""
    found, headers, hidden = list[Call](), list[tuple[str, str]](), list[str]()
    for command in commands(value):
        words = command[1:] if command[:1] in (["$"], [">"]) else command
        if words and re.fullmatch(r"(.*/)?curl(\.exe)?", words[0]):
            call = _call(words[1:], headers, hidden)
            found += [call] if call.url else []
    if not found:
        raise NotReadable("a curl line without a URL")
    made = calls.operations(found, known, live=True, kind="client")
    values = [v for call in found for v in (call.request, dict(call.query))]
    secrets = [*scrubbing.telling([*calls.secrets_of(headers), *hidden]), *scrubbing.known_secrets(values)]
    made.secrets = secrets
    return made


def _call(words: list[str], headers: list[tuple[str, str]], hidden: list[str]) -> Call:
    """The call of a command's words. Possible secrets go to `headers` and `hidden`."""
    call, data, method, to_query = Call("", ""), list[str](), "", False
    rest = _separate(words)
    for option, value in rest:
        if option in ("", "--url"):
            call.url = call.url or value
        elif option in ("-X", "--request"):
            method = value.upper()
        elif option in ("-H", "--header"):
            name, _, text = value.partition(":")
            headers.append((name.strip(), text.strip()))
            call.headers.append(name.strip())
        elif option in _DATA:
            read = value.startswith("@") and option not in ("--data-raw", "--data-urlencode")
            call.notes += ["a body in a file: not read"] if read else []
            data += [] if read else [value]
            method = method or "POST"
        elif option in ("-F", "--form", "--form-string"):
            call.form = "multipart/form-data"
        elif option in ("-G", "--get"):
            to_query = True
        elif option in ("-I", "--head"):
            method = method or "HEAD"
        elif option in _VALUE:
            hidden += [value, *re.split(r"[:;=]", value)]
    call.method = "GET" if to_query and method == "POST" else method or ("POST" if call.form else "GET")
    if to_query:
        call.query = [pair for text in data for pair in parse_qsl(text, keep_blank_values=True)]
    elif data:
        _body(call, "&".join(data))
    return call


def _body(call: Call, text: str) -> None:
    try:
        call.request, call.said = commented.read(text)
    except commented.NotJson:
        call.form = "no JSON"


def _separate(words: list[str]) -> list[tuple[str, str]]:
    """Pairs of an option and its value; arguments have no option."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(words):
        word, at = words[at], at + 1
        if word.startswith("--"):
            name, joined, value = word.partition("=")
            if name in _VALUE and not joined:
                value, at = words[at] if at < len(words) else "", at + 1
            found.append((name, value))
        elif word.startswith("-") and len(word) > 1:
            letters = next((n for n in range(1, len(word)) if f"-{word[n]}" in _VALUE), len(word))
            found += [(f"-{letter}", "") for letter in word[1:letters]]
            if letters < len(word):
                value = word[letters + 1 :]
                if not value:
                    value, at = words[at] if at < len(words) else "", at + 1
                found.append((f"-{word[letters]}", value))
        else:
            found.append(("", word))
    return found


def commands(text: str) -> list[list[str]]:
    """The words of each command of a script, without quotes. Raises NotReadable if a quote is not closed."""
    if re.search(r"\^\"|\s\^[ \t]*\n", text):
        return [_words_of_cmd(text)]
    found, words, word = list[list[str]](), list[str](), list[str]()
    at = 0
    while at < len(text):
        letter = text[at]
        if text.startswith("\\\n", at):
            at += 2
        elif letter in "\n;|&" or letter.isspace() or (letter == "#" and not word):
            words += ["".join(word)] if word else []
            word = []
            if letter in "\n;|&" and words:
                found.append(words)
                words = []
            end = text.find("\n", at) if letter == "#" else at + 1
            at = end if end > 0 else len(text)
        else:
            piece, at = _piece(text, at)
            word.append(piece)
    words += ["".join(word)] if word else []
    return [*found, *([words] if words else [])]


def _piece(text: str, at: int) -> tuple[str, int]:
    """A quoted part, or one character outside of quotes, and where it ends."""
    letter = text[at]
    if letter == "'":
        end = text.find("'", at + 1)
        if end < 0:
            raise NotReadable("the curl line is cut short: a quote has no end")
        return text[at + 1 : end], end + 1
    if letter == '"' or text[at : at + 2] == '$"':
        return _until(text, at + 1 + (letter == "$"), '"', ansi=False)
    if text[at : at + 2] == "$'":
        return _until(text, at + 2, "'", ansi=True)
    if letter == "\\" and at + 1 < len(text):
        return text[at + 1], at + 2
    plain = _PLAIN.match(text, at)
    return (plain[0], plain.end()) if plain else (letter, at + 1)


def _until(text: str, at: int, quote: str, *, ansi: bool) -> tuple[str, int]:
    parts: list[str] = []
    while at < len(text) and text[at] != quote:
        if text[at] != "\\" or at + 1 == len(text):
            parts.append(text[at])
            at += 1
        elif not ansi:
            follows = text[at + 1]
            parts.append("" if follows == "\n" else follows if follows in '$`"\\' else "\\" + follows)
            at += 2
        elif code := _CODE.match(text, at + 1):
            number = int(next(digits for digits in code.groups() if digits), 8 if code[4] else 16)
            parts.append(chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd")
            at = code.end()
        else:
            parts.append(_ESCAPES.get(text[at + 1], text[at + 1]))
            at += 2
    if at >= len(text):
        raise NotReadable("the curl line is cut short: a quote has no end")
    return "".join(parts), at + 1


def _words_of_cmd(text: str) -> list[str]:
    """The words of a command line for Windows: first carets are removed, then quotes."""
    text = re.sub(r"\^\n\n", "\0", text)  # a line break within a word
    text = re.sub(r"\^[ \t]*\n", " ", text)
    text = re.sub(r"\^(.)", r"\1", text) if '^"' in text else text
    words, word, quoted = list[str](), list[str](), False
    for piece in re.findall(r'\\"|""|"|\s+|\\|[^\s"\\]+', text):
        if piece == '\\"' or (piece == '""' and quoted):
            word.append('"')
        elif piece == '"':
            quoted = not quoted
            word.append("")
        elif piece.isspace() and not quoted:
            words += ["".join(word)] if word else []
            word = []
        else:
            word.append("" if piece == '""' else piece)
    if quoted:
        raise NotReadable("the curl line is cut short: a quote has no end")
    words += ["".join(word)] if word else []
    return [one.replace("\0", "\n") for one in words]
