"""Expressions: every node gets a fact, or a problem is reported; constants are worked out on the way."""

from typing import assert_never

from ..dsl import nodes as n
from ..dsl.unit_problems import UnknownUnit
from ..grammar.units import parse_unit, unit_names
from ..stdlib.versions import version_parts
from . import constants
from .check_aggregates import check_aggregate, is_aggregate
from .check_arithmetic import check_arithmetic, check_negate
from .check_calls import check_call
from .check_context import Checking, Context
from .check_edges import check_edge, check_expires, check_sent, check_timed
from .check_logic import check_comparison, check_conditional, check_is, check_logic, check_not, check_otherwise
from .check_names import check_member, check_name, has_members
from .check_places import check_value
from .check_tables import check_lookup, check_no_column
from .check_types import BOOL, FLOAT, INT, TEXT, VERSION, described, quantity_type
from .problems_types import HugeNumber, WrongType
from .resolve import closest
from .typed import Fact, SourceScope


def check_expression(c: Checking, node: n.Expr, at: Context) -> Fact | None:
    """The fact of an expression, noted; None where it has none, which has been reported."""
    # What programs have most of comes first: the cases are tried in this order.
    match node:
        case n.Name():
            return check_name(c, node, at)
        case n.Quantity(parts=parts):
            return _quantity(c, node, parts, at)
        case n.Compare():
            return check_comparison(c, node, at)
        case n.Template():
            return check_template(c, node, at)
        case n.Holds() | n.Quiet():
            return check_timed(c, node, at)
        case n.Logic():
            return check_logic(c, node, at)
        case n.Call() if node.function in c.names.references:
            check_no_column(c, node)
            return None
        case n.Call():
            return check_aggregate(c, node, at) if is_aggregate(node, at) else check_call(c, node, at)
        case n.Number() | n.Version() | n.Text() | n.Bool() | n.Absent():
            return _literal(c, node, at)
        case n.Arithmetic():
            return check_arithmetic(c, node, at)
        case n.Member():
            if isinstance(node.of, n.Call) and node.of.function in c.names.references:
                return check_lookup(c, node, node.of, at)
            return check_member(c, node, at, None if _is_prefix(c, node.of, at) else c.check(node.of, at))
        case n.Not():
            return check_not(c, node, at)
        case n.Becomes() | n.Crosses():
            return check_edge(c, node, at)
        case n.Negate():
            return check_negate(c, node, at)
        case n.Is():
            return check_is(c, node, at)
        case n.Otherwise():
            return check_otherwise(c, node, at)
        case n.Conditional():
            return check_conditional(c, node, at)
        case n.Sent():
            return check_sent(c, node, at)
        case n.Expires():
            return check_expires(c, node, at)
        case _ as never:
            assert_never(never)


def check_template(c: Checking, node: n.Template, at: Context) -> Fact | None:
    """A message: texts, and values of any type that can be written as text."""
    well = True
    for part in node.parts:
        if not isinstance(part, str):
            fact = check_value(c, part, at, "a message")
            well = well and fact is not None
            if fact is not None and fact.type.name == "circle":
                c.report(WrongType(span=part.span, place="a message", needed="values", got=described(fact.type)))
                well = False
    return c.know(node, at, TEXT) if well else None


def _is_prefix(c: Checking, node: n.Expr, at: Context) -> bool:
    """Whether what stands before a dot is no value by itself: a device type, a step, a part of a payload's path."""
    if isinstance(at.scope, SourceScope):
        return True
    if not isinstance(node, n.Name):
        return False
    return node.name in at.steps or node.name in c.names.devices or has_members(c, node.name, at)


def _literal(c: Checking, node: n.Number | n.Version | n.Text | n.Bool | n.Absent, at: Context) -> Fact | None:
    match node:
        case n.Number(text=text):
            value = constants.number(text)
            if value is None:
                c.report(HugeNumber(span=node.span, why="tiny" if constants.is_tiny(text) else "large"))
                return None
            return c.fix(node, at, INT if constants.whole(text) else FLOAT, value)
        case n.Version(text=text):
            if version_parts(text) is None:
                c.report(HugeNumber(span=node.span, what="this version"))
                return None
            return c.fix(node, at, VERSION, text)
        case n.Text(value=words):
            return c.fix(node, at, TEXT, words)
        case n.Bool(value=truth):
            return c.fix(node, at, BOOL, truth)
        case n.Absent():
            return c.fix(node, at, BOOL, None)


def _quantity(c: Checking, node: n.Quantity, parts: tuple[tuple[str, str], ...], at: Context) -> Fact | None:
    worked_out = constants.literal(parts)
    if worked_out is not None:
        return c.fix(node, at, quantity_type(worked_out[1]), worked_out[0])
    unknown = next((name for _, name in parts if parse_unit(name) is None), None)
    if unknown is None:
        tiny = any(constants.is_tiny(text) for text, _ in parts)
        c.report(HugeNumber(span=node.span, why="tiny" if tiny else "large"))
    else:
        known = closest(unknown, unit_names())
        c.report(UnknownUnit(span=node.span, unit=unknown, similar=() if known is None else (known,)))
    return None
