"""Headgate itself: the programs of this folder's `programs`, fed from columns in batches, or from JSON lines.

All of it counts: an engine made of the plan, every batch, the marks and the end, and looking at everything that comes
out: at matches and alerts as records, at windows as columns (`Outputs.signal`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from headgate.benchmarks.answers import Answer, Question, together
from headgate.benchmarks.stream import BATCH_ROWS, Stream
from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Plan
from headgate.dsl.source import SourceText
from headgate.runtime.connectors.json_lines import JsonLines
from headgate.runtime.engine import Engine
from headgate.runtime.gathering import Outputs
from headgate.runtime.output import Alerted, Life, Matched, Output
from headgate.runtime.replay import Replay

PROGRAMS = Path(__file__).parent / "programs"


def compiled(workload: str) -> Plan:
    """The plan of a workload's program: `w1` to `w6`, `l1`."""
    name = f"{workload}.iot"
    outcome = compile_text(SourceText(name, (PROGRAMS / name).read_text(encoding="utf-8")))
    if outcome.plan is None:
        raise ValueError(f"{name} does not compile: {'; '.join(str(p) for p in outcome.problems.found)}")
    return outcome.plan


def fed(plan: Plan, stream: Stream, rows: int = BATCH_ROWS) -> Iterator[Outputs]:
    """What comes of a stream, batch after batch, the marks and the end included."""
    engine = Engine(plan)
    for batch in stream.batches(engine.registries["Sensor"], rows):
        yield engine.feed(batch)
    yield engine.mark_all(stream.last_ns + 1)
    yield engine.end()


def questions(stream: Stream, lines: Path) -> Mapping[str, Question]:
    """W1 to W7 on this stream; W7 on the file of its JSON lines."""
    plans = {w: compiled(w) for w in ("w1", "w2", "w3", "w4", "w5", "w6")}

    def w6() -> Answer:
        outputs = list(fed(plans["w6"], stream))
        # Records of all but the windows, which are looked at as columns; put in order they are not.
        records = [r for o in outputs for b in o.blocks if b.column is None for r in b.records()]
        return together([events(records), tumbling(outputs), hopping(outputs), raised(records, "hot")])

    def w7() -> Answer:
        run = Replay.of(plans["w1"]).run([(JsonLines(str(lines)), ["readings"])])
        return events(r for outputs in run for r in outputs)

    return {
        "W1": lambda: events(r for outputs in fed(plans["w1"], stream) for r in outputs),
        "W2": lambda: tumbling(list(fed(plans["w2"], stream))),
        "W3": lambda: hopping(list(fed(plans["w3"], stream))),
        "W4": lambda: raised((r for outputs in fed(plans["w4"], stream) for r in outputs), "hot"),
        "W5": lambda: {"alerts": alerts((r for outputs in fed(plans["w5"], stream) for r in outputs), "warmed")},
        "W6": w6,
        "W7": w7,
    }


def events(records: Iterable[Output]) -> Answer:
    """Matches of the filter."""
    return {"events": sum(isinstance(r, Matched) for r in records)}


def alerts(records: Iterable[Output], rule: str) -> int:
    """How many alerts a rule made."""
    return sum(isinstance(r, Alerted) and r.rule == rule for r in records)


def raised(records: Iterable[Output], rule: str) -> Answer:
    """How often a rule was raised."""
    return {"raised": sum(isinstance(r, Life) and r.rule == rule and r.what == "raised" for r in records)}


def tumbling(outputs: Sequence[Outputs]) -> Answer:
    """The sums of what the five signals of W2 gave."""
    named = {"average": "means", "spread": "stddevs", "least": "mins", "greatest": "maxes", "samples": "samples"}
    sums = {answer: _sum(outputs, signal) for signal, answer in named.items()}
    return {"windows": sums["samples"][0]} | {answer: total for answer, (_, total) in sums.items()}


def hopping(outputs: Sequence[Outputs]) -> Answer:
    """The sum of what the signal of W3 gave."""
    count, total = _sum(outputs, "minute")
    return {"windows": count, "means": total}


def _sum(outputs: Sequence[Outputs], signal: str) -> tuple[int, float]:
    """How many known values a signal gave, and their sum."""
    count, total = 0, 0.0
    for one in outputs:
        _, _, column = one.signal(signal)
        known = column.values if column.known is None else column.values[column.known]
        count += len(known)
        total += float(known.sum())
    return count, total
