"""What runs a plan on given inputs: the reference interpreter and the engine, in one form, so that tests can ask both.

run = on_reference(compile_program(text), [Message("Pump", "a", 0, {"pressure": 3.0}), Mark("Pump", "a", 10 * S)])
run.outputs, run.counters
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from ...compiler.compile import compile_text
from ...compiler.passes import ALL
from ...compiler.plan import Plan
from ...dsl.render import render
from ...dsl.source import SourceText
from ..admitted import Acknowledge, Input, Mark, MarkAll, Message, batch_of, batches, fed
from ..interpret.reference import Reference
from ..output import Counters, Output
from ..simulation.execution import WholeEngine

__all__ = [
    "EXECUTORS",
    "Acknowledge",
    "Executor",
    "Input",
    "Mark",
    "MarkAll",
    "Message",
    "Run",
    "S",
    "batch_of",
    "batches",
    "compile_program",
    "fed",
    "feed",
    "on_engine",
    "on_reference",
]

S = 1_000_000_000
"""Nanoseconds in a second."""


@dataclass(frozen=True)
class Run:
    """What came of the inputs."""

    outputs: list[Output]
    counters: Counters


Executor = Callable[[Plan, Sequence[Input]], Run]


def compile_program(text: str, passes: Sequence[str] = ALL) -> Plan:
    """The plan of a program. Raises ValueError if it has errors, or cannot be executed."""
    source = SourceText("test.iot", text)
    compiled = compile_text(source, passes)
    if compiled.plan is None:
        raise ValueError("\n".join(render(problem, source) for problem in (*compiled.problems, *compiled.not_running)))
    return compiled.plan


def on_reference(plan: Plan, inputs: Sequence[Input], ending: bool = True) -> Run:
    """One input at a time, as docs/meaning.md says."""
    reference = Reference(plan)
    outputs: list[Output] = []
    for one in inputs:
        outputs += feed(reference, one)
    if ending:
        outputs += reference.end()
    return Run(outputs, reference.counters)


def feed(reference: Reference, one: Input) -> list[Output]:
    """What comes of one input."""
    match one:
        case Message(device, id_, time, fields):
            return reference.message(device, id_, time, fields)
        case Mark(device, id_, time):
            return reference.mark(device, id_, time)
        case MarkAll(time):
            return reference.mark_all(time)
        case Acknowledge(rule, key, time):
            return reference.acknowledge(rule, key, time)


def on_engine(plan: Plan, inputs: Sequence[Input], ending: bool = True, sizes: Sequence[int] = ()) -> Run:
    """In batches of the given sizes, the last one repeated; an acknowledgement ends a batch."""
    execution = WholeEngine(plan)
    outputs: list[Output] = []
    first = 0
    for size in chain(sizes[:-1], repeat(sizes[-1] if sizes else max(len(inputs), 1))):
        if first >= len(inputs):
            break
        outputs += execution.feed(inputs[first : first + size])
        first += size
    if ending:
        outputs += execution.end()
    return Run(outputs, execution.counters)


EXECUTORS: dict[str, Executor] = {"reference": on_reference, "engine": on_engine}
"""What the conformance cases and the tests of the meaning run on."""
