"""A plan in parts at work: several gateways, frames for several batches, acknowledgements, the end; one by one."""

import json
from collections.abc import Collection, Sequence
from functools import partial

import pytest

from headgate.compiler import plan as p
from headgate.runtime.admitted import Acknowledge, Input, Mark, MarkAll, Message, batch_of, fed
from headgate.runtime.edge import wire
from headgate.runtime.edge.cutting import cut, highest
from headgate.runtime.edge.links import Link
from headgate.runtime.edge.partitioned import Partitioned
from headgate.runtime.edge.vocabulary import vocabulary
from headgate.runtime.edge.wire import Wire
from headgate.runtime.engine import Engine
from headgate.runtime.output import Alerted, Life, Output
from headgate.runtime.testing.differences import by_subject_differences
from headgate.runtime.testing.executors import S, compile_program

PROGRAM = """module cold
device Fridge {
    property  site: text
    telemetry temp: degC every 10 s stale after 5 min
    telemetry door: bool
    command   siren(on: bool) { idempotent  ack within 2 s }
    lateness  5 s
}
signal warm by site = mean(Fridge.temp)
signal usual for Fridge = mean(temp over 1 min every 1 min)
pattern left_open for Fridge = door becomes true as opened then temp > opened.temp + 2 K within 5 min
rule opened for Fridge { when door becomes true do { alert "{id} of {site}" } }
rule ajar for Fridge { when left_open do { emit noticed(by: "{id}", since: opened.temp) } }
rule hot for Fridge {
    when temp > 8 degC for 30 s
    latched
    do { send siren(on: true)  run cool() }
}
rule often_hot for Fridge { when usual > 8 degC do { alert "{id}" } }
rule warm_site by site { when warm > 6 degC for 20 s latched do { alert "{site}" } }
procedure cool() for Fridge { step quiet { send siren(on: false) } }
"""
ROOMS = """
device Room { property site: text  telemetry humidity: percent every 10 s }
rule damp for Room { when humidity > 80 % do { alert "{id}" } }
rule named for Fridge { when id == "a" do { alert "{id}" } }
"""
PLAN = compile_program(PROGRAM)
INPUTS: list[Input] = [
    Message("Fridge", "a", 0, {"site": "oslo", "temp": 4.0, "door": False}),
    Message("Fridge", "b", 0, {"site": "bergen", "temp": 4.0, "door": False}),
    Message("Fridge", "a", 10 * S, {"temp": 4.0, "door": True}),
    Message("Fridge", "b", 12 * S, {"temp": 5.0}),
    Message("Fridge", "a", 20 * S, {"temp": 9.0}),
    Message("Fridge", "a", 30 * S, {"temp": 9.5, "door": False}),
    MarkAll(60 * S),
    Acknowledge("hot", ("a",), 60 * S),
    Message("Fridge", "a", 70 * S, {"temp": 3.0, "door": True}),
    Message("Fridge", "b", 70 * S, {"temp": 8.5, "door": True}),
    Acknowledge("warm_site", ("oslo",), 71 * S),
    Message("Fridge", "a", 90 * S, {"temp": 7.0}),
    Mark("Fridge", "b", 150 * S),
    MarkAll(200 * S),
]
GATEWAYS = {"a": "oslo", "b": "bergen"}


def rules_above() -> set[str]:
    """Rules and what they do; conditions, events and windows stay below, and so does what speaks of a pattern's."""
    named = {
        node.id: node.operator.name if isinstance(node.operator, p.Rule) else node.operator.rule
        for node in PLAN.nodes
        if isinstance(node.operator, p.Rule | p.Action)
    }
    return {id_ for id_, name in named.items() if name != "ajar"}


def groups_above() -> set[str]:
    """Groups; devices stay below."""
    groups = {timeline.id for timeline in PLAN.timelines if timeline.kind == "group"}
    return {node.id for node in PLAN.nodes if node.timeline in groups}


