"""Procedures under way: which step begins when, and what makes it succeed."""

import pytest

from headgate.runtime.output import Set
from headgate.tests.unit.plant import Plant, on_line
from headgate.tests.unit.plant import line as plant


def test_steps_without_after_begin_at_once_and_others_when_what_they_wait_for_is_over() -> None:
    made = plant("""procedure shut() by line {
        step valves after pumps { send move(to: 0 %) to each Valve }
        step pumps { send stop() to each Pump }
        step notes { send label(text: "{line}: shut") to each Pump }
        on done { alert "{line} is shut" }
    }""")
    on_line(made, "shut")
    assert made.sent() == [(command, f"p{i}") for command in ("stop", "label") for i in (1, 2, 3)]
    assert made.told("label-4") == {"text": "north: shut"}
    for number in range(1, 7):
        made.answer(f"{'stop' if number < 4 else 'label'}-{number}", "accepted")
    assert made.sent()[-1] == ("move", "v1")
    made.answer("move-7", "accepted")
    assert made.course("shut") == ["started"]
    made.report("Valve", "v1", position=1.0)
    assert made.course("shut") == ["started", "done"]
    assert made.alerts() == ["north is shut"]
    assert (made.orchestrator.procedures.courses, made.orchestrator.delivery.commands) == ({}, {})


def test_only_members_of_the_group_for_which_it_is_true_are_sent_to() -> None:
    made = plant("""procedure some(limit: int in 0..9) by line {
        step a { send stop() to each Pump where number > limit and flow > 1 m3/h }
    }""")
    made.report("Pump", "p9", line="south", number=9.0, flow=50.0)
    made.report("Pump", "p3", flow=0.0)
    on_line(made, "some", limit=1.0)
    assert made.sent() == [("stop", "p2")]


def test_a_step_sets_a_property_of_the_device_and_waits_until_it_is_reported() -> None:
    made = Plant("""module cooling
    device Fan {
        property  goal: int in 0..9 writable
        property  least: int in 0..9
        telemetry heat: degC in -20..90
    }
    rule hot for Fan { when heat > 20 degC do { run slower(by: 2) } }
    procedure slower(by: int in 0..9) for Fan { step a { set goal = least + by }  on done { alert "slow" } }
    """)
    made.report("Fan", "f1", goal=7.0, least=3.0, heat=30.0)
    made.run("Fan", ("f1",), "slower", by=2.0)
    assert [(e.property, e.value, e.key) for e in made.effects if isinstance(e, Set)] == [("goal", 5.0, ("f1",))]
    made.answer("set-goal-1", "done")
    assert made.alerts() == []
    made.report("Fan", "f1", goal=5.0)
    assert made.alerts() == ["slow"]
    assert made.states("set-goal-1") == ["planned", "queued", "sent", "done", "confirmed"]


def test_a_step_that_has_nobody_to_send_to_is_done() -> None:
    made = plant("procedure some() by line { step a { send stop() to each Pump  require all } }", pumps=0)
    on_line(made, "some")
    assert made.course("some") == ["started", "done"]


def test_a_step_that_requires_more_devices_than_there_are_fails() -> None:
    made = plant("procedure some() by line { step a { send stop() to each Pump  require 4 } }")
    on_line(made, "some")
    assert made.course("some") == ["started", "failed at a: it needs 4 devices, and there are 3"]
    assert made.delivered() == []
    made = plant("procedure some() by line { step a { send stop() to each Pump  require 1 } }", pumps=0)
    on_line(made, "some")
    assert made.course("some") == ["started", "failed at a: it needs 1 devices, and there are 0"]


@pytest.mark.parametrize(("share", "needed"), [("67 %", 3), ("66 %", 2), ("all", 3), ("1", 1), ("none", 0)])
def test_a_step_succeeds_with_what_it_requires(share: str, needed: int) -> None:
    made = plant(f"procedure some() by line {{ step a {{ send stop() to each Pump  require {share} within 5 s }} }}")
    on_line(made, "some")
    for number in range(1, needed + 1):
        assert made.course("some") == ["started"]
        made.answer(f"stop-{number}", "accepted")
    assert made.course("some") == ["started", "done"]


def test_what_is_required_must_be_there_in_time_and_until_then_a_late_answer_counts() -> None:
    text = "procedure some() by line { step a { send vent() to each Pump  require all within 5 s } }"
    made = plant(text, pumps=1)
    on_line(made, "some")
    made.wait(4)
    assert made.state("vent-1") == "in_doubt"
    made.answer("vent-1", "accepted")
    assert made.course("some")[-1] == "done"
    made = plant(text, pumps=1)
    on_line(made, "some")
    made.wait(5)
    assert made.course("some")[-1] == "failed at a: not in time: vent is in doubt: no answer"
    made = plant(text, pumps=1)
    on_line(made, "some")
    made.answer("vent-1", "rejected", "locked")
    assert made.course("some")[-1] == "failed at a: vent is rejected: locked"


