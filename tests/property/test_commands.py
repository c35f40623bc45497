"""Commands on random plants: whatever devices answer, lose, reject or say late, no command is lost, and nothing is done
that may not be."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.plan import Plan
from headgate.runtime.commands.delivery import FINAL
from headgate.runtime.commands.orchestrator import Orchestrator
from headgate.runtime.commands.records import Answer, Deliver, Effect, Outcome, Proceeded, Reported, Told
from headgate.runtime.output import Sent, Started
from headgate.runtime.testing.executors import S, compile_program

DEVICES = 3
COMMANDS = ("set", "horn", "nudge", "mode", "tune", "slow", "pour")

PROGRAM = """module plant
device Unit {
    property  site: text
    telemetry level: int in 0..9
    telemetry heat: degC in -20..90
    command   set(to: int in 0..9)  { idempotent  resource gate  ack within 2 s  retry 2 backoff 1 s..3 s
                                      confirm level == to within 5 s  undo set(to: 0) }
    command   horn(to: int in 0..9)  { idempotent  ack within 1 s  retry 3 backoff 1 s..2 s  expires 10 s }
    command   nudge(to: int in 0..9) { relative  resource gate  ack within 2 s  undo set(to: 9) }
    command   mode(to: int in 0..9)  { idempotent  resource gate  ack within 1 s  retry 1  when busy supersede }
    command   tune(to: int in 0..9)  { idempotent  ack within 1 s  retry 1  resource gain  when busy merge }
    command   slow(to: int in 0..9)  { ack within 1 s  done within 4 s  when busy reject  resource gain
                                       undo tune(to: 0) }
    command   pour(to: int in 0..9)  { ack within 1 s  resource gate  confirm level == to within 3 s }
}
rule hot for Unit { when heat > 80 degC do { alert "{id}" } }
rule many by site { when count(Unit) > 5 do { alert "{site}" } }
procedure saga(to: int in 0..9) by site {
    expires 40 s
    step a { send set(to: to) to each Unit  at most 2 at once  require 60 % within 15 s }
    step b after a done { send nudge(to: 1) to each Unit where level > 2  abort above 50 % }
    step c after b { wait 2 s  send horn(to: to) to each Unit  at most 1 every 3 s  require none }
    on failure { undo  alert "{step} {devices} {reason}" }
    on doubt { alert "{step} {devices}" }
    on done { send tune(to: 1) to each Unit }
}
procedure one(to: int in 0..9) for Unit {
    for r in 1..2 { step a { send slow(to: r) }  step b after a { send mode(to: to)  require all within 5 s } }
    on failure { undo }
}
"""
PLAN: Plan = compile_program(PROGRAM)
LIMITS = {command.name: 1 + command.retry_count for command in PLAN.devices[0].commands}
RESOURCES = {command.name: command.resource or command.name for command in PLAN.devices[0].commands}


@dataclass(frozen=True)
class Reply:
    """What a device does with one delivery: what it says, after how long (s), and how long after each word the next;
    and whether it does it."""

    what: tuple[str, ...]
    after: float
    between: float
    does: bool


replies = st.builds(
    Reply,
    st.sampled_from(
        [
            ("accepted", "done"),
            ("delivered", "accepted"),
            ("done",),
            ("rejected",),
            ("failed",),
            (),
            ("accepted", "failed"),
            ("accepted", "accepted", "failed"),
            ("failed", "accepted", "done"),
            ("done", "rejected"),
            ("rejected", "done"),
        ]
    ),
    st.sampled_from([0.0, 0.5, 1.0, 2.5, 7.0]),
    st.sampled_from([0.0, 0.0, 0.5, 4.0]),
    st.booleans(),
)
asked = st.tuples(
    st.sampled_from([0.0, 0.0, 0.5, 3.0, 20.0]),
    st.sampled_from([*COMMANDS, "saga", "one"]),
    st.integers(0, DEVICES - 1),
    st.integers(0, 9),
)


def play(asks: Sequence[tuple[float, str, int, int]], answers: Sequence[Reply]) -> tuple[Orchestrator, list[Effect]]:
    """A plant that is asked for commands and procedures one after another, and answers in the order of deliveries."""
    orchestrator = Orchestrator(PLAN)
    effects: list[Effect] = []
    queue: list[tuple[int, int, Told]] = []
    for i in range(DEVICES):
        queue.append((0, len(queue), Reported("Unit", f"u{i}", 0, {"site": "oslo", "level": float(3 * i)})))
    time = 0
    for gap, what, device, to in asks:
        time += round(gap * S)
        told: Told
        if what == "saga":
            told = Started(0, "by site", ("oslo",), time, "r", "saga", {"to": float(to)})
        elif what == "one":
            told = Started(0, "Unit", (f"u{device}",), time, "r", "one", {"to": float(to)})
        else:
            told = Sent(0, "Unit", (f"u{device}",), time, "r", what, {"to": float(to)})
        queue.append((time, len(queue), told))
    delivered = 0
    counter = len(queue)
    while queue or orchestrator.next_due() is not None:
        queue.sort(key=lambda entry: entry[:2])
        due = orchestrator.next_due()
        if queue and (due is None or queue[0][0] <= due):
            at, _, one = queue.pop(0)
            came = orchestrator.take(one, at)
        else:
            assert due is not None
            at, came = due, orchestrator.advance(due)
        effects += came
        for effect in came:
            if isinstance(effect, Deliver):
                reply = answers[delivered % len(answers)]
                delivered += 1
                later = at + round(reply.after * S)
                said: list[tuple[int, Told]] = []
                for place, what in enumerate(reply.what):
                    moment = later + round(place * reply.between * S)
                    said.append((moment, Answer(effect.command_id, moment, what)))  # type: ignore[arg-type]
                if reply.does and effect.command in ("set", "pour"):
                    said.append((later, Reported("Unit", effect.id, later, {"level": effect.arguments["to"]})))
                for moment, told in said:
                    counter += 1
                    queue.append((moment, counter, told))
    return orchestrator, effects


@given(st.lists(asked, min_size=1, max_size=12), st.lists(replies, min_size=1, max_size=12))
def test_every_command_comes_to_one_end_or_is_waited_for(
    asks: Sequence[tuple[float, str, int, int]], answers: Sequence[Reply]
) -> None:
    orchestrator, effects = play(asks, answers)
    states: dict[str, list[str]] = defaultdict(list)
    for effect in effects:
        if isinstance(effect, Outcome):
            states[effect.command_id].append(effect.state)
    for id_, passed in states.items():
        assert passed[0] == "planned"
        ends = [state for state in passed if state in FINAL and state not in ("confirmed", "done")]
        known = orchestrator.delivery.commands.get(id_)
        if known is None:
            assert passed[-1] in FINAL or passed[-1] == "done", passed
        else:
            # What is still known has been delivered, and neither answered nor undone for certain.
            assert known.state in ("in_doubt", "compensating"), passed
        assert len(ends) <= 1, passed
        assert ends == [] or passed[-1] == ends[0], passed
    asked_for = sum(1 for effect in effects if isinstance(effect, Sent)) + sum(1 for a in asks if a[1] in COMMANDS)
    assert asked_for == len(states)
    assert orchestrator.procedures.courses == {}


@given(st.lists(asked, min_size=1, max_size=12), st.lists(replies, min_size=1, max_size=12))
def test_nothing_is_delivered_more_often_than_it_may_be(
    asks: Sequence[tuple[float, str, int, int]], answers: Sequence[Reply]
) -> None:
    _, effects = play(asks, answers)
    deliveries: dict[str, list[Deliver]] = defaultdict(list)
    over: dict[str, int] = {}
    for effect in effects:
        if isinstance(effect, Deliver):
            assert effect.command_id not in over
            deliveries[effect.command_id].append(effect)
        elif isinstance(effect, Outcome) and effect.state in (*FINAL, "done"):
            over[effect.command_id] = effect.time
    for those in deliveries.values():
        assert len(those) <= LIMITS[those[0].command]
        assert [one.attempt for one in those] == list(range(len(those)))
        assert len({tuple(one.arguments.items()) for one in those}) == 1


@given(st.lists(asked, min_size=1, max_size=12), st.lists(replies, min_size=1, max_size=12))
def test_commands_for_one_resource_of_a_device_are_delivered_in_the_order_they_were_let_go(
    asks: Sequence[tuple[float, str, int, int]], answers: Sequence[Reply]
) -> None:
    _, effects = play(asks, answers)
    queued: dict[tuple[str, str], list[str]] = defaultdict(list)
    delivered: dict[tuple[str, str], list[str]] = defaultdict(list)
    for effect in effects:
        if isinstance(effect, Outcome) and effect.state == "queued":
            queued[effect.key[0], RESOURCES[effect.command]].append(effect.command_id)
        elif isinstance(effect, Deliver):
            delivered[effect.id, RESOURCES[effect.command]].append(effect.command_id)
    for place, order in delivered.items():
        first = list(dict.fromkeys(order))
        assert first == [id_ for id_ in queued[place] if id_ in set(first)]
        # No command is delivered again once the next one was.
        assert order == sorted(order, key=first.index)


@given(st.lists(asked, min_size=1, max_size=8), st.lists(replies, min_size=1, max_size=8))
def test_the_same_answers_give_the_same_and_procedures_end(
    asks: Sequence[tuple[float, str, int, int]], answers: Sequence[Reply]
) -> None:
    _, effects = play(asks, answers)
    assert play(asks, answers)[1] == effects
    courses = [effect.what for effect in effects if isinstance(effect, Proceeded)]
    assert courses.count("started") == courses.count("done") + courses.count("failed")