CUTS = {"rules": rules_above(), "groups": groups_above(), "all": highest(PLAN), "nothing": set[str]()}


def in_parts(
    above: Collection[str], inputs: Sequence[Input], every_ns: int = 0, delay_ns: int = 0, *, anew: bool = False
) -> tuple[Partitioned, list[Output]]:
    """The inputs at their gateways, over links that are never down; `anew`: before each input all is stopped, and begun
    anew from its checkpoint."""
    parts = cut(PLAN, above)

    def begun() -> Partitioned:
        return Partitioned(parts, {"oslo": Link(delay_ns), "bergen": Link(delay_ns)}, every_ns)

    execution = begun()
    outputs: list[Output] = []
    for seq, one in enumerate(inputs):
        if anew:
            state = execution.checkpoint()
            execution = begun()
            execution.restore(state)
        outputs += execution.advance(one.time)
        match one:
            case MarkAll(time):
                outputs += execution.mark_all(time)
            case Acknowledge(rule, key, time):
                outputs += execution.catch_up()
                outputs += execution.acknowledge(rule, key, time)
            case Message() | Mark():
                outputs += execution.feed(GATEWAYS[one.id], partial(batch_of, inputs=[(seq, one)]))
    return execution, outputs + execution.end()


def whole() -> list[Output]:
    engine = Engine(PLAN)
    outputs = [output for entry in enumerate(INPUTS) for output in fed(engine, [entry])]
    return [*outputs, *engine.end()]


@pytest.mark.parametrize("ship_every_ns", [0, 45 * S, 3600 * S])
@pytest.mark.parametrize("above", CUTS)
def test_two_gateways_say_what_one_engine_says_however_seldom_they_ship(above: str, ship_every_ns: int) -> None:
    expected = whole()
    kinds = {type(output).__name__ for output in expected}
    assert kinds >= {"Life", "Alerted", "Emitted", "Sent", "Started", "Matched"}
    _, outputs = in_parts(CUTS[above], INPUTS, ship_every_ns)
    assert not by_subject_differences(expected, outputs)


@pytest.mark.parametrize("ship_every_ns, delay_ns", [(0, 0), (0, 15 * S), (45 * S, 0)])
@pytest.mark.parametrize("above", CUTS)
def test_what_waits_at_gateways_and_on_links_survives_a_stop_at_any_moment(
    above: str, ship_every_ns: int, delay_ns: int
) -> None:
    stopped, outputs = in_parts(CUTS[above], INPUTS, ship_every_ns, delay_ns, anew=True)
    assert not by_subject_differences(whole(), outputs)
    through, _ = in_parts(CUTS[above], INPUTS, ship_every_ns, delay_ns)
    assert [gateway.bytes_sent for gateway in stopped.gateways.values()] == [
        gateway.bytes_sent for gateway in through.gateways.values()
    ]


def test_what_arrives_first_is_taken_first_whoever_sent_it() -> None:
    execution = Partitioned(cut(PLAN, CUTS["rules"]), {"oslo": Link(30 * S), "bergen": Link(10 * S)})
    for seq, (id_, time, door) in enumerate([("a", 0, False), ("b", 0, False), ("a", S, True), ("b", S, True)]):
        message = Message("Fridge", id_, time, {"site": GATEWAYS[id_], "door": door})
        execution.feed(GATEWAYS[id_], partial(batch_of, inputs=[(seq, message)]))
    alerts = [output.key for output in execution.advance(60 * S) if isinstance(output, Alerted)]
    assert alerts == [("b",), ("a",)]


def test_one_frame_for_many_batches_is_smaller_than_many_frames() -> None:
    sent = []
    for ship_every_ns in (0, 60 * S):
        execution, _ = in_parts(CUTS["rules"], INPUTS, ship_every_ns)
        sent.append(sum(gateway.bytes_sent for gateway in execution.gateways.values()))
    assert sent[1] < sent[0]


