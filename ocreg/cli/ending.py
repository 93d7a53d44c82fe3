"""How a command ends: its exit code, and where an answer goes that could not be printed. No command decides this.

0, 1, 2, 3   the command's own exit code; failed output changes only a 0
4            the call took effect, but standard output failed: the answer is on standard error, or in a file
70           a bug in ocreg
74           standard output failed, and nothing with an effect was sent
141          as 74, because the reader has closed the pipe: `ocreg list | head`
"""

from __future__ import annotations

import json
import os
import time
import traceback
from contextlib import suppress

from ..account import places
from .effect import Effect
from .screen import Screen

NOT_SHOWN, MISTAKE, NO_OUTPUT, NO_READER = 4, 70, 74, 141


def code_of(code: int, out: Screen, err: Screen, effect: Effect, *, as_json: bool) -> int:
    """The exit code. Output that could not be printed is first written somewhere else."""
    if out.failure is not None and not effect.begun:
        return code or _unread(out, err)
    answer = out.kept if out.failure is not None else ""
    if answer:
        sentence = _sentence(code, out)
        err.write(_as_json(sentence, answer) if as_json else f"{sentence} The answer:\n{answer}")
        err.flush()
    if err.failure is not None and (answer or code):
        _keep(err.kept)
    return code or (NOT_SHOWN if answer else 0)


def _unread(out: Screen, err: Screen) -> int:
    if isinstance(out.failure, BrokenPipeError):
        return NO_READER
    err.write(f"standard output cannot be written ({_why(out)}); nothing with an effect was sent\n")
    return NO_OUTPUT


def _sentence(code: int, out: Screen) -> str:
    if code:
        return f"standard output cannot be written: {_why(out)}."
    return f"the call took effect, but its answer cannot be printed ({_why(out)}): do not send it again."


def _why(screen: Screen) -> str:
    return getattr(screen.failure, "strerror", None) or str(screen.failure)


def _as_json(sentence: str, answer: str) -> str:
    return json.dumps({"error": "NotShown", "text": sentence, "answer": answer}, ensure_ascii=False) + "\n"


def _keep(text: str) -> None:
    """Write to a file in the state directory that only its owner can read: both streams have failed."""
    folder = places.state_file("not-shown")
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(0o700, parents=True, exist_ok=True)
        file = folder / f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(f"ocreg could write neither to standard output nor to standard error. {file} has it:\n{text}")


def mistake(error: BaseException, effect: Effect, *, as_json: bool) -> str:
    """The text for an unexpected exception, which is a bug."""
    lines = "".join(traceback.format_exception(error))
    happened = "unknown" if effect.begun else "no"
    sent = (
        "A request may have taken effect: check before you send it again."
        if effect.begun
        else "Nothing with an effect was sent."
    )
    words = f"this is a bug in ocreg, not in your input ({type(error).__name__}). {sent} Please report it"
    if as_json:
        facts = {"error": "Mistake", "text": f"{words}, with the traceback.", "happened": happened, "traceback": lines}
        return json.dumps(facts, ensure_ascii=False) + "\n"
    return f"{lines}{words}, with the lines above; remove personal data from them.\n"
