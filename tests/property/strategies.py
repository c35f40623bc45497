"""Random programs of the language's subset, random inputs for them, and random ways to cut inputs into batches.

    @given(st.data())
    def test_something(data):
        program = data.draw(programs())
        inputs = data.draw(inputs_of(program))
        sizes = data.draw(batchings(len(inputs)))

Programs compile. Values lie on a grid of quarters and stay small, so that sums of them are exact whatever their
order; what is not exact (means, rates, deviations) is never summed again. Times lie on a grid of quarters of a
second, durations of few whole seconds, so that timers, ends of windows and messages often fall on one moment.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import strategies as st

from headgate.compiler.plan import Plan
from headgate.runtime.testing.executors import Acknowledge, Input, Mark, Message, S, compile_program
from headgate.stdlib.function import Value
from headgate.tests.property import detectors, doing, group_values, raised, recent, tables, texts
from headgate.tests.property.composed import composed

Draw = st.DrawFn
T = TypeVar("T")
QUARTER = S // 4
BEGIN = 1_711_839_590 * S
"""Ten seconds before the midnight of Oslo after which clocks went forward (2024-03-31)."""

ORDERED = ("count", "min", "max", "range", "first", "last", "delta", "rise", "fall")
"""Aggregates that are exact for any samples."""
AGGREGATES = (*ORDERED, "sum", "mean", "variance", "stddev", "rate")
# What has a unit, which constants here have not; a word is no number.
UNLIKE_CONSTANTS = (
    "rate(",
    "integral(",
    "duration(",
    "longest(",
    "first(word",
    "last(word",
    "first(upper",
    "last(upper",
)
OVER_MEMBERS = ("count", "sum", "mean", "min", "max", "range", "variance", "stddev")
WINDOWS = ("4 s every 4 s", "8 s every 4 s", "12 s every 4 s", "10 s every 5 s", "20 s every 20 s", "20 s every 10 s")
OUTER_WINDOWS = ("20 s every 20 s", "40 s every 20 s", "60 s every 20 s")
CALENDARS = ('today in "Europe/Oslo"', "today every 6 h", 'today in "Asia/Kathmandu" every 3 h', "this_week")


@dataclass(frozen=True)
class Program:
    """A program that compiles, its plan, and what inputs need to know of it."""

    text: str
    plan: Plan = field(repr=False)
    latched: tuple[tuple[str, str], ...] = ()
    """Latched rules: name, and the device type they are for."""


@dataclass
class Writing:
    """A program as it is written: the device types, and the signals that there are of each."""

    draw: Draw
    devices: tuple[str, ...]
    stale: dict[str, bool]
    every: dict[str, bool]
    early: dict[str, bool]
    numbers: dict[str, list[str]]
    paced: dict[str, list[str]]
    bools: dict[str, list[str]]
    rules: dict[str, list[str]] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    """The texts of the patterns that have names."""
    lookups: bool = False
    """Whether there are tables to look things up in."""

    def one(self, *choices: T) -> T:
        return self.draw(st.sampled_from(choices))

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    def constant(self) -> str:
        return f"{self.draw(st.integers(-4, 20)) / 4}"

    def duration(self) -> str:
        return f"{self.draw(st.sampled_from([1, 2, 3, 4, 5, 8, 10, 20]))} s"

    # --- Expressions of a device -------------------------------------------------------------------------------------

    def number(self, device: str, depth: int = 2) -> str:
        """A number's expression, exact on the grid."""
        if depth == 0 or self.chance(40):
            looked_up: tuple[str, ...] = tables.NUMBERS if self.lookups else ()
            return self.one("x", "x", "n", "fresh(x)", "prev(x)", "prev(n)", self.one(*texts.NUMBERS), *looked_up)
        choices: tuple[Callable[[], str], ...] = (
            lambda: f"({self.number(device, depth - 1)} + {self.number(device, depth - 1)})",
            lambda: f"({self.number(device, depth - 1)} - {self.constant()})",
            lambda: f"({self.number(device, depth - 1)} * {self.one('2', '0.5', '-1')})",
            lambda: f"({self.number(device, depth - 1)} else {self.constant()})",
            lambda: f"abs({self.number(device, depth - 1)})",
            lambda: f"mod({self.number(device, depth - 1)}, {self.one('2', '-1.5', 'n')})",
            lambda: f"max({self.number(device, depth - 1)}, {self.number(device, depth - 1)})",
            lambda: f"({self.truth(device, depth - 1)} ? {self.number(device, depth - 1)} : {self.constant()})",
        )
        return self.draw(st.sampled_from(choices))()

    def truth(self, device: str, depth: int = 2) -> str:
        """A condition, which may remember and have timers."""
        simple = ["flag", f"x > {self.constant()}", f"n == {self.one('0', '1', '2')}", 'word == "u"', "x is absent"]
        simple += [f"x < {self.constant()}", "fresh(x) is not absent"]
        simple += [f"age(x) > {self.duration()}", "inside(at, yard)", "distance(at, Point(0, 0)) < 60 km"]
        simple += ["n != prev(n)", f"last(x).time - prev(x).time < {self.duration()}"]
        simple += ["x is stale"] if self.stale[device] else []
        simple += [self.one(*texts.CONDITIONS), *(tables.CONDITIONS if self.lookups else ())]
        if depth == 0 or self.chance(40):
            return f"({self.one(*simple, *self.bools[device])})"
        choices: list[Callable[[], str]] = [
            lambda: f"({self.truth(device, depth - 1)} and {self.truth(device, depth - 1)})",
            lambda: f"({self.truth(device, depth - 1)} or {self.truth(device, depth - 1)})",
            lambda: f"(not {self.truth(device, depth - 1)})",
            lambda: f"({self.truth(device, depth - 1)} for {self.duration()})",
            lambda: f"({self.number(device, depth - 1)} {self.one('>', '<=', '!=')} {self.number(device, depth - 1)})",
            lambda: f"(no {self.one('x', 'n', 'flag')} for {self.duration()})",
            lambda: f"(no (flag becomes true) for {self.duration()})",
            lambda: f"(no told for {self.duration()})",
            lambda: f"(build {self.one('<', '>=', '==')} {self.one('2.1', '2.10')})",
        ]
        if self.numbers[device]:
            choices.append(lambda: f"({self.one(*self.numbers[device])} > {self.constant()})")
        return self.draw(st.sampled_from(choices))()

    def event(self, device: str) -> str:
        choices: tuple[Callable[[], str], ...] = (
            lambda: f"flag becomes {self.one('true', 'false')}",
            lambda: f"x {self.one('rises above', 'falls below')} {self.constant()}",
            # Of constants alone it would be a step that speaks of nothing new, which is not executed.
            lambda: f"({self.truth(device, 1)} or flag and not flag) becomes {self.one('true', 'false')}",
            lambda: f"flag becomes true and {self.truth(device, 1)}",
            lambda: self.one("told", "told and told.level > 1", f"told and {self.truth(device, 1)}", "recent"),
        )
        return self.draw(st.sampled_from(choices))()

    # --- Items -------------------------------------------------------------------------------------------------------

    def window(self, device: str, of: str = "") -> str:
        """A window's value over samples of a device; `of` qualifies fields in a group (`A.`)."""
        if self.chance(20):
            return recent.window(self, device, of)
        where = f" where {of}flag" if self.chance(25) else ""
        where = where or (f" where fresh({of}n) > 0" if self.chance(15) else "")
        where = where or (f' where starts_with({of}word, "u")' if self.chance(10) else "")
        where = where or (f" where limits({of}n).most > 0" if self.lookups and self.chance(15) else "")
        span = self.one(*(WINDOWS * 2 + CALENDARS))
        if self.chance(20):
            return f"{self.one('count', 'share')}({of}x > {self.constant()}{where} over {span})"
        if self.chance(15):
            return f"count({of}{self.one('flag becomes true', 'x rises above 1')} over {span})"
        if not of and self.chance(10):  # a group's rule compares what its signals give with numbers
            return f"{self.one('first', 'last')}({self.one('word', 'upper(word)')}{where} over {span})"
        looked_up = [one.format(of) for one in tables.SAMPLED] if self.lookups else []
        argument = self.one(f"{of}x", f"{of}n", f"{of}x + {of}n", f"{of}x else 0", *looked_up)
        return f"{self.one(*AGGREGATES)}({argument}{where} over {span})"

    def signal(self, index: int, device: str) -> str:
        name = f"s{index}"
        kind = self.draw(st.integers(0, 9))
        if kind <= 2:
            text = f"signal {name} for {device} = {self.number(device)}"
            self.numbers[device].append(name)
        elif kind <= 5:
            text = f"signal {name} for {device} = {self.truth(device)}"
            self.bools[device].append(name)
        elif kind == 6 and self.paced[device]:
            inner = self.one(*self.paced[device])
            text = f"signal {name} for {device} = {self.one(*ORDERED)}({inner} over {self.one(*OUTER_WINDOWS)})"
            self.numbers[device].append(name)
        elif kind == 7:
            value, what = detectors.detector(self, device)
            text = f"signal {name} for {device} = {value}"
            self.bools[device] += [name] if what == "bool" else []
            self.numbers[device] += [name] if what == "number" else []
        else:
            span = self.window(device)
            text = f"signal {name} for {device} = {span}"
            if not span.startswith(UNLIKE_CONSTANTS):
                self.numbers[device].append(name)
                self.paced[device] += [name] if "every" in span and "today" not in span else []
        return text

    def group_signal(self, index: int) -> tuple[str, str]:
        """The text, and the domain."""
        domain = self.one("by site", "by site", "by site, floor", "")
        device = self.one(*self.devices)
        kind = self.draw(st.integers(0, 5))
        if kind == 0:
            value = f"count({device})"
        elif kind == 1:
            value = f"{self.one(*OVER_MEMBERS)}({device}.{self.one('x', 'n')})"
        elif kind == 2:
            condition = self.one(f"{device}.flag", f'contains({device}.word, "u")')
            value = f"{self.one('sum', 'max', 'count')}({device}.x where {condition})"
        elif kind == 3:
            value = f"count({device} where {device}.x > {self.constant()})"
            if self.lookups and "site" in domain:
                value += " + (areas(site, true).size else 0)"
        else:
            value = self.window(device, f"{device}.")
        return f"signal g{index} {domain} = {value}", domain

    def pattern(self, device: str) -> str:
        if self.chance(50):
            return composed(self, device)
        steps = self.draw(st.integers(1, 3))
        conditions = [self.one(self.event(device), f"{self.truth(device, 1)}") for _ in range(steps)]
        text = conditions[0]
        if steps > 1 and text.startswith("(no "):
            text = f"({text} and flag)"  # absence has no event that could be named
        if steps > 1:
            text += " as first"
            conditions[1] = self.one(conditions[1], f"x > first.x + {self.constant()}", "x >= first.n and flag")
        for condition in conditions[1:]:
            text += f" then ({condition} and flag)" if condition.startswith("(no ") else f" then {condition}"
        unless = f" unless {self.one(self.event(device), self.truth(device, 1))}" if self.chance(30) else ""
        return f"{text}{unless} within {self.duration()}" if steps > 1 or unless else text

    def rule(self, index: int, device: str, patterns: list[str]) -> tuple[str, bool]:
        """The text, and whether the rule is latched."""
        when = f"({self.pattern(device)})" if self.chance(15) else ""
        when = when or (self.one(*patterns) if patterns and self.chance(15) else "")
        momentary = waits = bool(when)
        if not when:
            momentary = self.chance(25)
            when = self.event(device) if momentary else self.truth(device)
            if not momentary and self.chance(30):
                when = f"{when} for {self.duration()}"
        clauses = [f"when {when}"]
        name = raised.name_in(self.named.get(when, when))
        if name is not None and self.chance(60):
            clauses.append(f"until {raised.until(self, device, name)}")
        elif self.chance(35):
            clauses.append(f"until {self.truth(device, 1)}")
        if self.chance(30):
            clauses.append(f"cooldown {self.duration()}")
        if self.chance(30) and (not momentary or clauses[-1].startswith("until")):
            clauses.append(f"repeat every {self.duration()}")
        if self.chance(20):
            clauses.append(f"hold for {self.duration()}")
        latched = self.chance(15)
        if latched:
            clauses.append("latched")
        if self.chance(10):
            clauses.append('schedule "00:00".."06:00" in "Europe/Oslo"')
        clauses += doing.limits(self)
        others = self.rules.setdefault(device, [])
        if others and not waits and self.chance(25):
            clauses.append(f"inhibited by {self.one(*others)}")
        others.append(f"r{index}")
        clauses.append('do { alert "{id}: {x}, {n}, {word}, {upper(word)}, {at}, {last(x).time}"')
        if name is not None:
            clauses[-1] += f' alert "{{{name}.x}}, {{{name}.time}}"'
        clauses.append('if x > 1 { emit high(x: x) } else { alert "{flag}" } }')
        ends = not momentary or any(clause.startswith(("until", "hold", "latched")) for clause in clauses)
        if ends and self.chance(25):
            clauses[-1] = f"{clauses[-1][:-2]} {doing.of_device(self, device)} }}"
        if ends and self.chance(30):
            of_match = "" if name is None else raised.on_clear(self, name)
            clauses.append(f'on clear {{ alert "{{id}} is well: {{x}}" severity info {of_match} }}')
        return f"rule r{index} for {device} {{ {' '.join(clauses)} }}", latched

    def group_rule(self, index: int, signal: str, domain: str) -> str:
        when = f"{signal} > {self.constant()}"
        if self.chance(30):
            when += f" for {self.duration()}"
        clauses = [f"when {when}"]
        if self.chance(30):
            clauses.append(f"until {signal} < {self.constant()}")
        if self.chance(30):
            clauses.append(f"cooldown {self.duration()}")
        if self.chance(20):
            clauses.append(f"repeat every {self.duration()}")
        shown = "{site}: " if domain else ""
        clauses += doing.limits(self)
        acting = doing.of_group(self, signal) if self.chance(60) else ""
        clauses.append(f'do {{ alert "{shown}{{{signal}}}" {acting} }}')
        if self.chance(30):
            clauses.append(f"on clear {{ {doing.of_group(self, signal)} }}")
        return f"rule q{index} {domain} {{ {' '.join(clauses)} }}"


