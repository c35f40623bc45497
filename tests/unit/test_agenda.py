"""What has nothing to do in a batch is not run, and gives what it would have given."""

from collections import Counter

import numpy as np
import pytest

from headgate.runtime.batch import Batch, Messages
from headgate.runtime.engine import Engine
from headgate.runtime.kernels.life import RAISED
from headgate.runtime.operators.outputs import OutputOperator
from headgate.runtime.operators.windows import AggregateOperator
from headgate.runtime.testing.executors import S, compile_program
from headgate.stdlib.column import Column

WINDOWS = """
module windows
device D { telemetry x: float }
signal average for D = mean(x over 10 s every 10 s)
signal double for D = 2 * average
rule high for D { when average > 5 do { alert "{id} {average}" } }
"""
LIMITS = "module limits\ndevice D { telemetry x: float }\n" + "\n".join(
    f'rule limit_{n} for D {{ when x > {n} do {{ alert "{{id}}" }} }}' for n in range(40)
)


def messages(engine: Engine, time: int, values: list[float]) -> Batch:
    """One message of each device, at this time (s)."""
    keys = engine.registries["D"].register([f"d{n}" for n in range(len(values))])
    n = len(values)
    seq = engine.next_seq + np.arange(n)
    return Batch((Messages("D", seq, keys, np.full(n, time * S), {"x": Column(np.array(values))}),))


def test_a_window_costs_its_aggregates_nothing_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(compile_program(WINDOWS))
    engine.feed(messages(engine, 1, [1.0, 2.0]))
    runs: Counter[str] = Counter()
    for kind in (AggregateOperator, OutputOperator):
        run = kind.run

        def counted(self, frame, inputs, run=run):  # type: ignore[no-untyped-def]
            runs[type(self).__name__] += 1
            return run(self, frame, inputs)

        monkeypatch.setattr(kind, "run", counted)
    for time in range(2, 9):
        assert len(engine.feed(messages(engine, time, [7.0, 8.0]))) == 0
    assert not runs
    outputs = engine.feed(messages(engine, 12, [7.0, 8.0]))
    assert runs["AggregateOperator"] == 1
    assert len(outputs.columns("double").times) == 2
    assert engine.feed(messages(engine, 13, [1.0, 1.0, 1.0])).columns("double").times.tolist() == []


def test_what_came_of_many_rules_is_told_in_a_table_for_all_of_them_together() -> None:
    engine = Engine(compile_program(LIMITS))
    outputs = engine.feed(messages(engine, 1, [10.5, 0.5]))
    (table,) = outputs.tables()
    raised = [(table.names[lane], key) for lane, key in zip(table.lane.tolist(), table.keys.tolist(), strict=True)]
    assert raised == [(f"limit_{n}", key) for n in range(11) for key in ((0, 1) if n == 0 else (0,))]
    assert set(table.values.values.tolist()) == {RAISED}
    assert table.times.tolist() == [S] * 12
    for name in ("limit_0", "limit_3", "limit_20"):
        assert outputs.columns(name).keys.tolist() == [key for of, key in raised if of == name]


def test_a_device_is_a_text_only_where_its_id_is_shown() -> None:
    engine = Engine(compile_program(LIMITS))
    outputs = engine.feed(messages(engine, 1, [-1.0, 0.5, *[-1.0] * 8]))
    assert engine.symbols.texts == ["d1"]
    assert [output.key for output in outputs] == [("d1",)] * 2
