"""Device types and their commands: what they say must fit together."""

from fractions import Fraction

import pytest

from headgate.compiler.typed import FieldRef, ParameterRef
from headgate.dsl import nodes as n
from headgate.tests.unit.checking import checked, codes

DEVICE = """device Pump {{
    property  line: text
    property  firmware: version
    telemetry flow: m3/h in 0..900 every 1 s
    telemetry open: bool
    {member}
}}
"""


def of_member(member: str) -> list[str]:
    return codes(DEVICE.format(member=member))


@pytest.mark.parametrize(
    "member",
    [
        "command stop() { idempotent  ack within 1 s  retry 5 }",
        "command stop() { idempotent  ack within 1 s  retry 5 backoff 1 s..1 s }",
        "command stop() { retry 0 }",
        "command fill() { idempotent  retry 3  confirm open within 1 min }",
        "command add(amount: mL) { relative  ack within 1 s }",
        "command stop() { resource drive  when busy reject }",
        "command stop() { ack within 1 s  done within 1 s  expires 10 min }",
        "command set(to: percent in 0..100) { idempotent  confirm flow > 9 m3/h * to within 2 s  undo set(to: to) }",
        "command set(to: percent in 0..100 = 5 %) { undo set() }",
        "command go(to: version) { confirm firmware == to within 1 h }",
        "command purge() { since firmware 2.1.3  ack within 10 s }",
        "event fault(code: int, open: bool) private since firmware 2.10",
        "relationship feeds: Pump max 4 since firmware 2",
        "telemetry heat: degC since firmware 2.1",
    ],
)
def test_members_that_fit_together_are_accepted(member: str) -> None:
    assert of_member(member) == []


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("command stop() { retry 1 }", ["HG1002"]),
        ("command stop() { retry 1  confirm open within 1 min }", ["HG1002"]),
        ("command stop() { retry 1 backoff 1 s..2 s }", ["HG1002"]),
        ("command stop() { idempotent  retry 1.5 }", ["HG0311"]),
        ("command stop() { relative  retry 1 }", ["HG1003"]),
        ("command stop() { relative  idempotent }", ["HG1004"]),
        ("command stop() { when busy queue }", ["HG1005"]),
        ("command stop() { idempotent  retry 3 backoff 2 s..1 s }", ["HG1006"]),
        ("command stop() { ack within 2 s  done within 1 s }", ["HG1007"]),
        ("command stop() { ack within 2 m }", ["HG0408"]),
        ("command stop() { confirm flow within 1 s }", ["HG0302"]),
        ("command stop() { confirm flow == 0 V within 1 s }", ["HG0401"]),
        ("command stop() { confirm floww == 0 m3/h within 1 s }", ["HG0201"]),
        ("command stop() { confirm open becomes true within 1 s }", ["HG1008"]),
        ("command stop() { confirm fresh(flow) > 3 m3/h within 1 s }", ["HG1008"]),
        ("command stop() { undo start() }", ["HG0211"]),
        ("command set(to: percent) { undo set(of: to) }", ["HG0213", "HG0212"]),
        ("command set(to: percent in 0..100) { undo set(to: 101 %) }", ["HG0309"]),
        ("command set(to: percent) { undo set(to: flow) }", ["HG0301"]),
        ("command purge() { since firmwear 2.1 }", ["HG0203"]),
        ("command purge() { since line 2.1 }", ["HG1001"]),
        ("command purge() { since flow 2.1 }", ["HG1001"]),
        ("event time(code: int)", ["HG0218"]),
        ("relationship id: Pump", ["HG0218"]),
        ("relationship feeds: Pomp", ["HG0202"]),
        ("relationship feeds: Pump max 0", ["HG0311"]),
        ("event flow(code: int)", ["HG0204"]),
        ("event fault(code: nothing)", ["HG0214"]),
        ("event fault(code: int in 3..1)", ["HG0310"]),
    ],
)
def test_members_that_do_not_fit_together_are_reported(member: str, expected: list[str]) -> None:
    assert of_member(member) == expected


def test_what_is_known_of_a_device_type() -> None:
    member = """event fault(code: int in 0..9) since firmware 2.1
    relationship feeds: Pump max 4
    command set(to: percent in 0..100 = 5 %, for_all: bool) { ack within 1 s }"""
    info = checked(DEVICE.format(member=member)).devices["Pump"]
    assert list(info.events) == ["fault"]
    assert info.parameters["fault"]["code"].high == 9
    assert info.relationships["feeds"].device == "Pump"
    assert {name: since.version for name, since in info.since.items()} == {"fault": n.Number("2.1")}
    to, for_all = info.parameters["set"].values()
    assert (to.type.unit and to.type.unit.text, to.low, to.high, to.has_default) == (
        "%",
        Fraction(0),
        Fraction(100),
        True,
    )
    assert (for_all.type.name, for_all.low, for_all.has_default) == ("bool", None, False)


def test_bounds_and_defaults_may_be_constants_of_the_program() -> None:
    text = """let most = 9
    device Pump { telemetry flow: m3/h in 0..most  command set(to: int in 0..most = most) }
    """
    info = checked(text).devices["Pump"]
    assert info.fields["flow"].high == info.parameters["set"]["to"].high == 9
    assert codes(text.replace("= most)", "= (most + 1))")) == ["HG0309"]


def test_a_confirm_speaks_of_fields_and_parameters() -> None:
    text = DEVICE.format(member="command set(to: m3/h) { confirm flow >= to within 20 s }")
    typed = checked(text)
    command = typed.devices["Pump"].commands["set"]
    assert command.confirm is not None
    condition = command.confirm.condition
    assert isinstance(condition, n.Compare)
    assert typed.facts[condition.left].reference == FieldRef("Pump", "flow")
    assert typed.facts[condition.right].reference == ParameterRef("to")
