"""Programs of as many rules as asked for, whose names and constants all differ: what compiling is measured on.

>>> print(SHAPES["windows"](1))   # a device type, and one rule over a window
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

WORDS = ("motor", "condenser", "coil", "defrost", "ambient", "supply", "intake", "suction", "discharge", "oil")
FIELDS = ("temp", "pressure", "flow", "power", "vibration", "level")
UNITS = ("degC", "bar", "m3/h", "kW", "mm/s", "percent")
KINDS = ("Fridge", "Pump", "Boiler", "Chiller", "Fan", "Mixer", "Press", "Dryer", "Robot", "Tank")


def _device(name: str) -> str:
    telemetry = "\n".join(f"    telemetry {f}: {u} every 10 s" for f, u in zip(FIELDS, UNITS, strict=True))
    return f"""device {name} max 10000 {{
    property  site: text
    property  setpoint: degC
{telemetry}
    telemetry door: bool
    telemetry mode: enum {{ off, idle, on }}
    command   stop(reason: text) {{ idempotent  ack within 10 s }}
    lateness  30 s
}}

source from_{name}: json for {name} where kind == "{name}" {{
    id   = d
    time = ts in ms
    keep site, setpoint, {", ".join(FIELDS)}, door, mode
}}
"""


def _threshold(n: int, device: str) -> str:
    field, unit = FIELDS[n % 6], UNITS[n % 6]
    return f"""rule {WORDS[n % 10]}_limit_{n} for {device} {{
    when  {field} > {20 + n}.5 {unit} for {n % 50 + 1} min
    until {field} < {15 + n}.25 {unit}
    severity warning
    do {{ alert "{{id}} at {{site}}: {field} is {{{field}}}, limit {n} is passed" }}
}}
"""


def _window(n: int, device: str) -> str:
    field, unit = FIELDS[n % 6], UNITS[n % 6]
    aggregate = ("mean", "max", "min", "last")[n % 4]
    minutes = n % 30 + 1
    return f"""rule {WORDS[n % 10]}_trend_{n} for {device} {{
    when  {aggregate}({field} over {3 * minutes} min every {minutes} min) > {20 + n}.5 {unit}
    until {aggregate}({field} over {3 * minutes} min every {minutes} min) < {15 + n}.25 {unit}
    cooldown {n % 50 + 1} min
    do {{ alert "{{id}}: {field} was high for {minutes} min, case {n}" }}
}}
"""


def _pattern(n: int, device: str) -> str:
    field, unit = FIELDS[n % 6], UNITS[n % 6]
    step = "K" if unit == "degC" else unit
    return f"""rule {WORDS[n % 10]}_course_{n} for {device} {{
    when (door becomes true as opened
          then {field} > opened.{field} + {n + 1}.5 {step}
          unless door becomes false
          within {n % 50 + 1} min)
    do {{ alert "{{id}}: {field} rose from {{opened.{field}}} to {{{field}}}, case {n}" }}
}}
"""


def _group(n: int, device: str) -> str:
    field, unit = FIELDS[n % 6], UNITS[n % 6]
    return f"""signal {WORDS[n % 10]}_hot_{n} by site = count({device} where {field} > {20 + n}.5 {unit})

rule {WORDS[n % 10]}_site_{n} by site {{
    when  {WORDS[n % 10]}_hot_{n} > {n % 20 + 1} for {n % 50 + 1} min
    do {{ alert "{{site}}: {{{WORDS[n % 10]}_hot_{n}}} devices are above limit {n}" }}
}}
"""


def _signal(n: int, device: str) -> str:
    field, unit = FIELDS[n % 6], UNITS[n % 6]
    return f"""let {WORDS[n % 10]}_most_{n} = {20 + n}.5 {unit}
signal {WORDS[n % 10]}_load_{n} for {device} = mean({field} over {n % 30 + 1} min every 1 min)

rule {WORDS[n % 10]}_loaded_{n} for {device} {{
    when  {WORDS[n % 10]}_load_{n} > {WORDS[n % 10]}_most_{n} and door and not (mode == "off" or {field} is stale)
    severity critical
    do {{
        alert "{{id}}: {{{WORDS[n % 10]}_load_{n}}} on average"
        if power > {n + 1} kW {{ send stop(reason: "{field} of {{{field}}} since case {n}") }}
    }}
}}
"""


def _silence(n: int, device: str) -> str:
    return f"""rule {WORDS[n % 10]}_silent_{n} for {device} {{
    when  no {FIELDS[n % 6]} for {n + 5} min
    repeat every {n % 50 + 1} h
    do {{ alert "nothing from {{id}} for {n + 5} min" }}
}}
"""


_MIX = (_threshold, _window, _threshold, _pattern, _threshold, _signal, _threshold, _group, _window, _silence)
_RULES = MappingProxyType({"thresholds": _threshold, "windows": _window, "patterns": _pattern, "groups": _group})


def _of_one_device(rule: Callable[[int, str], str]) -> Callable[[int], str]:
    return lambda count: "\n".join(["module many\n", _device("Fridge"), *(rule(n, "Fridge") for n in range(count))])


def _mix(count: int) -> str:
    """Rules of all kinds for ten device types."""
    rules = (_MIX[n % 10](n, KINDS[n // 10 % 10]) for n in range(count))
    return "\n".join(["module many\n", *map(_device, KINDS), *rules])


SHAPES: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {**{name: _of_one_device(rule) for name, rule in _RULES.items()}, "mix": _mix}
)
"""What makes a program with so many rules, by the kind of its rules."""


def with_one_edited(text: str) -> str:
    """The same program, in which a rule in the middle has another constant."""
    place = text.index(".5 ", len(text) // 2)
    return f"{text[:place]}.75 {text[place + 3 :]}"
