"""Windows that keep their samples: when they give their value, of what, and what they leave out."""

from collections.abc import Sequence

import numpy as np
import pytest

from headgate.compiler.plan import Plan, Recent
from headgate.runtime.batch import Batch, Messages
from headgate.runtime.engine import Engine
from headgate.runtime.kernels import recent as kernel
from headgate.runtime.operators.recent import RecentOperator
from headgate.runtime.output import Signalled
from headgate.runtime.testing.executors import EXECUTORS, Executor, Input, Mark, MarkAll, Message, S, compile_program
from headgate.stdlib.column import Column

DEVICE = """module windows
device Pump max 3 {{
    property  line: text
    telemetry flow: float every 10 s
    telemetry open: bool
    {clauses}
}}
signal w {domain} = {window}
"""

BOTH = pytest.mark.parametrize("executor", EXECUTORS.values(), ids=EXECUTORS.keys())


def plan_of(window: str, domain: str = "for Pump", clauses: str = "") -> Plan:
    return compile_program(DEVICE.format(window=window, domain=domain, clauses=clauses))


def flow(time: float, value: float, id_: str = "a", *, open_: bool | None = None) -> Message:
    return Message("Pump", id_, int(time * S), {"line": "north", "flow": value, "open": open_})


def door(time: float, open_: bool, id_: str = "a") -> Message:
    return Message("Pump", id_, int(time * S), {"line": "north", "open": open_})


def given(run: Executor, plan: Plan, inputs: Sequence[Input]) -> list[tuple[float, object]]:
    """The values of `w`, each with its time in seconds."""
    return [(o.time / S, o.value) for o in run(plan, inputs).outputs if isinstance(o, Signalled) and o.name == "w"]


@BOTH
def test_a_window_without_a_pace_holds_what_is_younger_than_its_length(executor: Executor) -> None:
    inputs: list[Input] = [flow(t, 1.0) for t in (0, 10, 20, 30, 50)]
    assert given(executor, plan_of("count(flow over 30 s)"), inputs) == [
        (0, 1), (10, 2), (20, 3), (50, 2),
    ]  # fmt: skip


@BOTH
def test_a_window_moves_on_with_updates_that_are_no_samples(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 7.0, open_=True), flow(10, 9.0, open_=False), flow(40, 9.0)]
    window = "max(flow where open over 30 s)"
    assert given(executor, plan_of(window), inputs) == [(0, 7), (40, None)]


@BOTH
def test_a_device_that_tells_too_much_is_thinned_to_its_rate_and_counted(executor: Executor) -> None:
    inputs: list[Input] = [flow(t, 1.0) for t in range(100)]
    plan = plan_of("count(flow over 30 s)")
    run = executor(plan, inputs)
    values = [o.value for o in run.outputs if isinstance(o, Signalled)]
    assert max(value for value in values if isinstance(value, float)) == 4
    assert run.counters.dropped == {"thinned": 100 - 11}


@BOTH
def test_a_clock_that_shakes_loses_nothing(executor: Executor) -> None:
    inputs: list[Input] = [flow(t, 1.0) for t in (0, 1, 20, 29, 40, 45, 60)]
    run = executor(plan_of("count(flow over 10 min)"), inputs)
    assert not run.counters.dropped


@BOTH
def test_members_of_a_group_are_thinned_each_by_itself(executor: Executor) -> None:
    fast = [flow(t, 1.0, "a") for t in range(60)]
    slow = [flow(t, 5.0, "b") for t in (0, 10, 20, 30, 40, 50)]
    inputs: list[Input] = sorted([*fast, *slow], key=lambda message: message.time)
    plan = plan_of("count(flow > 2 over 1 min)".replace("flow", "Pump.flow"), "by line")
    assert given(executor, plan, inputs)[-1] == (50, 6)


