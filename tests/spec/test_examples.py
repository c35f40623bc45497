"""The examples do what they show: their programs compile, and the cold chain brings about what is expected of it."""

from pathlib import Path

import pytest

from headgate.compiler.compile import Compiled, compile_text
from headgate.dsl.format import format_text
from headgate.dsl.source import SourceText
from headgate.runtime.cli.module_files import ModuleFiles
from headgate.runtime.testing.coverage import percent
from headgate.runtime.testing.executors import on_engine, on_reference
from headgate.runtime.testing.suite import Suite
from headgate.tests.spec.literate import ROOT, admitted, blocks_of, compiled, has_tests, objects, printed

EXAMPLES = ROOT / "examples"
COLD_CHAIN = EXAMPLES / "cold_chain"
PROGRAMS = sorted(EXAMPLES.glob("*/*.iot"))


def text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def program(file: Path) -> Compiled:
    """A program with the files that it imports."""
    source = SourceText(str(file), text(file))
    return compile_text(source, read=ModuleFiles(source))


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.name)
def test_an_example_compiles_without_problems(file: Path) -> None:
    result = program(file)
    assert [problem.title for problem in result.problems.found] == []
    assert result.plan is not None


@pytest.mark.parametrize("file", [f for f in PROGRAMS if has_tests(text(f))], ids=lambda file: file.name)
def test_the_tests_of_an_example_pass(file: Path) -> None:
    suite = Suite(program(file))
    results = [suite.run(item) for item in suite.items]
    assert [(result.title, result.failures) for result in results if not result.passed] == []


@pytest.mark.parametrize("file", sorted((EXAMPLES / "greenhouse").glob("*.iot")), ids=lambda file: file.name)
def test_the_greenhouse_is_written_as_fmt_writes(file: Path) -> None:
    formatted, _ = format_text(SourceText(file.name, text(file)))
    assert formatted == text(file)


def test_the_tests_of_the_greenhouse_reach_most_of_its_rules() -> None:
    suite = Suite(program(EXAMPLES / "greenhouse" / "greenhouse.iot"))
    coverage = suite.measure()
    for item in suite.items:
        suite.run(item)
    assert percent(list(coverage.goals())) > 85


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
