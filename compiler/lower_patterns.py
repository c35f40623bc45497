"""Patterns into nodes: steps, their conditions, tests against earlier steps, and what is captured for those and rules.

    door becomes true as opened
    then temp > opened.temp + 2 K

The second step becomes the test `temp > capture`, where the capture is the value of `temp + 2 K` at the first step:
what a comparison says of an earlier step is computed there. `temp - opened.temp > 2 K` is the same pattern.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ..dsl import nodes as n
from ..grammar.units import Unit
from .graph import structure
from .lower_context import BOOL, Lowering, Matched, Place, quantity, refused
from .lower_timelines import inside
from .lower_units import operand
from .plan import Capture, Pattern, PatternStep, StepTest
from .typed import BoundRef, PatternRef, Scope

Comparison = Literal["==", "!=", "<", "<=", ">", ">="]

MIRRORED: dict[Comparison, Comparison] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The comparison with its sides changed over."""

OPPOSITE: dict[Comparison, Comparison] = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
"""The comparison that is true where the other is false."""


@dataclass
class _Builder:
    """A pattern as it grows: its inputs and captures, each once."""

    lowering: Lowering
    at: Place
    inputs: list[str] = field(default_factory=list)
    captures: dict[Capture, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    def input(self, node: str) -> int:
        place = self.places.setdefault(structure(node), len(self.inputs))
        if place == len(self.inputs):
            self.inputs.append(node)
        return place

    def capture(self, step: int, node: str) -> int:
        return self.captures.setdefault(Capture(step, self.input(node)), len(self.captures))


def lower_pattern(lowering: Lowering, pattern: n.Pattern, scope: Scope) -> Matched:
    """A pattern's node, one for all who name it, with a capture for everything that a rule shows of its steps."""
    found = lowering.matched.get(id(pattern))
    if found is None:
        found = lowering.matched[id(pattern)] = _pattern(lowering, pattern, scope)
    return found


def _pattern(lowering: Lowering, pattern: n.Pattern, scope: Scope) -> Matched:
    builder = _Builder(lowering, Place(scope, settled=True))
    in_order = n.plain_steps(pattern)
    if in_order is None:
        refused(pattern)
    steps = tuple(_step(builder, step) for step in in_order)
    unless = None
    if pattern.unless is not None:
        unless = builder.input(lowering.expression(pattern.unless, builder.at))
    shown: dict[BoundRef, int] = {}
    for expression in _shown(lowering, pattern):
        ref = lowering.fact(expression).reference
        assert isinstance(ref, BoundRef)
        if ref not in shown:
            shown[ref] = builder.capture(ref.step, lowering.expression(expression, builder.at))
    within = None if pattern.within is None else lowering.typed.duration_ns(pattern.within)
    operator = Pattern(steps, tuple(builder.captures), unless, within)
    inputs, timeline = tuple(builder.inputs), builder.at.timeline
    return Matched(lowering.add(operator, inputs, timeline, BOOL, pattern.span, event=True), shown)


def _shown(lowering: Lowering, pattern: n.Pattern) -> Iterator[n.Expr]:
    """What rules on this pattern say of its steps' events."""
    for rule in lowering.rules_on.get(id(pattern), ()):
        for expression in _rule_expressions(rule):
            yield from (part for part in inside(expression) if _is_bound(lowering, part))


def _is_bound(lowering: Lowering, expression: n.Expr) -> bool:
    return isinstance(lowering.fact(expression).reference, BoundRef)


def pattern_of(lowering: Lowering, rule: n.Rule) -> n.Pattern | None:
    """The pattern that a rule waits for, if it does; looked up by the rule's identity."""
    if id(rule) not in lowering.patterns_of:
        lowering.patterns_of[id(rule)] = _pattern_of(lowering, rule)
    return lowering.patterns_of[id(rule)]


def _pattern_of(lowering: Lowering, rule: n.Rule) -> n.Pattern | None:
    if isinstance(rule.when, n.Pattern):
        return rule.when
    for part in inside(rule.when):
        reference = lowering.fact(part).reference
        if isinstance(reference, PatternRef):
            return lowering.patterns[reference.name].pattern
    return None


def _rule_expressions(rule: n.Rule) -> Iterator[n.Expr]:
    """The expressions of a rule in which the steps of its pattern have names: all but its `when`."""
    if rule.until is not None:
        yield rule.until
    for action in (*rule.do, *rule.on_clear):
        yield from _action_expressions(action)


def _action_expressions(action: n.Action) -> Iterator[n.Expr]:
    match action:
        case n.Alert(message):
            yield from _shown_by(message)
        case n.Emit(_, arguments) | n.Send(_, arguments):
            for argument in arguments:
                yield from _shown_by(argument.value)
        case n.If(condition, then, otherwise):
            yield condition
            for inner in (*then, *otherwise):
                yield from _action_expressions(inner)
        case n.Run() | n.Set() | n.Undo():
            refused(action)


def _shown_by(value: n.Expr | n.Template) -> Iterator[n.Expr]:
    if isinstance(value, n.Template):
        yield from (part for part in value.parts if not isinstance(part, str))
    else:
        yield value


# --- Steps -----------------------------------------------------------------------------------------------------------


def _step(builder: _Builder, step: n.Step) -> PatternStep:
    lowering = builder.lowering
    condition: str | None = None
    tests: list[StepTest] = []
    for part in _conjuncts(step.event):
        if _steps_of(lowering, part):
            tests.append(_test(builder, part))
            continue
        node = lowering.expression(part, builder.at)
        condition = node if condition is None else lowering.map("and_", (condition, node), BOOL, step.span)
    return PatternStep(None if condition is None else builder.input(condition), tuple(tests))


def _conjuncts(expression: n.Expr) -> Iterator[n.Expr]:
    if isinstance(expression, n.Logic) and expression.operator == "and":
        yield from _conjuncts(expression.left)
        yield from _conjuncts(expression.right)
    else:
        yield expression


def _steps_of(lowering: Lowering, expression: n.Expr) -> set[int]:
    """The earlier steps that an expression speaks of."""
    references = (lowering.fact(part).reference for part in inside(expression))
    return {ref.step for ref in references if isinstance(ref, BoundRef)}


def _test(builder: _Builder, expression: n.Expr) -> StepTest:
    """A comparison with an earlier step: what is now on the left, what was then on the right."""
    lowering, at = builder.lowering, builder.at
    turned = False
    while isinstance(expression, n.Not):
        expression, turned = expression.of, not turned
    assert isinstance(expression, n.Compare)
    comparison = OPPOSITE[expression.operator] if turned else expression.operator
    unit = lowering.fact(expression).operand_unit
    left, right = expression.left, expression.right
    of_left, of_right = _steps_of(lowering, left), _steps_of(lowering, right)
    steps = of_left | of_right
    assert len(steps) == 1, expression
    if of_left and not of_right and not _is_now(lowering, left):
        left, right, comparison = right, left, MIRRORED[comparison]
        of_left = of_right
    if of_left or _is_now(lowering, right):
        now, then, comparison = _separated(builder, expression, comparison)
    else:
        now, then = operand(lowering, left, unit, at), operand(lowering, right, unit, at)
    return StepTest(comparison, builder.input(now), builder.capture(min(steps), then))


def _is_now(lowering: Lowering, expression: n.Expr) -> bool:
    """Whether an expression speaks of anything that is neither a constant nor an earlier step's."""
    facts = (lowering.fact(part) for part in inside(expression))
    return any(
        not fact.is_constant and fact.reference is not None and not isinstance(fact.reference, BoundRef)
        for fact in facts
    )


def _separated(builder: _Builder, expression: n.Compare, comparison: Comparison) -> tuple[str, str, Comparison]:
    """Both sides of a comparison of sums, with all terms that are now on the left and the others on the right."""
    lowering = builder.lowering
    terms = [*_terms(expression.left, 1), *_terms(expression.right, -1)]
    now = [(sign, term) for sign, term in terms if _is_now(lowering, term)]
    then = [(-sign, term) for sign, term in terms if not _is_now(lowering, term)]
    assert not any(_steps_of(lowering, term) for _, term in now), expression
    unit = lowering.fact(now[0][1]).type.unit
    if all(sign < 0 for sign, _ in now):
        now, then = ([(-sign, term) for sign, term in side] for side in (now, then))
        comparison = MIRRORED[comparison]
    return _sum(builder, now, unit), _sum(builder, then, unit), comparison


def _terms(expression: n.Expr, sign: int) -> Iterator[tuple[int, n.Expr]]:
    match expression:
        case n.Arithmetic("+" | "-" as operator, left, right):
            yield from _terms(left, sign)
            yield from _terms(right, sign if operator == "+" else -sign)
        case n.Negate(of):
            yield from _terms(of, -sign)
        case _:
            yield sign, expression


def _sum(builder: _Builder, terms: list[tuple[int, n.Expr]], unit: Unit | None) -> str:
    """The sum of terms in a unit: what is added before what is subtracted, and constants last."""
    lowering, at = builder.lowering, builder.at
    total: str | None = None
    for sign, term in sorted(terms, key=lambda t: (-t[0], lowering.fact(t[1]).is_constant)):
        node = operand(lowering, term, unit, at)
        if total is None:
            total = node if sign > 0 else lowering.map("negate", (node,), quantity(unit), term.span)
        else:
            total = lowering.map("add" if sign > 0 else "subtract", (total, node), quantity(unit), term.span)
    assert total is not None
    return total
