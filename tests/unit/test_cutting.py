"""Cutting a plan in two: what can be above, what goes up of it, and what is refused."""

import numpy as np
import pytest

from headgate.compiler import plan as p
from headgate.compiler.document import dump, load
from headgate.runtime.admitted import Input, Mark, Message, batch_of
from headgate.runtime.edge.cutting import CutError, cut, highest, stays_below
from headgate.runtime.edge.links import Link
from headgate.runtime.edge.partitioned import Partitioned
from headgate.runtime.edge.receiving import Receiver
from headgate.runtime.edge.shipping import Packet, Sheet, Told
from headgate.runtime.edge.wire import WireError
from headgate.runtime.engine import Engine
from headgate.runtime.output import Alerted, Life
from headgate.runtime.testing.executors import S, compile_program

PROGRAM = """module cold
device Fridge {
    property  site: text
    telemetry temp: degC every 10 s
    telemetry door: bool
    property  owner: text private
}
signal warm by site = mean(Fridge.temp)
signal usual for Fridge = mean(temp over 1 min every 1 min)
rule hot for Fridge { when temp > 8 degC for 30 s do { alert "{id}" } }
rule mine for Fridge { when owner == "me" do { alert "{id}" } }
rule warm_site by site { when warm > 6 degC do { alert "{site}: {warm}" } }
"""
PLAN = compile_program(PROGRAM)
NODES = {node.id: node for node in PLAN.nodes}


def of(*kinds: type) -> set[str]:
    return {node.id for node in PLAN.nodes if isinstance(node.operator, kinds)}


def test_both_parts_are_plans_that_can_be_written_and_read() -> None:
    parts = cut(PLAN, highest(PLAN))
    assert load(dump(parts.below)) == parts.below
    assert load(dump(parts.above)) == parts.above


def test_messages_and_private_data_stay_below_and_only_what_is_used_goes_up() -> None:
    parts = cut(PLAN, highest(PLAN))
    assert not any(isinstance(node.operator, p.OfField) for node in parts.above.nodes)
    up = [NODES[one.node].operator for one in parts.crossing]
    assert {o.field for o in up if isinstance(o, p.Field)} == {"site", "temp"}
    assert not any(NODES[one.node].private for one in parts.crossing)


def test_of_what_is_asked_only_by_level_changes_go_up() -> None:
    """A rule asks what a comparison is; a group's mean wants every update of what it is made of."""
    hot = {
        node.id for node in PLAN.nodes if isinstance(node.operator, p.Rule | p.Action) and "hot" in str(node.operator)
    }
    (comparison,) = (i for id_ in of(p.Holds) for i in NODES[id_].inputs)
    crossing = {one.node: one for one in cut(PLAN, of(p.Holds) | hot).crossing}
    assert crossing[comparison].changes
    everything = {one.node: one for one in cut(PLAN, highest(PLAN)).crossing}
    assert not any(one.changes for one in everything.values() if one.type == "float")


def about(name: str, plan: p.Plan) -> set[str]:
    """A rule of this name and what it does."""
    return {n.id for n in plan.nodes if isinstance(n.operator, p.Rule | p.Action) and name in str(n.operator)}


@pytest.mark.parametrize(
    ("rule", "timed"),
    [
        ("when temp > 8 degC", set()),
        ("when temp > 8 degC until temp < 7 degC", set()),
        ("when door becomes true", set()),
        ("when temp > 8 degC latched", {"Fridge"}),
        ("when temp > 8 degC cooldown 1 min", {"Fridge"}),
        ("when temp > 8 degC repeat every 1 min", {"Fridge"}),
        ("when door becomes true hold for 1 min", {"Fridge"}),
    ],
)
def test_how_far_time_is_matters_above_where_something_waits_for_it(rule: str, timed: set[str]) -> None:
    plan = compile_program(PROGRAM + f'rule odd for Fridge {{ {rule} do {{ alert "{{id}}" }} }}\n')
    assert cut(plan, about("odd", plan)).timed == timed


