"""Rules that chatter, end while they are raised, or do what another one does already."""

from dataclasses import replace
from fractions import Fraction

from ..dsl import nodes as n
from .check_context import Checking
from .check_pace import pace_of
from .check_types import difference, unit_of
from .constants import converted, written
from .first_values import waits_for
from .lint_conditions import Comparison, comparison, terms_of
from .problems_lints import Chatter, CloserThanNoise, SameIfAgain, ShadowedRule, UnknownElse, UntilWhileRaised
from .resolve import walk
from .typed import FieldRef

ALIKE_MAX = 100
"""Of how many rules that do the same each two are compared."""

NOISES = 2
"""What lies within so many standard deviations of the noise is not told apart."""


def lint_rules(c: Checking, program: n.Program) -> None:
    """Every rule by itself, and every two rules that do the same."""
    noises = _noises(c, program)
    alike: dict[tuple[object, ...], list[n.Rule]] = {}
    for rule in c.names.rules.values():
        when = rule.when
        fact = None if isinstance(when, n.Pattern) else c.facts.get(when)
        if isinstance(when, n.Pattern) or fact is None or fact.event:
            continue
        _until(c, rule, when, noises)
        _chatter(c, rule, when)
        alike.setdefault(_likeness(rule), []).append(rule)
    for some in alike.values():
        for rules in _doing_the_same(some):
            _shadows(c, rules)
    for rule in c.names.rules.values():
        for action in (*rule.do, *rule.on_clear):
            for node in walk(action) if isinstance(action, n.If) else ():
                if isinstance(node, n.If):
                    _same_again(c, node)
                    _unknown_else(c, node)


def core(condition: n.Expr) -> n.Expr:
    """A condition without `for D` around it."""
    return condition.condition if isinstance(condition, n.Holds) else condition


# --- Beginning and end -----------------------------------------------------------------------------------------------


def _noises(c: Checking, program: n.Program) -> dict[tuple[str, str], tuple[Fraction, n.Noise, str]]:
    """The sensors' noise that twins declare: by device type and field, in the unit of the field's differences."""
    found: dict[tuple[str, str], tuple[Fraction, n.Noise, str]] = {}
    for twin in c.names.twins.values():
        info = c.devices.get(twin.device)
        for estimate in twin.estimates if info is not None else ():
            for noise in estimate.noises:
                name = noise.of or (estimate.names[0] if len(estimate.names) == 1 else None)
                fact = c.facts.get(noise.value)
                if noise.kind != "sensor" or name is None or info is None or name not in info.fields:
                    continue
                if fact is not None and isinstance(fact.constant, Fraction):
                    unit = unit_of(difference(info.fields[name].type))
                    value = converted(fact.constant, unit_of(fact.type), unit, point=False)
                    found[twin.device, name] = value, noise, written(value, unit)
    return found


def _until(
    c: Checking, rule: n.Rule, when: n.Expr, noises: dict[tuple[str, str], tuple[Fraction, n.Noise, str]]
) -> None:
    """`when temp > 8 degC until temp < 7.9 degC`: apart, and by more than the noise."""
    if rule.until is None:
        return
    begins, ends = comparison(c, core(when)), comparison(c, core(rule.until))
    if begins is None or ends is None or begins.of != ends.of:
        return
    first, last = begins.interval, ends.interval
    if first is None or last is None:
        return
    held = isinstance(rule.until, n.Holds) or isinstance(when, n.Holds)
    if first.meets(last):
        if not held:
            c.report(UntilWhileRaised(span=rule.until.span, rule=rule.name, when=when.span))
        return
    reference = None if (fact := c.facts.get(begins.of)) is None else fact.reference
    noise = noises.get((reference.device, reference.field)) if isinstance(reference, FieldRef) else None
    if noise is None or not isinstance(begins.limit, Fraction) or not isinstance(ends.limit, Fraction):
        return
    info = c.devices[reference.device].fields[reference.field] if isinstance(reference, FieldRef) else None
    if info is not None and abs(begins.limit - ends.limit) <= NOISES * noise[0] and not held:
        apart = written(abs(begins.limit - ends.limit), unit_of(difference(info.type)))
        c.report(
            CloserThanNoise(
                span=rule.until.span,
                rule=rule.name,
                apart=apart,
                noise=noise[2],
                when=when.span,
                declared=noise[1].span,
            )
        )