@pytest.mark.parametrize("values_max, size_max", [(64, 2**20), (2**20, 1000)])
@pytest.mark.parametrize("above", CUTS)
def test_what_is_too_large_for_one_frame_goes_up_in_several(
    above: str, values_max: int, size_max: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "VALUES_MAX", values_max)
    monkeypatch.setattr(wire, "SIZE_MAX", size_max)
    _, outputs = in_parts(CUTS[above], INPUTS, 3600 * S)
    assert not by_subject_differences(whole(), outputs)


def test_an_acknowledgement_reaches_its_rule_wherever_that_is() -> None:
    for above in ("nothing", "groups", "all"):
        _, outputs = in_parts(CUTS[above], INPUTS)
        cleared = {(o.rule, o.key) for o in outputs if isinstance(o, Life) and o.what == "cleared"}
        assert ("warm_site", ("oslo",)) in cleared


def test_those_above_are_told_what_a_gateway_decides() -> None:
    execution = Partitioned(cut(PLAN, CUTS["groups"]), {"oslo": Link()})
    gateway = execution.gateways["oslo"]
    inputs = [Message("Fridge", "a", 0, {"site": "oslo", "door": False}), Message("Fridge", "a", S, {"door": True})]
    outputs = execution.feed("oslo", lambda engine: batch_of(engine, list(enumerate(inputs))))
    assert [output.message for output in outputs if isinstance(output, Alerted)] == ["a of oslo"]
    ((_, frame),) = gateway.link.arrived(None)
    said = [json.loads(line) for line in gateway.wire.decode(frame).said]
    assert [line["message"] for line in said if line["what"] == "alert"] == ["a of oslo"]


def test_where_nothing_stands_above_only_decisions_go_up() -> None:
    execution = Partitioned(cut(PLAN, ()), {"oslo": Link()})
    quiet = [Message("Fridge", "a", 0, {"site": "oslo", "temp": 4.0, "door": False})]
    execution.feed("oslo", lambda engine: batch_of(engine, list(enumerate(quiet))))
    assert execution.gateways["oslo"].bytes_sent == 0
    louder = [Message("Fridge", "a", S, {"door": True})]
    execution.feed("oslo", lambda engine: batch_of(engine, list(enumerate(louder, start=1))))
    assert execution.gateways["oslo"].bytes_sent > 0
    assert not [output for output in execution.end() if isinstance(output, Alerted)]


def test_that_time_goes_on_is_told_only_where_something_above_waits_for_it() -> None:
    asks = 'rule warmer for Fridge { when temp > 5 degC do { alert "{id}" } }\n'
    waits = 'rule warm_long for Fridge { when temp > 5 degC cooldown 10 min do { alert "{id}" } }\n'
    plan = compile_program(PROGRAM + asks + waits)
    for name, told in (("warmer", 0), ("warm_long", 2)):
        rules = (p.Rule, p.Action)
        above = {n.id for n in plan.nodes if isinstance(n.operator, rules) and f"'{name}'" in str(n.operator)}
        execution = Partitioned(cut(plan, above), {"oslo": Link()})
        gateway = execution.gateways["oslo"]
        inputs = [Message("Fridge", "a", time * 10 * S, {"temp": 4.0}) for time in range(3)]
        for entry in enumerate(inputs):
            execution.feed("oslo", partial(batch_of, inputs=[entry]))
        frames = [gateway.wire.decode(frame) for _, frame in gateway.link.arrived(None)]
        assert len(frames) == 1 + told
        assert frames[0].names == {"Fridge": (("a",),)}
        assert all(packet.sheets["Fridge"].event.tolist() == [False] for packet in frames[1:])


