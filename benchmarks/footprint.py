"""What the engine needs where rules run next to devices: resident memory and start time, with Numba and without it.

usage: python benchmarks/footprint.py [--events 100000] [--devices 1000]

A plan is compiled here and given as a document to a process of its own, in which lark, networkx, scipy and pydantic
cannot be imported (`edge_process.py`). It starts when the process does, and is ready when the engine is.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from headgate.benchmarks.by_headgate import compiled
from headgate.benchmarks.by_loop import from_json_lines
from headgate.benchmarks.stream import make_stream
from headgate.compiler.document import dump

EDGE_PROCESS = Path(__file__).parent / "edge_process.py"
STARTS = 5
MB = 1_000_000


def edge_run(plan: Path, readings: Path, numba: bool) -> tuple[float, dict[str, Any], dict[str, Any]]:
    """Run a plan in a process of its own: seconds until it was ready, and what it said then and at the end."""
    environment = os.environ | {"HEADGATE_NUMBA": "1" if numba else "0"}
    command = [sys.executable, str(EDGE_PROCESS), str(plan), str(readings)]
    begin = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        seconds = time.perf_counter() - begin
        last = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"the edge's process ended with {process.returncode}")
    return seconds, json.loads(first), json.loads(last)


def in_mb(said: dict[str, Any]) -> str:
    """Resident memory as people read it."""
    resident = said["resident_bytes"]
    return "unknown" if resident is None else f"{resident / MB:.0f} MB"


def main(given: Sequence[str]) -> int:
    """Print the table; the exit code says whether the answers were right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000, metavar="N", help="readings that are run")
    parser.add_argument("--devices", type=int, default=1_000, metavar="N", help="devices that they come from")
    options = parser.parse_args(given)
    stream = make_stream(options.events, options.devices)
    right = True
    print("| W1, from JSON lines | until ready | CPU time of it | resident when ready | resident at the end | answer |")
    print("| --- | --- | --- | --- | --- | --- |")
    with TemporaryDirectory() as folder:
        plan, readings = Path(folder) / "w1.json", Path(folder) / "stream.jsonl"
        plan.write_bytes(dump(compiled("w1")))
        stream.write_json_lines(readings)
        events = len(from_json_lines(readings))
        for numba in (True, False):
            # Once without counting: files are read, and kernels compiled and cached, for the first time.
            edge_run(plan, readings, numba)
            runs = [edge_run(plan, readings, numba) for _ in range(STARTS)]
            _, ready, end = runs[-1]
            if numba and not ready["compiled"]:
                print("| with Numba | Numba is not installed | | | | |")
                continue
            good = end["outputs"] == {"Matched": events} and end["processed"] == len(stream) and not end["forbidden"]
            right &= good
            start = median(seconds for seconds, _, _ in runs)
            name = "with Numba" if numba else "kernels as plain Python"
            cpu = median(said["cpu_s"] for _, said, _ in runs)
            memory = f"{in_mb(ready)} | {in_mb(end)}"
            print(f"| {name} | {start:.2f} s | {cpu:.2f} s | {memory} | {'ok' if good else 'WRONG'} |")
    print(f"\nStart: the median of {STARTS}, with files and compiled kernels cached.")
    print(f"{options.events:,} readings of {options.devices:,} devices.")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
