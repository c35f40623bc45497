"""Rules on patterns that last, in random programs: what clears them, and what they say of the match that raised them.

`until x < e0.x + 1.5 for 3 s`, `on clear { alert "{e0.x}: {e0.time}" }`.
"""

import re
from typing import Protocol


class Writing(Protocol):
    """What this needs of `strategies.Writing`."""

    def one(self, *choices: str) -> str: ...

    def chance(self, percent: int) -> bool: ...

    def constant(self) -> str: ...

    def duration(self) -> str: ...

    def number(self, device: str, depth: int = 2) -> str: ...

    def truth(self, device: str, depth: int = 2) -> str: ...


def name_in(pattern: str) -> str | None:
    """A name of the first step of a pattern, if it has one."""
    found = re.search(r" as (e0|first)\b", pattern)
    return None if found is None else found[1]


def until(writing: Writing, device: str, name: str) -> str:
    """A condition on the match that raised the rule."""
    asked = writing.one("{0}.x", "{0}.n + 1", "max({0}.x, {0}.n)", "({0}.x else 1)", "last({0}.n)").format(name)
    text = writing.one(
        f"x {writing.one('<', '>=')} {asked} + {writing.constant()}",
        f"{writing.number(device, 1)} > {asked}",
        f"abs(x - {asked}) < {writing.constant()}",
        f"{writing.one('word', 'lower(word)', f'upper({name}.word)')} == {name}.word",
        f'contains({name}.word, "u") and x > {writing.constant()}',
        f"last(x).time - {name}.time > {writing.duration()}",
        f"{name}.flag or x > {writing.constant()}",
        f"{asked} > {writing.constant()}",
    )
    if writing.chance(30):
        text = f"({text}) {writing.one('and', 'or')} {writing.truth(device, 1)}"
    return f"({text}) for {writing.duration()}" if writing.chance(40) else text


def on_clear(writing: Writing, name: str) -> str:
    """What a rule says of the match that had raised it."""
    said = f'alert "{{id}} since {{{name}.time}}: {{{name}.x}}, {{{name}.word}}, {{x - {name}.n}}"'
    if writing.chance(30):
        return f'{said} if {name}.x > {writing.constant()} {{ alert "{{{name}.x}} high" }} else {{ alert "low" }}'
    return said
