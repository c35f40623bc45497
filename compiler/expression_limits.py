"""What of an expression the runtime cannot execute yet, node by node: windows, functions, references."""

from collections.abc import Collection

from ..dsl import nodes as n
from ..stdlib.catalogue import AGGREGATES, STATEFUL
from .check_aggregates import is_aggregate
from .lower_bound import MADE_OF
from .lower_recent import is_recent
from .typed import (
    BoundRef,
    Fact,
    GroupScope,
    TwinRef,
    Typed,
)


def expression_limit(typed: Typed, node: n.Node, of_groups: Collection[str]) -> str | None:
    """What this very node is that does not run, in words that go before "cannot be executed yet"; None if it runs.

    Asked of every node of an item, it names each construct once, at the node that brings it in. `of_groups` are the
    signals of groups.
    """
    match node:
        case n.Call():
            return _call(typed, node)
        case n.Name() | n.Member():
            fact = typed.facts.get(node)
            return None if fact is None else _reference(node, fact, of_groups)
        case _:
            return None


def _call(typed: Typed, call: n.Call) -> str | None:
    fact = typed.facts.get(call)
    if call.function in STATEFUL:
        return None if STATEFUL[call.function].runs else f"`{call.function}`"
    if not is_aggregate(call):
        return None
    function = AGGREGATES[call.function]
    arguments = [typed.facts.get(argument.value) for argument in call.arguments]
    if any(inner is not None and isinstance(inner.reference, BoundRef) for inner in arguments):
        return None if call.function in MADE_OF else f"`{call.function}` of a step's events"
    if fact is not None and isinstance(fact.scope, GroupScope) and fact.aggregate_of is None:
        return f"`{call.function}` of a group's own values"
    if all(argument.window is None for argument in call.arguments) and fact is not None and fact.aggregate_of is None:
        return f"`{call.function}` of a prediction"
    if function.held and (fact is None or isinstance(fact.scope, GroupScope)):
        return f"`{call.function}` of a group's members"
    window = next((argument.window for argument in call.arguments if argument.window is not None), None)
    if window is not None and is_recent(window) and function.held:
        return f"`{call.function}` over a window without `every`"
    return None


def _reference(node: n.Name | n.Member, fact: Fact, of_groups: Collection[str]) -> str | None:
    name = node.name
    match fact.reference:
        case TwinRef(part="sigma"):
            return f"`{name}` of what a twin finds out"
        case _:
            return None
