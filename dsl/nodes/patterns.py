"""Patterns: what happens in which order.

A pattern is a part with ends (`unless`, `within` …). Parts are steps, sequences of parts, alternatives, repetitions,
and whole patterns in parentheses. Where one thing can be written as a simpler part, it is that part: no `Sequence`,
`AllOf` or `AnyOf` of one, no `Group` around what needs none.
"""

from dataclasses import dataclass
from typing import Literal

from .base import Node
from .expressions import Expr

__all__ = [
    "AllOf",
    "AnyOf",
    "Group",
    "Link",
    "Part",
    "Pattern",
    "Repeat",
    "Sequence",
    "Skip",
    "Step",
    "plain_steps",
]


@dataclass(frozen=True, slots=True)
class Step(Node):
    """One step of a pattern: an event, perhaps named for what follows (`door becomes true as opened`).

    A `Quiet` as event (`then no B for D`) is absence for a time; `absent` (`then no B then C`) absence until the next
    step: the event must not come before that.
    """

    event: Expr
    name: str | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Group(Node):
    """A pattern in parentheses within another: `(A then next B within 5 s) as hit`."""

    pattern: "Pattern"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class AllOf(Node):
    """`all of (A, B)`: each of them, in any order."""

    parts: "tuple[Part, ...]"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    """`any of (A, B)`: one of them."""

    parts: "tuple[Part, ...]"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Repeat(Node):
    """`A 3 times`, `A 2..4 times greedy`, `A at least 2 times until B`, `A optional` (none or once).

    `at_most` None: without a limit. `A 3 times` has 3 for both. `until`: no further A is taken once this happens.
    """

    of: "Part"
    at_least: Expr
    at_most: Expr | None
    mode: Literal["greedy", "lazy"] | None = None
    until: Expr | None = None


Link = Literal["then", "then next", "then each"]


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """`A then B then next C`: two or more parts in order; `links[i]` stands between `parts[i]` and `parts[i + 1]`."""

    parts: "tuple[Part, ...]"
    links: tuple[Link, ...]


Part = Step | Group | AllOf | AnyOf | Repeat | Sequence


@dataclass(frozen=True, slots=True)
class Skip(Node):
    """`skip past last`, `skip to first opened`: where the search goes on after a match."""

    kind: Literal["none", "next", "past last", "to first", "to last"]
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Pattern(Node):
    """`A as a then B then C unless X within 5 min skip past last`."""

    body: Part
    unless: Expr | None = None
    within: Expr | None = None
    skip: Skip | None = None


def plain_steps(pattern: Pattern) -> tuple[Step, ...] | None:
    """The steps of a pattern that is steps joined by plain `then`, or one step; None of any other."""
    match pattern.body:
        case Step() as step:
            return (step,)
        case Sequence(parts=parts, links=links) if set(links) == {"then"}:
            steps = tuple(part for part in parts if isinstance(part, Step))
            return steps if len(steps) == len(parts) else None
        case _:
            return None
