"""Placements of programs: what is pinned, what goes together, what is counted, and where it then stands."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from headgate.compiler.document import dump, load
from headgate.compiler.plan import Action, Field, Holds, Message, Output, Plan, PlanNode, Rule, Slices, TargetPlan
from headgate.runtime.edge.cutting import cut
from headgate.runtime.placement import Placement, whole
from headgate.runtime.placement.budgets import OverBudget
from headgate.runtime.placement.explain import explain
from headgate.runtime.placement.measured import Measured, RatesError, read, write
from headgate.runtime.placement.milp import Solution
from headgate.runtime.placement.model import DECISIONS, DEVICES, Model, model_of
from headgate.runtime.placement.problem import Flow, Item, Problem, Tier, crosses
from headgate.runtime.placement.rates import ASSUMED_DEVICES, rates_of
from headgate.runtime.placement.solve import OutOfTime, place
from headgate.runtime.placement.words import WORDS_MAX, Words
from headgate.tests.unit.plans import plan_of, rule, signal

GOLDEN = Path(__file__).parents[1] / "golden" / "placement"
TARGETS = """
target hq: cloud
target gateway: edge by site { memory 256 MB  cpu 1 GHz  uplink 64 kbit/s  offline 24 h }
"""
HOT = "rule hot for Fridge { when temp > 8 degC for 2 min  until temp < 7 degC  do { send siren(on: true) } }"
PLACED_HOT = HOT.replace("do {", "place edge  do {")
WIDE = "signal everyone = mean(Fridge.temp)\n"


def placed(text: str, **told: Mapping[str, int]) -> tuple[Plan, Model, Solution]:
    plan = plan_of(TARGETS + text)
    model = model_of(plan, rates_of(plan, **told))  # type: ignore[arg-type]
    return plan, model, place(model.problem)


def where(text: str, node: str) -> str:
    """The target of the value of a signal, or of a rule."""
    plan, model, found = placed(text)
    placement = model.placement(found.placed)
    names = {n.operator.name: n for n in plan.nodes if isinstance(n.operator, Rule | Output)}
    return placement.of[names[node].id]


# --- Plans -----------------------------------------------------------------------------------------------------------


def test_targets_stand_in_the_plan_from_the_devices_up_with_their_budgets() -> None:
    plan = plan_of(TARGETS + HOT)
    day_ns = 24 * 3600 * 1_000_000_000
    assert plan.targets == (
        TargetPlan("gateway", "edge", ("site",), 256_000_000, 1e9, 64_000.0, day_ns),
        TargetPlan("hq", "cloud"),
    )
    assert load(dump(plan)) == plan


def test_place_pins_a_rule_and_its_actions_and_nothing_else() -> None:
    plan = plan_of(TARGETS + PLACED_HOT + '\nrule warm for Fridge { when temp > 7 degC  do { alert "{id}" } }')
    pinned = [node for node in plan.nodes if node.pin is not None]
    assert {node.pin for node in pinned} == {"gateway"}
    assert {type(node.operator) for node in pinned} == {Rule, Action}
    assert {node.operator.name for node in pinned if isinstance(node.operator, Rule)} == {"hot"}


def test_place_may_name_a_target() -> None:
    assert rule(plan_of(TARGETS + HOT.replace("do {", "place hq  do {")), "hot").pin == "hq"


def test_without_targets_nothing_is_pinned_and_all_stands_in_one_place() -> None:
    plan = plan_of(PLACED_HOT)
    assert all(node.pin is None for node in plan.nodes)
    model = model_of(plan, rates_of(plan))
    assert set(model.placement(place(model.problem).placed).of.values()) == set(whole(plan).of.values()) == {"here"}


# --- Where things stand ----------------------------------------------------------------------------------------------


def test_a_rule_stands_where_it_costs_the_fewest_bytes() -> None:
    assert where(HOT, "hot") == "gateway"


def test_a_rule_placed_in_the_cloud_is_sent_what_it_needs_and_sends_commands_down() -> None:
    plan, model, found = placed(HOT.replace("do {", "place hq  do {"))
    assert model.placement(found.placed).of[rule(plan, "hot").id] == "hq"
    down = [flow for flow in model.problem.flows if flow.down and crosses(flow, found.placed, 0)]
    assert [Words(plan).flow(next(n for n in plan.nodes if n.id == flow.name), True) for flow in down] == [
        "rule `hot`: its command `siren`"
    ]


def test_what_is_of_all_devices_stands_above_the_gateways_and_what_is_by_their_key_may_stand_there() -> None:
    text = WIDE + "signal own by site = mean(Fridge.temp)\n"
    assert where(text, "everyone") == "hq"
    assert where(text, "own") == "gateway"


def test_private_data_stays_at_the_edge_and_what_it_leads_to_is_told_there() -> None:
    plan, model, found = placed('rule busy for Fridge { when power > 9 W  do { alert "{id} takes {power}" } }')
    placement = model.placement(found.placed)
    busy = [node for node in plan.nodes if node.private]
    assert busy
    assert {placement.of[node.id] for node in busy if node.id in placement.of} == {"gateway"}
    assert found.cost.bytes == 0


def test_fan_out_is_paid_once() -> None:
    def crossing(count: int) -> int:
        rules = "".join(f'rule r{i} {{ when max(Fridge.temp) > {i} degC  do {{ alert "" }} }}\n' for i in range(count))
        plan, model, found = placed(rules)
        ids = {node.id for node in plan.nodes if isinstance(node.operator, Field) and node.operator.field == "temp"}
        return sum(f.bytes for f in model.problem.flows if f.name in ids and crosses(f, found.placed, 0))

    assert crossing(1) == crossing(5) > 0


def test_a_placement_cuts_the_plan() -> None:
    plan, model, found = placed(WIDE + PLACED_HOT)
    placement = model.placement(found.placed)
    parts = cut(plan, placement.above("gateway"))
    assert placement.at("gateway").isdisjoint(placement.at("hq"))
    below = {flow.name for flow in model.problem.flows if crosses(flow, found.placed, 0)}
    assert {one.node for one in parts.crossing} <= below


def test_a_placement_knows_what_stands_where() -> None:
    placement = Placement(("gateway", "region", "hq"), {"a": "gateway", "b": "region", "c": "hq"})
    assert placement.at("region") == {"b"}
    assert placement.above("gateway") == {"b", "c"}
    assert placement.above("hq") == frozenset()


def test_a_third_tier_may_hold_what_its_keys_allow() -> None:
    text = "target area: region by site\n" + "signal own by site = mean(Fridge.temp)\n" + WIDE
    plan, model, found = placed(text)
    assert model.placement(found.placed).targets == ("gateway", "area", "hq")
    own = model.problem.items[model.item_of[signal(plan, "own").inputs[0]]]
    everyone = model.problem.items[model.item_of[signal(plan, "everyone").inputs[0]]]
    assert own.tiers == (0, 1, 2)
    assert everyone.tiers == (2,)


# --- What is counted -------------------------------------------------------------------------------------------------


def rate_of(plan: Plan, kind: type, **told: object) -> float:
    node: PlanNode = next(node for node in plan.nodes if isinstance(node.operator, kind))
    return rates_of(plan, **told).of[node.id].hz  # type: ignore[arg-type]


def test_rates_come_of_what_is_declared_and_measured_ones_take_their_place() -> None:
    plan = plan_of(HOT)
    temp = next(node for node in plan.nodes if isinstance(node.operator, Field))
    assert rate_of(plan, Field) == 0.1
    assert rate_of(plan, Field, measured=Measured(hz={temp.id: 3.0})) == 3.0
    holds = next(node for node in plan.nodes if isinstance(node.operator, Holds))
    assert rates_of(plan).of[holds.id].how == "assumed"


def test_the_fleet_is_told_measured_declared_or_assumed_in_this_order() -> None:
    plan = plan_of(TARGETS + HOT)
    measured = Measured(devices={"Fridge": 30}, targets={"gateway": 3})
    assert rates_of(plan).devices == {"Fridge": 100}
    assert rates_of(plan).instances == {"gateway": 1, "hq": 1}
    assert rates_of(plan, measured).devices == {"Fridge": 30}
    assert rates_of(plan, measured).instances["gateway"] == 3
    assert rates_of(plan, measured, {"Fridge": 7}, {"gateway": 2}).devices == {"Fridge": 7}
    assert rates_of(plan, measured, {"Fridge": 7}, {"gateway": 2}).instances["gateway"] == 2
    unbounded = plan_of(
        HOT, before="module cold\ndevice Fridge { telemetry temp: degC  command siren(on: bool) { idempotent } }\n"
    )
    assert rates_of(unbounded).devices == {"Fridge": ASSUMED_DEVICES}
    assert any("it has no `max`" in line for line in rates_of(unbounded).assumed)


def test_one_gateway_keeps_and_sends_for_its_share_of_the_devices() -> None:
    _, one, _ = placed(HOT, devices={"Fridge": 1000}, instances={"gateway": 1})
    _, ten, _ = placed(HOT, devices={"Fridge": 1000}, instances={"gateway": 10})
    assert sum(item.memory[0] for item in one.problem.items) == 10 * sum(item.memory[0] for item in ten.problem.items)
    for mine, theirs in zip(one.problem.flows, ten.problem.flows, strict=True):
        assert mine.bytes == theirs.bytes
        assert mine.load[0] == pytest.approx(10 * theirs.load[0], abs=10)


def test_devices_and_decisions_have_their_places() -> None:
    _, model, found = placed(HOT)
    names = {item.name: tier for item, tier in zip(model.problem.items, found.placed, strict=True)}
    assert names[DEVICES] == 0
    assert names[DECISIONS] == 1


def test_windows_over_all_devices_are_worked_out_in_parts_where_that_is_less() -> None:
    everywhere = "signal usual = mean(Fridge.temp over 10 min every 1 min)\nrule warm { when usual > 5 degC do { } }\n"
    fleet: dict[str, Mapping[str, int]] = {"devices": {"Fridge": 1000}, "instances": {"gateway": 10}}
    plan, model, found = placed(everywhere, **fleet)
    placement = model.placement(found.placed)
    (slices,) = (node.id for node in plan.nodes if isinstance(node.operator, Slices))
    assert placement.of[slices] == "hq"
    assert placement.partials == {slices: "gateway"}
    assert placement.in_parts("gateway") == {slices}
    (partials,) = (one for one in explain(model, found, Words(plan)).carried if one.instead is not None)
    assert partials.words == "`temp`: partial at gateway, total at hq"
    assert partials.otherwise is not None
    assert partials.otherwise.moves == ("the samples of `temp` at hq",)
    assert partials.instead == partials.bytes + partials.otherwise.bytes_more
    (message,) = (node.id for node in plan.nodes if isinstance(node.operator, Message))
    seldom = rates_of(plan, Measured(hz={message: 1e-6}, told_hz={message: 1e-6}), **fleet)
    model = model_of(plan, seldom)
    assert not model.placement(place(model.problem).placed).partials


def test_measured_rates_are_kept_in_a_file() -> None:
    measured = Measured(
        "cold", 60.0, 12, {"a": 0.5}, {"a": 0.25}, {"Fridge": 2}, {"Fridge": 2, "by site": 1}, {"gateway": 1}
    )
    assert read(write(measured)) == measured
    assert read(write(measured, {"a": "`temp`"})) == measured


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "not JSON"),
        ("[]", '"rates": 1'),
        ('{"rates": 2}', '"rates": 1'),
        ('{"rates": 1, "more": 1}', "`more` is not known"),
        ('{"rates": 1, "nodes": []}', "`nodes` is no object"),
        ('{"rates": 1, "nodes": {"a": {"updates_per_s": -1}}}', "`a` has no number"),
        ('{"rates": 1, "devices": {"Fridge": 0}}', "`Fridge` is no whole number"),
    ],
)
def test_what_is_no_file_of_rates_is_refused(text: str, fault: str) -> None:
    with pytest.raises(RatesError, match=fault):
        read(text)


# --- Time ------------------------------------------------------------------------------------------------------------


def knapsack(count: int) -> Problem:
    """Items that all want to stand below, where half of them have room."""
    weights = [17 + (i * 37) % 29 for i in range(count)]
    nothing = (0, 0)
    items = [Item(f"i{i}", (0, 1), (weight, 0), nothing, nothing, nothing) for i, weight in enumerate(weights)]
    items.append(Item("source", (0,), nothing, nothing, nothing, nothing))
    flows = [Flow(f"f{i}", count, (i,), weight + i % 3, (weight,)) for i, weight in enumerate(weights)]
    return Problem((Tier("below", memory=sum(weights) // 2), Tier("above")), tuple(items), tuple(flows))


def test_without_time_a_placement_is_rounded_and_says_how_good_it_is_at_least() -> None:
    problem = knapsack(40)
    best = place(problem)
    hurried = place(problem, seconds=1e-9)
    assert best.gap == 0
    assert hurried.bytes_bound <= best.cost.bytes <= hurried.cost.bytes
    assert 0 <= hurried.gap < 1
    assert hurried.gap >= 1 - best.cost.bytes / hurried.cost.bytes


def test_what_could_not_fit_even_in_fractions_is_over_budget_whatever_the_time() -> None:
    problem = replace(knapsack(3), tiers=(Tier("below", memory=1), Tier("above")))
    full = tuple(replace(item, tiers=(0,)) for item in problem.items)
    with pytest.raises(OverBudget) as told:
        place(replace(problem, items=full), seconds=1e-9)
    (shortage,) = told.value.shortages
    assert shortage.needed == shortage.least == sum(item.memory[0] for item in full)


def test_where_no_placement_was_found_in_time_none_is_made_up() -> None:
    nothing = (0, 0)
    items = tuple(Item(f"i{i}", (0, 1), (2, 2), nothing, nothing, nothing) for i in range(3))
    problem = Problem((Tier("below", memory=3), Tier("above", memory=3)), items, ())
    with pytest.raises(OutOfTime):
        place(problem, seconds=1e-9)
    with pytest.raises(OverBudget):
        place(problem)


# --- Words -----------------------------------------------------------------------------------------------------------


def test_every_node_of_a_plan_has_words_of_its_own_or_of_the_program() -> None:
    text = (GOLDEN / "cold_chain.iot").read_text(encoding="utf-8")
    plan = plan_of(text, before="")
    alone, written = Words(plan), Words(plan, lambda node: f"node {node.id}")
    for node in plan.nodes:
        assert alone.flow(node).strip("` ")
        assert len(alone.text(node)) <= WORDS_MAX + 2
    field = next(node for node in plan.nodes if isinstance(node.operator, Holds))
    assert written.flow(field) == f"`node {field.id}` of each Fridge"


def test_alternatives_that_there_is_no_time_for_are_counted() -> None:
    plan, model, found = placed(HOT)
    hurried = explain(model, found, Words(plan), seconds=0)
    assert hurried.runner_up is None
    assert hurried.left_out > 0
    assert all(one.otherwise is None for one in hurried.carried)
    patient = explain(model, found, Words(plan))
    assert patient.left_out == 0
    assert patient.runner_up is not None


def test_moving_a_rule_is_as_good_where_it_would_flip() -> None:
    """What crosses is scaled by the rate that the explanation names: then the other placement costs as many bytes."""
    plan, model, found = placed(HOT)
    flipping = [one for one in explain(model, found, Words(plan)).carried if one.otherwise and one.otherwise.times]
    assert flipping
    for one in flipping:
        assert one.otherwise is not None
        assert one.otherwise.times is not None
        scaled = found.cost.bytes + one.bytes * (one.otherwise.times - 1)
        assert scaled == pytest.approx(found.cost.bytes + one.otherwise.bytes_more)