@BOTH
def test_a_window_of_samples_begins_with_those_there_are(executor: Executor) -> None:
    inputs: list[Input] = [flow(t, float(t)) for t in (0, 1, 2, 3)]
    assert given(executor, plan_of("sum(flow over 2 samples)"), inputs) == [(0, 0), (1, 1), (2, 3), (3, 5)]


@BOTH
def test_a_window_of_samples_with_a_pace_says_nothing_where_nothing_came(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 1.0), flow(10, 2.0), flow(20, 4.0), Mark("Pump", "a", 300 * S), flow(310, 8.0)]
    window = "sum(flow over 2 samples every 1 min)"
    assert given(executor, plan_of(window), inputs) == [(0, 1), (60, 6), (360, 12)]


@BOTH
def test_a_session_ends_a_gap_after_its_last_sample_though_nothing_comes(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 1.0), flow(29, 2.0), Mark("Pump", "a", 60 * S), flow(100, 4.0)]
    assert given(executor, plan_of("sum(flow over session gap 30 s)"), inputs) == [(59, 3), (130, 4)]


@BOTH
def test_a_sample_a_whole_gap_later_begins_another_session(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 1.0), flow(30, 2.0), flow(31, 4.0), Mark("Pump", "a", 31 * S)]
    assert given(executor, plan_of("sum(flow over session gap 30 s)"), inputs) == [(30, 1), (61, 6)]


@BOTH
def test_a_session_that_has_lasted_its_maximum_is_over(executor: Executor) -> None:
    inputs: list[Input] = [flow(t, 1.0) for t in range(0, 100, 10)]
    window = "count(flow over session gap 30 s max 40 s)"
    assert given(executor, plan_of(window), inputs) == [(40, 4), (80, 4), (120, 2)]


@BOTH
def test_each_session_is_reported_though_it_comes_to_the_same(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 1.0), flow(100, 1.0)]
    assert given(executor, plan_of("count(flow over session gap 30 s)"), inputs) == [(30, 1), (130, 1)]


@BOTH
def test_while_takes_in_what_comes_as_the_condition_begins_and_not_as_it_ends(executor: Executor) -> None:
    inputs: list[Input] = [
        flow(0, 1.0, open_=False), flow(10, 2.0, open_=True), flow(20, 4.0), flow(30, 8.0, open_=False), flow(40, 16.0),
    ]  # fmt: skip
    assert given(executor, plan_of("sum(flow over while open)"), inputs) == [(30, 6)]


@BOTH
def test_while_says_that_nothing_came_and_nothing_at_the_end_of_input(executor: Executor) -> None:
    inputs: list[Input] = [door(0, True), door(10, False), door(20, True), flow(30, 1.0)]
    assert given(executor, plan_of("count(flow over while open)"), inputs) == [(10, 0)]


@BOTH
def test_a_group_takes_its_members_samples_in_the_order_of_its_own_time(executor: Executor) -> None:
    inputs: list[Input] = [
        flow(0, 0.0, "a"),
        flow(0, 1.0, "b"),
        flow(10, 2.0, "a"),
        flow(5, 4.0, "b"),
        flow(10, 8.0, "b"),
    ]
    plan = plan_of("last(Pump.flow over 3 samples)", "by line")
    assert given(executor, plan, inputs) == [(0, 1), (5, 4), (10, 8)]


@BOTH
def test_a_groups_session_is_of_all_its_members(executor: Executor) -> None:
    inputs: list[Input] = [
        flow(0, 1.0, "a"),
        flow(20, 2.0, "b"),
        flow(40, 4.0, "a"),
        flow(45, 8.0, "b"),
        MarkAll(200 * S),
    ]
    plan = plan_of("sum(Pump.flow over session gap 30 s)", "by line")
    assert given(executor, plan, inputs) == [(75, 15)]


