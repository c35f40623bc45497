"""Patterns: steps, what a thread binds, the parts of the algebra. `docs/meaning.md` has the small steps."""

from dataclasses import dataclass
from typing import Literal

from .values import TypeName


@dataclass(frozen=True, slots=True)
class PushInput:
    """The value of one of the pattern's inputs at this instant."""

    input: int


@dataclass(frozen=True, slots=True)
class PushBound:
    """What a thread has bound: a place among the pattern's `bounds`."""

    bound: int


@dataclass(frozen=True, slots=True)
class PushConstant:
    """A constant; null is `absent`."""

    value: bool | float | str | tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of the standard library (`stdlib.catalogue.SCALARS`) of the topmost values of the stack, the last
    argument on top; its result takes their place. `type` is the result's."""

    function: str
    arguments: int
    type: TypeName


Term = PushInput | PushBound | PushConstant | Apply
"""One piece of a test in postfix form; evaluated on a stack that is empty before and holds the answer after."""


@dataclass(frozen=True, slots=True)
class PatternStep:
    """When an instant *meets* a step: it updates one of the inputs `updates`, the input `condition` (if given) is true,
    and so is `test` (if not empty), which speaks of what the thread has bound before this instant. `name` is what an
    output calls its events. With `lasting_ns` (and without `condition`) it is met at the timer instant at which `test`
    has been true for the thread without a break for so long."""

    updates: tuple[int, ...]
    condition: int | None = None
    test: tuple[Term, ...] = ()
    name: str = ""
    lasting_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """What a thread keeps of the events that it took at any of `steps`, of each the value of the input `value` then.

    `count`: how many of these values are known (without `value`: how many events); `true`: how many are true; `first`
    and `last` are of all events (of the one that is `nth` after the first, or before the last), the others of the known
    values (`sum` in the order of the events; `nth`: one of them, `when`: the time of its event; counted from 1). With
    an `nth` (of `last`, `nth`, `when`) those with a lower one are kept as well, each behind the next. Where there is no
    such event: 0 for `count` and `true`, else absent.
    """

    steps: tuple[int, ...]
    how: Literal["count", "true", "first", "last", "min", "max", "sum", "nth", "when"]
    value: int | None = None
    nth: int = 0


Link = Literal["then", "next", "each"]
"""How an event is waited for. `then`: what does not meet the step is skipped. `next`: the first instant that updates
what the step speaks of must meet it. `each`: as `then`, and who takes an event also goes on waiting for another."""


@dataclass(frozen=True, slots=True)
class Take:
    """An event that meets a step."""

    step: int
    link: Link = "then"


@dataclass(frozen=True, slots=True)
class Silence:
    """The step is not met for `duration_ns` after the event before (or after the end of the silence before)."""

    step: int
    duration_ns: int


@dataclass(frozen=True, slots=True)
class Rest:
    """The step is not met until the time of the nearest `Ends` with `within_ns` around is over, whose last part this
    is."""

    step: int


@dataclass(frozen=True, slots=True)
class Without:
    """The step is not met before the next event is taken (or, before a `Silence` or `Rest`, before that is over)."""

    step: int


@dataclass(frozen=True, slots=True)
class Row:
    """Parts one after another."""

    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All parts one after another, in any order."""

    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the parts."""

    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Turns:
    """A part again and again: at least, and at most, so many times. `at_most` null: no limit.

    `until`: an instant that meets this step ends all threads that wait for the first event of a turn. `mode`: see
    `docs/meaning.md`.
    """

    of: "Part"
    at_least: int
    at_most: int | None
    mode: Literal["greedy", "lazy"] | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Ends:
    """A part with ends of its own, from its first event on: `unless` is a step that must not be met while it is under
    way; from its first event to its last at most `within_ns`."""

    of: "Part"
    unless: int | None = None
    within_ns: int | None = None


Part = Take | Silence | Rest | Without | Row | AllOf | AnyOf | Turns | Ends


@dataclass(frozen=True, slots=True)
class Pattern:
    """An event: the body was completed by what happened in order. On a settled timeline; `docs/meaning.md` has the
    small steps.

    `skip`, and for `to first` and `to last` the steps it speaks of: where the search goes on after a match. `longest`:
    a completed match is held back while a thread that stands before it lives. `listed`: an output lists matches, each
    with its events. At most `threads_max` threads for a key, each with at most `events_max` events. `newest_only`: of
    the threads that wait for one step only the newest is kept (where matches are the same without the others).
    On a group's timeline inputs may be of its members' settled timelines (this is a crossing).
    """

    steps: tuple[PatternStep, ...]
    body: Part
    bounds: tuple[Bound, ...] = ()
    skip: Literal["none", "next", "past last", "to first", "to last"] = "past last"
    skip_to: tuple[int, ...] = ()
    longest: bool = False
    listed: bool = False
    newest_only: bool = False
    threads_max: int = 16
    events_max: int = 16


@dataclass(frozen=True, slots=True)
class Expired:
    """An event: what had begun of a pattern ran out of time without a match; a timer instant. Input: a `Pattern`."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What the newest match had bound; a signal that holds. Input: a `Pattern`, or an `Expired` (what the newest one
    that ran out of time had bound)."""

    bound: int
