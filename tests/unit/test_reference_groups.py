"""Groups (docs/meaning.md): their time, their members, and samples that come from them; times in seconds."""

import pytest

from headgate.runtime.output import Alerted, Life, Signalled
from headgate.runtime.testing.executors import (
    EXECUTORS,
    Executor,
    Input,
    Mark,
    MarkAll,
    Message,
    Run,
    S,
    compile_program,
    on_reference,
)
from headgate.stdlib.function import Value


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def at(id_: str, time: float, **fields: Value) -> Input:
    return Message("Box", id_, round(time * S), fields)


def until(id_: str, time: float) -> Input:
    return Mark("Box", id_, round(time * S))


def play(executor: Executor, items: str, *inputs: Input, clauses: str = "", ending: bool = False) -> Run:
    """With the device's clauses. All devices' time goes on to 50 s, unless it is the end that is to be seen."""
    text = f"""
        module test
        device Box {{
            property site: text
            property floor: text
            telemetry x: float
            telemetry y: float
            {clauses}
        }}
        {items}
    """
    devices = sorted({one.id for one in inputs if isinstance(one, Message)})
    return executor(compile_program(text), [*inputs, *([] if ending else [until(id_, 50) for id_ in devices])])


def signals(run: Run, *key: str, name: str = "s") -> list[tuple[float, object]]:
    of = [o for o in run.outputs if isinstance(o, Signalled) and o.name == name and o.key == key]
    return [(o.time / S, o.value) for o in of]


def test_a_group_is_evaluated_once_for_all_that_happens_at_one_time(executor: Executor) -> None:
    run = play(
        executor,
        "signal s by site = sum(Box.x)",
        at("a", 1, site="u", x=1.0),
        at("b", 1, site="u", x=2.0),
        at("a", 2, x=4.0),
        at("b", 2, x=8.0),
    )
    assert signals(run, "u") == [(1, 3.0), (2, 12.0)]


def test_a_groups_time_is_the_least_of_its_members(executor: Executor) -> None:
    run = play(
        executor,
        "signal s by site = max(Box.x)",
        at("a", 1, site="u", x=1.0),
        at("b", 1, site="u", x=2.0),
        at("a", 9, x=4.0),
        until("b", 5),
        at("b", 7, x=8.0),
    )
    found = [(o.seq, o.time / S, o.value) for o in run.outputs if isinstance(o, Signalled)]
    assert found == [(3, 1, 2.0), (6, 7, 8.0)]


def test_an_idle_member_holds_nothing_back(executor: Executor) -> None:
    run = play(
        executor,
        "signal s by site = sum(Box.x)",
        at("a", 1, site="u", x=1.0),
        at("b", 1, site="u", x=2.0),
        at("a", 20, x=4.0),
        at("a", 21, x=8.0),
        clauses="idle after 10 s",
        ending=True,
    )
    assert [(o.seq, o.time / S, o.value) for o in run.outputs if isinstance(o, Signalled)] == [
        *[(2, 1, 3.0), (3, 20, 6.0)],
        (4, 21, 10.0),
    ]


def test_what_comes_after_the_groups_time_counts_at_its_next_instant(executor: Executor) -> None:
    run = play(
        executor,
        "signal s by site = sum(Box.x)",
        at("a", 1, site="u", x=1.0),
        at("b", 1, site="u", x=2.0),
        at("a", 20, x=4.0),
        at("b", 5, x=16.0),
        at("a", 21, x=8.0),
        clauses="idle after 10 s",
    )
    assert signals(run, "u") == [(1, 3.0), (20, 20.0), (21, 24.0)]
    assert run.counters.dropped["late_member"] == 1


def test_a_device_without_the_property_belongs_to_no_group(executor: Executor) -> None:
    items = "signal s by site, floor = count(Box)"
    run = play(executor, items, at("a", 1, site="u"), at("a", 2, floor="1"), at("b", 3, site="u", floor="1"))
    assert signals(run, "u", "1") == [(2, 1.0), (3, 2.0)]


def test_a_device_that_moves_leaves_its_group(executor: Executor) -> None:
    items = "signal s by site = count(Box) signal t by site = sum(Box.x)"
    run = play(executor, items, at("a", 1, site="u", x=1.0), at("b", 1, site="u", x=2.0), at("b", 5, site="v"))
    assert signals(run, "u") == [(1, 2.0), (5, 1.0)]
    assert signals(run, "v") == [(5, 1.0)]
    assert signals(run, "u", name="t") == [(1, 3.0), (5, 1.0)]
    assert signals(run, "v", name="t") == [(5, 2.0)]


def test_what_a_device_says_at_the_time_at_which_it_moves_does_not_stay_behind(executor: Executor) -> None:
    items = "signal total by site = sum(Box.x) signal s by site = max(total over 4 s every 4 s)"
    given = [at("a", 1, site="u"), at("a", 6, x=2.0), at("a", 6, site="v")]
    run = play(executor, items, *given, clauses="lateness 1 s", ending=True)
    assert signals(run, "u") == []
    assert signals(run, "v") == [(8, 2.0)]


