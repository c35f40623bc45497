"""Detectors and filters give what those who published them say: on their own data, or by their formulas.

Each is asked through a whole program, of the engine and of the reference interpreter.
"""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import signal as filters
from scipy import stats

from headgate.runtime.output import Signalled
from headgate.runtime.testing.executors import Message, S, compile_program, on_engine, on_reference
from headgate.stdlib.function import Value

BEGIN = 1_700_000_000 * S

MONTGOMERY = [
    9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08, 9.37, 10.62,
    10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
]  # fmt: skip
"""D. C. Montgomery, Introduction to Statistical Quality Control, table 9.1; the mean of the last ten is 1 greater."""

NIST_EWMA = [
    52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6,
    52.1,
]  # fmt: skip
"""NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4: the data of its example."""

NIST_EWMA_CHART = [
    50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05, 49.38, 49.92,
    50.73, 51.23, 51.94, 51.99,
]  # fmt: skip

NILE = [
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
    1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831,
    726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845,
    944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918,
    986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]  # fmt: skip
"""The yearly flow of the Nile at Aswan, 1871 to 1970: it fell in 1899 (G. W. Cobb, 1978)."""


def values_of(expression: str, samples: Sequence[float], times: Sequence[int] | None = None) -> list[Value]:
    """What the expression is after each sample, which come every second if no times (ns) are given."""
    text = f"""module series
import std.anomaly (cusum, page_hinkley, hampel, zscore, ewma, seasonal)
import std.signal (lowpass)
device Series {{ telemetry x: float every 1 s }}
signal it for Series = {expression}
"""
    plan = compile_program(text)
    at = times or [BEGIN + i * S for i in range(len(samples))]
    inputs = [Message("Series", "one", time, {"x": x}) for time, x in zip(at, samples, strict=True)]
    found = []
    for run in (on_engine(plan, inputs, sizes=(7,)), on_reference(plan, inputs)):
        changes = {o.time: o.value for o in run.outputs if isinstance(o, Signalled) and o.name == "it"}
        held: list[Value] = []
        for time in at:
            held.append(changes.get(time, held[-1] if held else None))
        found.append(held)
    assert found[0] == pytest.approx(found[1])
    return found[0]


def numbers(values: list[Value]) -> list[float]:
    return [float(v) if isinstance(v, float) else math.nan for v in values]


def test_cusum_signals_at_the_sample_that_montgomery_finds() -> None:
    drifted = values_of("cusum(x, target: 10, drift: 0.5, limit: 5)", MONTGOMERY)
    assert [place for place, value in enumerate(drifted, 1) if value is True] == [29, 30]


def test_cusum_adds_up_what_is_below_as_well() -> None:
    drifted = values_of("cusum(x, target: 10, drift: 0.5, limit: 5)", [20 - x for x in MONTGOMERY])
    assert drifted.index(True) == 28


def test_cusum_starts_again_once_the_value_is_back() -> None:
    drifted = values_of("cusum(x, target: 10, drift: 0.5, limit: 5)", [10, 14, 14, 14, 11, 10.5, 14, 14])
    assert drifted == [False, False, True, True, True, False, False, True]


def test_ewma_is_the_chart_of_nist() -> None:
    span = 1 / math.log(1 / 0.7)  # so that a sample after a second has the weight 0.3
    chart = numbers(values_of(f"ewma(x, span: {span:.9f} s)", [50.0, *NIST_EWMA]))
    assert chart == pytest.approx([50.0, *NIST_EWMA_CHART], abs=0.01)


def test_ewma_weighs_by_the_time_that_passed() -> None:
    times = [BEGIN + t * S for t in (0, 1, 4, 4, 11)]
    samples = [3.0, 5.0, -1.0, 2.0, 8.0]
    mean = numbers(values_of("ewma(x, span: 4 s)", samples, times))[-1]
    weights, rest = [], 1.0
    for later, earlier in zip(reversed(times), reversed(times[:-1]), strict=False):
        decayed = math.exp(-(later - earlier) / (4 * S))
        weights.append(rest * (1 - decayed))
        rest *= decayed
    assert mean == pytest.approx(sum(w * x for w, x in zip([*weights, rest], reversed(samples), strict=True)))


def test_page_hinkley_finds_the_year_in_which_the_nile_fell() -> None:
    low = [2000.0 - flow for flow in NILE]
    fallen = values_of("page_hinkley(x, drift: 50, limit: 500)", low)
    means = np.cumsum(low) / np.arange(1, len(low) + 1)
    sums = np.cumsum(low - means - 50)
    expected = sums - np.minimum.accumulate(np.minimum(sums, 0)) >= 500
    assert fallen == expected.tolist()
    assert 1899 <= 1871 + fallen.index(True) <= 1905


