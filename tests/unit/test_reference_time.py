"""What happens when (docs/meaning.md): timers, staleness, windows, stragglers, patterns, the end; times in seconds."""

from datetime import UTC, datetime

import pytest

from headgate.compiler.passes.thresholds import COMPARISONS_MIN
from headgate.runtime.output import Alerted, Life, Matched, Signalled
from headgate.runtime.testing.executors import EXECUTORS, Executor, Input, Mark, Message, Run, S, compile_program
from headgate.stdlib.function import Value

MIN, H = 60, 3600
NOW = 0
"""No time beyond that of the inputs."""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def at(time: float, **fields: Value) -> Input:
    return Message("Box", "a", round(time * S), fields)


def until(time: float) -> Input:
    return Mark("Box", "a", round(time * S))


def device(clauses: str = "", x: str = "") -> str:
    return f"""
        module test
        device Box {{
            telemetry x: float {x}
            telemetry y: float
            telemetry door: bool
            {clauses}
        }}
    """


def play(
    executor: Executor, items: str, *inputs: Input, clauses: str = "", x: str = "", last: float | None = None
) -> Run:
    """With the device's and the field's clauses; its time goes on to `last`, by default long after all inputs."""
    ends = [until(10_000_000 if last is None else last)] if last is None or last > 0 else []
    return executor(compile_program(device(clauses, x) + items), [*inputs, *ends])


def lives(run: Run) -> list[tuple[float, str]]:
    return [(o.time / S, o.what) for o in run.outputs if isinstance(o, Life)]


def signals(run: Run, name: str = "s") -> list[tuple[float, object]]:
    return [(o.time / S, o.value) for o in run.outputs if isinstance(o, Signalled) and o.name == name]


# --- Timers ----------------------------------------------------------------------------------------------------------


def test_for_fires_at_its_exact_moment_without_an_event(executor: Executor) -> None:
    run = play(executor, "rule r for Box { when x > 5 for 10 s }", at(1, x=6.0), at(5, x=7.0), at(99, x=1.0))
    assert lives(run) == [(11, "raised"), (99, "cleared")]


def test_an_event_at_the_moment_of_a_timer_comes_first(executor: Executor) -> None:
    run = play(executor, "rule r for Box { when x > 5 for 10 s }", at(1, x=6.0), at(11, x=1.0), at(12, x=6.0))
    assert lives(run) == [(22, "raised")]


def test_a_break_of_for_is_false_or_unknown(executor: Executor) -> None:
    run = play(
        executor, "rule r for Box { when x > 5 for 10 s }", at(1, x=6.0), at(9, x=6.0), x="stale after 4 s", last=NOW
    )
    assert lives(run) == []


def test_a_value_is_fresh_while_its_age_is_at_most_stale_after(executor: Executor) -> None:
    run = play(executor, "signal s for Box = x", at(1, x=6.0), at(11, y=0.0), at(12, y=0.0), x="stale after 10 s")
    assert signals(run) == [(1, 6.0), (11, None)]


def test_a_value_that_is_stale_when_it_comes_is_absent(executor: Executor) -> None:
    run = play(executor, "signal s for Box = x", at(20, y=1.0), at(1, x=6.0), at(11, x=7.0), x="stale after 10 s")
    assert signals(run) == [(20, 7.0), (21, None)]


def test_an_older_value_never_overwrites_a_newer_one(executor: Executor) -> None:
    run = play(executor, "signal s for Box = x", at(5, x=1.0), at(4, x=2.0), at(5, x=3.0))
    assert signals(run) == [(5, 1.0), (5, 3.0)]


def test_no_x_for_counts_from_registration_and_from_the_last_x(executor: Executor) -> None:
    run = play(
        executor, "rule r for Box { when no x for 10 s }", at(1, y=0.0), at(12, x=1.0), at(22, x=1.0), at(23, y=0.0)
    )
    assert lives(run) == [(11, "raised"), (12, "cleared"), (32, "raised")]


def test_a_value_gone_stale_is_not_news_for_no_x_for(executor: Executor) -> None:
    run = play(executor, "rule r for Box { when no x for 10 s }", at(1, x=1.0), x="stale after 5 s")
    assert lives(run) == [(11, "raised")]


def test_timers_of_one_moment_see_each_other(executor: Executor) -> None:
    items = "rule r for Box { when (x > 5 for 10 s) and (y > 5 for 10 s) }"
    assert lives(play(executor, items, at(1, x=6.0, y=6.0))) == [(11, "raised")]


