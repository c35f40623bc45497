"""What must last, compared with what was bound before: when it is met, what ends it, and where it does not run."""

import pytest

from headgate.compiler import plan as p
from headgate.compiler.pattern_state import pattern_bytes
from headgate.compiler.problems_running import DoesNotRun
from headgate.compiler.running import not_running
from headgate.compiler.verify_patterns import pattern_faults
from headgate.runtime.testing.executors import Input, Mark, Message, S, compile_program
from headgate.tests.unit.checking import checked
from headgate.tests.unit.test_pattern_threads import HEAD, A, B, C, Case, agreed, letters, shown

UP = "x > e.x for 3 s"

CASES = {
    "it is met when it has lasted, though nothing comes then": Case(
        f"x < 2 as e then {UP} within 1 min", "15......", ("1 5",)
    ),
    "what is not true in between begins anew": Case(
        f"x < 2 as e then {UP} within 1 min skip none", "15.15.....", ("1 8", "4 8")
    ),
    "it ends at the very moment at which it would have lasted": Case(
        f"x < 2 as e then {UP} within 1 min", "15..1.....", ()
    ),
    "it is true at the earliest since what it is compared with was bound": Case(
        f"{A} then x > 2 as e then x >= e.x for 3 s within 1 min", "5a3........", ("2 3 6",)
    ),
    "it counts from there, not from the step before": Case(
        f"x < 2 as e then {A} then {UP} within 1 min", "15a.....", ("1 3 5",)
    ),
    "who comes to wait for it when it has lasted waits for it to begin anew": Case(
        f"x < 2 as e then {A} then {UP} within 1 min", "15...a.05...", ("1 6 12",)
    ),
    "it lasts until the very end of the time there is": Case(f"x < 2 as e then {UP} within 4 s", "15.....", ("1 5",)),
    "and no longer": Case(f"x < 2 as e then {UP} within 3 s", "15.....", ()),
    "it can be what must not happen": Case(
        f"x < 2 as e then {C} unless {UP} within 1 min skip none", "15...c15.1c", ("7 11", "10 11")
    ),
    "it can be what must not come before the next": Case(
        f"x < 2 as e then no ({UP}) then {C} within 1 min", "15....c1c", ("8 9",)
    ),
    "it can be what must not come for a while": Case(f"x < 2 as e then no ({UP}) for 5 s", "15......", ()),
    "and does not where it is over before": Case(f"x < 2 as e then no ({UP}) for 5 s", "15..0......", ("1", "5")),
    "each turn is one that becomes true anew": Case(
        f"x < 2 as e then ({UP}) 2 times within 1 min", "15....05....", ("1 5 11",)
    ),
    "two who began apart have times of their own": Case(
        f"x < 3 as e then {UP} within 1 min skip none", "125......", ("1 5", "2 6")
    ),
    "who goes on waiting is met again when it becomes true again": Case(
        f"{A} as e then x > 2 as f then each x > f.x for 2 s within 1 min skip none",
        "a35..2.5....",
        ("1 2 5", "1 2 10"),
    ),
    "it may begin a part with ends of its own": Case(
        f"x < 2 as e then ({UP} as up then {B} within 2 s) within 1 min", "15...b", ("1 5 6",)
    ),
}


@pytest.mark.parametrize("promise", CASES)
def test_what_lasts(promise: str) -> None:
    case = CASES[promise]
    run = agreed(f"pattern p for D = {case.pattern}", letters(case.events))
    assert tuple(shown(run)) == case.shown


def test_what_it_binds_is_what_is_held_at_that_moment() -> None:
    program = """
        device F { telemetry x: float telemetry y: float stale after 2500 ms telemetry at: time }
        pattern p for F = x > 0 as low then x > low.x for 3 s as high then x > max(high.x) for 2 s as top within 1 min
        rule r for F {
            when p
            do { alert "{high.x} {high.y} {high.time} {first(high.at)} {count(high)} {top.y} {top.time}" }
        }
    """
    inputs: list[Input] = [
        Message("F", "f", 1 * S, {"x": 1.0}),
        Message("F", "f", 2 * S, {"x": 5.0, "y": 1.0, "at": 7 * S}),
        Message("F", "f", 3 * S, {"y": 2.0}),
        Message("F", "f", 6 * S, {"x": 6.0}),
        Mark("F", "f", 60 * S),
    ]
    assert shown(agreed(program, inputs))[1:] == [
        "5 2 1970-01-01T00:00:05Z 1970-01-01T00:00:07Z 1 absent 1970-01-01T00:00:08Z"
    ]


