"""Rules: what raises and clears them, and their clauses."""

from ..dsl import nodes as n
from .check_actions import acts, check_actions, check_severity
from .check_context import Checking, Context, domain_of, scope_of
from .check_groups import belongs
from .check_patterns import check_pattern, steps_of
from .check_places import as_condition, check_condition, check_duration, check_whole
from .check_windows import check_zone
from .problems_actions import InhibitDomain, InhibitsItself
from .problems_doubts import IdleRule
from .problems_mentions import UnknownPriority
from .problems_names import Duplicate, UnknownRule
from .problems_rules import ManyPatterns, MomentaryWithoutEnd
from .resolve import closest, rings, walk
from .typed import ExpiresRef, PatternRef


def check_rule(c: Checking, rule: n.Rule) -> None:
    """A rule's condition, its clauses and its actions."""
    at = Context(scope_of(rule.domain))
    momentary = _when(c, rule, at)
    pattern = _pattern_of(c, rule) if momentary else None
    if pattern is not None:
        at = Context(at.scope, steps=steps_of(c, pattern, at))
    if rule.until is not None:
        advice = "write the condition itself: `until not door`"
        check_condition(c, rule.until, at, "`until`", advice)
    _clauses(c, rule, at)
    check_actions(c, rule.do, at)
    check_actions(c, rule.on_clear, at)
    if momentary:
        _check_end(c, rule)
    if not rule.do and not rule.on_clear:
        c.report(IdleRule(span=rule.span, rule=rule.name))


def _when(c: Checking, rule: n.Rule, at: Context) -> bool:
    """Check `when`, and say whether it is an event."""
    if isinstance(rule.when, n.Pattern):
        check_pattern(c, rule.when, at)
        return True
    fact = c.check(rule.when, at)
    if fact is None or as_condition(c, rule.when, fact, "`when`") is None:
        return False
    return fact.event


def _pattern_of(c: Checking, rule: n.Rule) -> n.Pattern | None:
    """The one pattern that a rule waits for; reports a second one."""
    if isinstance(rule.when, n.Pattern):
        return rule.when
    found: n.PatternItem | None = None
    first: n.Node | None = None
    for node in walk(rule.when):
        fact = c.facts.get(node)
        if fact is None or not isinstance(fact.reference, PatternRef | ExpiresRef):
            continue
        named = fact.reference
        item = c.names.values[named.name if isinstance(named, PatternRef) else named.pattern]
        assert isinstance(item, n.PatternItem)
        if found is None or first is None:
            found, first = item, node
        elif item is not found:
            c.report(ManyPatterns(span=node.span, first=first.span))
    return None if found is None else found.pattern


def _clauses(c: Checking, rule: n.Rule, at: Context) -> None:
    if rule.severity is not None:
        check_severity(c, rule.severity, rule)
    if rule.priority is not None and rule.priority not in c.names.ranks:
        ranks = c.names.ranks
        known = closest(rule.priority, ranks)
        problem = UnknownPriority(
            span=rule.span, name=rule.priority, closest=known, known=tuple(ranks), behind=("priority",)
        )
        c.report(problem)
    clauses = (("`cooldown`", rule.cooldown), ("`repeat every`", rule.repeat_every), ("`hold for`", rule.hold_for))
    for place, duration in clauses:
        if duration is not None:
            check_duration(c, duration, at, place)
    if rule.flapping is not None:
        check_whole(c, rule.flapping.count, at, "`flapping above`", 1)
        check_duration(c, rule.flapping.within, at, "`flapping`")
    if rule.schedule is not None and rule.schedule.zone is not None:
        check_zone(c, rule.schedule.zone, rule.schedule)
    _inhibited(c, rule)


def _inhibited(c: Checking, rule: n.Rule) -> None:
    """`inhibited by`: rules of the same domain, or of the group that this one's instances belong to."""
    for place, name in enumerate(rule.inhibited_by):
        if name in rule.inhibited_by[:place]:
            c.report(Duplicate(span=rule.span, what="inhibiting rule", name=name, first=rule.span))
            continue
        other = c.names.rules.get(name)
        if other is None:
            known = closest(name, c.names.rules)
            c.report(UnknownRule(span=rule.span, name=name, closest=known, behind=("inhibited", "by")))
        elif not belongs(c, scope_of(other.domain), scope_of(rule.domain)):
            problem = InhibitDomain(
                span=rule.span,
                rule=name,
                theirs=domain_of(scope_of(other.domain)),
                ours=domain_of(scope_of(rule.domain)),
                declared=other.span if other.domain is None else other.domain.span,
            )
            c.report(problem)


def check_inhibition(c: Checking) -> None:
    """No rule inhibits itself, alone or through others."""
    rules = c.names.rules
    inhibited = {name: [by for by in rule.inhibited_by if by in rules] for name, rule in rules.items()}
    for ring in rings(inhibited):
        spans = tuple(rules[name].span for name in ring)
        c.report(InhibitsItself(span=spans[0], ring=ring, spans=spans[1:]))


def _check_end(c: Checking, rule: n.Rule) -> None:
    """A rule on an event that does more than tell must say when it is over."""
    if rule.until is not None or rule.hold_for is not None or rule.latched:
        return
    what = acts(rule.do) or acts(rule.on_clear)
    if what is None and rule.repeat_every is not None:
        what = "repeats"
    elif what is None and rule.on_clear:
        what = "does something `on clear`"
    if what is not None:
        c.report(MomentaryWithoutEnd(span=rule.span, rule=rule.name, what=what, when=rule.when.span))
