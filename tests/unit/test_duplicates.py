"""What comes twice is done once: messages are known again by what their source says is unique."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Plan
from headgate.compiler.state_bytes import unique_bytes
from headgate.dsl.source import SourceText
from headgate.runtime.connectors.memory import Objects
from headgate.runtime.interpret.sources import Admitted, Again, Intake, Refused
from headgate.runtime.output import Alerted
from headgate.runtime.replay import Replay
from headgate.runtime.state import load, save
from headgate.runtime.testing.executors import S, compile_program

PROGRAM = """
module once
device Fridge { telemetry temp: degC }
source readings: json for Fridge where kind == "r" { id = f  time = ts in s  keep temp  unique msg.id within 10 s }
source numbered: json for Fridge where kind == "n" { id = f  time = ts in s  unique seq: int within 1 min }
source plain: json for Fridge { id = f  time = ts in s  keep temp }
rule warm for Fridge { when temp > 8 degC do { alert "{id}" } }
"""
PLAN = compile_program(PROGRAM)
SOURCES = ["readings", "numbered", "plain"]


def reading(device: str, ts: int, message: str | int | None, **more: Any) -> dict[str, Any]:
    return {"f": device, "ts": ts, "temp": 4, "kind": "r", "msg": {"id": message}, **more}


def run(messages: Sequence[Mapping[str, Any]], plan: Plan = PLAN, size: int = 100, latest: int = 10**18) -> Replay:
    replay = Replay.of(plan, latest_ns=latest)
    for _ in replay.run([(Objects(messages, run=size), SOURCES)]):
        pass
    assert replay.counters.read == len(messages)
    return replay


def duplicates(messages: Sequence[Mapping[str, Any]]) -> int:
    return run(messages).counters.duplicate


def test_a_message_that_comes_again_is_counted_and_does_nothing_else() -> None:
    messages = [
        reading("a", 1, "m1"),
        reading("a", 2, "m2", temp=9),
        reading("a", 2, "m2", temp=9),
        reading("a", 3, "m3"),
    ]
    replay = Replay.of(PLAN)
    outputs = [o for some in replay.run([(Objects([*messages, messages[0]]), SOURCES)]) for o in some]
    counters = replay.counters
    assert (counters.processed, counters.duplicate, counters.late, counters.read) == (3, 2, 0, 5)
    assert len([o for o in outputs if isinstance(o, Alerted)]) == 1


def test_what_two_devices_send_is_told_apart_and_what_two_sources_take() -> None:
    assert duplicates([reading("a", 1, "m1"), reading("b", 1, "m1")]) == 0
    assert duplicates([{"f": "a", "ts": 1, "kind": "n", "seq": 1}, {"f": "a", "ts": 2, "kind": "n", "seq": 1}]) == 1
    assert duplicates([reading("a", 1, "1"), {"f": "a", "ts": 2, "kind": "n", "seq": 1}]) == 0
    assert duplicates([reading("a", 1, "m1", kind="p"), reading("a", 1, "m1", kind="p")]) == 0


def test_a_message_without_what_is_unique_is_none_that_came_before() -> None:
    assert duplicates([reading("a", 1, None), reading("a", 1, None)]) == 0


def test_what_is_unique_must_be_of_its_type() -> None:
    replay = run(
        [reading("a", 1, 7), {"f": "a", "ts": 2, "kind": "n", "seq": "1"}, {"f": "a", "ts": 2, "kind": "n", "seq": 1.5}]
    )
    assert replay.counters.quarantined == {"wrong_type": 3}


def test_it_is_remembered_for_as_long_as_was_said_by_the_devices_own_time() -> None:
    again = reading("a", 1, "m1")
    assert duplicates([again, reading("a", 11, "m2"), again]) == 1
    assert duplicates([again, reading("a", 12, "m2"), again]) == 0
    assert duplicates([again, reading("b", 1000, "m2"), again]) == 1


def test_a_bad_message_is_not_remembered() -> None:
    replay = run([reading("a", 1, "m1", temp="warm"), reading("a", 1, "m1")])
    assert (replay.counters.processed, replay.counters.duplicate) == (1, 0)


def test_no_more_is_remembered_than_the_plan_says_and_what_is_forgotten_is_counted() -> None:
    source = PLAN.sources[0]
    assert source.unique is not None
    plan = replace(PLAN, sources=(replace(source, unique=replace(source.unique, remembered_max=3)), *PLAN.sources[1:]))
    messages = [reading("a", ts, f"m{ts}") for ts in (5, 3, 4, 6)]
    replay = run([*messages, reading("a", 3, "m3"), reading("a", 5, "m5")], plan)
    assert (replay.counters.duplicate, replay.counters.dropped["forgotten"]) == (1, 2)
    assert unique_bytes(plan.sources[0]) == 8 + 3 * 16


def test_what_is_remembered_survives_a_restart() -> None:
    before = run([reading("a", 1, "m1"), {"f": "b", "ts": 1, "kind": "n", "seq": 3}])
    after = Replay.of(PLAN)
    after.engine.restore(before.engine.checkpoint())
    load(after.admission, save(before.admission))
    for _ in after.run([(Objects([reading("a", 1, "m1"), {"f": "b", "ts": 2, "kind": "n", "seq": 3}]), SOURCES)]):
        pass
    assert after.counters.duplicate == 2


MESSAGES = st.lists(
    st.one_of(
        st.builds(reading, st.sampled_from("ab"), st.integers(0, 40), st.sampled_from(["x", "y", "z", None])),
        st.builds(
            lambda f, ts, seq: {"f": f, "ts": ts, "kind": "n", "seq": seq},
            st.sampled_from("ab"),
            st.integers(0, 200) | st.just(10**6),
            st.integers(0, 4) | st.sampled_from([None, "1"]),
        ),
    ),
    max_size=40,
)


@given(MESSAGES, st.integers(1, 5), st.integers(1, 4))
def test_engine_and_reference_agree_however_messages_come_in_runs(
    messages: list[dict[str, Any]], size: int, most: int
) -> None:
    sources = tuple(
        source if source.unique is None else replace(source, unique=replace(source.unique, remembered_max=most))
        for source in PLAN.sources
    )
    plan = replace(PLAN, sources=sources)
    intake = Intake(plan, latest=1000 * S)
    said = [intake.take(message) for message in messages]
    for runs in (size, 1000):
        counters = run(messages, plan, runs, latest=1000 * S).counters
        assert counters.duplicate == sum(isinstance(one, Again) for one in said)
        assert counters.quarantined.total() == sum(isinstance(one, Refused) for one in said)
        assert counters.processed + counters.late == sum(isinstance(one, Admitted) for one in said)
        assert (counters.clamped, counters.dropped["forgotten"]) == (intake.clamped, intake.forgotten)


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("unique m: float within 1 s", "needs `text` or `int`"),
        ("unique m within 0 s", "longer than 0 s"),
        ("unique m within 5", "unit"),
        ("unique m within 1 s unique n within 1 s", "twice"),
        ('unique m == "x" within 1 s', "text"),
    ],
)
def test_what_cannot_be_is_told(clause: str, expected: str) -> None:
    text = f"module m\ndevice D {{ telemetry x: float }}\nsource s: json for D {{ id = i  time = t  {clause} }}\n"
    outcome = compile_text(SourceText("m.iot", text))
    assert outcome.plan is None
    titles = [f"{problem.title}; {problem.help}; {problem}" for problem in outcome.problems]
    assert any(expected in title for title in titles), titles


def test_a_field_may_be_called_unique() -> None:
    plan = compile_program(
        """
        module m
        device D { telemetry unique: float }
        source s: json for D { id = i  time = t in s  unique = u  unique u: int within 1 s }
        rule r for D { when unique > 3 do { alert "{id}" } }
        """
    )
    assert [field.field for field in plan.sources[0].fields] == ["unique"]
    assert plan.sources[0].unique is not None
