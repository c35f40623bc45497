"""Twins: states that follow messages, and what is foreseen from them; one device at a time."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...compiler import plan as p
from ...stdlib.function import Value
from .equations import Equations, Vector, added, grown, number, product, strayed, transposed
from .filters import Chance, Doubt, begun, correct, moved, waited
from .instance import Instance, Instant

NS_PER_S = 1_000_000_000
HALVINGS = 40

# --- States ----------------------------------------------------------------------------------------------------------


@dataclass
class TwinStates:
    """States of one device: what is known of them since when, what was held; `known`: also how they move. `instants`:
    how many there were."""

    doubt: Doubt | None = None
    since: int = 0
    held: Sequence[Value] = ()
    known: bool = False
    instants: int = 0
    due: None = None


def twin_state(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.TwinState)
    if at.phase != "event" and not any(i in here.updated for i in node.inputs):
        return False
    operator = node.operator
    n, count = len(operator.dynamics.rates), len(node.inputs) - len(operator.sensors)
    begins, held = ([here.value(i) for i in part] for part in (node.inputs[:n], node.inputs[n:count]))
    state = here.state(node, TwinStates)
    chance = Chance(here.shown_key[0], state.instants)
    state.instants += 1
    seconds = (at.time - state.since) / NS_PER_S
    if state.doubt is not None and seconds > 0:
        before = Equations(operator.dynamics, state.held)
        if state.known:
            state.doubt = moved(operator, before, state.doubt, seconds, chance)
        else:
            waited(operator, before, state.doubt, seconds, chance)
    state.held, state.since = held, at.time
    equations = Equations(operator.dynamics, held)
    if state.doubt is not None:
        for place, sensor in enumerate(operator.sensors):
            measured = here.value(node.inputs[sensor.input])
            if node.inputs[sensor.input] in here.updated and measured is not None:
                correct(operator, equations, place, state.doubt, number(measured), chance)
        state.doubt.mean = equations.confined(state.doubt.mean)
    elif None not in begins:
        state.doubt = begun(operator, equations, [number(x) for x in begins], chance)
    moves = state.doubt is not None and equations.rates(state.doubt.mean) is not None
    state.known = moves and None not in begins
    here.values[node.id] = state.known
    return True


def twin_value(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.TwinValue)
    (of,) = node.inputs
    if of not in here.updated:
        return False
    state: TwinStates = here.states[of]
    found = state.doubt.mean if state.known and state.doubt is not None else None
    here.values[node.id] = None if found is None else found[node.operator.place]
    return True


def twin_covariance(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.TwinCovariance)
    (of,) = node.inputs
    if of not in here.updated:
        return False
    state: TwinStates = here.states[of]
    found = state.doubt.covariance if state.known and state.doubt is not None else None
    here.values[node.id] = None if found is None else found[node.operator.first][node.operator.second]
    return True


# --- What is foreseen ------------------------------------------------------------------------------------------------


def _foreseen(
    node: p.PlanNode,
    here: Instance,
    dynamics: p.Dynamics,
    foresee: Callable[[Equations, list[Value]], Value],
    between: int = 0,
) -> bool:
    """Foresee something from what is now, if something of it is new. `between`: so many inputs stand between the states
    and what is held."""
    if not any(i in here.updated for i in node.inputs):
        return False
    n = len(dynamics.rates)
    states, held = ([here.value(i) for i in part] for part in (node.inputs[:n], node.inputs[n + between :]))
    value = foresee(Equations(dynamics, held), states)
    here.values[node.id] = None if isinstance(value, float) and not math.isfinite(value) else value
    return True


def _after(equations: Equations, states: list[Value], seconds: float) -> list[Value]:
    """The states after a time, all absent if they cannot be followed."""
    if not states:
        return []
    moved = None if None in states else equations.after([number(x) for x in states], seconds)
    return [None] * len(states) if moved is None else [*moved]


def predicted(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    operator = node.operator
    assert isinstance(operator, p.Predicted)

    def foresee(equations: Equations, states: list[Value]) -> Value:
        return equations.value(operator.value, _after(equations, states, operator.ahead_ns / NS_PER_S))

    return _foreseen(node, here, operator.dynamics, foresee)


def predicted_deviation(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    """What is in doubt of the states moves with them, and what is asked for is as much in doubt as its slopes say."""
    operator = node.operator
    assert isinstance(operator, p.PredictedDeviation)
    n = len(operator.dynamics.rates)
    pairs = [here.value(i) for i in node.inputs[n : n + n * (n + 1) // 2]]

    def foresee(equations: Equations, states: list[Value]) -> Value:
        if None in states or None in pairs:
            return None
        at = [number(x) for x in states]
        upper = iter(number(x) for x in pairs)
        triangle = [[0.0 if j < i else next(upper) for j in range(n)] for i in range(n)]
        doubt = [[triangle[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)]
        parts = 1 if operator.dynamics.linear else p.PARTS
        seconds = operator.ahead_ns / NS_PER_S / parts
        for _ in range(parts):
            if equations.rates(at) is None:
                return None
            # Bent equations are made straight in the middle of the part.
            middle = at if operator.dynamics.linear else equations.unconfined(at, seconds / 2)
            if middle is None:
                return None
            slopes = equations.slopes(middle)
            transition = grown(slopes, seconds)[0]
            doubt = product(product(transition, doubt), transposed(transition))
            doubt = added(doubt, strayed(slopes, operator.process, seconds))
            following = equations.after(middle, seconds if operator.dynamics.linear else seconds / 2)
            if following is None:
                return None
            at = following
        by: Vector = [equations.slope(operator.value, at, j) for j in range(n)]
        variance = product([by], product(doubt, transposed([by])))[0][0]
        return math.nan if math.isnan(variance) else math.sqrt(max(variance, 0.0))

    return _foreseen(node, here, operator.dynamics, foresee, len(pairs))


@dataclass
class Lasting:
    """Since when a condition is true (ns); None if it is not."""

    since: int | None = None
    due: None = None


def time_until(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    operator = node.operator
    assert isinstance(operator, p.TimeUntil)
    seconds, lasting = operator.within_ns / NS_PER_S, operator.lasting_ns / NS_PER_S
    state = here.state(node, Lasting)

    def foresee(equations: Equations, states: list[Value]) -> Value:
        def is_true(at: Sequence[Value]) -> bool:
            return equations.value(operator.condition, at) is True

        def moment(begin: list[Value], step: float, wanted: bool) -> float:
            """When within a step the condition becomes true, or not true."""
            low, high = 0.0, step
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                low, high = (low, middle) if is_true(_after(equations, begin, middle)) is wanted else (middle, high)
            return high

        now = equations.value(operator.condition, states)
        if now is not True:
            state.since = None
        elif state.since is None:
            state.since = at.time
        if now is None:
            return None
        start = math.inf if state.since is None else (state.since - at.time) / NS_PER_S
        if start + lasting <= 0:
            return 0.0
        if not states:
            return min(start + lasting, seconds)
        if None in states or equations.rates([number(x) for x in states]) is None:
            return None
        step, holds = seconds / p.SAMPLES, now is True
        for sample in range(p.SAMPLES):
            following = _after(equations, states, step)
            if None in following:
                return None
            held, holds, broken = holds, is_true(following), math.inf
            if holds and not held:
                start = sample * step + moment(states, step, True)
            if held and not holds:
                broken = sample * step + moment(states, step, False)
            if start + lasting <= min((sample + 1) * step, broken):
                return start + lasting
            if not holds:
                start = math.inf
            states = following
        return seconds

    return _foreseen(node, here, operator.dynamics, foresee)
