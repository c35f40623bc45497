"""What procedures do, all of it, wherever it stands."""

from collections.abc import Iterable, Iterator

from ...compiler import plan as p


def acts_of(procedures: Iterable[p.ProcedurePlan]) -> Iterator[p.Act]:
    """Every act of these procedures: of their steps, of their handlers, and within choices."""
    for procedure in procedures:
        for step in steps_of(procedure.stages):
            yield from _within(step.acts)
        for acts in (procedure.on_failure, procedure.on_doubt, procedure.on_done):
            yield from _within(acts)


def steps_of(stages: Iterable[p.Stage]) -> Iterator[p.StepPlan]:
    """Every step, also within loops."""
    for stage in stages:
        if isinstance(stage, p.StepPlan):
            yield stage
        else:
            yield from steps_of(stage.stages)


def loops_of(stages: Iterable[p.Stage]) -> Iterator[p.LoopPlan]:
    """Every loop, also within loops."""
    for stage in stages:
        if isinstance(stage, p.LoopPlan):
            yield stage
            yield from loops_of(stage.stages)


def _within(acts: Iterable[p.Act]) -> Iterator[p.Act]:
    for act in acts:
        yield act
        if isinstance(act, p.ChoiceAct):
            yield from _within((*act.then, *act.otherwise))
