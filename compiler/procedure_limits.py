"""What of procedures and commands the runtime cannot execute yet: what their conditions and texts may speak of.

Whoever delivers commands knows what devices reported last, what was told, and what named signals are; a condition that
needs more is looked at by the engine, as if it had a name.
"""

from collections.abc import Iterator

from ..dsl import nodes as n
from ..stdlib.catalogue import STATEFUL
from .check_aggregates import is_aggregate
from .check_calls import ABOUT_MESSAGES
from .lower_context import domain_scope
from .problems_running import DoesNotRun
from .resolve import walk
from .typed import (
    ColumnRef,
    ConstantRef,
    DeviceRef,
    Fact,
    FieldRef,
    KeyRef,
    ParameterRef,
    SignalRef,
    TwinRef,
    Type,
    Typed,
)

NAMED = "give it a name of its own with `signal`, for the same devices or groups"


def procedure_limits(typed: Typed, procedure: n.Procedure) -> Iterator[DoesNotRun]:
    """What of a procedure does not run, each construct at the first place that names it."""
    told: set[str] = set()
    watched = {id(node) for condition in watched_conditions(typed, procedure) for node in walk(condition)}
    for node in walk(procedure):
        if id(node) in watched:
            continue
        for problem in _of(typed, node, procedure.name):
            if problem.construct not in told:
                told.add(problem.construct)
                yield problem


def watched_conditions(typed: Typed, procedure: n.Procedure) -> Iterator[n.Expr]:
    """The conditions of a procedure that the engine looks at."""
    for node in walk(procedure):
        match node:
            case n.Wait(until=n.Node() as condition) | n.StopIf(condition) | n.If(condition):
                if is_watched(typed, condition):
                    yield condition
            case _:
                pass


def is_watched(typed: Typed, condition: n.Expr) -> bool:
    """Whether the engine looks at a condition, as at a signal: it lasts, or is of many messages, and is the same
    whatever the procedure was told."""
    nodes = [*walk(condition)]
    if typed.facts[condition].event or not any(True for node in nodes for _ in _of(typed, node, "")):
        return False
    for fact in (typed.facts.get(node) for node in nodes):
        match None if fact is None else fact.reference:
            case ParameterRef():
                return False
            case SignalRef(name):
                (signal,) = (i for i in typed.program.items if isinstance(i, n.Signal) and i.name == name)
                if fact is None or domain_scope(signal.domain) != fact.scope:
                    return False
            case _:
                pass
    return True


def command_limits(typed: Typed, device: n.Device) -> Iterator[DoesNotRun]:
    """What of the commands of a device type does not run."""
    for member in device.members:
        if not isinstance(member, n.Command):
            continue
        for node in walk(member):
            match typed.facts.get(node):
                case Fact(type=Type(name="time"), reference=ParameterRef(name)):
                    yield DoesNotRun(span=node.span, construct=f"the time `{name}` in command `{member.name}`")
                case Fact(reference=ColumnRef(table)) if isinstance(node, n.Member):
                    construct = f"a lookup in `{table}` in command `{member.name}`"
                    yield DoesNotRun(span=node.span, construct=construct, instead=NAMED)
                case _:
                    pass


def _of(typed: Typed, node: n.Node, procedure: str) -> Iterator[DoesNotRun]:
    where = f"in procedure `{procedure}`"
    match node:
        case n.Set() if typed.facts[node.value].type.name == "time":
            yield DoesNotRun(span=node.span, construct=f"a time for `set {node.property}` {where}")
        case n.Call() if node.function in STATEFUL or node.function in ABOUT_MESSAGES or is_aggregate(node):
            yield DoesNotRun(span=node.span, construct=f"`{node.function}` {where}", instead=NAMED)
        case n.Holds() | n.Quiet() | n.Becomes() | n.Crosses() | n.Sent() | n.Expires():
            yield DoesNotRun(span=node.span, construct=f"what happens or lasts {where}", instead=NAMED)
        case n.Name() | n.Member():
            fact = typed.facts.get(node)
            if fact is not None and isinstance(fact.reference, ColumnRef):
                yield DoesNotRun(
                    span=node.span, construct=f"a lookup in `{fact.reference.table}` {where}", instead=NAMED
                )
            elif fact is not None and not _known(typed, fact):
                yield DoesNotRun(span=node.span, construct=f"`{node.name}` {where}")
        case _:
            pass


def _known(typed: Typed, fact: Fact) -> bool:
    """Whether what a name stands for is known to whoever delivers commands."""
    match fact.reference:
        case SignalRef(name):
            (signal,) = (i for i in typed.program.items if isinstance(i, n.Signal) and i.name == name)
            return domain_scope(signal.domain) == fact.scope and fact.type.name != "time" and not fact.event
        case ParameterRef():
            return fact.type.name != "time"
        case None | FieldRef() | KeyRef() | ConstantRef() | DeviceRef():
            return True
        case TwinRef(part="sigma"):
            return True  # The name before the dot is named already.
        case _:
            return False
