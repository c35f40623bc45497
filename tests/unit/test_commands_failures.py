"""Procedures that fail, are in doubt, run others, or say what does not run yet."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.source import SourceText
from headgate.runtime.commands import delivery
from headgate.runtime.commands.orchestrator import Orchestrator
from headgate.runtime.output import Emitted
from headgate.tests.unit.plant import DEVICES, on_line
from headgate.tests.unit.plant import line as plant

# --- Failure and doubt -----------------------------------------------------------------------------------------------


UNDO = """procedure start() by line {
    step valves { send move(to: 50 %) to each Valve }
    step pumps after valves done { send run(speed: 50 %) to each Pump  require all within 5 s }
    on failure { undo  alert "stopped at {step}: {reason}" severity critical }
}"""


def test_what_was_done_is_undone_in_reverse_order_step_by_step() -> None:
    made = plant(UNDO)
    on_line(made, "start")
    made.answer("move-1", "done")
    made.report("Valve", "v1", position=50.0)
    made.answer("run-2", "done")
    made.answer("run-3", "rejected", "locked")
    assert made.alerts() == ["stopped at pumps: run is rejected: locked"]
    assert made.sent()[-2:] == [("stop", "p3"), ("stop", "p1")]
    assert (made.state("run-2"), made.state("run-4"), made.state("move-1")) == ("compensating",) * 2 + ("confirmed",)
    made.answer("run-4", "done")
    for id_ in ("stop-5", "stop-6"):
        made.answer(id_, "accepted")
    assert (made.state("run-2"), made.state("run-4"), made.state("move-1")) == ("compensated",) * 2 + ("compensating",)
    assert made.told("move-7") == {"to": 100.0}
    made.answer("move-7", "rejected", "stuck")
    assert made.state("move-1") == "compensation_failed"
    assert (made.orchestrator.procedures.courses, made.orchestrator.delivery.commands) == ({}, {})


def test_what_is_being_undone_may_itself_be_in_doubt() -> None:
    made = plant(UNDO, pumps=1)
    on_line(made, "start")
    made.answer("move-1", "done")
    made.wait(5)
    assert made.course("start")[-1].startswith("failed at pumps")
    made.wait(100)
    assert (made.state("run-2"), made.state("stop-3")) == ("compensating", "in_doubt")
    made.answer("stop-3", "done")
    assert made.state("run-2") == "compensated"


def test_what_is_undone_is_forgotten_with_what_undoes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "DOUBTS_MAX", 1)
    made = plant(UNDO, pumps=1)
    for valve in ("move-1", "move-5"):
        on_line(made, "start")
        made.answer(valve, "done")
        made.wait(100)
    assert made.states("run-2")[-1] == made.states("run-6")[-1] == "compensating"
    assert list(made.orchestrator.delivery.commands) == ["move-5", "run-6", "stop-7", "move-8"]
    made.answer("stop-3", "done")
    assert made.state("run-2") == "compensating"


def test_what_cannot_be_carried_out_is_not_undone_and_undoing_may_be_refused() -> None:
    made = plant(
        """device Gate {
            property  firmware: version
            property  line: text
            command   close()  { idempotent  ack within 1 s  undo reopen() }
            command   reopen() { since firmware 3.0  idempotent  ack within 1 s }
        }
        procedure shut() by line {
            step gates { send close() to each Gate }
            on failure { undo }
        }"""
    )
    made.report("Gate", "g1", line="north", firmware="2.0")
    made.report("Gate", "g2", line="north", firmware="2.0")
    on_line(made, "shut")
    made.answer("close-1", "accepted")
    made.answer("close-2", "rejected")
    assert made.states("close-1")[-2:] == ["compensating", "compensation_failed"]
    assert made.states("reopen-3") == ["planned", "rejected"]
    assert "compensating" not in made.states("close-2")


def test_devices_that_did_not_answer_are_told_of_once_even_when_the_procedure_is_over() -> None:
    made = plant("""procedure shut() by line {
        step pumps { send stop() to each Pump  require 30 % }
        on doubt { alert "{step}: {devices} did not answer: {reason}" }
    }""")
    on_line(made, "shut")
    made.answer("stop-2", "accepted")
    assert made.course("shut") == ["started", "done"]
    assert made.alerts() == []
    made.wait(30)
    assert made.alerts() == ["pumps: p1, p3 did not answer: stop is in doubt: no answer"]
    made.answer("stop-1", "accepted")
    assert made.state("stop-1") == "done"
    assert list(made.orchestrator.delivery.commands) == ["stop-3"]


def test_handlers_choose_send_and_emit() -> None:
    made = plant("""procedure shut() for Pump {
        step a { send vent() }
        on failure { if flow > 10 m3/h { send stop()  emit shut_failed(at: flow) } else { alert "no flow" } }
    }""")
    made.run("Pump", ("p1",), "shut")
    made.run("Pump", ("p2",), "shut")
    made.report("Pump", "p2", flow=0.0)
    made.answer("vent-1", "rejected")
    made.answer("vent-2", "rejected")
    assert made.sent()[-1] == ("stop", "p1")
    assert [(e.key, e.arguments) for e in made.effects if isinstance(e, Emitted)] == [(("p1",), {"at": 50.0})]
    assert made.alerts() == ["no flow"]


# --- For whom --------------------------------------------------------------------------------------------------------


def test_a_rule_of_a_device_runs_a_procedure_for_its_group_or_for_all() -> None:
    made = plant("""procedure shut() by line { step a { send stop() to each Pump } }
