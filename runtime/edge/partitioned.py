"""A plan in parts at work: an engine at each gateway, one above them, and a link between each and it.

It takes inputs and gives outputs as one engine with the whole plan would; what comes over links comes later.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..batch import Acknowledgement, Batch
from ..engine import Engine
from ..output import Output, Signalled
from ..results import to_line
from ..state import load, save
from .cutting import Parts
from .links import Link
from .receiving import Receiver
from .shipping import Packet, Shipper
from .vocabulary import vocabulary
from .wire import Wire


class Gateway:
    """The engine of the part below at one place, and its link. It ships at most every `ship_every_ns`."""

    def __init__(self, parts: Parts, link: Link[bytes], wire: Wire, ship_every_ns: int) -> None:
        self.engine = Engine(parts.below)
        self.shipper = Shipper(self.engine, parts)
        self.link = link
        self.wire = wire
        self.ship_every_ns = ship_every_ns
        self.shipped_ns = -ship_every_ns
        self.bytes_sent = 0
        self._said: list[bytes] = []

    def checkpoint(self) -> Any:
        """All that it and its link hold."""
        own = self.shipped_ns, self.bytes_sent, list(self._said)
        return self.engine.checkpoint(), save(self.shipper), list(self.shipper.packets), self.link.checkpoint(), own

    def restore(self, state: Any) -> None:
        """Go on from a checkpoint."""
        engine, shipper, packets, link, own = state
        self.engine.restore(engine)
        load(self.shipper, shipper)
        self.shipper.packets = list(packets)
        self.link.restore(link)
        self.shipped_ns, self.bytes_sent, said = own
        self._said = list(said)

    def take(self, outputs: Sequence[Output]) -> list[Output]:
        """What the engine has just given; those above are to know of its decisions."""
        self._said += [to_line(output) for output in outputs if not isinstance(output, Signalled)]
        return list(outputs)

    def ship(self, time: int, *, now: bool = False) -> None:
        """Send off what has come about, if it is time to, or in any case."""
        if not now and time - self.shipped_ns < self.ship_every_ns:
            return
        packet = self.packed()
        if packet is not None:
            self.shipped_ns = time
            for frame in self.wire.frames(packet):
                self.bytes_sent += len(frame)
                self.link.send(frame, time)

    def packed(self) -> Packet | None:
        """All that those above have not been sent yet."""
        packet = self.shipper.take()
        if self._said:
            packet = replace(packet or Packet({}, {}, (), self.shipper.clock), said=tuple(self._said))
            self._said.clear()
        return packet


class Partitioned:
    """Gateways and what is above them, under one clock."""

    def __init__(self, parts: Parts, links: Mapping[str, Link[bytes]], ship_every_ns: int = 0) -> None:
        self.parts = parts
        self.above = Engine(parts.above)
        self.receiver = Receiver(self.above, parts, list(links))
        self.wire = Wire(vocabulary(parts))
        self.gateways = {name: Gateway(parts, link, self.wire, ship_every_ns) for name, link in links.items()}
        self.now = 0

    def checkpoint(self) -> Any:
        """All that engines hold, and what is on its way; kept in memory, as long as this runs."""
        gateways = {name: gateway.checkpoint() for name, gateway in self.gateways.items()}
        return self.above.checkpoint(), save(self.receiver), gateways, self.now

    def restore(self, state: Any) -> None:
        """Go on from a checkpoint."""
        above, receiver, gateways, self.now = state
        self.above.restore(above)
        load(self.receiver, receiver)
        for name, gateway in self.gateways.items():
            gateway.restore(gateways[name])

    def next_arrival(self) -> int | None:
        """When something arrives above next; None: nothing is on its way."""
        times = [gateway.link.next_arrival() for gateway in self.gateways.values()]
        return min((time for time in times if time is not None), default=None)

    def feed(self, gateway: str, batch: Callable[[Engine], Batch]) -> list[Output]:
        """What comes at once of a batch that a gateway takes; `batch` makes it for its engine."""
        below = self.gateways[gateway]
        outputs = below.take(below.engine.feed(batch(below.engine)))
        below.ship(self.now)
        return outputs

    def mark_all(self, time: int) -> list[Output]:
        """A progress mark of all devices that gateways know."""
        outputs: list[Output] = []
        for gateway in self.gateways.values():
            gateway.shipper.clock = max(gateway.shipper.clock, time)
            outputs += gateway.take(gateway.engine.mark_all(time))
            gateway.ship(self.now)
        return outputs

    def acknowledge(self, rule: str, key: tuple[str, ...], time: int) -> list[Output]:
        """Acknowledge a rule, wherever it is."""
        outputs: list[Output] = []
        for gateway in self.gateways.values():
            if gateway.engine.has_rule(rule):
                outputs += gateway.take(gateway.engine.feed(_acknowledging(gateway.engine, rule, key, time)))
                gateway.ship(self.now)
        if self.above.has_rule(rule):
            outputs += self.above.feed(_acknowledging(self.above, rule, key, time))
        return outputs

    def advance(self, time: int) -> list[Output]:
        """What comes of all that has arrived above by a time (ns)."""
        self.now = max(self.now, time)
        return self._deliver(self.now)

    def catch_up(self) -> list[Output]:
        """What comes of all that is to be shipped or on its way, whenever it would arrive."""
        for gateway in self.gateways.values():
            gateway.ship(self.now, now=True)
        return self._deliver(None)

    def _deliver(self, until: int | None) -> list[Output]:
        arrived = [
            (when, name, frame)
            for name, gateway in self.gateways.items()
            for when, frame in gateway.link.arrived(until)
        ]
        outputs: list[Output] = []
        for _, name, frame in sorted(arrived, key=lambda one: one[0]):
            outputs += self.receiver.take([(name, self.wire.decode(frame))])
        return outputs

    def end(self) -> list[Output]:
        """No further input: what is on its way arrives, and all windows close."""
        outputs = self.catch_up()
        last: list[tuple[str, Packet]] = []
        for name, gateway in self.gateways.items():
            outputs += gateway.take(gateway.engine.end())
            packet = gateway.packed()
            last += [] if packet is None else [(name, packet)]
        return outputs + list(self.receiver.take(last))


def _acknowledging(engine: Engine, rule: str, key: tuple[str, ...], time: int) -> Batch:
    return Batch((), (Acknowledgement(engine.next_seq, rule, key, time),), engine.next_seq + 1)
