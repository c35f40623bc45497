"""Text to tree, construct by construct: devices, procedures, twins, targets, tests and the pattern algebra."""

from typing import Any

import pytest

from headgate.dsl import nodes as n
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText


def item(text: str) -> Any:
    parsed, problems = parse(SourceText("test.iot", f"module test\n{text}\n"))
    assert list(problems) == []
    (only,) = parsed.items
    return only


def quantity(text: str) -> n.Quantity:
    parts = text.split()
    return n.Quantity(tuple(zip(parts[::2], parts[1::2], strict=True)))


def number(text: str) -> n.Number:
    return n.Number(text)


a, b, c, x = n.Name("a"), n.Name("b"), n.Name("c"), n.Name("x")
A, B, C = n.Step(a), n.Step(b), n.Step(c)


# --- The file --------------------------------------------------------------------------------------------------------


def test_modules_and_imports_may_be_dotted_and_imports_need_no_names() -> None:
    text = "module acme.fleet\nimport alarms\nimport std.geo (circle, inside)\nimport yard (x)\nlet y = 1\n"
    parsed, problems = parse(SourceText("test.iot", text))
    assert list(problems) == []
    assert parsed.module == "acme.fleet"
    assert parsed.imports == (
        n.Import("alarms", ()),
        n.Import("std.geo", ("circle", "inside")),
        n.Import("yard", ("x",)),
    )


def test_priorities() -> None:
    assert item("priorities safety > production > comfort") == n.Priorities(("safety", "production", "comfort"))


# --- Devices ---------------------------------------------------------------------------------------------------------


COMMAND = """command set(to: percent in 0..100 = 5 %) {
    idempotent relative protected resource gate when busy merge ack within 2 s done within 3 s expires 1 h
    retry 3 backoff 1 s..10 s confirm a < b within 20 s undo set(to: 0 %) since firmware 2.10
}"""


@pytest.mark.parametrize(
    ("text", "member"),
    [
        (
            "property firmware: version private writable since model 2",
            n.Property(
                "firmware", n.TypeName("version"), writable=True, private=True, since=n.Since("model", number("2"))
            ),
        ),
        (
            "telemetry temp: degC since firmware 2.10.1 stale after 5 min private",
            n.Telemetry(
                "temp",
                n.TypeName("degC"),
                stale_after=quantity("5 min"),
                private=True,
                since=n.Since("firmware", n.Version("2.10.1")),
            ),
        ),
        ("event fault(code: int)", n.Event("fault", (n.Parameter("code", n.TypeName("int")),))),
        ("event jam() private", n.Event("jam", private=True)),
        ("relationship feeds: Valve max 4", n.Relationship("feeds", "Valve", number("4"))),
        ("command stop()", n.Command("stop")),
        (
            COMMAND,
            n.Command(
                "set",
                (n.Parameter("to", n.TypeName("percent"), n.Bounds(number("0"), number("100")), quantity("5 %")),),
                idempotent=True,
                relative=True,
                protected=True,
                resource="gate",
                ack_within=quantity("2 s"),
                done_within=quantity("3 s"),
                expires=quantity("1 h"),
                retry=n.Retry(number("3"), quantity("1 s"), quantity("10 s")),
                confirm=n.Confirm(n.Compare("<", a, b), quantity("20 s")),
                undo=n.Call("set", (n.Argument(quantity("0 %"), "to"),)),
                when_busy="merge",
                since=n.Since("firmware", number("2.10")),
            ),
        ),
    ],
)
def test_members_of_devices(text: str, member: n.DeviceMember) -> None:
    assert item(f"device D {{\n{text}\n}}") == n.Device("D", (member,))


# --- Rules and actions -----------------------------------------------------------------------------------------------


def test_the_further_clauses_of_rules() -> None:
    clauses = "priority safety place edge settle flapping above 5 in 10 min inhibited by other, third"
    assert item(f"rule r by line {{ when a {clauses} }}") == n.Rule(
        "r",
        n.ByProperties(("line",)),
        a,
        priority="safety",
        place="edge",
        settle=True,
        flapping=n.Flapping(number("5"), quantity("10 min")),
        inhibited_by=("other", "third"),
    )


