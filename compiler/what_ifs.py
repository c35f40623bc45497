"""What-ifs of a checked program: each as what is run, and the plan that tells what the devices were.

    what_if, problems = lower_what_if(typed, item)
    plan = recording(typed, what_if)        # a signal for each thing that must be known of the past

A what-if is about the models of device types alone: windows, detectors and predictions are nothing that is run again.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ..dsl import nodes as n
from ..dsl.diagnostic import Diagnostic, Problems
from ..dsl.unparse_expressions import expression as written
from ..stdlib.catalogue import SCALARS
from .bounds import bound
from .emit import emit
from .expression_limits import expression_limit
from .front import check_program
from .lower import begin, lower
from .lower_context import Lowering, Place, value_type
from .lower_models import read
from .lower_units import operand
from .lower_whole_twins import Whole, process_noise, whole_model
from .passes import ALL, run_passes
from .plan import Constant, Field, Lookup, Map, Members, Plan, PushConstant, PushInput, Term
from .plan.patterns import Apply
from .plan.what_ifs import WhatIfAggregate, WhatIfChange, WhatIfModel, WhatIfPlan, WhatIfReport, sigma
from .problems_running import DoesNotRun
from .resolve import walk
from .running import not_running
from .twin_limits import prediction_limit
from .typed import DeviceScope, GroupScope, TwinInfo, Typed

GATHERED = ("min", "max", "mean", "median", "range", "stddev", "variance", "share")
"""The aggregates over all devices and moments of a run; so are p1 to p99."""

OF_TEXTS = "a function of texts, or of versions, in a what-if"

ESTIMATE = "{} estimated"
"""The output of a recording twin that tells an estimate; no program can have a name with a blank in it."""


def lower_what_if(typed: Typed, item: n.WhatIf) -> tuple[WhatIfPlan | None, Problems]:
    """What is run of a what-if; none if something of it cannot be, which is told."""
    found = list(_limits(typed, item))
    if found:
        return None, Problems(found)
    lowering = begin(_with_models(typed))
    models = _Models(lowering)
    changes = tuple(_change(models, change) for change in item.changes)
    reports = tuple(_report(models, report) for report in item.reports)
    if models.problems:
        return None, Problems(models.problems)
    plan = WhatIfPlan(
        item.title,
        item.history_of,
        typed.duration_ns(item.history_last),
        tuple(_model(whole) for whole in models.of.values()),
        changes,
        1 if item.runs is None else _whole(lowering, item.runs),
        0 if item.seed is None else _whole(lowering, item.seed),
        reports,
    )
    return plan, Problems()


def _limits(typed: Typed, item: n.WhatIf) -> Iterator[Diagnostic]:
    of_groups = {
        i.name for i in typed.program.items if isinstance(i, n.Signal) and not isinstance(i.domain, n.ForDevice)
    }
    for node in walk(item):
        limit = expression_limit(typed, node, of_groups)
        if limit is not None:
            yield DoesNotRun(span=node.span, construct=f"{limit} in a what-if")
        if isinstance(node, n.Call):
            yield from prediction_limit(typed, node)
            if any(argument.window is not None for argument in node.arguments):
                yield DoesNotRun(span=node.span, construct="a window in a what-if")


def _with_models(typed: Typed) -> Typed:
    """The program with a twin for each device type, if only one that says nothing."""
    missing = [name for name in typed.devices if name not in typed.twins]
    nothing = {name: TwinInfo(name, {}, frozenset(), frozenset(), frozenset(), frozenset()) for name in missing}
    program = replace(typed.program, items=(*typed.program.items, *(n.Twin(name) for name in missing)))
    return replace(typed, program=program, twins={**typed.twins, **nothing})


def _whole(lowering: Lowering, expression: n.Expr) -> int:
    constant = lowering.fact(expression).constant
    assert isinstance(constant, Fraction)
    return int(constant)


@dataclass
class _Models:
    """The models of the device types that a what-if speaks of, and what of it cannot be run."""

    lowering: Lowering
    of: dict[str, Whole] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)

    def whole(self, device: str) -> Whole:
        if device not in self.of:
            self.of[device] = whole_model(self.lowering, self.lowering.twins[device])
        return self.of[device]

    def terms(self, device: str, node: str, origin: n.Node) -> tuple[Term, ...]:
        """What a node of a device type is made of, down to the model's variables and fields."""
        whole = self.whole(device)
        for at in self.lowering.graph.behind(node, (Map,)):
            operator = self.lowering.graph.node(at).operator
            if (
                isinstance(operator, Lookup) or not isinstance(operator, Map | Constant | Field)
            ) and at not in whole.model.named:
                self.refuse(origin, "what is not made of fields and the twin's variables alone, in a what-if")
                return (PushConstant(None),)
            if isinstance(operator, Map) and SCALARS[operator.function].needs_texts:
                self.refuse(origin, OF_TEXTS)
                return (PushConstant(None),)
        return whole.terms(read(self.lowering, whole.model, node))

    def refuse(self, origin: n.Node, construct: str) -> None:
        self.problems.append(DoesNotRun(span=origin.span, construct=construct))


