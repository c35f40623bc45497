"""What leaves the graph: the actions of rules, and named signals and patterns."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...compiler import plan as p
from ...stdlib.column import Column
from ..flow import Flow, looks, updates, where_true
from ..frame import Frame, Instants, Rows, first_seen
from ..kernels import life as kernel
from ..kernels.episodes import changed_numbers
from ..lanes import Lane
from ..output import Alerted, Emitted, Matched, Output, OutputValue, Sent, Set, Signalled, Started
from ..text import output_value, write_value
from ..values import plain_values
from .chosen import Choice
from .elementwise import full
from .node import Operator, Setting
from .patterns import Found, Matches
from .rules import LifeFlow


class ActionOperator(Operator):
    """`compiler.plan.Action`."""

    def __init__(self, setting: Setting, action: p.Action, types: Sequence[str], timeline: str, place: int) -> None:
        """`types` are the inputs' types; `place` the rule's place in the plan."""
        super().__init__(setting)
        self.action = action
        self.types = types
        self.timeline = timeline
        self.place = place

    def run(self, frame: Frame, inputs: Sequence[Any]) -> Any:
        act(frame, [self], inputs[0], inputs[1:], THE_ONE)

    def members(self, numbers: Sequence[int]) -> list[str]:
        """The ids of these devices of the type that commands are sent to."""
        device = self.action.device
        assert device is not None
        ids = self.setting.registries[device].ids
        return [ids[number] for number in numbers]

    def sent(self, seq: int, key: tuple[str, ...], time: int, row: Sequence[Any], member: str) -> Output:
        """A command to a member of the group of this key."""
        sent = self.output(seq, key, time, row)
        assert isinstance(sent, Sent)
        assert self.action.device is not None
        return replace(sent, timeline=self.action.device, key=(member,), group=key)

    def output(self, seq: int, key: tuple[str, ...], time: int, row: Sequence[Any]) -> Output:
        action = self.action
        if action.kind == "alert":
            message = write_template(action.message, row)
            return Alerted(seq, self.timeline, key, time, action.rule, message, action.severity)
        arguments: dict[str, OutputValue] = {}
        for argument in action.arguments:
            hole = argument.parts[0] if argument.parts else ""
            if argument.text or isinstance(hole, str):
                arguments[argument.name] = write_template(argument.parts, row)
            else:
                arguments[argument.name] = output_value(row[hole.value], hole.type)
        name = action.name or ""
        if action.kind == "set":
            return Set(seq, self.timeline, key, time, action.rule, name, arguments[name])
        if action.kind == "emit":
            return Emitted(seq, self.timeline, key, time, action.rule, name, arguments)
        kind = Sent if action.kind == "send" else Started
        return kind(seq, self.timeline, key, time, action.rule, name, arguments)


THE_ONE: Rows = np.zeros(1, dtype=np.int64)


def act(
    frame: Frame, actions: Sequence[ActionOperator], life: LifeFlow, inputs: Sequence[Any], action_of: Rows
) -> None:
    """Tell what actions do that differ in their constants alone and show the same inputs.

    `action_of`: by lane of the rules, which of the actions is its; -1: none.
    """
    if len(life) == 0:
        return
    first = actions[0]
    action = first.action
    wanted = life.what == kernel.CLEARED if action.on == "clear" else life.what <= kernel.REPEATED
    if action.cleared != "any":
        wanted &= life.before_raising() == (action.cleared == "earlier")
    which = wanted.nonzero()[0]
    if len(action_of) != len(actions):
        which = which[action_of[life.lane[which]] >= 0]
    if len(which) == 0:
        return
    place, moments = life.at[which], life.instants
    if SELDOM * len(which) < len(moments):
        used, place = np.unique(place, return_inverse=True)
        moments = moments.take(used)
    moments, place = _in_order(moments, place)
    if action.guarded:
        guard = where_true(full(inputs[0].at(moments), len(moments)), len(moments))[place]
        which, place = which[guard], place[guard]
    chosen: list[int] = []
    if action.device is not None:
        choice: Choice = inputs[-1]
        order = np.argsort(place, kind="stable")
        of, numbers = choice.at(moments.take(place[order]))
        back = np.argsort(order[of], kind="stable")
        which, place, chosen = which[order[of][back]], place[order[of][back]], numbers[back].tolist()
        inputs = inputs[:-1]
    # What they show is looked up now, and written when somebody looks.
    skipped = 2 if action.guarded else 1
    shown = [
        (full(flow.at(moments), len(moments)), type_name)
        for flow, type_name in zip(inputs[skipped - 1 :], first.types[skipped : 1 + len(inputs)], strict=True)
    ]
    texts = first.setting.symbols.texts
    lane: Lane = action_of[life.lane[which]].astype(np.int32)

    def records(seqs: list[int], keys: list[tuple[str, ...]], times: list[int]) -> list[Output]:
        nothing = [None] * len(seqs)
        values = [plain_values(column.take(place), type_name, texts) for column, type_name in shown]
        rows = zip(*[nothing] * skipped, *values, strict=True)
        each = zip(lane.tolist(), seqs, keys, times, rows, strict=True)
        if action.device is not None:
            ids = first.members(chosen)
            made = [actions[of].sent(*said, id_) for (of, *said), id_ in zip(each, ids, strict=True)]
            # Of one decision in the order of the ids.
            return [one for _, one in sorted(zip(which.tolist(), made, strict=True), key=lambda p: (p[0], p[1].key))]
        return [actions[of].output(seq, key, time, row) for of, seq, key, time, row in each]

    places = np.array([one.place for one in actions])
    first.setting.gathered.add_lanes(
        first.timeline, frame, moments, place, lane, places, records, life.first + which, action.order
    )  # fmt: skip


def _in_order(moments: Instants, place: Rows) -> tuple[Instants, Rows]:
    """Instants as values are looked up at them: by row, timers before the row's event and by time; and places anew."""
    order = np.lexsort((moments.time, ~moments.timer, moments.row))
    if (order[1:] > order[:-1]).all():
        return moments, place
    now = np.empty(len(order), dtype=np.int64)
    now[order] = np.arange(len(order))
    return moments.take(order), now[place]