def test_the_further_actions() -> None:
    rule = item('rule r { when a do { send stop() to each Pump where b run p(text: "{x}") set s = 4 degC undo } }')
    assert rule.do == (
        n.Send("stop", to=n.Each("Pump", b)),
        n.Run("p", (n.Argument(n.Template((x,)), "text"),)),
        n.Set("s", quantity("4 degC")),
        n.Undo(),
    )


# --- Procedures ------------------------------------------------------------------------------------------------------


def test_procedures() -> None:
    text = """procedure p(down_to: int in 1..9 = 3) by site {
        expires 10 min
        for r in 9..down_to {
            step shed { send shed(on: true) at most 20 at once require 80 % within 5 s }
        }
        step look after shed, other done { stop if a within 20 s wait 10 s wait until b within 5 s }
        step last after look confirmed { at most 5 every 1 s require all confirmed abort above 10 % require none }
        on failure { undo } on doubt { run q() } on done { emit e }
    }"""
    shed = n.ProcedureStep(
        "shed",
        (
            n.Send("shed", (n.Argument(n.Bool(True), "on"),)),
            n.AtMost(number("20")),
            n.Require(quantity("80 %"), within=quantity("5 s")),
        ),
    )
    look = n.ProcedureStep(
        "look",
        (n.StopIf(a, quantity("20 s")), n.Wait(quantity("10 s")), n.Wait(until=b, within=quantity("5 s"))),
        (n.After("shed"), n.After("other", "done")),
    )
    last = n.ProcedureStep(
        "last",
        (
            n.AtMost(number("5"), quantity("1 s")),
            n.Require("all", "confirmed"),
            n.AbortAbove(quantity("10 %")),
            n.Require("none"),
        ),
        (n.After("look", "confirmed"),),
    )
    assert item(text) == n.Procedure(
        "p",
        n.ByProperties(("site",)),
        (n.Loop("r", number("9"), n.Name("down_to"), (shed,)), look, last),
        (n.Parameter("down_to", n.TypeName("int"), n.Bounds(number("1"), number("9")), number("3")),),
        expires=quantity("10 min"),
        on_failure=(n.Undo(),),
        on_doubt=(n.Run("q"),),
        on_done=(n.Emit("e"),),
    )


# --- Twins, targets --------------------------------------------------------------------------------------------------


def test_twins() -> None:
    text = """twin Battery {
        state charge: ratio in 0..1 = 50 %
        parameter cooling: W/K = 4 W/K
        input ambient: degC = a + 2 K
        dynamics { d(charge) = a / b  d(temp) = c }
        output voltage = 48 V * charge
        estimate charge, temp with ekf { process charge 0.1 %  process q sensor voltage 50 mV }
        calibrate cooling over 7 day every 1 day
    }"""
    assert item(text) == n.Twin(
        "Battery",
        (
            n.TwinVariable(
                "state", "charge", n.TypeName("ratio"), quantity("50 %"), n.Bounds(number("0"), number("1"))
            ),
            n.TwinVariable("parameter", "cooling", n.TypeName("W/K"), quantity("4 W/K")),
            n.TwinVariable("input", "ambient", n.TypeName("degC"), n.Arithmetic("+", a, quantity("2 K"))),
        ),
        (n.Derivative("charge", n.Arithmetic("/", a, b)), n.Derivative("temp", c)),
        (n.TwinOutput("voltage", n.Arithmetic("*", quantity("48 V"), n.Name("charge"))),),
        (
            n.Estimate(
                ("charge", "temp"),
                "ekf",
                (
                    n.Noise("process", quantity("0.1 %"), "charge"),
                    n.Noise("process", n.Name("q")),
                    n.Noise("sensor", quantity("50 mV"), "voltage"),
                ),
            ),
        ),
        (n.Calibrate(("cooling",), quantity("7 day"), quantity("1 day")),),
    )


