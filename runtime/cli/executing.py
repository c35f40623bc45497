"""A program over inputs: its outputs as they happen, and a summary."""

import json
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol, TextIO

from ...compiler.plan import Plan, Rule
from ..connectors.payload import InputError
from ..deployment.inventory import Registered
from ..durable import Interval, StateMismatch
from ..engine import Engine
from ..output import Life, Output, Sent
from ..replay import INPUTS_MAX, Replay
from ..results import to_line
from .check import in_colour, plural
from .compiling import plan_of
from .exits import Exit, Failure
from .inputs import match_inputs
from .parts import Uplink, accepted_part
from .printing import Printer, besides, quarantined
from .program import is_plan, load_plan
from .progress import Progress, rate
from .resuming import resumed

AHEAD_NS = 24 * 3600 * 10**9
"""How far a message may be ahead of this machine's clock."""


def execute(options: Namespace) -> Exit:
    """Run a program or a plan to the end of its inputs."""
    asked = _asked(options)
    plan = asked.plan
    inputs = match_inputs(plan, options.input)
    results = (
        None if options.no_results else options.results or (None if options.json else f"{plan.module}.results.jsonl")
    )
    for path in (results, options.quarantine, options.packets):
        if path is not None and any(_same_file(path, reader.name) for reader, _ in inputs):
            raise Failure(f"`{path}` is an input; what is written must go elsewhere", Exit.USAGE)
    replay = Replay.of(plan, time.time_ns() + AHEAD_NS, asked.devices, asked.engine)
    report = Report(plan, replay, results, options.json, options.quiet)
    progress = Progress(sys.stderr, sys.stderr.isatty() and (options.quiet or not sys.stdout.isatty()))
    ending = Exit.OK
    problem: InputError | StateMismatch | None = None
    with ExitStack() as files:
        run: Callable[..., Iterator[Sequence[Output]]] = replay.run
        if options.state is not None:
            durable = resumed(options, plan, replay, results, report, asked.uplink, files)
            report.sink = durable.files.get("results")
            run = partial(durable.outputs, interval=Interval(messages=options.checkpoint_every))
        else:
            report.sink = files.enter_context(_created(results)) if results is not None else None
            if options.quarantine is not None:
                replay.quarantine.sink = files.enter_context(_created_text(options.quarantine))
            if asked.uplink is not None and options.packets is not None:
                asked.uplink.packets = files.enter_context(_created(options.packets))
        try:
            for outputs in run(inputs, inputs_max=options.batch or INPUTS_MAX, messages_max=options.limit):
                progress.clear()
                report.take(outputs)
                if asked.uplink is not None:
                    asked.uplink.take(outputs)
                replay.admission.latest_ns = time.time_ns() + AHEAD_NS
                progress.update(replay.admission.next_seq, replay.admission.newest_ns)
        except KeyboardInterrupt:
            ending = Exit.INTERRUPTED
        except (InputError, StateMismatch) as found:
            ending, problem = Exit.INPUT_OUTPUT, found
        progress.clear()
    if asked.uplink is not None and options.json:
        print(json.dumps({"what": "packets", **asked.uplink.as_json(options.packets)}))
    report.summarise(progress.seconds, ending)
    if asked.uplink is not None and not options.json:
        print(asked.uplink.summary(options.packets))
    if problem is not None:
        raise Failure(str(problem), Exit.INPUT_OUTPUT)
    return ending


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to run: a plan, with the devices that are registered. Of a part that has a place above it, its engine,
    which is watched."""

    plan: Plan
    devices: Sequence[Registered] = ()
    engine: Engine | None = None
    uplink: Uplink | None = None


def _asked(options: Namespace) -> _Asked:
    """A program, a plan, or the part of a deployment."""
    if (options.program is None) == (options.part is None):
        raise Failure("name what is to run: a program, or --part and a part of a deployment", Exit.USAGE)
    if options.part is not None:
        return _of_part(options)
    for name in ("packets", "remember", "identity", "trust", "at"):
        if getattr(options, name):
            raise Failure(f"--{name} is about a part: give --part", Exit.USAGE)
    plan = load_plan(options.program) if is_plan(options.program) else plan_of(options.program, options.path)
    if options.inventory is None:
        return _Asked(plan)
    from .inventories import inventory_from

    return _Asked(plan, inventory_from(options.inventory, plan).devices)


def _of_part(options: Namespace) -> _Asked:
    from ..deployment.accepting import Refused

    if options.inventory is not None:
        raise Failure("--inventory is not for a part: it has its devices in it", Exit.USAGE)
    try:
        found = accepted_part(options, options.part, options.remember)
    except Refused as refused:
        text = f"`{options.part}` is refused ({refused.reason.value}): {refused}"
        raise Failure(text, Exit.PROGRAM) from None
    if not found.plan.sources:
        raise Failure(f"`{options.part}` takes no messages, but what gateways tell over their links", Exit.USAGE)
    if found.part.crosses.above is None:
        return _Asked(found.plan, found.inventory.devices)
    uplink = Uplink(found)
    return _Asked(found.plan, found.inventory.devices, uplink.gateway.engine, uplink)


def _same_file(path: str, other: str) -> bool:
    return Path(path).exists() and Path(other).exists() and Path(path).samefile(other)


def _created(path: str) -> BinaryIO:
    try:
        return open(path, "wb")
    except OSError as problem:
        raise _cannot_write(path, problem) from None


def _created_text(path: str) -> TextIO:
    try:
        return open(path, "w", encoding="utf-8", newline="\n")
    except OSError as problem:
        raise _cannot_write(path, problem) from None


def _cannot_write(path: str, problem: OSError) -> Failure:
    return Failure(f"cannot write `{path}`: {problem.strerror or problem}", Exit.INPUT_OUTPUT)


# --- What is told ----------------------------------------------------------------------------------------------------


class Sink(Protocol):
    """Where lines of results are written."""

    def writelines(self, lines: Iterable[bytes], /) -> object: ...


@dataclass(slots=True)
class Report:
    """Writes and prints outputs, and counts them for the summary."""

    STATE: ClassVar[tuple[str, ...]] = ("outputs", "commands", "raised")

    plan: Plan
    replay: Replay
    results: str | None
    as_json: bool
    quiet: bool
    sink: Sink | None = None
    outputs: int = 0
    commands: int = 0
    raised: Counter[str] = field(default_factory=Counter)
    _printer: Printer = field(init=False)

    def __post_init__(self) -> None:
        self._printer = Printer(self.plan, in_colour(sys.stdout))

    def take(self, outputs: Sequence[Output]) -> None:
        """The outputs of a batch."""
        lines: list[bytes] = []
        if self.sink is not None or (self.as_json and not self.quiet):
            lines = [to_line(output) for output in outputs]
        if self.sink is not None:
            self.sink.writelines(lines)
        if not self.quiet:
            if self.as_json:
                sys.stdout.write(b"".join(lines).decode())
            else:
                sys.stdout.writelines(f"{line}\n" for line in self._printer.lines(outputs))
            sys.stdout.flush()
        for output in outputs:
            self.outputs += 1
            if isinstance(output, Life) and output.what == "raised":
                self.raised[output.rule] += 1
            self.commands += isinstance(output, Sent)

    def summarise(self, seconds: float, ending: Exit) -> None:
        """Print what became of everything that was read."""
        counters = self.replay.counters
        read, registered = self.replay.admission.messages, self.replay.admission.registered
        if self.as_json:
            print(
                json.dumps(
                    {
                        "what": "summary",
                        "read": read,
                        "registered": registered,
                        "processed": counters.processed - registered,
                        "late": counters.late,
                        "quarantined": dict(+counters.quarantined),
                        "duplicate": counters.duplicate,
                        "shed": dict(+counters.shed),
                        "clamped": counters.clamped,
                        "dropped": dict(+counters.dropped),
                        "raised": dict(self.raised),
                        "commands": self.commands,
                        "outputs": self.outputs,
                        "seconds": round(seconds, 3),
                        "results": self.results,
                        "complete": ending is Exit.OK,
                    }
                )
            )
            return
        if not self.quiet and self.outputs:
            print()
        if ending is not Exit.OK:
            print("not complete: it ended before the inputs did")
        print(f"{plural(read, 'message')} read in {seconds:.2f} s ({rate(read, seconds)})")
        print(f"  {'processed':<17} {counters.processed - registered:>11,}")
        print(f"  {'late':<17} {counters.late:>11,}")
        print(f"  {'quarantined':<17} {sum(counters.quarantined.values()):>11,}")
        for line in quarantined(self.replay.quarantine):
            print(f"  {line}")
        for line in besides(self.replay.quarantine):
            print(f"  {line}")
        if registered:
            print(f"{plural(registered, 'device')} registered by the inventory")
        self._summarise_outputs()

    def _summarise_outputs(self) -> None:
        counters = self.replay.counters
        if any(counters.dropped.values()):
            print("dropped on the way")
            for reason, number in (+counters.dropped).most_common():
                print(f"  {reason:<17} {number:>11,}")
        rules = [node.operator.name for node in self.plan.nodes if isinstance(node.operator, Rule)]
        if rules:
            print("raised")
            for rule in rules:
                print(f"  {rule:<17} {self.raised[rule]:>11,}")
            print(f"  {'commands planned':<17} {self.commands:>11,}")
        where = "" if self.results is None else f", written to {self.results}"
        print(f"{plural(self.outputs, 'result')}{where}")
