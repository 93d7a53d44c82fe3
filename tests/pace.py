"""Tests of short time-outs, on a machine that is busy, slow, or stands still now and then."""

import functools
import inspect

import pytest

PACES = (1, 6, 36)


def paced(test):
    """A test that has a keyword `pace`, by which it multiplies its seconds: where it fails, once more with longer ones.

    What is wrong is wrong at every pace; a thread that was not woken in time fails short time-outs only.
    """

    @functools.wraps(test)
    def run(*args, **kwargs):
        for pace in PACES[:-1]:
            try:
                return test(*args, pace=pace, **kwargs)
            except (Exception, pytest.fail.Exception):  # whatever it is, the last attempt shows it
                continue
        return test(*args, pace=PACES[-1], **kwargs)

    signature = inspect.signature(test)  # without `pace`, which is no fixture
    run.__signature__ = signature.replace(
        parameters=[one for one in signature.parameters.values() if one.name != "pace"]
    )
    return run