def test_a_condition_that_ends_with_a_timer_of_the_same_moment_does_not_hold(executor: Executor) -> None:
    items = "rule r for Box { when not (no y for 10 s) for 10 s }"
    assert lives(play(executor, items, at(1, y=6.0))) == []


def test_edges_need_a_definite_opposite_before(executor: Executor) -> None:
    items = "rule r for Box { when x rises above 5 }"
    run = play(executor, items, at(1, x=6.0), at(2, x=5.0), at(3, x=6.0), at(4, x=7.0))
    assert lives(run) == [(3, "raised")]


def test_an_edge_over_a_gap_is_an_edge(executor: Executor) -> None:
    items = "rule r for Box { when door becomes true }"
    run = play(executor, items, at(1, door=False), at(2, x=0.0), at(3, door=True))
    assert lives(run) == [(3, "raised")]


# --- Windows ---------------------------------------------------------------------------------------------------------


def test_tumbling_windows_hold_start_and_not_end_and_speak_at_their_end(executor: Executor) -> None:
    run = play(executor, "signal s for Box = sum(x over 10 s every 10 s)", at(0, x=1.0), at(9.75, x=2.0), at(10, x=4.0))
    assert signals(run) == [(10, 3.0), (20, 4.0), (30, None)]


def test_a_window_says_once_that_it_stays_empty(executor: Executor) -> None:
    run = play(executor, "signal s for Box = count(x over 10 s every 10 s)", at(1, x=1.0), at(45, x=2.0))
    assert signals(run) == [(10, 1.0), (20, 0.0), (50, 1.0), (60, 0.0)]


def test_hopping_windows_overlap(executor: Executor) -> None:
    items = "signal s for Box = sum(x over 10 s every 5 s)"
    run = play(executor, items, at(1, x=1.0), at(6, x=2.0), at(11, x=4.0))
    assert signals(run) == [(5, 1.0), (10, 3.0), (15, 6.0), (20, 4.0), (25, None)]


def test_samples_are_updates_at_which_where_is_true(executor: Executor) -> None:
    items = "signal s for Box = count(x where y > 0 over 10 s every 10 s)"
    run = play(executor, items, at(1, x=1.0), at(2, y=1.0), at(3, x=1.0), at(4, y=2.0), at(5, x=3.0, y=0.0))
    assert signals(run) == [(10, 1.0), (20, 0.0)]


def test_fresh_is_only_what_came_in_the_same_message(executor: Executor) -> None:
    items = "signal s for Box = count(x where fresh(y) > 0 over 10 s every 10 s)"
    run = play(executor, items, at(1, x=1.0, y=1.0), at(2, x=1.0), at(3, y=1.0), at(4, x=1.0, y=1.0))
    assert signals(run) == [(10, 2.0), (20, 0.0)]


def test_count_of_a_bool_counts_the_true_and_share_divides_by_the_known(executor: Executor) -> None:
    items = "signal s for Box = count(x > 1 over 10 s every 10 s) signal t for Box = share(x > 1 over 10 s every 10 s)"
    run = play(executor, items, at(1, x=1.0), at(2, x=2.0), at(3, x=3.0), at(4, x=0.0))
    assert signals(run)[0] == (10, 2.0)
    assert signals(run, "t")[:2] == [(10, 0.5), (20, None)]


@pytest.mark.parametrize(
    "aggregate, value",
    [
        ("count", 4.0),
        ("sum", 10.0),
        ("mean", 2.5),
        ("min", 1.0),
        ("max", 4.0),
        ("range", 3.0),
        ("variance", 1.25),
        ("stddev", 1.25**0.5),
        ("first", 2.0),
        ("last", 1.0),
        ("delta", -1.0),
        ("rise", 0.0),
        ("fall", 1.0),
        ("rate", -0.25),
    ],
)
def test_aggregates_are_what_they_are_called(executor: Executor, aggregate: str, value: float) -> None:
    items = f"signal s for Box = {aggregate}(x over 10 s every 10 s)"
    assert signals(play(executor, items, at(1, x=2.0), at(2, x=4.0), at(3, x=3.0), at(5, x=1.0)))[0] == (10, value)


def test_of_one_sample_the_deviation_is_zero_and_the_rate_absent(executor: Executor) -> None:
    items = "signal s for Box = stddev(x over 10 s every 10 s) signal t for Box = rate(x over 10 s every 10 s)"
    run = play(executor, items, at(1, x=2.0))
    assert signals(run)[0] == (10, 0.0)
    assert signals(run, "t")[0] == (10, None)


