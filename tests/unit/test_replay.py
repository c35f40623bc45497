"""Inputs with an end are read as far as is asked for, from where is asked for."""

import pytest

from headgate.runtime.connectors.memory import Objects
from headgate.runtime.connectors.payload import InputError
from headgate.runtime.replay import BEGINNING, Position, Replay
from headgate.runtime.testing.executors import compile_program

PLAN = compile_program("""module kept
device Pump { telemetry pressure: bar in 0 bar..100 bar }
source feed: json for Pump { id = pump  time = ts in s  keep pressure }
signal high for Pump = pressure > 10 bar
""")


def inputs(first: int, second: int) -> list[tuple[Objects, list[str]]]:
    """Two inputs of so many messages, which are read by threes."""
    messages = [{"pump": "p", "ts": 1_700_000_000 + i, "pressure": i} for i in range(first + second)]
    return [(Objects(messages[:first], "first", 3), ["feed"]), (Objects(messages[first:], "second", 3), ["feed"])]


def processed(replay: Replay, first: int, second: int, limit: int | None = None, begin: Position = BEGINNING) -> int:
    for _ in replay.run(inputs(first, second), messages_max=limit, begin=begin):
        pass
    return replay.counters.processed


@pytest.mark.parametrize("limit, read", [(2, 2), (3, 3), (7, 7), (8, 8), (10, 10), (12, 12), (99, 12)])
def test_no_more_messages_are_read_than_asked_for_whichever_input_they_stand_in(limit: int, read: int) -> None:
    assert processed(Replay.of(PLAN), 7, 5, limit) == read


@pytest.mark.parametrize(
    "begin, left", [(Position(0, 2), 10), (Position(0, 6), 6), (Position(1, 0), 5), (Position(1, 4), 1)]
)
def test_what_was_read_before_is_passed_over(begin: Position, left: int) -> None:
    assert processed(Replay.of(PLAN), 7, 5, begin=begin) == left


def test_an_input_that_has_become_shorter_is_not_gone_on_with() -> None:
    with pytest.raises(InputError, match="8 messages of it were read before, now it has 7"):
        processed(Replay.of(PLAN), 7, 5, begin=Position(0, 8))


def test_inputs_without_messages_move_no_time() -> None:
    replay = Replay.of(PLAN)
    assert processed(replay, 0, 0) == 0
    assert replay.admission.newest_ns is None
