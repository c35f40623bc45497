"""Patterns become one operator: steps, tests against earlier steps, captures."""

from headgate.compiler.plan import (
    Apply,
    Bound,
    Captured,
    Ends,
    Output,
    Pattern,
    PlanNode,
    PushBound,
    PushConstant,
    PushInput,
    Row,
    Take,
)
from headgate.tests.unit.plans import count, plan_of, rule, when, written

MINUTE = 60_000_000_000


def pattern_of(text: str) -> tuple[Pattern, list[str], PlanNode]:
    """The only pattern of a program, its inputs as written, and its node."""
    plan = plan_of(text)
    (node,) = [node for node in plan.nodes if isinstance(node.operator, Pattern)]
    assert isinstance(node.operator, Pattern)
    return node.operator, [written(plan, i) for i in node.inputs], node


def test_a_pattern_of_one_step_matches_every_message_for_which_it_is_true() -> None:
    pattern, inputs, node = pattern_of("pattern p for Fridge = temp > 68 degF and vib > 4 mm/s")
    assert inputs == ["and_(greater(temp, 20.0 degC), greater(vib, 4.0 mm/s))"]
    assert [(step.condition, step.test) for step in pattern.steps] == [(0, ())]
    assert node.event
    assert node.timeline == "Fridge settled"


def test_what_speaks_of_an_earlier_step_is_a_test_in_postfix_terms() -> None:
    pattern, inputs, _ = pattern_of("""
        pattern p for Fridge =
            door becomes true as opened then temp > opened.temp + 2 K unless door becomes false within 5 min
    """)
    first, second, unless = pattern.steps
    assert (inputs[first.condition or 0], first.test) == ("Edge[](door)", ())
    assert second.condition is None
    assert [inputs[i] for i in second.updates] == ["temp"]
    bound, two, add, greater = PushBound(0), PushConstant(2.0), Apply("add", 2, "float"), Apply("greater", 2, "bool")
    assert second.test == (PushInput(second.updates[0]), bound, two, add, greater)
    assert pattern.bounds == (Bound((0,), "last", second.updates[0]),)
    assert inputs[unless.condition or 0] == "Edge[](not_(door))"
    assert pattern.body == Ends(Row((Take(0), Take(1))), 2, 5 * MINUTE)


def test_a_condition_is_split_into_what_needs_an_earlier_step_and_what_does_not() -> None:
    pattern, inputs, _ = pattern_of(
        "pattern p for Fridge = door becomes true as o then temp > o.temp and vib > 1 mm/s and not door within 1 min"
    )
    (_, second) = pattern.steps
    assert second.condition is not None
    assert inputs[second.condition] == "and_(greater(vib, 1.0 mm/s), not_(door))"
    assert len(second.test) == 3


def test_what_a_rule_shows_of_a_step_is_captured() -> None:
    text = """
    pattern left_open for Fridge = door becomes true as opened then temp > opened.temp within 5 min
    rule r for Fridge { when left_open do { alert "open since {opened.time}, was {opened.temp}, vib {opened.vib}" } }
    """
    plan = plan_of(text)
    (node,) = [node for node in plan.nodes if isinstance(node.operator, Pattern)]
    assert isinstance(node.operator, Pattern)
    kept = [written(plan, node.inputs[bound.value or 0]) for bound in node.operator.bounds]
    assert kept == ["temp", "Now[]()", "vib"]
    assert [n.operator.bound for n in plan.nodes if isinstance(n.operator, Captured)] == [1, 0, 2]
    assert rule(plan, "r").timeline == "Fridge settled"


def test_a_pattern_with_a_name_is_one_node_for_all_even_without_sharing() -> None:
    text = """
    pattern p for Fridge = door becomes true as o then temp > o.temp within 5 min
    rule a for Fridge { when p do { alert "{o.temp}" } }
    rule b for Fridge { when p and temp > 5 degC do { alert "{o.vib}" } }
    """
    plan = plan_of(text, passes=())
    assert count(plan, Pattern) == 1
    assert count(plan, Output) == 1
    assert when(plan, "b").startswith("and_(Pattern[")
    assert rule(plan, "b").timeline == "Fridge settled"


def test_what_any_action_says_of_a_step_is_captured() -> None:
    text = """
    pattern p for Fridge = door becomes true as o then temp > 8 degC within 5 min
    rule a for Fridge {
        when p
        until vib < o.vib
        do {
            if o.setpoint > 4 degC and vib < o.vib { emit opened(temp: o.temp - setpoint) }
            else { send siren(on: true, note: "since {o.time}") }
        }
    }
    """
    plan = plan_of(text)
    (node,) = [node for node in plan.nodes if isinstance(node.operator, Pattern)]
    assert isinstance(node.operator, Pattern)
    kept = {written(plan, node.inputs[bound.value or 0]) for bound in node.operator.bounds}
    assert kept == {"temp", "vib", "setpoint", "Now[]()"}
    assert count(plan, Captured) == 4


def test_a_pattern_in_a_rule_needs_no_name() -> None:
    plan = plan_of('rule r for Fridge { when (door becomes true then temp > 8 degC within 1 min) do { alert "x" } }')
    assert count(plan, Pattern) == 1
    assert count(plan, Output) == 0
