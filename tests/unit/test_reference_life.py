"""The rows of a rule's life (docs/meaning.md), one test each, through programs; time in seconds, one device `a`."""

from collections.abc import Mapping

import pytest

from headgate.runtime.output import Alerted, Emitted, Life, Output, Sent
from headgate.runtime.testing.executors import (
    EXECUTORS,
    Acknowledge,
    Executor,
    Input,
    Mark,
    Message,
    Run,
    S,
    compile_program,
)
from headgate.stdlib.function import Value

DEVICE = """
module test
device Box {
    telemetry x: float
    telemetry y: float
    telemetry door: bool
    telemetry word: text
    command stop(level: float, note: text) {}
}
"""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def at(time: float, **fields: Value) -> Input:
    return Message("Box", "a", int(time * S), fields)


def until(time: float) -> Input:
    return Mark("Box", "a", int(time * S))


def acknowledge(time: float) -> Input:
    return Acknowledge("r", ("a",), int(time * S))


def play(executor: Executor, clauses: str, *inputs: Input) -> Run:
    return executor(compile_program(f"{DEVICE} rule r for Box {{ {clauses} }}"), inputs)


def lives(run: Run) -> list[tuple[float, str]]:
    return [(o.time / S, o.what) for o in run.outputs if isinstance(o, Life)]


def test_idle_becomes_raised_on_the_rising_edge(executor: Executor) -> None:
    run = play(executor, "when x > 5", at(1, x=3.0), at(2, x=6.0), at(3, x=7.0))
    assert lives(run) == [(2, "raised")]


def test_from_unknown_to_true_is_a_rising_edge(executor: Executor) -> None:
    assert lives(play(executor, "when x > 5", at(1, x=6.0))) == [(1, "raised")]


def test_what_is_absent_is_absent_from_the_first_instant(executor: Executor) -> None:
    assert lives(play(executor, "when x is absent", at(1, y=0.0), at(2, x=1.0))) == [(1, "raised"), (2, "cleared")]


def test_raised_becomes_cleared_when_the_condition_is_false(executor: Executor) -> None:
    run = play(executor, "when x > 5", at(1, x=6.0), at(2, x=5.0), at(3, x=6.0))
    assert lives(run) == [(1, "raised"), (2, "cleared"), (3, "raised")]


def test_until_clears_and_the_opposite_of_when_does_not(executor: Executor) -> None:
    run = play(executor, "when x > 5 until x < 3", at(1, x=6.0), at(2, x=4.0), at(3, x=2.0))
    assert lives(run) == [(1, "raised"), (3, "cleared")]


def test_a_level_that_is_still_true_raises_again_only_after_it_was_not(executor: Executor) -> None:
    clauses = "when x > 5 until y > 1"
    run = play(executor, clauses, at(1, x=6.0), at(2, y=2.0), at(3, y=0.0), at(4, x=4.0), at(5, x=6.0))
    assert lives(run) == [(1, "raised"), (2, "cleared"), (5, "raised")]


def test_what_is_raised_while_until_is_true_is_cleared_at_once(executor: Executor) -> None:
    run = play(executor, "when x > 5 until y > 1", at(1, y=2.0), at(2, x=6.0))
    assert lives(run) == [(2, "raised"), (2, "cleared")]


def test_unknown_keeps_a_rule_raised_and_makes_it_uncertain(executor: Executor) -> None:
    device = DEVICE.replace("telemetry x: float", "telemetry x: float stale after 10 s")
    plan = compile_program(f"{device} rule r for Box {{ when x > 5 }}")
    run = executor(plan, [at(1, x=6.0), at(20, y=0.0), at(21, x=7.0), at(22, x=1.0)])
    assert lives(run) == [(1, "raised"), (11, "uncertain"), (21, "certain"), (22, "cleared")]


def test_with_until_both_must_be_unknown(executor: Executor) -> None:
    device = DEVICE.replace(": float\n", ": float stale after 10 s\n")
    plan = compile_program(f"{device} rule r for Box {{ when x > 5 until y > 1 }}")
    run = executor(plan, [at(1, x=6.0, y=0.0), at(2, y=0.0), until(30)])
    assert lives(run) == [(1, "raised"), (12, "uncertain")]


def test_uncertain_becomes_cleared_without_being_certain(executor: Executor) -> None:
    device = DEVICE.replace("telemetry x: float", "telemetry x: float stale after 10 s")
    plan = compile_program(f"{device} rule r for Box {{ when x > 5 }}")
    assert lives(executor(plan, [at(1, x=6.0), at(20, x=1.0)])) == [(1, "raised"), (11, "uncertain"), (20, "cleared")]


