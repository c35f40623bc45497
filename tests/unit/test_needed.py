"""An engine loads the kernels that its plan uses, when it is built, and no others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.benchmarks.by_headgate import compiled
from headgate.benchmarks.stream import make_stream
from headgate.runtime.engine import Engine
from headgate.runtime.kernels.jit import COMPILED
from headgate.runtime.needed import kernels_of

RUN = """
import json, sys
from pathlib import Path
from headgate.benchmarks.by_headgate import compiled
from headgate.runtime.compiling import every_kernel
from headgate.runtime.connectors.json_lines import JsonLines
from headgate.runtime.replay import Replay

def loaded():
    return {kernel.name.removeprefix("headgate.runtime.kernels.") for kernel in every_kernel() if kernel.is_compiled}

built, run = [], []
for workload in sys.argv[2:]:
    plan = compiled(workload)
    replay = Replay.of(plan)
    built.append(sorted(loaded()))
    for _ in replay.run([(JsonLines(sys.argv[1]), [source.name for source in plan.sources])]):
        pass
    run.append(sorted(loaded()))
print(json.dumps([built, run]))
"""
READING = {"line_ends._lines", "packed.unpack", "packed.enter"}
"""What reads JSON lines is loaded with the first of them."""

with_numba = pytest.mark.skipif(not COMPILED, reason="kernels are plain Python here")


def loaded(folder: Path, *workloads: str) -> tuple[list[set[str]], list[set[str]]]:
    """The kernels that a process of its own has loaded when an engine for each workload was built, and has run."""
    readings = folder / "stream.jsonl"
    make_stream(2000, 20).write_json_lines(readings)
    command = [sys.executable, "-c", RUN, str(readings), *workloads]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=True)
    built, run = json.loads(done.stdout)
    return [set(names) for names in built], [set(names) for names in run]


@with_numba
def test_a_plan_without_windows_patterns_and_twins_loads_none_of_their_kernels(tmp_path: Path) -> None:
    (built,), _ = loaded(tmp_path, "w1")
    assert {name.partition(".")[0] for name in built} <= {"episodes", "held", "instants", "order", "queues", "settling"}


@with_numba
def test_no_kernel_is_loaded_in_the_middle_of_a_stream(tmp_path: Path) -> None:
    built, run = loaded(tmp_path, "w1", "w2", "w3", "w4", "w5", "w6")
    assert [after - before - READING for before, after in zip(built, run, strict=True)] == [set()] * 6


@with_numba
def test_a_window_needs_its_kernels() -> None:
    engine = Engine(compiled("w2"))
    needed = {kernel.name.rpartition(".")[2] for kernel in kernels_of({type(p) for p in engine.stateful().values()})}
    assert "windows" in needed


def test_where_kernels_are_plain_python_none_is_loaded() -> None:
    if not COMPILED:
        assert kernels_of({type(part) for part in Engine(compiled("w6")).stateful().values()}) == []
