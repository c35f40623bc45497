"""What of twins and predictions the runtime cannot execute: what lasts inside a condition, places of what moves."""

from collections.abc import Iterator

from ..dsl import nodes as n
from ..stdlib.catalogue import STATEFUL
from .check_aggregates import is_aggregate
from .problems_running import DoesNotRun
from .resolve import walk
from .typed import ColumnRef, DeviceScope, Fact, FieldRef, TwinRef, Typed

OF_DISTRIBUTIONS = {"mean", "median", "stddev", *(f"p{percent}" for percent in range(1, 100))}
"""The aggregates that can be asked of a prediction: it is a normal distribution."""


def is_distribution(call: n.Call, fact: Fact | None) -> bool:
    """Whether an aggregate is of a prediction, or of something else that a twin says with a doubt."""
    return (
        is_aggregate(call)
        and all(argument.window is None for argument in call.arguments)
        and fact is not None
        and fact.aggregate_of is None
        and isinstance(fact.scope, DeviceScope)
    )


def twin_limits(typed: Typed, twin: n.Twin) -> Iterator[DoesNotRun]:
    """What of a model does not run."""
    for calibration in twin.calibrations:
        for name in calibration.names:
            if not _shows(typed, twin, name):
                what = f"`calibrate {name}`, on which nothing hangs that the device measures,"
                yield DoesNotRun(span=calibration.span, construct=what)
    for value in (*(d.value for d in twin.dynamics), *(o.value for o in twin.outputs)):
        yield from _places(typed, value)
        yield from _lookups(typed, value)


def _lookups(typed: Typed, value: n.Expr) -> Iterator[DoesNotRun]:
    """A lookup in a table: terms of equations are numbers of the twin and of its device."""
    for node in walk(value):
        fact = typed.facts.get(node) if isinstance(node, n.Member) else None
        if fact is not None and isinstance(fact.reference, ColumnRef):
            yield DoesNotRun(span=node.span, construct="a lookup in a table in a twin's model")
            return


def _shows(typed: Typed, twin: n.Twin, parameter: str) -> bool:
    """Whether a measured value hangs on a parameter: by its equation or output, through what these speak of."""
    made = {d.of: d.value for d in twin.dynamics} | {o.name: o.value for o in twin.outputs}
    fields = typed.devices[twin.device].fields
    found, waiting = set[str](), [name for name in made if name in fields]
    while waiting:
        for node in walk(made[waiting.pop()]):
            if isinstance(node, n.Name) and node.name not in found:
                found.add(node.name)
                waiting += [node.name] if node.name in made else []
    return parameter in found


def prediction_limit(typed: Typed, call: n.Call) -> Iterator[DoesNotRun]:
    """What of a call that asks a twin does not run: how long something lasts it can tell of a whole condition alone."""
    if call.function not in STATEFUL or STATEFUL[call.function].of != "prediction":
        return
    first = call.arguments[0].value
    for node in walk(first.condition if isinstance(first, n.Holds) else first):
        if isinstance(node, n.Holds | n.Quiet):
            word = "for" if isinstance(node, n.Holds) else "no … for"
            yield DoesNotRun(span=node.span, construct=f"`{word}` in what is predicted")
            return
    yield from _places(typed, call.arguments[0].value)
    yield from _lookups(typed, call.arguments[0].value)


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
