"""Random patterns of a device of a random program: every operator of the algebra, over the program's own conditions.

text = composed(writing, "A")        # `x > 1.5 as e0 then each (any of (flag, n == 2)) 1..2 times greedy … within 8 s`
"""

from typing import Protocol

SKIPS = ("", "", " skip none", " skip next", " skip past last", " skip to first {name}", " skip to last {name}")
OF_EVENTS = (
    "count({name})", "max({name}.x)", "sum({name}.n)", "mean({name}.x)", "last({name}.n)", "first({name}.x)",
    "median({name}.x)", "p95({name}.n)", "quantile({name}.x, q: 25 %)", "stddev({name}.x)", "variance({name}.n)",
    "distinct({name}.word)", "mode({name}.x)", "slope({name}.x) * 1 s",
    "time_weighted_mean({name}.x)",
)  # fmt: skip
"""Aggregates over a step's events."""
OF_REPEATED = ("first({name}.x, after: 1)", "last({name}.n, before: 1)", "last({name}.x, before: 1)")
"""What only a step can be asked that may come several times."""
OF_TABLES = ("limits({name}.n).most", "limits({name}.n).most", "limits({name}.n).least")
"""Lookups by a step's values."""


class Writing(Protocol):
    """What this needs of `strategies.Writing`."""

    lookups: bool

    def one(self, *choices: str) -> str: ...

    def chance(self, percent: int) -> bool: ...

    def constant(self) -> str: ...

    def duration(self) -> str: ...

    def event(self, device: str) -> str: ...

    def truth(self, device: str, depth: int = 2) -> str: ...


def composed(writing: Writing, device: str) -> str:
    """A pattern that compiles: its first part takes an event, and the whole has an end in time."""
    text = f"{_condition(writing, device)} as e0"
    names = {"e0": False}
    for number in range(1, 3):
        if writing.chance(15):
            if writing.chance(60):
                text += f" then no {_unmet(writing, device)} for {writing.duration()}"
            else:
                text += f" then no {_condition(writing, device)}"
        link = writing.one("then", "then", "then next", "then each")
        text += f" {link} {_part(writing, device, number, names, lasting=link != 'then next')}"
        if writing.chance(40):
            break
    if writing.chance(15):
        text += f" then no {_unmet(writing, device)} for {writing.duration()}"
    compared = f"x < e0.x - {writing.constant()}"
    unless = f" unless {writing.one(_condition(writing, device), compared, f'{compared} for {writing.duration()}')}"
    skip = writing.one(*SKIPS).format(name=list(names)[-1])
    # The first step of all is no place to go on at.
    skip = "" if len(names) == 1 and "first" in skip else skip
    return f"{text}{unless if writing.chance(25) else ''} within {writing.duration()}{skip}"


def _part(writing: Writing, device: str, number: int, names: dict[str, bool], *, lasting: bool) -> str:
    """A part with a name, which is added to `names`, with whether it may come several times; `lasting`: what it begins
    with may have to last, for what was bound before."""
    kind = writing.one("step", "step", "any of", "all of", "group")
    name = f"e{number}"
    often = ""
    if writing.chance(40):
        often = " " + writing.one("optional", "2 times", "1..2 times", "at least 0 times", "at least 1 times")
    before = dict(names)
    names[name] = often.endswith("times")
    if kind == "step" and names[name]:
        before = names
    if kind == "step":
        part = f"{_step(writing, device, before, lasting=lasting)} as {name}"
    elif kind == "group":
        ending = f" within {writing.duration()}" if writing.chance(50) else ""
        first = _step(writing, device, before, lasting=lasting)
        part = f"({first} then {_condition(writing, device)}{ending}) as {name}"
    else:
        first = _step(writing, device, before, lasting=lasting)
        part = f"{kind} ({first}, {_condition(writing, device)}) as {name}"
    if not often:
        return part
    mode = writing.one("", " greedy", " lazy")
    until = f" until {_condition(writing, device)}" if writing.chance(30) else ""
    return f"{part}{often}{mode}{until}"


def _step(writing: Writing, device: str, names: dict[str, bool], *, lasting: bool) -> str:
    """A condition, perhaps on what was bound before, and perhaps one that lasts."""
    if writing.chance(50):
        return _condition(writing, device)
    name = writing.one(*names)
    asked = writing.one(*OF_EVENTS, *(OF_TABLES if writing.lookups and not names[name] else ())).format(name=name)
    if names[name] and writing.chance(60):
        asked = writing.one(*OF_REPEATED).format(name=name)
    text = f"x {writing.one('>', '<=')} ({asked} else 0) + {writing.constant()}"
    if not lasting or writing.chance(50):
        return f"({text})"
    return f"({text}{writing.one('', ' and flag', ' or n > 1')} for {writing.duration()})"


def _condition(writing: Writing, device: str) -> str:
    text = writing.one(writing.event(device), writing.truth(device, 1))
    # Absence by itself is a silence, which has no event that could be named.
    return f"({text} and flag)" if text.startswith("(no ") else f"({text})"


def _unmet(writing: Writing, device: str) -> str:
    return writing.one("x", "flag", _condition(writing, device)) if writing.chance(50) else _condition(writing, device)