def _device(draw: Draw, name: str, late: bool, revising: bool) -> tuple[str, bool]:
    stale = draw(st.sampled_from(["", "stale after 3 s", "stale after 8 s", "every 2 s"]))
    clauses = []
    if late and draw(st.booleans()):
        clauses.append(f"lateness {draw(st.sampled_from([1, 5, 12]))} s")
    if revising:
        clauses.append(f"revise {draw(st.sampled_from([2, 10, 30]))} s")
    clauses.append(draw(st.sampled_from(["", "idle after 10 s", "idle after 1 h"])))
    maximum = draw(st.sampled_from(["", "", "max 3"]))
    own = members(stale, draw(st.sampled_from(["", "stale after 5 s"])))
    text = f"""device {name} {maximum} {{
{own}{doing.MEMBERS}
    {chr(10).join(clauses)}
}}"""
    return text, bool(stale)


def members(of_x: str = "", of_n: str = "") -> str:
    """What every device has of which `Writing` speaks; what is said of `x` and `n` besides: how often, how long."""
    return f"""    property  site: text
    property  floor: text
    property  word: text
    telemetry x: float {of_x}
    telemetry n: int {of_n}
    telemetry flag: bool
    telemetry at: Point
    property  build: version
    event     told(level: int)
    event     recent() since build 2.1"""


