"""Inventories from files: JSON lines, CSV, YAML, JSON. All that is wrong with one is told, with its lines."""

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

from ...compiler.plan import Plan
from ..deployment.inventory import Fault, Inventory, InventoryError, Record, inventory_of
from ..deployment.places import places_of
from .exits import Exit, Failure
from .program import read_text

SIZE_MAX = 256 * 1024 * 1024
DEPTH_MAX = 16
AHEAD_NS = 24 * 3600 * 10**9
"""How far `since` may be ahead of this machine's clock."""
FAULTS_SHOWN = 100
COLUMNS = ("type", "id", "gateway", "target", "since")
"""Of CSV; the others are properties, or keys of a gateway."""


def inventory_from(path: str, plan: Plan) -> Inventory:
    """The inventory of a file, if it fits the plan."""
    if Path(path).is_file() and Path(path).stat().st_size > SIZE_MAX:
        raise Failure(f"`{path}` has more than {SIZE_MAX} bytes: no inventory is that large", Exit.INPUT_OUTPUT)
    records, faults = _read(path, read_text(path))
    try:
        inventory = inventory_of(plan, records)
        places_of(plan, inventory)
    except InventoryError as problem:
        faults = [*faults, *problem.faults]
        inventory = Inventory()
    latest = time.time_ns() + AHEAD_NS
    for one in inventory.devices:
        if one.since_ns is not None and one.since_ns > latest:
            faults.append(Fault(one.line, f"`since` of {one.device} `{one.id}` is in the future"))
    if not faults:
        return inventory
    faults = sorted(faults, key=lambda fault: fault.line)
    told = [f"  {path}{f':{fault.line}' if fault.line else ''}: {fault.text}" for fault in faults[:FAULTS_SHOWN]]
    if len(faults) > FAULTS_SHOWN:
        told.append(f"  and {len(faults) - FAULTS_SHOWN} more")
    raise Failure("\n".join([f"`{path}` is no inventory for the program:", *told]), Exit.INPUT_OUTPUT)


def _read(path: str, text: str) -> tuple[list[Record], list[Fault]]:
    match Path(path).suffix:
        case ".jsonl" | ".ndjson":
            return _json_lines(text)
        case ".csv":
            return _csv(text)
        case ".yaml" | ".yml":
            return _yaml(text)
        case ".json":
            return _json(text)
        case _:
            known = ".jsonl, .ndjson, .json, .csv, .yaml, .yml"
            raise Failure(f"`{path}`: the name does not say what is in it ({known})", Exit.USAGE)


def _json_lines(text: str) -> tuple[list[Record], list[Fault]]:
    records: list[Record] = []
    faults: list[Fault] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            found = _parsed(line, number)
            if isinstance(found, Fault):
                faults.append(found)
            else:
                _take(found, number, records, faults)
    return records, faults


def _json(text: str) -> tuple[list[Record], list[Fault]]:
    """A list of records; a record's line is its place in the list."""
    found = _parsed(text, 0)
    if isinstance(found, Fault):
        return [], [found]
    return _listed(found, None)


def _yaml(text: str) -> tuple[list[Record], list[Fault]]:
    from ...dsl.yaml_text import BadYaml, read_yaml

    try:
        found, lines = read_yaml(text, DEPTH_MAX)
    except BadYaml as problem:
        return [], [Fault(problem.line or 0, str(problem))]
    return _listed(found, lines)


def _listed(found: Any, lines: dict[str, int] | None) -> tuple[list[Record], list[Fault]]:
    records: list[Record] = []
    faults: list[Fault] = []
    if not isinstance(found, list):
        return [], [Fault(0, "a list of devices and gateways must stand here")]
    for place, one in enumerate(found):
        _take(one, place + 1 if lines is None else lines[f"[{place}]"], records, faults)
    return records, faults


def _take(found: Any, line: int, records: list[Record], faults: list[Fault]) -> None:
    if isinstance(found, dict):
        records.append(Record(line, found))
    else:
        faults.append(Fault(line, "an object must stand here: a device or a gateway"))


class _Twice(ValueError):
    pass


def _parsed(text: str, line: int) -> Any:
    """What a JSON text says, or why it is none."""
    try:
        return json.loads(text, object_pairs_hook=_members)
    except RecursionError:
        return Fault(line, "it is nested too deeply")
    except _Twice as problem:
        return Fault(line, f"`{problem}` stands twice in one object")
    except json.JSONDecodeError as problem:
        at = line or problem.lineno
        return Fault(at, f"it is not JSON: {problem.msg} at column {problem.colno}")
    except ValueError:
        return Fault(line, "it is not JSON: a number has too many digits")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(name)
        found[name] = value
    return found


def _csv(text: str) -> tuple[list[Record], list[Fault]]:
    """A row with a `type` or an `id` is a device, one with a `target` a gateway; an empty cell says nothing."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[Record] = []
    faults: list[Fault] = []
    try:
        header = next(rows, [])
        if len(set(header)) != len(header) or not header:
            return [], [Fault(1, "the first line must name the columns, each once")]
        before = rows.line_num
        for row in rows:
            line, before = before + 1, rows.line_num
            if len(row) > len(header):
                faults.append(Fault(line, f"the row has {len(row)} cells, and there are {len(header)} columns"))
            elif any(row):
                records.append(_row(dict(zip(header, row, strict=False)), line))
    except csv.Error as problem:
        faults.append(Fault(rows.line_num, f"it is not CSV: {problem}"))
    return records, faults


def _row(cells: dict[str, str], line: int) -> Record:
    given = {name: cell for name, cell in cells.items() if cell}
    members: dict[str, Any] = {name: cell for name, cell in given.items() if name in COLUMNS}
    others = {name: cell for name, cell in given.items() if name not in COLUMNS}
    if others:
        members["properties" if "type" in members or "id" in members else "keys"] = others
    return Record(line, members, textual=True)
