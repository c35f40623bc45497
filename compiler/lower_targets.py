"""Lowering targets, and what `place` says: at which of them a rule and its actions stand.

What a rule needs is not pinned: it stands nowhere above the rule, because data only flows up (`runtime.placement`).
"""

from fractions import Fraction

from ..dsl import nodes as n
from .lower_context import Lowering, domain_scope
from .plan import TIERS, TargetPlan, Tier
from .typed import GroupScope, TargetInfo, Typed

BYTES_MAX = 2**53 - 1
NS_MAX = 2**63 - 1
"""What a plan can say at most; a larger budget bounds nothing."""
NS_PER_S = 1_000_000_000


def lower_targets(typed: Typed) -> tuple[TargetPlan, ...]:
    """The targets from the devices up; of one tier in the order written."""
    return tuple(_target(info) for info in sorted(typed.targets.values(), key=lambda info: TIERS.index(_tier(info))))


def _tier(info: TargetInfo) -> Tier:
    return next(tier for tier in TIERS if tier == info.tier)


def _target(info: TargetInfo) -> TargetPlan:
    def number(what: str) -> float | None:
        return None if what not in info.budgets else float(info.budgets[what])

    def whole(what: str, unit: int, most: int) -> int | None:
        amount: Fraction | None = info.budgets.get(what)
        return None if amount is None else max(1, min(int(amount * unit), most))

    return TargetPlan(
        info.name,
        _tier(info),
        info.by,
        memory_bytes=whole("memory", 1, BYTES_MAX),
        cpu_hz=number("cpu"),
        uplink_bits_per_s=number("uplink"),
        offline_ns=whole("offline", NS_PER_S, NS_MAX),
    )


def pinned(lowering: Lowering, rule: n.Rule) -> str | None:
    """The target at which a rule stands: the one that `place` names, or the first of the tier that it names at which
    all are that the rule is about; None if it is free, or the program has no targets."""
    scope = domain_scope(rule.domain)
    for target in lowering.graph.targets:
        if rule.place == target.name:
            return target.name
    for target in lowering.graph.targets:
        if rule.place == target.tier and (
            not isinstance(scope, GroupScope) or set(target.keys) <= set(scope.properties)
        ):
            return target.name
    return None
