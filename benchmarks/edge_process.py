"""A process as at the edge: it runs a compiled plan where the compiler's libraries cannot be imported.

usage: python benchmarks/edge_process.py PLAN.json READINGS.jsonl

Prints one line when it is ready for input and one at the end, each with the resident memory so far, as JSON.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

FORBIDDEN = ("lark", "networkx", "scipy", "pydantic")


class Refuser(MetaPathFinder):
    """Lets none of the forbidden libraries be imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in FORBIDDEN:
            raise ModuleNotFoundError(f"{fullname} must not be imported here", name=fullname)
        return None


def resident_bytes() -> int | None:
    """This process's memory now; None where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def say(**members: object) -> None:
    """One line of JSON for who started this."""
    print(json.dumps({**members, "resident_bytes": resident_bytes()}), flush=True)


def main(plan_file: Path, readings: Path) -> None:
    """Load the plan, say so, run it, say what came of it."""
    sys.meta_path.insert(0, Refuser())
    from headgate.compiler.document import load
    from headgate.runtime.connectors.json_lines import JsonLines
    from headgate.runtime.kernels.jit import COMPILED
    from headgate.runtime.replay import Replay

    plan = load(plan_file.read_bytes())
    replay = Replay.of(plan)
    say(compiled=COMPILED, cpu_s=time.process_time())
    outputs_by_kind: Counter[str] = Counter()
    for outputs in replay.run([(JsonLines(str(readings)), [source.name for source in plan.sources])]):
        outputs_by_kind.update(type(output).__name__ for output in outputs)
    say(
        outputs=outputs_by_kind,
        processed=replay.counters.processed,
        forbidden=sorted(set(FORBIDDEN) & set(sys.modules)),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
