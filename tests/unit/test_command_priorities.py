"""Priorities among rules that drive one resource, second by second; and properties that are set."""

from headgate.runtime.commands.records import Deliver
from headgate.runtime.output import Life, Sent, Set, Started
from headgate.tests.unit.plant import Plant

PROGRAM = """module cooling
priorities safety > comfort
device Fan {
    property  site: text
    property  goal: int in 0..9 writable
    property  label: text writable
    telemetry heat: degC in -20..90
    command   spin(to: int in 0..9)  { idempotent  resource motor  ack within 2 s  retry 3 }
    command   brake(to: int in 0..9) { resource motor  ack within 2 s  when busy preempt }
}
rule fire for Fan   { when heat > 80 degC priority safety  do { send spin(to: 9) } }
rule jam for Fan    { when heat > 70 degC priority safety  do { send brake(to: 9) } }
rule warm for Fan   { when heat > 20 degC priority comfort do { send spin(to: 2)  set goal = 2 } }
rule stale for Fan  { when heat > 10 degC do { set goal = 5  set label = "{id}" } }
rule smoke for Fan  { when heat > 60 degC priority comfort do { run air() } }
rule site_hot by site { when max(Fan.heat) > 30 degC priority safety do { send spin(to: 7) to each Fan } }
procedure air() for Fan {
    step a { send spin(to: 4) }
    step b after a { wait 5 s  send spin(to: 5) }
}
"""


def plant() -> Plant:
    made = Plant(PROGRAM)
    made.report("Fan", "f1", site="oslo", heat=0.0, goal=1.0, label="old")
    return made


def life(made: Plant, rule: str, what: str, *key: str) -> None:
    timeline = "by site" if rule == "site_hot" else "Fan"
    one = Life(0, timeline, key or ("f1",), made.now, rule, "raised" if what == "raised" else "cleared")
    made.effects += made.orchestrator.take(one, made.now)


def send(made: Plant, rule: str, command: str, to: float, group: tuple[str, ...] | None = None) -> None:
    made.effects += made.orchestrator.take(
        Sent(0, "Fan", ("f1",), made.now, rule, command, {"to": to}, group), made.now
    )


def set_(made: Plant, rule: str, value: float | str, name: str = "goal") -> None:
    made.effects += made.orchestrator.take(Set(0, "Fan", ("f1",), made.now, rule, name, value), made.now)


def run(made: Plant, rule: str, procedure: str) -> None:
    started = Started(0, "Fan", ("f1",), made.now, rule, procedure, {})
    made.effects += made.orchestrator.take(started, made.now)


def raised(made: Plant, rule: str, command: str, to: float) -> None:
    life(made, rule, "raised")
    send(made, rule, command, to)


def test_a_lower_one_is_refused_told_by_whom_and_asked_for_again_when_it_is_free() -> None:
    made = plant()
    raised(made, "fire", "spin", 9.0)
    made.answer("spin-1", "done")
    raised(made, "warm", "spin", 2.0)
    assert made.states("spin-2") == ["planned", "rejected"]
    assert made.reason("spin-2") == "rule `fire` for f1 holds it"
    made.wait(5)
    life(made, "fire", "cleared")
    made.wait(0)
    assert made.states("spin-3") == ["planned", "queued", "sent"]
    assert made.told("spin-3") == {"to": 2.0}


def test_who_was_refused_and_does_not_want_it_any_more_is_not_asked_for_again() -> None:
    made = plant()
    raised(made, "fire", "spin", 9.0)
    made.answer("spin-1", "done")
    raised(made, "warm", "spin", 2.0)
    life(made, "warm", "cleared")
    made.wait(1)
    life(made, "fire", "cleared")
    made.wait(1)
    assert made.states("spin-3") == []


def test_a_higher_one_overrides_and_what_it_overrode_comes_back() -> None:
    made = plant()
    raised(made, "warm", "spin", 2.0)
    made.answer("spin-1", "done")
    raised(made, "fire", "spin", 9.0)
    made.answer("spin-2", "done")
    made.wait(1)
    life(made, "fire", "cleared")
    made.wait(0)
    assert made.told("spin-3") == {"to": 2.0}


def test_what_is_done_on_clearing_comes_before_what_is_free_then() -> None:
    made = plant()
    raised(made, "warm", "spin", 2.0)
    made.answer("spin-1", "done")
    raised(made, "fire", "spin", 9.0)
    made.answer("spin-2", "done")
    life(made, "fire", "cleared")
    send(made, "fire", "spin", 0.0)
    made.answer("spin-3", "done")
    made.wait(0)
    assert made.told("spin-3") == {"to": 0.0}
    assert made.told("spin-4") == {"to": 2.0}


def test_of_lower_ones_what_waits_is_refused_and_what_is_under_way_is_not_repeated() -> None:
    made = plant()
    raised(made, "warm", "spin", 2.0)
    send(made, "warm", "spin", 3.0)
    raised(made, "fire", "spin", 9.0)
    assert made.state("spin-2") == "rejected"
    made.wait(2)
    assert made.state("spin-1") == "in_doubt"
    assert made.delivered("spin-3") == [("spin-3", 2.0)]


def test_a_command_that_pre_empts_does_not_wait_for_a_lower_one() -> None:
    made = plant()
    raised(made, "warm", "spin", 2.0)
    raised(made, "jam", "brake", 9.0)
    assert made.state("spin-1") == "in_doubt"
    assert made.reason("spin-1") == "pre-empted by brake-2"
    assert made.delivered("brake-2") == [("brake-2", 0.0)]


def test_a_command_that_pre_empts_waits_for_one_of_its_own_priority() -> None:
    made = plant()
    raised(made, "fire", "spin", 9.0)
    raised(made, "jam", "brake", 9.0)
    assert made.state("brake-2") == "queued"
    made.answer("spin-1", "done")
    assert made.state("brake-2") == "sent"


