"""What goes over the uplink where a program is placed, against forwarding every reading as JSON; and what the part at
the edge keeps, against the bound that was stated for it.

usage: python benchmarks/uplink.py [--hours 6] [--fridges 1000] [--sites 10] [--seed 7] [--trucks 1 5]

Each program is placed as `headgate plan` does, runs whole and in parts on the same inputs, and has to decide the same.
Gateways ship every so many minutes, with a second's delay; those of the fridges mark every minute how far time is, and
one of them is offline for half of it. What gateways decide themselves is said in the frames. Of windows over regions,
whose fridges stand at several sites, gateways send what these come to there; or (`of samples`) every sample.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Output, Plan
from headgate.dsl.source import SourceText
from headgate.runtime.batch import Batch, Messages
from headgate.runtime.connectors.memory import Objects
from headgate.runtime.edge.cutting import cut
from headgate.runtime.edge.links import Link
from headgate.runtime.edge.partitioned import Partitioned
from headgate.runtime.engine import Engine
from headgate.runtime.ingest import Admission
from headgate.runtime.output import Output as Decision
from headgate.runtime.placement.model import model_of
from headgate.runtime.placement.problem import Use, needs
from headgate.runtime.placement.rates import rates_of
from headgate.runtime.placement.solve import place
from headgate.runtime.quarantine import Quarantine
from headgate.runtime.state import save
from headgate.runtime.testing.differences import by_subject_differences
from headgate.stdlib.column import Column

ROOT = Path(__file__).parents[1]
FLEET = ROOT / "examples" / "fleet"
COLD_CHAIN = ROOT / "tests" / "spec" / "charter" / "cold_chain.iot"
REGIONS = Path(__file__).parent / "programs" / "regions.iot"
NS_PER_MS = 1_000_000
S = 1_000_000_000
MINUTE = 60 * S
BEGIN_NS = 1_767_225_600 * S
EVERY_S = 10
REGIONS_MANY = 7

OF_GROUPS = frozenset(("bounds", "kept", "pending_time", "pending_row", "memberships", "arrived", "arrived_values"))
"""Calendars that all keys share; a group's members, and their changes that wait for the group's time."""

DEPOT = "\ntarget depot: edge\ntarget hq: cloud\n"
"""The fleet's program names no targets: all trucks report to a computer at the depot."""


@dataclass(frozen=True)
class Minute:
    """What one gateway takes in during one minute: a batch for an engine, and the readings as JSON lines."""

    gateway: str
    batch: Callable[[Engine], Batch]
    json: bytes
    readings: int


@dataclass(frozen=True)
class Load:
    """A program with its fleet, and its minutes in order: by end (ns) what each gateway takes in until then."""

    name: str
    plan: Plan
    target: str
    devices: Mapping[str, int]
    gateways: Sequence[str]
    minutes: Callable[[], Iterator[tuple[int, list[Minute]]]]
    marks: bool
    ship_every_ns: int = MINUTE
    in_parts: bool = True
    cuts: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    ship_every_ns: int
    readings: int
    json: int
    gzipped: int
    uplink: int
    decisions: int
    by_key: int
    kept: int
    stated: int

    def told(self) -> str:
        cells = [
            self.name, self.ship_every_ns // MINUTE, f"{self.readings:,}", f"{self.json:,}", f"{self.gzipped:,}",
            f"{self.uplink:,}", f"{self.uplink / self.json:.3%}", f"{self.uplink / self.gzipped:.2%}",
            f"{self.decisions:,}", f"{self.by_key / 1e3:,.0f} kB", f"{self.stated / 1e3:,.0f} kB",
            f"{self.kept / 1e3:,.0f} kB",
        ]  # fmt: skip
        return in_columns(cells)


def in_columns(cells: Sequence[object]) -> str:
    return "".join(f"{cell!s:>{len(head)}}" for cell, head in zip(cells, HEADS, strict=True))


HEADS = (
    "   program", "  every min", "   readings", "   JSON bytes", "   gzip bytes", "  uplink bytes", "   of JSON",
    "   of gzip", "  decisions", "   kept by key", "      stated", "      in all",
)  # fmt: skip


