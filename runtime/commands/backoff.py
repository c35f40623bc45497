"""Pauses between deliveries: exponential backoff with full jitter, the same for the same command on every run.

The pause before the n-th repetition is spread evenly from the shortest pause to 2ⁿ times it, and never over the longest
(Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). Chance comes from the command's id.
"""

import hashlib

S = 1_000_000_000

LOW_NS, HIGH_NS = 1 * S, 10 * S
"""Between these are the pauses of a command that declares none."""


def pause_ns(command_id: str, repetition: int, low_ns: int | None = None, high_ns: int | None = None) -> int:
    """How long to wait before a repetition, counted from 1."""
    low = LOW_NS if low_ns is None else low_ns
    high = max(low, HIGH_NS if high_ns is None else high_ns)
    # Beyond 2**40 times any pause it is the longest anyway.
    widest = min(high, low << min(repetition, 40))
    digest = hashlib.sha256(f"{command_id}/{repetition}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (widest - low + 1)