@st.composite
def programs(draw: Draw, late: bool = True, revising: bool = False, groups: bool = True) -> Program:
    """A program that compiles. `late`: devices may declare lateness; `revising`: all declare `revise`; `groups`:
    there are signals by site, and of all."""
    names = draw(st.sampled_from([("A",), ("A", "B")]))
    devices = {name: _device(draw, name, late, revising) for name in names}
    writing = Writing(
        draw,
        names,
        {name: stale for name, (_, stale) in devices.items()},
        {name: "x: float every" in text for name, (text, _) in devices.items()},
        {name: "lateness" not in text for name, (text, _) in devices.items()},
        numbers={name: [] for name in names},
        paced={name: [] for name in names},
        bools={name: [] for name in names},
        lookups=draw(st.booleans()),
    )
    items = [text for text, _ in devices.values()]
    patterns: dict[str, list[str]] = {name: [] for name in names}
    latched: list[tuple[str, str]] = []
    for index in range(draw(st.integers(0, 4))):
        items.append(writing.signal(index, writing.one(*names)))
    for index in range(draw(st.integers(0, 1))):
        device = writing.one(*names)
        writing.named[f"p{index}"] = writing.pattern(device)
        items.append(f"pattern p{index} for {device} = {writing.named[f'p{index}']}")
        patterns[device].append(f"p{index}")
    for index in range(draw(st.integers(0, 3))):
        device = writing.one(*names)
        text, is_latched = writing.rule(index, device, patterns[device])
        items.append(text)
        latched += [(f"r{index}", device)] if is_latched else []
    seen: list[str] = []
    for index in range(draw(st.integers(0, 2)) if groups else 0):
        text, domain = writing.group_signal(index)
        items.append(text)
        if "rate(" not in text and writing.chance(40):
            items.append(writing.group_rule(index, f"g{index}", domain))
        seen += [f"g{index}"] if "rate(" not in text else []
    if seen and writing.chance(50):
        items += group_values.seers(writing, seen)
    head = (
        "module random\nimport std.geo (circle, distance, inside)\n"
        + detectors.IMPORTS
        + "let yard = circle(Point(0, 0.5), 40 km)\n"
        + (draw(tables.tables()) if writing.lookups else "")
    )
    text = head + "\n".join(items) + "\n"
    return Program(text, compile_program(text), tuple(latched))


