"""Commands under way: what becomes of each, whatever the device answers, and when."""

from itertools import pairwise

import pytest

from headgate.runtime.commands.backoff import HIGH_NS, LOW_NS, pause_ns
from headgate.runtime.commands.delivery import DOUBTS_MAX
from headgate.runtime.commands.timers import Timers
from headgate.runtime.testing.executors import S
from headgate.tests.unit.plant import Plant

PROGRAM = """module water_works
device Valve {
    property  firmware: version
    telemetry position: percent in 0..100 stale after 1 min
    telemetry heat: degC in -20..90
    command   move(to: percent in 0..100) {
        idempotent  resource gate  ack within 2 s  done within 30 s  expires 1 min  retry 3 backoff 1 s..4 s
        confirm abs(position - to) < 2 % within 20 s
        undo move(to: 100 %)
    }
    command   horn(on: bool)            { idempotent  ack within 2 s  retry 2 }
    command   mode(name: enum { eco, boost } = "eco") { idempotent  resource gate  ack within 2 s  when busy supersede }
    command   nudge(by: percent in -10..10)         { relative  ack within 2 s }
    command   tune(level: int in 0..9)  { idempotent  resource gain  ack within 2 s  when busy merge }
    command   test(what: text)          { resource gain  ack within 2 s  when busy reject }
    command   purge()                   { since firmware 2.1 }
}
rule hot for Valve { when heat > 80 degC do { alert "{id}" } }
"""


@pytest.fixture
def plant() -> Plant:
    return Plant(PROGRAM)


def send_move(plant: Plant, to: float = 0.0) -> None:
    plant.send("Valve", "v1", "move", to=to)


def test_a_command_goes_through_its_life_and_is_confirmed_by_what_the_device_reports(plant: Plant) -> None:
    plant.report("Valve", "v1", position=100.0)
    send_move(plant)
    for what in ("delivered", "accepted", "done"):
        plant.answer("move-1", what)
    plant.wait(5)
    plant.report("Valve", "v1", position=50.0)
    plant.report("Valve", "v1", position=1.0)
    assert plant.states("move-1") == ["planned", "queued", "sent", "delivered", "accepted", "done", "confirmed"]
    assert plant.told("move-1") == {"to": 0.0}
    assert plant.orchestrator.delivery.commands == {}
    assert plant.orchestrator.next_due() is None


def test_what_was_reported_before_a_command_was_sent_does_not_confirm_it(plant: Plant) -> None:
    plant.report("Valve", "v1", position=0.0)
    send_move(plant)
    plant.answer("move-1", "done")
    assert plant.state("move-1") == "done"
    plant.report("Valve", "v1", position=0.0)
    assert plant.state("move-1") == "confirmed"


def test_what_was_reported_before_the_device_said_done_confirms_it_then(plant: Plant) -> None:
    send_move(plant)
    plant.report("Valve", "v1", position=0.0)
    assert plant.state("move-1") == "sent"
    plant.answer("move-1", "done")
    assert plant.state("move-1") == "confirmed"


def test_without_done_within_what_is_accepted_counts_as_done(plant: Plant) -> None:
    plant.send("Valve", "v1", "horn", on=True)
    plant.answer("horn-1", "accepted")
    assert plant.states("horn-1") == ["planned", "queued", "sent", "accepted", "done"]


def test_an_unanswered_command_is_sent_again_as_often_as_it_may_and_then_is_in_doubt(plant: Plant) -> None:
    plant.send("Valve", "v1", "horn", on=True)
    plant.wait(60)
    times = [time for _, time in plant.delivered("horn-1")]
    assert len(times) == 3
    assert all(LOW_NS <= (b - a - 2) * S <= HIGH_NS for a, b in pairwise(times))
    assert plant.states("horn-1") == ["planned", "queued", "sent", "in_doubt"]
    assert plant.reason("horn-1") == "no answer to 3 deliveries"
    assert plant.orchestrator.next_due() is None


