"""Rules on patterns that last: what they ask and say is about the match that raised them, in engine and reference."""

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.runtime.testing.executors import compile_program
from headgate.tests.property import raised
from headgate.tests.property.agreement import as_the_reference
from headgate.tests.property.strategies import Program, Writing, inputs_of, members

DEVICE = f"""
import std.geo (circle, distance, inside)

device A {{
{members("stale after 4 s")}
}}
let yard = circle(Point(0, 0.5), 40 km)
"""
PATTERNS = (
    "x > 0 as e0", "flag becomes true as e0 then x > e0.x within 8 s", "x > 0 as e0 then x < 1 within 5 s skip none",
    "x > 0 as e0 then no flag for 2 s", "n == 1 as e0 then each x > 0 within 4 s skip none",
)  # fmt: skip


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """One rule on a pattern, which lasts."""
    writing = Writing(draw, ("A",), {"A": True}, {"A": False}, {"A": True}, {"A": []}, {"A": []}, {"A": []})
    clauses = [f"until {raised.until(writing, 'A', 'e0')}"]
    clauses += [f"cooldown {writing.duration()}"] if writing.chance(20) else []
    clauses += [f"repeat every {writing.duration()}"] if writing.chance(30) else []
    clauses += [f"hold for {writing.duration()}"] if writing.chance(30) else []
    latched = writing.chance(20)
    clauses += ["latched"] if latched else []
    clauses += [f"flapping above 2 in {writing.duration()}"] if writing.chance(20) else []
    text = f"""module raising {DEVICE}
rule r for A {{
    when ({writing.one(*PATTERNS)}) {" ".join(clauses)}
    do {{ alert "{{e0.x}} {{e0.time}}" }}
    on clear {{ {raised.on_clear(writing, "e0")} }}
}}"""
    return Program(text, compile_program(text), (("r", "A"),) if latched else ())


@given(programs(), st.data())
def test_what_clears_a_rule_and_what_it_then_says_is_about_the_match_that_raised_it(
    program: Program, data: st.DataObject
) -> None:
    note(program.text)
    as_the_reference(program.plan, data.draw(inputs_of(program)), data)
