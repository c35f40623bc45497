"""The part of a program that can be executed: what remains without the constructs that cannot be yet.

    part = runnable_part(typed)
    part.typed.program      # to be lowered, bounded, explained; never to be executed in place of the whole
    part.without            # what was left out, as a person would name it

A rule whose actions or manners cannot be executed is kept without them: what it waits for and keeps does not depend on
them. What depends on something left out is left out as well.
"""

from dataclasses import dataclass, replace

from ..dsl import nodes as n
from ..dsl.source import Span
from .front import check_program
from .running import not_running
from .typed import Typed


@dataclass(frozen=True, slots=True)
class RunnablePart:
    typed: Typed
    without: tuple[str, ...]


def runnable_part(typed: Typed) -> RunnablePart:
    """What of a program without errors can be executed."""
    without: dict[str, None] = {}
    while True:
        wrong = [problem.span for problem in not_running(typed)]
        program = typed.program
        while wrong:
            items = [_without(item, wrong) for item in program.items]
            assert tuple(items) != program.items, wrong
            for item, kept in zip(program.items, items, strict=True):
                name = _named(item)
                if kept is None and name is not None:
                    without[name] = None
            program = replace(program, items=tuple(item for item in items if item is not None))
            typed, problems = check_program(program, typed.files)
            wrong = [problem.span for problem in problems if problem.severity == "error"]
        if program is typed.program and not not_running(typed).found:
            return RunnablePart(typed, tuple(without))


def _without(item: n.Item, wrong: list[Span]) -> n.Item | None:
    """An item without the parts at these places; None if nothing of use remains."""
    if not any(_holds(item, span) for span in wrong):
        return item
    match item:
        case n.Device(members=members):
            kept = tuple(member for member in members if not any(_holds(member, span) for span in wrong))
            return replace(item, members=kept) if kept != members else None
        case n.Twin(estimates=estimates, calibrations=calibrations):
            running = replace(
                item,
                estimates=tuple(one for one in estimates if not any(_holds(one, span) for span in wrong)),
                calibrations=tuple(one for one in calibrations if not any(_holds(one, span) for span in wrong)),
            )
            return running if running != item else None
        case n.Rule():
            plain = replace(
                item,
                priority=None,
                inhibited_by=(),
                settle=False,
                flapping=None,
                do=tuple(action for action in item.do if isinstance(action, n.Alert | n.Emit)),
                on_clear=tuple(action for action in item.on_clear if isinstance(action, n.Alert | n.Emit)),
            )
            return plain if plain != item else None
        case _:
            return None


def _holds(node: n.Node, span: Span) -> bool:
    return node.span.start <= span.start and span.end <= node.span.end


def _named(item: n.Item) -> str | None:
    """An item as a person would name it; None of what is about a program and no part of it."""
    match item:
        case (
            n.Device() | n.Source() | n.Signal() | n.Rule() | n.Procedure() | n.Target() | n.Let() | n.ReferenceTable()
        ):
            kind = "table" if isinstance(item, n.ReferenceTable) else type(item).__name__.lower()
            return f"{kind} {item.name}"
        case n.PatternItem():
            return f"pattern {item.name}"
        case n.Twin():
            return f"twin {item.device}"
        case n.Priorities():
            return "priorities"
        case n.Invariant():
            return f'{item.kind} "{item.title}"'
        case n.Test() | n.Table() | n.WhatIf():
            return None
