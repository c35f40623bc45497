"""Rule coverage: what a program's tests have reached of its rules, signals and patterns.

    coverage = suite.measure()
    … suite.run(item) …
    coverage.report()

What is asked for (the *goals*):
- of each condition in a rule, a signal or a pattern, and of each condition that it is made of: that it was true and
  that it was false, and where it can be unknown that it was that; of an event that it happened;
- of each threshold (a comparison with a constant): values on both sides of it;
- of each clause of a rule that it did what it is there for.

Nothing has to be tested of what stands in the text but cannot be otherwise: a constant, an unknown that cannot be.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ...compiler import plan as p
from ...dsl.source import Span
from ...stdlib.function import Value
from ..interpret.instance import Instance, Instant
from ..interpret.life import Life
from ..interpret.rules import RuleState, moments_of
from .executors import Input
from .observing import Place, View
from .words import value_of

NEVER_UNKNOWN = {"is_absent", "not_true"}


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that tests should reach: of which item, where, in words, and whether they did."""

    item: str
    place: Place
    what: str
    missing: str
    reached: bool


@dataclass(slots=True)
class _Seen:
    """What was seen of a node."""

    truths: set[bool | None] = field(default_factory=set)
    below: float | None = None
    above: float | None = None


@dataclass
class Coverage:
    """Adds up what runs reach. `take` runs the inputs of a test once more and looks inside."""

    view: View
    _seen: dict[str, _Seen] = field(default_factory=lambda: defaultdict(_Seen))
    _said: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _holding_now: dict[tuple[str, tuple[str, ...]], bool] = field(default_factory=dict)
    _suppressed: dict[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._items = list(_items(self.view))
        self._watched: dict[str, list[p.PlanNode]] = defaultdict(list)
        self._thresholds: dict[str, tuple[p.PlanNode, float]] = {}
        for item in self._items:
            if item.pattern is not None:
                self._watched[item.pattern.timeline].append(item.pattern)
            for node in item.conditions:
                self._watched[node.timeline].append(node)
                level = _level(self.view, node)
                if level is not None:
                    self._thresholds[node.id] = level
        self._rules: dict[str, list[p.PlanNode]] = defaultdict(list)
        self._actions: dict[str, list[p.PlanNode]] = defaultdict(list)
        for node in self.view.plan.nodes:
            if isinstance(node.operator, p.Rule):
                self._rules[node.timeline].append(node)
            elif isinstance(node.operator, p.Action) and node.operator.guarded:
                self._actions[node.operator.rule].append(node)

    def take(self, inputs: Sequence[Input]) -> None:
        """What these inputs reach."""
        self._holding_now.clear()
        self._suppressed.clear()
        self.view.watch(inputs, self._observe)

    # --- Looking -----------------------------------------------------------------------------------------------------

    def _observe(self, here: Instance, at: Instant) -> None:
        for node in self._watched[here.timeline.id]:
            seen = self._seen[node.id]
            if node.event:
                if node.id in here.updated:
                    seen.truths.add(True)
                continue
            value = here.values.get(node.id)
            seen.truths.add(value if isinstance(value, bool) else None)
            if isinstance(node.operator, p.Holds):
                self._holding(node, here)
            elif node.id in self._thresholds:
                self._side(node, here, seen, value)
        for rule in self._rules[here.timeline.id]:
            self._rule(rule, here, at)

    def _side(self, node: p.PlanNode, here: Instance, seen: _Seen, truth: Value) -> None:
        """Which side of the threshold a value was on, and how near; on it, the side that the comparison gives it."""
        operand, level = self._thresholds[node.id]
        value = here.values.get(operand.id)
        if not isinstance(value, int | float) or not isinstance(truth, bool):
            return
        assert isinstance(node.operator, p.Map)
        greater = node.operator.function.startswith("greater")
        constant_first = isinstance(self.view.inputs_of(node)[0].operator, p.Constant)
        above = value > level or (value == level and truth is (greater is not constant_first))
        if above:
            seen.above = float(value) if seen.above is None else min(seen.above, float(value))
        else:
            seen.below = float(value) if seen.below is None else max(seen.below, float(value))

    def _holding(self, node: p.PlanNode, here: Instance) -> None:
        """Whether what should hold for a while stopped before it was over."""
        key = (node.id, here.shown_key)
        inner = here.values.get(node.inputs[0]) is True
        if self._holding_now.get(key) and not inner:
            self._said[node.id].add("broken")
        self._holding_now[key] = inner and here.values.get(node.id) is not True

    def _rule(self, rule: p.PlanNode, here: Instance, at: Instant) -> None:
        state = here.states.get(rule.id)
        if not isinstance(state, RuleState):
            return
        said, life = self._said[rule.id], state.life
        said.update(state.said)
        suppressed = self._suppressed.get((rule.id, here.shown_key), 0)
        if life.remembered or life.suppressed > suppressed:
            said.add("suppressed")
        self._suppressed[rule.id, here.shown_key] = life.suppressed
        if life.raised and life.hold_until is not None and at.time < life.hold_until and _over(life):
            said.add("held")
        if "cleared" in state.said and at.acknowledged == rule.id:
            said.add("acknowledged")
        for action in self._actions[_name(rule)]:
            assert isinstance(action.operator, p.Action)
            if moments_of(action.operator, here.states[action.inputs[0]].said):
                done = here.value(action.inputs[1]) is True
                self._said[_block(action)].add("done" if done else "left")

    # --- Telling -----------------------------------------------------------------------------------------------------

    def goals(self) -> Iterator[Goal]:
        """All that tests should reach, in the order of the text."""
        for item in sorted(self._items, key=lambda item: item.place):
            if item.pattern is not None:
                matched = True in self._seen[item.pattern.id].truths
                yield Goal(item.name, item.place, "the pattern", "never matched", matched)
            for node in item.conditions:
                yield from self._condition(item, node)
            if item.rule is not None:
                yield from self._clauses(item, item.rule)

    def _condition(self, item: "_Item", node: p.PlanNode) -> Iterator[Goal]:
        seen, place = self._seen[node.id], self.view.place(node)
        what = f"`{self.view.written(self.view.graph.origins.get(node.id))}`"

        def goal(missing: str, reached: bool) -> Goal:
            return Goal(item.name, place, what, missing, reached)

        if isinstance(node.operator, p.Schedule):
            yield goal("never open", True in seen.truths)
            yield goal("never over", False in seen.truths)
            return
        if node.event:
            yield goal("never happened", True in seen.truths)
            return
        if node.id not in item.crossed:
            yield goal("never true", True in seen.truths)
            yield goal("never false", False in seen.truths)
            if self._may_be_unknown(node):
                yield goal("never unknown", None in seen.truths)
        if isinstance(node.operator, p.Holds):
            yield goal("never broken before it was over", "broken" in self._said[node.id])
        if node.id in self._thresholds:
            operand, _ = self._thresholds[node.id]
            below, above = (
                "" if near is None else f", the nearest was {value_of(near, operand.type)}"
                for near in (seen.below, seen.above)
            )
            yield goal(f"no value below it{above}", seen.below is not None)
            yield goal(f"no value above it{below}", seen.above is not None)

    def _may_be_unknown(self, node: p.PlanNode) -> bool:
        """Whether a value can be absent at all."""
        match node.operator:
            case p.Constant(value=value):
                return value is None
            case p.Key() | p.Now() | p.Quiet() | p.Schedule():
                return False
            case p.Members(function="count" | "count_true"):
                return False
            case p.Map(function=function) if function in NEVER_UNKNOWN:
                return False
            case p.Map(function="else_"):
                return all(self._may_be_unknown(i) for i in self.view.inputs_of(node))
            case p.Map() | p.Holds():
                return any(self._may_be_unknown(i) for i in self.view.inputs_of(node))
            case _:
                return not node.event

    def _clauses(self, item: "_Item", rule: p.PlanNode) -> Iterator[Goal]:
        assert isinstance(rule.operator, p.Rule)
        operator = rule.operator

        def goal(what: str, missing: str, reached: str, node: p.PlanNode = rule) -> Goal:
            said = self._said[_block(node) if isinstance(node.operator, p.Action) else node.id]
            return Goal(item.name, self.view.place(node), what, missing, reached in said)

        yield goal("the rule", "never raised", "raised")
        momentary = operator.momentary_when and not operator.has_until
        if not momentary or operator.hold_ns is not None or operator.latched:
            until = operator.has_until and any(self.view.is_written(one) for one in self.view.inputs_of(rule)[1:])
            yield goal("`until`" if until else "the rule", "never cleared", "cleared")
        if operator.cooldown_ns is not None:
            yield goal("`cooldown`", "held nothing back", "suppressed")
        if operator.repeat_ns is not None:
            yield goal("`repeat every`", "never repeated", "repeated")
        if operator.hold_ns is not None and not momentary:
            yield goal("`hold for`", "kept nothing raised", "held")
        if operator.latched:
            yield goal("`latched`", "never cleared by an acknowledgement", "acknowledged")
        for action in {_block(action): action for action in self._actions[_name(rule)]}.values():
            guard = self.view.nodes[action.inputs[1]]
            words = "`else`" if guard.operator == p.Map("not_true") else f"`if {self.view.text(guard)}`"
            yield goal(words, "what it does was never done", "done", action)
            yield goal(words, "what it does was never left out", "left", action)

    def report(self) -> list[str]:
        """What is missing, by item, and the share of what was reached."""
        goals = list(self.goals())
        lines: list[str] = []
        for item in dict.fromkeys(goal.item for goal in goals):
            own = [goal for goal in goals if goal.item == item]
            reached = sum(goal.reached for goal in own)
            lines.append(f"{item}: {reached} of {len(own)}")
            missing: dict[tuple[Place, str], list[str]] = defaultdict(list)
            for goal in own:
                if not goal.reached:
                    missing[goal.place, goal.what].append(goal.missing)
            for (place, what), words in missing.items():
                file = "" if place.file == self.view.compiled.source.name else f"{place.file} "
                lines.append(f"  {file}line {place.line}  {what}: {'; '.join(words)}")
        done = sum(goal.reached for goal in goals)
        lines.append(f"rule coverage {percent(goals):g} % ({done} of {len(goals)})")
        return lines


def _name(rule: p.PlanNode) -> str:
    assert isinstance(rule.operator, p.Rule)
    return rule.operator.name


def _block(action: p.PlanNode) -> str:
    """What stands for an action: there may be two nodes of one, for what was raised earlier and at the same instant."""
    assert isinstance(action.operator, p.Action)
    return f"{action.operator.rule} {action.operator.on} {action.operator.order}"


def _over(life: Life) -> bool:
    """Whether a raised rule would be cleared, but for its hold and latch."""
    if life.rule.has_until:
        return life.until is True
    return life.rule.momentary_when or life.when is False


def _level(view: View, node: p.PlanNode) -> tuple[p.PlanNode, float] | None:
    """What a condition compares with which number, if it asks for one side of it."""
    found = view.threshold(node)
    if found is None or not isinstance(node.operator, p.Map) or node.operator.function in ("equal", "not_equal"):
        return None
    operand, constant = found
    assert isinstance(constant.operator, p.Constant)
    level = constant.operator.value
    return (operand, float(level)) if isinstance(level, int | float) else None


def percent(goals: Sequence[Goal]) -> float:
    """The share of goals reached, rounded down to a tenth, so that 100 means all of them."""
    if not goals:
        return 100.0
    return sum(goal.reached for goal in goals) * 1000 // len(goals) / 10


@dataclass(frozen=True, slots=True)
class _Item:
    """A rule, signal or pattern, with the conditions that are asked for under its name.

    `crossed`: those that an event waits for (`temp > 8 degC` of `temp rises above 8 degC`): of them only values on both
    sides are asked for.
    """

    name: str
    place: Place
    conditions: tuple[p.PlanNode, ...]
    crossed: frozenset[str]
    rule: p.PlanNode | None = None
    pattern: p.PlanNode | None = None


def _items(view: View) -> Iterator[_Item]:
    """What has a name and conditions of its own, then rules with theirs. Each condition is asked for once."""
    asked: set[str] = set()
    spans: set[Span | None] = set()

    def own(roots: Sequence[p.PlanNode]) -> tuple[tuple[p.PlanNode, ...], frozenset[str]]:
        found: list[p.PlanNode] = []
        crossed: set[str] = set()
        pending = list(reversed(roots))
        while pending:
            node = pending.pop()
            if node.id in asked:
                continue
            asked.add(node.id)
            pending += reversed(view.inputs_of(node))
            span = view.graph.origins.get(node.id)
            if isinstance(node.operator, p.Edge) or (node.id in crossed and node.operator == p.Map("not_")):
                crossed.update(node.inputs)
            if _asked_for(view, node) and (span not in spans or node.id in crossed):
                spans.add(span)
                found.append(node)
        return tuple(found), frozenset(crossed)

    for name, output in view.outputs.items():
        (node,) = view.inputs_of(output)
        pattern = node if isinstance(node.operator, p.Pattern) else None
        conditions, crossed = own([node])
        if conditions:
            kind = "signal" if pattern is None else "pattern"
            yield _Item(f"{kind} {name}", view.place(output), conditions, crossed, pattern=pattern)
    for name, rule in view.rules.items():
        if " " in name:
            continue  # A `never` or `always`: all tests are its tests.
        guards = [
            view.nodes[node.inputs[1]]
            for node in view.plan.nodes
            if isinstance(node.operator, p.Action) and node.operator.rule == name and node.operator.guarded
        ]
        conditions, crossed = own([*view.inputs_of(rule), *guards])
        yield _Item(f"rule {name}", view.place(rule), conditions, crossed, rule)


def _asked_for(view: View, node: p.PlanNode) -> bool:
    """Whether a node is a condition of the text."""
    if node.type.name != "bool" or isinstance(node.operator, p.Constant | p.Delayed | p.Pattern | p.Rule):
        return False
    return view.is_written(node)
