"""Errors as other code meets them: chains that go in a circle, and what an error keeps of the frames it went through."""

import pytest

from ocreg.errors import OcregError, _chain, guarded


def raised(error, cause=None):
    """The error, raised and caught, so that it has a traceback with `local` in it."""
    local = ["a payload"]
    try:
        raise error from cause  # noqa: TRY301
    except BaseException as caught:
        assert local
        return caught


def locals_of(error):
    found, trace = [], error.__traceback__
    while trace is not None:
        found += [name for name in trace.tb_frame.f_locals if name == "local"]
        trace = trace.tb_next
    return found


def circle(kind):
    """Errors that cause each other, the first of this kind."""
    first, second, third = kind("first"), raised(ValueError("second")), raised(KeyError("third"))
    first.__cause__, second.__cause__, third.__context__ = second, third, first
    return first, second, third


@pytest.mark.parametrize("kind", [OcregError, ValueError, KeyboardInterrupt])
def test_a_circle_of_causes_is_walked_once(kind):
    errors = circle(kind)

    @guarded
    def fail():
        raise errors[0]

    with pytest.raises(kind):
        fail()
    assert [locals_of(error) for error in errors[1:]] == [[], []]
    assert _chain(errors[0]) == list(errors)


def test_a_very_long_chain_of_causes_is_no_recursion():
    error = None
    for _ in range(5_000):
        error = raised(ValueError("again"), error)

    @guarded
    def fail():
        raise error

    with pytest.raises(ValueError, match="again") as caught:
        fail()
    assert len(_chain(caught.value)) == 5_000
    for one in _chain(error):  # a chain this long is taken apart here: Python would do it in one deep recursion
        one.__cause__ = one.__context__ = None


def test_frames_behind_an_error_without_a_traceback_are_forgotten_too():
    inner = raised(ValueError("inner"))
    middle = ValueError("middle")
    middle.__cause__ = inner

    @guarded
    def fail():
        raise OcregError("outer") from middle

    with pytest.raises(OcregError):
        fail()
    assert inner.__traceback__ is None
