"""Golden files of plans, of their explanation, and of what is said of programs without a bound.

Regenerate with `HEADGATE_GOLDEN=write pytest tests/unit/test_plan_golden.py`, and read the difference.
"""

import os
from pathlib import Path

import pytest
import rfc8785

from headgate.compiler.canonical import encode
from headgate.compiler.compile import compile_text
from headgate.compiler.document import plan_hash
from headgate.compiler.explain import explain_program
from headgate.compiler.plan import Plan
from headgate.compiler.problems_bounds import TooManySlices, TooMuchState
from headgate.dsl.render import render
from headgate.dsl.source import SourceText

GOLDEN = Path(__file__).parents[1] / "golden"
HEADER = "What {name}.iot becomes. Regenerate: HEADGATE_GOLDEN=write pytest tests/unit/test_plan_golden.py\n"
FLEET = Path(__file__).parents[2] / "examples" / "fleet" / "fleet.iot"


def golden(path: Path, text: str) -> None:
    """Compare with a golden file, or write it."""
    text = HEADER.format(name=path.stem) + text
    if os.environ.get("HEADGATE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def source_of(path: Path) -> SourceText:
    return SourceText(path.name, path.read_text(encoding="utf-8"))


def one_a_line(plan: Plan) -> str:
    """The document's parts, one a line, so that a difference shows what changed."""
    parts: list[tuple[str, tuple[object, ...]]] = [
        ("device", plan.devices),
        ("source", plan.sources),
        ("timeline", plan.timelines),
        ("twin", plan.twins),
        ("node", plan.nodes),
    ]
    lines = [f"{what} {rfc8785.dumps(encode(part)).decode()}" for what, those in parts for part in those]
    return "\n".join([plan_hash(plan), *lines]) + "\n"


@pytest.mark.parametrize("path", sorted((GOLDEN / "plan").glob("*.iot")), ids=lambda path: path.stem)
def test_a_program_becomes_this_plan(path: Path) -> None:
    compiled = compile_text(source_of(path))
    assert list(compiled.problems) == []
    assert compiled.plan is not None
    assert compiled.typed is not None
    golden(path.with_suffix(".txt"), one_a_line(compiled.plan) + "\n" + explain_program(compiled.plan, compiled.typed))


@pytest.mark.parametrize("path", sorted((GOLDEN / "bounds").glob("*.iot")), ids=lambda path: path.stem)
def test_a_program_without_a_bound_is_rejected(path: Path) -> None:
    source = source_of(path)
    compiled = compile_text(source)
    assert compiled.plan is None
    golden(path.with_suffix(".txt"), "\n\n".join(render(problem, source) for problem in compiled.problems) + "\n")


def test_every_diagnostic_about_bounds_has_a_golden_file() -> None:
    reports = "".join(path.read_text(encoding="utf-8") for path in (GOLDEN / "bounds").glob("*.txt"))
    assert all(f"[{kind.code}]" in reports for kind in (TooManySlices, TooMuchState))


def test_the_charters_fleet_program_compiles_without_a_problem() -> None:
    compiled = compile_text(source_of(FLEET))
    assert list(compiled.problems) == []
    assert compiled.plan is not None
