"""Functions of texts, and remainders: what they say, where they can stand, and how often they are worked out."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Plan
from headgate.compiler.what_ifs import lower_what_if
from headgate.dsl import nodes as n
from headgate.dsl.source import SourceText
from headgate.runtime.admitted import batches, fed
from headgate.runtime.engine import Engine
from headgate.runtime.output import Alerted, Signalled
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import Message, S, compile_program, on_engine, on_reference
from headgate.stdlib.catalogue import SCALARS
from headgate.stdlib.column import Column
from headgate.stdlib.function import Value
from headgate.stdlib.texts import is_like

PUMP = """module pumps
device Pump {
    property  kind: enum { eco, boost }
    property  site: text
    property  build: version
    telemetry code: text
    telemetry n: int
    telemetry power: W
    telemetry temp: degC
}
"""


def agreed(plan: Plan, *messages: Mapping[str, Value]) -> list[object]:
    """The outputs of messages of a device, one a second, in the engine as in the reference."""
    inputs = [Message("Pump", "p", i * S, dict(fields)) for i, fields in enumerate(messages)]
    found = on_reference(plan, inputs)
    assert not differences(found, on_engine(plan, inputs))
    assert not differences(found, on_engine(plan, inputs, sizes=(1,)))
    return list(found.outputs)


def values(expression: str, *messages: Mapping[str, Value]) -> list[Value]:
    """What the value of an expression is, each time that it is another one."""
    plan = compile_program(f"{PUMP}signal a for Pump = {expression}\n")
    return [output.value for output in agreed(plan, *messages) if isinstance(output, Signalled)]


def problems(text: str) -> list[tuple[str, str]]:
    result = compile_text(SourceText("main.iot", PUMP + text))
    return [(problem.code, problem.title) for problem in (*result.problems, *result.not_running)]


# --- Texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('starts_with(code, "E-")', [True, False]),
        ('ends_with(code, "-7")', [True, False]),
        ('contains(code, "-7")', [True, False]),
        ("contains(code, site)", [True, False]),
        ('contains("x E-7", code)', [True, False]),
        ('like(code, "?-*")', [True, False]),
        ('matches(code, "[A-Z]-\\\\d{1,2}")', [True, False]),
        ("length(code)", [3, 5]),
        ("lower(code)", ["e-7", "ß__x7"]),
        ("upper(code)", ["E-7", "SS__X7"]),
        ('upper(lower(code)) == "E-7"', [True, False]),
        ('starts_with(kind, "e")', [True, False]),
        ('lower("ABC") == "abc" ? length("äö") : n', [2]),
        ('starts_with(code, lower("E"))', [False]),
    ],
)
def test_a_function_of_texts_says_of_each_text_what_it_is_documented_to_say(
    expression: str, expected: list[Value]
) -> None:
    first: dict[str, Value] = {"code": "E-7", "kind": "eco", "site": "E"}
    assert values(expression, {"n": 1}, first, {"code": "ß__X7", "kind": "boost"}, first)[: len(expected)] == expected


def test_a_function_of_an_absent_text_is_absent() -> None:
    assert values("length(code) else -1", {"n": 1}, {"code": ""}) == [-1, 0]
    assert values("starts_with(code, site) is absent", {"code": "x"}, {"site": ""}) == [True, False]


def test_functions_of_texts_stand_in_windows_groups_patterns_and_alerts() -> None:
    plan = compile_program(
        PUMP
        + """
