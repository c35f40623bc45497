"""The tutorial does what it says: its commands are run in its folder, and print what stands below them.

```sh       commands; those of Headgate are run
```text     what they print; `…` stands for any lines, or for the rest of a line
```iot      a part of the program
```diff     a change to the program as it was, for the commands that come next
"""

import re
from pathlib import Path
from shutil import copytree

import pytest

from headgate.runtime.cli.main import main
from headgate.tests.spec.literate import ROOT, Block, blocks_of

FOLDER = ROOT / "examples" / "cold_chain"
PAGE = "examples/cold_chain/README.md"
PROGRAM = "vaccines.iot"
BLOCKS = blocks_of(PAGE)
COMMANDS = [place for place, block in enumerate(BLOCKS) if block.words == ("sh",)]
CHARTER = ROOT / "tests" / "spec" / "charter" / "cold_chain.iot"


def program() -> str:
    return (FOLDER / PROGRAM).read_text(encoding="utf-8")


def changed(text: str, change: Block) -> str:
    """A program with lines of a diff in the place of others."""
    hunks = re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)+)", change.text, re.MULTILINE)
    assert hunks, change
    for old, new in hunks:
        before, after = (re.sub(r"^[-+]", "", lines, flags=re.MULTILINE) for lines in (old, new))
        assert text.count(before) == 1, f"{change}: {before}"
        text = text.replace(before, after)
    return text


def shows(page: str, printed: str) -> bool:
    """Whether a page shows what was printed."""
    pattern = re.escape(page).replace("…\\\n", "(?:.*\\n)*?").replace("…", ".*")
    return re.fullmatch(pattern, printed) is not None


@pytest.mark.timeout(600)
@pytest.mark.parametrize("place", COMMANDS, ids=lambda place: str(BLOCKS[place].line))
def test_a_command_of_the_tutorial_prints_what_stands_below_it(
    place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copytree(FOLDER, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    change, commands, printed = BLOCKS[place - 1], BLOCKS[place], BLOCKS[place + 1]
    assert printed.words == ("text",)
    if change.words == ("diff",):
        Path(PROGRAM).write_text(changed(program(), change), encoding="utf-8")
    for command in commands.text.splitlines():
        if command.startswith("headgate "):
            main(command.split()[1:])
    got = capsys.readouterr()
    assert shows(printed.text, got.out + got.err), got.out + got.err


def test_the_tutorial_checks_runs_tests_and_places_its_program() -> None:
    commands = "".join(BLOCKS[place].text for place in COMMANDS)
    assert {"check", "run", "why", "test", "plan"} <= set(re.findall(r"^headgate (\w+)", commands, re.MULTILINE))


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.words == ("iot",)], ids=lambda block: str(block.line))
def test_what_the_tutorial_shows_of_the_program_is_part_of_it(block: Block) -> None:
    assert block.text in program()


def test_the_program_of_the_tutorial_is_the_charters_with_a_source_for_its_messages() -> None:
    without = re.sub(r"\n# Where messages come from.*\nsource \w+: json for Fridge \{\n(?: .*\n)*\}\n", "", program())
    assert without.replace("module vaccines\n", "module cold_chain\n") == CHARTER.read_text(encoding="utf-8")
