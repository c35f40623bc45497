"""How values are written in texts (docs/meaning.md, the last section)."""

import pytest

from headgate.runtime.text import output_value, write_value
from headgate.stdlib.function import Value


@pytest.mark.parametrize(
    "value, type_name, unit, text",
    [
        (9.0, "float", "degC", "9 degC"),
        (8.25, "float", None, "8.25"),
        (1 / 3, "float", None, "0.333333"),
        (2 / 3, "float", "bar", "0.666667 bar"),
        (-0.0, "float", None, "0"),
        (1234567.0, "int", None, "1234567"),
        (1234567.25, "float", None, "1234570"),
        (1e20, "float", None, "100000000000000000000"),
        (1e-9, "float", None, "0.000000001"),
        (50.0, "float", "percent", "50 %"),
        (0.5, "float", "1", "0.5"),
        (True, "bool", None, "true"),
        (False, "bool", None, "false"),
        ("Åse", "text", None, "Åse"),
        (1451606400000000000, "time", None, "2016-01-01T00:00:00Z"),
        (1451606400250000000, "time", None, "2016-01-01T00:00:00.25Z"),
        ((59.95, 10.8), "point", None, "59.95, 10.8"),
        (None, "float", "degC", "absent"),
    ],
)
def test_values_are_written_as_people_read_them(value: Value, type_name: str, unit: str | None, text: str) -> None:
    assert write_value(value, type_name, unit) == text


def test_outputs_carry_values_as_they_are_and_times_as_texts() -> None:
    assert output_value(0, "time") == "1970-01-01T00:00:00Z"
    assert output_value(0.5, "float") == 0.5
    assert output_value(None, "time") is None
