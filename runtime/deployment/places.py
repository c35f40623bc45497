"""Which places a program has: one for each gateway of each target, and which device attaches where.

    for place in places_of(plan, inventory):
        place.name, place.target, place.devices, place.above

A target with keys (`edge by site`) has a place for each value of these properties among the devices, named by the
inventory or after its target and its keys; one without has one, named after its target.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...compiler import plan as p
from ...stdlib.function import Value
from ..placement.placed import ONE_PLACE
from ..text import write_value
from .inventory import ID, Fault, Inventory, InventoryError, Registered

Keys = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part runs: at a `target`, for these values of its keys. `devices` attach here or below; `above`: the
    place that its link leads to (None: there is none)."""

    name: str
    target: str
    keys: tuple[tuple[str, str], ...] = ()
    devices: tuple[Registered, ...] = ()
    above: str | None = None


def places_of(plan: p.Plan, inventory: Inventory) -> tuple[Place, ...]:
    """All places, from the devices up, in the order of the inventory. Raises `InventoryError`."""
    return _Attaching(plan, inventory).places()


class _Unattached(Exception):
    """Nothing says where a device attaches, or two things do."""


class _Attaching:
    def __init__(self, plan: p.Plan, inventory: Inventory) -> None:
        self.targets = plan.targets or (p.TargetPlan(ONE_PLACE, "cloud"),)
        self.inventory = inventory
        self.named = {one.name: one for one in inventory.gateways}
        self.types = {f.name: f.type.name for d in plan.devices for f in d.fields if f.role == "property"}
        self.faults: list[Fault] = []
        self.names: dict[tuple[str, Keys], str] = {}
        """What the place of a target is called, by the values of its keys."""
        self.named_of: dict[str, tuple[str, Keys]] = {}
        self.lines: dict[str, int] = {}

    def places(self) -> tuple[Place, ...]:
        for one in self.inventory.gateways:
            self._name(one.target, tuple(one.keys.values()), one.name, one.line)
        found: list[dict[Keys, Place]] = []
        attached: dict[Keys, list[Registered]] = {}
        for device in self.inventory.devices:
            try:
                attached.setdefault(self._lowest(device), []).append(device)
            except _Unattached as why:
                self.faults.append(Fault(device.line, f"{device.device} `{device.id}`: {why}"))
        found.append(self._level(self.targets[0], attached))
        for target in self.targets[1:]:
            found.append(self._above(target, found[-1]))
        if self.faults:
            raise InventoryError(self.faults)
        return tuple(place for level in found for place in level.values())

    def _lowest(self, device: Registered) -> Keys:
        """The keys of the gateway at which a device attaches. Raises `_Unattached`."""
        target = self.targets[0]
        own = tuple(device.properties.get(key) for key in target.keys)
        gateway = self.named.get(device.gateway or "")
        if gateway is not None:
            if gateway.target != target.name:
                raise _Unattached(f"gateway `{gateway.name}` is of `{gateway.target}`, not of `{target.name}`")
            for key, value in zip(target.keys, own, strict=True):
                if value is not None and value != gateway.keys[key]:
                    its, other = self._shown(key, value), self._shown(key, gateway.keys[key])
                    said = f"`{key}` is `{its}`, but gateway `{gateway.name}` is for `{other}`"
                    raise _Unattached(f"{said}; correct the one or the other")
            return tuple(gateway.keys[key] for key in target.keys)
        missing = [key for key, value in zip(target.keys, own, strict=True) if value is None]
        if missing:
            raise _Unattached(f"it has no `{missing[0]}`: nothing says at which `{target.name}` it attaches")
        if device.gateway is not None:
            self._name(target.name, own, device.gateway, device.line)
        return own

    def _name(self, target: str, keys: Keys, name: str, line: int) -> None:
        """The place of these keys has this name, and no other place has it."""
        before = self.names.setdefault((target, keys), name)
        if before != name:
            what = ", ".join(str(key) for key in keys) or target
            said = f"`{before}` (line {self.lines[before]}) and `{name}` are both the gateway for {what}"
            self.faults.append(Fault(line, f"{said}: there is one for each"))
            return
        first = self.lines.setdefault(name, line)
        if self.named_of.setdefault(name, (target, keys)) != (target, keys):
            text = f"`{name}` names another place in line {first}; give each its own name"
            self.faults.append(Fault(line, text))

    def _level(self, target: p.TargetPlan, attached: Mapping[Keys, list[Registered]]) -> dict[Keys, Place]:
        """The places of a target: of those the inventory names, and of those at which something attaches."""
        known = [keys for of, keys in self.names if of == target.name]
        if not target.keys:
            known.append(())
        found: dict[Keys, Place] = {}
        for keys in dict.fromkeys([*known, *attached]):
            shown = tuple((key, self._shown(key, value)) for key, value in zip(target.keys, keys, strict=True))
            name = self.names.get((target.name, keys))
            if name is None:
                name = "-".join([target.name, *(value for _, value in shown)])
                line = min((device.line for device in attached.get(keys, ())), default=0)
                if not ID.fullmatch(name):
                    text = f"`{name}` cannot name a gateway: name it in the inventory, with letters, digits, `_.-`"
                    self.faults.append(Fault(line, text))
                self._name(target.name, keys, name, line)
            found[keys] = Place(name, target.name, shown, tuple(attached.get(keys, ())))
        return found

    def _above(self, target: p.TargetPlan, below: dict[Keys, Place]) -> dict[Keys, Place]:
        """The places of a target above; those below come to know theirs."""
        attached: dict[Keys, list[Registered]] = {}
        leads: dict[Keys, Keys] = {}
        for keys, place in below.items():
            candidates = dict.fromkeys(self._keys_above(target, keys, place))
            if len(candidates) != 1:
                what = "none" if not candidates else " and ".join(", ".join(map(str, one)) for one in candidates)
                line = min((device.line for device in place.devices), default=self.lines.get(place.name, 0))
                said = f"the devices of gateway `{place.name}` are of one `{target.name}`; here they are of {what}"
                self.faults.append(Fault(line, said))
                continue
            (leads[keys],) = candidates
            attached.setdefault(leads[keys], []).extend(place.devices)
        level = self._level(target, attached)
        for keys, above in leads.items():
            below[keys] = replace(below[keys], above=level[above].name)
        return level

    def _keys_above(self, target: p.TargetPlan, keys: Keys, place: Place) -> list[Keys]:
        """The keys of a target above for what is below: of each of its devices, or what its own keys say."""
        own = dict(zip(next(t.keys for t in self.targets if t.name == place.target), keys, strict=True))
        told = [own] if set(target.keys) <= own.keys() else [{**device.properties, **own} for device in place.devices]
        found = [tuple(one.get(key) for key in target.keys) for one in told]
        return [keys for keys in found if None not in keys]

    def _shown(self, key: str, value: Value) -> str:
        return write_value(value, self.types[key])
