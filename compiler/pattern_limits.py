"""What of a pattern the runtime cannot execute yet: it runs up to three steps of a device, joined by `then`."""

from collections.abc import Iterator

from ..dsl import nodes as n
from ..dsl.source import Span
from .resolve import children, walk
from .typed import BoundRef, DeviceRef, DeviceScope, EventRef, Fact, FieldRef, SignalRef, Typed

STEPS_MAX = 3

Limit = tuple[Span, str]
"""Where something stands, and what it is, in words that go before "cannot be executed yet"."""


def pattern_limits(typed: Typed, pattern: n.Pattern) -> list[Limit]:
    """What of a well-formed pattern does not run, each where it stands; nothing if it runs.

    Not about the expressions in it as such (`sent run`, a device's event): these are looked at wherever they stand.
    """
    found = list(_parts(typed, pattern, pattern.body))
    if pattern.skip is not None and pattern.skip.kind != "past last":
        found.append((pattern.skip.span, f"`skip {pattern.skip.kind}`"))
    steps = n.plain_steps(pattern)
    if steps is None or found:
        return found
    if len(steps) > STEPS_MAX:
        found.append((pattern.span, f"a pattern of {len(steps)} steps"))
    for place, step in enumerate(steps):
        if _of_group(typed, step.event):
            found.append((step.span, "a step of a group's pattern"))
        if isinstance(step.event, n.Quiet) and (place > 0 or not _is_heard(typed, step.event)):
            found.append((step.event.span, "absence as a step of a pattern"))
        found.extend(_inseparable(typed, step.event))
    if pattern.unless is not None:
        found.extend(
            (node.span, "`unless` with an earlier step's value") for node in _bound_in(typed, pattern.unless)[:1]
        )
    return found


def _parts(typed: Typed, pattern: n.Pattern, part: n.Part) -> Iterator[Limit]:
    match part:
        case n.Step():
            return
        case n.Group():
            yield part.span, "a pattern in parentheses"
        case n.AllOf():
            yield part.span, "`all of`"
        case n.AnyOf():
            yield part.span, "`any of`"
        case n.Repeat():
            yield part.span, "a repeated or optional step"
        case n.Sequence(parts=parts, links=links):
            for place, each in enumerate(parts):
                if place and links[place - 1] != "then":
                    yield each.span, f"`{links[place - 1]}`"
                yield from _parts(typed, pattern, each)


def _of_group(typed: Typed, event: n.Expr) -> bool:
    """Whether it is an update of a group's signal, or a message of a member, whose device type it names."""
    for node in walk(event):
        fact = typed.facts.get(node)
        if fact is not None and (isinstance(fact.reference, DeviceRef) or not isinstance(fact.scope, DeviceScope)):
            return True
    return False


def _is_heard(typed: Typed, quiet: n.Quiet) -> bool:
    """Whether it asks about messages or events, not about a condition."""
    fact = typed.facts.get(quiet.of)
    if isinstance(quiet.of, n.Call):
        return quiet.of.function == "fresh"
    return fact is not None and (fact.event or isinstance(fact.reference, FieldRef | SignalRef))


# --- Conditions on earlier steps -------------------------------------------------------------------------------------


def _inseparable(typed: Typed, event: n.Expr) -> Iterator[Limit]:
    """Earlier steps are spoken of in comparisons joined by `and`, whose terms are of now or of one earlier step."""
    if isinstance(event, n.Logic) and event.operator == "and":
        yield from _inseparable(typed, event.left)
        yield from _inseparable(typed, event.right)
        return
    bound = _bound_in(typed, event)
    if not bound:
        return
    comparison = event
    while isinstance(comparison, n.Not):
        comparison = comparison.of
    if not isinstance(comparison, n.Compare):
        yield bound[0].span, "a condition on an earlier step that is no comparison"
        return
    terms = [*_terms(comparison.left), *_terms(comparison.right)]
    mixed = next((term for term in terms if _bound_in(typed, term) and _is_now(typed, term)), None)
    if mixed is not None:
        yield _bound_in(typed, mixed)[0].span, "a term that is of now and of an earlier step at once"
    elif len({_step(typed, node) for node in bound}) > 1:
        yield bound[-1].span, "a comparison with two earlier steps at once"
    elif not any(_is_now(typed, term) for term in terms):
        yield bound[0].span, "a condition on an earlier step alone"


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


def _bound_in(typed: Typed, node: n.Expr) -> list[n.Member]:
    """The places in an expression that speak of an earlier step."""
    return [inner for inner in walk(node) if isinstance(inner, n.Member) and _step(typed, inner) is not None]


def _step(typed: Typed, node: n.Member) -> int | None:
    fact = typed.facts.get(node)
    reference = None if fact is None else fact.reference
    return reference.step if isinstance(reference, BoundRef) else None


def _is_now(typed: Typed, node: n.Node) -> bool:
    """Whether anything in an expression is of the present: neither a constant nor an earlier step's."""
    fact: Fact | None = typed.facts.get(node)
    if fact is not None and (fact.is_constant or isinstance(fact.reference, BoundRef)):
        return False
    if fact is not None and fact.reference is not None:
        return not isinstance(fact.reference, DeviceRef | EventRef)
    if isinstance(node, n.Call) and not node.arguments:
        return True
    return any(_is_now(typed, child) for child in children(node))
