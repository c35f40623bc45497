"""A deployment has a signed part for each place; a place accepts its own, in force and newest, and no other."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from headgate.compiler.document import dump, load
from headgate.runtime.deployment import accepting
from headgate.runtime.deployment import part as parts
from headgate.runtime.deployment.accepted import AcceptedParts, Damaged
from headgate.runtime.deployment.accepting import CLOCKS_APART_NS, Accepted, Newest, Reason, Refused, accept
from headgate.runtime.deployment.capabilities import Capability, capabilities
from headgate.runtime.deployment.deploying import Issue, NotDeployable, deploy
from headgate.runtime.deployment.inventory import Record, inventory_of
from headgate.runtime.deployment.part import HEAD, SIGNED_FOR, Part, body_of, part_of, sealed
from headgate.runtime.deployment.signing import PEM_SIZE_MAX, KeyProblem, PublicKey, SigningKey
from headgate.runtime.placement.placed import Placement, whole
from headgate.tests.unit.fleets import (
    DAY_NS,
    ISSUED_NS,
    KEY,
    OTHER_KEY,
    PROGRAM,
    deployment,
    files,
    fleet_plan,
    inventory,
    split,
)
from headgate.tests.unit.forgetful import Crash, Fate, ForgetfulDisk
from headgate.tests.unit.plans import plan_of

TRUSTED = {KEY.public.id: KEY.public}
NOW_NS = ISSUED_NS + DAY_NS


def accepted(
    content: bytes, identity: str | None = "west", now_ns: int = NOW_NS, newest: Newest | None = None
) -> Accepted:
    return accept(content, TRUSTED, identity, now_ns, load, newest)


def refusal(content: bytes, **given: Any) -> tuple[Reason, str]:
    with pytest.raises(Refused) as refused:
        accepted(content, **given)
    return refused.value.reason, str(refused.value)


def part(place: str = "west") -> Part:
    return next(one for one in deployment().parts if one.audience == place)


# --- What is in a part -----------------------------------------------------------------------------------------------


def test_every_place_has_a_part_with_its_own_plan_devices_and_links() -> None:
    found = {one.audience: one for one in deployment().parts}
    assert list(found) == ["west", "gateway-oslo", "hq"]
    assert [device["id"] for device in found["gateway-oslo"].devices] == ["a", "b"]
    assert found["gateway-oslo"].keys == (("site", "oslo"),)
    assert (found["west"].crosses.above, found["west"].crosses.below) == ("hq", ())
    assert (found["hq"].crosses.above, found["hq"].crosses.below) == (None, ("west", "gateway-oslo"))
    assert found["hq"].devices == ()
    assert found["west"].plan == found["gateway-oslo"].plan != found["hq"].plan
    assert {one.whole for one in found.values()} == {json.loads(dump(fleet_plan()))["hash"]}


def test_a_part_is_accepted_as_it_was_made() -> None:
    for place, content in files().items():
        found = accepted(content, place)
        assert found.part == part(place)
        assert found.plan == load(part(place).plan)
        assert [one.record() for one in found.inventory.devices] == list(part(place).devices)
        assert found.issuer == KEY.public.id
        assert accepted(content, None).part == found.part


def test_the_same_deployment_is_the_same_bytes() -> None:
    again = deploy(fleet_plan(), split(fleet_plan()), inventory(), deployment().issue, dump)
    assert [sealed(one, KEY) for one in again.parts] == list(files().values())


def test_a_part_may_send_what_its_rules_and_their_procedures_send() -> None:
    expected = tuple(Capability("too_warm", command, "Fridge", "itself") for command in ("cool", "rest", "siren"))
    assert capabilities(fleet_plan()) == expected
    assert part("west").capabilities == expected
    assert part("hq").capabilities == ()


def test_a_part_may_send_what_undoes_what_its_procedures_send() -> None:
    thawing = PROGRAM.replace("undo cool(level: 0)", "undo thaw()")
    thawing = thawing.replace("    command   rest()", "    command   thaw() { ack within 2 s }\n    command   rest()")
    plan = plan_of(thawing, before="module fleet\n")
    assert set(capabilities(plan)) - set(capabilities(fleet_plan())) == {
        Capability("too_warm", "thaw", "Fridge", "itself")
    }


SITE = """
procedure calm() by site { step one { send siren(on: false) to each Fridge  run more(level: 2) } }
procedure more(level: int) by site { step one { send cool(level: level) to each Fridge } }
rule site_warm by site { when count(Fridge where temp > 8 degC) >= 2  until count(Fridge where temp > 8 degC) < 1
    do { run calm() } }
