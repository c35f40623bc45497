"""What a virtual device does with a command: what it answers, and what it brings about.

behaviour.on_command(deliver, time)     # -> (Answer(…, "accepted"), Answer(…, "done"), Change(…))
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from ...compiler import plan as p
from ...stdlib.function import Value
from ..commands.formulas import applied, evaluate
from ..commands.records import Answer, Deliver
from ..output import OutputValue

CHOICES_MAX = 2_000
"""So many combinations of values are tried at most to find one for which a condition is true."""
PAIRED_MAX = 8
"""Of so many numbers at most are the sums and differences tried as well."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a device is from a time on (ns), as it did what it was told."""

    device: str
    id: str
    time: int
    fields: Mapping[str, Value]


class Behaviour(Protocol):
    """Of a device, or of many. Answers and changes may be of later times; those of one time take effect in order."""

    def on_command(self, deliver: Deliver, time: int) -> tuple[Answer | Change, ...]: ...


@dataclass(frozen=True)
class Obedient:
    """Accepts a command at once, has done it at once, and is then as the command's `confirm` says; a property that is
    set is what it shall be.

    A repeated command is answered again, and changes nothing more. `values` gives what a device (type, id) would
    report of its fields at a time. Where no values are found for which `confirm` is true, nothing changes.
    """

    plan: p.Plan
    values: Callable[[str, str, int], Mapping[str, Value]]

    def on_command(self, deliver: Deliver, time: int) -> tuple[Answer | Change, ...]:
        device = next(d for d in self.plan.devices if d.name == deliver.device)
        command = next(c for c in device.commands if c.name == deliver.command)
        answers = (
            Answer(deliver.command_id, time, "accepted"),
            Answer(deliver.command_id, time, "done"),
        )
        if command.sets is not None:
            return (*answers, Change(deliver.device, deliver.id, time, deliver.arguments))
        if command.confirm is None:
            return answers
        values = self.values(deliver.device, deliver.id, time)
        fields = fields_for(device, command.confirm, values, deliver.arguments)
        return answers if fields is None else (*answers, Change(deliver.device, deliver.id, time, fields))


def fields_for(
    device: p.DeviceType, confirm: p.ConfirmPlan, values: Mapping[str, Value], told: Mapping[str, OutputValue]
) -> dict[str, Value] | None:
    """Values for the fields that a `confirm` speaks of, such that it is true: those that are there if they do.

    `confirm power > 20 W * level` with level 4 wants a power over 80 W: the numbers that the condition has, numbers
    a little beside them, and the ends of the field's range are tried, the nearest to what is there first. None if none
    fits.
    """

    def holds(found: Mapping[str, Value]) -> bool:
        answer = evaluate(confirm.condition, told, lambda term: found.get(term.field), lambda _: None, lambda _: None)
        return answer is True

    present = {name: values.get(name) for name in confirm.fields}
    if holds(present):
        return present
    numbers = sorted(_numbers(confirm.condition, told))
    infos = {field.name: field for field in device.fields}
    choices = [_choices(infos[name], present[name], numbers) for name in confirm.fields]
    for tried, found in enumerate(product(*choices)):
        if tried == CHOICES_MAX:
            break
        candidate = dict(zip(confirm.fields, found, strict=True))
        if holds(candidate):
            return candidate
    return None


def _numbers(condition: Iterable[p.FormulaTerm], told: Mapping[str, OutputValue]) -> set[float]:
    """The numbers that a condition has, without those that a device reports: constants, and what is made of them."""
    found: set[float] = set()
    stack: list[tuple[Value, bool]] = []
    for term in condition:
        match term:
            case p.Apply(function, count):
                arguments = stack[len(stack) - count :]
                known = all(fixed for _, fixed in arguments)
                value = applied(function, [value for value, _ in arguments]) if known else None
                stack[len(stack) - count :] = [(value, known)]
            case p.PushConstant(value):
                stack.append((value, True))
            case p.PushParameter(name):
                stack.append((told.get(name), True))
            case _:
                stack.append((None, False))
        value = stack[-1][0]
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.add(float(value))
    return found


def _choices(field: p.DeviceField, present: Value, numbers: list[float]) -> list[Value]:
    """Values that a field may be tried at."""
    if field.type.name == "bool":
        return [True, False]
    if field.type.name == "text":
        return [present, *field.choices]
    if field.type.name not in ("int", "float"):
        return [present]
    at = present if isinstance(present, float) else 0.0
    said = [number for number in numbers if _is_inside(field, number)]
    beside = {number for one in _beside(field, numbers) for number in one if _is_inside(field, number)}
    return [present, *_nearest_first(said, at), *_nearest_first(beside - set(said), at)]


def _is_inside(field: p.DeviceField, number: float) -> bool:
    return (field.low is None or number >= field.low) and (field.high is None or number <= field.high)


def _nearest_first(numbers: Iterable[float], at: float) -> list[float]:
    return sorted(numbers, key=lambda number: (abs(number - at), number))


def _beside(field: p.DeviceField, numbers: list[float]) -> Iterator[tuple[float, ...]]:
    """What is a little less or more than these numbers, their sums and differences, and the ends of the range."""
    yield tuple(end for end in (field.low, field.high) if end is not None)
    few = numbers if len(numbers) <= PAIRED_MAX else []
    pairs = [a + sign * b for a in few for b in few for sign in (1, -1) if a != b]
    for number in (*numbers, *pairs):
        little = 1.0 if field.type.name == "int" else max(abs(number) * 0.05, 1e-3)
        yield (number - little, number, number + little)
