"""Rules, what they do, and what is reported."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...compiler import plan as p
from ...stdlib.function import Value
from ..output import Alerted, Emitted, Happening, Matched, Output, OutputValue, Sent, Set, Signalled, Started
from ..output import Life as LifeRecord
from ..text import output_value, write_value
from .instance import Instance, Instant
from .life import Life, What
from .until import Until

SEQ = -1
"""Outputs get their sequence number where they are taken from the instance."""


@dataclass
class RuleState:
    """The rule's life, and what it said at the present instant; what its `until` asks of the match, if it does."""

    life: Life
    said: list[What]
    until: Until | None = None

    @property
    def due(self) -> int | None:
        times = (self.life.due, None if self.until is None or not self.life.raised else self.until.due)
        return min((time for time in times if time is not None), default=None)


def rule(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Rule)
    operator = node.operator
    asked = operator.until_test
    state = here.state(node, lambda: RuleState(Life(operator), [], None if asked is None else Until(asked)))
    life = state.life
    state.said = []
    # What is kept of a match is looked at where it raises the rule, and nowhere else.
    looked_at = node.inputs if asked is None else (node.inputs[0], *node.inputs[1 + asked.kept :])
    if any(here.looks(i, at) for i in looked_at):
        suppressed = life.suppressed
        state.said += _looked(node, here, at, state)
        if life.suppressed > suppressed:
            here.setting.counters.dropped["suppressed"] += 1
    if at.acknowledged == node.id:
        state.said += life.acknowledge(at.time)
    if at.fires == "all" and state.due is not None and state.due <= at.time:
        if state.until is not None and state.until.fire(at.time):
            life.until = True
        state.said += life.fire(at.time)
    for index, what in enumerate(state.said):
        count = life.repeats if what == "repeated" else 0
        record = LifeRecord(SEQ, here.timeline.id, here.shown_key, at.time, operator.name, what, count)
        here.emit((here.setting.places[node.id], index, -1, 0), record)
    return bool(state.said)


def _looked(node: p.PlanNode, here: Instance, at: Instant, state: RuleState) -> list[What]:
    """What comes of a look at what a rule asks."""
    assert isinstance(node.operator, p.Rule)
    life, when = state.life, node.inputs[0]
    happens = node.operator.momentary_when and when in here.updated
    truth = None if node.operator.momentary_when else here.value(when) if here.looks(when, at) else life.when
    if state.until is None:
        until = node.inputs[1] if node.operator.has_until else None
        until_truth = None if until is None else here.value(until) if here.looks(until, at) else life.until
        return life.look(at.time, truth, until_truth, happens)
    asked = state.until
    values = {i: here.value(id_) for i, id_ in enumerate(node.inputs)}
    until_truth = asked.look(values, at.time) if life.raised else None
    return life.look(at.time, truth, until_truth, happens, lambda: asked.begin(values, at.time))


@dataclass
class FlapsState:
    """When a rule was raised, the last of the times that count; whether it flaps, is raised, and what its actions hear
    of at the present instant."""

    within_ns: int
    times: deque[int]
    flapping: bool = False
    raised: bool = False
    said: list[What] = field(default_factory=list)

    @property
    def due(self) -> int | None:
        """When it will be calm, if it is not raised again before."""
        return self.times[-1] + self.within_ns if self.flapping else None

    def rises(self, time: int) -> bool:
        """It is raised; whether it begins to flap."""
        begins = len(self.times) == self.times.maxlen and self.times[0] > time - self.within_ns and not self.flapping
        self.times.append(time)
        self.flapping = self.flapping or begins
        return begins


def flaps(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Flaps)
    operator = node.operator
    state = here.state(node, lambda: FlapsState(operator.within_ns, deque(maxlen=operator.above)))
    rule_state = here.states[node.inputs[0]]
    state.said = []
    told: list[Happening] = []
    for what in rule_state.said if node.inputs[0] in here.updated else []:
        if what == "raised" and state.rises(at.time):
            told.append("flapping")
        if what in ("raised", "cleared"):
            state.raised = what == "raised" and not rule_state.life.momentary
        if not state.flapping:
            state.said.append(what)
    if at.fires == "all" and state.due is not None and state.due <= at.time:
        state.flapping = False
        told.append("calm")
        state.said += ["raised"] if state.raised else []
    for index, happening in enumerate(told):
        record = LifeRecord(SEQ, here.timeline.id, here.shown_key, at.time, operator.rule, happening)
        here.emit((here.setting.places[node.id], index, -1, 0), record)
    return bool(state.said)


