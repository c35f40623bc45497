"""Devices that make something of their group's value over time: the engine gives what the reference gives."""

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import compile_program
from headgate.tests.property.agreement import as_the_reference
from headgate.tests.property.group_values import early_window
from headgate.tests.property.strategies import Program, batchings, inputs_of
from headgate.tests.property.test_restart import restored, run

PATTERNS = (
    "x > {g} as high then n > {g} within 10 s",
    "x > {g} 2 times within 20 s",
    "flag becomes true as on then x - {g} > on.x within 10 s",
)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Windows, detectors, patterns, and rules on them, of devices without `lateness` that ask for a group's value."""

    def one(*choices: str) -> str:
        return draw(st.sampled_from(choices))

    constant = one("0", "1", "2.5")
    items = [f"signal g by site = {one('max(A.x)', 'mean(A.n)', 'sum(A.x over 8 s every 4 s)', 'count(A)')}"]
    items.append(f"signal off for A = {one('x - g', 'x > 1 ? g : n', 'g else x')}")
    for i in range(draw(st.integers(1, 3))):
        asked = one("g", "off")
        items.append(f"signal s{i} for A = {early_window(one, asked, constant)}")
        if draw(st.booleans()):
            items.append(
                f'rule r{i} for A {{ when s{i} is not absent and {asked} < 2 do {{ alert "{{s{i}}} {{g}}" }} }}'
            )
    if draw(st.booleans()):
        items.append(f"signal e for A = {one('ewma(x - g, span: 4 s)', 'zscore(off over 5 samples)')}")
    if draw(st.booleans()):
        items.append(f"pattern p for A = {one(*PATTERNS).format(g=one('g', 'off'))}")
    text = f"""module random
import std.anomaly (ewma, zscore)
device A {{
    property  site: text
    property  floor: text
    property  word: text
    telemetry x: float {one("", "stale after 3 s")}
    telemetry n: int
    telemetry flag: bool
    telemetry at: Point
    {one("", "revise 10 s")}
    {one("", "idle after 10 s", "idle after 1 h")}
}}
{chr(10).join(items)}
"""
    return Program(text, compile_program(text))


@given(st.data())
def test_the_engine_gives_what_the_reference_gives(data: st.DataObject) -> None:
    program = data.draw(programs())
    inputs = data.draw(inputs_of(program, moves=data.draw(st.booleans())))
    note(program.text)
    expected = as_the_reference(program.plan, inputs, data)
    sizes = tuple(data.draw(batchings(len(inputs))))
    stops = data.draw(st.sets(st.integers(0, len(inputs)), min_size=1, max_size=3))
    assert not differences(expected, run(program.plan, inputs, sizes, restored, stops))
