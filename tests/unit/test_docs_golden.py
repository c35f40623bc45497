"""Pages of docs/ that are made of the sources say what the sources say.

Regenerate with `HEADGATE_GOLDEN=write pytest tests/unit/test_docs_golden.py`, and read the difference.
"""

import os
from pathlib import Path

import pytest

from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main
from headgate.tests.unit.pages import FAMILIES, ROOT, diagnostic_pages, diagnostics, golden_example, library_page

WRITE = os.environ.get("HEADGATE_GOLDEN") == "write"
SHOWN_BY_TEST_ONLY = {"HG0117", "HG1506", "HG1609"}
"""Their programs would be too large to be shown."""


def hold(path: Path, page: str) -> None:
    if WRITE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(page, encoding="utf-8")
    assert path.exists(), f"regenerate the pages: {__doc__}"
    assert path.read_text(encoding="utf-8") == page, f"regenerate the pages: {__doc__}"


def test_every_diagnostic_has_its_page_and_there_is_no_other() -> None:
    folder = ROOT / "docs" / "diagnostics"
    pages = diagnostic_pages()
    if WRITE and folder.exists():
        for path in folder.iterdir():
            if path.name not in pages:
                path.unlink()
    for name, page in pages.items():
        hold(folder / name, page)
    assert {path.name for path in folder.iterdir()} == pages.keys()


def test_the_library_page_says_what_the_library_has() -> None:
    hold(ROOT / "docs" / "library.md", library_page())


@pytest.mark.parametrize("code", sorted(set(diagnostics()) - SHOWN_BY_TEST_ONLY))
def test_every_diagnostic_is_shown_on_an_example(code: str) -> None:
    example = golden_example(diagnostics()[code])
    assert example is not None
    assert example[1]


def test_the_picture_of_an_example_is_what_graph_draws(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", str(ROOT / "examples" / "fleet" / "fleet.iot")]) == Exit.OK
    hold(ROOT / "docs" / "fleet.svg", capsys.readouterr().out)


def test_every_family_of_codes_has_its_heading() -> None:
    assert {code[:4] for code in diagnostics()} <= FAMILIES.keys()
