"""Rules and their actions into nodes.

A rule is on the settled timeline if all that raises and clears it is (a pattern always is), or if it says `settle`;
what its actions show is looked up on the rule's own timeline. A property of the program is a rule without actions.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from ..dsl import nodes as n
from ..grammar.units import parse_unit
from .graph import structure
from .group_values import signal_asked
from .lower_bound import bound_in, until_terms
from .lower_commands import whole
from .lower_context import BOOL, Lowering, Place, Waits, domain_scope, value_type
from .lower_formulas import arguments_of, property_set
from .lower_groups import of_group
from .lower_matched import pattern_of, said_by_actions
from .lower_patterns import kept_for, pattern_node
from .lower_targets import pinned
from .lower_timelines import waits
from .lower_units import operand
from .plan import Action, ActionArgument, Chosen, Flaps, Hole, Raised, Rule, Schedule, UntilTest
from .resolve import walk
from .typed import DeviceScope, Type

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def lower_rule(lowering: Lowering, rule: n.Rule) -> None:
    """Adds a rule's node and its actions', behind those of the rules that inhibit it."""
    if rule.name in lowering.rule_nodes:
        return
    for name in rule.inhibited_by:
        lower_rule(lowering, lowering.rules[name])
    scope = domain_scope(rule.domain)
    pattern = pattern_of(lowering, rule)
    at = Place(scope, _is_settled(lowering, rule, pattern), bound=kept_for(lowering, rule, scope))
    if isinstance(rule.when, n.Pattern):
        when = pattern_node(lowering, rule.when, scope)
    else:
        when = lowering.expression(rule.when, at)
    momentary = lowering.graph.node(when).event
    of_match = rule.until is not None and at.bound is not None and bound_in(lowering, rule.until)
    until = None if rule.until is None or of_match else lowering.expression(rule.until, at)
    if rule.schedule is not None:
        if rule.until is None and not momentary:
            # Leaving the schedule clears nothing: without an `until`, what clears is the opposite of the condition.
            until = lowering.map("not_", (when,), BOOL, rule.span)
        schedule = lowering.add(_schedule(rule.schedule), (), at.timeline, BOOL, rule.schedule.span)
        when = lowering.map("and_", (when, schedule), BOOL, rule.schedule.span)
    inputs: tuple[str, ...] = (when,) if until is None else (when, until)
    life = _life(lowering, rule, momentary, until is not None)
    if of_match:
        test, asked = _until_test(lowering, rule, at)
        inputs, life = (when, *asked), replace(life, has_until=True, until_test=test)
    pin = pinned(lowering, rule)
    node = lowering.add(life, inputs, at.timeline, BOOL, rule.span, event=True, pin=pin)
    lowering.rule_nodes[rule.name] = node
    guard = _uninhibited(lowering, rule, at)
    if rule.flapping is not None:
        flaps = Flaps(rule.name, whole(lowering, rule.flapping.count), lowering.typed.duration_ns(rule.flapping.within))
        node = lowering.add(flaps, (node,), at.timeline, BOOL, rule.flapping.span, event=True, pin=pin)
    raising, before = at, at
    if at.bound is not None and life.lasts:
        # What it does while it is raised, and when it no longer is, is about the match that has raised it.
        match = replace(at.bound, rule=lowering.rule_nodes[rule.name])
        raising, before = replace(at, bound=match), replace(at, bound=replace(match, earlier=True))
    again = rule.repeat_every is not None or rule.flapping is not None
    _Block(lowering, rule, node, raising if again else at, "do").actions(rule.do, guard)
    if raising is not at and any(bound_in(lowering, said) for said in said_by_actions(rule.on_clear)):
        _Block(lowering, rule, node, before, "clear", "earlier").actions(rule.on_clear, guard)
        _Block(lowering, rule, node, raising, "clear", "same").actions(rule.on_clear, guard)
    else:
        _Block(lowering, rule, node, at, "clear").actions(rule.on_clear, guard)


def _until_test(lowering: Lowering, rule: n.Rule, at: Place) -> tuple[UntilTest, list[str]]:
    """What clears a rule, where that speaks of the match that has raised it; and the nodes that it speaks of."""
    condition = rule.until
    assert condition is not None
    lasting_ns: int | None = None
    if isinstance(condition, n.Holds):
        lasting_ns = lowering.typed.duration_ns(condition.duration)
        condition = condition.condition
    terms, kept, now = until_terms(lowering.graph, lowering.expression(condition, at))
    return UntilTest(terms, len(kept), lasting_ns), [*kept, *now]


def _uninhibited(lowering: Lowering, rule: n.Rule, at: Place) -> str | None:
    """Whether none of the rules that inhibit this one is raised; None if there are none."""
    guard: str | None = None
    for name in rule.inhibited_by:
        other = lowering.graph.node(lowering.rule_nodes[name])
        scope = domain_scope(lowering.rules[name].domain)
        raised = lowering.add(Raised(), (other.id,), other.timeline, BOOL, rule.span)
        seen = Place(scope, at.settled)
        if other.timeline != seen.timeline:
            raised = lowering.delayed(raised, seen, rule.span)
        if scope != at.scope:
            raised = of_group(lowering, raised, scope, at, rule.span)
        calm = lowering.map("not_true", (raised,), BOOL, rule.span)
        guard = calm if guard is None else lowering.map("and_", (guard, calm), BOOL, rule.span)
    return guard


def lower_invariant(lowering: Lowering, invariant: n.Invariant) -> None:
    """Adds the rule that is raised where a property is violated: a `never` that is true, an `always` that is false."""
    scope = domain_scope(invariant.domain)
    at = Place(scope, waits(lowering, invariant.condition) is Waits.SETTLED)
    when = lowering.expression(invariant.condition, at)
    if invariant.kind == "always":
        when = lowering.map("not_", (when,), BOOL, invariant.span)
    life = Rule(f'{invariant.kind} "{invariant.title}"', lowering.graph.node(when).event, has_until=False)
    lowering.add(life, (when,), at.timeline, BOOL, invariant.span, event=True)


def _is_settled(lowering: Lowering, rule: n.Rule, pattern: n.Pattern | None) -> bool:
    if rule.settle or pattern is not None or isinstance(rule.when, n.Pattern):
        return True
    conditions = (rule.when,) if rule.until is None else (rule.when, rule.until)
    if rule.inhibited_by:
        return False  # Whether others are raised is seen on the current timeline, where they may be.
    if lowering.asking and any(signal_asked(lowering.typed, node) in lowering.asking for node in walk(rule)):
        return False  # What a group has given a device is seen on the device's current timeline alone.
    return max(waits(lowering, c) for c in conditions) is Waits.SETTLED


def _life(lowering: Lowering, rule: n.Rule, momentary: bool, has_until: bool) -> Rule:
    def ns(duration: n.Expr | None) -> int | None:
        return None if duration is None else lowering.typed.duration_ns(duration)

    return Rule(
        rule.name,
        momentary,
        has_until,
        ns(rule.cooldown),
        ns(rule.repeat_every),
        ns(rule.hold_for),
        rule.latched,
        rule.severity,
        priority_of(lowering, rule),
    )


def priority_of(lowering: Lowering, rule: n.Rule) -> int | None:
    """A rule's place in the program's order of priorities."""
    orders = [item.names for item in lowering.typed.program.items if isinstance(item, n.Priorities)]
    return None if rule.priority is None else orders[0].index(rule.priority)


def _schedule(schedule: n.Schedule) -> Schedule:
    """`mon..fri`; without days every day; `sat..mon` goes over the end of the week."""
    first = 0 if schedule.first_day is None else DAYS.index(schedule.first_day)
    last = first + 6 if schedule.first_day is None else DAYS.index(schedule.last_day or schedule.first_day)
    days = tuple(sorted((first + i) % 7 for i in range((last - first) % 7 + 1)))
    return Schedule(days, _minute(schedule.start), _minute(schedule.end), schedule.zone or "UTC")


def _minute(text: str) -> int:
    """`"20:30"` as minutes since midnight."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


