"""How long programs of many rules take to compile, stage by stage, and how long to check again after an edit.

usage: python benchmarks/compile.py [--rules 200 1000 10000] [--shapes mix thresholds …] [--repetitions 3] [--cpu]

Each program is compiled in a process of its own, on one core: `once` is what a process does the first time (it loads
the parser); of the repetitions the best counts. `edited` is reading and checking the program again after a rule of it
was changed, as an editor does: what did not change is not read again, but all of it is checked.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headgate.dsl.diagnostic import Diagnostic
    from headgate.dsl.source import SourceText

Clock = Callable[[], float]

RULES = (200, 1000, 10_000)
MB = 1_000_000
BARS_S = {1000: 2.0, 10_000: 25.0}
"""What compiling so many rules may take; what checking an edited file of 200 rules may take stands beside it."""
EDITED_RULES = 200
EDITED_BAR_S = 0.150


def peak_bytes() -> int | None:
    """The most memory that this process has had; None where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


# --- In a process of its own -----------------------------------------------------------------------------------------


def measured(shape: str, rules: int, repetitions: int, clock: Clock) -> dict[str, Any]:
    """Seconds of each stage, of the whole, and of checking after an edit; the peak of memory; the plan's nodes."""
    from headgate.benchmarks.many_rules import SHAPES, with_one_edited
    from headgate.dsl.parse import parse
    from headgate.dsl.source import SourceText

    begin = clock()
    parse(SourceText("empty.iot", "module empty\n"))
    seconds = {"once": clock() - begin}
    text = SHAPES[shape](rules)
    nodes = 0
    for _ in range(repetitions):
        spent, nodes = _compiled(SourceText("many.iot", text), clock)
        seconds |= {name: min(took, seconds.get(name, took)) for name, took in spent.items()}
        gc.collect()
    peak = peak_bytes()
    seconds["edited"] = min(_checked_again(text, with_one_edited(text), clock) for _ in range(repetitions))
    return {"seconds": seconds, "peak_bytes": peak, "nodes": nodes, "lines": text.count("\n")}


def _compiled(source: "SourceText", clock: Clock) -> tuple[dict[str, float], int]:
    """Seconds of each stage and of all of them, and how many nodes the plan has."""
    from headgate.compiler.compile import STAGES, Compiled
    from headgate.compiler.passes import ALL

    compiled = Compiled(source, ALL)
    spent = {}
    for stage in STAGES:
        begin = clock()
        stage(compiled)
        spent[stage.__name__.strip("_")] = clock() - begin
        _no_errors((*compiled.problems, *compiled.not_running))
    assert compiled.plan is not None
    return {**spent, "whole": sum(spent.values())}, len(compiled.plan.nodes)


def _checked_again(before: str, after: str, clock: Clock) -> float:
    """Seconds of checking a text a little different from the one just checked."""
    from headgate.compiler.front import check_program
    from headgate.dsl.parse import Memory, parse
    from headgate.dsl.source import SourceText

    memory, seconds = Memory(), 0.0
    for text in (before, after):
        begin = clock()
        program, problems = parse(SourceText("many.iot", text), memory)
        _, more = check_program(program)
        seconds = clock() - begin
        _no_errors((*problems, *more))
    return seconds


def _no_errors(problems: "Iterable[Diagnostic]") -> None:
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise RuntimeError(f"the program has {len(errors)} errors; the first: {errors[0].title}")


# --- The table -------------------------------------------------------------------------------------------------------


def row(shape: str, rules: int, options: argparse.Namespace) -> dict[str, Any]:
    """What a process of its own measures."""
    command = [
        *(sys.executable, __file__, "--one", shape, str(rules), "--repetitions", str(options.repetitions)),
        *(["--cpu"] if options.cpu else []),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
    if done.returncode:
        raise RuntimeError(f"compiling {shape} of {rules} rules ended with {done.returncode}")
    return dict(json.loads(done.stdout))


def printed(shape: str, rules: int, said: dict[str, Any], header: bool) -> None:
    """A row of the table, in Markdown; before the first one its header."""
    seconds = said["seconds"]
    if header:
        columns = ["", "rules", "lines", "nodes", *seconds, "peak"]
        print("| " + " | ".join(columns) + " |")
        print("|" + " --- |" * len(columns))
    peak = "unknown" if said["peak_bytes"] is None else f"{said['peak_bytes'] / MB:.0f} MB"
    times = [f"{took:.3f}" if took < 1 else f"{took:.2f}" for took in seconds.values()]
    print(f"| {shape} | {rules:,} | {said['lines']:,} | {said['nodes']:,} | {' | '.join(times)} | {peak} |", flush=True)


def over(rules: int, said: dict[str, Any]) -> str:
    """Which bar a program missed, for people; empty if none."""
    missed = []
    if said["seconds"]["whole"] > BARS_S.get(rules, float("inf")):
        missed.append(f"compiling took more than {BARS_S[rules]:g} s")
    if rules == EDITED_RULES and said["seconds"]["edited"] > EDITED_BAR_S:
        missed.append(f"checking the edited file took more than {EDITED_BAR_S * 1000:.0f} ms")
    return ", ".join(missed)


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    from headgate.benchmarks.many_rules import SHAPES

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rules", type=int, nargs="+", default=list(RULES), metavar="N", help="sizes of programs")
    parser.add_argument("--shapes", choices=SHAPES, nargs="+", default=list(SHAPES), help="kinds of programs")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="how often each is compiled")
    parser.add_argument("--cpu", action="store_true", help="count CPU time: for a machine that others use too")
    parser.add_argument("--one", nargs=2, metavar=("SHAPE", "N"), help="one program in this process, as JSON")
    options = parser.parse_args(given)
    if options.repetitions < 1 or min(options.rules) < 1:
        parser.error("repetitions and rules must be at least 1")
    return options


def main(given: Sequence[str]) -> int:
    """Measure and print."""
    options = arguments(given)
    clock = time.process_time if options.cpu else time.perf_counter
    if options.one is not None:
        shape, rules = options.one
        print(json.dumps(measured(shape, int(rules), options.repetitions, clock)))
        return 0
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    missed = []
    for number, (rules, shape) in enumerate((rules, shape) for rules in options.rules for shape in options.shapes):
        said = row(shape, rules, options)
        printed(shape, rules, said, header=number == 0)
        missed += [f"{shape}, {rules:,} rules: {what}" for what in [over(rules, said)] if what]
    kind = "CPU time" if options.cpu else "wall time"
    print(f"\nSeconds of {kind}, best of {options.repetitions} (`once`: of one).")
    print("\n".join(missed) or "Within the bars: 1,000 rules in 2 s, 10,000 in 25 s, an edited file of 200 in 150 ms.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
