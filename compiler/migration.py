"""What becomes of state when a plan takes the place of another: kept, mapped, dropped or begun.

    migrated = migrate(old, new)
    migrated.migration        # for the engine: which node goes on with which node's state
    migrated.report           # for people: what that is, and why

A node is *kept* where the old plan has one of the same meaning: operator, type, timeline and inputs, all the way down.
How windows share their slices, or comparisons a search, is not part of it, so an unrelated rule disturbs nothing. What
is looked up in a table is another meaning when the table has changed.

A rule and a signal of one name are *mapped* though what they say has changed: a rule keeps what it has raised, and
until when it holds or cools down; so does, below it, a `for` or a `no … for` at the same place. What they remember was
true of the old condition; the next messages are judged by the new one.

All else that the old plan kept is *dropped*, and what the new plan has to keep is *begun*: empty, as in a program that
starts at this moment. An aggregate that is new over windows' slices that are kept begins with the first window that
holds no sample from before, so it never shows half of one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..stdlib.parts import PARTS
from .explain import in_time
from .plan import (
    Action,
    Aggregate,
    Calibrated,
    Calibration,
    Chosen,
    Constant,
    Edge,
    Field,
    Flaps,
    Holds,
    Lookup,
    Map,
    Members,
    Migration,
    Operator,
    Output,
    Pattern,
    Plan,
    PlanNode,
    Predicted,
    PredictedDeviation,
    Quiet,
    Rule,
    Slices,
    Threshold,
    Timeline,
    TimeUntil,
    TwinCovariance,
    TwinState,
    TwinValue,
    Window,
)

Fate = Literal["kept", "mapped", "dropped", "begun"]


COMPARISONS: dict[str, Literal["<", "<=", ">", ">="]] = {
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What becomes of the state of one node; `what` names it, `behind` the rules and signals it is for."""

    fate: Fate
    what: str
    behind: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Migrated:
    """The map for the engine and the report for people."""

    migration: Migration
    report: tuple[Entry, ...]


def migrate(old: Plan, new: Plan) -> Migrated:
    """What of the old plan's state the new plan goes on with."""
    matching = _Matching(old, new)
    matching.by_meaning()
    matching.by_name()
    later = tuple(
        node.id
        for node in new.nodes
        if isinstance(node.operator, Aggregate)
        and node.id not in matching.found
        and any(i in matching.found for i in _slices_below(node, matching.new))
    )
    migration = Migration(tuple(sorted(matching.found.items())), later)
    return Migrated(migration, tuple(_report(matching)))


# --- Which node goes on with which one's state -----------------------------------------------------------------------


class _Matching:
    """`found`: for nodes of the new plan the node of the old whose state they take over; `why`, where not the same."""

    def __init__(self, old: Plan, new: Plan) -> None:
        self.old = {node.id: node for node in old.nodes}
        self.new = {node.id: node for node in new.nodes}
        self.plans = (old, new)
        self.found: dict[str, str] = {}
        self.why: dict[str, str] = {}
        self._numbers: dict[object, int] = {}
        self.meaning = {id(plan): self._meanings(plan) for plan in self.plans}

    def _meanings(self, plan: Plan) -> dict[str, int]:
        """A number for each node: of two plans' nodes it is the same if they mean the same."""
        tables = {table.name: table for table in plan.tables}
        fields = {(device.name, field.name): field.type for device in plan.devices for field in device.fields}
        nodes = {node.id: node for node in plan.nodes}
        meanings: dict[str, int] = {}
        for node in plan.nodes:
            compared = _compared(node, nodes)
            operator: object = None if isinstance(node.operator, Slices) else node.operator
            inputs = node.inputs
            if compared is not None:
                operator, inputs = compared[0], (compared[1],)
            said = (
                Threshold if compared is not None else type(node.operator),
                operator,
                fields.get((getattr(node.operator, "device", ""), getattr(node.operator, "field", ""))),
                tables[node.operator.table] if isinstance(node.operator, Lookup) else None,
                node.type,
                node.event,
                node.timeline,
                tuple(meanings[i] for i in inputs),
            )
            meanings[node.id] = self._numbers.setdefault(said, len(self._numbers))
        return meanings

    def by_meaning(self) -> None:
        """Match the nodes that mean the same; of several stores of the same samples the one that has the windows."""
        old, new = self.plans
        having: dict[int, list[PlanNode]] = {}
        for node in old.nodes:
            having.setdefault(self.meaning[id(old)][node.id], []).append(node)
        for node in new.nodes:
            same = having.get(self.meaning[id(new)][node.id], [])
            if isinstance(node.operator, Slices):
                same = self._stores(node, same)
            if same and type(same[0].operator) is type(node.operator):
                self.found[node.id] = same[0].id
        for node in new.nodes:
            # A window whose samples are kept elsewhere has nothing to go on with.
            if isinstance(node.operator, Window) and node.id in self.found:
                if self.found.get(node.inputs[0]) != self.old[self.found[node.id]].inputs[0]:
                    del self.found[node.id]
            elif isinstance(node.operator, Aggregate) and node.inputs[0] not in self.found:
                self.found.pop(node.id, None)

    def _stores(self, node: PlanNode, candidates: Sequence[PlanNode]) -> list[PlanNode]:
        """Of the old stores of the same samples those that the new one can go on with, the best first."""
        assert isinstance(node.operator, Slices)
        old, new = self.plans
        windows = {self.meaning[id(new)][w.id] for w in _windows_on(new, node)}
        fitting = [c for c in candidates if _can_be_recut(c, node, old, new)]
        shared = {c.id: sum(self.meaning[id(old)][w.id] in windows for w in _windows_on(old, c)) for c in fitting}
        return sorted(fitting, key=lambda c: -shared[c.id])

    def by_name(self) -> None:
        """Match rules and signals by their names, and what is at the same place below them."""
        old, new = self.plans
        roots = {root: node for node in old.nodes if (root := _root(node)) is not None}
        for node in new.nodes:
            root = _root(node)
            if root is not None and root in roots:
                self._align(roots[root], node)

    def _align(self, old: PlanNode, new: PlanNode) -> None:
        if new.id in self.found or type(old.operator) is not type(new.operator) or old.timeline != new.timeline:
            return
        if isinstance(old.operator, Map) and old.operator != new.operator:
            return
        if _can_be_mapped(old, new):
            self.found[new.id] = old.id
            self.why[new.id] = _difference(old.operator, new.operator)
        for of_old, of_new in zip(old.inputs, new.inputs, strict=False):
            self._align(self.old[of_old], self.new[of_new])


