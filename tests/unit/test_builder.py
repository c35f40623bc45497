"""The Python builder says the charter's programs, word for word, and tells mistakes at the call that makes them."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.compiler import check_actions, check_types
from headgate.dsl import builder_actions, builder_devices, document, nodes
from headgate.dsl.builder import (
    BuilderError,
    Program,
    alert,
    all_of,
    any_of,
    argument,
    at_most,
    calendar,
    choose,
    emit,
    expires,
    expr,
    fresh,
    function,
    key,
    loop,
    mean,
    name,
    no,
    q,
    samples,
    schedule,
    session,
    set_,
    step,
    version,
    wait,
    wait_until,
    while_,
)
from headgate.dsl.builder_devices import Source
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText

ROOT = Path(__file__).parents[2]
CHARTER = ROOT / "tests" / "spec" / "charter"


def read(path: Path) -> nodes.Program:
    program, problems = parse(SourceText(path.name, path.read_text(encoding="utf-8")))
    assert list(problems) == []
    return program


# --- The charter -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("called", ["cold_chain", "microgrid", "pump_station"])
def test_python_says_the_same_as_the_charter(called: str) -> None:
    program = runpy.run_path(str(ROOT / "tests" / "golden" / "builder" / f"{called}.py"))["program"]
    wanted = read(CHARTER / f"{called}.iot")
    assert program.build() == wanted
    assert read_text(program.text()) == wanted


def read_text(text: str) -> nodes.Program:
    program, problems = parse(SourceText("built.iot", text))
    assert list(problems) == []
    return program


def test_a_small_program_is_the_same_in_text_python_and_yaml() -> None:
    folder = ROOT / "examples" / "builder"
    in_text = read(folder / "fridges.iot")
    in_python = runpy.run_path(str(folder / "fridges.py"))["fridges"]().build()
    in_yaml = document.from_yaml((folder / "fridges.yaml").read_text(encoding="utf-8"))
    assert in_text == in_python == in_yaml


# --- Words of the language -------------------------------------------------------------------------------------------

a, b, x, y = name("a"), name("b"), name("x"), name("y")


@pytest.mark.parametrize(
    ("made", "text"),
    [
        ((x + 1) * 2 - y / 3, "(x + 1) * 2 - y / 3"),
        (1 - x, "1 - x"),
        (2 * -x, "2 * -x"),
        (x.else_(0) >= 1.5, "x else 0 >= 1.5"),
        ((x > 1) & ~(y != "oslo") | a, 'x > 1 and not y != "oslo" or a'),
        ((a | b).for_("2 min 10 s"), "(a or b) for 2 min 10 s"),
        (x.is_absent(), "x is absent"),
        (x.is_not_stale(), "x is not stale"),
        (x.becomes(True), "x becomes true"),
        (x.rises_above(q("8 degC")), "x rises above 8 degC"),
        (choose(a, 1, 2), "a ? 1 : 2"),
        (no(x, for_="5 min"), "no x for 5 min"),
        (expires("left_open"), "left_open expires"),
        (mean(x, over=samples(5)), "mean(x over 5 samples)"),
        (
            mean(x, over=session("5 min", max="1 h"), every="1 min"),
            "mean(x over session gap 5 min max 1 h every 1 min)",
        ),
        (mean(x, over=calendar("today", "Europe/Oslo")), 'mean(x over today in "Europe/Oslo")'),
        (mean(x, over=while_(a), where=fresh(y) > 1), "mean(x where fresh(y) > 1 over while a)"),
        (function("p99")(argument(x, over="1 min"), limit=3), "p99(x over 1 min, limit: 3)"),
        (version("2.10.1"), "2.10.1"),
        (expr("temp > 8 degC for 2 min"), "temp > 8 degC for 2 min"),
        (q("-5 K"), "-5 K"),
        (x.member("optional"), "x.optional"),
        (a.then(b).optional(), "(a then b) optional"),
        (a.as_("s").times(2, 4, greedy=True, until=b), "a as s 2..4 times greedy until b"),
        (a.at_least(2).then_each(b.then_next(x)), "a at least 2 times then each b then next x"),
        (a.then(b).within("5 s").then(x), "(a then b within 5 s) then x"),
        (a.then(b).within("5 s").within("6 s"), "(a then b within 5 s) within 6 s"),
        (
            any_of(a, b).as_("either").then(x).skip("to last", "either"),
            "any of (a, b) as either then x skip to last either",
        ),
        (a.times(2).as_("twice").unless(b), "(a 2 times) as twice unless b"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_python_has_a_word_for_each_of_the_language(made, text: str) -> None:  # type: ignore[no-untyped-def]
    assert made.text == text


def test_clauses_and_actions_that_the_charter_lacks() -> None:
    program = Program("more")
    limit = program.let("limit", q("8 degC"))
    room = program.device("Room", max=10, lateness="1 min", revise="1 h", idle_after="1 day")
    temp = room.telemetry("temp", "degC", private=True)
    room.relationship("feeds", "Room", max=4)
    program.source("readings", "json", room, where=name("m") == "r").map("id", name("n")).map(
        temp, name("t"), unit="degF"
    ).keep("time")
    hot = program.rule(
        "hot",
        for_=room,
        when=temp > limit,
        repeat_every="1 h",
        hold_for="1 min",
        settle=True,
        flapping=(5, "10 min"),
        inhibited_by="cold",
        schedule=schedule("20:00", "06:00", days=("mon", "fri"), zone="Europe/Oslo"),
        do=[emit("heat", over=temp - limit), set_("setpoint", limit)],
    )
    program.procedure("calm", steps=[step("one", wait("1 s"), wait_until(a, within="1 s"), at_most(2, every="1 s"))])
    program.table("limits", hot, room, inputs=[temp], outputs=["raised"], rows=[([q("9 degC")], [True])])
    program.always("sane", temp > q("-40 degC"), for_=room)
    test = program.test("more")
    test.given(room, "r1", temp=q("4 degC"))
    test.happens("5 s", "r1", "fault", code=3)
    test.acknowledge("5 min", hot, key("oslo", "north"))
    test.fault("clock", "r1", "ahead", start="1 s", amount=q("5 s"))
    test.expect.signal("pace", "r1", ">", q("1 km/h"), at="1 min")
    test.expect.signal("pace", "r1", "is absent")
    test.expect.emit("heat", "r1", {"over": q("2 K")}, after="1 s")
    test.expect.pattern("left_open", key("oslo"))
    assert read_text(program.text()) == program.build()
    assert "idle after 1 day" in program.text()
    assert "fault clock r1 ahead 5 s from 1 s" in program.text()


# --- Mistakes --------------------------------------------------------------------------------------------------------

fridge = Program("m").device("Fridge")


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda: q("8 celsius"), "did you mean `degC`"),
        (lambda: q("8"), "not a number with a unit"),
        (lambda: name("not"), "a word of the language"),
        (lambda: name("two words"), "letters, digits and `_`"),
        (lambda: bool(x > 1 and y > 2), "use `&`, `|`, `~`"),
        (lambda: 1 < x < 2, "use `&`, `|`, `~`"),
        (lambda: (x > 1) & 3, "put comparisons in parentheses"),  # type: ignore[operator]
        (lambda: x + object(), "no value of the language"),  # type: ignore[operator]
        (lambda: mean(every="1 min"), "has no value"),
        (lambda: mean(x, every="1 min"), "`every` needs `over`"),
        (lambda: fridge.tmep, "`Fridge` has no field or signal `tmep`"),
        (lambda: fridge.telemetry("t", "celsius degrees"), "celsius"),
        (lambda: fridge.command("c", confirm=x > 1), "go together"),
        (lambda: alert("{id is"), "brace"),
        (lambda: a.times(2, greedy=True, lazy=True), "not both"),
        (lambda: all_of(a), "two parts or more"),
        (lambda: a.then(b).skip("to first"), "needs name of a step"),
        (lambda: step("s", after="t finished"), "no earlier step"),
        (lambda: Program("m").rule("r", when=x > 1, for_="A", by="b"), "do not go together"),
        (lambda: Program("m").rule("r", when=x > 1, do=["alert"]), "is no action"),  # type: ignore[list-item]
        (lambda: Program("m").rule("r", when=x > 1, schedule=schedule("25:00", "3")), "25:00"),
        (lambda: Program("m").table("t", "r", "d", inputs=["a"], outputs=["b"], rows=[([], [])]), "1 inputs"),
        (lambda: Program("m").test("t").expect.alert("r", of="1 s"), "`of` needs `within`"),
        (lambda: Program("two words"), "cannot be a module"),
        (lambda: Program("m").rule("r", when="temp > 3"), "`when` needs an expression"),  # type: ignore[arg-type]
        (lambda: Program("m").rule("r", when="temp > 3"), "`expr('temp > 3')`"),  # type: ignore[arg-type]
        (lambda: Program("m").rule("r", when=object()), "such as `temp > q("),  # type: ignore[arg-type]
        (lambda: Program("m").rule("r", when=a, until="b"), "`until` needs an expression"),  # type: ignore[arg-type]
        (lambda: Program("m").never("n", "a"), "`never` needs an expression"),  # type: ignore[arg-type]
        (lambda: Program("m").rule("r", when=a, do="alert"), "`do` is a list of actions"),  # type: ignore[arg-type]
        (lambda: Program("m").rule("r", when=a, do=alert("x")), "`do` is a list of actions"),  # type: ignore[arg-type]
        (lambda: Program("m").procedure("p", steps="one"), "`steps` is a list of steps"),  # type: ignore[arg-type]
        (lambda: Program("m").procedure("p", steps=[wait("1 s")]), "is no step"),  # type: ignore[list-item]
        (lambda: step("s", "x"), "'x' is no part of a step"),  # type: ignore[arg-type]
        (lambda: loop("n", 1, 3, wait("1 s")), "is no step"),  # type: ignore[arg-type]
        (lambda: wait_until("a"), "`wait_until` needs an expression"),  # type: ignore[arg-type]
        (lambda: mean(x, where="y", over="1 s"), "`where` needs an expression"),
        (lambda: a.then("b"), "a step of a pattern needs an expression"),  # type: ignore[arg-type]
        (lambda: a.then(b).unless("x"), "`unless` needs an expression"),  # type: ignore[arg-type]
        (lambda: choose("a", 1, 2), "the condition of `choose` needs an expression"),  # type: ignore[arg-type]
        (lambda: x + float("nan"), "nan is no value of the language"),
        (lambda: x + float("-inf"), "-inf is no value of the language"),
        (lambda: a.for_(120), "write a text with a unit"),  # type: ignore[arg-type]
        (lambda: fridge.telemetry("t", "celsius"), "did you mean `degC`?"),
        (lambda: fridge.telemetry("t", "flaot"), "did you mean `float`?"),
        (lambda: fridge.telemetry("t", "Room"), "neither a type nor a unit"),
        (lambda: Source("s", "json", fridge).map("t", x, unit="float"), "there is no unit `float`"),
        (lambda: alert("hot", "high"), "there is no severity `high`: those are `info`"),
        (lambda: Program("m").rule("r", when=a, severity="high"), "there is no severity `high`"),
        (lambda: Program("m").rule("r", when=a, for_="Nope"), "the program has no device `Nope`"),
        (lambda: Program("m").rule("r", when=a, for_=fridge), "the program has no device `Fridge`"),
        (lambda: Program("m").source("s", "json", "Nope"), "the program has no device `Nope`"),
        (lambda: Program("m").twin("Nope"), "the program has no device `Nope`"),
    ],
)
def test_a_mistake_is_told_at_the_call(mistake, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BuilderError, match=r".") as caught:
        mistake()
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda program: program.device("Room"), "a device `Room`"),
        (lambda program: program.let("Room", 3), "a device `Room`"),
        (lambda program: program.let("limit", 3), "a let `limit`"),
        (lambda program: program.signal("limit", 3), "a let `limit`"),
        (lambda program: program.pattern("opened", a), "a pattern `opened`"),
        (lambda program: program.rule("warm", when=a), "a rule `warm`"),
        (lambda program: program.source("readings", "json", "Room"), "a source `readings`"),
        (lambda program: program.twin("Room"), "a twin of `Room`"),
        (lambda program: program.test("it works"), "a test `it works`"),
        (lambda program: program.always("sane", a), "a never `sane`"),
        (lambda program: program.priorities("high"), "an order of priorities already"),
    ],
)
def test_a_second_thing_of_a_name_is_told_at_the_call(make: Callable[[Program], object], said: str) -> None:
    program = Program("m")
    room = program.device("Room")
    room.telemetry("temp", "degC")
    program.let("limit", 3)
    program.pattern("opened", a)
    program.rule("warm", when=a)
    program.source("readings", "json", room).keep("temp")
    program.twin(room).state("inside", "degC", q("4 degC"))
    program.test("it works").given(room, "r1", temp=q("4 degC"))
    program.never("sane", a)
    program.priorities("low")
    text = program.text()
    with pytest.raises(BuilderError, match="already") as caught:
        make(program)
    assert said in str(caught.value)
    assert program.text() == text


def test_a_second_variable_of_a_twin_is_told_at_the_call() -> None:
    program = Program("m")
    twin = program.twin(program.device("Room"))
    twin.state("inside", "degC", q("4 degC"))
    with pytest.raises(BuilderError, match="the twin of `Room` has a variable `inside` already"):
        twin.parameter("inside", "degC", q("4 degC"))


def test_a_rule_and_a_signal_may_share_a_name() -> None:
    program = Program("m")
    program.signal("warm", x > 1)
    program.rule("warm", when=name("warm"))
    assert program.text().count("warm") == 3


def test_a_device_of_another_module_is_there_once_it_is_imported() -> None:
    program = Program("m")
    program.use("site.devices", "Room")
    program.rule("warm", for_="Room", when=a)
    everything = Program("m")
    everything.use("site.devices")
    everything.rule("warm", for_="Room", when=a)
    assert "rule warm for Room" in program.text()
    assert "rule warm for Room" in everything.text()


def test_what_the_builder_knows_is_what_the_checker_knows() -> None:
    assert builder_actions.SEVERITIES == check_actions.SEVERITIES
    assert {*check_types._PLAIN, "duration"} == builder_devices.TYPES
