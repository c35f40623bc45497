"""Twins as things to lay out."""

from . import nodes
from .layout import Block, Thing, plain
from .layout_words import words
from .unparse_expressions import bounds, constant, duration, expression, type_name


def twin_thing(twin: nodes.Twin) -> Thing:
    """The sections of a twin, with a blank line between those of several lines."""
    things = [_variable(variable) for variable in twin.variables]
    if twin.dynamics:
        rows = [plain(f"d({row.of})\t= {expression(row.value)}", "derivative") for row in twin.dynamics]
        things.append(Thing([*words("dynamics"), Block(rows, open=True)]))
    things += [plain(f"output {row.name}\t= {expression(row.value)}", "output") for row in twin.outputs]
    for estimate in twin.estimates:
        noises = [plain(_noise(noise), side=True) for noise in estimate.noises]
        head = f"estimate {', '.join(estimate.names)} with {estimate.method}"
        things.append(Thing([*words(head), Block(noises)]))
    for row in twin.calibrations:
        text = f"calibrate {', '.join(row.names)} over {duration(row.over)} every {duration(row.every)}"
        things.append(plain(text))
    return Thing([*words(f"twin {twin.device}"), Block(things, open=bool(things))])


def _variable(variable: nodes.TwinVariable) -> Thing:
    kind = f"{type_name(variable.type)}{bounds(variable.bounds)}"
    return plain(f"{variable.kind}\t{variable.name}: {kind} = {expression(variable.initial)}", "variable")


def _noise(noise: nodes.Noise) -> str:
    of = "" if noise.of is None else f" {noise.of}"
    return f"{noise.kind}{of} {constant(noise.value)}"
