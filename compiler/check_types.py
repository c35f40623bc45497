"""Types as the checker handles them: what is declared, how they are called in messages, and which role a quantity has.

A quantity in `degC`, `degF` or `dBm` is a *point* on a scale whose zero is not nothing; one in any other unit is a
*vector*. What was measured in `K` is the same number as both, so it takes the role that its place needs.
"""

from dataclasses import replace

from ..dsl import nodes as n
from ..grammar.units import Unit, coherent, parse_unit, unit_names
from .problems_names import UnknownType
from .resolve import closest
from .typed import Type

BOOL = Type("bool")
INT = Type("int")
FLOAT = Type("float")
TEXT = Type("text")
TIME = Type("time")
VERSION = Type("version")
POINT = Type("point")
CIRCLE = Type("circle")

_PLAIN = {"bool": BOOL, "int": INT, "float": FLOAT, "text": TEXT, "time": TIME, "version": VERSION, "Point": POINT}


def unit_named(name: str) -> Unit:
    """A unit that the language surely knows."""
    unit = parse_unit(name)
    assert unit is not None, name
    return unit


SECOND = unit_named("s")
RATIO = unit_named("ratio")


def declared(type_: n.TypeName) -> Type | UnknownType:
    """The type that a declaration names: `float`, `enum { … }`, a unit."""
    if type_.choices:
        return Type("text", choices=type_.choices)
    if type_.name in _PLAIN:
        return _PLAIN[type_.name]
    if type_.name == "duration":
        return Type("float", SECOND)
    unit = parse_unit(type_.name)
    if unit is None:
        known = closest(type_.name, (*_PLAIN, *unit_names()))
        return UnknownType(span=type_.span, name=type_.name, closest=known)
    return quantity_type(unit)


def quantity_type(unit: Unit) -> Type:
    """A quantity in this unit, in its natural role: a point in `degC`, a vector in `K` and everywhere else."""
    return Type("float", unit, affine=unit.affine and unit.text != "K")


def difference(type_: Type) -> Type:
    """The type of the difference of two such values: `K` for `degC`, the same unit for a vector."""
    unit = type_.unit
    if unit is not None and unit.affine:
        base = coherent(unit.dimension)
        unit = base if base.scale == unit.scale else unit
    return replace(type_, unit=unit, affine=False)


def is_number(type_: Type) -> bool:
    return type_.name in ("int", "float")


def is_duration(type_: Type) -> bool:
    return is_number(type_) and type_.unit is not None and type_.unit.dimension == SECOND.dimension


def is_ratio(unit: Unit | None) -> bool:
    """Whether it is without dimension: a plain number, `ratio`, `percent`."""
    return unit is None or unit.dimension == RATIO.dimension


def unit_of(type_: Type) -> Unit:
    """The unit of a number; a plain one counts as a `ratio`."""
    return type_.unit or RATIO


def described(type_: Type) -> str:
    """A type in a few words, with its article."""
    match type_.name:
        case "bool":
            return "a condition"
        case "text":
            return "one of a few choices" if type_.choices else "a text"
        case "time":
            return "a time"
        case "version":
            return "a version"
        case "point":
            return "a position"
        case "circle":
            return "an area"
        case "int" | "float":
            if type_.unit is None:
                return "a whole number" if type_.name == "int" else "a number"
            if is_duration(type_):
                return "a duration"
            what = "a difference" if type_.unit.affine and not type_.affine else "a quantity"
            return f"{what} in `{type_.unit.text}`"
