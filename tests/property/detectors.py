"""Random detectors and filters of a device's numbers: `strategies.Writing` takes them among its signals."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.tests.property.strategies import Writing

IMPORTS = """import std.anomaly (cusum, page_hinkley, hampel, zscore, ewma, seasonal)
import std.signal (lowpass)
"""


def detector(writing: "Writing", device: str) -> tuple[str, str]:
    """An expression, and what it is: `bool`, `number`, or `inexact`: a number that differs in the last places by the
    order in which sums are taken, so that nothing may be asked of it."""
    argument = writing.one("x", "x", "n", "x + n", "x else 0", "fresh(x)", "prev(x)")
    window = writing.one("2 samples", "3 samples", "5 samples", "20 samples")
    if writing.paced[device] and writing.chance(30):
        argument = writing.one(*writing.paced[device])
        window = writing.one("8 s", "20 s", "1 min")
    elif writing.every[device] and writing.chance(50):
        argument, window = "x", writing.one("2 s", "5 s", "20 s")
    return writing.one(
        (
            f"cusum({argument}, target: {writing.constant()}, drift: 0.25, limit: {writing.one('0.5', '2', '4')})",
            "bool",
        ),
        (f"page_hinkley({argument}, drift: {writing.one('0.25', '0.5')}, limit: {writing.one('1', '3')})", "bool"),
        (f"page_hinkley({argument}, drift: 0.125)", "bool"),
        (f"hampel({argument} over {window})", "bool"),
        (f"hampel({argument} over {window}, sigma: {writing.one('0.5', '1.25', '2')})", "bool"),
        (f"seasonal({argument}, season: {writing.one('10 s', '96 s')}, sigma: {writing.one('0.5', '1.5')})", "bool"),
        (f"zscore({argument} over {window})", "inexact"),
        (f"ewma({argument}, span: {writing.one('1 s', '10 s')})", "number"),
        (f"ewma({argument})", "number"),
        (f"lowpass({argument}, cutoff: {writing.one('0.05', '0.2', '2')} Hz)", "number"),
    )
