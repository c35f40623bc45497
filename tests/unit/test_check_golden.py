"""Golden files of what the checker finds wrong: what a person reads for each program in tests/golden/check.

Regenerate with `HEADGATE_GOLDEN=write pytest tests/unit/test_check_golden.py`, and read the difference.
"""

import inspect
import json
import os
import re
from pathlib import Path

import pytest

from headgate.compiler.front import check_program
from headgate.compiler.problems import catalogue
from headgate.dsl.diagnostic import Diagnostic
from headgate.dsl.narrowing import narrowed
from headgate.dsl.parse import parse
from headgate.dsl.render import render, to_json
from headgate.dsl.source import SourceText

GOLDEN = Path(__file__).parents[1] / "golden" / "check"
CASES = sorted(path.stem for path in GOLDEN.glob("*.iot"))
HEADER = (
    "What `headgate check {name}.iot` reports. Regenerate: HEADGATE_GOLDEN=write pytest tests/unit/test_check_golden.py"
)


def source_of(name: str) -> SourceText:
    path = GOLDEN / f"{name}.iot"
    return SourceText(path.name, path.read_text(encoding="utf-8"))


def problems_of(source: SourceText) -> list[Diagnostic]:
    program, unread = parse(source)
    assert list(unread) == [], "the parser's problems have their own golden files"
    return sorted((narrowed(problem, source) for problem in check_program(program)[1]), key=lambda found: found.span)


def snake_case(kind: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


@pytest.mark.parametrize("name", CASES)
def test_the_report_is_the_golden_one(name: str) -> None:
    source = source_of(name)
    reports = [render(problem, source) for problem in problems_of(source)]
    report = "\n\n".join([HEADER.format(name=name), *reports]) + "\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("HEADGATE_GOLDEN") == "write":
        golden.write_text(report, encoding="utf-8")
    assert report == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", catalogue().values(), ids=lambda kind: kind.code)
def test_every_diagnostic_has_a_golden_file_of_its_name(kind: type[Diagnostic]) -> None:
    assert kind.code in {problem.code for problem in problems_of(source_of(snake_case(kind)))}


@pytest.mark.parametrize("kind", catalogue().values(), ids=lambda kind: kind.code)
def test_every_diagnostic_explains_itself_with_an_example(kind: type[Diagnostic]) -> None:
    lines = inspect.cleandoc(kind.__doc__ or "").splitlines()
    assert lines[0].endswith((".", ":", "?")), "the first line is a sentence"
    assert len(lines) >= 3, "an example follows"


@pytest.mark.parametrize("name", CASES)
def test_titles_are_lowercase_without_a_period(name: str) -> None:
    for problem in problems_of(source_of(name)):
        for text in (problem.title, problem.label, problem.help or ""):
            assert not text.endswith(".")
            assert text == "" or not text[0].isupper() or text.split("(")[0] in ("Point",)


@pytest.mark.parametrize("name", CASES)
def test_every_report_is_json_as_well(name: str) -> None:
    source = source_of(name)
    for problem in problems_of(source):
        report = to_json(problem, source)
        assert json.loads(json.dumps(report)) == report
