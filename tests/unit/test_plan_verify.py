"""What must be true of a plan is checked: a sound one passes, and each way of being unsound is named."""

from dataclasses import replace
from typing import Any

import pytest

from headgate.compiler import plan as p
from headgate.compiler.verify import ARITIES, faults
from headgate.tests.unit.plans import plan_of
from headgate.tests.unit.test_passes import FLEET

SOURCE = """
source s: json for Fridge where kind == "reading" { id = name  time = ts in ms  keep temp, door }
"""


def sound() -> p.Plan:
    return plan_of(SOURCE + FLEET)


def find(plan: p.Plan, kind: type) -> p.PlanNode:
    return next(node for node in plan.nodes if isinstance(node.operator, kind))


def with_node(of: type, **members: Any) -> p.Plan:
    """The sound plan, with the first node of a kind changed."""
    plan = sound()
    node = find(plan, of)
    return replace(plan, nodes=tuple(replace(n, **members) if n is node else n for n in plan.nodes))


def with_operator(of: type, **members: Any) -> p.Plan:
    operator: Any = find(sound(), of).operator
    return with_node(of, operator=replace(operator, **members))


CLOUD = p.TargetPlan("hq", "cloud")
STEP = p.PatternStep((0,), 0)
LEADING = p.AllOf((p.Row((p.Turns(p.AnyOf((p.Take(0), p.Take(1))), 0, 1), p.Without(0), p.Take(1))), p.Take(0)))


def with_step(*test: p.Term) -> p.Plan:
    """The sound plan, whose pattern's steps all have this test."""
    steps = tuple(p.PatternStep((0,), None, test) for _ in find(sound(), p.Pattern).operator.steps)  # type: ignore[union-attr]
    return with_operator(p.Pattern, steps=steps)


def test_a_compiled_plan_is_sound() -> None:
    assert list(faults(sound())) == []


