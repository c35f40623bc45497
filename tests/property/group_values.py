"""Random signals and rules of devices that see what their groups have given: `strategies.programs` takes them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.tests.property.strategies import Writing


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
    return [
        f"signal seen for {device} = {writing.one(group, f'x - {group}', f'{group} else x', f'{group} + n')}",
        f'rule seer for {device} {{ {" ".join(clauses)} do {{ alert "{{id}}: {{x}} {{{group}}} {{seen}}" }} }}',
    ]
