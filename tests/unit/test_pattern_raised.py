"""Rules on patterns that last: what clears them, and what they say, is about the match that raised them."""

from dataclasses import replace

import pytest

from headgate.compiler import plan as p
from headgate.compiler.state_bytes import RULE_BYTES
from headgate.compiler.verify import faults
from headgate.runtime.output import Life
from headgate.runtime.testing.executors import Run, compile_program
from headgate.tests.unit.test_pattern_lasting import limits
from headgate.tests.unit.test_pattern_threads import HEAD, agreed, letters


def rule(clauses: str, pattern: str = "x > 0 as e") -> str:
    return f"""
        rule r for D {{
            when ({pattern}) {clauses}
            do {{ alert "up {{e.x}}" }}
            on clear {{ if e.x > 3 {{ alert "down {{e.x}}, {{x}}" }} else {{ alert "low {{e.x}}, {{x}}" }} }}
        }}
    """


def told(run: Run) -> list[str]:
    """What is said, and when the rule was cleared or doubted (s)."""
    found = []
    for one in run.outputs:
        if isinstance(one, Life) and one.what in ("cleared", "uncertain", "certain"):
            found.append(f"{one.what} {one.time // 1_000_000_000}")
        elif not isinstance(one, Life):
            found.append(one.message)  # type: ignore[union-attr]
    return found


