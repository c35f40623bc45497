"""How diagnostics look: columns that fit the text, nothing that harms a terminal, colours only when asked for."""

from headgate.dsl.diagnostic import Problems
from headgate.dsl.parse import parse
from headgate.dsl.render import render, to_json
from headgate.dsl.source import SourceText


def reported(text: str) -> tuple[SourceText, Problems]:
    source = SourceText("demo.iot", text)
    return source, parse(source)[1]


def test_a_diagnostic_looks_like_this() -> None:
    source, problems = reported("module demo\nrule hot for Fridge {\n    when temp > 8 celsius\n}\n")
    (diagnostic,) = problems
    assert render(diagnostic, source) == "\n".join(
        [
            "error[HG0107]: there is no unit `celsius`",
            " --> demo.iot:3:19",
            "  |",
            "3 |     when temp > 8 celsius",
            "  |                   ^^^^^^^ not a unit",
            "  |",
            "  = help: did you mean `degC`?",
        ]
    )
    assert to_json(diagnostic, source) == {
        "code": "HG0107",
        "severity": "error",
        "title": "there is no unit `celsius`",
        "file": "demo.iot",
        "span": {"start": 52, "end": 59, "line": 3, "column": 19, "end_line": 3, "end_column": 26},
        "label": "not a unit",
        "others": [],
        "help": "did you mean `degC`?",
        "edits": [
            {
                "file": "demo.iot",
                "span": {"start": 52, "end": 59, "line": 3, "column": 19, "end_line": 3, "end_column": 26},
                "replacement": "degC",
                "applicability": "likely",
            }
        ],
    }


def test_marks_stand_under_what_they_mark_behind_tabs_and_wide_letters() -> None:
    source, problems = reported('module demo\n\tlet a = f("温度", 8 celsius)\n')
    (diagnostic,) = problems
    shown, marks = render(diagnostic, source).splitlines()[3:5]
    assert shown.endswith('    let a = f("温度", 8 celsius)')
    # Each of the two wide letters takes two columns of a terminal.
    assert marks.index("^") == shown.index("celsius") + 2


def test_no_control_character_of_a_program_reaches_the_terminal() -> None:
    source, problems = reported("module demo\nlet a = \x1b[31m\x07 b\n")
    for diagnostic in problems:
        assert "\x1b" not in render(diagnostic, source)
        assert "\x07" not in render(diagnostic, source)


def test_colours_are_only_there_when_asked_for() -> None:
    source, problems = reported("module demo\nlet a = )\n")
    (diagnostic,) = problems
    assert "\x1b[1;31merror[HG0104]\x1b[0m" in render(diagnostic, source, color=True)
    assert "\x1b" not in render(diagnostic, source)


def test_a_suggested_edit_repairs_the_program() -> None:
    text = "module demo\nlet a = 8 celsius\nlet b = 8 deg C\nlet c = x && y\nsignl d = 1\nlet e = f(x))\n"
    for _ in range(10):
        problems = reported(text)[1]
        edits = [edit for diagnostic in problems for edit in diagnostic.edits]
        if not edits:
            break
        edit = edits[0]
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    assert list(reported(text)[1]) == []
    assert text == "module demo\nlet a = 8 degC\nlet b = 8 degC\nlet c = x and y\nsignal d = 1\nlet e = f(x)\n"
