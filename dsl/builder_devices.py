"""Devices, sources and twins in Python: each is made by the program and then told its members.

>>> fridge = Device("Fridge")
>>> temp = fridge.telemetry("temp", "degC", within=(-40, 60), every="10 s")
>>> (temp > q("8 degC")).text
'Fridge.temp > 8 degC'

A field names its device; in what is for that device, the name is left out when the program is built.
"""

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, Literal

from ..grammar.units import parse_unit, similar_units
from . import nodes
from .builder_expressions import (
    BuilderError,
    Count,
    Duration,
    Expression,
    Value,
    checked_name,
    duration_node,
    expression_node,
    maybe_duration,
    named,
    node_of,
    q,
    read_short,
    version,
    without_device,
)
from .unparse_expressions import type_name

Limits = tuple[Value, Value]
"""The least and the greatest value, in the unit of the type or their own (`q("2 degC")`)."""
TYPES = frozenset({"bool", "int", "float", "text", "time", "duration", "version", "Point"})
"""The types that are neither units nor enums; the checker knows the same."""
_ALWAYS_THERE = frozenset({"id", "time"})


class Device(Expression):
    """A device type; `fridge.temp` is its field, and `fridge` itself stands for its devices in `count(fridge)`."""

    __hash__ = None

    def __init__(
        self,
        name: str,
        *,
        max: Count | None = None,
        lateness: Duration | None = None,
        revise: Duration | None = None,
        idle_after: Duration | None = None,
    ) -> None:
        super().__init__(nodes.Name(checked_name(name, "a device type")), frozenset({name}))
        self._name = name
        self._known = set(_ALWAYS_THERE)
        self._built = nodes.Device(
            name,
            (),
            None if max is None else node_of(max),
            maybe_duration(lateness),
            maybe_duration(revise),
            maybe_duration(idle_after),
        )

    def item(self) -> nodes.Device:
        """The device with the members it was told."""
        return without_device(self._built, [self._name])

    def member(self, member: str) -> Expression:
        """A field of the device, or a signal for it."""
        if member not in self._known:
            known = ", ".join(f"`{each}`" for each in sorted(self._known))
            raise BuilderError(f"`{self._name}` has no field or signal `{member}`: it has {known}")
        return super().member(member)

    def know(self, member: str) -> Expression:
        """Take note of a field or signal of the device, and give it."""
        self._known.add(checked_name(member, "a member"))
        return super().member(member)

    def _add(self, member: nodes.DeviceMember) -> Expression:
        if any(each.name == member.name for each in self._built.members):
            raise BuilderError(f"`{self._name}` has a member `{member.name}` already")
        made = self.know(member.name)
        self._built = replace(self._built, members=(*self._built.members, member))
        return made

    # --- Members -----------------------------------------------------------------------------------------------------

    def property(
        self,
        name: str,
        type: str,
        *,
        within: Limits | None = None,
        writable: bool = False,
        private: bool = False,
        since: tuple[str, str] | None = None,
    ) -> Expression:
        """What is set and seldom changes; `writable`: it has a desired side."""
        return self._add(
            nodes.Property(checked_name(name), type_node(type), limits(within), writable, private, since_node(since))
        )

    def telemetry(
        self,
        name: str,
        type: str,
        *,
        within: Limits | None = None,
        every: Duration | None = None,
        stale_after: Duration | None = None,
        private: bool = False,
        since: tuple[str, str] | None = None,
    ) -> Expression:
        """What is measured; `every`: its declared rate."""
        return self._add(
            nodes.Telemetry(
                checked_name(name),
                type_node(type),
                limits(within),
                maybe_duration(every),
                maybe_duration(stale_after),
                private,
                since_node(since),
            )
        )

    def event(
        self,
        name: str,
        *parameters: nodes.Parameter,
        private: bool = False,
        since: tuple[str, str] | None = None,
    ) -> Expression:
        """What the device tells as it happens."""
        return self._add(nodes.Event(checked_name(name), parameters, private, since_node(since)))

    def relationship(
        self,
        name: str,
        device: Any,
        *,
        max: Count | None = None,
        private: bool = False,
        since: tuple[str, str] | None = None,
    ) -> Expression:
        """Devices of a type that this one is related to."""
        maximum = None if max is None else node_of(max)
        return self._add(nodes.Relationship(checked_name(name), named(device), maximum, private, since_node(since)))

    def command(
        self,
        name: str,
        *parameters: nodes.Parameter,
        idempotent: bool = False,
        relative: bool = False,
        protected: bool = False,
        resource: str | None = None,
        ack_within: Duration | None = None,
        done_within: Duration | None = None,
        expires: Duration | None = None,
        retry: Count | None = None,
        backoff: tuple[Duration, Duration] | None = None,
        confirm: Expression | None = None,
        confirm_within: Duration | None = None,
        undo: str | None = None,
        when_busy: Literal["queue", "supersede", "reject", "merge", "preempt"] | None = None,
        since: tuple[str, str] | None = None,
    ) -> Expression:
        """What the device can be told to do; `undo` is a call as the language writes it: `"cool(level: 1)"`."""
        if (confirm is None) != (confirm_within is None):
            raise BuilderError("`confirm` and `confirm_within` go together: what comes true, and how soon")
        if backoff is not None and retry is None:
            raise BuilderError("`backoff` needs `retry`: how often at most")
        low, high = (None, None) if backoff is None else map(duration_node, backoff)
        confirmed = None
        if confirm is not None and confirm_within is not None:
            confirmed = nodes.Confirm(expression_node(confirm, "`confirm`"), duration_node(confirm_within))
        return self._add(
            nodes.Command(
                checked_name(name),
                parameters,
                idempotent,
                relative,
                protected,
                None if resource is None else checked_name(resource, "a resource"),
                maybe_duration(ack_within),
                maybe_duration(done_within),
                maybe_duration(expires),
                None if retry is None else nodes.Retry(node_of(retry), low, high),
                confirmed,
                None if undo is None else read_short("Call", undo),
                when_busy,
                since_node(since),
            )
        )


