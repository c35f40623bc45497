"""Twins: the variables of a device type's model, how they and the telemetry move, and what telemetry should be."""

from fractions import Fraction
from graphlib import TopologicalSorter

from ..dsl import nodes as n
from ..grammar.units import Unit, power, quotient
from .check_commands import only_fields
from .check_context import Checking, Context, Local
from .check_declared import check_bounds
from .check_estimates import check_calibrations, check_estimates
from .check_places import check_constant, check_typed, check_value, check_within
from .check_types import FLOAT, SECOND, declared, described, difference, is_number, is_ratio, unit_of
from .problems_names import Duplicate, HidesField, ReservedMember, UnknownType
from .problems_twins import DerivativeOf, DerivativeUnit, OutputLoop, StateWithoutDynamics
from .problems_types import WrongType
from .resolve import closest, member_of, rings, walk
from .typed import DeviceScope, ParameterInfo, TwinInfo, TwinRef, Type

MADE_OF = "the device's own fields, the twin's variables and constants, as they are at one instant"


def check_twin(c: Checking, twin: n.Twin) -> None:
    """A twin, whose names are known from then on to all that is for its device type."""
    device = c.names.devices.get(twin.device)
    if device is None:
        return
    names = c.twins.setdefault(twin.device, {})
    found_out = {name for estimate in twin.estimates for name in estimate.names}
    found_out |= {name for calibration in twin.calibrations for name in calibration.names}
    variables = _variables(c, twin, device)
    bounds: dict[str, tuple[Fraction | None, Fraction | None]] = {}
    for name, variable in variables.items():
        info = _variable(c, variable, Context(DeviceScope(twin.device)))
        if info is None:
            names[name] = Local(FLOAT, broken=True)
        else:
            names[name] = _local(twin, name, info.type, found_out)
            bounds[name] = info.low, info.high
    outputs = _outputs(c, twin, device, variables, found_out)
    dynamics = _dynamics(c, twin, device, variables)
    for name in outputs:
        if name in dynamics:
            c.report(Duplicate(span=outputs[name].span, what="model of", name=name, first=dynamics[name].span))
    moving = {derivative.of for derivative in twin.dynamics}
    for name, variable in variables.items():
        if variable.kind == "state" and name not in moving:
            c.report(StateWithoutDynamics(span=variable.span, name=name))
    check_estimates(c, twin, dynamics, outputs)
    check_calibrations(c, twin, variables)
    c.models[twin.device] = TwinInfo(
        twin.device,
        {name: local.type for name, local in names.items() if not local.broken},
        frozenset(dynamics),
        frozenset(outputs),
        frozenset(name for estimate in twin.estimates for name in estimate.names),
        frozenset(name for calibration in twin.calibrations for name in calibration.names),
        bounds,
    )


def _local(twin: n.Twin, name: str, type_: Type, found_out: set[str]) -> Local:
    """A name of a twin; what is estimated or calibrated has a standard deviation."""
    members = {"sigma": difference(type_)} if name in found_out and is_number(type_) else {}
    return Local(type_, TwinRef(twin.device, name), members=members)


# --- Variables -------------------------------------------------------------------------------------------------------


def _variables(c: Checking, twin: n.Twin, device: n.Device) -> dict[str, n.TwinVariable]:
    """The variables by their names, which are new ones."""
    variables: dict[str, n.TwinVariable] = {}
    for variable in twin.variables:
        first = variables.setdefault(variable.name, variable)
        if first is not variable:
            problem = Duplicate(span=variable.span, what="variable", name=variable.name, first=first.span)
            c.report(problem)
        elif not _is_new(c, variable, variable.kind, variable.name, device):
            del variables[variable.name]
    return variables


def _is_new(c: Checking, node: n.Node, what: str, name: str, device: n.Device) -> bool:
    """Whether a name of a twin stands for nothing else where its device type's names are known; reports it if not."""
    if name in ("id", "time"):
        c.report(ReservedMember(span=node.span, name=name, what=what))
        return False
    hidden = member_of(device, name)
    if hidden is not None:
        c.report(HidesField(span=node.span, what=what, name=name, device=device.name, hidden=hidden.span))
        return False
    event = next((m for m in device.members if isinstance(m, n.Event) and m.name == name), None)
    item = c.names.values.get(name)
    if item is not None and not isinstance(item, n.Let) and item.domain != n.ForDevice(device.name):
        item = None
    first = event or item
    if first is not None:
        c.report(Duplicate(span=node.span, what="name", name=name, first=first.span))
    return first is None


def _variable(c: Checking, variable: n.TwinVariable, at: Context) -> ParameterInfo | None:
    """The type and bounds of a variable; its initial value is of that type and within them."""
    type_ = declared(variable.type)
    if isinstance(type_, UnknownType):
        c.report(type_)
        return None
    if variable.kind != "input" and not is_number(type_):
        place = f"a {variable.kind} of a twin"
        c.report(WrongType(span=variable.span, place=place, needed="a number", got=described(type_)))
        return None
    low, high = check_bounds(c, variable.bounds, type_, at)
    place = f"`{variable.name}`"
    fact = check_constant(c, variable.initial, at, place)
    if fact is not None:
        fact = check_typed(c, variable.initial, at, type_, place)
    if fact is not None:
        check_within(c, variable.initial, fact, variable.name, type_, low, high)
    return ParameterInfo(variable.name, type_, low, high, has_default=True)


