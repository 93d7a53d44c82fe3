"""Patterns that a validator hangs on are found, everyday ones are not; what is judged harmless is fast."""

import re
import signal
import sys
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ocreg import Registry
from ocreg.lint import schemas
from ocreg.lint.patterns import problem
from ocreg.registry.schema import ascii_pattern

DOUBLING = [
    *("^(a+)+$", "^(a*)*b", "^([a-z]+)*[0-9]$", "^([a-z]|[a-m]x?)*$", "^(a|ab|b)*c$", "^([0-9]{1,9})*$", "(a+)+$"),
    *(
        "^(a{1,9}){1,9}$",
        "^(x|[a-z]*y)*$",
        "^([A-Z0-9]+-?)+$",
        "^(aa|aaa)*$",
        "^((ab)*)*$",
        "^(.|[a-z])*$",
        "^(((a?){1,3}){1,3}){1,3}$",
        "^(a+?)+?$",
    ),
    *(
        "^[a-zA-Z0-9]+([._-]?[a-zA-Z0-9]+)*$",
        "^([^b]|a)*$",
        "^([ab]|[ab])*$",
        "^(a?b?|c)?(x*)*$",
        "^((a*)*b)*$",
        "^([a-z]+ ?)+$",
        "^(\xe9|[^x])*$",
    ),
]
SQUARE = ["^a+a+$", "[0-9]+x", "^[A-Z]+[0-9A-Z]*$", "^ *[a-z ]*$", "a{1,5000}b", "^[^x]*y[^z]*$"]
BEYOND = ["^(?=a)b", r"^(a)\1$", "^(?<!a)b", "^(?!x)a+$"]
FINE = [
    *("^[a-z]+$", "^(a+b)+$", "^[eE][bB][aA][yY]$", "^[A-Z]{2}[0-9]{9}[A-Z]{2}$", "^([0-9]{1,3}[.]){3}[0-9]{1,3}$"),
    *("^https?://[a-z]+(/[a-z]*)*$", "x", "^x", "^(ab|ac)*$", "^[^@]+@[^@]+$", "^-?[0-9]+([.][0-9]+)?$", "[0-9]"),
    *(
        "^(a+)+",
        "^([A-Z]{1,2}[0-9]?){1,2}$",
        "^(/[a-z]*)?$",
        "",
        "^",
        "$",
        "^a*$",
        "ab|cd",
        "^a{0}(b{0,1})*$",
        "^[^a]*a$",
    ),
]


@pytest.mark.parametrize("pattern", DOUBLING)
def test_a_pattern_whose_time_doubles(pattern: str) -> None:
    assert "a check may hang" in problem(pattern)


@pytest.mark.parametrize("pattern", SQUARE)
def test_a_pattern_whose_time_grows_with_the_square(pattern: str) -> None:
    assert "with the square of its length" in problem(pattern)


@pytest.mark.parametrize("pattern", BEYOND)
def test_a_pattern_that_cannot_be_judged(pattern: str) -> None:
    assert "it is unclear" in problem(pattern)


@pytest.mark.parametrize("pattern", FINE)
def test_an_everyday_pattern(pattern: str) -> None:
    assert problem(pattern) is None


def test_one_that_is_too_intertwined_is_judged_in_time() -> None:
    before = time.process_time()
    assert problem("^" + "([ab]*[abc]*[ad]*){2,}" * 12 + "$") is not None
    assert problem("^" + "[a-z]{0,1000}" * 60 + "$") is not None
    assert problem("^" + "(a?)?" * 60 + "(b?c?){1,3}" * 60 + "$") is None  # its ways are many, and no loop
    assert time.process_time() - before < 2


@pytest.mark.skipif(sys.platform == "win32", reason="no timer that interrupts")
def test_it_is_python_s_re_that_hangs() -> None:
    """Otherwise there would be no need of all this."""
    with pytest.raises(TimeoutError):
        searched("^([A-Z0-9]+-?)+$", "A" * 40 + "!", 0.05)


def test_the_shipped_patterns_are_harmless() -> None:
    for endpoint in map(Registry([]).__getitem__, Registry([])):
        for schema in (endpoint.data, endpoint.query, endpoint.answer):
            for _, node in schemas.walk(schema.root, ()) if schema else ():
                assert problem(node.get("pattern", "")) is None


PARTS = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "ab", "[^a]", "a?", "(?:ab|a)"]),
    lambda inner: (
        st.builds("{}{}".format, inner, inner)
        | st.builds("({}|{})".format, inner, inner)
        | st.builds("({}){}".format, inner, st.sampled_from(["*", "+", "{1,3}", "{0,40}", "?", "*?"]))
    ),
    max_leaves=6,
)


@pytest.mark.skipif(sys.platform == "win32", reason="no timer that interrupts")
@settings(max_examples=150, deadline=None)
@given(st.builds("^{}{}".format, PARTS, st.sampled_from(["$", "", "c"])))
def test_what_is_judged_harmless_is_fast(pattern: str) -> None:
    assume(pattern.count("{") < 2)  # bounded repeats inside or beside each other: many ways, but finite; not looked for
    if problem(pattern) is None:
        for text in ("a" * 40, "b" * 40, "ab" * 20, "aab" * 13):
            searched(pattern, text + "!", 2)


def searched(pattern: str, text: str, seconds: float) -> re.Match[str] | None:
    """What `re` finds, if it does in time."""

    def late(*_: object) -> None:
        raise TimeoutError(pattern)

    previous = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return ascii_pattern(pattern).search(text)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
