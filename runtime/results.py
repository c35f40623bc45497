"""Outputs as JSON lines: what `headgate run --results` writes and `--json` prints.

{"what":"alert","seq":17,"time":"2016-01-01T00:10:00Z","timeline":"Truck","key":["truck_3"],"rule":"low_fuel",…}
"""

from collections.abc import Iterable
from typing import Any, BinaryIO

import msgspec

from ..stdlib.conversion import write_time
from .output import Alerted, Emitted, Life, Matched, Output, Sent, Set, Signalled, Started


def as_json(output: Output) -> dict[str, Any]:
    """An output's members; `what` says which kind it is. Times are RFC 3339 texts; an absent value is null."""
    members: dict[str, Any] = {
        "what": "",
        "seq": output.seq,
        "time": write_time(output.time),
        "timeline": output.timeline,
        "key": output.key,
    }
    match output:
        case Life():
            members |= {"what": output.what, "rule": output.rule, "count": output.count}
        case Alerted():
            members |= {"what": "alert", "rule": output.rule, "message": output.message, "severity": output.severity}
        case Emitted():
            members |= {"what": "emit", "rule": output.rule, "name": output.name, "arguments": output.arguments}
        case Sent():
            members |= {"what": "send", "rule": output.rule, "command": output.command, "arguments": output.arguments}
            if output.group is not None:
                members["group"] = output.group
        case Set():
            members |= {"what": "set", "rule": output.rule, "property": output.property, "value": output.value}
        case Started():
            members |= {
                "what": "run",
                "rule": output.rule,
                "procedure": output.procedure,
                "arguments": output.arguments,
            }
        case Signalled():
            members |= {"what": "signal", "name": output.name, "value": output.value}
            if output.window_start is not None:
                members["window_start"] = write_time(output.window_start)
            if output.revision:
                members["revision"] = output.revision
        case Matched():
            members |= {"what": "match", "name": output.name}
    return members


def to_line(output: Output) -> bytes:
    """One line of JSON, with its end."""
    return msgspec.json.encode(as_json(output)) + b"\n"


def write(outputs: Iterable[Output], sink: BinaryIO) -> None:
    """Append outputs to a file of JSON lines."""
    sink.writelines(map(to_line, outputs))