procedure note() { step a { send label(text: "x") to each Pump } }""")
    made.run("Pump", ("p1",), "shut")
    made.run("Pump", ("p1",), "note")
    made.run("by line", ("north",), "note")
    assert made.course("shut") == ["started"]
    assert made.course("note") == ["started", "already"]
    made.report("Pump", "p7", flow=1.0)
    made.run("Pump", ("p7",), "shut")
    assert made.course("shut")[1:] == ["failed: it is not known to which group it belongs"]


def test_a_procedure_that_runs_is_not_begun_again_for_the_same_device() -> None:
    made = plant("procedure shut() for Pump { step a { send stop() } }")
    for id_ in ("p1", "p1", "p2"):
        made.run("Pump", (id_,), "shut")
    assert made.course("shut") == ["started", "already", "started"]
    made.answer("stop-1", "accepted")
    made.run("Pump", ("p1",), "shut")
    assert made.course("shut")[-1] == "started"


def test_a_step_runs_another_procedure_and_goes_as_that_goes() -> None:
    text = """procedure shut() by line {
        step a { run vent_all(count: 2) }
        step b after a { alert "after" }
        on failure { undo  alert "{step}: {reason}" }
    }
procedure vent_all(count: int in 0..9) by line {
        step v { send run(speed: 5 %) to each Pump where number <= count  require all }
        on failure { alert "vents" }
    }"""
    made = plant(text)
    on_line(made, "shut")
    assert made.sent() == [("run", "p1"), ("run", "p2")]
    made.answer("run-1", "done")
    made.answer("run-2", "done")
    assert made.alerts() == ["after"]
    made = plant(text)
    on_line(made, "shut")
    made.answer("run-1", "done")
    made.answer("run-2", "rejected")
    assert made.alerts() == ["vents", "a: a procedure that it runs has failed"]
    assert made.sent()[-1] == ("stop", "p1")
    made.answer("stop-3", "done")
    assert (made.orchestrator.procedures.courses, made.orchestrator.delivery.commands) == ({}, {})


def test_what_a_procedure_runs_fails_with_it() -> None:
    made = plant("""procedure shut() by line {
        expires 10 s
        step a { run vent_all() }
    }
procedure vent_all() by line { step v { wait 1 min } }""")
    on_line(made, "shut")
    made.wait(10)
    assert made.course("vent_all") == ["started", "failed at v: the procedure has failed"]
    assert made.course("shut")[-1] == "failed at a: it took too long"
    assert made.orchestrator.procedures.courses == {}


def test_what_a_step_runs_must_be_over_in_time() -> None:
    made = plant(
        """procedure shut() by line { step a { run vent_all()  require all within 5 s } }
procedure vent_all() by line { step v { wait 10 s } }"""
    )
    on_line(made, "shut")
    made.wait(5)
    assert made.course("shut")[-1] == "failed at a: not in time: a procedure that it runs is not over"


def test_two_steps_can_wait_for_one_procedure_and_a_handler_can_run_one() -> None:
    made = plant("""procedure shut() by line {
        step a { run vent_all() }
        step b { run vent_all() }
        on done { run vent_all() }
    }
procedure vent_all() by line { step v { wait 10 s } }""")
    on_line(made, "shut")
    made.wait(10)
    assert made.course("shut") == ["started", "done"]
    assert made.course("vent_all") == ["started", "already", "done", "started"]
    made.wait(10)
    assert made.orchestrator.procedures.courses == {}


@pytest.mark.parametrize("is_over", [False, True])
def test_what_was_running_already_is_waited_for_once_and_stays_done_where_its_step_fails(is_over: bool) -> None:
    made = plant(
        """procedure shut() by line {
        step a { run start()  run start() }
        step b { send label(text: "shut") to each Pump }
        on failure { undo }
    }
