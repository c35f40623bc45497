"""Random actions that concern devices, and what holds rules back: `strategies.programs` takes them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.tests.property.strategies import Writing

MEMBERS = """
    property  goal: float writable
    command   act(level: int)"""
"""What a device type declares for it."""


def of_device(writing: "Writing", device: str) -> str:
    """What a device's rule does to its device."""
    return writing.one(
        "send act(level: 1)",
        "if x > 1 { send act(level: 2) } else { send act(level: 3) }",
        f"set goal = {writing.number(device, 1) if writing.chance(50) else '2.5'}",
    )


def limits(writing: "Writing") -> list[str]:
    """How often a rule may be raised."""
    return [f"flapping above {writing.one('1', '2', '3')} in {writing.duration()}"] if writing.chance(20) else []


def of_group(writing: "Writing", signal: str) -> str:
    """What a group's rule does to members."""
    device = writing.one(*writing.devices)
    where = f" where {writing.truth(device, 1)}" if writing.chance(75) else ""
    send = f"send act(level: {writing.one('0', '1')}) to each {device}{where}"
    return f"if {signal} > {writing.constant()} {{ {send} }} else {{ {send} }}" if writing.chance(25) else send
