"""Patterns of steps in order: what matches, what ends a beginning, and how many may wait. On engine and reference."""

import pytest

from headgate.runtime.output import Alerted
from headgate.runtime.testing.executors import EXECUTORS, Message, S, compile_program

HEAD = """module patterns

device Pump {
    telemetry pressure: bar
    telemetry flow: L/min
    telemetry running: bool
}
"""


def matched(executor: str, pattern: str, messages: list[Message], shown: str = "matched") -> list[tuple[int, str]]:
    """When a rule on the pattern was raised (in seconds), and what it said."""
    program = f'{HEAD}pattern p for Pump =\n{pattern}\nrule found for Pump {{ when p do {{ alert "{shown}" }} }}\n'
    run = EXECUTORS[executor](compile_program(program), messages)
    return [(output.time // S, output.message) for output in run.outputs if isinstance(output, Alerted)]


def pressures(*values: float | None) -> list[Message]:
    """One message a second; None is a message about something else."""
    return [
        Message("Pump", "p1", i * S, {"flow": 1.0} if value is None else {"pressure": value, "flow": 1.0})
        for i, value in enumerate(values)
    ]


both = pytest.mark.parametrize("executor", sorted(EXECUTORS))


@both
@pytest.mark.parametrize(
    ("comparison", "second"),
    [("==", 4.0), ("!=", 3.0), ("<", 5.0), ("<=", 4.0), (">", 3.0), (">=", 4.0)],
)
def test_a_step_compares_what_is_now_with_an_earlier_one(executor: str, comparison: str, second: float) -> None:
    """Of the messages after the first only the last meets the comparison, from the first step's side: `a.pressure` is
    what it was then."""
    never = {"==": 3.0, "!=": 4.0, "<": 4.0, "<=": 3.0, ">": 4.0, ">=": 5.0}[comparison]
    pattern = f"running becomes true as a then a.pressure {comparison} pressure within 1 min"
    messages = [
        Message("Pump", "p1", 0, {"running": False, "pressure": 4.0}),
        Message("Pump", "p1", S, {"running": True}),
        Message("Pump", "p1", 2 * S, {"pressure": never}),
        Message("Pump", "p1", 3 * S, {"pressure": second}),
    ]
    assert matched(executor, pattern, messages, "{a.time}") == [(3, "1970-01-01T00:00:01Z")]


@both
def test_what_was_absent_at_an_earlier_step_compares_with_nothing(executor: str) -> None:
    messages = [
        Message("Pump", "p1", 0, {"running": False}),
        Message("Pump", "p1", S, {"running": True}),
        Message("Pump", "p1", 2 * S, {"pressure": 5.0}),
    ]
    for comparison in ("==", "!=", "<", ">="):
        pattern = f"running becomes true as a then pressure {comparison} a.pressure within 1 min"
        assert matched(executor, pattern, messages) == []


@both
def test_a_beginning_that_is_too_old_is_dropped_and_younger_ones_go_on(executor: str) -> None:
    pattern = "pressure > 8 bar as a then pressure < 2 bar within 3 s"
    assert matched(executor, pattern, pressures(9, 10, 11, 5, 1), "{a.pressure}") == [(4, "10 bar")]
    assert matched(executor, pattern, pressures(9, 10, 11, 5, 5, 5, 1)) == []


@both
def test_the_oldest_beginning_is_completed_and_uses_up_the_others(executor: str) -> None:
    pattern = "pressure > 8 bar as a then pressure < 2 bar as b within 1 min"
    said = matched(executor, pattern, pressures(9, 10, 1, 1, 11, 1), "{a.pressure} {b.pressure}")
    assert said == [(2, "9 bar 1 bar"), (5, "11 bar 1 bar")]


@both
def test_unless_ends_all_beginnings_and_its_message_may_begin_anew(executor: str) -> None:
    pattern = "pressure > 8 bar as a then pressure < 2 bar unless pressure > 12 bar within 1 min"
    assert matched(executor, pattern, pressures(9, 13, 1), "{a.pressure}") == [(2, "13 bar")]
    assert matched(executor, pattern, pressures(9, 9, 1), "{a.pressure}") == [(2, "9 bar")]


@both
def test_three_steps_follow_each_other_and_what_is_between_is_skipped(executor: str) -> None:
    pattern = "pressure > 8 bar as a then pressure < 2 bar as b then pressure > b.pressure + 3 bar within 1 min"
    said = matched(executor, pattern, pressures(9, None, 1, 3, None, 4.5), "{a.pressure} {b.pressure} {pressure}")
    assert said == [(5, "9 bar 1 bar 4.5 bar")]


@both
def test_a_pattern_of_one_step_matches_every_message_that_meets_it(executor: str) -> None:
    assert matched(executor, "pressure > 8 bar as a", pressures(9, 1, 10, None, 11), "{a.pressure}") == [
        (0, "9 bar"),
        (2, "10 bar"),
        (4, "11 bar"),
    ]


@both
def test_the_oldest_of_too_many_beginnings_is_dropped_and_counted(executor: str) -> None:
    program = HEAD + (
        "pattern p for Pump = pressure > 8 bar as a then pressure < 2 bar within 1 h\n"
        'rule found for Pump { when p do { alert "{a.pressure}" } }\n'
    )
    messages = pressures(*(9.0 + i for i in range(18)), 1.0)
    run = EXECUTORS[executor](compile_program(program), messages)
    assert [output.message for output in run.outputs if isinstance(output, Alerted)] == ["11 bar"]
    assert run.counters.dropped["dropped_partial"] == 2
