"""A test's stimuli as inputs: times from its beginning, marks, acknowledgements, faults, numbered devices."""

from fractions import Fraction

import pytest

from headgate.compiler.compile import Compiled, compile_text
from headgate.compiler.typed import Type
from headgate.dsl import nodes as n
from headgate.dsl.source import SourceText
from headgate.grammar.units import parse_unit
from headgate.runtime.testing.exact import Exact, Reader, S, stored
from headgate.runtime.testing.executors import Acknowledge, MarkAll, Message
from headgate.runtime.testing.scenario import EPOCH, Scenario, of_test
from headgate.stdlib.conversion import write_time

PROGRAM = """module boxes
let warm = 9 degC
signal is_warm for Box = temp > warm
device Box {
    property  site: text
    property  firmware: version
    property  rank: int in 0..99
    property  born: time
    telemetry at: Point
    telemetry temp: degC in -40..60 every 10 s
    telemetry door: bool
    telemetry load: kg
    lateness 30 s
    idle after 1 min
}
device Gate { property site: text  telemetry open: bool  idle after 40 s }
rule shut   for Box { when door  latched  do { alert "{id}" } }
rule full   by site { when sum(Box.load) > 3 kg  latched  do { alert "{site}" } }
rule everything { when sum(Box.load) > 3 kg  latched  do { alert "all" } }
"""


def compiled(test: str) -> Compiled:
    result = compile_text(SourceText("boxes.iot", PROGRAM + f'test "t" {{ {test} expect nothing lost }}'))
    assert not result.problems.any_errors, list(result.problems)
    return result


def scenario(test: str) -> Scenario:
    typed = compiled(test).typed
    assert typed is not None
    (item,) = (item for item in typed.program.items if isinstance(item, n.Test))
    return of_test(typed, item)


def fields(test: str, id_: str) -> dict[str, object]:
    """All that a device has reported, the last value of each field."""
    found: dict[str, object] = {}
    for one in scenario(test).inputs:
        if isinstance(one, Message) and one.id == id_:
            found |= one.fields
    return found


def times(test: str, kind: type) -> list[float]:
    return [(one.time - EPOCH) / S for one in scenario(test).inputs if isinstance(one, kind)]


def test_virtual_time_begins_at_a_midnight_in_2026() -> None:
    assert write_time(EPOCH) == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "test, end",
    [
        ("given Box b { temp 4 degC }", 0),
        ("given Box b { temp 4 degC } at 20 s b temp 5 degC", 20),
        ("given Box b { temp 4 degC } from 10 s to 1 min b temp 5 degC at 20 s b temp 5 degC", 60),
        ("given Box b { temp 4 degC } fault device b silent from 1 min", 60),
        ("given Box b { temp 4 degC } fault device b silent from 1 min to 2 min", 120),
        ("given Box b { door true } at 30 s acknowledge shut for b", 30),
        ("given Box b { door true } expect rule shut for b at 40 s", 40),
        ("given Box b { door true } expect rule shut for b before 50 s", 50),
        ("given Box b { door true } expect rule shut for b after 50 s", 50),
        ("given Box b { door true } expect rule shut for b within 5 s of 50 s", 55),
        ("given Box b { door true } expect rule shut for b within 5 s", 5),
    ],
)
def test_a_test_ends_at_the_latest_time_that_it_names(test: str, end: float) -> None:
    assert scenario(test).end == end * S


def test_the_last_mark_lets_stragglers_of_the_end_be_told_of() -> None:
    assert times("given Box b { temp 4 degC } at 20 s b temp 5 degC", MarkAll) == [20 + 30 + 1e-9]


def test_time_goes_on_for_all_before_what_comes_after_a_pause() -> None:
    found = scenario("given Box b { door true } given Gate g { open true } at 5 min g open false").inputs
    assert [type(one) for one in found] == [Message, Message, MarkAll, Message, MarkAll]
    marked = found[2]
    assert isinstance(marked, MarkAll)
    assert marked.time == EPOCH + 300 * S


def test_time_goes_on_often_enough_that_nobody_seems_idle() -> None:
    marks = times("given Box b { temp 4 degC } given Gate g { open true } expect nothing lost within 5 min", MarkAll)
    assert max(later - earlier for earlier, later in zip([0, *marks], marks, strict=False)) <= 40


