"""A twin's model as functions of columns: one row is a device, or a moment.

    model = Model(plan.twins[0])
    model.rates([temps], {"tau": 45.0, "pull": 0.4, "ambient": 22.0, "power": powers})      # K/s, a row for each fridge

Numbers are floats, absent is NaN, a condition is 1, 0 or NaN: what a rule makes of absent arguments holds here as well.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...compiler import plan as p

Numbers = NDArray[np.float64]
Values = Mapping[str, Any]


class Model:
    """What moves in a model, how, and what it says of it."""

    def __init__(self, model: p.TwinModel) -> None:
        self.twin = model
        self.states = tuple(v.name for v in model.variables[: len(model.dynamics.rates)])
        self.names = tuple(v.name for v in model.variables)
        self.linear = model.dynamics.linear
        self.lows = np.array([-np.inf if low is None else low for low in model.dynamics.lows]).reshape(-1, 1)
        self.highs = np.array([np.inf if high is None else high for high in model.dynamics.highs]).reshape(-1, 1)

    def complete(self, values: Mapping[str, ArrayLike | str]) -> tuple[Numbers, dict[str, Any], int]:
        """The states (n, rows), the other variables by name, and how many rows there are; what is not given is what the
        program says. Raises `ValueError` for names that the model does not have, and where something is missing."""
        unknown = sorted(set(values) - set(self.names))
        if unknown:
            raise ValueError(f"the twin of {self.twin.device} has no {unknown[0]}: it has {', '.join(self.names)}")
        given: dict[str, Any] = {}
        for variable in self.twin.variables:
            value = values.get(variable.name, variable.value)
            if value is None:
                raise ValueError(f"{variable.name} of {self.twin.device} must be given: it is what a device tells")
            column = np.asarray(value)
            given[variable.name] = column if column.dtype.kind in "UO" else column.astype(np.float64)
        (rows,) = np.broadcast_shapes((1,), *(column.shape for column in given.values()))
        states = np.array([np.broadcast_to(given[name], (rows,)) for name in self.states]).reshape(-1, rows)
        return states, {name: given[name] for name in self.names[len(self.states) :]}, rows

    def rates(self, states: Numbers, held: Values) -> Numbers:
        """The rates of change (n, rows) of states, per second."""
        row = self._row(states, held)
        out = np.empty_like(states)
        for into, terms in zip(out, self.twin.dynamics.rates, strict=True):
            into[:] = evaluated(terms, row)
        return out

    def outputs(self, states: Numbers, held: Values) -> dict[str, Any]:
        """What the model says that its outputs are, by name."""
        row = self._row(states, held)
        return {output.name: evaluated(output.value, row) for output in self.twin.outputs}

    def value(self, terms: Sequence[p.Term], states: Numbers, held: Values) -> Any:
        """Any expression of the model's variables."""
        return evaluated(terms, self._row(states, held))

    def confined(self, states: Numbers) -> Numbers:
        """States within their bounds."""
        return np.clip(states, self.lows, self.highs)

    def _row(self, states: Numbers, held: Values) -> list[Any]:
        return [*states, *held.values()]


def evaluated(terms: Sequence[p.Term], variables: Sequence[Any]) -> Any:
    """An expression in postfix form over columns. What cannot be worked out is NaN; call under `np.errstate`."""
    stack: list[Any] = []
    for term in terms:
        match term:
            case p.PushInput(place):
                stack.append(variables[place])
            case p.PushConstant(value):
                stack.append(np.nan if value is None else value)
            case p.Apply(function, count):
                arguments = stack[-count:]
                del stack[-count:]
                stack.append(FUNCTIONS[function](*arguments))
            case p.PushBound():
                raise AssertionError("nothing is bound in an equation")
    (found,) = stack
    return found


def rows_of(held: Values, which: Any) -> dict[str, Any]:
    """What is held of some rows (a slice, or indices); single values are of all."""
    return {name: column[which] if np.ndim(column) and len(column) > 1 else column for name, column in held.items()}


# --- Functions of columns in which absent is NaN ---------------------------------------------------------------------


def _finite(values: Any) -> Any:
    return np.where(np.isfinite(values), values, np.nan)


def _compared(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def compare(a: Any, b: Any) -> Any:
        truth = np.asarray(function(a, b), dtype=np.float64)
        if isinstance(a, str) or isinstance(b, str):
            return truth
        return np.where(np.isnan(a) | np.isnan(b), np.nan, truth)

    return compare


def _logic(decisive: float) -> Callable[[Any, Any], Any]:
    def combine(a: Any, b: Any) -> Any:
        known = np.where(np.isnan(a) | np.isnan(b), np.nan, 1.0 - decisive)
        return np.where((a == decisive) | (b == decisive), decisive, known)

    return combine


def _if_else(condition: Any, then: Any, otherwise: Any) -> Any:
    return np.where(np.isnan(condition), np.nan, np.where(condition == 1.0, then, otherwise))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: _finite(a + b),
    "subtract": lambda a, b: _finite(a - b),
    "multiply": lambda a, b: _finite(np.multiply(a, b)),
    "divide": lambda a, b: _finite(np.divide(a, b)),
    "negate": np.negative,
    "affine": lambda x, scale, offset: _finite(np.multiply(x, scale) + offset),
    "equal": _compared(np.equal),
    "not_equal": _compared(np.not_equal),
    "less": _compared(np.less),
    "less_equal": _compared(np.less_equal),
    "greater": _compared(np.greater),
    "greater_equal": _compared(np.greater_equal),
    "and_": _logic(0.0),
    "or_": _logic(1.0),
    "not_": lambda a: 1.0 - a,
    "not_true": lambda a: np.where(a == 1.0, 0.0, 1.0),
    "else_": lambda a, b: np.where(np.isnan(a), b, a),
    "is_absent": lambda a: np.isnan(a).astype(np.float64),
    "if_else": _if_else,
    "abs": np.abs,
    "min": lambda *a: np.minimum.reduce(np.broadcast_arrays(*a)),
    "max": lambda *a: np.maximum.reduce(np.broadcast_arrays(*a)),
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "sqrt": np.sqrt,
    "sign": np.sign,
    "clamp": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "mod": lambda a, b: _finite(np.mod(a, b)),
}
"""The functions of the library that equations may have, over columns of floats."""