def test_pauses_grow_stay_between_their_bounds_and_are_the_same_on_every_run() -> None:
    for repetition in range(1, 60):
        pauses = [pause_ns(f"c-{i}", repetition, 1 * S, 60 * S) for i in range(50)]
        assert pauses == [pause_ns(f"c-{i}", repetition, 1 * S, 60 * S) for i in range(50)]
        assert all(1 * S <= pause <= min(60, 2 ** min(repetition, 9)) * S for pause in pauses)
        assert len(set(pauses)) > 1
    assert pause_ns("c", 1, 5 * S, 5 * S) == 5 * S


def test_what_is_not_idempotent_is_delivered_once(plant: Plant) -> None:
    plant.send("Valve", "v1", "nudge", by=1.0)
    plant.wait(600)
    assert len(plant.delivered()) == 1
    assert plant.state("nudge-1") == "in_doubt"
    assert plant.reason("nudge-1") == "no answer"


def test_a_late_answer_wins_over_doubt(plant: Plant) -> None:
    plant.send("Valve", "v1", "nudge", by=1.0)
    plant.wait(10)
    assert plant.state("nudge-1") == "in_doubt"
    plant.answer("nudge-1", "accepted")
    assert plant.states("nudge-1")[-3:] == ["in_doubt", "accepted", "done"]
    plant.send("Valve", "v1", "nudge", by=1.0)
    plant.wait(10)
    plant.answer("nudge-2", "failed", "stuck")
    assert plant.states("nudge-2")[-2:] == ["in_doubt", "failed"]
    assert plant.reason("nudge-2") == "stuck"


def test_in_doubt_the_state_that_confirms_is_looked_for(plant: Plant) -> None:
    send_move(plant)
    plant.wait(25)
    assert plant.state("move-1") == "in_doubt"
    plant.report("Valve", "v1", position=0.5)
    assert plant.state("move-1") == "confirmed"
    send_move(plant, 100.0)
    plant.report("Valve", "v1", position=100.0)
    plant.wait(25)
    assert plant.states("move-2")[-2:] == ["in_doubt", "confirmed"]


def test_a_late_answer_while_it_is_looked_for_leaves_one_confirmation(plant: Plant) -> None:
    send_move(plant)
    plant.wait(25)
    plant.answer("move-1", "done")
    plant.report("Valve", "v1", position=0.5)
    plant.report("Valve", "v1", position=0.6)
    assert plant.states("move-1") == ["planned", "queued", "sent", "in_doubt", "done", "confirmed"]


def test_what_was_due_while_nobody_was_there_is_due_then_and_the_rest_when_it_was(plant: Plant) -> None:
    plant.send("Valve", "v1", "horn", on=True)
    send_move(plant)
    plant.answer("move-2", "accepted")
    plant.orchestrator.come_back(10 * S)
    plant.now = 10 * S
    assert plant.orchestrator.next_due() == 10 * S
    plant.answer("horn-1", "done")
    plant.wait(0)
    assert plant.states("horn-1") == ["planned", "queued", "sent", "done"]
    plant.wait(20)
    assert (plant.state("move-2"), plant.reason("move-2")) == ("in_doubt", "not done in time")


def test_it_is_looked_for_as_long_as_the_confirmation_may_take(plant: Plant) -> None:
    send_move(plant)
    plant.wait(100)
    assert plant.orchestrator.next_due() is None
    plant.report("Valve", "v1", position=0.5)
    assert plant.state("move-1") == "in_doubt"
    plant.answer("move-1", "done")
    assert plant.state("move-1") == "confirmed"


def test_a_rejected_command_is_not_sent_again(plant: Plant) -> None:
    plant.send("Valve", "v1", "horn", on=True)
    plant.answer("horn-1", "rejected", "locked by hand")
    plant.wait(60)
    assert len(plant.delivered()) == 1
    assert (plant.state("horn-1"), plant.reason("horn-1")) == ("rejected", "locked by hand")


