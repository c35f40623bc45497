"""`headgate test`: what it runs, prints and returns."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.cli.main import main

PROGRAM = """module fridges
device Fridge { telemetry temp: degC every 10 s }
rule warm for Fridge { when temp > 8 degC  do { alert "{id} is at {temp}" } }
"""
GOOD = PROGRAM + 'test "it is told" { given Fridge f { temp 9 degC } expect rule warm for f at 0 s }\n'
BAD = PROGRAM + 'test "it is not told" { given Fridge f { temp 8 degC } expect rule warm for f }\n'
TABLE = PROGRAM + 'table "what is warm" for warm of Fridge (temp -> raised) { 8.1 degC -> true  8 degC -> false }\n'
WRONG = GOOD.replace("> 8 degC", "> 8 kg")
LASTING = (
    GOOD
    + "pattern warmer for Fridge = temp > 6 degC as before then next temp > before.temp for 5 min within 1 h\n"
    + 'rule often for Fridge { when warmer  do { alert "{id}" } }\n'
)
TWIN = (
    GOOD.replace("{ temp 9 degC }", "{ temp 9 degC } twin { space 50 % }")
    + "twin Fridge { state ice: ratio in 0..1 = 10 %  dynamics { d(ice) = (1 - ice) / 1 h }  output space = 1 - ice }\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    texts = {
        "good": GOOD,
        "bad": BAD,
        "table": TABLE,
        "none": PROGRAM,
        "wrong": WRONG,
        "lasting": LASTING,
        "twin": TWIN,
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.iot").write_text(text, encoding="utf-8")
    return tmp_path


def result(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["test", *arguments])
    return code, capsys.readouterr().out


def result_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out = result(capsys, *arguments, "--json")
    return code, json.loads(out)


def test_tests_that_pass_are_told_in_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert result(capsys, "good.iot", "table.iot") == (
        0,
        "good.iot\n  ok         test it is told\ntable.iot\n  ok         table what is warm\n\n2 passed\n",
    )


def test_a_failure_is_told_with_its_place_and_timeline(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = result(capsys, "bad.iot", "good.iot")
    assert code == 1
    assert "FAILED test it is not told\n\nbad.iot:4: expect rule warm for f\n" in out
    assert "nearest   the greatest `temp` was 8 degC, which is not beyond it" in out
    assert out.endswith("1 passed, 1 failed\n")


def test_a_title_chooses_tests(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = result(capsys, "bad.iot", "good.iot", "-k", "IS TOLD")
    assert code == 0
    assert out == "bad.iot: no test of this title\ngood.iot\n  ok         test it is told\n\n1 passed\n"


def test_a_title_that_no_test_has_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "good.iot", "-k", "nothing"]) == 2
    assert "no test has a title that contains `nothing`" in capsys.readouterr().err


def test_tests_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert result(capsys, "good.iot", "wrong.iot", "table.iot", "--list") == (
        0,
        "good.iot:4 test it is told\nwrong.iot:4 test it is told\ntable.iot:4 table what is warm\n",
    )
    _, listed = result_json(capsys, "table.iot", "--list")
    assert listed == {"tests": [{"file": "table.iot", "line": 4, "kind": "table", "title": "what is warm"}]}


def test_a_program_without_tests_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert result(capsys, "none.iot") == (0, "none.iot: no tests\n\n0 passed\n")


def test_a_program_with_errors_fails(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = result(capsys, "wrong.iot", "good.iot")
    assert code == 1
    assert "error[HG" in out
    assert "wrong.iot: has 1 error, so its 1 test could not run" in out
    assert out.endswith("1 passed, 1 program that could not be run\n")


def test_what_cannot_be_executed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = result(capsys, "lasting.iot")
    assert code == 1
    assert "error[HG0801]: an earlier step's value in what lasts, behind `then next`, cannot be executed yet" in out
    assert "lasting.iot: has what cannot be executed yet, so its 1 test could not run" in out
    code, out = result(capsys, "twin.iot")
    assert code == 1
    assert "cannot run test it is told" in out
    assert "error[HG0801]: `space`, which the twin itself says, in a test cannot be executed yet" in out
    assert out.endswith("0 passed, 1 cannot run\n")


def test_a_file_that_cannot_be_read_is_told_and_the_others_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "missing.iot", "good.iot", "away.iot"]) == 3
    told = capsys.readouterr()
    assert told.out.endswith("1 passed\n")
    assert "cannot read `missing.iot`" in told.err
    assert "cannot read `away.iot`" in told.err


def test_coverage_can_be_asked_for_and_be_too_small(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = result(capsys, "good.iot", "--coverage")
    assert code == 0
    assert "  rule warm: 3 of 7\n" in out
    assert "  rule coverage 42.8 % (3 of 7)\n" in out
    code, out = result(capsys, "good.iot", "--coverage-min", "50")
    assert code == 1
    assert "42.8 % is less than the 50 % asked for" in out
    assert out.endswith("1 passed, 1 program with too little coverage\n")
    assert result(capsys, "good.iot", "--coverage-min", "40")[0] == 0


def test_a_program_without_tests_reaches_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = result(capsys, "none.iot", "--coverage-min", "1")
    assert code == 1
    assert "rule coverage 0 % (0 of 7)" in out


@pytest.mark.parametrize("share", ["many", "-1", "101"])
def test_a_share_is_a_number_from_0_to_100(share: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "good.iot", f"--coverage-min={share}"]) == 2
    assert f"`{share}` is not a number from 0 to 100" in capsys.readouterr().err


def test_results_can_be_read_by_machines(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = result_json(capsys, "good.iot", "bad.iot", "wrong.iot", "twin.iot", "--coverage")
    assert code == 1
    assert (told["passed"], told["failed"], told["cannot_run"], told["ok"]) == (1, 1, 1, False)
    assert [(test["file"], test["title"], test["outcome"]) for test in told["tests"]] == [
        ("good.iot", "it is told", "passed"),
        ("bad.iot", "it is not told", "failed"),
        ("twin.iot", "it is told", "cannot_run"),
    ]
    (failure,) = told["tests"][1]["failures"]
    assert (failure["line"], failure["message"]) == (4, "expect rule warm for f")
    assert failure["details"][0] == "got       never raised"
    assert [problem["code"] for problem in told["tests"][2]["problems"]] == ["HG0801"]
    assert [problem["file"] for problem in told["problems"]] == ["wrong.iot"]
    assert [entry["file"] for entry in told["coverage"]] == ["good.iot", "bad.iot", "twin.iot"]
    missing = told["coverage"][0]["missing"][0]
    place = {"of": "rule warm", "file": "good.iot", "line": 3}
    assert missing == {**place, "what": "`temp > 8 degC`", "missing": "never false"}


def test_what_is_missing_of_another_file_is_named_with_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "fridges.iot").write_text(PROGRAM, encoding="utf-8")
    (folder / "site.iot").write_text(
        "module site\nimport fridges (Fridge, warm)\nsignal cold for Fridge = temp < 2 degC\n"
        'test "it is told" { given Fridge f { temp 9 degC } expect rule warm for f at 0 s }\n',
        encoding="utf-8",
    )
    code, out = result(capsys, "site.iot", "--coverage")
    assert code == 0
    assert "    line 3  `temp < 2 degC`: never true; never unknown; no value below it, the nearest was 9 degC\n" in out
    assert "    fridges.iot line 3  `temp > 8 degC`: never false; never unknown; no value below it" in out
