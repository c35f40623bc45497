"""The steps of procedures: in which order they can run, what they ask of their commands, and loops around them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import assert_never

from ..dsl import nodes as n
from ..grammar.units import Unit
from .check_actions import check_actions
from .check_context import Checking, Context, Local
from .check_places import check_condition, check_constant, check_duration, check_typed, check_whole
from .check_types import INT, RATIO, is_number, is_ratio
from .constants import converted
from .problems_mentions import UnknownStep
from .problems_names import Duplicate
from .problems_procedures import (
    EndlessWait,
    LoopTooLong,
    NotAShare,
    NothingSent,
    NothingToConfirm,
    SaidTwice,
    StepCycle,
    UnboundedLoop,
)
from .resolve import closest, rings, walk
from .typed import DeviceScope, GroupScope, ParameterRef

ROUNDS_MAX = 10_000
"""A loop of more rounds is a mistake; the commands of all its rounds are journaled."""

Range = tuple[Fraction | None, Fraction | None]


@dataclass(frozen=True)
class Procedural:
    """Where steps stand: with which names, in which procedure, after which steps around them.

    `ranges`: between which bounds each whole parameter and loop variable is. `around`: the steps of the loops around,
    and of the procedure itself, which these steps may wait for as well.
    """

    at: Context
    procedure: n.Procedure
    ranges: Mapping[str, Range]
    around: tuple[n.ProcedureStep, ...] = ()


def check_parts(c: Checking, parts: tuple[n.ProcedureStep | n.Loop, ...], within: Procedural) -> None:
    """The steps and loops of one level, which may wait for one another and for those around them."""
    steps: dict[str, n.ProcedureStep] = {}
    for part in parts:
        if isinstance(part, n.ProcedureStep) and steps.setdefault(part.name, part) is not part:
            c.report(Duplicate(span=part.span, what="step", name=part.name, first=steps[part.name].span))
    inside = replace(within, around=(*steps.values(), *within.around))
    for part in parts:
        if isinstance(part, n.ProcedureStep):
            _step(c, part, inside)
        else:
            _loop(c, part, inside)
    waits = {name: [after.step for after in step.after if after.step in steps] for name, step in steps.items()}
    for ring in rings(waits):
        spans = tuple(steps[name].span for name in ring)
        c.report(StepCycle(span=spans[0], ring=ring, spans=spans[1:]))


def commands_sent(c: Checking, node: n.Node, scope: DeviceScope | GroupScope) -> Iterator[tuple[str, n.Command]]:
    """The commands that a step, or anything else with actions in it, sends, each with the device type it is sent to."""
    for send in walk(node):
        if isinstance(send, n.Send):
            device = send.to.device if send.to is not None else scope.device if isinstance(scope, DeviceScope) else ""
            info = c.devices.get(device)
            command = None if info is None else info.commands.get(send.command)
            if command is not None:
                yield device, command


# --- One step --------------------------------------------------------------------------------------------------------


def _step(c: Checking, step: n.ProcedureStep, within: Procedural) -> None:
    for after in step.after:
        _after(c, after, within)
    actions: list[n.Action] = []
    first: dict[str, n.Node] = {}
    for part in step.parts:
        match part:
            case n.AtMost() | n.Require() | n.AbortAbove() | n.Wait() | n.StopIf():
                _part(c, step, part, within, first)
            case _:
                actions.append(part)
    check_actions(c, tuple(actions), within.at)
    sending = any(isinstance(node, n.Send | n.Run) for node in walk(step))
    for what, said in first.items():
        if not sending:
            c.report(NothingSent(span=said.span, step=step.name, what=what))


def _part(
    c: Checking,
    step: n.ProcedureStep,
    part: n.AtMost | n.Require | n.AbortAbove | n.Wait | n.StopIf,
    within: Procedural,
    first: dict[str, n.Node],
) -> None:
    """What a step says about its commands, and what it waits for; `first` notes what was said, and where first."""
    match part:
        case n.AtMost():
            check_whole(c, part.count, within.at, "`at most`", 1)
            _times(c, within, ("`every`", part.every))
            _once(c, step, part, "`at most … at once`" if part.every is None else "`at most … every …`", first)
        case n.Require():
            if not isinstance(part.share, str):
                _share(c, part.share, within.at, "`require`", counts=True)
            if part.reached == "confirmed":
                _confirmed(c, part, step, within)
            _times(c, within, ("`within`", part.within))
            _once(c, step, part, f"`require … {part.reached}`" if part.reached else "`require`", first)
        case n.AbortAbove():
            _share(c, part.share, within.at, "`abort above`", counts=False)
            _once(c, step, part, "`abort above`", first)
        case n.Wait():
            if part.until is not None:
                check_condition(c, part.until, within.at, "`wait until`")
                if part.within is None and within.procedure.expires is None:
                    c.report(EndlessWait(span=part.span, procedure=within.procedure.name))
            _times(c, within, ("`wait`", part.length), ("`within`", part.within))
        case n.StopIf():
            check_condition(c, part.condition, within.at, "`stop if`")
            _times(c, within, ("`within`", part.within))
        case _:
            assert_never(part)


def _once(c: Checking, step: n.ProcedureStep, part: n.Node, what: str, first: dict[str, n.Node]) -> None:
    if first.setdefault(what, part) is not part:
        c.report(SaidTwice(span=part.span, step=step.name, what=what, first=first[what].span))


def _times(c: Checking, within: Procedural, *clauses: tuple[str, n.Expr | None]) -> None:
    for place, duration in clauses:
        if duration is not None:
            check_duration(c, duration, within.at, place)


def _share(c: Checking, node: n.Expr, at: Context, place: str, *, counts: bool) -> None:
    """A share of the devices, or (`counts`) a number of them."""
    fact = check_constant(c, node, at, place)
    if fact is None:
        return
    value = fact.constant
    if isinstance(value, Fraction) and is_number(fact.type):
        if fact.type.unit is None and counts and value.denominator == 1 and value >= 0:
            return
        if fact.type.unit is not None and _is_share(value, fact.type.unit):
            return
    c.report(NotAShare(span=node.span, place=place, counts=counts))


def _is_share(value: Fraction, unit: Unit) -> bool:
    return is_ratio(unit) and 0 <= converted(value, unit, RATIO, point=False) <= 1


def _after(c: Checking, after: n.After, within: Procedural) -> None:
    step = next((step for step in within.around if step.name == after.step), None)
    if step is None:
        elsewhere = next((s for s in _all_steps(within.procedure.parts) if s.name == after.step), None)
        known = closest(after.step, [s.name for s in within.around])
        span = None if elsewhere is None else elsewhere.span
        c.report(UnknownStep(span=after.span, name=after.step, closest=known, elsewhere=span))
    elif after.reached == "confirmed":
        _confirmed(c, after, step, within)


def _all_steps(parts: tuple[n.ProcedureStep | n.Loop, ...]) -> Iterator[n.ProcedureStep]:
    for part in parts:
        if isinstance(part, n.Loop):
            yield from _all_steps(part.parts)
        else:
            yield part


def _confirmed(c: Checking, node: n.Node, step: n.ProcedureStep, within: Procedural) -> None:
    """`confirmed` is reached only by commands that say what confirms them, and by properties that were set."""
    sent = commands_sent(c, step, c.procedures[within.procedure.name].scope)
    lacking = next((command for _, command in sent if command.confirm is None), None)
    if lacking is not None:
        problem = NothingToConfirm(span=node.span, step=step.name, command=lacking.name, declared=lacking.span)
        c.report(problem)
    elif not any(isinstance(inner, n.Send | n.Run | n.Set) for inner in walk(step)):
        c.report(NothingToConfirm(span=node.span, step=step.name))


# --- Loops -----------------------------------------------------------------------------------------------------------


def _loop(c: Checking, loop: n.Loop, within: Procedural) -> None:
    """`for r in 9..down_to`: over whole numbers, of which there is a known limit."""
    name = loop.variable
    if name in within.at.locals:
        declared = next((p for p in within.procedure.parameters if p.name == name), None)
        first = loop.span if declared is None else declared.span
        c.report(Duplicate(span=loop.span, what="loop variable", name=name, first=first))
    first_range, last_range = _end(c, loop.first, within), _end(c, loop.last, within)
    around: Range = (None, None)
    if first_range is not None and last_range is not None:
        low, high = min(first_range[0], last_range[0]), max(first_range[1], last_range[1])
        around = (low, high)
        rounds = int(max(last_range[1] - first_range[0], first_range[1] - last_range[0])) + 1
        if rounds > ROUNDS_MAX:
            span = loop.first.span.to(loop.last.span)
            c.report(LoopTooLong(span=span, rounds=rounds, most=ROUNDS_MAX))
    locals_ = {**within.at.locals, name: Local(INT, ParameterRef(name))}
    at = replace(within.at, locals=locals_)
    check_parts(c, loop.parts, replace(within, at=at, ranges={**within.ranges, name: around}))


def _end(c: Checking, node: n.Expr, within: Procedural) -> tuple[Fraction, Fraction] | None:
    """Between which numbers one end of a loop is; None, which has been reported, if that is not known."""
    fact = check_typed(c, node, within.at, INT, "the end of a loop")
    return None if fact is None else _range(c, node, within)


def _range(c: Checking, node: n.Expr, within: Procedural) -> tuple[Fraction, Fraction] | None:
    fact = c.facts.get(node)
    if fact is not None and isinstance(fact.constant, Fraction):
        return fact.constant, fact.constant
    match node:
        case n.Name(name=name) if name in within.ranges:
            low, high = within.ranges[name]
            if low is not None and high is not None:
                return low, high
            declared = next((p.span for p in within.procedure.parameters if p.name == name), None)
            if declared is not None:
                problem = f"`{name}` has no bounds"
                c.report(UnboundedLoop(span=node.span, problem=problem, declared=declared))
            return None
        case n.Negate(of=of):
            inner = _range(c, of, within)
            return None if inner is None else (-inner[1], -inner[0])
        case n.Arithmetic(operator="+" | "-" | "*" as sign, left=left, right=right):
            a, b = _range(c, left, within), _range(c, right, within)
            return None if a is None or b is None else _combined(sign, a, b)
        case _:
            c.report(UnboundedLoop(span=node.span, problem="this is neither a constant nor a parameter"))
            return None


def _combined(sign: str, a: tuple[Fraction, Fraction], b: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    match sign:
        case "+":
            ends = [a[0] + b[0], a[1] + b[1]]
        case "-":
            ends = [a[0] - b[1], a[1] - b[0]]
        case _:
            ends = [x * y for x in a for y in b]
    return min(ends), max(ends)