def _compared(node: PlanNode, nodes: dict[str, PlanNode]) -> tuple[Threshold, str] | None:
    """What a comparison of a number with a constant says, and of which node; the passes write it in two ways."""
    match node.operator:
        case Threshold():
            return node.operator, nodes[node.inputs[0]].inputs[0]
        case Map(function=function) if function in COMPARISONS:
            left, right = (nodes[i] for i in node.inputs)
            value = right.operator.value if isinstance(right.operator, Constant) else None
            if isinstance(value, int | float) and left.type.name in ("int", "float"):
                return Threshold(COMPARISONS[function], float(value)), left.id
    return None


def _root(node: PlanNode) -> tuple[object, ...] | None:
    """What a node is called, if it has a name that people gave."""
    match node.operator:
        case Rule(name) | Output(name):
            return type(node.operator), name
        case Flaps(rule):
            return Flaps, rule
        case Action(kind, rule, on, order, cleared=cleared):
            return Action, kind, rule, on, order, cleared
        case _:
            return None


def _can_be_mapped(old: PlanNode, new: PlanNode) -> bool:
    """Whether what a node remembers makes sense to one that says something else at the same place."""
    match old.operator, new.operator:
        case (Rule() as before, Rule() as after):
            return (before.momentary_when, before.until_test) == (after.momentary_when, after.until_test)
        case (Holds(), Holds()) | (Quiet(), Quiet()) | (Edge(), Edge()):
            return True
        case (Output(), Output()):
            return (old.type, old.event) == (new.type, new.event)
        case (Field() as before, Field() as after):
            return (before.device, before.field, old.type) == (after.device, after.field, new.type)
        case _:
            return False


def _difference(old: Operator, new: Operator) -> str:
    match old, new:
        case (Holds(before), Holds(after)) | (Quiet(before), Quiet(after)) if before != after:
            return f"{in_time(before)} are now {in_time(after)}; what has begun is due at the new time"
        case (Field(), Field()):
            return "it goes stale after another time"
        case _ if old != new:
            return "its clauses have changed"
        case _:
            return "what it depends on has changed"


def _can_be_recut(old: PlanNode, new: PlanNode, old_plan: Plan, new_plan: Plan) -> bool:
    """Whether the slices of a store can be put into another's: numbers can be joined, tables of values can not."""
    before, after = old.operator, new.operator
    assert isinstance(before, Slices)
    assert isinstance(after, Slices)
    shapes = [
        {window.operator for window in _windows_on(plan, node)} for plan, node in ((old_plan, old), (new_plan, new))
    ]
    if before == after and shapes[0] == shapes[1]:
        return True
    fits = before.width_ns % after.width_ns == 0 or after.width_ns % before.width_ns == 0
    return fits and {*before.parts, *after.parts} <= {*PARTS}


