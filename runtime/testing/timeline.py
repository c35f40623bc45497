"""What a failing test shows: inputs, the truth of each condition, the rule's state, and what was wanted of them.

    when   a  temp > 8 degC for 2 min
           b  temp > 8 degC
    until  c  temp < 7 degC

    time        a b c  too_warm  reported by f1
    0 s         F F T  idle      temp 4 degC
    10 s        F T F  idle      temp 9 degC
     ⋮                           11 more until 2 min, temp 9 degC
    2 min 10 s  T T F  raised    temp 9 degC

A stretch of time in which nothing changes is one line. `T` true, `F` false, `?` unknown, `•` happens.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from ...compiler import plan as p
from ...dsl.source import Span
from ...stdlib.function import Value
from ..output import Life, Output
from .executors import Input, Message
from .history import History
from .observing import View
from .scenario import EPOCH
from .words import duration, shortened, value_of

WIDTH = 98
CONDITIONS_MAX = 12
ROWS_MAX = 32
LEGEND = "T true, F false, ? unknown, • happens"


@dataclass(frozen=True, slots=True)
class Shown:
    """A node with a column of its own, and what it is to the subject: `when`, `until`, `if`, `value`.

    `step` (from 0): it is a pattern, and shown is whether this step of it, compared with earlier ones, was true when
    it was waited for.
    """

    role: str
    node: p.PlanNode
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a timeline is about: a rule (its name, for its states), or a signal or pattern.

    `watched`: what must be known of to say more than what is shown. `momentary`: the rule is raised and idle at once.
    """

    name: str
    shown: tuple[Shown, ...]
    watched: tuple[p.PlanNode, ...]
    rule: str | None = None
    momentary: bool = False

    @property
    def invariant(self) -> bool:
        """Whether it is a rule that is raised where something is not as it must always be."""
        return " " in self.name

    @property
    def head(self) -> str:
        """What stands above its states: the rule's name; `never` and `always` have a title besides."""
        return self.name.split(" ", 1)[0]


@dataclass(frozen=True, slots=True)
class _Row:
    time: int
    cells: tuple[str, ...]
    state: str
    inputs: str
    note: str


def subject_of_rule(view: View, name: str, actions: bool = False) -> Subject:
    """A rule: the conditions that raise it, those that clear it, and perhaps those of its actions."""
    rule = view.rules[name]
    assert isinstance(rule.operator, p.Rule)
    when, *until = view.inputs_of(rule)
    shown = _conditions(view, "when", when) + [one for i in until for one in _conditions(view, "until", i)]
    for node in view.plan.nodes if actions else ():
        if isinstance(node.operator, p.Action) and node.operator.rule == name and node.operator.guarded:
            shown += _conditions(view, "if", view.nodes[node.inputs[1]])
    operator = rule.operator
    lasts = operator.has_until or operator.latched or operator.hold_ns is not None
    return Subject(name, _once(view, shown), _watched(view, shown), name, operator.momentary_when and not lasts)


def subject_of_output(view: View, name: str) -> Subject:
    """A signal (its value, and the conditions in it), or a pattern (its steps)."""
    (node,) = view.inputs_of(view.outputs[name])
    shown = _conditions(view, "value" if node.type.name != "bool" else "", node)
    return Subject(name, _once(view, shown), _watched(view, shown))


def _conditions(view: View, role: str, node: p.PlanNode) -> list[Shown]:
    """A condition, those it is made of, and of patterns the steps that are compared with earlier ones."""
    found = [Shown(role, condition) for condition in view.conditions(node)]
    for condition in [one.node for one in found]:
        if isinstance(condition.operator, p.Pattern):
            steps = enumerate(condition.operator.steps)
            found += [Shown(role, condition, number) for number, step in steps if step.test]
    return found


def _watched(view: View, shown: Sequence[Shown]) -> tuple[p.PlanNode, ...]:
    """The conditions, and what they compare or listen to."""
    nodes = [one.node for one in shown]
    nodes += [i for node in nodes if isinstance(node.operator, p.Map | p.Quiet | p.Edge) for i in view.inputs_of(node)]
    nodes += [i for node in nodes if isinstance(node.operator, p.Map) for i in view.inputs_of(node)]
    return tuple({node.id: node for node in nodes if not isinstance(node.operator, p.Constant)}.values())


