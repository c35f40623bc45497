"""Windows over groups that span gateways: each gateway works out its part, and the total is that of the whole."""

from collections.abc import Collection, Sequence
from functools import partial

import numpy as np
import pytest

from headgate.compiler import plan as p
from headgate.compiler.document import dump, load
from headgate.runtime.admitted import Input, Mark, Message, batch_of
from headgate.runtime.edge.cutting import CutError, Parts, cut, highest
from headgate.runtime.edge.links import Link
from headgate.runtime.edge.partitioned import Partitioned
from headgate.runtime.edge.receiving import Receiver
from headgate.runtime.edge.shipping import Packet, Sheet, Told
from headgate.runtime.edge.splitting import can_split, partial_id
from headgate.runtime.edge.wire import Wire, WireError
from headgate.runtime.engine import Engine
from headgate.runtime.output import Output, Signalled
from headgate.runtime.testing.differences import by_subject_differences
from headgate.runtime.testing.executors import S, compile_program, on_engine

PROGRAM = """module cold
device Fridge {
    property  site: text
    property  region: text
    property  model: text
    telemetry temp: degC every 10 s
    telemetry door: bool
    lateness  5 s
    idle after 30 s
}
signal usual  by region = mean(Fridge.temp over 1 min every 10 s)
signal uneven by region = stddev(Fridge.temp where Fridge.door over 1 min every 10 s)
signal opened by region = count(Fridge.door over 20 s every 20 s)
signal newest           = last(Fridge.temp over 20 s every 20 s)
signal middle by region = median(Fridge.temp over 20 s every 20 s)
signal common by region = mode(Fridge.model over 20 s every 20 s)
rule warm by region { when usual > 5 degC for 20 s do { alert "{region}: {usual}" } }
"""
PLAN = compile_program(PROGRAM)
INDEX = {node.id: node for node in PLAN.nodes}
GROUPS = {timeline.id for timeline in PLAN.timelines if timeline.kind == "group"}
ABOVE = {node.id for node in PLAN.nodes if node.timeline in GROUPS}
ABLE = {node.id for node in PLAN.nodes if can_split(node, INDEX)}
SITES = {"a": "oslo", "b": "bergen", "c": "oslo", "d": "bergen"}


def inputs() -> list[Input]:
    found: list[Input] = []
    for id_, site in SITES.items():
        properties = {"site": site, "region": "north" if id_ < "d" else "south", "model": id_}
        found += [Message("Fridge", id_, 0, properties), Mark("Fridge", id_, 6 * S)]
    for step in range(1, 20):
        for number, id_ in enumerate(SITES):
            fields = {"temp": 3.0 + (7 * step + 3 * number) % 16 / 4, "door": (step + number) % 3 == 0}
            found.append(Message("Fridge", id_, (10 * step + number) * S, fields))
    return found


def in_parts(parts: Parts, every: Sequence[Input], links: dict[str, Link[bytes]], ship_every_s: int) -> list[Output]:
    execution = Partitioned(parts, links, ship_every_s * S)
    outputs: list[Output] = []
    for seq, one in enumerate(every):
        outputs += execution.advance(one.time)
        assert isinstance(one, Message | Mark)
        outputs += execution.feed(SITES[one.id], partial(batch_of, inputs=[(seq, one)]))
    return outputs + execution.end()


def links(down_s: tuple[int, int] | None = None) -> dict[str, Link[bytes]]:
    cuts = [] if down_s is None else [(down_s[0] * S, down_s[1] * S)]
    return {"oslo": Link(2 * S), "bergen": Link(cuts=cuts)}


@pytest.mark.parametrize("ship_every_s", [0, 25])
@pytest.mark.parametrize("down_s", [None, (40, 150)])
@pytest.mark.parametrize("split", [set(), ABLE, set(sorted(ABLE)[:1]), set(sorted(ABLE)[1:])])
def test_what_is_worked_out_in_parts_is_what_the_whole_is(
    split: Collection[str], down_s: tuple[int, int] | None, ship_every_s: int
) -> None:
    expected = on_engine(PLAN, inputs(), sizes=[5]).outputs
    assert {output.name for output in expected if isinstance(output, Signalled)} == {
        "usual", "uneven", "opened", "newest", "middle", "common",
    }  # fmt: skip
    got = in_parts(cut(PLAN, ABOVE, split), inputs(), links(down_s), ship_every_s)
    assert not by_subject_differences(expected, got)


