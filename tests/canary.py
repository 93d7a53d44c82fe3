"""Canaries stand in for everything nobody may read; a capture holds everything that can be read.

A canary is `qzx`, three digits, `k` and, where the field has room, characters that encodings write in another way, so
that a mask which knows one spelling only is found out. What `play` runs has no canary in the frames of the test itself.
"""

import base64
import contextlib
import io
import itertools
import json
import logging
import pickle
import re
import traceback
import warnings

from rich.console import Console
from rich.traceback import Traceback


def play(scene):
    """Run a scene; its error, if there is one. This frame is in every traceback: it knows the scene's name only."""
    try:
        scene.result = scene.action()
    except Exception as error:
        return error
    return None


class Scene:
    """Something to do (a `partial`: it has no frame of its own), and which kinds of canary its result may show where.

    `allowed` is a set of pairs of a channel and a kind or a name.
    """

    def __init__(self, name, action, allowed=(), check=None):
        self.name, self.action, self.allowed, self.check = name, action, set(allowed), check
        self.result = None

    def __repr__(self):
        return f"<Scene {self.name}>"


class Canaries:
    """All canaries, by number. `word` makes one and remembers it, or gives the one of that name again."""

    CORE = re.compile(r"qzx([0-9]{2,3})")
    SIGNATURE = re.compile(r"[0-9a-f]{32}")

    def __init__(self):
        self._names, self._words, self._kinds = [], {}, {}
        self.signatures = set()

    def __repr__(self):
        return f"<Canaries {len(self._names)}>"

    def __len__(self):
        return len(self._names)

    def word(self, kind, name, most=100, suffix=""):
        if name not in self._words:
            core = f"qzx{len(self._names):03}k"
            self._words[name] = core + suffix[: most - len(core)]
            self._kinds[name] = kind
            self._names.append(name)
        return self._words[name]

    def secret(self, name):
        return self.word("secret", name, suffix="/+=")

    def personal(self, name, most=100):
        return self.word("personal", name, most, ' "\u00e9<&')

    def answered(self, name):
        """Personal data that only an answer holds."""
        return self.word("answered", name, suffix=' "\u00e9')

    def number(self, kind, name):
        """A canary for where a number stands."""
        if name not in self._words:
            self._words[name], self._kinds[name] = 731_550_000_000 + len(self._names), kind
            self._names.append(name)
        return self._words[name]

    def kind(self, name):
        return self._kinds.get(name, "part")

    def needles(self):
        """Spellings in which the core cannot be seen, grouped by how they begin, so that most texts need few looks."""
        found = {}
        for name, word in self._words.items():
            core = str(word).encode()[:7] if str(word).startswith("qzx") else str(word).encode()
            spelled = ["".join(f"%{byte:02{case}}" for byte in core) for case in "xX"]
            spelled += [] if core.startswith(b"qzx") else [str(word)]
            for shift in range(3):
                letters = base64.b64encode(b"\0" * shift + core).rstrip(b"=").decode()
                spelled.append(letters[(0, 2, 3)[shift] : len(letters) - 1])
            for needle in spelled:
                found.setdefault(needle[:3], []).append((needle, name))
        return found

    def found_in(self, text, needles):
        """The names of the canaries in `text`, cut ones as `part of ...`."""
        found = set()
        for match in self.CORE.finditer(text):
            number = match[1]
            whole = len(number) == 3 and int(number) < len(self._names)
            found.add(self._names[int(number)] if whole else f"part {match[0]}")
        if not self.signatures.isdisjoint(self.SIGNATURE.findall(text)):
            found.add("signature")
        for stem, spelled in needles.items():
            if stem in text:
                found |= {name for needle, name in spelled if needle in text}
        return found


