"""What a formula comes to: its terms in postfix form, on a stack."""

from collections.abc import Callable, Iterable, Mapping
from typing import assert_never

from ...compiler import plan as p
from ...stdlib.catalogue import SCALARS
from ...stdlib.function import Value
from ..output import OutputValue


def evaluate(
    formula: Iterable[p.FormulaTerm],
    told: Mapping[str, OutputValue],
    field: Callable[[p.PushField], Value],
    signal: Callable[[str], Value],
    key: Callable[[str], Value],
) -> Value:
    """The value of a formula; `field`, `signal` and `key` look up what it speaks of, `told` has its parameters."""
    stack: list[Value] = []
    for term in formula:
        match term:
            case p.PushConstant(value):
                stack.append(value)
            case p.PushField():
                stack.append(field(term))
            case p.PushParameter(name):
                stack.append(told.get(name))
            case p.PushSignal(name):
                stack.append(signal(name))
            case p.PushKey(part):
                stack.append(key(part))
            case p.Apply(function, count):
                arguments = stack[len(stack) - count :]
                stack[len(stack) - count :] = [applied(function, arguments)]
            case _:
                assert_never(term)
    (found,) = stack
    return found


def applied(function: str, arguments: list[Value]) -> Value:
    """A function of the library: absent if it is strict and an argument is absent."""
    scalar = SCALARS[function]
    if scalar.strict and any(argument is None for argument in arguments):
        return None
    return scalar.reference(*arguments)