def deciding(program: str, name: str) -> Plan:
    """The plan of a program without what it only reports: the values of signals."""
    result = compile_text(SourceText(name, program))
    if result.plan is None:
        raise ValueError([*result.problems.found, *result.not_running.found])
    nodes = tuple(node for node in result.plan.nodes if not isinstance(node.operator, Output))
    return replace(result.plan, nodes=nodes)


def measure(load: Load) -> Row:
    """Run a load whole and in parts."""
    rates = rates_of(load.plan, devices=load.devices, instances={load.target: len(load.gateways)})
    model = model_of(load.plan, rates)
    placed = place(model.problem).placed
    placement = model.placement(placed)
    in_parts = placement.in_parts(load.target) if load.in_parts else ()
    parts = cut(load.plan, placement.above(load.target), in_parts)
    links = {name: Link[bytes](S, load.cuts.get(name, ())) for name in load.gateways}
    execution = Partitioned(parts, links, load.ship_every_ns)
    whole = Engine(load.plan)
    expected: list[Decision] = []
    got: list[Decision] = []
    readings = plain = gzipped = 0
    for end, minutes in load.minutes():
        for one in minutes:
            expected += whole.feed(one.batch(whole))
            got += execution.feed(one.gateway, one.batch)
            readings += one.readings
            plain += len(one.json)
            gzipped += len(gzip.compress(one.json, 6))
        if load.marks:
            expected += whole.mark_all(end)
            got += execution.mark_all(end)
        got += execution.advance(end)
    engines = [gateway.engine for gateway in execution.gateways.values()]
    kept = max(map(bytes_by_key, engines)), max(bytes_of(engine.checkpoint()) for engine in engines)
    expected += whole.end()
    got += execution.end()
    differing = by_subject_differences(expected, got)
    if differing:
        sys.exit("\n".join([f"{load.name}: the parts decide something else than the whole", *differing[:5]]))
    uplink = sum(gateway.bytes_sent for gateway in execution.gateways.values())
    stated = needs(model.problem, placed)[Use(0, "memory")]
    return Row(load.name, load.ship_every_ns, readings, plain, gzipped, uplink, len(expected), *kept, stated)


def bytes_by_key(engine: Engine) -> int:
    """What an engine keeps for the keys that there are, and of messages that wait for stragglers: what was stated.

    It does not count what waits for the time of a group, nor rows for keys that are yet to come.
    """
    timelines = {f"node {node.id}": node.timeline for node in engine.plan.nodes}
    total = 0
    for name, owner in engine.stateful().items():
        kind, _, rest = name.partition(" ")
        match kind:
            case "clock":
                total += bytes_of(save(owner))
            case "node" | "field":
                timeline = timelines.get(name) or rest.partition(" ")[2]
                state = {name: value for name, value in save(owner).items() if name not in OF_GROUPS}
                total += row_bytes(state) * engine.key_count(timeline)
            case _:
                pass
    return total


def row_bytes(state: Any) -> int:
    """What arrays by key take for one key."""
    match state:
        case np.ndarray():
            return state.nbytes // max(len(state), 1)
        case list() | tuple():
            return sum(map(row_bytes, state))
        case dict():
            return sum(map(row_bytes, state.values()))
        case None | bool() | int() | float() | str():
            return 0
        case _:
            return row_bytes([getattr(state, name) for name in type(state).__match_args__])


def bytes_of(state: Any) -> int:
    """How much memory what a checkpoint holds takes: arrays as large as they are, texts and numbers by their own
    bytes."""
    match state:
        case np.ndarray():
            return state.nbytes
        case str():
            return len(state.encode())
        case list() | tuple() | set():
            return sum(map(bytes_of, state))
        case dict():
            return sum(bytes_of(key) + bytes_of(value) for key, value in state.items())
        case None | bool():
            return 1
        case int() | float():
            return 8
        case _:
            return bytes_of({name: getattr(state, name) for name in type(state).__match_args__})


# --- Trucks ----------------------------------------------------------------------------------------------------------


def trucks(minutes: int) -> Load:
    """A day of delivery trucks as it was recorded, at a depot."""
    plan = deciding((FLEET / "fleet.iot").read_text(encoding="utf-8") + DEPOT, "fleet.iot")
    with gzip.open(FLEET / "trucks.jsonl.gz") as file:
        lines = list(file)
    names = {json.loads(line)["t_name"] for line in lines}
    came = partial(_truck_minutes, plan, lines)
    return Load("trucks", plan, "depot", {"Truck": len(names)}, ["depot"], came, False, minutes * MINUTE)


