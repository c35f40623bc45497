"""Signals on signals on signals: each is worked out once at an instant, however often the next one asks."""

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
