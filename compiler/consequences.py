"""What the checker finds only because something could not be read, which has been told: nobody wants to read it.

A fault in one item leaves the others, and often most of that item too. What is wrong in the rest of a faulty item may
be no fault at all; names that a lost item declared seem unknown; and a warning that nothing uses something says little
where a use may be lost.
"""

from collections.abc import Iterable, Iterator

from ..dsl import nodes as n
from ..dsl.diagnostic import Diagnostic
from ..dsl.source import Span
from .modules import Linked
from .problems_names import Misnamed, UnknownImport, UnknownModule


def worth_telling(linked: Linked, problems: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The problems that are there whatever could not be read."""
    if not linked.faults and not linked.incomplete:
        yield from problems
        return
    faulty = [item for item in linked.program.items if any(_holds(item.span, fault) for fault in linked.faults)]
    lost = linked.incomplete or any(isinstance(item, n.Device) for item in faulty)
    lost = lost or not all(any(_holds(item.span, fault) for item in faulty) for fault in linked.faults)
    for problem in problems:
        follows = isinstance(problem, Misnamed) and not isinstance(problem, UnknownImport | UnknownModule)
        in_faulty = any(_holds(item.span, problem.span) for item in faulty)
        if problem.severity == "error" and not in_faulty and not (lost and follows):
            yield problem


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
