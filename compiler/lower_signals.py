"""Signals into nodes, those first that others use: a chain of a thousand signals is no recursion of a thousand calls.

signal c for Truck = b + 1
signal b for Truck = a + 1       lowers a, b, c
"""

from collections.abc import Iterator
from graphlib import TopologicalSorter

from ..dsl import nodes as n
from ..stdlib.catalogue import STATEFUL
from .check_aggregates import is_aggregate
from .lower_context import Lowering, Place, Waits
from .lower_timelines import inside, parts, waits
from .typed import SignalRef


def lower_signal(lowering: Lowering, name: str, settled: bool) -> str:
    """A signal's node on one of its two timelines: one for all who name it."""
    waiting = [(name, settled)]
    while waiting:
        wanted = waiting[-1]
        missing = [needed for needed in _needed(lowering, *wanted) if needed not in lowering.signal_nodes]
        if missing:
            waiting += reversed(missing)
            continue
        waiting.pop()
        if wanted not in lowering.signal_nodes:
            value = lowering.signals[wanted[0]].value
            place = Place(lowering.fact(value).scope, wanted[1])
            lowering.signal_nodes[wanted] = lowering.expression(value, place)
    return lowering.signal_nodes[name, settled]


def _needed(lowering: Lowering, name: str, settled: bool) -> Iterator[tuple[str, bool]]:
    """The signals that one names, and on which timeline they are then looked up."""
    pending = [(lowering.signals[name].value, settled)]
    while pending:
        expression, late = pending.pop()
        late = late or waits(lowering, expression) is Waits.SETTLED
        reference = lowering.fact(expression).reference
        if isinstance(reference, SignalRef):
            yield reference.name, late
            continue
        if isinstance(expression, n.Call) and is_aggregate(expression):
            late = late or any(a.window is not None for a in expression.arguments)
        late = late or (isinstance(expression, n.Call) and _follows(expression.function))
        pending += [(part, late) for part in reversed([*parts(expression)])]


def place_signals(lowering: Lowering) -> None:
    """Finds out where each signal lives, those first that others use."""
    uses = {
        name: [
            reference.name
            for part in inside(signal.value)
            if isinstance(reference := lowering.fact(part).reference, SignalRef)
        ]
        for name, signal in lowering.signals.items()
    }
    for name in TopologicalSorter(uses).static_order():
        waits(lowering, lowering.signals[name].value)


def _follows(function: str) -> bool:
    """Whether a function follows samples, on the settled timeline; what is foreseen is foreseen from now."""
    return function in STATEFUL and STATEFUL[function].of == "value"
