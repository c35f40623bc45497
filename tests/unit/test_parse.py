"""Text to tree: what programs say, what is left free, and what the limits are."""

from pathlib import Path

import pytest

from headgate.dsl import nodes
from headgate.dsl.diagnostic import Diagnostic
from headgate.dsl.nodes import (
    Argument,
    Arithmetic,
    Call,
    Compare,
    Conditional,
    Holds,
    Logic,
    Member,
    Name,
    Negate,
    Number,
    Otherwise,
    Pattern,
    Quantity,
    Quiet,
    Rule,
    Sequence,
    Step,
    Template,
    Text,
    Window,
)
from headgate.dsl.parse import TEXT_MAX, parse
from headgate.dsl.source import SourceText
from headgate.dsl.unparse import unparse

FLEET = Path(__file__).parents[2] / "examples" / "fleet" / "fleet.iot"


def program(text: str) -> nodes.Program:
    parsed, problems = parse(SourceText("test.iot", "module test\n" + text))
    assert list(problems) == []
    return parsed


def expression(text: str) -> nodes.Expr:
    (item,) = program(f"let value = {text}\n").items
    assert isinstance(item, nodes.Let)
    return item.value


def rule(*clauses: str) -> Rule:
    (item,) = program("rule r for T {\n" + "\n".join(clauses) + "\n}\n").items
    assert isinstance(item, Rule)
    return item


def faults(text: str) -> list[Diagnostic]:
    return list(parse(SourceText("test.iot", "module test\n" + text))[1])


def minutes(count: str) -> Quantity:
    return Quantity(((count, "min"),))


a, b, c, x = Name("a"), Name("b"), Name("c"), Name("x")


# --- Whole programs --------------------------------------------------------------------------------------------------


def test_the_fleet_program_parses_to_all_its_items() -> None:
    parsed, problems = parse(SourceText("fleet.iot", FLEET.read_text(encoding="utf-8")))
    assert list(problems) == []
    assert parsed.module == "fleet"
    assert parsed.imports == (nodes.Import("std.geo", ("circle", "inside")),)
    kinds = [type(item).__name__ for item in parsed.items]
    assert kinds == ["Device", "Source", "Source", "Let"] + ["Signal"] * 8 + ["Rule"] * 9 + ["Table"]
    by_name = {item.name: item for item in parsed.items if isinstance(item, nodes.Rule | nodes.Signal)}
    low = by_name["low_fuel"]
    assert isinstance(low, Rule)
    assert low.severity == "warning"
    assert low.do == (
        nodes.Alert(Template((Name("id"), " has ", Name("fuel"), " left"))),
        nodes.Send("message", (Argument(Template(("Refuel: ", Name("fuel"), " left")), "text"),)),
    )
    left_yard = by_name["left_yard"]
    assert isinstance(left_yard, Rule)
    assert left_yard.schedule == nodes.Schedule("20:00", "06:00", "mon", "fri", "Europe/Oslo")


def test_a_program_survives_the_way_to_text_and_back() -> None:
    parsed, _ = parse(SourceText("fleet.iot", FLEET.read_text(encoding="utf-8")))
    again, problems = parse(SourceText("again.iot", unparse(parsed)))
    assert list(problems) == []
    assert again == parsed
    assert unparse(again) == unparse(parsed)


def test_spans_are_where_things_stand() -> None:
    text = 'module test\nrule r for T {\n    when -(a + 1) > 2\n    do { alert "{b} é\\n {c.d}" }\n}\n'
    parsed, _ = parse(SourceText("test.iot", text))
    (item,) = parsed.items
    assert isinstance(item, Rule)

    def written(node: nodes.Node) -> str:
        return text[node.span.start : node.span.end]

    assert written(item) == text[12:-1]
    assert isinstance(item.when, Compare)
    assert written(item.when) == "-(a + 1) > 2"
    assert written(item.when.left) == "-(a + 1)"
    (alert,) = item.do
    assert isinstance(alert, nodes.Alert)
    assert [written(part) for part in alert.message.parts if not isinstance(part, str)] == ["b", "c.d"]


def test_a_fault_in_one_item_leaves_the_others() -> None:
    parsed, problems = parse(
        SourceText("t", "module t\nlet a = 1\nlet b = +\nrule r for T { when ) }\nsignal c = 2\nlet d = 3 3\n")
    )
    assert [item.name for item in parsed.items if isinstance(item, nodes.Let | nodes.Signal)] == ["a", "c"]
    assert len(list(problems)) == 3