def test_targets() -> None:
    assert item("target hq: cloud") == n.Target("hq", "cloud")
    assert item("target gateway: edge by site, line { memory 256 MB  offline 24 h }") == n.Target(
        "gateway",
        "edge",
        ("site", "line"),
        (n.Budget("memory", quantity("256 MB")), n.Budget("offline", quantity("24 h"))),
    )


# --- Tests and what belongs to them ----------------------------------------------------------------------------------

f1 = n.Instances("f1")


def setting(name: str, value: n.Expr | n.Ramp) -> n.Setting:
    return n.Setting(name, value)


@pytest.mark.parametrize(
    ("text", "stimulus"),
    [
        (
            'given Fridge f1 { site "oslo" at 4 degC every 3 to -2 degC position Point(1, 2) rank n load (a + 1) }',
            n.Given(
                "Fridge",
                f1,
                (
                    setting("site", n.Text("oslo")),
                    setting("at", quantity("4 degC")),
                    setting("every", number("3")),
                    setting("to", n.Negate(quantity("2 degC"))),
                    setting("position", n.Call("Point", (n.Argument(number("1")), n.Argument(number("2"))))),
                    setting("rank", n.Name("n")),
                    setting("load", n.Arithmetic("+", a, number("1"))),
                ),
            ),
        ),
        (
            "given Load l[n in 1..9] { rank n } twin { charge 60 % }",
            n.Given(
                "Load",
                n.Instances("l", number("1"), number("9"), "n"),
                (setting("rank", n.Name("n")),),
                (setting("charge", quantity("60 %")),),
            ),
        ),
        (
            "from 10 s to 2 min 30 s p[1..40] temp ramp 4 degC to 8 degC every 10 s",
            n.During(
                quantity("10 s"),
                quantity("2 min 30 s"),
                n.Instances("p", number("1"), number("40")),
                (setting("temp", n.Ramp(quantity("4 degC"), quantity("8 degC"))),),
                quantity("10 s"),
            ),
        ),
        ("at 3 min f1 door true", n.At(quantity("3 min"), f1, (setting("door", n.Bool(True)),))),
        ("at 3 min f1 { door true }", n.At(quantity("3 min"), f1, (setting("door", n.Bool(True)),))),
        ("at t f1 door absent", n.At(n.Name("t"), f1, (setting("door", n.Absent()),))),
        (
            "at 5 s f1 fault(code: 3)",
            n.Happens(quantity("5 s"), f1, n.Call("fault", (n.Argument(number("3"), "code"),))),
        ),
        ("at 5 min acknowledge dry_run", n.Acknowledge(quantity("5 min"), "dry_run")),
        (
            'at 5 min acknowledge dry_run for ("South", "F-150")',
            n.Acknowledge(quantity("5 min"), "dry_run", n.GroupKey(("South", "F-150"))),
        ),
        (
            "fault link gateway down from 1 min to 9 min",
            n.Fault("link", n.Instances("gateway"), "down", quantity("1 min"), None, quantity("9 min")),
        ),
        (
            "fault clock f1 ahead 5 s from 1 min",
            n.Fault("clock", f1, "ahead", quantity("1 min"), quantity("5 s")),
        ),
    ],
)
def test_what_is_put_into_a_test(text: str, stimulus: n.Stimulus) -> None:
    expected = n.Expect(n.ExpectNothingLost())
    assert item(f'test "t" {{ {text} expect nothing lost }}') == n.Test("t", (stimulus,), (expected,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rule r", n.Expect(n.ExpectRule("r"))),
        ("no rule r for f1 raised", n.Expect(n.ExpectRule("r", f1, "raised"), negated=True)),
        ('alert r for "oslo" once', n.Expect(n.ExpectAlert("r", n.GroupKey(("oslo",))), times=1)),
        ("alert r 3 times before 2 min", n.Expect(n.ExpectAlert("r"), times=3, before=quantity("2 min"))),
        (
            "send siren(on: true) to f1 at 2 min 10 s",
            n.Expect(
                n.ExpectSend("siren", f1, (n.Argument(n.Bool(True), "on"),)), at=n.Quantity((("2", "min"), ("10", "s")))
            ),
        ),
        ("send siren to f1 after 1 s", n.Expect(n.ExpectSend("siren", f1), after=quantity("1 s"))),
        ("send siren() to f1", n.Expect(n.ExpectSend("siren", f1, ()))),
        (
            "emit e(over: a) for f1 within 1 s of 31 s",
            n.Expect(n.ExpectEmit("e", f1, (n.Argument(a, "over"),)), within=quantity("1 s"), of=quantity("31 s")),
        ),
        ("pattern p for f1 within 1 s", n.Expect(n.ExpectPattern("p", f1), within=quantity("1 s"))),
        ("signal s for f1 > 1 km/h", n.Expect(n.ExpectSignal("s", ">", quantity("1 km/h"), f1))),
        ("signal s is absent at 1 s", n.Expect(n.ExpectSignal("s", None, None), at=quantity("1 s"))),
        ('procedure p for "x" started', n.Expect(n.ExpectProcedure("p", "started", n.GroupKey(("x",))))),
        ("outcome of stop to f1 in_doubt", n.Expect(n.ExpectOutcome("stop", f1, "in_doubt"))),
        ("nothing lost", n.Expect(n.ExpectNothingLost())),
    ],
)
def test_what_a_test_expects(text: str, expected: n.Expect) -> None:
    assert item(f'test "t" {{ expect {text} }}') == n.Test("t", (), (expected,))


