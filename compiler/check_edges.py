"""What happens or lasts: `becomes`, `rises above`, `falls below`, `C for D`, `no x for D`."""

from ..dsl import nodes as n
from .check_context import Checking, Context
from .check_logic import alike, ordered
from .check_places import check_condition, check_duration
from .check_types import BOOL
from .problems_domains import QuietCondition
from .problems_rules import NotInSource
from .problems_types import ComparedWithAbsent
from .typed import Fact, FieldRef, SignalRef, SourceScope


def check_edge(c: Checking, node: n.Becomes | n.Crosses, at: Context) -> Fact | None:
    """An event: at the moment at which the comparison becomes true after it was false."""
    sign, other = ("becomes", node.value) if isinstance(node, n.Becomes) else (node.direction, node.level)
    if isinstance(at.scope, SourceScope):
        c.report(NotInSource(span=node.span, what=f"`{sign}`"))
        return None
    if isinstance(other, n.Absent):
        c.report(ComparedWithAbsent(span=node.span))
        return None
    sides = alike(c, node.of, other, at, sign)
    if sides is None or not ordered(c, sign, sides[0], sides[1]):
        return None
    return c.know(node, at, BOOL, event=True, operand_unit=sides[2])


def check_timed(c: Checking, node: n.Holds | n.Quiet, at: Context) -> Fact | None:
    """A condition for a duration, or nothing new for a duration: both are conditions themselves."""
    if isinstance(at.scope, SourceScope):
        c.report(NotInSource(span=node.span, what="`for` and a duration"))
        return None
    if isinstance(node, n.Holds):
        of = check_condition(c, node.condition, at, "`for`", "say for how long a condition holds: `door for 5 min`")
    else:
        of = c.check(node.of, at)
        if of is not None and not of.event and not _is_updated(node.of, of):
            c.report(QuietCondition(span=node.of.span))
            of = None
    length = check_duration(c, node.duration, at, "`for`")
    return None if of is None or length is None else c.know(node, at, BOOL)


def _is_updated(node: n.Expr, fact: Fact) -> bool:
    """Whether it is something of which messages bring news: a field, `fresh` of one, a signal."""
    if isinstance(node, n.Call):
        return node.function == "fresh"
    return isinstance(fact.reference, FieldRef | SignalRef)
