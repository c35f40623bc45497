"""What happens or lasts: `becomes`, `rises above`, `falls below`, `sent C`, `P expires`, `C for D`, `no x for D`."""

from ..dsl import nodes as n
from ..dsl.unparse_expressions import expression
from .check_context import Checking, Context, domain_of, scope_of
from .check_logic import alike, ordered
from .check_places import check_condition, check_duration
from .check_types import BOOL
from .problems_domains import OtherDomain, QuietCondition
from .problems_names import UnknownCommand
from .problems_patterns import NotAPattern, SentInGroup
from .problems_rules import NotInSource
from .problems_types import ComparedWithAbsent
from .resolve import closest, ending
from .typed import ExpiresRef, Fact, FieldRef, SentRef, SignalRef, SourceScope


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


def check_sent(c: Checking, node: n.Sent, at: Context) -> Fact | None:
    """`sent run`: an event, at the moment at which the command is sent to the device at hand."""
    if isinstance(at.scope, SourceScope):
        c.report(NotInSource(span=node.span, what="`sent`"))
        return None
    if at.device is None:
        device = next((d.name for d in c.names.devices.values() if node.command in commands_of(d)), None)
        c.report(SentInGroup(span=node.span, command=node.command, device=device, domain=domain_of(at.scope)))
        return None
    device_ = c.names.devices.get(at.device)
    if device_ is None:
        return None
    commands = commands_of(device_)
    if node.command not in commands:
        span = ending(node.span, node.command)
        known = closest(node.command, commands)
        c.report(UnknownCommand(span=span, name=node.command, device=at.device, closest=known))
        return None
    return c.know(node, at, BOOL, event=True, reference=SentRef(at.device, node.command))


def commands_of(device: n.Device) -> tuple[str, ...]:
    """The names of a device type's commands."""
    return tuple(member.name for member in device.members if isinstance(member, n.Command))


def check_expires(c: Checking, node: n.Expires, at: Context) -> Fact | None:
    """`left_open expires`: an event, when a partial match of the pattern ran out of time."""
    if isinstance(at.scope, SourceScope):
        c.report(NotInSource(span=node.span, what="`expires`"))
        return None
    item = c.names.values.get(node.pattern)
    if not isinstance(item, n.PatternItem):
        patterns = [name for name, item in c.names.values.items() if isinstance(item, n.PatternItem)]
        what = {n.Signal: "a signal", n.Let: "a constant"}.get(type(item))
        known = closest(node.pattern, patterns)
        c.report(NotAPattern(span=node.span, name=node.pattern, what=what, closest=known))
        return None
    c.used.add(node.pattern)
    theirs = scope_of(item.domain)
    if theirs != at.scope:
        declared = item.span if item.domain is None else item.domain.span
        names = domain_of(theirs), domain_of(at.scope)
        c.report(OtherDomain(span=node.span, name=item.name, theirs=names[0], ours=names[1], declared=declared))
        return None
    return c.know(node, at, BOOL, event=True, reference=ExpiresRef(node.pattern))


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
            condition, duration = expression(node.of), expression(node.duration)
            c.report(QuietCondition(span=node.of.span, condition=condition, duration=duration))
            of = None
    length = check_duration(c, node.duration, at, "`for`")
    return None if of is None or length is None else c.know(node, at, BOOL)


def _is_updated(node: n.Expr, fact: Fact) -> bool:
    """Whether it is something of which messages bring news: a field, `fresh` of one, a signal."""
    if isinstance(node, n.Call):
        return node.function == "fresh"
    return isinstance(fact.reference, FieldRef | SignalRef)
