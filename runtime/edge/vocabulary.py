"""What both ends of a link know beforehand, for they have the same plan: how what is said over it is going to read.

A compressor that is given this begins every frame as if it had seen frames before.
"""

from collections.abc import Iterator
from typing import assert_never

from ...compiler import plan as p
from ..output import Alerted, Emitted, Life, Matched, Output, Sent, Set, Started
from ..results import to_line
from .cutting import Parts


def vocabulary(parts: Parts) -> bytes:
    """The names of what crosses, and a line for each decision that the part below can come to. The frequent stands
    last: what is near is cheaper to refer to."""
    lines = sorted({to_line(said) for node in parts.below.nodes for said in _sayings(node)})
    names = [*parts.timelines, *(one.node for one in parts.crossing)]
    return b"".join(lines) + " ".join(names).encode()


def _sayings(node: p.PlanNode) -> Iterator[Output]:
    """A node's decisions, of nobody at no time, with what is fixed of their words."""
    match node.operator:
        case p.Rule(name):
            yield from (Life(0, node.timeline, (), 0, name, what) for what in ("raised", "cleared", "repeated"))
        case p.Flaps(name):
            yield from (Life(0, node.timeline, (), 0, name, what) for what in ("flapping", "calm"))
        case p.Action() as action:
            arguments = {one.name: _fixed(one.parts) if one.text else True for one in action.arguments}
            of = (0, node.timeline, (), 0, action.rule)
            match action.kind:
                case "alert":
                    yield Alerted(*of, _fixed(action.message), action.severity)
                case "emit":
                    yield Emitted(*of, action.name or "", arguments)
                case "send":
                    yield Sent(*of, action.name or "", arguments)
                case "set":
                    yield Set(*of, action.name or "", True)
                case "run":
                    yield Started(*of, action.name or "", arguments)
                case unknown:
                    assert_never(unknown)
        case p.Output(name) if node.event:
            yield Matched(0, node.timeline, (), 0, name)
        case _:
            pass


def _fixed(template: tuple[str | p.Hole, ...]) -> str:
    return "".join(part for part in template if isinstance(part, str))
