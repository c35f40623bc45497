"""The command as its users see it: what it prints, what it writes, how it ends."""

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main

PROGRAM = """
module fridges

device Fridge max 10 {
    telemetry temp: degC in -40..60
    telemetry door: bool
    command light(level: int) { ack within 5 s }
}

source readings: json for Fridge {
    id = fridge
    time = ts in ms
    keep temp, door
}
source table: csv for Fridge {
    id = fridge
    time = ts in s
    keep temp
}

signal warmest for Fridge = max(temp over 10 s every 10 s)

rule warm for Fridge {
    when temp > 8 degC
    until temp < 6 degC
    severity warning
    do { alert "{id} is at {temp}"  send light(level: 3) }
}
"""
WRONG = PROGRAM.replace("8 degC", "8 bar")
MESSAGES = [
    {"fridge": "f1", "ts": 1000, "temp": 4.5, "door": False},
    {"fridge": "f1", "ts": 2000, "temp": 9},
    {"fridge": "f2", "ts": 2000, "temp": "cold"},
    {"fridge": "f1", "ts": 3000, "temp": 5},
]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fridges.iot").write_text(PROGRAM)
    (tmp_path / "wrong.iot").write_text(WRONG)
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(message) + "\n" for message in MESSAGES))
    (tmp_path / "in.csv").write_text("fridge,ts,temp\nf1,1,4\nf1,2,10\n")
    return tmp_path


def lines_of(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


# --- run -------------------------------------------------------------------------------------------------------------


def test_run_prints_what_happens_and_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "fridges.iot", "--input", "in.jsonl"]) == Exit.OK
    out, err = capsys.readouterr()
    assert out.splitlines()[:4] == [
        "1970-01-01T00:00:02Z  warning   warm[f1]: f1 is at 9 degC",
        "1970-01-01T00:00:02Z  send      warm[f1]: light(level: 3)",
        "1970-01-01T00:00:03Z  cleared   warm[f1]",
        "1970-01-01T00:00:10Z  signal    warmest[f1] = 9 degC",
    ]
    summary = [line.split() for line in out.splitlines()[5:]]
    assert summary[0][:4] == ["4", "messages", "read", "in"]
    assert ["processed", "3"] in summary
    assert ["late", "0"] in summary
    assert ["quarantined", "1"] in summary
    assert ["wrong_type", "1", "first:", "`temp`,", "in.jsonl:3"] in summary
    assert ["warm", "1"] in summary
    assert ["commands", "planned", "1"] in summary
    assert out.endswith("5 results, written to fridges.results.jsonl\n")
    assert err == ""


def test_run_writes_results_as_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "fridges.iot", "--input", "in.jsonl", "--results", "out.jsonl", "--quiet"]) == Exit.OK
    found = lines_of("out.jsonl")
    assert [line["what"] for line in found] == ["raised", "alert", "send", "cleared", "signal"]
    assert found[1] == {
        "what": "alert",
        "seq": 1,
        "time": "1970-01-01T00:00:02Z",
        "timeline": "Fridge",
        "key": ["f1"],
        "rule": "warm",
        "message": "f1 is at 9 degC",
        "severity": "warning",
    }
    assert found[2]["arguments"] == {"level": 3}
    assert found[4]["window_start"] == "1970-01-01T00:00:00Z"
    assert "warm[f1]" not in capsys.readouterr().out


def test_run_as_json_prints_outputs_and_then_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "fridges.iot", "--input", "in.jsonl", "--json"]) == Exit.OK
    *outputs, summary = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["what"] for line in outputs] == ["raised", "alert", "send", "cleared", "signal"]
    seconds = summary.pop("seconds")
    assert seconds >= 0
    assert summary == {
        "what": "summary",
        "read": 4,
        "registered": 0,
        "processed": 3,
        "late": 0,
        "quarantined": {"wrong_type": 1},
        "duplicate": 0,
        "shed": {},
        "clamped": 0,
        "dropped": {},
        "raised": {"warm": 1},
        "commands": 1,
        "outputs": 5,
        "results": None,
        "complete": True,
    }
    assert not Path("fridges.results.jsonl").exists()


