"""Golden files of syntax errors: what a person reads for each program in tests/golden/syntax.

Regenerate with `HEADGATE_GOLDEN=write pytest tests/unit/test_parse_golden.py`, and read the difference.
"""

import json
import os
from pathlib import Path

import pytest

from headgate.dsl.parse import parse
from headgate.dsl.render import render, to_json
from headgate.dsl.source import SourceText
from headgate.dsl.syntax_problems import all_diagnostics

GOLDEN = Path(__file__).parents[1] / "golden" / "syntax"
CASES = sorted(path.stem for path in GOLDEN.glob("*.iot"))
HEADER = (
    "What `headgate check {name}.iot` reports. Regenerate: HEADGATE_GOLDEN=write pytest tests/unit/test_parse_golden.py"
)


def rendered(name: str) -> str:
    path = GOLDEN / f"{name}.iot"
    source = SourceText(path.name, path.read_text(encoding="utf-8"))
    program, problems = parse(source)
    reports = [render(diagnostic, source) for diagnostic in problems]
    kept = ", ".join(type(item).__name__ for item in program.items) or "nothing"
    return "\n\n".join([HEADER.format(name=name), *reports, f"kept: {kept}"]) + "\n"


@pytest.mark.parametrize("name", CASES)
def test_the_report_is_the_golden_one(name: str) -> None:
    golden = GOLDEN / f"{name}.txt"
    report = rendered(name)
    if os.environ.get("HEADGATE_GOLDEN") == "write":
        golden.write_text(report, encoding="utf-8")
    assert report == golden.read_text(encoding="utf-8")


def test_every_syntax_diagnostic_has_a_golden_file() -> None:
    reports = "".join((GOLDEN / f"{name}.txt").read_text(encoding="utf-8") for name in CASES)
    shown_by_test_only = {"HG0117"}  # Its file would have millions of characters.
    syntax = {code for code in all_diagnostics() if code.startswith("HG01")}
    assert {code for code in syntax if f"[{code}]" not in reports} == shown_by_test_only


def test_every_report_is_json_as_well() -> None:
    for name in CASES:
        source = SourceText(name, (GOLDEN / f"{name}.iot").read_text(encoding="utf-8"))
        for diagnostic in parse(source)[1]:
            report = to_json(diagnostic, source)
            assert json.loads(json.dumps(report)) == report
            assert report["span"]["start"] <= report["span"]["end"] <= len(source.text)


@pytest.mark.parametrize("kind", all_diagnostics().values(), ids=lambda kind: kind.code)
def test_every_diagnostic_explains_itself(kind: type) -> None:
    lines = (kind.__doc__ or "").strip().splitlines()
    assert lines[0].endswith((".", "?")), "the first line is a sentence"
    assert len(lines) >= 3, "the explanation says more than the first line"
