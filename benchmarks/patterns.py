"""The patterns that multiply: what a million events cost, and what is kept of them, at most.

usage: python benchmarks/patterns.py [--events 1000000] [--devices 1 1000] [--only each …]

Every event may take part: letters at random, one a millisecond. A match is made when it is due, and counted; of what is
not matched at most so many threads are kept for a device (`threads`), and `dropped` counts the others.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Pattern, Plan
from headgate.dsl.source import SourceText
from headgate.runtime.batch import Batch, Messages
from headgate.runtime.engine import Engine
from headgate.runtime.operators.patterns import PatternOperator
from headgate.stdlib.column import Column

NS_PER_MS = 1_000_000
BATCH_ROWS = 1 << 16
BEGIN_NS = 1_700_000_000_000 * NS_PER_MS

PROGRAM = """
module multiplying
device D {{ telemetry k: float }}
rule r for D {{ when ({pattern}) do {{ alert "{{id}}" }} }}
"""
LISTED = """
module multiplying
device D {{ telemetry k: float }}
pattern p for D = {pattern}
"""

PATTERNS = {
    "newest": "k == 0 then k == 1 then k == 2 within 1 h",
    "captured": "k == 0 as a then k > a.k + 2 then k == 0 within 1 h",
    "each": "k == 0 then each k == 1 then each k == 2 within 1 h skip none",
    "listed": "k == 0 then each k == 1 then each k == 2 within 1 h skip none",
    "all of": "all of (k == 0, k == 1, k == 2, k == 3, k == 4) within 1 h",
    "nested": "(k == 0 then k == 1 at least 1 times then k == 2) at least 2 times then k == 7 within 1 h",
    "repeated": "k == 0 then k == 1 at least 1 times then k == 7 within 1 h skip none",
    "greedy": "k == 0 then k < 4 at least 1 times greedy then k == 7 within 1 h",
    "silence": "k == 0 then no k == 1 for 3 ms then k == 2 within 1 s",
}
"""By name; of `listed` every match is put out with its events, of the others there is an alert."""


def compiled(name: str) -> Plan:
    """The plan of a program with this pattern."""
    program = LISTED if name == "listed" else PROGRAM
    outcome = compile_text(SourceText("patterns.iot", program.format(pattern=PATTERNS[name])))
    if outcome.plan is None:
        problems = [*outcome.problems.found, *outcome.not_running]
        raise ValueError(f"{name}: {'; '.join(map(str, problems))}")
    return outcome.plan


def batches(engine: Engine, events: int, devices: int) -> Iterator[Batch]:
    """So many events of so many devices, in turn."""
    rng = np.random.default_rng(7)
    registry = engine.registries["D"]
    keys = np.array([registry.key(f"d{number}") for number in range(devices)], dtype=np.int32)
    for start in range(0, events, BATCH_ROWS):
        place = np.arange(start, min(start + BATCH_ROWS, events), dtype=np.int64)
        letters = rng.integers(0, 8, len(place)).astype(np.float64)
        yield Batch(
            (Messages("D", place, keys[place % devices], BEGIN_NS + place * NS_PER_MS, {"k": Column(letters)}),)
        )


def run(name: str, events: int, devices: int) -> dict[str, Any]:
    """What it costs (seconds of this process), what it gives, and what is kept at the end."""
    plan = compiled(name)
    engine = Engine(plan)
    matches = 0
    fed = list(batches(engine, events, devices))
    begin = time.process_time()
    for batch in fed:
        matches += len(engine.feed(batch))
    seconds = time.process_time() - begin
    (operator,) = [one for one in engine.stateful().values() if isinstance(one, PatternOperator)]
    (node,) = [node for node in plan.nodes if isinstance(node.operator, Pattern)]
    kept = sum(array.nbytes for array in (operator.keys, operator.threads, operator.bound, operator.events))
    return {
        "events": f"{events / seconds / 1e6:.2f} M/s",
        "outputs": matches,
        "threads": node.operator.threads_max if isinstance(node.operator, Pattern) else 0,
        "kept": f"{kept / devices / 1e3:.1f} kB",
        "stated": f"{node.cost.state_bytes_per_key / 1e3:.1f} kB",
        "dropped": engine.counters.dropped["dropped_partial"],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--devices", type=int, nargs="*", default=[1, 1000])
    parser.add_argument("--only", nargs="*", default=list(PATTERNS), choices=list(PATTERNS))
    options = parser.parse_args(arguments)
    run("newest", 1000, 1)
    columns = ("pattern", "devices", "events", "outputs", "threads", "kept", "stated", "dropped")
    print("  ".join(f"{column:>12}" for column in columns))
    for name in options.only:
        for devices in options.devices:
            row = {"pattern": name, "devices": devices, **run(name, options.events, devices)}
            print("  ".join(f"{row[column]!s:>12}" for column in columns), flush=True)


if __name__ == "__main__":
    main()
