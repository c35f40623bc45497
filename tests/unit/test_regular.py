"""Regular expressions: they mean what Python's mean of the whole of a text, in time that grows with the text alone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.stdlib.regular import Unreadable, flaw, matches

ONES = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "[b-d]", r"[\d_]", r"\d", r"\W", r"\s", r"\.", "-", "å"])
EXPRESSIONS = st.recursive(
    ONES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]}|{parts[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}"])).map(
            lambda parts: f"(?:{parts[0]}){parts[1]}"
        ),
        inner.map(lambda one: f"({one}|)"),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, st.lists(st.text("abå-._1 \n", max_size=6), max_size=4))
def test_an_expression_means_what_it_means_elsewhere(expression: str, texts: list[str]) -> None:
    for text in texts:
        assert matches(text, expression) == (re.fullmatch(expression, text, re.ASCII | re.DOTALL) is not None)


@pytest.mark.parametrize("expression", ["(a*)*b", "(a|aa)+b", "(a|a)*(a|a)*b", "(a|b)*a(a|b){200}c"])
def test_what_hangs_elsewhere_goes_through_a_text_once(expression: str) -> None:
    assert not matches("a" * 20_000, expression)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("(a", "missing )"),
        ("[a", "missing ]"),
        ("*a", "no argument for repetition operator"),
        (r"(a)\1", "invalid escape sequence"),
        ("[b-a]", "invalid character class range"),
        ("(?=a)", "invalid perl operator"),
        ("(a{100}){100}", "invalid repetition size"),
    ],
)
def test_what_is_wrong_with_an_expression_is_said(expression: str, said: str) -> None:
    found = flaw(expression)
    assert found is not None
    assert found.startswith("cannot be read: ")
    assert said in found
    with pytest.raises(Unreadable, match="cannot be read"):
        matches("a", expression)


@pytest.mark.parametrize("expression", ["", "a|", "^a$", r"\t\n", r"[\]\\-]", "(?:a){2,}", "å+"])
def test_what_can_be_read_has_no_flaw(expression: str) -> None:
    assert flaw(expression) is None
