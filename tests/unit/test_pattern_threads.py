"""What becomes of threads: the engine and the reference agree, message by message and all at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from headgate.compiler.plan import Pattern
from headgate.runtime.output import Alerted, Matched
from headgate.runtime.testing.executors import Input, MarkAll, Message, Run, S, compile_program, on_engine, on_reference
from headgate.stdlib.function import Value

HEAD = """
module threads
device D { property site: text telemetry k: text telemetry x: float telemetry b: bool telemetry at: time }
device E { property site: text telemetry k: text }
"""
A, B, C, X = ('k == "a"', 'k == "b"', 'k == "c"', 'k == "x"')


def agreed(program: str, inputs: Sequence[Input]) -> Run:
    """What comes of a program, however it is executed."""
    plan = compile_program(HEAD + program)
    expected = on_reference(plan, inputs)
    for size in (1, 2, len(inputs)):
        assert on_engine(plan, inputs, sizes=(size,) * len(inputs)) == expected, size
    return expected


def letters(events: str) -> list[Input]:
    """Messages a second apart: a letter is a k, a digit an x, `+` and `-` a b, a dot none."""
    found: list[Input] = []
    for place, event in enumerate(events):
        field: dict[str, Value] = {"b": event == "+"} if event in "+-" else {"k": event}
        if event.isdigit():
            field = {"x": float(event)}
        if event != ".":
            found.append(Message("D", "d", (place + 1) * S, field))
    return [*found, MarkAll((len(events) + 1) * S)]


def shown(run: Run) -> list[str]:
    """The matches, by the places of their events, and the alerts."""
    found = []
    for one in run.outputs:
        if isinstance(one, Matched):
            found.append(" ".join(str(time // S) for _, time in one.events))
        elif isinstance(one, Alerted):
            found.append(one.message)
    return found


@dataclass(frozen=True)
class Case:
    """A pattern, the events, and what is shown."""

    pattern: str
    events: str
    shown: tuple[str, ...]


CASES = {
    "an end within a part without a time of its own counts from the whole": Case(
        f"({A} then no {B} unless {X}) within 3 s", "a...", ("1",)
    ),
    "a repetition of what may be missing ends with a turn of nothing": Case(
        f"{A} then ({B} optional then {C} optional) 2..3 times then {X} within 1 min skip none",
        "abcx",
        ("1 2 3 4", "1 2 3 4", "1 2 4", "1 3 4", "1 4"),
    ),
    "two ways to wait for the same are one": Case(
        f"{A} then any of ({B} optional, {C} optional) then {X} within 1 min skip none", "ax", ("1 2",)
    ),
    "what is passed over in two ways is one, what is taken in two ways is not": Case(
        f"{A} then any of ({B} optional, ({C} within 5 s) optional, all of ({B} optional, {C} optional)) then {X}"
        " within 1 min skip none",
        "acx",
        ("1 3", "1 2 3", "1 2 3", "1 2 3"),
    ),
    "all of what may be missing may be missing": Case(
        f"{A} then (all of ({B} optional, {C} optional) 2 times lazy) then {X} within 1 min skip none",
        "acx",
        ("1 2 3", "1 3", "1 2 3"),
    ),
    "who went on gives way to a further turn": Case(
        f"{A} then any of ({B}, {C}) 1..2 times greedy then x > 0 within 1 min skip none", "abc1", ("1 2 3 4", "1 3 4")
    ),
    "it gives way until the repetition is over": Case(
        f"{A} then {B} at least 1 times greedy until {X} then any of ({B}, {C}) within 1 min skip none",
        "abxb",
        ("1 2 4",),
    ),
    "it gives way to the first event of a group of alternatives": Case(
        f"{A} then (any of ({B}, {C}) then {X}) 0..2 times greedy then any of ({B}, {X}) within 1 min skip none",
        "abxx",
        ("1 2 3 4",),
    ),
    "a further turn gives way to what follows": Case(
        f"{A} then {B} at least 1 times lazy then {C} within 1 min skip none", "abbcbc", ("1 2 4", "1 2 3 4")
    ),
    "a lazy repetition may be followed by a silence": Case(
        f"{A} then {B} 1..2 times lazy then no {C} for 2 s within 1 min skip none", "abb...", ("1 2", "1 2 3")
    ),
    "a lazy repetition at the end has no more turns than asked for": Case(
        f"{A} then {B} 1..3 times lazy within 1 min skip none", "abb", ("1 2",)
    ),
    "one event more than can be kept is one thread less": Case(
        f"{A} then {B} 2..3 times then {C} within 1 min skip none", "abbbc", ("1 2 3 4 5", "1 2 3 5")
    ),
    "a beginning that gives way to another is none": Case(
        'x > 0 at least 0 times greedy then x > 2 then k == "c" within 1 min', "3c33c", ()
    ),
    "who gives way to a repetition does so in a silence as well": Case(
        f"{A} then {B} 1..3 times greedy then no {C} for 2 s within 1 min", "ab.b...abc....", ("1 2 4",)
    ),
    "of two repetitions that may be over one may still go on": Case(
        f"{A} then {B} at least 1 times greedy until {X} then {C} at least 1 times greedy until {X}"
        f" then any of ({C}, x > 0) within 1 min skip none",
        "abccxc1",
        ("1 2 3 4 6", "1 2 3 4 7"),
    ),
    "a match does not wait for what began before it, which it ends": Case(
        "x > 0 as low then x > low.x + 3 within 1 min", "5179", ("2 3",)
    ),
    "silences follow one another": Case(f"{A} then no {B} for 2 s then no {C} for 2 s", "a..b...", ("1",)),
    "a step that must not come before the next": Case(f"{A} then no {B} then {C} within 1 min", "abcac", ("4 5",)),
}


@pytest.mark.parametrize("promise", CASES)
def test_threads(promise: str) -> None:
    case = CASES[promise]
    run = agreed(f"pattern p for D = {case.pattern}", letters(case.events))
    assert tuple(shown(run)) == case.shown


def test_what_is_bound_is_what_the_events_were() -> None:
    run = agreed(
        f"""
        pattern p for D = {A} then x > 0 as hit 1..3 times greedy until {X} then {C} within 1 min
        rule r for D {{
            when p
            do {{
                alert "{{count(hit)}} {{sum(hit.x)}} {{min(hit.x)}} {{max(hit.x)}} {{count(hit.b)}} {{share(hit.b)}}"
                alert "{{first(hit.x)}} {{last(hit.x)}} {{min(hit.time)}} {{max(hit.time)}} {{first(hit.at)}}"
            }}
        }}
        """,
        letters("+a3-15c"),
    )
    assert shown(run)[1:] == [
        "3 9 1 5 1 0.333333",
        "3 5 1970-01-01T00:00:03Z 1970-01-01T00:00:06Z absent",
    ]


def test_what_is_absent_at_an_event_adds_nothing() -> None:
    run = agreed(
        f"""
        pattern p for D = {A} then (x > 0 or b) as hit 3 times then {C} within 1 min
        rule r for D {{ when p do {{ alert "{{count(hit)}} {{mean(hit.x)}} {{min(hit.x)}}" }} }}
        """,
        letters("a+35c"),
    )
    assert shown(run)[1:] == ["3 4 3"]


def test_only_the_newest_thread_is_kept_where_the_others_do_not_matter() -> None:
    rule = f'rule r for D {{ when ({A} then {B} then {C} within 3 s) do {{ alert "now" }} }}'
    run = agreed(rule, letters("a" * 40 + "aba.c" + "abc"))
    assert shown(run) == ["now"]
    assert "dropped_partial" not in run.counters.dropped


def test_one_event_is_a_match_at_once_whatever_time_it_has() -> None:
    run = agreed(f'rule r for D {{ when ({A} within 3 s) do {{ alert "now" }} }}', letters("ab.aa"))
    assert shown(run) == ["now", "now", "now"]


def test_too_many_threads_drop_the_oldest() -> None:
    program = f"pattern p for D = {A} then each {B} within 1 h skip none"
    (pattern,) = [n.operator for n in compile_program(HEAD + program).nodes if isinstance(n.operator, Pattern)]
    run = agreed(program, letters("a" * 300 + "b"))
    assert len(shown(run)) == pattern.threads_max
    assert run.counters.dropped["dropped_partial"] == 300 - pattern.threads_max


def test_the_longest_match_waits_for_what_may_be_longer() -> None:
    pattern = f"pattern p for D = {A} then {B} at least 1 times greedy within 5 s skip next"
    assert shown(agreed(pattern, letters("abab....."))) != []
    agreed(pattern.replace("5 s", "1 h"), letters("a" * 150 + "b" * 8 + "......"))


def test_a_thread_with_more_events_than_can_be_kept_is_dropped() -> None:
    program = f"pattern p for D = {A} then {B} at least 1 times then {C} within 1 h"
    (pattern,) = [n.operator for n in compile_program(HEAD + program).nodes if isinstance(n.operator, Pattern)]
    run = agreed(program, letters("a" + "b" * (pattern.events_max + 3) + "c"))
    assert run.counters.dropped["dropped_partial"] > 0


def test_a_beginning_expires_when_nothing_of_it_is_left() -> None:
    program = f"""
        pattern p for D = {A} as begin then each ({B} unless {X}) 1..2 times then {C} within 3 s skip none
        rule r for D {{ when p expires do {{ alert "gone, begun at {{begin.time}}" }} }}
    """
    run = agreed(program, letters("ab..a.bbc......"))
    assert [one for one in shown(run) if "gone" in one] == [f"gone, begun at 1970-01-01T00:00:0{s}Z" for s in (1, 5)]
    agreed(program, letters("aabb........"))
    agreed(program, letters("abcb........"))


def test_a_step_that_every_message_updates_is_met_where_its_event_happens() -> None:
    inputs = [
        Message("D", "d", (place + 1) * S, {"b": b, "x": float(x)})
        for place, (b, x) in enumerate([(False, 1), (True, 2), (True, 2), (False, 9), (True, 3), (True, 4), (True, 6)])
    ]
    run = agreed("pattern p for D = b becomes true as on then x > on.x + 2 unless b becomes false within 1 min", inputs)
    assert shown(run) == ["5 7"]


def test_a_pattern_of_one_event_keeps_nothing() -> None:
    run = agreed(
        """
        pattern p for D = x > 2 as hit
        rule r for D { when p do { alert "{hit.x} {hit.time} {hit.b} {count(hit)} {count(hit.b)} {share(hit.b)}" } }
        """,
        letters("31+3-4"),
    )
    assert [one for one in shown(run) if " " in one] == [
        "3 1970-01-01T00:00:01Z absent 1 0 absent",
        "3 1970-01-01T00:00:04Z true 1 1 1",
        "4 1970-01-01T00:00:06Z false 1 0 0",
    ]


def test_the_first_of_a_group_is_of_any_member_and_its_own_signals_count() -> None:
    program = f"""
        signal hot by site = max(D.x)
        pattern p by site =
            any of (D.{A}, hot > 3) then E.k == "b" then each D.x > 1 within 10 s skip none
        pattern q by site = hot > 3 as high then D.x > 1 within 10 s
        rule r by site {{ when q do {{ alert "{{hot}} since {{high.time}}" }} }}
    """
    inputs: list[Input] = [
        Message("D", "d2", 1 * S, {"site": "s", "k": "a", "x": 1.0}),
        Message("D", "d1", 1 * S, {"site": "s", "x": 4.0}),
        Message("E", "e", 2 * S, {"site": "s", "k": "b"}),
        Message("D", "d1", 2 * S, {"x": 5.0}),
        Message("D", "d2", 3 * S, {"x": 2.0}),
        Message("E", "e", 2 * S, {"k": "b"}),
        Message("D", "d1", 1 * S, {"k": "a"}),
        MarkAll(20 * S),
    ]
    run = agreed(program, inputs)
    since = [f"5 since 1970-01-01T00:00:0{second}Z" for second in (1, 2)]
    assert sorted(shown(run)) == ["1 2", "1 2 3", "1 2 3", "2 3", *since]
