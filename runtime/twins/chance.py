"""Chance for filters: random numbers that are a function of a device's id and of the number of its instant alone, so
that they hang on no batch, no place and no restart.

The bits are those of SplitMix64's last step (Steele, Lea and Flood 2014), taken of counters.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Numbers = NDArray[np.float64]

FNV_OFFSET, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def seeds(ids: Sequence[str]) -> NDArray[np.int64]:
    """A seed of each id: FNV-1a of its bytes, of 64 bits."""
    found = []
    for id_ in ids:
        seed = FNV_OFFSET
        for byte in id_.encode():
            seed = (seed ^ byte) * FNV_PRIME % 2**64
        found.append(seed)
    return np.array(found, dtype=np.uint64).view(np.int64)


def mixed(bits: Bits) -> Bits:
    """Bits of which each hangs on all of those given."""
    bits = (bits ^ (bits >> np.uint64(30))) * FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * SECOND
    return bits ^ (bits >> np.uint64(31))


def uniforms(seed: NDArray[np.int64], instant: NDArray[np.int64], first: int, count: int) -> Numbers:
    """Numbers (n, count) in [0, 1): the `first` and following of the instants (n,) of these seeds."""
    start = mixed(seed.view(np.uint64) + GOLDEN * instant.view(np.uint64))
    bits = mixed(start[:, None] + GOLDEN * np.arange(first, first + count, dtype=np.uint64))
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normals(seed: NDArray[np.int64], instant: NDArray[np.int64], count: int) -> Numbers:
    """The first normally distributed numbers (n, count) of instants, each made of two (Box and Muller 1958)."""
    pairs = uniforms(seed, instant, 0, 2 * count)
    radius: Numbers = np.sqrt(-2.0 * np.log(1.0 - pairs[:, 0::2]))
    return radius * np.cos(2.0 * np.pi * pairs[:, 1::2])
