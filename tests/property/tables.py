"""Random tables of reference data, and lookups in them: `strategies.programs` takes them among its numbers."""

from hypothesis import strategies as st

NUMBERS = ("limits(n).least", "limits(n).most", "areas(word, flag).size", "areas(site, flag).size", "limits(2).most")
"""Exact on the grid; absent for some keys."""
CONDITIONS = ("areas(word, true).open", "x > limits(n).least", 'areas(word, flag).label == "u"')
SAMPLED = ("limits({0}n).most", "areas({0}word, {0}flag).size", "{0}x - limits({0}n).least")
"""What a window samples; the fields may be qualified (`A.`)."""


@st.composite
def tables(draw: st.DrawFn) -> str:
    """Two tables: not every key has a row, not every row a value."""
    quarters = st.integers(-4, 12).map(lambda q: f"{q / 4}")
    cells = quarters | st.just("absent")
    limits = "".join(f"    {n} -> {draw(cells)}, {draw(cells)}\n" for n in draw(st.sets(st.integers(0, 4))))
    keys = st.tuples(st.sampled_from(["u", "v", "w"]), st.sampled_from(["true", "false"]))
    truths, labels = st.sampled_from(["true", "absent"]), st.sampled_from(['"u"', '"v"', "absent"])
    areas = "".join(
        f'    "{word}", {flag} -> {draw(cells)}, {draw(truths)}, {draw(labels)}\n'
        for word, flag in sorted(draw(st.sets(keys)))
    )
    return f"""table limits {{
    key   n: int
    value least: float = {draw(quarters)}
    value most: float
{limits}}}
table areas {{
    key   word: text
    key   flag: bool
    value size: float
    value open: bool
    value label: text
{areas}}}
"""
