"""A picture in Graphviz's language, for its many ways to lay out and print."""

from collections.abc import Iterator

from .picture import Box, Picture

SHAPES = {"source": "cds", "field": "box", "rule": "box", "command": "component", "procedure": "folder"}
EDGES = {
    "value": 'color="#94a3b8"',
    "event": 'color="#ea580c"',
    "action": 'color="#15803d" style=dashed',
}


def to_dot(picture: Picture) -> str:
    """The picture as the text of a DOT file."""
    lines = [
        f"digraph {_quoted(picture.title)} {{",
        "    rankdir=LR",
        '    node [shape=box style=rounded fontname="Helvetica" fontsize=11]',
        '    edge [fontname="Helvetica" fontsize=10]',
    ]
    for number, (lane, words) in enumerate(picture.lanes.items()):
        lines.append(f"    subgraph cluster_{number} {{")
        lines.append(f'        label={_quoted(words)} labeljust=l fontname="Helvetica" color="#cbd5e1"')
        lines += [f"        {_box(box)}" for box in picture.boxes if box.lane == lane]
        lines.append("    }")
    lines += [f"    {_quoted(edge.tail)} -> {_quoted(edge.head)} [{EDGES[edge.kind]}]" for edge in picture.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _box(box: Box) -> str:
    shape = f" shape={SHAPES[box.kind]}" if box.kind in SHAPES else ""
    return f'{_quoted(box.id)} [label="{"".join(_lines(box))}"{shape}]'


def _lines(box: Box) -> Iterator[str]:
    """Lines that end on the left; the first says what it is."""
    yield f"{_escaped(f'{box.kind} {box.title}')}\\l"
    for line in box.words.split("\n"):
        if line:
            yield f"{_escaped(line)}\\l"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
