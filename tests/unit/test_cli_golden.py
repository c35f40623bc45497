"""Golden files of what commands say about a program: `explain` and `graph`, of tests/golden/commands.

Regenerate with `HEADGATE_GOLDEN=write pytest tests/unit/test_cli_golden.py`, and read the difference.
"""

import os
from pathlib import Path

import pytest

from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main

GOLDEN = Path(__file__).parents[1] / "golden" / "commands"
CASES = {
    "explain.txt": ["explain", "cellar.iot"],
    "graph.dot": ["graph", "cellar.iot", "--format", "dot"],
    "graph.svg": ["graph", "cellar.iot"],
    "graph_rule.dot": ["graph", "cellar.iot", "--format", "dot", "--rule", "warming"],
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_command_prints_is_the_golden_file(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(GOLDEN)
    assert main(CASES[name]) == Exit.OK
    out = capsys.readouterr().out
    golden = GOLDEN / name
    if os.environ.get("HEADGATE_GOLDEN") == "write":
        golden.write_text(out, encoding="utf-8")
    assert out == golden.read_text(encoding="utf-8")
