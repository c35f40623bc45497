"""Random trees make the round trip through text; random text makes diagnostics, never an exception."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from headgate.dsl import nodes
from headgate.dsl.parse import parse
from headgate.dsl.render import render, to_json
from headgate.dsl.source import SourceText
from headgate.dsl.tree_reading import RESERVED
from headgate.dsl.unparse import unparse

FLEET = (Path(__file__).parents[2] / "examples" / "fleet" / "fleet.iot").read_text(encoding="utf-8")
KEYWORDS = [
    "load",
    "status",
    "time",
    "max",
    "when",
    "until",
    "do",
    "in",
    "every",
    "rule",
    "signal",
    "keep",
    "today",
    "m",
]

# --- Trees -----------------------------------------------------------------------------------------------------------

names = st.sampled_from([*KEYWORDS, "a", "b", "temp", "Truck", "x_1"]) | st.from_regex(
    r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True
).filter(lambda name: name not in RESERVED)
characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters, max_size=8) | st.sampled_from(["{", "}", "{{x}}", '"', "\\", "\n", "\\u{41}", ""])
numbers = st.builds(nodes.Number, st.sampled_from(["0", "1", "4_000", "1.5", "2e3", "1.5E-3", "007"]))
quantities = st.builds(
    nodes.Quantity,
    st.tuples(
        st.tuples(st.sampled_from(["1", "2.5"]), st.sampled_from(["degC", "km/h", "m3/h", "%", "min", "kg.m/s2", "m"]))
    )
    | st.just((("2", "min"), ("10", "s"))),
)
constants = st.builds(nodes.Bool, st.booleans()) | st.builds(nodes.Absent)
literals = numbers | quantities | st.builds(nodes.Text, texts) | constants
atoms: st.SearchStrategy[nodes.Expr] = literals | st.builds(nodes.Name, names)
durations = quantities | st.builds(nodes.Name, names)


def nested(inner: st.SearchStrategy[nodes.Expr]) -> st.SearchStrategy[nodes.Expr]:
    return st.one_of(
        st.builds(nodes.Member, inner, names),
        st.builds(nodes.Call, names, st.lists(arguments(inner), max_size=3).map(tuple)),
        st.builds(nodes.Negate, inner),
        st.builds(nodes.Arithmetic, st.sampled_from(["+", "-", "*", "/"]), inner, inner),
        st.builds(nodes.Compare, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), inner, inner),
        st.builds(nodes.Logic, st.sampled_from(["and", "or"]), inner, inner),
        st.builds(nodes.Not, inner),
        st.builds(nodes.Is, inner, st.sampled_from(["absent", "stale"]), st.booleans()),
        st.builds(nodes.Otherwise, inner, inner),
        st.builds(nodes.Conditional, inner, inner, inner),
        st.builds(nodes.Becomes, inner, inner),
        st.builds(nodes.Crosses, inner, st.sampled_from(["rises above", "falls below"]), inner),
        st.builds(nodes.Holds, inner, durations | inner),
        st.builds(nodes.Quiet, inner, durations | inner),
    )


def windows(inner: st.SearchStrategy[nodes.Expr]) -> st.SearchStrategy[nodes.Window]:
    every = st.none() | durations | inner
    calendars = st.sampled_from(["today", "this_week", "this_month", "this_year"])
    return st.one_of(
        st.builds(nodes.Window, st.just("span"), length=durations | inner, every=every),
        st.builds(nodes.Window, st.just("samples"), count=numbers | inner, every=every),
        st.builds(nodes.Window, st.just("session"), length=durations | inner, every=every),
        st.builds(nodes.Window, st.just("calendar"), calendar=calendars, zone=st.none() | texts, every=every),
    )


def arguments(inner: st.SearchStrategy[nodes.Expr]) -> st.SearchStrategy[nodes.Argument]:
    return st.builds(nodes.Argument, inner, st.none() | names, st.none() | inner, st.none() | windows(inner))


expressions: st.SearchStrategy[nodes.Expr] = st.recursive(atoms, nested, max_leaves=12)
small: st.SearchStrategy[nodes.Expr] = st.recursive(atoms, nested, max_leaves=3)


def templates(inner: st.SearchStrategy[nodes.Expr]) -> st.SearchStrategy[nodes.Template]:
    """Texts and expressions in the form that reading them gives: no empty texts, none beside another."""
    filled = st.text(characters, min_size=1, max_size=5) | st.sampled_from(["{", "}", '"', "\\"])
    pairs = st.lists(st.tuples(st.none() | filled, inner), max_size=2)
    return st.builds(
        lambda pairs, last: nodes.Template(
            tuple(part for pair in [*pairs, (last, None)] for part in pair if part is not None)
        ),
        pairs,
        st.none() | filled,
    )


filled_templates = templates(small).filter(lambda t: any(not isinstance(part, str) for part in t.parts))
sent = st.builds(nodes.Argument, small | filled_templates, names)
sends = st.builds(nodes.Send, names, st.lists(sent, max_size=2).map(tuple))
emits = st.builds(nodes.Emit, names, st.lists(sent, max_size=2).map(tuple))
alerts = st.builds(nodes.Alert, templates(small), st.none() | names)
blocks: st.SearchStrategy[tuple[nodes.Action, ...]] = st.lists(
    st.recursive(
        sends | emits | alerts,
        lambda inner: st.builds(
            nodes.If, small, st.lists(inner, max_size=2).map(tuple), st.lists(inner, max_size=2).map(tuple)
        ),
        max_leaves=3,
    ),
    max_size=2,
).map(tuple)

domains = (
    st.none()
    | st.builds(nodes.ForDevice, names)
    | st.builds(nodes.ByProperties, st.lists(names, min_size=1, max_size=2, unique=True).map(tuple))
)
steps = st.builds(nodes.Step, small, st.none() | names)
sequences = st.lists(steps, min_size=2, max_size=3).map(
    lambda parts: nodes.Sequence(tuple(parts), ("then",) * (len(parts) - 1))
)
patterns = st.builds(nodes.Pattern, steps | sequences, st.none() | small, st.none() | durations)
longer_patterns = patterns.filter(
    lambda p: not isinstance(p.body, nodes.Step) or bool(p.body.name or p.unless or p.within)
)
type_names = st.sampled_from(["float", "text", "Point", "degC", "L/h", "percent", "1/min", "m[H2O]"])
choices = st.lists(names, min_size=1, max_size=3, unique=True).map(tuple)
types = st.builds(nodes.TypeName, type_names) | st.builds(nodes.TypeName, st.just("enum"), choices)
bounds = st.none() | st.builds(nodes.Bounds, small, small)
properties = st.builds(nodes.Property, names, types, bounds, st.booleans(), st.booleans())
telemetries = st.builds(nodes.Telemetry, names, types, bounds, st.none() | durations, st.none() | small, st.booleans())
parameters = st.builds(nodes.Parameter, names, types, bounds, st.none() | small)
commands = st.builds(
    nodes.Command,
    names,
    st.lists(parameters, max_size=2, unique_by=lambda parameter: parameter.name).map(tuple),
    st.booleans(),
    st.booleans(),
    st.none() | names,
    st.none() | durations,
    st.none() | small,
)
devices = st.builds(
    nodes.Device,
    names,
    st.lists(properties | telemetries | commands, max_size=3).map(tuple),
    st.none() | numbers | small,
    st.none() | durations,
    st.none() | durations,
    st.none() | small,
)
mappings = st.builds(nodes.Mapping, names, small, st.none() | st.sampled_from(["ms", "ratio", "km/h"])) | names.map(
    lambda name: nodes.Mapping(name, nodes.Name(name))
)
sources = st.builds(
    nodes.Source,
    names,
    names,
    names,
    st.lists(mappings, max_size=3, unique_by=lambda mapping: mapping.field).map(tuple),
    st.none() | small,
)
days = st.sampled_from(["mon", "tue", "sun"])
hours = st.sampled_from(["00:00", "08:30", "24:00"])
schedules = st.builds(nodes.Schedule, hours, hours, zone=st.none() | texts) | st.builds(
    nodes.Schedule, hours, hours, days, days, st.none() | texts
)
rules = st.builds(
    nodes.Rule,
    names,
    domains,
    small | longer_patterns,
    until=st.none() | small,
    severity=st.none() | names,
    cooldown=st.none() | durations,
    repeat_every=st.none() | small,
    hold_for=st.none() | durations,
    latched=st.booleans(),
    schedule=st.none() | schedules,
    do=blocks,
    on_clear=blocks,
)
columns = st.lists(names, min_size=1, max_size=2).map(tuple)


@st.composite
def tables(draw: st.DrawFn) -> nodes.Table:
    inputs, outputs = draw(columns), draw(columns)
    row = st.builds(
        nodes.TableRow,
        st.tuples(*[small for _ in inputs]),
        st.tuples(*[small for _ in outputs]),
    )
    return nodes.Table(draw(texts), draw(names), draw(names), inputs, outputs, tuple(draw(st.lists(row, max_size=3))))


items = st.one_of(
    st.builds(nodes.Let, names, expressions),
    st.builds(nodes.Signal, names, domains, expressions),
    st.builds(nodes.PatternItem, names, domains, patterns),
    devices,
    sources,
    rules,
    tables(),
)
imports = st.builds(nodes.Import, st.just("std.geo"), st.lists(names, min_size=1, max_size=2).map(tuple))
programs = st.builds(
    nodes.Program, names, st.lists(imports, max_size=2).map(tuple), st.lists(items, max_size=3).map(tuple)
)


@given(expressions)
def test_every_expression_survives_the_way_to_text_and_back(value: nodes.Expr) -> None:
    program = nodes.Program("m", (), (nodes.Let("v", value),))
    text = unparse(program)
    parsed, problems = parse(SourceText("random.iot", text))
    assert list(problems) == [], text
    assert parsed == program, text


@given(programs)
def test_every_program_survives_the_way_to_text_and_back(program: nodes.Program) -> None:
    text = unparse(program)
    parsed, problems = parse(SourceText("random.iot", text))
    assert list(problems) == [], text
    assert parsed == program, text
    assert unparse(parsed) == text


# --- Text ------------------------------------------------------------------------------------------------------------


def report_everything(text: str) -> None:
    source = SourceText("fuzz.iot", text)
    _, problems = parse(source)
    for diagnostic in problems:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        assert diagnostic.title
        assert render(diagnostic, source, color=True)
        assert to_json(diagnostic, source)["code"] == diagnostic.code


fragments = st.sampled_from(
    [
        *("module m\n", "rule r for T {", "\nrule ", "}\n", "{", "}", "(", ")", "[", '"', "'", "\\", "{x}"),
        *('"{', '}"', "#", "\n", "when ", "until ", "do ", "if ", " else ", "alert ", "send ", " over ", " every "),
        *(" for ", "no ", "not ", "all of ", "device D {", "telemetry ", "property ", "command c(", "keep "),
        *("source s: json for D {", "signal ", "let ", "table ", "5 min", "5", "8 celsius", "2 min 10 s", "1.2.3"),
        *("..", "->", "==", "=", "&&", "?", ":", ",", ".", "-", "/", "°", "µ", "then ", "as ", "unless ", "within "),
        *("times", "at least", "absent", "true", "becomes ", "rises above ", "é", "\x00", "\t"),
    ]
)


@given(st.text(max_size=60) | st.lists(fragments, max_size=25).map("".join))
def test_no_text_raises(text: str) -> None:
    report_everything(text)
    report_everything("module m\n" + text)


@given(st.data())
def test_no_damage_to_a_program_raises(data: st.DataObject) -> None:
    text = FLEET
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 40)))
        text = text[:start] + data.draw(fragments | st.text(max_size=3)) + text[end:]
    report_everything(text)


@given(st.integers(0, len(FLEET)))
def test_every_beginning_of_a_program_is_reported(length: int) -> None:
    report_everything(FLEET[:length])
