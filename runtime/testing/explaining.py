"""A failed expectation in words: what was expected, what came instead, the nearest miss, and the timeline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from ...compiler import plan as p
from ...dsl import nodes as n
from ..commands.acts import acts_of
from ..commands.records import Outcome, Proceeded
from ..interpret.reference import Reference
from ..output import Emitted, Life, Output, Sent
from .closed_loop import Observed
from .executors import Input, Message, feed
from .expectations import Judge, Key, Verdict
from .history import History, history_of
from .nearest import why_never
from .observing import View
from .scenario import EPOCH
from .timeline import WIDTH, Subject, subject_of_output, subject_of_rule, timeline
from .words import arguments, duration, times, value_of, whom


@dataclass
class Telling:
    """Tells of the failures of one test. A timeline is told once for each subject and key, with all that was wanted."""

    view: View
    judge: Judge
    inputs: Sequence[Input]
    failed: Sequence[Sequence[Verdict]]
    _told: set[tuple[str, Key | None]] = field(default_factory=set)

    def lines(self, verdicts: Sequence[Verdict]) -> list[str]:
        """What is to be said of an expectation that does not hold for these instances; of the first, in full."""
        first = verdicts[0]
        what = first.expected.what
        if isinstance(what, n.ExpectNothingLost):
            return list(_lost(self.judge, self.inputs))
        lines = wrapped("got", got(self.view, first))
        if len(verdicts) > 1:
            lines.append(f"          and likewise for {len(verdicts) - 1} more")
        lines += course(self.judge, first)
        for subject in _subjects(self.view, what):
            lines += self._subject(subject, first)
        return lines

    @property
    def _said(self) -> list[Output]:
        """What came of rules and signals."""
        return [output for output in self.judge.outputs if not isinstance(output, Outcome | Proceeded)]

    def _subject(self, subject: Subject, verdict: Verdict) -> Iterator[str]:
        what = verdict.expected.what
        key = verdict.key or verdict.seen
        history = history_of(self.view, self.inputs, subject.watched, key, self.judge.end)
        if not (verdict.times or verdict.others or verdict.expected.negated or isinstance(what, n.ExpectSignal)):
            yield from nearest(self.view, subject, history, what)
        if _too_few(verdict):
            for line in _cooling(self.view, subject, history, self._said):
                yield from wrapped("nearest", line)
        yield ""
        if (subject.name, key) in self._told:
            yield f"The timeline of {subject.name}{whom(key)} is above."
            return
        self._told.add((subject.name, key))
        yield from timeline(self.view, subject, history, self.inputs, self._said, self._wanted(subject.name, key))

    def _wanted(self, name: str, key: Key | None) -> dict[int, str]:
        """What all that failed wanted of a subject, by the times at which it did."""
        notes: dict[int, str] = {}
        for verdict in (verdicts[0] for verdicts in self.failed):
            about = [subject.name for subject in _subjects(self.view, verdict.expected.what)]
            if name in about and (verdict.key or verdict.seen) == key:
                for time, note in _notes(verdict).items():
                    said = notes.get(time, "")
                    notes[time] = note if not said else said if note in said else f"{said}, {note}"
        return notes


def _subjects(view: View, what: n.Expected) -> list[Subject]:
    match what:
        case n.ExpectRule(rule=rule) | n.ExpectAlert(rule=rule):
            return [subject_of_rule(view, rule)]
        case n.ExpectSend(command=name):
            runs = [rule for procedure in _sending(view, name) for rule in _acting(view, "run", procedure)]
            rules = dict.fromkeys([*_acting(view, "send", name), *runs])
            return [subject_of_rule(view, rule, actions=True) for rule in rules]
        case n.ExpectProcedure(procedure=name):
            return [subject_of_rule(view, rule, actions=True) for rule in _acting(view, "run", name)]
        case n.ExpectEmit(event=name):
            return [subject_of_rule(view, rule, actions=True) for rule in _acting(view, "emit", name)]
        case n.ExpectPattern(pattern=name) | n.ExpectSignal(signal=name):
            return [subject_of_output(view, name)]
        case _:
            return []


def _acting(view: View, kind: str, name: str) -> list[str]:
    """The rules that send a command, emit an event or run a procedure."""
    actions = [node.operator for node in view.plan.nodes if isinstance(node.operator, p.Action)]
    return list(dict.fromkeys(a.rule for a in actions if a.kind == kind and a.name == name))


def _sending(view: View, command: str) -> list[str]:
    """The procedures that send a command."""
    return [
        one.name
        for one in view.plan.procedures
        if any(isinstance(act, p.SendAct) and act.command == command for act in acts_of([one]))
    ]


# --- What came instead -----------------------------------------------------------------------------------------------


def got(view: View, verdict: Verdict) -> str:
    """What came instead, in one line."""
    expected, what = verdict.expected, verdict.expected.what
    if isinstance(what, n.ExpectSignal):
        node = view.outputs[what.signal]
        at = duration(verdict.span.last)
        return f"{what.signal}{whom(verdict.key)} was {value_of(verdict.value, node.type)} at {at}"
    happened = _happened(what)
    if not verdict.times:
        return f"never {happened}{_instead(view, verdict.others)}"
    count = len(verdict.times)
    if expected.times is not None and count != expected.times:
        return f"{happened} {'once' if count == 1 else f'{count} times'}, {times(verdict.times)}"
    return f"{happened} {times(verdict.times)}{'' if expected.negated else _off(verdict)}"


def _happened(what: n.Expected) -> str:
    match what:
        case n.ExpectRule(phase=phase):
            return phase or "raised"
        case n.ExpectAlert():
            return "alerted"
        case n.ExpectSend():
            return "sent"
        case n.ExpectEmit():
            return "emitted"
        case n.ExpectProcedure(phase=phase):
            return phase
        case n.ExpectOutcome(outcome=outcome):
            return outcome.replace("_", " ")
        case _:
            return "matched"


def _instead(view: View, others: Sequence[Observed]) -> str:
    """What was sent or emitted with other arguments."""
    told = []
    for output in others[:3]:
        if isinstance(output, Sent | Emitted):
            name = output.command if isinstance(output, Sent) else output.name
            shown = arguments(output.arguments, _units(view, output.rule, name))
            told.append(f"{name}({shown}) at {duration(output.time - EPOCH)}")
    return f", but {'; '.join(told)}" if told else ""


def course(judge: Judge, verdict: Verdict) -> Iterator[str]:
    """How a procedure, or the commands that an outcome was expected of, went instead: one line for each."""
    what = verdict.expected.what
    told: dict[str, list[str]] = {}
    for output in judge.outputs:
        if verdict.key is not None and output.key != verdict.key:
            continue
        at = f"at {duration(output.time - EPOCH)}"
        if isinstance(what, n.ExpectProcedure) and isinstance(output, Proceeded) and output.procedure == what.procedure:
            why = f"at step {output.step}: {output.reason}" if output.step else output.reason
            said = f"{output.what} {at}{why and f' ({why})'}"
            told.setdefault(f"{output.procedure}{whom(output.key)}", []).append(said)
        elif isinstance(output, Outcome) and _is_of(what, output) and output.state not in ("planned", "queued"):
            said = f"{output.state.replace('_', ' ')} {at}{output.reason and f' ({output.reason})'}"
            told.setdefault(f"{output.command_id}{whom(output.key)}", []).append(said)
    most = 8
    for name, steps in list(told.items())[:most]:
        yield from wrapped("course", f"{name}: {', '.join(steps)}")
    if len(told) > most:
        yield from wrapped("", f"and {len(told) - most} more")


def _is_of(what: n.Expected, outcome: Outcome) -> bool:
    return isinstance(what, n.ExpectOutcome) and outcome.command == what.command


def _units(view: View, rule: str, name: str) -> Mapping[str, str | None]:
    """The units of the arguments of a rule's command or event."""
    for node in view.plan.nodes:
        action = node.operator
        if isinstance(action, p.Action) and (action.rule, action.name) == (rule, name):
            holes = {a.name: a.parts[0] for a in action.arguments if a.parts}
            return {name: hole.unit for name, hole in holes.items() if isinstance(hole, p.Hole)}
    for act in acts_of(view.plan.procedures):
        if (isinstance(act, p.SendAct) and act.command == name) or (isinstance(act, p.EmitAct) and act.event == name):
            parts = {given.name: given.parts[0] for given in act.arguments if given.parts}
            return {name: part.unit for name, part in parts.items() if isinstance(part, p.Shown)}
    return {}


