"""What becomes of state when a program takes the place of another: what is said of it, and that it is so."""

import json
from pathlib import Path

import pytest

from headgate.compiler.migration import Entry, migrate
from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main
from headgate.runtime.engine import Engine
from headgate.runtime.output import Alerted, Life, Output, Signalled
from headgate.runtime.testing.executors import Input, Mark, Message, S, batches, compile_program, fed

DEVICES = """
module moved
device Pump {
    property site: text
    telemetry pressure: bar stale after 60 s
    telemetry flow: float
    lateness 2 s
}
"""
OLD = (
    DEVICES
    + """
signal mean_pressure for Pump = mean(pressure over 20 s every 20 s)
rule high for Pump { when pressure > 5 bar for 10 s until pressure < 2 bar do { alert "{id}" } }
rule gone for Pump { when flow > 3 do { alert "{id}" } }
"""
)


def entries(old: str, new: str) -> dict[str, Entry]:
    """By what they are of."""
    report = migrate(compile_program(old), compile_program(new)).report
    return {entry.what: entry for entry in report}


def run(texts: list[str], inputs: list[list[Input]]) -> list[Output]:
    """Each program over its inputs, in the place of the one before; without the end of the inputs."""
    engine = Engine(compile_program(texts[0]))
    outputs: list[Output] = []
    flat = [one for part in inputs for one in part]
    cuts = list(batches(flat, (1,)))
    for text, part in zip(texts, inputs, strict=True):
        plan = compile_program(text)
        engine = engine.replaced_by(plan, migrate(engine.plan, plan).migration)
        for batch in cuts[: len(part)]:
            outputs += fed(engine, batch)
        cuts = cuts[len(part) :]
    return outputs


