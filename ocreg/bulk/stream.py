"""The results of `iterate` and `call_many`: made one by one on request, and they can be closed at any time.

A generator without I/O and threads makes them: a script. It yields results, and the actions it needs; it is sent their
results, or their exceptions are thrown into it:

    yields Begin(work)    is sent  a handle; the work (a conversation of the engine) starts beside other work
    yields Done(handle)   is sent  what the work returned, when it is done; work that did not start yet is done now
    yields Next(source)   is sent  the next item of an iterator, or END

`played` does this with threads, `ocreg.aio.stream` with tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ..errors import OcregError, SettingInvalid, bare
from ..forks import ForkSafe
from .workers import Task, Workers

if TYPE_CHECKING:
    from typing_extensions import Self

Result = TypeVar("Result")
ELSEWHERE = "this was started in the parent process and continues there: start another one in this process"


class Begin(NamedTuple):
    work: Generator[Any, Any, Any]


class Done(NamedTuple):
    work: Any


class Next(NamedTuple):
    source: Iterator[Any]


END = object()
Script = Generator[Any, Any, None]


def played(script: Script, run: Callable[[Any], Any], threads: int, name: str) -> Generator[Any, None, None]:
    """The results of a script. `run` does its work, in so many threads, or in the thread that needs a result."""
    with Workers(threads, name) if threads > 1 else nullcontext() as workers, closing(script):
        try:
            wish = next(script)
            while True:
                try:
                    if isinstance(wish, Begin) and workers is not None:
                        answer: Any = workers.submit(partial(run, wish.work))
                    elif isinstance(wish, Begin):
                        answer = wish.work
                    elif isinstance(wish, Done):
                        answer = wish.work.result() if isinstance(wish.work, Task) else run(wish.work)
                    elif isinstance(wish, Next):
                        answer = next(wish.source, END)
                    else:
                        yield wish
                        answer = None
                except GeneratorExit:
                    raise
                except BaseException as error:  # noqa: BLE001  # the script may handle it, or add facts
                    wish = script.throw(error)
                else:
                    wish = script.send(answer)
        except StopIteration:
            return


class _Refusing:
    def __init__(self, error: Callable[[], OcregError]) -> None:
        self._error = error

    def __next__(self) -> Any:
        raise self._error()

    def close(self) -> None: ...


class Stream(ForkSafe, Generic[Result]):
    """An iterator and a context manager. Leaving it, `close()` and dropping all references end its threads.

    It belongs to the process that made it: a forked child has none of its threads, and must not repeat its requests.
    """

    def __init__(self, results: Generator[Result, None, None]) -> None:
        self._results: Generator[Result, None, None] | _Refusing = results
        self._inherited: list[Any] = []  # never closed: that would end the work of the parent's threads
        super().__init__()

    def _make_own(self) -> None: ...

    def _forked(self) -> None:
        self._inherited.append(self._results)
        self._results = _Refusing(self._elsewhere)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Result:
        try:
            return next(self._results)
        except BaseException as error:  # noqa: BLE001  # `guarded`, in place: there may be a million results
            raise bare(error)  # noqa: B904  # it is the same error

    def _elsewhere(self) -> OcregError:
        return OcregError(ELSEWHERE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for requests under way; start nothing more."""
        self._results.close()


def whole_number(name: str, value: Any) -> None:
    """Raises SettingInvalid if a number, such as that of threads, is not a whole number."""
    if type(value) is not int or value < 1:
        raise SettingInvalid(f"{name} must be a whole number from 1 on, not {value!r:.60}", setting=name)
