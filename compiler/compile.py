"""The compiler: a program's text into its plan, through stages read from top to bottom.

>>> compiled = compile_text(SourceText("fleet.iot", text))
>>> compiled.plan is not None or compiled.problems.any_errors
True

Pure: the same text gives the same plan and the same problems. A stage whose predecessors found errors does not run,
so that what it may rely on holds; a warning stops nothing.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ..dsl import nodes as n
from ..dsl.diagnostic import Problems
from ..dsl.parse import parse
from ..dsl.source import SourceText
from .bounds import bound
from .emit import emit
from .front import check_program
from .graph import Graph
from .lower import lower
from .passes import ALL, run_passes
from .plan import Plan
from .problems_names import Misnamed
from .typed import Typed


@dataclass
class Compiled:
    """What became of a text: as far as the stages came, what they made, and what they found."""

    source: SourceText
    passes: tuple[str, ...]
    problems: Problems = field(default_factory=Problems)
    program: n.Program | None = None
    typed: Typed | None = None
    graph: Graph | None = None
    plan: Plan | None = None


def compile_text(source: SourceText, passes: Collection[str] = ALL) -> Compiled:
    """A text's plan, if it has no errors, and its problems. Which passes run changes no result."""
    compiled = Compiled(source, tuple(passes))
    for stage in STAGES:
        if compiled.problems.any_errors and stage is not _check:
            break
        stage(compiled)
    return compiled


def _parse(compiled: Compiled) -> None:
    compiled.program, problems = parse(compiled.source)
    compiled.problems.found += problems


def _check(compiled: Compiled) -> None:
    assert compiled.program is not None
    incomplete = compiled.problems.any_errors
    compiled.typed, problems = check_program(compiled.program)
    # An item that could not be read is missing, so that names it declared seem unknown: that has been reported already.
    compiled.problems.found += [p for p in problems if not (incomplete and isinstance(p, Misnamed))]


def _lower(compiled: Compiled) -> None:
    assert compiled.typed is not None
    compiled.graph = lower(compiled.typed)


def _rewrite(compiled: Compiled) -> None:
    assert compiled.graph is not None
    compiled.graph = run_passes(compiled.graph, compiled.passes)


def _bound(compiled: Compiled) -> None:
    assert compiled.graph is not None
    compiled.graph, problems = bound(compiled.graph)
    compiled.problems.found += problems


def _emit(compiled: Compiled) -> None:
    assert compiled.graph is not None
    compiled.plan = emit(compiled.graph)


STAGES: tuple[Callable[[Compiled], None], ...] = (_parse, _check, _lower, _rewrite, _bound, _emit)
"""text → Program → Typed → Graph → Graph → Graph with costs → Plan"""