def test_a_sample_that_comes_when_its_slice_was_sent_is_sent_by_itself() -> None:
    # `c` is idle when the others go on, and then tells of before; windows that are open hold it.
    told = [one for one in inputs() if isinstance(one, Message | Mark)]
    every: list[Input] = [one for one in told if one.id == "a" or (one.id == "c" and one.time < 30 * S)]
    late = Message("Fridge", "c", 65 * S, {"temp": 20.0})
    every.insert(next(i for i, one in enumerate(every) if one.time > 100 * S), late)
    every.insert(every.index(late) + 1, Mark("Fridge", "c", 71 * S))
    whole = on_engine(PLAN, every)
    assert whole.counters.dropped["late_sample"]
    got = in_parts(cut(PLAN, ABOVE, ABLE), every, {"oslo": Link()}, 0)
    assert not by_subject_differences(whole.outputs, got)


def test_both_parts_are_plans_and_what_goes_up_are_no_samples() -> None:
    plan = compile_program(
        "\n".join(line for line in PROGRAM.splitlines() if "middle" not in line and "mode" not in line)
    )
    index = {node.id: node for node in plan.nodes}
    above = {node.id for node in plan.nodes if node.timeline in GROUPS}
    able = {node.id for node in plan.nodes if can_split(node, index)}
    parts = cut(plan, above, able)
    assert load(dump(parts.below)) == parts.below
    assert load(dump(parts.above)) == parts.above
    assert {one.node for one in parts.crossing} == {partial_id(id_) for id_ in able}
    assert not [timeline for timeline in parts.timelines if timeline.startswith("Fridge")]


def test_tables_of_values_and_texts_are_not_worked_out_in_parts() -> None:
    slices = {node.id: node.operator for node in PLAN.nodes if isinstance(node.operator, p.Slices)}
    for id_ in slices.keys() - ABLE:
        with pytest.raises(CutError, match="cannot be worked out in parts"):
            cut(PLAN, ABOVE, {id_})
    assert len(slices.keys() - ABLE) == 2
    with pytest.raises(CutError, match="cannot be worked out in parts"):
        cut(PLAN, (), {min(ABLE)})


def test_what_is_worked_out_in_parts_uses_nothing_from_above() -> None:
    plan = compile_program(PROGRAM.replace("where Fridge.door", "where Fridge.temp > 3 degC"))
    index = {node.id: node for node in plan.nodes}
    able = {node.id for node in plan.nodes if can_split(node, index)}
    with pytest.raises(CutError, match=r"cannot be worked out in parts: it uses .*, which is above"):
        cut(plan, highest(plan), able)


def test_rows_of_parts_come_back_from_the_wire_as_they_were() -> None:
    numbers = np.array([[3.0, 12.25, -0.0], [1.0, 1 / 3, np.nan]])
    times = np.array([[1_711_839_590_000_000_000], [7]])
    rows = np.concatenate([numbers.view(np.int64), times], axis=1)
    every = np.arange(2)
    one = Told(every, every, every >= 0, every >= 0, rows, every >= 0)
    count = Told(every, every, every >= 0, every >= 0, rows[:, :1], every >= 0)
    sheet = Sheet(every, every.astype(np.int32), every, every >= 0, None, {"rows": one, "count": count})
    got = Wire().decode(Wire().encode(Packet({"by region": sheet}, {}, (), 0))).sheets["by region"].told
    assert (got["rows"].values == rows).all()
    assert (got["count"].values == rows[:, :1]).all()


def test_a_packet_with_other_parts_than_were_asked_for_is_refused() -> None:
    parts = cut(PLAN, ABOVE, ABLE)
    crossing = next(one for one in parts.crossing if one.parts)
    one = np.zeros(1, dtype=np.int64)
    told = Told(one, one, one == 0, one == 0, np.zeros((1, 9), dtype=np.int64), one == 0)
    sheet = Sheet(one, one.astype(np.int32), one, one == 0, None, {crossing.node: told})
    packet = Packet({crossing.timeline: sheet}, {crossing.timeline: (("north",),)}, (), 0)
    with pytest.raises(WireError, match="tells other parts"):
        Receiver(Engine(parts.above), parts, ["oslo"]).take([("oslo", packet)])