def test_a_schedule_is_over_at_a_time_at_which_nobody_may_say_anything() -> None:
    rule = 'rule odd for Fridge { schedule mon..fri "08:00".."17:00" when temp > 8 degC do { alert "{id}" } }'
    plan = compile_program(PROGRAM + rule)
    above = about("odd", plan)
    assert cut(plan, above).timed == set()
    both = {n.id for n in plan.nodes if isinstance(n.operator, p.Map) and n.operator.function == "and_"}
    assert cut(plan, above | both).timed == {"Fridge"}


def test_a_group_waits_for_its_members_and_who_asks_for_it_below_does_not() -> None:
    assert cut(PLAN, {n.id for n in PLAN.nodes if n.timeline == "by site"}).timed == {"Fridge"}
    assert cut(PLAN, about("warm_site", PLAN)).timed == set()


def test_what_takes_messages_cannot_be_above() -> None:
    with pytest.raises(CutError, match="stays where the messages come in"):
        cut(PLAN, of(p.Field))


def test_nothing_below_uses_what_is_above() -> None:
    (mean,) = of(p.Members)
    with pytest.raises(CutError, match="is below and uses Members"):
        cut(PLAN, {mean})


def test_a_rule_cannot_be_parted_from_its_actions() -> None:
    with pytest.raises(CutError, match="cannot be parted"):
        cut(PLAN, {id_ for id_ in of(p.Action) if NODES[id_].timeline == "by site"})


def test_what_hangs_on_a_groups_key_alone_is_not_parted_from_what_uses_it() -> None:
    """No member would ever tell those above of it."""
    of_site = 'mean(Fridge.temp) + (site == "oslo" ? 1 K : 0 K)'
    plan = compile_program(PROGRAM.replace("mean(Fridge.temp)", of_site))
    functions = (p.Map("equal"), p.Map("if_else"))
    of_key = {node.id for node in plan.nodes if node.timeline == "by site" and node.operator in functions}
    with pytest.raises(CutError, match="cannot be parted"):
        cut(plan, highest(plan) - of_key)


def test_what_is_revised_stays_below() -> None:
    revising = compile_program(PROGRAM.replace("every 10 s\n", "every 10 s\n    lateness 5 s\n    revise 1 min\n", 1))
    windows = {node.id for node in revising.nodes if isinstance(node.operator, p.Window)}
    assert windows <= stays_below(revising)


def test_twins_are_looked_at_where_they_are_kept() -> None:
    twin = """
    twin Fridge {
        parameter tau: min in 5..90 = 30 min
        dynamics { d(temp) = (20 degC - temp) / tau }
        calibrate tau over 2 h every 1 h
    }
    signal soon for Fridge = predicted(temp, 30 min)
    """
    plan = compile_program(PROGRAM + twin)
    kinds = (p.TwinState, p.Predicted, p.Calibration, p.Calibrated)
    looked_at = {node.id for node in plan.nodes if isinstance(node.operator, kinds)}
    assert looked_at
    assert looked_at <= stays_below(plan)


def test_a_gateway_goes_on_alone_and_says_so_when_the_link_is_back() -> None:
    rules = of(p.Rule) & {n.id for n in PLAN.nodes if "warm_site" in str(n.operator)}
    above = {n.id for n in PLAN.nodes if n.timeline == "by site"}
    assert rules <= above
    execution = Partitioned(cut(PLAN, above), {"oslo": Link(cuts=[(0, 100 * S)])})
    inputs: list[tuple[int, Input]] = [
        (0, Message("Fridge", "f1", 0, {"site": "oslo", "temp": 9.0})),
        (1, Message("Fridge", "f1", 20 * S, {"temp": 9.0})),
        (2, Mark("Fridge", "f1", 60 * S)),
    ]
    outputs = execution.feed("oslo", lambda engine: batch_of(engine, inputs))
    assert [o.key for o in outputs if isinstance(o, Alerted)] == [("f1",)]
    assert execution.advance(99 * S) == []
    late = [o for o in execution.advance(100 * S) if isinstance(o, Alerted)]
    assert [(o.key, o.time, o.message) for o in late] == [(("oslo",), 0, "oslo: 9 degC")]
    assert execution.gateways["oslo"].bytes_sent > 0


