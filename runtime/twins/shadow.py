"""The shadow of a device: what it should be and what it says it is, as AWS Device Shadow documents them.

    shadow, answer = update(Shadow(), {"state": {"desired": {"setpoint": 4}}}, now=1_700_000_000)
    answer.delta        # {"version": 1, "timestamp": 1700000000, "state": {"setpoint": 4}, "metadata": {…}}

Pure data: every function gives the new shadow beside what clients are told. A section is merged leaf by leaf, null
takes a member away, lists are leaves. Versions count updates, and go on after a deletion.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

SIZE_MAX = 8192
"""Bytes of a document's state, its metadata not counted."""
DEPTH_MAX = 8
"""Levels below `desired` or `reported`."""

State = dict[str, Any]
Section = Literal["desired", "reported"]
SECTIONS: tuple[Section, ...] = ("desired", "reported")
Name = Literal["get", "update", "delete"]


class Refused(Exception):
    """A request that changes nothing: a code as HTTP has it, and why."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def answer(self, request: Mapping[str, Any], now: int) -> State:
        """What the client is told on the topic `rejected`."""
        return {"code": self.code, "message": self.message, "timestamp": now, **_token(request)}


@dataclass(frozen=True, slots=True)
class Shadow:
    """A shadow document. `metadata` has, for each leaf, when it was last set (s). `there`: it has not been deleted."""

    state: State = field(default_factory=dict)
    metadata: State = field(default_factory=dict)
    version: int = 0
    there: bool = False


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update tells: `accepted` to who asked, `documents` to who follows the whole of it, and to the device in
    what it is not yet as desired (`delta`; None if it is)."""

    accepted: State
    documents: State
    delta: State | None


def update(shadow: Shadow, request: Mapping[str, Any], now: int) -> tuple[Shadow, Updated]:
    """The shadow after an update at a time (s). Raises `Refused`: malformed (400), another version than the client
    thinks (409), too large (413)."""
    asked = _asked(request)
    if request.get("version") not in (None, shadow.version):
        raise Refused(409, "Version conflict")
    state, metadata = dict(shadow.state), dict(shadow.metadata)
    told: State = {}
    for section, change in asked.items():
        if change is None:
            state.pop(section, None)
            metadata.pop(section, None)
            continue
        merged, times = merged_with(state.get(section, {}), metadata.get(section, {}), change, now)
        told[section] = _times_of(change, now)
        state.pop(section, None)
        metadata.pop(section, None)
        if merged:
            state[section], metadata[section] = merged, times
    if len(json.dumps(state, separators=(",", ":")).encode()) > SIZE_MAX:
        raise Refused(413, f"The payload exceeds the maximum size allowed of {SIZE_MAX} bytes")
    after = Shadow(state, metadata, shadow.version + 1, True)
    accepted = {
        "state": dict(asked), "metadata": told, "version": after.version, "timestamp": now, **_token(request),
    }  # fmt: skip
    documents = {
        "previous": {"state": shadow.state, "metadata": shadow.metadata, "version": shadow.version},
        "current": {"state": state, "metadata": metadata, "version": after.version},
        "timestamp": now,
        **_token(request),
    }
    return after, Updated(accepted, documents, delta_message(after, request, now))


def get(shadow: Shadow, now: int, request: Mapping[str, Any] | None = None) -> State:
    """The document, with what is not yet as desired under `delta`. Raises `Refused` (404) where there is none."""
    if not shadow.there:
        raise Refused(404, "No shadow exists")
    different = delta(shadow)
    state = {**shadow.state, "delta": different} if different else dict(shadow.state)
    return {
        "state": state,
        "metadata": shadow.metadata,
        "version": shadow.version,
        "timestamp": now,
        **_token(request or {}),
    }


def delete(shadow: Shadow, now: int, request: Mapping[str, Any] | None = None) -> tuple[Shadow, State]:
    """The shadow after it was deleted: nothing is left but its version. Raises `Refused` (404) where there is none."""
    if not shadow.there:
        raise Refused(404, "No shadow exists")
    gone = replace(Shadow(), version=shadow.version)
    return gone, {"version": shadow.version, "timestamp": now, **_token(request or {})}


def delta(shadow: Shadow) -> State:
    """What is desired and not reported so, leaf by leaf; empty where nothing is."""
    return _different(shadow.state.get("desired", {}), shadow.state.get("reported", {}))


def delta_message(shadow: Shadow, request: Mapping[str, Any], now: int) -> State | None:
    """What a device is told of what it is not yet; None if it is all that is desired."""
    different = delta(shadow)
    if not different:
        return None
    times = _alike(shadow.metadata.get("desired", {}), different)
    return {
        "version": shadow.version,
        "timestamp": now,
        "state": different,
        "metadata": times,
        **_token(request),
    }


def topic(thing: str, operation: Name, answer: str = "", shadow: str = "") -> str:
    """`$aws/things/f1/shadow/update/delta`; of a named shadow `…/shadow/name/NAME/…`."""
    named = f"/name/{shadow}" if shadow else ""
    return f"$aws/things/{thing}/shadow{named}/{operation}{f'/{answer}' if answer else ''}"


