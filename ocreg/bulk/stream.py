"""What `iterate` and `call_many` give: results one by one, made when they are asked for, and an end at any time."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import OcregError, SettingInvalid, guarded

if TYPE_CHECKING:
    from typing_extensions import Self

Result = TypeVar("Result")
ELSEWHERE = "this was begun in the process that this one was forked from, and goes on there: begin another one here"


class Stream(Generic[Result]):
    """An iterator and a context manager. Leaving it, `close()` and forgetting it all end its threads.

    It belongs to the process that made it: a forked child has none of its threads, and must not send what that sends.
    """

    def __init__(self, results: Generator[Result, None, None]) -> None:
        self._results = results
        self._process = os.getpid()

    def __iter__(self) -> Self:
        return self

    @guarded
    def __next__(self) -> Result:
        if self._process != os.getpid():
            raise self._elsewhere()
        return next(self._results)

    def _elsewhere(self) -> OcregError:
        return OcregError(ELSEWHERE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for what is on its way; begin nothing more."""
        if self._process == os.getpid():
            self._results.close()


def whole_number(name: str, value: Any) -> None:
    """Raises SettingInvalid for a number of threads and the like that is none."""
    if type(value) is not int or value < 1:
        raise SettingInvalid(f"{name} must be a whole number from 1 on, not {value!r:.60}", setting=name)
