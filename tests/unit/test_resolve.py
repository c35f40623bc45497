"""Names: every kind of item has its own, and what is named must be there."""

import pytest

from headgate.compiler.resolve import closest, resolve, rings
from headgate.dsl import nodes as n
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText
from headgate.tests.unit.checking import codes

DEVICE = "device Pump { property line: text  telemetry flow: m3/h }\n"


@pytest.mark.parametrize(
    "item",
    [
        "let most = 9 m3/h",
        "signal most for Pump = flow + 1 m3/h",
        "pattern most for Pump = flow rises above 9 m3/h",
        'rule most for Pump { when flow > 9 m3/h  do { alert "" } }',
        "source most: json for Pump { id = id  time = ts in s  flow = flow }",
        "procedure most() for Pump { step one { } }",
        "target most: cloud",
        "twin Pump { }",
        "priorities high > low",
        'test "most" { expect nothing lost }',
        'table "most" for warm of Pump (flow -> raised) { 1 m3/h -> false }',
        'what_if "most" { from history of "north" last 1 day  report p50 of max(Pump.flow) }',
        'never "most" for Pump = flow > 900 m3/h',
    ],
)
def test_no_two_items_of_a_kind_have_one_name(item: str) -> None:
    warm = 'rule warm for Pump { when flow > 5 m3/h  do { alert "" } }\n'
    assert codes(f"{DEVICE}{warm}{item}\n") == []
    assert codes(f"{DEVICE}{warm}{item}\n{item}\n") == ["HG0204"]


def test_items_of_different_kinds_may_have_one_name() -> None:
    items = """signal shut for Pump = flow < 1 m3/h
    rule shut for Pump { when flow < 1 m3/h  do { run shut() } }
    procedure shut() for Pump { step shut { } }
    target shut: cloud
    """
    assert codes(DEVICE + items) == []


@pytest.mark.parametrize(
    "item",
    [
        "signal s for Pomp = 1",
        "pattern s for Pomp = a then b within 1 min",
        'rule s for Pomp { when true  do { alert "" } }',
        "procedure s() for Pomp { step one { } }",
        "procedure s() { step one { send stop() to each Pomp } }",
        "rule s { when sum(Pump.flow) > 1 m3/h  do { send stop() to each Pomp } }",
        "source s: json for Pomp { id = id  time = ts in s }",
        "twin Pomp { }",
        "device Valve { relationship feeds: Pomp }",
        'never "s" for Pomp = true',
        'test "s" { given Pomp p1 { } expect nothing lost }',
        'what_if "s" { from history of "n" last 1 day  set Pomp.flow = 1 m3/h  report p50 of max(Pump.flow) }',
    ],
)
def test_an_unknown_device_type_is_reported_wherever_it_is_named(item: str) -> None:
    assert codes(DEVICE + item).count("HG0202") == 1


def test_the_tables_of_names_hold_every_item() -> None:
    text = f"""module m
    {DEVICE}
    priorities high > middle > low
    procedure p() for Pump {{ step one {{ }} }}
    twin Pump {{ }}
    target hq: cloud
    test "t" {{ expect nothing lost }}
    never "i" for Pump = flow > 9 m3/h
    """
    program, _ = parse(SourceText("m.iot", text))
    names, problems = resolve(program)
    assert list(problems) == []
    assert names.ranks == {"high": 0, "middle": 1, "low": 2}
    tables = (names.procedures, names.twins, names.targets, names.tests, names.invariants)
    assert [list(table) for table in tables] == [["p"], ["Pump"], ["hq"], ["t"], ["i"]]


def test_a_priority_has_one_place() -> None:
    names, problems = resolve(n.Program("m", (), (n.Priorities(("high", "low", "high")),)))
    assert [problem.code for problem in problems] == ["HG0204"]
    assert names.ranks == {"high": 0, "low": 1}


def test_devices_built_without_text_are_told_apart() -> None:
    device = n.Device("Pump", ())
    twice = n.Program("m", (), (device, n.Device("Pump", (n.Property("line", n.TypeName("text")),))))
    names, problems = resolve(twice)
    assert [problem.code for problem in problems] == ["HG0204"]
    assert names.devices["Pump"] is device


def test_rings_are_found_once_each_and_begin_with_what_stands_first() -> None:
    assert rings({"a": ["b"], "b": ["c"], "c": []}) == []
    assert rings({"a": ["a"]}) == [("a",)]
    assert rings({"c": ["a"], "a": ["b"], "b": ["c"], "d": ["a"], "e": ["e"]}) in (
        [("c", "a", "b"), ("e",)],
        [("e",), ("c", "a", "b")],
    )


def test_what_uses_a_wrong_declaration_is_not_reported_as_well() -> None:
    text = """
    device Pump {
        property line: text  telemetry heat: celsius  telemetry flow: m3/h
        command go(a: nothing) { confirm flow > a within 1 s }
    }
    source s: json for Pump { id = id  time = ts in s  heat = heat }
    rule a for Pump { when heat > 1 degC  do { alert "{heat}" } }
    rule b for Pump { when flow > 1 m3/h  do { run p(a: 3)  send go(a: 3) } }
    signal hot by line = max(Pump.heat)
    twin Pump { parameter k: nothing = 3  dynamics { d(flow) = flow / k  d(heat) = 1 K/s }  output o = k  }
    signal worn for Pump = k > 3 and o > 5
    procedure p(a: nothing) for Pump { step x { wait until flow > a within 1 s } }
    """
    assert codes(text) == ["HG0214"] * 4


def test_the_closest_of_many_names_is_found_wherever_the_slip_is() -> None:
    names = [f"{kind}_of_{part}_{place}" for kind in ("heat", "flow", "speed") for part in "abc" for place in range(99)]
    for slip in ("hest_of_b_17", "heat_of_b_17x", "heatof_b_17", "xheat_of_b_17", "heat_fo_b_17"):
        found = closest(slip, names)
        assert found is not None
        assert found.endswith("_b_17")
    assert closest("entirely different", names) is None
    assert closest("heat_of_b_17" * 100, names) is None
    assert closest("anything", []) is None