def test_run_writes_the_quarantine_where_asked() -> None:
    assert main(["run", "fridges.iot", "--input", "in.jsonl", "--quarantine", "bad.jsonl", "--quiet"]) == Exit.OK
    (refusal,) = lines_of("bad.jsonl")
    assert (refusal["seq"], refusal["line"], refusal["reason"], refusal["field"]) == (2, 3, "wrong_type", "temp")


def test_run_takes_a_plan_and_gives_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "fridges.iot", "-o", "plan.json"]) == Exit.OK
    assert main(["run", "plan.json", "--input", "in.jsonl", "--results", "a.jsonl", "--quiet"]) == Exit.OK
    assert main(["run", "fridges.iot", "--input", "in.jsonl", "--results", "b.jsonl", "--quiet"]) == Exit.OK
    assert Path("a.jsonl").read_bytes() == Path("b.jsonl").read_bytes()


@pytest.mark.parametrize("batch", ["1", "2", "1000"])
def test_run_gives_the_same_in_any_batches(batch: str) -> None:
    assert main(["run", "fridges.iot", "--input", "in.jsonl", "--results", "a.jsonl", "--quiet"]) == Exit.OK
    options = ["--results", "b.jsonl", "--quiet", "--batch", batch]
    assert main(["run", "fridges.iot", "--input", "in.jsonl", *options]) == Exit.OK
    assert Path("a.jsonl").read_bytes() == Path("b.jsonl").read_bytes()


def test_run_reads_inputs_of_several_formats_one_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    Path("in.jsonl.gz").write_bytes(gzip.compress(Path("in.jsonl").read_bytes()))
    inputs = ["--input", "in.csv", "--input", "in.jsonl.gz"]
    assert main(["run", "fridges.iot", *inputs, "--json"]) == Exit.OK
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    # The last input's first message is of an earlier time than what its device said in the one before.
    assert (summary["read"], summary["processed"], summary["late"]) == (6, 4, 1)


def test_run_reads_standard_input_for_a_named_source(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("in.jsonl").read_bytes())))
    assert main(["run", "fridges.iot", "--input", "readings=-", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["read"] == 4


def test_run_reads_no_more_than_the_limit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "fridges.iot", "--input", "in.csv", "--input", "in.jsonl", "--limit", "5", "--json"]) == Exit.OK
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (summary["read"], summary["processed"], summary["late"]) == (5, 3, 1)
    assert summary["quarantined"] == {"wrong_type": 1}


def test_a_message_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    program = PROGRAM.replace("telemetry door: bool", "property place: text").replace("temp, door", "temp, place")
    Path("place.iot").write_text(program.replace("{id} is", "{id} in {place} is"))
    Path("in.jsonl").write_text(json.dumps({"fridge": "f", "ts": 1, "temp": 9, "place": "\x1b[2J\n\r"}) + "\n")
    assert main(["run", "place.iot", "--input", "in.jsonl", "--no-results"]) == Exit.OK
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\r" not in out


FAILURES = [
    (["none.jsonl"], Exit.INPUT_OUTPUT, "cannot read `none.jsonl`: there is no such file"),
    (["."], Exit.USAGE, "`.`: the name does not say what is in it"),
    (["readings=."], Exit.INPUT_OUTPUT, "it is a folder"),
    (["empty.jsonl"], Exit.INPUT_OUTPUT, "`empty.jsonl` is empty"),
    (["text.jsonl.gz"], Exit.INPUT_OUTPUT, "it is no good gzip file"),
    (["in.txt"], Exit.USAGE, "name the source that it feeds: --input readings=in.txt"),
    (["nobody=in.txt"], Exit.USAGE, "the program has no source `nobody`: its sources are readings (json), table (csv)"),
    (["readings,table=in.txt"], Exit.USAGE, "read different formats (json, csv)"),
    (["readings=in.csv"], Exit.USAGE, "`in.csv` is csv by its name, but source `readings` reads json"),
    (["-"], Exit.USAGE, "read different formats (json, csv)"),
]


