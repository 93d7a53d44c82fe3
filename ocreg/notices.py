"""Warnings: the call is made, but its request deserves a look. They are Python warnings, and are filtered as such.

warnings.filterwarnings("error", category=ocreg.RequestWarning)      # all of them stop the call
warnings.filterwarnings("ignore", category=ocreg.UnfilteredWarning)  # this program reads everything on purpose
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

_HERE = f"{Path(__file__).parent}{os.sep}"  # with a separator: another package's name may begin with "ocreg"


class RequestWarning(UserWarning):
    """A request that may not mean what its caller intends. `operation` is its id."""

    def __init__(self, words: str, operation: str = "", field: str = "") -> None:
        super().__init__(words)
        self.operation, self.field = operation, field


class UnknownFieldWarning(RequestWarning):
    """A field that the endpoint file does not describe is sent unchanged. `field` is its name."""


class UnfilteredWarning(RequestWarning):
    """A read has no filter, so the answer covers everything."""


class OtherRowsWarning(RequestWarning):
    """An answer has rows about ids that were not requested. `field` is the rows' field with the ids."""


def tell(warning: RequestWarning) -> None:
    """Issue the warning for the line outside ocreg that made the call."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        level, frame = level + 1, frame.f_back
    warnings.warn(warning, stacklevel=level)
