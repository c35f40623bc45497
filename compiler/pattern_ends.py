"""Whether a pattern comes to an end: what of it could wait forever, and how many events it takes at least."""

from typing import assert_never

from ..dsl import nodes as n

EVENTS_MAX = 256
"""How many events a match has at most, where its repetitions have no greatest number."""


def open_part(part: n.Part) -> n.Node | None:
    """The first part that could be waited for forever; None if each has an end in time or number.

    One step is over at once. `then next` is decided by the next update, absence by its duration, a group by its
    `within`. Everything else waits for an event that may never come.
    """
    match part:
        case n.Step():
            return None
        case n.Group(pattern=pattern):
            return None if pattern.within is not None else open_part(pattern.body)
        case n.AllOf():
            return part
        case n.AnyOf(parts=parts):
            return next((found for each in parts if (found := open_part(each)) is not None), None)
        case n.Repeat(of=of, at_most=most):
            once = isinstance(most, n.Number) and most.text == "1"
            return open_part(of) if once else part
        case n.Sequence(parts=parts, links=links):
            for place, each in enumerate(parts):
                if (found := open_part(each)) is not None:
                    return found
                if place and links[place - 1] != "then next" and not is_absence(each):
                    return each
            last = parts[-1]
            return last if isinstance(last, n.Step) and last.absent else None
        case _:
            assert_never(part)


def is_absence(part: n.Part) -> bool:
    """Whether it is `no x for D`, which its duration ends, or `no x`, which what follows ends."""
    return isinstance(part, n.Step) and (part.absent or isinstance(part.event, n.Quiet))


def fewest(part: n.Part) -> int:
    """How many events a match has at least; a number of times that is no literal counts as one."""
    match part:
        case n.Step():
            return 0 if is_absence(part) else 1
        case n.Group(pattern=pattern):
            return fewest(pattern.body)
        case n.AllOf(parts=parts) | n.Sequence(parts=parts):
            return sum(fewest(each) for each in parts)
        case n.AnyOf(parts=parts):
            return min(fewest(each) for each in parts)
        case n.Repeat(of=of, at_least=least):
            times = int(least.text) if isinstance(least, n.Number) and least.text.isdecimal() else 1
            return times * fewest(of)
        case _:
            assert_never(part)


def may_begin(part: n.Part) -> bool:
    """Whether anything begins a pattern of which everything may be missing: where as few events as will do are asked
    for, none will."""
    match part:
        case n.Step():
            return True
        case n.Group(pattern=pattern):
            return may_begin(pattern.body)
        case n.AllOf(parts=parts) | n.AnyOf(parts=parts) | n.Sequence(parts=parts):
            return any(may_begin(each) for each in parts)
        case n.Repeat(of=of, at_least=least, mode=mode):
            none = isinstance(least, n.Number) and least.text == "0"
            return not (none and mode == "lazy") and may_begin(of)
        case _:
            assert_never(part)


def guards(pattern: n.Pattern) -> list[n.Expr]:
    """What `until` and `unless` say in a pattern, inner ones first: the order in which they stand behind its steps."""
    return [*_guards(pattern.body), *([] if pattern.unless is None else [pattern.unless])]


def _guards(part: n.Part) -> list[n.Expr]:
    match part:
        case n.Step():
            return []
        case n.Group(pattern=pattern):
            return guards(pattern)
        case n.Repeat(of=of, until=until):
            return [*_guards(of), *([] if until is None else [until])]
        case n.AllOf(parts=parts) | n.AnyOf(parts=parts) | n.Sequence(parts=parts):
            return [guard for each in parts for guard in _guards(each)]
        case _:
            assert_never(part)


def leading(part: n.Part) -> list[n.Step]:
    """The steps that a pattern can begin with, in the order of the text."""
    match part:
        case n.Step():
            return [part]
        case n.Group(pattern=pattern):
            return leading(pattern.body)
        case n.AllOf(parts=parts) | n.AnyOf(parts=parts):
            return [step for each in parts for step in leading(each)]
        case n.Repeat(of=of):
            return leading(of)
        case n.Sequence(parts=parts):
            found: list[n.Step] = []
            for each in parts:
                found += leading(each)
                if fewest(each) > 0 or is_absence(each):
                    break
            return found
        case _:
            assert_never(part)


def between(part: n.Part, *, begun: bool = False) -> list[n.Step]:
    """The steps before which an event may have been taken; `begun`: one has been, before this part."""
    match part:
        case n.Step():
            return [part] if begun else []
        case n.Group(pattern=pattern):
            return between(pattern.body, begun=begun)
        case n.AnyOf(parts=parts):
            return [step for each in parts for step in between(each, begun=begun)]
        case n.AllOf(parts=parts):
            return [step for each in parts for step in between(each, begun=begun or len(parts) > 1)]
        case n.Repeat(of=of, at_most=most):
            once = isinstance(most, n.Number) and most.text == "1"
            return between(of, begun=begun or not once)
        case n.Sequence(parts=parts):
            found: list[n.Step] = []
            for each in parts:
                found += between(each, begun=begun)
                begun = True
            return found
        case _:
            assert_never(part)
