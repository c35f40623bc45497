"""What fleets of virtual devices report, as an engine is fed with it.

telemetry = Telemetry(engine, [fridges, pumps])
for outputs in telemetry.run(begin, begin + DAY, HOUR): ...
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ...stdlib.column import DTYPES, Column
from ..batch import Batch, Messages
from ..engine import Engine
from ..gathering import Outputs
from ..symbols import Codes, Symbols
from .fleet import Devices, Fleet, Reported
from .generators import Times


class Telemetry:
    """What fleets report, as an engine is fed with it: one fleet of each device type."""

    def __init__(self, engine: Engine, fleets: Sequence[Fleet]) -> None:
        """Registers the devices. Raises ValueError where the program has not these devices or fields, or fewer of
        them."""
        self.engine = engine
        self.devices = {fleet.device: Devices(fleet) for fleet in fleets}
        if len(self.devices) != len(fleets):
            raise ValueError("one fleet of each device type: what differs from device to device is in its arrays")
        self._types: dict[str, dict[str, str]] = {}
        for fleet in fleets:
            self._types[fleet.device] = self._fields(fleet)
            registry = engine.registries[fleet.device]
            if (registry.register(fleet.ids) < 0).any():
                raise ValueError(f"{len(fleet)} devices are more than `max` of `{fleet.device}` allows")
        self._keys = {fleet.device: engine.registries[fleet.device].register(fleet.ids) for fleet in fleets}

    def _fields(self, fleet: Fleet) -> dict[str, str]:
        """The types of the fields, by name."""
        device = next((one for one in self.engine.plan.devices if one.name == fleet.device), None)
        if device is None:
            raise ValueError(f"the program has no device `{fleet.device}`")
        types = {one.name: one.type.name for one in device.fields}
        unknown = [name for name in (*fleet.fields, *fleet.properties) if name not in types]
        if unknown:
            raise ValueError(f"`{fleet.device}` has no field `{unknown[0]}`")
        return {name: types[name] for name in (*fleet.fields, *fleet.properties)}

    def reports(self, start: int, end: int) -> dict[str, Reported]:
        """What each fleet reports from `start` until before `end`."""
        return {device: devices.reports(start, end) for device, devices in self.devices.items()}

    def batch(self, reports: Mapping[str, Reported]) -> Batch:
        """Reports as the engine is fed with them: in the order of their times."""
        parts = [one for one in reports.items() if len(one[1])]
        seqs = _sequence([one.time for _, one in parts])
        return Batch(
            tuple(
                self._messages(device, one, seq + self.engine.next_seq)
                for (device, one), seq in zip(parts, seqs, strict=True)
            )
        )

    def _messages(self, device: str, reported: Reported, seq: Times) -> Messages:
        types = self._types[device]
        fields = {
            name: _typed(column, types[name], reported.texts.get(name), self.engine.symbols)
            for name, column in reported.fields.items()
        }
        return Messages(device, seq, self._keys[device][reported.who], reported.time, fields)

    def run(self, start: int, end: int, span_ns: int) -> Iterator[Outputs]:
        """Feed the engine what is reported from `start` until before `end`, a span at a time, each with its mark."""
        for begin in range(start, end, span_ns):
            until = min(begin + span_ns, end)
            yield self.engine.feed(self.batch(self.reports(begin, until)))
            yield self.engine.mark_all(until)


def _sequence(times: Sequence[Times]) -> list[Times]:
    """The places of rows among those of all parts, by time; at one time the earlier part's come first."""
    if len(times) == 1:
        return [np.arange(len(times[0]), dtype=np.int64)]
    places = np.empty(sum(len(one) for one in times), dtype=np.int64)
    if len(times):
        places[np.argsort(np.concatenate(times), kind="stable")] = np.arange(len(places))
    return np.split(places, np.cumsum([len(one) for one in times])[:-1]) if len(times) else []


def _typed(column: Column, type_: str, texts: Sequence[str] | None, symbols: Symbols) -> Column:
    """As the engine stores this type; codes as the engine has them."""
    if texts is None:
        return Column(column.values.astype(DTYPES[type_], copy=False), column.known)
    codes: Codes = symbols.encode(texts)
    return Column(codes[column.values], column.known)
