"""docs/deployment.md does what it says: its commands, run in order in one folder, print what stands below them."""

from itertools import pairwise
from pathlib import Path
from shutil import copytree

import pytest

from headgate.runtime.cli.main import main
from headgate.runtime.deployment.accepting import Reason
from headgate.tests.spec.literate import ROOT, blocks_of
from headgate.tests.spec.test_tutorial import FOLDER, shows

PAGE = "docs/deployment.md"
DEPLOY = ("deploy", "vaccines.iot", "--inventory", "fleet.jsonl", "--key", "issuer.pem")
WRONG = """\
{"type": "Oven", "id": "o1"}
{"type": "Fridge", "id": "f2", "properties": {"site": "oslo", "setpoint": 40, "colour": "red"}}
{"type": "Fridge", "id": "f 4"}
{"type": "Fridge" "id": "f5"}
{"type": "Fridge", "id": "f2"}
"""


def prepare(first: str) -> None:
    """What stands in the folder before a block whose first command is this."""
    if "--identity gateway-oslo" in first:
        parts = Path("parts")
        content = (parts / "gateway-oslo.part").read_bytes()
        (parts / "damaged.part").write_bytes(content.replace(b"too_warm", b"too_cold", 1))
        Path("older").mkdir()
        (Path("older") / "gateway-oslo.part").write_bytes(content)
        assert (
            main(["deploy", "vaccines.iot", "--inventory", "fleet.jsonl", "--key", "issuer.pem", "--out", "parts"]) == 0
        )


@pytest.mark.timeout(600)
def test_the_commands_of_the_page_print_what_stands_below_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copytree(FOLDER, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    Path("wrong.jsonl").write_text(WRONG, encoding="utf-8")
    blocks = blocks_of(PAGE)
    run = 0
    for commands, printed in pairwise(blocks):
        if commands.words != ("sh",):
            continue
        prepare(commands.text.splitlines()[0])
        capsys.readouterr()
        for command in commands.text.splitlines():
            main(command.split()[1:])
            run += 1
        got = capsys.readouterr()
        assert shows(printed.text, got.out + got.err), got.out + got.err
    assert run == 9


def test_every_reason_for_refusal_is_on_the_page() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    assert {reason.value for reason in Reason} <= {
        line.split("`")[1] for line in page.splitlines() if line.startswith("| `")
    }
