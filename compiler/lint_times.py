"""Durations that do not fit how often a value comes: windows that are mostly empty, silence between any two values."""

from ..dsl import nodes as n
from .check_context import Checking
from .check_windows import lasting
from .problems_lints import AlwaysQuiet, SparseWindow
from .resolve import walk
from .typed import FieldInfo, FieldRef


def lint_times(c: Checking, program: n.Program) -> None:
    """Every window over a field with a declared rate, and every `no x for D` of one."""
    for node, fact in c.facts:
        match node:
            case n.Quiet(of=of, duration=duration):
                info, asked = _field(c, of), c.durations.get(duration)
                if info is not None and info.every_ns is not None and asked is not None and asked <= info.every_ns:
                    declared = _declared(c, of)
                    every = lasting(info.every_ns)
                    c.report(AlwaysQuiet(span=node.span, field=info.name, every=every, declared=declared.span))
            case n.Call(arguments=arguments) if any(a.window is not None for a in arguments):
                if fact.aggregate_of is None:
                    _window(c, arguments)
            case _:
                pass


def _window(c: Checking, arguments: tuple[n.Argument, ...]) -> None:
    (argument, *_) = (a for a in arguments if a.window is not None)
    window = argument.window
    if window is None or window.length is None or window.kind != "span":
        return
    length = c.durations.get(window.length)
    for inner in walk(argument.value):
        info = _field(c, inner) if isinstance(inner, n.Name) else None
        if info is None or info.every_ns is None or length is None or length >= info.every_ns:
            continue
        declared, every = _declared(c, inner), lasting(info.every_ns)
        c.report(
            SparseWindow(span=window.span, field=info.name, length=lasting(length), every=every, declared=declared.span)
        )
        return


def _field(c: Checking, node: n.Node) -> FieldInfo | None:
    fact = c.facts.get(node)
    if fact is None or not isinstance(fact.reference, FieldRef):
        return None
    return c.devices[fact.reference.device].fields[fact.reference.field]


def _declared(c: Checking, node: n.Node) -> n.DeviceMember:
    """Where the field that a name stands for is declared."""
    reference = c.facts[node].reference
    assert isinstance(reference, FieldRef)
    return next(m for m in c.names.devices[reference.device].members if m.name == reference.field)
