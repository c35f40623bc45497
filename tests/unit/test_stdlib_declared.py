"""Functions that are declared and checked: their examples are accepted, their words and bounds are there."""

import pytest

from headgate.compiler.check_functions import parameters
from headgate.compiler.front import check_program
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText
from headgate.stdlib.catalogue import AGGREGATES, MODULES, SCALARS, STATEFUL, aggregate_named, function_names
from headgate.stdlib.function import AggregateFunction, Stateful

DECLARED: list[AggregateFunction | Stateful] = [
    *(function for function in AGGREGATES.values() if function.examples),
    *STATEFUL.values(),
]
EXAMPLES = [(function.name, example) for function in DECLARED for example in function.examples]

PROGRAM = """module example
{imports}
device Fridge max 100 {{
    property  line: text
    telemetry temp: degC every 1 s
    telemetry cell_temp: degC every 1 s
    telemetry motor_temp: degC every 1 s
    telemetry vibration: mm/s every 1 s
    telemetry flow: m3/h every 1 s
    telemetry level: cm every 1 s
    telemetry power: W every 1 s
    telemetry frequency: Hz every 1 s
    telemetry resistance: mohm every 1 s
    telemetry line_flow: m3/h every 1 s
    telemetry driver: text
    telemetry error: text
    telemetry gear: int
    telemetry status: int
    telemetry volume: m3
    telemetry velocity: km/h
    telemetry pressure: bar
    telemetry load: kg
    telemetry fuel: percent
    telemetry energy: kWh
    telemetry door: bool every 1 s
    telemetry driving: bool every 1 s
}}
device Truck max 9 {{ telemetry driver: text }}
device Pump max 9 {{ telemetry flow: m3/h }}
device Valve max 9 {{ telemetry position: percent }}
twin Fridge {{
    state     charge: ratio in 0..1 = 50 %
    dynamics {{ d(temp) = (22 degC - temp) / 45 min  d(charge) = 1 % / 1 h }}
}}
signal it {domain}= {example}
"""


def program_of(example: str) -> str:
    group = any(f"({device}" in example for device in ("Fridge", "Truck", "Pump", "Valve"))
    needed = [(m, name) for m, names in MODULES.items() for name in sorted(names) if example.startswith(f"{name}(")]
    imports = "\n".join(f"import {module} ({name})" for module, name in needed)
    return PROGRAM.format(imports=imports, domain="" if group else "for Fridge ", example=example)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_example_is_accepted(name: str, example: str) -> None:
    program, unread = parse(SourceText("example.iot", program_of(example)))
    _, problems = check_program(program)
    assert [problem.title for problem in (*unread, *problems) if problem.severity == "error"] == []
    assert name in example


@pytest.mark.parametrize("function", DECLARED, ids=lambda function: function.name)
def test_every_function_says_what_it_means_and_what_it_keeps(function: AggregateFunction | Stateful) -> None:
    assert function.doc.endswith(".")
    assert function.parts if isinstance(function, AggregateFunction) else function.state
    assert function.examples


def test_a_function_has_one_place() -> None:
    tables = (SCALARS, STATEFUL, AGGREGATES)
    names = [name for table in tables for name in table]
    twice = {name for name in names if names.count(name) > 1}
    # `min` and `max` of several numbers are functions, those of samples aggregates.
    assert twice == {"min", "max"}


def test_what_the_compiler_makes_cannot_be_called() -> None:
    assert aggregate_named("count_true") is None
    assert aggregate_named("p50") is AGGREGATES["p50"]
    assert "count_true" not in function_names()
    assert "p95" in function_names()
    assert "p37" not in function_names()


@pytest.mark.parametrize("function", STATEFUL.values(), ids=lambda function: function.name)
def test_only_the_first_parameter_changes(function: Stateful) -> None:
    first, *others = parameters(function.signature.split(" -> ")[0])
    assert first.kind in ("number", "bool")
    assert not first.named
    assert all(other.kind not in ("number", "bool") for other in others)
