"""What a function of the standard library is: one place for its signature, its meaning, its columns and its words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from .column import Column, Values

Value = bool | float | int | str | tuple[float, float] | None
"""A value of the reference interpreter; None is absent, times are ints, points are (latitude, longitude)."""


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
    `texts`, the text of each code. `reference` gets plain values, None for absent; it is not called with an absent
    argument if `strict`: the result is absent.
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
    """The parts of many combined windows (one row each); a part that was not kept is missing from `parts`.

    keys of `parts`: count, true, sum, squares, min, max, first, last, first_time, last_time; all (n,) float64 but the
    times (int64 ns). `shift` (n,) is what `sum` and `squares` were taken from (the key's first sample): sum is of (x
    − shift).
    """

    parts: dict[str, Values]
    shift: Values


@dataclass(frozen=True, slots=True)
class AggregateFunction:
    """An aggregate of samples. `parts` are what a slice must keep for it (`compiler.plan.SlicePart`).

    `mergeable` ones are split into an edge partial and a cloud total. `lower` makes values of combined windows; it is
    also what `Members` uses over the members of a group (without first and last). `reference` gets the samples in
    order, as (time ns, value), and is the definition. `argument`: what it takes (`bool`, `number`, `any`; `value`: a
    number, a text or a bool). `empty` is
    its value where there is no sample. An `internal` one has no name in programs: `count` of a bool is `count_true`
    in a plan. `result`: the type and unit rule: `number` has the argument's unit (as a point if that is one),
    `difference` is a vector of that unit, `square`, `count` is an int, `ratio` a fraction, `rate` per second.
    """

    name: str
    argument: Literal["bool", "number", "any", "value"]
    result: Literal["number", "difference", "square", "count", "ratio", "rate"]
    parts: tuple[str, ...]
    lower: Callable[[Combined], Column]
    reference: Callable[[Sequence[tuple[int, Any]]], Value]
    doc: str
    points_allowed: bool = True
    over_members: bool = True
    mergeable: bool = True
    internal: bool = False
    empty: float | None = None
    examples: tuple[str, ...] = field(default=())
    runs: ClassVar[bool] = True
    second: ClassVar[None] = None
    options: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """An aggregate as the checker knows it, which the runtime does not have yet; what has no word here is as above.

    `second`: what its second argument is, if it takes two, sampled together (`corr(x, y over 1 h every 1 min)`).
    `options` are named constants, written as the parameters of a `Stateful`. `state` says what it keeps, in words, for
    each key and slice. Further results: `argument` is a value as the argument is, `condition` a bool, `product` in the
    unit of both arguments multiplied, `integral` in that of the argument times a time, `duration` in seconds, `slope`
    in that of the argument for each second, `texts` a text.
    """

    name: str
    argument: Literal["bool", "number", "any"]
    result: Literal[
        "number",
        "difference",
        "count",
        "ratio",
        "argument",
        "condition",
        "product",
        "integral",
        "duration",
        "slope",
        "texts",
    ]
    state: str
    doc: str
    second: Literal["number"] | None = None
    options: str = ""
    points_allowed: bool = True
    over_members: bool = True
    mergeable: bool = True
    examples: tuple[str, ...] = field(default=())
    runs: ClassVar[bool] = False
    internal: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Stateful:
    """A function whose value depends on what came before: detectors, filters, what a twin's model foresees.

    `signature` is written as that of a `Scalar`: `x: number, sigma: float = 4 -> bool`. The first parameter holds and
    is followed over time; all others are constants, and one with a default may be left out. Further kinds: `like x`, a
    value as x is; `step x`, a difference of two such values. Parameters behind `*` have names only: they are written
    `target: 5 degC`. `window` says whether its first argument has one. `state`: what it keeps for each key, in words.
    """

    name: str
    signature: str
    state: str
    doc: str
    window: Literal["none", "optional", "needed"] = "none"
    module: str | None = None
    of: Literal["value", "prediction"] = "value"
    examples: tuple[str, ...] = field(default=())
    runs: ClassVar[bool] = False
