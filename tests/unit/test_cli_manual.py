"""docs/commands.md: its samples are what the commands print, and its tables name the options that there are."""

import re
from pathlib import Path

import pytest

from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import COMMANDS, main

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"```text\n(.*?)```", MANUAL, re.S)


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What commands print of the programs that the samples are of."""
    monkeypatch.chdir(ROOT / "tests/golden/modules/not_named")
    assert main(["check", "main.iot"]) == Exit.PROGRAM
    monkeypatch.chdir(ROOT / "tests/golden/commands")
    assert main(["explain", "cellar.iot"]) == Exit.OK
    monkeypatch.chdir(tmp_path)
    assert main(["new", "cellar"]) == Exit.OK
    monkeypatch.chdir("cellar")
    program = Path("cellar.iot")
    program.write_text(program.read_text().replace("once at 17 min", "once at 16 min"))
    assert main(["test", "cellar.iot"]) == Exit.PROGRAM
    asked = ["--rule", "too_warm", "--key", "f1", "--at", "2024-05-01T08:18:30Z"]
    assert main(["why", "cellar.iot", "--input", "messages.jsonl", *asked]) == Exit.OK
    new = program.read_text().replace("for 5 min", "for 10 min").replace("door_open", "left_open")
    Path("cellar_new.iot").write_text(new)
    assert main(["diff", "cellar.iot", "cellar_new.iot"]) == Exit.OK
    return capsys.readouterr().out


def test_every_sample_is_what_a_command_prints(printed: str) -> None:
    assert len(SAMPLES) >= 3
    for sample in SAMPLES:
        assert sample in printed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_manual_with_options_that_it_has(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == Exit.OK
    known = set(re.findall(r"--[a-z-]+|\B-[a-z]\b", capsys.readouterr().out))
    section = re.search(rf"^## {command}\n(.*?)(?=^## |\Z)", MANUAL, re.M | re.S)
    assert section is not None
    named = {
        option
        for line in section[1].splitlines()
        if line.startswith("|")
        for option in re.findall(r"`(--?[a-z-]+)", line)
    }
    assert named <= known | {"-"}
    assert re.search(rf"^headgate {command} ", MANUAL, re.M)
