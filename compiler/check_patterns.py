"""Patterns: their steps, what they bind, and that a comparison with an earlier step can be prepared there."""

from collections.abc import Iterator
from types import MappingProxyType

from ..dsl import nodes as n
from .check_context import Checking, Context, domain_of
from .check_places import as_condition, check_duration
from .problems_domains import NeedsDevice
from .problems_names import Duplicate, HidesField
from .problems_rules import NotSeparable, PatternAbsence, PatternTooLong, PatternUnbounded
from .resolve import children, member_of, walk
from .typed import BoundRef, DeviceRef, Fact

STEPS_MAX = 3


def check_pattern(c: Checking, pattern: n.Pattern, at: Context) -> bool:
    """Whether a pattern is well formed; every expression in it gets its fact."""
    if at.device is None:
        c.report(NeedsDevice(span=pattern.span, what="a pattern", domain=domain_of(at.scope)))
        return False
    before = len(c.problems.found)
    if len(pattern.steps) > STEPS_MAX:
        c.report(PatternTooLong(span=pattern.span, steps=len(pattern.steps)))
    steps: dict[str, int] = {}
    for place, step in enumerate(pattern.steps):
        inside = Context(at.scope, steps=MappingProxyType(dict(steps)))
        if place > 0 and isinstance(step.event, n.Quiet):
            c.report(PatternAbsence(span=step.event.span))
        fact = c.check(step.event, inside)
        if fact is not None and as_condition(c, step.event, fact, "a step") is not None:
            _check_separable(c, step.event)
        if step.name is not None:
            _name_step(c, step, step.name, place, steps, pattern, at.device)
    if pattern.unless is not None:
        fact = c.check(pattern.unless, Context(at.scope, steps=MappingProxyType(steps)))
        if fact is not None and as_condition(c, pattern.unless, fact, "`unless`") is not None:
            bound = next(iter(_bound_in(c, pattern.unless)), None)
            if bound is not None:
                c.report(NotSeparable(span=bound.span, problem="`unless` cannot speak of earlier steps"))
    if pattern.within is not None:
        check_duration(c, pattern.within, at, "`within`")
    elif len(pattern.steps) > 1:
        c.report(PatternUnbounded(span=pattern.span))
    return len(c.problems.found) == before


def _name_step(
    c: Checking, step: n.Step, name: str, place: int, steps: dict[str, int], pattern: n.Pattern, device: str
) -> None:
    hidden = member_of(c.names.devices.get(device), name)
    if hidden is not None:
        c.report(HidesField(span=step.span, what="step", name=name, device=device, hidden=hidden.span))
    elif name in steps:
        c.report(Duplicate(span=step.span, what="step", name=name, first=pattern.steps[steps[name]].span))
    steps.setdefault(name, place)


def steps_of(pattern: n.Pattern) -> MappingProxyType[str, int]:
    """The named steps of a pattern and their places."""
    named: dict[str, int] = {}
    for place, step in enumerate(pattern.steps):
        if step.name is not None:
            named.setdefault(step.name, place)
    return MappingProxyType(named)


# --- Separability ----------------------------------------------------------------------------------------------------


def _check_separable(c: Checking, event: n.Expr) -> None:
    """Earlier steps are spoken of in comparisons joined by `and`, whose terms are of now or of one earlier step."""
    if isinstance(event, n.Logic) and event.operator == "and":
        _check_separable(c, event.left)
        _check_separable(c, event.right)
        return
    bound = _bound_in(c, event)
    if not bound:
        return
    comparison = event
    while isinstance(comparison, n.Not):
        comparison = comparison.of
    if not isinstance(comparison, n.Compare):
        problem = "a condition on an earlier step that is no comparison"
        c.report(NotSeparable(span=bound[0].span, problem=problem))
        return
    mixed = next((term for term in _both_terms(comparison) if _bound_in(c, term) and _is_now(c, term)), None)
    if mixed is not None:
        problem = "a term that is of now and of an earlier step at once"
        c.report(NotSeparable(span=_bound_in(c, mixed)[0].span, problem=problem))
    elif len({_step(c, node) for node in bound}) > 1:
        c.report(NotSeparable(span=bound[-1].span, problem="a comparison with two earlier steps at once"))
    elif not any(_is_now(c, term) for term in _both_terms(comparison)):
        problem = "a condition on an earlier step alone, which belongs to that step"
        c.report(NotSeparable(span=bound[0].span, problem=problem))


def _both_terms(comparison: n.Compare) -> list[n.Expr]:
    return [*_terms(comparison.left), *_terms(comparison.right)]


def _terms(node: n.Expr) -> Iterator[n.Expr]:
    """What a sum adds up."""
    match node:
        case n.Arithmetic(operator="+" | "-", left=left, right=right):
            yield from _terms(left)
            yield from _terms(right)
        case n.Negate(of=of):
            yield from _terms(of)
        case _:
            yield node


def _bound_in(c: Checking, node: n.Expr) -> list[n.Member]:
    """The places in an expression that speak of an earlier step."""
    return [inner for inner in walk(node) if isinstance(inner, n.Member) and _step(c, inner) is not None]


def _step(c: Checking, node: n.Member) -> int | None:
    fact = c.facts.get(node)
    reference = None if fact is None else fact.reference
    return reference.step if isinstance(reference, BoundRef) else None


def _is_now(c: Checking, node: n.Node) -> bool:
    """Whether anything in an expression is of the present: neither a constant nor an earlier step's."""
    fact: Fact | None = c.facts.get(node)
    if fact is not None and (fact.is_constant or isinstance(fact.reference, BoundRef)):
        return False
    if fact is not None and fact.reference is not None:
        return not isinstance(fact.reference, DeviceRef)
    if isinstance(node, n.Call) and not node.arguments:
        return True
    return any(_is_now(c, child) for child in children(node))