def parameter(
    name: str, type: str, *, within: Limits | None = None, default: Value | Literal["none"] = "none"
) -> nodes.Parameter:
    """A parameter of a command, an event or a procedure."""
    value = None if isinstance(default, str) and default == "none" else node_of(default)
    return nodes.Parameter(checked_name(name, "a parameter"), type_node(type), limits(within), value)


def type_node(text: str) -> nodes.TypeName:
    """`"degC"`, `"float"`, `"enum { idle, busy }"`."""
    made: nodes.TypeName = read_short("TypeName", text)
    if not made.choices and made.name not in TYPES and parse_unit(made.name) is None:
        raise BuilderError(f"`{text}` is neither a type nor a unit{_hint(text)}")
    return made


def column(kind: Literal["key", "value"], called: str, said: str) -> nodes.Column:
    """A column of a table, which is written as a parameter is: `"degC in 0..120 = 60 degC"`."""
    made: nodes.Parameter = read_short("Parameter", f"{checked_name(called)}: {said}")
    return nodes.Column(kind, called, type_node(type_name(made.type)), made.bounds, made.default)


def _hint(unit: str) -> str:
    """What someone who wrote this may have meant."""
    similar = similar_units(unit) or get_close_matches(unit, sorted(TYPES), n=1)
    return f": did you mean {' or '.join(f'`{each}`' for each in similar)}?" if similar else ""


def limits(within: Limits | None) -> nodes.Bounds | None:
    return None if within is None else nodes.Bounds(node_of(within[0]), node_of(within[1]))


def since_node(since: tuple[str, str] | None) -> nodes.Since | None:
    """`("firmware", "2.1")`."""
    if since is None:
        return None
    number = version(since[1]).node
    assert isinstance(number, nodes.Number | nodes.Version)
    return nodes.Since(checked_name(since[0], "a property"), number)


# --- Sources ---------------------------------------------------------------------------------------------------------


