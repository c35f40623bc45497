"""What comes up from the parts below, for the engine of the part above.

receiver = Receiver(engine, parts)
outputs = receiver.take([("oslo", packet)])
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...stdlib.column import DTYPES, Column, Values
from ...stdlib.parts import columns_of
from ..engine import Engine
from ..frame import Frame, Instants, Rows
from ..operators.received import Arrived
from ..output import Output
from ..symbols import REFUSED
from .cutting import Crossing, Parts, Spanned
from .shipping import Packet, Sheet, Told, only
from .wire import WireError


class Receiver:
    """Gives an engine what packets hold, in its own keys, texts and sequence numbers."""

    STATE = ("keys", "texts", "clocks", "groups")

    def __init__(self, engine: Engine, parts: Parts, senders: Sequence[str]) -> None:
        """`senders`: all there are. Until each has told how far it is, no group's time goes on."""
        self.engine = engine
        self.parts = parts
        self.clocks = dict.fromkeys(senders, -1)
        """By sender: how far its time is (ns)."""
        self.keys: dict[str, dict[str, list[int]]] = {}
        """By sender and timeline: the key here of each key there."""
        self.texts: dict[str, list[int]] = {}
        """By sender: the code here of each text's code there."""
        self.groups: dict[str, list[list[int]]] = {}
        """By timeline of gateways (`Parts.spanned`): of each key, in their order, the codes of the group's own key."""
        kinds = {timeline.id: timeline for timeline in parts.above.timelines}
        self._name_lengths = {t: 1 if kinds[t].kind == "device" else len(kinds[t].keys) for t in parts.timelines}
        self._crossing = {one.node: one for one in parts.crossing}

    def take(self, packets: Sequence[tuple[str, Packet]]) -> Sequence[Output]:
        """What comes of packets, one of each sender at most, taken as one batch. All or none of them end the input.

        Raises `WireError` where one does not fit what crosses here: then nothing of them is taken.
        """
        for sender, packet in packets:
            self._check(sender, packet)
        for sender, packet in packets:
            self._learn(sender, packet)
            self.clocks[sender] = max(self.clocks[sender], packet.clock)
        end = any(packet.ends for _, packet in packets)
        frames: dict[str, Frame] = {}
        arrived: dict[str, Arrived] = {}
        seqs = self._sequence([packet for _, packet in packets], end)
        for timeline in self.parts.timelines:
            sheets = [
                (sender, self._of_here(sender, timeline, packet.sheets[timeline]), seq)
                for (sender, packet), seq in zip(packets, seqs, strict=True)
                if timeline in packet.sheets
            ]
            if sheets:
                spanned = self.parts.spanned.get(timeline)
                frames[timeline if spanned is None else spanned.timeline] = self._join(timeline, sheets, arrived)
        return self.engine.receive(frames, arrived, min(self.clocks.values()), end=end) if frames else ()

    def _check(self, sender: str, packet: Packet) -> None:
        """Whether a packet speaks of what crosses here, and of nothing that its sender has not named."""
        strange = (packet.sheets.keys() | packet.names.keys()) - self._name_lengths.keys()
        if strange:
            raise WireError(f"a packet of {sender} is of `{min(strange)}`, which does not come up")
        texts = len(self.texts.get(sender, ())) + len(packet.texts)
        for timeline, names in packet.names.items():
            if any(len(name) != self._name_lengths[timeline] for name in names):
                raise WireError(f"a packet of {sender} names a key of `{timeline}` as none can be named")
        for timeline, sheet in packet.sheets.items():
            known = len(self.keys.get(sender, {}).get(timeline, ())) + len(packet.names.get(timeline, ()))
            if sheet.key.max(initial=-1) >= known:
                raise WireError(f"a packet of {sender} uses a key of `{timeline}` that it has not named")
            for node, told in sheet.told.items():
                one = self._crossing.get(node)
                if one is None or one.timeline != timeline:
                    raise WireError(f"a packet of {sender} tells node {node} on `{timeline}`, which does not come up")
                _check_values(sender, told, one, texts)

    def _learn(self, sender: str, packet: Packet) -> None:
        self.texts.setdefault(sender, []).extend(self.engine.symbols.code(text) for text in packet.texts)
        keys = self.keys.setdefault(sender, {})
        for timeline, names in packet.names.items():
            spanned = self.parts.spanned.get(timeline)
            known = keys.setdefault(timeline, [])
            if spanned is None:
                known.extend(self.engine.key_named(timeline, name) for name in names)
                continue
            # There a group of a gateway is a device of its own.
            known.extend(self.engine.key_named(spanned.timeline, (json.dumps([sender, *name]),)) for name in names)
            codes = self.groups.setdefault(spanned.timeline, [])
            # Both timelines of a domain have the same devices: the second finds them registered.
            for (gateway,) in self.engine.names_of(spanned.timeline)[len(codes) :]:
                codes.append([self.engine.symbols.code(text) for text in json.loads(gateway)[1:]])

    def _of_here(self, sender: str, timeline: str, sheet: Sheet) -> Sheet:
        """A sheet with the keys of here, without the rows of devices beyond `max`: each gateway has counted only its
        own. Those are counted."""
        keys = np.array(self.keys[sender][timeline], dtype=np.int32)
        sheet = replace(sheet, key=keys[sheet.key])
        admitted = sheet.key != REFUSED
        if admitted.all():
            return sheet
        self.engine.counters.dropped["too_many_devices"] += int(np.count_nonzero(~admitted[: sheet.end_row]))
        return only(sheet, admitted)

    def _sequence(self, packets: Sequence[Packet], end: bool) -> list[dict[int, int]]:
        """For each packet what its sequence numbers are here: they count on from packet to packet. The end is one."""
        found: list[dict[int, int]] = []
        seq = self.engine.next_seq
        for packet in packets:
            theirs = sorted({number for sheet in packet.sheets.values() for number in sheet.seq.tolist()})
            found.append({number: seq if end else seq + place for place, number in enumerate(theirs)})
            seq += 0 if end else len(theirs)
        return found

    def _join(
        self, timeline: str, sheets: Sequence[tuple[str, Sheet, Mapping[int, int]]], arrived: dict[str, Arrived]
    ) -> Frame:
        """One frame of the sheets of a timeline: the rows of each in order, and behind them all those of the end."""
        running = [len(sheet.seq) if sheet.end_row is None else sheet.end_row for _, sheet, _ in sheets]
        ending = [len(sheet.seq) - count for (_, sheet, _), count in zip(sheets, running, strict=True)]
        first, first_end = 0, sum(running)
        places: list[Rows] = []
        for count, ends in zip(running, ending, strict=True):
            places.append(np.concatenate([np.arange(first, first + count), np.arange(first_end, first_end + ends)]))
            first, first_end = first + count, first_end + ends
        n = first_end
        seq, key = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int32)
        time, event = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.bool_)
        for (_, sheet, numbers), place in zip(sheets, places, strict=True):
            seq[place] = [numbers[number] for number in sheet.seq.tolist()]
            key[place], time[place], event[place] = sheet.key, sheet.time, sheet.event
        end_row = None if all(sheet.end_row is None for _, sheet, _ in sheets) else sum(running)
        spanned = self.parts.spanned.get(timeline)
        if spanned is not None:
            event[:] = True
        here = timeline if spanned is None else spanned.timeline
        frame = Frame(seq, key, time, event, self.engine.key_count(here), end_row, message_time=time)
        if spanned is not None:
            arrived |= self._groups_told(spanned, frame)
        for one in self.parts.crossing:
            if one.timeline == timeline and any(one.node in sheet.told for _, sheet, _ in sheets):
                arrived[one.node] = self._arrived(one, frame, sheets, places)
        return frame

    def _groups_told(self, spanned: Spanned, frame: Frame) -> dict[str, Arrived]:
        """To which group each row of a gateway's belongs."""
        groups = self.groups[spanned.timeline]
        every = np.ones(len(frame), dtype=np.bool_)
        found = {}
        for place, node in enumerate(spanned.keys):
            codes = np.array([group[place] for group in groups], dtype=np.int32)
            found[node] = Arrived(frame.rows, Column(codes[frame.key]), every)
        return found

    def _arrived(
        self,
        one: Crossing,
        frame: Frame,
        sheets: Sequence[tuple[str, Sheet, Mapping[int, int]]],
        places: Sequence[Rows],
    ) -> Arrived:
        found = [
            (sender, sheet.told[one.node], place)
            for (sender, sheet, _), place in zip(sheets, places, strict=True)
            if one.node in sheet.told
        ]
        told = [(sender, each) for sender, each, _ in found]
        row = np.concatenate([place[each.row] for _, each, place in found])
        time = np.concatenate([each.time for _, each in told])
        timer = np.concatenate([each.timer for _, each in told])
        values = np.concatenate([self._values(sender, each, one) for sender, each in told])
        known = np.concatenate([each.known for _, each in told])
        updated = np.concatenate([each.updated for _, each in told])
        order = np.lexsort((time, ~timer, row))
        instants = Instants(row[order], frame.key[row[order]], time[order], timer[order])
        return Arrived(instants, Column(values[order], known[order]), updated[order])

    def _values(self, sender: str, told: Told, one: Crossing) -> Values:
        if one.type != "text":
            return told.values
        codes = np.array(self.texts[sender], dtype=np.int32)
        values = np.zeros(len(told.values), dtype=np.int32)
        values[told.known] = codes[told.values[told.known]]
        return values


def _check_values(sender: str, told: Told, one: Crossing, texts: int) -> None:
    """Whether values are such as a node has; `texts`: so many does their sender know."""
    if told.values.shape[1:] != ((len(columns_of(one.parts)),) if one.parts else ()):
        raise WireError(f"a packet of {sender} tells other parts of node {one.node} than were asked for")
    if not one.parts and told.values.dtype != DTYPES[one.type]:
        raise WireError(f"a packet of {sender} tells node {one.node} as {told.values.dtype}, but it is a {one.type}")
    used = told.values[told.known]
    if one.type == "text" and (used.min(initial=0) < 0 or used.max(initial=-1) >= texts):
        raise WireError(f"a packet of {sender} uses a text that it has not told")
