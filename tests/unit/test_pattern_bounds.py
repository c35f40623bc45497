"""What is kept of a pattern has bounds: threads and events beyond them are dropped and counted."""

import pytest

from headgate.compiler.plan import Bound, Pattern
from headgate.runtime.interpret.threads import View, bound_value
from headgate.runtime.output import Alerted, Matched
from headgate.runtime.testing.executors import EXECUTORS, Executor, Mark, Message, Run, S, compile_program

HEAD = """
module bounds
device D { telemetry k: text telemetry x: float telemetry on: bool }
"""
DAY = 86_400 * S


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def run(text: str, letters: str, executor: Executor) -> Run:
    messages = [Message("D", "d", place * S, {"k": k}) for place, k in enumerate(letters, 1)]
    return executor(compile_program(HEAD + text), [*messages, Mark("D", "d", DAY)])


def lengths(found: Run) -> list[int]:
    return [len(one.events) for one in found.outputs if isinstance(one, Matched)]


def test_the_oldest_of_too_many_beginnings_are_dropped(executor: Executor) -> None:
    found = run('pattern p for D = k == "a" then k == "b" within 1 h skip none', "a" * 20 + "b", executor)
    assert lengths(found) == [2] * 16
    assert found.counters.dropped["dropped_partial"] == 4


def test_combinations_are_dropped_beyond_their_bound(executor: Executor) -> None:
    text = 'pattern p for D = k == "a" then each k == "b" then each k == "c" within 1 h skip none'
    found = run(text, "a" + "b" * 300 + "cc", executor)
    assert lengths(found) == [3] * 510
    assert found.counters.dropped["dropped_partial"] > 0


def test_an_endless_repetition_takes_no_more_events_than_are_kept(executor: Executor) -> None:
    text = 'pattern p for D = k == "s" then k == "a" at least 2 times then k == "b" within 1 h'
    assert lengths(run(text, "s" + "a" * 250 + "b", executor)) == [252]
    found = run(text, "s" + "a" * 300 + "b", executor)
    assert lengths(found) == [256]
    assert found.counters.dropped["dropped_partial"] > 0


def test_where_only_existence_matters_the_newest_beginning_is_kept(executor: Executor) -> None:
    text = 'rule r for D { when (k == "a" then k == "b" then k == "c" within 30 s) do { alert "{id}" } }'
    found = run(text, "a" * 40 + "b" + "x" * 20 + "c", executor)
    assert [one.time // S for one in found.outputs if isinstance(one, Alerted)] == [62]
    assert found.counters.dropped["dropped_partial"] == 0


def test_a_pattern_that_is_listed_keeps_each_beginning(executor: Executor) -> None:
    text = 'pattern p for D = k == "a" then k == "b" within 1 h'
    (pattern,) = (n.operator for n in compile_program(HEAD + text).nodes if isinstance(n.operator, Pattern))
    assert (pattern.listed, pattern.newest_only) == (True, False)
    (match,) = (one for one in run(text, "aab", executor).outputs if isinstance(one, Matched))
    assert match.events == (("1", 1 * S), ("2", 3 * S))


def test_skipping_to_what_is_not_there_drops_nothing(executor: Executor) -> None:
    text = 'pattern p for D = k == "a" then (k == "b" as second) optional then k == "c" within 1 h skip to last second'
    assert lengths(run(text, "aac", executor)) == [2, 2]


def test_a_turn_that_takes_nothing_ends_its_repetition(executor: Executor) -> None:
    text = 'pattern p for D = k == "a" then (k == "b" optional) 2 times then k == "c" within 1 h'
    assert lengths(run(text, "ac", executor)) == [2]
    assert lengths(run(text, "abc", executor)) == [3]
    assert lengths(run(text, "abbbc", executor)) == [4]


def test_conditions_that_were_true_are_counted(executor: Executor) -> None:
    text = """
        pattern p for D = x > 0 as r 3 times within 1 h
        rule s for D { when p do { if count(r) > 2 { alert "{count(r.on)} {share(r.on)}" } else { alert "few" } } }
    """
    messages = [Message("D", "d", t * S, {"x": 1.0, "on": t != 2} if t < 3 else {"x": 1.0}) for t in (1, 2, 3)]
    outputs = executor(compile_program(HEAD + text), messages).outputs
    assert [one.message for one in outputs if isinstance(one, Alerted)] == ["1 0.333333"]


def test_what_a_thread_keeps_of_values() -> None:
    views = [View({0: value}, frozenset({0}), 0, 0) for value in (None, 2.0, 5.0, None)]

    def kept(how: str, of: list[View] = views) -> object:
        return bound_value(Bound((0,), how, 0), of)  # type: ignore[arg-type]

    assert [kept(how) for how in ("count", "true", "first", "last", "min", "max", "sum")] == [
        2.0, 0.0, None, None, 2.0, 5.0, 7.0,
    ]  # fmt: skip
    assert [kept(how, []) for how in ("count", "true", "first", "last", "min", "max", "sum")] == [
        0.0, 0.0, None, None, None, None, None,
    ]  # fmt: skip
    assert bound_value(Bound((0,), "count"), views) == 4.0
