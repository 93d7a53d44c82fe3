"""Words that a server repeats are masked, however they are encoded, and at a price that grows with the text alone."""

import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from work import calls

from ocreg import redact

WAYS = {
    "percents": lambda text: quote(text, safe=""),
    "path": quote,
    "form": quote_plus,
    "html": html.escape,
    "html text": lambda text: html.escape(text, quote=False),
    "json": lambda text: json.dumps(text)[1:-1],
    "json in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "python": lambda text: repr(text)[1:-1],
    "wrong charset": lambda text: text.encode().decode("latin-1"),
}
WORDS = st.text(st.sampled_from("abZ09 %&<'\"\\/+=\n\té中😀\x7f\xa0"), min_size=4, max_size=10)


@given(WORDS, st.lists(st.sampled_from(sorted(WAYS)), max_size=3), st.text(max_size=5), st.text(max_size=5))
@example("it's", ["python"], "", "")
@example('it\'s "q"', ["python", "json", "html"], "", "")
@example("é中😀'", ["wrong charset", "python", "percents"], "", "")
def test_a_word_is_masked_in_every_encoding(word, ways, before, after):
    spelled = word
    for way in ways:
        spelled = WAYS[way](spelled)
    masked = redact.known(["", before + spelled + after], [word])
    assert spelled not in masked[1]
    assert redact.MASK in masked[1]


@given(st.text("abc", max_size=30), st.lists(st.text("abc", min_size=4, max_size=8), max_size=4))
def test_exactly_the_stretches_that_words_cover_are_masked(text, words):
    covered = [False] * len(text)
    for word in words:
        for at in range(len(text)):
            if text.startswith(word, at):
                covered[at : at + len(word)] = [True] * len(word)
    kept = "".join(letter for letter, hidden in zip(text, covered, strict=True) if not hidden)
    assert redact.known(text, words).replace(redact.MASK, "") == kept


def test_words_that_overlap_leave_nothing_of_each_other():
    assert redact.known("x abcdefghijkl y", ["abcdefgh", "efghijkl"]) == "x *** y"
    assert redact.known("abcdefgh", ["abcd", "efgh"]) == "******"
    assert redact.known("x abcdefghijkl y", ["abcdefghijkl", "cdef"]) == "x *** y"


def test_names_of_fields_and_nested_texts_are_masked_and_the_original_is_left_alone():
    value = {"Jane Doe": ["x", ("hello Jane Doe", 5, None)]}
    assert redact.known(value, ["Jane Doe"]) == {"***": ["x", ("hello ***", 5, None)]}
    assert value == {"Jane Doe": ["x", ("hello Jane Doe", 5, None)]}


def words(number):
    return [f'field {n:05} "é" <x> & 100% it\'s/中' for n in range(number)]


def test_masking_takes_no_longer_for_many_words_that_are_not_there():
    text = "a text of a server " * 3_000
    few, many = (calls(lambda n=n: redact.known([text], words(n)))[1] for n in (50, 500))
    assert many < 20 * few


@pytest.mark.parametrize("texts", [1, 300])
def test_masking_grows_with_the_texts_and_not_with_texts_times_words(texts):
    answer = [" and ".join(words(10))] * texts
    redact.known(answer, words(10))  # the ways to spell are found once
    few, many = (calls(lambda n=n: redact.known(answer, words(n)))[1] for n in (10, 300))
    found = redact.known(answer, words(300))
    assert set(found) == {" and ".join(["***"] * 10)}
    assert many - few < 150 * 290


def test_the_pattern_for_fields_is_made_once():
    fields = frozenset({"name", "city"})
    redact.data('"', fields)
    _, work = calls(lambda: redact.data(['{"name": "J"'] * 100, fields))
    assert redact.data(['{"name": "J"'], fields) == ['{"name": "***"']
    assert work < 100 * 60
