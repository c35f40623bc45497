"""`check` and `explain` of programs that are right, wrong, or more than what runs yet."""

import json
from pathlib import Path

import pytest

from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import COMMANDS, main

DEVICE = (
    "device Fridge { telemetry temp: degC  property goal: degC in 2..8 writable  "
    "command cool(level: int in 0..5) { idempotent  ack within 5 s } }\n"
)
AHEAD = f"""module ahead
{DEVICE}
procedure pull_down(to: degC in 2..8) for Fridge {{ step only {{ wait until temp < to for 5 min within 1 h }} }}
rule warm for Fridge {{ when temp > 8 degC for 1 min  until temp < 6 degC  do {{ run pull_down(to: 4 degC) }} }}
pattern warmer for Fridge = temp > 6 degC as before then next temp > before.temp for 5 min within 1 h
signal mean_temp for Fridge = mean(temp over 10 min every 1 min)
"""
DOUBTFUL = f"module doubtful\n{DEVICE}rule idle for Fridge {{ when temp > 8 degC }}\nlet unused = 1\n"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ahead.iot").write_text(AHEAD)
    Path("doubtful.iot").write_text(DOUBTFUL)


def test_check_accepts_what_does_not_run_yet_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ahead.iot"]) == Exit.OK
    expected = "ahead.iot: no problems; 2 constructs cannot be executed yet, `headgate run` names them\n"
    assert capsys.readouterr().out == expected
    Path("ahead.iot").write_text(AHEAD + "let unused = 1\n")
    assert main(["check", "ahead.iot"]) == Exit.OK
    *_, note, count = capsys.readouterr().out.splitlines()
    assert note == "ahead.iot: 2 constructs cannot be executed yet, `headgate run` names them"
    assert count == "0 errors, 1 warning"
    Path("ahead.iot").write_text(AHEAD)
    assert main(["check", "ahead.iot", "--json"]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert found["problems"] == []
    assert [problem["code"] for problem in found["not_running"]] == ["HG0801", "HG0801"]


@pytest.mark.parametrize("command", [["run", "ahead.iot", "--input", "in.jsonl"], ["compile", "ahead.iot"]])
def test_what_would_execute_a_program_names_what_it_cannot(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == Exit.PROGRAM
    out, err = capsys.readouterr()
    assert out == ""
    assert "error[HG0801]: what happens or lasts in procedure `pull_down` cannot be executed yet" in err
    assert err.endswith("headgate: `ahead.iot` has 2 constructs that cannot be executed yet\n")


def test_of_many_constructs_that_do_not_run_the_first_are_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    procedures = [line.replace("pull_down", f"pull_{i}") for i in range(5) for line in AHEAD.splitlines()[3:4]]
    Path("ahead.iot").write_text(f"module ahead\n{DEVICE}" + "\n".join(procedures) + "\n")
    assert main(["compile", "ahead.iot"]) == Exit.PROGRAM
    err = capsys.readouterr().err
    assert err.count("error[HG0801]") == 3
    assert "ahead.iot:6:72: what happens or lasts in procedure `pull_3` cannot be executed yet\n" in err
    assert "`ahead.iot` has 5 constructs" in err


def test_explain_explains_what_runs_and_names_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "ahead.iot"]) == Exit.OK
    out = capsys.readouterr().out
    assert "rule warm for Fridge\n  reads      temp\n  waits for  a condition to last 1 min\n" in out
    assert out.endswith("without what cannot be executed yet\n  procedure pull_down\n  pattern warmer\n")


def test_explain_counts_one_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "few.iot"
    program.write_text('module few\ndevice D { telemetry on: bool }\nrule r for D { when on  do { alert "on" } }\n')
    assert main(["explain", str(program)]) == Exit.OK
    assert capsys.readouterr().out.endswith(" nodes on 1 timeline\n")


def test_warnings_pass_unless_they_are_denied(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "doubtful.iot"]) == Exit.OK
    assert capsys.readouterr().out.endswith("0 errors, 2 warnings\n")
    assert main(["check", "doubtful.iot", "--deny", "warnings"]) == Exit.PROGRAM
    assert main(["check", "doubtful.iot", "--deny", "everything"]) == Exit.USAGE


def test_explain_lists_every_code_with_its_first_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--all"]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert "HG0107  error    A word follows a number and is not a unit." in lines
    assert lines == sorted(lines)
    assert main(["explain", "--all", "--json"]) == Exit.OK
    listed = json.loads(capsys.readouterr().out)
    assert [entry["code"] for entry in listed] == [line[:6] for line in lines]


def test_explain_shows_programs_set_in_from_the_words_around_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "HG0202"]) == Exit.OK
    assert "\n\n    signal hot for Truk = temp > 90 degC" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["explain"], ["explain", "HG0107", "--all"]])
def test_explain_needs_one_thing_to_explain(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == Exit.USAGE
    assert "name a code or a program, or ask for --all" in capsys.readouterr().err


def test_every_command_is_listed_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == Exit.OK
    out = " ".join(capsys.readouterr().out.split())
    for name, (_, _, words) in COMMANDS.items():
        assert f"{name} {words}" in out
