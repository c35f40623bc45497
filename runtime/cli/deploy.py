"""`headgate deploy`: a signed part of a program for each gateway of a fleet, and what a part says."""

import hashlib
import json
import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...compiler.document import dump
from ...compiler.plan import Plan, Rule
from ...stdlib.conversion import write_time
from .arguments import positive, positive_seconds
from .check import plural
from .compiling import plan_of
from .exits import Exit, Failure
from .inventories import inventory_from
from .keys import signing_key
from .parts import accepted_part, add_trust, now
from .plan import SECONDS, Read
from .plan import placed as placed_for
from .plan_text import in_bytes
from .program import add_path, is_plan, load_plan, read_text
from .writing import write_whole

if TYPE_CHECKING:
    from ..deployment.accepting import Accepted
    from ..deployment.deploying import Deployment
    from ..deployment.inventory import Inventory
    from ..deployment.part import Part
    from ..placement.placed import Placement

MANIFEST = "manifest.json"
SUFFIX = ".part"
UNITS_NS = {"s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9, "day": 24 * 3600 * 10**9}
EXPIRES = "30 day"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "program", nargs="?", metavar="PROGRAM", help="a program (.iot), or a plan (.json) made by `compile`"
    )
    parser.add_argument("--inventory", metavar="FILE", help="which devices and gateways there are: .jsonl, .csv, .yaml")
    parser.add_argument("--key", metavar="FILE", help="the secret key to sign with (`headgate keys new`)")
    parser.add_argument("--out", metavar="DIR", help="where to write a part for each place, and a manifest")
    parser.add_argument(
        "--expires",
        type=_duration,
        default=EXPIRES,
        metavar="TIME",
        help=f"for how long parts can be accepted, in s, min, h or day (default: {EXPIRES})",
    )
    parser.add_argument(
        "--version",
        type=positive,
        metavar="N",
        help="the deployment's version: places accept none that is less than what they have (default: one more than "
        "that of the manifest)",
    )
    parser.add_argument("--rates", metavar="FILE", help="rates that `headgate profile` has measured")
    parser.add_argument(
        "--seconds",
        type=positive_seconds,
        default=SECONDS,
        metavar="S",
        help=f"how long to look for the best placement (default: {SECONDS:g})",
    )
    parser.add_argument("--check", metavar="PART", help="instead: say whether a part can be accepted, and what it says")
    add_trust(parser)
    parser.add_argument("--json", action="store_true", help="print what was done, or what a part says, as JSON")
    add_path(parser)


def _duration(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6}) ?(s|min|h|day)", text)
    if found is None or int(found[1]) == 0:
        raise ArgumentTypeError(f"`{text}` is not a time: write it as `{EXPIRES}` or `12 h`")
    return int(found[1]) * UNITS_NS[found[2]]


