"""Random windows that keep their samples: `strategies.Writing` takes them among its windows."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.tests.property.strategies import Writing

EXACT = (
    "count", "min", "max", "range", "first", "last", "delta", "rise", "fall", "sum", "median", "distinct", "mode",
)  # fmt: skip
HELD = ("integral", "time_weighted_mean", "duration", "spells", "longest")
SPANS = (
    "1 samples", "2 samples", "3 samples", "20 samples", "3 samples every 4 s", "5 samples every 10 s",
    "session gap 1 s", "session gap 4 s", "session gap 10 s", "session gap 2 s max 4 s", "session gap 4 s max 12 s",
)  # fmt: skip
LENGTHS = ("1 s", "3 s", "5 s", "20 s")


def held(one: Callable[..., str], where: str, span: str) -> str:
    """What was held in a window of a device, for a length of time only of `x`, which is said to come often enough."""
    function = one(*HELD)
    numbers, truths = ("x", "n", "x + n"), ("x > 1", "flag", "x is absent")
    choices = numbers if function in HELD[:2] else truths
    argument = choices[0] if span in LENGTHS else one(*choices)
    return f"{function}({argument}{where} over {span})"


def window(writing: "Writing", device: str, of: str = "") -> str:
    """A window's value over samples of a device; `of` qualifies fields in a group (`A.`)."""
    where = f" where {of}flag" if writing.chance(25) else ""
    if not of and writing.chance(25):
        lengths = LENGTHS if writing.every[device] else ()
        return held(writing.one, where, writing.one(*SPANS, *lengths, *[f"while {writing.truth(device, 1)}"] * 4))
    if writing.every[device] and not of and writing.chance(40):
        return f"{writing.one(*EXACT)}(x{where} over {writing.one(*LENGTHS)})"
    spans = SPANS if of else (*SPANS, *[f"while {writing.truth(device, 1)}"] * 4)
    if writing.chance(20):
        return f"{writing.one('count', 'share')}({of}x > {writing.constant()}{where} over {writing.one(*spans)})"
    if writing.chance(15):
        return f"count({of}{writing.one('flag becomes true', 'x rises above 1')} over {writing.one(*spans)})"
    argument = writing.one(f"{of}x", f"{of}n", f"{of}x + {of}n", f"{of}x else 0")
    return f"{writing.one(*EXACT, 'mean', 'variance', 'stddev', 'rate')}({argument}{where} over {writing.one(*spans)})"
