"""A plant in a test of commands: an orchestrator, and what it is told by hand, second by second.

plant = Plant("module m …")
plant.report("Valve", "v1", position=100.0)
plant.send("Valve", "v1", "move", to=0.0)
plant.answer("move-1", "accepted")
plant.wait(20)
plant.states("move-1")          # ["planned", "queued", "sent", "accepted", …]
"""

from collections.abc import Mapping
from typing import Literal

from headgate.runtime.commands.orchestrator import Orchestrator
from headgate.runtime.commands.records import Answer, Deliver, Effect, Outcome, Proceeded, Reported
from headgate.runtime.output import Alerted, OutputValue, Sent, Signalled, Started
from headgate.runtime.testing.executors import S, compile_program
from headgate.stdlib.function import Value


class Plant:
    """Time begins at 0 s; all that came out is in `effects`."""

    def __init__(self, text: str) -> None:
        self.orchestrator = Orchestrator(compile_program(text))
        self.effects: list[Effect] = []
        self.now = 0

    def report(self, device: str, id_: str, at: float | None = None, **fields: Value) -> None:
        time = self.now if at is None else round(at * S)
        self.effects += self.orchestrator.take(Reported(device, id_, time, fields), self.now)

    def send(self, device: str, id_: str, command: str, at: float | None = None, **arguments: OutputValue) -> None:
        """A rule sends a command; it decided so at another time perhaps."""
        self.ask(device, id_, command, arguments, at)

    def ask(
        self, device: str, id_: str, command: str, arguments: Mapping[str, OutputValue], at: float | None = None
    ) -> None:
        time = self.now if at is None else round(at * S)
        sent = Sent(0, device, (id_,), time, "rule", command, arguments)
        self.effects += self.orchestrator.take(sent, self.now)

    def run(self, timeline: str, key: tuple[str, ...], procedure: str, **arguments: OutputValue) -> None:
        started = Started(0, timeline, key, self.now, "rule", procedure, arguments)
        self.effects += self.orchestrator.take(started, self.now)

    def signal(self, timeline: str, key: tuple[str, ...], name: str, value: OutputValue) -> None:
        self.effects += self.orchestrator.take(Signalled(0, timeline, key, self.now, name, value), self.now)

    def answer(
        self, id_: str, what: Literal["delivered", "accepted", "done", "rejected", "failed"], reason: str = ""
    ) -> None:
        self.effects += self.orchestrator.take(Answer(id_, self.now, what, reason), self.now)

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * S)
        self.effects += self.orchestrator.advance(self.now)

    def asks_for(self, signal: str) -> bool:
        """Whether something waits for what a signal is."""
        return self.orchestrator.concerns(Signalled(0, "by line", ("north",), self.now, signal, 0.0))

    # --- What came ---------------------------------------------------------------------------------------------------

    def states(self, id_: str) -> list[str]:
        return [e.state for e in self.effects if isinstance(e, Outcome) and e.command_id == id_]

    def state(self, id_: str) -> str:
        return self.states(id_)[-1]

    def reason(self, id_: str) -> str:
        return [e.reason for e in self.effects if isinstance(e, Outcome) and e.command_id == id_][-1]

    def delivered(self, id_: str | None = None) -> list[tuple[str, float]]:
        """What was delivered, and when (s)."""
        found = [e for e in self.effects if isinstance(e, Deliver)]
        return [(e.command_id, e.time / S) for e in found if id_ is None or e.command_id == id_]

    def told(self, id_: str) -> dict[str, OutputValue]:
        """What a command was told when it was first delivered."""
        return next(dict(e.arguments) for e in self.effects if isinstance(e, Deliver) and e.command_id == id_)

    def sent(self) -> list[tuple[str, str]]:
        """The commands that procedures asked for, and of whom."""
        return [(e.command, e.key[0]) for e in self.effects if isinstance(e, Sent)]

    def course(self, procedure: str) -> list[str]:
        """What was told of a procedure."""
        found = [e for e in self.effects if isinstance(e, Proceeded) and e.procedure == procedure]
        return [f"{e.what}{e.step and ' at '}{e.step}{e.reason and ': '}{e.reason}" for e in found]

    def alerts(self) -> list[str]:
        return [e.message for e in self.effects if isinstance(e, Alerted)]


# --- A line of pumps and valves --------------------------------------------------------------------------------------

DEVICES = """module pump_station
device Pump {
    property  line: text
    property  number: int in 0..99
    telemetry flow: m3/h in 0..900
    command   stop()                         { idempotent  ack within 1 s }
    command   run(speed: percent in 0..100)  { idempotent  ack within 1 s
                                               confirm flow > 1 m3/h within 10 s  undo stop() }
    command   label(text: text)              { idempotent  ack within 1 s }
    command   vent()                         { ack within 1 s }
}
device Valve {
    property  line: text
    telemetry position: percent in 0..100
    command   move(to: percent in 0..100)    { idempotent  ack within 2 s
                                               confirm abs(position - to) < 2 % within 20 s  undo move(to: 100 %) }
}
signal total by line = sum(Pump.flow)
signal hot for Pump = flow > 800 m3/h
rule much by line { when total > 5 m3/h severity major do { alert "{line}" } }
rule heated for Pump { when hot do { alert "{id}" } }
rule many { when count(Pump) > 5 do { alert "many" } }
"""


def line(procedures: str, pumps: int = 3, valves: int = 1) -> Plant:
    """A line `north` with pumps p1, p2, … and valves v1, …"""
    made = Plant(DEVICES + procedures)
    for i in range(1, pumps + 1):
        made.report("Pump", f"p{i}", line="north", number=float(i), flow=50.0)
    for i in range(1, valves + 1):
        made.report("Valve", f"v{i}", line="north", position=100.0)
    return made


def on_line(made: Plant, procedure: str, **told: float) -> None:
    made.run("by line", ("north",), procedure, **told)