def _chatter(c: Checking, rule: n.Rule, when: n.Expr) -> None:
    """A measured value against a threshold, without anything that calms it, and a command each time."""
    calm = rule.until or rule.cooldown or rule.hold_for or rule.flapping or rule.latched
    if calm or isinstance(when, n.Holds) or pace_of(c, when) is not None:
        return
    if not any(isinstance(action, n.Send | n.Run) for action in rule.do):
        return
    for term in terms_of(when, "and"):
        found = comparison(c, term)
        fact = None if found is None else c.facts.get(found.of)
        if found is None or fact is None or not isinstance(fact.reference, FieldRef) or found.operator in ("==", "!="):
            continue
        info = c.devices[fact.reference.device].fields[fact.reference.field]
        if info.role == "telemetry" and isinstance(found.limit, Fraction):
            c.report(Chatter(span=term.span, rule=rule.name, field=info.name, declared=rule.span))
            return


# --- Rules alike -----------------------------------------------------------------------------------------------------


def _likeness(rule: n.Rule) -> tuple[object, ...]:
    """What two rules have in common at least, if one does what the other does; cheap to compare."""
    said = tuple(a.message.parts[0] if isinstance(a, n.Alert) and a.message.parts else type(a) for a in rule.do)
    return rule.domain, rule.severity, tuple(part if isinstance(part, str) else "" for part in said), len(rule.on_clear)


def _doing_the_same(rules: list[n.Rule]) -> list[list[n.Rule]]:
    """Those of these rules that differ in their condition only; not so many that nobody would have written them."""
    if len(rules) < 2:
        return []
    same: dict[n.Rule, list[n.Rule]] = {}
    for rule in rules:
        same.setdefault(_without_when(rule), []).append(rule)
    return [found for found in same.values() if 2 <= len(found) <= ALIKE_MAX]


def _shadows(c: Checking, rules: list[n.Rule]) -> None:
    """Report a rule that is raised only when another one is, which does the same."""
    for place, rule in enumerate(rules):
        for other in rules[:place]:
            if _implies(c, rule, other):
                c.report(ShadowedRule(span=rule.when.span, rule=rule.name, other=other.name, by=other.when.span))
                break
            if _implies(c, other, rule):
                c.report(ShadowedRule(span=other.when.span, rule=other.name, other=rule.name, by=rule.when.span))
                break


def _without_when(rule: n.Rule) -> n.Rule:
    """Everything of a rule but its name and its condition."""
    return replace(rule, name="", when=n.Bool(True))


def _implies(c: Checking, rule: n.Rule, other: n.Rule) -> bool:
    """Whether the one's condition cannot be true without the other's."""
    assert not isinstance(rule.when, n.Pattern)
    assert not isinstance(other.when, n.Pattern)
    if rule.when == other.when:
        return True
    if isinstance(other.when, n.Holds):
        if not isinstance(rule.when, n.Holds):
            return False
        lasts, needed = (c.durations.get(when.duration) for when in (rule.when, other.when))
        if lasts is None or needed is None or lasts < needed:
            return False
    known = [found for term in terms_of(core(rule.when), "and") if (found := comparison(c, term)) is not None]
    said = list(terms_of(core(rule.when), "and"))
    return all(term in said or _follows(c, term, known) for term in terms_of(core(other.when), "and"))


def _follows(c: Checking, term: n.Expr, known: list[Comparison]) -> bool:
    """Whether a comparison is true whenever one of those known to be true is."""
    wanted = comparison(c, term)
    if wanted is None or wanted.interval is None:
        return False
    return any(
        each.of == wanted.of and each.interval is not None and each.interval.within(wanted.interval) for each in known
    )


def _unknown_else(c: Checking, choice: n.If) -> None:
    """`if temp > prev(temp) { … } else { … }`: before there is a second value, `else` is done."""
    waits = next(waits_for(c.facts, choice.condition), None) if choice.otherwise else None
    if waits is not None:
        c.report(UnknownElse(span=waits[0].span, until=waits[1]))


def _same_again(c: Checking, first: n.If) -> None:
    """`if a { … } else if a { … }`: the second is never true."""
    node: n.If = first
    while len(node.otherwise) == 1 and isinstance(node.otherwise[0], n.If):
        node = node.otherwise[0]
        if node.condition == first.condition:
            c.report(SameIfAgain(span=node.condition.span, first=first.condition.span))
            return
