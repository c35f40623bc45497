"""A small fleet: a program for two gateways and a headquarters, its devices, and its deployment."""

from functools import cache

from headgate.compiler.document import dump
from headgate.compiler.plan import Plan
from headgate.runtime.deployment.deploying import Deployment, Issue, deploy
from headgate.runtime.deployment.inventory import Inventory, Record, inventory_of
from headgate.runtime.deployment.part import sealed
from headgate.runtime.deployment.signing import SigningKey
from headgate.runtime.placement.placed import Placement
from headgate.tests.unit.plans import plan_of

DAY_NS = 24 * 3600 * 10**9
ISSUED_NS = 1_772_352_000 * 10**9
PROGRAM = """
device Fridge max 6 {
    property  site: text
    property  shelves: int in 1..20 writable
    property  mode: enum { eco, full }
    property  firmware: version
    property  indoors: bool
    telemetry temp: degC in -40..60 every 10 s
    command   siren(on: bool) { idempotent  ack within 2 s }
    command   cool(level: int in 0..5) { idempotent  ack within 2 s  undo cool(level: 0) }
    command   rest() { idempotent  ack within 2 s }
}
source readings: json for Fridge { id = fridge  time = ts in s  keep temp, site }
signal warm = count(Fridge where temp > 8 degC)
procedure pull_down(level: int) for Fridge {
    step colder { send cool(level: level) }
    step resting { send rest() }
    on failure { undo }
}
rule too_warm for Fridge {
    when temp > 8 degC for 20 s
    until temp < 7 degC
    place edge
    do { send siren(on: true)  run pull_down(level: 3)  alert "{id} is at {temp}"  emit warmed(at: temp) }
}
rule silent for Fridge { when no temp for 1 min  place edge  do { alert "{id} is silent" } }
rule many { when warm >= 2  until warm < 2  do { alert "{warm} are warm" } }
target gateway: edge by site { memory 256 MB  uplink 64 kbit/s }
target hq: cloud
"""
RECORDS = (
    {"gateway": "west", "target": "gateway", "keys": {"site": "bergen"}},
    {"type": "Fridge", "id": "a", "properties": {"site": "oslo", "shelves": 4}},
    {"type": "Fridge", "id": "b", "properties": {"site": "oslo"}},
    {"type": "Fridge", "id": "c", "properties": {"site": "bergen"}, "since": "2026-03-01T00:00:00Z"},
)
KEY, OTHER_KEY = SigningKey.new(), SigningKey.new()


@cache
def fleet_plan(before: str = "module fleet\n") -> Plan:
    return plan_of(PROGRAM, before=before)


def inventory(plan: Plan | None = None) -> Inventory:
    records = [Record(line, record) for line, record in enumerate(RECORDS, 1)]
    return inventory_of(fleet_plan() if plan is None else plan, records)


def split(plan: Plan) -> Placement:
    """All that is on the group's timeline stands at `hq`, all else at the gateways."""
    groups = {timeline.id for timeline in plan.timelines if timeline.kind == "group"}
    of = {node.id: "hq" if node.timeline in groups else "gateway" for node in plan.nodes}
    return Placement(("gateway", "hq"), of)


@cache
def deployment(version: int = 1) -> Deployment:
    plan = fleet_plan()
    return deploy(plan, split(plan), inventory(), Issue(version, ISSUED_NS, ISSUED_NS + 30 * DAY_NS), dump)


def files(version: int = 1, key: SigningKey = KEY) -> dict[str, bytes]:
    """The signed parts by place."""
    return {part.audience: sealed(part, key) for part in deployment(version).parts}
