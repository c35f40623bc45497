"""Random aggregates, for random programs: every function of the library over windows and members.

    @given(st.data())
    def test_something(data):
        text = data.draw(window_values("A"))      # mode(n where flag over 8 s every 4 s)

What they give is exact on the grid of `strategies`, or rounded once of what is.
"""

from hypothesis import strategies as st

from headgate.stdlib.catalogue import AGGREGATES
from headgate.tests.property.strategies import CALENDARS, WINDOWS

OF_NUMBERS = (
    "count", "min", "max", "range", "first", "last", "delta", "rise", "fall", "sum", "mean", "variance", "stddev",
    "rate", "median", "p5", "p95", "quantile", "distinct", "mode", "top_k", "slope", "integral", "time_weighted_mean",
)  # fmt: skip
OF_TRUTHS = (
    "count",
    "share",
    "any",
    "all",
    "distinct",
    "mode",
    "top_k",
    "duration",
    "spells",
    "longest",
    "first",
    "last",
)
OF_TEXTS = ("count", "distinct", "mode", "top_k", "first", "last")
OF_PAIRS = ("corr", "covariance")
OPTIONS = {"quantile": ("q: 25 %", "q: 0.5", "q: 99.9 %"), "top_k": ("k: 1", "k: 2", "k: 3")}
HELD = ("integral", "time_weighted_mean", "duration", "spells", "longest")


@st.composite
def window_values(draw: st.DrawFn, device: str | None = None) -> str:
    """An aggregate over a window of a device, or, with the device's name, of a group's members."""
    of = "" if device is None else f"{device}."
    names, arguments = draw(
        st.sampled_from(
            (
                (OF_NUMBERS, (f"{of}x", f"{of}n", f"{of}x + {of}n")),
                (OF_TRUTHS, (f"{of}flag", f"{of}x > 1", f"{of}x is absent")),
                (OF_TEXTS, (f"{of}word",)),
                (OF_PAIRS, (f"{of}x, {of}n", f"{of}n, {of}x * {of}x")),
            )
        )
    )
    name = draw(st.sampled_from([n for n in names if device is None or n not in HELD]))
    where = draw(st.sampled_from(["", "", f" where {of}flag", f" where fresh({of}n) > 0"]))
    span = draw(st.sampled_from((*WINDOWS, "80 s every 4 s", *CALENDARS)))
    option = f", {draw(st.sampled_from(OPTIONS[name]))}" if name in OPTIONS else ""
    return f"{name}({draw(st.sampled_from(arguments))}{where} over {span}{option})"


@st.composite
def member_values(draw: st.DrawFn, device: str) -> str:
    """An aggregate over what the members of a group hold."""
    names, arguments = draw(
        st.sampled_from(
            (
                (OF_NUMBERS, (f"{device}.x", f"{device}.n", f"{device}.x + {device}.n")),
                (OF_TRUTHS, (f"{device}.flag", f"{device}.x > 1")),
                (OF_TEXTS, (f"{device}.word",)),
                (OF_PAIRS, (f"{device}.x, {device}.n",)),
            )
        )
    )
    name = draw(st.sampled_from([n for n in names if AGGREGATES[n].over_members]))
    where = draw(st.sampled_from(["", "", f" where {device}.flag"]))
    option = f", {draw(st.sampled_from(OPTIONS[name]))}" if name in OPTIONS else ""
    return f"{name}({draw(st.sampled_from(arguments))}{where}{option})"
