"""Headgate itself: the programs of this folder's `programs`, fed from columns in batches, or from JSON lines.

The batches are there before the clock starts, as the peers' frame, table and lists are. All else counts: an engine made
of the plan, its devices registered, every batch, the marks and the end, and a look at everything that comes out, as
columns (`Outputs.columns`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from headgate.benchmarks.answers import Answer, Question, together
from headgate.benchmarks.stream import Stream
from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Plan
from headgate.dsl.source import SourceText
from headgate.runtime.batch import Batch
from headgate.runtime.connectors.json_lines import JsonLines
from headgate.runtime.engine import Engine
from headgate.runtime.gathering import Outputs
from headgate.runtime.kernels.life import RAISED
from headgate.runtime.replay import Replay

PROGRAMS = Path(__file__).parent / "programs"


def compiled(workload: str) -> Plan:
    """The plan of a workload's program: `w1` to `w6`, `l1`, `twins`."""
    name = f"{workload}.iot"
    outcome = compile_text(SourceText(name, (PROGRAMS / name).read_text(encoding="utf-8")))
    if outcome.plan is None:
        raise ValueError(f"{name} does not compile: {'; '.join(str(p) for p in outcome.problems.found)}")
    return outcome.plan


def fed(plan: Plan, stream: Stream, batches: Sequence[Batch]) -> Iterator[Outputs]:
    """What comes of a stream's batches, one after another, the marks and the end included."""
    return through(ready(plan, stream), stream, batches)


def ready(plan: Plan, stream: Stream) -> Engine:
    """An engine of the plan that knows the stream's devices."""
    engine = Engine(plan)
    engine.registries["Sensor"].register(stream.ids)
    return engine


def through(engine: Engine, stream: Stream, batches: Sequence[Batch]) -> Iterator[Outputs]:
    """What comes of the batches in this engine, and of the marks and the end."""
    for batch in batches:
        yield engine.feed(batch)
    yield engine.mark_all(stream.last_ns + 1)
    yield engine.end()


def questions(stream: Stream, lines: Path) -> Mapping[str, Question]:
    """W1 to W7 on this stream; W7 on the file of its JSON lines."""
    plans = {w: compiled(w) for w in ("w1", "w2", "w3", "w4", "w5", "w6")}
    batches = stream.batches()

    def ask(workload: str, *answers: Callable[[Sequence[Outputs]], Answer]) -> Question:
        def question() -> Answer:
            outputs = list(fed(plans[workload], stream, batches))
            found = [answer(outputs) for answer in answers]
            return together(found) if len(found) > 1 else found[0]

        return question

    def w7() -> Answer:
        return matched(list(Replay.of(plans["w1"]).run([(JsonLines(str(lines)), ["readings"])])))

    return {
        "W1": ask("w1", matched),
        "W2": ask("w2", tumbling),
        "W3": ask("w3", hopping),
        "W4": ask("w4", hot),
        "W5": ask("w5", warmed),
        "W6": ask("w6", matched, tumbling, hopping, hot, warmed),
        "W7": w7,
    }


def matched(outputs: Sequence[Outputs]) -> Answer:
    """Matches of the filter."""
    return {"events": sum(len(one.columns("hot_and_shaking").times) for one in outputs)}


def hot(outputs: Sequence[Outputs]) -> Answer:
    """How often W4's rule was raised."""
    return {"raised": raised(outputs, "hot")}


def warmed(outputs: Sequence[Outputs]) -> Answer:
    """How often W5's was; it alerts each time."""
    return {"alerts": raised(outputs, "warmed")}


def raised(outputs: Sequence[Outputs], rule: str) -> int:
    """How often a rule was raised."""
    return sum(int((one.columns(rule).values.values == RAISED).sum()) for one in outputs)


def tumbling(outputs: Sequence[Outputs]) -> Answer:
    """The sums of what the five signals of W2 gave; an empty window, which has no mean, is none of the windows."""
    named = {"average": "means", "spread": "stddevs", "least": "mins", "greatest": "maxes", "samples": "samples"}
    sums = {answer: _sum(outputs, signal) for signal, answer in named.items()}
    return {"windows": sums["means"][0]} | {answer: total for answer, (_, total) in sums.items()}


def hopping(outputs: Sequence[Outputs]) -> Answer:
    """The sum of what the signal of W3 gave."""
    count, total = _sum(outputs, "minute")
    return {"windows": count, "means": total}


def _sum(outputs: Sequence[Outputs], signal: str) -> tuple[int, float]:
    """How many known values a signal gave, and their sum."""
    count, total = 0, 0.0
    for one in outputs:
        column = one.columns(signal).values
        known = column.values if column.known is None else column.values[column.known]
        count += len(known)
        total += float(known.sum())
    return count, total
