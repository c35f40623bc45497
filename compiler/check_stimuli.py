"""What a test gives and lets happen: virtual devices, changes of what they report, events, faults.

given Pump p[1..40] { line "north"  flow 50 m3/h }
at 10 s p1 { pressure 1.5 bar }
fault device p7 silent from 30 s
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ..dsl import nodes as n
from .check_context import Checking, Context, Local, domain_of, scope_of
from .check_declared import check_arguments
from .check_places import check_constant, check_duration, check_typed, check_whole, check_within
from .check_types import INT, described, is_number, unit_of
from .constants import converted, written
from .problems_names import Duplicate, UnknownField, UnknownRule
from .problems_tests import (
    InstanceRange,
    NothingToAcknowledge,
    RampOfType,
    SpanReversed,
    TooManyGiven,
    UnknownFault,
    UnknownGroup,
    UnknownInstance,
    UnknownOf,
    WhomElse,
)
from .problems_types import OutsideBounds, UnknownChoice
from .resolve import closest
from .typed import DeviceScope, Fact, FieldInfo, GroupScope, Type

INSTANCES_MAX = 10_000
"""How many devices one line of a test may name."""

NAMED_MAX = 1_000_000
"""How many devices the ranges of all lines of a test may name."""

FAULTS = {"link": ("down",), "device": ("silent",), "clock": ("ahead", "behind"), "process": ("killed",)}
"""What can be wrong with what."""

NOBODY = GroupScope(())


@dataclass
class Scene:
    """The devices of a test: each one's type, by its id, and where it is given."""

    types: dict[str, str] = field(default_factory=dict)
    given: dict[str, n.Given] = field(default_factory=dict)
    groups: list[Mapping[str, str]] = field(default_factory=list)
    """The texts of each `given`, as far as they are literals: which groups there are."""
    moves: bool = False
    """Whether a text is set later, or is made of a device's number, so that there may be other groups."""
    named: int = 0
    """How many devices the ranges of all lines name."""


def check_stimuli(c: Checking, test: n.Test) -> Scene:
    """Everything that a test gives, then everything that it lets happen."""
    scene = Scene()
    for stimulus in test.stimuli:
        if isinstance(stimulus, n.Given):
            _given(c, stimulus, scene)
    _count(c, test, scene)
    for stimulus in test.stimuli:
        match stimulus:
            case n.Given():
                pass
            case n.During():
                _during(c, stimulus, scene)
            case n.At():
                check_time(c, stimulus.time, "`at`")
                _change(c, stimulus.instances, stimulus.settings, scene)
            case n.Happens():
                _happens(c, stimulus, scene)
            case n.Acknowledge():
                _acknowledge(c, stimulus, scene)
            case n.Fault():
                _fault(c, stimulus, scene)
    return scene


def _count(c: Checking, test: n.Test, scene: Scene) -> None:
    """Warn of more devices of a type than there can be: the last ones are refused."""
    for device, count in Counter(scene.types.values()).items():
        info = c.devices.get(device)
        if info is not None and info.maximum is not None and count > info.maximum:
            last = next(s for s in reversed(test.stimuli) if isinstance(s, n.Given) and s.device == device)
            declared = c.names.devices[device].span
            c.report(TooManyGiven(span=last.span, device=device, count=count, most=info.maximum, declared=declared))


def check_time(c: Checking, node: n.Expr, place: str) -> int | None:
    """A time of the test, which begins at 0 s."""
    return check_duration(c, node, Context(NOBODY), place, zero=True)


# --- Devices ---------------------------------------------------------------------------------------------------------


def ids_of(c: Checking, instances: n.Instances, scene: Scene) -> list[str] | None:
    """The ids that `f1` or `p[1..40]` name; None where they are too many or none, which has been reported."""
    if instances.first is None or instances.last is None:
        return [instances.name]
    if scene.named > NAMED_MAX:
        return None  # So many in all that it has been reported.
    at = Context(NOBODY)
    first = check_whole(c, instances.first, at, "the range of devices", 0)
    last = check_whole(c, instances.last, at, "the range of devices", 0)
    if first is None or last is None:
        return None
    if not 0 <= last - first < INSTANCES_MAX:
        c.report(InstanceRange(span=instances.span, first=first, last=last, most=INSTANCES_MAX))
        return None
    scene.named += last - first + 1
    if scene.named > NAMED_MAX:
        c.report(InstanceRange(span=instances.span, first=1, last=scene.named, most=NAMED_MAX, in_all=True))
        return None
    return [f"{instances.name}{number}" for number in range(first, last + 1)]


