"""Short texts in documents: what the language has a text for can be written as that text instead of as an object.

>>> SHORT["Domain"].read("for Fridge")
ForDevice(device='Fridge')

Each kind of short text is read as part of a small program around it, by the parser itself.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import nodes
from .parse import parse
from .source import SourceText
from .strings import encode
from .unparse_expressions import argument_list, bounds, domain, expression, template, type_name, window
from .unparse_patterns import pattern_text
from .unparse_tests import instances, setting_text, setting_value_text, whom

_WHAT = "§"
"""Where in the program around it the text stands."""


class NotShort(Exception):
    """A text that is not what it should be a short text of."""


@dataclass(frozen=True)
class Short:
    """One kind of short text: what it says, the program it is read in, and where in that it is found.

    `write` is None for what is always written as an object, though it may be read as a text.
    """

    about: str
    example: str
    around: str
    find: Callable[[Any], Any]
    write: Callable[[Any], str] | None = None
    numbers: bool = False
    quoted: bool = False

    def read(self, text: str) -> Any:
        """The node that the text says."""
        inside = encode(text) if self.quoted else text
        before, _, after = self.around.partition(_WHAT)
        source = SourceText("", f"module document\n{before}{inside}{after}\n")
        program, problems = parse(source)
        for problem in problems:
            raise NotShort(f"{problem.title}, in `{text}`" + (f" ({problem.help})" if problem.help else ""))
        try:
            (item,) = program.imports or program.items
            return self.find(item)
        except (ValueError, AttributeError):
            raise NotShort(f"`{text}` is not {self.about}") from None


def read_number(value: bool | int | float) -> str:
    """The text of a number or truth value of a document, as the language writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        raise NotShort(f"{value} is not a number")
    return repr(value)


def short_expression(value: nodes.Expr) -> str:
    """The text of an expression."""
    return template(value) if isinstance(value, nodes.Template) else expression(value)


# --- Where in the program around it a text is found ------------------------------------------------------------------


def _only(things: Any) -> Any:
    (thing,) = things
    return thing


def _only_clause(rule: nodes.Rule) -> tuple[nodes.Action, ...]:
    """The actions of a rule that says nothing else, so that no text closes the block it stands in."""
    if rule != nodes.Rule("r", None, nodes.Bool(True), do=rule.do):
        raise ValueError
    return rule.do


def _only_step(procedure: nodes.Procedure) -> nodes.ProcedureStep:
    if procedure != nodes.Procedure("p", None, procedure.parts):
        raise ValueError
    step = _only(procedure.parts)
    assert isinstance(step, nodes.ProcedureStep | nodes.Loop)
    if isinstance(step, nodes.Loop):
        raise ValueError
    return step


def _only_argument(value: nodes.Expr) -> nodes.Argument:
    if not isinstance(value, nodes.Call) or value.function != "f":
        raise ValueError
    argument = _only(value.arguments)
    assert isinstance(argument, nodes.Argument)
    return argument


def _template_text(message: nodes.Template) -> str:
    """What stands between the quotes of a message, before quotes and backslashes are escaped."""
    parts = (
        part.replace("{", "{{").replace("}", "}}") if isinstance(part, str) else f"{{{expression(part)}}}"
        for part in message.parts
    )
    return "".join(parts)


def _device(member: str) -> str:
    return f"device D {{ {member}\n}}"


def _rule(clause: str) -> str:
    return f"rule r {{ when true\n{clause}\n}}"


_EXPRESSION = Short(
    "an expression",
    "temp > 8 degC for 2 min",
    f"let x = {_WHAT}",
    lambda item: item.value if isinstance(item, nodes.Let) else _only(()),
    short_expression,
    numbers=True,
)