@pytest.mark.parametrize("inputs, code, words", FAILURES)
def test_an_input_that_cannot_be_used_is_told_in_one_line(
    inputs: list[str], code: Exit, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty.jsonl").touch()
    Path("text.jsonl.gz").write_text("no gzip")
    Path("in.txt").write_text("{}\n")
    assert main(["run", "fridges.iot", *(f"--input={name}" for name in inputs)]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
    assert not Path("fridges.results.jsonl").exists()


def test_an_input_that_breaks_off_keeps_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    whole = gzip.compress(
        "".join(json.dumps({"fridge": "f", "ts": i, "temp": i % 20}) + "\n" for i in range(90_000)).encode()
    )
    Path("cut.jsonl.gz").write_bytes(whole[: len(whole) * 9 // 10])
    assert main(["run", "fridges.iot", "--input", "cut.jsonl.gz", "--quiet"]) == Exit.INPUT_OUTPUT
    out, err = capsys.readouterr()
    assert "is cut short" in err
    assert out.startswith("not complete")
    assert lines_of("fridges.results.jsonl")


def test_being_interrupted_keeps_what_was_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from headgate.runtime.replay import Replay

    def interrupted(self: Replay) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Replay, "end", interrupted)
    assert main(["run", "fridges.iot", "--input", "in.jsonl", "--json", "--results", "out.jsonl"]) == Exit.INTERRUPTED
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (summary["read"], summary["complete"]) == (4, False)
    assert [line["what"] for line in lines_of("out.jsonl")] == ["raised", "alert", "send", "cleared"]


def test_results_that_cannot_be_written_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "fridges.iot", "--input", "in.jsonl", "--results", "none/out.jsonl"]) == Exit.INPUT_OUTPUT
    assert "cannot write `none/out.jsonl`" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--results", "--quarantine"])
def test_an_input_is_never_overwritten(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("in.jsonl").read_bytes()
    assert main(["run", "fridges.iot", "--input", "in.jsonl", option, "./in.jsonl"]) == Exit.USAGE
    assert "is an input" in capsys.readouterr().err
    assert Path("in.jsonl").read_bytes() == before


def test_a_program_with_errors_does_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "wrong.iot", "--input", "in.jsonl"]) == Exit.PROGRAM
    out, err = capsys.readouterr()
    assert out == ""
    assert "error[HG" in err
    assert "headgate: `wrong.iot` has 1 error\n" in err


def test_a_plan_that_was_changed_does_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "fridges.iot", "-o", "plan.json"]) == Exit.OK
    Path("plan.json").write_text(Path("plan.json").read_text().replace("fridges", "Fridges"))
    assert main(["run", "plan.json", "--input", "in.jsonl"]) == Exit.PROGRAM
    assert "cannot use the plan `plan.json`" in capsys.readouterr().err


def test_a_program_without_sources_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("none.iot").write_text("module none\ndevice A { telemetry x: float }\nsignal y for A = x\n")
    assert main(["run", "none.iot", "--input", "in.jsonl"]) == Exit.USAGE
    assert "has no `source`" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_ends_it_quietly(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"fridge": "f", "ts": i, "temp": i % 2 * 20}) + "\n" for i in range(40_000))
    Path("in.jsonl").write_text(rows)
    command = [sys.executable, "-m", "headgate.runtime.cli.main", "run", "fridges.iot", "--input", "in.jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == Exit.OK


# --- check, explain, compile -----------------------------------------------------------------------------------------


def test_check_is_silent_about_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "fridges.iot"]) == Exit.OK
    assert capsys.readouterr().out == "fridges.iot: no problems\n"


