"""Samples: what a walk over windows takes, of the flows of a node's inputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...stdlib.column import Column, Mask, Values
from ..flow import Dense, Flow, Sparse, kernel_ready, updates, where_true
from ..frame import Frame, Instants, Keys, Rows, union

NOTHING: Values = np.zeros(0)


@dataclass
class Samples:
    """What a walk takes: instants in order, at some of which there is a sample.

    row, key, time: as `Instants`; sampled (n,): is there a sample; at (n,): the time that decides its slice, `time`
    itself where samples come in order; value (n,); second (n,): what is sampled with it, empty if nothing is.
    """

    row: Rows
    key: Keys
    time: Rows
    sampled: Mask
    at: Rows
    value: Values
    second: Values


def numbers(column: Column) -> Values:
    """A column's values as floats; bools as 0 and 1."""
    return kernel_ready(np.ascontiguousarray(column.values, dtype=np.float64))


def samples_of(frame: Frame, inputs: Sequence[Flow], arity: int) -> Samples:
    """The samples of a node of the frame's own timeline: of the first `arity` inputs, where the next is true."""
    value, where = inputs[0], inputs[arity] if len(inputs) > arity else None
    if arity == 1 and isinstance(value, Dense) and value.moments is None and not isinstance(where, Sparse):
        sampled = value.updated() & frame.event
        if value.column.known is not None:
            sampled &= value.column.known
        if where is not None:
            sampled = sampled & where_true(where.at(frame.rows), len(frame))
        return Samples(
            frame.rows.row, frame.key, frame.time, np.ascontiguousarray(sampled), frame.time, numbers(value.column),
            NOTHING,
        )  # fmt: skip
    taken_ = taken(inputs, arity)
    instants, (position,) = frame.merge([taken_.at], base=True)
    sampled = np.zeros(len(instants), dtype=np.bool_)
    sampled[position] = taken_.known
    values = [np.zeros(len(instants)) for _ in taken_.values]
    for whole, some in zip(values, taken_.values, strict=True):
        whole[position] = some
    second = values[1] if arity == 2 else NOTHING
    at = instants.time - instants.timer if instants.timer.any() else instants.time
    return Samples(instants.row, instants.key, instants.time, sampled, at, values[0], second)


@dataclass
class Taken:
    """The updates of what is sampled, at which of them there is a sample, and the values, one array for each."""

    at: Instants
    known: Mask
    values: list[Values]


def taken(inputs: Sequence[Flow], arity: int) -> Taken:
    """The updates of the first `arity` inputs: samples where all of them are known, and the next input is true."""
    found = [at for at in (updates(flow) for flow in inputs[:arity]) if at is not None]
    if not found:
        raise AssertionError("a window over a constant is folded by the compiler")
    at = found[0] if len(found) == 1 else union(found)[0]
    columns = [flow.at(at) for flow in inputs[:arity]]
    known = np.ones(len(at), dtype=np.bool_)
    for column in columns:
        known &= column.mask()
    for where in inputs[arity:]:
        known &= where_true(where.at(at), len(at))
    return Taken(at, known, [np.array(np.broadcast_to(numbers(column), (len(at),))) for column in columns])
