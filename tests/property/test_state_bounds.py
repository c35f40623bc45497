"""What the engine keeps is never more than what the compiler said it would."""

from collections import defaultdict
from typing import Any

import numpy as np
from hypothesis import given, note
from hypothesis import strategies as st

from headgate.compiler import plan as p
from headgate.runtime.engine import Engine
from headgate.runtime.flow import Held
from headgate.runtime.operators.group_clock import GroupClock, Updates
from headgate.runtime.operators.leaves import FieldState
from headgate.runtime.operators.node import Operator
from headgate.runtime.state import save
from headgate.runtime.testing.executors import batches, fed
from headgate.tests.property.strategies import batchings, inputs_of, programs

NOT_BY_KEY = frozenset(("bounds", "memberships", "first_end"))
"""Calendars that all keys share; which number a group's member has; what a replacement leaves behind."""
OF_MEMBERS = frozenset(("kept", "pool", "waiting", "arrived", "arrived_values"))
"""What waits for a group's time: rows for all of its members together."""


@given(st.data())
def test_what_a_key_keeps_is_within_the_stated_bound(data: st.DataObject) -> None:
    program = data.draw(programs(revising=data.draw(st.booleans())))
    inputs = data.draw(inputs_of(program))
    note(program.text)
    engine = Engine(program.plan)
    for batch in batches(inputs, tuple(data.draw(batchings(len(inputs))))):
        fed(engine, batch)
        assert not over_bound(engine)


def over_bound(engine: Engine) -> list[str]:
    """What keeps more for one key than was stated: of fields, all nodes that ask about one together."""
    stated: dict[tuple[str, str], int] = defaultdict(int)
    nodes = {node.id: node for node in engine.plan.nodes}
    for node in engine.plan.nodes:
        if isinstance(node.operator, p.OfField):
            stated[node.timeline, node.operator.field] += node.cost.state_bytes_per_key
    found = []
    for name, owner in engine.stateful().items():
        _, _, rest = name.partition(" ")
        bound = None
        if isinstance(owner, Operator):
            node = nodes[rest]
            of_field = isinstance(node.operator, p.OfField)
            bound = 1 if of_field else node.cost.state_bytes_per_key
            clock = getattr(owner, "clock", None)
            if isinstance(clock, GroupClock):
                waiting = {name: value for name, value in save(owner).items() if name in OF_MEMBERS}
                in_all = bound * max(clock.member_count, 1)
                if all_bytes(waiting) > in_all:
                    found.append(f"{type(owner).__name__}: {all_bytes(waiting)} B wait, stated {in_all} B")
        elif isinstance(owner, FieldState):
            field, _, timeline = rest.partition(" ")
            bound = stated[timeline, field]
        kept = row_bytes({name: value for name, value in save(owner).items() if name not in NOT_BY_KEY | OF_MEMBERS})
        if bound is not None and kept > bound:
            found.append(f"{type(owner).__name__}: {kept} B, stated {bound} B")
    return found


def all_bytes(value: Any) -> int:
    """What arrays take in all."""
    match value:
        case np.ndarray():
            return value.nbytes
        case Updates():
            return all_bytes(list(vars(value).values()))
        case list() | tuple():
            return sum(all_bytes(item) for item in value)
        case dict():
            return all_bytes(list(value.values()))
        case _:
            return 0


def row_bytes(value: Any) -> int:
    """What arrays by key take for one key."""
    match value:
        case np.ndarray():
            return value.nbytes // len(value) if len(value) else 0
        case Held():
            return row_bytes(vars(value))
        case list() | tuple():
            return sum(row_bytes(item) for item in value)
        case dict():
            return sum(row_bytes(item) for item in value.values())
        case _:
            return 0
