"""What of an expression the runtime cannot execute yet, node by node: windows, functions, references."""

from collections.abc import Collection

from ..dsl import nodes as n
from ..stdlib.catalogue import AGGREGATES, STATEFUL
from .check_aggregates import is_aggregate
from .check_windows import is_recent
from .lower_bound import MADE_OF
from .resolve import walk
from .twin_limits import OF_DISTRIBUTIONS
from .typed import (
    BoundRef,
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
        of_texts = any(inner is not None and inner.type.name == "text" for inner in arguments)
        runs = call.function in MADE_OF and not (call.function == "mode" and of_texts)
        return None if runs else f"`{call.function}` of a step's {'texts' if of_texts else 'events'}"
    windows = [argument.window for argument in call.arguments if argument.window is not None]
    inner_facts = (typed.facts.get(inner) for inner in walk(call))
    if windows and any(inner is not None and isinstance(inner.reference, BoundRef) for inner in inner_facts):
        return "an earlier step's value in a window"
    if not windows and fact is not None and fact.aggregate_of is None:
        return None if call.function in OF_DISTRIBUTIONS else f"`{call.function}` of a prediction"
    if function.held and fact is not None and fact.aggregate_of is not None and is_recent(windows[0]):
        return f"`{call.function}` of a group's members over a window without `every`"
    return None
