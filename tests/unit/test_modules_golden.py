"""Golden files of programs of several files: what a person reads for each folder in tests/golden/modules.

Regenerate with `HEADGATE_GOLDEN=write pytest tests/unit/test_modules_golden.py`, and read the difference.
"""

import os
import re
from pathlib import Path

import pytest

from headgate.compiler import problems_modules, problems_table_files
from headgate.compiler.compile import Compiled, compile_text
from headgate.dsl.diagnostic import Diagnostic
from headgate.dsl.render import render, to_json
from headgate.dsl.source import SourceText
from headgate.runtime.cli.module_files import ModuleFiles

GOLDEN = Path(__file__).parents[1] / "golden" / "modules"
CASES = sorted(path.name for path in GOLDEN.iterdir())
HEADER = "What `headgate check main.iot` reports here. Regenerate: HEADGATE_GOLDEN=write pytest {file}"
KINDS = [
    kind
    for family in (problems_modules, problems_table_files)
    for kind in vars(family).values()
    if isinstance(kind, type) and issubclass(kind, Diagnostic) and "code" in vars(kind)
]
SHOWN_BY_TEST_ONLY = {"HG1506", "HG1609"}
"""Their programs would have hundreds of files, or thousands of rows."""


def compiled(name: str, monkeypatch: pytest.MonkeyPatch) -> Compiled:
    monkeypatch.chdir(GOLDEN / name)
    source = SourceText("main.iot", Path("main.iot").read_text(encoding="utf-8"))
    return compile_text(source, read=ModuleFiles(source))


@pytest.mark.parametrize("name", CASES)
def test_the_report_is_the_golden_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = compiled(name, monkeypatch)
    reports = [render(problem, result.sources) for problem in result.problems]
    report = "\n\n".join([HEADER.format(file="tests/unit/test_modules_golden.py"), *reports]) + "\n"
    golden = GOLDEN / name / "expected.txt"
    if os.environ.get("HEADGATE_GOLDEN") == "write":
        golden.write_text(report, encoding="utf-8")
    assert report == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_diagnostic_of_modules_has_a_golden_folder_of_its_name(
    kind: type[Diagnostic], monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind.code not in SHOWN_BY_TEST_ONLY:
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
        assert kind.code in {problem.code for problem in compiled(name, monkeypatch).problems}


@pytest.mark.parametrize("name", CASES)
def test_every_place_is_in_the_file_that_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = compiled(name, monkeypatch)
    for problem in result.problems:
        told = to_json(problem, result.sources)
        for place in (told, *told["others"], *told["edits"]):
            if not place["file"].startswith("std/"):
                text = Path(place["file"]).read_text(encoding="utf-8")
                assert 0 <= place["span"]["start"] <= place["span"]["end"] <= len(text)