def timeline(
    view: View,
    subject: Subject,
    history: History,
    inputs: Sequence[Input],
    outputs: Sequence[Output],
    notes: Mapping[int, str],
) -> list[str]:
    """The lines of a timeline. `notes` say at which times what was wanted; they have lines of their own."""
    shown = subject.shown[:CONDITIONS_MAX]
    lines = _legend(view, shown)
    reports = _reports(view, subject, history, inputs)
    states = _states(subject, history, outputs)
    moments = {0, history.end, *notes, *(time for time, _ in reports), *states}
    moments |= {time for one in shown for time, _ in history.changes[one.node.id]}
    rows = [
        _Row(
            time,
            tuple(_cell(history, one, time) for one in shown),
            _state(subject, states, time),
            "; ".join(text for moment, text in reports if moment == time),
            notes.get(time, "the test ends" if time == history.end else ""),
        )
        for time in sorted(moments)
        if 0 <= time <= history.end
    ]
    kept = _silences(view, subject, history)
    return [*lines, "", *_table(view, subject, history, rows, len(shown), kept), "", LEGEND]


def _silences(view: View, subject: Subject, history: History) -> set[int]:
    """Where the longest silence begins and ends, if silence is waited for and one is longer than the others."""
    found: set[int] = set()
    for one in subject.shown:
        if isinstance(one.node.operator, p.Quiet):
            gaps = history.gaps(view.inputs_of(one.node)[0])
            lengths = [until - since for since, until in gaps]
            if len(set(lengths)) > 1:
                found.update(gaps[lengths.index(max(lengths))])
    return found


def _legend(view: View, shown: Sequence[Shown]) -> list[str]:
    lines, role = [], ""
    for place, one in enumerate(shown):
        text = view.written(view.graph.origins.get(one.node.id)) if one.role != "value" else view.text(one.node)
        named = view.names.get(one.node.id)
        if one.step is not None:
            text, named = (*view.steps(one.node), *view.guards(one.node))[one.step], None
        text = f"{named} = {text}" if named is not None and named != text else text
        head = f"{one.role if one.role != role else '':<6} {_letter(place)}  "
        lines += wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
        role = one.role
    return lines


def _letter(place: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[place]


def _once(view: View, shown: Sequence[Shown]) -> tuple[Shown, ...]:
    """Each place of the text once, under its first role; constants say nothing, nor does what an event waits for."""
    spans: set[Span | None] = set()
    kept: dict[str, Shown] = {}
    for one in shown:
        if one.step is not None:
            kept.setdefault(f"{one.node.id} {one.step}", one)
            continue
        span = view.graph.origins.get(one.node.id)
        if one.node.id not in kept and not isinstance(one.node.operator, p.Constant) and span not in spans:
            spans.add(span)
            kept[one.node.id] = one
    return tuple(kept.values())


def _cell(history: History, shown: Shown, time: int) -> str:
    node = shown.node
    if shown.step is not None:
        awaited = history.attempts[node.id].awaited(shown.step, time) if node.id in history.attempts else None
        return {True: "T", False: "F", None: "·"}[awaited]
    value = history.value(node, time)
    if node.event:
        return "•" if value else "·"
    if node.type.name == "bool":
        return {True: "T", False: "F", None: "?"}[_truth(value)]
    return value_of(value, node.type)


def _truth(value: Value) -> bool | None:
    return value if isinstance(value, bool) else None


# --- Inputs and states -----------------------------------------------------------------------------------------------


def _reports(view: View, subject: Subject, history: History, inputs: Sequence[Input]) -> list[tuple[int, str]]:
    """What the devices concerned reported of the fields that matter; of several at one time, those first
    who have something new to say, and not all."""
    fields = view.fields(*(one.node for one in subject.shown))
    kind = _kind(view, subject)
    types = {(d.name, f.name): f.type for d in view.plan.devices for f in d.fields}
    by_time: dict[int, list[tuple[bool, str]]] = {}
    last: dict[tuple[str, str, str], Value] = {}
    for one in inputs:
        if not isinstance(one, Message) or (kind == "device" and (one.id,) != history.key):
            continue
        told = [
            f"{name} {value_of(value, types[one.device, name])}"
            for name, value in one.fields.items()
            if (one.device, name) in fields and value is not None
        ]
        if told:
            who = "" if kind == "device" else f"{one.id} "
            now = {(one.device, one.id, name): value for name, value in one.fields.items() if value is not None}
            changed = any(last.get(place) != value for place, value in now.items() if place[::2] in fields)
            last |= now
            by_time.setdefault(one.time - EPOCH, []).append((not changed, who + ", ".join(told)))
    return [(time, _in_short(told)) for time, told in sorted(by_time.items())]


def _in_short(told: list[tuple[bool, str]], most: int = 2) -> str:
    """What several reported at one time: those first of whom nothing is as it was (False)."""
    texts = [text for _, text in sorted(told, key=lambda one: one[0])]
    return "; ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")


