"""Priorities on random plants: never two holders, no lower one is heard, and who was refused is heard later."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.plan import Plan
from headgate.runtime.commands.holding import heard
from headgate.runtime.commands.orchestrator import Orchestrator
from headgate.runtime.commands.records import Answer, Deliver, Effect, Outcome, Proceeded, Reported, Told
from headgate.runtime.output import Life, Sent, Set, Started
from headgate.runtime.testing.executors import S, compile_program

RULES = {"fire": 0, "leak": 1, "smoke": 1, "flow": 2, "rest": 3, "idle": 3}
"""Each rule's place in the order; `rest` and `idle` have no priority."""
DEVICES = 2
COMMANDS = ("open", "close", "shift", "goal", "saga")

PROGRAM = """module plant
priorities safety > work > comfort
device Unit {
    property  site: text
    property  goal: int in 0..9 writable
    telemetry heat: degC in -20..90
    command   open(to: int in 0..9)  { idempotent  resource gate  ack within 2 s  retry 1 backoff 1 s..2 s }
    command   close(to: int in 0..9) { resource gate  ack within 1 s  done within 5 s  when busy preempt }
    command   shift(to: int in 0..9) { idempotent  resource gate  ack within 1 s  when busy supersede
                                       undo open(to: 0) }
}
rule fire for Unit  { when heat > 80 degC priority safety do { send open(to: 1) } }
rule leak for Unit  { when heat > 70 degC priority work do { send open(to: 2)  set goal = 3 } }
rule smoke for Unit { when heat > 60 degC priority work do { send close(to: 2) } }
rule flow for Unit  { when heat > 50 degC priority comfort do { run saga(to: 1) } }
rule rest for Unit  { when heat > 40 degC do { send shift(to: 1) } }
rule idle for Unit  { when heat > 30 degC do { set goal = 1 } }
procedure saga(to: int in 0..9) for Unit {
    step a { send shift(to: to) }
    step b after a { wait 2 s  send open(to: to)  require none }
    on failure { undo }
}
"""
PLAN: Plan = compile_program(PROGRAM)

happenings = st.tuples(
    st.sampled_from([0.0, 0.0, 0.5, 3.0, 20.0]),
    st.sampled_from(sorted(RULES)),
    st.integers(0, DEVICES - 1),
    st.sampled_from(["clear", *COMMANDS]),
)
replies = st.sampled_from([("accepted", "done"), ("accepted",), ("done",), ("rejected",), ("failed",), ()])
Happening = tuple[float, str, int, str]


@dataclass
class Play:
    """A plant under way: what came out, and by command whose it is."""

    answers: Sequence[tuple[str, ...]]
    restarts: bool = False
    orchestrator: Orchestrator = field(default_factory=lambda: Orchestrator(PLAN))
    effects: list[Effect] = field(default_factory=list)
    raised: dict[tuple[str, str], bool] = field(default_factory=dict)
    said: list[tuple[int, Answer]] = field(default_factory=list)
    now: int = 0
    delivered: int = 0
    rule_of: list[str] = field(default_factory=list)
    """By number of what rules asked for, the rule."""
    lives: list[tuple[int, str, str, bool]] = field(default_factory=list)
    """When which rule was raised (or else cleared), for which device."""

    def tell(self, told: Told) -> None:
        self._take(self.orchestrator.take(told, self.now))

    def _take(self, effects: Sequence[Effect]) -> None:
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Deliver):
                for what in self.answers[self.delivered % len(self.answers)]:
                    self.said.append((self.now, Answer(effect.command_id, self.now, what)))  # type: ignore[arg-type]
                self.delivered += 1
        self._hold_the_laws()
        if self.restarts:
            again = Orchestrator(PLAN)
            again.restore(self.orchestrator.checkpoint())
            self.orchestrator = again

    def wait(self, until: int) -> None:
        """Let come what is answered and what is due, until a time."""
        while True:
            due = self.orchestrator.next_due()
            if self.said and self.said[0][0] <= until and (due is None or self.said[0][0] <= due):
                self.now, answer = self.said.pop(0)
                self.tell(answer)
            elif due is not None and due <= until:
                self.now = due
                self._take(self.orchestrator.advance(due))
            else:
                self.now = until
                return

    def happens(self, rule: str, unit: int, what: str) -> None:
        key = (f"u{unit}",)
        seq = len(self.rule_of)
        self.rule_of.append(rule)
        if what == "clear":
            if self.raised.pop((rule, key[0]), False):
                self.lives.append((self.now, rule, key[0], False))
                self.tell(Life(seq, "Unit", key, self.now, rule, "cleared"))
            return
        if (rule, key[0]) not in self.raised:
            self.raised[rule, key[0]] = True
            self.lives.append((self.now, rule, key[0], True))
            self.tell(Life(seq, "Unit", key, self.now, rule, "raised"))
        match what:
            case "goal":
                self.tell(Set(seq, "Unit", key, self.now, rule, "goal", float(seq % 10)))
            case "saga":
                self.tell(Started(seq, "Unit", key, self.now, rule, "saga", {"to": float(seq % 10)}))
            case _:
                self.tell(Sent(seq, "Unit", key, self.now, rule, what, {"to": float(seq % 10)}))

    def _hold_the_laws(self) -> None:
        """One holder at most: who is heard, and whose rule is live; nothing waits in a mailbox below its holder."""
        holding, delivery = self.orchestrator.holding, self.orchestrator.delivery
        for mailbox, claims in holding.claims.items():
            assert len({claim.instance for claim in claims}) == len(claims)
            assert all(holding.is_live(claim.instance) for claim in claims)
            holder = heard(claims)
            assert holder is not None
            assert all(holder.rank <= claim.rank for claim in claims)
            assert all(claim.state != "heard" for claim in claims if claim.rank > holder.rank)
            for id_ in delivery.mailboxes.get(mailbox, ())[1:]:
                assert RULES[delivery.commands[id_].asked.rule] <= holder.rank