# --- Actions ---------------------------------------------------------------------------------------------------------


@dataclass
class _Block:
    """The actions of one block, counted in the order written."""

    lowering: Lowering
    rule: n.Rule
    node: str
    at: Place
    on: Literal["do", "clear"]
    cleared: Literal["any", "earlier", "same"] = "any"
    order: int = 0

    def actions(self, actions: tuple[n.Action, ...], guard: str | None) -> None:
        for action in actions:
            match action:
                case n.If(condition, then, otherwise):
                    asked = self.lowering.expression(condition, self.at)
                    self.actions(then, self._both(guard, asked, action))
                    if otherwise:
                        not_asked = self.lowering.map("not_true", (asked,), BOOL, action.span)
                        self.actions(otherwise, self._both(guard, not_asked, action))
                case n.Alert() | n.Emit() | n.Send() | n.Run() | n.Set():
                    self._action(action, guard)
                case n.Undo():
                    raise AssertionError(f"no rule undoes anything: {action}")

    def _both(self, outer: str | None, inner: str, action: n.If) -> str:
        return inner if outer is None else self.lowering.map("and_", (outer, inner), BOOL, action.span)

    def _action(self, action: n.Alert | n.Emit | n.Send | n.Run | n.Set, guard: str | None) -> None:
        shown = _Shown(self.lowering, self.at, [self.node] if guard is None else [self.node, guard])
        name: str | None = None
        message: tuple[str | Hole, ...] = ()
        arguments: tuple[ActionArgument, ...] = ()
        severity: str | None = None
        device: str | None = None
        kind: Literal["alert", "emit", "send", "run", "set"]
        match action:
            case n.Alert():
                kind, message, severity = "alert", shown.template(action.message), action.severity or self.rule.severity
            case n.Emit():
                kind, name = "emit", action.event
                arguments = tuple(shown.argument(a.name or "", a.value, None) for a in action.arguments)
            case n.Send():
                kind, name = "send", action.command
                declared = self._command(action).parameters
                arguments = shown.arguments(declared, action.arguments)
                device = None if action.to is None else action.to.device
            case n.Run():
                kind, name = "run", action.procedure
                arguments = shown.arguments(self._procedure(action).parameters, action.arguments)
            case n.Set():
                kind, name = "set", action.property
                arguments = (shown.argument(name, action.value, property_set(self.lowering, action, self.at.scope)),)
        operator = Action(
            kind, self.rule.name, self.on, self.order, name, guard is not None, severity, message, arguments, device,
            self.cleared,
        )  # fmt: skip
        self.order += 1
        if isinstance(action, n.Send) and action.to is not None:
            shown.inputs.append(self._chosen(action.to))
        pin = pinned(self.lowering, self.rule)
        self.lowering.add(operator, tuple(shown.inputs), self.at.timeline, BOOL, action.span, event=True, pin=pin)

    def _chosen(self, each: n.Each) -> str:
        """Which members are meant, as they are at the group's instant."""
        self.lowering.has_members(each.device, self.at)
        place = Place(DeviceScope(each.device), self.at.settled)
        inputs = () if each.where is None else (self.lowering.expression(each.where, place),)
        return self.lowering.add(Chosen(each.device), inputs, self.at.timeline, BOOL, each.span)

    def _command(self, action: n.Send) -> n.Command:
        if action.to is not None:
            return self.lowering.typed.devices[action.to.device].commands[action.command]
        assert isinstance(self.at.scope, DeviceScope)
        return self.lowering.typed.devices[self.at.scope.device].commands[action.command]

    def _procedure(self, action: n.Run) -> n.Procedure:
        items = self.lowering.typed.program.items
        (found,) = (i for i in items if isinstance(i, n.Procedure) and i.name == action.procedure)
        return found


