"""A day of a virtual fleet through an engine: how many times faster than real time, and what the bytes were.

usage: python benchmarks/fleet.py [--devices 10000] [--hours 24] [--span-min 10] [--seed 7] [--cpu]

Each device reports three fields every 10 s: a temperature with a season, a walk, noise and spikes, a power, a door.
The program (`programs/fridges.iot`) has three windows, a level rule, a duration, a sequence and a group. The digest is
that of every byte that the engine was fed: with one seed it is the same, however long the spans are in which they were
made.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Sequence

import numpy as np

from headgate.benchmarks.by_headgate import compiled
from headgate.runtime.batch import Batch
from headgate.runtime.engine import Engine
from headgate.runtime.output import Alerted
from headgate.runtime.simulation.fleet import Fleet
from headgate.runtime.simulation.generators import (
    Constant,
    Measured,
    Noise,
    Often,
    RandomWalk,
    Seasonal,
    Spikes,
)
from headgate.runtime.simulation.telemetry import Telemetry

S = 1_000_000_000
MINUTE, HOUR, DAY = 60 * S, 3600 * S, 86_400 * S
BEGIN_NS = 20_000 * DAY
SITE_DEVICES = 50


def fridges(devices: int, seed: int) -> Fleet:
    """So many fridges, 50 at each site, no two alike."""
    rng = np.random.default_rng(seed)
    temp = (
        Constant(rng.normal(4.0, 0.5, devices))
        + Seasonal(1.0, DAY, shift_ns=9 * HOUR)
        + RandomWalk(0.02, low=-1.5, high=1.5)
        + Noise(0.1)
        + Spikes(0.001, 5.0, length=15)
    )
    fields = {
        "temp": Measured(temp, digits=2, low=-40.0, high=60.0),
        "power": Measured(Constant(rng.uniform(60, 120, devices)) + Noise(5.0), digits=1, low=0.0, high=400.0),
        "door": Often(0.02, length=6),
    }
    ids = [f"fridge-{number:06d}" for number in range(devices)]
    sites = [f"site-{number // SITE_DEVICES:04d}" for number in range(devices)]
    return Fleet("Fridge", ids, fields, every_ns=10 * S, seed=seed, start_ns=BEGIN_NS, properties={"site": sites})


class Digest:
    """Of everything that an engine was fed, column by column, so that it does not matter where batches end."""

    def __init__(self) -> None:
        self._columns: dict[str, hashlib.blake2b] = {}

    def add(self, batch: Batch) -> None:
        for part in batch.parts:
            self._update(f"{part.device} key", part.key)
            self._update(f"{part.device} time", part.time)
            for name, column in part.fields.items():
                rows = slice(None) if column.known is None else column.known
                self._update(f"{part.device} {name}", column.values[rows])

    def _update(self, name: str, values: np.ndarray) -> None:
        self._columns.setdefault(name, hashlib.blake2b(digest_size=8)).update(values.tobytes())

    def __str__(self) -> str:
        whole = hashlib.blake2b(digest_size=8)
        for name in sorted(self._columns):
            whole.update(name.encode() + self._columns[name].digest())
        return whole.hexdigest()


def main(given: Sequence[str]) -> int:
    """Print one line for what was made, one for what came of it; the exit code says whether the bar was reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--devices", type=int, default=10_000, metavar="N", help="virtual devices")
    parser.add_argument("--hours", type=float, default=24.0, metavar="H", help="how long, in virtual time")
    parser.add_argument(
        "--span-min", type=int, default=10, metavar="M", help="made and fed at a time, in virtual minutes"
    )
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="another seed, other bytes")
    parser.add_argument("--bar", type=float, default=100.0, metavar="X", help="times real time that are asked for")
    parser.add_argument("--cpu", action="store_true", help="count CPU time: for a machine that others use too")
    options = parser.parse_args(given)
    clock = time.process_time if options.cpu else time.perf_counter
    plan = compiled("fridges")
    length = int(options.hours * HOUR)

    begin = clock()
    engine = Engine(plan)
    telemetry = Telemetry(engine, [fridges(options.devices, options.seed)])
    digest, made, making, digesting, alerts, outputs = Digest(), 0, 0.0, 0.0, 0, 0
    for start in range(BEGIN_NS, BEGIN_NS + length, options.span_min * MINUTE):
        end = min(start + options.span_min * MINUTE, BEGIN_NS + length)
        before = clock()
        batch = telemetry.batch(telemetry.reports(start, end))
        after = clock()
        digest.add(batch)
        made, making, digesting = made + len(batch), making + after - before, digesting + clock() - after
        for found in (engine.feed(batch), engine.mark_all(end)):
            outputs += len(found)
            alerts += sum(isinstance(one, Alerted) for one in found)
    engine.end()
    seconds = clock() - begin - digesting

    times = length / S / seconds
    kind = "CPU time" if options.cpu else "time"
    print(f"{options.devices:,} devices, {options.hours:g} h: {made:,} reports of 3 fields, digest {digest}")
    print(f"{seconds:.1f} s of {kind} ({making:.1f} s to make them): {times:,.0f} x real time, {made / seconds:,.0f}/s")
    print(f"{outputs:,} outputs, {alerts:,} alerts; processed {engine.counters.processed:,}")
    if engine.counters.processed != made:
        print(f"error: {made:,} reports were made, and {engine.counters.read:,} read", file=sys.stderr)
        return 1
    return 0 if times >= options.bar else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
