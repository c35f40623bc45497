"""What a source says about foreign messages, made ready: from payload columns to its nodes' columns."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..compiler import plan as p
from ..stdlib.column import DTYPES, Column, Mask
from .connectors.payload import Payloads, Texts, Wanted
from .operators.elementwise import apply, full

Rows = NDArray[np.intp]


class SourceMapping:
    """A source's nodes, and the payload fields behind its condition, its id, its time and all that it maps."""

    def __init__(self, plan: p.Plan, source: p.SourcePlan) -> None:
        self.source = source
        at = f"source {source.name}"
        self._nodes = {node.id: node for node in plan.nodes if node.timeline == at}
        where = [] if source.where is None else [source.where]
        unique = [] if source.unique is None else [source.unique.node]
        outputs = [source.id, source.time, *(f.node for f in source.fields), *unique]
        self._for_where = self._needed(where)
        self._for_outputs = self._needed(outputs)
        self.behind_where = _wanted(self._for_where)
        self.behind_time = _wanted(self._needed([source.time]))
        self.behind_all = _wanted(self._for_outputs)

    @property
    def wanted(self) -> Sequence[Wanted]:
        """The payload fields that it asks for."""
        return tuple(dict.fromkeys((*self.behind_where, *self.behind_all)))

    def claims(self, payloads: Payloads, texts: Texts) -> Mask | None:
        """Which messages it takes, as far as its condition says; None if it has none."""
        if self.source.where is None:
            return None
        column = self._values(self._for_where, payloads, None, texts)[self.source.where]
        column = full(column, payloads.count)
        return column.values if column.known is None else column.values & column.known

    def values(self, payloads: Payloads, rows: Rows | None, texts: Texts) -> Mapping[str, Column]:
        """The columns of its nodes (by id) for the messages in these rows, or for all of them."""
        count = payloads.count if rows is None else len(rows)
        columns = self._values(self._for_outputs, payloads, rows, texts)
        return {id_: full(column, count) for id_, column in columns.items()}

    def _values(
        self, nodes: Sequence[p.PlanNode], payloads: Payloads, rows: Rows | None, texts: Texts
    ) -> dict[str, Column]:
        columns: dict[str, Column] = {}
        # What is not known holds garbage, on which NumPy may warn.
        with np.errstate(all="ignore"):
            for node in nodes:
                match node.operator:
                    case p.Payload():
                        column = payloads.columns[Wanted(node.operator.path, node.type.name)]
                        columns[node.id] = column if rows is None else column.take(rows)
                    case p.Constant(value):
                        columns[node.id] = _constant(value, node.type.name, texts)
                    case p.Map(function):
                        columns[node.id] = apply(function, [columns[i] for i in node.inputs], texts)
                    case other:
                        raise AssertionError(f"{type(other).__name__} on a source's timeline")
        return columns

    def _needed(self, outputs: Iterable[str]) -> Sequence[p.PlanNode]:
        """The nodes that these are computed from, each after its inputs."""
        needed: dict[str, p.PlanNode] = {}

        def visit(id_: str) -> None:
            if id_ not in needed:
                for before in self._nodes[id_].inputs:
                    visit(before)
                needed[id_] = self._nodes[id_]

        for id_ in outputs:
            visit(id_)
        return tuple(needed.values())


def _wanted(nodes: Iterable[p.PlanNode]) -> tuple[Wanted, ...]:
    return tuple(Wanted(n.operator.path, n.type.name) for n in nodes if isinstance(n.operator, p.Payload))


def _constant(value: bool | float | str | tuple[float, float] | None, type_: p.TypeName, texts: Texts) -> Column:
    """A column of length 1."""
    if value is None:
        return Column(np.zeros(1, dtype=DTYPES[type_]), np.zeros(1, dtype=np.bool_))
    if isinstance(value, str):
        value = texts.code(value)
    elif isinstance(value, tuple):
        return Column(np.array([complex(*value)]))
    return Column(np.array([value], dtype=DTYPES[type_]))
