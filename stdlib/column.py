"""A column: the values of one thing at many instants, and where they are known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Column:
    """`values` (n,), and `known` (n,) or None where all are. What stands in `values` where not known has no meaning.

    dtypes by type name: bool: bool; int, float: float64; text: int32 (codes of interned strings); time: int64 (ns);
    point: complex128 (latitude + longitude j, degrees).
    """

    values: Values
    known: Mask | None = None

    def __len__(self) -> int:
        return len(self.values)

    def mask(self) -> Mask:
        """`known`, written out."""
        return np.ones(len(self.values), dtype=np.bool_) if self.known is None else self.known

    def take(self, rows: NDArray[np.intp]) -> "Column":
        """The given rows."""
        return Column(self.values[rows], None if self.known is None else self.known[rows])


DTYPES: dict[str, Any] = {
    "bool": np.bool_,
    "int": np.float64,
    "float": np.float64,
    "text": np.int32,
    "time": np.int64,
    "point": np.complex128,
}


def both_known(a: Mask | None, b: Mask | None) -> Mask | None:
    """Where both are known."""
    if a is None:
        return b
    return a if b is None else a & b
