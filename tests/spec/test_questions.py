"""The truck programs on a day's stream: the benchmark suite's questions get the answers that SQL gives.

The answers in examples/fleet/trucks_expected.json were computed by SQLite from the same rows; a null tag or value takes
no part, as in SQL.
"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main

FLEET = Path(__file__).parents[2] / "examples" / "fleet"
MESSAGES = FLEET / "trucks.jsonl.gz"

Record = dict[str, Any]


def run(program: str, folder: Path) -> list[Record]:
    """What `headgate run` writes of a program over the stream: results, then its summary."""
    results = folder / "results.jsonl"
    told = folder / "summary.json"
    with pytest.MonkeyPatch.context() as patch, told.open("w", encoding="utf-8") as out:
        patch.setattr("sys.stdout", out)
        arguments = ["run", str(FLEET / program), "--input", str(MESSAGES), "--results", str(results)]
        assert main([*arguments, "--json", "--quiet"]) == Exit.OK
    with results.open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [*records, json.loads(told.read_text(encoding="utf-8"))]


def milliseconds(time: str) -> int:
    """A result's time as the expected answers write it."""
    return (datetime.fromisoformat(time) - datetime.fromisoformat("1970-01-01T00:00:00Z")) // timedelta(milliseconds=1)


class Answers:
    """The signals of questions.iot, by name, and the expected answers, by the beginning of their names."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.signals: dict[str, list[Record]] = {}
        for record in records:
            if record["what"] == "signal":
                self.signals.setdefault(record["name"], []).append(record)
        self.all_expected = json.loads((FLEET / "trucks_expected.json").read_text(encoding="utf-8"))["expected"]

    def expected(self, question: str) -> list[Record]:
        (found,) = (rows for name, rows in self.all_expected.items() if name.split(" ")[0].rstrip(":") == question)
        assert isinstance(found, list)
        return found

    def latest(self, signal: str) -> dict[tuple[str, ...], Record]:
        """The last result for each key."""
        return {tuple(record["key"]): record for record in self.signals[signal]}

    def values(self, signal: str) -> dict[tuple[str, ...], Any]:
        return {key: record["value"] for key, record in self.latest(signal).items()}

    def windows(self, signal: str) -> dict[tuple[int, str], Any]:
        """The results of a truck's windows, by the window's start and the truck."""
        return {(milliseconds(r["window_start"]), r["key"][0]): r["value"] for r in self.signals[signal]}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return Answers(run("questions.iot", tmp_path_factory.mktemp("questions")))


def test_last_loc_is_where_every_truck_is_and_since_when(answers: Answers) -> None:
    got = {
        (key[0], *record["value"], milliseconds(record["time"])) for key, record in answers.latest("location").items()
    }
    assert got == {(e["name"], e["latitude"], e["longitude"], e["ts"]) for e in answers.expected("last-loc")}


def test_high_load_is_the_trucks_that_carry_more_than_nine_tenths_of_what_they_may(answers: Answers) -> None:
    got = {key[0] for key, high in answers.values("high_load").items() if high}
    assert got == {e["name"] for e in answers.expected("high-load")}


def test_stationary_trucks_are_those_slower_than_1_kmh_in_each_ten_minutes(answers: Answers) -> None:
    width_ms = 600_000
    got = {(milliseconds(r["time"]) - width_ms, r["key"][0]) for r in answers.signals["stationary"] if r["value"]}
    expected = answers.expected("stationary-trucks")
    assert got == {(e["w"], e["name"]) for e in expected}
    pace = answers.windows("pace")
    assert [pace[e["w"], e["name"]] for e in expected] == pytest.approx([e["v"] for e in expected], rel=1e-12)


def test_long_driving_sessions_are_more_than_22_driving_spans_in_four_hours(answers: Answers) -> None:
    got = {window: count for window, count in answers.windows("long_session").items() if count > 22}
    assert got == {(e["w"], e["name"]): e["n"] for e in answers.expected("long-driving-sessions")}


def test_long_daily_sessions_are_more_than_60_driving_spans_in_a_day(answers: Answers) -> None:
    got = {window: count for window, count in answers.windows("long_day").items() if count > 60}
    assert got == {(e["d"], e["name"]): e["n"] for e in answers.expected("long-daily-sessions")}


def test_avg_vs_projected_fuel_consumption_is_told_for_each_fleet(answers: Answers) -> None:
    expected = answers.expected("avg-vs-projected-fuel-consumption")
    for signal, column in (("burn", "avg_fuel_consumption"), ("projected", "projected_fuel_consumption")):
        wanted = {(e["fleet"],): e[column] for e in expected}
        assert answers.values(signal) == pytest.approx(wanted, rel=1e-12)


def test_avg_daily_driving_duration_is_the_mean_of_whole_hours_driven_each_day(answers: Answers) -> None:
    wanted = {(e["name"],): e["avg_daily_hours"] for e in answers.expected("avg-daily-driving-duration")}
    assert answers.values("mean_hours") == wanted


def test_avg_load_is_told_for_each_fleet_and_model(answers: Answers) -> None:
    wanted = {(e["fleet"], e["model"]): e["avg_load_percentage"] for e in answers.expected("avg-load")}
    assert answers.values("fullness") == pytest.approx(wanted, rel=1e-12)


def test_breakdown_frequency_counts_how_often_each_truck_went_from_working_to_broken(answers: Answers) -> None:
    wanted = {(e["name"],): e["breakdowns"] for e in answers.expected("breakdown-frequency")}
    assert answers.values("breakdowns") == wanted


def test_the_truck_program_runs_on_the_stream_and_accounts_for_every_message(tmp_path: Path) -> None:
    *results, summary = run("fleet.iot", tmp_path)
    assert summary["complete"]
    assert summary["read"] == 33_652
    assert summary["read"] == summary["processed"] + summary["late"] + sum(summary["quarantined"].values())
    assert summary["quarantined"] == {"no_id": 48}
    raised = Counter(r["rule"] for r in results if r["what"] == "raised")
    assert (raised["overloaded"], raised["standing"]) == (1_464, 12)
    assert raised == summary["raised"]
