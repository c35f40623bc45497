"""The benchmark's workloads give the answers that a plain Python loop gives, whatever the batches."""

import dataclasses
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from headgate.benchmarks import by_headgate, by_loop
from headgate.benchmarks.answers import difference, expected
from headgate.benchmarks.only_decoding import ALL_AT_ONCE, DECODERS
from headgate.benchmarks.stream import BASE_MS, NS_PER_MS, Stream, make_stream
from headgate.compiler.plan import Plan
from headgate.runtime.connectors.json_lines import JsonLines
from headgate.runtime.output import Alerted, Life, Matched, Output
from headgate.runtime.replay import Replay

SLOWED = 25
"""How much slower than the benchmark's the readings come here, so that a few of them span many windows."""


@cache
def readings() -> Stream:
    """30,000 readings of 100 devices in 75 s."""
    stream = make_stream(30_000, 100)
    return dataclasses.replace(stream, ts=BASE_MS + (stream.ts - BASE_MS) * SLOWED)


@cache
def few() -> Stream:
    """Those of the first devices that were too hot or got warmer, 1,200 readings."""
    stream = readings()
    dev, ts, temp, _, door = stream.lists()
    hot = by_loop.hot_for(zip(dev, ts, temp, strict=True), int(stream.ts[-1]))
    warmed = by_loop.warmed(zip(dev, ts, temp, door, strict=True))
    hot_two, warmed_two = (sorted({device for device, _ in of})[:2] for of in (hot, warmed))
    rows = np.isin(stream.dev, hot_two + warmed_two)
    return Stream(stream.ids, **{name: getattr(stream, name)[rows] for name in ("dev", "ts", "temp", "vib", "door")})


@cache
def plan(workload: str) -> Plan:
    return by_headgate.compiled(workload)


def outputs(workload: str, stream: Stream, rows: int) -> list[Output]:
    return [output for part in by_headgate.fed(plan(workload), stream, stream.batches(rows=rows)) for output in part]


def alerts(records: Sequence[Output]) -> list[tuple[str, int]]:
    """Device and ms of each alert, ordered."""
    return sorted((r.key[0], r.time // NS_PER_MS) for r in records if isinstance(r, Alerted))


def named(stream: Stream, pairs: Sequence[tuple[int, int]]) -> list[tuple[str, int]]:
    return sorted((stream.ids[dev], ms) for dev, ms in pairs)


def test_the_stream_is_the_one_that_answers_are_published_for() -> None:
    stream = make_stream(1000, 100)
    assert stream.ids[int(stream.dev[0])] == "dev-00088"
    assert stream.ts[[0, -1]].tolist() == [1_700_000_000_000, 1_700_000_000_099]
    assert (stream.temp[0], stream.vib[0]) == (61.088, 0.714)


def test_w1_matches_every_message_that_is_hot_and_shaking() -> None:
    stream = readings()
    dev, ts, temp, vib, _ = stream.lists()
    right = by_loop.hot_and_shaking(zip(dev, ts, temp, vib, strict=True))
    records = outputs("w1", stream, 4096)
    assert right
    matched = sorted((r.key[0], r.time // NS_PER_MS) for r in records if isinstance(r, Matched))
    assert matched == named(stream, [(dev, ts) for dev, ts, _, _ in right])


def test_w1_as_a_level_rule_raises_on_the_rising_edge_only() -> None:
    stream = readings()
    raised = [
        (r.key[0], r.time // NS_PER_MS)
        for r in outputs("l1", stream, 4096)
        if isinstance(r, Life) and r.rule == "shaking" and r.what == "raised"
    ]
    was: dict[int, bool] = {}
    right = []
    for dev, ts, temp, vib, _ in zip(*stream.lists(), strict=True):
        now = temp > by_loop.HOT_AND_SHAKING_DEGC and vib > by_loop.SHAKING_MM_S
        if now and not was.get(dev):
            right.append((dev, ts))
        was[dev] = now
    assert sorted(raised) == named(stream, right)


def test_w4_raises_at_the_exact_moment_once_an_episode() -> None:
    stream = readings()
    dev, ts, temp, _, _ = stream.lists()
    right = by_loop.hot_for(zip(dev, ts, temp, strict=True), int(stream.ts[-1]))
    assert right
    assert alerts(outputs("w4", stream, 4096)) == named(stream, right)


def test_w5_alerts_once_an_opening() -> None:
    stream = readings()
    dev, ts, temp, _, door = stream.lists()
    right = by_loop.warmed(zip(dev, ts, temp, door, strict=True))
    assert right
    assert alerts(outputs("w5", stream, 4096)) == named(stream, right)


@pytest.mark.parametrize("workload", ["W2", "W3", "W6", "W7"])
def test_windows_all_at_once_and_json_lines_answer_as_the_loop_does(workload: str, tmp_path: Path) -> None:
    stream = readings()
    lines = tmp_path / "stream.jsonl"
    stream.write_json_lines(lines)
    loop = by_loop.questions(stream, lines)
    right = expected(len(stream), len(stream.ids), {w: loop[w]() for w in ("W1", "W2", "W3", "W4", "W5")})[workload]
    assert all(right.values())
    assert difference(right, by_headgate.questions(stream, lines)[workload]()) == ""


@pytest.mark.parametrize("rows", [1, 70])
@pytest.mark.parametrize("workload", ["w5", "w6", "l1"])
def test_the_batches_do_not_matter(workload: str, rows: int) -> None:
    stream = few()
    whole = outputs(workload, stream, len(stream))
    assert whole
    assert outputs(workload, stream, rows) == whole


def test_json_lines_make_the_same_outputs_as_columns(tmp_path: Path) -> None:
    stream = few()
    lines = tmp_path / "stream.jsonl"
    stream.write_json_lines(lines)
    replay = Replay.of(plan("w1"))
    read = [output for part in replay.run([(JsonLines(str(lines)), ["readings"])]) for output in part]
    assert read == outputs("w1", stream, len(stream))
    assert replay.counters.processed == replay.counters.read == len(stream)


def test_a_stream_that_devices_cannot_share_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be shared evenly"):
        make_stream(1000, 300)


def test_a_wrong_answer_is_told() -> None:
    right = {"windows": 10, "means": 1.0}
    assert difference(right, {"windows": 10, "means": 1.0 + 1e-15}) == ""
    assert difference(right, {"windows": 10, "means": 1.001}) == "means is 1.001, not 1.0"
    assert difference(right, {"windows": 10}) == "answers windows where means, windows was asked"
    assert np.isfinite(list(right.values())).all()


@pytest.mark.parametrize("name", DECODERS)
def test_every_decoder_reads_every_message(name: str, tmp_path: Path) -> None:
    readings().write_json_lines(tmp_path / "lines")
    try:
        decode = DECODERS[name](tmp_path / "lines")
    except ImportError as missing:
        pytest.skip(f"{missing.name}, which the benchmarks compare with, is not installed: `make bench` does")
    assert decode() == len(readings())


def test_those_that_lose_a_lines_neighbours_are_among_the_decoders() -> None:
    assert set(ALL_AT_ONCE) <= set(DECODERS)
