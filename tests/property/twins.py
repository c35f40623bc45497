"""Random twins: programs whose dynamics are linear or bent, with and without a filter, and what is asked of them."""

from dataclasses import replace

from hypothesis import strategies as st

from headgate.runtime.testing.executors import Input, Message, compile_program
from headgate.tests.property.strategies import Program, Writing, inputs_of

LINEAR = (
    "(u - q) / 4 s",
    "(x - q) / 8 s",
    "n / 2 s",
    "(flag ? k : -k) / 2 s",
    "(r - q) / 4 s + n / 16 s",
    "-r / 2 s",
    "(u - 2 * q + r * n) / 16 s",
    "((n else 0) - k * q) / 4 s",
)
BENT = (
    "q * (1 - abs(q) / 8) / 4 s",
    "(u - q * abs(q)) / 8 s",
    "(r - min(q, 2)) / 4 s",
    "(max(x, q) - q) / 2 s",
    "((x else 0) - q) / 4 s",
)
OF_X = ("(u - x) / 4 s", "(q - x) / 8 s - n / 16 s", "-k * x / 1 s", "0 / 1 s")
FILTERS = (
    "",
    "estimate x with kalman { process 0.25  sensor x 0.5 }",
    "estimate q, x with kalman { process q 0.25  process x 0.5  sensor x 0.5 }",
    "estimate q with kalman { process 0.25  sensor z 0.5 }",
    "estimate q, r with kalman { process q 0.125  sensor z 0.25 }",
    "estimate q, r with ukf { process q 0.125  process r 0.25  sensor z 0.25 }",
    "estimate x with ukf { process 0.25  sensor x 0.5 }  estimate q with kalman { sensor z 0.5 }",
)
OF_BENT = (
    "",
    "estimate q with ekf { process 0.25  sensor z 0.5 }",
    "estimate q, x with ekf { sensor x 0.5  sensor z 1 }",
    "estimate q with ukf { process 0.25  sensor z 0.5 }",
)
PARTICLES = (
    "estimate q with particles { process 0.25  sensor z 0.5 }",
    "estimate q, x with particles { process q 0.25  process x 0.5  sensor x 0.5  sensor z 1 }",
)


def threshold(writing: Writing) -> str:
    """A number that no equilibrium comes ever nearer to, where rounding would say on which side of it a state is."""
    return f"{float(writing.constant()) + 0.1:.2f}"


def asked(writing: Writing, estimate: str) -> str:
    """A number that is asked of the twin."""
    ahead = writing.one("1 s", "5 s", "20 s")
    doubtful = [f"{name}.sigma" for name in ("q", "r", "x") if name in estimate.split("with", maxsplit=1)[0]]
    return writing.one(
        *doubtful,
        f"{writing.one('p5', 'p95', 'stddev', 'mean')}(predicted({writing.one('x', 'q', 'q - x', 'y * k')}, {ahead}))",
        "stddev(y)",
        "q",
        "r",
        "y",
        "q + x",
        "k * q",
        f"predicted(x, {ahead})",
        f"predicted(q, {ahead})",
        f"predicted(q - x else 0, {ahead})",
        f"predicted(y + n, {ahead})",
        f"predicted(z, {ahead})",
        f"predicted(flag ? q : r, {ahead})",
        f"time_until(q > {threshold(writing)}, within: {ahead}) / 1 s",
        f"time_until(x < {threshold(writing)} or flag, within: {ahead}) / 1 s",
        f"time_until(q > {threshold(writing)} for {writing.one('1 s', '3 s')}, within: {ahead}) / 1 s",
        f"time_until(x < q + {threshold(writing)} for 2 s, within: {ahead}) / 1 s",
        f"time_until(r > q + {threshold(writing)}, within: {ahead}) / 1 s",
    )


@st.composite
def programs(draw: st.DrawFn, particles: bool = False, calibrated: bool = False) -> Program:
    """A program with a twin that compiles."""
    late = draw(st.sampled_from(["", "lateness 5 s"]))
    stale = draw(st.sampled_from(["", "stale after 3 s", "every 2 s"]))
    writing = Writing(draw, ("A",), {"A": False}, {"A": False}, {"A": False}, {"A": []}, {"A": []}, {"A": []})
    bent = draw(st.booleans())
    rates = [writing.one(*LINEAR), writing.one(*LINEAR).replace("q", "t").replace("r", "q").replace("t", "r")]
    if bent:
        rates[0] = writing.one(*BENT)
    estimate = writing.one(*(PARTICLES if particles else OF_BENT if bent else FILTERS))
    items = [f"signal s{i} for A = {asked(writing, estimate)}" for i in range(draw(st.integers(1, 4)))]
    if writing.chance(30):
        items.append(f"signal w for A = {writing.one('max', 'mean')}({asked(writing, estimate)} over 8 s every 4 s)")
    if writing.chance(30):
        items.append(f"signal g by site = {writing.one('min', 'max', 'count')}(A.s0)")
    text = f"""module random
device A {{
    property  site: text
    property  floor: text
    property  word: text
    telemetry x: float {stale}
    telemetry z: float
    telemetry n: int
    telemetry flag: bool
    telemetry at: Point
    {late}
}}
twin A {{
    state q: float {writing.one("", "in -2..4")} = 1
    state r: float = {writing.constant()}
    parameter k: float in 0..10 = 0.25
    input u: float = 2
    dynamics {{ d(q) = {rates[0]}  d(r) = {rates[1]}  d(x) = {writing.one(*OF_X)} }}
    output z = 2 * q + u * {"k" if calibrated else "0.5"}
    output y = q * 0.5 - r
    {estimate}
    {"calibrate k over 12 s every 4 s" if calibrated else ""}
}}
{chr(10).join(items)}
rule a for A {{ when {asked(writing, estimate)} > {threshold(writing)} for 2 s do {{ alert "{{id}}" }} }}
"""
    return Program(text, compile_program(text))


@st.composite
def inputs(draw: st.DrawFn, program: Program, most: int = 40) -> list[Input]:
    """Random inputs, of which some measure `z` as well."""
    found: list[Input] = []
    for one in draw(inputs_of(program, most=most)):
        if isinstance(one, Message) and draw(st.booleans()):
            one = replace(one, fields={**one.fields, "z": draw(st.integers(-8, 24)) / 4})
        found.append(one)
    return found
