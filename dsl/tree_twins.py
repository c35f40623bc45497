"""From the grammar's rules for twins and targets to nodes: one small function for each rule."""

from . import nodes
from .source import Span
from .tree_parts import every, only
from .tree_reading import Build, Children, Clause, Reading, Word

# --- Twins -----------------------------------------------------------------------------------------------------------


def _twin(_: Reading, span: Span, children: Children) -> nodes.Twin:
    device, *parts = children
    return nodes.Twin(
        device.text,
        tuple(every(nodes.TwinVariable, parts)),
        tuple(derivative for derivatives in every(tuple, parts) for derivative in derivatives),
        tuple(every(nodes.TwinOutput, parts)),
        tuple(every(nodes.Estimate, parts)),
        tuple(every(nodes.Calibrate, parts)),
        span=span,
    )


def _twin_variable(reading: Reading, span: Span, children: Children) -> nodes.TwinVariable:
    kind, name, type_, *bounds, initial = children
    return nodes.TwinVariable(kind, reading.declared(name), type_, initial, bounds[0] if bounds else None, span=span)


def _dynamics(_: Reading, __: Span, children: Children) -> tuple[nodes.Derivative, ...]:
    return tuple(children)


def _derivative(_: Reading, span: Span, children: Children) -> nodes.Derivative:
    return nodes.Derivative(children[0].text, children[1], span=span)


def _twin_output(_: Reading, span: Span, children: Children) -> nodes.TwinOutput:
    return nodes.TwinOutput(children[0].text, children[1], span=span)


def _estimate(reading: Reading, span: Span, children: Children) -> nodes.Estimate:
    names, method, *noises = children
    return nodes.Estimate(reading.different(names), method.text, tuple(noises), span=span)


def _noise(_: Reading, span: Span, children: Children) -> nodes.Noise:
    kind, *of, value = children
    return nodes.Noise(kind, value, of[0].text if of else None, span=span)


def _calibrate(reading: Reading, span: Span, children: Children) -> nodes.Calibrate:
    names, over, every_ = children
    return nodes.Calibrate(reading.different(names), over, every_, span=span)


# --- Targets ---------------------------------------------------------------------------------------------------------


def _target(reading: Reading, span: Span, children: Children) -> nodes.Target:
    name, tier, *rest = children
    by: tuple[Word, ...] = only(tuple, rest) or ()
    budgets = every(nodes.Budget, rest)
    reading.once(Clause(budget.what, None, budget.span) for budget in budgets)
    return nodes.Target(reading.declared(name), tier.text, tuple(word.text for word in by), tuple(budgets), span=span)


def _budget(_: Reading, span: Span, children: Children) -> nodes.Budget:
    return nodes.Budget(children[0].text, children[1], span=span)


TWINS: dict[str, Build] = {
    "twin": _twin,
    "twin_variable": _twin_variable,
    "dynamics": _dynamics,
    "derivative": _derivative,
    "twin_output": _twin_output,
    "estimate": _estimate,
    "noise": _noise,
    "calibrate": _calibrate,
    "target": _target,
    "budget": _budget,
}
