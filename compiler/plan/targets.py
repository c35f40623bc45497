"""Where parts of a plan can run."""

from dataclasses import dataclass
from typing import Literal, get_args

Tier = Literal["device", "gateway", "edge", "region", "cloud"]

TIERS: tuple[Tier, ...] = get_args(Tier)
"""From the devices up."""


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """A target: one of its kind for each value of the properties `keys`, one in all without; what one of them has of
    memory, computing and uplink (to the next target up), and how long it must do without that. Null: no bound."""

    name: str
    tier: Tier
    keys: tuple[str, ...] = ()
    memory_bytes: int | None = None
    cpu_hz: float | None = None
    uplink_bits_per_s: float | None = None
    offline_ns: int | None = None
