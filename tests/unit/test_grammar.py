"""The grammar and what is made of it: the parser's tables are those of iot.lark, and its words are found as written."""

import re
from importlib.resources import files

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lark.exceptions import GrammarError
from lark.grammar import Rule

from headgate.dsl import scanning
from headgate.dsl.machine import machine
from headgate.dsl.tree import BUILD, CHOICES
from headgate.grammar import grammar_text, raw_grammar_text
from headgate.grammar.generate import tables_text
from headgate.grammar.tables import TABLES_FILE


def test_the_tables_are_those_of_the_grammar() -> None:
    """Regenerate them with `python -m headgate.grammar.generate`."""
    assert files("headgate.grammar").joinpath(TABLES_FILE).read_text(encoding="utf-8") == tables_text()


def test_a_grammar_with_two_readings_is_refused() -> None:
    ambiguous = raw_grammar_text().replace('"not" negation', 'negation "or" negation -> or\n         | "not" negation')
    with pytest.raises(GrammarError, match="OR"):
        tables_text(ambiguous)


def named(rule: Rule) -> str:
    return str(rule.alias or rule.origin.name)


def stands_for_its_part(rule: Rule) -> bool:
    """Whether it is one of several cases that is a single part, which stands for the whole."""
    return bool(rule.options.expand1) and rule.alias is None and len(rule.expansion) == 1


def test_every_rule_of_the_grammar_becomes_something() -> None:
    becomes = {named(rule) for rule in machine().lark.rules if not stands_for_its_part(rule)}
    lists = {name for name in becomes if name.startswith("_")}
    assert becomes - lists - CHOICES == set(BUILD)


def test_a_choice_of_keywords_has_one_word_in_each_case() -> None:
    for rule in machine().lark.rules:
        if named(rule) in CHOICES:
            assert [part.is_term for part in rule.expansion] == [True]


# --- Words found by code instead of by the grammar's expression ------------------------------------------------------


def pattern(name: str) -> re.Pattern[str]:
    """The regular expression of a terminal, as the grammar has it."""
    (written,) = re.findall(rf"^{name}(?:\.\d)?: /(.*)/$", grammar_text(), re.MULTILINE)
    return re.compile(written.replace(r"\/", "/"))


QUANTITY, TYPE, NUMBER = pattern("QUANTITY"), pattern("TYPE"), pattern("NUMBER")
WORDS = (
    "degC m s min h m/s kg.m/s2 W/K 1/h % °C m[H2O] [in_i'Hg] [degF] m.s-2 kbit/s x t imes m2 m-2 m3/h day week ms "
    "/ . - = == .. _ ["
)
pieces = st.lists(
    st.sampled_from(WORDS.split()) | st.sampled_from(["1", "20", " ", "\t", "3.5", "\n", "every", "é"]), max_size=6
).map("".join)


@given(st.sampled_from(["8", "1_000.5", "2e3"]), pieces)
@example("2", " min 10 s")
@example("5", " m/s = 3")
@example("5", " W/x")
def test_a_quantity_is_found_as_the_grammar_says(number: str, rest: str) -> None:
    text = number + rest
    start = NUMBER.match(text)
    assert start is not None
    expected = QUANTITY.match(text)
    end = scanning.quantity_end(text, start.end(), len(text), among_mappings=True)
    assert end == (start.end() if expected is None else expected.end())


@given(pieces)
@example("1/min")
@example("text")
def test_a_type_is_found_as_the_grammar_says(text: str) -> None:
    expected = TYPE.match(text)
    assert scanning.type_end(text, 0, len(text)) == (0 if expected is None else expected.end())


@pytest.mark.parametrize("words", ["a" * 50_000, "5 " + "m/" * 25_000, '"' + "x" * 50_000, "#" * 50_000, " " * 50_000])
def test_a_long_word_is_found_at_once(words: str) -> None:
    match = scanning.WORD.match(words)
    assert match is None or match.end() <= len(words)
    assert scanning.quantity_end(words, 1, len(words), among_mappings=False) <= len(words)