def _windows_on(plan: Plan, slices: PlanNode) -> Iterator[PlanNode]:
    return (node for node in plan.nodes if isinstance(node.operator, Window) and slices.id in node.inputs)


def _slices_below(aggregate: PlanNode, nodes: dict[str, PlanNode]) -> Iterator[str]:
    """The store of an aggregate's windows, if it has windows."""
    window = nodes[aggregate.inputs[0]]
    if isinstance(window.operator, Window):
        yield window.inputs[0]


# --- The report ------------------------------------------------------------------------------------------------------


def _report(matching: _Matching) -> Iterator[Entry]:
    old, new = matching.plans
    behind_old, behind_new = _behind(old), _behind(new)
    for device in sorted({d.name for d in old.devices} - {d.name for d in new.devices}):
        yield Entry("dropped", f"devices `{device}`", (), "the new program has no such device type")
    for node in new.nodes:
        before = matching.found.get(node.id)
        if before is None:
            if node.cost.state_bytes_per_key:
                yield Entry("begun", _named(node, matching.new), behind_new[node.id], _begins(node, matching))
        elif node.cost.state_bytes_per_key or matching.old[before].cost.state_bytes_per_key:
            why = matching.why.get(node.id, "")
            yield Entry("mapped" if why else "kept", _named(node, matching.new), behind_new[node.id], why)
    taken = set(matching.found.values())
    for node in old.nodes:
        if node.id not in taken and node.cost.state_bytes_per_key:
            yield Entry("dropped", _named(node, matching.old), behind_old[node.id], _gone(node, matching))


def _begins(node: PlanNode, matching: _Matching) -> str:
    if isinstance(node.operator, Aggregate) and any(i in matching.found for i in _slices_below(node, matching.new)):
        return "it gives its first value of a window that begins from now on"
    return ""


def _gone(node: PlanNode, matching: _Matching) -> str:
    timelines: dict[str, Timeline] = {timeline.id: timeline for timeline in matching.plans[1].timelines}
    root = _root(node)
    if node.timeline not in timelines:
        return "the new program has nothing for these devices or groups"
    if root is not None:
        same = [other for other in matching.new.values() if _root(other) == root]
        if not same:
            raised = "; what it has raised ends without being cleared" if isinstance(node.operator, Rule) else ""
            return f"the new program has none of this name{raised}"
        if same[0].timeline != node.timeline:
            return "it is for others now"
        return "it is of another kind now"
    match node.operator:
        case Slices() | Window() | Aggregate() | Members():
            return "the new program has no such samples or windows"
        case Pattern():
            return "the pattern has changed"
        case _:
            return "the new program has nothing of this meaning"


def _behind(plan: Plan) -> dict[str, tuple[str, ...]]:
    """For each node the rules and signals that it is for, in their order."""
    behind: dict[str, dict[str, None]] = {node.id: {} for node in plan.nodes}
    for node in reversed(plan.nodes):
        if isinstance(node.operator, Rule | Output):
            behind[node.id][_title(node)] = None
        for i in node.inputs:
            behind[i].update(behind[node.id])
    return {id_: tuple(reversed(names)) for id_, names in behind.items()}


def _title(node: PlanNode) -> str:
    match node.operator:
        case Rule(name):
            return f"rule `{name}`"
        case Output(name):
            return f"{'pattern' if node.event else 'signal'} `{name}`"
        case _:
            raise AssertionError("only rules and outputs have names")


def _named(node: PlanNode, nodes: dict[str, PlanNode]) -> str:
    """What a node is, in words."""
    match node.operator:
        case Rule():
            return f"{_title(node)}: what it has raised"
        case Output():
            return f"{_title(node)}: what it told last"
        case Flaps(rule):
            return f"rule `{rule}`: how often it was raised"
        case Holds(duration):
            return f"`for {in_time(duration)}`: since when"
        case Quiet(duration):
            return f"`no … for {in_time(duration)}`: since when"
        case Field(device, field):
            return f"`{device}.{field}`: what is held"
        case Slices(width):
            return f"samples in slices of {in_time(width)}"
        case Window(every, width):
            span = f"{in_time(width)} " if width is not None else ""
            return f"windows of {span}every {in_time(every)}" if every is not None else f"windows of {span}"
        case Aggregate(function):
            return f"the newest {function}"
        case TwinState() | TwinValue() | TwinCovariance():
            return "what the twin is known to be"
        case Calibration() | Calibrated():
            return "what the twin's parameters were found to be"
        case Predicted() | PredictedDeviation() | TimeUntil():
            return "what the twin foresees"
        case Chosen(device):
            return f"which `{device}` are meant"
        case Members(function, device):
            return f"{function} of the members `{device}`"
        case _:
            return f"{type(node.operator).__name__.lower()} on {node.timeline}"
