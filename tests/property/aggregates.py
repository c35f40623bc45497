"""Random aggregates, for random programs: every function of the library over windows and members.

    @given(st.data())
    def test_something(data):
        text = data.draw(window_values("A"))      # mode(n where flag over 8 s every 4 s)

What they give is exact on the grid of `strategies`, or rounded once of what is.
"""

from hypothesis import strategies as st

from headgate.stdlib.catalogue import AGGREGATES
from headgate.tests.property.recent import SPANS
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
LINES = ("interpolated", "linear_mean", "linear_integral")
"""Of numbers of a device, or of a group's own, in windows with a pace."""
SYMMETRIC = ("8 s every 4 s", "40 s every 4 s", "20 s every 10 s", "2 min every 4 s")
"""Windows whose middle is on their grid."""
OF_GROUPS = ("max(A.x)", "mean(A.n)", "sum(A.x + A.n)", "any(A.flag)", "max(A.x) > 1")


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
    lines = LINES if device is None and names is OF_NUMBERS else ()
    name = draw(st.sampled_from((*names, *lines)))
    where = draw(st.sampled_from(["", "", f" where {of}flag", f" where fresh({of}n) > 0"]))
    spans = SYMMETRIC if name == "interpolated" else (*WINDOWS, "80 s every 4 s", *CALENDARS)
    span = draw(st.sampled_from(spans))
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


@st.composite
def own_windows(draw: st.DrawFn, name: str, domain: str) -> str:
    """A signal of a group, and another that is an aggregate over a window of it."""
    value = draw(st.sampled_from(OF_GROUPS))
    functions = OF_TRUTHS if "any" in value or ">" in value else OF_NUMBERS
    lines = LINES if functions is OF_NUMBERS else ()
    function = draw(st.sampled_from([n for n in (*functions, *lines) if n not in OPTIONS]))
    where = draw(st.sampled_from(["", "", f" where {name}_known"]))
    recent = () if function in LINES else (*SPANS, f"while {name}_known")
    spans = SYMMETRIC if function == "interpolated" else (*WINDOWS, *CALENDARS, *recent)
    span = draw(st.sampled_from(spans))
    return (
        f"signal {name}_of {domain} = {value}\n"
        f"signal {name}_known {domain} = count(A where x > 1) > 0\n"
        f"signal {name} {domain} = {function}({name}_of{where} over {span})"
    )