def test_a_packet_that_uses_what_it_has_not_named_is_refused() -> None:
    parts = cut(PLAN, {n.id for n in PLAN.nodes if n.timeline == "by site"})
    (site,) = (one for one in parts.crossing if one.type == "text")
    one = np.zeros(1, dtype=np.int64)
    told = Told(one, one, one > 0, one == 0, np.array([7], dtype=np.int32), one == 0)
    sheet = Sheet(one, one.astype(np.int32), one, one == 0, None, {site.node: told})
    with pytest.raises(WireError, match="a key of `Fridge` that it has not named"):
        Receiver(Engine(parts.above), parts, ["a"]).take([("a", Packet({"Fridge": sheet}, {"Fridge": ()}, (), 0))])
    packet = Packet({"Fridge": sheet}, {"Fridge": (("f1",),)}, (), 0)
    with pytest.raises(WireError, match="a text that it has not told"):
        Receiver(Engine(parts.above), parts, ["a"]).take([("a", packet)])


def test_all_that_makes_the_instants_of_one_group_stands_together() -> None:
    plan = compile_program(PROGRAM + "signal damp by site = count(Fridge where door)\n")
    counts = [node.id for node in plan.nodes if isinstance(node.operator, p.Members)]
    assert len(counts) == 2
    others = {id_ for id_ in highest(plan) if id_ != counts[0]}
    with pytest.raises(CutError, match=r"Members .* and Members .* cannot be parted"):
        cut(plan, others)


def test_what_looks_at_each_message_or_at_its_group_stays_below_with_what_it_needs() -> None:
    plan = compile_program(
        PROGRAM
        + """signal told for Fridge = mean(temp where fresh(temp) > 1 degC over 1 min every 1 min)
rule warmer for Fridge { when temp > warm + 1 K do { alert "{id}" } }
source readings: json for Fridge { id = fridge  time = ts  keep site, temp, door }
"""
    )
    stuck = stays_below(plan)
    assert {node.id for node in plan.nodes if isinstance(node.operator, p.OfGroup | p.Payload)} <= stuck
    index = {node.id: node for node in plan.nodes}
    above = highest(plan)
    for node in plan.nodes:
        if isinstance(node.operator, p.OfGroup):
            assert node.id not in above
            assert above.isdisjoint(node.inputs)
    fresh = {i for node in plan.nodes for i in node.inputs if isinstance(index[i].operator, p.Message)}
    assert fresh.isdisjoint(above)


def test_a_condition_on_what_is_worked_out_by_several_steps_is_asked_by_its_level_as_well() -> None:
    plan = compile_program(
        PROGRAM + 'rule odd for Fridge { when door == (temp > 8 degC) and door do { alert "{id}" } }\n'
    )
    rules = {n.id for n in plan.nodes if isinstance(n.operator, p.Rule | p.Action) if "odd" in str(n.operator)}
    index = {node.id: node for node in plan.nodes}
    (rule,) = (id_ for id_ in rules if isinstance(index[id_].operator, p.Rule))
    conditions = {i for i in index[rule].inputs if isinstance(index[i].operator, p.Map)}
    conditions |= {i for one in conditions for i in index[one].inputs if isinstance(index[i].operator, p.Map)}
    crossing = cut(plan, rules | conditions).crossing
    assert crossing
    assert all(one.changes for one in crossing if one.event is False and one.type == "bool")


def test_a_latched_rule_above_is_acknowledged_there() -> None:
    plan = compile_program(PROGRAM.replace("when temp > 8 degC for 30 s", "when temp > 8 degC for 30 s settle latched"))
    execution = Partitioned(cut(plan, highest(plan)), {"oslo": Link()})
    inputs: list[tuple[int, Input]] = [
        (0, Message("Fridge", "f1", 0, {"site": "oslo", "temp": 9.0})),
        (1, Message("Fridge", "f1", 20 * S, {"temp": 9.0})),
        (2, Message("Fridge", "f1", 40 * S, {"temp": 5.0})),
        (3, Mark("Fridge", "f1", 60 * S)),
    ]
    outputs = execution.feed("oslo", lambda engine: batch_of(engine, inputs))
    outputs += execution.advance(60 * S)
    outputs += execution.acknowledge("hot", ("f1",), 60 * S)
    assert [o.what for o in outputs if isinstance(o, Life) and o.rule == "hot"] == ["raised", "cleared"]
