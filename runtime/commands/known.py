"""What is known of devices and groups: what was last reported, what named signals last were; and formulas over that."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, assert_never

from ...compiler import plan as p
from ...stdlib.function import Value
from ..output import OutputValue, Signalled
from ..text import output_value, write_value
from .acts import acts_of, loops_of
from .formulas import applied, evaluate
from .records import Reported


@dataclass(slots=True)
class Reading:
    """A field's newest value, the time it carried, and the number of the report that brought it."""

    value: Value
    time: int
    report: int


@dataclass(frozen=True, slots=True)
class Hand:
    """For whom a formula is worked out: a device, or a group whose key's parts have names; and what was told."""

    device: str | None
    keys: Mapping[str, str]
    told: Mapping[str, OutputValue]

    @classmethod
    def of_device(cls, device: str, id_: str, told: Mapping[str, OutputValue]) -> "Hand":
        return cls(device, {"id": id_}, told)


@dataclass
class Known:
    """What devices reported of the fields that anybody asks about, and what signals were. `devices`: by type, in the
    order in which they first reported."""

    STATE: ClassVar[tuple[str, ...]] = ("devices", "signals", "reports")

    plan: p.Plan
    devices: dict[str, dict[str, dict[str, Reading]]] = field(default_factory=dict)
    signals: dict[str, dict[tuple[str, ...], OutputValue]] = field(default_factory=dict)
    reports: int = 0

    def __post_init__(self) -> None:
        asked = list(_terms(self.plan))
        self._asked_fields = {term.field for term in asked if isinstance(term, p.PushField)}
        self._asked_fields |= {key for procedure in self.plan.procedures for key in procedure.keys}
        self._asked_fields |= {c.since.property for d in self.plan.devices for c in d.commands if c.since is not None}
        self._asked_signals = {term.signal for term in asked if isinstance(term, p.PushSignal)}
        self._types = {(d.name, f.name): f.type.name for d in self.plan.devices for f in d.fields}

    def take(self, one: Reported) -> None:
        """A device's message: of each field the newest value by event time is held."""
        self.reports += 1
        held = self.devices.setdefault(one.device, {}).setdefault(one.id, {})
        for name, value in one.fields.items():
            if name not in self._asked_fields or value is None:
                continue
            if name not in held or one.time >= held[name].time:
                held[name] = Reading(value, one.time, self.reports)

    def take_signal(self, one: Signalled) -> bool:
        """What a signal is now; whether anybody asks about it."""
        if self.asks_for(one.name):
            self.signals.setdefault(one.name, {})[one.key] = one.value
        return self.asks_for(one.name)

    def asks_for(self, signal: str) -> bool:
        """Whether any procedure speaks of a signal."""
        return signal in self._asked_signals

    def held(self, device: str, id_: str, name: str) -> Reading | None:
        return self.devices.get(device, {}).get(id_, {}).get(name)

    def exists(self, device: str, id_: str, since: p.Exists) -> bool:
        """Whether a device has what there is since a version of its own."""
        held = self.held(device, id_, since.property)
        order = applied("version_order", [None if held is None else held.value, since.version])
        return isinstance(order, float) and order >= 0

    def text(self, device: str, id_: str, name: str) -> str | None:
        """A property's value as a group's key has it."""
        held = self.held(device, id_, name)
        return None if held is None else write_value(held.value, self._types[device, name])

    def members(self, device: str, keys: Mapping[str, str]) -> list[str]:
        """The devices of a type that belong to a group."""
        return [
            id_
            for id_ in self.devices.get(device, {})
            if all(self.text(device, id_, name) == value for name, value in keys.items())
        ]

    # --- Formulas ----------------------------------------------------------------------------------------------------

    def value(self, formula: Iterable[p.FormulaTerm], hand: Hand, now: int) -> Value:
        """What a formula comes to."""

        def field_(term: p.PushField) -> Value:
            assert hand.device is not None
            held = self.held(hand.device, hand.keys["id"], term.field)
            if held is None or (term.stale_ns is not None and now - held.time > term.stale_ns):
                return None
            return held.value

        def signal(name: str) -> Value:
            return self.signals.get(name, {}).get(tuple(hand.keys.values()))

        return evaluate(formula, hand.told, field_, signal, hand.keys.__getitem__)

    def is_true(self, formula: Iterable[p.FormulaTerm], hand: Hand, now: int) -> bool:
        return self.value(formula, hand, now) is True

    def text_of(self, parts: Iterable[str | p.Shown], hand: Hand, now: int) -> str:
        """A template with its holes filled."""
        return "".join(
            part if isinstance(part, str) else write_value(self.value(part.formula, hand, now), part.type, part.unit)
            for part in parts
        )

    def arguments(self, given: Iterable[p.Given], hand: Hand, now: int) -> dict[str, OutputValue]:
        """What the parameters of a command, an event or a procedure are given."""
        found: dict[str, OutputValue] = {}
        for one in given:
            if one.text:
                found[one.name] = self.text_of(one.parts, hand, now)
            else:
                (shown,) = one.parts
                assert isinstance(shown, p.Shown)
                found[one.name] = output_value(self.value(shown.formula, hand, now), shown.type)
        return found


# --- What formulas speak of ------------------------------------------------------------------------------------------


def _terms(plan: p.Plan) -> Iterator[p.FormulaTerm]:
    """All terms of all formulas of a plan."""
    for device in plan.devices:
        for command in device.commands:
            if command.confirm is not None:
                yield from command.confirm.condition
            if command.undo is not None:
                yield from _in_given(command.undo.arguments)
    for act in acts_of(plan.procedures):
        yield from _in_act(act)
    for procedure in plan.procedures:
        for loop in loops_of(procedure.stages):
            yield from (*loop.first, *loop.last)


def _in_act(act: p.Act) -> Iterator[p.FormulaTerm]:
    match act:
        case p.SendAct(arguments=given, where=where):
            yield from where
            yield from _in_given(given)
        case p.RunAct(arguments=given) | p.EmitAct(arguments=given):
            yield from _in_given(given)
        case p.SetAct(value=given):
            yield from _in_given([given])
        case p.AlertAct(message=parts):
            yield from _in_parts(parts)
        case p.WaitAct(until=formula) | p.StopAct(condition=formula) | p.ChoiceAct(condition=formula):
            yield from formula
        case p.UndoAct():
            pass
        case _:
            assert_never(act)


def _in_given(given: Iterable[p.Given]) -> Iterator[p.FormulaTerm]:
    for one in given:
        yield from _in_parts(one.parts)


def _in_parts(parts: Iterable[str | p.Shown]) -> Iterator[p.FormulaTerm]:
    for part in parts:
        if isinstance(part, p.Shown):
            yield from part.formula
