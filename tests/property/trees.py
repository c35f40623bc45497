"""Arbitrary trees of the whole language: every program that the parser can make, as far as chance finds it.

    @given(programs)
    def test_something(program: nodes.Program) -> None: ...

Trees say nothing sensible; they respect the shape of the language only: normal forms of patterns, values where values
may stand, names that are no reserved words.
"""

from typing import Any, TypeVar

from hypothesis import strategies as st

from headgate.dsl import nodes
from headgate.dsl.tree_reading import RESERVED
from headgate.grammar.units import unit_names

_T = TypeVar("_T")

KEYWORDS = (
    *("load", "status", "time", "max", "when", "until", "do", "in", "every", "rule", "signal", "keep", "today", "m"),
    *("to", "from", "at", "step", "ramp", "twin", "none", "done", "first", "last", "within", "after", "since", "set"),
    *("expect", "given", "fault", "acknowledge", "private", "idempotent", "once", "run", "undo", "link", "process"),
    *("for", "by", "as", "then", "optional", "greedy", "lazy", "while", "session", "gap", "samples", "state", "d"),
    *("expires", "on", "latched", "settle", "raised", "started", "confirmed", "of", "device", "clock", "severity"),
)
"""Words that mean something somewhere, and may be names elsewhere."""


def closed(strategy: st.SearchStrategy[_T]) -> st.SearchStrategy[_T]:
    """The same, without showing what it is made of in what is made of it: that would be a book."""
    return st.just(None).flatmap(lambda _: strategy)


names = closed(
    st.sampled_from([*(word for word in KEYWORDS if word not in RESERVED), "a", "b", "temp", "Truck", "x_1"])
    | (st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True).filter(lambda name: name not in RESERVED))
)
labels = names | st.sampled_from(["within", "over", "for", "where"])
_NOT_BEHIND_A_NUMBER = frozenset(unit_names()) | {"acknowledge"}
plain_names = names.filter(lambda name: name not in _NOT_BEHIND_A_NUMBER)
"""Names that may stand behind a number or a time: there a unit would belong to it, and `acknowledge` is no device."""
characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters, max_size=8) | st.sampled_from(["{", "}", "{{x}}", '"', "\\", "\n", "\\u{41}", "", "#"])