@st.composite
def inputs_of(draw: Draw, program: Program, moves: bool = False, most: int = 40) -> list[Input]:
    """Messages with fields missing, out of order within and beyond any lateness, at equal times and after gaps; marks;
    acknowledgements. Devices keep their site and floor; with `moves` they may move."""
    kinds = [device.name for device in program.plan.devices]
    events = "event     told" in program.text
    clock = BEGIN
    out: list[Input] = []
    for _ in range(draw(st.integers(1, most))):
        clock += draw(st.sampled_from([0, 0, 1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 20, 60, 400])) * QUARTER
        device, id_ = draw(st.sampled_from(kinds)), draw(st.sampled_from(["a", "b", "c", "d"]))
        kind = draw(st.integers(0, 19))
        if kind == 0 and program.latched:
            rule, of = draw(st.sampled_from(program.latched))
            key = next((one.id for one in out if isinstance(one, Message) and one.device == of), id_)
            out.append(Acknowledge(rule, (key,), clock))
        elif kind <= 2:
            out.append(Mark(device, id_, clock))
        else:
            behind = draw(st.sampled_from([0, 0, 0, 1, 4, 12, 40, 80])) * QUARTER
            out.append(Message(device, id_, clock - behind, _fields(draw, id_, moves, events)))
    if draw(st.booleans()):
        out += [Mark(kind, id_, clock + 1) for kind in kinds for id_ in "abcd"]
    return out


