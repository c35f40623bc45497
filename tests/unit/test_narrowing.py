"""A problem in a clause of an item is shown at its word, and can be repaired there."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.diagnostic import Diagnostic
from headgate.dsl.source import SourceText

FRIDGE = """module m
device Fridge {
    property site: text
    telemetry temp: degC
}
priorities safety > comfort
target edges: edge by site
"""


def problem(text: str) -> Diagnostic:
    (found,) = compile_text(SourceText("m.iot", FRIDGE + text)).problems
    return found


def rule(clause: str, name: str = "r") -> str:
    return f'rule {name} for Fridge {{ when temp > 8 degC  {clause}  do {{ alert "{{temp}}" }} }}'


@pytest.mark.parametrize(
    "text, word",
    [
        (rule("severity majr"), "majr"),
        (rule("severity majr", name="majr"), "majr"),
        (rule("# severity majr\n severity majr"), "majr"),
        (rule("priority safty"), "safty"),
        (rule("place egde"), "egde"),
        (rule("place cloud"), "cloud"),
        (rule("inhibited by temp"), "temp"),
        ("target gateway: gatway by site", "gatway"),
        ("target gateway: gateway by sit", "sit"),
    ],
)
def test_the_span_is_that_of_the_word(text: str, word: str) -> None:
    span = problem(text).span
    source = FRIDGE + text
    assert source[span.start : span.end] == word
    assert span.end <= source.rindex(word) + len(word)
    assert span.start == source.rindex(word) or word == "temp"


@pytest.mark.parametrize(
    "clause, repaired", [("severity majr", "severity major"), ("priority safty", "priority safety")]
)
def test_the_word_can_be_replaced(clause: str, repaired: str) -> None:
    text = rule(clause)
    (edit,) = problem(text).edits
    source = FRIDGE + text
    assert source[: edit.span.start] + edit.replacement + source[edit.span.end :] == FRIDGE + rule(repaired)
