"""Detectors and filters do in the engine what the library defines, in any batches and for stragglers in any order."""

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.runtime.testing.executors import compile_program
from headgate.tests.property import detectors
from headgate.tests.property.agreement import as_the_reference
from headgate.tests.property.strategies import Program, Writing, inputs_of


@st.composite
def programs(draw: st.DrawFn) -> Program:
    late = draw(st.sampled_from(["", "lateness 5 s"]))
    every = draw(st.booleans())
    writing = Writing(draw, ("A",), {"A": False}, {"A": every}, {"A": False}, {"A": []}, {"A": ["w"]}, {"A": []})
    items = [f"signal d{i} for A = {detectors.detector(writing, 'A')[0]}" for i in range(draw(st.integers(1, 4)))]
    text = f"""module random
{detectors.IMPORTS}
device A {{
    property  word: text
    telemetry x: float {"every 2 s" if every else ""}
    telemetry n: int
    telemetry flag: bool
    telemetry at: Point
    property  site: text
    property  floor: text
    {late}
}}
signal w for A = max(x over 4 s every 4 s)
{chr(10).join(items)}
rule r for A {{ when d0 is not absent for 3 s do {{ alert "{{id}}" }} }}
"""
    return Program(text, compile_program(text))


@given(st.data())
def test_the_engine_gives_what_the_library_defines(data: st.DataObject) -> None:
    program = data.draw(programs())
    inputs = data.draw(inputs_of(program, most=80))
    note(program.text)
    as_the_reference(program.plan, inputs, data)
