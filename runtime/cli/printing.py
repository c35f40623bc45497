"""Outputs and the summary of a run as people read them."""

from collections.abc import Iterable, Iterator, Mapping

from ...compiler import plan as p
from ...stdlib.conversion import write_time
from ..output import Alerted, Emitted, Life, Matched, Output, OutputValue, Sent, Set, Signalled, Started
from ..quarantine import Quarantine
from ..text import write_value

_RESET = "\x1b[0m"
_BY_SEVERITY = {
    "critical": "\x1b[1;31m",
    "major": "\x1b[31m",
    "error": "\x1b[31m",
    "warning": "\x1b[33m",
    "info": "\x1b[36m",
}
_ALERT = "\x1b[35m"


class Printer:
    """Writes an output as one line; steps in a rule's life only where nothing else shows them."""

    def __init__(self, plan: p.Plan, colour: bool) -> None:
        self._colour = colour
        self._units = {node.operator.name: node.type for node in plan.nodes if isinstance(node.operator, p.Output)}
        self._holes = _holes(plan)

    def lines(self, outputs: Iterable[Output]) -> Iterator[str]:
        """The lines of outputs, without their ends."""
        for output in outputs:
            text = self._text(output)
            if text is not None:
                yield f"{write_time(output.time)}  {text}"

    def _text(self, output: Output) -> str | None:
        match output:
            case Alerted():
                severity = "alert" if output.severity is None else output.severity
                text = f"{severity:<9} {_of(output.rule, output.key)}: {_printable(output.message)}"
                return f"{_BY_SEVERITY.get(severity, _ALERT)}{text}{_RESET}" if self._colour else text
            case Sent():
                arguments = self._arguments("send", output.rule, output.command, output.arguments)
                return f"send      {_of(output.rule, output.key)}: {output.command}({arguments})"
            case Set():
                shown = self._arguments("set", output.rule, output.property, {output.property: output.value})
                return f"set       {_of(output.rule, output.key)}: {shown.replace(': ', ' = ', 1)}"
            case Started():
                arguments = self._arguments("run", output.rule, output.procedure, output.arguments)
                return f"run       {_of(output.rule, output.key)}: {output.procedure}({arguments})"
            case Emitted():
                arguments = self._arguments("emit", output.rule, output.name, output.arguments)
                return f"emit      {_of(output.rule, output.key)}: {output.name}({arguments})"
            case Signalled(name=name) if " " in name:
                return None  # A procedure waits for it; what it is for is not done here.
            case Signalled():
                type_ = self._units[output.name]
                value = output.value if type_.name != "time" or output.value is None else str(output.value)
                name = "text" if type_.name == "time" else type_.name
                revised = f" (revision {output.revision})" if output.revision else ""
                shown = _printable(write_value(value, name, type_.unit))
                return f"signal    {_of(output.name, output.key)} = {shown}{revised}"
            case Matched():
                return f"match     {_of(output.name, output.key)}"
            case Life(what="raised", rule=rule) if rule.startswith(_PROPERTIES):
                return f"violated  {_of(rule, output.key)}"
            case Life(what="raised" | "repeated"):
                return None  # What the rule does says so.
            case Life():
                return f"{output.what:<9} {_of(output.rule, output.key)}"

    def _arguments(self, kind: str, rule: str, name: str, arguments: Mapping[str, OutputValue]) -> str:
        """Named values, numbers with the units that the rule gives them."""
        holes = self._holes.get((kind, rule, name), {})
        return ", ".join(f"{name}: {_argument(value, holes.get(name))}" for name, value in arguments.items())


_PROPERTIES = ('never "', 'always "')
"""How the names of properties begin: rules that do nothing."""


def _of(name: str, key: tuple[str, ...]) -> str:
    return f"{name}[{_printable(', '.join(key))}]" if key else name


def _holes(plan: p.Plan) -> dict[tuple[str, str, str], dict[str, p.Hole | None]]:
    """How the arguments of what a rule emits or sends are written; None where two such actions give them different
    units, because an output does not say of which of them it is."""
    found: dict[tuple[str, str, str], dict[str, p.Hole | None]] = {}
    for node in plan.nodes:
        action = node.operator
        if not isinstance(action, p.Action) or action.name is None:
            continue
        of_name = found.setdefault((action.kind, action.rule, action.name), {})
        for argument in action.arguments:
            hole = argument.parts[0] if not argument.text and isinstance(argument.parts[0], p.Hole) else None
            known = of_name.setdefault(argument.name, hole)
            if known is not None and (hole is None or (known.type, known.unit) != (hole.type, hole.unit)):
                of_name[argument.name] = None
    return found


def _argument(value: OutputValue, hole: p.Hole | None) -> str:
    if isinstance(value, str):  # A time, too: outputs carry it as text.
        shown = _printable(value)
        return shown if hole is not None and hole.type == "time" else f'"{shown}"'
    return write_value(value, "float", None if hole is None else hole.unit)


def _printable(text: str) -> str:
    """Without what could command a terminal: texts come from foreign messages."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


# --- The summary -----------------------------------------------------------------------------------------------------


def quarantined(quarantine: Quarantine) -> Iterator[str]:
    """A line for each reason, with the first message that has it."""
    for reason, number in quarantine.counters.quarantined.most_common():
        yield f"  {reason:<17} {number:>11,}   {_first(quarantine, reason)}"


def besides(quarantine: Quarantine) -> Iterator[str]:
    """What else became of messages, where there are such: a line for each."""
    counters = quarantine.counters
    if counters.duplicate:
        yield f"{'duplicate':<17} {counters.duplicate:>11,}"
    if counters.shed:
        yield f"{'shed':<17} {counters.shed.total():>11,}"
        for reason, number in counters.shed.most_common():
            yield f"  {reason:<17} {number:>11,}"
    if counters.clamped:
        yield f"{'clamped':<17} {counters.clamped:>11,}   {_first(quarantine, 'clamped')}"


def _first(quarantine: Quarantine, reason: str) -> str:
    first = quarantine.first[reason]  # type: ignore[index]
    where = f"`{first.field}`, " if first.field is not None else ""
    return f"first: {where}{first.input}:{first.line}"
