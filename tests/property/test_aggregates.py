"""Every aggregate of the library: the engine gives what the reference gives, over windows of devices and of groups."""

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.compiler.passes import ALL
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import compile_program, on_engine, on_reference
from headgate.tests.property.aggregates import member_values, own_windows, window_values
from headgate.tests.property.agreement import as_the_reference
from headgate.tests.property.strategies import Program, batchings, inputs_of
from headgate.tests.property.test_restart import restored, run

DEVICE = """module random
device A {{
    property site: text
    property floor: text
    property word: text
    telemetry x: float {stale}
    telemetry n: int
    telemetry flag: bool
    telemetry at: Point
    {lateness}
    idle after 10 s
}}
"""


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Signals that are aggregates over windows, of devices of one type and of their groups."""
    stale = draw(st.sampled_from(["", "stale after 3 s"]))
    lateness = draw(st.sampled_from(["", "lateness 5 s", "lateness 1 s revise 10 s"]))
    lines = [DEVICE.format(stale=stale, lateness=lateness)]
    for index in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(("windows", "windows", "windows of members", "members", "own")))
        if kind == "windows":
            lines.append(f"signal s{index} for A = {draw(window_values())}")
        elif kind == "own":
            lines.append(draw(own_windows(f"s{index}", draw(st.sampled_from(("by site", "by site, floor", ""))))))
        elif kind == "members":
            lines.append(f"signal s{index} by site = {draw(member_values('A'))}")
        else:
            lines.append(f"signal s{index} by site = {draw(window_values('A'))}")
    text = "\n".join(lines) + "\n"
    return Program(text, compile_program(text))


@given(st.data())
def test_every_aggregate_over_windows_is_what_the_reference_gives(data: st.DataObject) -> None:
    program = data.draw(programs())
    note(program.text)
    inputs = data.draw(inputs_of(program, moves=data.draw(st.booleans())))
    expected = as_the_reference(program.plan, inputs, data)
    bare = compile_program(program.text, [name for name in ALL if name != "slices"])
    assert not differences(expected, on_engine(bare, inputs))


@given(st.data())
def test_a_restart_loses_nothing_that_an_aggregate_keeps(data: st.DataObject) -> None:
    program = data.draw(programs())
    note(program.text)
    inputs = data.draw(inputs_of(program, moves=data.draw(st.booleans())))
    sizes = tuple(data.draw(batchings(len(inputs))))
    stops = data.draw(st.sets(st.integers(0, len(inputs)), min_size=1, max_size=3))
    expected = on_reference(program.plan, inputs)
    assert not differences(expected, run(program.plan, inputs, sizes, restored, stops))
