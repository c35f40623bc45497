"""Where a node is worked out changes no result: a plan in parts, joined by links, gives what the whole gives."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import networkx as nx
import pytest
from hypothesis import assume, given, note
from hypothesis import strategies as st

from headgate.compiler.plan import Plan
from headgate.runtime.admitted import Acknowledge, Input, Mark, MarkAll, Message, Numbered, batch_of, batches
from headgate.runtime.edge.cutting import COPIED, Parts, bonds, cut, is_maker, stays_below
from headgate.runtime.edge.links import Link
from headgate.runtime.edge.partitioned import Partitioned
from headgate.runtime.edge.splitting import can_split
from headgate.runtime.output import Output
from headgate.runtime.testing.differences import by_subject_differences
from headgate.runtime.testing.executors import S, on_engine
from headgate.tests.property.spanning import spanning_programs
from headgate.tests.property.strategies import BEGIN, Program, inputs_of, programs

Draw = st.DrawFn


def cut_somewhere(draw: Callable[[st.SearchStrategy[Any]], Any], plan: Plan, spanning: bool) -> Parts:
    """A plan cut somewhere; with `spanning`, groups that are not by site are made above, as they have to be."""
    together = nx.Graph()
    together.add_nodes_from(node.id for node in plan.nodes if not isinstance(node.operator, COPIED))
    together.add_edges_from(bonds(plan))
    component = {id_: place for place, ids in enumerate(nx.connected_components(together)) for id_ in ids}
    uses = nx.DiGraph()
    uses.add_nodes_from(component.values())
    for node in plan.nodes:
        inputs = [i for i in node.inputs if i in component] if node.id in component else []
        uses.add_edges_from((component[node.id], component[i]) for i in inputs)
    span = {component[id_] for id_ in spanning_makers(plan)} if spanning else set()
    free = [one for one in uses if span.isdisjoint({one, *nx.descendants(uses, one)})]
    below = {component[id_] for id_ in stays_below(plan)}
    below |= draw(st.sets(st.sampled_from(free))) if free else set()
    for one in sorted(below):
        below |= nx.descendants(uses, one)
    assume(span.isdisjoint(below))
    above = {id_ for id_, place in component.items() if place not in below}
    index = {node.id: node for node in plan.nodes}
    able = [id_ for id_ in sorted(above) if can_split(index[id_], index) and above.isdisjoint(index[id_].inputs)]
    return cut(plan, above, draw(st.sets(st.sampled_from(able))) if able else ())


def spanning_makers(plan: Plan) -> Iterator[str]:
    """What makes groups that have members at more than one gateway, where gateways are by site."""
    index = {node.id: node for node in plan.nodes}
    groups = {timeline.id for timeline in plan.timelines if timeline.kind == "group" and "site" not in timeline.keys}
    return (node.id for node in plan.nodes if node.timeline in groups and is_maker(node, index))


def in_parts(
    parts: Parts, inputs: Sequence[Input], sizes: Sequence[int], links: dict[str, Link[bytes]], ship_every_ns: int
) -> list[Output]:
    """The inputs in batches, each device's at its gateway; one second of the links' time passes with every batch."""
    execution = Partitioned(parts, links, ship_every_ns)
    outputs: list[Output] = []
    waiting: dict[str, list[Numbered]] = {}

    def fed() -> Iterator[Output]:
        for name, mine in waiting.items():
            yield from execution.feed(name, partial(batch_of, inputs=mine))
        waiting.clear()

    for time, batch in enumerate(batches(inputs, sizes)):
        outputs += execution.advance(time * S)
        for seq, one in batch:
            match one:
                case MarkAll(moment):
                    outputs += [*fed(), *execution.mark_all(moment)]
                case Acknowledge(rule, key, moment):
                    outputs += [*fed(), *execution.catch_up(), *execution.acknowledge(rule, key, moment)]
                case _:
                    waiting.setdefault(attached(one.id, links), []).append((seq, one))
        outputs += fed()
    return outputs + execution.end()


def attached(id_: str, links: dict[str, Link[bytes]]) -> str:
    return "west" if len(links) == 1 or id_ in "ab" else "east"


@st.composite
def links_of(draw: Draw, names: Sequence[str]) -> dict[str, Link[bytes]]:
    found: dict[str, Link[bytes]] = {}
    for name in names:
        moments = sorted(draw(st.sets(st.integers(0, 40), max_size=4)))
        pairs = list(zip(moments[::2], moments[1::2], strict=False))
        found[name] = Link(draw(st.integers(0, 5)) * S, [(a * S, b * S) for a, b in pairs])
    return found


@pytest.mark.parametrize("gateways", [("west",), ("west", "east")])
@given(st.data())
def test_parts_give_what_the_whole_gives_wherever_it_is_cut_and_whatever_the_links_do(
    gateways: tuple[str, ...], data: st.DataObject
) -> None:
    check_in_parts(data, data.draw(programs()), gateways)


@given(st.data())
def test_windows_over_groups_that_span_gateways_are_worked_out_in_parts_or_not(data: st.DataObject) -> None:
    check_in_parts(data, data.draw(spanning_programs()), ("west", "east"))


def check_in_parts(data: st.DataObject, program: Program, gateways: Sequence[str]) -> None:
    """A program, cut somewhere, against the whole of it, over links with faults."""
    # Nobody is idle: beyond a link that is known later. And how many devices there may be, each gateway counts.
    devices = tuple(dataclasses.replace(d, idle_ns=7200 * S, maximum=None) for d in program.plan.devices)
    plan = dataclasses.replace(program.plan, devices=devices)
    note(program.text)
    parts = cut_somewhere(data.draw, plan, spanning=len(gateways) > 1)
    note("in parts: " + ", ".join(str(one) for one in parts.crossing if one.parts))
    note("above: " + ", ".join(f"{type(n.operator).__name__} {n.id} {n.timeline}" for n in parts.above.nodes))
    # All belong to their groups from the beginning: whose samples would be too late is chance.
    everybody = [(device.name, id_) for device in plan.devices for id_ in "abcd"]
    inputs: list[Input] = [
        Message(name, id_, BEGIN - 20 * S, {"site": "u" if id_ in "ab" else "v", "floor": "1" if id_ in "abc" else "2"})
        for name, id_ in everybody
    ]
    inputs += [Mark(name, id_, BEGIN) for name, id_ in everybody]
    inputs += data.draw(inputs_of(program))
    sizes = data.draw(st.lists(st.integers(1, 8), min_size=1, max_size=6))
    got = in_parts(parts, inputs, sizes, data.draw(links_of(gateways)), data.draw(st.integers(0, 5)) * S)
    assert not by_subject_differences(on_engine(plan, inputs, sizes=sizes).outputs, got)
