"""What a device sees of its group: what that had given before the message at hand came, and nothing that is to come."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.source import SourceText
from headgate.runtime.output import Signalled
from headgate.runtime.testing.executors import (
    Executor,
    Input,
    MarkAll,
    Message,
    S,
    compile_program,
    on_engine,
    on_reference,
)

BEGIN = 1_700_000_000 * S

PROGRAM = """module fridges
device Fridge {
    property  site: text
    telemetry temp: degC
    idle after 1 h
}
device Door {
    property  site: text
    telemetry open: bool
}
signal warmest by site = max(Fridge.temp)
signal many            = count(Fridge)
"""

RUNS = pytest.mark.parametrize(
    "run", [on_engine, lambda plan, inputs: on_engine(plan, inputs, sizes=(1,)), on_reference]
)


def fridge(id_: str, second: int, temp: float, site: str = "oslo") -> Message:
    return Message("Fridge", id_, BEGIN + second * S, {"temp": temp, "site": site})


def seen(
    run: Executor, items: str, inputs: list[Input], signal: str = "seen"
) -> list[tuple[tuple[str, ...], int, object]]:
    """What the signal was, for whom and when (s)."""
    outputs = run(compile_program(PROGRAM + items), inputs).outputs
    return [(o.key, (o.time - BEGIN) // S, o.value) for o in outputs if isinstance(o, Signalled) and o.name == signal]


@RUNS
def test_a_device_sees_what_its_group_had_given_before_its_message(run: Executor) -> None:
    inputs: list[Input] = [fridge("a", 0, 4), fridge("a", 1, 9), fridge("a", 2, 5), fridge("a", 3, 6)]
    # A group's instant is run when a later message has moved its time past it: the message after that one sees it.
    assert seen(run, "signal seen for Fridge = warmest", inputs) == [(("a",), 2, 4.0), (("a",), 3, 9.0)]


@RUNS
def test_a_device_of_another_type_sees_the_group_that_its_properties_name(run: Executor) -> None:
    inputs: list[Input] = [
        fridge("a", 0, 4), fridge("b", 0, 7, "rome"), MarkAll(BEGIN + S),
        Message("Door", "d", BEGIN, {"open": True}),
        Message("Door", "d", BEGIN + S, {"site": "rome"}),
        Message("Door", "d", BEGIN + 2 * S, {"site": "oslo"}),
        Message("Door", "d", BEGIN + 3 * S, {"site": "nowhere"}),
    ]  # fmt: skip
    assert seen(run, "signal seen for Door = warmest", inputs) == [
        (("d",), 1, 7.0),
        (("d",), 2, 4.0),
        (("d",), 3, None),
    ]


@RUNS
def test_the_one_group_is_everybodys(run: Executor) -> None:
    inputs: list[Input] = [
        fridge("a", 0, 4), fridge("b", 0, 7, "rome"), MarkAll(BEGIN + S),
        Message("Door", "d", BEGIN + S, {"open": True}),
    ]  # fmt: skip
    assert seen(run, "signal seen for Door = many", inputs) == [(("d",), 1, 2.0)]


@RUNS
def test_a_groups_value_is_no_update_for_the_device(run: Executor) -> None:
    inputs: list[Input] = [fridge("a", 0, 4), fridge("b", 0, 4), MarkAll(BEGIN + S), fridge("a", 1, 4)]
    inputs += [fridge("b", second, 20.0) for second in range(2, 9)]
    inputs += [fridge("a", 9, 4)]
    changes = [entry for entry in seen(run, "signal seen for Fridge = warmest > 8 degC", inputs) if entry[0] == ("a",)]
    assert changes == [(("a",), 1, False)]


@RUNS
def test_a_window_of_a_device_takes_what_its_group_had_given_before_each_message(run: Executor) -> None:
    inputs: list[Input] = [fridge("a", second, temp) for second, temp in enumerate((4, 9, 5, 6, 8))]
    item = "signal seen for Fridge = sum(temp - warmest over 3 samples)"
    # Nothing is known of the group before the third message: then it is 4, then 9, then 5.
    assert seen(run, item, inputs) == [(("a",), 2, 1.0), (("a",), 3, -2.0), (("a",), 4, 1.0)]


@pytest.mark.parametrize(
    "item",
    [
        "signal it for Fridge = mean(temp - warmest over 1 h every 1 min)",
        "signal off for Fridge = temp - warmest\nsignal it by site = max(Fridge.off)",
        (
            "signal off for Fridge = temp - warmest\nsignal more for Fridge = off\n"
            "pattern it for Fridge = more > 1 K then temp > 8 degC within 1 h"
        ),
        'rule it for Fridge { when temp > warmest settle do { alert "{id}" } }',
    ],
)
def test_what_waits_for_stragglers_cannot_ask_for_a_groups_value(item: str) -> None:
    late = PROGRAM.replace("idle after 1 h", "idle after 1 h\n    lateness 1 min")
    compiled = compile_text(SourceText("fridges.iot", f"{late}{item}\n"))
    assert [problem.title for problem in compiled.problems if problem.severity == "error"] == []
    assert any("group's value" in problem.title for problem in compiled.not_running)


def test_a_rule_on_settled_values_that_shows_a_groups_value_does_not_wait() -> None:
    item = 'rule it for Fridge { when max(temp over 2 min every 1 min) > 8 degC do { alert "{warmest}" } }'
    plan = compile_program(f"{PROGRAM}{item}\n")
    assert {node.timeline for node in plan.nodes if type(node.operator).__name__ == "Rule"} == {"Fridge"}
