"""Random signals and rules of devices that see what their groups have given: `strategies.programs` takes them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.tests.property.strategies import Writing


def early_window(one: Callable[..., str], group: str, constant: str) -> str:
    """What a device without `lateness` makes of a group's value over time."""
    return one(
        f"mean(x - {group} over 8 s every 4 s)",
        f"count(n where {group} > {constant} over 20 s every 20 s)",
        f"max(x + {group} over 3 samples)",
        f"duration(x > {group} over 8 s every 4 s)",
        f"integral(n where {group} > {constant} over session gap 4 s)",
        f"sum(n over while {group} > {constant})",
    )


def seers(writing: "Writing", groups: Sequence[str]) -> list[str]:
    """Items of devices that ask for these signals of groups, which are numbers without a unit."""
    device = writing.one(*writing.devices)
    group = writing.one(*groups)
    condition = writing.one(
        f"x > {group}",
        f"{group} > {writing.constant()}",
        f"seen > {writing.constant()} and flag",
        f"{group} is absent",
        f"seen > {writing.constant()} for {writing.duration()}",
        f"(seen > {writing.constant()}) becomes true",
        f"x < {group} and max(n over 8 s every 4 s) > 0",
    )
    clauses = [f"when {condition}"]
    if writing.chance(40):
        clauses.append(f"until {group} < {writing.constant()}")
    if writing.chance(20):
        clauses.append(f"cooldown {writing.duration()}")
    early = []
    if writing.early[device] and writing.chance(50):
        window = early_window(writing.one, group, writing.constant())
        early = [f"signal typically for {device} = {window}"]
    return [
        *early,
        f"signal seen for {device} = {writing.one(group, f'x - {group}', f'{group} else x', f'{group} + n')}",
        f'rule seer for {device} {{ {" ".join(clauses)} do {{ alert "{{id}}: {{x}} {{{group}}} {{seen}}" }} }}',
    ]
