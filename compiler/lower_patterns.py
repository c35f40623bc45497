"""Patterns into nodes: the tree of parts, with every link at the event that is waited for, and what is kept for tests
and for rules.

    door becomes true as opened then next temp > opened.temp + 2 K within 5 min

A silence that a pattern begins with is a condition: it is met when `no B for D` becomes true.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from ..dsl import nodes as n
from . import plan as p
from .lower_bound import asked, each_asked, places_of
from .lower_context import BOOL, Asked, Kept, Lowering, Place, value_type
from .lower_matched import pattern_of, said_by_rules, waits_for_expiry
from .lower_steps import Inputs, Named, Steps, lower_step
from .pattern_ends import EVENTS_MAX, guards, leading
from .typed import DeviceScope, EventRef, FieldRef, Scope

THREADS_PLAIN = 16
THREADS_MANY = 256
"""How many threads a key has room for: where each step is one event that is waited for in one way, and elsewhere."""

LINKS: dict[n.Link, p.Link] = {"then": "then", "then next": "next", "then each": "each"}


@dataclass
class _Builder:
    """A pattern as it grows: its inputs, its steps and the guards behind them, what it keeps."""

    lowering: Lowering
    scope: Scope
    steps: Steps
    kept: Kept
    inputs: Inputs
    lowered: list[p.PatternStep] = field(default_factory=list)
    leading: set[int] = field(default_factory=set)
    """The steps that the pattern can begin with, by identity."""

    guards: dict[int, int] = field(default_factory=dict)
    """The steps that `until` and `unless` speak of, by the identity of what they say."""


def pattern_node(lowering: Lowering, pattern: n.Pattern, scope: Scope) -> str:
    """A pattern's node, one for all who name it."""
    node = lower_pattern(lowering, pattern, scope).node
    assert node is not None
    return node


def expired_node(lowering: Lowering, pattern: n.Pattern, scope: Scope) -> str:
    """The event that what had begun of a pattern ran out of time."""
    node = pattern_node(lowering, pattern, scope)
    timeline = Place(scope, settled=True).timeline
    return lowering.add(p.Expired(), (node,), timeline, BOOL, pattern.span, event=True)


def kept_for(lowering: Lowering, rule: n.Rule, scope: Scope) -> Kept | None:
    """What a rule can say of the pattern that it waits for: of its match, or of what ran out of time."""
    pattern = pattern_of(lowering, rule)
    if pattern is None:
        return None
    kept = lower_pattern(lowering, pattern, scope)
    return Kept(expired_node(lowering, pattern, scope), kept.bounds) if waits_for_expiry(lowering, rule) else kept


def lower_pattern(lowering: Lowering, pattern: n.Pattern, scope: Scope) -> Kept:
    """A pattern's node, and the places of what is kept of its events for itself and for rules."""
    found = lowering.matched.get(id(pattern))
    if found is None:
        found = lowering.matched[id(pattern)] = _lowered(lowering, pattern, scope)
    return found


def _lowered(lowering: Lowering, pattern: n.Pattern, scope: Scope) -> Kept:
    steps = Steps(lowering, scope)
    steps.count(pattern.body)
    expressions = (*_expressions(pattern), *said_by_rules(lowering, pattern))
    found = (one for expression in expressions for one in asked(lowering, expression))
    bounds = places_of(each for one in found for each in each_asked(one, _events_of(steps.named[one.place])))
    builder = _Builder(lowering, scope, steps, Kept(None, bounds), Inputs(lowering))
    builder.leading = {id(step) for step in leading(pattern.body)}
    for number, step in enumerate(steps.steps):
        builder.lowered.append(_step(builder, number, step))
    for guard in guards(pattern):
        builder.guards[id(guard)] = len(builder.lowered)
        builder.lowered.append(lower_step(builder.inputs, guard, steps.scope_of(guard), builder.kept, ""))
    body = _ended(builder, pattern, _tree(builder, pattern.body, "then"))
    kept = tuple(_bound(builder, one) for one in bounds)
    skip = pattern.skip or n.Skip("past last")
    longest = skip.kind != "none" and _ends_greedy(pattern.body)
    listed = any(item.pattern is pattern for item in lowering.patterns.values())
    newest_only = not (listed or kept or pattern.skip or any(step.test for step in builder.lowered)) and _is_chain(body)
    operator = p.Pattern(
        tuple(builder.lowered),
        body,
        kept,
        skip.kind,
        _skip_to(builder, pattern),
        longest=longest,
        listed=listed,
        newest_only=newest_only,
        threads_max=_threads_max(body),
        events_max=min(EVENTS_MAX, _events_max(body)),
    )
    lowering.graph.forget(builder.inputs.speaking)
    lowering.leaves = {leaf: id_ for leaf, id_ in lowering.leaves.items() if not isinstance(leaf[0], p.Captured)}
    at = Place(scope, settled=True)
    node = lowering.add(operator, tuple(builder.inputs.nodes), at.timeline, BOOL, pattern.span, event=True)
    return Kept(node, bounds)