def test_of_equal_priorities_the_newest_is_heard_and_nothing_comes_back() -> None:
    made = plant()
    raised(made, "fire", "spin", 9.0)
    made.answer("spin-1", "done")
    raised(made, "jam", "brake", 3.0)
    made.answer("brake-2", "done")
    life(made, "jam", "cleared")
    made.wait(1)
    assert made.states("spin-3") == []


def test_a_procedure_that_was_refused_something_runs_again_when_it_is_free() -> None:
    made = plant()
    raised(made, "fire", "spin", 9.0)
    made.answer("spin-1", "done")
    life(made, "smoke", "raised")
    run(made, "smoke", "air")
    assert made.course("air") == ["started", "failed at a: spin is rejected: rule `fire` for f1 holds it"]
    life(made, "fire", "cleared")
    made.wait(0)
    assert made.course("air")[2:] == ["started"]
    assert made.told("spin-3") == {"to": 4.0}


def test_a_procedure_that_was_overridden_goes_on_with_what_it_had_commanded() -> None:
    made = plant()
    life(made, "smoke", "raised")
    run(made, "smoke", "air")
    made.answer("spin-1", "done")
    raised(made, "fire", "spin", 9.0)
    made.answer("spin-2", "done")
    life(made, "fire", "cleared")
    made.wait(0)
    assert made.told("spin-3") == {"to": 4.0}
    made.answer("spin-3", "done")
    made.wait(5)
    assert made.told("spin-4") == {"to": 5.0}
    made.answer("spin-4", "done")
    assert made.course("air") == ["started", "done"]


def test_what_is_cleared_and_raised_at_one_moment_goes_on_holding() -> None:
    made = plant()
    raised(made, "fire", "spin", 9.0)
    made.answer("spin-1", "done")
    raised(made, "warm", "spin", 2.0)
    life(made, "fire", "cleared")
    life(made, "fire", "raised")
    made.wait(0)
    assert [one for one, _ in made.delivered()] == ["spin-1"]
    send(made, "smoke", "spin", 3.0)
    assert made.reason("spin-3") == "rule `fire` for f1 holds it"


def test_what_is_released_leaves_what_others_hold() -> None:
    made = plant()
    raised(made, "fire", "spin", 9.0)
    made.answer("spin-1", "done")
    life(made, "warm", "raised")
    set_(made, "warm", 2.0)
    life(made, "fire", "cleared")
    made.wait(0)
    life(made, "stale", "raised")
    set_(made, "stale", 5.0)
    assert made.reason("set-goal-3") == "rule `warm` for f1 holds it"


def test_only_what_a_raised_rule_asked_for_comes_back() -> None:
    made = plant()
    raised(made, "fire", "spin", 9.0)
    made.answer("spin-1", "done")
    life(made, "smoke", "raised")
    made.run("Fan", ("f1",), "air")
    # `run` asks as "rule", which has no priority and is not raised.
    assert made.course("air")[-1] == "failed at a: spin is rejected: rule `fire` for f1 holds it"
    life(made, "fire", "cleared")
    made.wait(0)
    assert made.course("air")[2:] == []


def test_a_group_holds_its_members() -> None:
    made = plant()
    life(made, "site_hot", "raised", "oslo")
    send(made, "site_hot", "spin", 7.0, ("oslo",))
    made.answer("spin-1", "done")
    raised(made, "warm", "spin", 2.0)
    assert made.reason("spin-2") == "rule `site_hot` for oslo holds it"
    life(made, "site_hot", "cleared", "oslo")
    made.wait(0)
    assert made.state("spin-3") == "sent"


# --- Properties that are set ------------------------------------------------------------------------------------------


def test_a_property_that_is_set_is_confirmed_by_a_report() -> None:
    made = plant()
    life(made, "warm", "raised")
    set_(made, "warm", 2.0)
    assert made.told("set-goal-1") == {"goal": 2.0}
    made.report("Fan", "f1", goal=1.0)
    made.answer("set-goal-1", "done")
    made.report("Fan", "f1", goal=2.0)
    assert made.states("set-goal-1") == ["planned", "queued", "sent", "done", "confirmed"]


def test_a_device_that_was_away_for_long_still_takes_what_was_set() -> None:
    made = plant()
    set_(made, "stale", "new", "label")
    made.wait(100 * 24 * 3600)
    assert made.state("set-label-1") == "in_doubt"
    made.report("Fan", "f1", label="new")
    assert made.state("set-label-1") == "confirmed"


def test_of_what_a_property_shall_be_the_last_counts_at_once() -> None:
    made = plant()
    set_(made, "stale", 5.0)
    made.answer("set-goal-1", "accepted")
    set_(made, "stale", 6.0)
    assert made.state("set-goal-1") == "superseded"
    assert made.told("set-goal-2") == {"goal": 6.0}


def test_what_a_property_shall_be_out_of_its_range_is_rejected() -> None:
    made = plant()
    set_(made, "stale", 12.0)
    assert made.reason("set-goal-1") == "`goal` is above its range"


def test_a_property_is_held_as_a_resource_is() -> None:
    made = plant()
    life(made, "warm", "raised")
    set_(made, "warm", 2.0)
    life(made, "stale", "raised")
    set_(made, "stale", 5.0)
    assert made.reason("set-goal-2") == "rule `warm` for f1 holds it"
    life(made, "warm", "cleared")
    made.wait(0)
    assert made.told("set-goal-3") == {"goal": 5.0}
    assert [e.command for e in made.effects if isinstance(e, Deliver)] == ["set goal", "set goal"]
