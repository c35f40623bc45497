"""What a function of the standard library is: one place for its signature, its meaning, its columns and its words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

from .column import Column, Values
from .parts import Part
from .tables import Tables

Value = bool | float | int | str | tuple[float, float] | None
"""A value of the reference interpreter; None is absent, times are ints, points are (latitude, longitude)."""


class Interned(Protocol):
    """Texts and their codes."""

    @property
    def texts(self) -> Sequence[str]:
        """The texts, by code."""
        ...

    def code(self, text: str) -> int:
        """The code of a text, a new one if it was not seen before."""
        ...


@dataclass(frozen=True, slots=True)
class Scalar:
    """A function of values at one instant, without state.

    `signature` is what the checker, hover and manual read: `name: kind, …, *more: kind -> kind`. Kinds: bool, number
    (any quantity), float (a number without a unit), text, time, point, circle, any, or a unit (`m`: a quantity of
    that dimension, brought into it); a result `number` has the unit of the first number parameter. `internal`
    functions are made by the compiler only (`add`, `less`) and have no name in programs; a `folded` one takes
    constants only and is gone from the plan. What stands in a plan is what `columns` and `reference` take (`inside`
    gets a circle as its centre and its radius in metres).

    `columns` gets the inputs' columns: all of one length, save that a constant may be a column of length 1 (NumPy
    broadcasts it). It gives the whole answer, masks combined; values where not known are garbage, so it is called
    under `np.errstate(all="ignore")`, which is the caller's to set once for a batch. With `needs_texts` it also gets
    `texts`, the texts that codes stand for. `reference` gets plain values, None for absent; it is not called with an
    absent argument if `strict`: the result is absent.
    """

    name: str
    signature: str
    columns: Callable[..., Column]
    reference: Callable[..., Value]
    doc: str
    strict: bool = True
    internal: bool = False
    module: str | None = None
    folded: bool = False
    needs_texts: bool = False
    runs: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Combined:
    """What is left of the samples of many windows: `parts` are arrays (n,), one for each of `stdlib.parts.COLUMNS` that
    was kept, by its name; float64, but the times (int64 ns). `tables`: what was kept besides of the values themselves,
    for functions that need them; `texts` are the texts whose codes values may be."""

    parts: Mapping[str, Values]
    tables: Tables | None = None
    texts: Sequence[str] = ()

    @property
    def known_tables(self) -> Tables:
        """The tables of a function that keeps one."""
        assert self.tables is not None
        return self.tables


@dataclass(frozen=True, slots=True)
class AggregateFunction:
    """An aggregate of samples. `parts` are what a slice must keep for it (`stdlib.parts.Part`).

    `mergeable` ones are split into an edge partial and a cloud total. `lower` makes values of combined windows; it is
    also what `Members` uses over the members of a group. `reference` gets the samples in order, as (time ns, value),
    and is the definition; of a function of what is `held` the spans (begin ns, end ns, value) in which a value was
    held; of one of the `lines` between samples their times count from the window's middle. Both get the option, if the
    function has one: `options` are named constants, written as the parameters of a `Stateful`, one at most; `of_events`
    are those that it has over the events of a pattern's step. `argument`: what it takes (`bool`, `number`, `any`;
    `value`: a number, a text or a bool). `second`: what its second argument is, if it takes two, sampled together
    (`corr(x, y over 1 h every 1 min)`): a sample's value is then a pair. `empty` is its value where there is no sample,
    `single` says in words what it is of one, and `error` how far it may be off; exact if empty. An `internal` one has
    no name in programs: `count` of a bool is `count_true` in a plan. `whole` is the definition where all values are at
    hand, over the members of a group, if that is another one: no error then. `quantile`: which part of the values it is
    about, if that is what it is.

    `result`: the type and unit rule: `number` has the argument's unit (as a point if that is one), `difference` is a
    vector of that unit, `square`, `count` is an int, `ratio` a fraction, `rate` and `slope` per second, `argument` a
    value as the argument is, `condition` a bool, `product` in the unit of both arguments multiplied, `integral` in that
    of the argument times a time, `duration` in seconds, `texts` a text.
    """

    name: str
    argument: Literal["bool", "number", "any", "value"]
    result: Literal[
        "number",
        "difference",
        "square",
        "count",
        "ratio",
        "rate",
        "slope",
        "argument",
        "condition",
        "product",
        "integral",
        "duration",
        "texts",
    ]
    parts: tuple[Part, ...]
    lower: Callable[..., Column]
    reference: Callable[..., Value]
    doc: str
    second: Literal["number"] | None = None
    options: str = ""
    of_events: str = ""
    points_allowed: bool = True
    over_members: bool = True
    mergeable: bool = True
    internal: bool = False
    empty: float | None = None
    single: str = "the value"
    error: str = ""
    examples: tuple[str, ...] = field(default=())
    whole: Callable[..., Value] | None = None
    quantile: float | None = None
    runs: ClassVar[bool] = True

    @property
    def held(self) -> bool:
        """Whether it is about what was held, not about samples."""
        return "held" in self.parts

    @property
    def lines(self) -> bool:
        """Whether it is about what lies between samples."""
        return "lines" in self.parts


class Follower(Protocol):
    """What a function keeps of the samples it has seen: a fresh one for each key."""

    def see(self, time: int, value: float) -> Value:
        """The function's value after a further sample (ns since the epoch); samples come in order of time."""


@dataclass(frozen=True, slots=True)
class Stateful:
    """A function whose value depends on what came before: detectors, filters, what a twin's model foresees.

    `signature` is written as that of a `Scalar`: `x: number, sigma: float = 4 -> bool`. The first parameter holds and
    is followed over time; all others are constants, and one with a default may be left out. Further kinds: `like x`, a
    value as x is; `step x`, a difference of two such values. Parameters behind `*` have names only: they are written
    `target: 5 degC`. `window` says whether its first argument has one. `state`: what it keeps for each key, in words.

    The definition is `follower`, or, over a window, `judged`, which gets the values of its samples, the newest last.
    Both get the further parameters in their order: in the unit of x where they are values or steps of it, times in
    ns. Neither is there for what is asked of a twin's model (`of`). `numbers`: how many the engine keeps for each key.
    """

    name: str
    signature: str
    state: str
    doc: str
    window: Literal["none", "optional", "needed"] = "none"
    module: str | None = None
    of: Literal["value", "prediction"] = "value"
    examples: tuple[str, ...] = field(default=())
    follower: Callable[..., Follower] | None = None
    judged: Callable[..., Value] | None = None
    numbers: int = 0

    @property
    def runs(self) -> bool:
        return self.follower is not None or self.judged is not None or self.of == "prediction"
