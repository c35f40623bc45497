"""Rewrites of the graph, one a file, none of which changes what a program means."""

from collections.abc import Callable, Collection
from types import MappingProxyType

from ..graph import Graph
from .dead import drop_dead
from .fold import fold_constants
from .pushdown import push_down
from .slices import share_slices
from .subexpressions import share_subexpressions
from .thresholds import index_thresholds

Pass = Callable[[Graph], Graph]

PASSES: MappingProxyType[str, Pass] = MappingProxyType(
    {
        "fold": fold_constants,
        "subexpressions": share_subexpressions,
        "pushdown": push_down,
        "slices": share_slices,
        "thresholds": index_thresholds,
        "dead": drop_dead,
    }
)
"""The passes by name, in the order in which they run."""

ALL = tuple(PASSES)


def run_passes(graph: Graph, passes: Collection[str] = ALL) -> Graph:
    """The graph after the named passes; the others are left out."""
    unknown = set(passes) - set(PASSES)
    if unknown:
        raise ValueError(f"no pass is called {min(unknown)}: there are {', '.join(ALL)}")
    for name, rewrite in PASSES.items():
        if name in passes:
            graph = rewrite(graph)
    return graph