def test_invariants_and_what_ifs() -> None:
    assert item('never "x" by line = a for 10 s') == n.Invariant(
        "never", "x", n.ByProperties(("line",)), n.Holds(a, quantity("10 s"))
    )
    changes = "set Load.power = 0 kW where a runs 200 seed 7 report p5, p95 of x"
    assert item(f'what_if "w" {{ from history of "k" last 7 day {changes} }}') == n.WhatIf(
        "w",
        "k",
        quantity("7 day"),
        (n.WhatIfSet("Load", "power", quantity("0 kW"), a),),
        number("200"),
        number("7"),
        (n.Report(("p5", "p95"), x),),
    )


# --- Patterns --------------------------------------------------------------------------------------------------------


def then(*parts: n.Part, links: tuple[n.Link, ...] = ()) -> n.Sequence:
    plain: list[n.Link] = ["then" for _ in parts[1:]]
    return n.Sequence(parts, links or tuple(plain))


def times(part: n.Part, low: str, high: str | None) -> n.Repeat:
    return n.Repeat(part, number(low), None if high is None else number(high))


FIVE = quantity("5 s")


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("a", n.Pattern(A)),
        ("a as x", n.Pattern(n.Step(a, "x"))),
        ("a then next b then each c", n.Pattern(then(A, B, C, links=("then next", "then each")))),
        ("a then no b for 5 s", n.Pattern(then(A, n.Step(n.Quiet(b, FIVE))))),
        ("a unless sent run", n.Pattern(A, unless=n.Sent("run"))),
        ("other expires", n.Pattern(n.Step(n.Expires("other")))),
        ("a skip past last", n.Pattern(A, skip=n.Skip("past last"))),
        ("a as x skip to first x within 5 s", n.Pattern(n.Step(a, "x"), within=FIVE, skip=n.Skip("to first", "x"))),
        ("a skip none", n.Pattern(A, skip=n.Skip("none"))),
        ("a 3 times", n.Pattern(times(A, "3", "3"))),
        ("a as x 2..4 times", n.Pattern(times(n.Step(a, "x"), "2", "4"))),
        ("a at least 2 times", n.Pattern(times(A, "2", None))),
        ("a optional then b", n.Pattern(then(times(A, "0", "1"), B))),
        ("a hits times", n.Pattern(n.Repeat(A, n.Name("hits"), n.Name("hits")))),
        ("a low..high times lazy", n.Pattern(n.Repeat(A, n.Name("low"), n.Name("high"), "lazy"))),
        (
            "a at least 2 times greedy until b then c",
            n.Pattern(then(n.Repeat(A, number("2"), None, "greedy", b), C)),
        ),
        ("a then no b then c", n.Pattern(then(A, n.Step(b, absent=True), C))),
        ("a then no b for 5 s then c", n.Pattern(then(A, n.Step(n.Quiet(b, FIVE)), C))),
        (
            "a then no b > 1 within 5 s",
            n.Pattern(then(A, n.Step(n.Compare(">", b, number("1")), absent=True)), within=FIVE),
        ),
        ("all of (a, b as x)", n.Pattern(n.AllOf((A, n.Step(b, "x"))))),
        ("any of (a, all of (b, c)) as x", n.Pattern(n.AnyOf((A, n.AllOf((B, C))), "x"))),
        # What is the same, written with more parentheses than needed.
        ("(a)", n.Pattern(A)),
        ("(a) as x", n.Pattern(n.Step(a, "x"))),
        ("all of (a)", n.Pattern(A)),
        ("(a then b) then next (b then c)", n.Pattern(then(A, B, B, C, links=("then", "then next", "then")))),
        ("((a then b within 5 s))", n.Pattern(then(A, B), within=FIVE)),
        ("all of ((a then b), c)", n.Pattern(n.AllOf((then(A, B), C)))),
        ("(a then b) 3 times", n.Pattern(times(then(A, B), "3", "3"))),
        ("(a 3 times) 2 times", n.Pattern(times(times(A, "3", "3"), "2", "2"))),
        # What needs them.
        ("(a then b) as hit 3 times", n.Pattern(times(n.Group(n.Pattern(then(A, B)), "hit"), "3", "3"))),
        ("(a as x) as y", n.Pattern(n.Group(n.Pattern(n.Step(a, "x")), "y"))),
        ("(a 3 times) as y", n.Pattern(n.Group(n.Pattern(times(A, "3", "3")), "y"))),
        ("(a within 5 s) then b", n.Pattern(then(n.Group(n.Pattern(A, within=FIVE)), B))),
        ("(a then b within 5 s) as hit then c", n.Pattern(then(n.Group(n.Pattern(then(A, B), within=FIVE), "hit"), C))),
        ("(a within 5 s) unless b", n.Pattern(n.Group(n.Pattern(A, within=FIVE)), unless=b)),
        ("all of (a within 5 s, b)", n.Pattern(n.AllOf((n.Group(n.Pattern(A, within=FIVE)), B)))),
    ],
)
def test_patterns(text: str, pattern: n.Pattern) -> None:
    assert item(f"pattern p for X = {text}") == n.PatternItem("p", n.ForDevice("X"), pattern)
    in_rule = item(f"rule r {{ when ({text}) }}").when
    alone = isinstance(pattern.body, n.Step) and pattern == n.Pattern(n.Step(pattern.body.event))
    assert in_rule == (getattr(pattern.body, "event", None) if alone else pattern)


