"""What must be true of a twin's equations in a plan: terms stand, and there is as much of everything as states."""

from collections.abc import Iterator, Sequence

from ..stdlib.catalogue import SCALARS
from .plan import Apply, Calibration, Predicted, PredictedDeviation, PushConstant, PushInput, Term, TimeUntil, TwinState

COMPARISONS = ("greater", "greater_equal", "less", "less_equal")
STATES_MAX = 64
"""How many states move together at most: their matrices have this number squared."""


Asking = Predicted | PredictedDeviation | TimeUntil


def twin_faults(operator: TwinState | Calibration | Asking, inputs: int) -> Iterator[str]:
    """What is wrong with an operator of a twin that has so many inputs."""
    dynamics = operator.dynamics
    states = len(dynamics.rates)
    if states > STATES_MAX or inputs < states:
        yield f"it has {states} states and {inputs} inputs"
    if len(dynamics.lows) != states or len(dynamics.highs) != states:
        yield "not every state has its bounds"
    expressions = [*dynamics.rates]
    match operator:
        case TwinState(sensors=sensors):
            if states == 0:
                yield "it has no state"
            inputs -= len(sensors)
            expressions += [sensor.value for sensor in sensors]
            for place, sensor in enumerate(sensors):
                if sensor.input != inputs + place or sensor.deviation <= 0:
                    yield "a sensor measures nothing"
            for given in (operator.deviations, operator.process):
                if len(given) != (states if sensors else 0) or any(one < 0 for one in given):
                    yield "not every state has its noise"
        case Predicted(value=value, ahead_ns=length_ns):
            expressions.append(value)
            if length_ns <= 0:
                yield "it looks at no time ahead"
        case Calibration(parameters=parameters, sensors=sensors):
            inputs -= len(sensors)
            expressions += [sensor.value for sensor in sensors]
            if not parameters or not sensors or inputs < states + len(parameters):
                yield "it has nothing to calibrate, or nothing to learn from"
            for place, sensor in enumerate(sensors):
                if sensor.input != inputs + place or sensor.deviation <= 0:
                    yield "a sensor measures nothing"
            if operator.every_ns <= 0 or operator.slices < 1:
                yield "it learns in no time"
        case PredictedDeviation(value=value, ahead_ns=length_ns, process=process):
            expressions.append(value)
            inputs -= states * (states + 1) // 2
            if length_ns < 0:
                yield "it looks at no time ahead"
            if states == 0 or inputs < states or len(process) != states or any(one < 0 for one in process):
                yield "not every state has its noise"
        case TimeUntil(condition=condition, within_ns=length_ns):
            expressions.append(condition)
            if operator.lasting_ns < 0:
                yield "what it waits for lasts less than no time"
            if operator.straight and not (condition and _compares(condition[-1])):
                yield "it is no comparison"
            if length_ns <= 0:
                yield "it looks at no time ahead"
    if not all(stands(expression, inputs) for expression in expressions):
        yield "an expression of it cannot be worked out"


def _compares(term: Term) -> bool:
    return isinstance(term, Apply) and term.function in COMPARISONS and term.arguments == 2


def stands(terms: Sequence[Term], variables: int) -> bool:
    """Whether postfix terms leave one value, and name what there is."""
    depth = 0
    for term in terms:
        match term:
            case PushInput(number) if 0 <= number < variables:
                depth += 1
            case PushConstant():
                depth += 1
            case Apply(function, arguments) if function in SCALARS and 0 < arguments <= depth:
                depth += 1 - arguments
            case _:
                return False
    return depth == 1