def test_a_failed_command_is_tried_again_if_it_may_be(plant: Plant) -> None:
    plant.send("Valve", "v1", "horn", on=True)
    for _ in range(3):
        plant.answer("horn-1", "failed", "no power")
        plant.wait(11)
    assert len(plant.delivered("horn-1")) == 3
    assert (plant.state("horn-1"), plant.reason("horn-1")) == ("failed", "no power")
    plant.send("Valve", "v1", "nudge", by=1.0)
    plant.answer("nudge-2", "failed")
    assert plant.state("nudge-2") == "failed"


def test_a_device_that_accepts_a_command_once_more_after_it_failed_has_answered(plant: Plant) -> None:
    send_move(plant)
    plant.answer("move-1", "accepted")
    plant.answer("move-1", "failed", "stuck")
    plant.wait(4)
    assert len(plant.delivered("move-1")) == 2
    plant.answer("move-1", "accepted")
    plant.wait(25)
    assert len(plant.delivered("move-1")) == 2
    plant.answer("move-1", "done")
    assert plant.states("move-1")[2:] == ["sent", "accepted", "sent", "accepted", "done"]


def test_what_fails_after_it_was_in_doubt_is_not_delivered_out_of_order(plant: Plant) -> None:
    send_move(plant)
    plant.answer("move-1", "accepted")
    send_move(plant, 50.0)
    plant.wait(30)
    assert (plant.state("move-1"), plant.state("move-2")) == ("in_doubt", "sent")
    plant.answer("move-1", "accepted")
    plant.answer("move-1", "failed", "stuck")
    plant.wait(10)
    assert plant.states("move-1")[-2:] == ["accepted", "failed"]
    assert len(plant.delivered("move-1")) == 1


def test_what_is_done_but_not_done_in_time_or_not_confirmed_in_time_is_in_doubt(plant: Plant) -> None:
    send_move(plant)
    plant.answer("move-1", "accepted")
    plant.wait(30)
    assert (plant.state("move-1"), plant.reason("move-1")) == ("in_doubt", "not done in time")
    send_move(plant)
    plant.answer("move-2", "done")
    plant.wait(20)
    assert (plant.state("move-2"), plant.reason("move-2")) == ("in_doubt", "done, and not confirmed in time")


def test_an_answer_to_nothing_or_to_what_is_over_changes_nothing(plant: Plant) -> None:
    plant.answer("horn-7", "done")
    plant.send("Valve", "v1", "horn", on=True)
    plant.answer("horn-1", "done")
    plant.answer("horn-1", "rejected")
    assert plant.state("horn-1") == "done"
    assert plant.orchestrator.delivery.strays == 2
    send_move(plant)
    for what in ("accepted", "accepted", "delivered", "done", "done", "rejected"):
        plant.answer("move-2", what)
    assert plant.states("move-2") == ["planned", "queued", "sent", "accepted", "done"]


def test_of_commands_that_are_never_answered_so_many_of_each_mailbox_are_remembered(plant: Plant) -> None:
    for _ in range(DOUBTS_MAX + 3):
        plant.send("Valve", "v1", "nudge", by=1.0)
        plant.wait(2)
    plant.send("Valve", "v2", "nudge", by=1.0)
    plant.wait(2)
    delivery = plant.orchestrator.delivery
    assert len(delivery.commands) == DOUBTS_MAX + 1
    assert delivery.forgotten == 3
    plant.answer("nudge-3", "done")
    assert (plant.state("nudge-3"), delivery.strays) == ("in_doubt", 1)
    for number in range(4, DOUBTS_MAX + 5):
        plant.answer(f"nudge-{number}", "delivered")
        plant.answer(f"nudge-{number}", "done")
        assert plant.state(f"nudge-{number}") == "done"
    assert (delivery.commands, delivery.doubted, delivery.strays, delivery.forgotten) == ({}, {}, 1, 3)


