"""Calls of functions of values at one instant: the library's, by signature, and those that ask about messages."""

from dataclasses import dataclass
from fractions import Fraction

from ..dsl import nodes as n
from ..grammar.units import Unit
from ..stdlib.catalogue import SCALARS, STATEFUL, function_names
from ..stdlib.function import Scalar
from ..stdlib.regular import flaw
from .check_arithmetic import in_unit
from .check_context import Checking, Context
from .check_functions import check_stateful
from .check_operands import Operand, flexible, in_role, like
from .check_places import check_typed, check_value, check_within
from .check_types import BOOL, CIRCLE, FLOAT, INT, POINT, SECOND, TEXT, TIME, described, is_number, unit_named, unit_of
from .problems_domains import NeedsField
from .problems_names import NotImported, UnknownFunction, UnknownParameter
from .problems_rules import NotInSource
from .problems_types import DivisionByZero, NotConstant, WrongArguments, WrongType
from .problems_units import ScaledPoint
from .resolve import beginning, closest
from .typed import Constant, Fact, FieldRef, PrevRef, SourceScope, Type

ABOUT_MESSAGES = ("fresh", "age", "last", "prev")
"""Functions of a field that look at its messages, not at its value alone."""

KINDS = {"bool": BOOL, "int": INT, "text": TEXT, "time": TIME, "point": POINT, "circle": CIRCLE}

SYNONYMS = {
    "avg": "mean",
    "average": "mean",
    "std": "stddev",
    "stdev": "stddev",
    "var": "variance",
    "total": "sum",
    "minimum": "min",
    "maximum": "max",
    "ceiling": "ceil",
    "modulo": "mod",
    "remainder": "mod",
    "fmod": "mod",
    "percentile": "quantile",
    "percentile_cont": "quantile",
    "correlation": "corr",
    "cov": "covariance",
    "count_distinct": "distinct",
    "nunique": "distinct",
    "most_frequent": "mode",
    "topk": "top_k",
    "twa": "time_weighted_mean",
    "derivative": "rate",
    "lag": "prev",
    "previous": "prev",
    "every": "all",
    "exists": "any",
    "forecast": "predicted",
    "predict": "predicted",
    "low_pass": "lowpass",
    "ema": "ewma",
    "z_score": "zscore",
    "startswith": "starts_with",
    "begins_with": "starts_with",
    "endswith": "ends_with",
    "includes": "contains",
    "regexp": "matches",
    "regex": "matches",
    "glob": "like",
    "len": "length",
    "strlen": "length",
    "to_lower": "lower",
    "lowercase": "lower",
    "to_upper": "upper",
    "uppercase": "upper",
}
"""What functions are called elsewhere."""

NOT_OF_POINTS = ("abs", "sign", "sqrt", "mod")
"""Functions of a number that depend on where its zero is."""


@dataclass(frozen=True)
class Signature:
    """A library function's parameters, as (name, kind), the kind of further ones, and the kind of the result."""

    parameters: tuple[tuple[str, str], ...]
    more: str | None
    result: str


def signature(scalar: Scalar) -> Signature:
    """What a signature's text says.

    >>> signature(SCALARS["min"])
    Signature(parameters=(('a', 'number'),), more='number', result='number')
    """
    before, result = scalar.signature.split(" -> ")
    pairs = [tuple(part.split(": ")) for part in before.split(", ")]
    more = next((kind for name, kind in pairs if name.startswith("*")), None)
    return Signature(tuple((name, kind) for name, kind in pairs if not name.startswith("*")), more, result)


def check_call(c: Checking, node: n.Call, at: Context) -> Fact | None:
    """A call that is no aggregate."""
    if node.function in ABOUT_MESSAGES:
        return _about_messages(c, node, at)
    if node.function == "Point":
        return _point(c, node, at)
    if node.function in STATEFUL:
        return check_stateful(c, node, at, STATEFUL[node.function])
    scalar = SCALARS.get(node.function)
    if scalar is None or scalar.internal:
        names = (*function_names(), *ABOUT_MESSAGES, "Point", *c.names.references)
        known = SYNONYMS.get(node.function) or _quantile(node.function) or closest(node.function, names)
        span = beginning(node.span, node.function)
        c.report(UnknownFunction(span=span, name=node.function, closest=known))
        return None
    if scalar.module is not None and node.function not in c.names.imports:
        c.report(NotImported(span=node.span, name=node.function, module=scalar.module))
        return None
    c.used.add(node.function)
    return _scalar(c, node, at, scalar)


