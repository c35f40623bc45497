"""Fleets in a closed loop: rules command thousands of devices, and what the devices report is what they were told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from headgate.compiler.plan import Plan
from headgate.runtime.commands.records import Outcome, Proceeded
from headgate.runtime.simulation.behaviour import Behaviour
from headgate.runtime.simulation.fleet import Fleet
from headgate.runtime.simulation.fleet_world import FleetWorld
from headgate.runtime.simulation.generators import Constant, Noise, Ramp
from headgate.runtime.simulation.unreliable import Latency, Lossy, Lying, OldFirmware
from headgate.runtime.testing.executors import S, compile_program

DEVICES = """module cold
device Fridge {
    property  site: text
    telemetry temp: degC in -40..60 every 10 s
    telemetry power: W in 0..400 every 10 s
    command   cool(level: int in 0..5) { idempotent  ack within 5 s  confirm power > 20 W * level within 1 min }
}
"""
WARM = "rule warm for Fridge { when temp > 8 degC for 25 s until temp < 7 degC do { send cool(level: 4) } }"
COUNT = 12
END = 300 * S


def fridges() -> Fleet:
    return Fleet(
        "Fridge",
        [f"f{number}" for number in range(COUNT)],
        {"temp": Ramp(4.0, np.linspace(6.0, 14.0, COUNT), END) + Noise(0.1), "power": Constant(10.0)},
        every_ns=10 * S,
        seed=7,
        properties={"site": [f"s{number % 2}" for number in range(COUNT)]},
    )


def slow(obedient: Behaviour) -> Behaviour:
    return Latency(obedient, there_ns=(S, 3 * S), back_ns=(0, S), seed=3)


def played(plan: Plan, behaves: Callable[[Behaviour], Behaviour], span_ns: int = S) -> FleetWorld:
    world = FleetWorld(plan, [fridges()], span_ns, behaves)
    for _ in world.run(0, END):
        pass
    return world


def outcomes(world: FleetWorld) -> list[Outcome]:
    return [replace(one, seq=0) for one in world.outputs if isinstance(one, Outcome)]


def states(world: FleetWorld) -> Counter[str]:
    return Counter(one.state for one in world.outputs if isinstance(one, Outcome))


def test_what_is_commanded_is_done_reported_and_confirmed_whatever_the_spans() -> None:
    plan = compile_program(DEVICES + WARM)
    world = played(plan, slow)
    counts = states(world)
    assert counts["sent"] == counts["confirmed"] == len({one.id for one in world.deliveries}) > 5
    for id_ in ("f0", "f11"):
        told = any(one.id == id_ for one in world.deliveries)
        assert world.values("Fridge", id_, END)["power"] == (84.0 if told else 10.0)
    # The marks between the spans have numbers too; all else is the same.
    assert outcomes(played(plan, slow, 700_000_001)) == outcomes(world)


def test_devices_that_lie_are_found_out() -> None:
    plan = compile_program(DEVICES + WARM)
    counts = states(played(plan, lambda obedient: slow(Lying(obedient, share=0.5, seed=1))))
    assert 0 < counts["confirmed"] < counts["done"]
    assert counts["in_doubt"] + counts["failed"] > 0


def test_lost_commands_are_sent_again_and_old_devices_reject_them() -> None:
    plan = compile_program(DEVICES.replace("ack within 5 s", "ack within 5 s  retry 5 backoff 1 s..4 s") + WARM)

    def behaves(obedient: Behaviour) -> Behaviour:
        return slow(Lossy(OldFirmware(obedient, {"cool"}, share=0.3, seed=2), commands=0.4, answers=0.1, seed=1))

    world = played(plan, behaves)
    counts = states(world)
    assert counts["rejected"] > 0
    assert counts["confirmed"] > 0
    assert max(one.attempt for one in world.deliveries) > 0


def test_a_procedure_hears_of_everything_that_is_reported() -> None:
    plan = compile_program(
        DEVICES
        + """procedure cool_all(level: int) by site {
    step one {
        send cool(level: level) to each Fridge
    }
}
rule any_warm by site { when max(Fridge.temp) > 8 degC until max(Fridge.temp) < 0 degC do { run cool_all(level: 4) } }
"""
    )
    world = played(plan, slow)
    assert Counter(one.what for one in world.outputs if isinstance(one, Proceeded)) == {"started": 2, "done": 2}
    assert states(world)["confirmed"] == COUNT


def test_a_device_that_changes_at_once_is_too_quick_for_columns() -> None:
    plan = compile_program(DEVICES + WARM)
    with pytest.raises(ValueError, match="`cool` changes a device sooner than 1000000000 ns"):
        played(plan, lambda obedient: obedient)
