"""What-ifs: a stretch of the past again, with something changed, and what is reported of it.

They are no part of a plan: nothing of them ever runs beside a program. Expressions are terms in postfix form over the
variables of a device type's model, or of reports over their aggregates.
"""

from dataclasses import dataclass

from .patterns import Term
from .twins import TwinModel
from .values import ValueType


@dataclass(frozen=True, slots=True)
class WhatIfModel:
    """A device type that a what-if speaks of; without dynamics if it has no twin. `process`: of each state the variance
    that it gains in a second; `estimated`, `calibrated`: which states and parameters are found out, with a doubt."""

    model: TwinModel
    process: tuple[float, ...]
    estimated: tuple[str, ...]
    calibrated: tuple[str, ...]


def sigma(variable: str) -> str:
    """The leaf of history that has the standard deviation of a variable."""
    return f"{variable}.sigma"


@dataclass(frozen=True, slots=True)
class WhatIfChange:
    """A variable of the devices for which `where` is true (none: of all) has this value throughout; of what moves by
    itself it is what that begins with."""

    device: str
    variable: str
    value: tuple[Term, ...]
    where: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class WhatIfAggregate:
    """An aggregate of all that the devices of a type were, at all moments that are looked at, where `where` is true."""

    function: str
    device: str
    value: tuple[Term, ...]
    where: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class WhatIfReport:
    """Statistics over the runs of one number of each; `PushInput(i)` is the aggregate i. `text`: as it was written."""

    text: str
    statistics: tuple[str, ...]
    value: tuple[Term, ...]
    aggregates: tuple[WhatIfAggregate, ...]
    type: ValueType


@dataclass(frozen=True, slots=True)
class WhatIfPlan:
    """A what-if. `of`: the id of a device, or what a property of several says."""

    title: str
    of: str
    last_ns: int
    models: tuple[WhatIfModel, ...]
    changes: tuple[WhatIfChange, ...]
    runs: int
    seed: int
    reports: tuple[WhatIfReport, ...]