def _off(verdict: Verdict) -> str:
    """How far off the nearest of the moments is."""
    span = verdict.span
    if any(moment in span for moment in verdict.times):
        return ""
    nearest = min(verdict.times, key=lambda moment: min(abs(moment - span.first), abs(moment - span.last)))
    # `before` and `after` are without the moment that they name, which is 1 ns beyond the span.
    if nearest > span.last:
        late = nearest - span.last - (1 if verdict.expected.before is not None else 0)
        return f", {duration(late)} later than expected" if late else ", and that is not before it"
    early = span.first - nearest - (1 if verdict.expected.after is not None else 0)
    return f", {duration(early)} earlier than expected" if early else ", and that is not after it"


def _notes(verdict: Verdict) -> dict[int, str]:
    """What was wanted at which times."""
    expected = verdict.expected
    word = f"{'not ' if expected.negated else ''}{_happened(expected.what)}"
    if isinstance(expected.what, n.ExpectSignal):
        return {verdict.span.first: "looked at here"}
    notes = {time: f"{_happened(expected.what)}, as it should not be" for time in verdict.times if expected.negated}
    notes = {time: note for time, note in notes.items() if time in verdict.span}
    if expected.at is not None:
        notes[verdict.span.first] = f"expected here: {word}"
    elif expected.within is not None:
        notes[verdict.span.first] = f"expected from here: {word}"
        notes[verdict.span.last] = f"expected until here: {word}"
    return notes


