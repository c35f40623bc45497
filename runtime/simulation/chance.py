"""Chance by number: random numbers that are a function of a key and of a count, not of what was drawn before.

    keys = keys_of(7, "Fridge", ["f1", "f2"], "temp")
    normals(keys, np.arange(1000, 1060), 0)     # (60, 2): for the reports 1000 to 1059 of two devices

So any span of time can be made alone, and no device's chance depends on another's. The numbers are those of Philox
4x32-10 (Salmon, Moraes, Dror, Shaw 2011), for whole matrices at a time.
"""

import math
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Counts = NDArray[np.int64]
Words = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]
"""Four words of 32 bits."""

ROUNDS = 10
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
KEY_STEPS = (np.uint64(0x9E3779B9), np.uint64(0xBB67AE85))
WORD_BITS = np.uint64(32)
WORD = np.uint64(0xFFFFFFFF)
BLOCK = 1 << 14
"""So many numbers are made at a time: what they are made of stays in the core's own cache."""


def key_of(*parts: str | int) -> int:
    """A key of 64 bits: other parts, other chance."""
    return int.from_bytes(blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest(), "little")


def keys_of(seed: int, device: str, ids: Sequence[str], purpose: str) -> Keys:
    """The keys (n,) of devices, for what is drawn for this purpose (a field)."""
    return np.array([key_of(seed, device, id_, purpose) for id_ in ids], dtype=np.uint64)


def share_of(*parts: str | int) -> float:
    """One number in [0, 1) by chance, for these parts."""
    return (key_of(*parts) >> 11) * 2.0**-53


def words(keys: Keys, counts: Counts, stream: int) -> Words:
    """For each count (m,) and key (n,) four words (m, n); `stream` says which of the things that are drawn there."""
    shape = (len(counts), len(keys))
    count = counts.astype(np.uint64)[:, None]
    c0, c1 = np.broadcast_to(count & WORD, shape).copy(), np.broadcast_to(count >> WORD_BITS, shape).copy()
    c2, c3 = np.full(shape, stream & 0xFFFFFFFF, dtype=np.uint64), np.full(shape, stream >> 32, dtype=np.uint64)
    k0, k1 = keys & WORD, keys >> WORD_BITS
    product = (np.empty(shape, dtype=np.uint64), np.empty(shape, dtype=np.uint64))
    for _ in range(ROUNDS):
        np.multiply(c0, MULTIPLIERS[0], out=product[0])
        np.multiply(c2, MULTIPLIERS[1], out=product[1])
        np.right_shift(product[1], WORD_BITS, out=c0)
        c0 ^= c1
        c0 ^= k0
        np.right_shift(product[0], WORD_BITS, out=c2)
        c2 ^= c3
        c2 ^= k1
        np.bitwise_and(product[1], WORD, out=c1)
        np.bitwise_and(product[0], WORD, out=c3)
        k0, k1 = (k0 + KEY_STEPS[0]) & WORD, (k1 + KEY_STEPS[1]) & WORD
    return c0, c1, c2, c3


def uniforms(keys: Keys, counts: Counts, stream: int) -> NDArray[np.float64]:
    """Numbers (m, n) that are evenly distributed in [0, 1)."""
    out = np.empty((len(counts), len(keys)))
    for rows in _blocks(out):
        w0, w1, _, _ = words(keys, counts[rows], stream)
        out[rows] = _fraction(w0, w1)
    return out


def normals(keys: Keys, counts: Counts, stream: int) -> NDArray[np.float64]:
    """Numbers (m, n) of the standard normal distribution (G. E. P. Box, M. E. Muller 1958)."""
    out = np.empty((len(counts), len(keys)))
    for rows in _blocks(out):
        w0, w1, w2, w3 = words(keys, counts[rows], stream)
        size = np.log(1.0 - _fraction(w0, w1))
        size *= -2.0
        np.sqrt(size, out=size)
        angle = _fraction(w2, w3)
        angle *= 2 * math.pi
        np.cos(angle, out=angle)
        np.multiply(size, angle, out=out[rows])
    return out


def _fraction(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.float64]:
    """53 bits of two words, as a number in [0, 1)."""
    bits = (high << np.uint64(21)) | (low >> np.uint64(11))
    return bits.astype(np.float64) * 2.0**-53


def _blocks(out: NDArray[np.float64]) -> list[slice]:
    """Rows that are made together."""
    rows = max(BLOCK // max(out.shape[1], 1), 1)
    return [slice(first, first + rows) for first in range(0, len(out), rows)]
