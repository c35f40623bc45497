"""The checker has an answer for every program, however wrong: random ones made of the words of a right one."""

import re
from pathlib import Path
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.front import check_program
from headgate.compiler.resolve import walk
from headgate.dsl import nodes as n
from headgate.dsl.parse import parse
from headgate.dsl.render import render
from headgate.dsl.source import SourceText

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "examples" / "fleet" / "fleet.iot").read_text(encoding="utf-8")
RIGHT = re.sub(r"#.*", "", TEXT)
WORD = re.compile(r'"[^"\n]*"|\d+(?:\.\d+)?(?: [A-Za-z%/]+)?|[A-Za-z_]\w*|[<>=!]=?|\S|\s+')
WORDS = WORD.findall(RIGHT)
PLACES = [place for place, word in enumerate(WORDS) if not word.isspace()]
KINDS = get_args(n.Expr)

swaps = st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(PLACES)), min_size=1, max_size=6)


@given(swaps)
def test_any_program_gets_an_answer_and_a_right_one_has_all_its_facts(changes: list[tuple[int, int]]) -> None:
    words = list(WORDS)
    for place, other in changes:
        words[place] = WORDS[other]
    source = SourceText("random.iot", "".join(words))
    program, _ = parse(source)
    typed, problems = check_program(program)
    for problem in problems:
        assert render(problem, source)
        assert 0 <= problem.span.start <= problem.span.end <= len(source.text)
    if not problems.any_errors:
        assert [node for node in walk(program) if isinstance(node, KINDS) and typed.facts.get(node) is None] == []
