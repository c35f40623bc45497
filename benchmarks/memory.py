"""Memory over a long run: W6 on 100 million events, and the resident memory after every ten.

usage: python benchmarks/memory.py [--events 100000000] [--devices 1000]

The benchmark's stream comes again and again, each time later. What comes out is counted and let go.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from headgate.benchmarks.by_headgate import compiled
from headgate.benchmarks.stream import NS_PER_MS, make_stream
from headgate.runtime.batch import Batch
from headgate.runtime.engine import Engine

ROUND = 1_000_000
SHOWN = 10


def resident_mb() -> float:
    """This process's resident memory now, where the system tells it."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def main(given: Sequence[str]) -> int:
    """Print a line for each ten million events."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000_000, metavar="N", help="events in all")
    parser.add_argument("--devices", type=int, default=1_000, metavar="N", help="devices that they come from")
    options = parser.parse_args(given)
    stream = make_stream(ROUND, options.devices)
    span_ns = (int(stream.ts[-1] - stream.ts[0]) + 1) * NS_PER_MS
    batches = stream.batches()
    engine = Engine(compiled("w6"))
    engine.registries["Sensor"].register(stream.ids)
    print("| million events | resident MB | outputs | CPU s |")
    print("| --- | --- | --- | --- |")
    outputs = 0
    for number in range(max(options.events // ROUND, 1)):
        for batch in batches:
            (part,) = batch.parts
            later = replace(part, seq=part.seq + number * ROUND, time=part.time + number * span_ns)
            outputs += len(engine.feed(Batch((later,))))
        if number == 0 or (number + 1) % SHOWN == 0:
            print(f"| {number + 1} | {resident_mb():.1f} | {outputs:,} | {time.process_time():.1f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
