"""Where the boxes and arrows of a picture go: layers from left to right, a lane below the other for each domain.

The layered drawing of Sugiyama, Tagawa and Toda (1981) in its plain form: layers by longest paths, places for arrows
that pass a layer, order within a layer by the mean of the neighbours' places, a few times to and fro.
"""

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from .picture import Box, Edge, Picture

LINE = 15
TITLE = 18
PADDING = 9
LETTER = 6.65
"""The width of a letter of the words, which are in a font of one width."""
TITLE_LETTER = 8.4
"""The width of a letter of a title, at most."""
COLUMNS_MAX = 38
NO_BREAK = "\N{NO-BREAK SPACE}"
_QUANTITY = re.compile(r"(?<=\d) (?=[A-Za-z%])")
LINES_MAX = 7
GAP = 14
POINT = 6
"""How high a place is that only an arrow passes."""
BETWEEN_LAYERS = 72
LANE_HEAD = 26
LANE_FOOT = 12
BETWEEN_LANES = 10
MARGIN = 16
SWEEPS = 8


@dataclass
class Place:
    """A box, or (without one) where an arrow passes a layer. `column`: how wide the layer is."""

    lane: str
    layer: int
    width: float
    height: float
    box: Box | None = None
    lines: tuple[str, ...] = ()
    before: list["Place"] = field(default_factory=list)
    after: list["Place"] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    column: float = 0.0

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True)
class Arrow:
    """The places that an arrow passes, from left to right; `backwards`: it points to the first of them."""

    kind: str
    places: tuple[Place, ...]
    backwards: bool


@dataclass(frozen=True)
class Lane:
    words: str
    y: float
    height: float


@dataclass(frozen=True)
class Layout:
    width: float
    height: float
    lanes: tuple[Lane, ...]
    places: tuple[Place, ...]
    arrows: tuple[Arrow, ...]


def lay_out(picture: Picture) -> Layout:
    """A place for everything in a picture."""
    layers = _layers(picture)
    places = {box.id: _place(box, layers[box.id]) for box in picture.boxes}
    every = list(places.values())
    arrows = [_arrow(edge, places, every) for edge in picture.edges]
    columns: dict[tuple[str, int], list[Place]] = defaultdict(list)
    for place in every:
        columns[place.lane, place.layer].append(place)
    width = _across(every)
    lanes = _down(picture, columns)
    for sweep in range(SWEEPS):
        _order(columns, forwards=sweep % 2 == 0)
        lanes = _down(picture, columns)
    _straighten(columns, lanes)
    height = max((lane.y + lane.height for lane in lanes.values()), default=0.0) + MARGIN
    return Layout(width, height, tuple(lanes.values()), tuple(every), tuple(arrows))


# --- Layers ----------------------------------------------------------------------------------------------------------


def _layers(picture: Picture) -> dict[str, int]:
    """The layer of each box, by the longest way to it; edges that close a ring do not count."""
    after: dict[str, list[Edge]] = defaultdict(list)
    for edge in picture.edges:
        after[edge.tail].append(edge)
    backwards: set[Edge] = set()
    order: list[str] = []
    state: dict[str, int] = {}
    for box in picture.boxes:
        pending = [] if box.id in state else [(box.id, 0)]
        while pending:
            at, position = pending.pop()
            state[at] = 1
            if position == len(after[at]):
                state[at] = 2
                order.append(at)
                continue
            pending.append((at, position + 1))
            edge = after[at][position]
            if state.get(edge.head) == 1:
                backwards.add(edge)
            elif edge.head not in state:
                pending.append((edge.head, 0))
    # A field stands behind the sources though no source feeds it, and what is made of fields behind all of them.
    given = 1 if any(box.kind == "source" for box in picture.boxes) else 0
    least = {"source": 0, "field": given, "event": given}
    made = given + 1 if any(box.kind == "field" for box in picture.boxes) else 0
    layers = {box.id: least.get(box.kind, made) for box in picture.boxes}
    for at in reversed(order):
        for edge in after[at]:
            if edge not in backwards:
                layers[edge.head] = max(layers[edge.head], layers[at] + 1)
    return layers


