"""What can be wrong with domains, with what is an event and what holds, and with questions about absence: HG05xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Label
from ..dsl.source import Span
from .problems_names import Misnamed


@dataclass(frozen=True, kw_only=True)
class DeviceInGroup(Diagnostic):
    """A device's value used in a group without saying which of its members' values is meant.

    signal hot by site = Fridge.temp > 8 degC
    signal hot by site = max(Fridge.temp) > 8 degC       # the warmest
    signal hot by site = share(Fridge.temp > 8 degC) > 50 %
    """

    code = "HG0501"
    name: str
    device: str
    domain: str | None
    condition: bool = False

    @property
    def title(self) -> str:
        where = "where there is no device" if self.domain is None else self.domain
        return f"`{self.name}` is a value of each `{self.device}`, used {where}"

    @property
    def label(self) -> str:
        return "which member's?"

    @property
    def help(self) -> str | None:
        member = f"{self.device}.{self.name}"
        examples = f"`mean({member})`, `max({member})`"
        if self.condition:
            examples = f"`share({member})`, `count({self.device} where {self.name})`"
        if self.domain is None:
            return f"say `for {self.device}`, or take an aggregate over all of them: {examples}"
        return f"take an aggregate over the members: {examples}"


@dataclass(frozen=True, kw_only=True)
class GroupInDevice(Diagnostic):
    """A group's signal used for a device that belongs to no such group, as it lacks the property.

        signal crowded by site = count(Fridge) > 10
        rule leaking for Valve { when position > 5 % and crowded  do { … } }      # Valve has no `site`

    A group's value is known to all its members: the device's own value of the property names the group. Declare
    `property site: text` in `Valve`.
    """

    code = "HG0502"
    name: str
    domain: str
    device: str
    lacking: str | None = None

    @property
    def title(self) -> str:
        return f"`{self.name}` is a value {self.domain}, used for each `{self.device}`"

    @property
    def label(self) -> str:
        return "of which group?"

    @property
    def help(self) -> str | None:
        if self.lacking is None:
            return f"a pattern of a group happens to the group; write the rule {self.domain}"
        return f"declare `property {self.lacking}: text` in `{self.device}`, or write the whole condition {self.domain}"


@dataclass(frozen=True, kw_only=True)
class OtherDomain(Diagnostic):
    """A signal or pattern of one domain used in another: of other devices, or of groups by other properties.

        signal burn by fleet = mean(Truck.fuel_consumption over 1 day every 1 day)
        rule thirsty by model { when burn > 30 L/h  do { … } }

    Give both the same domain, with the properties in the same order.
    """

    code = "HG0503"
    name: str
    theirs: str
    ours: str
    declared: Span

    @property
    def title(self) -> str:
        return f"`{self.name}` is declared {self.theirs}, used {self.ours}"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, f"declared {self.theirs}"),)

    @property
    def help(self) -> str | None:
        return "give both the same domain"


@dataclass(frozen=True, kw_only=True)
class KeyNotShared(Diagnostic):
    """A group by a property that a device type used in it does not have, so that its devices belong to no group.

        signal balance by site = sum(Inverter.solar) - sum(Load.power)     # Load has no `site`

    Declare the property in both, or leave it out of `by`.
    """

    code = "HG0504"
    key: str
    device: str
    declared: Span

    @property
    def title(self) -> str:
        return f"`{self.device}` has no text property `{self.key}`, so it cannot be grouped by it"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, f"`{self.device}` is declared here"),)

    @property
    def help(self) -> str | None:
        return f"declare `property {self.key}: text` in `{self.device}`"


@dataclass(frozen=True, kw_only=True)
class NotAKey(Misnamed):
    """A group by something that is no property with text values: telemetry changes, numbers are not names.

    signal worst by velocity = max(Truck.load)
    signal worst by fleet = max(Truck.load)         # property fleet: text
    """

    code = "HG0505"

    @property
    def title(self) -> str:
        return f"`{self.name}` is not a text property of any device type"

    @property
    def help(self) -> str | None:
        return super().help or "group by a `property` of type `text` or `enum`"


@dataclass(frozen=True, kw_only=True)
class TwoDevices(Diagnostic):
    """One aggregate over two device types: there is no saying which value of one belongs to which of the other.

    signal net by site = sum(Inverter.solar - Load.power)
    signal net by site = sum(Inverter.solar) - sum(Load.power)
    """

    code = "HG0506"
    function: str
    first: str
    second: str

    @property
    def title(self) -> str:
        return f"`{self.function}` is over `{self.first}` and `{self.second}` at once"

    @property
    def help(self) -> str | None:
        return "take one aggregate for each device type, and combine their results"


@dataclass(frozen=True, kw_only=True)
class NoDevice(Diagnostic):
    """An aggregate in a group that does not say whose values it is over.

    signal heavy by fleet = max(load)
    signal heavy by fleet = max(Truck.load)
    """

    code = "HG0507"
    function: str
    example: str | None = None

    @property
    def title(self) -> str:
        return f"`{self.function}` does not say over which devices"

    @property
    def help(self) -> str | None:
        return f"name the device type: `{self.function}({self.example or 'Device.field'} …)`"


@dataclass(frozen=True, kw_only=True)
class QualifiedInDevice(Diagnostic):
    """A device type's name in front of a field, inside that device's own domain, where there is one device only.

        signal full for Truck = Truck.load / load_capacity
        signal full for Truck = load / load_capacity

    What is about all trucks is a signal of a group: `signal heaviest = max(Truck.load)`.
    """

    code = "HG0508"
    device: str
    name: str
    own: bool

    @property
    def title(self) -> str:
        if self.own:
            return f"`{self.device}.{self.name}` inside `for {self.device}`"
        return f"`{self.device}.{self.name}` in another device's domain"

    @property
    def help(self) -> str | None:
        if self.own:
            return f"write `{self.name}` for this device's own value"
        return "what is about several devices is a signal or rule of a group (`by …`), with an aggregate"


@dataclass(frozen=True, kw_only=True)
class EventAsCondition(Diagnostic):
    """An event where a condition that holds is needed: an event happens at a moment and is not true at any other.

        when door becomes true for 5 min      # the event takes no time
        when door for 5 min                   # the condition does

    `becomes`, `rises above`, `falls below` and patterns are events.
    """

    code = "HG0509"
    place: str
    advice: str | None = None

    @property
    def title(self) -> str:
        return f"{self.place} needs something that holds, not an event"

    @property
    def label(self) -> str:
        return "happens at moments"

    @property
    def help(self) -> str | None:
        return self.advice


@dataclass(frozen=True, kw_only=True)
class SignalOfEvent(Diagnostic):
    """A signal whose value is an event: a signal holds a value between messages, an event has none.

    signal opened for Fridge = door becomes true
    pattern opened for Fridge = door becomes true
    """

    code = "HG0510"
    name: str
    domain: str

    @property
    def title(self) -> str:
        return f"the signal `{self.name}` would be an event"

    @property
    def label(self) -> str:
        return "happens at moments"

    @property
    def help(self) -> str | None:
        return f"declare it as `pattern {self.name}{self.domain} = …`"


@dataclass(frozen=True, kw_only=True)
class NeedsField(Diagnostic):
    """A question about a field's messages (`fresh`, `age`, `last`, `is stale`) asked of something that is not a field.

    where fresh(velocity * 2) > 2 km/h
    where fresh(velocity) * 2 > 2 km/h
    """

    code = "HG0511"
    what: str

    @property
    def title(self) -> str:
        return f"{self.what} needs a field"

    @property
    def label(self) -> str:
        return "not a property or telemetry of the device"


@dataclass(frozen=True, kw_only=True)
class NeverStale(Diagnostic):
    """`is stale` asked of a field that never goes stale, as it declares neither `stale after` nor `every`.

        telemetry temp: degC
        when temp is stale

    Declare when it does: `telemetry temp: degC stale after 1 min`, or ask `no temp for 1 min`.
    """

    code = "HG0512"
    field: str
    declared: Span

    @property
    def title(self) -> str:
        return f"`{self.field}` never goes stale"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared without `stale after` or `every`"),)

    @property
    def help(self) -> str | None:
        return f"declare `stale after …` there, or ask `no {self.field} for …`"


@dataclass(frozen=True, kw_only=True)
class QuietCondition(Diagnostic):
    """`no x for D` with a condition: it asks how long ago x was *updated*, not how long it has not been true.

    when no temp > 8 degC for 5 min
    when not (temp > 8 degC) for 5 min      # has not been true
    when no temp for 5 min                  # has not been measured
    """

    code = "HG0513"
    condition: str
    duration: str

    @property
    def title(self) -> str:
        return "`no … for` asks about messages and events, not about conditions"

    @property
    def label(self) -> str:
        return "this is a condition"

    @property
    def help(self) -> str | None:
        return (
            f"write `not ({self.condition}) for {self.duration}` for a condition, "
            f"or `no x for {self.duration}` for a field x"
        )


@dataclass(frozen=True, kw_only=True)
class EventJoined(Diagnostic):
    """Events joined by `or`, or brought into a computation: there is nothing to compute with between their moments.

        when door becomes true or temp rises above 8 degC

    Write two rules; `event and condition` is possible: it is the event, at the moments at which the condition holds.
    """

    code = "HG0514"
    operator: str

    @property
    def title(self) -> str:
        return f"`{self.operator}` does not take events"

    @property
    def label(self) -> str:
        return "happens at moments"

    @property
    def help(self) -> str | None:
        if self.operator == "or":
            return "write a rule for each of the events"
        if self.operator in ("any", "all", "share"):
            return "count how often it happens: `count(… over 10 min every 10 min) > 0`"
        return "use the condition itself, without `becomes`, `rises above` or `falls below`"


@dataclass(frozen=True, kw_only=True)
class NeedsTwin(Diagnostic):
    """A question about the future where no model could answer it.

        rule will_be_warm for Fridge { when predicted(temp, 30 min) > 8 degC  do { … } }

    It takes a twin of the device type, which says how its values move:

        twin Fridge {
            parameter tau: min in 5..240 = 45 min
            dynamics { d(temp) = (22 degC - temp) / tau }
        }
    """

    code = "HG0516"
    function: str
    device: str | None

    @property
    def title(self) -> str:
        if self.device is None:
            return f"`{self.function}` asks a device's twin, and there is no one device here"
        return f"`{self.function}` asks a twin, and `{self.device}` has none"

    @property
    def help(self) -> str | None:
        if self.device is None:
            return "name it as a signal of the device, and take an aggregate over the members: `min(Battery.runtime)`"
        return f"add one: `twin {self.device} {{ dynamics {{ … }} }}`"