class Captured(logging.Handler):
    """What a scene let out, by channel: log, warnings, errors in every form, stdout, stderr, results that are shown."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        self.channels = {}

    def __repr__(self):
        return "<Captured>"

    def put(self, channel, text):
        self.channels.setdefault(channel, []).append(text)

    def emit(self, record):
        text = [self.format(record), repr(record.__dict__), repr(record.args), record.getMessage()]
        if record.exc_info and record.exc_info[1] is not None:
            text += error_texts(record.exc_info[1])
            text.append(rich_text(record.exc_info[1]))
        self.put("log", "\n".join(text))


@contextlib.contextmanager
def everything(captured):
    """Log everything at its finest into `captured`; undone at the end."""
    root = logging.getLogger()
    loggers = [root, *(logger for logger in root.manager.loggerDict.values() if isinstance(logger, logging.Logger))]
    before = [(logger, logger.level) for logger in loggers if logger.level]
    root.addHandler(captured)
    for logger, _ in before:
        logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(captured)
        for logger, level in before:
            logger.setLevel(level)


def perform(scene, captured):
    """Play a scene and put all that can be seen of it into `captured`; the error, if there was one."""
    out, err = io.StringIO(), io.StringIO()
    with (
        warnings.catch_warnings(record=True) as warned,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        warnings.simplefilter("always")
        error = play(scene)
        if error is None and scene.check is not None:
            scene.check(scene, captured)
        scene.result = None
        if error is not None:
            look_at(error, captured)
    for warning in warned:
        captured.put("warning", f"{warning.message} {warning.line} {warning!r}")
    captured.put("stdout", out.getvalue())
    captured.put("stderr", err.getvalue())
    return error


def look_at(error, captured):
    """An error in every form in which it is shown or kept."""
    for text in error_texts(error):
        captured.put("error", text)
    captured.put("rich", rich_text(error))
    stored = pickle.dumps(error)
    captured.put("pickle", stored.decode("latin-1"))
    captured.put("pickle", stored.decode("utf-8", "replace"))
    copy = pickle.loads(stored)
    captured.put("pickle", f"{copy!r} {copy} {copy.__dict__!r}")
    if hasattr(error, "as_dict"):
        captured.put("as_dict", json.dumps(error.as_dict(), default=str))
        captured.put("as_dict", json.dumps(error.as_dict(), default=repr, ensure_ascii=False))
    else:
        captured.put("foreign", type(error).__name__)


def error_texts(error):
    """`str`, `repr` and traceback of an error and of all errors behind it, shown by Python or not."""
    texts, waiting, seen = [], [error], set()
    while waiting:
        current = waiting.pop()
        if current is not None and id(current) not in seen:
            seen.add(id(current))
            texts += [str(current), repr(current), repr(current.args), "".join(traceback.format_exception(current))]
            waiting += [current.__cause__, current.__context__]
    return texts


class Plain(Traceback):
    """Rich's traceback without its colours, which take most of its time."""

    @classmethod
    def _guess_lexer(cls, filename, code):
        return "text"


LOCALS = {"show_locals": True, "locals_hide_dunder": False, "locals_hide_sunder": False}
LOCALS |= {"locals_max_string": None, "locals_max_length": None}
_errors = itertools.count()


def rich_text(error):
    """All that rich's traceback would print of an error with all local variables in full; of some, as it is printed.

    To lay it out takes most of the time, and adds nothing to what it holds.
    """
    what = type(error), error, error.__traceback__
    texts = []
    for stack in Plain.extract(*what, **LOCALS).stacks:
        texts += [stack.exc_type, stack.exc_value, repr(stack.syntax_error)]
        for frame in stack.frames:
            texts += [f"{name} = {value}" for name, value in (frame.locals or {}).items()]
    if next(_errors) % 25 == 0:
        texts.append(printed(Plain.from_exception(*what, width=400, extra_lines=0, max_frames=0, **LOCALS)))
    return "\n".join(texts)


def printed(traceback):
    """As rich prints it; and once more without line breaks and frames."""
    console = Console(file=io.StringIO(), width=400, color_system=None)
    console.print(traceback)
    text = console.file.getvalue()
    return text + re.sub("[\\s\u2502]+", "", text)
