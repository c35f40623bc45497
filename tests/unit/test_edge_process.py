"""A compiled plan runs where neither the parser nor the other heavy libraries can be imported."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.benchmarks.by_headgate import compiled
from headgate.benchmarks.by_loop import from_json_lines
from headgate.benchmarks.edge_process import FORBIDDEN, Refuser
from headgate.benchmarks.stream import make_stream
from headgate.compiler.document import dump

EDGE_PROCESS = Path(__file__).parents[2] / "benchmarks" / "edge_process.py"


def test_a_plan_runs_where_the_heavy_libraries_cannot_be_imported(tmp_path: Path) -> None:
    plan, readings = tmp_path / "w1.json", tmp_path / "stream.jsonl"
    stream = make_stream(5000, 100)
    plan.write_bytes(dump(compiled("w1")))
    stream.write_json_lines(readings)
    command = [sys.executable, str(EDGE_PROCESS), str(plan), str(readings)]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    end = json.loads(done.stdout.splitlines()[-1])
    assert from_json_lines(readings)
    assert end["outputs"] == {"Matched": len(from_json_lines(readings))}
    assert end["processed"] == len(stream)
    assert end["forbidden"] == []


@pytest.mark.parametrize("name", [*FORBIDDEN, "scipy.optimize"])
def test_the_edge_process_refuses_the_heavy_libraries_and_their_parts(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="must not be imported here"):
        Refuser().find_spec(name, None)
    assert Refuser().find_spec("numpy", None) is None
