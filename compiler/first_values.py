"""What a value waits for before it is known at all: the second value of a field, the end of a first window.

Until then it is absent, and a condition with it unknown: nothing is raised or cleared by that, though `else` is taken.
"""

from collections.abc import Iterator
from typing import cast

from ..dsl import nodes as n
from ..stdlib.catalogue import STATEFUL
from .resolve import children
from .typed import ByIdentity, Fact, PrevRef


def waits_for(facts: ByIdentity[Fact], node: n.Expr) -> Iterator[tuple[n.Expr, str]]:
    """The parts of an expression that are absent at first, each with what it waits for, in words.

    What is asked by `is absent`, and what `else` has another value for, is not among them.
    """
    match node:
        case n.Is(quality="absent"):
            return
        case n.Otherwise(fallback=fallback):
            yield from waits_for(facts, fallback)
            return
        case n.Call(function=function, arguments=arguments):
            fact = facts.get(node)
            reference = None if fact is None else fact.reference
            window = next((argument.window for argument in arguments if argument.window is not None), None)
            if isinstance(reference, PrevRef):
                yield node, f"the second value of `{reference.field}`"
                return
            if window is not None and function != "count":
                yield node, _window(window)
                return
            if function in STATEFUL:
                yield node, f"what `{function}` must have seen"
                return
        case _:
            pass
    for child in children(node):
        if isinstance(child, n.Argument):
            yield from waits_for(facts, child.value)
        else:
            yield from waits_for(facts, cast(n.Expr, child))


def _window(window: n.Window) -> str:
    match window.kind:
        case "span" if window.every is None:
            return "the first sample of its window"
        case "samples":
            return "its first samples"
        case "session":
            return "the end of the first session"
        case "while":
            return "the first time that its condition is over"
        case _:
            return "the end of the first window that holds a sample"
