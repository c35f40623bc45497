"""Stiff equations, whose fast parts die out long before anything interesting happens: SciPy's implicit method.

integrate(model, values, duration_ns, method=radau)
"""

from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.sparse import coo_matrix

from .model import Model, Numbers, Values, rows_of

ROWS_TOGETHER = 256
"""So many rows are one system of equations; their Jacobian is zero but for a block for each."""


def radau(model: Model, states: Numbers, held: Values, seconds: float, tolerance: float) -> tuple[Numbers, int]:
    """The states after a time, by Radau IIA of fifth order (Hairer and Wanner), and how often rates were asked for."""
    n, rows = states.shape
    out, asked = np.empty_like(states), 0
    for first in range(0, rows, ROWS_TOGETHER):
        part = slice(first, min(first + ROWS_TOGETHER, rows))
        count = part.stop - part.start
        of_part = rows_of(held, part)

        def rates(_: float, x: Any, count: int = count, held: Values = of_part) -> Any:
            return model.rates(x.reshape(n, count), held).ravel()

        row, column = np.divmod(np.arange(n * n), n)
        spots = np.arange(count)
        sparsity = coo_matrix(
            (
                np.ones(n * n * count),
                ((row[:, None] * count + spots).ravel(), (column[:, None] * count + spots).ravel()),
            ),
            shape=(n * count, n * count),
        )
        begin = states[:, part].ravel()
        solution = solve_ivp(
            rates, (0.0, seconds), begin, "Radau", t_eval=[seconds], rtol=tolerance, atol=tolerance,
            jac_sparsity=sparsity,
        )  # fmt: skip
        out[:, part] = solution.y[:, -1].reshape(n, count) if solution.success else np.nan
        asked = max(asked, int(solution.nfev))
    return out, asked
