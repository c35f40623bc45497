"""Programs of many rules: what the benchmark of compiling makes compiles, and twice the rules are twice the work."""

import sys
from typing import Any

import pytest

from headgate.benchmarks.many_rules import SHAPES, with_one_edited
from headgate.compiler.compile import STAGES, Compiled, compile_text
from headgate.compiler.passes import ALL
from headgate.compiler.plan import Rule
from headgate.dsl.source import SourceText

ROOM = 1.15
"""How much more than in proportion a stage may do: what it does once for a program is not shared by more rules."""


def calls(shape: str, rules: int) -> dict[str, int]:
    """How many functions each stage calls."""
    compiled = Compiled(SourceText("many.iot", SHAPES[shape](rules)), ALL)
    found: dict[str, int] = {}
    for stage in STAGES:
        count = 0

        def counted(frame: Any, event: str, argument: Any) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(counted)
        try:
            stage(compiled)
        finally:
            sys.setprofile(before)
        found[stage.__name__] = count
    assert compiled.plan is not None
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_a_program_of_many_rules_compiles_without_a_problem(shape: str) -> None:
    compiled = compile_text(SourceText("many.iot", SHAPES[shape](30)))
    assert list(compiled.problems) == []
    assert compiled.plan is not None
    assert sum(isinstance(node.operator, Rule) for node in compiled.plan.nodes) == 30


@pytest.mark.parametrize("shape", SHAPES)
def test_an_edit_changes_one_line(shape: str) -> None:
    text = SHAPES[shape](30)
    edited = with_one_edited(text)
    pairs = zip(text.splitlines(), edited.splitlines(), strict=True)
    assert sum(before != after for before, after in pairs) == 1
    assert list(compile_text(SourceText("many.iot", edited)).problems) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_rules_are_twice_the_work(shape: str) -> None:
    calls(shape, 1)  # what is read and built once in a process
    few, many = calls(shape, 60), calls(shape, 120)
    assert {stage: (few[stage], many[stage]) for stage in few if many[stage] > 2 * ROOM * few[stage]} == {}
