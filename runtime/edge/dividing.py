"""Packets that are too large for one frame, as several: what comes of them is the same.

What names things comes first, then what came of the inputs, in order, then what was said. How far the sender is
(`clock`) is told by the last: until then the time of no group goes on because of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .shipping import Packet, Sheet, only

_NOTHING = Packet({}, {}, (), -1)


def divided(packet: Packet) -> list[Packet]:
    """A packet as several, to be taken one after the other; alone: it is of one input, or one text, and cannot be
    divided.

    Keys' names, texts, rows and what was said are told apart; where there is but one of these, it is halved.
    """
    kinds = [
        replace(_NOTHING, names=packet.names) if any(packet.names.values()) else None,
        replace(_NOTHING, texts=packet.texts) if packet.texts else None,
        replace(_NOTHING, sheets=packet.sheets) if packet.sheets else None,
        replace(_NOTHING, said=packet.said) if packet.said else None,
    ]
    found = [kind for kind in kinds if kind is not None]
    if len(found) == 1:
        found = _halves(found[0])
    return [*found[:-1], replace(found[-1], clock=packet.clock)]


def _halves(packet: Packet) -> list[Packet]:
    """A packet that tells things of one kind alone, as two that tell half of them each; alone, if that cannot be."""
    if packet.sheets:
        return [replace(packet, sheets=sheets) for sheets in _by_input(packet.sheets)]
    if packet.names:
        named = [(timeline, name) for timeline, names in packet.names.items() for name in names]
        return [replace(packet, names=_by_timeline(half)) for half in _half(named)]
    if packet.texts:
        return [replace(packet, texts=half) for half in _half(packet.texts)]
    return [replace(packet, said=half) for half in _half(packet.said)]


def _half(row: Sequence[Any]) -> list[Any]:
    middle = len(row) // 2
    return [row[:middle], row[middle:]] if middle else [row]


def _by_timeline(named: Sequence[tuple[str, tuple[str, ...]]]) -> dict[str, tuple[tuple[str, ...], ...]]:
    timelines = dict.fromkeys(timeline for timeline, _ in named)
    return {timeline: tuple(name for other, name in named if other == timeline) for timeline in timelines}


def _by_input(sheets: Mapping[str, Sheet]) -> list[dict[str, Sheet]]:
    """The rows of the first half of the inputs, and those of the others, which the end of input, if any, is one of."""
    inputs = np.unique(np.concatenate([sheet.seq for sheet in sheets.values()]))
    if len(inputs) < 2:
        return [dict(sheets)]
    middle = inputs[len(inputs) // 2]
    before = {timeline: replace(only(sheet, sheet.seq < middle), end_row=None) for timeline, sheet in sheets.items()}
    after = {timeline: only(sheet, sheet.seq >= middle) for timeline, sheet in sheets.items()}
    return [{timeline: sheet for timeline, sheet in half.items() if len(sheet.seq)} for half in (before, after)]
