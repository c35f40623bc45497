"""A bootstrap filter (Gordon, Salmond and Smith 1993): a state in doubt is many particles, each with a weight.

They move by the equations and stray by chance; a measurement makes those likelier that say so. When the weight is on
few of them (as many as less than half of all would count for), they are drawn anew, systematically: at equal steps of
the sum of weights, from one random number. `normals` (of an instant, particle by particle) and the number to draw from
come from outside. `cloud` (particles, n + 1) is room to work in.
"""

import math
from typing import Any

from .dynamics import ROOT, SPARE, STRAYED, gain, step_through, take_root, value
from .jit import called, part


@part
def confine_particle(n: int, k: int, i: int, particles: Any, bounds: Any) -> None:
    for s in range(n):
        particles[k, i, s] = min(max(particles[k, i, s], bounds[s, 0]), bounds[s, 1])


@called
def summarise(n: int, k: int, covariance: Any, particles: Any, weights: Any, work: Any) -> None:
    """What the particles are on average, into the row, and how they are spread."""
    row, m = work[0], work[4]
    count = weights.shape[1]
    for s in range(n):
        total = 0.0
        for i in range(count):
            total += weights[k, i] * particles[k, i, s]
        m[SPARE, 0, s] = total
    for s in range(n):
        row[s, 0] = m[SPARE, 0, s]
        for t in range(n):
            total = 0.0
            for i in range(count):
                total += weights[k, i] * (particles[k, i, s] - m[SPARE, 0, s]) * (particles[k, i, t] - m[SPARE, 0, t])
            covariance[k, s, t] = total


@called
def scatter_particles(
    n: int, k: int, deviations: Any, normals: Any, bounds: Any, covariance: Any, particles: Any, weights: Any, work: Any
) -> None:
    """Particles around what stands in the row, normally distributed, all of one weight."""
    row, count = work[0], weights.shape[1]
    for i in range(count):
        weights[k, i] = 1.0 / count
        for s in range(n):
            particles[k, i, s] = row[s, 0] + deviations[s] * normals[i * n + s]
        confine_particle(n, k, i, particles, bounds)
    summarise(n, k, covariance, particles, weights, work)


@called
def move_particles(
    n: int, moves: bool, linear: bool, seconds: float, k: int, normals: Any, bounds: Any, covariance: Any,
    particles: Any, weights: Any, program: Any, work: Any,
) -> bool:  # fmt: skip
    """Move a key's particles on, if it is known how they move, and let them stray as STRAYED says; false if one cannot
    be followed."""
    row, m, count = work[0], work[4], weights.shape[1]
    take_root(n, STRAYED, 1.0, work)
    for i in range(count):
        if moves:
            for s in range(n):
                row[s, 0] = particles[k, i, s]
            if not (gain(n, program, work) if linear else step_through(n, seconds, program, work)):
                return False
            for s in range(n):
                particles[k, i, s] = row[s, 0]
        for s in range(n):
            for t in range(s + 1):
                particles[k, i, s] += m[ROOT, s, t] * normals[i * n + t]
        confine_particle(n, k, i, particles, bounds)
    summarise(n, k, covariance, particles, weights, work)
    return True


@called
def weigh(
    n: int, which: int, measured: float, variance: float, k: int, drawn: float, covariance: Any, particles: Any,
    weights: Any, cloud: Any, program: Any, work: Any,
) -> None:  # fmt: skip
    """Make a key's particles as likely as a measurement says."""
    row, count = work[0], weights.shape[1]
    likeliest = -math.inf
    for i in range(count):
        for s in range(n):
            row[s, 0] = particles[k, i, s]
        off = measured - value(which, program, work)
        cloud[i, n] = -off * off / (2.0 * variance) if off == off else -math.inf
        if weights[k, i] > 0.0:
            likeliest = max(likeliest, cloud[i, n])
    total = 0.0
    for i in range(count):
        cloud[i, n] = weights[k, i] * math.exp(cloud[i, n] - likeliest) if likeliest > -math.inf else 0.0
        total += cloud[i, n]
    if 0.0 < total < math.inf:
        squares = 0.0
        for i in range(count):
            weights[k, i] = cloud[i, n] / total
            squares += weights[k, i] * weights[k, i]
        if 1.0 / squares < count / 2.0:
            draw(n, k, drawn, particles, weights, cloud)
    summarise(n, k, covariance, particles, weights, work)


@part
def draw(n: int, k: int, drawn: float, particles: Any, weights: Any, cloud: Any) -> None:
    """Draw particles anew, each as often as its weight says, and all of one weight then."""
    count = weights.shape[1]
    passed, at = weights[k, 0], 0
    for i in range(count):
        while passed < (drawn + i) / count and at < count - 1:
            at += 1
            passed += weights[k, at]
        for s in range(n):
            cloud[i, s] = particles[k, at, s]
    for i in range(count):
        weights[k, i] = 1.0 / count
        for s in range(n):
            particles[k, i, s] = cloud[i, s]
