"""Rules, their actions and what these show become nodes."""

from typing import Any

import pytest

from headgate.compiler.plan import Action, ActionArgument, Hole, Plan, Rule, Schedule
from headgate.tests.unit.plans import compiled, plan_of, rule, when, written

SECOND = 1_000_000_000


def life(text: str) -> Rule:
    operator = rule(plan_of(f"rule r for Fridge {{ {text} }}"), "r").operator
    assert isinstance(operator, Rule)
    return operator


def actions(plan: Plan) -> list[tuple[Action, list[str]]]:
    """The actions, with their inputs beside the rule as written."""
    return [
        (node.operator, [written(plan, i) for i in node.inputs[1:]])
        for node in plan.nodes
        if isinstance(node.operator, Action)
    ]


def test_the_clauses_are_the_rules_life() -> None:
    found = life("""
        when temp > 8 degC  until temp < 7 degC  severity critical  cooldown 10 min  repeat every 1 h
        do { alert "x" }
    """)
    assert found == Rule("r", False, True, 600 * SECOND, 3600 * SECOND, None, False, "critical")


def test_a_rule_on_an_event_is_momentary() -> None:
    found = life('when door becomes true  hold for 5 min  latched  do { alert "x" }')
    assert found == Rule("r", True, False, None, None, 300 * SECOND, True, None)


def test_a_rule_without_until_has_no_second_input() -> None:
    plan = plan_of('rule r for Fridge { when temp > 8 degC do { alert "x" } }')
    assert len(rule(plan, "r").inputs) == 1


@pytest.mark.parametrize(
    ("condition", "timeline"),
    [
        ("temp > 8 degC", "Fridge"),
        ("mean(temp over 5 min every 1 min) > 8 degC", "Fridge settled"),
        ("mean(temp over 5 min every 1 min) > setpoint", "Fridge settled"),
        ("mean(temp over 5 min every 1 min) > temp", "Fridge"),
        ("mean(temp over 5 min every 1 min) > 8 degC until temp < 7 degC", "Fridge"),
        ("door becomes true", "Fridge"),
        ("(door becomes true then temp > 8 degC within 1 min)", "Fridge settled"),
        ("setpoint > 5 degC", "Fridge"),
    ],
)
def test_a_rule_is_settled_if_all_that_raises_and_clears_it_is(condition: str, timeline: str) -> None:
    plan = plan_of(f'rule r for Fridge {{ when {condition} do {{ alert "{{temp}}" }} }}')
    assert rule(plan, "r").timeline == timeline
    assert {node.timeline for node in plan.nodes if isinstance(node.operator, Action)} == {timeline}


def test_a_rule_that_says_settle_is_settled_with_all_that_it_asks_and_shows() -> None:
    text = 'settle  when temp > 8 degC for 5 min  until temp < 7 degC  do { alert "{id}: {temp}" }'
    for domain, of in (("for Fridge", "temp"), ("by site", "max(Fridge.temp)")):
        plan = plan_of(f"rule r {domain} {{ {text.replace('temp', of).replace('{id}', '')} }}")
        # Only the group's key is looked up on the current timeline too.
        current = [node for node in plan.nodes if not node.timeline.endswith("settled")]
        assert current == []
        assert rule(plan, "r").timeline.endswith("settled")


@pytest.mark.parametrize(
    ("written_as", "name", "asked"),
    [
        ('never "warm" for Fridge = temp > 8 degC', 'never "warm"', "greater(temp, 8.0 degC)"),
        ('always "cold" for Fridge = temp < 8 degC', 'always "cold"', "not_(less(temp, 8.0 degC))"),
    ],
)
def test_a_property_is_a_rule_raised_where_it_is_violated(written_as: str, name: str, asked: str) -> None:
    plan = plan_of(written_as)
    assert rule(plan, name).operator == Rule(name, momentary_when=False, has_until=False)
    assert when(plan, name) == asked
    assert actions(plan) == []


def test_a_property_of_windows_is_settled_and_one_of_a_group_is_the_groups() -> None:
    plan = plan_of("""
        never "a" for Fridge = mean(temp over 5 min every 1 min) > 8 degC
        never "b" by site = max(Fridge.temp) > 8 degC
    """)
    assert rule(plan, 'never "a"').timeline == "Fridge settled"
    assert rule(plan, 'never "b"').timeline == "by site"


def test_what_an_alert_shows_are_inputs_with_their_units() -> None:
    plan = plan_of('rule r for Fridge { when temp > 8 degC do { alert "{id} is at {temp}, {temp - setpoint} off" } }')
    ((alert, inputs),) = actions(plan)
    assert inputs == ["key id", "temp", "subtract(temp, setpoint)"]
    assert alert.message == (
        Hole(1, "text"),
        " is at ",
        Hole(2, "float", "degC"),
        ", ",
        Hole(3, "float", "K"),
        " off",
    )


def test_an_alert_has_its_own_severity_or_the_rules() -> None:
    plan = plan_of('rule r for Fridge { when door  severity major  do { alert "a"  alert "b" severity info } }')
    assert [action.severity for action, _ in actions(plan)] == ["major", "info"]