def test_an_acknowledgement_comes_after_the_messages_of_its_time() -> None:
    found = scenario("given Box b { temp 4 degC } at 20 s b door true at 20 s acknowledge shut for b").inputs
    places = {type(one): place for place, one in enumerate(found)}
    assert places[Message] < places[Acknowledge]
    assert [one.key for one in found if isinstance(one, Acknowledge)] == [("b",)]
    assert isinstance(found[places[Acknowledge] - 1], MarkAll)


@pytest.mark.parametrize(
    "whom, keys",
    [
        ("shut for b[1..2]", [("b1",), ("b2",)]),
        ("shut", [("b1",), ("b2",), ("c",)]),
        ('full for "oslo"', [("oslo",)]),
        ("full", [("oslo",), ("bergen",)]),
        ("everything", [()]),
    ],
)
def test_an_acknowledgement_names_instances_or_is_for_all(whom: str, keys: list[tuple[str, ...]]) -> None:
    test = f'given Box b[1..2] {{ site "oslo" }} given Box c {{ site "bergen" }} at 20 s acknowledge {whom}'
    assert [one.key for one in scenario(test).inputs if isinstance(one, Acknowledge)] == keys


def test_settings_can_name_the_number_of_the_device() -> None:
    test = "given Box b[n in 1..3] { rank n  temp (4 degC + n * 2 K)  load (10 kg / n)  door true }"
    assert fields(test, "b2") == {"rank": 2.0, "temp": 8.0, "load": 5.0, "door": True}
    test = "given Box b[n in 1..3] { temp (20 degC - n * 1 K)  rank (-n + 10 * n - 1) }"
    assert fields(test, "b3") == {"temp": 17.0, "rank": 26.0}


def test_settings_are_brought_into_the_unit_of_their_field() -> None:
    test = "given Box b { temp 50 degF  load 2500 g  at Point(59.5, 10.25)  firmware 2.10 }"
    assert fields(test, "b") == {"temp": 10.0, "load": 2.5, "at": (59.5, 10.25), "firmware": "2.10"}
    assert fields("given Box b { temp warm  load -0.5 kg  firmware 2.1.3 }", "b") == {
        "temp": 9.0,
        "load": -0.5,
        "firmware": "2.1.3",
    }


def test_constants_can_be_read_without_facts() -> None:
    typed = compiled("given Box b { door true }").typed
    assert typed is not None
    reader = Reader(typed)
    temperature = Type("float", parse_unit("degC"), affine=True)
    assert reader.duration_ns(n.Quantity((("2", "min"), ("10", "s")))) == 130 * S
    assert reader.stored(n.Quantity((("50", "degF"),)), temperature) == 10.0
    assert reader.exact(n.Negate(n.Number("3"))) == Exact(Fraction(-3))
    assert reader.exact(n.Absent()) == Exact(None)
    assert reader.exact(n.Bool(True)) == Exact(True)
    assert reader.exact(n.Call("Point", (n.Argument(n.Number("1")), n.Argument(n.Number("2"))))) == Exact((1.0, 2.0))
    assert reader.exact(n.Template(("a", n.Quantity((("2", "kg"),)), n.Text("b")))) == Exact("a2 kgb")
    assert stored(Exact("2026-01-01T00:00:00Z"), Type("time")) == EPOCH


def test_a_device_whose_clock_is_behind_is_not_late_for_that() -> None:
    test = "given Box b { temp 4 degC } given Gate g { open true } fault clock b behind 20 s from 1 min to 3 min"
    found = scenario(test + " expect nothing lost within 4 min").inputs
    reported = [(one.time - EPOCH) // S for one in found if isinstance(one, Message) and one.id == "b"]
    assert reported[:9] == [0, 10, 20, 30, 40, 50, 40, 50, 60]
    newest = 0
    for one in found:
        if isinstance(one, MarkAll):
            newest = one.time
        elif isinstance(one, Message) and one.time > EPOCH + 100 * S:
            assert one.time >= newest


def test_a_clock_can_be_ahead() -> None:
    found = scenario("given Box b { temp 4 degC } fault clock b ahead 5 s from 10 s").inputs
    assert [(one.time - EPOCH) // S for one in found if isinstance(one, Message)] == [0, 15]