def _fields(draw: Draw, id_: str, moves: bool, events: bool) -> dict[str, Value]:
    site = draw(st.sampled_from(["u", "v"])) if moves else "u" if id_ in "ab" else "v"
    floor = draw(st.sampled_from(["1", "2"])) if moves else "1" if id_ in "abc" else "2"
    possible: dict[str, st.SearchStrategy[Value]] = {
        "site": st.just(site),
        "floor": st.just(floor),
        "word": st.sampled_from(texts.WORDS),
        "x": st.integers(-4, 20).map(lambda q: q / 4),
        "n": st.integers(0, 3),
        "flag": st.booleans(),
        "at": st.tuples(st.just(0.0), st.integers(0, 4).map(lambda q: q / 4)),
    }
    if events:
        possible["told"] = st.booleans()
        possible["told.level"] = st.integers(0, 3)
        possible["recent"] = st.just(True)
        possible["build"] = st.sampled_from(["2.0.9", "2.1", "2.1.0", "2.10"])
    carried = draw(st.sets(st.sampled_from(sorted(possible)), max_size=5))
    return {name: draw(possible[name]) for name in sorted(carried)}


def batchings(count: int) -> st.SearchStrategy[list[int]]:
    """Sizes of batches of so many inputs; the last size is repeated."""
    return st.lists(st.integers(1, max(count, 1)), min_size=1, max_size=6)
