"""Targets and their budgets, and whether a rule can run where it is placed."""

from fractions import Fraction

from ..dsl import nodes as n
from ..grammar.units import Unit
from .check_context import Checking, Context, domain_of, scope_of
from .check_groups import belongs, keys
from .check_places import check_constant
from .check_types import described, is_number, unit_named, unit_of
from .constants import converted
from .plan import TIERS
from .problems_domains import NotAKey
from .problems_mentions import UnknownPlace
from .problems_names import Duplicate
from .problems_targets import BudgetUnit, NoSuchTarget, SpansTargets, UnknownBudget, UnknownTier
from .resolve import closest
from .typed import GroupScope, TargetInfo

BUDGETS: dict[str, tuple[Unit, str]] = {
    "memory": (unit_named("B"), "MB"),
    "cpu": (unit_named("Hz"), "GHz"),
    "uplink": (unit_named("bit/s"), "kbit/s"),
    "offline": (unit_named("s"), "h"),
}
"""What a target can have of what: the unit it is kept in, and one that a person would write."""


def check_target(c: Checking, target: n.Target) -> TargetInfo:
    """A target: its tier, what there is one for each of, and its budgets."""
    if target.tier not in TIERS:
        c.report(UnknownTier(span=target.span, name=target.tier, closest=closest(target.tier, TIERS), behind=(":",)))
    for place, key in enumerate(target.by):
        if key in target.by[:place]:
            c.report(Duplicate(span=target.span, what="key", name=key, first=target.span))
        elif c.devices and key not in keys(c):
            c.report(NotAKey(span=target.span, name=key, closest=closest(key, keys(c)), behind=("by",)))
    budgets: dict[str, Fraction] = {}
    first: dict[str, n.Budget] = {}
    for budget in target.budgets:
        if first.setdefault(budget.what, budget) is not budget:
            problem = Duplicate(span=budget.span, what="budget", name=budget.what, first=first[budget.what].span)
            c.report(problem)
            continue
        amount = _budget(c, budget)
        if amount is not None:
            budgets[budget.what] = amount
    return TargetInfo(target.name, target.tier, target.by, budgets)


def _budget(c: Checking, budget: n.Budget) -> Fraction | None:
    """How much there is of something, in the unit that it is kept in."""
    fact = check_constant(c, budget.amount, Context(GroupScope(())), f"`{budget.what}`")
    if budget.what not in BUDGETS:
        c.report(UnknownBudget(span=budget.span, name=budget.what, closest=closest(budget.what, BUDGETS)))
        return None
    if fact is None:
        return None
    unit, example = BUDGETS[budget.what]
    value = fact.constant
    fits = is_number(fact.type) and unit_of(fact.type).dimension == unit.dimension
    if not fits or not isinstance(value, Fraction) or value <= 0:
        got = described(fact.type) if not fits else "nothing or less"
        c.report(BudgetUnit(span=budget.amount.span, what=budget.what, needed=example, got=got))
        return None
    return converted(value, unit_of(fact.type), unit, point=False)


# --- Where rules run -------------------------------------------------------------------------------------------------


def check_place(c: Checking, rule: n.Rule) -> None:
    """`place edge`: there is a target of this name or tier, and one of it sees all that the rule is about."""
    place = rule.place
    if place is None:
        return
    named = c.targets.get(place)
    if named is None and place not in TIERS:
        known = closest(place, (*TIERS, *c.targets))
        problem = UnknownPlace(span=rule.span, name=place, closest=known, targets=tuple(c.targets), behind=("place",))
        c.report(problem)
        return
    fitting = [named] if named is not None else [info for info in c.targets.values() if info.tier == place]
    if not fitting:
        if c.targets:
            there = tuple((info.name, info.tier) for info in c.targets.values())
            c.report(NoSuchTarget(span=rule.span, tier=place, targets=there))
        return
    scope = scope_of(rule.domain)
    # A device attaches to one target of a tier, which the inventory says; the members of a group may attach to several.
    if isinstance(scope, GroupScope) and not any(belongs(c, GroupScope(info.by), scope) for info in fitting):
        spans = SpansTargets(
            span=rule.span,
            rule=rule.name,
            domain=domain_of(scope),
            target=fitting[0].name,
            by=fitting[0].by,
            declared=c.names.targets[fitting[0].name].span,
        )
        c.report(spans)
