"""Aggregates: what is made of the parts of many samples is the definition's value of these samples."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.runtime.kernels import lines as lines_kernel
from headgate.runtime.kernels import slices as kernel
from headgate.runtime.kernels import spans as spans_kernel
from headgate.runtime.kernels.jit import NEVER
from headgate.runtime.operators.slice_columns import Layout
from headgate.runtime.operators.tables import Operations, SliceTables, TableState, tables_of
from headgate.runtime.operators.windows import RowParts
from headgate.runtime.symbols import Symbols
from headgate.stdlib.catalogue import AGGREGATES
from headgate.stdlib.column import Column
from headgate.stdlib.function import AggregateFunction, Combined, Value
from headgate.stdlib.parts import ALONE, HELD_COLUMNS, LINE_COLUMNS, TABLES, Part, columns_of
from headgate.stdlib.tables import Tables

S = 1_000_000_000
QUARTERS = st.integers(-400, 400).map(lambda q: q / 4)
NAMES = [name for name in AGGREGATES if not name[1:].isdecimal() or name in ("p1", "p50", "p99")]
OPTIONS = {"quantile": 0.25, "top_k": 2.0}


def samples_for(function: AggregateFunction) -> st.SearchStrategy[list[tuple[int, Any]]]:
    """Samples in order of time, of what the function takes; with a second value if it takes two."""
    one: st.SearchStrategy[Any] = st.booleans() if function.argument == "bool" else QUARTERS
    value = one if function.second is None else st.tuples(QUARTERS, QUARTERS)
    return st.lists(st.tuples(st.integers(0, 20), value), max_size=12).map(
        lambda found: [(time * S, value) for time, value in sorted(found, key=lambda sample: sample[0])]
    )


def row_of(parts: Sequence[Part], pieces: Sequence[Sequence[tuple[int, Any]]]) -> np.ndarray[Any, Any]:
    """What a row keeps of samples that were taken in slices, a piece in each, which were joined."""
    at = Layout(parts, len(pieces) + 3, len(pieces), 1)
    state, whole = (np.zeros(words, dtype=np.int64) for words in (at.words, len(at.columns)))
    at.begin(state[None, :])
    floats = state.view(np.float64)
    for number, piece in enumerate(pieces):
        for time, value in piece:
            x, y = value if isinstance(value, tuple) else (value, 0.0)
            kernel.add(floats, state, 0, number, at.rings, at.starts, at.cols, at.flags, float(x), float(y), time)
    kernel.combine(
        floats, state, 0, 0, len(pieces) - 1, at.rings, at.starts, at.cols, at.flags, whole.view(np.float64), whole, 0
    )
    return whole


def lowered(function: AggregateFunction, pieces: Sequence[Sequence[tuple[int, Any]]], option: float | None) -> Value:
    rows = row_of(function.parts, pieces)[None, :]
    values = np.array([value for piece in pieces for _, value in piece if not isinstance(value, tuple)], dtype=float)
    part = next((part for part in function.parts if part in TABLES), None)
    end = np.array([len(values)])
    tables = None if part is None else tables_of(part, end * 0, end, values, None)
    combined = Combined(RowParts(rows, columns_of(function.parts)), tables)
    with np.errstate(all="ignore"):
        return only(function.lower(combined) if option is None else function.lower(combined, option))


def only(column: Column) -> Value:
    (value,) = column.values.tolist()
    found: Value = value if column.mask()[0] else None
    return found


def defined(function: AggregateFunction, samples: Sequence[Any], option: float | None) -> Value:
    return function.reference(samples) if option is None else function.reference(samples, option)


@pytest.mark.parametrize("name", [name for name in NAMES if {*ALONE}.isdisjoint(AGGREGATES[name].parts)])
def test_of_parts_comes_what_the_definition_says_of_the_samples(name: str) -> None:
    function = AGGREGATES[name]

    @given(samples_for(function), st.integers(0, 12))
    def agrees(samples: list[tuple[int, Any]], cut: int) -> None:
        got = lowered(function, (samples[:cut], samples[cut:]), OPTIONS.get(name))
        assert got == defined(function, samples, OPTIONS.get(name))

    agrees()


@pytest.mark.parametrize("name", [name for name in NAMES if AGGREGATES[name].held])
def test_of_what_was_held_comes_what_the_definition_says_of_its_spans(name: str) -> None:
    function = AGGREGATES[name]
    value = st.booleans() if function.argument == "bool" else QUARTERS
    updates = st.lists(st.tuples(st.integers(0, 60), st.one_of(st.none(), value)), max_size=12)

    @given(updates.map(lambda found: sorted(found, key=lambda one: one[0])), st.integers(0, 5), st.integers(1, 5))
    def agrees(found: list[tuple[int, Any]], first: int, many: int) -> None:
        begin, end, ring = 10 * first, 10 * (first + many), 20
        state = np.full(spans_kernel.HEADER + ring * spans_kernel.SLOT, NEVER, dtype=np.int64)
        state[spans_kernel.KNOWN] = 0
        row = np.zeros(spans_kernel.COLUMNS, dtype=np.int64)
        floats = state.view(np.float64)
        seen = [(time, held) for time, held in found if time <= end]
        for time, held in seen:
            spans_kernel.update(floats, state, 0, 10 * S, ring, time * S, held is not None, float(held or 0.0))
        spans_kernel.combine(floats, state, 0, begin * S, end * S, 10 * S, ring, row.view(np.float64), row, 0)
        spans = (
            [
                (max(time, begin) * S, min(until, end) * S, held)
                for (time, held), until in zip(seen, [*(time for time, _ in seen[1:]), end], strict=True)
                if held is not None and max(time, begin) < min(until, end)
            ]
            if seen
            else []
        )
        with np.errstate(all="ignore"):
            assert only(function.lower(Combined(RowParts(row[None, :], HELD_COLUMNS)))) == function.reference(spans)

    agrees()


@pytest.mark.parametrize("name", [name for name in NAMES if AGGREGATES[name].lines])
def test_of_lines_between_samples_comes_what_the_definition_says_of_the_samples(name: str) -> None:
    function = AGGREGATES[name]
    samples = st.lists(st.tuples(st.integers(0, 79), QUARTERS), max_size=12)

    @given(samples.map(lambda found: sorted(found, key=lambda one: one[0])), st.integers(0, 3), st.integers(1, 2))
    def agrees(found: list[tuple[int, float]], first: int, many: int) -> None:
        begin, end, ring = 20 * first, 20 * (first + many), 20
        state = np.full(lines_kernel.HEADER + ring * lines_kernel.SLOT, NEVER, dtype=np.int64)
        row = np.zeros(lines_kernel.COLUMNS, dtype=np.int64)
        floats = state.view(np.float64)
        for time, value in found:
            lines_kernel.take(floats, state, 0, 10 * S, ring, time * S, value)
        lines_kernel.combine(floats, state, 0, begin * S, end * S, 10 * S, ring, row.view(np.float64), row, 0)
        middle = (begin + end) // 2
        within = [((time - middle) * S, value) for time, value in found if begin <= time < end]
        with np.errstate(all="ignore"):
            got = only(function.lower(Combined(RowParts(row[None, :], LINE_COLUMNS))))
        expected = function.reference(within)
        assert got == expected if expected is None else got == pytest.approx(expected, rel=1e-14)

    agrees()


@pytest.mark.parametrize("name", NAMES)
def test_of_no_samples_every_aggregate_is_what_it_says_it_is(name: str) -> None:
    assert defined(AGGREGATES[name], [], OPTIONS.get(name)) == AGGREGATES[name].empty


SINGLE: dict[str, Value] = {
    "the value": 2.5, "the value as a text": "2.5", "0": 0.0, "1": 1.0, "1 or 0": 1.0, "the truth": True,
    "absent": None, "how long it was true": 3.0, "how long it was held": 3.0,
    "the value times how long it was held": 7.5,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_of_one_sample_every_aggregate_is_what_it_says_it_is(name: str) -> None:
    function = AGGREGATES[name]
    value: Any = True if function.argument == "bool" else 2.5
    if function.second is not None:
        value = (2.5, 1.0)
    sample: Any = (0, 3 * S, value) if function.held else (0, value)
    assert defined(function, [sample], OPTIONS.get(name)) == SINGLE[function.single]


def test_what_does_not_fit_a_double_is_absent() -> None:
    huge = [(0, 1.7e308), (S, -1.7e308), (2 * S, 1.7e308), (3 * S, 1.7e308)]
    for name in ("sum", "mean", "variance", "stddev", "range"):
        assert AGGREGATES[name].reference(huge) is None


@pytest.mark.parametrize("name", ["variance", "stddev", "slope", "covariance", "corr"])
def test_large_values_that_differ_little_lose_nothing(name: str) -> None:
    chance, function = random.Random(name), AGGREGATES[name]
    samples: list[tuple[int, Any]] = []
    for i in range(300):
        x, y = 1e7 + chance.gauss(0, 1e-3), -1e6 + chance.gauss(0, 1e-3)
        samples.append((10**18 + i * S // 3, (x, x + y) if function.second else x))
    exact = function.reference(samples)
    for cuts in ((), (100, 200), tuple(range(10, 300, 10))):
        pieces = [samples[a:b] for a, b in zip((0, *cuts), (*cuts, 300), strict=True)]
        assert lowered(function, pieces, None) == pytest.approx(exact, rel=1e-9)


# --- Tables of many values -------------------------------------------------------------------------------------------


def by_slices(part: Part, values: Sequence[float], slices: int) -> Tables:
    """The table of values that lie in turn in so many slices."""
    states: dict[str, TableState] = {}
    kept = SliceTables(part, slices + 3, states)
    n = len(values)
    nothing = np.zeros(1, dtype=np.int64)
    operations = Operations(
        np.zeros(n + 1, dtype=np.int64), np.concatenate([np.arange(n) % slices, nothing]),
        np.concatenate([np.full(n, -1), nothing + slices - 1]), np.array([*values, 0.0]), 1,
    )  # fmt: skip
    return kept.run(operations, 1, None)


def many(seed: int, count: int) -> list[float]:
    chance = random.Random(seed)
    return [chance.choice((chance.gauss(20, 3), chance.expovariate(0.1), -1e3 * chance.random())) for _ in range(count)]


@pytest.mark.parametrize("part", TABLES)
@pytest.mark.parametrize("count", [10, 255, 256, 257, 3000])
def test_a_table_does_not_depend_on_order_or_slices(part: Part, count: int) -> None:
    values = many(count, count)
    whole = tables_of(part, np.zeros(1, np.int64), np.array([count]), np.array(values), None)
    for slices in (1, 3, 40):
        random.Random(slices).shuffle(values)
        table = by_slices(part, values, slices)
        for field in ("codes", "counts", "beyond", "ranks"):
            assert np.array_equal(getattr(table, field), getattr(whole, field)), field


@pytest.mark.parametrize("name", ["median", "p1", "p99", "quantile", "distinct", "mode", "top_k"])
def test_of_very_many_values_comes_what_the_definition_says(name: str) -> None:
    function, samples = AGGREGATES[name], [(0, value) for value in many(7, 2000)]
    assert lowered(function, (samples,), OPTIONS.get(name)) == defined(function, samples, OPTIONS.get(name))


def test_a_quantile_of_very_many_is_one_of_them_and_less_than_a_cell_too_low() -> None:
    for seed in range(5):
        values = sorted(many(seed, 4000))
        samples = [(0, value) for value in values]
        for q in (0.01, 0.25, 0.5, 0.9, 0.999):
            exact = AGGREGATES["quantile"].whole(samples, q)  # type: ignore[misc]
            found = AGGREGATES["quantile"].reference(samples, q)
            assert isinstance(exact, float)
            assert isinstance(found, float)
            assert found in values
            assert 0 <= exact - found < 2 / 255 * (values[-1] - values[0])


def test_how_many_differ_of_very_many_is_within_four_standard_errors() -> None:
    for count in (300, 1000, 5000, 20_000):
        samples = [(0, float(value)) for value in range(count)]
        found = AGGREGATES["distinct"].reference(samples)
        assert isinstance(found, float)
        assert abs(found / count - 1) < 4 * 0.0163
    texts = [(0, f"device {i}") for i in range(3000)]
    assert AGGREGATES["distinct"].reference(texts) == pytest.approx(3000, rel=4 * 0.0163)


def test_of_texts_the_table_holds_hashes_of_the_texts_themselves() -> None:
    symbols, words = Symbols(), [f"word {i}" for i in range(400)]
    codes = symbols.encode([*reversed(words)]).astype(np.float64)
    tables = tables_of("hashes", np.zeros(1, np.int64), np.array([400]), codes, symbols)
    column = AGGREGATES["distinct"].lower(Combined({}, tables))
    assert only(column) == AGGREGATES["distinct"].reference([(0, word) for word in words])


def test_of_too_many_different_values_none_is_the_most_frequent() -> None:
    samples = [(0, float(value)) for value in range(257)] * 2
    assert AGGREGATES["mode"].reference(samples) is None
    assert AGGREGATES["mode"].reference([(0, 3.0), *samples[:256]]) == 3.0