def _quantile(name: str) -> str | None:
    """The nearest quantile to `p0`, `p100`, `p999`, which there are none of."""
    if not name.startswith("p") or not name[1:].isdecimal():
        return None
    return "p1" if int(name[1:3]) == 0 else "p99"


def usage(scalar: Scalar) -> str:
    """How a function is called: `clamp(x, low, high)`."""
    kinds = signature(scalar)
    names = [name for name, _ in kinds.parameters] + (["…"] if kinds.more else [])
    return f"{scalar.name}({', '.join(names)})"


def plain_arguments(c: Checking, node: n.Call | n.Emit | n.Send | n.Run, name: str, used_as: str) -> bool:
    """Whether no argument has a `where` or a window; reports it if one has."""
    for argument in node.arguments:
        if argument.where is not None or argument.window is not None:
            problem = "takes no `where` and no window"
            c.report(WrongArguments(span=argument.span, function=name, problem=problem, signature=used_as))
            return False
    return True


def _about_messages(c: Checking, node: n.Call, at: Context) -> Fact | None:
    """`fresh(x)`: x if it came in this message; `age(x)`: how old it is; `last(x)`: what it was last, stale or not;
    `prev(x)`: what it was before that."""
    used_as = f"{node.function}(field)"
    if not plain_arguments(c, node, node.function, used_as):
        return None
    if isinstance(at.scope, SourceScope):
        c.report(NotInSource(span=node.span, what=f"`{node.function}`"))
        return None
    if len(node.arguments) != 1 or node.arguments[0].name is not None:
        c.report(WrongArguments(span=node.span, function=node.function, problem="takes one field", signature=used_as))
        return None
    of = check_value(c, node.arguments[0].value, at, f"`{node.function}`")
    if of is None:
        return None
    if not isinstance(of.reference, FieldRef):
        c.report(NeedsField(span=node.arguments[0].value.span, what=f"`{node.function}`"))
        return None
    if node.function == "prev":
        return c.know(node, at, of.type, reference=PrevRef(of.reference.device, of.reference.field))
    return c.know(node, at, Type("float", SECOND) if node.function == "age" else of.type)


def _point(c: Checking, node: n.Call, at: Context) -> Fact | None:
    """`Point(59.95, 10.80)`: latitude and longitude in degrees."""
    used_as = "Point(latitude, longitude)"
    if not plain_arguments(c, node, "Point", used_as):
        return None
    if len(node.arguments) != 2 or any(argument.name is not None for argument in node.arguments):
        problem = "takes a latitude and a longitude"
        c.report(WrongArguments(span=node.span, function="Point", problem=problem, signature=used_as))
        return None
    facts = [check_typed(c, argument.value, at, FLOAT, "`Point`") for argument in node.arguments]
    first, second = facts
    if first is None or second is None:
        return None
    for argument, fact, name, degrees in zip(node.arguments, facts, ("latitude", "longitude"), (90, 180), strict=True):
        assert fact is not None
        check_within(c, argument.value, fact, name, FLOAT, Fraction(-degrees), Fraction(degrees))

    def fold() -> Constant:
        if first.constant is None or second.constant is None:
            return None
        return float(_number(first)), float(_number(second))

    return c.fold(node, at, POINT, (first, second), fold)


def _number(fact: Fact) -> float:
    value = in_unit(fact, unit_of(FLOAT))
    assert value is not None
    assert not isinstance(value, tuple)
    return float(value)


# --- The library -----------------------------------------------------------------------------------------------------


def _scalar(c: Checking, node: n.Call, at: Context, scalar: Scalar) -> Fact | None:
    kinds = signature(scalar)
    given = _by_place(c, node, scalar, kinds)
    if given is None:
        return None
    facts = [_argument(c, argument.value, at, kind, scalar) for argument, kind in given]
    numbers = [
        Operand(argument.value, fact)
        for (argument, kind), fact in zip(given, facts, strict=True)
        if kind == "number" and fact is not None
    ]
    if None in facts:
        return None
    if scalar.name == "mod" and not _is_divisor(c, given[1][0].value):
        return None
    if scalar.name == "matches" and not _is_expression(c, given[1][0].value, scalar):
        return None
    type_, unit = FLOAT, None
    if numbers:
        together = _together(c, numbers, scalar)
        if together is None:
            return None
        type_, unit = together
    if kinds.result != "number":
        type_ = KINDS.get(kinds.result) or (
            FLOAT if kinds.result == "float" else Type("float", unit_named(kinds.result))
        )
    return c.know(node, at, type_, operand_unit=unit)