def some(strategy: st.SearchStrategy[_T], least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[_T, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def distinct(
    strategy: st.SearchStrategy[_T], by: str | None = None, least: int = 0, most: int = 3
) -> st.SearchStrategy[tuple[_T, ...]]:
    """Several of which no two have the same name."""
    key = None if by is None else lambda thing: getattr(thing, by)
    return st.lists(strategy, min_size=least, max_size=most, unique_by=key or (lambda thing: thing)).map(tuple)


def maybe(strategy: st.SearchStrategy[_T]) -> st.SearchStrategy[_T | None]:
    return st.none() | strategy


# --- Expressions -----------------------------------------------------------------------------------------------------

numbers = st.builds(nodes.Number, st.sampled_from(["0", "1", "4_000", "1.5", "2e3", "1.5E-3", "007"]))
whole_numbers = st.builds(nodes.Number, st.sampled_from(["0", "1", "2", "40"]))
versions = st.builds(nodes.Version, st.sampled_from(["2.1.0", "10.0.12.3"]))
quantities = st.builds(
    nodes.Quantity,
    st.tuples(
        st.tuples(st.sampled_from(["1", "2.5"]), st.sampled_from(["degC", "km/h", "m3/h", "%", "min", "kg.m/s2", "m"]))
    )
    | st.just((("2", "min"), ("10", "s"))),
)
booleans = st.builds(nodes.Bool, st.booleans())
literals = numbers | versions | quantities | st.builds(nodes.Text, texts) | booleans | st.builds(nodes.Absent)
variables = st.builds(nodes.Name, names)
atoms: st.SearchStrategy[nodes.Expr] = literals | variables
durations = quantities | variables
functions = names | st.sampled_from(["all", "any", "mean", "Point"])


def _nested(inner: st.SearchStrategy[nodes.Expr]) -> st.SearchStrategy[nodes.Expr]:
    return st.one_of(
        st.builds(nodes.Member, inner, names),
        st.builds(nodes.Call, functions, some(_arguments(inner))),
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
        st.builds(nodes.Sent, names),
        st.builds(nodes.Expires, names),
    )


def _windows(inner: st.SearchStrategy[nodes.Expr]) -> st.SearchStrategy[nodes.Window]:
    every = maybe(durations | inner)
    calendars = st.sampled_from(["today", "this_week", "this_month", "this_year"])
    length = durations | inner
    return st.one_of(
        st.builds(nodes.Window, st.just("span"), length=length, every=every),
        st.builds(nodes.Window, st.just("samples"), count=numbers | inner, every=every),
        st.builds(nodes.Window, st.just("session"), length=length, maximum=maybe(length), every=every),
        st.builds(nodes.Window, st.just("calendar"), calendar=calendars, zone=maybe(texts), every=every),
        st.builds(nodes.Window, st.just("while"), condition=inner, every=every),
    )


def _arguments(inner: st.SearchStrategy[nodes.Expr]) -> st.SearchStrategy[nodes.Argument]:
    return st.builds(nodes.Argument, inner, maybe(labels), maybe(inner), maybe(_windows(inner)))


expressions: st.SearchStrategy[nodes.Expr] = closed(st.recursive(atoms, _nested, max_leaves=12))
small: st.SearchStrategy[nodes.Expr] = closed(st.recursive(atoms, _nested, max_leaves=3))
arguments = _arguments(small)
calls = st.builds(nodes.Call, names, some(arguments, most=2))
counts = whole_numbers | variables | small
lengths = durations | small


def templates(inner: st.SearchStrategy[nodes.Expr]) -> st.SearchStrategy[nodes.Template]:
    """Texts and expressions in the form that reading them gives: no empty texts, none beside another."""
    filled = st.text(characters, min_size=1, max_size=5) | st.sampled_from(["{", "}", '"', "\\"])
    pairs = st.lists(st.tuples(maybe(filled), inner), max_size=2)
    return st.builds(
        lambda pairs, last: nodes.Template(
            tuple(part for pair in [*pairs, (last, None)] for part in pair if part is not None)
        ),
        pairs,
        maybe(filled),
    )


# --- Patterns --------------------------------------------------------------------------------------------------------

steps = st.builds(nodes.Step, small, maybe(names)) | st.builds(nodes.Step, small, st.none(), st.just(True))


@st.composite
def _repeats(draw: st.DrawFn, inner: st.SearchStrategy[nodes.Part]) -> nodes.Repeat:
    """The first count before `times` is a number or a name; after a name, so is the second."""
    # A word that means something behind a step (`at least`) is not taken for a count's name.
    variables = st.builds(nodes.Name, plain_names.filter(lambda name: name not in KEYWORDS))
    first: nodes.Expr = draw(whole_numbers | variables)
    least: nodes.Expr
    most: nodes.Expr | None
    if draw(st.booleans()):
        least, most = draw(counts), None
    elif isinstance(first, nodes.Name):
        least, most = first, draw(whole_numbers | variables)
    else:
        least, most = first, draw(st.just(first) | counts)
    mode: Any = draw(st.sampled_from([None, "greedy", "lazy"]))
    return nodes.Repeat(draw(inner), least, most, mode, draw(maybe(small)))


def _sequences(inner: st.SearchStrategy[nodes.Part]) -> st.SearchStrategy[nodes.Sequence]:
    """Sequences in sequences are flat."""
    links: Any = st.sampled_from(["then", "then next", "then each"])
    parts = inner.filter(lambda part: not isinstance(part, nodes.Sequence))
    return st.lists(st.tuples(parts, links), min_size=2, max_size=3).map(
        lambda pairs: nodes.Sequence(tuple(part for part, _ in pairs), tuple(link for _, link in pairs[:-1]))
    )


skips = st.builds(nodes.Skip, st.sampled_from(["none", "next", "past last"])) | st.builds(
    nodes.Skip, st.sampled_from(["to first", "to last"]), names
)


def _with_ends(body: st.SearchStrategy[nodes.Part]) -> st.SearchStrategy[nodes.Pattern]:
    return st.builds(nodes.Pattern, body, maybe(small), maybe(lengths), maybe(skips))


def _has_ends(pattern: nodes.Pattern) -> bool:
    return (pattern.unless, pattern.within, pattern.skip) != (None, None, None)


def _needs_parentheses(group: nodes.Group) -> bool:
    """Whether this is how the parser says it: parentheses around what could do without are not kept."""
    if _has_ends(group.pattern):
        return True
    body = group.pattern.body
    nameless = isinstance(body, nodes.Step | nodes.AllOf | nodes.AnyOf) and body.name is None
    nameless = nameless and not (isinstance(body, nodes.Step) and body.absent)
    return group.name is not None and not nameless


def _parts(inner: st.SearchStrategy[nodes.Part]) -> st.SearchStrategy[nodes.Part]:
    groups = st.builds(nodes.Group, _with_ends(inner), maybe(names)).filter(_needs_parentheses)
    return st.one_of(
        groups,
        st.builds(nodes.AllOf, some(inner, 2), maybe(names)),
        st.builds(nodes.AnyOf, some(inner, 2), maybe(names)),
        _repeats(inner),
        _sequences(inner),
    )


parts: st.SearchStrategy[nodes.Part] = closed(st.recursive(steps, _parts, max_leaves=5))
patterns = _with_ends(parts).filter(
    # A whole pattern in parentheses is that pattern.
    lambda pattern: not isinstance(pattern.body, nodes.Group) or pattern.body.name is not None or _has_ends(pattern)
)
written_patterns = patterns.filter(
    # A step without a name or an end is, in a `when`, an expression.
    lambda pattern: not isinstance(pattern.body, nodes.Step) or pattern.body.name is not None or _has_ends(pattern)
)

# --- Devices ---------------------------------------------------------------------------------------------------------

type_names = st.sampled_from(["float", "text", "Point", "degC", "L/h", "percent", "1/min", "m[H2O]", "version"])
types = st.builds(nodes.TypeName, type_names) | st.builds(nodes.TypeName, st.just("enum"), distinct(names, least=1))
bounds = maybe(st.builds(nodes.Bounds, small, small))
since = maybe(st.builds(nodes.Since, names, numbers | versions))
parameters = closed(distinct(st.builds(nodes.Parameter, names, types, bounds, maybe(small)), "name", most=2))
domains = maybe(st.builds(nodes.ForDevice, names) | st.builds(nodes.ByProperties, distinct(names, least=1, most=2)))
members = st.one_of(
    st.builds(nodes.Property, names, types, bounds, st.booleans(), st.booleans(), since),
    st.builds(nodes.Telemetry, names, types, bounds, maybe(lengths), maybe(lengths), st.booleans(), since),
    st.builds(nodes.Event, names, parameters, st.booleans(), since),
    st.builds(nodes.Relationship, names, names, maybe(counts), st.booleans(), since),
    st.builds(
        nodes.Command,
        names,
        parameters,
        idempotent=st.booleans(),
        relative=st.booleans(),
        protected=st.booleans(),
        resource=maybe(names),
        ack_within=maybe(lengths),
        done_within=maybe(lengths),
        expires=maybe(lengths),
        retry=maybe(st.builds(nodes.Retry, counts) | st.builds(nodes.Retry, counts, lengths, lengths)),
        confirm=maybe(st.builds(nodes.Confirm, small, lengths)),
        undo=maybe(calls),
        when_busy=maybe(st.sampled_from(["queue", "supersede", "reject", "merge", "preempt"])),
        since=since,
    ),
)
devices = st.builds(nodes.Device, names, some(members), maybe(counts), maybe(lengths), maybe(lengths), maybe(lengths))
mappings = st.builds(nodes.Mapping, names, small, maybe(st.sampled_from(["ms", "ratio", "km/h"]))) | names.map(
    lambda name: nodes.Mapping(name, nodes.Name(name))
)
uniques = st.builds(nodes.Unique, small, lengths, maybe(types))
sources = st.builds(nodes.Source, names, names, names, distinct(mappings, "field"), maybe(small), maybe(uniques))
targets = st.builds(
    nodes.Target, names, names, distinct(names, most=2), distinct(st.builds(nodes.Budget, plain_names, small), "what")
)

# --- Rules and procedures --------------------------------------------------------------------------------------------

sent_values = small | templates(small).filter(lambda t: any(not isinstance(part, str) for part in t.parts))
sent = some(st.builds(nodes.Argument, sent_values, maybe(labels), maybe(small), maybe(_windows(small))), most=2)
each = maybe(st.builds(nodes.Each, names, maybe(small)))
simple_actions: st.SearchStrategy[nodes.Action] = st.one_of(
    st.builds(nodes.Alert, templates(small), maybe(names)),
    st.builds(nodes.Emit, names, sent),
    st.builds(nodes.Send, names, sent, each),
    st.builds(nodes.Run, names, sent),
    st.builds(nodes.Set, names, small),
    st.builds(nodes.Undo),
)
actions = closed(
    st.recursive(
        simple_actions,
        lambda inner: st.builds(nodes.If, small, some(inner, most=2), some(inner, most=2)),
        max_leaves=3,
    )
)
blocks = some(actions, most=3)
days = st.sampled_from(["mon", "tue", "sun"])
hours = st.sampled_from(["00:00", "08:30", "24:00"])
schedules = st.builds(nodes.Schedule, hours, hours, zone=maybe(texts)) | st.builds(
    nodes.Schedule, hours, hours, days, days, maybe(texts)
)
rules = st.builds(
    nodes.Rule,
    names,
    domains,
    small | written_patterns,
    until=maybe(small),
    severity=maybe(names),
    priority=maybe(names),
    place=maybe(names),
    cooldown=maybe(lengths),
    repeat_every=maybe(lengths),
    hold_for=maybe(lengths),
    latched=st.booleans(),
    settle=st.booleans(),
    flapping=maybe(st.builds(nodes.Flapping, counts, lengths)),
    inhibited_by=distinct(names, most=2),
    schedule=maybe(schedules),
    do=blocks,
    on_clear=blocks,
)
reached = st.sampled_from([None, "done", "confirmed"])
step_parts = st.one_of(
    actions,
    st.builds(nodes.AtMost, counts, maybe(lengths)),
    st.builds(nodes.Require, st.sampled_from(["all", "none"]) | numbers | lengths, reached, maybe(lengths)),
    st.builds(nodes.AbortAbove, numbers | lengths),
    st.builds(nodes.Wait, length=lengths) | st.builds(nodes.Wait, until=small, within=maybe(lengths)),
    st.builds(nodes.StopIf, small, maybe(lengths)),
)
procedure_steps = st.builds(
    nodes.ProcedureStep, names, some(step_parts), some(st.builds(nodes.After, names, reached), most=2)
)
procedure_parts = closed(
    st.recursive(procedure_steps, lambda inner: st.builds(nodes.Loop, names, small, small, some(inner)), max_leaves=3)
)
procedures = st.builds(
    nodes.Procedure,
    names,
    domains,
    some(procedure_parts),
    parameters,
    maybe(lengths),
    on_failure=blocks,
    on_doubt=blocks,
    on_done=blocks,
)
twins = st.builds(
    nodes.Twin,
    names,
    some(st.builds(nodes.TwinVariable, st.sampled_from(["state", "parameter", "input"]), names, types, small, bounds)),
    some(st.builds(nodes.Derivative, names, small), most=2),
    some(st.builds(nodes.TwinOutput, names, small), most=2),
    some(
        st.builds(
            nodes.Estimate,
            distinct(names, least=1),
            names,
            some(st.builds(nodes.Noise, st.sampled_from(["process", "sensor"]), small, maybe(names))),
        ),
        most=2,
    ),
    some(st.builds(nodes.Calibrate, distinct(names, least=1), lengths, lengths), most=1),
)

# --- Tests -----------------------------------------------------------------------------------------------------------

instances = st.builds(nodes.Instances, plain_names) | st.builds(
    nodes.Instances, plain_names, whole_numbers, whole_numbers, maybe(names)
)
ramps = st.builds(nodes.Ramp, small, small)
settings = distinct(st.builds(nodes.Setting, plain_names, small | ramps), "name")
whom = maybe(instances | st.builds(nodes.GroupKey, some(texts, 1)))
stimuli = st.one_of(
    st.builds(nodes.Given, names, instances, settings, settings),
    st.builds(nodes.During, lengths, lengths, instances, settings, maybe(lengths)),
    st.builds(nodes.At, lengths, instances, settings),
    st.builds(nodes.Happens, lengths, instances, calls),
    st.builds(nodes.Acknowledge, lengths, names, whom),
    st.builds(
        nodes.Fault,
        st.sampled_from(["link", "device", "clock", "process"]),
        instances,
        plain_names,
        lengths,
        maybe(small),
        maybe(lengths),
    ),
)
said = maybe(some(arguments, most=2))
comparisons = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
expected = st.one_of(
    st.builds(nodes.ExpectRule, names, whom, st.sampled_from([None, "raised", "cleared", "repeated", "uncertain"])),
    st.builds(nodes.ExpectAlert, names, whom),
    st.builds(nodes.ExpectSend, names, instances, said),
    st.builds(nodes.ExpectEmit, names, whom, said),
    st.builds(nodes.ExpectPattern, names, whom),
    st.builds(nodes.ExpectSignal, names, comparisons, small, whom),
    st.builds(nodes.ExpectSignal, names, st.none(), st.none(), whom),
    st.builds(nodes.ExpectProcedure, names, st.sampled_from(["started", "done", "failed"]), whom),
    st.builds(nodes.ExpectOutcome, names, instances, names),
    st.builds(nodes.ExpectNothingLost),
)


@st.composite
def expectations(draw: st.DrawFn) -> nodes.Expect:
    within = draw(maybe(lengths))
    return nodes.Expect(
        draw(expected),
        draw(st.booleans()),
        draw(maybe(st.integers(0, 12))),
        draw(maybe(lengths)),
        draw(maybe(lengths)),
        draw(maybe(lengths)),
        within,
        None if within is None else draw(maybe(lengths)),
    )


tests = st.builds(nodes.Test, texts, some(stimuli), some(expectations()))
invariants = st.builds(nodes.Invariant, st.sampled_from(["never", "always"]), texts, domains, small)


@st.composite
def what_ifs(draw: st.DrawFn) -> nodes.WhatIf:
    runs = draw(maybe(counts))
    return nodes.WhatIf(
        draw(texts),
        draw(texts),
        draw(lengths),
        draw(some(st.builds(nodes.WhatIfSet, names, names, small, maybe(small)), most=2)),
        runs,
        None if runs is None else draw(maybe(counts)),
        draw(some(st.builds(nodes.Report, distinct(names, least=1), small), most=2)),
    )


@st.composite
def tables(draw: st.DrawFn) -> nodes.Table:
    inputs, outputs = draw(some(names, 1, 2)), draw(some(names, 1, 2))
    row = st.builds(nodes.TableRow, st.tuples(*[small for _ in inputs]), st.tuples(*[small for _ in outputs]))
    return nodes.Table(draw(texts), draw(names), draw(names), inputs, outputs, draw(some(row)))


@st.composite
def reference_tables(draw: st.DrawFn) -> nodes.ReferenceTable:
    keys = st.builds(nodes.Column, st.just("key"), names, types, bounds)
    values = st.builds(nodes.Column, st.just("value"), names, types, bounds, maybe(small))
    columns = draw(distinct(keys | values, by="name"))
    kinds = [column.kind for column in columns]
    inputs, outputs = ([small] * kinds.count(kind) for kind in ("key", "value"))
    row = st.builds(nodes.TableRow, st.tuples(*inputs), st.tuples(*outputs))
    return nodes.ReferenceTable(draw(names), columns, draw(maybe(texts)), draw(some(row)) if inputs and outputs else ())


# --- Programs --------------------------------------------------------------------------------------------------------

items: st.SearchStrategy[nodes.Item] = st.one_of(
    st.builds(nodes.Priorities, distinct(names, least=1)),
    st.builds(nodes.Let, names, expressions),
    st.builds(nodes.Signal, names, domains, expressions),
    st.builds(nodes.PatternItem, names, domains, patterns),
    devices,
    sources,
    rules,
    procedures,
    twins,
    targets,
    invariants,
    tables(),
    reference_tables(),
    tests,
    what_ifs(),
)
modules = names | st.sampled_from(["std.geo", "acme.fleet"])
imports = st.builds(nodes.Import, modules, distinct(names, most=2))
programs = st.builds(nodes.Program, modules, some(imports, most=2), some(items, most=3))
