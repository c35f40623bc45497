"""Messages as they come: what a program that has Headgate in it gets, however it hands them over."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from headgate.compiler.migration import migrate
from headgate.runtime.connectors.memory import Objects
from headgate.runtime.deployment.inventory import Registered
from headgate.runtime.live import Live
from headgate.runtime.output import Alerted, Output, Signalled
from headgate.runtime.programs import ProgramError, plan_of_file, plan_of_text
from headgate.runtime.replay import Replay
from headgate.runtime.state import StateShape

S = 10**9
PROGRAM = """module cold
device Fridge max 3 {
    property  site: text
    telemetry temp: degC in -40..60
}
source readings: json for Fridge { id = fridge  time = ts in s  keep temp, site }
signal mean_temp for Fridge = mean(temp over 1 min every 1 min)
rule warm for Fridge { when temp > 8 degC for 30 s  latched  do { alert "{id} at {site}: {temp}" } }
rule silent for Fridge { when no temp for 5 min  do { alert "{id}" } }
"""
PLAN = plan_of_text(PROGRAM)
MESSAGES: list[dict[str, Any]] = [
    {"fridge": f"f{n % 2}", "ts": 10 * n, "temp": 4.0 + n % 7, "site": "oslo"} for n in range(200)
]
MESSAGES[70:70] = [{"fridge": "f0"}, {"fridge": "f1", "ts": 700, "temp": "warm"}]


def as_lines(messages: list[dict[str, Any]]) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in messages)


def of_a_file() -> tuple[list[Output], Replay]:
    replay = Replay.of(PLAN)
    return [one for outputs in replay.run([(Objects(MESSAGES), ["readings"])]) for one in outputs], replay


@pytest.mark.parametrize("size", [1, 3, 50, 1000])
@pytest.mark.parametrize("form", [list, as_lines, lambda run: as_lines(run).decode(), iter])
def test_what_comes_does_not_depend_on_how_messages_are_handed_over(size: int, form: Any) -> None:
    run, told = Live(PLAN), list[Output]()
    for first in range(0, len(MESSAGES), size):
        told += run.feed("readings", form(MESSAGES[first : first + size]))
    told += run.end()
    expected, replay = of_a_file()
    assert told == expected
    assert run.counters == replay.counters


def test_one_message_is_handed_over_as_it_is() -> None:
    run, other = Live(PLAN), Live(PLAN)
    run.feed("readings", MESSAGES[0])
    other.feed("readings", [MESSAGES[0]])
    assert run.counters == other.counters
    assert run.counters.processed == 1


@pytest.mark.parametrize("nothing", [b"", "", [], b"\n\n"])
def test_nothing_handed_over_is_nothing_that_happens(nothing: Any) -> None:
    run = Live(PLAN)
    assert list(run.feed("readings", nothing)) == []
    assert list(run.mark(10 * S, "Fridge", [])) == []
    assert run.counters == Live(PLAN).counters


def test_text_that_cannot_be_encoded_is_quarantined() -> None:
    refused = StringIO()
    run = Live(PLAN, quarantine=refused)
    run.feed("readings", '{"fridge": "\ud800", "ts": 0}')
    assert run.counters.quarantined == {"malformed": 1}
    assert json.loads(refused.getvalue())["input"] == "readings"


def test_a_source_that_the_program_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(KeyError, match="no source `reading`: its sources are readings"):
        Live(PLAN).feed("reading", [])


def test_a_mark_of_one_device_moves_no_other() -> None:
    run = Live(PLAN)
    run.feed("readings", MESSAGES[:2])
    assert [one.key for one in run.mark(61 * S, "Fridge", ["f1"]) if isinstance(one, Signalled)] == [("f1",)]
    assert [one.key for one in run.mark(61 * S) if isinstance(one, Signalled)] == [("f0",)]


def test_a_registered_device_is_known_to_be_silent_before_it_says_anything() -> None:
    run = Live(PLAN, [Registered("Fridge", "f2", {"site": "oslo"})])
    run.feed("readings", MESSAGES[0])
    assert [one.key for one in run.mark(301 * S) if isinstance(one, Alerted)] == [("f0",), ("f2",)]


def test_a_registered_device_is_known_to_be_silent_though_no_message_came_at_all() -> None:
    run = Live(PLAN, [Registered("Fridge", "f2", {"site": "oslo"})])
    run.mark(0)
    assert [one.key for one in run.mark(301 * S) if isinstance(one, Alerted)] == [("f2",)]


def test_a_mark_of_a_type_that_the_program_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError, match="no device type `Fish`: it has Fridge"):
        Live(PLAN).mark(0, "Fish", ["f1"])


def test_a_message_from_beyond_the_latest_time_has_a_wrong_clock() -> None:
    run = Live(PLAN, latest_ns=100 * S)
    run.feed("readings", {"fridge": "f0", "ts": 200, "temp": 1})
    run.latest(300 * S)
    run.feed("readings", {"fridge": "f0", "ts": 200, "temp": 1})
    assert (run.counters.quarantined, run.counters.processed) == ({"in_future": 1}, 1)


@pytest.mark.parametrize("place", [0, 1, 70, 150])
@pytest.mark.parametrize("registered", [[], [Registered("Fridge", "f2", {"site": "oslo"})]])
def test_a_run_goes_on_from_its_checkpoint_as_if_nothing_had_been(place: int, registered: list[Registered]) -> None:
    run = Live(PLAN, registered)
    run.feed("readings", MESSAGES[:place])
    state = run.checkpoint()
    other = Live(PLAN, registered)
    other.restore(state)
    for one in (run, other):
        one.mark(20 * place * S)
    rest = [
        [*one.feed("readings", MESSAGES[place:]), *one.acknowledge("warm", "f0", 1500 * S), *one.end()]
        for one in (run, other)
    ]
    assert rest[0] == rest[1]
    assert run.counters == other.counters


def test_a_checkpoint_of_another_plan_is_refused() -> None:
    other = Live(plan_of_text(PROGRAM.replace("1 min", "2 min")))
    with pytest.raises(StateShape):
        other.restore(Live(PLAN).checkpoint())


def test_another_plan_goes_on_with_what_the_one_before_held() -> None:
    run = Live(PLAN)
    run.feed("readings", [{"fridge": "f0", "ts": 0, "temp": 7.5, "site": "oslo"}])
    changed = plan_of_text(PROGRAM.replace("8 degC", "7 degC"))
    run.replace(changed, migrate(PLAN, changed).migration)
    told = run.feed("readings", [{"fridge": "f0", "ts": ts, "temp": 7.5} for ts in (60, 100)])
    assert [one.message for one in told if isinstance(one, Alerted)] == ["f0 at oslo: 7.5 degC"]


# --- Programs --------------------------------------------------------------------------------------------------------


def test_a_program_with_mistakes_is_refused_with_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "cold.iot"
    path.write_text(PROGRAM.replace("8 degC", "8 bar").replace("no temp", "no tmp"))
    with pytest.raises(ProgramError) as refused:
        plan_of_file(str(path))
    assert "HG0401" in str(refused.value)
    assert "did you mean `temp`?" in str(refused.value)


def test_a_file_that_is_not_there_is_a_program_error(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="there is no such file"):
        plan_of_file(str(tmp_path / "none.iot"))


def test_a_plan_that_was_compiled_before_is_read(tmp_path: Path) -> None:
    from headgate.compiler.document import dump

    path = tmp_path / "cold.json"
    path.write_bytes(dump(PLAN))
    assert plan_of_file(str(path)) == PLAN
