"""Sources become nodes on the timeline of their messages."""

import pytest

from headgate.compiler.plan import DeviceField, Plan, ValueType
from headgate.tests.unit.plans import plan_of, written

SOURCE = """
source s: json for Fridge where kind == "reading" {
    id = data.name
    time = TIME
    temp = data.t in degF
    power = p in kW
    vib = v
    keep door
}
"""


def mapped(plan: Plan) -> dict[str, str]:
    (source,) = plan.sources
    return {field.field: written(plan, field.node) for field in source.fields}


def test_a_payload_is_brought_into_the_declared_units() -> None:
    plan = plan_of(SOURCE.replace("TIME", "ts in ms"))
    (source,) = plan.sources
    assert written(plan, source.id) == "Payload[data.name]()"
    assert written(plan, source.where or "") == "equal(Payload[kind](), reading)"
    assert mapped(plan) == {
        "temp": f"affine(Payload[data.t](), {5 / 9}, {-160 / 9})",
        "power": "affine(Payload[p](), 1000.0, 0.0)",
        "vib": "Payload[v]()",
        "door": "Payload[door]()",
    }
    assert {node.timeline for node in plan.nodes} == {"source s"}


@pytest.mark.parametrize(
    ("time", "nodes"),
    [
        ("ts in ms", "time_from_number(Payload[ts](), 1000000.0)"),
        ("ts in s", "time_from_number(Payload[ts](), 1000000000.0)"),
        ("at", "time_from_text(Payload[at]())"),
    ],
)
def test_a_time_is_a_number_of_units_or_a_text(time: str, nodes: str) -> None:
    plan = plan_of(SOURCE.replace("TIME", time))
    assert written(plan, plan.sources[0].time) == nodes


def test_payloads_have_the_types_of_their_fields() -> None:
    plan = plan_of(SOURCE.replace("TIME", "at"))
    types = {written(plan, node.id): node.type.name for node in plan.nodes}
    assert types["Payload[data.name]()"] == "text"
    assert types["Payload[at]()"] == "text"
    assert types["Payload[door]()"] == "bool"
    assert types["Payload[data.t]()"] == "float"


def test_a_field_that_nothing_reads_is_mapped_all_the_same() -> None:
    plan = plan_of(SOURCE.replace("TIME", "at") + "signal s for Fridge = temp > 8 degC")
    assert set(mapped(plan)) == {"temp", "power", "vib", "door"}


def test_a_device_types_fields_are_in_the_plan() -> None:
    (device,) = plan_of("").devices
    fields = {field.name: field for field in device.fields}
    assert fields["temp"] == DeviceField(
        "temp", ValueType("float", "degC"), "telemetry", -40.0, 60.0, (), 10_000_000_000, 60_000_000_000
    )
    assert fields["site"] == DeviceField("site", ValueType("text"), "property")
    assert (device.maximum, device.lateness_ns, device.revise_ns) == (100, 30_000_000_000, 0)
