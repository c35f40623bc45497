"""No pass changes what a program means: with any of them left out, the same inputs give the same outputs."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.passes import ALL
from headgate.compiler.plan import Plan
from headgate.runtime.interpret.reference import Reference
from headgate.runtime.output import Counters, Output
from headgate.tests.unit.plans import plan_of
from headgate.tests.unit.test_passes import FLEET

SECOND = 1_000_000_000
START = 1_451_606_400 * SECOND
PROGRAM = (
    FLEET
    + """
signal hot for Fridge = temp > 5 degC
signal hot_share for Fridge = share(hot over 2 min every 30 s)
signal off for Fridge = temp - mean_temp
signal coldest by site = min(Fridge.temp over 5 min every 1 min)
signal hottest by site = max(Fridge.temp over 10 min every 2 min)
signal warm_share by site = count(Fridge where temp > 6 degC) / count(Fridge)
rule mix for Fridge {
    when (temp > mean_temp + 1 K or false) and true
    until not (not (temp < 3 degC)) for 20 s
    do { if true { alert "{temp} {off}" } else { alert "no" } }
}
"""
)
VARIANTS = ((), *(tuple(name for name in ALL if name != left_out) for left_out in ALL))

values = {
    "temp": st.integers(0, 9).map(float),
    "setpoint": st.integers(2, 8).map(float),
    "vib": st.integers(0, 3).map(float),
    "door": st.booleans(),
    "site": st.sampled_from(["a", "b"]),
}
messages = st.tuples(
    st.sampled_from(["f1", "f2", "f3"]),
    st.sampled_from([0, 1, 5, 10, 30, 60]),
    st.sampled_from([0, 0, 0, 5, 20, 50]),
    st.fixed_dictionaries({}, optional=values),
)


def outputs(plan: Plan, inputs: Sequence[Any]) -> tuple[list[tuple[type, Output]], Counters]:
    """What the reference says of these messages: (device, seconds since the one before, seconds late, fields)."""
    reference = Reference(plan)
    found: list[Output] = []
    now = START
    for device, step, late, fields in inputs:
        now += step * SECOND
        found += reference.message("Fridge", device, now - late * SECOND, fields)
    found += reference.end()
    return [(type(output), output) for output in found], reference.counters


@given(st.lists(messages, min_size=1, max_size=60))
def test_any_pass_left_out_gives_the_same_outputs(inputs: list[Any]) -> None:
    whole = outputs(plan_of(PROGRAM), inputs)
    for passes in VARIANTS:
        assert outputs(plan_of(PROGRAM, passes), inputs) == whole