CASES = {
    "`until` asks the match that raised it, not a newer one": (
        "until x < e.x - 2", "5971", ["up 5", "cleared 4", "down 5, 1", "up 1"],
    ),
    "what lasts is true at the earliest since the raising": (
        "until x < 6 and x >= e.x for 2 s", "5...9", ["up 5", "cleared 3", "down 5, 5", "up 9"],
    ),
    "what is not true in between begins anew": (
        "until x > e.x for 2 s", "16..1.6...", ["up 1", "cleared 4", "low 1, 6", "up 1", "cleared 9", "low 1, 6"],
    ),
    "what lasts is over when the rule is cleared": (
        "until x > e.x for 2 s", "16...9...", ["up 1", "cleared 4", "low 1, 6", "up 9"],
    ),
    "it is cleared by the one match and raised by the other at one instant": (
        "until x < e.x", "53", ["up 5", "cleared 2", "down 5, 3", "up 3"],
    ),
    "what is cleared, raised and cleared at one instant speaks of each": (
        "until x < e.x or x == 3", "53", ["up 5", "cleared 2", "down 5, 3", "up 3", "cleared 2", "low 3, 3"],
    ),
    "what is raised while that is true is cleared at once": (
        "until x >= e.x", "5", ["up 5", "cleared 1", "down 5, 5"],
    ),
    "what it does again speaks of the match that raised it": (
        "until x < e.x - 2 repeat every 2 s", "5971", ["up 5", "up 5", "cleared 4", "down 5, 1", "up 1"],
    ),
    "what made of the match alone is true is true as long as it is raised": (
        "until e.x > 3 for 2 s", "5...2.", ["up 5", "cleared 3", "down 5, 5", "up 2"],
    ),
    "what is not known of the match leaves it in doubt": (
        "until x > 6 and k == e.k", "5a9", ["up 5", "uncertain 3"],
    ),
    "a hold goes before": (
        "until x < e.x hold for 4 s", "54....", ["up 5", "cleared 5", "down 5, 4"],
    ),
    "with a constant of the program it is compared as well": (
        "until (e.x > 3 ? x : 0) < 2", "51", ["up 5", "cleared 2", "down 5, 1", "up 1", "cleared 2", "low 1, 1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_rule_that_lasts_speaks_of_the_match_that_raised_it(case: str) -> None:
    clauses, events, expected = CASES[case]
    assert told(agreed(rule(clauses), letters(events))) == expected


def test_a_rule_that_is_held_says_on_clear_which_match_raised_it() -> None:
    assert told(agreed(rule("hold for 3 s"), letters("59...4"))) == ["up 5", "cleared 4", "down 5, 9", "up 4"]


def test_what_ran_out_of_time_is_kept_as_well() -> None:
    program = """
        pattern p for D = x > 0 as e then x < 0 within 2 s
        rule r for D { when p expires until x < e.x do { alert "up {e.x}" } on clear { alert "down {e.x}" } }
    """
    assert told(agreed(program, letters("5...4..."))) == ["up 5", "cleared 5", "down 5", "up 4"]


def node(program: str, kind: type) -> p.PlanNode:
    return next(n for n in compile_program(HEAD + program).nodes if isinstance(n.operator, kind))


def test_the_values_that_are_kept_are_in_the_bound() -> None:
    plain, asking = (node(rule(f"until {until}"), p.Rule) for until in ("x > 5", "x + e.x > 5 and k == e.k"))
    assert asking.cost.state_bytes_per_key - plain.cost.state_bytes_per_key == 2 * 8 + 8
    assert plain.cost.state_bytes_per_key == RULE_BYTES


def test_what_does_not_last_keeps_nothing_of_a_match() -> None:
    plan = compile_program(HEAD + 'rule r for D { when (x > 0 as e) do { alert "{e.x}" } }')
    assert not any(isinstance(n.operator, p.AtRaising) for n in plan.nodes)


LIMITS = {
    "distance(spot, e.spot) < 1 km": "the place of an earlier event in a condition",
    "build > e.build": "the version of an earlier event in a condition",
    "(x > e.x for 3 s) or x > 9": "an earlier step's value in what lasts or changes",
    'no (k becomes "a" and x > e.x) for 3 s': "an earlier step's value in what lasts or changes",
    "mean(x where x > e.x over 5 s every 5 s) > 1": "an earlier step's value in a window",
    "x > lim(n, e.n).most": "a lookup by an earlier step's value in a condition",
}
MORE = (
    HEAD.replace("module threads", "import std.geo (distance)").replace(
        "device D {", "device D { telemetry spot: Point property build: version telemetry n: int in 0..9"
    )
    + "table lim { key a: int in 0..9 key b: int in 0..9 value most: float 1, 1 -> 2 }\n"
)


@pytest.mark.parametrize("until", LIMITS)
def test_what_it_cannot_ask_of_the_match_is_named(until: str) -> None:
    assert limits(MORE + rule(f"until {until}")) == [LIMITS[until]]


@pytest.mark.parametrize(
    "until", ["e.build > 2.1 and x > 5", "distance(e.spot, Point(0, 0)) > 1 km", "x > lim(e.n, 1).most for 3 s"]
)
def test_what_is_made_of_the_match_alone_may_be_anything(until: str) -> None:
    assert limits(MORE + rule(f"until {until}")) == []


def test_versions_of_earlier_events_are_no_numbers_that_a_step_could_compare() -> None:
    assert limits(MORE + "pattern p for D = x > 0 as e then build > e.build within 1 h") == [LIMITS["build > e.build"]]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (p.UntilTest((p.PushBound(5),), 1), "its `until` cannot be worked out"),
        (p.UntilTest((p.PushBound(0),), 9), "its `until` cannot be worked out"),
        (p.UntilTest((p.PushBound(0),), 1, 0), "its `until` lasts for no time"),
    ],
)
def test_an_unsound_until_is_found_out(changed: p.UntilTest, fault: str) -> None:
    plan = compile_program(HEAD + rule("until x > e.x"))
    assert list(faults(plan)) == []
    assert any(fault in found for found in faults(_with_rule(plan, until_test=changed)))
    assert any("no `until` or no event" in found for found in faults(_with_rule(plan, has_until=False)))
    assert any(
        "on an event, and one that lasts" in f for f in faults(_with_rule(plan, has_until=False, until_test=None))
    )


def _with_rule(plan: p.Plan, **members: object) -> p.Plan:
    nodes = tuple(
        replace(n, operator=replace(n.operator, **members)) if isinstance(n.operator, p.Rule) else n  # type: ignore[arg-type]
        for n in plan.nodes
    )
    return replace(plan, nodes=nodes)
