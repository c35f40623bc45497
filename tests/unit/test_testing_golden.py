"""What `headgate test` says of programs whose tests fail: golden files, in tests/golden/testing.

Regenerate with `HEADGATE_GOLDEN=write pytest tests/unit/test_testing_golden.py`, and read the difference.
"""

import os
from pathlib import Path

import pytest

from headgate.runtime.cli.main import main

GOLDEN = Path(__file__).parents[1] / "golden" / "testing"
CASES = sorted(path.stem for path in GOLDEN.glob("*.iot"))
HEADER = (
    "What `headgate test {name}.iot --coverage` says. Regenerate: HEADGATE_GOLDEN=write pytest "
    "tests/unit/test_testing_golden.py\n\n"
)
WIDTH = 100


@pytest.fixture
def report(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    name: str = request.param
    monkeypatch.chdir(GOLDEN)
    assert main(["test", f"{name}.iot", "--coverage"]) == 1
    return capsys.readouterr().out


@pytest.mark.parametrize("report, name", [(name, name) for name in CASES], indirect=["report"])
def test_the_report_is_the_golden_one_and_can_be_read_at_100_columns(report: str, name: str) -> None:
    golden = GOLDEN / f"{name}.txt"
    told = HEADER.format(name=name) + report
    if os.environ.get("HEADGATE_GOLDEN") == "write":
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")
    assert [line for line in report.splitlines() if len(line) > WIDTH] == []
