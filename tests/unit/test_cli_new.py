"""`new`: the project it makes checks, is formatted, passes its tests and runs at once."""

import json
from pathlib import Path

import pytest

from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_new_project_works_at_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["new", "cellar"]) == Exit.OK
    assert "now: cd cellar; headgate test cellar.iot" in capsys.readouterr().out
    assert sorted(path.name for path in Path("cellar").iterdir()) == ["README.md", "cellar.iot", "messages.jsonl"]
    monkeypatch.chdir("cellar")
    assert main(["check", "cellar.iot", "--deny", "warnings"]) == Exit.OK
    assert capsys.readouterr().out == "cellar.iot: no problems\n"
    assert main(["fmt", "--check", "cellar.iot"]) == Exit.OK
    assert main(["test", "cellar.iot"]) == Exit.OK
    capsys.readouterr()
    assert main(["run", "cellar.iot", "--input", "messages.jsonl", "--json"]) == Exit.OK
    *outputs, summary = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert summary["processed"] == summary["read"] == len(Path("messages.jsonl").read_text().splitlines())
    assert summary["raised"] == {"too_warm": 1, "door_open": 1}
    assert {output["what"] for output in outputs} >= {"alert", "send", "cleared", "signal"}


@pytest.mark.parametrize("name", ["cellar", "fridges", "a", "a_rather_long_name"])
def test_what_the_commands_of_the_readme_do_stands_in_one_column(name: str) -> None:
    assert main(["new", name]) == Exit.OK
    lines = Path(name, "README.md").read_text().splitlines()
    commands = [line for line in lines if line.startswith(("headgate ", "pytest "))]
    assert len({line.index("  # ") for line in commands}) == 1


def test_every_command_of_the_readme_works(monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["new", "cellar"]) == Exit.OK
    monkeypatch.chdir("cellar")
    commands = [line for line in Path("README.md").read_text().splitlines() if line.startswith("headgate ")]
    assert len(commands) >= 6
    for command in commands:
        assert main(command.partition("#")[0].split()[1:]) == Exit.OK


def test_the_project_has_its_name_everywhere() -> None:
    assert main(["new", "cellar"]) == Exit.OK
    texts = [path.read_text() for path in Path("cellar").iterdir()]
    assert not any("fridges" in text for text in texts)
    assert Path("cellar/cellar.iot").read_text().count("module cellar\n") == 1


@pytest.mark.parametrize("name", ["cellar", "a_much_longer_name"])
def test_the_columns_of_the_readme_stand_below_one_another(name: str) -> None:
    assert main(["new", name]) == Exit.OK
    lines = [line for line in Path(name, "README.md").read_text().splitlines() if "  # " in line]
    assert len(lines) >= 6
    assert len({line.index("# ") for line in lines}) == 1


@pytest.mark.parametrize("name", ["Cold-Room", "1st", "../cellar", "a b", ""])
def test_a_name_that_no_module_can_have_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", name]) == Exit.USAGE
    assert "cannot name a program" in capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_nothing_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    Path("cellar").mkdir()
    assert main(["new", "cellar"]) == Exit.USAGE
    assert "there is a `cellar` here already" in capsys.readouterr().err
    assert list(Path("cellar").iterdir()) == []
