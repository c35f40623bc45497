"""Tests that begin with a twin's state, parameters or inputs.

    given Battery b1 { … } twin { charge 60 % }

What a twin begins with is then told by the virtual device, with its first message: as a property that no other device
has, and no program can name. Where it is not told, the twin begins as the program says.
"""

from collections.abc import Iterator
from dataclasses import replace

from ..dsl import nodes as n
from .bounds import bound
from .compile import Compiled
from .emit import emit
from .front import check_program
from .lower import lower
from .lower_models import given_name
from .passes import run_passes


def with_given_twins(compiled: Compiled) -> Compiled:
    """A program without errors, whose devices can tell what its tests give of twins; itself if they give nothing."""
    assert compiled.typed is not None
    program = compiled.typed.program
    given = {
        (stimulus.device, setting.name)
        for item in program.items
        if isinstance(item, n.Test)
        for stimulus in item.stimuli
        if isinstance(stimulus, n.Given)
        for setting in stimulus.twin
    }
    if not given:
        return compiled
    twins = {item.device: item for item in program.items if isinstance(item, n.Twin)}
    items = tuple(
        replace(item, members=(*item.members, *_told(twins[item.name], given)))
        if isinstance(item, n.Device) and item.name in twins
        else item
        for item in program.items
    )
    typed, problems = check_program(replace(program, items=items))
    assert not problems.any_errors, list(problems)
    graph, _ = bound(run_passes(lower(typed), compiled.passes))
    found = replace(compiled, typed=typed, graph=graph, plan=emit(graph))
    found.sources = compiled.sources
    return found


def _told(twin: n.Twin, given: set[tuple[str, str]]) -> Iterator[n.Property]:
    for variable in twin.variables:
        if (twin.device, variable.name) in given:
            yield n.Property(given_name(variable.name), variable.type, variable.bounds)
