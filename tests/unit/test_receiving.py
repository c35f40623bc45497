"""What comes up is taken whole or not at all, and of no more devices than there may be."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from headgate.runtime.admitted import Message, batch_of
from headgate.runtime.edge.cutting import cut, highest
from headgate.runtime.edge.links import Link
from headgate.runtime.edge.partitioned import Partitioned
from headgate.runtime.edge.receiving import Receiver
from headgate.runtime.edge.shipping import Packet
from headgate.runtime.edge.wire import WireError
from headgate.runtime.engine import Engine
from headgate.runtime.output import Alerted, Output
from headgate.runtime.state import save
from headgate.runtime.testing.executors import S, compile_program

PROGRAM = """module cold
device Fridge max 3 {
    property  site: text
    telemetry temp: degC in -40..60
}
rule hot for Fridge { when temp > 8 degC for 10 s  do { alert "{id} at {site}" } }
"""
PLAN = compile_program(PROGRAM)
PARTS = cut(PLAN, highest(PLAN))


def test_devices_beyond_max_are_refused_above_though_each_gateway_has_room_for_its_own() -> None:
    execution = Partitioned(PARTS, {"oslo": Link(), "bergen": Link()})
    fleet = {"a": "oslo", "b": "oslo", "c": "bergen", "d": "bergen", "e": "bergen"}
    outputs: list[Output] = []
    for second in (0, 5, 20):
        for seq, (id_, site) in enumerate(fleet.items(), 5 * second):
            message = Message("Fridge", id_, second * S, {"site": site, "temp": 9.0})
            outputs += execution.feed(site, partial(batch_of, inputs=[(seq, message)]))
        outputs += execution.advance(second * S)
    outputs += execution.end()
    assert [one.message for one in outputs if isinstance(one, Alerted)] == ["a at oslo", "b at oslo", "c at bergen"]
    assert list(execution.above.names_of("Fridge")) == [("a",), ("b",), ("c",)]
    # Three messages of `d` and of `e`.
    assert execution.above.counters.dropped == {"too_many_devices": 6}


def shipped() -> Packet:
    """The first packet of a gateway."""
    gateway = Partitioned(PARTS, {"oslo": Link()}).gateways["oslo"]
    gateway.engine.feed(batch_of(gateway.engine, [(0, Message("Fridge", "a", 0, {"site": "oslo", "temp": 9.0}))]))
    packet = gateway.packed()
    assert packet is not None
    return packet


PACKET = shipped()
SHEET = PACKET.sheets["Fridge"]
TOLD = {one.type: SHEET.told[one.node] for one in PARTS.crossing}
NODES = {one.type: one.node for one in PARTS.crossing}


def telling(node: str, **changed: np.ndarray) -> Packet:
    """The packet with other words about a node."""
    told = replace(SHEET.told[node], **changed)
    return replace(PACKET, sheets={"Fridge": replace(SHEET, told={**SHEET.told, node: told})})


@pytest.mark.parametrize(
    "packet, said",
    [
        (replace(PACKET, sheets={"Oven": SHEET}), "is of `Oven`, which does not come up"),
        (replace(PACKET, names={"Oven": (("a",),)}), "is of `Oven`, which does not come up"),
        (replace(PACKET, names={"Fridge": (("a", "b"),)}), "names a key of `Fridge` as none can be named"),
        (replace(PACKET, names={}), "uses a key of `Fridge` that it has not named"),
        (replace(PACKET, texts=()), "uses a text that it has not told"),
        (
            replace(PACKET, sheets={"Fridge": replace(SHEET, told={"n1": TOLD["text"]})}),
            "tells node n1 on `Fridge`, which does not come up",
        ),
        (telling(NODES["text"], values=np.array([-1], dtype=np.int32)), "uses a text that it has not told"),
        (telling(NODES["text"], values=np.array([0.5])), "as float64, but it is a text"),
        (telling(NODES["text"], values=np.zeros((1, 2), dtype=np.int32)), "other parts of node"),
    ],
)
def test_a_packet_that_does_not_fit_is_refused_and_nothing_of_it_is_taken(packet: Packet, said: str) -> None:
    receiver = Receiver(Engine(PARTS.above), PARTS, ["oslo", "bergen"])
    before = save(receiver)
    with pytest.raises(WireError, match=said):
        receiver.take([("oslo", PACKET), ("bergen", packet)])
    assert save(receiver) == before
    assert list(receiver.engine.names_of("Fridge")) == []
    receiver.take([("oslo", PACKET)])
    assert list(receiver.engine.names_of("Fridge")) == [("a",)]
