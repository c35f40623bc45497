"""`headgate graph`: what in a program depends on what, as a picture."""

from argparse import ArgumentParser, Namespace

from .compiling import checked
from .exits import Exit, Failure
from .program import add_path
from .writing import STDOUT, put


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("program", metavar="PROGRAM", help="a program (.iot); it need not be one that runs yet")
    parser.add_argument(
        "--format",
        choices=["svg", "dot"],
        help="svg: a picture that every browser shows; dot: the graph in Graphviz's language "
        "(default: by the output's name, else svg)",
    )
    parser.add_argument(
        "--rule", metavar="NAME", help="only what this rule (signal, pattern, procedure) needs and does"
    )
    parser.add_argument(
        "-o", "--output", default=STDOUT, metavar="FILE", help="where to write it (default: -, standard output)"
    )
    add_path(parser)


def graph(options: Namespace) -> Exit:
    """Write the picture of a program without errors."""
    from ...compiler.picture import behind, picture
    from ...compiler.picture_dot import to_dot
    from ...compiler.picture_svg import to_svg
    from ...compiler.resolve import closest

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
    format_ = options.format or ("dot" if options.output.endswith((".dot", ".gv")) else "svg")
    put(options.output, to_dot(drawn) if format_ == "dot" else to_svg(drawn))
    return Exit.OK
