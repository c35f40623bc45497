"""The equations of a twin as the kernels take them: terms, bounds, and room to work in."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compiler import plan as p
from .automata_values import Terms
from .symbols import Symbols


class Equations:
    """`Dynamics`, and expressions of what moves by them, over a row of variables of these types.

    `program` and `work` are what `kernels.dynamics` describes; `bounds` (n, 2) are those of the states.
    """

    def __init__(
        self, dynamics: p.Dynamics, expressions: Sequence[tuple[p.Term, ...]], types: Sequence[str], symbols: Symbols
    ) -> None:
        self.states = len(dynamics.rates)
        self.linear = dynamics.linear
        terms = Terms(types, (), {i: i for i in range(len(types))}, symbols)
        spans = [terms.add(expression) for expression in (*dynamics.rates, *expressions)]
        self.program: Any = (
            np.array(terms.terms, dtype=np.int64).reshape(-1, 2),
            np.array(terms.constants, dtype=np.float64),
            np.array(spans, dtype=np.int64).reshape(-1, 2),
        )
        n = self.states
        stack = np.zeros(terms.depth)
        matrices = np.zeros((10, max(n, 1), max(n, 1)))
        row, stages = np.zeros((max(len(types), 1), 1)), np.zeros((10, max(n, 1)))
        self.work: Any = (row, stack, stack.view(np.int64), stages, matrices)
        self.bounds = np.array(
            [
                (-np.inf if low is None else low, np.inf if high is None else high)
                for low, high in zip(dynamics.lows, dynamics.highs, strict=True)
            ],
            dtype=np.float64,
        ).reshape(n, 2)
