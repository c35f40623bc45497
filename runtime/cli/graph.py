"""`headgate graph`: what in a program depends on what, as a picture."""

from argparse import ArgumentParser, Namespace
from pathlib import PurePath

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
        "(default: by how the output's name ends, svg on standard output)",
    )
    parser.add_argument(
        "--rule", metavar="NAME", help="only what this rule (signal, pattern, procedure) needs and does"
    )
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
    put(options.output, to_dot(drawn) if format_ == "dot" else to_svg(drawn))
    return Exit.OK


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