"""


def test_a_procedure_of_a_group_reaches_its_members_and_runs_what_it_runs() -> None:
    plan = plan_of(PROGRAM + SITE, before="module fleet\n")
    assert set(capabilities(plan)) - set(capabilities(fleet_plan())) == {
        Capability("site_warm", "siren", "Fridge", "members"), Capability("site_warm", "cool", "Fridge", "members")
    }  # fmt: skip


SETTING = """
procedure fewer() for Fridge { step one { set shelves = 3 } }
rule shelved for Fridge { when temp > 9 degC  until temp < 7 degC  do { set shelves = 2 } }
rule emptied for Fridge { when temp > 9 degC  until temp < 6 degC  do { run fewer() } }
"""


def test_to_set_a_property_is_a_command() -> None:
    plan = plan_of(PROGRAM + SETTING, before="module fleet\n")
    assert set(capabilities(plan)) - set(capabilities(fleet_plan())) == {
        Capability(rule, "set shelves", "Fridge", "itself") for rule in ("shelved", "emptied")
    }


def test_a_program_without_targets_is_one_part() -> None:
    plan = plan_of("signal mean_temp for Fridge = mean(temp over 1 min every 1 min)")
    (only,) = deploy(plan, whole(plan), inventory_of(plan, []), Issue(1, 0, 1), dump).parts
    assert (only.target, only.audience, only.crosses.above, load(only.plan)) == ("here", "here", None, plan)


def test_a_program_that_all_runs_at_its_gateways_has_a_part_above_that_hears_them() -> None:
    plan = plan_of("signal mean_temp for Fridge = mean(temp over 1 min every 1 min)\n" + TWO_TARGETS)
    low = Placement(("gateway", "hq"), {node.id: "gateway" for node in plan.nodes})
    fridge = {"type": "Fridge", "id": "a", "properties": {"site": "oslo"}}
    below, above = deploy(plan, low, inventory_of(plan, [Record(1, fridge)]), Issue(1, 0, 1), dump).parts
    assert (below.crosses.above, above.crosses.below) == ("hq", ("gateway-oslo",))


TWO_TARGETS = "target gateway: edge by site\ntarget hq: cloud\n"
THREE_TARGETS = """
signal warm = count(Fridge where temp > 8 degC)
rule many { when warm >= 2  until warm < 2  do { alert "{warm}" } }
target gateway: edge by site
target land: region
target hq: cloud
"""


def test_targets_between_those_that_are_used_are_passed_over() -> None:
    plan = plan_of(THREE_TARGETS)
    groups = {timeline.id for timeline in plan.timelines if timeline.kind == "group"}
    of = {node.id: "hq" if node.timeline in groups else "gateway" for node in plan.nodes}
    fleet = inventory_of(plan, [Record(1, {"type": "Fridge", "id": "a", "properties": {"site": "oslo"}})])
    found = deploy(plan, Placement(("gateway", "land", "hq"), of), fleet, Issue(1, 0, 1), dump)
    assert [(one.audience, one.crosses.above) for one in found.parts] == [("gateway-oslo", "hq"), ("hq", None)]
    assert [one.name for one in found.places] == ["gateway-oslo", "land", "hq"]
    rules = {node.id for node in plan.nodes if node.timeline in groups and type(node.operator).__name__ == "Rule"}
    three = {id_: "land" if target == "hq" and id_ not in rules else target for id_, target in of.items()}
    with pytest.raises(NotDeployable, match="placed at `gateway`, `land`, `hq`: a plan is cut once"):
        deploy(plan, Placement(("gateway", "land", "hq"), three), fleet, Issue(1, 0, 1), dump)


def test_devices_that_execute_parts_themselves_are_refused() -> None:
    plan = plan_of("signal mean_temp for Fridge = mean(temp over 1 min every 1 min)\ntarget chip: device\n")
    with pytest.raises(NotDeployable, match="`chip` is a device"):
        deploy(plan, whole(plan), inventory_of(plan, []), Issue(1, 0, 1), dump)


# --- What is refused -------------------------------------------------------------------------------------------------


def test_what_is_not_signed_or_by_whom_is_not_trusted_is_refused() -> None:
    content = files()["west"]
    body = content[content.index(b"\n") + 1 :]
    assert refusal(body)[0] is Reason.UNSIGNED
    assert refusal(b"")[0] is Reason.UNSIGNED
    assert refusal(b"x" * 100_000)[0] is Reason.UNSIGNED
    assert refusal(sealed(part(), OTHER_KEY))[0] is Reason.UNTRUSTED
    ours, theirs = KEY.public.id.encode(), OTHER_KEY.public.id.encode()
    assert refusal(sealed(part(), OTHER_KEY).replace(theirs, ours, 1))[0] is Reason.FORGED
    assert refusal(content + b" ")[0] is Reason.FORGED
    assert refusal(content.replace(b"part 1 ", b"part 2 ", 1)) == (
        Reason.MALFORMED,
        "the part has format 2, this version reads 1",
    )


def test_a_signature_of_something_else_is_none_of_a_part() -> None:
    body = body_of(part())
    head = b"headgate part 1 %s %s\n" % (KEY.public.id.encode(), KEY.sign(body).hex().encode())
    assert refusal(head + body)[0] is Reason.FORGED


def test_a_part_for_one_place_is_refused_by_each_other_one() -> None:
    for place, content in files().items():
        for other in files():
            if other != place:
                assert refusal(content, identity=other)[0] is Reason.FOREIGN


def test_a_part_is_refused_before_it_is_issued_and_once_it_has_expired() -> None:
    content = files()["west"]
    ends = ISSUED_NS + 30 * DAY_NS
    assert refusal(content, now_ns=ISSUED_NS - CLOCKS_APART_NS - 1)[0] is Reason.NOT_YET_VALID
    assert accepted(content, now_ns=ISSUED_NS - CLOCKS_APART_NS) == accepted(content, now_ns=ends - 1)
    assert refusal(content, now_ns=ends)[0] is Reason.EXPIRED


def test_an_older_part_is_refused_and_so_is_another_one_of_the_same_version() -> None:
    second = accepted(files(2)["west"])
    assert second.newest.version == 2
    assert refusal(files(1)["west"], newest=second.newest)[0] is Reason.OLDER
    assert accepted(files(2)["west"], newest=second.newest) == second
    assert accepted(files(3)["west"], newest=second.newest).newest.version == 3
    other = sealed(dataclasses.replace(second.part, module="other"), KEY)
    assert refusal(other, newest=second.newest)[0] is Reason.CONFLICTING


def test_a_part_that_is_too_large_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    content = files()["west"]
    monkeypatch.setattr(accepting, "PART_SIZE_MAX", len(content) - 1)
    assert refusal(content)[0] is Reason.OVERSIZED


def signed(body: bytes) -> bytes:
    """A file of a body that a part could not have, signed by who is trusted."""
    return b"headgate part 1 %s %s\n%s" % (KEY.public.id.encode(), KEY.sign(SIGNED_FOR + body).hex().encode(), body)


def changed(**members: Any) -> bytes:
    """A part with other members than it could have."""
    return signed(body_of(dataclasses.replace(part(), **members)))


def edited(edit: Callable[[dict[str, Any]], object]) -> bytes:
    body = json.loads(body_of(part()))
    edit(body)
    return signed(json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "this is no part: Input data was truncated"),
        (b"{}", "this is no part: Object missing required field"),
        (b"[" * 100_000, "this is no part: "),
        (b'{"devices":' + b"[" * 100_000, "this is no part: "),
        (b'"\xff"', "this is no part: "),
    ],
)
def test_a_trusted_issuer_can_err_and_what_is_no_part_is_refused(body: bytes, text: str) -> None:
    reason, said = refusal(signed(body))
    assert reason is Reason.MALFORMED
    assert said.startswith(text)


@pytest.mark.parametrize(
    "content",
    [
        edited(lambda body: body.update(strange=1)),
        edited(lambda body: body.update(version=0)),
        edited(lambda body: body.update(version=2**60)),
        edited(lambda body: body.update(expires_ns=3)),
        edited(lambda body: body.update(expires_ns="03")),
        edited(lambda body: body.update(audience="a b")),
        edited(lambda body: body.update(audience="west\n")),
        edited(lambda body: body.update(plan=[])),
        edited(lambda body: body["capabilities"][0].update(strange=1)),
        edited(lambda body: body["devices"].append({"type": "Fridge", "id": 2**80})),
        signed(body_of(part()).replace(b":", b": ", 1)),
        changed(plan=dump(fleet_plan()).replace(b"too_warm", b"too_cold")),
        changed(plan=b"{}"),
        changed(devices=({"type": "Oven", "id": "a"},)),
        changed(devices=({"type": "Fridge", "id": "a", "properties": {"shelves": 99}},)),
        changed(capabilities=()),
        changed(capabilities=part().capabilities[1:]),
        changed(target="moon"),
        changed(target="hq"),
        changed(placed=dataclasses.replace(part().placed, of={})),
        edited(lambda body: body["crosses"]["nodes"][0].update(node="x")),
    ],
)  # fmt: skip
def test_a_part_that_does_not_hold_together_is_malformed(content: bytes) -> None:
    assert refusal(content)[0] is Reason.MALFORMED


def test_a_part_that_is_nested_too_deep_is_none() -> None:
    with pytest.raises(parts.NoPart):
        part_of(b'{"crosses":' + b'{"a":' * 200_000)


def test_the_head_of_a_part_is_short() -> None:
    head = HEAD.match(files()["west"])
    assert head is not None
    assert head.end() < parts.HEAD_MAX


# --- Keys ------------------------------------------------------------------------------------------------------------


def test_a_key_survives_its_file() -> None:
    again = SigningKey.from_pem(KEY.pem())
    public = PublicKey.from_pem(KEY.public.pem())
    assert public.id == again.public.id == KEY.public.id != OTHER_KEY.public.id
    assert public.signed(b"words", again.sign(b"words"))
    assert not public.signed(b"other words", again.sign(b"words"))


def test_what_is_no_key_of_ours_is_refused() -> None:
    other = generate_private_key(SECP256R1())
    plain = (Encoding.PEM, PrivateFormat.PKCS8)
    locked = Ed25519PrivateKey.generate().private_bytes(*plain, BestAvailableEncryption(b"word"))
    for pem, text in (
        (b"", "no private key"), (KEY.public.pem(), "no private key"), (locked, "behind a passphrase"),
        (other.private_bytes(*plain, NoEncryption()), "another kind"), (b" " * (PEM_SIZE_MAX + 1), "at most"),
    ):  # fmt: skip
        with pytest.raises(KeyProblem, match=text):
            SigningKey.from_pem(pem)
    public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for pem, text in ((b"", "no public key"), (KEY.pem(), "no public key"), (public, "another kind")):
        with pytest.raises(KeyProblem, match=text):
            PublicKey.from_pem(pem)


# --- What was accepted is remembered ---------------------------------------------------------------------------------


def take(disk: ForgetfulDisk, version: int) -> Accepted:
    return AcceptedParts(disk, "kept").take(files(version)["west"], TRUSTED, "west", NOW_NS, load)


def test_the_newest_part_is_there_after_a_cold_boot() -> None:
    disk = ForgetfulDisk()
    kept = AcceptedParts(disk, "kept")
    assert (kept.newest(), kept.content()) == (None, None)
    take(disk, 2)
    assert kept.content() == files(2)["west"]
    operations = disk.operations
    take(disk, 2)
    assert disk.operations == operations, "what is known is not written again"
    with pytest.raises(Refused) as refused:
        take(disk, 1)
    assert refused.value.reason is Reason.OLDER
    assert kept.newest() == take(disk, 2).newest


@pytest.mark.parametrize("fate", ["lost", "kept", "torn"])
def test_no_crash_makes_a_place_go_back_to_an_older_part(fate: Fate) -> None:
    operations = 4 * 3
    for at in range(operations):
        disk = ForgetfulDisk(at)
        done = 0
        try:
            for version in (1, 2, 3):
                take(disk, version)
                done = version
        except Crash:
            disk = disk.after_crash(fate)
        newest = AcceptedParts(disk, "kept").newest()
        version = 0 if newest is None else newest.version
        assert done <= version <= done + 1
        for older in range(1, version):
            with pytest.raises(Refused):
                take(disk, older)
        assert take(disk, 3).newest.version == 3
    disk = ForgetfulDisk()
    for version in (1, 2, 3):
        take(disk, version)
    assert disk.operations == operations


@pytest.mark.parametrize("damage", [b"", b"headgate accepted 1 " + b"0" * 64 + b"\n{}", b"x" * 1000])
def test_a_record_that_is_damaged_lets_nothing_in(damage: bytes) -> None:
    disk = ForgetfulDisk()
    take(disk, 2)
    disk.files["kept/accepted"] = damage
    with pytest.raises(Damaged):
        take(disk, 3)


def test_any_byte_of_the_record_that_changed_is_noticed() -> None:
    disk = ForgetfulDisk()
    take(disk, 2)
    content = disk.files["kept/accepted"]
    for at in (0, 5, 18, 30, 60, 90, 200, len(content) - 1):
        disk.files["kept/accepted"] = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        with pytest.raises(Damaged):
            AcceptedParts(disk, "kept").newest()
