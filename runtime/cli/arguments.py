"""Values that options take, as `type=` of an argument."""

from argparse import ArgumentTypeError

from ...stdlib.conversion import parse_time


def positive(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"`{text}` is not a whole number from 1")
    return int(text)


def positive_seconds(text: str) -> float:
    """A number of seconds, greater than 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise ArgumentTypeError(f"`{text}` is not a number of seconds")
    return seconds


def moment(text: str) -> int:
    """A time, in ns since the epoch."""
    found = parse_time(text)
    if found is None:
        raise ArgumentTypeError(f"`{text}` is not a time: write it as 2026-03-01T08:00:00Z")
    return found
