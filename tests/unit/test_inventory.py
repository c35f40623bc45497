"""An inventory fits its program, or says all that is wrong with it; and its devices are there before they speak."""

from typing import Any

import pytest

from headgate.compiler.plan import Plan
from headgate.runtime.connectors.memory import Objects
from headgate.runtime.deployment.inventory import Inventory, InventoryError, Record, Registered, inventory_of
from headgate.runtime.deployment.places import places_of
from headgate.runtime.interpret.reference import Reference
from headgate.runtime.output import Alerted, Output
from headgate.runtime.replay import Replay
from headgate.tests.unit.fleets import RECORDS, fleet_plan, inventory
from headgate.tests.unit.plans import plan_of

S = 10**9
PROPERTIES = "there are site, shelves, mode, firmware, indoors"


def read(*records: dict[str, Any], plan: Plan | None = None, textual: bool = False) -> Inventory:
    plan = fleet_plan() if plan is None else plan
    found = inventory_of(plan, [Record(line, record, textual) for line, record in enumerate(records, 1)])
    places_of(plan, found)
    return found


def faults(*records: dict[str, Any], plan: Plan | None = None, textual: bool = False) -> list[str]:
    with pytest.raises(InventoryError) as told:
        read(*records, plan=plan, textual=textual)
    return [f"{fault.line}: {fault.text}" for fault in told.value.faults]


def fridge(id_: str = "a", **properties: Any) -> dict[str, Any]:
    return {"type": "Fridge", "id": id_, "properties": {"site": "oslo", **properties}}


def test_a_device_has_the_properties_that_the_inventory_gives_it() -> None:
    (device,) = read(
        fridge(shelves=4, mode="eco", firmware="2.1.0", indoors=True) | {"since": "2026-03-01T00:00:00Z"}
    ).devices
    assert device == Registered(
        "Fridge",
        "a",
        {"site": "oslo", "shelves": 4.0, "mode": "eco", "firmware": "2.1.0", "indoors": True},
        None,
        1_772_323_200 * S,
    )


def test_texts_of_a_table_are_read_as_the_type_of_the_property() -> None:
    record = {"type": "Fridge", "id": "a", "properties": {"site": "7", "shelves": "4", "indoors": "false"}}
    (device,) = read(record, textual=True).devices
    assert device.properties == {"site": "7", "shelves": 4.0, "indoors": False}


def test_a_record_says_what_the_device_was_made_of() -> None:
    plain = read({"type": "Fridge", "id": "a", "gateway": "west"}, RECORDS[0])
    told = read(fridge(shelves=None))
    for device in (*inventory().devices, *plain.devices, *told.devices):
        assert inventory_of(fleet_plan(), [Record(1, device.record())]).devices == (device,)


POINTED = "device Van { property at: Point  property built: time  property load: kg  telemetry speed: km/h }"


