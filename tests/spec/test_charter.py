"""The charter of the language: four programs, as they were written before there was a compiler, are accepted.

What of them this version cannot execute yet is in charter/not_running.txt, construct by construct. Regenerate with
`HEADGATE_GOLDEN=write pytest tests/spec/test_charter.py`, and read the difference.
"""

import os
from pathlib import Path

import pytest

from headgate.compiler.compile import Compiled
from headgate.runtime.testing.suite import Suite
from headgate.tests.spec.literate import ROOT, compiled

CHARTER = Path(__file__).parent / "charter"
PROGRAMS = ("cold_chain", "fleet", "microgrid", "pump_station")
GOLDEN = CHARTER / "not_running.txt"
HEADER = "What of the charter does not run yet. Regenerate: HEADGATE_GOLDEN=write pytest tests/spec/test_charter.py"


def program(name: str) -> Compiled:
    return compiled((CHARTER / f"{name}.iot").read_text(encoding="utf-8"), f"{name}.iot")


def test_the_charter_is_these_programs() -> None:
    assert sorted(path.stem for path in CHARTER.glob("*.iot")) == sorted(PROGRAMS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_of_the_charter_is_accepted_as_it_stands(name: str) -> None:
    assert [(problem.code, problem.title) for problem in program(name).problems.found] == []


def test_what_does_not_run_yet_is_named_construct_by_construct() -> None:
    lines = [HEADER]
    for name in PROGRAMS:
        result = program(name)
        assert (result.plan is None) == bool(result.not_running.found)
        for problem in result.not_running:
            line, _ = result.source.line_and_column(problem.span.start)
            lines.append(f"{name}.iot:{line}: {problem.title}")
    found = "\n".join(lines) + "\n"
    if os.environ.get("HEADGATE_GOLDEN") == "write":
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


def test_the_fleet_of_the_charter_runs_its_tests_pass_and_it_is_the_example() -> None:
    suite = Suite(program("fleet"))
    assert len(suite.items) == 1
    assert [suite.run(item).failures for item in suite.items] == [()]
    example = ROOT / "examples" / "fleet" / "fleet.iot"
    assert example.read_text(encoding="utf-8") == (CHARTER / "fleet.iot").read_text(encoding="utf-8")
