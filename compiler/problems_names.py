"""What can be wrong with names: HG02xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Edit, Label
from ..dsl.source import Span


@dataclass(frozen=True, kw_only=True)
class Misnamed(Diagnostic):
    """What diagnostics about a name that is not known have in common: the name, and the closest one that is.

    `behind`: the words that lead to it, where the span is that of a whole item.
    """

    name: str
    closest: str | None = None
    behind: tuple[str, ...] = ()

    @property
    def leads(self) -> tuple[str, ...]:
        return () if self.span.end - self.span.start == len(self.name) else (*self.behind, self.name)

    @property
    def help(self) -> str | None:
        return None if self.closest is None else f"did you mean `{self.closest}`?"

    @property
    def edits(self) -> tuple[Edit, ...]:
        # Only where the span is that of the name alone can the name be replaced.
        exact = self.span.end - self.span.start == len(self.name)
        return (Edit(self.span, self.closest),) if exact and self.closest is not None else ()


@dataclass(frozen=True, kw_only=True)
class UnknownName(Misnamed):
    """A name that stands for nothing here.

    Inside `for Truck` names are the fields of Truck, the signals and patterns `for Truck`, and `id`; inside `by fleet`
    they are `fleet` and the signals `by fleet`; a `let` is known everywhere.

        rule empty for Truck { when feul < 10 %  do { … } }      # `feul`
        rule empty for Truck { when fuel < 10 %  do { … } }      # a field of Truck
    """

    code = "HG0201"
    place: str
    advice: str | None = None
    known: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"nothing is called `{self.name}` {self.place}"

    @property
    def label(self) -> str:
        return "not known here"

    @property
    def help(self) -> str | None:
        if self.advice is not None:
            return self.advice
        if super().help is not None or not self.known:
            return super().help
        return f"there {'is' if len(self.known) == 1 else 'are'} {', '.join(f'`{name}`' for name in self.known)}"


@dataclass(frozen=True, kw_only=True)
class UnknownDevice(Misnamed):
    """A device type that no `device` block declares.

    signal hot for Truk = temp > 90 degC      # `Truk`
    signal hot for Truck = temp > 90 degC     # with `device Truck { … }` in the program
    """

    code = "HG0202"

    @property
    def title(self) -> str:
        return f"no device type is called `{self.name}`"

    @property
    def help(self) -> str | None:
        return super().help or f"declare it: `device {self.name} {{ … }}`"


@dataclass(frozen=True, kw_only=True)
class UnknownField(Misnamed):
    """A member that the device type, or the event that a pattern bound, does not have.

    signal heavy by fleet = max(Truck.laod)     # Truck has no `laod`
    signal heavy by fleet = max(Truck.load)
    """

    code = "HG0203"
    device: str
    what: str = "property, telemetry or signal"

    @property
    def title(self) -> str:
        return f"`{self.device}` has no {self.what} `{self.name}`"

    @property
    def label(self) -> str:
        return f"not a member of `{self.device}`"


@dataclass(frozen=True, kw_only=True)
class Duplicate(Diagnostic):
    """Two things of one kind with the same name, so that the name would mean both.

    Devices, tables, signals, patterns and lets share one set of names; the members of a device, the columns of a table,
    the rules, the procedures, the sources, the targets, the mappings of a source, the parameters of a command, the
    variables of a twin, and the steps of a pattern or procedure each have their own. Tests and tables of cases are told
    apart by their titles; a device type has one twin.

        signal pace for Truck = mean(velocity over 10 min every 10 min)
        signal pace for Truck = velocity          # give it another name
    """

    code = "HG0204"
    what: str
    name: str
    first: Span

    @property
    def title(self) -> str:
        return f"the {self.what} `{self.name}` is declared twice"

    @property
    def label(self) -> str:
        return "declared again here"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.first, "first declared here"),)

    @property
    def help(self) -> str | None:
        return "remove one of them, or give it another name"


@dataclass(frozen=True, kw_only=True)
class HidesField(Diagnostic):
    """A let, parameter, signal or step with the name of a field, which could then not be reached any more.

    let fuel = 10 %                            # Truck has a field `fuel`
    let fuel_low = 10 %
    """

    code = "HG0205"
    what: str
    name: str
    device: str
    hidden: Span

    @property
    def title(self) -> str:
        return f"the {self.what} `{self.name}` hides the field `{self.name}` of `{self.device}`"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.hidden, "the field"),)

    @property
    def help(self) -> str | None:
        return f"give the {self.what} another name"


@dataclass(frozen=True, kw_only=True)
class UnknownFunction(Misnamed):
    """A function that the language does not have.

    signal pace for Truck = avg(velocity over 10 min every 10 min)
    signal pace for Truck = mean(velocity over 10 min every 10 min)
    """

    code = "HG0206"

    @property
    def title(self) -> str:
        return f"there is no function `{self.name}`"


@dataclass(frozen=True, kw_only=True)
class NotImported(Diagnostic):
    """A function of a library module that this program does not import.

        import std.geo (circle)
        rule left for Truck { when inside(position, yard) becomes false  do { … } }

    Say where it comes from: `import std.geo (circle, inside)`.
    """

    code = "HG0207"
    name: str
    module: str
    at: Span | None = None

    @property
    def title(self) -> str:
        return f"`{self.name}` is not imported"

    @property
    def help(self) -> str | None:
        return f"add `import {self.module} ({self.name})`"

    @property
    def edits(self) -> tuple[Edit, ...]:
        return () if self.at is None else (Edit(self.at, f"\n\nimport {self.module} ({self.name})", "certain"),)


@dataclass(frozen=True, kw_only=True)
class UnknownModule(Misnamed):
    """An import from a module that the standard library does not have.

    import std.geometry (inside)
    import std.geo (inside)
    """

    code = "HG0208"

    @property
    def title(self) -> str:
        return f"there is no module `{self.name}`"


@dataclass(frozen=True, kw_only=True)
class UnknownImport(Misnamed):
    """An import of something that the module does not hold.

    import std.geo (circel)
    import std.geo (circle)
    """

    code = "HG0209"
    module: str
    known: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"`{self.module}` has no `{self.name}`"

    @property
    def help(self) -> str | None:
        if self.closest is not None or not self.known:
            return super().help
        shown = ", ".join(f"`{name}`" for name in self.known[:8])
        return f"it has {shown}{', …' if len(self.known) > 8 else ''}"


@dataclass(frozen=True, kw_only=True)
class SignalCycle(Diagnostic):
    """Signals or constants that need each other's values, so that none of them could ever be computed.

        signal a for Truck = b + 1
        signal b for Truck = a + 1

    A value that depends on its own past is a window over what was measured, not over itself.
    """

    code = "HG0210"
    cycle: tuple[str, ...]
    spans: tuple[Span, ...] = ()

    @property
    def title(self) -> str:
        ring = " needs ".join(f"`{name}`" for name in (*self.cycle, self.cycle[0]))
        return f"a value cannot depend on itself: {ring}"

    @property
    def label(self) -> str:
        return f"needs `{self.cycle[1 % len(self.cycle)]}`"

    @property
    def others(self) -> tuple[Label, ...]:
        ring = (*self.cycle[1:], self.cycle[0])
        return tuple(
            Label(span, f"needs `{after}`") for span, after in zip(self.spans, (*ring[1:], ring[0]), strict=False)
        )


@dataclass(frozen=True, kw_only=True)
class UnknownCommand(Misnamed):
    """A command that the device type does not declare.

        rule low for Truck { when fuel < 10 %  do { send notify(text: "refuel") } }

    Declare it in the device (`command notify(text: text) { ack within 30 s }`), or send one that is declared.
    """

    code = "HG0211"
    device: str

    @property
    def title(self) -> str:
        return f"`{self.device}` has no command `{self.name}`"


@dataclass(frozen=True, kw_only=True)
class UnknownParameter(Misnamed):
    """An argument that the command (or function) has no parameter for.

    command message(text: text)
    send message(txt: "refuel")       # `text:`
    """

    code = "HG0212"
    of: str
    parameters: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"`{self.of}` has no parameter `{self.name}`"

    @property
    def help(self) -> str | None:
        if self.closest is not None:
            return super().help
        known = ", ".join(f"`{name}`" for name in self.parameters)
        return f"its parameters are {known}" if known else "it has no parameters"


@dataclass(frozen=True, kw_only=True)
class MissingParameter(Diagnostic):
    """A command sent without one of its parameters, where the declaration gives no default.

    command cool(level: int in 0..5)
    send cool()                       # send cool(level: 3), or declare `level: int in 0..5 = 1`
    """

    code = "HG0213"
    command: str
    name: str
    declared: Span

    @property
    def title(self) -> str:
        return f"`{self.command}` needs `{self.name}`"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared here, without a default"),)

    @property
    def help(self) -> str | None:
        return f"write `{self.command}({self.name}: …)`"


@dataclass(frozen=True, kw_only=True)
class UnknownType(Misnamed):
    """A type that is neither one of the language's nor a unit.

        telemetry temp: celsius
        telemetry temp: degC

    Types are `bool`, `int`, `float`, `text`, `enum { … }`, `duration`, `time`, `Point`, and units (`km/h`, `percent`).
    """

    code = "HG0214"

    @property
    def title(self) -> str:
        return f"`{self.name}` is neither a type nor a unit"

    @property
    def help(self) -> str | None:
        return (
            super().help
            or "types are `bool`, `int`, `float`, `text`, `time`, `duration`, `Point`, an `enum`, and units"
        )


@dataclass(frozen=True, kw_only=True)
class UnknownRule(Misnamed):
    """A rule that is named and not there: by a table or a test, or behind `inhibited by`.

    table "fuel levels" for low_feul of Truck (fuel -> raised) { … }
    table "fuel levels" for low_fuel of Truck (fuel -> raised) { … }
    """

    code = "HG0215"

    @property
    def title(self) -> str:
        return f"no rule is called `{self.name}`"


@dataclass(frozen=True, kw_only=True)
class NoMembers(Diagnostic):
    """A dot after something that has no parts.

        rule hot for Engine { when temp.value > 90 degC  do { … } }
        rule hot for Engine { when temp > 90 degC  do { … } }

    What has parts: a device type (`Truck.load`, inside an aggregate), a step of the pattern (`opened.temp`,
    `opened.time`), and `last(x).time`.
    """

    code = "HG0216"
    member: str
    of: str

    @property
    def title(self) -> str:
        return f"{self.of} has no part `{self.member}`"

    @property
    def help(self) -> str | None:
        return "a dot follows a device type, a step of the pattern, or `last(…)`"


@dataclass(frozen=True, kw_only=True)
class Unnamed(Diagnostic):
    """A name that stands for something without a value of its own.

    signal all_trucks by fleet = Truck          # a device type is not a value
    signal all_trucks by fleet = count(Truck)
    """

    code = "HG0217"
    name: str
    what: str
    advice: str

    @property
    def title(self) -> str:
        return f"`{self.name}` is {self.what}, not a value"

    @property
    def help(self) -> str | None:
        return self.advice


@dataclass(frozen=True, kw_only=True)
class ReservedMember(Diagnostic):
    """A field, event or relationship called `id` or `time`: every device has an id and every message a time already.

    property id: text
    property serial: text
    """

    code = "HG0218"
    name: str
    what: str = "field"

    @property
    def title(self) -> str:
        return f"{'an' if self.what == 'event' else 'a'} {self.what} cannot be called `{self.name}`"

    @property
    def help(self) -> str | None:
        what = "the id of every device" if self.name == "id" else "the time of every message"
        return f"`{self.name}` is {what} already; give the {self.what} another name"
