"""Rules that people really wrote run as real_rules.md says, on the inputs of the cookbook that they come from."""

import json
import re

import pytest

from headgate.runtime.testing.executors import Executor
from headgate.tests.spec.literate import (
    BOTH,
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

PAGE = "tests/spec/real_rules.md"
CASES = ROOT / "tests" / "conformance" / "data" / "azure_stream_analytics.json"
EXECUTIONS = list(executions_of(PAGE))
COOKBOOK = {
    11: "04",
    12: "06",
    13: "07",
    14: "09",
    15: "10",
    16: "11",
    17: "12",
    18: "13",
    19: "14",
    20: "15",
    21: "16",
}
"""The number of a rule and of the case that its input is from."""


@pytest.mark.parametrize("example", list(examples_of(PAGE)), ids=lambda example: str(example.block))
def test_a_rule_compiles_without_problems(example: Example) -> None:
    assert [problem.title for problem in compiled(example.program, str(example.block)).problems.found] == []


@pytest.mark.parametrize("executor", BOTH.values(), ids=BOTH.keys())
@pytest.mark.parametrize("execution", EXECUTIONS, ids=lambda execution: str(execution.block))
def test_a_rule_brings_about_what_was_asked_for(execution: Execution, executor: Executor) -> None:
    plan = compiled(execution.program, str(execution.block)).plan
    assert plan is not None
    run = executor(plan, admitted(plan, objects(execution.messages)))
    assert execution.shown(printed(plan, run)) == execution.expected


def chapters() -> dict[int, str]:
    """The rules' chapters, by number."""
    parts = re.split(r"^### (\d+)\. ", (ROOT / PAGE).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))


def test_every_rule_has_its_words_a_program_and_what_comes_of_it() -> None:
    assert list(chapters()) == list(range(1, 22))
    for number, chapter in chapters().items():
        for part in ("\n> ", "```iot", "```jsonl", "```text"):
            assert part in chapter, (number, part)


@pytest.mark.parametrize("number", COOKBOOK)
def test_the_input_of_a_rule_is_that_of_the_cookbook(number: int) -> None:
    cases = {case["id"]: case for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"]}
    shown = re.search(r"```jsonl\n(.*?)```", chapters()[number], re.DOTALL)
    assert shown is not None
    events = cases[f"asa/{COOKBOOK[number]}"]["events"]
    assert objects(shown[1]) == [event | {"t": f"{event['t']}Z"} if "t" in event else event for event in events]


OTHERWISE = {20}
"""Rules for which the page says why other rows come of it: windows are [start, end) here."""


@pytest.mark.parametrize("number", [number for number in COOKBOOK if number not in OTHERWISE])
def test_each_row_that_the_cookbook_expects_is_a_line_of_what_comes_of_it(number: int) -> None:
    cases = {case["id"]: case for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"]}
    expected = cases[f"asa/{COOKBOOK[number]}"]["expected"]
    rows = [row for output in expected.values() for row in output] if isinstance(expected, dict) else expected
    if number == 18:
        rows = rows[1:]  # the page says why
    shown = re.search(r"```text\n(.*?)```", chapters()[number], re.DOTALL)
    assert shown is not None
    lines = shown[1].splitlines()
    for row in rows:
        values = [str(value) for name, value in row.items() if name != "alert"]  # that is a constant text
        assert any(all(value in line for value in values) for line in lines), row
