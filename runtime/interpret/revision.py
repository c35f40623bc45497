"""Revisions: a message that comes after a window closed, but within `revise`, corrects that window's reported
results."""

from collections.abc import Iterator

from ...compiler import plan as p
from ...stdlib.function import Value
from ..output import Signalled
from ..text import output_value
from .instance import Instance, Instant
from .rules import SEQ
from .windows import carried, end_after, is_final, sampled, shown_at, take, window_start, windows_shown


def revise(here: Instance, event: Instant, member: Instance | None = None) -> None:
    """Put one message's samples where they should have been, and report what closed windows come to now.

    `here` is the device's settled timeline, or that of the group which `member`, the device, belongs to.
    """
    source = here if member is None else member
    taken = list(_samples(here, source, event))
    changed = {node.id for node, _ in taken}
    shown = [
        (end, node)
        for node in here.nodes
        if isinstance(node.operator, p.Output) and node.operator.paced
        for end in _closed_ends(node, here, changed, event.time)
    ]
    shown.sort(key=lambda entry: (entry[0], here.setting.places[entry[1].id]))
    before = [_shown(node, here, end) for end, node in shown]
    for node, value in taken:
        take(node, here, event.time, value)
    for (end, node), old in zip(shown, before, strict=True):
        new = _shown(node, here, end)
        if new != old:
            _report(node, here, end, new)


def _samples(here: Instance, source: Instance, event: Instant) -> Iterator[tuple[p.PlanNode, Value]]:
    """The samples that windows of this instance would have had of the message, where they speak of nothing else."""
    nodes = here.setting.nodes
    for node in here.nodes:
        if not isinstance(node.operator, p.Slices) or is_final(node):
            continue
        if nodes[node.inputs[0]].timeline != source.timeline.id:
            continue
        found = [carried(nodes[i], here.setting, source.key, event) for i in node.inputs]
        value = sampled(node, nodes, [value for _, value in found])
        if all(ok for ok, _ in found) and value is not None:
            yield node, value


def _closed_ends(node: p.PlanNode, here: Instance, changed: set[str], time: int) -> Iterator[int]:
    """The ends of closed windows that hold this time and that the output shows, if it shows windows of one shape
    alone."""
    nodes = here.setting.nodes
    windows = [nodes[i] for i in windows_shown(nodes[node.inputs[0]], nodes) or ()]
    shapes = {window.operator for window in windows}
    if len(shapes) != 1 or not any(window.inputs[0] in changed for window in windows) or here.passed is None:
        return
    (shape,) = shapes
    assert isinstance(shape, p.Window)
    end = end_after(shape, time)
    while end < here.passed and window_start(shape, end) <= time:
        yield end
        end = end_after(shape, end)


def _shown(node: p.PlanNode, here: Instance, end: int) -> Value:
    return shown_at(here.setting.nodes[node.inputs[0]], here, end)


def _report(node: p.PlanNode, here: Instance, end: int, value: Value) -> None:
    assert isinstance(node.operator, p.Output)
    count = here.corrections[node.id, end] = here.corrections.get((node.id, end), 0) + 1
    width = node.operator.window_ns
    where = (SEQ, here.timeline.id, here.shown_key, end)
    shown = output_value(value, node.type.name)
    start = None if width is None else end - width
    here.emit((-1, end, here.setting.places[node.id], 0), Signalled(*where, node.operator.name, shown, start, count))
