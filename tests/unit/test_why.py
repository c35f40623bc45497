"""Why a rule is raised, or not: what the answer says."""

import json
from pathlib import Path

import pytest

from headgate.compiler.compile import Compiled, compile_text
from headgate.dsl.source import SourceText
from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main
from headgate.runtime.testing.executors import Input, Message, S
from headgate.runtime.testing.why import NoSuchRule, why

PROGRAM = """
module asked
device Fridge {
    property site: text
    telemetry temp: degC stale after 20 s
    telemetry door: bool
    lateness 2 s
}
signal mean_temp for Fridge = mean(temp over 20 s every 10 s)
rule warm for Fridge { when temp > 8 degC and door for 4 s until temp < 6 degC do { alert "{id}" } }
rule warm_on_average for Fridge { when mean_temp > 8 degC do { alert "{id}" } }
rule warm_lately for Fridge { when mean_temp > 8 degC and temp > 8 degC do { alert "{id}" } }
rule silent for Fridge { when no temp for 15 s do { alert "{id}" } }
rule opened for Fridge {
    when (door becomes true then temp > 9 degC within 10 s)
    do { alert "{id}" }
}
rule many by site { when count(Fridge where Fridge.temp > 8 degC) > 1 do { alert "{site}" } }
"""


def compiled() -> Compiled:
    return compile_text(SourceText("asked.iot", PROGRAM))


def fridge(seconds: int, id_: str = "f", **fields: bool | float | str) -> Message:
    return Message("Fridge", id_, seconds * S, fields)


def ask(inputs: list[Input], rule: str, *key: str, at: int | None = None) -> list[str]:
    text = why(compiled(), inputs, rule, key, None if at is None else at * S).text()
    return [line.strip() for line in text.splitlines()]


def test_it_says_which_conditions_were_true_since_when_and_what_the_messages_said() -> None:
    inputs: list[Input] = [fridge(t, temp=7.0 + t, door=t > 1) for t in range(8)]
    lines = ask(inputs, "warm", "f")
    assert lines[0] == "warm for f at 1970-01-01T00:00:06Z: raised, at 1970-01-01T00:00:06Z"
    assert "temp > 8 degC and door for 4 s  true since 1970-01-01T00:00:06Z" in lines
    assert "the condition has been true for 4 s of 4 s" in lines
    assert any(line.split() == ["door", "true", "since", "1970-01-01T00:00:02Z"] for line in lines)
    assert any(line.split() == ["temp", "13", "degC"] for line in lines)
    assert "reported at 1970-01-01T00:00:06Z" in lines
    assert "nearest miss (times count from 1970-01-01T00:00:00Z)" not in lines


def test_it_says_how_much_was_missing_and_what_is_pending() -> None:
    inputs: list[Input] = [fridge(t, temp=7.0 + t, door=t > 1) for t in range(8)]
    lines = ask(inputs, "warm", "f", at=4)
    assert lines[0].endswith("has not been raised")
    assert "the condition has been true for 2 s of 4 s" in lines
    assert "temp > 8 degC and door for 4 s is due at 1970-01-01T00:00:06Z" in lines
    assert lines[-1].startswith(
        "`temp > 8 degC and door` was true for 2 s of the 4 s it needed, when it was asked about"
    )


def test_a_condition_that_never_came_near_is_told_by_the_value_that_came_nearest() -> None:
    lines = ask([fridge(0, temp=4.0, door=True), fridge(5, temp=6.5)], "warm", "f")
    assert lines[-1] == "the greatest `temp` was 6.5 degC, 1.5 K short"


def test_what_was_never_reported_is_named() -> None:
    lines = ask([fridge(0, temp=9.0), fridge(30, temp=9.0)], "warm", "f")
    assert "never reported" in lines
    assert lines[-1] == "`door` was never known"


def test_a_window_is_told_with_its_samples() -> None:
    inputs: list[Input] = [fridge(t, temp=9.0) for t in range(0, 30, 5)]
    lines = ask(inputs, "warm_on_average", "f", at=22)
    assert "the window from 1970-01-01T00:00:00Z to 1970-01-01T00:00:20Z: 4 samples, 1970-01-01T00:00:00Z to " in (
        " ".join(lines)
    )


def test_on_the_current_timeline_a_window_is_seen_when_stragglers_had_their_time() -> None:
    inputs: list[Input] = [fridge(t, temp=9.0) for t in range(0, 30, 5)]
    assert "no window has closed yet" in ask(inputs, "warm_lately", "f", at=11)
    assert "no window has closed yet" not in ask(inputs, "warm_lately", "f", at=12)


