"""Signals on signals on signals: each is worked out once at an instant, however often the next one asks."""

import pytest

from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import Message, S, compile_program, on_engine, on_reference

LINKS = 24
"""Worked out anew for each use, the last would take 2 ** 24 looks."""


def test_a_chain_in_which_each_uses_the_one_before_twice_is_worked_out_once() -> None:
    chain = "\n".join(f"signal s{i} for D = s{i - 1} - s{i - 1} * 0.5" for i in range(1, LINKS))
    plan = compile_program(
        "module chains\ndevice D { telemetry x: float stale after 5 s }\n"
        f"signal s0 for D = x + 1\n{chain}\n"
        f'rule r for D {{ when s{LINKS - 1} > 0 for 2 s do {{ alert "{{s{LINKS - 1}}}" }} }}\n'
    )
    messages = [Message("D", "a", 3 * i * S, {"x": float(i % 5)}) for i in range(20)]
    assert differences(on_reference(plan, messages), on_engine(plan, messages)) == []


def test_a_chain_of_thousands_is_no_recursion() -> None:
    links = 2500
    chain = "\n".join(f"signal s{i} for D = s{i - 1} + x" for i in range(1, links))
    plan = compile_program(
        "module chains\ndevice D { telemetry x: float stale after 5 s }\n"
        f"signal s0 for D = x + 1\n{chain}\n"
        f'rule r for D {{ when s{links - 1} > 0 for 2 s do {{ alert "{{id}}" }} }}\n'
    )
    messages = [Message("D", "a", 3 * i * S, {"x": float(i % 3)}) for i in range(4)]
    assert differences(on_reference(plan, messages), on_engine(plan, messages)) == []


@pytest.mark.parametrize(
    ("first", "link"),
    [("mean(x over 4 s every 4 s)", "s{before} + 1"), ("mean(x over 4 s every 4 s)", "s{before} + x"),
     ("x > 0", "s{before} or x > {this}"), ("x > 0", "not (s{before} and y > {this})")],
    ids=["of a window", "of a window and a field", "of thresholds", "of conjunctions"],
)  # fmt: skip
def test_a_chain_on_what_changes_seldom_is_no_recursion(first: str, link: str) -> None:
    links = 520
    chain = "\n".join(f"signal s{i} for D = {link.format(before=i - 1, this=i)}" for i in range(1, links))
    plan = compile_program(
        "module chains\ndevice D { telemetry x: float every 1 s stale after 5 s\n telemetry y: float\n revise 8 s }\n"
        f"signal s0 for D = {first}\n{chain}\n"
        f'rule r for D {{ when x > 1 for 1 s do {{ alert "{{id}}: {{s{links - 1}}}" }} }}\n'
    )
    messages = [Message("D", "ab"[i % 2], i * S, {"x": float(i % 3), "y": 50.0 * (i % 7)}) for i in range(10)]
    messages.append(Message("D", "a", 6 * S, {"x": 9.0}))
    assert differences(on_reference(plan, messages), on_engine(plan, messages)) == []