SHORT: dict[str, Short] = {
    "Expr": _EXPRESSION,
    "When": Short(
        "a condition, or a pattern in parentheses",
        "(door becomes true then temp > 8 degC within 5 min)",
        f"rule r {{ when {_WHAT}\n}}",
        lambda rule: rule.when if rule == nodes.Rule("r", None, rule.when) else _only(()),
        lambda when: f"({pattern_text(when)})" if isinstance(when, nodes.Pattern) else expression(when),
        numbers=True,
    ),
    "SettingValue": Short(
        "a value, or a ramp",
        "ramp 4 degC to 8 degC",
        f'test "t" {{ given D d {{ v {_WHAT}\n}} }}',
        lambda test: _only(_only(test.stimuli).settings).value,
        setting_value_text,
        numbers=True,
    ),
    "Pattern": Short(
        "a pattern",
        "door becomes true then temp > 8 degC within 5 min",
        f"pattern p = {_WHAT}",
        lambda item: item.pattern,
        pattern_text,
    ),
    "Domain": Short(
        "a domain",
        "for Fridge",
        f"signal s {_WHAT} = 1",
        lambda signal: signal.domain if signal.value == nodes.Number("1") else _only(()),
        lambda value: domain(value).strip(),
    ),
    "TypeName": Short(
        "a type",
        "degC",
        _device(f"property p: {_WHAT}"),
        lambda device: _bare(_only(device.members)).type,
        type_name,
    ),
    "Bounds": Short(
        "bounds",
        "0 degC..8 degC",
        _device(f"property p: float in {_WHAT}"),
        lambda device: _bare(_only(device.members)).bounds,
        lambda value: bounds(value).removeprefix(" in "),
    ),
    "Window": Short(
        "a window",
        "over 10 min every 1 min",
        f"let x = f(v {_WHAT}\n)",
        lambda item: _only_argument(item.value).window,
        window,
    ),
    "Argument": Short(
        "an argument",
        "level: 4",
        f"let x = f({_WHAT}\n)",
        lambda item: _only_argument(item.value),
    ),
    "Template": Short(
        "a message",
        "{id} is at {temp}",
        _rule(f'do {{ alert "{_WHAT}" }}'),
        lambda rule: _only(_only_clause(rule)).message,
        _template_text,
        quoted=True,
    ),
    "Call": Short(
        "a call",
        "cool(level: 1)",
        f"let x = {_WHAT}",
        lambda item: item.value if isinstance(item.value, nodes.Call) else _only(()),
        lambda call: f"{call.function}({argument_list(call.arguments)})",
    ),
    "Action": Short(
        "an action",
        "send siren(on: true)",
        _rule(f"do {{ {_WHAT}\n}}"),
        lambda rule: _only(_only_clause(rule)),
    ),
    "StepPart": Short(
        "an action, or what a step requires",
        "require 95 % within 3 s",
        f"procedure p() {{ step s {{ {_WHAT}\n}} }}",
        lambda procedure: _only(_only_step(procedure).parts),
    ),
    "DeviceMember": Short(
        "a member of a device",
        "telemetry temp: degC every 10 s",
        _device(_WHAT),
        lambda device: _only(device.members) if device == nodes.Device("D", device.members) else _only(()),
    ),
    "Parameter": Short(
        "a parameter",
        "level: int in 0..5 = 1",
        f"procedure p({_WHAT}\n) {{ }}",
        lambda procedure: _only(procedure.parameters),
    ),
    "Since": Short(
        "a property and a version",
        "firmware 2.1",
        _device(f"event e() since {_WHAT}"),
        lambda device: _only(device.members).since,
        lambda since: f"{since.property} {since.version.text}",
    ),
    "Mapping": Short(
        "a mapping",
        "fuel = fuel_state in ratio",
        f"source s: json for D {{\n{_WHAT}\n}}",
        lambda source: _only(source.mappings),
    ),
    "Import": Short(
        "an import",
        "std.geo (circle, inside)",
        f"import {_WHAT}",
        lambda line: line if isinstance(line, nodes.Import) else _only(()),
        lambda line: f"{line.module} ({', '.join(line.names)})" if line.names else line.module,
    ),
    "Budget": Short(
        "a budget",
        "memory 256 MB",
        f"target t: edge {{ {_WHAT}\n}}",
        lambda target: _only(target.budgets),
    ),
    "Instances": Short(
        "devices of a test",
        "p[1..40]",
        f'test "t" {{ given D {_WHAT} {{ }} }}',
        lambda test: _only(test.stimuli).instances,
        instances,
    ),
    "Setting": Short(
        "a setting",
        "temp 4 degC",
        f'test "t" {{ given D d {{ {_WHAT}\n}} }}',
        lambda test: _only(_only(test.stimuli).settings),
        setting_text,
    ),
    "Whom": Short(
        "devices of a test, or the key of a group in quotes",
        "f1",
        f'test "t" {{ expect rule r for {_WHAT}\n}}',
        lambda test: _only(test.expectations).what.whom,
        whom,
    ),
    "Stimulus": Short(
        "an input of a test",
        "at 3 min f1 door true",
        f'test "t" {{ {_WHAT}\n}}',
        lambda test: _only(test.stimuli),
    ),
    "Expect": Short(
        "what a test expects",
        "expect rule too_warm for f1 raised once",
        f'test "t" {{ {_WHAT}\n}}',
        lambda test: _only(test.expectations),
    ),
    "Item": Short(
        "an item",
        "let limit = 8 degC",
        _WHAT,
        lambda item: item if not isinstance(item, nodes.Import) else _only(()),
    ),
}
"""The kinds of short text, by the name of the class or union of classes they stand for."""


def _bare(member: nodes.DeviceMember) -> Any:
    """A property that says nothing but its type and its bounds."""
    if isinstance(member, nodes.Property) and member == nodes.Property("p", member.type, member.bounds):
        return member
    raise ValueError
