"""`fmt` and `convert`: programs in their forms."""

import io
import json
import sys
from pathlib import Path

import pytest

from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main

UGLY = """\
module  demo
device Fridge {telemetry temp:degC
}   # all of them
let limit=8 degC
rule warm for Fridge{
  when temp>limit
  do {alert "{id}"} }
"""
TIDY = """\
module demo
device Fridge {
    telemetry temp: degC
}  # all of them
let limit = 8 degC
rule warm for Fridge {
    when temp > limit
    do { alert "{id}" }
}
"""
WRONG = "module demo\nlet limit = \n"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ugly.iot").write_text(UGLY)
    Path("tidy.iot").write_text(TIDY)
    Path("wrong.iot").write_text(WRONG)


# --- fmt -------------------------------------------------------------------------------------------------------------


def test_fmt_writes_files_in_place_and_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    Path("ugly.iot").chmod(0o640)
    assert main(["fmt", "ugly.iot", "tidy.iot"]) == Exit.OK
    assert Path("ugly.iot").read_text() == TIDY
    assert Path("tidy.iot").read_text() == TIDY
    assert Path("ugly.iot").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in Path().iterdir()) == ["tidy.iot", "ugly.iot", "wrong.iot"]
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["formatted ugly.iot", "1 file changed, 1 left as it is"]


def test_fmt_check_writes_nothing_and_fails_if_it_would(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", "ugly.iot", "tidy.iot"]) == Exit.PROGRAM
    assert Path("ugly.iot").read_text() == UGLY
    assert capsys.readouterr().err.splitlines() == [
        "would change ugly.iot",
        "1 file would be changed, 1 left as it is",
    ]
    assert main(["fmt", "--check", "tidy.iot"]) == Exit.OK


def test_fmt_diff_shows_what_would_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--diff", "ugly.iot"]) == Exit.OK
    out = capsys.readouterr().out
    assert out.startswith("--- ugly.iot\n+++ ugly.iot (formatted)\n@@ ")
    assert "-let limit=8 degC\n" in out
    assert "+let limit = 8 degC\n" in out
    assert Path("ugly.iot").read_text() == UGLY
    assert main(["fmt", "--diff", "tidy.iot"]) == Exit.OK
    assert capsys.readouterr().out == ""


def test_fmt_reads_standard_input_and_writes_standard_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UGLY.encode())))
    assert main(["fmt", "-"]) == Exit.OK
    assert capsys.readouterr().out == TIDY


def test_fmt_leaves_a_program_with_errors_as_it_is_and_formats_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "wrong.iot", "ugly.iot"]) == Exit.PROGRAM
    assert Path("wrong.iot").read_text() == WRONG
    assert Path("ugly.iot").read_text() == TIDY
    err = capsys.readouterr().err
    assert "error[HG01" in err
    assert "`wrong.iot` has errors and is left as it is" in err
    assert err.endswith("1 file changed, 0 left as they are, 1 with errors\n")


def test_fmt_tells_of_a_file_that_cannot_be_read_and_formats_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "none.iot", "ugly.iot"]) == Exit.INPUT_OUTPUT
    assert Path("ugly.iot").read_text() == TIDY
    assert "cannot read `none.iot`" in capsys.readouterr().err


def test_fmt_writes_what_a_link_leads_to() -> None:
    Path("link.iot").symlink_to("ugly.iot")
    assert main(["fmt", "link.iot"]) == Exit.OK
    assert Path("link.iot").is_symlink()
    assert Path("ugly.iot").read_text() == TIDY


@pytest.mark.parametrize("files", [["-", "tidy.iot"], ["tidy.iot.json"]])
def test_fmt_refuses_what_it_cannot_format(files: list[str]) -> None:
    assert main(["fmt", *files]) == Exit.USAGE


# --- convert ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("full", [[], ["--full"]])
def test_convert_there_and_back_says_the_same(form: str, full: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "ugly.iot", "-o", f"demo.iot.{form}", *full]) == Exit.OK
    assert main(["convert", f"demo.iot.{form}", "--to", "iot", "-o", "back.iot"]) == Exit.OK
    assert main(["convert", "ugly.iot", "--to", "iot"]) == Exit.OK
    assert capsys.readouterr().out == Path("back.iot").read_text()
    assert main(["check", f"demo.iot.{form}"]) == Exit.OK
    assert f"demo.iot.{form}: no problems" in capsys.readouterr().out


def test_convert_prints_unless_told_where_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "tidy.iot", "--to", "json"]) == Exit.OK
    document = json.loads(capsys.readouterr().out)
    assert document["module"] == "demo"
    assert [item["is"] for item in document["items"]] == ["device", "let", "rule"]
    assert document["items"][2]["when"] == "temp > limit"


def test_convert_needs_to_know_what_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "tidy.iot"]) == Exit.USAGE
    assert "--to json, --to yaml or --to iot" in capsys.readouterr().err
    assert main(["convert", "plan.json", "--to", "iot"]) == Exit.USAGE


def test_convert_of_a_program_that_cannot_be_read_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "wrong.iot", "-o", "wrong.iot.json"]) == Exit.PROGRAM
    assert "error[HG01" in capsys.readouterr().err
    assert not Path("wrong.iot.json").exists()


@pytest.mark.parametrize(
    "document, told",
    [
        ("{", "line 1"),
        ('{"module": "demo", "items": [{"is": "let", "name": "1x", "value": "8 degC"}]}', "items[0].name"),
        ('{"module": "demo", "items": [{"is": "lett"}]}', "items[0]"),
        ('{"module": "demo", "items": [{"is": "let", "name": "x", "value": "8 celsius"}]}', "items[0].value"),
    ],
)
def test_a_document_that_is_no_program_is_told_with_the_place(
    document: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("demo.iot.json").write_text(document)
    assert main(["check", "demo.iot.json"]) == Exit.PROGRAM
    err = capsys.readouterr().err
    assert err.startswith("headgate: `demo.iot.json` is no program:\n")
    assert told in err


def test_problems_of_a_document_are_shown_on_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    rule = {"is": "rule", "name": "warm", "domain": "for Fridge", "when": "temp > 8 bar"}
    device = {"is": "device", "name": "Fridge", "members": [{"is": "telemetry", "name": "temp", "type": "degC"}]}
    Path("demo.iot.json").write_text(json.dumps({"module": "demo", "imports": [], "items": [device, rule]}))
    assert main(["check", "demo.iot.json"]) == Exit.PROGRAM
    out = capsys.readouterr().out
    assert "when temp > 8 bar" in out
    assert "--> demo.iot.json:" in out
    assert "`headgate convert demo.iot.json --to iot` shows all of it" in out


def test_a_module_may_be_a_document() -> None:
    document = "module: limits\nimports: []\nitems:\n  - {is: let, name: limit, value: 8 degC}\n"
    Path("limits.iot.yaml").write_text(document)
    Path("main.iot").write_text("module main\nimport limits (limit)\nlet twice = limit\n")
    assert main(["check", "main.iot"]) == Exit.OK


def test_a_plan_is_no_program() -> None:
    assert main(["compile", "tidy.iot", "-o", "plan.json"]) == Exit.OK
    assert main(["check", "plan.json"]) == Exit.USAGE
