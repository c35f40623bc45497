"""Whatever is changed in a part, it is refused; and what its engines do is what the whole program does."""

import dataclasses

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from headgate.compiler.document import dump, load
from headgate.compiler.plan import Plan, Received, TargetPlan
from headgate.runtime.admitted import Input, Mark, Message
from headgate.runtime.deployment.accepting import Accepted, Reason, Refused, accept
from headgate.runtime.deployment.deploying import Issue, deploy
from headgate.runtime.deployment.inventory import Inventory, Named, Registered
from headgate.runtime.deployment.part import PART_SIZE_MAX, sealed
from headgate.runtime.edge.cutting import COPIED, Parts
from headgate.runtime.edge.splitting import partial_id
from headgate.runtime.edge.vocabulary import vocabulary
from headgate.runtime.placement.placed import Placement
from headgate.runtime.testing.differences import by_subject_differences
from headgate.runtime.testing.executors import S, on_engine
from headgate.tests.property.spanning import spanning_programs
from headgate.tests.property.strategies import BEGIN, inputs_of, programs
from headgate.tests.property.test_partitioned import cut_somewhere, in_parts, links_of
from headgate.tests.unit.fleets import ISSUED_NS, KEY, OTHER_KEY, files

TRUSTED = {KEY.public.id: KEY.public, OTHER_KEY.public.id: OTHER_KEY.public}
PLACES = ("west", "gateway-oslo", "hq")
HEAD_BYTES = 170


def refused(content: bytes, place: str) -> Reason:
    with pytest.raises(Refused) as told:
        accept(content, TRUSTED, place, ISSUED_NS, load)
    return told.value.reason


def flipped(content: bytes, bit: int) -> bytes:
    at, mask = bit // 8, 1 << bit % 8
    return content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :]


@pytest.mark.parametrize("place", PLACES)
def test_any_bit_flipped_in_the_head_of_a_part_is_refused(place: str) -> None:
    content = files()[place]
    assert accept(content, TRUSTED, place, ISSUED_NS, load).part.audience == place
    for bit in range(8 * HEAD_BYTES):
        assert refused(flipped(content, bit), place) in (
            Reason.UNSIGNED, Reason.UNTRUSTED, Reason.FORGED, Reason.MALFORMED
        )  # fmt: skip


@given(st.sampled_from(PLACES), st.data())
def test_any_bit_flipped_in_a_part_is_refused(place: str, data: st.DataObject) -> None:
    content = files()[place]
    bit = data.draw(st.integers(8 * HEAD_BYTES, 8 * len(content) - 1))
    assert refused(flipped(content, bit), place) is Reason.FORGED


@given(st.sampled_from(PLACES), st.data())
def test_a_part_that_is_cut_short_or_put_together_of_two_is_refused(place: str, data: st.DataObject) -> None:
    content, other = files()[place], files(2)[place]
    at = data.draw(st.integers(0, len(content) - 1))
    assert refused(content[:at], place) in (Reason.UNSIGNED, Reason.FORGED)
    joined = content[:at] + other[at:]
    if joined not in (content, other):
        assert refused(joined, place) in (Reason.UNSIGNED, Reason.FORGED)


@given(st.binary(max_size=400) | st.builds(lambda rest: b"headgate part 1 " + rest, st.binary(max_size=400)))
def test_any_bytes_are_refused_with_a_reason(content: bytes) -> None:
    assert refused(content, "west") is Reason.UNSIGNED
    assert len(content) <= PART_SIZE_MAX


@given(st.sampled_from(PLACES), st.sampled_from(PLACES), st.integers(1, 5))
def test_a_part_is_accepted_by_its_own_place_alone(place: str, other: str, version: int) -> None:
    content = files(version)[place]
    if place == other:
        assert accept(content, TRUSTED, other, ISSUED_NS, load).newest.version == version
    else:
        assert refused(content, other) is Reason.FOREIGN


# --- What the engines of a deployment do -----------------------------------------------------------------------------

TARGETS = (TargetPlan("gateway", "edge", ("site",)), TargetPlan("hq", "cloud"))


def at_their_places(plan: Plan, parts: Parts) -> dict[str, Accepted]:
    """What the places have that accepted their parts of a plan that is cut so."""
    above = {node.id for node in parts.above.nodes if not isinstance(node.operator, (Received, *COPIED))}
    placed = (node for node in plan.nodes if not isinstance(node.operator, COPIED))
    of = {node.id: "hq" if node.id in above else "gateway" for node in placed}
    made = {node.id for node in parts.below.nodes}
    partials = {id_: "gateway" for id_ in above if partial_id(id_) in made}
    placement = Placement(("gateway", "hq"), of, partials)
    devices = tuple(
        Registered(device.name, id_, properties_of(id_), since_ns=BEGIN - 20 * S)
        for device in plan.devices
        for id_ in "abcd"
    )
    gateways = (Named("west", "gateway", {"site": "u"}), Named("east", "gateway", {"site": "v"}))
    deployment = deploy(plan, placement, Inventory(devices, gateways), Issue(1, 0, 10), dump)
    return {part.audience: accept(sealed(part, KEY), TRUSTED, part.audience, 0, load) for part in deployment.parts}


def properties_of(id_: str) -> dict[str, str]:
    return {"site": "u" if id_ in "ab" else "v", "floor": "1" if id_ in "abc" else "2"}


@given(st.data())
def test_the_engines_of_two_gateways_and_a_cloud_do_what_one_engine_with_the_whole_plan_does(
    data: st.DataObject,
) -> None:
    program = data.draw(programs() | spanning_programs())
    devices = tuple(dataclasses.replace(d, idle_ns=7200 * S, maximum=None) for d in program.plan.devices)
    plan = dataclasses.replace(program.plan, devices=devices, targets=TARGETS)
    note(program.text)
    expected = cut_somewhere(data.draw, plan, spanning=True)
    places = at_their_places(plan, expected)
    west, east, hq = (places[name] for name in ("west", "east", "hq"))
    assert west.plan == east.plan
    crosses = hq.part.crosses
    parts = Parts(west.plan, hq.plan, crosses.timelines, frozenset(crosses.timed), crosses.nodes, crosses.spanned)
    assert parts == expected
    assert west.part.crosses.vocabulary == crosses.vocabulary == vocabulary(parts).decode()
    everybody = [one for place in (west, east) for one in place.inventory.devices]
    inputs: list[Input] = []
    for one in everybody:
        assert one.since_ns is not None
        inputs.append(Message(one.device, one.id, one.since_ns, one.properties))
    # Those that wait longest join their groups first: who joined a group whose time had gone further would be late.
    lateness = {device.name: device.lateness_ns for device in devices}
    everybody.sort(key=lambda one: -lateness[one.device])
    inputs += [Mark(one.device, one.id, BEGIN) for one in everybody]
    inputs += data.draw(inputs_of(program))
    sizes = data.draw(st.lists(st.integers(1, 8), min_size=1, max_size=6))
    links = data.draw(links_of(crosses.below))
    got = in_parts(parts, inputs, sizes, links, data.draw(st.integers(0, 5)) * S)
    assert not by_subject_differences(on_engine(plan, inputs, sizes=sizes).outputs, got)
