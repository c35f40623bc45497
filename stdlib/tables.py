"""Tables: what is kept of the values themselves, for quantiles, for how many differ, for the most frequent.

Each is a function of which values there were and how often, not of their order or of how they were cut into slices, so
that windows can be put together of slices.

- `values`: up to `KEPT` different values with their counts. Beyond, values that lie in one cell of a grid are counted
  together, as the least of them: the finest grid of a power of two on which at most `KEPT` cells are taken. Two
  neighbouring cells become one at each step (uniform collapse: I. Epicoco, C. Melle, M. Cafaro, M. Pulimeno, G. Morleo,
  "UDDSketch", 2020, there on a logarithmic scale). A value is less than one cell off, which is less than 2/255 of the
  difference between the greatest and the least, and far less where values lie close together with a few far off.
- `hashes`: up to `KEPT` different hashes of 53 bits. Beyond, a HyperLogLog of 4096 registers (P. Flajolet, E. Fusy, O.
  Gandouet, F. Meunier 2007), whose standard error is 1.04 / sqrt(4096) = 1.6 %, read by O. Ertl's estimator ("New
  cardinality estimation algorithms for HyperLogLog sketches", 2017), which needs no corrections.
- `frequencies`: up to `KEPT` different values with their counts; of more there is no answer.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

KEPT = 256
"""So many different values are kept as they are."""
EXACT = -5000
"""Instead of a grid's exponent: all values are there."""
HASH_BITS = 53
INDEX_BITS = 12
REGISTERS = 1 << INDEX_BITS
RANK_MAX = HASH_BITS - INDEX_BITS + 1
MANTISSA = 62
"""No grid is finer than the greatest value by more binary digits than this."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of n windows: entries `offsets[i]` to `offsets[i + 1]` are those of window i, by ascending code.

    codes, counts (m,): a value (or hash), and how often it came. beyond (n,): `EXACT`, or what of it there is too much
    for: the exponent of a grid of values, 1 for others. ranks (n, RANK_MAX + 1): how many registers have each rank, of
    hashes that are beyond.
    """

    offsets: Counts
    codes: Numbers
    counts: Counts
    beyond: Counts
    ranks: Counts

    def take(self, windows: NDArray[np.intp]) -> "Tables":
        """Those of the given windows."""
        sizes = np.diff(self.offsets)[windows]
        offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])
        entries = np.arange(offsets[-1]) + np.repeat(self.offsets[windows] - offsets[:-1], sizes)
        ranks = self.ranks[windows] if len(self.ranks) else self.ranks
        return Tables(offsets, self.codes[entries], self.counts[entries], self.beyond[windows], ranks)


def grid(values: Iterable[float]) -> int:
    """The exponent of the finest grid on which these values take at most `KEPT` cells; `EXACT` if they are no more."""
    distinct = set(values)
    if len(distinct) <= KEPT:
        return EXACT
    exponent = math.frexp(max(abs(value) for value in distinct))[1] - MANTISSA
    while len({math.floor(math.ldexp(value, -exponent)) for value in distinct}) > KEPT:
        exponent += 1
    return exponent


def gathered(values: Iterable[float]) -> dict[float, int]:
    """Values with their counts, ascending, those in one cell of the grid as the least of them."""
    ordered = sorted(values)
    exponent = grid(ordered)
    found: dict[float, int] = {}
    least: dict[float, float] = {}
    for value in ordered:
        cell = value if exponent == EXACT else math.floor(math.ldexp(value, -exponent))
        shown = least.setdefault(cell, value)
        found[shown] = found.get(shown, 0) + 1
    return found


# --- Hashes ----------------------------------------------------------------------------------------------------------


def hashes_of(values: Numbers) -> Numbers:
    """Hashes of numbers and truths, of 53 bits, as floats: those of the 64 bits of SplitMix64 (G. Steele 2014)."""
    bits = (values + 0.0).view(np.uint64)
    bits = bits + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits = bits ^ (bits >> np.uint64(31))
    return (bits >> np.uint64(64 - HASH_BITS)).astype(np.float64)


def hash_of_text(text: str) -> float:
    """The hash of a text, of 53 bits."""
    found = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
    return float(found >> (64 - HASH_BITS))


def hash_of(value: bool | float | str) -> float:
    """The hash of any value that is a text, a number or a truth."""
    return hash_of_text(value) if isinstance(value, str) else float(hashes_of(np.array([float(value)]))[0])


def register_of(hash_: int) -> tuple[int, int]:
    """The register that a hash goes to, by its first bits, and its rank: where the first 1 of the others is."""
    rest = hash_ & ((1 << (HASH_BITS - INDEX_BITS)) - 1)
    return hash_ >> (HASH_BITS - INDEX_BITS), HASH_BITS - INDEX_BITS - rest.bit_length() + 1


def ranks_of(hashes: Iterable[float]) -> list[int]:
    """How many registers have each rank, 0 to RANK_MAX."""
    registers: dict[int, int] = {}
    for hash_ in hashes:
        index, rank = register_of(int(hash_))
        registers[index] = max(registers.get(index, 0), rank)
    ranks = [0] * (RANK_MAX + 1)
    for rank in registers.values():
        ranks[rank] += 1
    ranks[0] = REGISTERS - len(registers)
    return ranks


def estimate(ranks: Mapping[int, int] | list[int]) -> float:
    """How many different hashes there were, to a whole number: Ertl 2017, algorithm 6."""
    last = RANK_MAX - 1
    z = REGISTERS * _tau(1.0 - ranks[RANK_MAX] / REGISTERS)
    for rank in range(last, 0, -1):
        z = 0.5 * (z + ranks[rank])
    z += REGISTERS * _sigma(ranks[0] / REGISTERS)
    return float(round(REGISTERS * REGISTERS / (2.0 * math.log(2.0) * z)))


def _sigma(x: float) -> float:
    if x == 1.0:
        return math.inf
    y, z = 1.0, x
    while True:
        x *= x
        before = z
        z += x * y
        y += y
        if z == before:
            return z


def _tau(x: float) -> float:
    if x in (0.0, 1.0):
        return 0.0
    y, z = 1.0, 1.0 - x
    while True:
        x = math.sqrt(x)
        before = z
        y *= 0.5
        z -= (1.0 - x) ** 2 * y
        if z == before:
            return z / 3.0
