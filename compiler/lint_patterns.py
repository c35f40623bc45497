"""Patterns that match far more often than somebody reads, or never: every combination, or more time than there is."""

from ..dsl import nodes as n
from .check_context import Checking
from .check_windows import lasting
from .problems_lints import ManyMatches, NeverInTime
from .resolve import walk


def lint_patterns(c: Checking, program: n.Program) -> None:
    """Every pattern of the program, in items and in rules."""
    for item in program.items:
        match item:
            case n.PatternItem(pattern=pattern) | n.Rule(when=n.Pattern() as pattern):
                _pattern(c, pattern)
                _times(c, pattern)
            case _:
                pass


def _times(c: Checking, pattern: n.Pattern) -> None:
    """Absence that lasts longer than the whole may: it can never be there in time."""
    for node in walk(pattern):
        if not isinstance(node, n.Pattern) or node.within is None:
            continue
        most, least = c.durations.get(node.within), _least_ns(c, node.body, leading=True)
        if most is not None and least > most:
            c.report(NeverInTime(span=node.within.span, least=lasting(least), most=lasting(most)))
            return


def _least_ns(c: Checking, part: n.Part, *, leading: bool) -> int:
    """How long a part lasts at least, from its first event: absence lasts, what leads counts from before."""
    match part:
        case n.Step(event=n.Quiet(duration=duration)):
            return 0 if leading else c.durations.get(duration) or 0
        case n.Step():
            return 0
        case n.Group(pattern=pattern):
            return _least_ns(c, pattern.body, leading=leading)
        case n.AllOf(parts=parts):
            return max(_least_ns(c, each, leading=leading) for each in parts)
        case n.AnyOf(parts=parts):
            return min(_least_ns(c, each, leading=leading) for each in parts)
        case n.Repeat(of=of, at_least=least):
            times = int(least.text) if isinstance(least, n.Number) and least.text.isdecimal() else 0
            return times * _least_ns(c, of, leading=leading)
        case n.Sequence(parts=parts):
            return sum(_least_ns(c, each, leading=leading and place == 0) for place, each in enumerate(parts))


def _pattern(c: Checking, pattern: n.Pattern) -> None:
    combinations: list[n.Node] = []
    endless: list[n.Node] = []
    for node in walk(pattern):
        match node:
            case n.Sequence(parts=parts, links=links):
                combinations.extend(parts[place + 1] for place, link in enumerate(links) if link == "then each")
            case n.Repeat(at_most=None):
                endless.append(node)
            case _:
                pass
    again = pattern.skip is not None and pattern.skip.kind in ("none", "next")
    if len(combinations) > 1:
        reason = "every combination of all these events is a match of its own"
        c.report(ManyMatches(span=combinations[1].span, reason=reason, first=combinations[0].span))
    elif endless and (combinations or again):
        reason = "every number of these events is a match of its own"
        if combinations:
            reason = "every combination of these events is a match of its own"
        c.report(ManyMatches(span=endless[0].span, reason=reason))
