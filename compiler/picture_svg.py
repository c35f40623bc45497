"""A picture as SVG: a file that every browser shows, made of text alone."""

from collections import defaultdict
from collections.abc import Iterator
from xml.sax.saxutils import escape

from .picture import Picture
from .picture_layout import LINE, MARGIN, PADDING, TITLE, Arrow, Lane, Layout, Place, lay_out

COLOURS = {
    "source": "#64748b",
    "field": "#0891b2",
    "signal": "#2563eb",
    "pattern": "#c2410c",
    "rule": "#b91c1c",
    "never": "#b91c1c",
    "always": "#b91c1c",
    "procedure": "#7e22ce",
    "command": "#15803d",
    "event": "#c2410c",
    "twin": "#0f766e",
}
LINES = {
    "value": ("#94a3b8", "", "a value that is held"),
    "event": ("#ea580c", "", "an event that happens"),
    "action": ("#15803d", "5 4", "what a rule does"),
}
LEGEND_HEIGHT = 34

STYLE = """
  .lane { fill: #f8fafc; stroke: #e2e8f0 }
  .for { font: 600 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #64748b }
  .box { fill: #ffffff; stroke: #cbd5e1 }
  .title { font: 600 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #0f172a }
  .kind { font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #94a3b8 }
  .words { font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #475569; white-space: pre }
  .arrow { fill: none; stroke-width: 1.3 }
"""


def to_svg(picture: Picture) -> str:
    """The picture as an SVG document."""
    layout = lay_out(picture)
    width, height = max(layout.width, 560.0), layout.height + LEGEND_HEIGHT
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f"<title>{escape(picture.title)}</title>",
        f"<style>{STYLE}</style>",
        "<defs>",
        *(_head(kind) for kind in LINES),
        "</defs>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
    ]
    for lane in layout.lanes:
        lines += _lane(lane, width)
    lines += _arrows(layout)
    for place in layout.places:
        if place.box is not None:
            lines += _box(place)
    lines += [*_legend(layout.height), "</svg>"]
    return "\n".join(lines) + "\n"


def _head(kind: str) -> str:
    colour = LINES[kind][0]
    return (
        f'<marker id="{kind}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse">'
        f'<path d="M0,0.5 L8,4 L0,7.5 z" fill="{colour}"/></marker>'
    )


def _lane(lane: Lane, width: float) -> Iterator[str]:
    yield (
        f'<rect class="lane" x="{MARGIN / 2:.0f}" y="{lane.y:.1f}" width="{width - MARGIN:.0f}" '
        f'height="{lane.height:.1f}" rx="8"/>'
    )
    yield f'<text class="for" x="{MARGIN / 2 + 12:.0f}" y="{lane.y + 17:.1f}">{escape(lane.words)}</text>'


def _box(place: Place) -> Iterator[str]:
    assert place.box is not None
    box, x, y = place.box, place.x, place.y
    yield f"<g><title>{escape(f'{box.kind} {box.title}: {box.words}')}</title>"
    yield (
        f'<rect class="box" x="{x:.1f}" y="{y:.1f}" width="{place.width:.1f}" height="{place.height:.1f}" rx="5"/>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="5" height="{place.height:.1f}" rx="2.5" fill="{COLOURS[box.kind]}"/>'
    )
    left = x + PADDING + 5
    yield (
        f'<text class="title" x="{left:.1f}" y="{y + PADDING + 12:.1f}">'
        f'<tspan class="kind">{box.kind} </tspan>{escape(box.title)}</text>'
    )
    for number, line in enumerate(place.lines):
        below = y + PADDING + TITLE + 11 + number * LINE
        yield f'<text class="words" x="{left:.1f}" y="{below:.1f}">{escape(line)}</text>'
    yield "</g>"


def _arrows(layout: Layout) -> Iterator[str]:
    """Curves from right sides to left sides; those that share a side share it out among them."""
    leaving: dict[int, list[Arrow]] = defaultdict(list)
    coming: dict[int, list[Arrow]] = defaultdict(list)
    for arrow in layout.arrows:
        leaving[id(arrow.places[0])].append(arrow)
        coming[id(arrow.places[-1])].append(arrow)
    for arrows in leaving.values():
        arrows.sort(key=lambda arrow: arrow.places[1].middle)
    for arrows in coming.values():
        arrows.sort(key=lambda arrow: arrow.places[-2].middle)
    for arrow in layout.arrows:
        colour, dashes, _ = LINES[arrow.kind]
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        marker = f'marker-{"start" if arrow.backwards else "end"}="url(#{arrow.kind})"'
        path = _path(arrow, leaving[id(arrow.places[0])], coming[id(arrow.places[-1])])
        yield f'<path class="arrow" d="{path}" stroke="{colour}"{dashed} {marker}/>'


def _path(arrow: Arrow, leaving: list[Arrow], coming: list[Arrow]) -> str:
    """Straight through the layers, in curves between them."""
    first, *passed, last = arrow.places
    y = _port(first, arrow, leaving)
    x = first.x + first.column
    path = f"M{first.x + first.width:.1f},{y:.1f} H{x:.1f}"
    for place in passed:
        path += _curve(x, y, place.x, place.middle) + f" h{place.column:.1f}"
        x, y = place.x + place.column, place.middle
    return path + _curve(x, y, last.x, _port(last, arrow, coming))


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    half = (to_x - x) / 2
    return f" C{x + half:.1f},{y:.1f} {to_x - half:.1f},{to_y:.1f} {to_x:.1f},{to_y:.1f}"


def _port(place: Place, arrow: Arrow, arrows: list[Arrow]) -> float:
    """Where on a side an arrow begins or ends."""
    position = next(i for i, other in enumerate(arrows) if other is arrow)
    return place.y + place.height * (position + 1) / (len(arrows) + 1)


def _legend(y: float) -> Iterator[str]:
    x = MARGIN * 1.5
    for kind, (colour, dashes, words) in LINES.items():
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        yield (
            f'<path class="arrow" d="M{x:.0f},{y + 8:.1f} h34" stroke="{colour}"{dashed} marker-end="url(#{kind})"/>'
            f'<text class="for" x="{x + 42:.0f}" y="{y + 12:.1f}">{words}</text>'
        )
        x += 76 + 6.4 * len(words)