def _expressions(pattern: n.Pattern) -> Iterator[n.Expr]:
    """All expressions in a pattern that can speak of what was bound before."""
    if pattern.unless is not None:
        yield pattern.unless
    yield from _of_part(pattern.body)


def _of_part(part: n.Part) -> Iterator[n.Expr]:
    match part:
        case n.Step(event):
            yield event
        case n.Group(pattern):
            yield from _expressions(pattern)
        case n.Repeat(of, until=until):
            yield from _of_part(of)
            if until is not None:
                yield until
        case n.AllOf(parts) | n.AnyOf(parts) | n.Sequence(parts):
            for each in parts:
                yield from _of_part(each)
        case _:
            assert_never(part)


# --- Steps and bounds ------------------------------------------------------------------------------------------------


def _step(builder: _Builder, number: int, step: n.Step) -> p.PatternStep:
    event = step.event
    if isinstance(event, n.Quiet) and id(step) in builder.leading:
        return _leading(builder, number, event)
    scope = builder.steps.scope_of(event)
    return lower_step(builder.inputs, event, scope, builder.kept, builder.steps.labels[number])


def _leading(builder: _Builder, number: int, quiet: n.Quiet) -> p.PatternStep:
    """`no B for D` at the beginning: the moment at which B has not come for D, since the last or since the start."""
    lowering, scope = builder.lowering, builder.steps.scope_of(quiet)
    inputs = Inputs(lowering)
    step = lower_step(inputs, quiet, scope, builder.kept, "")
    at = Place(scope, settled=True)
    met = p.Pattern((step,), p.Take(0), skip="none", threads_max=1, events_max=1)
    event = lowering.add(met, tuple(inputs.nodes), at.timeline, BOOL, quiet.span, event=True)
    operator = p.Quiet(lowering.typed.duration_ns(quiet.duration))
    condition = builder.inputs.place(lowering.add(operator, (event,), at.timeline, BOOL, quiet.span))
    return p.PatternStep((condition,), condition, (), builder.steps.labels[number])


def _bound(builder: _Builder, one: Asked) -> p.Bound:
    named = builder.steps.named[one.place]
    if one.lookup is not None:
        assert named.scope is not None
        own = Kept(None, {}, own=lambda name: _value(builder, named, name))
        said = builder.lowering.expression(one.lookup, Place(named.scope, settled=True, bound=own))
        return p.Bound(named.last, one.how, builder.inputs.place(said))
    if one.field is None:
        return p.Bound(named.last, one.how)
    return p.Bound(named.last, one.how, builder.inputs.place(_value(builder, named, one.field)), one.nth)


def _value(builder: _Builder, named: Named, name: str) -> str:
    """What an event's value is at the moment at which it comes."""
    lowering = builder.lowering
    if name == "time":
        at = Place(builder.scope, settled=True)
        return lowering.add(p.Now(), (), at.timeline, p.ValueType("time"), builder.steps.steps[0].span)
    assert isinstance(named.scope, DeviceScope)
    device = named.scope.device
    at, origin = Place(named.scope, settled=True), builder.steps.steps[0].span
    if name == "id":
        return lowering.add(p.Key("id"), (), at.timeline, p.ValueType("text"), origin)
    told = lowering.fact(builder.steps.steps[named.last[0]].event).reference
    if isinstance(told, EventRef) and name in lowering.typed.devices[device].parameters[told.event]:
        type_ = value_type(lowering.typed.devices[device].parameters[told.event][name].type)
        private = lowering.is_private_event(device, told.event)
        return lowering.add(p.Message(device, f"{told.event}.{name}"), (), at.timeline, type_, origin, private=private)
    ref = FieldRef(device, name)
    info = lowering.field_info(ref)
    private = ref in lowering.private
    field_ = p.Field(device, name, info.stale_ns)
    return lowering.add(field_, (), at.timeline, value_type(info.type), origin, private=private)


def _skip_to(builder: _Builder, pattern: n.Pattern) -> tuple[int, ...]:
    if pattern.skip is None or pattern.skip.step is None:
        return ()
    return builder.steps.named[_places(pattern.body)[pattern.skip.step]].steps


def _places(body: n.Part) -> dict[str, int]:
    """The places of the parts with names, as the checker counts them."""
    found: dict[str, int] = {}
    count = 0

    def look(part: n.Part) -> None:
        nonlocal count
        match part:
            case n.Group(pattern=pattern):
                look(pattern.body)
            case n.AllOf(parts=parts) | n.AnyOf(parts=parts):
                for each in parts:
                    look(each)
            case n.Repeat(of=of):
                look(of)
                return
            case n.Sequence(parts=parts):
                for each in parts:
                    look(each)
                return
            case n.Step():
                pass
            case _:
                assert_never(part)
        if part.name is not None:
            found.setdefault(part.name, count)
        count += 1

    look(body)
    return found


