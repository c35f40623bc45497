"""What a twin finds out from what is measured: estimates of what changes, and calibration of its parameters."""

from fractions import Fraction

from ..dsl import nodes as n
from .check_context import Checking, Context
from .check_places import check_constant, check_duration, check_typed
from .check_types import difference, is_number
from .problems_names import Duplicate
from .problems_twins import NoiseOf, NoiseOfWhich, NoSensor, NotCalibrated, NotEstimable, NotLinear, UnknownMethod
from .problems_types import NotPositiveNumber
from .resolve import closest, walk
from .typed import DeviceScope, Type

METHODS = ("kalman", "ekf", "ukf", "particles")


def check_estimates(
    c: Checking, twin: n.Twin, dynamics: dict[str, n.Derivative], outputs: dict[str, n.TwinOutput]
) -> None:
    """Every `estimate`: of what has dynamics, by a known method, with noises in the units of what they are of."""
    first: dict[str, n.Estimate] = {}
    for estimate in twin.estimates:
        names = _estimated(c, twin, estimate, dynamics, first)
        if estimate.method not in METHODS:
            known = closest(estimate.method, METHODS)
            c.report(UnknownMethod(span=estimate.span, name=estimate.method, closest=known))
        telemetry = c.devices[twin.device].fields
        measured = tuple(
            name
            for name in dict.fromkeys((*names, *outputs))
            if name in telemetry and telemetry[name].role == "telemetry"
        )
        sensed = _noises(c, twin, estimate, names, measured)
        if estimate.method == "kalman":
            _check_linear(c, twin.device, estimate, names, sensed, dynamics, outputs)


def _estimated(
    c: Checking,
    twin: n.Twin,
    estimate: n.Estimate,
    dynamics: dict[str, n.Derivative],
    first: dict[str, n.Estimate],
) -> tuple[str, ...]:
    """The names that can be estimated; those that cannot are reported."""
    names: dict[str, None] = {}
    parameters = {v.name for v in twin.variables if v.kind == "parameter"}
    written = {derivative.of for derivative in twin.dynamics}
    for name in estimate.names:
        if name in names or first.setdefault(name, estimate) is not estimate:
            c.report(Duplicate(span=estimate.span, what="estimate of", name=name, first=first[name].span))
        elif name in dynamics:
            names[name] = None
        elif name not in written:
            parameter = name in parameters
            known = closest(name, dynamics)
            c.report(NotEstimable(span=estimate.span, name=name, closest=known, parameter=parameter))
    return tuple(names)


# --- Noises ----------------------------------------------------------------------------------------------------------


def _noises(
    c: Checking, twin: n.Twin, estimate: n.Estimate, names: tuple[str, ...], measured: tuple[str, ...]
) -> set[str]:
    """Check the noises; the result is what is measured."""
    seen: dict[tuple[str, str], n.Noise] = {}
    for noise in estimate.noises:
        if noise.of is None and not names:
            continue  # Nothing of what is estimated can be, which has been reported.
        of = _of(c, noise, names if noise.kind == "process" else measured)
        if of is None:
            continue
        first = seen.setdefault((noise.kind, of), noise)
        if first is not noise:
            c.report(Duplicate(span=noise.span, what="noise of", name=of, first=first.span))
            continue
        type_ = _type_of(c, twin.device, of)
        if type_ is not None:
            _deviation(c, noise, difference(type_), Context(DeviceScope(twin.device)))
    if not any(noise.kind == "sensor" for noise in estimate.noises):
        c.report(NoSensor(span=estimate.span, measured=measured))
    return {of for kind, of in seen if kind == "sensor"}


def _of(c: Checking, noise: n.Noise, known: tuple[str, ...]) -> str | None:
    """What a noise is of: what it names, or the only thing that it can be of."""
    if noise.of is None:
        if len(known) != 1:
            c.report(NoiseOfWhich(span=noise.span, kind=noise.kind, known=known))
            return None
        return known[0]
    if noise.of not in known:
        near = closest(noise.of, known)
        c.report(NoiseOf(span=noise.span, name=noise.of, closest=near, kind=noise.kind, known=known))
        return None
    return noise.of