def _truck_minutes(plan: Plan, lines: Sequence[bytes]) -> Iterator[tuple[int, list[Minute]]]:
    """Lines in the order recorded, which is not that of their times: a minute is over with the first line from after
    it."""
    admissions: dict[int, Admission] = {}
    sources = [source.name for source in plan.sources]

    def admitted(engine: Engine, messages: Sequence[object]) -> Batch:
        admission = admissions.setdefault(
            id(engine), Admission(plan, engine.symbols, engine.registries, Quarantine(engine.counters))
        )
        (batch,) = admission.batches(Objects(messages, run=len(messages)), sources)
        return batch

    parsed = [json.loads(line) for line in lines]
    newest = np.maximum.accumulate(np.array([message["ts"] for message in parsed], dtype=np.int64) * NS_PER_MS)
    minute = newest // MINUTE
    starts = [0, *(np.flatnonzero(np.diff(minute)) + 1).tolist(), len(lines)]
    for first, last in pairwise(starts):
        one = Minute("depot", partial(admitted, messages=parsed[first:last]), b"".join(lines[first:last]), last - first)
        yield (int(minute[first]) + 1) * MINUTE, [one]


# --- Fridges ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fridges:
    """What fridges told, at steps of ten seconds (steps, fridges): degC, W, whether the door is open, and whether a
    message came at all; each fridge `offset` (fridges,) ns into the step."""

    temp: NDArray[np.float64]
    power: NDArray[np.float64]
    door: NDArray[np.bool_]
    told: NDArray[np.bool_]
    offset: NDArray[np.int64]

    @property
    def names(self) -> list[str]:
        return [f"fridge-{number:04d}" for number in range(len(self.offset))]


