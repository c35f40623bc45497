"""The checker has an answer for every program, however wrong: random ones made of the words of a right one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.front import check_program
from headgate.compiler.resolve import children
from headgate.dsl import nodes as n
from headgate.dsl.parse import parse
from headgate.dsl.render import render
from headgate.dsl.source import SourceText

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "check"
RIGHT = [
    ROOT / "examples" / "fleet" / "fleet.iot",
    GOLDEN / "plant_right.iot",
    GOLDEN / "whole_language_right.iot",
]
WORD = re.compile(r'"[^"\n]*"|\d+(?:\.\d+)?(?: [A-Za-z%/]+)?|[A-Za-z_]\w*|[<>=!]=?|\S|\s+')
TEXTS = [WORD.findall(re.sub(r"#.*", "", path.read_text(encoding="utf-8"))) for path in RIGHT]
PLACES = [[place for place, word in enumerate(words) if not word.isspace()] for words in TEXTS]
KINDS = get_args(n.Expr)


def expressions(node: n.Node) -> Iterator[n.Node]:
    """All expressions below a node; what undoes a command, and an event that happens in a test, is a call, and none."""
    for child in children(node):
        called = node.undo if isinstance(node, n.Command) else node.event if isinstance(node, n.Happens) else None
        if called is not None and child is called:
            yield from (part for argument in called.arguments for part in expressions(argument))
            continue
        if isinstance(child, KINDS):
            yield child
        yield from expressions(child)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A right program with a few words put in place of others."""
    at = draw(st.sampled_from(range(len(TEXTS))))
    words, places = list(TEXTS[at]), st.sampled_from(PLACES[at])
    for place, other in draw(st.lists(st.tuples(places, places), min_size=1, max_size=6)):
        words[place] = TEXTS[at][other]
    return "".join(words)


@given(programs())
def test_any_program_gets_an_answer_and_a_right_one_has_all_its_facts(text: str) -> None:
    source = SourceText("random.iot", text)
    program, _ = parse(source)
    typed, problems = check_program(program)
    for problem in problems:
        assert render(problem, source)
        assert 0 <= problem.span.start <= problem.span.end <= len(source.text)
    if not problems.any_errors:
        assert [node for node in expressions(program) if typed.facts.get(node) is None] == []


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_every_expression_of_a_right_program_has_a_fact(path: Path) -> None:
    program, unread = parse(SourceText(path.name, path.read_text(encoding="utf-8")))
    typed, problems = check_program(program)
    assert [*unread, *problems] == []
    assert [node for node in expressions(program) if typed.facts.get(node) is None] == []