def deploy(options: Namespace) -> Exit:
    """Write the parts of a program, or check one."""
    if options.check is not None:
        return _check(options)
    needed = {name: getattr(options, name) for name in ("program", "inventory", "key", "out")}
    missing = [name if name == "program" else f"--{name}" for name, value in needed.items() if value is None]
    if missing:
        raise Failure(f"to deploy, give {', '.join(missing)}", Exit.USAGE)
    from ..deployment.deploying import Issue, NotDeployable
    from ..deployment.deploying import deploy as deployed
    from ..edge.cutting import CutError

    plan = load_plan(options.program) if is_plan(options.program) else plan_of(options.program, options.path)
    key = signing_key(options.key)
    inventory = inventory_from(options.inventory, plan)
    issued = now(options) // UNITS_NS["s"] * UNITS_NS["s"]
    issue = Issue(_version(options), issued, issued + options.expires)
    try:
        deployment = deployed(plan, _placement(options, plan, inventory), inventory, issue, dump)
    except (NotDeployable, CutError) as problem:
        raise Failure(f"`{options.program}` cannot be deployed: {problem}", Exit.PROGRAM) from None
    from ..deployment.part import sealed

    files = {part.audience + SUFFIX: sealed(part, key) for part in deployment.parts}
    manifest = _manifest(deployment, plan, files, key.public.id)
    folder = Path(options.out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Failure(f"cannot write to `{folder}`: {problem.strerror or problem}", Exit.INPUT_OUTPUT) from None
    for name, content in files.items():
        write_whole(str(folder / name), content)
    write_whole(str(folder / MANIFEST), json.dumps(manifest, indent=2).encode() + b"\n")
    if options.json:
        print(json.dumps(manifest))
    else:
        print("\n".join(_told(manifest, folder)))
    return Exit.OK


def _placement(options: Namespace, plan: Plan, inventory: "Inventory") -> "Placement":
    """The best placement for the devices of the inventory and the places that they attach to."""
    from ..deployment.places import places_of
    from ..placement.words import Words

    devices = [(type_.name, sum(one.device == type_.name for one in inventory.devices)) for type_ in plan.devices]
    places = [place.target for place in places_of(plan, inventory)]
    targets = [(target.name, max(1, places.count(target.name))) for target in plan.targets]
    asked = Namespace(devices=devices, targets=targets, rates=options.rates, reports=False, seconds=options.seconds)
    model, solution = placed_for(asked, Read(plan, Words(plan), ()))
    return model.placement(solution.placed)


def _version(options: Namespace) -> int:
    """The version asked for, or that after the manifest's."""
    path = Path(options.out) / MANIFEST
    before = 0
    if path.exists():
        try:
            before = json.loads(read_text(str(path)))["version"]
            assert isinstance(before, int)
        except (ValueError, KeyError, TypeError, AssertionError):
            text = f"`{path}` is no manifest of a deployment; write to another folder, or take it away"
            raise Failure(text, Exit.INPUT_OUTPUT) from None
    version: int = options.version or before + 1
    if version <= before:
        raise Failure(f"version {before} was deployed before: places would refuse {version} as older", Exit.USAGE)
    return version


def _manifest(deployment: "Deployment", plan: Plan, files: dict[str, bytes], key: str) -> dict[str, Any]:
    """What went where."""
    return {
        "module": plan.module,
        "version": deployment.issue.version,
        "issued": write_time(deployment.issue.issued_ns),
        "expires": write_time(deployment.issue.expires_ns),
        "key": key,
        "plan": _hash(dump(plan)),
        "parts": [
            {
                "file": name,
                "place": part.audience,
                "target": part.target,
                "keys": dict(part.keys),
                "above": part.crosses.above,
                "devices": len(part.devices),
                "plan": _hash(part.plan),
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for part, (name, content) in zip(deployment.parts, files.items(), strict=True)
        ],
    }


def _hash(document: bytes) -> str:
    found: str = json.loads(document)["hash"]
    return found


def _told(manifest: dict[str, Any], folder: Path) -> Iterator[str]:
    yield f"{manifest['module']}, version {manifest['version']}: {plural(len(manifest['parts']), 'part')}"
    yield f"  signed by key {manifest['key']}, to be accepted until {manifest['expires']}"
    width = max(len(str(folder / part["file"])) for part in manifest["parts"])
    for part in manifest["parts"]:
        keys = "".join(f" {key} {value}" for key, value in part["keys"].items())
        devices = plural(part["devices"], "device") if part["devices"] else ""
        line = f"  {folder / part['file']!s:<{width}}  {in_bytes(part['bytes']):>8}  {part['target']}{keys}  {devices}"
        yield line.rstrip()


# --- What a part says ------------------------------------------------------------------------------------------------


def _check(options: Namespace) -> Exit:
    """Say whether a part can be accepted, and what it says."""
    from ..deployment.accepting import Refused

    try:
        found = accepted_part(options, options.check)
    except Refused as refused:
        if options.json:
            print(json.dumps({"accepted": False, "reason": refused.reason.value, "text": str(refused)}))
            return Exit.PROGRAM
        raise Failure(f"`{options.check}` is refused ({refused.reason.value}): {refused}", Exit.PROGRAM) from None
    if options.json:
        print(json.dumps({"accepted": True, **_as_json(found)}))
    else:
        print("\n".join(_said(found, options.check)))
    return Exit.OK


def _as_json(found: "Accepted") -> dict[str, Any]:
    part = found.part
    return {
        "module": part.module,
        "version": part.version,
        "place": part.audience,
        "target": part.target,
        "keys": dict(part.keys),
        "issued": write_time(part.issued_ns),
        "expires": write_time(part.expires_ns),
        "key": found.issuer,
        "plan": _hash(part.plan),
        "whole": part.whole,
        "rules": _rules(found.plan),
        "capabilities": [
            {"rule": one.rule, "command": one.command, "device": one.device, "reach": one.reach}
            for one in part.capabilities
        ],
        "devices": [*part.devices],
        "above": part.crosses.above,
        "below": [*part.crosses.below],
        "crossing": [one.node for one in part.crosses.nodes],
    }


def _rules(plan: Plan) -> list[str]:
    return [node.operator.name for node in plan.nodes if isinstance(node.operator, Rule)]


def _said(found: "Accepted", path: str) -> Iterator[str]:
    part = found.part
    keys = "".join(f", {key} {value}" for key, value in part.keys)
    yield f"{path}: for `{part.audience}`, {part.target}{keys}"
    yield f"  program   {part.module}, version {part.version}, signed by key {found.issuer}"
    yield f"  valid     {write_time(part.issued_ns)} until {write_time(part.expires_ns)}"
    yield f"  plan      {plural(len(found.plan.nodes), 'node')}, {_hash(part.plan)[:23]}…"
    rules = ", ".join(_rules(found.plan)) or "none"
    yield f"  rules     {rules}"
    for line in _granted(part):
        yield f"  may send  {line}"
    for type_ in found.plan.devices:
        ids = [one.id for one in found.inventory.devices if one.device == type_.name]
        if ids:
            yield f"  devices   {len(ids)} {type_.name}: {', '.join(ids[:5])}{' …' if len(ids) > 5 else ''}"
    if part.crosses.above is not None:
        yield f"  tells     {part.crosses.above}: {plural(len(part.crosses.nodes), 'flow')}, and what it decides"
    if part.crosses.below:
        yield f"  hears     {', '.join(part.crosses.below)}"


def _granted(part: "Part") -> Iterator[str]:
    """Which commands rules may send: a line for each command."""
    rules: dict[tuple[str, str, str], list[str]] = {}
    for one in part.capabilities:
        rules.setdefault((one.command, one.device, one.reach), []).append(one.rule)
    for (command, device, reach), names in rules.items():
        whom = f"the {device} itself" if reach == "itself" else f"each {device} of the group"
        yield f"{command} to {whom}: {', '.join(dict.fromkeys(names))}"