def test_check_shows_every_error_of_every_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "wrong.iot", "fridges.iot"]) == Exit.PROGRAM
    out = capsys.readouterr().out
    assert "--> wrong.iot:" in out
    assert "fridges.iot: no problems" in out
    assert out.endswith("1 error, 0 warnings\n")


def test_check_as_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", "wrong.iot", "fridges.iot"]) == Exit.PROGRAM
    found = json.loads(capsys.readouterr().out)
    assert (found["errors"], found["warnings"]) == (1, 0)
    (problem,) = found["problems"]
    assert problem["file"] == "wrong.iot"
    assert problem["severity"] == "error"


def test_a_program_that_cannot_be_read_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("latin.iot").write_bytes("module caf\xe9".encode("latin-1"))
    for name, words in {"none.iot": "no such file", ".": "is a folder", "latin.iot": "byte 10 is not UTF-8"}.items():
        assert main(["check", name]) == Exit.INPUT_OUTPUT
        assert words in capsys.readouterr().err


def test_explain_tells_what_a_code_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "hg0107"]) == Exit.OK
    assert capsys.readouterr().out.startswith("error[HG0107]\n\n")
    assert main(["explain", "HG0107", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["code"] == "HG0107"


def test_explain_suggests_codes_like_the_one_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "HG0199"]) == Exit.USAGE
    assert "did you mean HG0" in capsys.readouterr().err


def test_explain_tells_what_a_program_keeps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "fridges.iot"]) == Exit.OK
    out = capsys.readouterr().out
    assert "rule warm for Fridge" in out
    assert "keeps" in out
    assert main(["explain", "fridges.iot", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["explanation"] == out.rstrip("\n")


def test_compile_prints_the_plan_unless_told_where_to_write_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "fridges.iot"]) == Exit.OK
    printed = capsys.readouterr().out
    assert main(["compile", "fridges.iot", "--output", "plan.json"]) == Exit.OK
    assert Path("plan.json").read_text() == printed.rstrip("\n")
    assert json.loads(printed)["plan"]["module"] == "fridges"
    assert not Path("plan.json.part").exists()


def test_compile_writes_nothing_for_a_program_with_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "wrong.iot", "-o", "plan.json"]) == Exit.PROGRAM
    assert not Path("plan.json").exists()


# --- The command itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv", [[], ["fly"], ["run"], ["run", "fridges.iot"], ["run", "fridges.iot", "--input", "x.csv", "--batch", "0"]]
)
def test_wrong_usage_is_told(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == Exit.USAGE
    assert "usage: headgate" in capsys.readouterr().err


def test_an_argument_that_a_command_does_not_know_is_answered_with_what_it_knows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "fridges.iot", "--input", "x.csv", "--output", "y.jsonl"]) == Exit.USAGE
    told = capsys.readouterr().err
    assert "[--results FILE]" in told
    assert "unrecognized arguments: --output y.jsonl" in told


@pytest.mark.parametrize("command", [[], ["check"], ["run"], ["explain"], ["compile"]])
def test_help_lists_the_exit_codes(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == Exit.OK
    out = capsys.readouterr().out
    for code in Exit:
        assert f"\n  {code.value} " in out


def test_a_plan_runs_where_there_is_no_compiler_and_no_heavy_library() -> None:
    assert main(["compile", "fridges.iot", "-o", "plan.json"]) == Exit.OK
    code = (
        "import sys\n"
        "for name in ('lark', 'networkx', 'scipy', 'pydantic', 'hypothesis', 'pytest'):\n"
        "    sys.modules[name] = None\n"
        "from headgate.runtime.cli.main import main\n"
        "assert main(['run', 'plan.json', '--input', 'in.jsonl', '--quiet', '--no-results']) == 0\n"
        "assert not [name for name in sys.modules if name.startswith('headgate.dsl.parse')]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_check_tells_of_every_file_though_one_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "missing.iot", "fridges.iot"]) == Exit.INPUT_OUTPUT
    shown = capsys.readouterr()
    assert "fridges.iot: no problems" in shown.out
    assert "missing.iot" in shown.err