def _is_divisor(c: Checking, node: n.Expr) -> bool:
    """Whether something can be divided by a number; reports it if that is always zero."""
    fact = c.facts[node]
    if fact.is_constant and fact.constant == 0:
        c.report(DivisionByZero(span=node.span))
        return False
    return True


def _is_expression(c: Checking, node: n.Expr, scalar: Scalar) -> bool:
    """Whether a text is a constant that can be read as a regular expression; reports it if not."""
    said = c.facts[node].constant
    if not isinstance(said, str):
        c.report(NotConstant(span=node.span, place=f"the expression of `{scalar.name}`"))
        return False
    wrong = flaw(said)
    if wrong is not None:
        problem = f"takes a regular expression, and this one {wrong}"
        c.report(WrongArguments(span=node.span, function=scalar.name, problem=problem, signature=usage(scalar)))
    return wrong is None


def _together(c: Checking, numbers: list[Operand], scalar: Scalar) -> tuple[Type, Unit | None] | None:
    """The type of what is one of several numbers, and the unit that all of them are brought into: that of a column."""
    leading = numbers[0]
    for other in numbers[1:]:
        sides = like(c, scalar.name, leading, other)
        if sides is None:
            return None
        leading = sides[1] if sides[0].constant and not sides[1].constant else sides[0]
    for operand in numbers:
        if c.facts[operand.node].type.affine != leading.point:
            in_role(c, Operand(operand.node, c.facts[operand.node]), point=leading.point)
    whole = all(operand.type.name == "int" for operand in numbers)
    units = [operand for operand in numbers if operand.type.unit is not None]
    unit = unit_of(leading.type) if units else None
    return Type("int" if whole else "float", unit, leading.point), unit if len(numbers) > 1 else None


def _by_place(c: Checking, node: n.Call, scalar: Scalar, kinds: Signature) -> list[tuple[n.Argument, str]] | None:
    """The arguments with their parameters' kinds; they may carry the parameters' names, in the parameters' order."""
    if not plain_arguments(c, node, scalar.name, usage(scalar)):
        return None
    count, least = len(node.arguments), len(kinds.parameters) + (kinds.more is not None)
    if count < least or (kinds.more is None and count > least):
        wanted = f"at least {least}" if kinds.more is not None else str(least)
        problem = f"takes {wanted} argument{'' if least == 1 else 's'}, not {count}"
        c.report(WrongArguments(span=node.span, function=scalar.name, problem=problem, signature=usage(scalar)))
        return None
    parameters = [*kinds.parameters, *[("", kinds.more or "")] * (count - len(kinds.parameters))]
    pairs = list(zip(node.arguments, parameters, strict=True))
    for argument, (name, _) in pairs:
        if argument.name is not None and argument.name != name:
            names = tuple(name for name, _ in kinds.parameters)
            if argument.name in names:
                problem = f"takes `{argument.name}` in another place"
                c.report(
                    WrongArguments(span=argument.span, function=scalar.name, problem=problem, signature=usage(scalar))
                )
            else:
                c.report(UnknownParameter(span=argument.span, name=argument.name, of=scalar.name, parameters=names))
            return None
    return [(argument, kind) for argument, (_, kind) in pairs]


def _argument(c: Checking, node: n.Expr, at: Context, kind: str, scalar: Scalar) -> Fact | None:
    """An argument of the kind that the signature asks for."""
    place = f"`{scalar.name}`"
    if kind in KINDS or kind == "float":
        fact = check_typed(c, node, at, KINDS.get(kind, FLOAT), place)
    elif kind in ("number", "any"):
        fact = check_value(c, node, at, place)
        if fact is not None and kind == "number" and not is_number(fact.type):
            c.report(WrongType(span=node.span, place=place, needed="a number", got=described(fact.type)))
            return None
    else:
        fact = check_typed(c, node, at, Type("float", unit_named(kind)), place)
    if fact is None:
        return None
    if scalar.folded and not fact.is_constant:
        c.report(NotConstant(span=node.span, place=place))
        return None
    if fact.type.affine and scalar.name in NOT_OF_POINTS:
        if not flexible(c, node, fact):
            c.report(ScaledPoint(span=node.span, operator=f"`{scalar.name}`", unit=unit_of(fact.type).text))
            return None
        return in_role(c, Operand(node, fact), point=False).fact
    return fact
