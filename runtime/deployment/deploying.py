"""A deployment: a plan, where its nodes stand, and which devices there are, as a part for each place.

deployment = deploy(plan, placement, inventory, Issue(version=3, issued_ns=…, expires_ns=…), dump)
files = {part.audience: sealed(part, key) for part in deployment.parts}
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...compiler import plan as p
from ..edge.cutting import cut
from ..edge.vocabulary import vocabulary
from ..placement.placed import Placement
from .capabilities import capabilities
from .inventory import Inventory
from .part import Crosses, Part, Placed
from .places import Place, places_of

DumpPlan = Callable[[p.Plan], bytes]
"""Writes a plan's document (`compiler.document.dump`)."""


class NotDeployable(ValueError):
    """A placement that parts cannot be made of; the text says why."""


@dataclass(frozen=True, slots=True)
class Issue:
    """What is the same in all parts of one deployment: its version, and from when until when it may be accepted."""

    version: int
    issued_ns: int
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """A part for each place, from the devices up."""

    issue: Issue
    places: tuple[Place, ...]
    parts: tuple[Part, ...]


def deploy(plan: p.Plan, placement: Placement, inventory: Inventory, issue: Issue, dump: DumpPlan) -> Deployment:
    """The parts of a placed plan for a fleet. Raises `InventoryError`, `NotDeployable` and `CutError`."""
    if plan.targets and plan.targets[0].tier == "device":
        raise NotDeployable(f"target `{plan.targets[0].name}` is a device: parts are made for gateways and above")
    places = places_of(plan, inventory)
    lowest, *others = placement.targets
    used = [target for target in others if placement.at(target)] or others[-1:]
    if len(used) > 1:
        names = ", ".join(f"`{name}`" for name in (lowest, *used))
        raise NotDeployable(f"the plan is placed at {names}: a plan is cut once, for two of them; let one target be")
    parts = cut(plan, placement.above(lowest), placement.in_parts(lowest))
    whole = json.loads(dump(plan))["hash"]
    targets = {target: number for number, target in enumerate(placement.targets)}
    of, partials = (
        {id_: targets[target] for id_, target in where.items()} for where in (placement.of, placement.partials)
    )
    placed = Placed(placement.targets, of, partials)
    plans = {lowest: parts.below, **dict.fromkeys(used, parts.above)}
    documents = {target: dump(one) for target, one in plans.items()}
    granted = {target: capabilities(one) for target, one in plans.items()}
    words = vocabulary(parts).decode()
    by_name = {place.name: place for place in places}
    above = {place.name: _above(place, by_name, used) for place in places if place.target in plans}
    below: dict[str | None, list[str]] = {}
    for name, leads_to in above.items():
        below.setdefault(leads_to, []).append(name)
    return Deployment(
        issue,
        places,
        tuple(
            Part(
                plan.module,
                place.target,
                place.name,
                issue.version,
                issue.issued_ns,
                issue.expires_ns,
                place.keys,
                whole,
                documents[place.target],
                placed,
                granted[place.target],
                tuple(device.record() for device in place.devices) if place.target == lowest else (),
                Crosses(
                    parts.timelines,
                    tuple(sorted(parts.timed)),
                    parts.crossing,
                    dict(parts.spanned),
                    words,
                    above[place.name],
                    tuple(below.get(place.name, ())),
                ),
            )
            for place in places
            if place.target in plans
        ),
    )


def _above(place: Place, by_name: Mapping[str, Place], used: list[str]) -> str | None:
    """The place with a part that a link leads to: places without one are passed over."""
    above = place.above
    while above is not None and by_name[above].target not in used:
        above = by_name[above].above
    return above