procedure start() by line {
        step one { send run(speed: 5 %) to each Pump }
        step rest after one done { wait 1 min }
    }""",
        pumps=1,
    )
    on_line(made, "start")
    on_line(made, "shut")
    assert made.course("start") == ["started", "already", "already"]
    made.answer("run-1", "done")
    made.report("Pump", "p1", flow=50.0)
    made.wait(60 if is_over else 0.5)
    made.answer("label-2", "rejected")
    made.wait(60)
    assert made.course("shut")[-1].startswith("failed at b")
    assert made.course("start")[-1] == "done"
    assert (made.state("run-1"), made.sent()[-1]) == ("confirmed", ("label", "p1"))
    assert (made.orchestrator.procedures.courses, made.orchestrator.delivery.commands) == ({}, {})


def test_what_a_device_belongs_to_may_not_be_known_when_another_procedure_is_run() -> None:
    made = plant("""procedure shut() for Pump {
        step a { run vent_all() }
        on failure { run vent_all()  alert "{devices}: {reason}" }
    }
procedure vent_all() by line { step v { wait 10 s } }""")
    made.report("Pump", "p7", flow=1.0)
    made.run("Pump", ("p7",), "shut")
    assert made.alerts() == ["p7: vent_all could not be begun"]


def test_of_what_no_procedure_asks_about_nothing_is_kept() -> None:
    made = plant("procedure some() by line { step a { wait until total < 5 m3/h } }")
    on_line(made, "some")
    made.signal("by line", ("north",), "smallest", 1.0)
    assert made.orchestrator.known.signals == {}
    made.signal("by line", ("north",), "total", 1.0)
    assert made.course("some") == ["started", "done"]


def test_a_condition_can_change_while_nobody_waits_for_it() -> None:
    made = plant("procedure some() by line { step a { wait 5 s  wait until total < 5 m3/h within 9 s } }")
    assert not made.asks_for("total")
    on_line(made, "some")
    made.signal("by line", ("north",), "total", 1.0)
    assert not made.asks_for("total")
    made.signal("by line", ("north",), "total", 100.0)
    made.wait(5)
    assert made.asks_for("total")
    assert not made.asks_for("hot")
    made.signal("by line", ("north",), "total", 1.0)
    assert made.course("some")[-1] == "done"


# --- What does not run -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "named"),
    [
        ('alert "{sum(Pump.flow)}"', "`sum` in procedure `it`"),
        ('send label(text: "{any(Pump.hot)}") to each Pump', "`any` in procedure `it`"),
    ],
)
def test_what_procedures_cannot_speak_of_yet_is_named_with_what_helps(step: str, named: str) -> None:
    text = f"{DEVICES}procedure it() by line {{ expires 1 min  step a {{ {step} }} }}"
    (problem,) = compile_text(SourceText("m.iot", text)).not_running
    assert problem.title == f"{named} cannot be executed yet"
    assert problem.help == "give it a name of its own with `signal`, for the same devices or groups"


@pytest.mark.parametrize(
    ("step", "named"),
    [
        ("wait until total > 5 m3/h", "`total` in procedure `it`"),
        ("wait until flow > level for 10 s", "what happens or lasts in procedure `it`"),
        ("wait until since < last(flow).time", "`since` in procedure `it`"),
        ("wait until last(flow).time > since", "`time` in procedure `it`"),
    ],
)
def test_a_device_procedure_names_what_it_cannot_ask(step: str, named: str) -> None:
    text = f"{DEVICES}procedure it(since: time, level: m3/h) for Pump {{ expires 1 min  step a {{ {step} }} }}"
    titles = [problem.title for problem in compile_text(SourceText("m.iot", text)).not_running]
    assert f"{named} cannot be executed yet" in titles


def test_a_time_that_a_command_is_told_and_compares_is_named() -> None:
    text = (
        DEVICES
        + """device Log {
    telemetry at: time
    command note(when: time) { idempotent  ack within 1 s  confirm at == when within 5 s }
}"""
    )
    assert [problem.title for problem in compile_text(SourceText("m.iot", text)).not_running] == [
        "the time `when` in command `note` cannot be executed yet",
    ]


def test_an_orchestrator_refuses_to_go_back_in_time() -> None:
    made = plant("procedure shut() for Pump { step a { send stop() } }")
    made.wait(5)
    made.now = 0
    with pytest.raises(AssertionError):
        made.report("Pump", "p1", flow=1.0)
    assert isinstance(made.orchestrator, Orchestrator)
