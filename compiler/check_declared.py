"""What is declared with a type: bounds of fields and parameters, the parameters of commands, events and procedures, and
the arguments given for them."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from ..dsl import nodes as n
from .check_calls import plain_arguments
from .check_context import Checking, Context, Local
from .check_operands import Operand, flexible, in_role
from .check_places import check_constant, check_typed, check_within
from .check_types import FLOAT, declared, described, is_number, unit_of
from .constants import converted, written
from .problems_names import Duplicate, HidesField, MissingParameter, UnknownParameter, UnknownType
from .problems_types import BoundsOnType, BoundsReversed, NotWhole, WrongArguments, WrongType
from .resolve import closest, member_of
from .typed import Fact, ParameterInfo, ParameterRef, Type


def check_bounds(
    c: Checking, bounds: n.Bounds | None, type_: Type, at: Context
) -> tuple[Fraction | None, Fraction | None]:
    """The bounds in the unit of the type they follow; a bare number is in that unit, and its fact says so."""
    if bounds is None:
        return None, None
    if not is_number(type_):
        c.report(BoundsOnType(span=bounds.span, type=described(type_)))
        return None, None
    low, high = _bound(c, bounds.low, type_, at), _bound(c, bounds.high, type_, at)
    if low is not None and high is not None and low > high:
        c.report(BoundsReversed(span=bounds.span, low=written(low, type_.unit), high=written(high, type_.unit)))
        return None, None
    return low, high


def _bound(c: Checking, node: n.Expr, type_: Type, at: Context) -> Fraction | None:
    fact = check_constant(c, node, at, "a bound")
    if fact is None:
        return None
    if fact.type.unit is None and is_number(fact.type):
        fact = c.again(node, Fact(type_, at.scope, constant=fact.constant, is_constant=True))
    elif is_number(fact.type) and fact.type.affine != type_.affine and flexible(c, node, fact):
        fact = in_role(c, Operand(node, fact), point=type_.affine).fact
    alike = is_number(fact.type) and fact.type.affine == type_.affine
    if not alike or unit_of(fact.type).dimension != unit_of(type_).dimension:
        c.report(WrongType(span=node.span, place="a bound", needed=described(type_), got=described(fact.type)))
        return None
    if not isinstance(fact.constant, Fraction):
        return None
    value = converted(fact.constant, unit_of(fact.type), unit_of(type_), point=type_.affine)
    if type_.name == "int" and value.denominator != 1:
        c.report(NotWhole(span=node.span, place="a bound of an `int`"))
        return None
    return value


# --- Parameters ------------------------------------------------------------------------------------------------------


def check_parameters(
    c: Checking, parameters: tuple[n.Parameter, ...], at: Context, hides: Iterable[n.Device] = ()
) -> dict[str, ParameterInfo]:
    """What is known of declared parameters. `hides`: the device types whose fields they must not have the names of."""
    seen: dict[str, n.Parameter] = {}
    infos: dict[str, ParameterInfo] = {}
    for parameter in parameters:
        name = parameter.name
        if name in seen:
            c.report(Duplicate(span=parameter.span, what="parameter", name=name, first=seen[name].span))
            continue
        seen[name] = parameter
        check_hiding(c, parameter, "parameter", name, hides)
        type_ = declared(parameter.type)
        if isinstance(type_, UnknownType):
            c.report(type_)
            continue
        low, high = check_bounds(c, parameter.bounds, type_, at)
        if parameter.default is not None:
            place = f"the parameter `{name}`"
            fact = check_constant(c, parameter.default, at, place)
            if fact is not None:
                fact = check_typed(c, parameter.default, at, type_, place)
            if fact is not None:
                check_within(c, parameter.default, fact, name, type_, low, high)
        infos[name] = ParameterInfo(name, type_, low, high, parameter.default is not None)
    return infos


def check_hiding(c: Checking, node: n.Node, what: str, name: str, devices: Iterable[n.Device]) -> bool:
    """Whether a new name leaves the fields of these device types visible; reports the first that it hides."""
    for device in devices:
        hidden = member_of(device, name)
        if hidden is not None:
            c.report(HidesField(span=node.span, what=what, name=name, device=device.name, hidden=hidden.span))
            return False
    return True


def locals_of(parameters: tuple[n.Parameter, ...], infos: Mapping[str, ParameterInfo]) -> dict[str, Local]:
    """Parameters as names that expressions can use."""
    found = {parameter.name: infos.get(parameter.name) for parameter in parameters}
    return {
        name: Local(FLOAT, broken=True) if info is None else Local(info.type, ParameterRef(name))
        for name, info in found.items()
    }


# --- Arguments -------------------------------------------------------------------------------------------------------


def check_arguments(
    c: Checking,
    node: n.Send | n.Run | n.Call,
    name: str,
    parameters: tuple[n.Parameter, ...],
    infos: Mapping[str, ParameterInfo],
    at: Context,
    verb: str,
) -> None:
    """The arguments of `send cool(level: 3)`, `run shed(down_to: 3)`, `undo cool(level: 1)`: one for each parameter
    without a default, of its type and within its bounds."""
    used_as = f"{verb} {name}({', '.join(f'{p.name}: …' for p in parameters)})"
    if not plain_arguments(c, node, name, used_as):
        return
    given = _given(c, node, name, parameters, used_as)
    for parameter in parameters:
        argument = given.get(parameter.name)
        if argument is not None:
            info = infos.get(parameter.name)
            if info is not None:
                _argument(c, argument.value, info, at)
        elif parameter.default is None:
            c.report(MissingParameter(span=node.span, command=name, name=parameter.name, declared=parameter.span))


def _given(
    c: Checking, node: n.Send | n.Run | n.Call, of: str, parameters: tuple[n.Parameter, ...], used_as: str
) -> dict[str, n.Argument]:
    """The arguments by parameter: those without a name by their place."""
    given: dict[str, n.Argument] = {}
    names = tuple(parameter.name for parameter in parameters)
    for place, argument in enumerate(node.arguments):
        if argument.name is None and place >= len(names):
            problem = f"takes {len(names)} parameter{'' if len(names) == 1 else 's'}, not {len(node.arguments)}"
            c.report(WrongArguments(span=argument.span, function=of, problem=problem, signature=used_as))
            continue
        name = names[place] if argument.name is None else argument.name
        if name not in names:
            known = closest(name, names)
            c.report(UnknownParameter(span=argument.span, name=name, of=of, parameters=names, closest=known))
        elif name in given:
            c.report(Duplicate(span=argument.span, what="parameter", name=name, first=given[name].span))
        else:
            given[name] = argument
    return given


def _argument(c: Checking, value: n.Expr, info: ParameterInfo, at: Context) -> None:
    fact = check_typed(c, value, at, info.type, f"the parameter `{info.name}`")
    if fact is not None:
        check_within(c, value, fact, info.name, info.type, info.low, info.high)
