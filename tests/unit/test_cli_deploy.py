"""`deploy`, `keys`, `run --inventory` and `run --part`: what they write and print, and how they fail."""

import json
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from headgate.compiler.document import load
from headgate.runtime.cli import inventories
from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.inventories import inventory_from
from headgate.runtime.cli.main import main
from headgate.runtime.cli.parts import Uplink
from headgate.runtime.deployment.part import HEAD, PART_SIZE_MAX, part_of
from headgate.runtime.edge.cutting import Parts
from headgate.runtime.edge.receiving import Receiver
from headgate.runtime.edge.wire import Wire
from headgate.runtime.engine import Engine
from headgate.runtime.output import Output
from headgate.tests.unit.fleets import PROGRAM, RECORDS, fleet_plan

NO_OBJECT = "an object must stand here: a device or a gateway"
NO_OVEN = "the program has no device type `Oven`: there are Fridge"
AT = "2026-03-01T08:00:00Z"
BEGIN = 1_772_400_000
DEPLOY = ["deploy", "fleet.iot", "--inventory", "fleet.jsonl", "--key", "issuer.pem", "--out", "parts", "--at", AT]
CHECK = ["deploy", "--trust", "issuer.pub", "--at", "2026-03-02T08:00:00Z", "--check"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a program, its fleet, messages, and keys."""
    monkeypatch.chdir(tmp_path)
    Path("fleet.iot").write_text("module fleet\n" + PROGRAM)
    Path("fleet.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in RECORDS))
    messages = [{"fridge": id_, "ts": BEGIN + 10 * i, "temp": 9} for i in range(9) for id_ in "ab"]
    Path("messages.jsonl").write_text("".join(f"{json.dumps(message)}\n" for message in messages))
    assert main(["keys", "new", "issuer"]) == Exit.OK
    capsys.readouterr()
    return tmp_path


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    main([*arguments, "--json"])
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def failing(capsys: pytest.CaptureFixture[str], *arguments: str, code: Exit) -> str:
    capsys.readouterr()
    assert main([*arguments]) == code
    return capsys.readouterr().err


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_secret_key_is_for_its_owner_alone_and_never_overwritten(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = Path("issuer.pem")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    before = secret.read_bytes()
    assert "there is a `issuer.pem` already" in failing(capsys, "keys", "new", "issuer", code=Exit.USAGE)
    secret.rename("kept.pem")
    assert "there is a `issuer.pub` already" in failing(capsys, "keys", "new", "issuer", code=Exit.USAGE)
    assert Path("kept.pem").read_bytes() == before
    assert "cannot write `no/where.pem`" in failing(capsys, "keys", "new", "no/where", code=Exit.INPUT_OUTPUT)


def test_both_halves_of_a_key_are_known_by_the_same_id(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = as_json(capsys, "keys", "new", "other")
    assert (made["secret"], made["public"]) == ("other.pem", "other.pub")
    assert as_json(capsys, "keys", "show", "other.pem") == as_json(capsys, "keys", "show", "other.pub")
    assert main(["keys", "show", "other.pub"]) == Exit.OK
    assert capsys.readouterr().out == f"{made['key']}\n"


def test_a_key_that_others_can_read_or_that_is_none_signs_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("issuer.pem").chmod(0o644)
    assert "others can read the key `issuer.pem`: chmod 600" in failing(capsys, *DEPLOY, code=Exit.INPUT_OUTPUT)
    Path("issuer.pem").chmod(0o600)
    Path("issuer.pem").write_text("word")
    assert "`issuer.pem` cannot sign: it is no private key" in failing(capsys, *DEPLOY, code=Exit.INPUT_OUTPUT)
    Path("issuer.pub").write_text("word")
    assert "`issuer.pub` is no key to trust" in failing(capsys, *CHECK, "x.part", code=Exit.INPUT_OUTPUT)
    assert not Path("parts").exists()


# --- deploy ----------------------------------------------------------------------------------------------------------


def test_a_part_is_written_for_each_place_and_the_manifest_says_what_went_where(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = as_json(capsys, *DEPLOY)
    assert manifest == json.loads(Path("parts/manifest.json").read_text())
    assert (manifest["version"], manifest["issued"], manifest["expires"]) == (1, AT, "2026-03-31T08:00:00Z")
    assert [(one["file"], one["target"], one["keys"], one["above"], one["devices"]) for one in manifest["parts"]] == [
        ("west.part", "gateway", {"site": "bergen"}, "hq", 1),
        ("gateway-oslo.part", "gateway", {"site": "oslo"}, "hq", 2),
        ("hq.part", "hq", {}, None, 0),
    ]
    for one in manifest["parts"]:
        assert Path("parts", one["file"]).stat().st_size == one["bytes"]
        found = as_json(capsys, *CHECK, f"parts/{one['file']}")
        assert found["accepted"]
        assert (found["place"], found["plan"], found["whole"]) == (one["place"], one["plan"], manifest["plan"])
    assert {path.name for path in Path("parts").iterdir()} == {
        "west.part", "gateway-oslo.part", "hq.part", "manifest.json"
    }  # fmt: skip


def test_versions_go_up_from_deployment_to_deployment(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert as_json(capsys, *DEPLOY)["version"] == 1
    assert as_json(capsys, *DEPLOY)["version"] == 2
    assert as_json(capsys, *DEPLOY, "--version", "7", "--expires", "12 h")["expires"] == "2026-03-01T20:00:00Z"
    told = failing(capsys, *DEPLOY, "--version", "7", code=Exit.USAGE)
    assert "version 7 was deployed before: places would refuse 7 as older" in told
    for damage in ("no JSON", "[]", "{}", '{"version": "7"}'):
        Path("parts/manifest.json").write_text(damage)
        assert "is no manifest of a deployment" in failing(capsys, *DEPLOY, code=Exit.INPUT_OUTPUT)


def test_what_is_needed_to_deploy_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = failing(capsys, "deploy", "--key", "issuer.pem", code=Exit.USAGE)
    assert told == "headgate: to deploy, give program, --inventory, --out\n"
    for wrong in ("soon", "0 s", "3 weeks"):
        assert "is not a time" in failing(capsys, *DEPLOY, "--expires", wrong, code=Exit.USAGE)
    assert "is not a time" in failing(capsys, *DEPLOY, "--at", "noon", code=Exit.USAGE)
    Path("file").write_text("")
    assert "cannot write to `file/x`" in failing(capsys, *DEPLOY, "--out", "file/x", code=Exit.INPUT_OUTPUT)


def test_a_program_that_cannot_be_cut_so_is_not_deployed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = PROGRAM.replace("target gateway: edge", "target gateway: device").replace("place edge", "")
    Path("fleet.iot").write_text("module fleet\n" + text)
    assert "`gateway` is a device: parts are made for gateways" in failing(capsys, *DEPLOY, code=Exit.PROGRAM)


def test_a_plan_is_deployed_as_its_program_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "fleet.iot", "-o", "fleet.json"]) == Exit.OK
    assert main(["profile", "fleet.iot", "--input", "messages.jsonl", "-o", "rates.json"]) == Exit.OK
    first = as_json(capsys, *DEPLOY)
    again = as_json(capsys, *DEPLOY[:1], "fleet.json", *DEPLOY[2:], "--rates", "rates.json")
    assert again["plan"] == first["plan"]


def test_a_part_that_is_refused_is_told_with_its_reason(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    as_json(capsys, *DEPLOY)
    part = "parts/west.part"
    assert "is refused (foreign)" in failing(capsys, *CHECK, part, "--identity", "east", code=Exit.PROGRAM)
    assert as_json(capsys, *CHECK, part, "--at", "2027-01-01T00:00:00Z") == {
        "accepted": False, "reason": "expired", "text": "the part has expired; deploy anew",
    }  # fmt: skip
    assert "name a public key" in failing(capsys, "deploy", "--check", part, code=Exit.USAGE)
    assert "cannot read `x.part`" in failing(capsys, *CHECK, "x.part", code=Exit.INPUT_OUTPUT)
    with Path("large.part").open("wb") as file:
        file.truncate(PART_SIZE_MAX + 10)
    assert "is refused (oversized)" in failing(capsys, *CHECK, "large.part", code=Exit.PROGRAM)


def test_what_a_part_says_is_told_in_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    as_json(capsys, *DEPLOY)
    assert main([*CHECK, "parts/gateway-oslo.part"]) == Exit.OK
    said = capsys.readouterr().out
    assert "parts/gateway-oslo.part: for `gateway-oslo`, gateway, site oslo\n" in said
    assert "  rules     too_warm, silent\n  may send  cool to the Fridge itself: too_warm\n" in said
    assert "  devices   2 Fridge: a, b\n" in said
    assert main([*CHECK, "parts/hq.part"]) == Exit.OK
    said = capsys.readouterr().out
    assert "  rules     many\n" in said
    assert "  hears     west, gateway-oslo\n" in said


# --- run --inventory -------------------------------------------------------------------------------------------------


def test_the_devices_of_an_inventory_are_there_before_they_speak(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["run", "fleet.iot", "--input", "messages.jsonl"]
    summary = as_json(capsys, *run, "--inventory", "fleet.jsonl")
    assert (summary["read"], summary["registered"], summary["processed"]) == (18, 3, 18)
    assert summary["raised"]["silent"] == 1
    assert as_json(capsys, *run)["raised"].get("silent") is None
    assert as_json(capsys, *run, "--inventory", "fleet.jsonl", "--limit", "4")["read"] == 4
    assert main([*run, "--inventory", "fleet.jsonl", "--no-results", "--quiet"]) == Exit.OK
    assert "3 devices registered by the inventory\n" in capsys.readouterr().out


def test_a_run_that_is_kept_registers_its_devices_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", "fleet.iot", "--input", "messages.jsonl", "--inventory", "fleet.jsonl", "--results", "out.jsonl"]
    as_json(capsys, *run)
    expected = Path("out.jsonl").read_bytes()
    kept = [*run, "--state", "state", "--checkpoint-every", "4", "--batch", "4"]
    first = as_json(capsys, *kept)
    assert Path("out.jsonl").read_bytes() == expected
    again = as_json(capsys, *kept)
    assert (first["registered"], again["registered"], again["read"]) == (3, 3, 18)
    assert Path("out.jsonl").read_bytes() == expected


def test_an_inventory_from_any_format_is_the_same(folder: Path) -> None:
    Path("fleet.json").write_text(json.dumps(RECORDS))
    Path("fleet.yaml").write_text("\n".join(f"- {json.dumps(record)}" for record in RECORDS))
    Path("fleet.csv").write_text(
        "type,id,gateway,target,site,shelves,since\n"
        ",,west,gateway,bergen,,\n"
        "Fridge,a,,,oslo,4,\n"
        "\n"
        "Fridge,b,,,oslo,,\n"
        "Fridge,c,,,bergen,,2026-03-01T00:00:00Z\n"
    )
    expected = inventory_from("fleet.jsonl", fleet_plan())
    for path in ("fleet.json", "fleet.yaml", "fleet.csv"):
        assert inventory_from(path, fleet_plan()) == expected


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("f.jsonl", '{"type": }\n\n[1]\n',
         ["f.jsonl:1: it is not JSON: Expecting value at column 10", f"f.jsonl:3: {NO_OBJECT}"]),
        ("f.jsonl", '{"id": "a", "id": "b"}', ["f.jsonl:1: `id` stands twice in one object"]),
        ("f.jsonl", '{"a":' * 100_000, ["f.jsonl:1: it is nested too deeply"]),
        ("f.jsonl", '{"type": ' + "9" * 5000 + "}", ["f.jsonl:1: it is not JSON: a number has too many digits"]),
        ("f.json", "[1,\n2", ["f.json:2: it is not JSON: Expecting ',' delimiter at column 2"]),
        ("f.json", "{}", ["f.json: a list of devices and gateways must stand here"]),
        ("f.json", "[3]", [f"f.json:1: {NO_OBJECT}"]),
        ("f.yaml", "- &a {type: x}\n", ["f.yaml:1: anchors and aliases are not allowed here"]),
        ("f.yaml", "- {type: Oven, id: a}\n\n- 3\n", [f"f.yaml:1: {NO_OVEN}", f"f.yaml:3: {NO_OBJECT}"]),
        ("f.csv", "type,id\nFridge,a\n",
         ["f.csv:2: Fridge `a`: it has no `site`: nothing says at which `gateway` it attaches"]),
        ("f.jsonl", '{"type": "Fridge", "id": "a", "properties": {"site": "oslo"}, "since": "2200-01-01T00:00:00Z"}',
         ["f.jsonl:1: `since` of Fridge `a` is in the future"]),
        ("f.csv", "", ["f.csv:1: the first line must name the columns, each once"]),
        ("f.csv", "id,id\n", ["f.csv:1: the first line must name the columns, each once"]),
        ("f.csv", "type,id\nFridge,a,b\n", ["f.csv:2: the row has 3 cells, and there are 2 columns"]),
        ("f.csv", 'type,id\nFridge,"a"b\n', ["f.csv:2: it is not CSV: ',' expected after '\"'"]),
        ("f.csv", 'type,id,site\nFridge,"a\nb",oslo\nOven,c,oslo\n',
         ["f.csv:2: `a\nb` cannot be an id: use letters, digits, `_`, `.` and `-`", f"f.csv:4: {NO_OVEN}"]),
    ],
)  # fmt: skip
def test_a_file_that_is_no_inventory_is_told_with_its_lines(
    folder: Path, name: str, content: str, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_text(content)
    got = failing(capsys, *DEPLOY[:3], name, *DEPLOY[4:], code=Exit.INPUT_OUTPUT)
    assert got == "".join([f"headgate: `{name}` is no inventory for the program:\n", *(f"  {one}\n" for one in told)])


def test_a_file_that_cannot_be_an_inventory_is_not_read(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "does not say what is in it" in failing(capsys, *DEPLOY[:3], "issuer.pub", *DEPLOY[4:], code=Exit.USAGE)
    assert "there is no such file" in failing(capsys, *DEPLOY[:3], "no.csv", *DEPLOY[4:], code=Exit.INPUT_OUTPUT)
    Path("many.jsonl").write_text('{"type": "Oven", "id": "a"}\n' * 120)
    assert "\n  and 20 more\n" in failing(capsys, *DEPLOY[:3], "many.jsonl", *DEPLOY[4:], code=Exit.INPUT_OUTPUT)
    monkeypatch.setattr(inventories, "SIZE_MAX", 10)
    assert "has more than 10 bytes" in failing(capsys, *DEPLOY, code=Exit.INPUT_OUTPUT)


# --- run --part ------------------------------------------------------------------------------------------------------

RUN = ["run", "--part", "parts/gateway-oslo.part", "--trust", "issuer.pub", "--input", "messages.jsonl", "--at", AT]


def test_the_packets_of_a_part_are_what_the_place_above_takes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    as_json(capsys, *DEPLOY)
    assert main([*RUN, "--no-results"]) == Exit.OK
    assert " for hq: dropped, as no --packets says where to\n" in capsys.readouterr().out
    assert main([*RUN, "--json"]) == Exit.OK
    told = json.loads(capsys.readouterr().out.splitlines()[-2])
    assert (told["what"], told["for"], told["written"]) == ("packets", "hq", None)
    assert main([*RUN, "--no-results", "--packets", "up.bin", "--batch", "5"]) == Exit.OK
    printed = capsys.readouterr().out
    assert "too_warm[a]: a is at 9 degC\n" in printed
    assert "2 devices registered by the inventory\n" in printed
    assert printed.endswith(" for hq: in up.bin\n")
    body = Path("parts/hq.part").read_bytes()
    head = HEAD.match(body)
    assert head is not None
    hq = part_of(body[head.end() :])
    plan = load(hq.plan)
    receiver = Receiver(
        Engine(plan),
        Parts(plan, plan, hq.crosses.timelines, frozenset(hq.crosses.timed), hq.crosses.nodes),
        ["gateway-oslo"],
    )
    wire = Wire(hq.crosses.vocabulary.encode())
    packets = Path("up.bin").read_bytes()
    outputs: list[Output] = []
    while packets:
        size = int.from_bytes(packets[:4], "big")
        outputs += receiver.take([("gateway-oslo", wire.decode(packets[4 : 4 + size]))])
        packets = packets[4 + size :]
    assert [getattr(one, "message", None) for one in outputs if getattr(one, "rule", None) == "many"] == [
        None,
        "2 are warm",
    ]


def test_a_part_that_is_kept_goes_on_where_it_was_and_ships_everything_once(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_json(capsys, *DEPLOY)
    lines = Path("messages.jsonl").read_text().splitlines(keepends=True)
    inputs = []
    for number in range(3):
        Path(f"{number}.jsonl").write_text("".join(lines[6 * number : 6 * number + 6]))
        inputs += ["--input", f"{number}.jsonl"]
    run = [*RUN[:5], *inputs, *RUN[7:], "--results", "out.jsonl", "--packets", "up.bin"]
    uninterrupted = as_json(capsys, *run)
    expected = [Path(path).read_bytes() for path in ("out.jsonl", "up.bin")]
    kept = [*run, "--state", "state", "--checkpoint-every", "1"]
    batches = 0  # The first is that of the registrations.

    def interrupted(uplink: Uplink, outputs: Sequence[Output]) -> None:
        nonlocal batches
        batches += 1
        if batches == 4:
            raise KeyboardInterrupt
        taking(uplink, outputs)

    taking = Uplink.take
    monkeypatch.setattr(Uplink, "take", interrupted)
    assert main(kept) == Exit.INTERRUPTED
    assert Path("up.bin").stat().st_size < len(expected[1])
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    capsys.readouterr()
    assert main([*kept, "--json"]) == Exit.OK
    out, err = capsys.readouterr()
    assert err == "headgate: going on after 14 messages\n"
    *_, packets, summary = map(json.loads, out.splitlines())
    assert [Path(path).read_bytes() for path in ("out.jsonl", "up.bin")] == expected
    assert {**summary, "seconds": None} == {**uninterrupted, "seconds": None}
    assert packets["bytes"] == len(expected[1]) - 4 * packets["packets"]


def test_what_a_part_has_shipped_binds_it_to_those_above_who_know_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    as_json(capsys, *DEPLOY)
    kept = [*RUN, "--state", "state", "--no-results", "--quiet"]
    assert main(kept) == Exit.OK
    as_json(capsys, *DEPLOY)
    assert main(kept) == Exit.OK
    Path("fleet.iot").write_text(Path("fleet.iot").read_text().replace("> 8 degC", "> 7 degC"))
    as_json(capsys, *DEPLOY)
    assert "the program is another one than before; begin anew" in failing(capsys, *kept, code=Exit.INPUT_OUTPUT)


def test_a_part_that_has_no_place_above_is_just_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spanning = ("signal warm", "rule many", "target hq")
    lines = [line for line in PROGRAM.splitlines() if not line.startswith(spanning)]
    Path("fleet.iot").write_text("\n".join(["module fleet", *lines]))
    as_json(capsys, *DEPLOY)
    summary = as_json(capsys, *RUN)
    assert (summary["what"], summary["raised"]["too_warm"]) == ("summary", 2)


def test_what_is_refused_is_not_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    as_json(capsys, *DEPLOY)
    assert "is refused (foreign)" in failing(capsys, *RUN, "--identity", "west", code=Exit.PROGRAM)
    Path("older.part").write_bytes(Path("parts/gateway-oslo.part").read_bytes())
    as_json(capsys, *DEPLOY)
    assert main([*RUN, "--remember", "kept", "--no-results"]) == Exit.OK
    old = [*RUN[:2], "older.part", *RUN[3:], "--remember", "kept"]
    assert "is refused (older)" in failing(capsys, *old, code=Exit.PROGRAM)
    Path("kept/accepted").write_text("")
    assert "nothing is accepted: `kept/accepted`" in failing(capsys, *old, code=Exit.INPUT_OUTPUT)
    above = [*RUN[:2], "parts/hq.part", *RUN[3:]]
    assert "takes no messages, but what gateways tell" in failing(capsys, *above, code=Exit.USAGE)


def test_options_of_programs_and_of_parts_are_told_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", "--input", "messages.jsonl"]
    assert "a program, or --part" in failing(capsys, *run, code=Exit.USAGE)
    assert "a program, or --part" in failing(capsys, *run, "fleet.iot", "--part", "x.part", code=Exit.USAGE)
    assert "--trust is about a part" in failing(capsys, *run, "fleet.iot", "--trust", "issuer.pub", code=Exit.USAGE)
    part = [*run, "--part", "x.part", "--trust", "issuer.pub"]
    assert "--inventory is not for a part" in failing(capsys, *part, "--inventory", "fleet.jsonl", code=Exit.USAGE)
