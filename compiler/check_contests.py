"""Rules that can drive one thing to different values, without anything that says which of them is heard.

The things are the resources that commands take, and the properties that are set. Two rules are left alone if their
priorities are ordered, if they ask for the same, or if constants show that they cannot both be raised for one device.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..dsl import nodes as n
from ..dsl.source import Span
from .check_context import Checking, scope_of
from .check_types import is_number, unit_of
from .problems_actions import Contested
from .regions import Ranked, Region, exclude, raised_region, ranked, region_of
from .resolve import walk
from .typed import Constant, DeviceScope, GroupScope, ParameterInfo
from .witness import witness

NOTHING: Region = {}

EVERYWHERE = (-1, sys.maxsize)

CONTENDERS_MAX = 1000
"""Of how many actions that drive one thing each two are compared."""


@dataclass(frozen=True, eq=False)
class Drive:
    """One action of a rule that drives a thing of a device type, itself or through a procedure.

    `value`: what it is driven to, as far as constants tell (None: not known). `span`: of the rule's own action.
    `scope` is the rule's, `raised` where the rule can be raised; `target` what must be so of the device that is driven;
    `owns`: the rule being raised is all that must be so.
    """

    rule: n.Rule
    device: str
    value: tuple[object, ...] | None
    words: str
    span: Span
    scope: DeviceScope | GroupScope
    raised: Region
    target: Region
    owns: bool


@dataclass(frozen=True, eq=False)
class Contender:
    """A drive as it is compared: its rule's rank, and its regions with their ends numbered."""

    drive: Drive
    rank: int | None
    group: GroupScope | None
    raised: Ranked
    target: Ranked


def check_contests(c: Checking) -> None:
    """Every two rules that can drive the same thing of one device to different values."""
    drives: dict[tuple[str, str], list[Drive]] = {}
    for rule in c.names.rules.values():
        for thing, drive in _drives(c, rule):
            drives.setdefault((drive.device, thing), []).append(drive)
    for (device, thing), some in drives.items():
        for first, second in _contests(_contenders(c, some[:CONTENDERS_MAX])):
            _report(c, first.drive, second.drive, device, thing)


def _contests(contenders: list[Contender]) -> Iterator[tuple[Contender, Contender]]:
    """Pairs that contest, the earlier in the text first; each rule is found in one of them at most as the new one.

    They are swept along the value that most of them speak of, so that those whose regions of it lie apart, which are
    most where a thousand rules split up one range, are never compared.
    """
    spoken = Counter(name for contender in contenders for name in contender.target)
    along = spoken.most_common(1)[0][0] if spoken else None
    places = {id(contender): place for place, contender in enumerate(contenders)}

    def ends(contender: Contender) -> tuple[int, int]:
        return EVERYWHERE if along is None else contender.target.get(along, EVERYWHERE)

    told: set[str] = set()
    pairs: set[frozenset[str]] = set()
    active: list[tuple[int, Contender]] = []
    for contender in sorted(contenders, key=ends):
        low, high = ends(contender)
        active = [one for one in active if one[0] >= low]
        name = contender.drive.rule.name
        other = None if name in told else next((other for _, other in active if _contest(other, contender)), None)
        active.append((high, contender))
        if other is None:
            continue
        told.add(name)
        pair = frozenset((name, other.drive.rule.name))
        if pair not in pairs:
            pairs.add(pair)
            yield (other, contender) if places[id(other)] < places[id(contender)] else (contender, other)


def _contenders(c: Checking, drives: list[Drive]) -> list[Contender]:
    if len(drives) == 1:
        return []
    raised, targets = ranked(drive.raised for drive in drives), ranked(drive.target for drive in drives)
    return [
        Contender(
            drive,
            c.names.ranks.get(drive.rule.priority or ""),
            drive.scope if isinstance(drive.scope, GroupScope) else None,
            raised[place],
            targets[place],
        )
        for place, drive in enumerate(drives)
    ]


def _contest(first: Contender, second: Contender) -> bool:
    a, b = first.drive, second.drive
    if a.rule is b.rule or (a.value is not None and a.value == b.value):
        return False
    if first.rank is not None and second.rank is not None and first.rank != second.rank:
        return False
    if exclude(first.target, second.target):
        return False
    return first.group is None or first.group != second.group or not exclude(first.raised, second.raised)


def _report(c: Checking, first: Drive, second: Drive, device: str, thing: str) -> None:
    both_ranked = first.rule.priority in c.names.ranks and second.rule.priority in c.names.ranks
    example = None
    when, other = first.rule.when, second.rule.when
    own = first.owns and second.owns and first.scope == second.scope
    if own and not isinstance(when, n.Pattern) and not isinstance(other, n.Pattern):
        example = witness(c, when, other)
    problem = Contested(
        span=second.span,
        first=first.rule.name,
        second=second.rule.name,
        device=device,
        what=thing,
        words=second.words if example is None else f"{second.words}; both are raised when {example}",
        other=first.span,
        other_words=first.words,
        ranked=both_ranked,
    )
    c.report(problem)