# --- Requests --------------------------------------------------------------------------------------------------------


def _asked(request: Mapping[str, Any]) -> dict[str, State | None]:
    """The sections that a request changes."""
    state = request.get("state")
    if not isinstance(state, Mapping):
        raise Refused(400, "Missing required node: state")
    unknown = sorted(set(state) - set(SECTIONS))
    if unknown:
        raise Refused(400, f"State contains an invalid node: {unknown[0]}")
    version = request.get("version")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise Refused(400, "Invalid version")
    if not isinstance(request.get("clientToken", ""), str):
        raise Refused(400, "Invalid clientToken")
    for section, change in state.items():
        if change is not None and not isinstance(change, Mapping):
            raise Refused(400, f"State node must be an object: {section}")
        if _depth(change) > DEPTH_MAX:
            raise Refused(400, f"JSON contains too many levels of nesting; maximum is {DEPTH_MAX}")
    return dict(state)


def _depth(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + max((_depth(part) for part in value.values()), default=0)
    return 1 + max((_depth(part) for part in value), default=0) if isinstance(value, list) else 0


def _token(request: Mapping[str, Any]) -> State:
    return {"clientToken": request["clientToken"]} if "clientToken" in request else {}


# --- Trees of leaves -------------------------------------------------------------------------------------------------


def merged_with(state: State, times: State, change: Mapping[str, Any], now: int) -> tuple[State, State]:
    """A section with a change in it, and when its leaves were set."""
    state, times = dict(state), dict(times)
    for name, value in change.items():
        if value is None:
            state.pop(name, None)
            times.pop(name, None)
        elif isinstance(value, Mapping):
            was = state.get(name)
            old = (was, times[name]) if isinstance(was, dict) else ({}, {})
            state[name], times[name] = merged_with(old[0], old[1], value, now)
            if not state[name]:
                del state[name], times[name]
        else:
            state[name], times[name] = value, {"timestamp": now}
    return state, times


def _times_of(change: Mapping[str, Any], now: int) -> State:
    """When the leaves of a change were set: now."""
    return {
        name: _times_of(value, now) if isinstance(value, Mapping) else {"timestamp": now}
        for name, value in change.items()
        if value is not None
    }


def _different(desired: State, reported: State) -> State:
    found: State = {}
    for name, value in desired.items():
        other = reported.get(name)
        if isinstance(value, dict) and isinstance(other, dict):
            inner = _different(value, other)
            if inner:
                found[name] = inner
        elif name not in reported or not same(value, other):
            found[name] = value
    return found


def _alike(times: State, state: State) -> State:
    """The times of those leaves that a state has."""
    return {
        name: _alike(times[name], value) if isinstance(value, dict) else times[name] for name, value in state.items()
    }


def same(a: Any, b: Any) -> bool:
    """Whether two leaves are the same: 1 and 1.0 are, 1 and true are not."""
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


# --- Two sides that were apart ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conflict:
    """A leaf that both sides changed, each in its way: what it was, what it became here and there, and which holds."""

    path: tuple[str, ...]
    was: Any
    cloud: Any
    device: Any
    kept: Literal["cloud", "device"]


ABSENT = object()
"""What a leaf is that is not there."""

OWNER: dict[Section, Literal["cloud", "device"]] = {"desired": "cloud", "reported": "device"}
"""Whose word counts where both sides have changed a leaf."""


def three_way(base: State, cloud: State, device: State, section: Section) -> tuple[State, tuple[Conflict, ...]]:
    """A section as both sides have it after they were apart: `base` is what both had last. What one side changed is
    changed; of what both did, the section's owner is right, and what loses is kept as a conflict."""
    leaves = [dict(_leaves(side)) for side in (base, cloud, device)]
    merged: dict[tuple[str, ...], Any] = {}
    conflicts: list[Conflict] = []
    owner = OWNER[section]
    for path in dict.fromkeys(path for side in leaves for path in side):
        was, here, there = (side.get(path, ABSENT) for side in leaves)
        if _equal(here, there) or _equal(was, there):
            value = here
        elif _equal(was, here):
            value = there
        else:
            value = here if owner == "cloud" else there
            was, here, there = (None if one is ABSENT else one for one in (was, here, there))
            conflicts.append(Conflict(path, was, here, there, owner))
        if value is not ABSENT:
            merged[path] = value
    return _tree(merged, owner, leaves), tuple(conflicts)


def _equal(a: Any, b: Any) -> bool:
    return a is b or (a is not ABSENT and b is not ABSENT and same(a, b))


def _leaves(state: State, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in state.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def _tree(
    leaves: dict[tuple[str, ...], Any], owner: Literal["cloud", "device"], sides: list[dict[tuple[str, ...], Any]]
) -> State:
    """Leaves as nested members. Where one side has a leaf and the other members at one place, the owner is right."""
    of_owner = sides[1 if owner == "cloud" else 2]
    tree: State = {}
    for path in sorted(leaves, key=lambda path: (path in of_owner, len(path))):
        at = tree
        for name in path[:-1]:
            if not isinstance(at.get(name), dict):
                at[name] = {}
            at = at[name]
        at[path[-1]] = leaves[path]
    return tree
