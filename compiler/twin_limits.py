"""What of twins and predictions the runtime cannot execute: other filters, calibration, places of what moves."""

from collections.abc import Iterator

from ..dsl import nodes as n
from ..stdlib.catalogue import STATEFUL
from .problems_running import DoesNotRun
from .resolve import walk
from .typed import FieldRef, TwinRef, Typed

FILTERS = ("kalman", "ekf")
"""The methods of `estimate` that run."""


def twin_limits(typed: Typed, twin: n.Twin) -> Iterator[DoesNotRun]:
    """What of a model does not run."""
    for estimate in twin.estimates:
        if estimate.method not in FILTERS:
            yield DoesNotRun(span=estimate.span, construct=f"`estimate … with {estimate.method}`")
    for calibration in twin.calibrations:
        yield DoesNotRun(span=calibration.span, construct=f"`calibrate {', '.join(calibration.names)}`")
    for value in (*(d.value for d in twin.dynamics), *(o.value for o in twin.outputs)):
        yield from _places(typed, value)


def prediction_limit(typed: Typed, call: n.Call) -> Iterator[DoesNotRun]:
    """What of a call that asks a twin does not run: it looks ahead at values, not at how long they last."""
    if call.function not in STATEFUL or STATEFUL[call.function].of != "prediction":
        return
    for node in walk(call.arguments[0].value):
        if isinstance(node, n.Holds | n.Quiet):
            word = "for" if isinstance(node, n.Holds) else "no … for"
            yield DoesNotRun(span=node.span, construct=f"`{word}` in what is predicted")
            return
    yield from _places(typed, call.arguments[0].value)


def _places(typed: Typed, expression: n.Expr) -> Iterator[DoesNotRun]:
    """A place that is made of what moves: terms of equations are numbers."""
    for node in walk(expression):
        if isinstance(node, n.Call) and node.function == "Point" and any(_moves(typed, part) for part in walk(node)):
            yield DoesNotRun(span=node.span, construct="a place that a twin moves")
            return


def _moves(typed: Typed, node: n.Node) -> bool:
    fact = typed.facts.get(node) if isinstance(node, n.Name | n.Member) else None
    reference = None if fact is None else fact.reference
    if isinstance(reference, FieldRef):
        twin = typed.twins.get(reference.device)
        return twin is not None and reference.field in twin.dynamic | twin.outputs
    return isinstance(reference, TwinRef)