def _type_of(c: Checking, device: str, name: str) -> Type | None:
    info = c.devices[device].fields.get(name)
    if info is not None:
        return info.type if is_number(info.type) else None
    local = c.twins[device].get(name)
    return None if local is None or local.broken else local.type


def _deviation(c: Checking, noise: n.Noise, type_: Type, at: Context) -> None:
    """A standard deviation: a difference in the unit of what it is of, greater than nothing."""
    place = f"a `{noise.kind}` noise"
    fact = check_constant(c, noise.value, at, place)
    if fact is not None:
        fact = check_typed(c, noise.value, at, type_, place)
    if fact is not None and isinstance(fact.constant, Fraction) and fact.constant <= 0:
        c.report(NotPositiveNumber(span=noise.value.span, place=place))


# --- Linearity -------------------------------------------------------------------------------------------------------


def _check_linear(
    c: Checking,
    device: str,
    estimate: n.Estimate,
    names: tuple[str, ...],
    sensed: set[str],
    dynamics: dict[str, n.Derivative],
    outputs: dict[str, n.TwinOutput],
) -> None:
    """A Kalman filter takes dynamics and measurements that are linear in what is estimated."""
    # What is made of an estimated value is as good as estimated itself, and must be made of it linearly.
    moving, grown = set(names), True
    while grown:
        more = {name for name, output in outputs.items() if _names_any(output.value, moving)} - moving
        used = {name for name in more if name in sensed or name not in c.devices[device].fields}
        grown = bool(used)
        moving |= used
    values = [(name, dynamics[name].value) for name in names]
    values += [(name, outputs[name].value) for name in sorted(moving) if name in outputs and name not in names]
    for name, value in values:
        bent = _bent(value, moving)
        if bent is not None:
            c.report(NotLinear(span=estimate.span, name=name, of=bent.span))
            return


def _bent(node: n.Expr, names: set[str]) -> n.Expr | None:
    """The first part of an expression that is not linear in these names; None if it is linear as a whole."""
    match node:
        case n.Negate(of=of):
            return _bent(of, names)
        case n.Arithmetic(operator="+" | "-", left=left, right=right):
            return _bent(left, names) or _bent(right, names)
        case n.Arithmetic(operator="*", left=left, right=right):
            if _names_any(left, names) and _names_any(right, names):
                return node
            return _bent(left, names) or _bent(right, names)
        case n.Arithmetic(operator="/", left=left, right=right):
            return node if _names_any(right, names) else _bent(left, names)
        case n.Name():
            return None
        case _:
            return node if _names_any(node, names) else None


def _names_any(node: n.Expr, names: set[str]) -> bool:
    return any(isinstance(inner, n.Name) and inner.name in names for inner in walk(node))


# --- Calibration -----------------------------------------------------------------------------------------------------


def check_calibrations(c: Checking, twin: n.Twin, variables: dict[str, n.TwinVariable]) -> None:
    """Every `calibrate`: of parameters, over a time, every so often."""
    parameters = [v.name for v in variables.values() if v.kind == "parameter"]
    first: dict[str, n.Calibrate] = {}
    at = Context(DeviceScope(twin.device))
    for calibration in twin.calibrations:
        for place, name in enumerate(calibration.names):
            if name in calibration.names[:place] or first.setdefault(name, calibration) is not calibration:
                problem = Duplicate(span=calibration.span, what="calibration of", name=name, first=first[name].span)
                c.report(problem)
            elif name not in parameters:
                known = closest(name, parameters)
                what = _kind(c, twin, name)
                c.report(NotCalibrated(span=calibration.span, name=name, closest=known, problem=what))
        check_duration(c, calibration.over, at, "`over`")
        check_duration(c, calibration.every, at, "`every`")


def _kind(c: Checking, twin: n.Twin, name: str) -> str:
    """What a name that is no parameter stands for, in words."""
    variable = next((v for v in twin.variables if v.name == name), None)
    if variable is not None:
        return f"{'an' if variable.kind == 'input' else 'a'} {variable.kind}"
    info = c.devices[twin.device].fields.get(name)
    return "not known" if info is None else "telemetry" if info.role == "telemetry" else "a property"