@dataclass
class _Shown:
    """The inputs of an action as they grow, and the holes that show them."""

    lowering: Lowering
    at: Place
    inputs: list[str]
    values: dict[str, int] = field(default_factory=dict)

    def template(self, template: n.Template) -> tuple[str | Hole, ...]:
        return tuple(part if isinstance(part, str) else self._hole(part, None) for part in template.parts)

    def arguments(
        self, parameters: tuple[n.Parameter, ...], said: tuple[n.Argument, ...]
    ) -> tuple[ActionArgument, ...]:
        """What the parameters of a command or procedure are given."""
        return tuple(self.argument(p.name, value, p) for p, value in arguments_of(parameters, said))

    def argument(
        self, name: str, value: n.Expr | n.Template, parameter: n.Parameter | n.Property | None
    ) -> ActionArgument:
        """An argument of an event or a command, in the parameter's unit if it has one; a text is a template."""
        if isinstance(value, n.Template):
            return ActionArgument(name, self.template(value), text=True)
        fact = self.lowering.fact(value)
        if fact.is_constant and isinstance(fact.constant, str):
            return ActionArgument(name, (fact.constant,), text=True)
        return ActionArgument(name, (self._hole(value, parameter),), text=False)

    def _hole(self, value: n.Expr, parameter: n.Parameter | n.Property | None) -> Hole:
        type_ = self.lowering.fact(value).type
        unit = None if parameter is None else parse_unit(parameter.type.name)
        node = operand(self.lowering, value, unit, self.at)
        place = self.values.setdefault(structure(node), len(self.inputs))
        if place == len(self.inputs):
            self.inputs.append(node)
        shown = value_type(Type(type_.name, unit or type_.unit))
        return Hole(place, shown.name, shown.unit)