SELDOM = 4
"""Where no more than one instant of so many is wanted, values are looked up for those alone."""


class OutputOperator(Operator):
    """`compiler.plan.Output`."""

    STATE = ("last",)

    def __init__(self, setting: Setting, output: p.Output, node: p.PlanNode, source: p.PlanNode, place: int) -> None:
        super().__init__(setting)
        self.output = output
        self.timeline = node.timeline
        self.type_name = source.type.name
        self.event = source.event
        self.place = place
        self.last: list[np.ndarray[Any, Any]] = [np.zeros(0), np.zeros(0)]

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        flow = inputs[0]
        at = updates(flow) if self.output.paced or self.event else looks(flow)
        if at is None:
            at = frame.newcomers
        if len(at) == 0:
            return None
        if isinstance(flow, Matches) and flow.found is not None:
            self._add_matches(frame, flow.found)
            return None
        column = full(flow.at(at), len(at))
        if not self.output.paced and not self.event:
            which = self._changes(frame, at, column)
            at, column = at.take(which), column.take(which)
        name, window, timeline, type_name = self.output.name, self.output.window_ns, self.timeline, self.type_name
        texts = self.setting.symbols.texts

        def matches(seqs: list[int], keys: list[tuple[str, ...]], times: list[int]) -> list[Output]:
            return [Matched(seq, timeline, key, time, name) for seq, key, time in zip(seqs, keys, times, strict=True)]

        def signals(seqs: list[int], keys: list[tuple[str, ...]], times: list[int]) -> list[Output]:
            values = plain_values(column, type_name, texts)
            return [
                Signalled(
                    seq,
                    timeline,
                    key,
                    time,
                    name,
                    output_value(v, type_name),
                    None if window is None else time - window,
                )
                for seq, key, time, v in zip(seqs, keys, times, values, strict=True)
            ]

        if self.event:
            self.setting.gathered.add(timeline, frame, at, self.place, matches, name=name)
        else:
            self.setting.gathered.add(timeline, frame, at, self.place, signals, name=name, column=column)
        return None

    def _add_matches(self, frame: Frame, found: Found) -> None:
        """Matches, of which there may be several at an instant."""
        at = found.instants.take(found.at)
        timeline, name = self.timeline, self.output.name

        def records(seqs: list[int], keys: list[tuple[str, ...]], times: list[int]) -> list[Output]:
            listed = found.events.of_matches() if found.events is not None else [()] * len(seqs)
            each = zip(seqs, keys, times, found.place.tolist(), listed, strict=True)
            return [Matched(seq, timeline, key, time, name, place, events) for seq, key, time, place, events in each]

        self.setting.gathered.add(timeline, frame, at, self.place, records, name=name)

    def _changes(self, frame: Frame, at: Instants, column: Column) -> Any:
        """Where the value is not what was told last; a first absent value is not told."""
        parts = [column.values.real, column.values.imag] if self.type_name == "point" else [column.values]
        out = np.empty(len(at), dtype=np.int64)
        changed = np.zeros(len(at), dtype=np.bool_)
        for i, part in enumerate(parts):
            self.last[i] = first_seen(self.last[i], frame.keys, np.nan)
            bits = part.view(np.float64) if self.type_name == "time" else part.astype(np.float64)
            bits = np.ascontiguousarray(np.where(column.mask(), bits, np.nan))
            changed[out[: changed_numbers(at.key, bits, self.last[i], out)]] = True
        return changed.nonzero()[0]


def write_template(parts: Sequence[str | p.Hole], row: Sequence[Any]) -> str:
    """A template's text with the values of `row` (by input) in its holes."""
    return "".join(
        part if isinstance(part, str) else write_value(row[part.value], part.type, part.unit) for part in parts
    )
