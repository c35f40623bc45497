"""Windows that are not cut into slices: of the newest samples, of a session, while a condition holds.

`mean(temp over 10 min)` is Thin -> Recent -> Aggregate: no more samples count than the declared rate gives, so that
what is kept has a bound. Where a group's members are sampled, each of them is thinned by itself, on its own timeline.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from ..dsl import nodes as n
from .lower_context import BOOL, Lowering, Place, refused
from .plan import (
    Constant,
    Key,
    Members,
    Now,
    OfField,
    Operator,
    PlanNode,
    Recent,
    Session,
    Thin,
    TwinState,
    While,
    Window,
)
from .typed import DeviceScope, FieldRef

_SHORTEST_HOURS = {"today": 23, "this_week": 167, "this_month": 28 * 24 - 1, "this_year": 365 * 24 - 1}


def lower_recent(
    lowering: Lowering,
    window: n.Window,
    sampled: tuple[str, ...],
    where: tuple[str, ...],
    members: Place,
    at: Place,
    held: bool,
) -> str:
    """The node of a window over samples of `sampled` where `where`, nodes of the place `members`, or over what was held
    there."""
    value = lowering.graph.node(sampled[0])
    inputs = (*sampled, *where)
    operator: Operator
    match window.kind:
        case "span":
            assert window.length is not None
            length = lowering.typed.duration_ns(window.length)
            thin = declared_rate(lowering, sampled)
            inputs = (*sampled, lowering.add(thin, inputs, members.timeline, BOOL, window.span))
            operator = Recent(_many(lowering, members, at) * samples_within(thin, length), width_ns=length, held=held)
        case "samples":
            assert window.count is not None
            count = lowering.fact(window.count).constant
            assert isinstance(count, Fraction)
            operator = Recent(int(count), every_ns=_pace(lowering, window), held=held)
        case "session":
            assert window.length is not None
            most = None if window.maximum is None else lowering.typed.duration_ns(window.maximum)
            operator = Session(lowering.typed.duration_ns(window.length), most, held)
        case "while":
            assert window.condition is not None
            operator = While(held)
            inputs = (*inputs, lowering.expression(window.condition, at))
        case "calendar":
            refused(window)
    return lowering.add(operator, inputs, at.timeline, value.type, window.span, every_ns=_pace(lowering, window))


def _pace(lowering: Lowering, window: n.Window) -> int | None:
    return None if window.every is None else lowering.typed.duration_ns(window.every)


def _many(lowering: Lowering, members: Place, at: Place) -> int:
    """How many devices' samples a window holds, at most."""
    if members.scope == at.scope:
        return 1
    assert isinstance(members.scope, DeviceScope)
    most = lowering.typed.devices[members.scope.device].maximum
    assert most is not None
    return most


# --- Rates -----------------------------------------------------------------------------------------------------------


def declared_rate(lowering: Lowering, sampled: tuple[str, ...]) -> Thin:
    """How often nodes can be updated, by the declared rates of all that updates them, and how far ahead of it they may
    be: by once the slowest of these, so that fields which come one by one, and a clock that shakes, lose nothing."""
    paces = list(dict.fromkeys(_paces(lowering, sampled)))
    rate = sum((Fraction(many, every) for _, every, many in paces), Fraction(0))
    return Thin(max(1, int(1 / rate)), max(every for _, every, _ in paces))


def samples_within(thin: Thin, length_ns: int) -> int:
    """How many samples of one device, or of a group's own value, a window (t - length, t] can hold."""
    return ceil(Fraction(length_ns + thin.tolerance_ns, thin.every_ns))


def _paces(lowering: Lowering, nodes: tuple[str, ...]) -> Iterator[tuple[str, int, int]]:
    """What updates nodes at a declared rate, its distance in time, and how many of it there are: a group's value is
    updated by each of its members. A field without a rate changes seldom."""
    pending, seen = [(at, 1) for at in nodes], set[str]()
    while pending:
        at, many = pending.pop()
        if at in seen:
            continue
        seen.add(at)
        node = lowering.graph.node(at)
        every = node.every_ns if node.every_ns is not None else _own_pace(lowering, node)
        if every is not None:
            yield _named(node), every, many
        elif isinstance(node.operator, TwinState):
            yield from _of_device(lowering, node, many)
        elif not isinstance(node.operator, Constant | Key | Now):
            if isinstance(node.operator, Members):
                many = lowering.typed.devices[node.operator.device].maximum or 1
            pending += ((i, many) for i in node.inputs)


def _own_pace(lowering: Lowering, node: PlanNode) -> int | None:
    match node.operator:
        case Window(calendar=str() as unit):
            return _SHORTEST_HOURS[unit] * 3600 * 10**9
        case operator if isinstance(operator, OfField):
            return lowering.field_info(FieldRef(operator.device, operator.field)).every_ns
        case _:
            return None


def _of_device(lowering: Lowering, node: PlanNode, many: int) -> Iterator[tuple[str, int, int]]:
    """What brings messages of a device at a declared rate: its twin's states move on with each of them."""
    fields = lowering.typed.devices[node.timeline.removesuffix(" settled")].fields
    yield from ((name, info.every_ns, many) for name, info in fields.items() if info.every_ns is not None)


def _named(node: PlanNode) -> str:
    """What a message updates once, whoever asks: the field; else the node."""
    return node.operator.field if isinstance(node.operator, OfField) else node.id