def test_what_each_gateway_knows_is_told_for_groups_even_of_devices_that_matter_to_nobody_above() -> None:
    plan = compile_program(PROGRAM + ROOMS)
    above = {n.id for n in plan.nodes if n.timeline == "by site"}
    above |= {n.id for n in plan.nodes if isinstance(n.operator, p.Rule | p.Action) and "damp" in str(n.operator)}
    execution = Partitioned(cut(plan, above), {"oslo": Link(), "bergen": Link()})
    inputs = [
        ("oslo", Message("Fridge", "a", 0, {"site": "oslo", "temp": 9.0})),
        ("bergen", Message("Room", "r", 0, {"site": "bergen", "humidity": 20.0})),
        ("bergen", Message("Room", "r", 60 * S, {"humidity": 20.0})),
        ("oslo", Message("Fridge", "a", 60 * S, {"temp": 9.0})),
    ]
    outputs: list[Output] = []
    for seq, (gateway, one) in enumerate(inputs):
        outputs += execution.feed(gateway, partial(batch_of, inputs=[(seq, one)]))
        outputs += execution.advance(one.time)
    told = [(o.rule, o.time) for o in outputs if isinstance(o, Alerted)]
    assert told == [("named", 0), ("warm_site", 20 * S)]


def test_both_ends_know_the_words_of_what_can_be_decided_so_that_these_need_not_be_sent() -> None:
    parts = cut(PLAN, CUTS["groups"])
    words = vocabulary(parts)
    for word in ("opened", "left_open", "noticed", "siren", "cool", *parts.timelines):
        assert word.encode() in words
    assert b"warm_site" not in words
    execution = Partitioned(parts, {"oslo": Link()})
    inputs = [Message("Fridge", "a", 0, {"site": "oslo", "door": False}), Message("Fridge", "a", S, {"door": True})]
    execution.feed("oslo", lambda engine: batch_of(engine, list(enumerate(inputs))))
    ((_, frame),) = execution.gateways["oslo"].link.arrived(None)
    assert len(frame) < 0.7 * len(Wire().encode(execution.wire.decode(frame)))


def test_both_ends_know_the_words_of_what_flaps_and_of_a_property_that_is_set() -> None:
    text = PROGRAM.replace("    property  site: text\n", "    property  site: text\n    property  goal: int writable\n")
    colder = "rule colder for Fridge { when temp > 8 degC  until temp < 7 degC  do { set goal = 3 } }\n"
    words = vocabulary(cut(compile_program(text + colder.replace("  do {", "  flapping above 3 in 1 min  do {")), ()))
    assert b'"property":"goal"' in words
    assert b"flapping" in words


def test_devices_of_a_type_may_say_nothing_while_others_do() -> None:
    plan = compile_program(PROGRAM + ROOMS)
    named = {n.id: str(n.operator) for n in plan.nodes if isinstance(n.operator, p.Rule | p.Action)}
    above = {id_ for id_, operator in named.items() if "damp" in operator or "named" in operator}
    execution = Partitioned(cut(plan, above), {"oslo": Link()})
    inputs = [Message("Fridge", "a", 0, {"site": "oslo"}), Message("Room", "r", S, {"humidity": 90.0})]
    outputs: list[Output] = []
    for entry in enumerate(inputs):
        outputs += execution.feed("oslo", partial(batch_of, inputs=[entry]))
    outputs += execution.end()
    assert [(o.rule, o.key) for o in outputs if isinstance(o, Alerted)] == [("named", ("a",)), ("damp", ("r",))]


def test_what_is_always_so_is_told_of_each_key_once() -> None:
    always = 'rule always_so for Fridge { when abs(2) > 1 do { alert "{id}" } }\n'
    plan = compile_program(PROGRAM + always, passes=())
    above = {n.id for n in plan.nodes if isinstance(n.operator, p.Rule | p.Action) and "always_so" in str(n.operator)}
    execution = Partitioned(cut(plan, above), {"oslo": Link()})
    inputs = [Message("Fridge", "a", time * S, {"temp": 4.0}) for time in range(3)]
    outputs: list[Output] = []
    for entry in enumerate(inputs):
        outputs += execution.feed("oslo", partial(batch_of, inputs=[entry]))
    outputs += execution.end()
    assert [(o.rule, o.time) for o in outputs if isinstance(o, Alerted)] == [("always_so", 0)]