# --- Expressions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c", Arithmetic("+", a, Arithmetic("*", b, c))),
        ("a - b - c", Arithmetic("-", Arithmetic("-", a, b), c)),
        ("-a * b", Arithmetic("*", Negate(a), b)),
        ("a or b and not c", Logic("or", a, Logic("and", b, nodes.Not(c)))),
        ("a and b for 10 min", Holds(Logic("and", a, b), minutes("10"))),
        ("a + 1 else b > c", Compare(">", Otherwise(Arithmetic("+", a, Number("1")), b), c)),
        ("a ? b : c ? x : a", Conditional(a, b, Conditional(c, x, a))),
        ("no x for 5 min and a", Logic("and", Quiet(x, minutes("5")), a)),
        ("a is not stale", nodes.Is(a, "stale", negated=True)),
        ("a is absent", nodes.Is(a, "absent")),
        ("a becomes true", nodes.Becomes(a, nodes.Bool(True))),
        ("a falls below 2 bar", nodes.Crosses(a, "falls below", Quantity((("2", "bar"),)))),
        ("a rises above b", nodes.Crosses(a, "rises above", b)),
        ("last(x).time", Member(Call("last", (Argument(x),)), "time")),
        ("(a)", a),
        ("((a for 1 min) and b)", Logic("and", Holds(a, minutes("1")), b)),
        ("f(a, k: b where c over a)", Call("f", (Argument(a), Argument(b, "k", c, Window("span", a))))),
        ("all(a) and any(b)", Logic("and", Call("all", (Argument(a),)), Call("any", (Argument(b),)))),
    ],
)
def test_operators_bind_as_the_manual_says(text: str, tree: nodes.Expr) -> None:
    assert expression(text) == tree


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("8 degC", (("8", "degC"),)),
        ("50%", (("50", "%"),)),
        ("1.5 m/s", (("1.5", "m/s"),)),
        ("1_000 kg.m/s2", (("1_000", "kg.m/s2"),)),
        ("2 min 10 s", (("2", "min"), ("10", "s"))),
        ("1 week 2 day 3 h 4 min 5 s 6 ms 7 us 8 ns", None),
        ("98.6 [degF]", (("98.6", "[degF]"),)),
        ("3 m[H2O]", (("3", "m[H2O]"),)),
        ("2e3 1/h", None),
    ],
)
def test_a_number_and_its_unit_are_one_quantity(text: str, parts: tuple[tuple[str, str], ...] | None) -> None:
    if text.startswith("2e3"):
        assert faults(f"let a = {text}")
        return
    quantity = expression(text)
    assert isinstance(quantity, Quantity)
    if parts is None:
        assert [unit for _, unit in quantity.parts] == ["week", "day", "h", "min", "s", "ms", "us", "ns"]
    else:
        assert quantity.parts == parts


def test_a_unit_ends_where_a_name_begins() -> None:
    watts = Quantity((("5", "W"),))
    assert expression("5 W/x") == Arithmetic("/", watts, x)
    assert expression("5 W / K") == Arithmetic("/", watts, Name("K"))
    assert expression("5 W/K") == Quantity((("5", "W/K"),))
    assert expression("5 m-2") == Arithmetic("-", Quantity((("5", "m"),)), Number("2"))


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("over 10 min", Window("span", minutes("10"))),
        ("over 10 min every 1 min", Window("span", minutes("10"), every=minutes("1"))),
        ("over a", Window("span", a)),
        ("over 5 samples", Window("samples", count=Number("5"))),
        ("over a samples", Window("samples", count=a)),
        ("over session gap 5 min", Window("session", minutes("5"))),
        ("over today every 1 min", Window("calendar", calendar="today", every=minutes("1"))),
        ('over this_week in "Europe/Oslo"', Window("calendar", calendar="this_week", zone="Europe/Oslo")),
    ],
)
def test_windows(text: str, window: Window) -> None:
    assert expression(f"mean(x {text})") == Call("mean", (Argument(x, window=window),))


FREE = ["load", "status", "time", "max", "rank", "state", "when", "until", "every", "over_", "do", "set", "run", "min"]


FREE += ["module", "signal", "rule", "in", "enum", "samples", "session", "today", "keep"]


@pytest.mark.parametrize("name", FREE)
def test_contextual_keywords_are_free_names(name: str) -> None:
    assert expression(f"{name} > 1") == Compare(">", Name(name), Number("1"))
    text = f"device D {{\n telemetry {name}: bool\n}}\nsource s: json for D {{\n {name} = {name}  keep {name}2\n}}\n"
    assert program(text).items


@pytest.mark.parametrize("word", ["forx", "notes", "android", "isolated", "untilx", "no_load", "absentee", "trueish"])
def test_a_keyword_is_never_the_beginning_of_a_longer_name(word: str) -> None:
    assert expression(word) == Name(word)
    assert faults(f"rule r for T {{\n when a\n {word} b\n}}\n")


# --- Rules, patterns, texts ------------------------------------------------------------------------------------------


