"""The examples do what they show: their programs compile, and the cold chain brings about what is expected of it."""

from pathlib import Path

import pytest

from headgate.tests.conformance.executors import on_engine, on_reference
from headgate.tests.spec.literate import ROOT, admitted, blocks_of, compiled, objects, printed

EXAMPLES = ROOT / "examples"
COLD_CHAIN = EXAMPLES / "cold_chain"


def text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("program", sorted(EXAMPLES.glob("*/*.iot")), ids=lambda program: program.name)
def test_an_example_compiles_without_problems(program: Path) -> None:
    result = compiled(text(program), program.name)
    assert [problem.title for problem in result.problems.found] == []
    assert result.plan is not None


def test_the_cold_chain_brings_about_what_is_expected_of_it() -> None:
    plan = compiled(text(COLD_CHAIN / "cold_chain.iot"), "cold_chain.iot").plan
    assert plan is not None
    inputs = admitted(plan, objects(text(COLD_CHAIN / "messages.jsonl")))
    expected = text(COLD_CHAIN / "expected.txt")
    assert printed(plan, on_engine(plan, inputs)) == expected
    assert printed(plan, on_reference(plan, inputs)) == expected


def test_the_program_and_the_lines_in_the_readme_are_those_of_the_cold_chain() -> None:
    program, lines = blocks_of("README.md")[:2]
    assert program.text == text(COLD_CHAIN / "cold_chain.iot")
    assert set(lines.text.splitlines()) < set(text(COLD_CHAIN / "expected.txt").splitlines())