def _given(c: Checking, given: n.Given, scene: Scene) -> None:
    """`given Fridge f1 { temp 4 degC }`: the device type exists, the ids are new, the settings are its fields."""
    for id_ in ids_of(c, given.instances, scene) or ():
        if id_ in scene.given:
            first = scene.given[id_].span
            c.report(Duplicate(span=given.instances.span, what="device", name=id_, first=first))
            break
        scene.types[id_] = given.device
        scene.given[id_] = given
    if given.device not in c.devices:
        return
    _settings(c, given.settings, given.device, given.instances)
    scene.groups.append({s.name: s.value.value for s in given.settings if isinstance(s.value, n.Text)})
    scene.moves = scene.moves or any(isinstance(s.value, n.Template | n.Name) for s in given.settings)
    model = c.models.get(given.device)
    for setting in given.twin:
        if model is None:
            c.report(
                UnknownOf(span=setting.span, what="twin", name=given.device, advice=f"declare `twin {given.device}`")
            )
            return
        type_ = model.variables.get(setting.name)
        if type_ is None:
            known = closest(setting.name, model.variables)
            place = f"the twin of {given.device}"
            c.report(UnknownField(span=setting.span, name=setting.name, device=place, closest=known))
            continue
        low, high = model.bounds.get(setting.name, (None, None))
        _value(c, setting, FieldInfo(setting.name, type_, "telemetry", low, high), given.device, given.instances)


def known_devices(c: Checking, instances: n.Instances, scene: Scene) -> str | None:
    """The device type of given devices; None where one is not given, which has been reported."""
    ids = ids_of(c, instances, scene)
    if ids is None:
        return None
    for id_ in ids:
        if id_ not in scene.types:
            known = closest(id_, scene.types)
            c.report(UnknownInstance(span=instances.span, name=id_, closest=known))
            return None
    return scene.types[ids[0]]


def check_whom(c: Checking, whom: n.Whom | None, domain: n.Domain | None, what: str, scene: Scene) -> None:
    """Whether an instance that is asked of is one of this domain: a given device of the type, a group of given ones."""
    scope = scope_of(domain)
    said: str
    match (whom, scope):
        case (n.Instances() as instances, DeviceScope(device=device)):
            found = known_devices(c, instances, scene)
            if found is None or found == device:
                return
            said = f"`{instances.name}` is a `{found}`"
        case (n.GroupKey(values=values) as key, GroupScope(properties=keys)):
            if len(values) == len(keys):
                _group(c, key, keys, scene)
                return
            said = "this is one value" if len(values) == 1 else f"these are {len(values)} values"
        case (n.GroupKey(), _):
            said = "this is a group"
        case _:
            said = "this is a device"
    if whom is not None:
        c.report(WhomElse(span=whom.span, what=what, domain=domain_of(scope), said=said))


def _group(c: Checking, whom: n.GroupKey, keys: tuple[str, ...], scene: Scene) -> None:
    """Whether any given device belongs to the group; what is set later, or by number, may make it so as well."""
    known = [{key: texts[key] for key in keys} for texts in scene.groups if all(key in texts for key in keys)]
    if scene.moves or dict(zip(keys, whom.values, strict=True)) in known:
        return
    for key, value in zip(keys, whom.values, strict=True):
        values = tuple(sorted({group[key] for group in known}))
        if value not in values:
            known_ = closest(value, values)
            c.report(UnknownGroup(span=whom.span, key=key, value=value, known=values, closest=known_))
            return


# --- What they report ------------------------------------------------------------------------------------------------


def _settings(c: Checking, settings: tuple[n.Setting, ...], device: str, instances: n.Instances) -> None:
    fields = c.devices[device].fields
    for setting in settings:
        info = fields.get(setting.name)
        if (device, setting.name) in c.broken:
            continue
        if info is None:
            known = closest(setting.name, fields)
            c.report(UnknownField(span=setting.span, name=setting.name, device=device, closest=known))
        else:
            _value(c, setting, info, device, instances)


def _value(c: Checking, setting: n.Setting, info: FieldInfo, device: str, instances: n.Instances) -> None:
    """A value, or a ramp between two, as the field has it; the number of the device may stand in it."""
    at = Context(DeviceScope(device))
    if instances.variable is not None:
        at = replace(at, locals={instances.variable: Local(INT)})
    place = f"`{info.name}`"
    if not isinstance(setting.value, n.Ramp):
        _one_value(c, setting.value, info, at, place, instances)
        return
    if not is_number(info.type):
        c.report(RampOfType(span=setting.value.span, name=info.name, type=described(info.type)))
        return
    for end in (setting.value.first, setting.value.last):
        _one_value(c, end, info, at, place, instances)


def _one_value(c: Checking, node: n.Expr, info: FieldInfo, at: Context, place: str, instances: n.Instances) -> None:
    if _is_bare_choice(c, node, info.type):
        return
    changes = isinstance(node, n.Absent) or _is_numbered(node, instances)
    if not changes and check_constant(c, node, at, place) is None:
        return
    fact = check_typed(c, node, at, info.type, place)
    if fact is None:
        return
    check_within(c, node, fact, info.name, info.type, info.low, info.high)
    if isinstance(node, n.Name) and node.name == instances.variable:
        _numbers_within(c, node, fact, info, instances)