class Source:
    """How messages become telemetry: what the payload has is `name("current_load")`."""

    def __init__(self, name: str, format: str, device: Any, where: Expression | None = None) -> None:
        filtered = None if where is None else expression_node(where, "`where`")
        self._built = nodes.Source(checked_name(name, "a source"), checked_name(format), named(device), (), filtered)

    def item(self) -> nodes.Source:
        return self._built

    def map(self, field: Any, value: Value, *, unit: str | None = None) -> "Source":
        """`fuel = fuel_state in ratio`."""
        if unit is not None and parse_unit(unit) is None:
            raise BuilderError(f"there is no unit `{unit}`{_hint(unit)}")
        self._add(nodes.Mapping(named(field), node_of(value), unit))
        return self

    def keep(self, *fields: Any) -> "Source":
        """Fields that the payload has under the same names."""
        for field in fields:
            self._add(nodes.Mapping(named(field), nodes.Name(named(field))))
        return self

    def unique(self, value: Value, *, within: Duration, type: Literal["text", "int"] = "text") -> "Source":
        """`unique message_id within 10 min`."""
        if self._built.unique is not None:
            raise BuilderError("`unique` is said already")
        of_type = None if type == "text" else type_node(type)
        self._built = replace(self._built, unique=nodes.Unique(node_of(value), duration_node(within), of_type))
        return self

    def _add(self, mapping: nodes.Mapping) -> None:
        if any(each.field == mapping.field for each in self._built.mappings):
            raise BuilderError(f"`{mapping.field}` is mapped already")
        self._built = replace(self._built, mappings=(*self._built.mappings, mapping))


# --- Twins -----------------------------------------------------------------------------------------------------------


class Twin:
    """The model of a device type."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self._built = nodes.Twin(named(device))

    def item(self) -> nodes.Twin:
        return without_device(self._built, [self._built.device])

    def state(self, name: str, type: str, initial: Value, *, within: Limits | None = None) -> Expression:
        return self._variable("state", name, type, initial, within)

    def parameter(self, name: str, type: str, initial: Value, *, within: Limits | None = None) -> Expression:
        return self._variable("parameter", name, type, initial, within)

    def input(self, name: str, type: str, initial: Value, *, within: Limits | None = None) -> Expression:
        return self._variable("input", name, type, initial, within)

    def _variable(
        self,
        kind: Literal["state", "parameter", "input"],
        name: str,
        type: str,
        initial: Value,
        within: Limits | None,
    ) -> Expression:
        if any(each.name == name for each in self._built.variables):
            raise BuilderError(f"the twin of `{self._built.device}` has a variable `{name}` already")
        made = nodes.TwinVariable(
            kind, checked_name(name, "a variable"), type_node(type), node_of(initial), limits(within)
        )
        self._built = replace(self._built, variables=(*self._built.variables, made))
        return self._device.know(name) if isinstance(self._device, Device) else Expression(nodes.Name(name))

    def derivative(self, of: Any, value: Value) -> None:
        """`d(temp) = …`: the rate of change of a state, or of a telemetry of the device."""
        made = nodes.Derivative(named(of), node_of(value))
        self._built = replace(self._built, dynamics=(*self._built.dynamics, made))

    def output(self, of: Any, value: Value) -> None:
        """What the model says a telemetry is."""
        made = nodes.TwinOutput(named(of), node_of(value))
        self._built = replace(self._built, outputs=(*self._built.outputs, made))

    def estimate(self, *of: Any, method: str, noises: Sequence[nodes.Noise] = ()) -> None:
        """`estimate("temp", method="kalman", noises=[process("0.05 K"), sensor("0.2 K")])`."""
        made = nodes.Estimate(tuple(map(named, of)), checked_name(method, "a method"), tuple(noises))
        self._built = replace(self._built, estimates=(*self._built.estimates, made))

    def calibrate(self, *of: Any, over: Duration, every: Duration) -> None:
        made = nodes.Calibrate(tuple(map(named, of)), duration_node(over), duration_node(every))
        self._built = replace(self._built, calibrations=(*self._built.calibrations, made))


def process(deviation: Expression | str, of: Any = None) -> nodes.Noise:
    """How far the model strays, as a standard deviation."""
    return _noise("process", deviation, of)


def sensor(deviation: Expression | str, of: Any = None) -> nodes.Noise:
    """How far a sensor strays, as a standard deviation."""
    return _noise("sensor", deviation, of)


def _noise(kind: Literal["process", "sensor"], deviation: Expression | str, of: Any) -> nodes.Noise:
    value = q(deviation).node if isinstance(deviation, str) else expression_node(deviation, f"`{kind}`")
    return nodes.Noise(kind, value, None if of is None else named(of))