def test_windows_of_sessions_and_conditions() -> None:
    def window(text: str) -> n.Window | None:
        value = item(f"let v = f(x {text})").value
        assert isinstance(value, n.Call)
        return value.arguments[0].window

    assert window("over session gap 5 min max 1 h") == n.Window("session", quantity("5 min"), quantity("1 h"))
    assert window("over while a and b every 1 min") == n.Window(
        "while", condition=n.Logic("and", a, b), every=quantity("1 min")
    )


FREE = (
    "state parameter input output step run set undo at from to given expect fault next each last times skip optional "
    "while history report seed d place settle since event test"
)


@pytest.mark.parametrize("name", FREE.split())
def test_the_further_keywords_are_free_names(name: str) -> None:
    assert item(f"let v = {name} > 1").value == n.Compare(">", n.Name(name), number("1"))
    assert item(f"device D {{ telemetry {name}: bool event {name}() command {name}({name}: bool) }}")
    given = item(f'test "t" {{ given D f1 {{ {name} 4 degC {name}2 absent }} expect nothing lost }}').stimuli[0]
    assert given.settings[0].name == name
    assert item(f'test "t" {{ at 1 s f1 {name} 4 degC expect nothing lost }}')
    assert item(f"procedure {name}() {{ step {name} {{ send {name}() }} }}").name == name
    assert item(f"twin T {{ state {name}: ratio = {name} dynamics {{ d({name}) = {name} }} }}")