def _is_numbered(node: n.Expr, instances: n.Instances) -> bool:
    """Whether the number of the device stands in a value."""
    match node:
        case n.Name(name=name):
            return name == instances.variable
        case n.Arithmetic(left=left, right=right):
            return _is_numbered(left, instances) or _is_numbered(right, instances)
        case n.Negate(of=of):
            return _is_numbered(of, instances)
        case n.Template(parts=parts):
            return any(not isinstance(part, str) and _is_numbered(part, instances) for part in parts)
        case _:
            return False


def _is_bare_choice(c: Checking, node: n.Expr, type_: Type) -> bool:
    if isinstance(node, n.Name) and node.name in type_.choices:
        c.report(UnknownChoice(span=node.span, value=node.name, choices=type_.choices, closest=node.name))
        return True
    return False


def _numbers_within(c: Checking, node: n.Name, fact: Fact, info: FieldInfo, instances: n.Instances) -> None:
    """Report a device whose number is outside of the bounds of what it is set to."""
    if info.low is None or info.high is None or instances.first is None or instances.last is None:
        return
    for end in (instances.first, instances.last):
        value = converted(Fraction(end.text), unit_of(fact.type), unit_of(info.type), point=False)
        if not info.low <= value <= info.high:
            shown = written(info.low, info.type.unit), written(info.high, info.type.unit)
            text = f"{node.name} = {end.text}"
            c.report(OutsideBounds(span=node.span, value=text, name=info.name, low=shown[0], high=shown[1]))
            return


def _change(c: Checking, instances: n.Instances, settings: tuple[n.Setting, ...], scene: Scene) -> None:
    device = known_devices(c, instances, scene)
    scene.moves = scene.moves or any(isinstance(s.value, n.Text | n.Template | n.Name) for s in settings)
    if device is not None and device in c.devices:
        _settings(c, settings, device, instances)


def _during(c: Checking, stimulus: n.During, scene: Scene) -> None:
    start, end = check_time(c, stimulus.start, "`from`"), check_time(c, stimulus.end, "`to`")
    if start is not None and end is not None and start >= end:
        c.report(SpanReversed(span=stimulus.start.span.to(stimulus.end.span)))
    if stimulus.every is not None:
        check_duration(c, stimulus.every, Context(NOBODY), "`every`")
    _change(c, stimulus.instances, stimulus.settings, scene)


# --- Events, people, faults ------------------------------------------------------------------------------------------


def _happens(c: Checking, stimulus: n.Happens, scene: Scene) -> None:
    """`at 5 s p1 fault(code: 3)`."""
    check_time(c, stimulus.time, "`at`")
    device = known_devices(c, stimulus.instances, scene)
    info = c.devices.get(device or "")
    if info is None:
        return
    call = stimulus.event
    event = info.events.get(call.function)
    if event is None:
        known = closest(call.function, info.events)
        what = f"event of `{info.name}`"
        c.report(UnknownOf(span=call.span, what=what, name=call.function, closest=known))
        return
    at = Context(NOBODY, fixed="a test")
    check_arguments(c, call, call.function, event.parameters, info.parameters[call.function], at, "")


def _acknowledge(c: Checking, stimulus: n.Acknowledge, scene: Scene) -> None:
    check_time(c, stimulus.time, "`at`")
    rule = c.names.rules.get(stimulus.rule)
    if rule is None:
        c.report(UnknownRule(span=stimulus.span, name=stimulus.rule, closest=closest(stimulus.rule, c.names.rules)))
        return
    check_whom(c, stimulus.whom, rule.domain, f"rule `{rule.name}`", scene)
    if not rule.latched:
        c.report(NothingToAcknowledge(span=stimulus.span, rule=rule.name, declared=rule.span))


def _fault(c: Checking, fault: n.Fault, scene: Scene) -> None:
    """`fault link gateway down from 1 min to 9 min`."""
    start = check_time(c, fault.start, "`from`")
    end = None if fault.end is None else check_time(c, fault.end, "`to`")
    if fault.end is not None and start is not None and end is not None and start >= end:
        c.report(SpanReversed(span=fault.start.span.to(fault.end.span)))
    if fault.what not in FAULTS[fault.kind]:
        known = closest(fault.what, FAULTS[fault.kind])
        c.report(
            UnknownFault(span=fault.span, kind=fault.kind, what=fault.what, known=FAULTS[fault.kind], closest=known)
        )
    elif (fault.kind == "clock") is (fault.amount is None):
        c.report(UnknownFault(span=fault.span, kind=fault.kind, what=fault.what, known=(), by=fault.amount is None))
    if fault.amount is not None:
        check_duration(c, fault.amount, Context(NOBODY), f"`{fault.what}`")
    if fault.kind in ("device", "clock"):
        known_devices(c, fault.of, scene)
    elif fault.of.name not in c.names.targets:
        known = closest(fault.of.name, c.names.targets)
        advice = None if c.names.targets else f"declare it: `target {fault.of.name}: edge by …`"
        c.report(UnknownOf(span=fault.of.span, what="target", name=fault.of.name, closest=known, advice=advice))
