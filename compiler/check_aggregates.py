"""Aggregates and their windows: whose values they are over, what they make of units, and at which pace.

For a device an aggregate is over its own samples and needs a window. In a group it is over the members of the one
device type that its argument names: over a window of all their samples, or, without one, over what they hold at that
moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from ..dsl import nodes as n
from ..grammar.units import Unit, power, product, quotient
from ..stdlib.catalogue import SCALARS, aggregate_named
from ..stdlib.function import AggregateFunction
from .check_context import Checking, Context, scope_of
from .check_functions import Parameter, by_parameter, check_option, parameters
from .check_places import as_condition, check_condition
from .check_types import BOOL, FLOAT, INT, RATIO, SECOND, TEXT, TIME, described, difference, is_number, unit_of
from .check_windows import check_middle, check_window, is_recent
from .pattern_ends import EVENTS_MAX
from .problems_domains import EventJoined, NoDevice, TwoDevices
from .problems_names import UnknownDevice
from .problems_patterns import NotACount, NotSoMany
from .problems_rules import NeedsWindow, NotInSource
from .problems_types import WrongArguments, WrongType
from .problems_units import SummedPoints
from .resolve import closest, walk
from .typed import BoundRef, DeviceRef, Fact, GroupScope, SourceScope, TwinRef, Type

_OF_TIMES = ("min", "max", "first", "last")
"""Aggregates that make a time of times."""


def is_aggregate(node: n.Call, at: Context | None = None) -> bool:
    """Whether a call is an aggregate: `min(a, b)` and `last(x)` without a window are none, `last(step.x)` is one."""
    if aggregate_named(node.function) is None:
        return False
    sampled = [argument for argument in node.arguments if argument.name is None]
    if at is not None and len(sampled) == 1 and _is_many(sampled[0].value, at):
        return True
    if any(argument.window is not None or argument.where is not None for argument in node.arguments):
        return True
    if node.function == "last":
        return False
    return node.function not in SCALARS or len(node.arguments) == 1


def check_aggregate(c: Checking, node: n.Call, at: Context) -> Fact | None:
    """`mean(velocity over 10 min every 10 min)`, `max(Truck.load)`, `corr(a, b over 1 h every 1 min)`."""
    function = aggregate_named(node.function)
    assert function is not None
    if isinstance(at.scope, SourceScope):
        c.report(NotInSource(span=node.span, what=f"`{node.function}`"))
        return None
    of_events = any(_is_many(argument.value, at) for argument in node.arguments if argument.name is None)
    given = _arguments(c, node, function, of_events=of_events)
    if given is None:
        return None
    if of_events:
        fact = check_bound_aggregate(c, node, at, function, given.sampled)
        of = c.facts.get(given.sampled[0].value)
        fits = fact is not None and of is not None and _options_fit(c, given, at, of, function)
        return fact if fits and _is_so_many(c, given, at) else None
    device: str | None = None
    inner = at
    if isinstance(at.scope, GroupScope):
        device, known = _device_of(c, node, given.sampled, at)
        if not known:
            return None
        inner = at if device is None else at.within(device)
    values = [_samples(c, argument.value, inner, function) for argument in given.sampled]
    last = given.sampled[-1]
    where = None if last.where is None else check_condition(c, last.where, inner, "`where`")
    if None in values or (last.where is not None and where is None):
        return None
    facts = [value for value in values if value is not None]
    if not _options_fit(c, given, at, facts[0], function) or not _over(
        c, node, last, at, given, facts, device, function
    ):
        return None
    type_ = result_of(c, node, given.sampled[0], facts, function)
    return None if type_ is None else c.know(node, at, type_, aggregate_of=device)


@dataclass(frozen=True)
class Given:
    """The arguments of an aggregate: what is sampled (a window and `where` stand at the last of these), and options,
    of those that there are."""

    sampled: tuple[n.Argument, ...]
    options: dict[str, n.Argument]
    known: tuple[Parameter, ...]


def _arguments(c: Checking, node: n.Call, function: AggregateFunction, *, of_events: bool) -> Given | None:
    """What is sampled, and the options by name; None where they do not fit, which has been reported."""
    known = parameters(function.options) + (parameters(function.of_events) if of_events else ())
    used_as = function.examples[0] if function.examples else f"{function.name}(x over 10 min every 1 min)"
    if of_events:
        used_as = f"{function.name}({', '.join(['hit.pressure', *(f'{option.name}: 1' for option in known)])})"
    wanted = 1 if function.second is None else 2
    sampled = tuple(argument for argument in node.arguments if argument.name is None)
    if len(sampled) != wanted:
        problem = f"takes {'one argument' if wanted == 1 else 'two arguments'}, not {len(sampled)}"
        c.report(WrongArguments(span=node.span, function=function.name, problem=problem, signature=used_as))
        return None
    early = next((a for a in sampled[:-1] if a.window is not None or a.where is not None), None)
    if early is not None:
        problem = "takes its window and `where` behind the last of its values"
        c.report(WrongArguments(span=early.span, function=function.name, problem=problem, signature=used_as))
        return None
    named = tuple(argument for argument in node.arguments if argument.name is not None)
    if not known and not named:
        return Given(sampled, {}, known)
    options = by_parameter(c, node, named, known, function.name, used_as)
    return None if options is None else Given(sampled, options, known)


def _options_fit(c: Checking, given: Given, at: Context, sampled: Fact, function: AggregateFunction) -> bool:
    """Whether the options are of the kinds that the function takes; reports those that are not."""
    options = [
        check_option(c, given.options[p.name], at, p, sampled.type, function.name)
        for p in given.known
        if p.name in given.options
    ]
    return None not in options


def _over(
    c: Checking,
    node: n.Call,
    last: n.Argument,
    at: Context,
    given: Given,
    facts: list[Fact],
    device: str | None,
    function: AggregateFunction,
) -> bool:
    """Whether it says what it is over: a window, the members of a group, a prediction."""
    if last.window is None:
        return _held(c, node, last, facts[-1], device)
    if any(isinstance(fact.reference, DeviceRef) for fact in facts):
        problem = "counts devices, which is no matter of a window"
        span = last.window.span
        c.report(WrongArguments(span=span, function="count", problem=problem, signature="count(Truck where …)"))
        return False
    if function.lines and (device is not None or is_recent(last.window)):
        problem = "takes a window with `every`" if device is None else "is about one value: name the group's own"
        signature = function.examples[0]
        c.report(WrongArguments(span=last.span, function=function.name, problem=problem, signature=signature))
        return False
    if not check_window(c, last.window, tuple(argument.value for argument in given.sampled), at, device):
        return False
    return function.name != "interpolated" or check_middle(c, last.window)


def _device_of(c: Checking, node: n.Call, arguments: tuple[n.Argument, ...], at: Context) -> tuple[str | None, bool]:
    """The one device type that an aggregate in a group is over, or None if it is over the group's own signals.

    The second says whether that is known; if not, it has been reported: there is no device, or are several.
    """
    named: dict[str, n.Name] = {}
    own = False
    for part in (part for argument in arguments for part in (argument.value, argument.where)):
        for inner in () if part is None else walk(part):
            if isinstance(inner, n.Name):
                if inner.name in c.names.devices:
                    named.setdefault(inner.name, inner)
                item = c.names.values.get(inner.name)
                own = own or (isinstance(item, n.Signal) and scope_of(item.domain) == at.scope)
    if len(named) > 1:
        first, second, *_ = named
        c.report(TwoDevices(span=node.span, function=node.function, first=first, second=second))
        return None, False
    if named:
        return next(iter(named)), True
    unknown = next((node for node in _owners(arguments) if node.name not in c.names.values), None)
    if unknown is not None:
        known = closest(unknown.name, c.names.devices)
        c.report(UnknownDevice(span=unknown.span, name=unknown.name, closest=known))
        return None, False
    if not own:
        c.report(NoDevice(span=node.span, function=node.function, example=_example(c, arguments)))
    return None, own


def _owners(arguments: tuple[n.Argument, ...]) -> Iterator[n.Name]:
    """The names in front of dots, where device types stand."""
    for node in (node for argument in arguments for node in walk(argument)):
        if isinstance(node, n.Member) and isinstance(node.of, n.Name):
            yield node.of


def _example(c: Checking, arguments: tuple[n.Argument, ...]) -> str | None:
    """`Truck.load`, for an argument that names `load` alone."""
    for inner in walk(arguments[0].value):
        if isinstance(inner, n.Name):
            for info in c.devices.values():
                if inner.name in info.fields:
                    return f"{info.name}.{inner.name}"
    return next((f"{info.name}.{name}" for info in c.devices.values() for name in info.fields), None)


def _samples(c: Checking, node: n.Expr, at: Context, function: AggregateFunction) -> Fact | None:
    """What is sampled: of the type that the aggregate takes. `Truck` alone stands for the trucks there are."""
    if isinstance(node, n.Name) and node.name == at.members_of and function.name == "count":
        return c.know(node, at, BOOL, reference=DeviceRef(node.name))
    fact = c.check(node, at)
    if fact is None:
        return None
    if fact.event and function.name != "count":
        c.report(EventJoined(span=node.span, operator=function.name))
        return None
    if function.argument == "bool":
        return as_condition(c, node, fact, f"`{function.name}`")
    if function.argument == "number" and not is_number(fact.type):
        place = f"`{function.name}`"
        c.report(WrongType(span=node.span, place=place, needed="numbers", got=described(fact.type)))
        return None
    if function.argument == "value" and fact.type.name not in ("int", "float", "text", "bool"):
        place, needed = f"`{function.name}`", "numbers, texts or conditions"
        c.report(WrongType(span=node.span, place=place, needed=needed, got=described(fact.type)))
        return None
    return fact


def _held(c: Checking, node: n.Call, argument: n.Argument, value: Fact, device: str | None) -> bool:
    """Without a window: over what the members of a group hold, or over a distribution that a twin predicts."""
    function = aggregate_named(node.function)
    assert function is not None
    if _is_distribution(c, argument.value) and function.result in ("number", "difference") and function.over_members:
        return True
    if device is None:
        reason = (
            "over a group's signal"
            if isinstance(c.facts[argument.value].scope, GroupScope)
            else "over a device's messages"
        )
        c.report(NeedsWindow(span=node.span, function=node.function, reason=reason))
        return False
    if not function.over_members:
        c.report(
            NeedsWindow(span=node.span, function=node.function, reason="as it is about what came one after another")
        )
        return False
    if value.event:
        c.report(NeedsWindow(span=node.span, function=node.function, reason="to count events"))
        return False
    return True


def _is_distribution(c: Checking, node: n.Expr) -> bool:
    """Whether it is known only with an uncertainty: a prediction, a parameter of a twin."""
    if isinstance(node, n.Call):
        return node.function == "predicted"
    fact = c.facts.get(node)
    return fact is not None and isinstance(fact.reference, TwinRef)


def result_of(
    c: Checking, node: n.Call, argument: n.Argument, facts: list[Fact], function: AggregateFunction
) -> Type | None:
    """The type of the aggregate's value, by the function's unit rule."""
    value = facts[0]
    if value.type.affine and not function.points_allowed:
        unit = unit_of(value.type).text
        c.report(SummedPoints(span=argument.value.span, function=function.name, unit=unit))
        return None
    base = difference(value.type).unit
    match function.result:
        case "number":
            return (
                value.type
                if function.name in ("sum", "min", "max", "first", "last")
                else replace(value.type, name="float")
            )
        case "difference":
            return replace(difference(value.type), name="float")
        case "square":
            return Type("float", None if base is None else _plain(power(base, 2)))
        case "count":
            return INT
        case "ratio":
            return FLOAT
        case "rate" | "slope":
            return Type("float", quotient(base or RATIO, SECOND))
        case "argument":
            return value.type
        case "condition":
            return BOOL
        case "product":
            other = difference(facts[1].type).unit
            return Type(
                "float", None if base is None and other is None else _plain(product(base or RATIO, other or RATIO))
            )
        case "integral":
            return Type("float", product(base or RATIO, SECOND))
        case "duration":
            return Type("float", SECOND)
        case "texts":
            return TEXT


def _plain(unit: Unit) -> Unit:
    return RATIO if unit.dimension == RATIO.dimension else unit


def _is_many(node: n.Expr, at: Context) -> bool:
    """Whether it is about a step of the pattern that may have happened several times: `count(hit)`."""
    inner = node.of if isinstance(node, n.Member) else node
    return isinstance(inner, n.Name) and inner.name in at.steps


def check_bound_aggregate(
    c: Checking,
    node: n.Call,
    at: Context,
    function: AggregateFunction,
    arguments: tuple[n.Argument, ...],
) -> Fact | None:
    """`count(hit)`, `mean(hit.pressure)`: over the events that a step of the pattern bound, in the order they came."""
    (argument, *more) = arguments
    if more or argument.where is not None or argument.window is not None:
        problem = "of a step's events takes no window and no `where`"
        c.report(
            WrongArguments(span=argument.span, function=node.function, problem=problem, signature="mean(hit.pressure)")
        )
        return None
    if isinstance(argument.value, n.Name):
        if function.name != "count":
            c.report(NotACount(span=argument.span, function=function.name, name=argument.value.name))
            return None
        place = at.steps[argument.value.name].place
        c.know(argument.value, at, TIME, reference=BoundRef(place, None))
        return c.know(node, at, INT)
    fact = c.check(argument.value, replace(at, gathered=True))
    if fact is None:
        return None
    if function.argument == "number" and not (
        is_number(fact.type) or (fact.type == TIME and function.name in _OF_TIMES)
    ):
        place_ = f"`{function.name}`"
        c.report(WrongType(span=argument.value.span, place=place_, needed="numbers", got=described(fact.type)))
        return None
    if function.argument == "bool" and as_condition(c, argument.value, fact, f"`{function.name}`") is None:
        return None
    if fact.type == TIME:
        return c.know(node, at, TIME)
    type_ = result_of(c, node, argument, [fact], function)
    return None if type_ is None else c.know(node, at, type_)


def _is_so_many(c: Checking, given: Given, at: Context) -> bool:
    """Whether the step has so many events that one can be so many after the first, or before the last; reports it if
    not."""
    of = given.sampled[0].value
    for argument in given.options.values():
        number = c.facts[argument.value].constant
        if isinstance(of, n.Member) and isinstance(of.of, n.Name) and argument.name in ("after", "before"):
            bound = at.steps[of.of.name]
            most = EVENTS_MAX if bound.most is None else min(EVENTS_MAX, bound.most)
            assert isinstance(number, Fraction)
            if number >= most:
                place = f"{number} {argument.name} the {'first' if argument.name == 'after' else 'last'} one"
                c.report(NotSoMany(span=argument.span, step=of.of.name, place=place, most=most, declared=bound.span))
                return False
    return True
