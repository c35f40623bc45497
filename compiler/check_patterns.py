"""Patterns: their parts, the names they bind, and that each has an end in time or number.

    (pressure falls below 2 bar then next vibration > 12 mm/s) as hit 3 times
    unless sent run
    within 1 min

A part sees the names that the parts before it bound. What the parts of `all of` bind is not seen by each other, as they
may come in any order. In a group a step is a message of a member, named as in `Pump.fault`, or an update of the group's
own signals.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from ..dsl import nodes as n
from .check_aggregates import is_aggregate
from .check_context import Bound, Checking, Context
from .check_names import event_of
from .check_places import as_condition, check_duration, check_whole
from .check_types import BOOL
from .pattern_ends import between, fewest, is_absence, leading, may_begin, open_part
from .problems_domains import TwoDevices
from .problems_names import Duplicate, HidesField
from .problems_patterns import (
    AbsenceLink,
    EmptyPattern,
    EndlessRepeat,
    LeadingAbsence,
    NamedAbsence,
    NestedSkip,
    RepeatCount,
    SkipTarget,
    StepOfWhich,
)
from .problems_rules import PatternUnbounded
from .resolve import children, closest, member_of, walk
from .typed import Fact, FieldRef, GroupScope, SignalRef

REPEAT_MAX = 1000
"""More repetitions than this is a length of time that nobody has said."""

Names = Mapping[str, Bound]


def check_pattern(c: Checking, pattern: n.Pattern, at: Context) -> bool:
    """Whether a pattern is well formed; every expression in it gets its fact."""
    before = len(c.problems.found)
    names = steps_of(c, pattern, at)
    _check_names(c, pattern, at)
    _pattern(c, pattern, replace(at, steps={}), names)
    if pattern.skip is not None:
        _skip(c, pattern, pattern.skip, names)
    well = len(c.problems.found) == before
    if well and fewest(pattern.body) == 0 and not may_begin(pattern.body):
        c.report(EmptyPattern(span=pattern.span))
    elif well and pattern.within is None:
        waits = open_part(pattern.body)
        if waits is not None:
            c.report(PatternUnbounded(span=pattern.span, waits=None if waits is pattern.body else waits.span))
    inner = {id(step) for step in between(pattern.body)}
    for step in leading(pattern.body):
        if is_absence(step) and (step.absent or id(step) in inner):
            c.report(LeadingAbsence(span=step.span, timed=not step.absent))
    return len(c.problems.found) == before


def _pattern(c: Checking, pattern: n.Pattern, at: Context, names: Names, *, ended: bool = False) -> Context:
    """Check a pattern, the whole one or one in parentheses; gives the context of what follows it."""
    after = _part(c, pattern.body, at, names, ended=ended or pattern.within is not None)
    if pattern.unless is not None:
        _event(c, pattern.unless, after, "`unless`")
    if pattern.within is not None:
        check_duration(c, pattern.within, at, "`within`")
    return after


def _part(c: Checking, part: n.Part, at: Context, names: Names, *, ended: bool) -> Context:
    """Check a part, and give the context with the names that it bound. `ended`: something around it says `within`."""
    match part:
        case n.Step():
            _step(c, part, at)
            return _with(at, part.name, names)
        case n.Group(pattern=pattern):
            if pattern.skip is not None:
                c.report(NestedSkip(span=pattern.skip.span))
            return _with(_pattern(c, pattern, at, names, ended=ended), part.name, names)
        case n.AllOf(parts=parts) | n.AnyOf(parts=parts):
            after = at
            for each in parts:
                bound = _part(c, each, at, names, ended=ended)
                after = replace(after, steps={**after.steps, **bound.steps})
            return _with(after, part.name, names)
        case n.Repeat():
            return _repeat(c, part, at, names, ended=ended)
        case n.Sequence(parts=parts, links=links):
            for place, each in enumerate(parts):
                link = links[place - 1] if place else None
                if link in ("then next", "then each") and is_absence(each):
                    c.report(AbsenceLink(span=each.span, link=link))
                at = _part(c, each, at, names, ended=ended)
            return at
        case _:
            assert_never(part)


def _repeat(c: Checking, part: n.Repeat, at: Context, names: Names, *, ended: bool) -> Context:
    least = check_whole(c, part.at_least, at, "the number of times", 0)
    most = None if part.at_most is None else check_whole(c, part.at_most, at, "the number of times", 0)
    if is_absence(part.of):
        c.report(RepeatCount(span=part.span, problem="what does not happen cannot be counted"))
    if most is not None and least is not None and (most < max(least, 1) or most > REPEAT_MAX):
        problem = f"at least {least} and at most {most} times"
        if most > REPEAT_MAX:
            problem = f"{most} times, where at most {REPEAT_MAX} can be counted"
        c.report(RepeatCount(span=part.span, problem=problem))
    if part.at_most is None and part.until is None and not ended:
        c.report(EndlessRepeat(span=part.span, least=least or 0))
    # In a turn a step is one event from where it is bound; before that and after it, as many as there were turns.
    inner = [name for name in _names_in(part.of) if name in names and most != 1]
    turned = {name: replace(names[name], many=True) for name in inner}
    inside = _part(c, part.of, replace(at, steps={**at.steps, **turned}), names, ended=ended)
    bound = {name: step for name, step in inside.steps.items() if name not in at.steps}
    if most != 1:
        bound = {name: replace(step, many=True) for name, step in bound.items()}
    after = replace(at, steps={**at.steps, **bound})
    if part.until is not None:
        _event(c, part.until, after, "`until`")
    return after


def _names_in(part: n.Part) -> Iterator[str]:
    """The names that a part binds."""
    for node in walk(part):
        if isinstance(node, n.Step | n.Group | n.AllOf | n.AnyOf) and node.name is not None:
            yield node.name


def _with(at: Context, name: str | None, names: Names) -> Context:
    """The context with one more name, of one event."""
    if name is None or name not in names:
        return at
    return replace(at, steps={**at.steps, name: replace(names[name], many=False)})


# --- Steps -----------------------------------------------------------------------------------------------------------


def _step(c: Checking, step: n.Step, at: Context) -> None:
    if is_absence(step) and step.name is not None:
        c.report(NamedAbsence(span=step.span, name=step.name))
    _event(c, step.event, at, "a step")


def _event(c: Checking, event: n.Expr, at: Context, place: str) -> Fact | None:
    """An event of the device at hand, of a member, or of the group itself; a condition is the messages it holds for."""
    inner = at
    if at.device is None:
        named = members_named(c, event)
        if len(named) > 1:
            first, second, *_ = named
            c.report(TwoDevices(span=event.span, function=place.strip("`"), first=first, second=second))
            return None
        if not named and (bare := _bare_field(c, event, at)) is not None:
            c.report(bare)
            return None
        inner = at.within(named[0]) if named else at
    if isinstance(event, n.Quiet):
        return _absence(c, event, inner)
    fact = c.check(event, inner)
    return None if fact is None else as_condition(c, event, fact, place)


def _bare_field(c: Checking, event: n.Expr, at: Context) -> StepOfWhich | None:
    """What to say of a step of a group that names a device's field or event, and not whose it is."""
    for node in outside_aggregates(event):
        if not isinstance(node, n.Name) or node.name in c.names.values or node.name in at.steps:
            continue
        if isinstance(at.scope, GroupScope) and node.name in at.scope.properties:
            continue
        devices = tuple(d.name for d in c.names.devices.values() if any(m.name == node.name for m in d.members))
        if devices:
            return StepOfWhich(span=node.span, name=node.name, devices=devices)
    return None