def test_silence_is_told_by_what_came_last() -> None:
    lines = ask([fridge(0, temp=4.0), fridge(40, temp=4.0)], "silent", "f", at=10)
    assert "the last came at 1970-01-01T00:00:00Z, 10 s of 15 s ago" in lines
    assert "no temp for 15 s is due at 1970-01-01T00:00:15Z" in lines


def test_a_group_is_told_with_its_members() -> None:
    inputs: list[Input] = [fridge(0, "a", temp=9.0, site="oslo"), fridge(0, "b", temp=9.0, site="oslo")]
    lines = ask([*inputs, fridge(5, "a", temp=9.0), fridge(5, "b", temp=3.0)], "many", "oslo")
    assert lines[0].startswith("many for oslo at 1970-01-01T00:00:00Z: raised")
    assert "members: a true, b true" in lines


def test_a_pattern_is_told_by_the_events_that_it_bound_and_those_of_what_is_under_way() -> None:
    inputs: list[Input] = [fridge(0, temp=4.0, door=False), fridge(3, temp=4.0, door=True), fridge(7, temp=9.5)]
    lines = ask(inputs, "opened", "f")
    at = lines.index("the newest match")
    assert lines[at + 1].startswith("1970-01-01T00:00:03Z  door becomes true")
    assert lines[at + 2].startswith("1970-01-01T00:00:07Z  temp > 9 degC")
    lines = ask(inputs, "opened", "f", at=5)
    assert lines[lines.index("under way, and farthest") + 1].startswith("1970-01-01T00:00:03Z  door becomes true")
    assert any(line.startswith("what began at 3 s still waited when it was asked about, at 5 s") for line in lines)


def test_a_pattern_is_told_by_its_steps() -> None:
    inputs: list[Input] = [fridge(0, temp=4.0, door=False), fridge(3, temp=4.0, door=True), fridge(7, temp=9.5)]
    lines = ask(inputs, "opened", "f")
    assert any("door becomes true" in line and "happened last at 1970-01-01T00:00:03Z" in line for line in lines)
    assert any("temp > 9 degC" in line and "true since 1970-01-01T00:00:07Z" in line for line in lines)


def test_a_rule_that_there_is_not_is_refused() -> None:
    with pytest.raises(NoSuchRule):
        why(compiled(), [], "cold", ("f",))


# --- The command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    source = "source feed: json for Fridge { id = fridge  time = ts in s  keep temp, door, site }\n"
    (tmp_path / "asked.iot").write_text(PROGRAM + source)
    messages = [
        {"fridge": id_, "ts": t, "temp": 7 + t, "door": True, "site": "oslo"} for t in range(8) for id_ in ("f", "g")
    ]
    (tmp_path / "feed.jsonl").write_text("".join(json.dumps(message) + "\n" for message in messages))
    return tmp_path


COMMAND = ["why", "asked.iot", "--input", "feed.jsonl"]


def test_the_command_answers_from_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--rule", "warm", "--key", "f"]) == Exit.OK
    assert capsys.readouterr().out.startswith("warm for f at 1970-01-01T00:00:06Z: raised")
    assert main([*COMMAND, "--rule", "many", "--key", "oslo", "--at", "1970-01-01T00:00:01Z"]) == Exit.OK
    assert "members: f false, g false" in capsys.readouterr().out


def test_the_command_answers_in_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--rule", "warm", "--key", "f", "--json"]) == Exit.OK
    answer = json.loads(capsys.readouterr().out)
    assert (answer["state"], answer["time"], answer["key"]) == ("raised", "1970-01-01T00:00:06Z", ["f"])
    assert answer["lines"][1]["text"] == "temp > 8 degC and door for 4 s"


def test_the_command_says_what_is_wrong_with_the_question(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--rule", "wram", "--key", "f"]) == Exit.USAGE
    assert "no rule `wram`: it has warm" in capsys.readouterr().err
    assert main([*COMMAND, "--rule", "many"]) == Exit.USAGE
    assert "rule `many` is for by site: give --key SITE" in capsys.readouterr().err
    assert main([*COMMAND, "--rule", "warm", "--key", "f", "--at", "noon"]) == Exit.USAGE
    assert "`noon` is not a time" in capsys.readouterr().err