def _model(whole: Whole) -> WhatIfModel:
    model = whole.model
    process = process_noise(whole.lowering, model)
    return WhatIfModel(whole.plan(), process, tuple(model.estimates), tuple(model.calibrated))


def _change(models: _Models, change: n.WhatIfSet) -> WhatIfChange:
    whole, at = models.whole(change.device), Place(DeviceScope(change.device), False)
    if change.field in whole.model.outputs:
        models.refuse(change, "a change of what the twin itself says")
    type_ = whole.model.types[change.field]
    value = models.terms(change.device, operand(models.lowering, change.value, type_.unit, at), change.value)
    where: tuple[Term, ...] = ()
    if change.where is not None:
        where = models.terms(change.device, models.lowering.expression(change.where, at), change.where)
    if change.field not in whole.variables:
        whole.add_field(change.field, value_type(type_))
    return WhatIfChange(change.device, change.field, value, where)


# --- Reports ---------------------------------------------------------------------------------------------------------


def _report(models: _Models, report: n.Report) -> WhatIfReport:
    lowering = models.lowering
    root = lowering.expression(report.of, Place(GroupScope(()), False))
    aggregates: list[WhatIfAggregate] = []
    terms: dict[str, tuple[Term, ...]] = {}
    for at in lowering.graph.behind(root, (Map,)):
        node = lowering.graph.node(at)
        match node.operator:
            case Lookup():
                models.refuse(report, "a lookup in a table, in what a what-if reports")
                terms[at] = (PushConstant(None),)
            case Map(function) if SCALARS[function].needs_texts:
                models.refuse(report, OF_TEXTS)
                terms[at] = (PushConstant(None),)
            case Map(function):
                parts = tuple(term for i in node.inputs for term in terms[i])
                terms[at] = (*parts, Apply(function, len(node.inputs), node.type.name))
            case Constant(bool() | int() | float() | str() | None as value):
                terms[at] = (PushConstant(value),)
            case Members(function, device, option):
                terms[at] = (PushInput(len(aggregates)),)
                aggregates.append(_aggregate(models, report, function, option, device, node.inputs))
            case _:
                models.refuse(report, "what is no aggregate of devices, in what a what-if reports")
                terms[at] = (PushConstant(None),)
    text = written(report.of)
    type_ = lowering.graph.node(root).type
    return WhatIfReport(text, report.statistics, terms[root], tuple(aggregates), type_)


def _aggregate(
    models: _Models,
    report: n.Report,
    function: str,
    option: float | None,
    device: str,
    inputs: tuple[str, ...],
) -> WhatIfAggregate:
    known = function in GATHERED or (function[:1] == "p" and function[1:].isdecimal())
    if not known or option is not None or not inputs:
        models.refuse(report, f"`{function}` in what a what-if reports")
        return WhatIfAggregate("min", device, (PushConstant(None),), ())
    value, *where = (models.terms(device, node, report) for node in inputs)
    return WhatIfAggregate(function, device, value, *(where or [()]))


# --- What must be known of the past ----------------------------------------------------------------------------------


def recording(typed: Typed, what_if: WhatIfPlan) -> tuple[Plan | None, Problems]:
    """The plan of a program that tells each variable of the models, and what properties say in words, as they change:
    signals `Fridge temp`, `Fridge site`. None if it cannot be executed, which is told."""
    signals: list[n.Signal] = []
    estimated: dict[str, Collection[str]] = {one.model.device: one.estimated for one in what_if.models}
    for one in what_if.models:
        device = one.model.device
        names = [v.name for v in one.model.variables if v.kind in ("state", "telemetry", "field")]
        names += one.calibrated
        names += [f.name for f in typed.devices[device].fields.values() if is_word(f.role, f.type.name)]
        for name in dict.fromkeys(names):
            of = ESTIMATE.format(name) if name in one.estimated and name in typed.devices[device].fields else name
            signals.append(n.Signal(f"{device} {name}", n.ForDevice(device), n.Name(of)))
        for name in (*one.estimated, *one.calibrated):
            deviation = n.Member(n.Name(name), "sigma")
            signals.append(n.Signal(f"{device} {sigma(name)}", n.ForDevice(device), deviation))
    items = [
        _telling(item, typed, estimated) if isinstance(item, n.Twin) else item
        for item in typed.program.items
        if isinstance(item, n.Let | n.Device | n.Source | n.Twin)
    ]
    program, problems = check_program(replace(typed.program, items=(*items, *signals)), typed.files)
    assert not problems.any_errors, list(problems)
    stopping = not_running(program)
    if stopping.found:
        return None, stopping
    graph, _ = bound(run_passes(lower(program), ALL))
    return emit(graph), Problems()


def is_word(role: str, type_name: str) -> bool:
    """Whether it is a property that says something in words, as a site's name."""
    return role == "property" and type_name == "text"


def _telling(twin: n.Twin, typed: Typed, estimated: dict[str, Collection[str]]) -> n.Twin:
    """A twin that tells what it estimates telemetry to be."""
    names = [name for name in estimated.get(twin.device, ()) if name in typed.devices[twin.device].fields]
    told = tuple(n.TwinOutput(ESTIMATE.format(name), n.Name(name)) for name in names)
    return replace(twin, outputs=(*twin.outputs, *told))
