"""`headgate graph`: what in a program depends on what, as a picture."""

from argparse import ArgumentParser, Namespace
from pathlib import PurePath
from typing import TYPE_CHECKING

from .compiling import checked
from .exits import Exit, Failure
from .plan import add_fleet
from .program import add_path
from .writing import STDOUT, put

if TYPE_CHECKING:
    from ...compiler.picture import Picture


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("program", metavar="PROGRAM", help="a program (.iot); it need not be one that runs yet")
    parser.add_argument(
        "--format",
        choices=["svg", "dot"],
        help="svg: a picture that every browser shows; dot: the graph in Graphviz's language "
        "(default: by how the output's name ends, svg on standard output)",
    )
    parser.add_argument(
        "--rule", metavar="NAME", help="only what this rule (signal, pattern, procedure) needs and does"
    )
    parser.add_argument(
        "--placed", action="store_true", help="with a frame for each target, around what stands there: see `plan`"
    )
    add_fleet(parser)
    parser.add_argument(
        "-o", "--output", default=STDOUT, metavar="FILE", help="where to write it (default: -, standard output)"
    )
    add_path(parser)


_BY_SUFFIX = {".svg": "svg", ".dot": "dot", ".gv": "dot"}


def graph(options: Namespace) -> Exit:
    """Write the picture of a program without errors."""
    from ...compiler.picture import behind, picture
    from ...compiler.picture_dot import to_dot
    from ...compiler.picture_svg import to_svg
    from ...compiler.resolve import closest

    format_ = options.format or _format(options.output)
    result = checked(options.program, options.path)
    assert result.typed is not None
    drawn = picture(result.typed, result.sources)
    if options.rule is not None:
        part = behind(drawn, options.rule)
        if part is None:
            known = [box.title for box in drawn.boxes if box.kind in ("rule", "signal", "pattern", "procedure")]
            near = closest(options.rule, known)
            hint = f"; did you mean `{near}`?" if near else ""
            raise Failure(f"`{options.program}` has no rule `{options.rule}`{hint}", Exit.USAGE)
        drawn = part
    if options.placed:
        drawn = _by_target(options, drawn)
    put(options.output, to_dot(drawn) if format_ == "dot" else to_svg(drawn))
    return Exit.OK


def _by_target(options: Namespace, drawn: "Picture") -> "Picture":
    """The picture with what stands at one target in one frame."""
    from ...compiler.picture import by_place
    from ...compiler.plan import Output, Rule
    from .plan import placed, plan_to_place
    from .plan_text import kind_of, sent_up

    model, solution = placed(options, plan_to_place(options))
    placement = model.placement(solution.placed)
    lowest = placement.targets[0]
    at_devices = ("source", "field", "command")
    places = {
        box.id: lowest for box in drawn.boxes if box.kind in at_devices or (box.kind == "event" and "." in box.id)
    }
    for node in model.plan.nodes:
        match node.operator:
            case Rule(name):
                places[f"rule {name}"] = placement.of[node.id]
                places[name.replace('"', "")] = placement.of[node.id]
            case Output(name):
                kind = "pattern" if node.event else "signal"
                places[f"{kind} {name}"] = placement.of.get(node.inputs[0], placement.of[node.id])
            case _:
                pass
    lanes = {
        name: f"{name}{kind_of(model, tier)}{sent_up(model, solution, tier)}"
        for tier, name in enumerate(placement.targets)
    }
    return by_place(drawn, places, lanes)


def _format(output: str) -> str:
    """The format that the name of the output says."""
    if output == STDOUT:
        return "svg"
    suffix = PurePath(output).suffix
    if suffix.lower() not in _BY_SUFFIX:
        said = f"names of `{suffix}`" if suffix else "a name without a suffix"
        raise Failure(
            f"`{output}`: there is no picture for {said}: end it in `.svg` (a picture that every browser shows) or "
            "`.dot` (Graphviz's language, from which `dot` makes others), or say which with `--format`",
            Exit.USAGE,
        )
    return _BY_SUFFIX[suffix.lower()]