def test_an_edge_during_the_cooldown_is_remembered_until_its_end(executor: Executor) -> None:
    run = play(executor, "when x > 5 cooldown 10 s", at(1, x=6.0), at(2, x=1.0), at(3, x=6.0), until(20))
    assert lives(run) == [(1, "raised"), (2, "cleared"), (11, "raised")]


def test_a_remembered_edge_is_forgotten_when_the_condition_ends(executor: Executor) -> None:
    run = play(executor, "when x > 5 cooldown 10 s", at(1, x=6.0), at(2, x=1.0), at(3, x=6.0), at(4, x=1.0), until(20))
    assert lives(run) == [(1, "raised"), (2, "cleared")]


def test_an_edge_at_the_very_end_of_the_cooldown_raises(executor: Executor) -> None:
    run = play(executor, "when x > 5 cooldown 10 s", at(1, x=6.0), at(2, x=1.0), at(11, x=6.0))
    assert lives(run) == [(1, "raised"), (2, "cleared"), (11, "raised")]


def test_an_event_during_the_cooldown_is_dropped_and_counted(executor: Executor) -> None:
    clauses = "when door becomes true cooldown 10 s"
    inputs = [at(t, door=door) for t, door in ((1, False), (2, True), (3, False), (4, True), (12, False), (13, True))]
    run = play(executor, clauses, *inputs)
    assert lives(run) == [(2, "raised"), (13, "raised")]
    assert run.counters.dropped["suppressed"] == 1


def test_hold_keeps_a_rule_raised_and_it_is_cleared_when_hold_ends(executor: Executor) -> None:
    run = play(executor, "when x > 5 hold for 10 s", at(1, x=6.0), at(2, x=1.0), until(20))
    assert lives(run) == [(1, "raised"), (11, "cleared")]


def test_hold_that_ends_while_the_condition_holds_clears_nothing(executor: Executor) -> None:
    run = play(executor, "when x > 5 hold for 10 s", at(1, x=6.0), until(20), at(21, x=1.0))
    assert lives(run) == [(1, "raised"), (21, "cleared")]


def test_a_latched_rule_needs_an_acknowledgement(executor: Executor) -> None:
    run = play(executor, "when x > 5 latched", at(1, x=6.0), at(2, x=1.0), at(3, x=1.0), acknowledge(4))
    assert lives(run) == [(1, "raised"), (3, "cleared")]


def test_an_acknowledgement_before_the_end_lets_the_condition_clear(executor: Executor) -> None:
    run = play(executor, "when x > 5 latched", at(1, x=6.0), acknowledge(1), at(2, x=1.0))
    assert lives(run) == [(1, "raised"), (2, "cleared")]


def test_an_acknowledgement_counts_only_for_what_is_raised(executor: Executor) -> None:
    run = play(executor, "when x > 5 latched", at(1, x=1.0), acknowledge(1), at(2, x=6.0), at(3, x=1.0))
    assert lives(run) == [(2, "raised")]


def test_a_momentary_rule_without_an_end_is_no_state(executor: Executor) -> None:
    run = play(
        executor, "when door becomes true", at(1, door=False), at(2, door=True), at(3, door=False), at(4, door=True)
    )
    assert lives(run) == [(2, "raised"), (4, "raised")]


def test_a_momentary_rule_with_hold_is_cleared_when_it_ends(executor: Executor) -> None:
    inputs = [at(1, door=False), at(2, door=True), at(3, door=False), at(4, door=True), until(30)]
    assert lives(play(executor, "when door becomes true hold for 10 s", *inputs)) == [(2, "raised"), (12, "cleared")]


def test_a_momentary_latched_rule_is_cleared_by_the_acknowledgement(executor: Executor) -> None:
    inputs = [at(1, door=False), at(2, door=True), at(5, x=0.0), acknowledge(9), at(10, x=0.0)]
    assert lives(play(executor, "when door becomes true latched", *inputs)) == [(2, "raised"), (5, "cleared")]


def test_a_momentary_rule_with_until_is_cleared_by_it(executor: Executor) -> None:
    inputs = [at(1, door=False, x=0.0), at(2, door=True), at(3, x=6.0)]
    assert lives(play(executor, "when door becomes true until x > 5", *inputs)) == [(2, "raised"), (3, "cleared")]


def test_the_event_again_while_raised_is_nothing(executor: Executor) -> None:
    inputs = [at(1, door=False, x=0.0), at(2, door=True), at(3, door=False), at(4, door=True), at(5, x=6.0)]
    assert lives(play(executor, "when door becomes true until x > 5", *inputs)) == [(2, "raised"), (5, "cleared")]


