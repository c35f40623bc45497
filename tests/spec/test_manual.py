"""The manual says what is true: its programs are compiled, and where it shows what comes of messages, they are run.

`literate.py` says how a block of a page is read.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args

import pytest

from headgate.compiler.check_calls import ABOUT_MESSAGES
from headgate.compiler.problems import catalogue
from headgate.dsl import nodes
from headgate.dsl.diagnostic import Diagnostic
from headgate.dsl.document import from_yaml, to_data, to_yaml
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText
from headgate.grammar.units import parse_unit, unit_names
from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main
from headgate.runtime.connectors.payload import Reason
from headgate.runtime.testing.executors import Executor
from headgate.runtime.testing.suite import Suite
from headgate.stdlib.catalogue import AGGREGATES, SCALARS, STATEFUL
from headgate.stdlib.modules import standard_modules
from headgate.stdlib.parts import HELD_WORDS, LINE_WORDS, TABLES, columns_of
from headgate.tests.spec.literate import (
    BOTH,
    ROOT,
    Example,
    Execution,
    admitted,
    compiled,
    examples_of,
    executions_of,
    failures_of,
    files_of,
    has_tests,
    objects,
    others_of,
    printed,
)

CHAPTERS = sorted(f"docs/language/{page.name}" for page in (ROOT / "docs" / "language").glob("*.md"))
PAGES = ("README.md", "docs/language.md", *CHAPTERS)
LINKED = sorted({*PAGES, "CONTRIBUTING.md", *(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))})
EXAMPLES = [example for page in PAGES for example in examples_of(page)]
TESTED = [
    example
    for example in EXAMPLES
    if example.runs and not example.codes and "fails" not in example.block.words and has_tests(example.program)
]
FAILING = [failure for page in PAGES for failure in failures_of(page)]
EXECUTIONS = [execution for page in PAGES for execution in executions_of(page)]


def others(*language: str) -> list[Execution]:
    return [written for page in PAGES for written in others_of(page, *language)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.block))
def test_a_program_in_the_manual_compiles_or_has_just_the_mistakes_that_it_shows(example: Example) -> None:
    result = compiled(example.program, str(example.block), files_of(example.block.page))
    found = sorted(result.problems.found, key=lambda problem: problem.span.start)
    assert tuple(problem.code for problem in found) == example.codes, [problem.title for problem in found]
    assert lines_of(example, found) == list(example.shown if example.runs else ())
    right = example.warns or not example.codes
    assert (result.plan is not None) == (right and example.runs)
    assert bool(result.not_running.found) == (right and not example.runs), list(result.not_running)
    if example.shown and not example.runs:
        assert lines_of(example, result.not_running.found) == list(example.shown)


@pytest.mark.parametrize("example", TESTED, ids=lambda example: str(example.block))
def test_tests_in_the_manual_pass(example: Example) -> None:
    suite = Suite(compiled(example.program, str(example.block), files_of(example.block.page)))
    results = [suite.run(item) for item in suite.items]
    assert [(result.title, result.failures) for result in results if not result.passed] == []


@pytest.mark.parametrize("failing", FAILING, ids=lambda failing: str(failing.block))
def test_a_failing_test_in_the_manual_is_told_of_as_it_says(
    failing: Execution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path(f"{failing.program.split()[1]}.iot")
    file.write_text(failing.program, encoding="utf-8")
    assert main(["test", str(file)]) == Exit.PROGRAM
    assert failing.expected in capsys.readouterr().out


@pytest.mark.parametrize("tests", others("python"), ids=lambda tests: str(tests.block))
def test_tests_in_python_in_the_manual_pass(tests: Execution, tmp_path: Path) -> None:
    (tmp_path / f"{tests.program.split()[1]}.iot").write_text(tests.program, encoding="utf-8")
    (tmp_path / "test_page.py").write_text(tests.expected, encoding="utf-8")
    run = subprocess.run([sys.executable, "-m", "pytest"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == pytest.ExitCode.OK, run.stdout


@pytest.mark.parametrize("written", others("yaml"), ids=lambda written: str(written.block))
def test_a_program_in_yaml_in_the_manual_is_the_one_before_it(written: Execution) -> None:
    program, _ = parse(SourceText("page.iot", written.program))
    assert from_yaml(written.expected) == program
    assert to_yaml(program) == written.expected


@pytest.mark.parametrize("written", others("json"), ids=lambda written: str(written.block))
def test_a_part_in_json_in_the_manual_is_one_of_the_program_before_it(written: Execution) -> None:
    program, _ = parse(SourceText("page.iot", written.program))
    assert json.loads(written.expected) in objects_in(to_data(program, short=False))


@pytest.mark.parametrize("written", others("python", "builder"), ids=lambda written: str(written.block))
def test_a_program_in_python_in_the_manual_is_the_one_before_it(written: Execution) -> None:
    program, _ = parse(SourceText("page.iot", written.program))
    made: dict[str, Any] = {}
    exec(written.expected, made)
    assert made["program"].build() == program


def objects_in(data: object) -> Iterator[object]:
    """All objects of a document, however deep."""
    if isinstance(data, dict):
        yield data
    for part in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from objects_in(part)


def lines_of(example: Example, problems: Iterable[Diagnostic]) -> list[tuple[int, str]]:
    """The lines of problems in a program, with their codes."""
    return [(example.program.count("\n", 0, problem.span.start) + 1, problem.code) for problem in problems]


@pytest.mark.parametrize("executor", BOTH.values(), ids=BOTH.keys())
@pytest.mark.parametrize("execution", EXECUTIONS, ids=lambda execution: str(execution.block))
def test_messages_in_the_manual_bring_about_what_it_says(execution: Execution, executor: Executor) -> None:
    plan = compiled(execution.program, str(execution.block), files_of(execution.block.page)).plan
    assert plan is not None
    run = executor(plan, admitted(plan, objects(execution.messages)))
    assert execution.shown(printed(plan, run)) == execution.expected


def test_every_node_of_the_language_and_each_of_its_clauses_is_in_a_program_of_the_manual() -> None:
    kinds = [kind for kind in vars(nodes).values() if isinstance(kind, type) and issubclass(kind, nodes.Node)]
    everything = {kind.__name__ for kind in kinds} - {"Node"}
    everything |= {f"{kind.__name__}.{name}" for kind in kinds for name in defaults_of(kind)}
    seen: set[str] = set()
    for example in EXAMPLES:
        if example.warns or not example.codes:
            seen |= set(said_in(parse(SourceText(str(example.block), example.program))[0]))
    assert sorted(everything - seen) == []


def said_in(part: object) -> Iterator[str]:
    """The kinds of nodes in a tree, and those of their clauses that are not left out: `Rule`, `Rule.until`."""
    if isinstance(part, tuple):
        for each in part:
            yield from said_in(each)
    if isinstance(part, nodes.Node):
        yield type(part).__name__
        left_out = defaults_of(type(part))
        for field in fields(part):
            value = getattr(part, field.name)
            if field.name in left_out and value != left_out[field.name]:
                yield f"{type(part).__name__}.{field.name}"
            yield from said_in(value)


def defaults_of(kind: type[nodes.Node]) -> dict[str, object]:
    return {f.name: f.default for f in fields(kind) if f.default is not MISSING and f.name != "span"}


def section(page: str, title: str) -> str:
    """The text under a heading, up to the next one."""
    text = (ROOT / page).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^#+ {re.escape(title)}$(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert isinstance(found, str)
    return found


def test_every_function_and_aggregate_is_in_the_reference() -> None:
    functions = section("docs/language/reference.md", "Functions")
    named = [name for name, function in SCALARS.items() if not function.internal]
    assert [name for name in (*named, *ABOUT_MESSAGES, "Point") if f"`{name}(" not in functions] == []


def test_the_table_of_aggregates_has_them_all_and_says_what_they_take_and_keep() -> None:
    table = section("docs/language/reference.md", "Aggregates")
    rows = {
        name: [cell.strip() for cell in cells.split("|")]
        for name, cells in re.findall(r"^\| `(\w+)[^|]*\|([^\n]*)\|$", table, re.MULTILINE)
    }
    named = {name: f for name, f in AGGREGATES.items() if not f.internal and not re.fullmatch(r"p\d+", name)}
    assert rows.keys() == {*named, "p1"}
    for name, function in {**named, "p1": AGGREGATES["p1"]}.items():
        of, _, single, _, kept = rows[name]
        taken = {"bool": "conditions", "number": "numbers", "any": "anything", "value": "numbers, texts, conditions"}
        assert of.removeprefix("two ") == taken[function.argument], name
        assert single.startswith(function.single), name
        words = 1 + len(columns_of(function.parts))
        words = HELD_WORDS if function.held else LINE_WORDS if function.lines else words
        tables = "" if {*TABLES}.isdisjoint(function.parts) else " and a table"
        assert kept == f"{words} words{tables}", name


def test_every_function_of_values_over_time_is_in_the_reference() -> None:
    reference = (ROOT / "docs/language/reference.md").read_text(encoding="utf-8")
    assert [name for name in STATEFUL if not re.search(rf"`{name}[`(]", reference)] == []


def test_every_module_of_the_standard_library_is_in_the_manual() -> None:
    page = section("docs/language/files.md", "Modules and imports")
    assert [module for module in standard_modules() if f"`{module}`" not in page] == []


def test_every_warning_is_in_the_manual() -> None:
    page = section("docs/language/bounds.md", "Warnings")
    assert [code for code, kind in catalogue().items() if kind.severity == "warning" and code not in page] == []


def test_every_reason_for_quarantine_is_in_the_manual() -> None:
    reasons = section("docs/language/devices.md", "What becomes of bad messages")
    assert [reason for reason in get_args(Reason) if f"`{reason}`" not in reasons] == []


def test_the_units_of_the_manual_are_units_and_every_unit_is_among_them() -> None:
    shown = {
        name: parse_unit(name) for name in re.findall(r"`([^`]+)`", section("docs/language/reference.md", "Units"))
    }
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