def test_the_limit_of_page_hinkley_is_ten_times_its_drift() -> None:
    low = [2000.0 - flow for flow in NILE]
    assert values_of("page_hinkley(x, drift: 40)", low) == values_of("page_hinkley(x, drift: 40, limit: 400)", low)


def test_hampel_compares_with_the_median_absolute_deviation_of_the_samples_of_the_window() -> None:
    flows = [float(flow) for flow in NILE]
    odd = values_of("hampel(x over 9 samples, sigma: 2)", flows)
    windows = [np.array(flows[max(0, i - 8) : i + 1]) for i in range(len(flows))]
    expected = [
        bool(abs(w[-1] - np.median(w)) > 2 * stats.median_abs_deviation(w, scale="normal")) if len(w) > 2 else None
        for w in windows
    ]
    assert odd == expected
    assert True in expected


def test_hampel_of_a_time_forgets_what_is_so_old() -> None:
    samples = [1.0, 2.0, 3.0, 2.0, 100.0, 2.0, 100.0, 100.0]
    odd = values_of("hampel(x over 4 s)", samples)
    windows = [np.array(samples[max(0, i - 3) : i + 1]) for i in range(len(samples))]
    assert odd == [
        bool(abs(w[-1] - np.median(w)) > 3 * stats.median_abs_deviation(w, scale="normal")) if len(w) > 2 else None
        for w in windows
    ]


def test_where_most_values_are_the_same_hampel_finds_any_other() -> None:
    assert values_of("hampel(x over 5 samples)", [4.0, 4.0, 4.0, 4.0, 4.5]) == [None, None, False, False, True]


def test_zscore_is_that_of_the_window_that_ends_with_the_value() -> None:
    flows = [float(flow) for flow in NILE]
    scores = numbers(values_of("zscore(x over 30 s)", flows))
    expected = [stats.zscore(flows[max(0, i - 29) : i + 1])[-1] if i > 0 else math.nan for i in range(len(flows))]
    assert scores == pytest.approx(expected, nan_ok=True)


def test_zscore_is_absent_where_all_are_the_same() -> None:
    assert values_of("zscore(x over 3 samples)", [0.1, 0.1, 0.1, 0.3]) == [None, None, None, pytest.approx(2**0.5)]


def test_lowpass_is_the_butterworth_filter_of_scipy_at_equal_distances() -> None:
    flows = [float(flow) for flow in NILE]
    smooth = numbers(values_of("lowpass(x, cutoff: 0.1 Hz)", flows))
    b, a = filters.butter(2, 0.1, fs=1.0)
    expected, _ = filters.lfilter(b, a, flows, zi=filters.lfilter_zi(b, a) * flows[0])
    assert smooth == pytest.approx(expected.tolist())


def test_lowpass_takes_out_a_fast_wave_and_keeps_a_slow_one_whatever_the_distances() -> None:
    rng = np.random.default_rng(7)
    times = np.cumsum(rng.uniform(0.01, 0.03, 6000))
    slow = np.sin(2 * np.pi * 0.05 * times)
    noisy = slow + np.sin(2 * np.pi * 4 * times)
    at = [BEGIN + int(t * S) for t in times]
    smooth = np.array(numbers(values_of("lowpass(x, cutoff: 0.5 Hz)", noisy.tolist(), at)))
    late = np.interp(times[1000:] - math.sqrt(2) / (2 * math.pi * 0.5), times, slow)  # the filter's delay
    assert np.abs(smooth[1000:] - late).max() < 0.1


def test_lowpass_begins_anew_after_half_a_period() -> None:
    times = [BEGIN, BEGIN + S // 10, BEGIN + 2 * S]
    assert numbers(values_of("lowpass(x, cutoff: 1 Hz)", [1.0, 2.0, 9.0], times))[::2] == [1.0, 9.0]


def test_seasonal_compares_with_a_mixture_of_the_same_part_of_earlier_seasons() -> None:
    rng = np.random.default_rng(3)
    samples = np.round(rng.normal(5, 1, 96 * 7), 2)
    samples[96 * 6 + 50] += 6
    times = [BEGIN // (96 * S) * 96 * S + i * S for i in range(len(samples))]
    odd = values_of("seasonal(x, season: 96 s, sigma: 4)", samples.tolist(), times)
    seasons = samples.reshape(7, 96)
    weights = [0.75**5, *(0.25 * 0.75 ** (4 - i) for i in range(5))]
    usual = np.average(seasons[:6], axis=0, weights=weights)
    spread = np.sqrt(np.average((seasons[:6] - usual) ** 2, axis=0, weights=weights))
    assert odd[96 * 6 :] == (np.abs(seasons[6] - usual) > 4 * spread).tolist()
    assert odd[96 * 6 + 50] is True
    assert odd[:96] == [None] * 96
