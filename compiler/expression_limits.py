"""What of an expression the runtime cannot execute yet, node by node: windows, functions, references."""

from collections.abc import Collection

from ..dsl import nodes as n
from ..stdlib.catalogue import AGGREGATES, STATEFUL, SUMMARIES
from .check_aggregates import is_aggregate
from .typed import (
    BoundRef,
    DeviceScope,
    EventRef,
    EventValueRef,
    Fact,
    GroupScope,
    ParameterRef,
    SignalRef,
    TwinRef,
    Typed,
)


def expression_limit(typed: Typed, node: n.Node, of_groups: Collection[str]) -> str | None:
    """What this very node is that does not run, in words that go before "cannot be executed yet"; None if it runs.

    Asked of every node of an item, it names each construct once, at the node that brings it in. `of_groups` are the
    signals of groups.
    """
    match node:
        case n.Version():
            return "a version"
        case n.Window():
            return _window(node)
        case n.Call():
            return _call(typed, node)
        case n.Name() | n.Member():
            fact = typed.facts.get(node)
            return None if fact is None else _reference(node, fact, of_groups)
        case _:
            return None


def _window(window: n.Window) -> str | None:
    match window.kind:
        case "samples":
            return "a window of a number of samples"
        case "session":
            return "a window of a session"
        case "while":
            return "a window while a condition holds"
        case "span" if window.every is None:
            return "a window without `every`"
        case _:
            return None


def _call(typed: Typed, call: n.Call) -> str | None:
    fact = typed.facts.get(call)
    if call.function in STATEFUL:
        return f"`{call.function}`"
    if not is_aggregate(call):
        return None
    if call.function in SUMMARIES:
        return f"`{call.function}`"
    assert call.function in AGGREGATES
    arguments = [typed.facts.get(argument.value) for argument in call.arguments]
    if any(inner is not None and isinstance(inner.reference, BoundRef) for inner in arguments):
        return f"`{call.function}` of a step's events"
    if fact is not None and isinstance(fact.scope, GroupScope) and fact.aggregate_of is None:
        return f"`{call.function}` of a group's own values"
    if all(argument.window is None for argument in call.arguments) and fact is not None and fact.aggregate_of is None:
        return f"`{call.function}` of a prediction"
    return None


def _reference(node: n.Name | n.Member, fact: Fact, of_groups: Collection[str]) -> str | None:
    name = node.name
    match fact.reference:
        case EventRef(device=device, event=event):
            return f"the device event `{device}.{event}`"
        case EventValueRef() | TwinRef(part="sigma"):
            return None  # The name before the dot is named already.
        case TwinRef():
            return f"`{name}` of a twin"
        case ParameterRef():
            return f"the parameter `{name}`"
        case SignalRef(name=signal) if isinstance(fact.scope, DeviceScope) and signal in of_groups:
            return f"the group's value `{name}` for a device"
        case BoundRef(field="id"):
            return "the id of a step's device"
        case _:
            return None
