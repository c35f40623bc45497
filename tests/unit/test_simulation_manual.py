"""docs/simulation.md: its examples are run, in order, and give what it shows."""

import doctest
from pathlib import Path

MANUAL = Path(__file__).parents[2] / "docs" / "simulation.md"


def test_the_examples_of_the_page_about_simulation_give_what_it_shows() -> None:
    test = doctest.DocTestParser().get_doctest(
        MANUAL.read_text(encoding="utf-8").replace("```", ""), {}, MANUAL.name, str(MANUAL), 0
    )
    assert len(test.examples) > 30
    told: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert "".join(told) == ""