def test_every_operator_has_its_arity() -> None:
    assert set(ARITIES) == set(p.Operator.__args__)


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        (lambda: replace(sound(), nodes=sound().nodes[1:]), "does not come before it"),
        (lambda: replace(sound(), nodes=sound().nodes[::-1]), "does not come before it"),
        (lambda: replace(sound(), nodes=sound().nodes + sound().nodes[:1]), "is there twice"),
        (lambda: replace(sound(), timelines=sound().timelines[1:]), "no timeline of the plan"),
        (lambda: replace(sound(), timelines=sound().timelines * 2), "the timeline .* is there twice"),
        (lambda: replace(sound(), devices=()), "no device type of the plan"),
        (lambda: replace(sound(), sources=sound().sources * 2), "the source s is there twice"),
        (lambda: with_node(p.Constant, inputs=(sound().nodes[0].id,)), "does not come before|cannot have 1 inputs"),
        (lambda: with_node(p.Window, inputs=(find(sound(), p.Message).id,)), "first input must be a Slices"),
        (lambda: with_node(p.Rule, timeline="by site"), "no timeline|cannot have inputs on"),
        (lambda: with_operator(p.Field, field="colour"), "Fridge has no field colour"),
        (lambda: with_operator(p.Field, device="Freezer"), "a field of Freezer cannot be on"),
        (
            lambda: with_node(p.Map, operator=p.Map("matches"), inputs=(find(sound(), p.Payload).id,) * 2),
            "its regular expression cannot be read",
        ),
        (lambda: with_operator(p.Holds, duration_ns=0), "its duration is not positive"),
        (lambda: with_operator(p.Slices, width_ns=0), "its width or its parts make no sense"),
        (lambda: with_operator(p.Slices, width_ns=7), "is no multiple of its slices' width"),
        (lambda: with_operator(p.Window, width_ns=None), "it must have a width or a calendar unit"),
        (lambda: with_operator(p.Window, every_ns=None), "it must have a pace"),
        (lambda: with_node(p.Pattern, timeline="Fridge"), "it is not on a settled timeline"),
        (lambda: with_operator(p.Pattern, threads_max=0), "no room for what has begun"),
        (lambda: with_operator(p.Pattern, steps=()), "it has 0 steps"),
        (lambda: with_operator(p.Pattern, steps=(STEP,) * 61), "it has 61 steps"),
        (lambda: with_operator(p.Pattern, steps=(p.PatternStep((9,), 0),) * 3), "names an input"),
        (lambda: with_operator(p.Pattern, steps=(p.PatternStep((), 0),) * 3), "is met by no update"),
        (lambda: with_operator(p.Pattern, steps=(p.PatternStep((0,)),) * 3), "asks for nothing"),
        (lambda: with_step(p.PushInput(9)), "a test that cannot be worked out"),
        (lambda: with_step(p.PushBound(9)), "a test that cannot be worked out"),
        (lambda: with_step(p.PushConstant(1.0), p.PushConstant(2.0)), "a test that cannot be worked out"),
        (lambda: with_step(p.PushConstant(1.0), p.Apply("add", 2, "float")), "a test that cannot be worked out"),
        (lambda: with_step(p.PushConstant(1.0), p.Apply("nonsense", 1, "float")), "a test that cannot be worked out"),
        (lambda: with_operator(p.Pattern, bounds=(p.Bound((9,), "last", 0),)), "keeps something of a step"),
        (lambda: with_operator(p.Pattern, bounds=(p.Bound((0,), "last", 99),)), "keeps a value of an input"),
        (lambda: with_operator(p.Pattern, bounds=(p.Bound((0,), "sum"),)), "keeps a value of an input"),
        (lambda: with_operator(p.Pattern, bounds=(p.Bound((0,), "nth", 0, 2),)), "without the one before it"),
        (lambda: with_operator(p.Pattern, bounds=(p.Bound((0,), "nth", 0),)), "without the one before it"),
        (lambda: with_operator(p.Pattern, bounds=(p.Bound((0,), "last", 0, 1),)), "without the one before it"),
        (lambda: with_operator(p.Pattern, bounds=(p.Bound((0,), "first", 0, -1),)), "without the one before it"),
        (lambda: with_operator(p.Pattern, skip="to first"), "goes on at a step"),
        (lambda: with_operator(p.Pattern, body=p.Take(9)), "waits for a step that it does not have"),
        (lambda: with_operator(p.Pattern, body=p.Row(())), "a part of it is empty"),
        (lambda: with_operator(p.Pattern, body=p.Turns(p.Take(0), 2, 1)), "a repetition makes no sense"),
        (lambda: with_operator(p.Pattern, body=p.Ends(p.Take(0), None, 0)), "the ends of a part make no sense"),
        (lambda: with_operator(p.Pattern, body=p.Row((p.Take(0), p.Silence(1, 0)))), "a silence has no length"),
        (lambda: with_operator(p.Pattern, body=p.Row((p.Take(0), p.Rest(1)))), "an absence at its end has no end"),
        (lambda: with_operator(p.Pattern, body=LEADING), "it begins with a silence"),
        (lambda: with_operator(p.Captured, bound=9), "its pattern keeps nothing at 9"),
        (lambda: with_operator(p.Rule, has_until=True), "an `until` without an input"),
        (lambda: with_operator(p.Rule, momentary_when=True), "does not agree with its `when`"),
        (lambda: with_operator(p.Action, rule="z"), "there is no rule z"),
        (lambda: with_operator(p.Action, guarded=True), "it shows an input that it does not have"),
        (lambda: with_operator(p.Action, message=(p.Hole(9, "float"),)), "it shows an input that it does not have"),
        (lambda: with_operator(p.Action, kind="emit"), "an alert has no name"),
        (lambda: with_node(p.Rule, pin="moon"), "stands at moon, which is no target"),
        (lambda: replace(sound(), targets=(p.TargetPlan("a", "edge"),) * 2), "the target a is there twice"),
        (
            lambda: replace(sound(), targets=(CLOUD, p.TargetPlan("a", "edge"))),
            "do not stand in the order of their tiers",
        ),
        (lambda: replace(sound(), targets=(replace(CLOUD, memory_bytes=0),)), "has a budget of nothing"),
        (lambda: replace(sound(), targets=(replace(CLOUD, keys=("a", "a")),)), "the key hq.a is there twice"),
    ],
)
def test_an_unsound_plan_is_found_out(plan: Any, fault: str) -> None:
    found = list(faults(plan()))
    assert found
    with pytest.raises(AssertionError, match=fault):
        raise AssertionError("\n".join(found))


def test_a_source_must_name_nodes_of_its_own_and_of_the_right_type() -> None:
    plan = sound()
    (source,) = plan.sources
    elsewhere = replace(plan, sources=(replace(source, id=find(plan, p.Field).id),))
    mistyped = replace(plan, sources=(replace(source, time=source.id),))
    unknown = replace(plan, sources=(replace(source, fields=(p.SourceField("colour", source.id),)),))
    assert any("no node on its timeline" in fault for fault in faults(elsewhere))
    assert any("whose type is text" in fault for fault in faults(mistyped))
    assert any("Fridge has no field colour" in fault for fault in faults(unknown))


def test_nothing_crosses_timelines_but_what_may() -> None:
    plan = sound()
    settled = next(n for n in plan.nodes if isinstance(n.operator, p.Message))
    current = next(n for n in plan.nodes if n.timeline == "Fridge" and isinstance(n.operator, p.Holds))
    crossed = replace(current, inputs=(settled.id,))
    nodes = tuple(crossed if n is current else n for n in plan.nodes)
    assert any("cannot have inputs on Fridge settled" in fault for fault in faults(replace(plan, nodes=nodes)))