def test_every_clause_of_a_rule_is_read() -> None:
    parsed = rule(
        "when a",
        "until b for 30 s",
        "severity critical",
        "cooldown 10 min",
        "repeat every 1 h",
        "hold for 5 min",
        "latched",
        'schedule sat "08:00".."24:00"',
        'do { if a { emit hot() } else if b { emit cold(level: 1) } else { alert "x" severity info } }',
        "on clear { send off() }",
    )
    seconds = Quantity((("30", "s"),))
    hot = nodes.Emit("hot")
    cold = nodes.If(
        b, (nodes.Emit("cold", (Argument(Number("1"), "level"),)),), (nodes.Alert(Template(("x",)), "info"),)
    )
    assert parsed == Rule(
        "r",
        nodes.ForDevice("T"),
        a,
        until=Holds(b, seconds),
        severity="critical",
        cooldown=minutes("10"),
        repeat_every=Quantity((("1", "h"),)),
        hold_for=minutes("5"),
        latched=True,
        schedule=nodes.Schedule("08:00", "24:00", "sat", "sat"),
        do=(nodes.If(a, (hot,), (cold,)),),
        on_clear=(nodes.Send("off"),),
    )


def test_a_pattern_stands_in_parentheses_inside_when() -> None:
    steps = Sequence((Step(a, "x"), Step(b), Step(c)), ("then", "then"))
    whole = Pattern(steps, unless=Name("d"), within=minutes("5"))
    assert rule("when (a as x then b then c unless d within 5 min)").when == whole
    assert rule("when (a as x then b then c within 5 min unless d)").when == whole
    assert rule("when ((a as x then b) then c unless d within 5 min)").when == whole
    assert rule("when (a)").when == a
    assert rule("when (a as x)").when == Pattern(Step(a, "x"))
    (item,) = program("pattern p by q, r = a then b within limit").items
    two = Sequence((Step(a), Step(b)), ("then",))
    assert item == nodes.PatternItem("p", nodes.ByProperties(("q", "r")), Pattern(two, within=Name("limit")))


def test_messages_hold_values_and_plain_texts_do_not() -> None:
    parsed = rule(
        'when x == "{a}"',
        'do { alert "{{}} {a + 1} \\"{f(\\"}\\")}\\" \\u{48}"  send m(text: a ? "{b}" : "no {{", n: f("{c}")) }',
    )
    assert parsed.when == Compare("==", x, Text("{a}"))
    quoted = Call("f", (Argument(Text("}")),))
    plus = Arithmetic("+", a, Number("1"))
    assert parsed.do == (
        nodes.Alert(Template(("{} ", plus, ' "', quoted, '" H'))),
        nodes.Send(
            "m",
            (
                Argument(Conditional(a, Template((b,)), Text("no {")), "text"),
                Argument(Call("f", (Argument(Text("{c}")),)), "n"),
            ),
        ),
    )


def test_keep_is_a_mapping_of_a_field_to_itself() -> None:
    (item,) = program("source s: json for T where m == 1 {\n id = n  time = ts in ms\n keep a, b\n}").items
    assert isinstance(item, nodes.Source)
    assert item.mappings == (
        nodes.Mapping("id", Name("n")),
        nodes.Mapping("time", Name("ts"), "ms"),
        nodes.Mapping("a", a),
        nodes.Mapping("b", b),
    )


# --- Limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "not " * 5000 + "a",
        "-" * 5000 + "1",
        "a" + " + 1" * 5000,
        "a ? " * 300 + "b" + " : c" * 300,
    ],
    ids=["parentheses", "not", "minus", "sum", "choice"],
)
def test_nesting_is_bounded(text: str) -> None:
    assert [fault.code for fault in faults(f"let a = {text}")] == ["HG0116"]


def test_two_hundred_levels_and_fifty_calls_are_allowed() -> None:
    assert isinstance(expression("f(" * 50 + "a" + ")" * 50), Call)
    assert [fault.code for fault in faults("let a = " + "f(" * 51 + "a" + ")" * 51)] == ["HG0116"]
    assert expression("(" * 200 + "a" + ")" * 200) == a
    assert isinstance(expression("a" + " + 1" * 200), Arithmetic)


def test_the_length_is_bounded() -> None:
    parsed, problems = parse(SourceText("long.iot", "#" * (TEXT_MAX + 1)))
    assert [fault.code for fault in problems] == ["HG0117"]
    assert parsed.items == ()


def test_line_ends_and_a_missing_last_one_do_not_matter() -> None:
    text = 'module t\r\nlet a = 1\r\nrule r for T {\r\n  when a\r\n  do { alert "x" }\r\n}'
    parsed, problems = parse(SourceText("t", text))
    assert list(problems) == []
    assert parsed == parse(SourceText("t", text.replace("\r\n", "\n") + "\n"))[0]


def test_comments_may_stand_anywhere_and_hold_anything() -> None:
    text = '# rule x {\nlet a = 1 # "\nrule r for T { # }\n  when a # )\n} # rule\n# end'
    assert len(program(text).items) == 2


def test_a_line_within_an_item_may_begin_with_the_keyword_of_another() -> None:
    (item,) = program('test "t" {\n    expect no\n        rule r for f1\n    expect\n        pattern p\n}\n').items
    assert isinstance(item, nodes.Test)
    assert len(item.expectations) == 2