def test_what_becomes_unknown_lasts_no_longer() -> None:
    program = """
        device F { telemetry k: text telemetry y: float stale after 4 s }
        signal twice for F = 2 * y
        pattern p for F = y > 0 as low then twice > low.y + 1 for 5 s within 1 min
    """
    inputs: list[Input] = [
        Message("F", "f", 1 * S, {"y": 2.0}),
        Message("F", "f", 10 * S, {"y": 2.0}),
        Message("F", "f", 13 * S, {"y": 3.0}),
        Mark("F", "f", 60 * S),
    ]
    assert shown(agreed(program, inputs)) == ["1 15"]


def test_a_beginning_expires_while_something_lasts() -> None:
    program = f"""
        pattern p for D = x > 0 as e then {UP} within 2 s
        rule r for D {{ when p expires do {{ alert "gone" }} }}
    """
    assert shown(agreed(program, letters("15....."))) == ["gone", "gone"]


LIMITS = {
    f"x > 0 as e then ({UP}) and b within 1 h": "an earlier step's value in what lasts or changes",
    "x > 0 as e then (x > e.x) becomes true within 1 h": "an earlier step's value in what lasts or changes",
    f"x > 0 as e then next {UP} within 1 h": "an earlier step's value in what lasts, behind `then next`,",
    f"x > 0 as e then next any of ({A}, {UP}) within 1 h": "an earlier step's value in what lasts, behind `then next`,",
    "(x > (count(e) else 0) for 3 s) as e 3 times within 1 h": (
        "an earlier step's value in what lasts, where a pattern begins,"
    ),
    "x > 0 as e then fresh(x) > e.x for 3 s within 1 h": (
        "what is of a moment, beside an earlier step's value in what lasts,"
    ),
    "x > 0 as e then (told.code > e.x) for 3 s within 1 h": (
        "what is of a moment, beside an earlier step's value in what lasts,"
    ),
    "x > 0 as e then young > e.x for 3 s within 1 h": (
        "what is of a moment, beside an earlier step's value in what lasts,"
    ),
    "x > 0 as e then warmest > e.x for 3 s within 1 h": (
        "what is of a moment, beside an earlier step's value in what lasts,"
    ),
}
SIGNALS = """
device Other { property site: text telemetry x: float event told(code: float) }
signal young for D = x + age(x) / 1 s
signal warmest by site = max(D.x)
"""


def limits(program: str) -> list[str]:
    """What of a program does not run."""
    return [
        problem.construct
        for problem in not_running(checked(program.replace("module threads", "")))
        if isinstance(problem, DoesNotRun)
    ]


@pytest.mark.parametrize("pattern", LIMITS)
def test_where_it_does_not_run_is_named(pattern: str) -> None:
    head = HEAD.replace("device D {", "device D { event told(code: float)") + SIGNALS
    for item in (f"pattern p for D = {pattern}", f'rule r for D {{ when ({pattern}) do {{ alert "now" }} }}'):
        assert LIMITS[pattern] in limits(head + item)


def test_in_a_group_it_does_not_run() -> None:
    program = HEAD + "pattern p by site = D.x > 0 as e then D.x > e.x for 3 s within 1 h"
    assert limits(program) == ["an earlier step's value in what lasts, of a group,"]


def test_what_lasts_by_itself_runs_there() -> None:
    for item in ("pattern p by site = D.x > 0 then D.x > 3 for 3 s within 1 h", "pattern p for D = x > 3 for 3 s"):
        assert limits(HEAD + item) == []


def operator(pattern: str) -> p.Pattern:
    plan = compile_program(f"{HEAD} pattern p for D = {pattern}")
    (found,) = [n.operator for n in plan.nodes if isinstance(n.operator, p.Pattern)]
    return found


def test_it_costs_a_time_for_each_thread_and_the_values_it_is_made_of() -> None:
    at_once, lasting = operator("x > 0 as e then x > e.x within 1 min"), operator(f"x > 0 as e then {UP} within 1 min")
    assert pattern_bytes(lasting) - pattern_bytes(at_once) == 8 * (lasting.threads_max + 1)


@pytest.mark.parametrize(
    "step",
    [
        p.PatternStep((0,), lasting_ns=S),
        p.PatternStep((0,), 0, (p.PushInput(0),), lasting_ns=S),
        p.PatternStep((0,), None, (p.PushInput(0),), lasting_ns=0),
    ],
)
def test_a_step_that_lasts_asks_for_something_that_can(step: p.PatternStep) -> None:
    plan = compile_program(HEAD + "pattern p for D = x > 0 then b within 1 min")
    timeline = next(timeline for timeline in plan.timelines if timeline.settled)
    body = p.Row((p.Take(0), p.Take(1)))
    faults = list(pattern_faults(p.Pattern((p.PatternStep((0,), 0), step), body), 1, timeline))
    assert "step 1 asks for nothing that lasts" in faults
