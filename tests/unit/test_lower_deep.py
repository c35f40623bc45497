"""Programs that are deep rather than long: they compile, in no more work than they have parts."""

import pytest

from headgate.compiler.plan import Map, Message, Pattern
from headgate.tests.unit.plans import count, plan_of, value

DEEP = 190
"""Levels of an expression; the parser refuses more than 200."""
CHAIN = 1000


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(f"vib > {i} mm/s" for i in range(DEEP)),
        "not " * (DEEP // 2) + "door",
        "(" + " else ".join(["vib"] * DEEP) + ") > 1 mm/s",
        "(" + "door ? vib : " * DEEP + "vib) > 1 mm/s",
        "vib > " + " + ".join(["vib"] * DEEP),
        "vib > " + "max(vib, " * (DEEP // 4) + "vib" + ")" * (DEEP // 4),
    ],
    ids=["or", "not", "else", "choice", "sum", "call"],
)
def test_a_deep_expression_becomes_nodes(text: str) -> None:
    plan = plan_of(f'rule r for Fridge {{ when {text} for 1 min do {{ alert "{{vib}}" }} }}')
    assert count(plan, Map) > 0


@pytest.mark.parametrize("order", [1, -1], ids=["those used first", "those used last"])
def test_a_long_chain_of_signals_becomes_nodes(order: int) -> None:
    chain = ["signal s0 for Fridge = vib", *(f"signal s{i} for Fridge = s{i - 1} + 1 mm/s" for i in range(1, CHAIN))]
    last = f"signal m for Fridge = mean(s{CHAIN - 1} over 5 min every 5 min)"
    plan = plan_of("\n".join([*chain, last][::order]))
    assert value(plan, "s2") == "add(add(vib, 1.0 mm/s), 1.0 mm/s)"


def test_a_signal_used_twice_by_each_next_one_is_looked_at_once() -> None:
    levels = 60
    chain = [f"signal s{i} for Fridge = s{i - 1} and (door or s{i - 1})" for i in range(1, levels)]
    text = "\n".join(["signal s0 for Fridge = fresh(vib) > 1 mm/s and door", *chain])
    plan = plan_of(f"{text}\nsignal m for Fridge = mean(vib where s{levels - 1} over 5 min every 5 min)")
    # The filter needs a message with `vib` whichever way it is true, so the mean reads it from there.
    assert count(plan, Message) == 2


def test_a_long_sum_with_an_earlier_step_is_looked_at_once() -> None:
    sum_ = " + ".join(["opened.temp", *(f"{i} K" for i in range(1, 100))])
    plan = plan_of(f"pattern p for Fridge = door becomes true as opened then temp > {sum_} within 1 min")
    assert count(plan, Pattern) == 1
