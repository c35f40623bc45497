"""Every operator of the pattern algebra: what it matches, on both executors. The table of the manual lists the same."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from headgate.runtime.output import Alerted, Matched, Set
from headgate.runtime.testing.executors import EXECUTORS, Executor, Input, Mark, Message, S, compile_program

MANUAL = Path(__file__).parents[2] / "docs" / "language" / "patterns.md"

HEAD = """
module operators
device D { telemetry k: text telemetry x: float }
"""


@dataclass(frozen=True)
class Case:
    """What a pattern makes of events a second apart, one letter each: a number there is the x of a message of its own.

    `matches`: the places of the events of each match, from 1, in order; `at` the times (s) of the matches.
    """

    pattern: str
    events: str
    matches: tuple[str, ...]
    at: tuple[int, ...] | None = None


A, B, C, X = ('k == "a"', 'k == "b"', 'k == "c"', 'k == "x"')

CASES: dict[str, tuple[Case, ...]] = {
    "A then B": (
        Case(f"{A} then {B} within 1 min", "axb", ("1 3",), (3,)),
        Case(f"{A} then {B} within 1 min", "aab", ("1 3",)),
        Case(f"{A} then {B} within 1 min", "ba", ()),
    ),
    "A then next B": (
        Case(f"{A} then next {B} within 1 min", "axbab", ("4 5",)),
        Case(f"{A} then next x > 3 within 1 min", "ab5", ("1 3",)),
    ),
    "A then each B": (
        Case(f"{A} then each {B} within 1 min skip none", "abb", ("1 2", "1 3")),
        Case(f"{A} then each {B} then each {C} within 1 min skip none", "abbc", ("1 2 4", "1 3 4")),
    ),
    "all of (A, B)": (
        Case(f"all of ({A}, {B}) then {C} within 1 min", "bxac", ("1 3 4",)),
        Case(f"all of ({A}, {B}, {C}) within 1 min", "aabc", ("1 3 4",)),
    ),
    "any of (A, B)": (Case(f"any of ({A}, {B}) then {C} within 1 min", "bc", ("1 2",)),),
    "A 3 times": (
        Case(f"{A} 3 times within 1 min", "aaxaa", ("1 2 4",)),
        Case(f"{A} then {B} 2..3 times within 1 min skip none", "abbb", ("1 2 3", "1 2 3 4")),
        Case(f"{A} then {B} at least 2 times then {C} within 1 min", "abcbc", ("1 2 4 5",)),
        Case(f"{A} then next {B} 2 times within 1 min", "abxbabb", ("5 6 7",)),
    ),
    "A optional": (
        Case(f"{A} then {B} optional then {C} within 1 min", "abc", ("1 2 3",)),
        Case(f"{A} then {B} optional then {C} within 1 min", "axc", ("1 3",)),
        Case(f"{A} then {B} optional then {C} within 1 min skip none", "abc", ("1 2 3", "1 3")),
        Case(f"({A} optional then {B} optional) as g then {C} within 1 min skip none", "bc", ("1 2", "2")),
    ),
    "A optional then B optional": (
        Case(f"{A} optional", "xaxa", ("2", "4")),
        Case(f"{A} optional then {B} optional within 1 min skip none", "axbxb", ("1", "1 3", "3", "5")),
        Case(f"any of ({A}, {B} at least 0 times) within 1 min", "xab", ("2", "3")),
        Case(f"{A} at least 0 times greedy until {X} within 1 min", "caaxb", ("2 3",), (4,)),
        Case(f"{A} optional lazy then {B} optional within 1 min", "axb", ("3",)),
        Case(f"({A} optional then {B} optional) as g within 1 min", "xab", ("2", "3")),
    ),
    "… greedy": (
        Case(f"{A} then {B} at least 1 times greedy then {C} within 1 min skip none", "abbc", ("1 2 3 4",)),
        Case(f"{A} then next {B} at least 1 times greedy within 1 min", "abbx", ("1 2 3",), (4,)),
        Case(f"{A} then {B} at least 0 times greedy until {X} then {C} within 1 min skip none", "axbc", ("1 4",)),
    ),
    "… lazy": (
        Case(f"{A} then {B} at least 1 times lazy then {C} within 1 min", "abbc", ("1 2 4",)),
        Case(f"{A} then {B} 1..2 times lazy within 1 min skip none", "abb", ("1 2",)),
        Case(f"{A} then {B} at least 1 times lazy then {C} within 1 min skip none", "abcbc", ("1 2 3",)),
    ),
    "… until X": (
        Case(f"{A} then {B} at least 1 times until {X} then {C} within 1 min skip none", "abxbc", ("1 2 5",)),
        Case(f"{A} then {B} at least 1 times until {X} then {C} within 1 min", "axbc", ()),
    ),
    "no B for D": (
        Case(f"{A} then no {B} for 3 s", "axx", ("1",), (4,)),
        Case(f"{A} then no {B} for 3 s", "axb", ()),
        Case(f"{A} then no {B} for 3 s then {C} within 1 min", "axxxc", ("1 5",)),
        Case(f"no {B} for 3 s then {C} within 1 min", "bxxxxc", ("4 6",)),
    ),
    "no B": (
        Case(f"{A} then no {B} then {C} within 1 min skip none", "axcabc", ("1 3",)),
        Case(f"{A} then no {B} within 3 s", "axxxab", ("1",), (4,)),
        Case(f"{A} then (no {B} within 3 s) then {C} within 1 min", "abxxcaxxxc", ("6 10",)),
    ),
    "(…)": (
        Case(f"({A} then next {B}) 2 times within 1 min", "abxab", ("1 2 4 5",)),
        Case(f"({A} then {B} within 1 s) then {C} within 1 min", "axbabc", ("4 5 6",)),
        Case(f"({A} then {B} unless {X}) then {C} within 1 min", "axbabxc", ("4 5 7",)),
    ),
    "(…) as name": (
        Case(f"({A} then {B}) as pair then x > pair.x within 1 min", "ab5", ()),
        Case(f"x > 0 as first then ({A} then x > first.x) as pair then x > pair.x within 1 min", "5a67", ("1 2 3 4",)),
    ),
    "unless X": (
        Case(f"{A} then {B} unless {X} within 1 min", "axbab", ("4 5",)),
        Case("x > 0 as low then x > low.x + 1 unless x < low.x within 1 min", "4357", ("2 3",)),
    ),
    "within D": (
        Case(f"{A} then {B} within 2 s", "axb", ("1 3",)),
        Case(f"{A} then {B} within 2 s", "axxb", ()),
    ),
    "B > x.field": (
        Case("x > 0 as low then x > low.x + 2 within 1 min", "2459", ("1 3",)),
        Case("x > 0 as r then (x < mean(r.x)) within 1 min", "53", ("1 2",)),
        Case("x > 0 as first then x > 2 * max(r.x) else 0 as r 3 times within 1 min", "1125", ()),
        Case("x > 0 as r 3 times then x > sum(r.x) within 1 min", "1127", ("1 2 3 4",)),
        Case("x > 0 as r 3 times then x == median(r.x) within 1 min", "93554", ("1 2 3 4",)),
        Case("x > 0 as r 4 times then x < p25(r.x) within 1 min", "85764", ("1 2 3 4 5",)),
        Case("x > 0 as r 4 times then x == stddev(r.x) within 1 min", "171733", ("1 2 3 4 5",)),
        Case("x > 0 as r 4 times then x == variance(r.x) within 1 min", "171739", ("1 2 3 4 6",)),
        Case("x > 0 as r 4 times then x == mode(r.x) within 1 min", "979779", ("1 2 3 4 5",)),
        Case("x > 0 as r 4 times then x == distinct(r.x) within 1 min", "979792", ("1 2 3 4 6",)),
        Case("x > 1 as r 3 times then x == time_weighted_mean(r.x) within 1 min", "2aaa793", ("1 5 6 7",)),
        Case("x > 0 as r 2 times then rate(r.x) > 1 Hz and x > 0 within 1 min", "1244", ("2 3 4",)),
        Case("x > 0 as r 3 times then slope(r.x) == 2 Hz and x > 0 within 1 min", "81357", ("2 3 4 5",)),
        Case('(x > 0 or k == "a") as r 3 times then slope(r.x) == 2 Hz and x > 7 within 1 min', "a139", ("1 2 3 4",)),
        Case("x > 0 as r 1..2 times then (slope(r.x) else 0 Hz) == 0 Hz and x > 7 within 1 min", "39", ("1 2",)),
        Case('(x > 0 or k == "a") as r 3 times then distinct(r.x) == 1 and x > 7 within 1 min', "1a18", ("1 2 3 4",)),
        Case('(x > 0 or k == "a") as r 2 times then distinct(r.x) == 1 and x > 7 within 1 min', "a18", ("1 2 3",)),
        Case(f"{A} as r 2 times then distinct(r.x) == 0 and x > 7 within 1 min", "aa8", ("1 2 3",)),
        Case(f"{A} as r 2 times then x == 2 * (median(r.x) else 4) within 1 min", "aa8", ("1 2 3",)),
    ),
    "first(x.field, after: n)": (
        Case("x > 0 as r 3 times then x > first(r.x, after: 1) within 1 min", "15246", ("1 2 3 5",)),
        Case("x > 0 as r at least 1 times then x == first(r.x, after: 2) within 1 min", "1927", ()),
        Case("x > 0 as r 1..3 times then x == (first(r.x, after: 2) else 7) within 1 min", "197", ("1 2 3",)),
    ),
    "last(x.field, before: n)": (
        Case("x > 0 as r 3 times then x == last(r.x, before: 2) within 1 min", "5123415", ("2 3 4 6",)),
        Case("x > (last(r.x, before: 1) else 0) as r 4 times within 1 min", "1213243", ("2 3 4 5",)),
        Case("x > 0 as r 3 times then x > last(r.x) and x < last(r.x, before: 1) within 1 min", "193485", ("1 2 3 4",)),
    ),
    "skip none": (Case(f"{A} then {B} within 1 min skip none", "aab", ("1 3", "2 3")),),
    "skip next": (
        Case(f"{A} then {B} 1..2 times within 1 min skip next", "aabb", ("1 3", "2 3")),
        Case(f"{A} then each {B} within 1 min skip next", "abb", ("1 2",)),
    ),
    "skip past last": (
        Case(f"{A} then {B} within 1 min", "aabab", ("1 3", "4 5")),
        Case(f"{A} then {B} within 1 min skip past last", "aab", ("1 3",)),
    ),
    "skip to first x": (
        Case(
            "x > 1 as low then x > 2 as high 2 times within 1 min skip to first high",
            "23456",
            ("1 2 3", "2 3 4", "3 4 5"),
        ),
        Case(
            f"{A} then all of ({B} as second, {C} as third) within 1 min skip to first third",
            "acabc",
            ("1 2 4", "3 4 5"),
        ),
    ),
    "skip to last x": (
        Case("x > 1 as low then (x > 2 2 times) as high within 1 min skip to last high", "234567", ("1 2 3", "3 4 5")),
    ),
}
"""By how the manual writes an operator, what it matches."""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def run(pattern: str, events: str, executor: Executor, more: str = "") -> list[Matched | Alerted]:
    plan = compile_program(f"{HEAD}pattern p for D = {pattern}\n{more}")
    messages = [
        Message("D", "d", place * S, {"x": float(event)} if event.isdecimal() else {"k": event})
        for place, event in enumerate(events, 1)
    ]
    outputs = executor(plan, [*messages, Mark("D", "d", 3600 * S)]).outputs
    return [one for one in outputs if isinstance(one, Matched | Alerted)]


@pytest.mark.parametrize(("operator", "case"), [(name, case) for name, cases in CASES.items() for case in cases])
def test_an_operator_matches(operator: str, case: Case, executor: Executor) -> None:
    matches = [one for one in run(case.pattern, case.events, executor) if isinstance(one, Matched)]
    assert tuple(" ".join(str(time // S) for _, time in one.events) for one in matches) == case.matches
    if case.at is not None:
        assert tuple(one.time // S for one in matches) == case.at


def test_what_ran_out_of_time_is_an_event_with_what_it_had_bound(executor: Executor) -> None:
    more = 'rule late for D { when p expires do { alert "{opened.time}, {count(opened)}" } }'
    outputs = run(f"{A} as opened then {B} within 3 s", "axaab", executor, more)
    alerts = [(one.time // S, one.message) for one in outputs if isinstance(one, Alerted)]
    assert alerts == [(4, "1970-01-01T00:00:01Z, 1")]


def test_rules_show_what_was_bound(executor: Executor) -> None:
    more = """rule r for D {
        when p
        do { alert "{count(r)} {count(r.x)} {sum(r.x)} {mean(r.x)} {min(r.x)} {max(r.x)} {range(r.x)} {first(r.x)}
            {last(r.x)} {delta(r.x)} {rise(r.x)} {fall(r.x)} {first(r.time)} {last(r.time)} {first(r.id)}" }
    }"""
    (_, alert) = run(f"x > 0 as r 2..4 times then {C} within 1 min", "241c", executor, " ".join(more.split()))
    times = "1970-01-01T00:00:01Z 1970-01-01T00:00:03Z"
    assert isinstance(alert, Alerted)
    assert alert.message == f"3 3 7 2.33333 1 4 3 2 1 -1 0 1 {times} d"


def test_rules_show_more_of_what_was_bound(executor: Executor) -> None:
    more = """rule r for D {
        when p
        do { alert "{median(r.x)} {p90(r.x)} {quantile(r.x, q: 10 %)} {variance(r.x)} {stddev(r.x)} {mode(r.x)}
            {distinct(r.x)} {distinct(r.k)} {rate(r.x)} {slope(r.x)} {any(r.on)} {all(r.on)} {share(r.on)}" }
    }"""
    head = HEAD.replace("telemetry x", "telemetry on: bool telemetry x")
    plan = compile_program(f"{head}pattern p for D = x > 0 as r 4 times within 1 min\n{' '.join(more.split())}")
    inputs = [Message("D", "d", S * place, {"x": x, "k": "a"}) for place, x in enumerate((2.0, 6.0, 2.0, 6.0), 1)]
    alerts = [one.message for one in executor(plan, inputs).outputs if isinstance(one, Alerted)]
    assert alerts == ["2 6 2 4 2 2 2 1 1.33333 1/s 0.8 1/s absent absent absent"]
    inputs = [Message("D", "d", message.time, {**message.fields, "on": message.time > S}) for message in inputs]
    alerts = [one.message for one in executor(plan, inputs).outputs if isinstance(one, Alerted)]
    assert alerts == ["2 6 2 4 2 2 2 1 1.33333 1/s 0.8 1/s true false 0.75"]


def test_of_one_event_there_is_one_value(executor: Executor) -> None:
    more = 'rule r for D { when p do { alert "{median(r.x)} {stddev(r.x)} {slope(r.x)} {distinct(r.k)}" } }'
    outputs = run('(x > 0 or k == "a") as r', "4a", executor, more)
    alerts = [one.message for one in outputs if isinstance(one, Alerted)]
    assert alerts == ["4 0 absent 0", "4 0 absent 1"]
    more = 'rule r for D { when p do { alert "{last(r.x)} {first(r.x, after: 1)} {last(r.x, before: 1)}" } }'
    alerts = [one.message for one in run("(x > 0 within 3 s) as r", "4", executor, more) if isinstance(one, Alerted)]
    assert alerts == ["4 absent absent"]


def test_in_a_group_members_of_several_types_meet_the_steps(executor: Executor) -> None:
    plan = compile_program("""
        module line
        device Pump { property line: text telemetry on: bool }
        device Valve { property line: text telemetry position: float }
        pattern p by line = Pump.on becomes true as started then Valve.position < 5 as shut within 30 s
        rule r by line { when p do { alert "{line}: {started.id}, {shut.position}" } }
    """)
    of_line = {"line": "x"}
    inputs: list[Input] = [
        Message("Pump", "p", 1 * S, {**of_line, "on": False}),
        Message("Valve", "v", 1 * S, {**of_line, "position": 50.0}),
        Message("Pump", "p", 3 * S, {"on": True}),
        Message("Valve", "v", 5 * S, {"position": 2.0}),
        Mark("Pump", "p", 60 * S),
        Mark("Valve", "v", 60 * S),
    ]
    (alert,) = (one for one in executor(plan, inputs).outputs if isinstance(one, Alerted))
    assert (alert.time, alert.message) == (5 * S, "x: p, 2")


def test_the_table_of_the_manual_has_these_operators() -> None:
    table = MANUAL.read_text().split("| written | means |")[1].split("\n\n")[0]
    written = [name for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])]
    same = {"A 2..4 times": "A 3 times", "A at least 2 times": "A 3 times", "then no B": "no B"}
    assert {same.get(name, name) for name in written} == {*CASES, "p expires"}


def test_a_rule_on_a_pattern_sets_what_was_bound(executor: Executor) -> None:
    plan = compile_program(
        f"module sets\ndevice D {{ telemetry k: text telemetry x: float property goal: float writable }}\n"
        f"pattern p for D = x > 1 as low then {A} within 1 min\n"
        "rule r for D { when p hold for 1 s do { set goal = low.x } }\n"
    )
    inputs = [Message("D", "d", S, {"x": 4.0}), Message("D", "d", 2 * S, {"k": "a"})]
    outputs = executor(plan, inputs).outputs
    assert [(one.property, one.value) for one in outputs if isinstance(one, Set)] == [("goal", 4.0)]
