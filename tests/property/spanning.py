"""Random programs of windows over groups that span gateways, where these are by site: by floor, and of all."""

from hypothesis import strategies as st

from headgate.runtime.testing.executors import compile_program
from headgate.tests.property import recent
from headgate.tests.property.strategies import CALENDARS, ORDERED, WINDOWS, Draw, Program, Writing

FUNCTIONS = (*ORDERED, "sum", "mean", "variance", "stddev", "rate", "median", "mode")
PAIRS = ("slope", "covariance", "corr")


def window(writing: Writing, device: str) -> str:
    """A window over the samples of all devices of a type."""
    if writing.chance(15):
        return recent.window(writing, device, f"{device}.")
    where = writing.one("", "", f" where {device}.flag", f" where fresh({device}.n) > 0", f" where {device}.x < 2")
    span = writing.one(*(WINDOWS * 3 + CALENDARS))
    if writing.chance(20):
        condition = writing.one(f"{device}.x > {writing.constant()}", f"{device}.flag", f"fresh({device}.n) > 1")
        return f"{writing.one('count', 'share')}({condition}{where} over {span})"
    argument = writing.one("x", "x", "n", "fresh(x)")
    argument = f"fresh({device}.x)" if argument == "fresh(x)" else f"{device}.{argument}"
    if writing.chance(15):
        return f"{writing.one('covariance', 'corr')}({device}.x, {device}.n{where} over {span})"
    argument = writing.one(argument, argument, f"{device}.x + {device}.n", f"{argument} * 2")
    return f"{writing.one(*FUNCTIONS)}({argument}{where} over {span})"


@st.composite
def spanning_programs(draw: Draw) -> Program:
    """Signals over such groups, and rules on them."""
    names = draw(st.sampled_from([("A",), ("A", "B")]))
    no: dict[str, bool] = dict.fromkeys(names, False)
    writing = Writing(draw, names, stale=no, every=no, early=no, numbers={}, paced={}, bools={})
    items = []
    for name in names:
        lateness = writing.one("", "lateness 1 s", "lateness 5 s")
        items.append(
            f"device {name} {{ property site: text  property floor: text  property word: text\n"
            f"    telemetry x: float {writing.one('', 'stale after 3 s', 'every 2 s')}\n"
            f"    telemetry n: int  telemetry flag: bool  telemetry at: Point  {lateness} }}"
        )
    for index in range(draw(st.integers(1, 4))):
        domain = writing.one("by floor", "by floor", "")
        device = writing.one(*names)
        value = window(writing, device)
        if writing.chance(15):
            value = f"{writing.one('sum', 'max', 'count')}({device}.x where {device}.flag)"
        items.append(f"signal g{index} {domain} = {value}")
        if not value.startswith(("rate", "slope", "corr", "covariance")) and writing.chance(40):
            lasting = f" for {writing.duration()}" if writing.chance(30) else ""
            when = f"when g{index} > {writing.constant()}{lasting}"
            items.append(f'rule q{index} {domain} {{ {when} do {{ alert "{{g{index}}}" }} }}')
    text = "module random\n" + "\n".join(items) + "\n"
    return Program(text, compile_program(text))
