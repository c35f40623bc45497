"""An unscented filter (Julier and Uhlmann 1997; Wan and van der Merwe 2000, with α = 1, β = 2, κ = 0).

A state in doubt is 2n + 1 points: what it is, and on both sides of that the columns of a square root of n times its
covariance. They move by the equations as they are, and mean and covariance are made anew of where they come to. All
but the first have the weight 1 / 2n; the first counts 0 in means and 2 in covariances. `points` (2n + 1, n + 1): the
last column is what a sensor would measure there.
"""

import math
from typing import Any

from .dynamics import COVARIANCE, ROOT, SPARE, STRAYED, gain, step_through, take_root, value
from .jit import called, part

OF_CENTRE = 2.0


@part
def scatter(n: int, k: int, covariance: Any, points: Any, work: Any) -> None:
    """The points of a key's states, whose mean stands in the row."""
    m, row = work[4], work[0]
    for i in range(n):
        for j in range(n):
            m[COVARIANCE, i, j] = covariance[k, i, j]
    take_root(n, COVARIANCE, float(n), work)
    for i in range(n):
        points[0, i] = row[i, 0]
        for j in range(n):
            points[1 + j, i] = row[i, 0] + m[ROOT, i, j]
            points[1 + n + j, i] = row[i, 0] - m[ROOT, i, j]


@called
def move_points(
    n: int, linear: bool, seconds: float, k: int, covariance: Any, points: Any, program: Any, work: Any
) -> bool:
    """Move a key's states on, from the row to the row; false if a point cannot be followed."""
    row, m = work[0], work[4]
    scatter(n, k, covariance, points, work)
    for point in range(2 * n + 1):
        for i in range(n):
            row[i, 0] = points[point, i]
        if not (gain(n, program, work) if linear else step_through(n, seconds, program, work)):
            return False
        for i in range(n):
            points[point, i] = row[i, 0]
    for i in range(n):
        total = 0.0
        for point in range(1, 2 * n + 1):
            total += points[point, i]
        row[i, 0] = total / (2 * n)
    for i in range(n):
        for j in range(n):
            total = OF_CENTRE * (points[0, i] - row[i, 0]) * (points[0, j] - row[j, 0])
            for point in range(1, 2 * n + 1):
                total += (points[point, i] - row[i, 0]) * (points[point, j] - row[j, 0]) / (2 * n)
            covariance[k, i, j] = total + m[STRAYED, i, j]
    return True


@called
def correct_points(
    n: int, which: int, measured: float, variance: float, k: int, covariance: Any, points: Any, program: Any, work: Any
) -> None:
    """Correct a key's states, in the row, by a measurement."""
    row, m = work[0], work[4]
    scatter(n, k, covariance, points, work)
    said = 0.0
    for point in range(2 * n + 1):
        for i in range(n):
            row[i, 0] = points[point, i]
        points[point, n] = value(which, program, work)
        if point > 0:
            said += points[point, n] / (2 * n)
    for i in range(n):
        row[i, 0] = points[0, i]
    spread = variance + OF_CENTRE * (points[0, n] - said) ** 2
    for point in range(1, 2 * n + 1):
        spread += (points[point, n] - said) ** 2 / (2 * n)
    if not 0.0 < spread < math.inf:
        return
    for i in range(n):
        total = 0.0
        for point in range(1, 2 * n + 1):
            total += (points[point, i] - points[0, i]) * (points[point, n] - said) / (2 * n)
        m[SPARE, 0, i] = total
    for i in range(n):
        row[i, 0] += m[SPARE, 0, i] / spread * (measured - said)
        for j in range(n):
            covariance[k, i, j] -= m[SPARE, 0, i] * m[SPARE, 0, j] / spread