def test_what_is_answered_after_doubt_and_not_done_in_time_is_in_doubt_anew(plant: Plant) -> None:
    send_move(plant)
    plant.wait(100)
    delivery = plant.orchestrator.delivery
    doubted = {("Valve", "v1", "resource gate"): ["move-1"]}
    assert (plant.state("move-1"), delivery.doubted) == ("in_doubt", doubted)
    plant.answer("move-1", "accepted")
    assert (plant.state("move-1"), delivery.doubted) == ("accepted", {})
    plant.wait(100)
    assert (plant.state("move-1"), delivery.doubted) == ("in_doubt", doubted)


# --- Mailboxes -------------------------------------------------------------------------------------------------------


def test_commands_of_one_resource_are_done_one_after_another(plant: Plant) -> None:
    send_move(plant)
    send_move(plant, 50.0)
    plant.send("Valve", "v1", "horn", on=True)
    plant.send("Valve", "v2", "move", to=0.0)
    assert [id_ for id_, _ in plant.delivered()] == ["move-1", "horn-3", "move-4"]
    plant.answer("move-1", "done")
    assert "move-2" not in dict(plant.delivered())
    plant.report("Valve", "v1", position=0.0)
    assert plant.delivered()[-1][0] == "move-2"


def test_after_doubt_the_next_one_has_its_turn(plant: Plant) -> None:
    plant.send("Valve", "v1", "nudge", by=1.0)
    plant.send("Valve", "v1", "nudge", by=2.0)
    plant.wait(2)
    assert plant.delivered() == [("nudge-1", 0.0), ("nudge-2", 2.0)]


def test_what_waits_too_long_expires_and_has_not_run(plant: Plant) -> None:
    plant.send("Valve", "v1", "purge")
    send_move(plant)
    plant.answer("move-2", "accepted")
    plant.wait(0)
    send_move(plant, 10.0)
    plant.answer("move-2", "done")
    plant.wait(25)
    assert plant.state("move-3") in ("sent", "queued")
    plant.send("Valve", "v1", "move", at=-60.0, to=5.0)
    assert plant.state("move-4") == "queued"
    plant.wait(0)
    assert (plant.state("move-4"), plant.reason("move-4")) == ("expired", "it was not sent in time")
    plant.send("Valve", "v9", "move", at=-60.0, to=5.0)
    assert plant.states("move-5") == ["planned", "queued", "expired"]
    assert plant.delivered("move-4") == plant.delivered("move-5") == []


def test_what_merges_takes_the_place_of_its_own_kind_alone() -> None:
    plant = Plant(
        PROGRAM.replace("    command   purge()", "    command   rinse() { resource gain }\n    command   purge()")
    )
    plant.send("Valve", "v1", "tune", level=1.0)
    plant.send("Valve", "v1", "rinse")
    plant.send("Valve", "v1", "tune", level=2.0)
    plant.send("Valve", "v1", "tune", level=3.0)
    assert [plant.state(id_) for id_ in ("tune-1", "rinse-2", "tune-3", "tune-4")] == [
        "sent", "queued", "superseded", "queued"
    ]  # fmt: skip


def test_those_that_expire_in_a_mailbox_let_the_next_one_pass(plant: Plant) -> None:
    plant.send("Valve", "v1", "nudge", by=1.0)
    for _ in range(3):
        plant.send("Valve", "v1", "nudge", at=-3599.0, by=2.0)
    plant.send("Valve", "v1", "nudge", by=3.0)
    plant.wait(2)
    assert [plant.state(f"nudge-{i}") for i in range(1, 6)] == ["in_doubt", "expired", "expired", "expired", "sent"]


def test_no_pause_lasts_beyond_the_expiry(plant: Plant) -> None:
    plant.send("Valve", "v1", "move", at=-57.0, to=0.0)
    plant.wait(30)
    assert len(plant.delivered()) == 1
    assert plant.state("move-1") == "in_doubt"


