"""`headgate plan`: at which target each part of a program stands, and why."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...compiler import plan as p
from .arguments import positive_seconds
from .compiling import checked, no_errors
from .exits import Exit, Failure
from .program import add_path, is_plan, load_plan, read_text

if TYPE_CHECKING:
    from ...compiler.compile import Compiled
    from ...compiler.graph import Graph
    from ..placement.measured import Measured
    from ..placement.milp import Solution
    from ..placement.model import Model
    from ..placement.words import Words, Written

SECONDS = 30.0
"""How long a placement is looked for, if nobody says."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("program", metavar="PROGRAM", help="a program (.iot), or a plan (.json) made by `compile`")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="say for everything that crosses a link what it carries, what else could have been, and what would make "
        "that better",
    )
    add_fleet(parser)
    parser.add_argument("--json", action="store_true", help="print the placement, and what was asked for, as JSON")
    add_path(parser)


def add_fleet(parser: ArgumentParser) -> None:
    """The options that say for which fleet a program is placed."""
    parser.add_argument("--rates", metavar="FILE", help="rates that `headgate profile` has measured")
    parser.add_argument(
        "--devices",
        action="append",
        default=[],
        type=_counted,
        metavar="TYPE=N",
        help="there are N devices of this type (default: as measured, or `max`); may be given several times",
    )
    parser.add_argument(
        "--targets",
        action="append",
        default=[],
        type=_counted,
        metavar="NAME=N",
        help="there are N of this target, with as many devices each; may be given several times",
    )
    parser.add_argument(
        "--reports",
        action="store_true",
        help="the values of signals and the matches of patterns are wanted at the uppermost target, as decisions are",
    )
    parser.add_argument(
        "--seconds",
        type=positive_seconds,
        default=SECONDS,
        metavar="S",
        help="how long to look for the best placement; then the best that was found is given, and how far from the "
        f"best it may be (default: {SECONDS:g})",
    )


def _counted(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not name or not number.isdecimal() or int(number) < 1:
        raise ArgumentTypeError(f"`{text}` is not a name and a whole number from 1: NAME=N")
    return name, int(number)


@dataclass(frozen=True, slots=True)
class Read:
    """A program's plan, its nodes in the program's words, and what of it cannot be executed yet and was left out."""

    plan: p.Plan
    words: "Words"
    without: tuple[str, ...]


def plan(options: Namespace) -> Exit:
    """Place a program, and say how."""
    from .plan_text import as_json, told

    read = plan_to_place(options)
    model, solution = placed(options, read)
    explanation = None
    if options.explain:
        from ..placement.explain import explain

        explanation = explain(model, solution, read.words, options.seconds)
    if options.json:
        print(json.dumps(as_json(model, solution, explanation, read.without), ensure_ascii=False))
    else:
        lines = told(model, solution, read.words, explanation, read.without)
        sys.stdout.writelines(f"{line}\n" for line in lines)
    return Exit.OK


def plan_to_place(options: Namespace) -> Read:
    """The plan of a program without errors, or of what of it can be executed; or that of a plan's file."""
    from ..placement.words import Words

    if is_plan(options.program):
        plan = load_plan(options.program)
        return Read(plan, Words(plan), ())
    from ...compiler.compile import graph_of_part
    from ...compiler.emit import emit

    compiled = checked(options.program, options.path)
    graph = compiled.graph
    without: tuple[str, ...] = ()
    if compiled.plan is None:
        graph, part = graph_of_part(compiled)
        no_errors(options.program, compiled)
        without = part.without
    assert graph is not None
    plan = emit(graph)
    return Read(plan, Words(plan, _written(compiled, graph)), without)


def placed(options: Namespace, read: Read) -> "tuple[Model, Solution]":
    """The placement of a plan for the fleet of the options; fails, and says why, where there is none."""
    plan = read.plan
    from ..placement.model import model_of
    from ..placement.problem import Unplaceable
    from ..placement.rates import rates_of
    from ..placement.solve import place
    from .plan_text import unplaceable

    _known(options.devices, [device.name for device in plan.devices], "device type")
    _known(options.targets, [target.name for target in plan.targets], "target")
    measured = None if options.rates is None else _measured(options.rates)
    rates = rates_of(plan, measured, dict(options.devices), dict(options.targets))
    model: Model | None = None
    try:
        model = model_of(plan, rates, reports=options.reports)
        return model, place(model.problem, options.seconds)
    except Unplaceable as problem:
        raise Failure("\n".join(unplaceable(problem, model, read.words)), Exit.PROGRAM) from None


def _known(given: list[tuple[str, int]], names: list[str], what: str) -> None:
    for name, _ in given:
        if name not in names:
            there = f"there are {', '.join(names)}" if names else "it has none"
            raise Failure(f"the program has no {what} `{name}`: {there}", Exit.USAGE)


def _measured(path: str) -> "Measured":
    from ..placement.measured import RatesError, read

    try:
        return read(read_text(path))
    except RatesError as problem:
        hint = "measure them: headgate profile PROGRAM --input FILE -o RATES.json"
        raise Failure(f"`{path}` holds no rates: {problem}; {hint}", Exit.INPUT_OUTPUT) from None


def _written(compiled: "Compiled", graph: "Graph") -> "Written":
    """What stands in a program for a node, on one line; nothing where the node is made of a clause."""
    from ...compiler.resolve import walk
    from ...dsl import nodes as n

    assert compiled.typed is not None
    shown = {node.span for node in walk(compiled.typed.program) if isinstance(node, n.Expr | n.Pattern)}

    def written(node: p.PlanNode) -> str | None:
        span = graph.origins.get(node.id)
        if span is None or span not in shown or isinstance(node.operator, _PLAIN):
            return None
        source, start = compiled.sources.locate(span.start)
        return " ".join(source.text[start : start + span.end - span.start].split())

    return written


_PLAIN = (p.Field, p.Message, p.Constant, p.Key, p.Rule, p.Action, p.Output)
"""What has a name or a value of its own; equal ones stand in many places of a program."""
