"""Stores of slices: wherever batches are cut, and however kernels run, the same bits."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Plan
from headgate.dsl.source import SourceText
from headgate.runtime.batch import Batch, Messages
from headgate.runtime.engine import Engine
from headgate.runtime.operators import slice_columns
from headgate.runtime.operators.samples import NOTHING, Samples
from headgate.runtime.operators.windows import SlicesOperator
from headgate.runtime.state import save
from headgate.stdlib.column import Column

S = 1_000_000_000
PROGRAM = """
module slices

device Sensor max 100 {
    telemetry x: float
    telemetry y: float
}

signal average for Sensor = mean(x over 10 s every 10 s)
signal spread  for Sensor = stddev(x over 40 s every 20 s)
signal least   for Sensor = min(x over 30 s every 30 s)
signal most    for Sensor = max(x over 10 s every 10 s)
signal often   for Sensor = share(x > 0.5 over 10 s every 10 s)
signal grown   for Sensor = delta(y over 10 s every 10 s)
signal steep   for Sensor = slope(y over 20 s every 10 s)
signal alike   for Sensor = corr(x, y over 20 s every 10 s)
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    found = compile_text(SourceText("slices.iot", PROGRAM)).plan
    assert found is not None
    return found


def messages(seed: int, n: int = 600, keys: int = 7) -> Messages:
    """Numbers that no sum of is exact; some absent, some messages at the very times where slices begin."""
    rng = np.random.default_rng(seed)
    time = np.sort(rng.integers(0, 200, n)) * S // 2
    fields = {name: Column(rng.normal(0.3, 1.0, n), rng.random(n) < 0.8) for name in ("x", "y")}
    return Messages("Sensor", np.arange(n), rng.integers(0, keys, n).astype(np.int32), time, fields)


def cut(whole: Messages, rng: np.random.Generator, pieces: int) -> Iterator[Batch]:
    ends = [0, *np.sort(rng.integers(0, len(whole), pieces)).tolist(), len(whole)]
    for first, last in pairwise(ends):
        if first < last:
            yield Batch((whole.cut(first, last),))


def bits_after(plan: Plan, batches: Iterator[Batch]) -> list[NDArray[np.int64]]:
    """The states of all stores."""
    engine = Engine(plan)
    engine.registries["Sensor"].register([f"s{k}" for k in range(7)])
    for batch in batches:
        engine.feed(batch)
    stores = [o for o in engine.stateful().values() if isinstance(o, SlicesOperator)]
    assert len(stores) > 2
    return [bits for store in stores for bits in (store.slices, store.heads)]


@pytest.mark.parametrize("seed", range(5))
def test_where_batches_are_cut_changes_no_bit_of_what_slices_keep(plan: Plan, seed: int) -> None:
    whole, rng = messages(seed), np.random.default_rng(seed)
    once, often = bits_after(plan, cut(whole, rng, 0)), bits_after(plan, cut(whole, rng, 40))
    for a, b in zip(once, often, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("seed", range(5))
def test_samples_taken_one_by_one_and_all_at_once_come_to_the_same_bits(
    plan: Plan, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for one_by_one in (True, False):
        monkeypatch.setattr(slice_columns, "is_compiled", lambda _, answer=one_by_one: answer)
        found.append(bits_after(plan, cut(messages(seed), np.random.default_rng(seed), 4)))
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_of_devices_that_have_had_one_slice_only_no_memory_for_slices_is_written(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slice_columns, "is_compiled", lambda _: True)
    engine = Engine(plan)
    engine.registries["Sensor"].register([f"s{k}" for k in range(7)])
    keys = np.arange(7, dtype=np.int32)
    fields = {name: Column(keys / 8.0) for name in ("x", "y")}
    engine.feed(Batch((Messages("Sensor", np.arange(7), keys, np.full(7, 3 * S), fields),)))
    outputs = [engine.mark_all(15 * S), engine.end()]
    average = np.concatenate([one.columns("average").values.values for one in outputs])
    assert average[:7].tolist() == (keys / 8.0).tolist()
    stores = [o for o in engine.stateful().values() if isinstance(o, SlicesOperator)]
    alone = [store for store in stores if len(store.layout.rings) == 1]
    assert alone
    assert not any(store.words.any() for store in alone)
    assert all(store.slices.any() for store in alone)


@pytest.mark.parametrize("seed", range(5))
def test_a_run_is_of_one_key_and_in_one_slice_and_no_window_ends_within_it(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slice_columns, "is_compiled", lambda _: False)
    whole, at = messages(seed), slice_columns.Layout(("sum",), 4, 1, 1)
    everywhere = np.ones(len(whole), dtype=np.bool_)
    value = whole.fields["x"].values
    samples = Samples(np.arange(len(whole)), whole.key, whole.time, everywhere, whole.time, value, NOTHING)
    state = np.zeros((7, at.words), dtype=np.int64)
    at.begin(state)
    steps = slice_columns.steps_of(samples, 10 * S, state.reshape(-1), at)
    assert (np.diff(steps.first) > 0).all()
    for step, first in enumerate(steps.first.tolist()):
        (run,) = (steps.of == step).nonzero()
        assert run[0] == first
        assert len(set(whole.key[run].tolist())) == len(set((whole.time[run] // (10 * S)).tolist())) == 1
        assert len(set((whole.time[run] % (10 * S) == 0).tolist())) == 1


def test_what_was_open_goes_on_after_a_checkpoint_as_if_there_had_been_none(plan: Plan) -> None:
    whole = messages(1)
    engine, other = Engine(plan), Engine(plan)
    engine.registries["Sensor"].register([f"s{k}" for k in range(7)])
    first, *rest = cut(whole, np.random.default_rng(3), 20)
    engine.feed(first)
    for batch in rest:
        other.restore(engine.checkpoint())
        engine.feed(batch)
        other.feed(batch)
        for name, owner in engine.stateful().items():
            if isinstance(owner, SlicesOperator):
                kept, again = save(owner), save(other.stateful()[name])
                for part in ("slices", "heads", "opened"):
                    np.testing.assert_array_equal(kept[part], again[part])