def test_without_a_domain_all_devices_are_one_group(executor: Executor) -> None:
    run = play(
        executor, "signal s = count(Box where Box.x > 1)", at("a", 1, x=1.0), at("b", 2, x=2.0), at("a", 3, x=2.0)
    )
    assert signals(run) == [(1, 0.0), (2, 1.0), (3, 2.0)]


def test_no_known_value_gives_absent_and_a_count_of_zero(executor: Executor) -> None:
    items = "signal s by site = max(Box.x) signal t by site = count(Box.x)"
    run = play(executor, items, at("a", 1, site="u", y=1.0), at("a", 2, x=2.0))
    assert signals(run, "u") == [(2, 2.0)]
    assert signals(run, "u", name="t") == [(1, 0.0), (2, 1.0)]


def test_windows_of_a_group_take_the_samples_of_all_members(executor: Executor) -> None:
    items = "signal s by site = sum(Box.x over 10 s every 10 s)"
    inputs = [at("a", 1, site="u", x=1.0), at("b", 2, site="u", x=2.0), at("c", 3, site="v", x=4.0), at("a", 11, x=8.0)]
    run = play(executor, items, *inputs)
    assert signals(run, "u") == [(10, 3.0), (20, 8.0), (30, None)]
    assert signals(run, "v") == [(10, 4.0), (20, None)]


def test_a_sample_for_a_closed_window_goes_into_the_open_ones_and_is_counted(executor: Executor) -> None:
    items = "signal s by site = sum(Box.x over 20 s every 10 s)"
    run = play(
        executor,
        items,
        at("a", 1, site="u", x=1.0),
        at("b", 2, site="u", x=2.0),
        at("a", 15, x=4.0),
        at("b", 8, x=16.0),
        clauses="idle after 5 s",
    )
    assert signals(run, "u")[:3] == [(10, 3.0), (20, 23.0), (30, 4.0)]
    assert run.counters.dropped["late_sample"] == 1


def test_a_sample_of_a_day_that_is_over_is_counted_however_early_it_comes(executor: Executor) -> None:
    items = "signal s by site = sum(Box.x over today)"
    run = play(executor, items, at("a", 90_000, site="u", x=1.0), at("b", 2, site="u", x=2.0))
    assert run.counters.dropped["late_sample"] == 1


def test_at_the_end_of_input_the_members_windows_reach_their_group_in_order_of_time(executor: Executor) -> None:
    items = "signal s by site = longest(Box.x > 5 over today every 6 h)"
    inputs = [at("a", 0, site="u", x=6.0), at("b", 0, site="u", x=1.0), at("a", 100, x=6.0), at("b", 100, x=1.0)]
    run = play(executor, items, *inputs)
    assert signals(run, "u") == [(6 * 3600 * n, 100.0) for n in range(1, 5)]


def test_rules_of_a_group_have_its_values_as_their_key(executor: Executor) -> None:
    items = 'rule r by site, floor { when max(Box.x) > 5 for 10 s do { alert "{site}/{floor}: {max(Box.x)}" } }'
    run = play(executor, items, at("a", 1, site="u", floor="2", x=6.0), at("a", 15, x=7.0))
    assert [(o.key, o.time / S, o.what) for o in run.outputs if isinstance(o, Life)] == [(("u", "2"), 11, "raised")]
    assert [o.message for o in run.outputs if isinstance(o, Alerted)] == ["u/2: 6"]


def test_conditions_of_members_reach_the_group_at_their_timers(executor: Executor) -> None:
    items = "signal s by site = count(Box where (Box.x > 5 for 10 s))"
    run = play(executor, items, at("a", 1, site="u", x=6.0), at("b", 3, site="u", x=6.0))
    assert signals(run, "u") == [(1, 0.0), (11, 1.0), (13, 2.0)]


def test_a_mark_of_all_devices_makes_none_of_them_late() -> None:
    items = "signal s by site = count(Box where (Box.x > 5 for 10 s))"
    inputs = [at("a", 1, site="u", x=6.0), at("b", 3, site="u", x=6.0), MarkAll(10_000 * S)]
    run = play(on_reference, items, *inputs, ending=True)
    assert signals(run, "u") == [(1, 0.0), (11, 1.0), (13, 2.0)]
    assert not run.counters.dropped


def test_at_the_end_members_updates_that_wait_take_their_place(executor: Executor) -> None:
    items = "signal s by site = sum(Box.x) signal t by site = sum(Box.x over 10 s every 10 s)"
    run = play(executor, items, at("a", 1, site="u", x=1.0), at("b", 2, site="u", x=2.0), ending=True)
    assert signals(run, "u") == [(1, 1.0), (2, 3.0)]
    assert signals(run, "u", name="t") == [(10, 3.0)]


def test_a_message_within_revise_may_be_the_first_sample_of_its_groups_window(executor: Executor) -> None:
    run = play(
        executor,
        "signal s by site = count(Box.x over 4 s every 4 s)",
        at("a", 1, site="u"),
        at("a", 7),
        at("a", 5, x=1.0),
        clauses="lateness 1 s  revise 10 s",
        ending=True,
    )
    assert signals(run, "u") == [(8, 1.0)]
