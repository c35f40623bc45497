"""What the threads of a pattern keep of their events, and what their steps ask of that, as the kernels take it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from ..compiler import plan as p
from .kernels import automaton_layout as layout
from .kernels import automaton_terms as op
from .symbols import Symbols

FUNCTIONS = {
    "add": op.ADD,
    "subtract": op.SUBTRACT,
    "multiply": op.MULTIPLY,
    "divide": op.DIVIDE,
    "negate": op.NEGATE,
    "affine": op.AFFINE,
    "equal": op.EQUAL,
    "not_equal": op.NOT_EQUAL,
    "less": op.LESS,
    "less_equal": op.LESS_EQUAL,
    "greater": op.GREATER,
    "greater_equal": op.GREATER_EQUAL,
    "and_": op.AND,
    "or_": op.OR,
    "not_": op.NOT,
    "not_true": op.NOT_TRUE,
    "else_": op.ELSE,
    "is_absent": op.IS_ABSENT,
    "if_else": op.IF_ELSE,
    "abs": op.ABS,
    "min": op.MIN,
    "max": op.MAX,
    "floor": op.FLOOR,
    "ceil": op.CEIL,
    "round": op.ROUND,
    "sqrt": op.SQRT,
    "sign": op.SIGN,
    "clamp": op.CLAMP,
    "mod": op.MOD,
    "time_difference": op.TIME_DIFFERENCE,
    "time_add": op.TIME_ADD,
    "quantile_of": op.QUANTILE_OF,
    "variance_of": op.VARIANCE_OF,
    "stddev_of": op.STDDEV_OF,
    "distinct_of": op.DISTINCT_OF,
    "mode_of": op.MODE_OF,
    "slope_of": op.SLOPE_OF,
    "time_weighted_mean_of": op.HELD_MEAN_OF,
}
"""The functions that tests may apply (`stdlib.catalogue.SCALARS`), as the kernel knows them."""

OF_TIMES = op.TIME_EQUAL - op.EQUAL
"""How far a comparison of times is from that of numbers."""

HOW = {
    "first": layout.FIRST,
    "last": layout.LAST,
    "count": layout.COUNT,
    "true": layout.COUNT_TRUE,
    "sum": layout.SUM,
    "min": layout.MIN,
    "max": layout.MAX,
    "nth": layout.NTH,
    "when": layout.NTH_TIME,
}


def inputs_used(pattern: p.Pattern, nows: Collection[int] = ()) -> list[int]:
    """The inputs whose values are asked for, by tests or for what is bound: of `nows`, which are the time of the
    instant, nobody has to be asked for the latter."""
    tested = {term.input for step in pattern.steps for term in step.test if isinstance(term, p.PushInput)}
    return sorted(tested | {bound.value for bound in pattern.bounds if bound.value is not None}.difference(nows))


def bound_type(bound: p.Bound, types: Sequence[str]) -> str:
    if bound.how in ("count", "true"):
        return "int"
    if bound.how == "when":
        return "time"
    assert bound.value is not None
    return types[bound.value]


def bound_rows(
    bounds: Sequence[p.Bound], types: Sequence[str], places: Mapping[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The bounds as the kernels take them, and what a thread has bound before its first event."""
    rows = np.zeros((len(bounds), layout.BOUND_COLUMNS), dtype=np.int64)
    initial = [0.0 if bound.how in ("count", "true") else np.nan for bound in bounds]
    for row, bound, type_name in zip(rows, bounds, types, strict=True):
        row[layout.OF_STEPS] = sum(1 << step for step in set(bound.steps))
        row[layout.OF_INPUT] = layout.NO_INPUT if bound.value is None else places.get(bound.value, layout.OF_NOW)
        row[layout.HOW] = HOW[bound.how]
        row[layout.IS_TIME] = type_name == "time"
        if bound.how == "first":
            row[layout.BESIDE] = len(initial)
            initial.append(float(-bound.nth))
        elif bound.how in ("last", "nth", "when"):
            least = 0 if bound.how == "last" else 1
            row[layout.BESIDE] = -1 if bound.nth == least else bounds.index(replace(bound, nth=bound.nth - 1))
    return rows, np.array(initial, dtype=np.float64)


@dataclass
class Terms:
    """The terms of all steps' tests, one behind the other. `places` says where the kernels find an input's values."""

    types: Sequence[str]
    bound_types: Sequence[str]
    places: Mapping[int, int]
    symbols: Symbols
    terms: list[tuple[int, int]] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    depth: int = 2

    def add(self, test: Sequence[p.Term]) -> tuple[int, int]:
        """Add a step's test; gives where its terms begin and end."""
        first = len(self.terms)
        stack: list[str] = []
        for term in test:
            match term:
                case p.PushInput(place):
                    self.terms.append((op.INPUT, self.places[place]))
                    stack.append(self.types[place])
                case p.PushBound(place):
                    self.terms.append((op.BOUND, place))
                    stack.append(self.bound_types[place])
                case p.PushConstant(value):
                    self.terms.append((op.CONSTANT, len(self.constants)))
                    self.constants.append(self._number(value))
                    stack.append("")
                case p.Apply(function, arguments, type_name):
                    code = FUNCTIONS[function]
                    if op.EQUAL <= code <= op.GREATER_EQUAL and "time" in stack[-2:]:
                        code += OF_TIMES
                    # `min` and `max` take any number of arguments, two at a time.
                    self.terms += [(code, arguments)] * (arguments - 1 if code in (op.MIN, op.MAX) else 1)
                    del stack[-arguments:]
                    stack.append(type_name)
                case _:
                    assert_never(term)
            self.depth = max(self.depth, len(stack))
        return first, len(self.terms)

    def _number(self, value: Any) -> float:
        if value is None:
            return np.nan
        return float(self.symbols.code(value) if isinstance(value, str) else value)


def of_one_event(bound: p.Bound, x: NDArray[np.float64], time: NDArray[np.int64]) -> NDArray[np.float64]:
    """What is bound of one event with the value `x` (NaN: absent) at a time."""
    match bound.how:
        case "count":
            known = ~np.isnan(x)
            return known.astype(np.float64)
        case "true":
            return np.where(x == 1.0, 1.0, 0.0)
        case "when":
            return np.where(np.isnan(x), x, time.view(np.float64))
        case "first" | "last" if bound.nth:
            return np.full_like(x, np.nan)
        case _:
            return x