def raised(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    state = here.states.get(node.inputs[0])
    before = here.values.get(node.id)
    if state is not None and (state.life.raised or before is not None):
        here.values[node.id] = state.life.raised
    return here.values.get(node.id) != before


@dataclass
class AtRaisingState:
    """What a value was when a rule was raised last."""

    newest: Value = None
    due: None = None


def at_raising(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.AtRaising)
    value, of = node.inputs
    state = here.state(node, AtRaisingState)
    rises = of in here.updated and "raised" in here.states[of].said
    earlier = state.newest
    if rises:
        state.newest = here.value(value)
    here.values[node.id] = earlier if node.operator.earlier else state.newest
    return rises


def action(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Action)
    operator = node.operator
    rule_node = node.inputs[0]
    if rule_node not in here.updated or (operator.guarded and here.value(node.inputs[1]) is not True):
        return False
    values = [here.value(i) for i in node.inputs]
    moments = moments_of(operator, here.states[rule_node].said)
    for index in moments:
        place = (here.setting.places[rule_node], index, operator.order, here.setting.places[node.id])
        if operator.device is not None:
            for id_ in here.states[node.inputs[-1]].ids():
                here.emit(place, _sent(operator, operator.device, id_, values, here, at))
        else:
            here.emit(place, _done(operator, values, here, at))
    return bool(moments)


def moments_of(action: p.Action, said: list[What]) -> list[int]:
    """Of what a rule said at an instant, the places of that for which an action is done."""
    if action.on == "do":
        return [index for index, what in enumerate(said) if what in ("raised", "repeated")]
    cleared = [index for index, what in enumerate(said) if what == "cleared"]
    since = {index: "same" if "raised" in said[:index] else "earlier" for index in cleared}
    return [index for index in cleared if action.cleared in ("any", since[index])]


def _done(action: p.Action, values: list[Value], here: Instance, at: Instant) -> Output:
    where = (SEQ, here.timeline.id, here.shown_key, at.time)
    arguments = {argument.name: _argument(argument, values) for argument in action.arguments}
    match action.kind:
        case "alert":
            return Alerted(*where, action.rule, template(action.message, values), action.severity)
        case "emit":
            assert action.name is not None
            return Emitted(*where, action.rule, action.name, arguments)
        case "send":
            assert action.name is not None
            return Sent(*where, action.rule, action.name, arguments)
        case "set":
            assert action.name is not None
            return Set(*where, action.rule, action.name, arguments[action.name])
        case "run":
            assert action.name is not None
            return Started(*where, action.rule, action.name, arguments)


def _sent(action: p.Action, device: str, id_: str, values: list[Value], here: Instance, at: Instant) -> Sent:
    """A command to a member of the group at hand."""
    assert action.name is not None
    arguments = {argument.name: _argument(argument, values) for argument in action.arguments}
    return Sent(SEQ, device, (id_,), at.time, action.rule, action.name, arguments, here.shown_key)


def _argument(argument: p.ActionArgument, values: list[Value]) -> OutputValue:
    if argument.text:
        return template(argument.parts, values)
    (hole,) = argument.parts
    assert isinstance(hole, p.Hole)
    return output_value(values[hole.value], hole.type)


def template(parts: tuple[str | p.Hole, ...], values: list[Value]) -> str:
    """A text with its holes filled."""
    return "".join(p if isinstance(p, str) else write_value(values[p.value], p.type, p.unit) for p in parts)


@dataclass
class OutputState:
    """What was reported last."""

    last: Value = None
    due: None = None


def output(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Output)
    operator = node.operator
    (shown,) = node.inputs
    place = (here.setting.places[node.id], 0, 0, 0)
    where = (SEQ, here.timeline.id, here.shown_key, at.time)
    if here.setting.nodes[shown].event:
        if shown not in here.updated:
            return False
        if isinstance(here.setting.nodes[shown].operator, p.Pattern):
            for ordinal, match in enumerate(here.states[shown].matches):
                record = Matched(*where, operator.name, ordinal, match.shown(here.setting.nodes[shown].operator))
                here.emit((*place[:3], ordinal), record)
            return True
        named: Output
        if is_pattern(here.setting.nodes, shown):
            named = Matched(*where, operator.name)
        else:
            named = Signalled(*where, operator.name, True)
        here.emit(place, named)
        return True
    state = here.state(node, OutputState)
    value = here.value(shown)
    if operator.paced:
        given = shown in here.updated
    else:
        given = here.looks(shown, at) and value != state.last
    if given:
        state.last = value
        start = None if operator.window_ns is None else at.time - operator.window_ns
        here.emit(place, Signalled(*where, operator.name, output_value(value, node.type.name), start))
    return given


def is_pattern(nodes: Mapping[str, p.PlanNode], id_: str) -> bool:
    """Whether a node is a pattern, or one that was settled and is seen later."""
    node = nodes[id_]
    while isinstance(node.operator, p.Delayed):
        node = nodes[node.inputs[0]]
    return isinstance(node.operator, p.Pattern)
