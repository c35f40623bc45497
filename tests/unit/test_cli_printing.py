"""How outputs look on a terminal and in a file, kind by kind."""

import io
import json

import pytest

from headgate.compiler.plan import Action, ActionArgument, Hole, Plan, PlanNode, ValueType
from headgate.compiler.plan import Output as OutputNode
from headgate.runtime.cli.printing import Printer
from headgate.runtime.cli.progress import Progress, rate
from headgate.runtime.output import Alerted, Emitted, Life, Matched, Output, Sent, Signalled
from headgate.runtime.results import to_line, write

SIGNALS = {
    "temp": ValueType("float", "degC"),
    "share": ValueType("float", "percent"),
    "where": ValueType("point"),
    "since": ValueType("time"),
    "name": ValueType("text"),
}
PLAN = Plan(
    "test",
    (),
    (),
    (),
    tuple(PlanNode(name, OutputNode(name, False), (), "T", type_) for name, type_ in SIGNALS.items()),
)

AT = (7, "T", ("a",), 1_500_000_000)
CASES: list[tuple[Output, str | None, dict[str, object]]] = [
    (
        Alerted(*AT, "hot", "too hot", "critical"),
        "critical  hot[a]: too hot",
        {"what": "alert", "rule": "hot", "message": "too hot", "severity": "critical"},
    ),
    (
        Alerted(*AT, "hot", "too hot"),
        "alert     hot[a]: too hot",
        {"what": "alert", "rule": "hot", "message": "too hot", "severity": None},
    ),
    (
        Sent(*AT, "hot", "cool", {"level": 2.0, "why": "hot", "now": True, "at": (1.5, 2.0), "not": None}),
        'send      hot[a]: cool(level: 2, why: "hot", now: true, at: 1.5, 2, not: absent)',
        {
            "what": "send",
            "rule": "hot",
            "command": "cool",
            "arguments": {"level": 2.0, "why": "hot", "now": True, "at": [1.5, 2.0], "not": None},
        },
    ),
    (
        Life(*AT, 'never "hot"', "raised"),
        'violated  never "hot"[a]',
        {"what": "raised", "rule": 'never "hot"', "count": 0},
    ),
    (
        Emitted(*AT, "hot", "peak", {"level": 0.1}),
        "emit      hot[a]: peak(level: 0.1)",
        {"what": "emit", "rule": "hot", "name": "peak", "arguments": {"level": 0.1}},
    ),
    (
        Signalled(*AT, "temp", 8.25),
        "signal    temp[a] = 8.25 degC",
        {"what": "signal", "name": "temp", "value": 8.25},
    ),
    (
        Signalled(*AT, "share", 50.0, window_start=10**9, revision=2),
        "signal    share[a] = 50 % (revision 2)",
        {"what": "signal", "name": "share", "value": 50.0, "window_start": "1970-01-01T00:00:01Z", "revision": 2},
    ),
    (
        Signalled(*AT, "where", (59.95, 10.8)),
        "signal    where[a] = 59.95, 10.8",
        {"what": "signal", "name": "where", "value": [59.95, 10.8]},
    ),
    (
        Signalled(*AT, "since", "2016-01-01T00:00:00Z"),
        "signal    since[a] = 2016-01-01T00:00:00Z",
        {"what": "signal", "name": "since", "value": "2016-01-01T00:00:00Z"},
    ),
    (Signalled(*AT, "since", None), "signal    since[a] = absent", {"what": "signal", "name": "since", "value": None}),
    (
        Signalled(*AT, "name", "ö\x07"),
        "signal    name[a] = ö\ufffd",
        {"what": "signal", "name": "name", "value": "ö\x07"},
    ),
    (Matched(*AT, "burst"), "match     burst[a]", {"what": "match", "name": "burst"}),
    (Life(*AT, "hot", "raised"), None, {"what": "raised", "rule": "hot", "count": 0}),
    (Life(*AT, "hot", "repeated", 3), None, {"what": "repeated", "rule": "hot", "count": 3}),
    (Life(*AT, "hot", "cleared"), "cleared   hot[a]", {"what": "cleared", "rule": "hot", "count": 0}),
    (Life(*AT, "hot", "uncertain"), "uncertain hot[a]", {"what": "uncertain", "rule": "hot", "count": 0}),
]


