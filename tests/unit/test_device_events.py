"""Events that devices tell, versions, and what there is only since one."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.source import SourceText
from headgate.runtime.output import Alerted, Signalled
from headgate.runtime.testing.executors import Executor, Input, Message, S, compile_program, on_engine, on_reference
from headgate.stdlib.function import Value
from headgate.stdlib.versions import version_parts

BEGIN = 1_700_000_000 * S

PROGRAM = """module pumps
device Pump {
    property  firmware: version
    telemetry flow: m3/h
    telemetry bearing: mm/s since firmware 2.1
    event     fault(code: int in 0..99)
    event     worn() since firmware 2.1
    lateness 5 s
}
"""
SOURCE = """source messages: json for Pump {
    id = pump  time = ts in s
    fault = event(code: error)
    worn  = kind == "worn"
    keep firmware, flow
}
"""

RUNS = pytest.mark.parametrize(
    "run", [on_engine, lambda plan, inputs: on_engine(plan, inputs, sizes=(1,)), on_reference]
)


def pump(second: int, **fields: Value) -> Message:
    return Message("Pump", "p", BEGIN + second * S, {name.replace("__", "."): value for name, value in fields.items()})


def alerts(run: Executor, rule: str, inputs: list[Input]) -> list[tuple[int, str]]:
    outputs = run(compile_program(f"{PROGRAM}{rule}\n"), inputs).outputs
    return [((o.time - BEGIN) // S, o.message) for o in outputs if isinstance(o, Alerted)]


@RUNS
def test_an_event_happens_at_its_message_and_has_its_values_there(run: Executor) -> None:
    rule = 'rule it for Pump { when fault and fault.code > 2 do { alert "{fault.code}" } }'
    inputs: list[Input] = [
        pump(0, fault=True, fault__code=1), pump(1, flow=3.0), pump(2, fault=True, fault__code=7),
        pump(3, fault=False, fault__code=9), pump(4, fault=True),
    ]  # fmt: skip
    assert alerts(run, rule, inputs) == [(2, "7")]


@RUNS
def test_a_straggler_tells_its_event_in_its_place(run: Executor) -> None:
    rule = 'rule it for Pump { when (fault as f then flow > 5 m3/h within 1 min) do { alert "{f.code}" } }'
    inputs: list[Input] = [pump(0, flow=1.0), pump(3, flow=9.0), pump(1, fault=True, fault__code=4), pump(20, flow=1.0)]
    assert alerts(run, rule, inputs) == [(3, "4")]


@RUNS
def test_what_there_is_since_a_version_is_absent_below_it(run: Executor) -> None:
    plan = compile_program(f"{PROGRAM}signal it for Pump = bearing\n")
    versions = [None, "2.0.9", "2.1", "2.1.0", "2.10", "1.9"]
    inputs: list[Input] = [
        pump(i, bearing=float(i), **({} if version is None else {"firmware": version}))
        for i, version in enumerate(versions)
    ]
    found = [
        (o.time - BEGIN) // S for o in run(plan, inputs).outputs if isinstance(o, Signalled) and o.value is not None
    ]
    assert found == [2, 3, 4]
    rule = 'rule it for Pump { when worn do { alert "{firmware}" } }'
    told = [*inputs, pump(6, worn=True), pump(7, firmware="2.2", worn=True)]
    assert alerts(run, rule, told) == [(7, "2.2")]


@pytest.mark.parametrize(
    ("mapping", "codes"),
    [
        ("fault = event(code: error)", []),
        ('worn = kind == "worn"', []),
        ("fault = event()", ["HG0306"]),
        ("fault = event(error)", ["HG0306"]),
        ("fault = event(cod: error)", ["HG0306"]),
        ("fault = 3", ["HG0302"]),
        ("fautl = event(code: error)", ["HG0203"]),
    ],
)
def test_a_source_says_when_an_event_happens_and_with_which_values(mapping: str, codes: list[str]) -> None:
    source = f"source messages: json for Pump {{ id = pump  time = ts in s  {mapping} }}\n"
    compiled = compile_text(SourceText("pumps.iot", PROGRAM + source))
    assert [problem.code for problem in compiled.problems if problem.severity == "error"] == codes


def test_versions_are_compared_part_by_part() -> None:
    assert version_parts("2.10") == (2, 10)
    assert version_parts("2.1.0") == version_parts("2.1")
    assert (version_parts("2.9") or ()) < (version_parts("2.10") or ())
    assert version_parts("2.x") is None
