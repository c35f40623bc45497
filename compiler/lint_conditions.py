"""Conditions that contradict or repeat themselves: `temp > 8 degC and temp < 5 degC`, `a and a`, `x != 1 or x != 2`."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..dsl import nodes as n
from ..dsl.unparse_expressions import expression
from .check_arithmetic import in_unit
from .check_context import Checking
from .check_ranges import bounded
from .check_types import is_ratio, unit_of
from .constants import converted
from .intervals import MIRRORED, NEGATED, Interval
from .problems_lints import Contradiction, CountAsPart, RepeatedCondition
from .typed import Constant

ALL_NUMBERS = Interval()


@dataclass(frozen=True)
class Comparison:
    """A comparison of something with a constant: `operator` as if the constant stood on the right."""

    node: n.Compare
    of: n.Expr
    operator: str
    limit: Constant
    declared: Interval = ALL_NUMBERS

    @property
    def interval(self) -> Interval | None:
        """The numbers for which it is true; None where they are no one interval."""
        return Interval.of(self.operator, self.limit) if isinstance(self.limit, Fraction) else None

    @property
    def negated(self) -> "Comparison":
        return Comparison(self.node, self.of, NEGATED[self.operator], self.limit, self.declared)


def comparison(c: Checking, node: n.Expr) -> Comparison | None:
    """What a comparison with a constant says; None of anything else."""
    if not isinstance(node, n.Compare):
        return None
    left, right, whole = c.facts.get(node.left), c.facts.get(node.right), c.facts.get(node)
    if left is None or right is None or whole is None or left.is_constant is right.is_constant:
        return None
    side, operator = (node.left, node.operator) if right.is_constant else (node.right, MIRRORED[node.operator])
    limit = in_unit(right if right.is_constant else left, whole.operand_unit)
    if limit is None:
        return None
    info = bounded(c, side, left if right.is_constant else right)
    declared = ALL_NUMBERS
    if info is not None and info.low is not None and info.high is not None and whole.operand_unit is not None:
        own = unit_of(info.type)
        low, high = (converted(end, own, whole.operand_unit, point=info.type.affine) for end in (info.low, info.high))
        declared = Interval(low, high)
    return Comparison(node, side, operator, limit, declared)


def lint_conditions(c: Checking, program: n.Program) -> None:
    """Every chain of `and` or `or`, every chain of `else if`, and every comparison with a number of members."""
    inner: set[int] = set()
    chains: list[n.Logic] = []
    for node, _ in c.facts:
        if isinstance(node, n.Compare):
            _count(c, node)
        if isinstance(node, n.Logic):
            chains.append(node)
            inner.update(
                id(s) for s in (node.left, node.right) if isinstance(s, n.Logic) and s.operator == node.operator
            )
    for chain in chains:
        if id(chain) not in inner:
            _chain(c, chain)


def _count(c: Checking, node: n.Compare) -> None:
    """A count is never a part of something."""
    for count, part in ((node.left, node.right), (node.right, node.left)):
        fact = c.facts.get(part)
        if not isinstance(count, n.Call) or count.function != "count" or fact is None or not fact.is_constant:
            continue
        if fact.type.unit is not None and is_ratio(fact.type.unit):
            device = None if (counted := c.facts.get(count)) is None else counted.aggregate_of
            c.report(CountAsPart(span=node.span, part=expression(part), device=device))


def terms_of(node: n.Expr, operator: str) -> Iterator[n.Expr]:
    """The parts of a chain, in the order of the text."""
    if isinstance(node, n.Logic) and node.operator == operator:
        yield from terms_of(node.left, operator)
        yield from terms_of(node.right, operator)
    else:
        yield node


def _chain(c: Checking, chain: n.Logic) -> None:
    terms = list(terms_of(chain, chain.operator))
    for place, term in enumerate(terms):
        same = next((earlier for earlier in terms[:place] if earlier == term), None)
        if same is not None:
            c.report(RepeatedCondition(span=term.span, first=same.span, operator=chain.operator, equal=True))
            return
    denied = {term.of: term for term in terms if isinstance(term, n.Not)}
    both = next((term for term in terms if term in denied), None) if denied else None
    if both is not None:
        always = chain.operator == "or"
        c.report(Contradiction(span=chain.span, always=always, parts=(both.span, denied[both].span)))
        return
    compared: dict[n.Expr, list[Comparison]] = {}
    for term in terms:
        found = comparison(c, term)
        if found is not None:
            compared.setdefault(found.of, []).append(found)
    for together in compared.values():
        if len(together) > 1 and _contradict(c, chain, together):
            return
    for together in compared.values():
        _repeat(c, chain, together)


def _contradict(c: Checking, chain: n.Logic, together: list[Comparison]) -> bool:
    """Report comparisons of one value that are never (with `or`: always) true together, with its declared bounds."""
    always = chain.operator == "or"
    spans = tuple(each.node.span for each in together)
    sought = [each.negated for each in together] if always else together
    if all(isinstance(each.limit, Fraction) for each in together):
        admitted = together[0].declared
        for each in sought:
            if each.interval is None:
                continue
            if not each.declared.meets(each.interval):
                return True  # That one alone is never (always) true has been said already.
            admitted = admitted.meet(each.interval)
        points = [each.limit for each in sought if each.operator == "!="]
        at_point = admitted.low is not None and admitted.low == admitted.high and admitted.low in points
        never = admitted.empty or at_point
    else:
        wanted = {each.limit for each in sought if each.operator == "=="}
        unwanted = {each.limit for each in sought if each.operator == "!="}
        never = len(wanted) > 1 or bool(wanted & unwanted)
    if never:
        c.report(Contradiction(span=chain.span, always=always, parts=spans))
    return never


def _repeat(c: Checking, chain: n.Logic, together: list[Comparison]) -> None:
    """Report a comparison that another one of the same value makes superfluous."""
    for idle in together:
        for by in together:
            if idle is by or idle.interval is None or by.interval is None:
                continue
            # With `and` the wider of two says nothing, with `or` the narrower.
            wider = chain.operator == "and"
            if by.interval.within(idle.interval) if wider else idle.interval.within(by.interval):
                c.report(RepeatedCondition(span=idle.node.span, first=by.node.span, operator=chain.operator))
                return