def _absence(c: Checking, quiet: n.Quiet, at: Context) -> Fact | None:
    """`then no B for D`: B is a step that must not come, or a field of which no news must come."""
    of = c.check(quiet.of, at)
    length = check_duration(c, quiet.duration, at, "`for`")
    if of is None or length is None:
        return None
    if not isinstance(of.reference, FieldRef | SignalRef) and as_condition(c, quiet.of, of, "`no … for`") is None:
        return None
    return c.know(quiet, at, BOOL)


def members_named(c: Checking, event: n.Expr) -> list[str]:
    """The device types that a step names, outside of aggregates."""
    found = (node.name for node in outside_aggregates(event) if isinstance(node, n.Name))
    return list(dict.fromkeys(name for name in found if name in c.names.devices))


def outside_aggregates(event: n.Expr) -> Iterator[n.Node]:
    """The parts of an expression that are not within an aggregate."""
    pending: list[n.Node] = [event]
    while pending:
        node = pending.pop()
        yield node
        if not (isinstance(node, n.Call) and is_aggregate(node)):
            pending.extend(reversed(children(node)))


# --- Names -----------------------------------------------------------------------------------------------------------


def steps_of(c: Checking, pattern: n.Pattern, at: Context) -> Names:
    """The named steps of a pattern, in the order of the text; of two with one name the first counts.

    Read off the text alone: it is known before the pattern is checked. `place` counts the steps, and each group after
    the steps in it.
    """
    found: dict[str, Bound] = {}
    _bind(c, pattern.body, at, found, [0], most=1)
    return found