# --- What rules drive ------------------------------------------------------------------------------------------------


def _drives(c: Checking, rule: n.Rule) -> Iterator[tuple[str, Drive]]:
    scope = scope_of(rule.domain)
    found: list[tuple[n.Action, n.Send | n.Set, DeviceScope | GroupScope, str]] = []
    for action in _acting((*rule.do, *rule.on_clear)):
        if isinstance(action, n.Run):
            for inner, where, name in _of_procedure(c, action.procedure, set()):
                found.append((action, inner, where, name))
        else:
            found.append((action, action, scope, ""))
    driving = [(at, inner, where, through, _driven(c, inner, where)) for at, inner, where, through in found]
    if all(driven is None for *_, driven in driving):
        return
    raised = raised_region(c, rule)
    for at, inner, where, through, driven in driving:
        if driven is None:
            continue
        device, thing, value, words = driven
        words = f"`{rule.name}` {words}" + (f" in `{through}`" if through else "")
        target = _target(c, inner, where, scope, raised)
        owns = target is raised or (isinstance(inner, n.Send) and inner.to is not None and inner.to.where is None)
        yield thing, Drive(rule, device, value, words, at.span, scope, raised, target, owns)


def _acting(actions: tuple[n.Action, ...]) -> Iterator[n.Send | n.Set | n.Run]:
    for action in actions:
        match action:
            case n.Send() | n.Set() | n.Run():
                yield action
            case n.If(then=then, otherwise=otherwise):
                yield from _acting((*then, *otherwise))
            case n.Alert() | n.Emit() | n.Undo():
                pass


def _of_procedure(
    c: Checking, name: str, seen: set[str]
) -> Iterator[tuple[n.Send | n.Set, DeviceScope | GroupScope, str]]:
    """What a procedure does in its steps, itself or by running others."""
    procedure = c.names.procedures.get(name)
    if procedure is None or name in seen:
        return
    seen.add(name)
    for part in procedure.parts:
        for node in walk(part):
            if isinstance(node, n.Send | n.Set):
                yield node, scope_of(procedure.domain), name
            elif isinstance(node, n.Run):
                yield from _of_procedure(c, node.procedure, seen)


def _driven(
    c: Checking, action: n.Send | n.Set, scope: DeviceScope | GroupScope
) -> tuple[str, str, tuple[object, ...] | None, str] | None:
    """The device type and thing that an action drives, to what, and in words; None if it drives nothing."""
    own = scope.device if isinstance(scope, DeviceScope) else ""
    if isinstance(action, n.Set):
        if own not in c.devices:
            return None
        value = _constant(c, action.value)
        return own, f"the property `{action.property}`", None if value is None else (value,), "sets it"
    info = c.devices.get(own if action.to is None else action.to.device)
    command = None if info is None else info.commands.get(action.command)
    if info is None or command is None or command.resource is None:
        return None
    values = _values(c, action, command, info.parameters[command.name])
    words = f"sends `{command.name}`"
    return info.name, f"the resource `{command.resource}`", values, words


def _values(
    c: Checking, action: n.Send, command: n.Command, infos: dict[str, ParameterInfo]
) -> tuple[object, ...] | None:
    """A command with the constants it is given, each in its parameter's unit; None if one is not known."""
    values: list[object] = [command.name]
    by_name = {argument.name: argument.value for argument in action.arguments if argument.name is not None}
    for place, parameter in enumerate(command.parameters):
        node = by_name.get(parameter.name, parameter.default)
        if place < len(action.arguments) and action.arguments[place].name is None:
            node = action.arguments[place].value
        value = None if node is None else _constant(c, node)
        if value is None or parameter.name not in infos:
            return None
        values.append(value)
    return tuple(values)


def _constant(c: Checking, node: n.Expr) -> Constant:
    """A constant in the coherent unit of its dimension, so that equal ones are the same."""
    fact = c.facts.get(node)
    if fact is None or not fact.is_constant:
        return None
    if isinstance(fact.constant, Fraction) and is_number(fact.type):
        unit = unit_of(fact.type)
        return fact.constant * unit.scale + (unit.offset if fact.type.affine else 0)
    return fact.constant


def _target(
    c: Checking,
    action: n.Send | n.Set,
    where: DeviceScope | GroupScope,
    scope: DeviceScope | GroupScope,
    raised: Region,
) -> Region:
    """What must be so of the device that is driven: what raised the rule, if it is that one, or what `each` asks."""
    if isinstance(action, n.Send) and action.to is not None:
        return NOTHING if action.to.where is None else region_of(c, action.to.where)
    return raised if where == scope else NOTHING
