"""L1: how long after a reading is due its alert is there, when 10,000 readings a second come.

usage: python benchmarks/latency.py [--seconds 10] [--devices 1000]

Readings are due evenly in time. Whatever is due is fed at once, as one small batch, in one process; the clock of a
reading starts when it is due, so falling behind counts. An alert is there when its record, text and all, was looked at.
"""

import argparse
import sys
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headgate.benchmarks.by_headgate import compiled
from headgate.benchmarks.stream import EVENTS_PER_MS, NS_PER_MS, Stream, make_stream
from headgate.compiler.plan import Plan
from headgate.runtime.batch import Batch, Messages
from headgate.runtime.engine import Engine
from headgate.runtime.gathering import Outputs
from headgate.runtime.output import Alerted
from headgate.stdlib.column import Column

EVENTS_PER_S = 1000 * EVENTS_PER_MS
NS_PER_EVENT = NS_PER_MS // EVENTS_PER_MS


def paced(plan: Plan, stream: Stream) -> tuple[NDArray[np.int64], float]:
    """Feed a stream at its own pace: from due to alert, in ns, for each alert; and readings in a batch, on average."""
    engine = Engine(plan)
    registry = engine.registries["Sensor"]
    keys = np.array([registry.key(id_) for id_ in stream.ids], dtype=np.int32)[stream.dev]
    times = stream.ts * NS_PER_MS
    latencies: list[int] = []
    fed = batches = 0
    begin = time.perf_counter_ns()
    while fed < len(stream):
        due = min((time.perf_counter_ns() - begin) // NS_PER_EVENT + 1, len(stream))
        if due == fed:
            continue
        rows = slice(fed, due)
        fields = {"temp": Column(stream.temp[rows]), "vib": Column(stream.vib[rows])}
        seq = np.arange(fed, due, dtype=np.int64)
        outputs = engine.feed(Batch((Messages("Sensor", seq, keys[rows], times[rows], fields),)))
        latencies += looked_at(outputs, begin)
        fed = due
        batches += 1
    return np.array(latencies, dtype=np.int64), len(stream) / batches


def looked_at(outputs: Outputs, begin: int) -> list[int]:
    """For each alert, how long ago (ns) the reading that brought it about was due."""
    alerted = [output.seq for output in outputs if isinstance(output, Alerted)]
    now = time.perf_counter_ns() - begin
    return [now - seq * NS_PER_EVENT for seq in alerted]


def main(given: Sequence[str]) -> int:
    """Print a line for each workload."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10, metavar="S", help="how long each workload is fed")
    parser.add_argument("--devices", type=int, default=1_000, metavar="N", help="devices that readings come from")
    options = parser.parse_args(given)
    stream = make_stream(options.seconds * EVENTS_PER_S, options.devices)
    warm_up = make_stream(EVENTS_PER_S, options.devices)
    print("| ms from due to alert | p50 | p99 | most | alerts | readings in a batch |")
    print("| --- | --- | --- | --- | --- | --- |")
    for workload in ("w1", "w4"):
        plan = compiled(workload)
        paced(plan, warm_up)
        latencies, size = paced(plan, stream)
        if len(latencies) == 0:
            print(f"{workload} made no alert", file=sys.stderr)
            return 1
        p50, p99 = np.percentile(latencies, [50, 99]) / 1e6
        most = latencies.max() / 1e6
        print(f"| {workload.upper()} | {p50:.3f} | {p99:.3f} | {most:.3f} | {len(latencies)} | {size:.1f} |")
    print(f"\n{EVENTS_PER_S:,} readings/s of {options.devices:,} devices for {options.seconds} s, fed as they are due.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
