"""What a test expects: that what it names exists, fits whom it is asked of, and could come about at all.

expect send siren(on: true) to f1 at 2 min 10 s
expect rule protect_pump for p1 raised once at 31 s
"""

from collections.abc import Iterator

from ..dsl import nodes as n
from .check_context import Checking, Context, Doings
from .check_logic import ordered
from .check_operands import Operand, like
from .check_places import check_choice, check_constant, check_duration, check_typed, check_within
from .check_stimuli import NOBODY, Scene, check_time, check_whom, known_devices
from .problems_mentions import UnknownProcedure
from .problems_names import UnknownCommand, UnknownParameter, UnknownRule
from .problems_tests import NeverMet, TimesTogether, UnknownOf
from .resolve import closest, walk
from .typed import Fact, ParameterInfo

OUTCOMES = (
    "planned",
    "queued",
    "sent",
    "delivered",
    "accepted",
    "done",
    "confirmed",
    "rejected",
    "failed",
    "expired",
    "in_doubt",
    "superseded",
    "cancelled",
    "compensating",
    "compensated",
    "compensation_failed",
)
"""The states of a command."""


def check_expectation(c: Checking, expected: n.Expect, scene: Scene) -> None:
    """What is expected, of whom, and when."""
    what = expected.what
    possible: str | None = None
    match what:
        case n.ExpectRule():
            possible = _rule(c, what, scene)
        case n.ExpectAlert():
            possible = _alert(c, what, scene)
        case n.ExpectSend():
            possible = _send(c, what, scene)
        case n.ExpectEmit():
            possible = _emit(c, what, scene)
        case n.ExpectPattern():
            patterns = {name: item for name, item in c.names.values.items() if isinstance(item, n.PatternItem)}
            found = patterns.get(what.pattern)
            if found is None:
                known = closest(what.pattern, patterns)
                c.report(UnknownOf(span=what.span, what="pattern", name=what.pattern, closest=known))
            else:
                check_whom(c, what.whom, found.domain, f"pattern `{found.name}`", scene)
        case n.ExpectSignal():
            _signal(c, what, scene)
        case n.ExpectProcedure():
            procedure = c.names.procedures.get(what.procedure)
            if procedure is None:
                known = closest(what.procedure, c.names.procedures)
                c.report(UnknownProcedure(span=what.span, name=what.procedure, closest=known))
            else:
                check_whom(c, what.whom, procedure.domain, f"procedure `{procedure.name}`", scene)
        case n.ExpectOutcome():
            _outcome(c, what, scene)
        case n.ExpectNothingLost():
            pass
    impossible = _when(c, expected)
    reason = possible or impossible
    if reason is not None:
        c.report(NeverMet(span=expected.span, reason=reason, negated=expected.negated))


def _when(c: Checking, expected: n.Expect) -> str | None:
    """Check the times of an expectation; gives why no time could be meant by them, if so."""
    if expected.at is not None:
        check_time(c, expected.at, "`at`")
    before = None if expected.before is None else check_time(c, expected.before, "`before`")
    after = None if expected.after is None else check_time(c, expected.after, "`after`")
    if expected.within is not None:
        check_duration(c, expected.within, Context(NOBODY), "`within`")
    if expected.of is not None:
        check_time(c, expected.of, "`of`")
    others = [name for name in ("before", "after", "within") if getattr(expected, name) is not None]
    if expected.at is not None and others:
        c.report(TimesTogether(span=expected.span, other=others[0]))
    elif before is not None and after is not None and before <= after:
        return "no time is before the one and after the other"
    elif before == 0:
        return "nothing is before the test begins"
    return None if expected.times != 0 else "nothing can happen 0 times: write `expect no`"


# --- What ------------------------------------------------------------------------------------------------------------


def _named_rule(c: Checking, what: n.ExpectRule | n.ExpectAlert, scene: Scene) -> n.Rule | None:
    rule = c.names.rules.get(what.rule)
    if rule is None:
        c.report(UnknownRule(span=what.span, name=what.rule, closest=closest(what.rule, c.names.rules)))
        return None
    check_whom(c, what.whom, rule.domain, f"rule `{rule.name}`", scene)
    return rule


def _rule(c: Checking, what: n.ExpectRule, scene: Scene) -> str | None:
    """Gives why it could not come about, if so."""
    rule = _named_rule(c, what, scene)
    if rule is None:
        return None
    if what.phase == "repeated" and rule.repeat_every is None:
        return f"`{rule.name}` has no `repeat every`"
    fact = None if isinstance(rule.when, n.Pattern) else c.facts.get(rule.when)
    momentary = isinstance(rule.when, n.Pattern) or (fact is not None and fact.event)
    ends = rule.until is not None or rule.hold_for is not None or rule.latched
    if what.phase in ("cleared", "uncertain") and momentary and not ends:
        return f"`{rule.name}` is raised by an event, and over at once"
    return None


def _alert(c: Checking, what: n.ExpectAlert, scene: Scene) -> str | None:
    rule = _named_rule(c, what, scene)
    if rule is None or any(isinstance(node, n.Alert | n.Run) for node in _actions(rule)):
        return None
    return f"`{rule.name}` has no `alert`"


