"""L1: how long after a reading is due its alert is there, when 10,000 readings a second come.

usage: python benchmarks/latency.py [--seconds 10] [--devices 1000] [--cpu]

Readings are due evenly in time. Whatever is due is fed at once, as one small batch (`runtime/pace.py` says how large it
may be), in one process; the clock of a reading starts when it is due, so falling behind counts. An alert is there when
its record, text and all, was looked at. With `--cpu` the clock is the process's own CPU time, as if it had a core to
itself: for a machine that others use too.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from headgate.benchmarks.by_headgate import compiled
from headgate.benchmarks.stream import EVENTS_PER_MS, NS_PER_MS, Stream, make_stream
from headgate.compiler.plan import Plan
from headgate.runtime.batch import Batch, Messages
from headgate.runtime.engine import Engine
from headgate.runtime.output import Alerted
from headgate.runtime.pace import Pace
from headgate.stdlib.column import Column

EVENTS_PER_S = 1000 * EVENTS_PER_MS
NS_PER_EVENT = NS_PER_MS // EVENTS_PER_MS


def paced(plan: Plan, stream: Stream, clock: Callable[[], int]) -> tuple[dict[str, list[int]], float]:
    """Feed a stream at its own pace: from due to alert, in ns, of each alert, by rule; and readings in a mean batch."""
    engine = Engine(plan)
    keys = engine.registries["Sensor"].register(stream.ids)[stream.dev]
    times = stream.ts * NS_PER_MS
    latencies: dict[str, list[int]] = defaultdict(list)
    pace = Pace()
    fed = batches = 0
    begin = clock()
    while fed < len(stream):
        due = min((clock() - begin) // NS_PER_EVENT + 1, len(stream))
        if due == fed:
            continue
        due = min(due, fed + pace.inputs_max)
        rows = slice(fed, due)
        started = clock()
        fields = {"temp": Column(stream.temp[rows]), "vib": Column(stream.vib[rows])}
        seq = np.arange(fed, due, dtype=np.int64)
        outputs = engine.feed(Batch((Messages("Sensor", seq, keys[rows], times[rows], fields),)))
        alerts = [output for output in outputs if isinstance(output, Alerted)]
        now = clock() - begin
        pace.learn(due - fed, now + begin - started)
        for alert in alerts:
            latencies[alert.rule].append(now - alert.seq * NS_PER_EVENT)
        fed = due
        batches += 1
    return latencies, len(stream) / batches


def main(given: Sequence[str]) -> int:
    """Print a line for each workload of L1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10, metavar="S", help="how long they come")
    parser.add_argument("--devices", type=int, default=1_000, metavar="N", help="devices that readings come from")
    parser.add_argument("--cpu", action="store_true", help="count CPU time: for a machine that others use too")
    options = parser.parse_args(given)
    clock = time.process_time_ns if options.cpu else time.perf_counter_ns
    stream = make_stream(options.seconds * EVENTS_PER_S, options.devices)
    warm_up = make_stream(EVENTS_PER_S, options.devices)
    plan = compiled("l1")
    paced(plan, warm_up, clock)
    latencies, size = paced(plan, stream, clock)
    print("| ms from due to alert | p50 | p99 | most | alerts | readings in a batch |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, rules in {"W1": ("shaking",), "W4": ("hot",), "L1: both": ("shaking", "hot")}.items():
        of = np.array([late for rule in rules for late in latencies[rule]]) / 1e6
        if len(of) == 0:
            print(f"{name} made no alert", file=sys.stderr)
            return 1
        p50, p99 = np.percentile(of, [50, 99])
        print(f"| {name} | {p50:.3f} | {p99:.3f} | {of.max():.3f} | {len(of)} | {size:.1f} |")
    print(f"\n{EVENTS_PER_S:,} readings/s of {options.devices:,} devices for {options.seconds} s, fed as they are due.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
