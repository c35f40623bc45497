"""Synthetic events: rates and surges, disorder, loss, duplicates, corruption; and nothing that is not accounted for."""

import json
from pathlib import Path

import numpy as np
import pytest

from headgate.runtime.batch import Batch
from headgate.runtime.connectors.json_lines import JsonLines
from headgate.runtime.engine import Engine
from headgate.runtime.replay import Replay
from headgate.runtime.simulation.chance import key_of
from headgate.runtime.simulation.synthetic import Load, Surge, Way, damaged
from headgate.runtime.testing.executors import S, compile_program

IDS = [f"p{number}" for number in range(20)]
PROGRAM = """module pumps
device Pump max 100 {
    telemetry pressure: bar
    telemetry on: bool
    lateness 2 s
}
source readings: json for Pump {
    id     = d
    time   = ts in ms
    unique n: int within 1 min
    keep pressure, on
}
rule high for Pump { when pressure > 9 bar settle do { alert "{id}" } }
"""


def load(seed: int = 7, per_s: float = 50) -> Load:
    return Load("Pump", IDS, {"pressure": (0.0, 10.0), "on": 0.25}, per_s, (Surge(10 * S, 20 * S, 10),), seed)


def lines_of(times: np.ndarray) -> list[bytes]:
    """A message with an id of its own for each of these times."""
    return [
        json.dumps({"d": IDS[n % 20], "ts": time // 10**6, "n": n, "pressure": n % 10, "o": {"x": "}{"}}).encode()
        for n, time in enumerate(times.tolist())
    ]


def test_a_load_has_its_rate_its_surges_and_its_devices() -> None:
    sent = load().messages(0, 30 * S)
    counts = np.histogram(sent.time, [0, 10 * S, 20 * S, 30 * S])[0]
    assert np.allclose(counts, [500, 5000, 500], rtol=0.15)
    assert (np.diff(sent.time) >= 0).all()
    assert np.array_equal(sent.seq, np.arange(len(sent)))
    assert sorted(set(sent.key.tolist())) == list(range(20))
    assert 0 <= sent.fields["pressure"].values.min() < sent.fields["pressure"].values.max() < 10
    assert abs(sent.fields["on"].values.mean() - 0.25) < 0.03
    twice = Load("Pump", IDS, {}, 1.0, (Surge(0, 20 * S, 2), Surge(10 * S, 30 * S, 3)))
    assert [twice.rate(s * S) for s in (0, 10, 20, 30)] == [2, 6, 3, 1]


def test_a_load_is_the_same_whatever_the_spans_and_another_by_another_seed() -> None:
    whole, parts = load().messages(0, 12 * S), [load().messages(a * S, b * S) for a, b in ((0, 3), (3, 3), (3, 12))]
    assert [len(part) for part in parts][1] == 0
    for name in ("time", "key"):
        assert np.array_equal(getattr(whole, name), np.concatenate([getattr(part, name) for part in parts]))
    together = np.concatenate([part.fields["pressure"].values for part in parts])
    assert np.array_equal(whole.fields["pressure"].values, together)
    assert not np.array_equal(whole.time[:50], load(8).messages(0, 12 * S).time[:50])
    with pytest.raises(ValueError, match="whole seconds"):
        load().messages(0, S + 1)


@pytest.mark.parametrize("seed", range(3))
def test_what_arrives_is_accounted_for_to_the_last(seed: int) -> None:
    time = load(seed).messages(0, 10 * S).time
    found = Way(3 * S, lost=0.1, repeated=0.2, corrupted=0.1, seed=seed).delivery(time)
    account = found.account
    well = ~found.corrupted
    assert account.produced == len(time)
    assert account.arrived == len(found.rows) == len(found.arrives)
    assert account.new == len(set(found.rows[well].tolist()))
    assert account.repeated == int(well.sum()) - account.new
    assert account.corrupted == int(found.corrupted.sum())
    assert min(account.lost, account.repeated, account.corrupted) > 10
    again = Way(3 * S, lost=0.1, repeated=0.2, corrupted=0.1, seed=seed).delivery(time)
    assert np.array_equal(again.rows, found.rows)


def test_disorder_is_within_its_bound() -> None:
    time = load().messages(0, 10 * S).time
    found = Way(disorder_ns=2 * S).delivery(time)
    assert np.array_equal(np.sort(found.rows), np.arange(len(time)))
    arrived = time[found.rows]
    behind = np.maximum.accumulate(arrived) - arrived
    assert S < behind.max() < 2 * S
    assert (np.diff(found.arrives) >= 0).all()
    untouched = Way().delivery(time)
    assert np.array_equal(untouched.rows, np.arange(len(time)))
    assert untouched.account.new == untouched.account.arrived == len(time)


def test_a_device_with_that_lateness_loses_nothing_of_columns_in_disorder() -> None:
    sent = load(per_s=20).messages(0, 10 * S)
    found = Way(disorder_ns=2 * S, lost=0.05, seed=3).delivery(sent.time)
    engine = Engine(compile_program(PROGRAM))
    engine.registries["Pump"].register(IDS)
    engine.feed(Batch((found.of_columns(sent),)))
    assert (engine.counters.late, engine.counters.processed) == (0, found.account.new)
    assert found.account.lost > 0
    assert len(Way().delivery(sent.time[:0]).of_columns(sent.cut(0, 0))) == 0
    with pytest.raises(ValueError, match="columns cannot be damaged"):
        Way(corrupted=0.5).delivery(sent.time).of_columns(sent)


def test_an_engine_counts_what_was_done_to_lines(tmp_path: Path) -> None:
    time = load(per_s=20).messages(0, 10 * S).time
    found = Way(S, lost=0.1, repeated=0.2, repeated_within_ns=S // 2, corrupted=0.1, seed=5).delivery(time)
    path = tmp_path / "arrived.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in found.of_lines(lines_of(time))))
    replay = Replay.of(compile_program(PROGRAM))
    for _ in replay.run([(JsonLines(str(path)), ["readings"])]):
        pass
    counters, account = replay.engine.counters, found.account
    assert counters.read == account.arrived
    assert counters.quarantined == {"malformed": account.corrupted}
    assert counters.duplicate == account.repeated
    assert counters.processed == account.new
    assert account.produced == counters.processed + account.lost


def test_a_damaged_line_is_never_json_and_never_empty() -> None:
    (line,) = lines_of(np.array([5 * S]))
    found = {damaged(line, key_of(seed)) for seed in range(400)}
    assert len(found) > 50
    for one in found:
        assert one.strip()
        with pytest.raises(json.JSONDecodeError):
            json.loads(one)
    for wrong in (b"", b" {}", b"[1]"):
        with pytest.raises(ValueError, match="a line is a JSON object"):
            damaged(wrong, 0)
