"""Where conditions can hold, as far as constants tell: so that two of them can be seen to exclude each other.

A region says of some values (fields, signals, keys) what each must be. `temp > 8 degC and door` is {temp: above 8,
door: true}; what cannot be said in this way is left out, so that a region is never too small.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from ..dsl import nodes as n
from .check_arithmetic import in_unit
from .check_context import Checking
from .check_types import is_number, unit_of
from .intervals import MIRRORED, NEGATED, Interval
from .typed import Fact, FieldRef, KeyRef, Reference, SignalRef, TwinRef

Admitted = Interval | bool | str
"""What a value must be: a number in an interval, in the value's own unit, or this one choice."""

Region = Mapping[Reference, Admitted]

Ranked = Mapping[Reference, tuple[int, int]]
"""A region whose ends are numbered in their order, among those of several regions: quick to compare."""


def ranked(regions: Iterable[Region]) -> list[Ranked]:
    """Several regions with their ends numbered, so that two admit nothing in common if one ends before the other."""
    regions = list(regions)
    ends: dict[Reference, set[Fraction]] = {}
    choices: dict[Reference, dict[bool | str, int]] = {}
    for region in regions:
        for reference, admitted in region.items():
            if isinstance(admitted, Interval):
                ends.setdefault(reference, set()).update(e for e in (admitted.low, admitted.high) if e is not None)
            else:
                numbers = choices.setdefault(reference, {})
                numbers.setdefault(admitted, len(numbers))
    places = {name: {end: 4 * place for place, end in enumerate(sorted(found))} for name, found in ends.items()}
    return [
        {name: _numbered(admitted, places.get(name, {}), choices.get(name, {})) for name, admitted in region.items()}
        for region in regions
    ]


def _numbered(admitted: Admitted, places: Mapping[Fraction, int], choices: Mapping[bool | str, int]) -> tuple[int, int]:
    if not isinstance(admitted, Interval):
        return choices[admitted], choices[admitted]
    low = -1 if admitted.low is None else places[admitted.low] + admitted.above
    high = 4 * len(places) if admitted.high is None else places[admitted.high] - admitted.below
    return low, high


def exclude(first: Ranked, second: Ranked) -> bool:
    """Whether there is a value of which both regions speak, and which cannot be in both."""
    for name, (low, high) in first.items():
        other = second.get(name)
        if other is not None and (high < other[0] or other[1] < low):
            return True
    return False


def region_of(c: Checking, node: n.Expr) -> dict[Reference, Admitted]:
    """Where a checked condition can hold."""
    found: dict[Reference, Admitted] = {}
    for part in _conjuncts(node):
        simple = _simple(c, part)
        if simple is not None:
            reference, admitted = simple
            before = found.get(reference)
            if isinstance(before, Interval) and isinstance(admitted, Interval):
                admitted = before.meet(admitted)
            found[reference] = admitted
    return found


def complete(c: Checking, node: n.Expr) -> bool:
    """Whether the region of a condition says all that it says."""
    return all(_simple(c, part) is not None for part in _conjuncts(node))


def raised_region(c: Checking, rule: n.Rule) -> dict[Reference, Admitted]:
    """Where a rule can be raised: where `when` can hold, and where `until` has not yet."""
    if isinstance(rule.when, n.Pattern) or rule.latched or rule.hold_for is not None:
        return {}
    fact = c.facts.get(rule.when)
    if fact is None or fact.event:
        return {}
    region = region_of(c, rule.when)
    if rule.until is None:
        return region
    if not isinstance(rule.until, n.Compare):
        return {}
    still = _compared(c, rule.until, negated=True)
    if still is None:
        return {}
    reference, until = still
    when = region.get(reference)
    if not isinstance(when, Interval) or not isinstance(until, Interval):
        return {}
    return {reference: when.hull(until)}


def _conjuncts(node: n.Expr) -> Iterator[n.Expr]:
    match node:
        case n.Logic(operator="and", left=left, right=right):
            yield from _conjuncts(left)
            yield from _conjuncts(right)
        case n.Holds(condition=condition):
            yield from _conjuncts(condition)
        case _:
            yield node


def _simple(c: Checking, node: n.Expr) -> tuple[Reference, Admitted] | None:
    """What one comparison with a constant, or one condition alone, says of which value."""
    match node:
        case n.Compare():
            return _compared(c, node)
        case n.Not(of=inner):
            reference = _reference(c.facts.get(inner))
            return None if reference is None else (reference, False)
        case n.Name() | n.Member():
            reference = _reference(c.facts.get(node))
            return None if reference is None else (reference, True)
        case _:
            return None


def _reference(fact: Fact | None) -> Reference | None:
    """What a value is, if it is something with a name that two conditions can speak of."""
    reference = None if fact is None else fact.reference
    return reference if isinstance(reference, FieldRef | SignalRef | KeyRef | TwinRef) else None


def _compared(c: Checking, node: n.Compare, *, negated: bool = False) -> tuple[Reference, Admitted] | None:
    """What a comparison with a constant says of which value; `negated`: what it says where it is false."""
    of, limit, operator = c.facts.get(node.left), c.facts.get(node.right), str(node.operator)
    if of is not None and of.is_constant:
        of, limit, operator = limit, of, MIRRORED[operator]
    reference = _reference(of)
    if of is None or reference is None or limit is None or limit.constant is None or c.facts.get(node) is None:
        return None  # A comparison without a fact is one between things that cannot be compared.
    operator = NEGATED[operator] if negated else operator
    value = in_unit(limit, unit_of(of.type)) if is_number(of.type) else limit.constant
    if isinstance(value, Fraction):
        interval = Interval.of(operator, value)
        return None if interval is None else (reference, interval)
    return (reference, value) if operator == "==" and isinstance(value, bool | str) else None
