"""Whatever stands in a program's files, the answer is problems that can be shown, never an exception."""

import json

from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.compile import compile_text
from headgate.compiler.modules import Missing
from headgate.dsl.render import render, to_json
from headgate.dsl.source import SourceText

LINES = (
    "module main",
    "module a",
    "module b.c",
    "import a",
    "import b.c (x, y)",
    "import main (x, F)",
    "import a (x, x, z)",
    "import std.geo (circle, inside)",
    "import std.physics (standard_gravity)",
    "import std.nothing (x)",
    "import std",
    "import",
    "import nowhere (x)",
    "let x = 8 degC",
    "let y = x",
    "let z = circle(Point(1, 2), 1 km)",
    "let broken = ",
    "let celsius = 8 celsius",
    "device F { telemetry temp: degC  telemetry place: Point  telemetry x: bool }",
    "device F {",
    "}",
    "signal y for F = mean(temp over 1 min every 1 min)",
    "signal s for F = inside(place, z)",
    'rule r for F { when temp > x  until temp < y  do { alert "{id}" } }',
    "rule q for F { when s  inhibited by r  do { run p() } }",
    "procedure p() for F { step one { emit done() } }",
    'test "t" { given F f { temp 1 degC }  expect rule r for f }',
    "pattern w for F = x becomes true then temp > x within 1 min",
)
TEXTS = st.lists(st.sampled_from(LINES), max_size=10).map("\n".join)


@given(main=TEXTS, a=TEXTS, c=TEXTS)
def test_any_files_are_answered_with_problems_that_can_be_shown(main: str, a: str, c: str) -> None:
    files = {"main": SourceText("main", main), "a": SourceText("a", a), "b.c": SourceText("b/c", c)}
    result = compile_text(files["main"], read=lambda module, importer: files.get(module, Missing((module,))))
    for problem in result.problems:
        assert render(problem, result.sources)
        told = to_json(problem, result.sources)
        assert json.loads(json.dumps(told)) == told
        assert told["span"]["end"] <= len(next(s for s in result.sources.texts if s.name == told["file"]).text)
    assert result.plan is not None or result.problems.any_errors or result.not_running.found