# --- The tree --------------------------------------------------------------------------------------------------------


def _tree(builder: _Builder, part: n.Part, link: p.Link) -> p.Part:
    """A part; its first events are waited for as the link before it says."""
    match part:
        case n.Step():
            return _leaf(builder, part, link)
        case n.Group(pattern):
            return _ended(builder, pattern, _tree(builder, pattern.body, link))
        case n.AllOf(parts):
            return p.AllOf(tuple(_tree(builder, each, link) for each in parts))
        case n.AnyOf(parts):
            return p.AnyOf(tuple(_tree(builder, each, link) for each in parts))
        case n.Repeat():
            return _turns(builder, part, link)
        case n.Sequence(parts, links):
            each_link = (link, *(LINKS[one] for one in links))
            return p.Row(tuple(_tree(builder, each, one) for each, one in zip(parts, each_link, strict=True)))
        case _:
            assert_never(part)


def _leaf(builder: _Builder, step: n.Step, link: p.Link) -> p.Part:
    number = builder.steps.numbers[id(step)]
    if step.absent:
        return p.Without(number)
    if not isinstance(step.event, n.Quiet):
        return p.Take(number, link)
    if id(step) in builder.leading:
        return p.Take(number, link)
    return p.Silence(number, builder.lowering.typed.duration_ns(step.event.duration))


def _turns(builder: _Builder, repeat: n.Repeat, link: p.Link) -> p.Part:
    least, most = _count(builder.lowering, repeat.at_least), None
    if repeat.at_most is not None:
        most = _count(builder.lowering, repeat.at_most)
    of = _tree(builder, repeat.of, link)
    until = None if repeat.until is None else builder.guards[id(repeat.until)]
    return p.Turns(of, least, most, repeat.mode, until)


def _count(lowering: Lowering, count: n.Expr) -> int:
    constant = lowering.fact(count).constant
    assert constant is not None
    return int(constant)  # type: ignore[arg-type]


def _ended(builder: _Builder, pattern: n.Pattern, body: p.Part) -> p.Part:
    """A pattern's body with its ends; an absence at its end lasts until `within` is over."""
    unless = None if pattern.unless is None else builder.guards[id(pattern.unless)]
    within = None if pattern.within is None else builder.lowering.typed.duration_ns(pattern.within)
    if within is not None:
        body = _rested(body, within)
    return body if unless is None and within is None else p.Ends(body, unless, within)


def _rested(body: p.Part, within_ns: int) -> p.Part:
    match body:
        case p.Without(step):
            return p.Silence(step, within_ns)
        case p.Row((*parts, p.Without(step))):
            return p.Row((*parts, p.Rest(step)))
        case _:
            return body


def _ends_greedy(part: n.Part) -> bool:
    """Whether a pattern's end is a repetition that takes as many turns as it can."""
    match part:
        case n.Repeat():
            return part.mode == "greedy"
        case n.Sequence(parts):
            return _ends_greedy(parts[-1])
        case n.Group(pattern):
            return _ends_greedy(pattern.body)
        case _:
            return False


# --- Bounds ----------------------------------------------------------------------------------------------------------


def _threads_max(body: p.Part) -> int:
    return THREADS_PLAIN if is_plain(body) else THREADS_MANY


def _is_chain(part: p.Part) -> bool:
    """Whether it is steps one after another, each waited for until it comes."""
    match part:
        case p.Ends(of):
            return _is_chain(of)
        case p.Row(parts):
            return all(isinstance(one, p.Take) and one.link == "then" for one in parts)
        case _:
            return isinstance(part, p.Take)


def is_plain(part: p.Part) -> bool:
    """Whether what has begun never splits: each of its steps is one event."""
    match part:
        case p.Take(link=link):
            return link != "each"
        case p.Silence() | p.Rest() | p.Without():
            return True
        case p.Row(parts):
            return all(is_plain(one) for one in parts)
        case p.Ends(of):
            return is_plain(of)
        case p.Turns(of, least, most):
            return least == most and is_plain(of)
        case p.AllOf() | p.AnyOf():
            return False
        case _:
            assert_never(part)


def _events_of(named: Named) -> int:
    """How many last events a named part has in a match, at most."""
    return EVENTS_MAX if named.turns_max is None else min(EVENTS_MAX, named.turns_max * len(named.last))


def _events_max(part: p.Part) -> int:
    match part:
        case p.Take():
            return 1
        case p.Silence() | p.Rest() | p.Without():
            return 0
        case p.Row(parts) | p.AllOf(parts):
            return sum(_events_max(one) for one in parts)
        case p.AnyOf(parts):
            return max(_events_max(one) for one in parts)
        case p.Ends(of):
            return _events_max(of)
        case p.Turns(of, _, most):
            return EVENTS_MAX if most is None else most * _events_max(of)
        case _:
            assert_never(part)
