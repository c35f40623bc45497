"""A surge: ten times what an engine can do, for a minute of virtual time, on a gateway that is slow.

The engine is the real one; what it costs is not measured but agreed on, and a virtual clock moves by it. So a run is
the same every time, but for its seed, which stands in the test's name.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from headgate.compiler.plan import Plan
from headgate.runtime.batch import Batch, Messages
from headgate.runtime.engine import Engine
from headgate.runtime.output import Alerted
from headgate.runtime.overload import Waiting
from headgate.runtime.pace import Pace
from headgate.runtime.testing.executors import S, compile_program
from headgate.stdlib.column import Column

MS = 1_000_000

PROGRAM = """
module gateway
device Pump max 100 {
    telemetry pressure: bar
    telemetry vibration: mm/s
    telemetry load: percent
    lateness 20 s
}
rule burst for Pump { when pressure > 10 bar do { alert "{id}: {pressure}" } }
signal shaking for Pump = mean(vibration over 10 s every 10 s)
signal busy for Pump = max(load over 10 s every 10 s)
"""
PLAN = compile_program(PROGRAM)

BATCH_NS, INPUT_NS = 2 * MS, 4 * MS
"""What the gateway takes for a batch, and for each input in it: 250 inputs a second at most."""

CAPACITY = 10**9 // INPUT_NS
PUMPS = 100
MESSAGES_MAX = 2000
TURN_NS = 100 * MS
TICK_NS = 100 * MS


@dataclass
class Gateway:
    """An engine that is as slow as a small gateway, behind a queue with a bound; and what was seen of it."""

    plan: Plan
    engine: Engine = field(init=False)
    waiting: Waiting = field(init=False)
    pace: Pace = field(default_factory=lambda: Pace(TURN_NS))
    free_ns: int = 0
    read: int = 0
    most_waiting: int = 0
    alerts: list[tuple[int, Alerted]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = Engine(self.plan)
        self.waiting = Waiting(self.plan, self.engine.counters, MESSAGES_MAX)
        for i in range(PUMPS):
            self.engine.registries["Pump"].key(f"pump-{i}")

    def offer(self, batch: Batch) -> None:
        self.read += len(batch)
        self.waiting.offer(batch)
        self.most_waiting = max(self.most_waiting, self.waiting.inputs)
        self.accounts()

    def work_until(self, now_ns: int) -> None:
        """Feed the engine whenever it is free and something waits, until a moment of virtual time."""
        while self.free_ns <= now_ns and len(self.waiting):
            batch = self.waiting.take(self.pace.inputs_max)
            outputs = self.engine.feed(batch)
            cost = BATCH_NS + INPUT_NS * len(batch)
            self.pace.learn(len(batch), cost)
            self.free_ns += cost
            self.alerts += [(self.free_ns, o) for o in outputs if isinstance(o, Alerted)]
            self.accounts()
        self.free_ns = max(self.free_ns, now_ns)

    def accounts(self) -> None:
        counters = self.engine.counters
        assert self.read == counters.read + len(self.waiting)


def readings(
    rng: np.random.Generator, begin_ns: int, end_ns: int, per_s: int, alarms: float
) -> Iterator[tuple[int, Batch]]:
    """What comes in each tick, and when: this share of it pressures, the rest vibrations and loads."""
    seq = 0
    for tick in range(begin_ns, end_ns, TICK_NS):
        count = int(rng.poisson(per_s * TICK_NS / S))
        time = np.sort(rng.integers(tick - TICK_NS, tick, count))
        kind = rng.random(count)
        columns = {
            "pressure": Column(rng.choice([5.0, 20.0], count), kind < alarms),
            "vibration": Column(rng.random(count), (kind >= alarms) & (kind < 0.7)),
            "load": Column(rng.random(count) * 100, kind >= 0.7),
        }
        key = rng.integers(0, PUMPS, count).astype(np.int32)
        yield tick, Batch((Messages("Pump", np.arange(seq, seq + count), key, time, columns),) if count else ())
        seq += count


def surge(gateway: Gateway, seed: int, alarms: float) -> list[Batch]:
    """Half of what can be done for 10 s, ten times as much as can be done for a minute, and half of it for a minute."""
    rng = np.random.default_rng(seed)
    phases = [(0, 10, CAPACITY // 2), (10, 70, 10 * CAPACITY), (70, 130, CAPACITY // 2)]
    offered = []
    for begin, end, per_s in phases:
        for now, batch in readings(rng, begin * S + TICK_NS, end * S + TICK_NS, per_s, alarms):
            gateway.work_until(now)
            gateway.offer(batch)
            offered.append(batch)
    gateway.work_until(200 * S)
    return offered


def latencies(gateway: Gateway, begin_s: int, end_s: int) -> np.ndarray:
    """From a reading to its alert, in virtual ns, for readings of a span of time."""
    return np.array([done - o.time for done, o in gateway.alerts if begin_s * S <= o.time < end_s * S])


@pytest.mark.parametrize("seed", range(2))
def test_in_a_surge_memory_is_bounded_alarms_come_in_time_and_what_is_shed_is_accounted_for(seed: int) -> None:
    gateway = Gateway(PLAN)
    offered = surge(gateway, seed, alarms=0.02)
    counters = gateway.engine.counters

    assert gateway.most_waiting <= MESSAGES_MAX
    # A batch is running when an alarm comes, and those of its tick are in the next ones.
    for begin, end in ((0, 10), (10, 70), (70, 80), (80, 130)):
        assert np.percentile(latencies(gateway, begin, end), 99) <= 2 * TURN_NS + TICK_NS
    # The queue is empty again within what a full one takes, and then even bulk is executed at once.
    assert np.percentile(latencies(gateway, 90, 130), 99) <= TICK_NS + TURN_NS
    assert len(gateway.waiting) == 0
    assert counters.read == gateway.read == sum(len(batch) for batch in offered)
    assert counters.shed.total() > 8 * 60 * CAPACITY
    assert counters.processed > 50 * CAPACITY

    # No alarm was shed: the alerts are those of an engine that is fast enough.
    fast = Engine(PLAN)
    for i in range(PUMPS):
        fast.registries["Pump"].key(f"pump-{i}")
    expected = [o for batch in offered for o in fast.feed(batch) if isinstance(o, Alerted)]
    told = sorted((o.time, o.key, o.message) for _, o in gateway.alerts)
    assert told == sorted((o.time, o.key, o.message) for o in expected)


@pytest.mark.parametrize("seed", range(2))
def test_alarms_alone_beyond_what_can_be_done_are_thinned_to_the_newest_of_each_device(seed: int) -> None:
    gateway = Gateway(PLAN)
    surge(gateway, seed, alarms=1.0)
    assert gateway.most_waiting <= MESSAGES_MAX
    assert gateway.engine.counters.shed["thinned"] > 0
    assert gateway.engine.counters.shed["overflow"] == 0
    assert len(gateway.waiting) == 0
    # Each pump is heard all the time: as often as there is room in the queue for it.
    heard = {o.key: 0 for _, o in gateway.alerts}
    assert len(heard) == PUMPS
