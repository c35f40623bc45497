"""What a pattern keeps for one key, as the engine lays it out."""

from .plan import AllOf, AnyOf, Ends, Part, Pattern, PushInput, Row, Turns

WORD_BYTES = 8
PATTERN_WORDS = 10
"""What a pattern keeps for a key beside its threads: where these are, and what they wait for."""
THREAD_WORDS = 14
"""What a thread of a pattern keeps beside its counters and what it has bound: where it is, since when, its marks."""
EVENT_WORDS = 4


def pattern_bytes(pattern: Pattern) -> int:
    """What a pattern keeps for one key: its threads, each with what it counts and has bound, since when what must last
    has been true, and the events of each; where something must last, also what its inputs were last."""
    bound = sum(2 if bound.how == "first" else 1 for bound in pattern.bounds)
    lasting = sum(step.lasting_ns is not None for step in pattern.steps)
    words = THREAD_WORDS + _counters(pattern.body) + bound + lasting
    events = EVENT_WORDS * pattern.events_max if pattern.listed else 0
    inputs = _inputs_used(pattern) if lasting else 0
    return (PATTERN_WORDS + inputs + pattern.threads_max * (words + events)) * WORD_BYTES


def _inputs_used(pattern: Pattern) -> int:
    """Of how many inputs the values are asked for, by tests or for what is bound."""
    tested = {term.input for step in pattern.steps for term in step.test if isinstance(term, PushInput)}
    return len(tested | {bound.value for bound in pattern.bounds if bound.value is not None})


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
