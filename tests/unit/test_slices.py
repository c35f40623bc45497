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
from headgate.runtime.kernels import runs as kernel
from headgate.runtime.operators import windows
from headgate.runtime.operators.windows import SlicesOperator
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
    return [store.state for store in stores]


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
        monkeypatch.setattr(windows, "COMPILED", one_by_one)
        found.append(bits_after(plan, cut(messages(seed), np.random.default_rng(seed), 4)))
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("keys", [1, 50, 70_000])
def test_rows_are_by_key_and_of_a_key_in_order(keys: int) -> None:
    key = np.random.default_rng(keys).integers(0, keys, 5000).astype(np.int32)
    np.testing.assert_array_equal(kernel.by_key(key, keys), np.argsort(key, kind="stable"))


@pytest.mark.parametrize("seed", range(5))
def test_runs_found_row_by_row_and_by_column_are_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, found = messages(seed), []
    order = kernel.by_key(whole.key, 7)
    for compiled in (True, False):
        monkeypatch.setattr(kernel, "COMPILED", compiled)
        found.append(kernel.runs(order, whole.key, whole.time, 10 * S))
    np.testing.assert_array_equal(found[0], found[1])
    for first, last in pairwise(found[0].tolist()):
        run = order[first:last]
        assert len(set(whole.key[run].tolist())) == len(set((whole.time[run] // (10 * S)).tolist())) == 1