@pytest.mark.parametrize("textual", [False, True])
def test_places_times_and_quantities_can_be_given(textual: bool) -> None:
    plan = plan_of("signal fast for Van = mean(speed over 1 min every 1 min)", before=f"module vans\n{POINTED}\n")
    given: dict[str, Any] = {"at": [59.9, 10.7], "built": "2020-01-01T00:00:00Z", "load": 2}
    if textual:
        given |= {"at": "59.9 10.7", "load": "2"}
    (device,) = read({"type": "Van", "id": "v", "properties": given}, plan=plan, textual=textual).devices
    assert device.properties == {"at": (59.9, 10.7), "built": 1_577_836_800 * S, "load": 2.0}
    assert inventory_of(plan, [Record(1, device.record())]).devices == (device,)
    bad: dict[str, Any] = {"at": [59.9], "built": "soon", "load": True}
    if textual:
        bad = {"at": "59.9 east", "built": "soon", "load": "heavy"}
    told = faults({"type": "Van", "id": "v", "properties": bad}, plan=plan, textual=textual)
    assert [text.split(", not ")[1] for text in told] == [
        "a latitude and a longitude", "a time like 2026-03-01T08:00:00Z", "a number in kg",
    ]  # fmt: skip
    worse = {"at": [59.9, "east"], "built": "1960-01-01T00:00:00Z"}
    assert len(faults({"type": "Van", "id": "v", "properties": worse}, plan=plan)) == 2


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"type": "Oven", "id": "a"}, "the program has no device type `Oven`: there are Fridge"),
        ({"id": "a"}, "`type` is missing"),
        ({"type": "Fridge"}, "`id` is missing"),
        ({"type": 3, "id": "a"}, "`type` is 3, not a text"),
        ({"type": "Fridge", "id": "a b"}, "`a b` cannot be an id: use letters, digits, `_`, `.` and `-`"),
        ({"type": "Fridge", "id": "x" * 300}, f"`{'x' * 40}…` cannot be an id: use letters, digits, `_`, `.` and `-`"),
        ({"type": "Fridge", "id": "a", "colour": 1},
         "`colour` is not known here: there are gateway, id, properties, since, type"),
        (fridge(colour=1), f"Fridge has no property `colour`: {PROPERTIES}"),
        (fridge(temp=1), f"Fridge has no property but telemetry `temp`: {PROPERTIES}"),
        (fridge(site=4), "`site` is 4, not a text"),
        (fridge(site="\ud800"), "`site` is `\ud800`, not a text"),
        (fridge(indoors="yes"), "`indoors` is `yes`, not true or false"),
        (fridge(shelves=2.5), "`shelves` is 2.5, not a whole number"),
        (fridge(shelves=True), "`shelves` is true, not a whole number"),
        (fridge(shelves=10**400), "`shelves` is a huge number, not a whole number"),
        (fridge(shelves=[1]), "`shelves` is a list, not a whole number"),
        (fridge(shelves={}), "`shelves` is an object, not a whole number"),
        (fridge(shelves=21), "`shelves` is 21: it must be in 1..20"),
        (fridge(mode="off"), "`mode` is `off`: it can be eco, full"),
        (fridge(firmware="new"), "`firmware` is `new`, not a version: write it as 2.1.0"),
        ({"type": "Fridge", "id": "a", "properties": [1]}, "`properties` is a list, not an object"),
        (fridge() | {"since": "today"}, "`since` is `today`, not a time: write it as 2026-03-01T08:00:00Z"),
        (fridge() | {"since": 3}, "`since` is 3, not a time: write it as 2026-03-01T08:00:00Z"),
        (fridge() | {"gateway": "a/b"}, "`a/b` cannot name a gateway: use letters, digits, `_`, `.` and `-`"),
        ({"colour": 1}, "neither a device (`type` and `id`) nor a gateway (`gateway` and `target`)"),
        ({"gateway": "g"}, "`target` is missing"),
        ({"gateway": "g", "target": "moon"}, "the program has no target `moon`: there are gateway, hq"),
        ({"gateway": "g", "target": "gateway"},
         "`gateway` is one for each site: the `keys` of gateway `g` must be `site`"),
        ({"gateway": "g", "target": "hq", "keys": {"site": "x"}},
         "`hq` is one in all: the `keys` of gateway `g` must be none"),
        ({"gateway": "g", "target": "gateway", "keys": {"site": None}}, "gateway `g` needs a value for `site`"),
        ({"gateway": "g", "target": "gateway", "keys": {"site": 3}}, "`site` is 3, not a text"),
        ({"type": "Fridge", "id": "a"}, "Fridge `a`: it has no `site`: nothing says at which `gateway` it attaches"),
        (fridge(site="north pole"),
         "`gateway-north pole` cannot name a gateway: name it in the inventory, with letters, digits, `_.-`"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_record_is_said(record: dict[str, Any], text: str) -> None:
    assert faults(record) == [f"1: {text}"]


def test_all_that_is_wrong_is_said_at_once_with_its_lines() -> None:
    told = faults(fridge("a", shelves=0, mode="off"), {"type": "Oven", "id": "a"}, fridge("a"), fridge("b", x=1))
    assert [text.partition(":")[0] for text in told] == ["1", "1", "2", "3", "4"]
    assert told[3] == "3: Fridge `a` stands in line 1 already; take one of the two out"
    with pytest.raises(InventoryError, match=r"line 1: .*; line 2: "):
        read({"type": "Oven", "id": "a"}, {"type": "Stove", "id": "a"})


def test_there_are_no_more_devices_than_the_program_allows() -> None:
    told = faults(*(fridge(f"f{i}") for i in range(8)))
    assert told == ["7: there are 8 Fridge, and `max` is 6; raise `max` in the program, or take some out"]


# --- Where devices attach --------------------------------------------------------------------------------------------


def test_a_place_is_made_for_each_value_of_the_keys_and_knows_its_devices_and_what_is_above_it() -> None:
    places = places_of(fleet_plan(), inventory())
    assert [(one.name, one.target, one.keys, [d.id for d in one.devices], one.above) for one in places] == [
        ("west", "gateway", (("site", "bergen"),), ["c"], "hq"),
        ("gateway-oslo", "gateway", (("site", "oslo"),), ["a", "b"], "hq"),
        ("hq", "hq", (), ["c", "a", "b"], None),
    ]


def test_a_program_without_targets_has_one_place() -> None:
    plan = plan_of("signal mean_temp for Fridge = mean(temp over 1 min every 1 min)")
    found = read({"type": "Fridge", "id": "a"}, plan=plan)
    (place,) = places_of(plan, found)
    assert (place.name, place.above, len(place.devices)) == ("here", None, 1)


def test_a_device_can_name_its_gateway_and_need_not_tell_the_keys_then() -> None:
    gateway = {"gateway": "g", "target": "gateway", "keys": {"site": "oslo"}}
    found = read(gateway, {"type": "Fridge", "id": "a", "gateway": "g"}, fridge("b") | {"gateway": "g"})
    assert [(one.name, len(one.devices)) for one in places_of(fleet_plan(), found)] == [("g", 2), ("hq", 2)]
    found = read(fridge("a") | {"gateway": "g"}, fridge("b"))
    assert [(one.name, len(one.devices)) for one in places_of(fleet_plan(), found)] == [("g", 2), ("hq", 2)]


def test_a_gateway_contradicts_no_device_and_no_other_gateway() -> None:
    oslo = {"gateway": "g", "target": "gateway", "keys": {"site": "oslo"}}
    assert faults(oslo, fridge(site="bergen") | {"gateway": "g"}) == [
        "2: Fridge `a`: `site` is `bergen`, but gateway `g` is for `oslo`; correct the one or the other"
    ]
    assert faults({"gateway": "h", "target": "hq"}, fridge() | {"gateway": "h"}) == [
        "2: Fridge `a`: gateway `h` is of `hq`, not of `gateway`"
    ]
    assert faults(oslo, oslo) == ["2: gateway `g` stands in line 1 already; take one of the two out"]
    assert faults(oslo, {**oslo, "gateway": "h"}) == [
        "2: `g` (line 1) and `h` are both the gateway for oslo: there is one for each"
    ]
    assert faults({"gateway": "g", "target": "hq"}, {"gateway": "h", "target": "hq"}) == [
        "2: `g` (line 1) and `h` are both the gateway for hq: there is one for each"
    ]
    assert faults(fridge("a") | {"gateway": "g"}, fridge("b", site="bergen") | {"gateway": "g"}) == [
        "2: `g` names another place in line 1; give each its own name"
    ]
    assert faults(fridge("a") | {"gateway": "hq"}) == ["1: `hq` names another place in line 1; give each its own name"]


TIERS = """
device Fridge { property site: text  property country: text  telemetry temp: degC }
signal mean_temp for Fridge = mean(temp over 1 min every 1 min)
target gateway: edge by site
target land: region by country
target hq: cloud
"""


def test_places_of_several_tiers_hang_together() -> None:
    plan = plan_of(TIERS, before="module tiers\n")
    found = read(fridge("a", country="no"), fridge("b", site="kiel", country="de"), plan=plan)
    assert [(one.name, one.above) for one in places_of(plan, found)] == [
        ("gateway-oslo", "land-no"), ("gateway-kiel", "land-de"), ("land-no", "hq"), ("land-de", "hq"), ("hq", None),
    ]  # fmt: skip
    assert faults(fridge("a", country="no"), fridge("b", country="de"), plan=plan) == [
        "1: the devices of gateway `gateway-oslo` are of one `land`; here they are of no and de"
    ]
    assert faults(fridge("a"), plan=plan) == [
        "1: the devices of gateway `gateway-oslo` are of one `land`; here they are of none"
    ]
    assert faults({"gateway": "g", "target": "gateway", "keys": {"site": "oslo"}}, plan=plan) == [
        "1: the devices of gateway `g` are of one `land`; here they are of none"
    ]


# --- Registration ----------------------------------------------------------------------------------------------------

BEGIN = 1_772_400_000
MESSAGES: list[dict[str, Any]] = [{"fridge": "a", "ts": BEGIN + 10 * i, "temp": 9 if i > 3 else 4} for i in range(12)]


def replayed(
    devices: tuple[Registered, ...], messages: list[dict[str, Any]], run: int = 5
) -> tuple[list[Output], Replay]:
    replay = Replay.of(fleet_plan(), registered=devices)
    return [one for batch in replay.run([(Objects(messages, "a", run), ["readings"])]) for one in batch], replay


@pytest.mark.parametrize("run", [1, 5, 100])
def test_engine_and_reference_take_registrations_as_messages_that_carry_the_properties(run: int) -> None:
    devices = inventory().devices
    got, replay = replayed(devices, MESSAGES, run)
    reference = Reference(fleet_plan())
    expected: list[Output] = []
    for one in devices:
        since = BEGIN * S if one.since_ns is None else one.since_ns
        expected += reference.message(one.device, one.id, since, one.properties)
    for message in MESSAGES:
        expected += reference.message("Fridge", message["fridge"], message["ts"] * S, {"temp": float(message["temp"])})
    expected += reference.mark_all((BEGIN + 110) * S + 1)
    assert got == expected + reference.end()
    assert (replay.admission.messages, replay.admission.registered) == (12, 3)


def test_silence_counts_from_registration() -> None:
    got, _ = replayed(inventory().devices, MESSAGES)
    silent = {(one.key, one.time // S) for one in got if isinstance(one, Alerted) and one.rule == "silent"}
    assert silent == {(("b",), BEGIN + 60), (("c",), 1_772_323_260)}


def test_the_devices_of_the_inventory_have_their_room_before_strangers() -> None:
    strangers = [{"fridge": f"x{i}", "ts": BEGIN, "temp": 4} for i in range(5)]
    _, replay = replayed(inventory().devices, strangers)
    assert replay.counters.quarantined == {"too_many_devices": 2}


def test_without_a_message_devices_are_registered_where_their_time_is_known() -> None:
    devices = inventory().devices
    bad = [{"fridge": "a b", "ts": BEGIN, "temp": 4}]
    _, replay = replayed(devices, bad)
    assert [replay.engine.knows("Fridge", one.id) for one in devices] == [True, True, True]
    got, replay = replayed(devices[:2], bad)
    assert [replay.engine.knows("Fridge", one.id) for one in devices] == [False, False, False]
    assert got == []


def test_a_replay_that_knows_the_devices_registers_none_again() -> None:
    _, replay = replayed(inventory().devices, MESSAGES)
    later = [{"fridge": "a", "ts": BEGIN + 200, "temp": 4}]
    assert list(replay.run([(Objects(later, "b"), ["readings"])]))
    assert (replay.admission.messages, replay.admission.registered) == (13, 3)
