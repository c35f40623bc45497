"""Calls of functions that follow a value over time, or ask a twin: their parameters by place or name, and their result.

cusum(temp, target: 5 degC, drift: 0.5 K, limit: 4 K)
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from ..dsl import nodes as n
from ..stdlib.function import AggregateFunction, Stateful
from .check_context import Checking, Context
from .check_places import check_condition, check_constant, check_duration, check_typed, check_within
from .check_types import BOOL, FLOAT, INT, RATIO, SECOND, described, difference, is_number, unit_named
from .check_windows import check_window
from .problems_domains import EventJoined, NeedsTwin
from .problems_names import NotImported
from .problems_rules import NeedsWindow, NotInSource
from .problems_types import BadParameter, MissingArgument, NotPositiveNumber, WrongArguments, WrongType
from .resolve import closest
from .typed import Fact, SourceScope, Type

PERCENT = Type("float", unit_named("percent"))


@dataclass(frozen=True)
class Parameter:
    """A parameter of a signature: `*sigma: float = 3` has a name only, and a default; "" is none."""

    name: str
    kind: str
    named: bool
    default: str

    @property
    def optional(self) -> bool:
        return self.default != ""


@cache
def parameters(text: str) -> tuple[Parameter, ...]:
    """The parameters that a signature's text says.

    >>> parameters("x: number, *sigma: float = 3")[1]
    Parameter(name='sigma', kind='float', named=True, default='3')
    """
    found: list[Parameter] = []
    for part in text.split(", ") if text else ():
        name, _, kind = part.partition(": ")
        kind, _, default = kind.partition(" = ")
        found.append(Parameter(name.lstrip("*"), kind, name.startswith("*"), default))
    return tuple(found)


def usage(function: Stateful | AggregateFunction) -> str:
    """How it is called, with everything that must be said: `cusum(x, target: …, drift: …, limit: …)`."""
    if function.examples:
        return function.examples[0]
    return f"{function.name}(…)"


def check_stateful(c: Checking, node: n.Call, at: Context, function: Stateful) -> Fact | None:
    """A call of such a function; the first argument is followed, the others are constants."""
    if isinstance(at.scope, SourceScope):
        c.report(NotInSource(span=node.span, what=f"`{node.function}`"))
        return None
    if function.module is not None and function.name not in c.names.imports:
        c.report(NotImported(span=node.span, name=function.name, module=function.module))
        return None
    c.used.add(function.name)
    before, result = function.signature.split(" -> ")
    wanted = parameters(before)
    given = by_parameter(c, node, node.arguments, wanted, function.name, usage(function))
    if given is None or (function.of == "prediction" and not _has_twin(c, node, at)):
        return None
    first = given[wanted[0].name]
    followed = _followed(c, first, at, function, wanted[0].kind)
    if followed is None:
        return None
    options = [
        check_option(c, given[p.name], at, p, followed.type, function.name) for p in wanted[1:] if p.name in given
    ]
    if None in options:
        return None
    return c.know(node, at, _result(result, followed.type))


def _has_twin(c: Checking, node: n.Call, at: Context) -> bool:
    """Whether the device at hand has a model to ask; reports it if not."""
    if at.device is not None and at.device in c.names.twins:
        return True
    c.report(NeedsTwin(span=node.span, function=node.function, device=at.device))
    return False


def by_parameter(
    c: Checking,
    node: n.Call,
    arguments: tuple[n.Argument, ...],
    wanted: tuple[Parameter, ...],
    function: str,
    used_as: str,
) -> dict[str, n.Argument] | None:
    """The arguments by the names of the parameters; None where they do not fit, which has been reported."""
    given: dict[str, n.Argument] = {}
    by_place = [p for p in wanted if not p.named]
    names = [p.name for p in wanted]
    for place, argument in enumerate(arguments):
        name = argument.name
        if name is None:
            name = next((p.name for p in by_place[place : place + 1]), None)
            if name is None:
                missing = next((p.name for p in wanted if p.named and p.name not in given), None)
                c.report(
                    WrongArguments(span=argument.span, function=function, problem="takes no more", signature=used_as)
                    if missing is None
                    else BadParameter(span=argument.span, function=function, signature=used_as, missing=missing)
                )
                return None
        elif name not in names:
            known = tuple(p.name for p in wanted if p.named or p.optional)
            near = closest(name, names)
            c.report(
                BadParameter(
                    span=argument.span, function=function, signature=used_as, name=name, known=known, closest=near
                )
            )
            return None
        if name in given:
            twice = f"gets `{name}` twice"
            c.report(WrongArguments(span=argument.span, function=function, problem=twice, signature=used_as))
            return None
        given[name] = argument
    for parameter in wanted:
        if parameter.name not in given and not parameter.optional:
            name = parameter.name
            problem_ = MissingArgument(
                span=node.span, function=function, name=name, named=parameter.named, example=used_as
            )
            c.report(problem_)
            return None
    return given


def _followed(c: Checking, argument: n.Argument, at: Context, function: Stateful, kind: str) -> Fact | None:
    """The value that is followed: it holds, is a number or a condition, and has a window where one is needed."""
    place = f"`{function.name}`"
    if argument.where is not None:
        problem = "takes no `where`"
        c.report(WrongArguments(span=argument.span, function=function.name, problem=problem, signature=usage(function)))
        return None
    if kind == "bool":
        fact = check_condition(c, argument.value, at, place)
    else:
        fact = c.check(argument.value, at)
        if fact is not None and fact.event:
            c.report(EventJoined(span=argument.value.span, operator=function.name))
            return None
        if fact is not None and not is_number(fact.type):
            c.report(WrongType(span=argument.value.span, place=place, needed="a number", got=described(fact.type)))
            return None
    if fact is None:
        return None
    if argument.window is None and function.window == "needed":
        c.report(NeedsWindow(span=argument.span, function=function.name, reason="of what is usual", every=False))
        return None
    if argument.window is not None and function.window == "none":
        problem = "takes no window, it follows its value by itself"
        c.report(
            WrongArguments(
                span=argument.window.span, function=function.name, problem=problem, signature=usage(function)
            )
        )
        return None
    if argument.window is not None and (argument.window.kind not in ("span", "samples") or argument.window.every):
        problem = "looks back from each value, by a length of time or a number of samples"
        c.report(
            WrongArguments(
                span=argument.window.span, function=function.name, problem=problem, signature=usage(function)
            )
        )
        return None
    if argument.window is not None and not check_window(c, argument.window, (argument.value,), at, None):
        return None
    return fact


def check_option(
    c: Checking, argument: n.Argument, at: Context, parameter: Parameter, followed: Type, function: str
) -> Fact | None:
    """A constant parameter: of the kind that the signature says, and greater than 0 unless it is a value as x is."""
    place = f"the parameter `{parameter.name}` of `{function}`"
    node = argument.value
    if argument.where is not None or argument.window is not None:
        problem = f"takes no window for `{parameter.name}`"
        c.report(WrongArguments(span=argument.span, function=function, problem=problem, signature=f"{function}(…)"))
        return None
    if parameter.kind == "s":
        if check_duration(c, node, at, place) is None:
            return None
        return c.facts.get(node)
    fact = check_constant(c, node, at, place)
    if fact is None:
        return None
    fact = check_typed(c, node, at, _wanted(parameter.kind, followed), place)
    if fact is None:
        return None
    if parameter.kind == "ratio":
        check_within(c, node, fact, parameter.name, PERCENT, Fraction(0), Fraction(100))
    if parameter.kind != "like x" and isinstance(fact.constant, Fraction) and fact.constant <= 0:
        c.report(NotPositiveNumber(span=node.span, place=place))
        return None
    return fact


def _wanted(kind: str, followed: Type) -> Type:
    followed = replace(followed, name="float") if followed.name == "int" else followed
    match kind:
        case "like x":
            return followed
        case "step x":
            return difference(followed)
        case "float":
            return FLOAT
        case "int":
            return INT
        case "ratio":
            return Type("float", RATIO)
        case _:
            return Type("float", unit_named(kind))


def _result(kind: str, followed: Type) -> Type:
    match kind:
        case "bool":
            return BOOL
        case "float":
            return FLOAT
        case "s":
            return Type("float", SECOND)
        case _:
            return replace(followed, name="float", choices=())
