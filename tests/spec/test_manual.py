"""The manual says what is true: its programs are compiled, and where it shows what comes of messages, they are run.

`literate.py` says how a block of a page is read.
"""

import re
from typing import get_args

import pytest

from headgate.compiler.check_calls import ABOUT_MESSAGES
from headgate.grammar.units import parse_unit, unit_names
from headgate.runtime.connectors.payload import Reason
from headgate.stdlib.catalogue import AGGREGATES, SCALARS
from headgate.tests.conformance.executors import Executor, on_engine, on_reference
from headgate.tests.spec.literate import (
    ROOT,
    Example,
    Execution,
    admitted,
    compiled,
    examples_of,
    executions_of,
    objects,
    printed,
)

PAGES = ("docs/language.md", "README.md")
LINKED = ("README.md", "CONTRIBUTING.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))
EXAMPLES = [example for page in PAGES for example in examples_of(page)]
EXECUTIONS = [execution for page in PAGES for execution in executions_of(page)]
BOTH: dict[str, Executor] = {
    "engine": on_engine,
    "one by one": lambda plan, inputs: on_engine(plan, inputs, sizes=(1,)),
    "reference": on_reference,
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.block))
def test_a_program_in_the_manual_compiles_or_has_just_the_mistakes_that_it_shows(example: Example) -> None:
    result = compiled(example.program, str(example.block))
    found = sorted(result.problems.found, key=lambda problem: problem.span.start)
    assert tuple(problem.code for problem in found) == example.codes, [problem.title for problem in found]
    lines = [(example.program.count("\n", 0, problem.span.start) + 1, problem.code) for problem in found]
    assert lines == list(example.shown)
    assert (result.plan is not None) == (example.warns or not example.codes)


@pytest.mark.parametrize("executor", BOTH.values(), ids=BOTH.keys())
@pytest.mark.parametrize("execution", EXECUTIONS, ids=lambda execution: str(execution.block))
def test_messages_in_the_manual_bring_about_what_it_says(execution: Execution, executor: Executor) -> None:
    plan = compiled(execution.program, str(execution.block)).plan
    assert plan is not None
    run = executor(plan, admitted(plan, objects(execution.messages)))
    assert printed(plan, run) == execution.expected


def section(page: str, title: str) -> str:
    """The text under a heading, up to the next one."""
    text = (ROOT / page).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^#+ {re.escape(title)}$(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert isinstance(found, str)
    return found


def test_every_function_and_aggregate_is_in_the_reference() -> None:
    functions = section("docs/language.md", "Functions")
    named = [name for name, function in SCALARS.items() if not function.internal]
    assert [name for name in (*named, *ABOUT_MESSAGES, "Point") if f"`{name}(" not in functions] == []
    aggregates = section("docs/language.md", "Aggregates")
    assert [name for name, f in AGGREGATES.items() if not f.internal and f"`{name}`" not in aggregates] == []


def test_every_reason_for_quarantine_is_in_the_manual() -> None:
    reasons = section("docs/language.md", "What becomes of bad messages")
    assert [reason for reason in get_args(Reason) if f"`{reason}`" not in reasons] == []


def test_the_units_of_the_manual_are_units_and_every_unit_is_among_them() -> None:
    shown = {name: parse_unit(name) for name in re.findall(r"`([^`]+)`", section("docs/language.md", "Units"))}
    assert [name for name, unit in shown.items() if unit is None] == ["C", "F"]
    known = {unit.text for unit in shown.values() if unit is not None}
    every = {unit.text for name in unit_names() if (unit := parse_unit(name)) is not None}
    assert {name for name in every - known if not {name[1:], name[2:]} & known} - {"1"} == set()  # a prefix more


@pytest.mark.parametrize("page", LINKED)
def test_every_link_within_the_project_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        there = (ROOT / page).parent / path if path else ROOT / page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there.read_text(encoding="utf-8")), target


def anchors(text: str) -> set[str]:
    """What the headings of a page can be linked by."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