def _kind(view: View, subject: Subject) -> str:
    """Whether a subject is a device's or a group's."""
    if subject.rule is not None:
        timeline = view.rules[subject.rule].timeline
    else:
        timeline = view.outputs[subject.name].timeline
    return next(t.kind for t in view.plan.timelines if t.id == timeline)


def _states(subject: Subject, history: History, outputs: Sequence[Output]) -> dict[int, str]:
    """When which step of the rule's life was taken; after it the rule is in the state of that name."""
    found: dict[int, str] = {}
    for output in outputs:
        if (
            isinstance(output, Life)
            and (output.rule, output.key) == (subject.rule, history.key)
            and output.what in _AFTER
        ):
            time = output.time - EPOCH
            found[time] = f"{found[time]}, {output.what}" if time in found else output.what
    return found


_AFTER = {"raised": "raised", "repeated": "raised", "certain": "raised", "uncertain": "uncertain", "cleared": "idle"}
_OF_INVARIANT = {"raised": "violated", "uncertain": "unknown", "idle": "kept", "cleared": "kept"}


def _state(subject: Subject, states: Mapping[int, str], time: int) -> str:
    """What happened to the rule at a time, else the state it is in."""
    if time in states:
        state = states[time]
    else:
        last = max((moment for moment in states if moment < time), default=None)
        state = "idle" if last is None or subject.momentary else _AFTER[states[last].split(", ")[-1]]
    return _OF_INVARIANT.get(state, state) if subject.invariant else state


# --- The table -------------------------------------------------------------------------------------------------------


def _table(
    view: View, subject: Subject, history: History, rows: Sequence[_Row], columns: int, kept: Collection[int]
) -> list[str]:
    heads = [_letter(place) for place in range(columns)]
    widths = [max([len(heads[c]), *(len(row.cells[c]) for row in rows)]) for c in range(columns)]
    state = max([len(subject.head), *(len(row.state) for row in rows)]) if subject.rule else 0
    first = max([len("time"), *(len(duration(row.time)) for row in rows)])
    who = f"reported by {history.key[0]}" if history.key and _kind(view, subject) == "device" else "reported"

    def line(time: str, cells: Sequence[str], said: str, rest: str) -> str:
        row = " ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
        middle = f"{said:<{state}}  " if subject.rule else ""
        return shortened(f"{time:<{first}}  {row}  {middle}{rest}".rstrip(), WIDTH)

    blank = [""] * columns
    lines = [line("time", heads, subject.head, who)]
    for stretch in _shortened(rows, kept):
        if isinstance(stretch, _Row):
            told = "; ".join(part for part in (f"◄ {stretch.note}" if stretch.note else "", stretch.inputs) if part)
            lines.append(line(duration(stretch.time), stretch.cells, stretch.state, told))
        else:
            last = next((row.inputs for row in reversed(stretch) if row.inputs), "")
            told = f"{len(stretch)} more until {duration(stretch[-1].time)}" + (f", {last}" if last else "")
            lines.append(line(" ⋮", blank, "", told))
    return lines


def _shortened(rows: Sequence[_Row], times: Collection[int] = ()) -> list[_Row | list[_Row]]:
    """Rows in which nothing changes are gathered; beyond `ROWS_MAX` also others, but for those with notes, and those
    of the given times."""
    found: list[_Row | list[_Row]] = []
    before: _Row | None = None
    for row in rows:
        same = before is not None and (row.cells, row.state) == (before.cells, _AFTER.get(before.state, before.state))
        if same and not row.note and row.time not in times:
            if found and isinstance(found[-1], list):
                found[-1].append(row)
            else:
                found.append([row])
        else:
            found.append(row)
        before = row
    found = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in found]
    if len(found) <= ROWS_MAX:
        return found
    kept: list[_Row | list[_Row]] = []
    half = ROWS_MAX // 2
    for place, one in enumerate(found):
        noted = isinstance(one, _Row) and (bool(one.note) or one.time in times)
        if noted or place < half or place >= len(found) - half:
            kept.append(one)
        else:
            gathered = one if isinstance(one, list) else [one]
            if kept and isinstance(kept[-1], list):
                kept[-1] += gathered
            else:
                kept.append(list(gathered))
    return kept
