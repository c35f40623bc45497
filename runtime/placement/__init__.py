"""Where each node of a plan runs: found by `solve.place`, told by `explain`, kept by a `Placement`.

    model = model_of(plan, rates)
    found = place(model.problem)
    placement = model.placement(found.placed)

What executes a placement needs `placed` alone, which loads neither SciPy nor networkx. `docs/placement.md` says what is
counted, and why.
"""

from .placed import Placement, whole

__all__ = ["Placement", "whole"]