@BOTH
def test_a_group_asks_its_own_condition(executor: Executor) -> None:
    inputs: list[Input] = [
        flow(0, 1.0, "a"), flow(0, 9.0, "b"), flow(10, 2.0, "a"), flow(10, 1.0, "b"), flow(20, 2.0, "a"),
        MarkAll(30 * S),
    ]  # fmt: skip
    plan = plan_of("count(Pump.flow over while max(Pump.flow) > 5)", "by line")
    assert given(executor, plan, inputs) == [(10, 2)]


@BOTH
def test_a_straggler_takes_its_place_and_later_ones_take_no_part(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 1.0), flow(20, 2.0), flow(15, 4.0), flow(60, 8.0), flow(10, 16.0)]
    plan = plan_of("first(flow over 2 samples)", clauses="lateness 10 s  revise 10 min")
    assert given(executor, plan, inputs) == [(0, 1), (20, 4), (60, 2)]


def test_what_devices_keep_grows_with_their_samples_and_stays_within_the_bound() -> None:
    plan = plan_of("mean(flow over 10 min)")
    (bound,) = [node.cost.state_bytes_per_key for node in plan.nodes if isinstance(node.operator, Recent)]
    engine = Engine(plan)
    registry = engine.registries["Pump"]
    keys = np.array([registry.key(id_) for id_ in "bc" + 200 * "a"], dtype=np.int32)
    time = np.concatenate([np.zeros(2, dtype=np.int64), np.arange(200, dtype=np.int64) * 10 * S])
    engine.feed(Batch((Messages("Pump", np.arange(202), keys, time, {"flow": Column(np.ones(202))}),), (), 202))
    (window,) = [operator for operator in engine.stateful().values() if isinstance(operator, RecentOperator)]
    assert int(window.used[0]) * 8 * (2 + window.pool_words) <= bound
    assert window.places[:2, kernel.ROOM].tolist() == [5, 5]


# --- What was held ---------------------------------------------------------------------------------------------------


@BOTH
def test_what_was_held_in_a_window_is_cut_to_its_length(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 1.0), flow(10, 5.0), flow(40, 2.0)]
    # In (10, 40] it was 5; in (-20, 10] it was 1 from 0 on; before the first there was nothing.
    assert given(executor, plan_of("integral(flow over 30 s)"), inputs) == [(10, 10.0), (40, 150.0)]
    assert given(executor, plan_of("time_weighted_mean(flow over 40 s)"), inputs) == [(10, 1.0), (40, 4.0)]


@BOTH
def test_where_it_is_not_asked_about_nothing_is_held(executor: Executor) -> None:
    inputs: list[Input] = [
        flow(0, 1.0, open_=True),
        flow(10, 1.0, open_=False),
        flow(20, 1.0, open_=True),
        flow(40, 1.0),
    ]
    window = "duration(flow > 0 where open over 30 s)"
    assert given(executor, plan_of(window), inputs) == [(10, 10), (40, 20)]


@BOTH
def test_a_condition_may_be_asked_about_where_it_is_true(executor: Executor) -> None:
    inputs: list[Input] = [door(0, False), door(4, True), door(9, True), door(10, False)]
    assert given(executor, plan_of("duration(open where open over 3 samples)"), inputs) == [(9, 5)]


@BOTH
def test_what_is_thinned_out_was_never_held(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 1.0), flow(10, 1.0), *(flow(t, 99.0) for t in (10.5, 11, 11.5)), flow(20, 1.0)]
    run = executor(plan_of("integral(flow over 30 s)"), inputs)
    assert run.counters.dropped["thinned"] == 2
    values = [o.value for o in run.outputs if isinstance(o, Signalled)]
    assert values[-1] == 10 + 0.5 + 99 * 9.5


@BOTH
def test_what_was_held_over_samples_begins_with_the_oldest(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 1.0), flow(10, 2.0), flow(30, 4.0), flow(31, 8.0)]
    assert given(executor, plan_of("integral(flow over 2 samples)"), inputs) == [(10, 10), (30, 40), (31, 4)]


