"""How much of the past slices must keep for the windows over them."""

from .plan import Window

NS_PER_DAY = 24 * 3600 * 1_000_000_000
CALENDAR_DAYS = {"today": 1, "this_week": 7, "this_month": 31, "this_year": 366}
DAY_CHANGE_NS = NS_PER_DAY // 24
"""A calendar unit may be this much longer than its days: clocks are put back."""


def longest_window_ns(window: Window) -> int:
    """How far back a window reaches from its end, at most."""
    if window.width_ns is not None:
        return window.width_ns
    assert window.calendar is not None
    return CALENDAR_DAYS[window.calendar] * NS_PER_DAY + DAY_CHANGE_NS
