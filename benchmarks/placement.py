"""How long placing takes: programs of a thousand and of ten thousand operators, with budgets that do not let all of it
stand at the edge.

    python -m headgate.benchmarks.placement

The programs are structured as real ones are: devices with fields at several rates, windows, conditions, patterns,
groups by site, rules that alert and command, some of them with `place edge`.
"""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import replace

from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Plan
from headgate.dsl.source import SourceText
from headgate.runtime.placement.model import model_of
from headgate.runtime.placement.problem import SECONDS_A_DAY, Use, cost, needs
from headgate.runtime.placement.rates import rates_of
from headgate.runtime.placement.solve import place

DEVICES = """module plant
device Pump max 5000 {
    property  site: text
    telemetry flow: m3/h every 1 s
    telemetry pressure: bar every 5 s
    telemetry temp: degC every 10 s
    telemetry open: bool
    command   stop(hard: bool) { idempotent  ack within 2 s }
}
target gateway: edge by site { memory 4 GB  cpu 1 GHz  uplink 64 kbit/s  offline 24 h }
target hq: cloud
"""
FIELDS = ("flow", "pressure", "temp")
UNITS = {"flow": "m3/h", "pressure": "bar", "temp": "degC"}
STEPS = {"flow": "m3/h", "pressure": "bar", "temp": "K"}


def program(blocks: int) -> str:
    """A program of so many blocks of about thirty operators."""
    return DEVICES + "".join(block(number) for number in range(blocks))


def block(i: int) -> str:
    field, other = FIELDS[i % 3], FIELDS[(i + 1) % 3]
    unit, step, width = UNITS[field], STEPS[field], 1 + i % 10
    return f"""
signal m{i} for Pump = mean({field} over {width} min every {width * 10} s)
signal s{i} for Pump = max({other} over {width} min) - min({other} over {width} min)
signal g{i} by site  = mean(Pump.{field}) {"" if field == "temp" else f"* {i + 1}"}
signal w{i} by site  = count(Pump where {other} > {i + 10} {UNITS[other]}) / count(Pump)
pattern p{i} for Pump = open becomes true as o then {field} > o.{field} + {i + 1} {step} within {width} min
rule a{i} for Pump {{
    when  m{i} > {i + 20} {unit} and {other} > {i + 5} {UNITS[other]} for {width} min
    until m{i} < {i + 15} {unit}
    {"place edge" if i % 4 == 0 else ""}
    do {{ send stop(hard: true)  alert "{{id}} is at {{m{i}}}" }}
}}
rule b{i} for Pump {{ when p{i}  cooldown 10 min  do {{ alert "{{id}}: {{o.time}}" }} }}
rule c{i} by site  {{ when w{i} > {10 + i % 80} % for {width} min  do {{ alert "{{site}}: {{w{i}}}, {{g{i}}}" }} }}
rule d{i} for Pump {{ when s{i} > {i + 1} {STEPS[other]}  do {{ alert "{{id}}: {{s{i}}}" }} }}
"""


def compiled(operators: int) -> Plan:
    """A program of about so many operators: the more blocks, the more of them share."""
    blocks = max(1, operators // 30)
    for _ in range(2):
        blocks = max(1, round(blocks * operators / len(_plan(blocks).nodes)))
    return _plan(blocks)


def _plan(blocks: int) -> Plan:
    result = compile_text(SourceText("plant.iot", program(blocks)))
    assert result.plan is not None, [problem.title for problem in result.problems.found]
    return result.plan


def without_budgets(plan: Plan) -> Plan:
    return replace(
        plan,
        targets=tuple(
            replace(target, memory_bytes=None, cpu_hz=None, uplink_bits_per_s=None) for target in plan.targets
        ),
    )


def with_budgets(plan: Plan, share: float) -> Plan:
    """The plan with gateways that have this share of the memory and computing that all of it would take there."""
    plan = without_budgets(plan)
    problem = model_of(plan, rates_of(plan)).problem
    lowest = needs(problem, tuple(min(item.tiers) for item in problem.items))
    memory, cpu = (lowest[Use(0, what)] * share for what in ("memory", "cpu"))
    gateway, hq = plan.targets
    return replace(plan, targets=(replace(gateway, memory_bytes=int(memory), cpu_hz=cpu / SECONDS_A_DAY), hq))


BUDGETS: dict[str, Callable[[Plan], Plan]] = {
    "none": without_budgets,
    "declared": lambda plan: plan,
    "90 %": lambda plan: with_budgets(plan, 0.9),
}


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--operators", type=int, nargs="*", default=[1000, 10_000])
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    print("operators   items   flows  budgets    model   placed      cpu       gap  over the links")
    for operators in options.operators:
        plan = compiled(operators)
        for name, changed in BUDGETS.items():
            given = changed(plan)
            begin = time.perf_counter()
            problem = model_of(given, rates_of(given)).problem
            middle, cpu = time.perf_counter(), time.process_time()
            found = place(problem, options.seconds)
            end, cpu = time.perf_counter(), time.process_time() - cpu
            assert found.cost == cost(problem, found.placed)
            print(
                f"{len(plan.nodes):>9,} {len(problem.items):>7,} {len(problem.flows):>7,} {name:>8} "
                f"{middle - begin:>7.2f}s {end - middle:>7.2f}s {cpu:>7.2f}s {found.gap:>9.4%} "
                f"{found.cost.bytes / SECONDS_A_DAY:>11,.0f} B/s",
                flush=True,
            )


if __name__ == "__main__":
    main()
