"""Rules, what they do, and what is reported."""

from dataclasses import dataclass
from typing import Literal

from .patterns import Term
from .values import TypeName


@dataclass(frozen=True, slots=True)
class Schedule:
    """True in the spans [start, end) of local time on the given days (0 Monday … 6); a span past midnight belongs to
    the day it starts on. Changes at timer instants; an event at the very time of a change already sees it."""

    days: tuple[int, ...]
    start_minute: int
    end_minute: int
    zone: str


@dataclass(frozen=True, slots=True)
class UntilTest:
    """An `until` that speaks of the match that raised the rule: postfix terms, of inputs of the rule as they are
    (`PushInput`) and of those as they were when it was raised (`PushBound`: a place among these, which are the `kept`
    inputs behind `when`). With `lasting_ns` it is true at the timer instant at which they have been true for so long
    without a break, since the rule was raised at the earliest."""

    terms: tuple[Term, ...]
    kept: int
    lasting_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's life; `docs/meaning.md` has its table. Inputs: `when` (an event if `momentary_when`), then `until` if it
    has one, or what its `until_test` speaks of. `priority`: its place in the program's order of priorities, 0 for the
    highest; null: below all.

    Happens at: raised, repeated, cleared, uncertain, certain.
    """

    name: str
    momentary_when: bool
    has_until: bool
    cooldown_ns: int | None = None
    repeat_ns: int | None = None
    hold_ns: int | None = None
    latched: bool = False
    severity: str | None = None
    priority: int | None = None
    until_test: UntilTest | None = None

    @property
    def lasts(self) -> bool:
        """Whether it stays raised; else it is idle again in the same instant, and never cleared."""
        return not self.momentary_when or self.has_until or self.latched or self.hold_ns is not None


@dataclass(frozen=True, slots=True)
class Flaps:
    """What of a rule's life its actions hear of, where it is limited how often it may be raised. Input: a `Rule`.

    Raised more than `above` times within `within_ns`, it flaps: its actions hear of nothing until it was not raised for
    as long as that. Then it is calm; if it is raised, its actions hear so. Happens at: flapping, calm.
    """

    rule: str
    above: int
    within_ns: int


@dataclass(frozen=True, slots=True)
class Raised:
    """Whether a rule is raised, which one that does not last never is; absent before it first is. Input: a `Rule`.
    Updated when it changes."""


@dataclass(frozen=True, slots=True)
class AtRaising:
    """What a value was when a rule was raised last; a signal that holds, absent before. Inputs: the value, and a
    momentary `Rule` that lasts. `earlier`: at an instant before the one at hand; asked for where it is cleared."""

    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a template shows the value of one of the node's inputs; `unit` and `type` say how to write it."""

    value: int
    type: TypeName
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ActionArgument:
    """A named value of an event or command: an input's value, or a text made from a template."""

    name: str
    parts: tuple["str | Hole", ...]
    text: bool


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule does. `inputs[0]` is the rule; with `guarded`, `inputs[1]` must be true; the rest are values to show.

    `on` is `do` (when raised and at each repetition) or `clear`; `cleared` says of which clearings it is then: of what
    was raised at an `earlier` instant, at the `same` one, or `any`. `order` is its place in the rule's block. A text
    parameter is a template; another argument has one part, a hole. A property that is set is the name, and the only
    argument. With `device`, a command is sent to each member of
    that type that the last input, a `Chosen`, names.
    """

    kind: Literal["alert", "emit", "send", "run", "set"]
    rule: str
    on: Literal["do", "clear"]
    order: int
    name: str | None = None
    guarded: bool = False
    severity: str | None = None
    message: tuple["str | Hole", ...] = ()
    arguments: tuple[ActionArgument, ...] = ()
    device: str | None = None
    cleared: Literal["any", "earlier", "same"] = "any"


@dataclass(frozen=True, slots=True)
class Output:
    """A named signal or pattern, reported: each update of one that is paced, each change of one that is not, each
    match.

    `window_ns` is the width of the window it directly shows, so that results can say their start; null if there is
    none.
    """

    name: str
    paced: bool
    window_ns: int | None = None
