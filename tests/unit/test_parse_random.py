"""Random text makes diagnostics, never an exception. (Random trees are in tests/property/test_ways_in.py.)"""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from headgate.dsl.parse import parse
from headgate.dsl.render import render, to_json
from headgate.dsl.source import SourceText

FLEET = (Path(__file__).parents[2] / "examples" / "fleet" / "fleet.iot").read_text(encoding="utf-8")


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