def test_conditions_guard_the_actions_within() -> None:
    text = """
    rule r for Fridge {
        when temp > 8 degC
        do {
            alert "always"
            if vib > 1 mm/s { alert "a"  if door { alert "b" } else { alert "c" } }
            else if power > 5 W { alert "d" }
            else { alert "e" }
        }
        on clear { alert "f" }
    }
    """
    found = {a.message: (a.on, a.order, a.guarded, i[:1]) for a, i in actions(plan_of(text))}
    vib, power = "greater(vib, 1.0 mm/s)", "greater(power, 5.0 W)"
    assert found == {
        ("always",): ("do", 0, False, []),
        ("a",): ("do", 1, True, [vib]),
        ("b",): ("do", 2, True, [f"and_({vib}, door)"]),
        ("c",): ("do", 3, True, [f"and_({vib}, not_true(door))"]),
        ("d",): ("do", 4, True, [f"and_(not_true({vib}), {power})"]),
        ("e",): ("do", 5, True, [f"and_(not_true({vib}), not_true({power}))"]),
        ("f",): ("clear", 0, False, []),
    }


def test_a_guard_that_is_shown_too_is_another_input() -> None:
    plan = plan_of('rule r for Fridge { when temp > 8 degC do { if door { alert "{door}" } } }')
    ((alert, inputs),) = actions(plan)
    assert inputs == ["door", "door"]
    assert alert.message == (Hole(2, "bool"),)


def test_a_command_gets_its_parameters_in_their_units_and_their_defaults() -> None:
    text = """
    rule r for Fridge {
        when temp > 8 degC
        hold for 5 min
        do { send siren(on: true)  send siren(on: door, level: 0.1 ratio, note: "at {temp}") }
    }
    """
    (first, first_inputs), (second, second_inputs) = actions(plan_of(text))
    assert first_inputs == ["True", "50.0 %"]
    assert first.arguments == (
        ActionArgument("on", (Hole(1, "bool"),), False),
        ActionArgument("level", (Hole(2, "float", "%"),), False),
        ActionArgument("note", ("hi",), True),
    )
    assert second_inputs == ["door", "10.0 %", "temp"]
    assert second.arguments[2] == ActionArgument("note", ("at ", Hole(3, "float", "degC")), True)


def test_an_event_of_the_programs_own_carries_values() -> None:
    ((emit, inputs),) = actions(
        plan_of("rule r for Fridge { when door do { emit opened(by: temp - setpoint, of: id) } }")
    )
    assert (emit.kind, emit.name) == ("emit", "opened")
    assert inputs == ["subtract(temp, setpoint)", "key id"]
    assert [(a.name, a.text) for a in emit.arguments] == [("by", False), ("of", False)]


def test_a_schedule_is_part_of_the_condition_and_clears_nothing() -> None:
    plan = plan_of("""
        rule r for Fridge { schedule sat..mon "20:00".."06:30" in "Europe/Oslo"  when door  do { alert "x" } }
    """)
    node = rule(plan, "r")
    (schedule,) = [n.operator for n in plan.nodes if isinstance(n.operator, Schedule)]
    assert schedule == Schedule((0, 5, 6), 1200, 390, "Europe/Oslo")
    assert when(plan, "r").startswith("and_(door, Schedule[")
    assert written(plan, node.inputs[1]) == "not_(door)"


def test_a_schedule_gates_an_event() -> None:
    plan = plan_of("""
        rule r for Fridge { schedule "08:00".."09:00"  when door becomes true  do { alert "x" } }
    """)
    assert len(rule(plan, "r").inputs) == 1
    gate = next(n for n in plan.nodes if n.id == rule(plan, "r").inputs[0])
    assert gate.event
    (schedule,) = [n.operator for n in plan.nodes if isinstance(n.operator, Schedule)]
    assert schedule == Schedule((0, 1, 2, 3, 4, 5, 6), 480, 540, "UTC")


def test_a_groups_rule_is_on_the_groups_timeline() -> None:
    text = """
    signal warm by site = max(Fridge.temp)
    rule r by site { when warm > 8 degC for 1 min do { alert "{site}: {warm}" } }
    """
    plan = plan_of(text)
    assert rule(plan, "r").timeline == "by site"
    ((_, inputs),) = actions(plan)
    assert inputs == ["key site", "Members[max, Fridge](temp)"]


def test_the_order_of_rules_is_that_of_the_program() -> None:
    names = ["c", "a", "b"]
    text = "".join(f'rule {name} for Fridge {{ when vib > 1 mm/s do {{ alert "x" }} }}\n' for name in names)
    found: list[Any] = [n.operator for n in plan_of(text).nodes if isinstance(n.operator, Rule)]
    assert [operator.name for operator in found] == names


def members(plan: Plan) -> dict[str, list[str]]:
    """The timelines that the groups' members are on."""
    return {t.id: [member.timeline for member in t.members] for t in plan.timelines if t.kind == "group"}


def test_a_group_that_asks_no_device_for_anything_has_all_that_can_belong() -> None:
    other = "device Van { property fleet: text }\n"
    plan = plan_of(other + 'signal a = 1\nsignal b by site = 2\nrule r { when 2 > 1 do { alert "x" } }')
    assert members(plan) == {"one": ["Fridge", "Van"], "by site": ["Fridge"]}


@pytest.mark.parametrize("item", ["signal s = 1", 'rule r { when 2 > 1 do { alert "x" } }', 'never "x" = 1 > 2'])
def test_a_program_without_devices_becomes_a_plan(item: str) -> None:
    result = compiled(item, before="module m\n")
    assert result.plan is not None
    assert members(result.plan) == {"one": []}
