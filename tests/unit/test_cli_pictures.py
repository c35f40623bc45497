"""`graph`: what is drawn, and that a person can read it."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from headgate.compiler.compile import Compiled, compile_text
from headgate.compiler.picture import Picture, behind, picture
from headgate.compiler.picture_layout import Layout, Place, lay_out
from headgate.compiler.picture_svg import to_svg
from headgate.dsl.source import SourceText
from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main

ROOT = Path(__file__).parents[2]
PROGRAMS = [ROOT / "tests/golden/commands/cellar.iot", ROOT / "examples/fleet/fleet.iot"]
RING = """module ring
device Pump { telemetry flow: m3/h  command run(speed: percent in 0..100) { idempotent  ack within 1 s } }
pattern restarted for Pump = sent run then flow > 5 m3/h within 1 min
rule again for Pump { when restarted  hold for 1 min  do { send run(speed: 80 %) } }
"""


def picture_of(text: str, name: str = "demo.iot") -> Picture:
    result = compile_text(SourceText(name, text))
    assert isinstance(result, Compiled)
    assert result.typed is not None
    return picture(result.typed, result.sources)


@pytest.fixture(params=[*PROGRAMS, None], ids=["cellar", "fleet", "ring"])
def drawn(request: pytest.FixtureRequest) -> Picture:
    path: Path | None = request.param
    return picture_of(RING if path is None else path.read_text(encoding="utf-8"))


def boxes(layout: Layout) -> list[Place]:
    return [place for place in layout.places if place.box is not None]


def test_no_box_covers_another(drawn: Picture) -> None:
    placed = boxes(lay_out(drawn))
    assert len(placed) == len(drawn.boxes)
    for i, a in enumerate(placed):
        for b in placed[:i]:
            apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
            assert apart, (a.box, b.box)


def test_every_box_is_in_its_lane_and_every_lane_in_the_picture(drawn: Picture) -> None:
    layout = lay_out(drawn)
    lanes = dict(zip(drawn.lanes, layout.lanes, strict=True))
    for place in boxes(layout):
        lane = lanes[place.lane]
        assert lane.y < place.y
        assert place.y + place.height < lane.y + lane.height < layout.height
        assert place.x > 0
        assert place.x + place.width < layout.width


def test_arrows_point_to_the_right_unless_they_close_a_ring(drawn: Picture) -> None:
    backwards = [arrow for arrow in lay_out(drawn).arrows if arrow.backwards]
    assert len(backwards) == (1 if drawn.title == "ring" else 0)


def test_the_svg_is_well_formed_and_says_all_names(drawn: Picture) -> None:
    root = ET.fromstring(to_svg(drawn))
    texts = " ".join(text for text in root.itertext())
    for box in drawn.boxes:
        assert box.title in texts


def test_words_of_a_program_cannot_break_out_of_the_svg() -> None:
    text = 'module a\ndevice F { telemetry t: text }\nsignal s for F = t == "</svg><script>&" # "hidden"\n'
    svg = to_svg(picture_of(text))
    ET.fromstring(svg)
    assert "<script>" not in svg
    assert "hidden" not in svg


def test_boxes_speak_the_words_of_the_program() -> None:
    cellar = picture_of(PROGRAMS[0].read_text(encoding="utf-8"))
    words = {box.id: box.words for box in cellar.boxes}
    assert words["signal mean_temp"] == "mean(temp over 10 min every 1 min)"
    assert words["field Fridge.temp"] == "degC in -40..60 every 1 min stale after 5 min"
    assert words["rule too_warm"] == "when temp > cold_max for 5 min\nuntil temp < 7 degC\nalert critical"
    assert words["command Fridge.cool"] == "level: int in 0..5"


def test_arrows_tell_values_events_and_actions_apart() -> None:
    cellar = picture_of(PROGRAMS[0].read_text(encoding="utf-8"))
    kinds = {(edge.tail, edge.head): edge.kind for edge in cellar.edges}
    assert kinds["field Fridge.temp", "signal mean_temp"] == "value"
    assert kinds["field Fridge.door", "pattern left_open"] == "event"
    assert kinds["pattern left_open", "rule door_ajar"] == "event"
    assert kinds["rule too_warm", "command Fridge.siren"] == "action"


def test_what_is_behind_a_rule_is_what_it_needs_and_does() -> None:
    cellar = picture_of(PROGRAMS[0].read_text(encoding="utf-8"))
    part = behind(cellar, "door_ajar")
    assert part is not None
    assert {box.title for box in part.boxes} == {"readings", "door", "temp", "left_open", "door_ajar"}
    assert behind(cellar, "nothing") is None


def test_graph_writes_what_the_name_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = str(PROGRAMS[0])
    assert main(["graph", program, "-o", str(tmp_path / "a.svg")]) == Exit.OK
    assert main(["graph", program, "-o", str(tmp_path / "a.dot")]) == Exit.OK
    assert main(["graph", program, "--format", "dot"]) == Exit.OK
    assert (tmp_path / "a.svg").read_text().startswith("<svg ")
    assert (tmp_path / "a.dot").read_text() == capsys.readouterr().out
    assert re.match(r'digraph "cellar" \{', (tmp_path / "a.dot").read_text())


@pytest.mark.parametrize("name", ["a.png", "a"])
def test_graph_says_which_pictures_there_are(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / name
    assert main(["graph", str(PROGRAMS[0]), "-o", str(written)]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "`.svg`" in said
    assert "`.dot`" in said
    assert "`--format`" in said
    assert not written.exists()
    assert main(["graph", str(PROGRAMS[0]), "-o", str(written), "--format", "svg"]) == Exit.OK
    assert written.read_text().startswith("<svg ")


def test_graph_of_a_rule_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", str(PROGRAMS[0]), "--rule", "door_ayar"]) == Exit.USAGE
    assert "has no rule `door_ayar`; did you mean `door_ajar`?" in capsys.readouterr().err


def test_graph_of_a_program_with_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wrong.iot").write_text("module wrong\nlet x = 8 celsius\n")
    assert main(["graph", str(tmp_path / "wrong.iot")]) == Exit.PROGRAM
    out, err = capsys.readouterr()
    assert out == ""
    assert "error[HG0107]" in err