def _send(c: Checking, what: n.ExpectSend, scene: Scene) -> str | None:
    device = known_devices(c, what.to, scene)
    info = c.devices.get(device or "")
    if info is None:
        return None
    if what.command not in info.commands:
        known = closest(what.command, info.commands)
        c.report(UnknownCommand(span=what.span, name=what.command, device=info.name, closest=known))
        return None
    _compared(c, what.arguments, what.command, info.parameters[what.command])
    doings = doings_of(c)
    if doings.undoes or what.command in doings.sent:
        return None
    return f"nothing in the program sends `{what.command}`"


def _compared(
    c: Checking, arguments: tuple[n.Argument, ...] | None, name: str, infos: dict[str, ParameterInfo]
) -> None:
    """Arguments that are compared: those that are named; the others may be whatever they are."""
    at = Context(NOBODY)
    for place, argument in enumerate(arguments or ()):
        names = tuple(infos)
        given = argument.name if argument.name is not None else next(iter(names[place : place + 1]), "")
        info = infos.get(given)
        if info is None:
            known = closest(given, names)
            c.report(UnknownParameter(span=argument.span, name=given, of=name, parameters=names, closest=known))
            continue
        place_ = f"the parameter `{given}`"
        if not isinstance(argument.value, n.Absent) and check_constant(c, argument.value, at, place_) is None:
            continue
        fact = check_typed(c, argument.value, at, info.type, place_)
        if fact is not None:
            check_within(c, argument.value, fact, given, info.type, info.low, info.high)


def _emit(c: Checking, what: n.ExpectEmit, scene: Scene) -> str | None:
    """What is emitted has the types of what its rules say."""
    emits = doings_of(c).emits
    if what.event not in emits:
        known = closest(what.event, emits)
        c.report(UnknownOf(span=what.span, what="event that a rule emits", name=what.event, closest=known))
        return None
    emit, item = emits[what.event][0]
    if len(emits[what.event]) == 1:
        check_whom(c, what.whom, item.domain, f"`emit {what.event}`", scene)
    infos: dict[str, ParameterInfo] = {}
    for other, _ in emits[what.event]:
        for argument in other.arguments:
            fact = c.facts.get(argument.value)
            if argument.name is not None and fact is not None:
                infos.setdefault(argument.name, ParameterInfo(argument.name, fact.type))
    _compared(c, what.arguments, emit.event, infos)
    return None


def _signal(c: Checking, what: n.ExpectSignal, scene: Scene) -> None:
    signals = {name: item for name, item in c.names.values.items() if isinstance(item, n.Signal)}
    signal = signals.get(what.signal)
    if signal is None:
        known = closest(what.signal, signals)
        c.report(UnknownOf(span=what.span, what="signal", name=what.signal, closest=known))
        return
    check_whom(c, what.whom, signal.domain, f"signal `{signal.name}`", scene)
    fact = c.signals.get(signal.name)
    if what.value is None or fact is None:
        return
    value = check_constant(c, what.value, Context(NOBODY), f"the signal `{signal.name}`")
    if value is None or what.comparison is None:
        return
    # A name of its own for the signal's side: the comparison is not written as an expression.
    stand_in = n.Name(signal.name, span=what.span)
    c.facts[stand_in] = Fact(fact.type, fact.scope)
    sides = like(c, what.comparison, Operand(stand_in, c.facts[stand_in]), Operand(what.value, value))
    if sides is None or not ordered(c, what.comparison, sides[0], sides[1]):
        return
    check_choice(c, what.value, value.constant, fact.type)


def _outcome(c: Checking, what: n.ExpectOutcome, scene: Scene) -> None:
    if what.outcome not in OUTCOMES:
        known = closest(what.outcome, OUTCOMES)
        c.report(
            UnknownOf(
                span=what.span, what="outcome of a command", name=what.outcome, closest=known, known=OUTCOMES[4:11]
            )
        )
    device = known_devices(c, what.to, scene)
    info = c.devices.get(device or "")
    if info is not None and what.command not in info.commands and what.command not in _set(c, info.name):
        known = closest(what.command, info.commands)
        c.report(UnknownCommand(span=what.span, name=what.command, device=info.name, closest=known))


def _set(c: Checking, device: str) -> Iterator[str]:
    """The properties of a device type that can be set: that is told to a device as a command is."""
    for member in c.names.devices[device].members:
        if isinstance(member, n.Property) and member.writable:
            yield member.name


def _actions(rule: n.Rule) -> Iterator[n.Node]:
    for action in (*rule.do, *rule.on_clear):
        yield from walk(action)


def doings_of(c: Checking) -> Doings:
    """What rules and procedures do, gathered at the first question."""
    if c.doings is None:
        sent: set[str] = set()
        undoes = False
        emits: dict[str, list[tuple[n.Emit, n.Rule | n.Procedure]]] = {}
        items: list[n.Rule | n.Procedure] = [*c.names.rules.values(), *c.names.procedures.values()]
        for item in items:
            for node in walk(item):
                match node:
                    case n.Send(command=command):
                        sent.add(command)
                    case n.Undo():
                        undoes = True
                    case n.Emit(event=event):
                        emits.setdefault(event, []).append((node, item))
                    case _:
                        pass
        c.doings = Doings(frozenset(sent), undoes, {event: tuple(found) for event, found in emits.items()})
    return c.doings
