"""Where engines have their cliffs: many devices, one hot device, many rules. One table, beside Polars.

usage: python benchmarks/extremes.py [--events 1000000] [--repetitions 3] [--cpu]

W6 on many devices and on one: what counts is what it costs beside the plain case, here and with Polars. Then a thousand
rules beside ten: what the making of the engine costs, the first batch (in which each rule begins for each device), and
the batches after it. More rules that are raised more often have more to tell, too: so it is also said what an output
costs, and what the same outputs cost where ten rules of a thousand are ever raised.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

# Read when Polars is imported.
os.environ["POLARS_MAX_THREADS"] = "1"

import numpy as np

from headgate.benchmarks import by_headgate, by_loop, by_polars
from headgate.benchmarks.answers import Answer, difference, expected
from headgate.benchmarks.measuring import Measure, Task, beside
from headgate.benchmarks.stream import BATCH_ROWS, Stream, make_stream
from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Plan
from headgate.dsl.source import SourceText
from headgate.runtime.gathering import Table
from headgate.runtime.kernels.life import RAISED

SMALL_BATCH_ROWS = 1_024
NO_LINES = Path("no-json-lines-here")
DEVICE = """module limits

device Sensor max 20000 {
    telemetry temp: degC
    telemetry vib: mm/s
    telemetry door: bool
}
"""
Range = tuple[float, float]
"""The least and the greatest of the limits of so many rules, in degC."""
LIMITS: Mapping[str, Callable[[int], Range]] = {
    "one of them passed, however many": lambda count: (80.0, 80.0 + 50.0 * count),
    "seldom passed": lambda count: (80.0, 580.0),
    "all passed in every batch": lambda count: (56.0, 66.0),
}


def limits(count: int, between: Range) -> str:
    """A program of so many rules, each with a limit of its own, of four kinds in turn."""
    low, high = between
    rules = [DEVICE]
    for n in range(count):
        limit = low + (high - low) * n / count
        condition = (
            f"temp > {limit:.4f} degC for 3 s",
            f"temp > {limit:.4f} degC",
            f"temp > {limit:.4f} degC and vib > {4 + n / count:.4f} mm/s",
            f"temp > {limit:.4f} degC until temp < {limit - 5:.4f} degC",
        )[n % 4]
        rules.append(f'rule limit_{n} for Sensor {{ when {condition} do {{ alert "{{id}}: {{temp}}, limit {n}" }} }}')
    return "\n".join(rules)


def raised_by_hand(stream: Stream, count: int, between: Range) -> int:
    """How often the rules of `limits` that have no duration are raised, found one rule and device at a time."""
    low, high = between
    order = np.argsort(stream.dev, kind="stable")
    dev, temp, vib = stream.dev[order], stream.temp[order], stream.vib[order]
    begins = np.ones(len(dev), dtype=np.bool_)
    begins[1:] = dev[1:] != dev[:-1]
    total = 0
    for n in range(count):
        limit = float(f"{low + (high - low) * n / count:.4f}")
        above = temp > limit
        if n % 4 == 2:
            above &= vib > float(f"{4 + n / count:.4f}")
        if n % 4 == 3:
            # It is over only below the lower limit: what lies between changes nothing.
            known = above | (temp < float(f"{low + (high - low) * n / count - 5:.4f}")) | begins
            above = above[known]
            total += int((above & (~np.roll(above, 1) | begins[known])).sum())
        elif n % 4:
            total += int((above & (~np.roll(above, 1) | begins)).sum())
    return total


@dataclass(frozen=True)
class Cost:
    """What rules cost: seconds for making the engine, the first batch, all others with the end; outputs of both."""

    making: float
    first: float
    later: float
    first_outputs: int
    later_outputs: int

    def least(self, other: "Cost") -> "Cost":
        """The best of two measurements of the same."""
        return Cost(
            min(self.making, other.making), min(self.first, other.first), min(self.later, other.later),
            self.first_outputs, self.later_outputs,
        )  # fmt: skip


def of_rules(plan: Plan, stream: Stream, rows: int, clock: Callable[[], float]) -> tuple[Cost, Answer]:
    """Feed the stream, so many rows at a time; how often the rules without a duration were raised."""
    batches = stream.batches(rows=rows)
    raised, outputs = 0, list[int]()
    begin = clock()
    engine = by_headgate.ready(plan, stream)
    made = first = clock()
    for one in by_headgate.through(engine, stream, batches):
        raised += sum(raised_in(table) for table in one.tables())
        outputs.append(len(one))
        if len(outputs) == 1:
            first = clock()
    return Cost(made - begin, first - made, clock() - first, outputs[0], sum(outputs[1:])), {"raised": raised}


def raised_in(table: Table) -> int:
    """How often the rules of `limits` that have no duration were raised."""
    counts = np.bincount(table.lane[table.values.values == RAISED])
    return sum(int(counts[lane]) for lane in np.flatnonzero(counts) if int(table.names[lane].split("_")[1]) % 4)


def hot(stream: Stream) -> Stream:
    """The same readings, all of them of one device."""
    return replace(stream, ids=stream.ids[:1], dev=np.zeros_like(stream.dev))


def w6(stream: Stream) -> dict[str, Task]:
    """W6 on a stream, by Headgate and by Polars."""
    loop = by_loop.questions(stream, NO_LINES)
    right = expected(len(stream), len(stream.ids), {w: loop[w]() for w in ("W1", "W2", "W3", "W4", "W5")})["W6"]
    if len(stream.ids) == 1:
        right = loop["W6"]()
    asked = {
        "Headgate": by_headgate.questions(stream, NO_LINES)["W6"],
        "Polars": by_polars.questions(stream, NO_LINES)["W6"],
    }
    return {who: Task(question, partial(difference, right)) for who, question in asked.items()}


def devices(plain: Stream, measure: Measure) -> list[str]:
    """Print what W6 on other devices costs beside the plain case, each by turns with that; what was wrong."""
    events = len(plain)
    streams = {
        "1,000 devices": plain,
        "10,000 devices": make_stream(events, min(10_000, events)),
        "100,000 devices": make_stream(events, min(100_000, events)),
        "a device for each event": make_stream(events, events),
        "one device has all events": hot(plain),
    }
    print("| million events/s | Headgate | Polars | cost beside 1,000 devices: Headgate | Polars |")
    print("| --- | --- | --- | --- | --- |")
    wrong: list[str] = []
    few = w6(plain)
    for name, stream in streams.items():
        done = measure({f"{who}, few": task for who, task in few.items()} | w6(stream), events)
        wrong += [f"W6, {name}, {who}: {cell.wrong}" for who, cell in done.items() if cell.wrong]
        rates = " | ".join(f"{events / min(done[who].seconds) / 1e6:.2f}" for who in few)
        ratios = " | ".join(f"{beside(done[who], done[f'{who}, few']):.2f}" for who in few)
        print(f"| W6, {name} | {rates} | {ratios} |", flush=True)
    return wrong


def as_row(cost: Cost, few: Cost, events: int, rows: int) -> str:
    """The figures of a row, beside those of few rules."""

    def whole(one: Cost) -> float:
        return one.making + one.first + one.later

    batches = -(-events // rows)
    later_rate = (events - rows) / cost.later / 1e6 if batches > 1 else 0.0
    outputs = (cost.later / max(cost.later_outputs, 1)) / (few.later / max(few.later_outputs, 1))
    return " | ".join(
        (
            f"{cost.first_outputs + cost.later_outputs:,}",
            f"{cost.making * 1e3:.1f}",
            f"{cost.first * 1e3:.1f}",
            f"{cost.later / max(batches - 1, 1) * 1e3:.2f}",
            f"{events / whole(cost) / 1e6:.2f}",
            f"{later_rate:.2f}",
            f"{whole(cost) / whole(few):.2f}",
            f"{cost.later / few.later:.2f}",
            f"{outputs:.2f}",
        )
    )


def main(given: Sequence[str]) -> int:
    """Print the table; the exit code says whether all answers were right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000, metavar="N", help="events in each stream")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="how often each is measured")
    parser.add_argument("--cpu", action="store_true", help="count CPU time: for a machine that others use too")
    options = parser.parse_args(given)
    clock = time.process_time if options.cpu else time.perf_counter
    measure = Measure(options.repetitions, clock)
    plain = make_stream(options.events, min(1_000, options.events))
    wrong = devices(plain, measure)
    print("\n| rules, and their limits | outputs | making the engine, ms | first batch, ms | a later batch, ms"
          " | M events/s in all | after the first batch | cost beside ten rules: in all | after the first batch"
          " | an output after the first batch |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for said, between in LIMITS.items():
        for rows in (BATCH_ROWS, SMALL_BATCH_ROWS):
            few: Cost | None = None
            for count in (10, 100, 1_000):
                outcome = compile_text(SourceText("limits.iot", limits(count, between(count))))
                assert outcome.plan is not None
                what = f"{count:,} rules, {said}, {rows:,} events at a time"
                cost, answer = of_rules(outcome.plan, plain, rows, clock)
                right = {"raised": raised_by_hand(plain, count, between(count))}
                if difference(right, answer):
                    wrong.append(f"{what}: {difference(right, answer)}")
                for _ in range(options.repetitions):
                    cost = cost.least(of_rules(outcome.plan, plain, rows, clock)[0])
                few = few or cost
                print(f"| {what} | {as_row(cost, few, options.events, rows)} |", flush=True)
    print(*wrong, sep="\n", file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
