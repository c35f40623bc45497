"""History from what a recording program tells: signals `Fridge temp`, which are leaves of twins.

history = record(outputs for outputs in Replay.of(plan).run(inputs))
"""

from collections.abc import Iterable, Sequence

from ..output import Output, Signalled
from .history import History


def record(batches: Iterable[Sequence[Output]]) -> History:
    """What signals told, each known since the latest time that was told before."""
    history, known = History(), 0
    for outputs in batches:
        for output in outputs:
            if isinstance(output, Signalled):
                device, name = output.name.split(" ", 1)
                known = max(known, output.time)
                history.record(device, output.key[0], {name: output.value}, output.time, known)
    return history