def nearest(view: View, subject: Subject, history: History, what: n.Expected) -> Iterator[str]:
    """Why what was expected never came, in lines."""
    for line in dict.fromkeys(_misses(view, subject, history, what)):
        yield from wrapped("nearest", line)


def _misses(view: View, subject: Subject, history: History, what: n.Expected) -> Iterator[str]:
    if subject.rule is None:
        (node,) = view.inputs_of(view.outputs[subject.name])
        yield from why_never(view, history, node)
        return
    rule = view.rules[subject.rule]
    assert isinstance(rule.operator, p.Rule)
    when, *until = view.inputs_of(rule)
    became = history.true_times(when)
    if not became:
        yield from why_never(view, history, when)
    elif isinstance(what, n.ExpectRule) and what.phase == "cleared":
        if rule.operator.until_test is not None:
            yield f"its `until` was not true of the match that had raised it, {times(became)}"
        elif not (until and history.true_times(until[0])):
            yield from why_never(view, history, *((until[0], True) if until else (when, False)))
    else:
        for one in subject.shown:
            if one.role == "if" and not any(history.value(one.node, time) is True for time in became):
                yield f"`if {view.text(one.node)}` was not true {times(became)}"


def _too_few(verdict: Verdict) -> bool:
    """Whether it may be that a rule was not raised that was to be."""
    expected, what = verdict.expected, verdict.expected.what
    if expected.negated or (isinstance(what, n.ExpectRule) and what.phase == "cleared"):
        return False
    return expected.times is None or len(verdict.times) <= expected.times


def _cooling(view: View, subject: Subject, history: History, outputs: Sequence[Output]) -> Iterator[str]:
    """That it became true while the rule was cooling down, of the first such times."""
    if subject.rule is None:
        return
    rule = view.rules[subject.rule]
    assert isinstance(rule.operator, p.Rule)
    cooldown = rule.operator.cooldown_ns
    if cooldown is None:
        return
    lives = [o for o in outputs if isinstance(o, Life) and (o.rule, o.key) == (subject.rule, history.key)]
    raised = [output.time - EPOCH for output in lives if output.what == "raised"]
    when = view.inputs_of(rule)[0]
    found: dict[int, list[int]] = {}
    for time in history.true_times(when):
        since = max((moment for moment in raised if moment <= time), default=None)
        if since is not None and since < time < since + cooldown:
            found.setdefault(since, []).append(time)
    for since, moments in list(found.items())[:2]:
        word = "happened" if when.event else "became true"
        cooling = f"{subject.rule} had been raised at {duration(since)} and was cooling down until"
        yield f"`{view.text(when)}` {word} {times(moments)}, but {cooling} {duration(since + cooldown)}"


def _lost(judge: Judge, inputs: Sequence[Input]) -> Iterator[str]:
    counters = judge.counters
    lost = {"late": counters.late, **counters.quarantined}
    told = ", ".join(f"{number} {reason}" for reason, number in lost.items() if number)
    yield from wrapped(
        "got", f"of {counters.read} messages {counters.processed} were processed; {told or 'nothing was lost'}"
    )
    found: dict[tuple[str, str], list[int]] = {}
    for message, why in lost_of(judge.plan, inputs):
        found.setdefault((message.id, why), []).append(message.time - EPOCH)
    most = 4
    for (id_, why), moments in list(found.items())[:most]:
        yield from wrapped("lost", f"{id_} {times(moments)}: {why}")
    if len(found) > most:
        yield from wrapped("", f"and of {len(found) - most} more devices")


def lost_of(plan: p.Plan, inputs: Sequence[Input]) -> Iterator[tuple[Message, str]]:
    """The messages that are not processed, each with why."""
    reference = Reference(plan)
    counters = reference.counters
    for one in inputs:
        late, quarantined = counters.late, counters.quarantined.copy()
        feed(reference, one)
        if isinstance(one, Message):
            why = [*(["late"] if counters.late > late else []), *(counters.quarantined - quarantined)]
            yield from ((one, reason) for reason in why)


def wrapped(head: str, text: str) -> list[str]:
    """Lines of a word and what it is about."""
    return wrap(text, WIDTH, initial_indent=f"{head:<10}", subsequent_indent=" " * 10, break_on_hyphens=False)
