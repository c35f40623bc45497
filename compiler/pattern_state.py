"""What a pattern keeps for one key, as the engine lays it out."""

from .plan import AllOf, AnyOf, Ends, Part, Pattern, Row, Turns

WORD_BYTES = 8
PATTERN_WORDS = 10
"""What a pattern keeps for a key beside its threads: where these are, and what they wait for."""
THREAD_WORDS = 14
"""What a thread of a pattern keeps beside its counters and what it has bound: where it is, since when, its marks."""
EVENT_WORDS = 4


def pattern_bytes(pattern: Pattern) -> int:
    """What a pattern keeps for one key: its threads, each with what it counts and has bound, and the events of each."""
    bound = sum(2 if bound.how == "first" else 1 for bound in pattern.bounds)
    words = THREAD_WORDS + _counters(pattern.body) + bound
    events = EVENT_WORDS * pattern.events_max if pattern.listed else 0
    return (PATTERN_WORDS + pattern.threads_max * (words + events)) * WORD_BYTES


def _counters(part: Part) -> int:
    """What a thread counts, and notes of when parts began."""
    match part:
        case Row(parts) | AnyOf(parts):
            return sum(map(_counters, parts))
        case AllOf(parts):
            return 1 + sum(map(_counters, parts))
        case Turns(of):
            return 2 + _counters(of)
        case Ends(of):
            return 1 + _counters(of)
        case _:
            return 0
