"""Warnings: what is done all the same, and should be looked at. They are objects of `warnings`, and filtered as those.

warnings.filterwarnings("error", category=ocreg.RequestWarning)      # all of them stop the call
warnings.filterwarnings("ignore", category=ocreg.UnfilteredWarning)  # this program reads everything on purpose
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

_HERE = f"{Path(__file__).parent}{os.sep}"  # another package's name may begin with ours


class RequestWarning(UserWarning):
    """A request may not mean what its caller means. `operation` is its id."""

    def __init__(self, words: str, operation: str = "", field: str = "") -> None:
        super().__init__(words)
        self.operation, self.field = operation, field


class UnknownFieldWarning(RequestWarning):
    """A field that the endpoint file does not describe is sent as it is. `field` is its name."""


class UnfilteredWarning(RequestWarning):
    """A read names nothing that it is about, so it is answered with everything."""


class OtherRowsWarning(RequestWarning):
    """An answer has rows about other ids than those that were asked for. `field` holds the ids in its rows."""


def tell(warning: RequestWarning) -> None:
    """Warn at the line outside ocreg that led here."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        level, frame = level + 1, frame.f_back
    warnings.warn(warning, stacklevel=level)