def test_repeat_runs_the_actions_again_at_exact_times(executor: Executor) -> None:
    clauses = 'when x > 5 repeat every 10 s do { alert "x is {x}" }'
    run = play(executor, clauses, at(1, x=6.0), at(5, x=8.25), until(25), at(26, x=1.0), until(60))
    assert lives(run) == [(1, "raised"), (11, "repeated"), (21, "repeated"), (26, "cleared")]
    assert [o.count for o in run.outputs if isinstance(o, Life)] == [0, 1, 2, 0]
    assert [o.message for o in run.outputs if isinstance(o, Alerted)] == ["x is 6", "x is 8.25", "x is 8.25"]


def test_no_repetition_where_the_rule_is_cleared_at_that_moment(executor: Executor) -> None:
    run = play(executor, "when x > 5 repeat every 10 s", at(1, x=6.0), at(11, x=1.0), until(60))
    assert lives(run) == [(1, "raised"), (11, "cleared")]


def test_cleared_comes_before_raised_and_each_life_has_its_actions_after_it(executor: Executor) -> None:
    clauses = 'when door becomes true until y > 1 do { alert "up" emit went(to: x) } on clear { alert "down" }'
    inputs = [at(1, door=False, y=0.0, x=2.0), at(2, door=True), at(3, door=False), at(4, door=True, y=2.0)]
    run = play(executor, clauses, *inputs)
    said = [o.what if isinstance(o, Life) else _said(o) for o in run.outputs]
    up, down = ["raised", "up", {"to": 2.0}], ["cleared", "down"]
    assert said == [*up, *down, *up, *down]


def _said(output: Output) -> str | Mapping[str, object]:
    if isinstance(output, Alerted):
        return output.message
    assert isinstance(output, Emitted | Sent)
    return output.arguments


def test_actions_are_chosen_by_what_holds_when_they_run(executor: Executor) -> None:
    clauses = """
        when x > 5
        do { if y > 1 { send stop(level: x, note: "{id}: {y}") } else { alert "low {y}" } }
        on clear { alert "over" severity info }
        severity critical
    """
    run = play(executor, clauses, at(1, x=6.0, y=2.0), at(2, x=1.0), at(3, x=7.0, y=0.5))
    said = [o for o in run.outputs if not isinstance(o, Life)]
    assert [(o.time / S, type(o)) for o in said] == [(1, Sent), (2, Alerted), (3, Alerted)]
    assert isinstance(said[0], Sent)
    assert said[0].arguments == {"level": 6.0, "note": "a: 2"}
    assert isinstance(said[1], Alerted)
    assert (said[1].message, said[1].severity) == ("over", "info")
    assert isinstance(said[2], Alerted)
    assert (said[2].message, said[2].severity) == ("low 0.5", "critical")


def test_a_schedule_raises_nothing_outside_it_and_clears_nothing(executor: Executor) -> None:
    day = 86_400
    clauses = 'when x > 5 schedule "08:00".."10:00" in "Europe/Oslo"'
    # 1970-01-01 08:00 in Oslo was 07:00 UTC.
    inputs = [at(100, x=6.0), until(8 * 3600), at(9 * 3600 + 1, x=6.0), at(10 * 3600, x=1.0), until(day)]
    run = play(executor, clauses, *inputs)
    assert lives(run) == [(7 * 3600, "raised"), (10 * 3600, "cleared")]


def test_a_message_at_the_very_time_of_a_schedules_change_sees_it(executor: Executor) -> None:
    clauses = 'when x > 5 schedule "08:00".."10:00"'
    run = play(executor, clauses, at(1, x=1.0), at(8 * 3600, x=6.0))
    assert lives(run) == [(8 * 3600, "raised")]


def test_an_unknown_instance_is_not_acknowledged(executor: Executor) -> None:
    run = play(executor, "when x > 5 latched", at(1, x=6.0), Acknowledge("r", ("b",), 2 * S))
    assert lives(run) == [(1, "raised")]


def test_a_text_that_is_absent_is_handed_on_as_absent_as_a_number_is(executor: Executor) -> None:
    do = 'do { emit told(word: word, y: y)  send stop(level: y, note: word)  alert "{word}" }'
    run = play(executor, f"when x > 5 {do}", at(1, x=6.0), at(2, x=0.0, y=1.0, word="absent"), at(3, x=6.0))
    handed_on = [o.arguments for o in run.outputs if isinstance(o, Emitted | Sent)]
    assert handed_on == [
        {"word": None, "y": None},
        {"level": None, "note": None},
        {"word": "absent", "y": 1.0},
        {"level": 1.0, "note": "absent"},
    ]
    assert [o.message for o in run.outputs if isinstance(o, Alerted)] == ["absent", "absent"]
