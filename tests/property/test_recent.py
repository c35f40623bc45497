"""Windows that keep their samples give in the engine what the reference gives: by device and by group, over each other,
thinned, in any batches and for stragglers in any order."""

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.runtime.testing.executors import compile_program
from headgate.tests.property import recent
from headgate.tests.property.agreement import as_the_reference
from headgate.tests.property.strategies import Program, inputs_of

CONDITIONS = (
    "flag", "not flag", "x > 1", "(flag for 2 s)", "x is absent", "mean(x over 4 s every 4 s) > 1", "(no x for 3 s)",
    "count(x over 3 samples) > 2",
)  # fmt: skip
INNER = (
    "mean(x over 4 s every 4 s)", "max(x over session gap 2 s)", "count(n over 3 samples every 4 s)",
    "sum(x over while flag)", "integral(n over 5 s)",
)  # fmt: skip
OUTER = ("3 samples", "20 s every 20 s", "session gap 10 s", "while flag", "3 samples every 8 s")


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A program of nothing but such windows: every field has a rate, and the device type a maximum."""

    def one(*choices: str) -> str:
        return draw(st.sampled_from(choices))

    def sampled(of: str, span: str) -> str:
        where = one("", "", f" where {of}flag", f" where fresh({of}n) > 0")
        if draw(st.integers(0, 9)) == 0:
            return f"count({of}flag becomes true{where} over {span})"
        argument = one(f"{of}x", f"{of}n", f"{of}x + {of}n", f"{of}x else 0")
        return f"{one(*recent.EXACT, 'mean', 'variance', 'rate')}({argument}{where} over {span})"

    items = []
    for i in range(draw(st.integers(1, 4))):
        kind = draw(st.integers(0, 7))
        if kind > 5:
            span = one(*recent.SPANS, *recent.LENGTHS, *[f"while {one(*CONDITIONS)}"] * 4)
            items.append(f"signal s{i} for A = {recent.held(one, one('', ' where flag'), span)}")
        elif kind <= 2:
            span = one(*recent.SPANS, *recent.LENGTHS, *[f"while {one(*CONDITIONS)}"] * 4)
            items.append(f"signal s{i} for A = {sampled('', span)}")
        elif kind == 3:
            items.append(f"signal i{i} for A = {one(*INNER)}")
            function = one("count", "min", "max", "first", "last", "integral")
            items.append(f"signal s{i} for A = {function}(i{i} over {one(*OUTER)})")
        else:
            domain = one("by site", "by site", "by site, floor", "")
            items.append(f"signal c{i} {domain} = {one('max', 'count', 'sum')}(A.n)")
            span = one(*recent.SPANS, *recent.LENGTHS, *[f"while c{i} > 1"] * 4)
            items.append(f"signal s{i} {domain} = {sampled('A.', span)}")
    text = f"""module random
device A max 4 {{
    property  site: text
    property  floor: text
    property  word: text
    telemetry x: float every {one("1 s", "2 s", "4 s")} {one("", "stale after 3 s", "stale after 8 s")}
    telemetry n: int every {one("1 s", "3 s")}
    telemetry flag: bool every 2 s
    telemetry at: Point
    {one("", "lateness 1 s", "lateness 5 s")}
    {one("", "revise 10 s")}
    {one("", "idle after 10 s", "idle after 1 h")}
}}
{chr(10).join(items)}
rule r for A {{ when mean(x over 5 s) > 2 until count(x over 3 samples) > 1 and x < 2 do {{ alert "{{id}} {{x}}" }} }}
"""
    return Program(text, compile_program(text))


@given(st.data())
def test_the_engine_gives_what_the_reference_gives(data: st.DataObject) -> None:
    program = data.draw(programs())
    inputs = data.draw(inputs_of(program, moves=data.draw(st.booleans()), most=80))
    note(program.text)
    as_the_reference(program.plan, inputs, data)
