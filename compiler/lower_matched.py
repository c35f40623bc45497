"""Which pattern a rule waits for, and what the rules on a pattern say of its events."""

from collections.abc import Iterator, Sequence

from ..dsl import nodes as n
from .lower_context import Lowering, refused
from .lower_timelines import inside
from .typed import ExpiresRef, PatternRef


def pattern_of(lowering: Lowering, rule: n.Rule) -> n.Pattern | None:
    """The pattern that a rule waits for, to match or to expire; looked up by the rule's identity."""
    if id(rule) not in lowering.patterns_of:
        lowering.patterns_of[id(rule)] = _pattern_of(lowering, rule)
    return lowering.patterns_of[id(rule)]


def _pattern_of(lowering: Lowering, rule: n.Rule) -> n.Pattern | None:
    if isinstance(rule.when, n.Pattern):
        return rule.when
    for part in inside(rule.when):
        match lowering.fact(part).reference:
            case PatternRef(name):
                return lowering.patterns[name].pattern
            case ExpiresRef(name):
                return lowering.patterns[name].pattern
            case _:
                pass
    return None


def waits_for_expiry(lowering: Lowering, rule: n.Rule) -> bool:
    """Whether it is the expiry of its pattern that a rule waits for."""
    if isinstance(rule.when, n.Pattern):
        return False
    named = (lowering.fact(part).reference for part in inside(rule.when))
    return isinstance(next(ref for ref in named if isinstance(ref, PatternRef | ExpiresRef)), ExpiresRef)


def said_by_rules(lowering: Lowering, pattern: n.Pattern) -> Iterator[n.Expr]:
    """The expressions of the rules on a pattern in which its parts have names: all but their `when`."""
    for rule in lowering.rules_on.get(id(pattern), ()):
        if rule.until is not None:
            yield rule.until
        yield from said_by_actions((*rule.do, *rule.on_clear))


def said_by_actions(actions: Sequence[n.Action]) -> Iterator[n.Expr]:
    """The expressions that actions show, send or ask."""
    for action in actions:
        match action:
            case n.Alert(message):
                yield from _shown_by(message)
            case n.Emit(_, arguments) | n.Send(_, arguments) | n.Run(_, arguments):
                for argument in arguments:
                    yield from _shown_by(argument.value)
            case n.If(condition, then, otherwise):
                yield condition
                yield from said_by_actions((*then, *otherwise))
            case n.Set(_, value):
                yield value
            case n.Undo():
                refused(action)


def _shown_by(value: n.Expr | n.Template) -> Iterator[n.Expr]:
    if isinstance(value, n.Template):
        yield from (part for part in value.parts if not isinstance(part, str))
    else:
        yield value