def play(happening: Sequence[Happening], answers: Sequence[tuple[str, ...]], restarts: bool = False) -> Play:
    made = Play(answers, restarts)
    for unit in range(DEVICES):
        made.tell(Reported("Unit", f"u{unit}", 0, {"site": "oslo", "heat": 0.0}))
    for gap, rule, unit, what in happening:
        made.wait(made.now + round(gap * S))
        made.happens(rule, unit, what)
    made.wait(made.now + 3600 * S)
    return made


@given(st.lists(happenings, min_size=1, max_size=25), st.lists(replies, min_size=1, max_size=6))
def test_nobody_is_heard_while_a_higher_one_holds(happening: list[Happening], answers: list[tuple[str, ...]]) -> None:
    """From the outputs alone: once a command of a live rule is let go, none of a lower one is while it lives."""
    made = play(happening, answers)
    let_go = [e for e in made.effects if isinstance(e, Outcome) and e.state == "queued"]
    for higher in let_go:
        rule, resource = made.rule_of[higher.seq], _resource(higher)
        for start, end in _lives(made, rule, higher.key[0]):
            for lower in let_go if start <= higher.time < end else ():
                if lower.key == higher.key and _resource(lower) == resource and higher.time < lower.time < end:
                    assert RULES[made.rule_of[lower.seq]] <= RULES[rule], (higher, lower)


def _resource(outcome: Outcome) -> str:
    return "goal" if outcome.command == "set goal" else "gate"


def _lives(made: Play, rule: str, unit: str) -> list[tuple[int, int]]:
    """From when to when a rule's instance was raised, or a procedure under way that it runs."""
    found = []
    begun: int | None = None
    for time, one, of, is_raised in made.lives:
        if (one, of) == (rule, unit):
            if begun is not None and not is_raised:
                found.append((begun, time))
            begun = time if is_raised else None
    found += [] if begun is None else [(begun, made.now + 1)]
    running: int | None = None
    for e in made.effects:
        if isinstance(e, Proceeded) and (e.rule, e.key) == (rule, (unit,)):
            if e.what == "started":
                running = e.time
            elif e.what in ("done", "failed") and running is not None:
                found.append((running, e.time))
                running = None
    return found


@given(st.lists(happenings, min_size=1, max_size=25), st.lists(replies, min_size=1, max_size=6))
def test_at_rest_the_one_that_is_heard_was_asked_for_last(
    happening: list[Happening], answers: list[tuple[str, ...]]
) -> None:
    """Who is the highest of those that are live has had its command carried out, or a refusal of the device: it was not
    left refused for another's sake."""
    made = play(happening, answers)
    for claims in made.orchestrator.holding.claims.values():
        holder = heard(claims)
        assert holder is not None
        assert holder.state == "heard", claims


@given(st.lists(happenings, min_size=1, max_size=25), st.lists(replies, min_size=1, max_size=6))
def test_every_command_is_accounted_for(happening: list[Happening], answers: list[tuple[str, ...]]) -> None:
    made = play(happening, answers)
    ends: dict[str, str] = {}
    for e in made.effects:
        if isinstance(e, Outcome):
            ends[e.command_id] = e.state
    known = made.orchestrator.delivery.commands
    for id_, state in ends.items():
        assert state in ("done", "confirmed", "rejected", "failed", "superseded", "cancelled", "expired", "compensated",
                         "compensation_failed") or id_ in known, (id_, state)  # fmt: skip
    assert made.orchestrator.procedures.courses == {}


@given(st.lists(happenings, min_size=1, max_size=25), st.lists(replies, min_size=1, max_size=6))
def test_a_restart_at_any_point_changes_nothing(happening: list[Happening], answers: list[tuple[str, ...]]) -> None:
    assert play(happening, answers, restarts=True).effects == play(happening, answers).effects
