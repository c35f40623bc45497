"""Targets, their budgets, and where rules can be placed."""

from fractions import Fraction

import pytest

from headgate.compiler.typed import TargetInfo
from headgate.tests.unit.checking import checked, codes

DEVICE = """
device Pump {
    property  line: text
    property  plant: text
    property  mode: enum { eco, boost }
    telemetry flow: m3/h every 1 s
}
device Meter { property  plant: text  telemetry volume: m3 }
"""


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("hq: cloud", []),
        ("gateway: edge by line { memory 256 MB  cpu 1 GHz  uplink 19.2 kbit/s  offline 24 h }", []),
        ("gateway: edge by line { memory 256 Mbit }", []),
        ("gateway: egde", ["HG1301"]),
        ("gateway: edge by lime", ["HG0505"]),
        ("gateway: edge by flow", ["HG0505"]),
        ("gateway: edge by line, line", ["HG0204"]),
        ("gateway: edge { ram 256 MB }", ["HG1302"]),
        ("gateway: edge { memory 256 GHz }", ["HG1303"]),
        ("gateway: edge { memory 256 }", ["HG1303"]),
        ("gateway: edge { memory 0 MB }", ["HG1303"]),
        ("gateway: edge { offline -3 h }", ["HG1303"]),
        ("gateway: edge { offline later }", ["HG0201"]),
    ],
)
def test_a_target_has_a_tier_keys_and_budgets(target: str, expected: list[str]) -> None:
    assert codes(f"{DEVICE}target {target}") == expected


def test_what_is_known_of_a_target() -> None:
    text = f"{DEVICE}target gateway: edge by line {{ memory 256 MB  uplink 19.2 kbit/s  offline 1 day }}"
    budgets = {"memory": Fraction(256_000_000), "uplink": Fraction(19_200), "offline": Fraction(86_400)}
    assert checked(text).targets == {"gateway": TargetInfo("gateway", "edge", ("line",), budgets)}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("for Pump { when flow > 1 m3/h  place edge", []),
        ("for Pump { when flow > 1 m3/h  place gateway", []),
        ("for Pump { when flow > 1 m3/h  place hq", []),
        ("for Pump { when flow > 1 m3/h  place cloud", []),
        ("for Pump { when flow > 1 m3/h  place region", ["HG1304"]),
        ("for Pump { when flow > 1 m3/h  place here", ["HG0221"]),
        ("for Meter { when volume > 1 m3  place edge", []),
        ("for Meter { when volume > 1 m3  place hq", []),
        ("by line { when max(Pump.flow) > 1 m3/h  place edge", []),
        ("by line, plant { when max(Pump.flow) > 1 m3/h  place edge", []),
        ("by plant { when max(Pump.flow) > 1 m3/h  place edge", ["HG1305"]),
        ("{ when max(Pump.flow) > 1 m3/h  place edge", ["HG1305"]),
    ],
)
def test_a_rule_is_placed_where_all_that_it_is_about_can_be_seen(rule: str, expected: list[str]) -> None:
    targets = "target gateway: edge by line\ntarget hq: cloud\n"
    assert codes(f'{DEVICE}{targets}rule r {rule}  do {{ alert "" }} }}') == expected


def test_without_targets_every_tier_can_be_named() -> None:
    assert codes(f'{DEVICE}rule r for Pump {{ when flow > 1 m3/h  place region  do {{ alert "" }} }}') == []