def test_a_newer_command_takes_the_place_of_what_waits_and_ends_retries(plant: Plant) -> None:
    plant.send("Valve", "v1", "mode", name="eco")
    plant.send("Valve", "v1", "mode", name="boost")
    plant.send("Valve", "v1", "mode", name="eco")
    assert [plant.state(f"mode-{i}") for i in (1, 2, 3)] == ["sent", "superseded", "queued"]
    assert plant.reason("mode-2") == "by mode-3"
    plant.wait(2)
    assert [plant.state(f"mode-{i}") for i in (1, 3)] == ["in_doubt", "sent"]
    send_move(plant)
    plant.wait(2.5)
    assert plant.state("move-4") == "sent"
    plant.wait(2.1)
    assert plant.orchestrator.delivery.commands["move-4"].waits == "pause"
    plant.send("Valve", "v1", "mode", name="boost")
    assert (plant.state("move-4"), plant.state("mode-5")) == ("in_doubt", "sent")
    assert plant.reason("move-4") == "no answer, and a newer command took its place"
    assert len(plant.delivered("move-4")) == 1


def test_of_commands_that_merge_the_newest_waits(plant: Plant) -> None:
    for level in (1.0, 2.0, 3.0):
        plant.send("Valve", "v1", "tune", level=level)
    assert [plant.state(f"tune-{i}") for i in (1, 2, 3)] == ["sent", "superseded", "queued"]
    assert plant.reason("tune-2") == "merged with tune-3"


def test_a_command_that_does_not_wait_is_rejected_where_the_resource_is_in_use(plant: Plant) -> None:
    plant.send("Valve", "v1", "tune", level=1.0)
    plant.send("Valve", "v1", "test", what="a")
    assert (plant.state("test-2"), plant.reason("test-2")) == ("rejected", "the resource is in use")


# --- What cannot be carried out --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "arguments", "reason"),
    [
        ("move", {"to": None}, "`to` is absent"),
        ("move", {"to": 101.0}, "`to` is above its range"),
        ("move", {"to": -1.0}, "`to` is below its range"),
        ("mode", {"name": "turbo"}, "`name` is none of its choices"),
        ("purge", {}, "it needs firmware 2.1"),
    ],
)
def test_what_the_device_cannot_do_is_rejected_and_never_delivered(
    plant: Plant, command: str, arguments: dict[str, float | str | None], reason: str
) -> None:
    plant.report("Valve", "v1", firmware="2.0.9")
    plant.ask("Valve", "v1", command, arguments)
    assert plant.states(f"{command}-1") == ["planned", "rejected"]
    assert plant.reason(f"{command}-1") == reason
    assert plant.delivered() == []


def test_a_device_with_the_firmware_gets_the_command(plant: Plant) -> None:
    plant.report("Valve", "v1", firmware="2.10")
    plant.send("Valve", "v1", "purge")
    plant.wait(9)
    assert plant.state("purge-1") == "sent"
    plant.wait(1)
    assert plant.state("purge-1") == "in_doubt"


# --- Time ------------------------------------------------------------------------------------------------------------


def test_an_answer_at_the_very_moment_is_in_time(plant: Plant) -> None:
    plant.send("Valve", "v1", "nudge", by=1.0)
    plant.now = 2 * S
    plant.answer("nudge-1", "accepted")
    assert plant.state("nudge-1") == "done"


def test_a_value_that_is_too_old_confirms_nothing(plant: Plant) -> None:
    plant.now = 100 * S
    send_move(plant)
    plant.report("Valve", "v1", at=10.0, position=0.0)
    plant.answer("move-1", "done")
    assert plant.state("move-1") == "done"


def test_an_older_report_does_not_overwrite_a_newer_one(plant: Plant) -> None:
    send_move(plant)
    plant.wait(1)
    plant.report("Valve", "v1", position=0.0)
    plant.report("Valve", "v1", at=0.5, position=50.0, heat=None)
    plant.answer("move-1", "done")
    assert plant.state("move-1") == "confirmed"


def test_an_owner_is_due_at_its_latest_moment_alone() -> None:
    timers = Timers()
    timers.set("a", 5)
    timers.set("b", 5)
    timers.set("a", 7)
    timers.set("a", 7)
    timers.set("c", 1)
    timers.set("c", None)
    assert timers.next() == 5
    assert [timers.pop(), timers.pop()] == ["b", "a"]
    assert timers.next() is None