def test_a_step_can_wait_for_what_confirms_another() -> None:
    made = plant("""procedure start() by line {
        step a { send run(speed: 50 %) to each Pump  require 60 % }
        step b after a done { alert "running" }
        step c after a confirmed { alert "flowing" }
        step d after a { alert "over" }
    }""")
    on_line(made, "start")
    made.answer("run-1", "accepted")
    made.answer("run-2", "accepted")
    assert made.alerts() == ["running", "over"]
    made.report("Pump", "p1", flow=5.0)
    assert made.alerts()[2:] == []
    made.report("Pump", "p2", flow=5.0)
    assert made.alerts()[2:] == ["flowing"]
    assert made.course("start")[-1] == "done"


def test_a_procedure_fails_where_what_a_step_waits_for_will_never_be() -> None:
    made = plant(
        """procedure start() by line {
        step a { send run(speed: 50 %) to each Pump  require all }
        step c after a confirmed { alert "flowing" }
        on failure { alert "{line} stopped at {step} with {devices}: {reason}" }
    }""",
        pumps=2,
    )
    on_line(made, "start")
    made.answer("run-1", "done")
    made.answer("run-2", "done")
    made.report("Pump", "p2", flow=5.0)
    made.wait(10)
    assert made.alerts() == [
        "north stopped at  with p1: a is not confirmed: run is in doubt: done, and not confirmed in time"
    ]


# --- Pace ------------------------------------------------------------------------------------------------------------


def test_at_most_so_many_commands_are_under_way_at_once() -> None:
    made = plant("procedure some() by line { step a { send stop() to each Pump  at most 2 at once } }", pumps=5)
    on_line(made, "some")
    assert len(made.sent()) == 5
    assert [id_ for id_, _ in made.delivered()] == ["stop-1", "stop-2"]
    made.answer("stop-2", "accepted")
    assert [id_ for id_, _ in made.delivered()] == ["stop-1", "stop-2", "stop-3"]
    for number in (1, 3, 4, 5):
        made.answer(f"stop-{number}", "accepted")
    assert made.course("some")[-1] == "done"


def test_so_many_commands_leave_in_such_a_time() -> None:
    made = plant("procedure some() by line { step a { send stop() to each Pump  at most 2 every 10 s } }", pumps=5)
    on_line(made, "some")
    for number in (1, 2):
        made.answer(f"stop-{number}", "accepted")
    made.wait(10)
    for number in (3, 4):
        made.answer(f"stop-{number}", "accepted")
    made.wait(10)
    assert [time for _, time in made.delivered()] == [0, 0, 10, 10, 20]


def test_what_is_held_back_is_sent_though_the_step_has_succeeded_without_it() -> None:
    made = plant("procedure some() by line { step a { send stop() to each Pump  at most 1 every 10 s  require 1 } }")
    on_line(made, "some")
    made.answer("stop-1", "accepted")
    assert made.course("some")[-1] == "done"
    made.wait(30)
    assert [time for _, time in made.delivered()] == [0, 10, 20]
    assert made.orchestrator.procedures.courses == {}


def test_where_too_many_fail_the_rest_is_not_sent() -> None:
    made = plant(
        """procedure some() by line {
            step a { send stop() to each Pump  at most 2 at once  abort above 20 %  require none }
            step b after a { alert "never" }
        }""",
        pumps=5,
    )
    on_line(made, "some")
    assert made.course("some") == ["started", "done"]
    made = plant(
        """procedure some() by line {
            step a { send stop() to each Pump  at most 2 at once  abort above 20 %  require 3 }
            on failure { alert "{step}: {devices}, {reason}" }
        }""",
        pumps=5,
    )
    on_line(made, "some")
    made.answer("stop-1", "rejected")
    assert made.course("some") == ["started"]
    made.answer("stop-2", "rejected", "by hand")
    assert made.course("some")[-1] == "failed at a: too many failed: stop is rejected"
    assert made.alerts() == ["a: p1, p2, too many failed: stop is rejected"]
    assert [made.state(f"stop-{i}") for i in range(1, 6)] == ["rejected", "rejected", "sent", "cancelled", "cancelled"]
    assert made.reason("stop-5") == "the procedure has failed"