def _place(box: Box, layer: int) -> Place:
    lines = [
        part
        for line in box.words.split("\n")
        for part in textwrap.wrap(
            _QUANTITY.sub(NO_BREAK, line), COLUMNS_MAX, subsequent_indent="  ", break_on_hyphens=False
        )
    ]
    if len(lines) > LINES_MAX:
        lines = [*lines[: LINES_MAX - 1], "…"]
    widths = [(len(box.kind) + 1 + len(box.title)) * TITLE_LETTER, *(len(line) * LETTER for line in lines)]
    height = 2 * PADDING + TITLE + len(lines) * LINE
    return Place(box.lane, layer, max(widths) + 2 * PADDING + 8, height, box, tuple(lines))


def _arrow(edge: Edge, places: dict[str, Place], every: list[Place]) -> Arrow:
    """An arrow, with a point in each layer between its ends."""
    ends = [places[edge.tail], places[edge.head]]
    backwards = ends[0].layer > ends[1].layer
    if backwards:
        ends.reverse()
    points = [Place(ends[0].lane, layer, 0, POINT) for layer in range(ends[0].layer + 1, ends[1].layer)]
    every += points
    way = (ends[0], *points, ends[1])
    for left, right in pairwise(way):
        left.after.append(right)
        right.before.append(left)
    return Arrow(edge.kind, way, backwards)


# --- Places ----------------------------------------------------------------------------------------------------------


def _across(every: Iterable[Place]) -> float:
    """Sets where each layer is, from left to right; how wide all are."""
    widths: dict[int, float] = defaultdict(float)
    for place in every:
        widths[place.layer] = max(widths[place.layer], place.width)
    left: dict[int, float] = {}
    x = 2.0 * MARGIN
    for layer in sorted(widths):
        left[layer] = x
        x += widths[layer] + BETWEEN_LAYERS
    for place in every:
        place.x, place.column = left[place.layer], widths[place.layer]
    return x - BETWEEN_LAYERS + 2 * MARGIN


def _down(picture: Picture, columns: dict[tuple[str, int], list[Place]]) -> dict[str, Lane]:
    """Stacks each layer of each lane, and the lanes."""
    lanes: dict[str, Lane] = {}
    y = float(MARGIN)
    for name, words in picture.lanes.items():
        stacks = [stack for (lane, _), stack in columns.items() if lane == name]
        height = max((_height(stack) for stack in stacks), default=0.0)
        for stack in stacks:
            at = y + LANE_HEAD + (height - _height(stack)) / 2
            for place in stack:
                place.y = at
                at += place.height + GAP
        lanes[name] = Lane(words, y, LANE_HEAD + height + LANE_FOOT)
        y += lanes[name].height + BETWEEN_LANES
    return lanes


def _height(stack: list[Place]) -> float:
    return sum(place.height for place in stack) + GAP * (len(stack) - 1)


def _order(columns: dict[tuple[str, int], list[Place]], forwards: bool) -> None:
    """Puts what stands above one another in the order of what it is joined to."""
    for key in sorted(columns, key=lambda key: key[1], reverse=not forwards):
        stack = columns[key]
        wanted = {id(place): _wanted(place, place.before if forwards else place.after) for place in stack}
        stack.sort(key=lambda place: wanted[id(place)])
        top = min(place.y for place in stack)
        for place in stack:
            place.y = top
            top += place.height + GAP


def _wanted(place: Place, neighbours: list[Place]) -> float:
    return sum(other.middle for other in neighbours) / len(neighbours) if neighbours else place.middle


def _straighten(columns: dict[tuple[str, int], list[Place]], lanes: dict[str, Lane]) -> None:
    """Moves everything towards what it is joined to, as far as its lane and its neighbours have room."""
    for sweep in range(2):
        for key in sorted(columns, key=lambda key: key[1], reverse=sweep % 2 == 1):
            lane, stack = lanes[key[0]], columns[key]
            below = lane.y + lane.height - LANE_FOOT
            ends = []
            for place in reversed(stack):
                below -= place.height
                ends.append(below)
                below -= GAP
            at = lane.y + LANE_HEAD
            for place, lowest in zip(stack, reversed(ends), strict=True):
                neighbours = [*place.before, *place.after]
                place.y = min(max(_wanted(place, neighbours) - place.height / 2, at), lowest)
                at = place.y + place.height + GAP