def test_four_hours_hold_exactly_twenty_four_results_of_ten_minutes(executor: Executor) -> None:
    items = """
        signal pace for Box = mean(x over 10 min every 10 min)
        signal s for Box = count(pace > 1 over 4 h every 4 h)
    """
    run = play(executor, items, *[at(t, x=2.0) for t in range(0, 12 * H, 2 * MIN)])
    assert signals(run) == [(4 * H, 24.0), (8 * H, 24.0), (12 * H, 24.0), (16 * H, 0.0)]


def test_results_of_a_window_reach_a_window_over_them_at_the_same_moment(executor: Executor) -> None:
    items = """
        signal pace for Box = mean(x over 10 s every 10 s)
        signal s for Box = count(pace > 1 over 20 s every 10 s)
    """
    run = play(executor, items, at(5, x=2.0), at(15, x=2.0), at(25, x=0.0))
    assert signals(run) == [(10, 1.0), (20, 2.0), (30, 1.0), (40, 0.0), (50, 0.0)]


def _time(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


def test_a_day_in_oslo_begins_at_its_own_midnight_and_has_23_hours_when_clocks_go_forward(executor: Executor) -> None:
    items = 'signal s for Box = count(x over today in "Europe/Oslo" every 1 h)'
    # 2024-03-31: midnight is 23:00 UTC on the day before; the next one is 22:00 UTC.
    begin = _time(2024, 3, 30, 22, 30)
    run = play(executor, items, *[at(begin + i * H, x=1.0) for i in range(26)])
    found = dict(signals(run))
    assert found[_time(2024, 3, 30, 23)] == 24 - 23.0
    assert [found[_time(2024, 3, 31, h)] for h in (0, 12, 22)] == [1.0, 13.0, 23.0]
    assert found[_time(2024, 3, 31, 23)] == 1.0


def test_a_day_in_oslo_has_25_hours_when_clocks_go_back(executor: Executor) -> None:
    items = 'signal s for Box = count(x over today in "Europe/Oslo")'
    begin = _time(2024, 10, 26, 22, 30)
    run = play(executor, items, *[at(begin + i * H, x=1.0) for i in range(26)])
    assert signals(run)[:2] == [(_time(2024, 10, 27, 23), 25.0), (_time(2024, 10, 28, 23), 1.0)]


def test_results_say_the_start_of_the_window_they_show(executor: Executor) -> None:
    run = play(executor, "signal s for Box = mean(x over 10 s every 5 s)", at(1, x=1.0))
    assert [o.window_start for o in run.outputs if isinstance(o, Signalled)] == [-5 * S, 0, 5 * S]


# --- Stragglers ------------------------------------------------------------------------------------------------------

LATE = "lateness 10 s"


def test_windows_wait_for_stragglers_and_do_not_depend_on_their_order(executor: Executor) -> None:
    items = "signal s for Box = sum(x over 10 s every 10 s) signal d for Box = delta(x over 10 s every 10 s)"
    inputs = [at(9, x=4.0), at(1, x=1.0), at(5, x=2.0), at(21, x=0.0), until(99)]
    run = play(executor, items, *inputs, clauses=LATE, last=NOW)
    assert signals(run)[0] == (10, 7.0)
    assert signals(run, "d")[0] == (10, 3.0)
    assert run.counters.late == 0


def test_what_is_older_than_lateness_is_late_but_may_still_be_the_newest_value(executor: Executor) -> None:
    items = "signal s for Box = sum(x over 10 s every 10 s) signal now for Box = x"
    inputs = [at(1, y=1.0), at(30, y=1.0), at(19, x=8.0), at(20, x=4.0), until(99)]
    run = play(executor, items, *inputs, clauses=LATE, last=NOW)
    assert signals(run) == [(30, 4.0), (40, None)]
    assert signals(run, "now") == [(30, 8.0), (30, 4.0)]
    assert (run.counters.processed, run.counters.late) == (3, 1)


def test_without_lateness_what_is_out_of_order_is_late(executor: Executor) -> None:
    run = play(executor, "signal s for Box = sum(x over 10 s every 10 s)", at(2, x=1.0), at(1, x=2.0), at(2, x=4.0))
    assert signals(run)[0] == (10, 5.0)
    assert run.counters.late == 1


def test_a_level_rule_does_not_wait(executor: Executor) -> None:
    run = play(executor, "rule r for Box { when x > 5 }", at(9, x=6.0), clauses=LATE, last=NOW)
    assert lives(run) == [(9, "raised")]


def test_settled_windows_are_seen_by_current_conditions_a_lateness_later(executor: Executor) -> None:
    items = "rule r for Box { when mean(x over 10 s every 10 s) > 5 and y > 0 }"
    run = play(executor, items, at(1, x=6.0, y=1.0), at(40, y=1.0), clauses=LATE, last=NOW)
    assert lives(run)[:1] == [(20, "raised")]


def test_what_settles_at_once_is_seen_before_the_message_itself(executor: Executor) -> None:
    items = "rule r for Box { when mean(x over 10 s every 10 s) > 5 and y > 0 }"
    run = play(executor, items, at(1, x=6.0, y=1.0), at(11, y=0.0))
    assert lives(run) == [(10, "raised"), (11, "cleared")]


def test_revisions_are_numbered_and_rules_do_not_see_them(executor: Executor) -> None:
    items = "signal s for Box = sum(x over 10 s every 10 s) rule r for Box { when s > 5 }"
    inputs = [at(1, x=1.0), at(15, x=2.0), at(3, x=8.0), at(4, x=0.0), at(5, y=1.0), at(6, x=16.0), at(99, x=0.0)]
    run = play(executor, items, *inputs, clauses="revise 20 s", last=NOW)
    found = [(o.time / S, o.value, o.revision, o.seq) for o in run.outputs if isinstance(o, Signalled)]
    assert found[:3] == [(10, 1.0, 0, 1), (10, 9.0, 1, 2), (10, 25.0, 2, 5)]
    assert lives(run) == []
    assert run.counters.late == 0


def test_beyond_revise_a_message_is_late(executor: Executor) -> None:
    items = "signal s for Box = sum(x over 10 s every 10 s)"
    run = play(
        executor, items, at(1, x=1.0), at(40, x=2.0), at(19, x=8.0), at(20, x=8.0), clauses="revise 20 s", last=NOW
    )
    assert run.counters.late == 1
    assert [(o.time / S, o.value, o.revision) for o in run.outputs if isinstance(o, Signalled)][:3] == [
        *[(10, 1.0, 0), (20, None, 0), (30, 8.0, 1)]
    ]


def test_a_calendar_window_may_begin_with_a_sample_that_came_late(executor: Executor) -> None:
    items = 'signal s for Box = sum(x over today in "Asia/Kathmandu" every 3 h)'
    run = play(executor, items, at(40, y=2.0), at(30, x=8.0), clauses="revise 20 s", last=NOW)
    assert signals(run) == [(3 * H, 8.0), (6 * H, 8.0), (9 * H, 8.0), (12 * H, 8.0), (15 * H, 8.0), (18 * H, 8.0)]


# --- What was held ---------------------------------------------------------------------------------------------------


def test_what_was_held_when_a_window_began_counts(executor: Executor) -> None:
    items = "signal s for Box = integral(x over 10 s every 10 s)"
    run = play(executor, items, at(4, x=1.0), at(25, x=3.0), until(41), last=NOW)
    assert signals(run)[:4] == [(10, 6.0), (20, 10.0), (30, 5.0 + 15.0), (40, 30.0)]


def test_at_the_end_of_input_nothing_is_held_any_more(executor: Executor) -> None:
    items = "signal s for Box = duration(door over 20 s every 10 s)"
    run = play(executor, items, at(4, door=True), at(25, y=3.0), last=NOW)
    assert signals(run) == [(10, 6.0), (20, 16.0), (30, 15.0), (40, 5.0)]


def test_a_value_counts_until_it_is_stale(executor: Executor) -> None:
    items = "signal s for Box = time_weighted_mean(x over 10 s every 10 s)"
    run = play(executor, items, at(2, x=1.0), at(8, x=5.0), until(60), x="stale after 4 s", last=NOW)
    assert signals(run) == [(10, (1.0 * 4 + 5.0 * 2) / 6), (20, 5.0), (30, None)]


def test_a_condition_that_stays_true_is_one_spell_whatever_its_updates(executor: Executor) -> None:
    items = "signal s for Box = longest(door over 40 s every 40 s) signal n for Box = spells(door over 40 s every 40 s)"
    changes = [at(2, door=True), at(12, door=True), at(21, door=False), at(30, door=True), at(33, door=False)]
    run = play(executor, items, *changes, until(41), last=NOW)
    assert signals(run)[:1] == [(40, 19.0)]
    assert signals(run, "n")[:1] == [(40, 2.0)]


# --- Patterns --------------------------------------------------------------------------------------------------------


def matched(run: Run) -> list[float]:
    return [o.time / S for o in run.outputs if isinstance(o, Matched)]


def opened(*times: tuple[float, bool]) -> list[Input]:
    return [at(t, door=door) for t, door in times]


def test_then_skips_what_does_not_match(executor: Executor) -> None:
    items = "pattern p for Box = door becomes true then x > 5 within 10 s"
    inputs = [*opened((1, False), (2, True)), at(3, x=1.0), at(4, y=1.0), at(5, x=6.0), at(6, x=7.0)]
    assert matched(play(executor, items, *inputs)) == [5]


def test_within_counts_from_the_first_step_to_the_last(executor: Executor) -> None:
    items = "pattern p for Box = x > 5 then y > 5 within 10 s"
    assert matched(play(executor, items, at(1, x=6.0), at(11, y=6.0))) == [11]
    assert matched(play(executor, items, at(1, x=6.0), at(11.25, y=6.0))) == []


def test_unless_ends_what_has_begun(executor: Executor) -> None:
    items = "pattern p for Box = x > 5 then y > 5 unless door becomes true within 10 s"
    inputs = [*opened((0, False)), at(1, x=6.0), at(2, door=True), at(3, y=6.0), at(4, x=6.0), at(5, y=6.0)]
    assert matched(play(executor, items, *inputs)) == [5]


def test_a_match_uses_up_all_that_has_begun(executor: Executor) -> None:
    items = "pattern p for Box = x > 5 then y > 5 within 60 s"
    inputs = [at(1, x=6.0), at(2, x=6.0), at(3, y=6.0), at(4, y=6.0), at(5, x=6.0), at(6, y=6.0)]
    assert matched(play(executor, items, *inputs)) == [3, 6]


def test_a_step_is_compared_with_what_an_earlier_one_captured(executor: Executor) -> None:
    items = """
        pattern p for Box = door becomes true as opened then x > opened.x + 2 within 60 s
        rule r for Box { when p do { alert "from {opened.x} to {x}" } }
    """
    inputs = [at(1, door=False, x=4.0), at(2, door=True), at(3, x=6.0), at(4, x=6.25)]
    run = play(executor, items, *inputs)
    assert matched(run) == [4]
    assert [o.message for o in run.outputs if isinstance(o, Alerted)] == ["from 4 to 6.25"]


def test_patterns_wait_for_stragglers(executor: Executor) -> None:
    items = "pattern p for Box = x > 5 then y > 5 within 10 s"
    assert matched(play(executor, items, at(3, y=6.0), at(1, x=6.0), until(99), clauses=LATE, last=NOW)) == [3]


def test_one_message_is_one_step(executor: Executor) -> None:
    items = "pattern p for Box = x > 5 then x > 5 then x > 5 within 60 s"
    assert matched(play(executor, items, *[at(t, x=6.0) for t in range(1, 8)])) == [3, 6]


# --- The end ---------------------------------------------------------------------------------------------------------


def test_at_the_end_open_windows_are_closed_and_no_other_timer_fires(executor: Executor) -> None:
    items = """
        signal s for Box = sum(x over 10 s every 5 s)
        rule r for Box { when x > 5 for 10 s }
        rule q for Box { when s > 5 }
    """
    run = play(executor, items, at(1, x=6.0), at(6, x=1.0), at(7, x=6.0), last=NOW)
    assert signals(run) == [(5, 6.0), (10, 13.0), (15, 7.0)]
    assert lives(run) == [(5, "raised")]


def test_at_the_end_what_waits_takes_its_place(executor: Executor) -> None:
    items = "signal s for Box = sum(x over 10 s every 10 s) pattern p for Box = x > 5 then y > 5 within 10 s"
    run = play(executor, items, at(5, y=6.0), at(3, x=6.0), clauses="lateness 1 min", last=NOW)
    assert signals(run) == [(10, 6.0)]
    assert matched(run) == [5]


@pytest.mark.parametrize("rules", [1, COMPARISONS_MIN], ids=["compared one by one", "compared together"])
@pytest.mark.parametrize(("x", "alerts"), [("", 2), ("stale after 3 s", 0)], ids=["held", "stale"])
def test_at_the_end_guards_and_conditions_see_values_as_old_as_the_instant_says(
    executor: Executor, x: str, alerts: int, rules: int
) -> None:
    items = "\n".join(
        f"""
        rule guarded{n} for Box {{ when sum(x over 10 s every 10 s) > {n} do {{ if x > {n} {{ alert "{{x}}" }} }} }}
        rule both{n} for Box {{ when sum(x over 10 s every 10 s) > {n} and x > {n} do {{ alert "{{x}}" }} }}
        """
        for n in range(rules)
    )
    run = play(executor, items, at(1, x=9.0), x=x, last=NOW)
    assert [(o.time / S, o.message) for o in run.outputs if isinstance(o, Alerted)] == [(10, "9")] * alerts * rules
