"""Patterns as text.

>>> pattern_text(nodes.Pattern(nodes.Repeat(nodes.Step(nodes.Name("a")), nodes.Number("3"), nodes.Number("3"))))
'a 3 times'
"""

from typing import assert_never

from . import nodes
from .layout import Block, plain
from .unparse_expressions import Level, duration, expression, operand


def pattern_text(pattern: nodes.Pattern) -> str:
    """The whole pattern on one line."""
    return " ".join([*_steps(pattern.body), *_ends(pattern)])


def pattern_block(pattern: nodes.Pattern, opening: str = "", closing: str = "") -> Block:
    """The pattern with a line for each step and each end; a short one on a single line."""
    steps, ends = _steps(pattern.body), _ends(pattern)
    lines = [*steps, *ends]
    side_by_side = len(steps) == 1 and len(ends) < 2
    things = [plain(line, side=number > 0 and side_by_side) for number, line in enumerate(lines)]
    return Block(things, opening, closing, between=" ", open=True)


def _steps(body: nodes.Part) -> list[str]:
    """The parts of a sequence, each with the link before it."""
    if not isinstance(body, nodes.Sequence):
        return [part_text(body)]
    links = ["", *(f"{link} " for link in body.links)]
    return [link + part_text(part) for link, part in zip(links, body.parts, strict=True)]


def _ends(pattern: nodes.Pattern) -> list[str]:
    lines: list[str] = []
    if pattern.unless is not None:
        lines.append(f"unless {expression(pattern.unless)}")
    if pattern.within is not None:
        lines.append(f"within {duration(pattern.within)}")
    if pattern.skip is not None:
        lines.append(f"skip {pattern.skip.kind}" + _and(pattern.skip.step))
    return lines


def part_text(part: nodes.Part) -> str:
    """A part of a pattern on one line."""
    match part:
        case nodes.Step(event, absent=True):
            return f"no {expression(event, Level.COMPARISON)}"
        case nodes.Step():
            return expression(part.event) + _as(part.name)
        case nodes.Group():
            return f"({pattern_text(part.pattern)}){_as(part.name)}"
        case nodes.AllOf():
            return f"all of ({', '.join(map(part_text, part.parts))}){_as(part.name)}"
        case nodes.AnyOf():
            return f"any of ({', '.join(map(part_text, part.parts))}){_as(part.name)}"
        case nodes.Sequence():
            return " ".join(_steps(part))
        case nodes.Repeat():
            repeated = part_text(part.of)
            # A name behind a number would be read as its unit: `(x > 5) m times`.
            ambiguous = isinstance(part.at_least, nodes.Name) and repeated[-1].isdigit()
            if ambiguous or isinstance(part.of, nodes.Sequence | nodes.Repeat) or _is_absent(part.of):
                repeated = f"({repeated})"
            until = "" if part.until is None else f" until {expression(part.until)}"
            return f"{repeated} {_times(part)}{_and(part.mode)}{until}"
    assert_never(part)


def _is_absent(part: nodes.Part) -> bool:
    return isinstance(part, nodes.Step) and part.absent


def _times(repeat: nodes.Repeat) -> str:
    first = operand(repeat.at_least, nodes.Number, nodes.Name)
    if repeat.at_most is None:
        return f"at least {first} times"
    if (repeat.at_least, repeat.at_most) == (nodes.Number("0"), nodes.Number("1")):
        return "optional"
    if repeat.at_least == repeat.at_most:
        return f"{first} times"
    return f"{first}..{operand(repeat.at_most, nodes.Number, nodes.Name)} times"


def _as(name: str | None) -> str:
    return "" if name is None else f" as {name}"


def _and(word: str | None) -> str:
    return "" if word is None else f" {word}"
