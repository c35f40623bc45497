"""What could not be read is told once: not again by what follows from it."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.source import SourceText

DEVICE = "device Fridge { telemetry temp: degC in -40..60  telemetry door: bool }\n"


def codes(text: str) -> list[str]:
    return [problem.code for problem in compile_text(SourceText("demo.iot", f"module demo\n{text}")).problems]


def test_all_faults_of_a_program_are_told_in_the_order_of_the_text() -> None:
    rules = (
        'rule a for Fridge { when temp > 8 celsius  do { alert "{id}" } }\n'
        'rule b for Fridge { when tmp > 8 degC  do { alert "{id}" } }\n'
        'rule c for Fridge { when temp > 8 bar  do { alert "{id}" } }\n'
        'rule d for Fridge { when temp >  do { alert "{id}" } }\n'
    )
    assert codes(DEVICE + rules) == ["HG0107", "HG0201", "HG0401", "HG0101"]


@pytest.mark.parametrize(
    "lost, uses",
    [
        ("let limit = = 8 degC\n", "temp > limit"),
        ("sgnal warm for Fridge = temp > 8 degC\n", "warm"),
        ("pattern opened for Fridge = door becomes then temp > 3 degC\n", "opened"),
    ],
)
def test_a_name_that_a_lost_item_declared_is_not_unknown(lost: str, uses: str) -> None:
    rule = f'rule r for Fridge {{ when {uses}  until temp < 2 degC  do {{ alert "{{id}}" }} }}\n'
    found = codes(DEVICE + lost + rule)
    assert len(found) == 1
    assert found[0].startswith("HG01")


def test_a_field_that_a_faulty_device_may_have_is_not_unknown() -> None:
    device = "device Fridge { telemetry temp: degC in -40..60 evry 10 s  telemetry humidity: percent }\n"
    found = codes(device + 'rule r for Fridge { when humidity > 8 %  do { alert "{id}" } }\n')
    assert {code[:4] for code in found} == {"HG01"}


def test_nobody_is_warned_while_something_cannot_be_read() -> None:
    assert codes(DEVICE + "let limit = 8 degC\nlet other = 8 celsius\nrule r for Fridge { when door }\n") == ["HG0107"]
    assert codes(DEVICE + "let limit = 8 degC\nrule r for Fridge { when door }\n") == ["HG0902", "HG0903"]
