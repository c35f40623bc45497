"""Functions without state: the standard library's, applied to columns at every instant."""

from collections.abc import Callable, Sequence

import numpy as np

from ...stdlib.catalogue import SCALARS
from ...stdlib.column import Column, Mask
from ...stdlib.function import Interned
from ..flow import At, Constant, Dense, Flow, Sparse, looks, that_look, updates, where_true
from ..frame import NO_INSTANTS, Frame, Instants, union
from .node import Operator, Setting


def apply(function: str, columns: Sequence[Column], texts: Interned) -> Column:
    """The result of a library function (`stdlib.catalogue.SCALARS`); `texts` are those that codes stand for.

    Columns are of one length, or of length 1 for constants. Values where the result is not known are garbage, and
    making them may warn: call under `np.errstate(all="ignore")`.
    """
    scalar = SCALARS[function]
    return scalar.columns(*columns, texts=texts) if scalar.needs_texts else scalar.columns(*columns)


def full(column: Column, count: int) -> Column:
    """A column of `count` rows from one that may be a constant's, of length 1."""
    if len(column.values) == count:
        return column
    known = None if column.known is None else np.broadcast_to(column.known, (count,))
    return Column(np.broadcast_to(column.values, (count,)), known)


class MapOperator(Operator):
    """`compiler.plan.Map`."""

    def __init__(self, setting: Setting, function: str, event_inputs: Sequence[bool]) -> None:
        super().__init__(setting)
        self.function = function
        self.event_inputs = event_inputs
        self.is_event = any(event_inputs)

    def apply(self, columns: Sequence[Column]) -> Column:
        return apply(self.function, columns, self.setting.symbols)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        if self.is_event:
            return self._event(frame, inputs)

        def look(instants: Instants) -> Column:
            return full(self.apply([i.at(instants) for i in inputs]), len(instants))

        dense: list[Dense] = []
        volatile = False
        for flow in inputs:
            if isinstance(flow, Dense):
                dense.append(flow)
                volatile |= flow.volatile
            elif not isinstance(flow, Constant):
                return self._sparse(frame, inputs, look)
        if not dense:
            return Constant(self.apply([i.at(frame.rows) for i in inputs]))
        made = Dense(frame, None, _any_updated(dense), look, volatile=volatile, of=dense)
        moments = [d.moments for d in dense if d.moments is not None]
        if moments:
            made.moments, _ = frame.merge(moments, base=False)
            made.moment_column = look(made.moments)
        return made

    def _sparse(self, frame: Frame, inputs: Sequence[Flow], look: At) -> Sparse:
        updated = [u for u in (updates(i) for i in inputs) if u is not None and len(u)]
        # Besides at its updates the value may change with a volatile input, and it begins with the key's first event.
        changing = [i for i in (looks(i) for i in inputs if _changes_by_itself(i)) if i is not None]
        if len(frame.newcomers):
            changing.append(frame.newcomers)
        if not changing and not updated and self.held is not None:
            flow = self.idle(frame)
        elif not changing:
            instants = frame.merge(updated, base=False)[0] if updated else NO_INSTANTS
            flow = self.sparse(frame, instants, look(instants))
        else:
            flow = self._changing(frame, changing, updated, look)
        # At another node's timer such an input may have changed since; at the end no moment says what has gone stale.
        if frame.end_row is not None or any(_changes_by_itself(i) for i in inputs):
            flow.look, flow.of = look, that_look(inputs)
        return flow

    def _changing(self, frame: Frame, changing: Sequence[Instants], updated: Sequence[Instants], look: At) -> Sparse:
        """A signal whose value may change where it is not updated, too."""
        instants, where = union([*changing, *updated])
        flow = self.sparse(frame, instants, look(instants))
        flow.updated = np.zeros(len(instants), dtype=np.bool_)
        for at in where[len(changing) :]:
            flow.updated[at] = True
        return flow

    def _event(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        happening = [i for i, is_event in zip(inputs, self.event_inputs, strict=True) if is_event]
        first = happening[0]
        assert isinstance(first, Sparse)
        instants = first.instants
        true = where_true(full(self.apply([i.at(instants) for i in inputs]), len(instants)), len(instants))
        for other in happening[1:]:
            true = true & where_true(other.at(instants), len(instants))
        instants = instants.take(true)
        return Sparse(frame, instants, Column(np.ones(len(instants), dtype=np.bool_)), None, event=True)


def _changes_by_itself(flow: Flow) -> bool:
    """Whether a flow's value may change where it is not updated."""
    return (isinstance(flow, Dense) and flow.volatile) or (isinstance(flow, Sparse) and flow.updated is not None)


def _any_updated(flows: Sequence[Dense]) -> Callable[[], Mask]:
    if len(flows) == 1:
        return flows[0].updated

    def updated() -> Mask:
        masks = [flow.updated() for flow in flows]
        every = flows[0].frame.every
        return every if any(mask is every for mask in masks) else np.logical_or.reduce(masks)

    return updated
