"""What a program is made of and what depends on what, as boxes and arrows in the program's own words.

A picture is drawn of the checked tree, so that programs can be drawn that do not run yet. It shows what decides: values
that are only shown in messages bring no arrow.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from ..dsl import nodes as n
from ..dsl.source import Sources, Span
from ..stdlib.catalogue import STATEFUL
from .resolve import children
from .typed import (
    BoundRef,
    DeviceScope,
    EventRef,
    EventValueRef,
    ExpiresRef,
    FieldRef,
    HeldTimeRef,
    PatternRef,
    PrevRef,
    PrevTimeRef,
    SentRef,
    SignalRef,
    TwinRef,
    Typed,
)

BoxKind = Literal[
    "source", "field", "signal", "pattern", "rule", "procedure", "command", "event", "twin", "never", "always"
]
EdgeKind = Literal["value", "event", "action"]

ALL = "all together"
NOWHERE = "not placed"
WORDS_MAX = 300
"""How much of an expression is shown."""


@dataclass(frozen=True, slots=True)
class Box:
    """Something of the program: its name, and a few words about it."""

    id: str
    kind: BoxKind
    lane: str
    title: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """`value`: the head looks at what the tail is; `event`: at what happens to it; `action`: the tail makes it do."""

    tail: str
    head: str
    kind: EdgeKind


@dataclass(frozen=True, slots=True)
class Picture:
    """`lanes`: for whom the boxes in it exist, and how that is told."""

    title: str
    lanes: dict[str, str]
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


def picture(typed: Typed, sources: Sources) -> Picture:
    """The picture of a checked program, whose words are in these sources."""
    drawing = _Drawing(typed, sources)
    for item in typed.program.items:
        drawing.item(item)
    drawing.fed()
    return drawing.finished()


def behind(whole: Picture, name: str) -> Picture | None:
    """Only what the rule, signal, pattern or procedure of this name depends on, and what it does; None if there is no
    such thing."""
    named = {box.id for box in whole.boxes if box.title == name and box.kind not in ("source", "field", "command")}
    if not named:
        return None
    kept = named | _reached(named, {(edge.head, edge.tail) for edge in whole.edges if edge.kind != "action"})
    kept |= _reached(named, {(edge.tail, edge.head) for edge in whole.edges if edge.kind == "action"})
    lanes = {box.lane for box in whole.boxes if box.id in kept}
    return replace(
        whole,
        title=f"{whole.title}: {name}",
        lanes={lane: words for lane, words in whole.lanes.items() if lane in lanes},
        boxes=tuple(box for box in whole.boxes if box.id in kept),
        edges=tuple(edge for edge in whole.edges if edge.tail in kept and edge.head in kept),
    )


def by_place(whole: Picture, places: Mapping[str, str], lanes: Mapping[str, str]) -> Picture:
    """The picture with a lane for each place at which its boxes stand: `places` by the box's id, `lanes` in order, with
    their words. A box without a place stands where what makes it happen does, or else what it hangs on, or else alone.
    """
    known = dict(places)
    for edge in (*whole.edges, *(replace(edge, tail=edge.head, head=edge.tail) for edge in whole.edges)):
        if edge.tail in places:
            known.setdefault(edge.head, places[edge.tail])
    boxes = tuple(replace(box, lane=known.get(box.id, NOWHERE)) for box in whole.boxes)
    drawn = {box.lane for box in boxes}
    order = {lane: words for lane, words in {**lanes, NOWHERE: NOWHERE}.items() if lane in drawn}
    return replace(whole, lanes=order, boxes=boxes)


def _reached(roots: set[str], steps: set[tuple[str, str]]) -> set[str]:
    reached: set[str] = set()
    pending = list(roots)
    while pending:
        at = pending.pop()
        for start, end in steps:
            if start == at and end not in reached:
                reached.add(end)
                pending.append(end)
    return reached


@dataclass
class _Drawing:
    """The boxes and edges so far. Those of fields, commands and events are made when something names them."""

    typed: Typed
    sources: Sources
    boxes: dict[str, Box] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)

    def item(self, item: n.Item) -> None:
        match item:
            case n.Signal():
                box = self.box("signal", f"signal {item.name}", _lane(item.domain), item.name, self.text(item.value))
                self.needs(box, item.value)
            case n.PatternItem():
                words = self.text(item.pattern)
                box = self.box("pattern", f"pattern {item.name}", _lane(item.domain), item.name, words)
                self.needs(box, item.pattern)
            case n.Rule():
                self.rule(item)
            case n.Procedure():
                steps = ", then ".join(_steps(item.parts))
                box = self.box("procedure", f"procedure {item.name}", _lane(item.domain), item.name, steps)
                for part in (*item.parts, *item.on_failure, *item.on_doubt, *item.on_done):
                    self.does(box, part, item.domain)
            case n.Twin():
                self.twin(item)
            case n.Invariant():
                box = self.box(
                    item.kind, f"{item.kind} {item.title}", _lane(item.domain), item.title, self.text(item.condition)
                )
                self.needs(box, item.condition)
            case _:
                pass  # Sources come last; the others decide nothing.

    def rule(self, rule: n.Rule) -> None:
        words = [f"when {self.text(rule.when)}"]
        if rule.until is not None:
            words.append(f"until {self.text(rule.until)}")
        if rule.schedule is not None:
            words.append(self.text(rule.schedule))
        if rule.inhibited_by:
            words.append(f"inhibited by {', '.join(rule.inhibited_by)}")
        words += [
            f"alert {action.severity or rule.severity or ''}".rstrip()
            for action in rule.do
            if isinstance(action, n.Alert)
        ]
        box = self.box("rule", f"rule {rule.name}", _lane(rule.domain), rule.name, "\n".join(words))
        self.needs(box, rule.when)
        if rule.until is not None:
            self.needs(box, rule.until)
        for other in rule.inhibited_by:
            self.edges[Edge(f"rule {other}", box, "value")] = None
        for action in (*rule.do, *rule.on_clear):
            self.does(box, action, rule.domain)

    def twin(self, twin: n.Twin) -> None:
        words = [f"d({line.of}) = {self.text(line.value)}" for line in twin.dynamics] + [
            f"{output.name} = {self.text(output.value)}" for output in twin.outputs
        ]
        box = self.box("twin", f"twin {twin.device}", twin.device, f"of {twin.device}", "\n".join(words))
        for value in (*(line.value for line in twin.dynamics), *(output.value for output in twin.outputs)):
            self.needs(box, value)
        for estimate in twin.estimates:
            for noise in estimate.noises:
                if noise.of is not None and noise.of in self.typed.devices[twin.device].fields:
                    self.edges[Edge(self.field(twin.device, noise.of), box, "value")] = None

    # --- What something needs ----------------------------------------------------------------------------------------

    def needs(self, box: str, node: n.Node, event: bool = False) -> None:
        """Arrows from all that a node names, by the way in which it looks at it."""
        match node:
            case n.Becomes() | n.Crosses() | n.Step() | n.Quiet():
                event = True
            case n.Template():
                return
            case n.Name() | n.Member() | n.Call() | n.Sent() | n.Expires():
                tail = self.meant(node)
                if tail is not None:
                    happens = event or tail.startswith(("pattern ", "event ", "command "))
                    self.edges[Edge(tail, box, "event" if happens else "value")] = None
                    return
            case _:
                pass
        if isinstance(node, n.Call) and node.function in STATEFUL and STATEFUL[node.function].of == "prediction":
            fact = self.typed.facts.get(node)
            if fact is not None and isinstance(fact.scope, DeviceScope):
                self.edges[Edge(f"twin {fact.scope.device}", box, "value")] = None
        for part in children(node):
            self.needs(box, part, event)

    def meant(self, node: n.Node) -> str | None:
        """The box of what a node names, if it has one."""
        fact = self.typed.facts.get(node)
        match None if fact is None else fact.reference:
            case FieldRef(device, name) | HeldTimeRef(device, name) | PrevRef(device, name) | PrevTimeRef(device, name):
                return self.field(device, name)
            case SignalRef(name):
                return f"signal {name}"
            case PatternRef(name) | ExpiresRef(name):
                return f"pattern {name}"
            case EventRef(device, name) | EventValueRef(device, name):
                return self.box("event", f"event {device}.{name}", device, name, "event of the device")
            case SentRef(device, name):
                return self.command(device, name)
            case TwinRef(device):
                return f"twin {device}"
            case BoundRef(field=str() as name) if fact is not None and isinstance(fact.scope, DeviceScope):
                known = name in self.typed.devices[fact.scope.device].fields
                return self.field(fact.scope.device, name) if known else None
            case _:
                return None

    # --- What something does -----------------------------------------------------------------------------------------

    def does(self, box: str, node: n.Node, domain: n.Domain | None) -> None:
        """Arrows to all that an action or step commands, runs or tells, and from what it looks at for that."""
        match node:
            case n.Send(command=name, to=to):
                device = to.device if to is not None else domain.device if isinstance(domain, n.ForDevice) else None
                if device is not None:
                    self.edges[Edge(box, self.command(device, name), "action")] = None
                self.all_needed(box, node)
            case n.Run(procedure=name):
                self.edges[Edge(box, f"procedure {name}", "action")] = None
                self.all_needed(box, node)
            case n.Emit(event=name):
                head = self.box("event", f"emit {name}", _lane(domain), name, "event of the program")
                self.edges[Edge(box, head, "action")] = None
                self.all_needed(box, node)
            case n.Set(property=name):
                head = self.box("command", f"set {_lane(domain)}.{name}", _lane(domain), f"set {name}")
                self.edges[Edge(box, head, "action")] = None
                self.all_needed(box, node)
            case n.If(condition=condition, then=then, otherwise=otherwise):
                self.needs(box, condition)
                for action in (*then, *otherwise):
                    self.does(box, action, domain)
            case n.ProcedureStep(parts=parts) | n.Loop(parts=parts):
                for part in parts:
                    self.does(box, part, domain)
            case n.Alert():
                pass
            case _:
                self.all_needed(box, node)

    def all_needed(self, box: str, node: n.Node) -> None:
        """Arrows from all that the parts of a node name."""
        for part in children(node):
            self.needs(box, part)

    def fed(self) -> None:
        """The sources, with arrows to what is drawn of their devices."""
        for item in self.typed.program.items:
            if not isinstance(item, n.Source):
                continue
            heads = [f"field {item.device}.{mapping.field}" for mapping in item.mappings]
            drawn = [head for head in heads if head in self.boxes]
            if drawn:
                where = "" if item.where is None else f" where {self.text(item.where)}"
                box = self.box("source", f"source {item.name}", item.device, item.name, f"{item.format}{where}")
                self.edges.update(dict.fromkeys(Edge(box, head, "event") for head in drawn))

    def finished(self) -> Picture:
        """The picture, of the arrows whose both ends there are."""
        order = {lane: None for item in self.typed.program.items if isinstance(item, n.Device) for lane in (item.name,)}
        order |= {box.lane: None for box in sorted(self.boxes.values(), key=lambda box: box.lane == ALL)}
        drawn = {box.lane for box in self.boxes.values()}
        edges = [edge for edge in self.edges if edge.tail in self.boxes and edge.head in self.boxes]
        return Picture(
            self.typed.program.module,
            {lane: self.words_of_lane(lane) for lane in order if lane in drawn},
            tuple(self.boxes.values()),
            tuple(edge for edge in edges if edge.tail != edge.head),
        )

    # --- Boxes -------------------------------------------------------------------------------------------------------

    def box(self, kind: BoxKind, id_: str, lane: str, title: str, words: str = "") -> str:
        self.boxes.setdefault(id_, Box(id_, kind, lane, title, words))
        return id_

    def field(self, device: str, name: str) -> str:
        """The box of a property or telemetry, with its declaration."""
        declared = self._member(device, name)
        words = "" if declared is None else self.text(declared).partition(":")[2].strip()
        return self.box("field", f"field {device}.{name}", device, name, words)

    def command(self, device: str, name: str) -> str:
        """The box of a device's command, with its parameters."""
        declared = self._member(device, name)
        parameters = declared.parameters if isinstance(declared, n.Command) else ()
        words = ", ".join(self.text(parameter) for parameter in parameters)
        return self.box("command", f"command {device}.{name}", device, name, words)

    def _member(self, device: str, name: str) -> n.DeviceMember | None:
        for item in self.typed.program.items:
            if isinstance(item, n.Device) and item.name == device:
                for member in item.members:
                    if member.name == name:
                        return member
        return None

    def words_of_lane(self, lane: str) -> str:
        """`for each Truck, 50000 at most, stragglers up to 5 min`."""
        if lane == ALL or lane not in self.typed.devices:
            return lane
        words = f"for each {lane}"
        for item in self.typed.program.items:
            if isinstance(item, n.Device) and item.name == lane:
                words += "" if item.maximum is None else f", {self.text(item.maximum)} at most"
                words += "" if item.lateness is None else f", stragglers up to {self.text(item.lateness)}"
        return words

    def text(self, node: n.Node) -> str:
        """A node as the program says it, on one line."""
        source, start = self.sources.locate(node.span.start)
        words = _plain(source.text, Span(start, start + node.span.end - node.span.start))
        return words if len(words) <= WORDS_MAX else f"{words[:WORDS_MAX]} …"


def _plain(text: str, span: Span) -> str:
    """A stretch of a program without comments and line breaks."""
    lines = text[span.start : span.end].split("\n")
    return " ".join(" ".join(_COMMENT.sub(r"\1", line) for line in lines).split())


_COMMENT = re.compile(r"""((?:"(?:[^"\\]|\\.)*"|[^"#])*)#.*""")


def _lane(domain: n.Domain | None) -> str:
    match domain:
        case n.ForDevice(device=device):
            return device
        case n.ByProperties(properties=properties):
            return f"by {', '.join(properties)}"
        case None:
            return ALL


def _steps(parts: tuple[n.ProcedureStep | n.Loop, ...]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, n.Loop):
            yield from _steps(part.parts)
        else:
            yield part.name
