"""Commands and procedures in plans: what is lowered, and what the check of a plan refuses."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from headgate.compiler.document import dump, load
from headgate.compiler.plan import (
    AlertAct,
    Apply,
    CommandPlan,
    ConfirmPlan,
    Exists,
    Given,
    LoopPlan,
    Plan,
    ProcedurePlan,
    PushConstant,
    PushField,
    PushKey,
    PushParameter,
    PushSignal,
    RequirePlan,
    RunAct,
    SendAct,
    Shown,
    StepPlan,
    StopAct,
    UndoAct,
    UndonePlan,
    WaitAct,
)
from headgate.compiler.verify import faults
from headgate.runtime.testing.executors import S, compile_program

PROGRAM = """module works
device Valve {
    property  line: text
    property  firmware: version
    telemetry position: percent in 0..100 every 5 s
    command   move(to: ratio in 0..1 = 50 %) {
        idempotent  resource gate  ack within 2 s  done within 9 s  expires 1 min  retry 3 backoff 1 s..4 s
        confirm abs(position - to) < 2 % within 20 s
        undo move(to: 100 %)  when busy merge  since firmware 2.1
    }
}
signal open for Valve = position > 5 %
signal many by line = count(Valve where position > 5 %)
rule shut_it for Valve { when open for 1 h until position < 1 % do { run shut(to: 5 %) } }
rule line_it by line { when many > 3 until many < 1 do { run line_shut() } }
procedure shut(to: percent in 0..100) for Valve {
    step a { send move(to: to) }
    step b after a confirmed { wait until not open within 1 min  stop if position < 50 % }
    on failure { undo  alert "{id} {step}" severity critical }
}
procedure line_shut() by line {
    expires 5 min
    for r in 1..2 {
        step a { send move() to each Valve where position > 5 %  at most 2 every 1 s  require 2 within 5 s }
    }
    on done { run noted() }
}
procedure noted() by line { step a { alert "{line}: {many}"  wait 5 s } }
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compile_program(PROGRAM)


def test_a_command_is_in_its_device_type_with_formulas_in_its_own_units(plan: Plan) -> None:
    (command,) = plan.devices[0].commands
    assert isinstance(command, CommandPlan)
    assert (command.resource, command.when_busy, command.retry_count) == ("gate", "merge", 3)
    assert (command.ack_within_ns, command.done_within_ns, command.expires_ns) == (2 * S, 9 * S, 60 * S)
    assert (command.backoff_low_ns, command.backoff_high_ns) == (1 * S, 4 * S)
    assert command.since == Exists("firmware", "2.1")
    assert command.parameters[0].default == 0.5
    assert command.undo == UndonePlan("move", (Given("to", (Shown((PushConstant(1.0),), "float"),), False),))
    assert isinstance(command.confirm, ConfirmPlan)
    assert command.confirm.fields == ("position",)
    assert PushField("position", 15 * S) in command.confirm.condition
    assert PushParameter("to") in command.confirm.condition
    assert command.confirm.condition[-2:] == (PushConstant(2.0), Apply("less", 2, "bool"))


def test_a_procedure_is_its_steps_with_what_they_ask(plan: Plan) -> None:
    shut, line_shut, noted = plan.procedures
    assert (shut.device, shut.keys, line_shut.device, line_shut.keys) == ("Valve", (), None, ("line",))
    first, second = shut.stages
    assert isinstance(first, StepPlan)
    assert isinstance(second, StepPlan)
    wait, stop = second.acts
    assert wait == WaitAct(None, (PushSignal("open"), Apply("not_", 1, "bool")), 60 * S)
    assert isinstance(stop, StopAct)
    assert shut.on_failure[0] == UndoAct()
    assert line_shut.expires_ns == 300 * S
    (loop,) = line_shut.stages
    assert isinstance(loop, LoopPlan)
    (step,) = loop.stages
    assert isinstance(step, StepPlan)
    assert (step.at_most, step.at_most_every_ns) == (2, 1 * S)
    assert step.require == RequirePlan(2, None, "done", 5 * S)
    (send,) = step.acts
    assert isinstance(send, SendAct)
    assert (send.device, send.arguments[0].name) == ("Valve", "to")
    assert line_shut.on_done == (RunAct("noted"),)
    (note,) = noted.stages
    assert isinstance(note, StepPlan)
    assert note.acts[0] == AlertAct((Shown((PushKey("line"),), "text"), ": ", Shown((PushSignal("many"),), "int")))


def test_a_plan_with_procedures_makes_the_round_trip(plan: Plan) -> None:
    assert load(dump(plan)) == plan
    assert json.loads(dump(plan))["plan"]["procedures"][1]["stages"][0]["is"] == "LoopPlan"


def _step(*acts: object) -> Callable[[Plan], Plan]:
    made = (StepPlan("a", acts),)  # type: ignore[arg-type]
    return lambda plan: replace(plan, procedures=(replace(plan.procedures[0], stages=made), *plan.procedures[1:]))


def _command(**members: object) -> Callable[[Plan], Plan]:
    def changed(plan: Plan) -> Plan:
        (device,) = plan.devices
        (command,) = device.commands
        return replace(plan, devices=(replace(device, commands=(replace(command, **members),)),))  # type: ignore[arg-type]

    return changed


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            _command(confirm=ConfirmPlan((PushField("x"),), ("x",), 1)),
            "it speaks of x, which is no field of the device",
        ),
        (_command(confirm=ConfirmPlan((), (), 1)), "a formula does not leave one value"),
        (_command(confirm=ConfirmPlan((Apply("less", 2, "bool"),), (), 1)), "less is given too little"),
        (_command(confirm=ConfirmPlan((Apply("x", 0, "bool"),), (), 1)), "there is no function x"),
        (_command(undo=UndonePlan("close")), "close, which undoes it, is no command of the device"),
        (
            _command(undo=UndonePlan("move", (Given("to", ("x",), False),))),
            "to is no text, and has more than its value",
        ),
        (_command(retry_count=-1), "it is repeated a negative number of times"),
        (_command(idempotent=False, retry_count=1), "it is repeated, and is not idempotent"),
        (_step(SendAct("close")), "it sends close, which is no command of whom it is sent to"),
        (_step(SendAct("move", (), "Gate")), "it sends move, which is no command of whom it is sent to"),
        (_step(RunAct("close")), "it runs close, which is no procedure of the plan"),
        (_step(WaitAct()), "it waits for a time, or for a condition"),
        (
            lambda plan: replace(plan, procedures=(*plan.procedures, ProcedurePlan("p", (), "Gate"))),
            "Gate is no device type of the plan",
        ),
        (
            lambda plan: replace(plan, procedures=(*plan.procedures, ProcedurePlan("p", (), on_done=(WaitAct(5),)))),
            "something waits that is no step",
        ),
        (lambda plan: replace(plan, procedures=()), "rule shut_it runs shut, which is no procedure of the plan"),
        (lambda plan: replace(plan, procedures=plan.procedures * 2), "the procedure shut is there twice"),
    ],
)
def test_what_is_wrong_with_commands_and_procedures_is_found(
    plan: Plan, change: Callable[[Plan], Plan], fault: str
) -> None:
    found = list(faults(change(plan)))
    assert any(one.endswith(fault) for one in found), found