def test_what_is_held_back_in_a_loop_is_sent_as_well() -> None:
    made = plant(
        """procedure some() by line {
            for r in 1..2 { step a { send stop() to each Pump  at most 1 at once  require 1 } }
        }"""
    )
    on_line(made, "some")
    made.answer("stop-1", "accepted")
    made.answer("stop-4", "accepted")
    assert made.course("some")[-1] == "done"
    for number in (2, 3, 5, 6):
        made.answer(f"stop-{number}", "accepted")
    assert sorted(id_ for id_, _ in made.delivered()) == [f"stop-{number}" for number in range(1, 7)]
    assert made.orchestrator.procedures.courses == {}


def test_a_step_that_has_still_something_to_do_has_not_come_so_far() -> None:
    made = plant(
        """procedure some() for Pump {
            step a { send stop()  wait 5 s }
            step b after a done { alert "now" }
        }"""
    )
    made.run("Pump", ("p1",), "some")
    made.answer("stop-1", "accepted")
    assert made.alerts() == []
    made.wait(5)
    assert made.alerts() == ["now"]


# --- Waiting ---------------------------------------------------------------------------------------------------------


def test_a_pause_is_waited_for_before_what_stands_behind_it() -> None:
    made = plant("""procedure some() for Pump {
        step a { alert "first"  wait 10 s  send stop() }
    }""")
    made.run("Pump", ("p1",), "some")
    made.wait(9)
    assert (made.alerts(), made.delivered()) == (["first"], [])
    made.wait(1)
    assert made.delivered() == [("stop-1", 10.0)]


def test_a_condition_is_waited_for_and_a_step_that_waits_in_vain_fails() -> None:
    text = """procedure some() by line {
        expires 1 min
        step a { wait until total < 5 m3/h within 20 s  alert "still" }
        step b { wait until total < 4 m3/h  alert "very still" }
    }"""
    made = plant(text)
    on_line(made, "some")
    made.signal("by line", ("south",), "total", 1.0)
    assert made.alerts() == []
    made.signal("by line", ("north",), "total", 4.5)
    assert made.alerts() == ["still"]
    made.signal("by line", ("north",), "total", 1.0)
    assert made.alerts() == ["still", "very still"]
    made = plant(text)
    on_line(made, "some")
    made.wait(20)
    assert made.course("some")[-1] == "failed at a: it waited in vain"


def test_a_condition_that_is_true_already_is_not_waited_for() -> None:
    made = plant('procedure some() for Pump { step a { wait until flow < 99 m3/h within 1 s  alert "now" } }')
    made.run("Pump", ("p1",), "some")
    assert made.course("some") == ["started", "done"]


def test_a_procedure_that_takes_too_long_fails() -> None:
    made = plant("procedure some() for Pump { expires 30 s  step a { wait until flow < 5 m3/h } }")
    made.run("Pump", ("p1",), "some")
    made.wait(30)
    assert made.course("some")[-1] == "failed at a: it took too long"


def test_a_procedure_stops_where_what_it_looks_for_is_so() -> None:
    text = """procedure shed(down_to: int in 1..3) by line {
        for r in 3..down_to {
            step shed { send stop() to each Pump where number == r }
            step look after shed { stop if total < 100 m3/h within 20 s }
        }
        on done { alert "enough" }
    }"""
    made = plant(text)
    made.signal("by line", ("north",), "total", 150.0)
    on_line(made, "shed", down_to=1.0)
    made.answer("stop-1", "accepted")
    assert made.sent() == [("stop", "p3")]
    made.wait(20)
    assert made.sent() == [("stop", "p3"), ("stop", "p2")]
    made.answer("stop-2", "accepted")
    made.signal("by line", ("north",), "total", 50.0)
    assert made.course("shed") == ["started", "done"]
    assert made.alerts() == ["enough"]


def test_a_loop_ends_with_its_last_round_and_looks_once_where_no_time_is_given() -> None:
    made = plant("""procedure shed() by line {
        for r in 1..2 {
            for q in 2..1 {
                step note { alert "{r}.{q}"  stop if total < 1 m3/h }
                step deeper after note { wait 1 s }
            }
        }
    }""")
    on_line(made, "shed")
    made.wait(10)
    assert made.alerts() == ["1.2", "1.1", "2.2", "2.1"]
    assert made.course("shed") == ["started", "done"]


def test_a_step_in_a_loop_can_wait_for_one_around_it() -> None:
    made = plant("""procedure shed() by line {
        step before { wait 5 s }
        for r in 1..1 { step a after before { send stop() to each Pump  at most 1 at once } }
    }""")
    on_line(made, "shed")
    assert made.sent() == []
    made.wait(5)
    assert [id_ for id_, _ in made.delivered()] == ["stop-1"]
    made.answer("stop-1", "accepted")
    assert [id_ for id_, _ in made.delivered()] == ["stop-1", "stop-2"]
