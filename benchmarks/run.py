"""Rates of the benchmark's workloads: Headgate beside a Python loop, Polars, DuckDB and Bytewax, in one table.

usage: python benchmarks/run.py [--events 1000000] [--devices 1000] [--repetitions 5] [--cpu]

Million events a second: the best of the repetitions, and their median in brackets, after one that is not counted. Wall
time (or, where others use the machine, the process's own CPU time), in one process, on one core. All who answer a
question do so by turns, so that a machine which is now faster and now slower is so for all of them: what Headgate takes
beside another is the median of what it took so in each turn. Every answer is checked: `ok`, or what is wrong, and then
the exit code is 1.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# Read when Polars is imported.
os.environ["POLARS_MAX_THREADS"] = "1"

from headgate.benchmarks.answers import WORKLOADS, difference, expected
from headgate.benchmarks.measuring import Cell, Measure, Row, Task, beside
from headgate.benchmarks.only_decoding import ALL_AT_ONCE, DECODERS
from headgate.benchmarks.stream import Stream, make_stream

HEADGATE = "Headgate"
PEERS = {
    "hand-written Python loop": "by_loop",
    "Polars, whole batch": "by_polars",
    "DuckDB, whole batch": "by_duckdb",
    HEADGATE: "by_headgate",
}
PLAIN = "Headgate, kernels as plain Python"
BYTEWAX = "Bytewax"
SHORT_EVENTS = 100_000
"""For rows that would take minutes."""


def table(options: argparse.Namespace, stream: Stream, lines: Path) -> Mapping[str, Row]:
    """Every row that can be had here; what is not installed is named and left out."""
    tasks = prepared(options, stream, lines)
    # What was there before the clocks start is nobody's to look through.
    gc.collect()
    gc.freeze()
    measure = Measure(options.repetitions, time.process_time if options.cpu else time.perf_counter)
    rows: dict[str, dict[str, Cell]] = {name: {} for name in tasks}
    for workload in WORKLOADS:
        doing = {name: of[workload] for name, of in tasks.items() if workload in of}
        for name, cell in measure(doing, len(stream)).items():
            rows[name][workload] = cell
            print(f"{workload}  {name}: {cell.shown()}", file=sys.stderr, flush=True)
    if options.only is None:
        rows[PLAIN] = shorter(options, PLAIN, "by_headgate", {"HEADGATE_NUMBA": "0"})
        if find_spec("bytewax") is None:
            print(f"{BYTEWAX} is left out: it is not installed")
        else:
            rows[BYTEWAX] = shorter(options, BYTEWAX, "by_bytewax", {})
    return rows


def prepared(options: argparse.Namespace, stream: Stream, lines: Path) -> dict[str, dict[str, Task]]:
    """What is to be done, by row and workload."""
    from headgate.benchmarks import by_loop

    loop = by_loop.questions(stream, lines)
    right = expected(len(stream), options.devices, {w: loop[w]() for w in ("W1", "W2", "W3", "W4", "W5")})
    tasks: dict[str, dict[str, Task]] = {}
    for name, module in ({BYTEWAX: "by_bytewax"} if options.only == "by_bytewax" else PEERS).items():
        if options.only in (None, module):
            try:
                questions = import_module(f"headgate.benchmarks.{module}").questions(stream, lines)
            except ImportError as error:
                print(f"{name} is left out: {error.name} is not installed")
                continue
            tasks[name] = {w: Task(ask, partial(difference, right[w])) for w, ask in questions.items()}
    for name, prepare in DECODERS.items() if options.only is None else ():
        try:
            tasks[name] = {"W7": Task(prepare(lines), _counting(len(stream)))}
        except ImportError as error:
            print(f"{name} is left out: {error.name} is not installed")
    return tasks


def _counting(events: int) -> Callable[[int], str]:
    return lambda count: "" if count == events else f"{count} messages, not {events}"


def shorter(options: argparse.Namespace, name: str, module: str, environment: Mapping[str, str]) -> dict[str, Cell]:
    """A row measured in a process of its own, on a shorter stream."""
    print(name, file=sys.stderr)
    events = max(SHORT_EVENTS // options.devices, 1) * options.devices
    command = [
        *(sys.executable, __file__, "--only", module, "--json"),
        *("--events", str(min(events, options.events)), "--devices", str(options.devices), "--repetitions", "2"),
        *(["--cpu"] if options.cpu else []),
    ]
    done = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, check=False, text=True)
    if not done.stdout:
        raise RuntimeError(f"the process of {name} ended with {done.returncode}")
    (row,) = json.loads(done.stdout).values()
    return {w: Cell(cell["events"], tuple(cell["seconds"]), cell["wrong"]) for w, cell in row.items()}


def printed(rows: Mapping[str, Row]) -> None:
    """The table, in Markdown; and what Headgate takes beside the others."""
    _print("million events/s", {name: {w: cell.shown() for w, cell in row.items()} for name, row in rows.items()})
    if HEADGATE in rows and len(rows) > 1:
        ours, others = rows[HEADGATE], {n: row for n, row in rows.items() if n not in (HEADGATE, PLAIN, BYTEWAX)}
        print()
        shown = {n: {w: f"{beside(ours[w], cell):.2f}" for w, cell in row.items()} for n, row in others.items()}
        _print("Headgate's time beside that of", shown)


def _print(title: str, rows: Mapping[str, Mapping[str, str]]) -> None:
    header = [title, *WORKLOADS]
    body = [[name, *(row.get(w, "") for w in WORKLOADS)] for name, row in rows.items()]
    widths = [max(len(line[i]) for line in [header, *body]) for i in range(len(header))]
    for line in [header, ["-" * width for width in widths], *body]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")


def remarks(options: argparse.Namespace, rows: Mapping[str, Row]) -> None:
    """What one must know to read the table."""
    clock = "CPU time" if options.cpu else "wall time"
    size = f"{options.events:,} events of {options.devices:,} devices"
    print(f"\n{size}; {clock}, best (median) of {options.repetitions}.")
    print("W6 is W1 to W5 in one program. W7 is W1 from JSON lines.")
    for name in (PLAIN, BYTEWAX):
        if name in rows:
            print(f"{name}: {rows[name]['W1'].events:,} events, best (median) of 2.")
    for name in ALL_AT_ONCE:
        if name in rows:
            print(f"A malformed line loses its neighbours with `{name}`.")


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000, metavar="N", help="events in the stream")
    parser.add_argument("--devices", type=int, default=1_000, metavar="N", help="devices that they come from")
    parser.add_argument("--repetitions", type=int, default=5, metavar="N", help="how often each workload is measured")
    parser.add_argument("--cpu", action="store_true", help="count CPU time: for a machine that others use too")
    parser.add_argument("--only", choices=[*PEERS.values(), "by_bytewax"], help="one row")
    parser.add_argument("--json", action="store_true", help="seconds as JSON instead of the table")
    options = parser.parse_args(given)
    if options.devices < 1 or options.events < options.devices or options.events % options.devices:
        parser.error("events must be a multiple of devices")
    if options.repetitions < 1:
        parser.error("repetitions must be at least 1")
    return options


def one_core() -> None:
    """Stay on one core, where the system lets a process say so."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def as_json(rows: Mapping[str, Row]) -> dict[str, Any]:
    """The table for another process."""
    return {
        n: {w: {"events": c.events, "seconds": c.seconds, "wrong": c.wrong} for w, c in r.items()}
        for n, r in rows.items()
    }


def main(given: Sequence[str]) -> int:
    """Measure, print, and say by the exit code whether every answer was right."""
    options = arguments(given)
    one_core()
    stream = make_stream(options.events, options.devices)
    with TemporaryDirectory() as folder:
        lines = Path(folder) / "stream.jsonl"
        stream.write_json_lines(lines)
        rows = table(options, stream, lines)
    if options.json:
        print(json.dumps(as_json(rows)))
    else:
        printed(rows)
        remarks(options, rows)
    wrong = [f"{name}, {w}: {cell.wrong}" for name, row in rows.items() for w, cell in row.items() if cell.wrong]
    print(*wrong, sep="\n", file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
