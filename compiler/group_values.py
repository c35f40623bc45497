"""Where a device's signals and rules ask what its group has given, and where they cannot yet.

    signal usual by site = mean(Fridge.temp)
    rule odd for Fridge { when temp - usual > 5 K … }

A device is told what its group had given before the message at hand came. So what waits for stragglers (windows,
detectors, patterns of a device type with `lateness`), and what groups are made of, cannot ask for it.
"""

from collections.abc import Callable, Collection, Iterator

from ..dsl import nodes as n
from ..dsl.diagnostic import Diagnostic
from ..stdlib.catalogue import STATEFUL
from .check_aggregates import is_aggregate
from .problems_running import DoesNotRun
from .resolve import walk
from .typed import DeviceScope, Fact, PatternRef, SignalRef, Typed

Asks = Callable[[n.Node], str | None]


def group_limits(typed: Typed, of_groups: Collection[str]) -> Iterator[Diagnostic]:
    """Where a group's value is asked for by what cannot have it; `of_groups` are the signals of groups."""
    if not of_groups:
        return
    asking = signals_asking(typed, of_groups)

    def asks(node: n.Node) -> str | None:
        name = signal_asked(typed, node)
        return name if name in of_groups or name in asking else None

    for item in typed.program.items:
        if isinstance(item, n.Signal | n.PatternItem | n.Rule | n.Invariant):
            places = {}
            for part in walk(item):
                if _cannot_ask(typed, part):
                    places.update({node.span: name for node in walk(part) if (name := asks(node)) is not None})
            for span, name in places.items():
                of = "the group's value" if name in of_groups else "what the group's value makes of"
                where = "in what waits for stragglers, or in an aggregate of a group"
                yield DoesNotRun(span=span, construct=f"{of} `{name}` {where}")


def signals_asking(typed: Typed, of_groups: Collection[str]) -> set[str]:
    """The signals of devices that ask for a group's value, or name one that does."""
    users: dict[str, list[str]] = {}
    asking: set[str] = set()
    for item in typed.program.items:
        if isinstance(item, n.Signal) and isinstance(item.domain, n.ForDevice):
            for node in walk(item.value):
                name = signal_asked(typed, node)
                if name in of_groups:
                    asking.add(item.name)
                elif name is not None:
                    users.setdefault(name, []).append(item.name)
    waiting = list(asking)
    while waiting:
        for user in users.get(waiting.pop(), ()):
            if user not in asking:
                asking.add(user)
                waiting.append(user)
    return asking


def signal_asked(typed: Typed, node: n.Node) -> str | None:
    """The signal that a name stands for where it is asked for a device."""
    if not isinstance(node, n.Name | n.Member):
        return None
    fact = typed.facts.get(node)
    if fact is None or not isinstance(fact.reference, SignalRef) or not isinstance(fact.scope, DeviceScope):
        return None
    return fact.reference.name


def _cannot_ask(typed: Typed, node: n.Node) -> bool:
    match node:
        case n.Call():
            return (is_aggregate(node) or node.function in STATEFUL) and _is_late(typed, typed.facts.get(node))
        case n.Pattern():
            steps = (step for step in walk(node) if isinstance(step, n.Step))
            return any(_is_late(typed, typed.facts.get(step.event)) for step in steps)
        case n.Rule():
            return always_waits(typed, node)
        case _:
            return False


def _is_late(typed: Typed, fact: Fact | None) -> bool:
    """Whether what is known of an expression says that it is not of a device type without `lateness`."""
    if fact is None or not isinstance(fact.scope, DeviceScope):
        return True
    return typed.devices[fact.scope.device].lateness_ns > 0


def always_waits(typed: Typed, rule: n.Rule) -> bool:
    """Whether a rule waits for stragglers whatever it asks for."""
    return rule.settle or isinstance(rule.when, n.Pattern) or _is_pattern(typed, rule.when)


def _is_pattern(typed: Typed, when: n.Expr) -> bool:
    fact = typed.facts.get(when)
    return fact is not None and isinstance(fact.reference, PatternRef)
