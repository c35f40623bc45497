"""A clock that is wrong moves no one else: what is dated in the future is given another time, and told of."""

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.runtime.connectors.json_lines import JsonLines
from headgate.runtime.connectors.memory import Objects
from headgate.runtime.interpret.sources import Admitted, Intake, Refused
from headgate.runtime.output import Alerted, Life, Output
from headgate.runtime.replay import Replay
from headgate.runtime.testing.executors import S, compile_program

PROGRAM = """
module clocks
device Fridge { telemetry temp: degC }
source readings: json for Fridge { id = f  time = ts in s  keep temp }
rule warm for Fridge { when temp > 8 degC do { alert "{id} is warm" } }
rule silent for Fridge { when no temp for 5 min do { alert "{id} has gone silent" } }
"""


def run(lines: Sequence[str], path: Path, batch: int = 1000) -> tuple[Replay, list[Output]]:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    replay = Replay.of(compile_program(PROGRAM), latest_ns=1000 * S)
    replay.quarantine.sink = told = StringIO()
    outputs = [o for some in replay.run([(JsonLines(str(path)), ["readings"])], batch) for o in some]
    path.with_suffix(".told").write_text(told.getvalue(), encoding="utf-8")
    return replay, outputs


def test_a_message_from_the_future_has_the_time_of_the_message_before_it_and_silences_nobody(tmp_path: Path) -> None:
    lines = [
        '{"f": "a", "ts": 100, "temp": 4}',
        '{"f": "b", "ts": 9000000, "temp": 9}',
        '{"f": "a", "ts": 110, "temp": 4}',
        '{"f": "b", "ts": 120, "temp": 4}',
    ]
    replay, outputs = run(lines, tmp_path / "in.jsonl")
    counters = replay.counters
    assert (counters.clamped, counters.processed, counters.late, counters.read) == (1, 4, 0, 4)
    assert [(o.key, o.time) for o in outputs if isinstance(o, Alerted)] == [(("b",), 100 * S)]
    assert replay.admission.newest_ns == 120 * S
    (told,) = map(json.loads, (tmp_path / "in.told").read_text().splitlines())
    assert (told["reason"], told["line"], told["excerpt"]) == ("clamped", 2, lines[1])


def test_before_any_other_message_one_from_the_future_has_no_time_and_is_quarantined(tmp_path: Path) -> None:
    lines = ['{"f": "b", "ts": 9000000, "temp": 9}', '{"f": "a", "ts": 100, "temp": 4}']
    replay, outputs = run(lines, tmp_path / "in.jsonl")
    assert replay.counters.quarantined == {"in_future": 1}
    assert (replay.counters.processed, replay.counters.clamped) == (1, 0)
    assert not [o for o in outputs if isinstance(o, Life)]


def test_only_good_messages_say_what_time_it_is(tmp_path: Path) -> None:
    lines = [
        '{"f": "a", "ts": 100, "temp": 4}',
        '{"f": "a", "ts": 500, "temp": "warm"}',
        '{"f": "b", "ts": 9000000, "temp": "hot"}',
        '{"f": "b", "ts": 9000000, "temp": 9}',
    ]
    replay, outputs = run(lines, tmp_path / "in.jsonl")
    assert replay.counters.quarantined == {"wrong_type": 2}
    assert [(o.key, o.time) for o in outputs if isinstance(o, Alerted)] == [(("b",), 100 * S)]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([10, 20, 900, 5000, 9000, -1, 10**12])), max_size=12))
def test_how_messages_come_in_runs_does_not_change_what_is_clamped(messages: list[tuple[str, int]]) -> None:
    objects = [{"f": f, "ts": ts, "temp": 9} for f, ts in messages]
    plan = compile_program(PROGRAM)
    found = []
    for size in (1, 3, 100):
        replay = Replay.of(plan, latest_ns=1000 * S)
        outputs = [o for some in replay.run([(Objects(objects, run=size), ["readings"])]) for o in some]
        found.append((outputs, replay.counters))
        assert replay.counters.read == len(messages)
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("times", [[100, 200, 5000], [5000, 100]])
def test_the_reference_says_the_same(times: list[int]) -> None:
    plan = compile_program(PROGRAM)
    payloads = [{"f": "a", "ts": ts, "temp": 4} for ts in times]
    intake = Intake(plan, latest=1000 * S)
    said = [intake.take(payload) for payload in payloads]
    replay = Replay.of(plan, latest_ns=1000 * S)
    (batch,) = replay.admission.batches(Objects(payloads), ["readings"])
    admitted = [one.time for one in said if isinstance(one, Admitted)]
    assert batch.parts[0].time.tolist() == admitted
    assert replay.counters.clamped == intake.clamped
    assert replay.counters.quarantined.total() == sum(isinstance(one, Refused) for one in said)