def fridges_of(count: int, sites: int, steps: int, seed: int) -> Fridges:
    """Fridges that the program's own dynamics hold at their set points; doors stand open, 2 % of the compressors fail
    for a while, at one site all of them, and one fridge falls silent."""
    rng = np.random.default_rng(seed)
    site = np.arange(count) % sites
    wanted = rng.uniform(3.5, 4.5, count)
    door = _spells(rng, rng.random((steps, count)) < EVERY_S / 3600, 3, 24)
    fails = _spells(rng, (rng.random((steps, count)) < 0.02 / steps), 60, 300)
    outage = slice(steps // 3, steps // 3 + min(180, steps // 4))
    fails[outage, site == sites - 1] = True
    temp, power = np.empty((steps, count)), np.empty((steps, count))
    now = wanted.copy()
    for step in range(steps):
        tau_s = np.where(door[step], 600.0, 2700.0)
        drawn = np.clip(150 + 120 * (now - wanted), 0, 390) * ~fails[step]
        now = now + EVERY_S * ((22 - now) / tau_s - 0.4 / 60 * drawn / 150)
        temp[step], power[step] = now, drawn
    told = np.ones((steps, count), dtype=np.bool_)
    told[steps // 2 :, 0] = False
    noisy = temp + rng.normal(0, 0.1, temp.shape)
    offset = rng.integers(0, EVERY_S * 1000, count) * NS_PER_MS
    return Fridges(noisy.round(2), power.round(0), door, told, offset)


def _spells(rng: np.random.Generator, begins: NDArray[np.bool_], shortest: int, longest: int) -> NDArray[np.bool_]:
    """Where something lasts that begins there, for so many steps."""
    lasting = np.zeros_like(begins)
    for step, one in np.argwhere(begins).tolist():
        lasting[step : step + int(rng.integers(shortest, longest)), one] = True
    lasting[0] = False
    return lasting


def cold_chain(count: int, sites: int, hours: float, seed: int) -> Load:
    """The charter's program over made-up fridges, a gateway at each site; the first site is offline in the middle."""
    plan = deciding(COLD_CHAIN.read_text(encoding="utf-8"), "cold_chain.iot")
    steps = round(hours * 3600 / EVERY_S)
    fridges = fridges_of(count, sites, steps, seed)
    gateways = [f"site-{number}" for number in range(sites)]
    span = steps * EVERY_S * S
    cuts = {gateways[0]: [(BEGIN_NS + span // 4, BEGIN_NS + span * 3 // 4)]}
    return Load(
        "cold chain", plan, "gateway", {"Fridge": count}, gateways, partial(_minutes_of, fridges, gateways), True,
        cuts=cuts,
    )  # fmt: skip


def regions(count: int, sites: int, hours: float, seed: int, in_parts: bool) -> Load:
    """Windows by region over the same fridges, seven regions at all sites."""
    plan = deciding(REGIONS.read_text(encoding="utf-8"), "regions.iot")
    fridges = fridges_of(count, sites, round(hours * 3600 / EVERY_S), seed)
    gateways = [f"site-{number}" for number in range(sites)]
    name = "regions" if in_parts else "of samples"
    minutes = partial(_minutes_of, fridges, gateways)
    return Load(name, plan, "gateway", {"Fridge": count}, gateways, minutes, True, in_parts=in_parts)


def _minutes_of(fridges: Fridges, gateways: Sequence[str]) -> Iterator[tuple[int, list[Minute]]]:
    per_minute = 60 // EVERY_S
    for first in range(0, len(fridges.temp), per_minute):
        steps = np.arange(first, min(first + per_minute, len(fridges.temp)))
        minutes = [_minute_of(fridges, gateways, place, steps) for place in range(len(gateways))]
        yield BEGIN_NS + (int(steps[-1]) + 1) * EVERY_S * S, minutes


def _minute_of(fridges: Fridges, gateways: Sequence[str], place: int, steps: NDArray[np.int64]) -> Minute:
    """The messages of one site, in order of time. The first of each fridge says where it is; a door is told of when it
    is another than before."""
    mine = np.arange(place, len(fridges.offset), len(gateways))
    mine = mine[np.argsort(fridges.offset[mine], kind="stable")]
    every = np.repeat(steps, len(mine)), np.tile(mine, len(steps))
    step, one = (part[fridges.told[every]] for part in every)
    at = step, one
    first = step == 0
    turned = first | (fridges.door[at] != fridges.door[np.maximum(step - 1, 0), one])
    time = BEGIN_NS + step * EVERY_S * S + fridges.offset[one]
    names = fridges.names

    def batch(engine: Engine) -> Batch:
        registry = engine.registries["Fridge"]
        sites = np.full(len(one), engine.symbols.code(gateways[place]), dtype=np.int32)
        codes = np.array([engine.symbols.code(f"region-{number}") for number in range(REGIONS_MANY)], dtype=np.int32)
        fields = {
            "site": Column(sites, first),
            "region": Column(codes[one % REGIONS_MANY], first),
            "temp": Column(fridges.temp[at]),
            "power": Column(fridges.power[at]),
            "door": Column(fridges.door[at], turned),
        }
        keys = np.array([registry.key(names[number]) for number in one.tolist()], dtype=np.int32)
        return Batch((Messages("Fridge", engine.next_seq + np.arange(len(one)), keys, time, fields),))

    rows = zip(one.tolist(), (time // NS_PER_MS).tolist(), fridges.temp[at].tolist(), fridges.power[at].tolist(),
               turned.tolist(), fridges.door[at].tolist(), strict=True)  # fmt: skip
    lines = b"".join(
        b'{"id":"%s","ts":%d,"temp":%.2f,"power":%d%s}\n'
        % (names[number].encode(), ts, temp, power, (b',"door":%s' % str(door).lower().encode()) if told else b"")
        for number, ts, temp, power, told, door in rows
    )
    return Minute(gateways[place], batch, lines, len(one))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--fridges", type=int, default=1000)
    parser.add_argument("--sites", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--trucks", type=int, nargs="*", default=[1, 5], help="minutes from frame to frame")
    options = parser.parse_args(arguments)
    print("".join(HEADS))
    for minutes in options.trucks:
        print(measure(trucks(minutes)).told(), flush=True)
    print(measure(cold_chain(options.fridges, options.sites, options.hours, options.seed)).told(), flush=True)
    for in_parts in (True, False):
        load = regions(options.fridges, options.sites, options.hours, options.seed, in_parts)
        print(measure(load).told(), flush=True)


if __name__ == "__main__":
    main()