# --- Dynamics --------------------------------------------------------------------------------------------------------


def _dynamics(
    c: Checking, twin: n.Twin, device: n.Device, variables: dict[str, n.TwinVariable]
) -> dict[str, n.Derivative]:
    """The derivatives by what they are of; each in the unit of that per time."""
    dynamics: dict[str, n.Derivative] = {}
    for derivative in twin.dynamics:
        first = dynamics.setdefault(derivative.of, derivative)
        if first is not derivative:
            c.report(Duplicate(span=derivative.span, what="derivative of", name=derivative.of, first=first.span))
            continue
        type_ = _changing(c, derivative, device, variables)
        if type_ is None:
            del dynamics[derivative.of]
        _derivative(c, derivative, type_, Context(DeviceScope(device.name)))
    return dynamics


def _changing(
    c: Checking, derivative: n.Derivative, device: n.Device, variables: dict[str, n.TwinVariable]
) -> Type | None:
    """The type of what a derivative is of: a state, or telemetry that is a number."""
    name = derivative.of
    variable, member = variables.get(name), member_of(device, name)
    known = None
    if variable is not None and variable.kind == "state":
        local = c.twins[device.name].get(name)
        return None if local is None or local.broken else local.type
    if isinstance(member, n.Telemetry):
        info = c.devices[device.name].fields.get(name)
        if info is None or is_number(info.type):
            return None if info is None else info.type
        problem = f"telemetry that is {described(info.type)}"
    elif variable is not None:
        problem = f"{'an' if variable.kind == 'input' else 'a'} {variable.kind}"
    elif member is not None:
        problem = "a property"
    else:
        problem = f"nothing that the twin or `{device.name}` has"
        states = [v.name for v in variables.values() if v.kind == "state"]
        known = closest(name, [*states, *(m.name for m in device.members if isinstance(m, n.Telemetry))])
    stands = variable or member
    c.report(
        DerivativeOf(
            span=derivative.span,
            name=name,
            closest=known,
            device=device.name,
            problem=problem,
            declared=None if stands is None else stands.span,
        )
    )
    return None


def _derivative(c: Checking, derivative: n.Derivative, type_: Type | None, at: Context) -> None:
    if not only_fields(c, derivative.value, "the dynamics of a twin", MADE_OF):
        return
    fact = check_value(c, derivative.value, at, f"`d({derivative.of})`")
    if fact is None or type_ is None:
        return
    needed = per_time(unit_of(difference(type_)))
    fits = is_number(fact.type) and not fact.type.affine and unit_of(fact.type).dimension == needed.dimension
    if not fits:
        got = described(fact.type)
        span = derivative.value.span
        c.report(DerivativeUnit(span=span, name=derivative.of, needed=needed.text, got=got))


def per_time(unit: Unit) -> Unit:
    """The unit of a rate of change of what is in this unit."""
    return power(SECOND, -1) if is_ratio(unit) else quotient(unit, SECOND)


# --- Outputs ---------------------------------------------------------------------------------------------------------


def _outputs(
    c: Checking, twin: n.Twin, device: n.Device, variables: dict[str, n.TwinVariable], found_out: set[str]
) -> dict[str, n.TwinOutput]:
    """The outputs by their names, worked out in the order in which they need each other."""
    outputs: dict[str, n.TwinOutput] = {}
    for output in twin.outputs:
        name = output.name
        first: n.Node = outputs.setdefault(name, output)
        if first is output and name in variables:
            first = variables[name]
            del outputs[name]
        if first is not output:
            c.report(Duplicate(span=output.span, what="output", name=name, first=first.span))
        elif not isinstance(member_of(device, name), n.Telemetry) and not _is_new(c, output, "output", name, device):
            del outputs[name]
    uses = {
        name: [part.name for part in walk(output.value) if isinstance(part, n.Name) and part.name in outputs]
        for name, output in outputs.items()
    }
    broken: set[str] = set()
    for ring in rings(uses):
        spans = tuple(outputs[name].span for name in ring)
        c.report(OutputLoop(span=spans[0], ring=ring, spans=spans[1:]))
        broken.update(ring)
        for name in ring:
            uses[name] = [used for used in uses[name] if used not in ring]
    at = Context(DeviceScope(device.name))
    for name in TopologicalSorter(uses).static_order():
        if name in broken or broken.intersection(uses[name]):
            broken.add(name)  # What is made of it cannot be checked either, and need not be reported.
        type_ = None if name in broken else _output(c, outputs[name], at)
        if member_of(device, name) is None:
            unknown = Local(FLOAT, broken=True)
            c.twins[device.name][name] = unknown if type_ is None else _local(twin, name, type_, found_out)
    return outputs


def _output(c: Checking, output: n.TwinOutput, at: Context) -> Type | None:
    """The type of an output: that of the telemetry that it stands for, or that of its own value."""
    place = f"the output `{output.name}`"
    if not only_fields(c, output.value, "an output of a twin", MADE_OF):
        return None
    info = c.devices[at.device or ""].fields.get(output.name)
    if info is not None:
        fact = check_typed(c, output.value, at, info.type, place)
    else:
        fact = check_value(c, output.value, at, place)
    return None if fact is None else fact.type
