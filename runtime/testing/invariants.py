"""What must never be, or always be: every test holds the program to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...dsl import nodes as n
from ..output import Life, Output
from .scenario import EPOCH


@dataclass(frozen=True, slots=True)
class Violation:
    """A `never` that was true, or an `always` that was not, for the first time for a key (ns from the beginning)."""

    invariant: n.Invariant
    key: tuple[str, ...]
    time: int


def name_of(invariant: n.Invariant) -> str:
    """The name under which its violations are reported, as a rule's life is: `never "…"`."""
    return f'{invariant.kind} "{invariant.title}"'


def violations(invariants: Sequence[n.Invariant], outputs: Sequence[Output], end: int) -> list[Violation]:
    """The first violation of each invariant for each key until `end`, in order of time."""
    by_name = {name_of(invariant): invariant for invariant in invariants}
    found: dict[tuple[str, tuple[str, ...]], Violation] = {}
    for output in sorted(outputs, key=lambda output: output.time):
        if isinstance(output, Life) and output.rule in by_name and output.what == "raised":
            time = output.time - EPOCH
            if time <= end:
                violation = Violation(by_name[output.rule], output.key, time)
                found.setdefault((output.rule, output.key), violation)
    return list(found.values())