@pytest.mark.parametrize("output, text, members", CASES, ids=lambda case: type(case).__name__)
def test_each_kind_of_output_has_its_line_and_its_json(
    output: Output, text: str | None, members: dict[str, object]
) -> None:
    printed = list(Printer(PLAN, colour=False).lines([output]))
    assert printed == ([] if text is None else [f"1970-01-01T00:00:01.5Z  {text}"])
    common = {"seq": 7, "time": "1970-01-01T00:00:01.5Z", "timeline": "T", "key": ["a"]}
    assert json.loads(to_line(output)) == common | members


def test_alerts_are_coloured_by_severity_and_nothing_else_is() -> None:
    lines = list(Printer(PLAN, colour=True).lines([output for output, _, _ in CASES]))
    coloured = [line for line in lines if "\x1b" in line]
    assert len(coloured) == 2
    assert coloured[0] == "1970-01-01T00:00:01.5Z  \x1b[1;31mcritical  hot[a]: too hot\x1b[0m"


def test_a_group_of_all_has_no_key() -> None:
    (line,) = Printer(PLAN, colour=False).lines([Signalled(1, "one", (), 0, "temp", 1.0)])
    assert line.endswith("signal    temp = 1 degC")


def emitting(*holes: Hole) -> Plan:
    """A plan whose rule emits `session(length: …)` once for each hole."""
    actions = (
        Action("emit", "stay", "do", i, "session", arguments=(ActionArgument("length", (hole,), text=False),))
        for i, hole in enumerate(holes)
    )
    nodes = (PlanNode(str(i), action, (), "T", ValueType("bool")) for i, action in enumerate(actions))
    return Plan("test", (), (), (), tuple(nodes))


@pytest.mark.parametrize(
    "holes, value, shown",
    [
        ([Hole(1, "float", "min")], 20.0, "20 min"),
        ([Hole(1, "float", "percent")], 20.0, "20 %"),
        ([Hole(1, "float", "min")], None, "absent"),
        ([Hole(1, "time")], "2016-01-01T00:00:00Z", "2016-01-01T00:00:00Z"),
        ([Hole(1, "text")], "long", '"long"'),
        ([Hole(1, "float", "min"), Hole(2, "float", "min")], 20.0, "20 min"),
        ([Hole(1, "float", "min"), Hole(2, "float", "s")], 20.0, "20"),
    ],
    ids=["unit", "percent", "absent", "time", "text", "twice alike", "twice in different units"],
)
def test_emitted_values_have_the_unit_that_the_rule_gives_them(
    holes: list[Hole], value: float | str | None, shown: str
) -> None:
    emitted = Emitted(*AT, "stay", "session", {"length": value})
    (line,) = Printer(emitting(*holes), colour=False).lines([emitted])
    assert line.endswith(f"emit      stay[a]: session(length: {shown})")


def test_outputs_are_appended_in_order() -> None:
    sink = io.BytesIO()
    write([output for output, _, _ in CASES], sink)
    assert len(sink.getvalue().splitlines()) == len(CASES)


def test_progress_is_one_line_that_goes_away() -> None:
    now = 100.0
    stream = io.StringIO()
    progress = Progress(stream, shown=True, clock=lambda: now)
    progress.update(10, 0)
    assert stream.getvalue() == ""
    now = 102.0
    progress.update(3_000_000, 10**9)
    progress.update(3_000_001, 10**9)
    assert stream.getvalue() == "\r3,000,000 messages, 1,500,000/s, at 1970-01-01T00:00:01Z"
    progress.clear()
    assert stream.getvalue().endswith("\r")
    assert progress.seconds == 2.0


def test_progress_that_nobody_sees_writes_nothing() -> None:
    now = 0.0
    stream = io.StringIO()
    progress = Progress(stream, shown=False, clock=lambda: now)
    now = 50.0
    progress.update(10, None)
    progress.clear()
    assert stream.getvalue() == ""


def test_rates_are_no_more_exact_than_they_are() -> None:
    assert [rate(123_456, 1.0), rate(12, 1.0), rate(0, 0.0)] == ["123,000/s", "12/s", "0/s"]
