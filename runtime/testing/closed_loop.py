"""A scenario whose commands are carried out: its virtual devices do what they are told.

    run = simulated(plan, scenario)
    run.inputs, run.outputs

Where nothing asks for a command or procedure, that is what the scenario says. Else the scenario runs once in a world
(`simulation.world`), under its time; what was admitted there can be run again, and gives the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...compiler import plan as p
from ...stdlib.function import Value
from ..commands.records import Answer, Deliver, Outcome, Proceeded
from ..output import Alerted, Emitted, Output, Sent, Set, Started
from ..simulation.behaviour import Change, Obedient
from ..simulation.execution import Execution, WholeEngine
from ..simulation.world import Report, World
from .executors import Acknowledge, Input, Run, on_engine
from .linked import OverLinks
from .scenario import EPOCH, Scenario
from .virtual import VirtualDevice

Observed = Output | Outcome | Proceeded
"""What comes of a scenario: of its rules and signals, and of commands and procedures."""


@dataclass(frozen=True)
class Simulated:
    """What was admitted in a scenario's world, the engine's run of it as it was there (None: it was not needed, or the
    program ran in parts), and what came of commands and procedures."""

    inputs: tuple[Input, ...]
    run: Run | None = None
    outputs: tuple[Outcome | Proceeded | Sent | Set | Alerted | Emitted, ...] = ()


def simulated(plan: p.Plan, scenario: Scenario) -> Simulated:
    """Run a scenario, closed-loop if anything is asked for in it, and in parts if links between them are down.

    Raises `Unplaceable` where the program cannot be placed on its targets.
    """
    disturbed = scenario.cuts or scenario.restarts or scenario.away
    if not disturbed and not _asks(plan, scenario.inputs):
        return Simulated(scenario.inputs)
    devices = [_Device(one, scenario.end) for one in scenario.devices.values()]
    by_id = {(one.type, one.id): one.device for one in devices}

    restarts = [*((time, time) for time in scenario.restarts), *scenario.away]

    def anew() -> Execution:
        return OverLinks(plan, scenario) if scenario.cuts else WholeEngine(plan)

    world = World(
        plan,
        anew(),
        devices,
        _Muted(Obedient(plan, lambda type_, id_, time: by_id[type_, id_].values(time - EPOCH)), by_id),
        [Acknowledge(one.rule, one.key, EPOCH + one.time) for one in scenario.acknowledged],
        lambda time: scenario.behind(time - EPOCH),
        EPOCH,
        sorted((EPOCH + dies, EPOCH + back) for dies, back in restarts if back <= scenario.end),
        anew,
    )
    world.run(EPOCH + scenario.end)
    outputs = tuple(effect for effect in world.outputs if not isinstance(effect, Deliver))
    execution = world.execution
    run = Run(world.said, execution.counters) if isinstance(execution, WholeEngine) else None
    return Simulated(tuple(world.journal), run, outputs)


def _asks(plan: p.Plan, inputs: Sequence[Input]) -> bool:
    """Whether rules ask for anything of devices."""
    if not any(isinstance(n.operator, p.Action) and n.operator.kind in ("send", "run", "set") for n in plan.nodes):
        return False
    return any(isinstance(output, Sent | Set | Started) for output in on_engine(plan, inputs).outputs)


@dataclass(frozen=True)
class _Device:
    """A virtual device under the world's time; it is changed as commands want it."""

    device: VirtualDevice
    end: int

    @property
    def type(self) -> str:
        return self.device.type

    @property
    def id(self) -> str:
        return self.device.id

    def reports(self, after: int) -> Iterator[Report]:
        for one in self.device.reports(self.end):
            if EPOCH + one.arrives > after:
                yield Report(EPOCH + one.arrives, EPOCH + one.time, one.fields)

    def change(self, time: int, fields: Mapping[str, Value]) -> Report | None:
        report = self.device.bring(time - EPOCH, fields)
        return None if report is None else Report(time, EPOCH + report.time, report.fields)


@dataclass(frozen=True)
class _Muted:
    """Devices of which nothing is heard while they are silent: they do what they are told, and do not answer."""

    behaviour: Obedient
    devices: Mapping[tuple[str, str], VirtualDevice]

    def on_command(self, deliver: Deliver, time: int) -> tuple[Answer | Change, ...]:
        device = self.devices[deliver.device, deliver.id]
        found: Sequence[Answer | Change] = self.behaviour.on_command(deliver, time)
        return tuple(one for one in found if isinstance(one, Change) or not device.silent(one.time - EPOCH))
