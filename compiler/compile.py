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
from ..dsl.narrowing import narrowed
from ..dsl.parse import parse
from ..dsl.source import Sources, SourceText
from .bounds import bound
from .consequences import worth_telling
from .emit import emit
from .front import check_program
from .graph import Graph
from .lower import lower
from .modules import Linked, Read, link, no_files
from .passes import ALL, run_passes
from .plan import Plan
from .runnable import RunnablePart, runnable_part
from .running import not_running
from .typed import Typed
from .visible import check_visible, elsewhere


@dataclass
class Compiled:
    """What became of a text: as far as the stages came, what they made, and what they found.

    `program` is that of the text alone, `linked` that of all its modules, whose files are in `sources`; spans of
    problems are offsets in those. `not_running` says what stands in the way of executing a program without errors: it
    has no plan then, though nothing is wrong with it.
    """

    source: SourceText
    passes: tuple[str, ...]
    read: Read = no_files
    problems: Problems = field(default_factory=Problems)
    program: n.Program | None = None
    linked: Linked | None = None
    typed: Typed | None = None
    not_running: Problems = field(default_factory=Problems)
    graph: Graph | None = None
    plan: Plan | None = None
    sources: Sources = field(init=False)

    def __post_init__(self) -> None:
        self.sources = Sources.of(self.source)


def compile_text(source: SourceText, passes: Collection[str] = ALL, read: Read = no_files) -> Compiled:
    """A text's plan, if it has no errors, and its problems. Which passes run changes no result.

    `read` finds the files of the modules that the text imports.
    """
    compiled = Compiled(source, tuple(passes), read)
    for stage in STAGES:
        if compiled.not_running.found or (compiled.problems.any_errors and stage not in TOLERANT):
            break
        stage(compiled)
    return compiled


def plan_of_part(compiled: Compiled) -> tuple[Plan, RunnablePart]:
    """The plan of what of a program without errors can be executed, to be looked at and never to be run."""
    graph, part = graph_of_part(compiled)
    return emit(graph), part


def graph_of_part(compiled: Compiled) -> tuple[Graph, RunnablePart]:
    """The graph of that plan, which knows where in the text its nodes come from."""
    assert compiled.typed is not None
    part = runnable_part(compiled.typed)
    graph, problems = bound(run_passes(lower(part.typed), compiled.passes))
    compiled.problems.found += problems
    return graph, part


def _parse(compiled: Compiled) -> None:
    compiled.program, problems = parse(compiled.source)
    compiled.problems.found += problems


def _link(compiled: Compiled) -> None:
    assert compiled.program is not None
    faults = [problem.span for problem in compiled.problems]
    compiled.linked, problems = link(compiled.program, compiled.sources, compiled.read)
    compiled.linked.faults[:0] = faults
    compiled.problems.found += problems


def _check(compiled: Compiled) -> None:
    assert compiled.linked is not None
    linked = compiled.linked
    compiled.typed, problems = check_program(linked.program, linked.files)
    broken = compiled.problems.any_errors or problems.any_errors
    found = [problem for problem in problems if not elsewhere(linked, problem)]
    found += check_visible(linked, compiled.typed, unused=not broken)
    compiled.problems.found += [narrowed(problem, compiled.sources) for problem in worth_telling(linked, found)]
    compiled.problems.found.sort(key=lambda problem: problem.span)


def _running(compiled: Compiled) -> None:
    assert compiled.typed is not None
    compiled.not_running = not_running(compiled.typed)


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


STAGES: tuple[Callable[[Compiled], None], ...] = (_parse, _link, _check, _running, _lower, _rewrite, _bound, _emit)
"""text → Program → Linked → Typed → Graph → Graph → Graph with costs → Plan"""

TOLERANT = (_link, _check)
"""Stages that run whatever was found before them, so that all that is wrong with a program is told at once."""
