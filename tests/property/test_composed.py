"""Patterns of every operator, over many conditions of one device: the engine matches what the reference matches."""

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.runtime.testing.executors import compile_program
from headgate.tests.property.agreement import as_the_reference
from headgate.tests.property.composed import composed
from headgate.tests.property.strategies import Program, Writing, inputs_of, members


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """One pattern, and a rule that says of its first event."""
    late = draw(st.sampled_from(["", "", "lateness 5 s"]))
    writing = Writing(draw, ("A",), {"A": False}, {"A": False}, {"A": not late}, {"A": []}, {"A": []}, {"A": []})
    text = f"""module random
import std.geo (circle, distance, inside)
let yard = circle(Point(0, 0.5), 40 km)
device A {{
{members()}
    {late}
}}
pattern p for A = {composed(writing, "A")}
rule r for A {{ when p do {{ alert "{{id}}: {{e0.time}}, {{e0.x}}" }} }}
"""
    return Program(text, compile_program(text))


@given(st.data())
def test_the_engine_matches_what_the_reference_matches(data: st.DataObject) -> None:
    program = data.draw(programs())
    inputs = data.draw(inputs_of(program))
    note(program.text)
    as_the_reference(program.plan, inputs, data)