def lives(outputs: list[Output], rule: str) -> list[tuple[str, int]]:
    return [(o.what, o.time // S) for o in outputs if isinstance(o, Life) and o.rule == rule]


def pump(seconds: int, **fields: float) -> Message:
    return Message("Pump", "p", seconds * S, dict(fields))


# --- The report ------------------------------------------------------------------------------------------------------


def test_a_program_in_its_own_place_keeps_everything() -> None:
    assert {entry.fate for entry in entries(OLD, OLD).values()} == {"kept"}


def test_blanks_names_of_constants_and_order_of_rules_are_nothing_new() -> None:
    rules = OLD.removeprefix(DEVICES).strip().split("\n")
    new = DEVICES + "let limit = 5 bar\n" + "\n".join(reversed(rules)).replace("> 5 bar", ">   limit")
    assert {entry.fate for entry in entries(OLD, new).values()} == {"kept"}


def test_a_rule_that_is_gone_is_dropped_and_a_new_one_begins() -> None:
    found = entries(OLD, OLD.replace("rule gone", "rule other"))
    gone, other = found["rule `gone`: what it has raised"], found["rule `other`: what it has raised"]
    assert (gone.fate, other.fate) == ("dropped", "begun")
    assert "ends without being cleared" in gone.why
    assert found["`Pump.flow`: what is held"].fate == "kept"


def test_a_changed_threshold_maps_the_rule_and_what_it_waits_for() -> None:
    found = entries(OLD, OLD.replace("5 bar for 10 s", "6 bar for 20 s"))
    assert found["rule `high`: what it has raised"].fate == "mapped"
    assert found["`for 20 s`: since when"].why == "10 s are now 20 s; what has begun is due at the new time"
    assert found["rule `gone`: what it has raised"].fate == "kept"


def test_a_window_beside_others_changes_nothing_of_theirs() -> None:
    found = entries(OLD, OLD + "signal most for Pump = max(pressure over 5 s every 5 s)\n")
    assert found["the newest mean"].fate == "kept"
    assert found["the newest max"].fate == "begun"
    assert "begins from now on" in found["the newest max"].why


def test_a_rule_for_others_is_not_the_same_rule() -> None:
    old = DEVICES + 'rule many by site { when count(Pump) > 1 do { alert "x" } }\n'
    new = DEVICES + 'rule many { when count(Pump) > 1 do { alert "x" } }\n'
    report = migrate(compile_program(old), compile_program(new)).report
    rules = [(entry.fate, entry.why) for entry in report if entry.what.startswith("rule")]
    assert rules == [("begun", ""), ("dropped", "the new program has nothing for these devices or groups")]


def test_a_device_type_that_is_gone_is_named() -> None:
    valve = DEVICES.replace("Pump", "Valve").replace("module moved", "")
    old = OLD + valve + 'rule shut for Valve { when flow < 1 do { alert "x" } }\n'
    found = entries(old, OLD)
    assert found["devices `Valve`"].why == "the new program has no such device type"


# --- What is so ------------------------------------------------------------------------------------------------------


def test_a_rule_whose_threshold_changes_stays_raised_until_the_new_one_clears_it() -> None:
    new = OLD.replace("until pressure < 2 bar", "until pressure < 4 bar")
    outputs = run([OLD, new], [[pump(0, pressure=6.0), pump(11, pressure=6.0)], [pump(12, pressure=3.0)]])
    assert lives(outputs, "high") == [("raised", 10), ("cleared", 12)]


def test_what_has_lasted_is_due_after_the_new_duration() -> None:
    longer, shorter = OLD.replace("for 10 s", "for 15 s"), OLD.replace("for 10 s", "for 3 s")
    first: list[Input] = [pump(0, pressure=6.0), pump(8, pressure=6.0)]
    later: list[Input] = [Mark("Pump", "p", 30 * S)]
    assert lives(run([OLD, longer], [first, later]), "high") == [("raised", 15)]
    assert lives(run([OLD, shorter], [first, later]), "high") == [("raised", 8)]


def test_a_new_aggregate_over_kept_samples_begins_with_a_window_of_its_own() -> None:
    new = OLD + "signal most for Pump = max(pressure over 20 s every 10 s)\n"
    first: list[Input] = [pump(t, pressure=9.0) for t in range(0, 14, 2)]
    later: list[Input] = [pump(t, pressure=3.0) for t in range(14, 60, 2)]
    outputs = run([OLD, new], [first, later])
    values = [(o.name, o.time // S, o.value) for o in outputs if isinstance(o, Signalled) and o.name == "most"]
    assert values == [("most", 40, 3.0), ("most", 50, 3.0)]
    means = [(o.time // S, o.value) for o in outputs if isinstance(o, Signalled) and o.name == "mean_pressure"]
    assert means == [(20, (7 * 9.0 + 3 * 3.0) / 10), (40, 3.0)]


def test_windows_that_become_coarser_keep_their_samples() -> None:
    fine = OLD + "signal most for Pump = max(pressure over 5 s every 5 s)\n"
    first: list[Input] = [pump(t, pressure=float(t)) for t in range(0, 14, 2)]
    later: list[Input] = [pump(t, pressure=float(t)) for t in range(14, 30, 2)]
    outputs = run([fine, OLD], [first, later])
    assert [o.value for o in outputs if isinstance(o, Signalled) and o.name == "mean_pressure"] == [9.0]


def test_a_window_beside_one_that_is_gone_is_still_told_once_that_it_is_empty() -> None:
    stays = DEVICES + "signal often for Pump = count(pressure over 40 s every 20 s)\n"
    both = stays + "signal seldom for Pump = count(pressure over 20 s every 20 s)\n"
    inputs: list[list[Input]] = [[pump(0, pressure=1.0), pump(5, pressure=1.0)], [Mark("Pump", "p", 130 * S)]]
    for texts in ([both, stays], [stays, both]):
        told = [(o.time // S, o.value) for o in run(texts, inputs) if isinstance(o, Signalled) and o.name == "often"]
        assert told == [(20, 2), (40, 2), (60, 0)]


def test_a_condition_that_is_looked_at_in_another_way_is_known_before_the_next_message() -> None:
    """Eight comparisons of a field become one search; what the guard asks is not told anew by any message."""
    old = DEVICES + (
        "rule often for Pump { when pressure > 5 bar for 4 s until flow > 5 repeat every 10 s\n"
        '    do { if pressure > 7 bar { alert "much" } else { alert "little" } } }\n'
    )
    new = old + "".join(
        f'rule r{n} for Pump {{ when pressure > {n} bar for 2 s do {{ alert "x" }} }}\n' for n in range(8)
    )
    first: list[Input] = [pump(0, pressure=8.0, flow=0.0), pump(5, flow=0.0)]
    later: list[Input] = [Mark("Pump", "p", 30 * S)]
    alerts = [(o.message, o.time // S) for o in run([old, new], [first, later]) if isinstance(o, Alerted)]
    assert [alert for alert in alerts if alert[0] != "x"] == [("much", 4), ("much", 14), ("much", 24)]


# --- The command -----------------------------------------------------------------------------------------------------


def test_diff_prints_what_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.iot").write_text(OLD)
    (tmp_path / "new.iot").write_text(OLD.replace("rule gone", "rule other"))
    assert main(["diff", "old.iot", "new.iot"]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "begun    rule `other`: what it has raised"
    assert lines[1].startswith("dropped  rule `gone`: what it has raised - the new program has none of this name")
    assert lines[-1].endswith("kept, 0 mapped, 1 dropped, 1 begun")
    assert main(["diff", "old.iot", "new.iot", "--json"]) == Exit.OK
    assert {entry["fate"] for entry in json.loads(capsys.readouterr().out)["state"]} == {"kept", "begun", "dropped"}


def test_a_run_goes_on_with_another_program_and_says_what_becomes_of_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source = "source feed: csv for Pump { id = pump  time = ts in s  keep pressure }\n"
    (tmp_path / "moved.iot").write_text(OLD + source)
    (tmp_path / "first.csv").write_text("pump,ts,pressure\np,0,6\np,11,6\n")
    (tmp_path / "then.csv").write_text("pump,ts,pressure\np,12,3\np,13,3\n")
    command = ["run", "moved.iot", "--state", "state", "--json", "--checkpoint-every", "1", "--input", "first.csv"]
    # It ends where the second input is damaged, and is begun anew with another program and the input as it should be.
    (tmp_path / "broken.csv").write_text(",,\n")
    assert main([*command, "--input", "broken.csv"]) == Exit.INPUT_OUTPUT
    capsys.readouterr()
    (tmp_path / "moved.iot").write_text(OLD.replace("until pressure < 2 bar", "until pressure < 4 bar") + source)
    assert main([*command, "--input", "then.csv"]) == Exit.OK
    out, err = capsys.readouterr()
    assert "mapped   rule `high`: what it has raised" in err
    cleared = [line for line in map(json.loads, out.splitlines()) if line["what"] == "cleared"]
    assert [line["time"] for line in cleared] == ["1970-01-01T00:00:12Z"]