signal often for Pump = count(like(code, "E*") over 4 s every 4 s)
signal said  for Pump = mode(upper(code) over 4 s every 4 s)
signal some  by site  = count(Pump where contains(Pump.code, "7"))
rule hot for Pump {
    when (starts_with(code, "E") as first then length(code) > 2 and code != first.code within 1 min)
    until upper(first.code) == code
    do { alert "{lower(first.code)} {upper(code)}" }
}
"""
    )
    found = agreed(plan, *({"code": code, "site": "s"} for code in ("Ea", "e7", "Eb", "eb7", "EA", "x", "x", "x", "x")))
    assert [o.message for o in found if isinstance(o, Alerted)] == ["ea EB7"]
    said = [(o.name, o.value) for o in found if isinstance(o, Signalled)]
    assert [value for name, value in said if name == "often"] == [2, 1, 0]
    assert [value for name, value in said if name == "said"] == ["E7", "X", "X"]
    assert [value for name, value in said if name == "some"] == [0, 1, 0, 1, 0]


def test_an_engine_that_is_put_back_forgets_what_it_knew_of_later_texts() -> None:
    engine = Engine(compile_program(f"{PUMP}signal a for Pump = upper(code)\n"))
    before = engine.checkpoint()
    for codes in (("x", "y"), ("y", "x")):
        engine.restore(before)
        inputs = [Message("Pump", "p", i * S, {"code": code}) for i, code in enumerate(codes)]
        outputs = [output for batch in batches(inputs, (1,)) for output in fed(engine, batch)]
        assert [one.value for one in outputs if isinstance(one, Signalled)] == [code.upper() for code in codes]


def test_a_function_of_one_varying_text_is_worked_out_once_for_each_text(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[int] = Counter()
    columns = SCALARS["starts_with"].columns

    def counting(*inputs: Column, **texts: object) -> Column:
        asked.update(inputs[0].values.tolist())
        return columns(*inputs, **texts)

    monkeypatch.setitem(SCALARS, "starts_with", replace(SCALARS["starts_with"], columns=counting))
    plan = compile_program(f'{PUMP}signal a for Pump = starts_with(code, "E")\n')
    inputs = [Message("Pump", f"p{i % 3}", i * S, {"code": f"E{i % 5}"}) for i in range(40)]
    on_engine(plan, inputs, sizes=(7,))
    assert set(asked.values()) == {1}
    assert len(asked) == 5


@given(st.text("ab", max_size=6), st.text("ab?*", max_size=6))
def test_a_pattern_of_like_means_what_the_same_regular_expression_means(text: str, pattern: str) -> None:
    said = "".join({"*": ".*", "?": "."}.get(character, character) for character in pattern)
    assert is_like(text, pattern) == (re.fullmatch(said, text) is not None)


def test_a_pattern_of_many_stars_takes_no_longer_than_its_length_times_the_texts() -> None:
    assert not is_like("a" * 2000, "*a" * 50 + "*b")


# --- Remainders ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("mod(n, 3)", [1, 2]),
        ("mod(n, -3)", [-2, -1]),
        ("mod(n, 2.5)", [2, 0.5]),
        ("mod(power, 0.4 kW)", [300, 100]),
        ("mod(2 kW, power)", [600, 0]),
        ("mod(n, n - 7) else 99", [99, -7]),
        ("mod(temp - 0 degC, 10 K)", [5, 9]),
    ],
)
def test_a_remainder_has_the_sign_of_the_divisor_and_the_unit_of_the_column(
    expression: str, expected: list[Value]
) -> None:
    first: dict[str, Value] = {"n": 7, "power": 700.0, "temp": 25.0}
    assert values(expression, first, {"n": -7, "power": 500.0, "temp": -1.0}) == expected


def test_a_remainder_can_be_of_what_a_pattern_bound() -> None:
    text = (
        'rule r for Pump { when (n > 0 as first then mod(n, first.n) == 2 within 1 min) do { alert "{n} {first.n}" } }'
    )
    found = agreed(compile_program(PUMP + text), {"n": 3}, {"n": 4}, {"n": -1}, {"n": 9})
    assert [o.message for o in found if isinstance(o, Alerted)] == ["-1 3"]


# --- What is no program ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("mod(n, 0)", "HG0305"),
        ("mod(n, 2 - 2)", "HG0305"),
        ("mod(temp, 10 K)", "HG0405"),
        ("mod(power, 3)", "HG0402"),
        ("mod(power, temp - 0 degC)", "HG0401"),
        ("n % 2", "HG0101"),
        ("lower(n)", "HG0301"),
        ('matches(code, "(")', "HG0306"),
        ("matches(code, site)", "HG0308"),
        ('starts_with(build, "2")', "HG0301"),
        ("starts_with(code)", "HG0306"),
        ("length(code) > code", "HG0303"),
        ('startswith(code, "E")', "HG0206"),
    ],
)
def test_a_mistake_is_told(expression: str, code: str) -> None:
    assert [found for found, _ in problems(f"signal a for Pump = {expression}\n")] == [code]


@pytest.mark.parametrize(
    "clause",
    [
        "(n > 1 as first then contains(code, first.code) within 1 min)",
        "(n > 1 as first then lower(code) == lower(first.code) within 1 min)",
        "(n > 1 as first) until contains(code, first.code)",
    ],
)
def test_what_an_earlier_event_said_is_compared_in_a_condition_and_not_looked_into(clause: str) -> None:
    ((code, title),) = problems(f'rule r for Pump {{ when {clause} do {{ alert "{{id}}" }} }}\n')
    assert code == "HG0801"
    assert "of an earlier event's text" in title


def test_a_what_if_has_no_functions_of_texts() -> None:
    text = """twin Pump { state heat: K = 1 K  dynamics { d(heat) = 1 K/h } }
what_if "more" {
    from history of "s" last 1 h
    set Pump.power = power * 2 where like(site, "s*")
    report max of max(Pump.heat) + 1 K * length("x")
}
"""
    typed = compile_text(SourceText("main.iot", PUMP + text)).typed
    assert typed is not None
    plan, stopping = lower_what_if(typed, next(item for item in typed.program.items if isinstance(item, n.WhatIf)))
    assert plan is None
    assert [problem.code for problem in stopping] == ["HG0801", "HG0801"]