@BOTH
def test_what_was_held_in_a_session_is_so_to_its_end(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 1.0), flow(10, 2.0), flow(50, 4.0), MarkAll(100 * S)]
    assert given(executor, plan_of("integral(flow over session gap 20 s)"), inputs) == [(30, 50), (70, 80)]


@BOTH
def test_what_was_held_as_a_condition_began_counts_from_there(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 3.0), door(10, False), door(20, True), flow(25, 5.0), door(30, False), flow(40, 1.0)]
    assert given(executor, plan_of("integral(flow over while open)"), inputs) == [(30, 15 + 25)]


@BOTH
def test_a_spell_that_reaches_over_samples_is_one(executor: Executor) -> None:
    inputs: list[Input] = [flow(t, value) for t, value in ((0, 1.0), (10, 2.0), (20, 0.0), (30, 1.0), (40, 1.0))]
    assert given(executor, plan_of("spells(flow > 0 over 1 min)"), inputs)[-1] == (40, 2)
    assert given(executor, plan_of("longest(flow > 0 over 1 min)"), inputs)[-1] == (20, 20)


@BOTH
def test_at_the_end_of_input_nothing_is_held_any_more(executor: Executor) -> None:
    inputs: list[Input] = [flow(0, 1.0), flow(10, 2.0)]
    assert given(executor, plan_of("integral(flow over session gap 20 s)"), inputs) == [(30, 10)]


@BOTH
@pytest.mark.parametrize("width", [None, 30 * S])
def test_many_spans_keep_no_more_than_the_window_reaches_back_to(executor: Executor, width: int | None) -> None:
    window = "3 samples" if width is None else "30 s"
    inputs: list[Input] = [flow(10.0 * t, float(t % 7), id_) for t in range(200) for id_ in "ab"]
    values = given(executor, plan_of(f"integral(flow over {window})"), inputs)
    span = 2 if width is None else 3
    for time, value in values[-20:]:
        t = int(time) // 10
        assert value == 10 * sum((t - i) % 7 for i in range(1, span + 1))


@BOTH
def test_of_a_groups_members_what_each_held_is_added_up(executor: Executor) -> None:
    inputs: list[Input] = [
        flow(0, 1.0, "a"), flow(0, 10.0, "b"), flow(10, 3.0, "a"), flow(20, 3.0, "a"), flow(20, 20.0, "b"),
        MarkAll(60 * S),
    ]  # fmt: skip
    values = {
        function: given(executor, plan_of(f"{function}(Pump.flow over 20 s every 20 s)", "by line"), inputs)[0]
        for function in ("integral", "time_weighted_mean")
    }
    assert values == {"integral": (20, 240), "time_weighted_mean": (20, 6)}
    for function, expected in (("duration", 30), ("longest", 20), ("spells", 2)):
        window = f"{function}(Pump.flow > 2 over 20 s every 20 s)"
        assert given(executor, plan_of(window, "by line"), inputs)[0] == (20, expected)


@BOTH
def test_a_groups_own_value_is_sampled_like_a_devices(executor: Executor) -> None:
    signal = "signal most by line = max(Pump.flow)\nsignal w by line = "
    inputs: list[Input] = [flow(t, value, id_) for t, value, id_ in ((0, 1.0, "a"), (0, 5.0, "b"), (10, 7.0, "a"))]
    inputs += [flow(10, 2.0, "b"), MarkAll(40 * S)]
    for window, expected in (
        ("sum(most over 20 s every 20 s)", (20, 12)),
        ("integral(most over 20 s every 20 s)", (20, 120)),
        ("max(most over 20 s)", (10, 7)),
        ("last(most over 2 samples)", (10, 7)),
        ("count(most > 6 over session gap 15 s)", (25, 1)),
    ):
        plan = compile_program(DEVICE.replace("signal w {domain} = {window}", signal + window).format(clauses=""))
        found = given(executor, plan, inputs)
        assert expected in found, (window, found)
