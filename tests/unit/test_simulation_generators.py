"""Generators of telemetry: each is what its name says, by device, and the same whatever span it is made in."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from headgate.runtime.connectors.csv_rows import CsvRows
from headgate.runtime.connectors.json_lines import JsonLines
from headgate.runtime.simulation.chance import keys_of
from headgate.runtime.simulation.generators import (
    PARTS_MAX,
    Chosen,
    Constant,
    Generator,
    Located,
    Measured,
    Noise,
    Often,
    Ramp,
    RandomWalk,
    Reports,
    Seasonal,
    Spikes,
    Sum,
    Trace,
)

S = 1_000_000_000
KEYS = keys_of(7, "Pump", ["a", "b", "c"], "pressure")


def reports(first: int, end: int, devices: slice = slice(None)) -> Reports:
    """A report a second, the devices' 0, 100 and 200 ms after it."""
    times = np.arange(first, end)[:, None] * S + np.array([0, S // 10, S // 5])
    return Reports(first, end - first, KEYS[devices], times[:, devices])


def made(generator: Generator, first: int = 0, end: int = 10) -> NDArray[np.float64]:
    one = reports(first, end)
    return np.broadcast_to(generator.values(one), one.shape)


GENERATORS: list[Generator] = [
    Constant(np.array([1.0, 2.0, 3.0])),
    Ramp(0.0, np.array([1.0, 2.0, 3.0]), 60 * S, start_ns=5 * S),
    Seasonal(2.0, 60 * S),
    Noise(1.0),
    RandomWalk(1.0, low=-5.0, high=5.0),
    Spikes(0.2, 10.0, length=4),
    Often(0.5, length=3),
    Chosen(("low", "high"), (3, 1)),
    Trace(np.array([0, 3 * S, 5 * S]), np.array([1.0, 2.0, 3.0]), again_ns=7 * S),
    Located(Constant(59.9) + Noise(0.1), Constant(10.7) + Noise(0.1)),
    Measured(Seasonal(2.0, 60 * S) + Noise(0.3) + Noise(0.3), digits=1, low=-1.0, high=1.0),
]


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda one: type(one).__name__)
def test_what_is_made_does_not_depend_on_the_spans_that_it_is_made_in(generator: Generator) -> None:
    whole = made(generator, 0, 600)
    spans = [made(generator, first, end) for first, end in ((0, 1), (1, 8), (8, 255), (255, 513), (513, 600))]
    assert np.array_equal(whole, np.concatenate(spans))


@pytest.mark.parametrize("generator", GENERATORS[2:], ids=lambda one: type(one).__name__)
def test_what_a_device_is_does_not_depend_on_the_others(generator: Generator) -> None:
    alone = reports(0, 50, slice(1, 2))
    assert np.array_equal(made(generator, 0, 50)[:, 1:2], np.broadcast_to(generator.values(alone), alone.shape))


def test_a_constant_a_ramp_and_a_season_are_what_their_formulas_say() -> None:
    assert made(Constant(4.0) + Constant(np.array([0.0, 1.0, 2.0])), 0, 1).tolist() == [[4.0, 5.0, 6.0]]
    assert made(Constant(True), 0, 1).all()
    ramp = made(Ramp(10.0, 20.0, 5 * S, start_ns=2 * S))[:, 0]
    assert ramp.tolist() == [10, 10, 10, 12, 14, 16, 18, 20, 20, 20]
    again = made(Ramp(10.0, 20.0, 5 * S, start_ns=2 * S, again=True))[:, 0]
    assert again.tolist() == [10, 10, 10, 12, 14, 16, 18, 10, 12, 14]
    season = made(Seasonal(2.0, 8 * S, shift_ns=np.array([0, S // 10, S // 5])))
    assert np.allclose(season, 2 * np.sin(2 * np.pi * np.arange(10) / 8)[:, None])


def test_noise_has_its_deviation_and_is_new_at_each_report() -> None:
    noise = made(Noise(np.array([1.0, 2.0, 0.0])), 0, 5000)
    assert np.allclose(noise.std(axis=0), [1, 2, 0], atol=0.1)
    assert abs(np.corrcoef(noise[1:, 0], noise[:-1, 0])[0, 1]) < 0.05
    assert not np.array_equal(made(Noise(1.0) + Constant(0.0)), made(Constant(0.0) + Noise(1.0)))


def test_a_random_walk_takes_independent_steps_from_its_start() -> None:
    walk = made(RandomWalk(0.5, start=np.array([1.0, 2.0, 3.0])), 0, 5000)
    assert walk[0].tolist() == [1, 2, 3]
    steps = np.diff(walk, axis=0)
    assert np.allclose(steps.std(axis=0), 0.5, atol=0.03)
    assert np.abs(np.corrcoef(steps[1:, 0], steps[:-1, 0])[0, 1]) < 0.05
    assert np.abs(np.corrcoef(steps[:, 0], steps[:, 1])[0, 1]) < 0.05


def test_a_bounded_walk_turns_back_at_its_bounds() -> None:
    walk = made(RandomWalk(1.0, start=50.0, low=40.0, high=60.0), 0, 3000)
    assert walk.min() >= 40
    assert walk.max() <= 60
    assert (np.abs(np.diff(walk, axis=0)) < 6).all()
    assert walk.std() > 3


def test_a_walk_ends_some_time_and_its_bounds_are_in_order() -> None:
    assert np.isfinite(made(RandomWalk(1.0), (1 << 32) - 3, (1 << 32) + 1)).all()
    with pytest.raises(ValueError, match=r"2\*\*32 reports"):
        made(RandomWalk(1.0), 1 << 32, (1 << 32) + 2)
    for low, high in ((1.0, None), (None, 1.0), (2.0, 1.0)):
        with pytest.raises(ValueError, match="no bounds"):
            RandomWalk(1.0, low=low, high=high)


def test_spikes_truths_and_choices_come_as_often_and_last_as_long_as_said() -> None:
    spikes = made(Spikes(np.array([0.1, 0.5, 0.0]), 10.0, length=5), 0, 10_000)
    assert np.allclose((spikes == 10).mean(axis=0), [0.1, 0.5, 0], atol=0.03)
    assert (spikes.reshape(2000, 5, 3) == spikes[::5, None]).all()
    assert abs(made(Often(0.25), 0, 5000).mean() - 0.25) < 0.02
    chosen = Chosen(("a", "b", "c"), (1, 2, 1))
    assert chosen.choices == ("a", "b", "c")
    assert np.allclose(np.bincount(made(chosen, 0, 4000).ravel()) / 12_000, [0.25, 0.5, 0.25], atol=0.02)
    assert np.allclose(np.bincount(made(Chosen(("a", "b")), 0, 4000).ravel()) / 12_000, 0.5, atol=0.02)
    with pytest.raises(ValueError, match="2 texts and 1 shares"):
        made(Chosen(("a", "b"), (1.0,)))
    with pytest.raises(ValueError, match="one report at least"):
        made(Often(0.5, length=0))


def test_a_trace_holds_each_value_until_the_next() -> None:
    trace = Trace(np.array([0, 3 * S, 5 * S]), np.array([1.0, 2.0, 3.0]))
    assert made(trace)[:, 0].tolist() == [1, 1, 1, 2, 2, 3, 3, 3, 3, 3]
    shifted = Trace(trace.times, trace.recorded, again_ns=7 * S, shift_ns=np.array([0, S // 10, 2 * S + S // 5]))
    assert made(shifted)[:, 0].tolist() == [1, 1, 1, 2, 2, 3, 3, 1, 1, 1]
    assert made(shifted)[:, 2].tolist() == [3, 3, 1, 1, 1, 2, 2, 3, 3, 1]


def test_a_trace_is_read_from_a_file(tmp_path: Path) -> None:
    lines, rows = tmp_path / "recorded.jsonl", tmp_path / "recorded.csv"
    lines.write_text('{"ts": 100, "p": 1.5}\n{"ts": 101}\n{"ts": 103, "p": 2.5}\n')
    rows.write_text("ts,p\n100,1.5\n101,\n103,2.5\n")
    for trace in (Trace.read(JsonLines(str(lines)), "p", "ts"), Trace.read(CsvRows(str(rows)), "p", "ts")):
        assert (trace.times.tolist(), trace.recorded.tolist()) == ([0, 3 * S], [1.5, 2.5])
        assert made(trace)[:, 0].tolist() == [1.5] * 3 + [2.5] * 7
    with pytest.raises(ValueError, match="no message with `ts` and `q`"):
        Trace.read(JsonLines(str(lines)), "q", "ts")
    with pytest.raises(ValueError, match="increase"):
        Trace(np.array([0, 0]), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="as many values"):
        Trace(np.array([0]), np.array([1.0, 2.0]))


def test_what_a_sensor_gives_is_within_its_range_and_has_its_digits() -> None:
    found = made(Measured(Noise(2.0), digits=1, low=-1.0, high=1.5), 0, 500)
    assert (found.min(), found.max()) == (-1.0, 1.5)
    assert np.array_equal(found, np.round(found, 1))
    assert not np.signbit(found[found == 0]).any()
    assert np.array_equal(made(Measured(Noise(2.0))), made(Noise(2.0)))


def test_a_point_has_a_latitude_and_a_longitude() -> None:
    assert made(Located(Constant(59.9), Constant(10.7)), 0, 1)[0].tolist() == [59.9 + 10.7j] * 3


def test_a_sum_has_few_parts() -> None:
    with pytest.raises(ValueError, match="1 to 63 parts, not 64"):
        Sum((Constant(1.0),) * PARTS_MAX)
    with pytest.raises(ValueError, match="not 0"):
        Sum(())