def _bind(
    c: Checking, part: n.Part, at: Context, found: dict[str, Bound], count: list[int], *, most: int | None
) -> tuple[str | None, str | None]:
    """Bind the names of a part, which comes at most so often (None: who knows); gives the device type and the device
    event of its last step."""
    device: str | None = at.device
    event: str | None = None
    match part:
        case n.Step():
            device, event = _of_step(c, part.event, at)
        case n.Group(pattern=pattern):
            device, event = _bind(c, pattern.body, at, found, count, most=most)
        case n.AllOf(parts=parts) | n.AnyOf(parts=parts):
            kinds = {_bind(c, each, at, found, count, most=most)[0] for each in parts}
            device = kinds.pop() if len(kinds) == 1 else None
        case n.Repeat(of=of, at_most=turns):
            times = int(turns.text) if isinstance(turns, n.Number) and turns.text.isdecimal() else None
            most = None if times is None or most is None else times * most
            return _bind(c, of, at, found, count, most=most)
        case n.Sequence(parts=parts):
            for each in parts:
                device, event = _bind(c, each, at, found, count, most=most)
            return device, event
        case _:
            assert_never(part)
    place = count[0]
    count[0] += 1
    if part.name is not None:
        often = most if isinstance(part, n.Step) else None
        found.setdefault(part.name, Bound(place, device, event, most != 1, often, part.span))
    return device, event


def _of_step(c: Checking, event: n.Expr, at: Context) -> tuple[str | None, str | None]:
    """Whose message a step is, and the device event that it is, if it is one."""
    device = at.device
    if device is None:
        device = next(iter(members_named(c, event)), None)
    match event:
        case n.Logic(operator="and", left=left, right=right):
            return device, _of_step(c, left, at)[1] or _of_step(c, right, at)[1]
        case n.Name(name=name) | n.Member(of=n.Name(), name=name) if device is not None:
            return device, name if event_of(c, device, name) is not None else None
        case _:
            return device, None


def _check_names(c: Checking, pattern: n.Pattern, at: Context) -> None:
    """No name twice, and none that hides a field."""
    seen: dict[str, n.Part] = {}
    pending: list[n.Part] = [pattern.body]
    while pending:
        part = pending.pop()
        match part:
            case n.Group(pattern=inner):
                pending.append(inner.body)
            case n.Repeat(of=of):
                pending.append(of)
            case n.AllOf(parts=parts) | n.AnyOf(parts=parts) | n.Sequence(parts=parts):
                pending.extend(reversed(parts))
            case n.Step():
                pass
            case _:
                assert_never(part)
        name = None if isinstance(part, n.Repeat | n.Sequence) else part.name
        if name is None:
            continue
        hidden = member_of(c.names.devices.get(at.device or ""), name)
        if hidden is not None:
            device = at.device or ""
            c.report(HidesField(span=part.span, what="step", name=name, device=device, hidden=hidden.span))
        elif name in seen:
            c.report(Duplicate(span=part.span, what="step", name=name, first=seen[name].span))
        seen.setdefault(name, part)


def _skip(c: Checking, pattern: n.Pattern, skip: n.Skip, names: Names) -> None:
    """`skip to first x`: x is a step of the pattern, and not the one that it begins with."""
    if skip.step is None:
        return
    bound = names.get(skip.step)
    if bound is None:
        c.report(SkipTarget(span=skip.span, step=skip.step, closest=closest(skip.step, names), known=tuple(names)))
    elif bound.place == 0 and skip.kind == "to first":
        c.report(SkipTarget(span=skip.span, step=skip.step, first=bound.span))
